using System.Collections.Concurrent;
using Dossier.V1;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Core.Interceptors;

namespace Dossier.Tests.Fixtures;

/// <summary>
/// Clients that keep in mind which methods have given an answer and which have refused. What a batch or a stream says of one item counts like
/// an answer of its own: a batch of refusals alone has not succeeded.
/// </summary>
internal sealed class HeardCalls : Interceptor
{
    private readonly ConcurrentDictionary<string, byte> succeeded = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, byte> failed = new(StringComparer.Ordinal);

    public HeardCalls(ChannelBase channel)
    {
        Invoker = channel.Intercept(this);
        Dossiers = new DossierService.DossierServiceClient(Invoker);
        Agreements = new AgreementService.AgreementServiceClient(Invoker);
        Guard = new GuardService.GuardServiceClient(Invoker);
        Accesses = new AccessService.AccessServiceClient(Invoker);
        Traces = new TraceService.TraceServiceClient(Invoker);
    }

    public CallInvoker Invoker { get; }

    public DossierService.DossierServiceClient Dossiers { get; }

    public AgreementService.AgreementServiceClient Agreements { get; }

    public GuardService.GuardServiceClient Guard { get; }

    public AccessService.AccessServiceClient Accesses { get; }

    public TraceService.TraceServiceClient Traces { get; }

    /// <summary>Full names of methods, in order.</summary>
    public IEnumerable<string> Succeeded => succeeded.Keys.Order(StringComparer.Ordinal);

    /// <summary>Full names of methods, in order.</summary>
    public IEnumerable<string> Failed => failed.Keys.Order(StringComparer.Ordinal);

    /// <summary>What was said of items that were refused.</summary>
    public ConcurrentQueue<Google.Rpc.Status> RefusedItems { get; } = new();

    public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(
        TRequest request, ClientInterceptorContext<TRequest, TResponse> context, AsyncUnaryCallContinuation<TRequest, TResponse> continuation)
    {
        var call = continuation(request, context);
        return new AsyncUnaryCall<TResponse>(
            HearAsync(context.Method.FullName, async () => (true, await call.ResponseAsync)), call.ResponseHeadersAsync, call.GetStatus, call.GetTrailers, call.Dispose);
    }

    public override AsyncServerStreamingCall<TResponse> AsyncServerStreamingCall<TRequest, TResponse>(
        TRequest request, ClientInterceptorContext<TRequest, TResponse> context, AsyncServerStreamingCallContinuation<TRequest, TResponse> continuation)
    {
        var call = continuation(request, context);
        return new AsyncServerStreamingCall<TResponse>(
            new Reader<TResponse>(this, context.Method.FullName, call.ResponseStream), call.ResponseHeadersAsync, call.GetStatus, call.GetTrailers, call.Dispose);
    }

    public override AsyncDuplexStreamingCall<TRequest, TResponse> AsyncDuplexStreamingCall<TRequest, TResponse>(
        ClientInterceptorContext<TRequest, TResponse> context, AsyncDuplexStreamingCallContinuation<TRequest, TResponse> continuation)
    {
        var call = continuation(context);
        return new AsyncDuplexStreamingCall<TRequest, TResponse>(
            call.RequestStream, new Reader<TResponse>(this, context.Method.FullName, call.ResponseStream), call.ResponseHeadersAsync, call.GetStatus, call.GetTrailers, call.Dispose);
    }

    private async Task<T> HearAsync<T>(string path, Func<Task<(bool Answered, T Answer)>> call)
    {
        var name = path.TrimStart('/').Replace('/', '.');
        try
        {
            var (answered, answer) = await call();
            if (answered)
            {
                Heard(name, answer as IMessage);
            }

            return answer;
        }
        catch (RpcException)
        {
            failed[name] = 0;
            throw;
        }
    }

    private void Heard(string name, IMessage? answer)
    {
        var items = answer?.Descriptor.FindFieldByName("results") is { IsRepeated: true } many ? ((System.Collections.IList)many.Accessor.GetValue(answer)).Cast<IMessage>().ToList()
            : answer?.Descriptor.FindFieldByName("result") is { } one ? [(IMessage)one.Accessor.GetValue(answer)]
            : null;
        foreach (var item in items ?? [])
        {
            if (item.Descriptor.FindFieldByName("error").Accessor.GetValue(item) is Google.Rpc.Status refused)
            {
                RefusedItems.Enqueue(refused);
                failed[name] = 0;
            }
            else
            {
                succeeded[name] = 0;
            }
        }

        if (items is null)
        {
            succeeded[name] = 0;
        }
    }

    private sealed class Reader<T>(HeardCalls heard, string path, IAsyncStreamReader<T> inner) : IAsyncStreamReader<T>
    {
        public T Current => inner.Current;

        public async Task<bool> MoveNext(CancellationToken cancellationToken)
        {
            var more = false;
            await heard.HearAsync(path, async () =>
            {
                more = await inner.MoveNext(cancellationToken);
                return (more, more ? inner.Current : default);
            });
            return more;
        }
    }
}
