using Dossier.Tests.Fixtures;
using Grpc.Core;

namespace Dossier.Tests.Unit.StandIns;

/// <summary>Answers every call itself and keeps what it was called with.</summary>
internal sealed class FakeInvoker : CallInvoker
{
    public List<string> Calls { get; } = [];

    public Metadata? Headers { get; private set; }

    public override TResponse BlockingUnaryCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request)
    {
        Keep("blocking", method, host, options);
        return Reply<TResponse>();
    }

    public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request)
    {
        Keep("unary", method, host, options);
        return new(Task.FromResult(Reply<TResponse>()), Task.FromResult(new Metadata()), () => default, () => [], () => { });
    }

    public override AsyncServerStreamingCall<TResponse> AsyncServerStreamingCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request)
    {
        Keep("server", method, host, options);
        return new(new EmptyReader<TResponse>(), Task.FromResult(new Metadata()), () => default, () => [], () => { });
    }

    public override AsyncClientStreamingCall<TRequest, TResponse> AsyncClientStreamingCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options)
    {
        Keep("client", method, host, options);
        return new(
            new NullWriter<TRequest>(),
            Task.FromResult(Reply<TResponse>()),
            Task.FromResult(new Metadata()),
            () => default,
            () => [],
            () => { });
    }

    public override AsyncDuplexStreamingCall<TRequest, TResponse> AsyncDuplexStreamingCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options)
    {
        Keep("duplex", method, host, options);
        return new(
            new NullWriter<TRequest>(), new EmptyReader<TResponse>(), Task.FromResult(new Metadata()), () => default, () => [], () => { });
    }

    private static TResponse Reply<TResponse>() => (TResponse)(object)new EchoReply { Text = "fake" };

    private void Keep(string kind, IMethod method, string? host, CallOptions options)
    {
        Calls.Add($"{kind} {method.Name} {host}");
        Headers = options.Headers;
    }
}

/// <summary>A stream of responses that is over at once.</summary>
internal sealed class EmptyReader<T> : IAsyncStreamReader<T>
{
    public T Current => throw new InvalidOperationException();

    public Task<bool> MoveNext(CancellationToken cancellationToken) => Task.FromResult(false);
}

/// <summary>A stream of requests that go nowhere.</summary>
internal sealed class NullWriter<T> : IClientStreamWriter<T>
{
    public WriteOptions? WriteOptions { get; set; }

    public Task WriteAsync(T message) => Task.CompletedTask;

    public Task CompleteAsync() => Task.CompletedTask;
}
