using System.Collections.Immutable;
using Grpc.Core;
using Grpc.Health.V1;

namespace Dossier.Tests.Fixtures;

/// <summary>
/// Several processes of the service behind one client, as a load balancer has them: each call goes to the next one that says that it
/// serves, and from the moment one says that it does not, none goes there any more.
/// </summary>
internal sealed class Fleet : CallInvoker
{
    private ImmutableList<(DossierProcess Process, CallInvoker Calls)> serving = [];
    private int turn;

    public int Serving => Volatile.Read(ref serving).Count;

    /// <summary>Sends calls there until it says that it no longer serves.</summary>
    public async Task AddAsync(DossierProcess process)
    {
        var watch = process.Health.Watch(new HealthCheckRequest());
        Assert.True(await watch.ResponseStream.MoveNext(CancellationToken.None));
        Assert.Equal(HealthCheckResponse.Types.ServingStatus.Serving, watch.ResponseStream.Current.Status);
        var member = (process, process.Channel.CreateCallInvoker());
        ImmutableInterlocked.Update(ref serving, list => list.Add(member));
        _ = LeaveWhenToldAsync(watch, member);
    }

    private async Task LeaveWhenToldAsync(AsyncServerStreamingCall<HealthCheckResponse> watch, (DossierProcess, CallInvoker) member)
    {
        try
        {
            while (await watch.ResponseStream.MoveNext(CancellationToken.None) && watch.ResponseStream.Current.Status == HealthCheckResponse.Types.ServingStatus.Serving)
            {
            }
        }
        catch (RpcException)
        {
            // It is gone without a word.
        }

        ImmutableInterlocked.Update(ref serving, list => list.Remove(member));
        watch.Dispose();
    }

    private CallInvoker Next()
    {
        var list = Volatile.Read(ref serving);
        return list[(int)((uint)Interlocked.Increment(ref turn) % list.Count)].Calls;
    }

    public override TResponse BlockingUnaryCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request) =>
        Next().BlockingUnaryCall(method, host, options, request);

    public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request) =>
        Next().AsyncUnaryCall(method, host, options, request);

    public override AsyncServerStreamingCall<TResponse> AsyncServerStreamingCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request) => Next().AsyncServerStreamingCall(method, host, options, request);

    public override AsyncClientStreamingCall<TRequest, TResponse> AsyncClientStreamingCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options) =>
        Next().AsyncClientStreamingCall(method, host, options);

    public override AsyncDuplexStreamingCall<TRequest, TResponse> AsyncDuplexStreamingCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options) =>
        Next().AsyncDuplexStreamingCall(method, host, options);
}
