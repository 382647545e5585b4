using Dossier.Tests.Fixtures;
using Dossier.Tests.Unit.StandIns;
using Grpc.Core;
using Grpc.Net.Client;

namespace Dossier.Tests.Service;

/// <summary>The official server and client on our two assemblies, over a real socket, with generated code.</summary>
public sealed class GrpcCallKindsTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_unary_call_brings_headers_response_status_and_trailers(bool asDefinition)
    {
        await using var host = await EchoHost.StartAsync(asDefinition: asDefinition);
        using var call = host.Client().SayAsync(new EchoRequest { Text = "äöü" });
        AssertGreeting(await call.ResponseHeadersAsync);
        Assert.Equal("äöü", (await call).Text);
        AssertEnd(call.GetStatus(), call.GetTrailers());
    }

    [Fact]
    public async Task A_unary_call_may_block()
    {
        await using var host = await EchoHost.StartAsync();
        var client = host.Client();
        Assert.Equal("a", (await Task.Run(() => client.Say(new EchoRequest { Text = "a" }))).Text);
    }

    [Fact]
    public async Task A_server_streaming_call_brings_all_responses_in_order()
    {
        await using var host = await EchoHost.StartAsync();
        using var call = host.Client().Repeat(new EchoRequest { Text = "x", Times = 100 });
        AssertGreeting(await call.ResponseHeadersAsync);
        var numbers = new List<int>();
        await foreach (var reply in call.ResponseStream.ReadAllAsync())
        {
            numbers.Add(reply.Number);
        }

        Assert.Equal(Enumerable.Range(1, 100), numbers);
        AssertEnd(call.GetStatus(), call.GetTrailers());
    }

    [Fact]
    public async Task A_client_streaming_call_sends_all_requests_in_order()
    {
        await using var host = await EchoHost.StartAsync();
        using var call = host.Client().Gather();
        call.RequestStream.WriteOptions = new WriteOptions(WriteFlags.BufferHint);
        foreach (var text in new[] { "a", "b", "c" })
        {
            await call.RequestStream.WriteAsync(new EchoRequest { Text = text }, CancellationToken.None);
        }

        await call.RequestStream.CompleteAsync();
        var reply = await call;
        Assert.Equal("abc", reply.Text);
        Assert.Equal(3, reply.Number);
        AssertGreeting(await call.ResponseHeadersAsync);
        AssertEnd(call.GetStatus(), call.GetTrailers());
    }

    [Fact]
    public async Task A_duplex_call_goes_back_and_forth()
    {
        await using var host = await EchoHost.StartAsync();
        using var call = host.Client().Talk();
        AssertGreeting(await call.ResponseHeadersAsync);
        for (var number = 1; number <= 5; number++)
        {
            await call.RequestStream.WriteAsync(new EchoRequest { Text = $"text {number}" });
            Assert.True(await call.ResponseStream.MoveNext());
            Assert.Equal($"text {number}", call.ResponseStream.Current.Text);
            Assert.Equal(number, call.ResponseStream.Current.Number);
        }

        await call.RequestStream.CompleteAsync();
        Assert.False(await call.ResponseStream.MoveNext());
        AssertEnd(call.GetStatus(), call.GetTrailers());
    }

    [Fact]
    public async Task Request_headers_reach_the_handler()
    {
        await using var host = await EchoHost.StartAsync();
        var headers = new Metadata { { "X-Who", "me" }, { "x-who", "and me" }, { "x-bytes-bin", [0, 1, 254, 255] } };
        await host.Client().SayAsync(new EchoRequest(), headers);
        // HttpClient joins the values of one header.
        Assert.Equal("me, and me", Assert.Single(host.Log.RequestHeaders, entry => entry.Key == "x-who").Value);
        var bytes = Assert.Single(host.Log.RequestHeaders, entry => entry.Key == "x-bytes-bin");
        Assert.True(bytes.IsBinary);
        Assert.Equal([0, 1, 254, 255], bytes.ValueBytes);
    }

    [Fact]
    public async Task The_handler_knows_the_call_it_serves()
    {
        await using var host = await EchoHost.StartAsync();
        await host.Client().SayAsync(new EchoRequest());
        Assert.Equal("/dossier.tests.echo.Echo/Say", host.Log.Method);
        Assert.Equal(new Uri(host.Address).Authority, host.Log.Host);
        Assert.StartsWith("ipv4:127.0.0.1:", host.Log.Peer, StringComparison.Ordinal);
        Assert.Equal(DateTime.MaxValue, host.Log.Deadline);
        Assert.False(host.Log.PeerIsAuthenticated);
    }

    [Theory]
    [InlineData(MethodType.Unary)]
    [InlineData(MethodType.ServerStreaming)]
    [InlineData(MethodType.ClientStreaming)]
    [InlineData(MethodType.DuplexStreaming)]
    public async Task An_rpc_exception_reaches_the_caller_with_status_and_trailers(MethodType kind)
    {
        await using var host = await EchoHost.StartAsync();
        var failure = await FailAsync(host.Client(), kind, Ending.RpcException);
        Assert.Equal(StatusCode.FailedPrecondition, failure.StatusCode);
        Assert.Equal("Not today: 100 % full, äöü", failure.Status.Detail);
        Assert.Equal("because", failure.Trailers.GetValue("why"));
        Assert.Equal([1, 2, 3], failure.Trailers.GetValueBytes("why-bin")!);
        Assert.Equal("bye", failure.Trailers.GetValue("farewell"));
    }

    [Theory]
    [InlineData(MethodType.Unary)]
    [InlineData(MethodType.ServerStreaming)]
    [InlineData(MethodType.DuplexStreaming)]
    public async Task A_status_set_by_the_handler_reaches_the_caller(MethodType kind)
    {
        await using var host = await EchoHost.StartAsync();
        var failure = await FailAsync(host.Client(), kind, Ending.Status);
        Assert.Equal(StatusCode.DataLoss, failure.StatusCode);
        Assert.Equal("Gone", failure.Status.Detail);
    }

    [Theory]
    [InlineData(MethodType.Unary)]
    [InlineData(MethodType.ClientStreaming)]
    public async Task Any_other_exception_becomes_unknown_and_tells_nothing(MethodType kind)
    {
        await using var host = await EchoHost.StartAsync();
        var failure = await FailAsync(host.Client(), kind, Ending.Crash);
        Assert.Equal(StatusCode.Unknown, failure.StatusCode);
        Assert.DoesNotContain("secret", failure.Status.Detail, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task A_method_that_is_not_there_is_unimplemented()
    {
        await using var host = await EchoHost.StartAsync();
        var method = new Method<string, string>(
            MethodType.Unary, "dossier.tests.echo.Echo", "Sing", Marshallers.StringMarshaller, Marshallers.StringMarshaller);
        using var call = host.Open().CreateCallInvoker().AsyncUnaryCall(method, null, default, "");
        Assert.Equal(StatusCode.Unimplemented, (await Assert.ThrowsAsync<RpcException>(() => call.ResponseAsync)).StatusCode);
    }

    [Fact]
    public async Task A_server_that_is_not_there_is_unavailable()
    {
        using var channel = GrpcChannel.ForAddress("http://127.0.0.1:1");
        using var call = new Echo.EchoClient(channel).SayAsync(new EchoRequest());
        var failure = await Assert.ThrowsAsync<RpcException>(() => call.ResponseAsync);
        Assert.Equal(StatusCode.Unavailable, failure.StatusCode);
        Assert.NotNull(failure.Status.DebugException);
        Assert.Same(failure.Status.DebugException, failure.InnerException);
    }

    [Theory]
    [InlineData(MethodType.Unary)]
    [InlineData(MethodType.ServerStreaming)]
    [InlineData(MethodType.ClientStreaming)]
    [InlineData(MethodType.DuplexStreaming)]
    public async Task A_deadline_ends_the_call_on_both_sides(MethodType kind)
    {
        await using var host = await EchoHost.StartAsync();
        var client = host.Client();
        DateTime deadline = default;
        for (var seconds = 1; seconds < 60 && !host.Log.Waiting.Task.IsCompleted; seconds *= 3)
        {
            // More than one round only where the machine is too busy to get to the handler in time.
            deadline = TimeProvider.System.GetUtcNow().UtcDateTime.AddSeconds(seconds);
            var failure = await FailAsync(client, kind, Ending.Cancelled, new CallOptions(deadline: deadline));
            Assert.Equal(StatusCode.DeadlineExceeded, failure.StatusCode);
        }

        Assert.InRange(host.Log.Deadline, deadline.AddSeconds(-1), deadline.AddSeconds(5));
        await host.Log.Cancelled.Task.WaitAsync(TimeSpan.FromSeconds(20));
    }

    [Theory]
    [InlineData(MethodType.Unary)]
    [InlineData(MethodType.ServerStreaming)]
    [InlineData(MethodType.ClientStreaming)]
    [InlineData(MethodType.DuplexStreaming)]
    public async Task Cancelling_ends_the_call_on_both_sides(MethodType kind)
    {
        await using var host = await EchoHost.StartAsync();
        using var source = new CancellationTokenSource();
        var failing = FailAsync(host.Client(), kind, Ending.Cancelled, new CallOptions(cancellationToken: source.Token));
        await host.Log.Waiting.Task.WaitAsync(TimeSpan.FromSeconds(20));
        await source.CancelAsync();
        Assert.Equal(StatusCode.Cancelled, (await failing).StatusCode);
        await host.Log.Cancelled.Task.WaitAsync(TimeSpan.FromSeconds(20));
    }

    [Fact]
    public async Task Disposing_a_call_cancels_it()
    {
        await using var host = await EchoHost.StartAsync();
        var call = host.Client().Repeat(new EchoRequest { Ending = Ending.Cancelled });
        await call.ResponseHeadersAsync;
        call.Dispose();
        await host.Log.Cancelled.Task.WaitAsync(TimeSpan.FromSeconds(20));
    }

    [Fact]
    public async Task A_write_can_be_cancelled()
    {
        await using var host = await EchoHost.StartAsync();
        using var call = host.Client().Gather();
        var failure = await Assert.ThrowsAnyAsync<Exception>(
            () => call.RequestStream.WriteAsync(new EchoRequest(), new CancellationToken(canceled: true)));
        Assert.True(failure is OperationCanceledException or RpcException { StatusCode: StatusCode.Cancelled }, $"{failure}");
    }

    private static void AssertGreeting(Metadata headers)
    {
        Assert.Equal("hello", headers.GetValue("greeting"));
        Assert.Equal([0, 255, 1], headers.GetValueBytes("greeting-bin")!);
    }

    private static void AssertEnd(Status status, Metadata trailers)
    {
        Assert.Equal(StatusCode.OK, status.StatusCode);
        Assert.Equal("bye", trailers.GetValue("farewell"));
        Assert.Equal([255, 0, 1], trailers.GetValueBytes("farewell-bin")!);
    }

    private static Task<RpcException> FailAsync(
        Echo.EchoClient client, MethodType kind, Ending ending, CallOptions options = default)
        => Assert.ThrowsAsync<RpcException>(() => EchoCalls.CallAsync(client, kind, new EchoRequest { Ending = ending }, options)
            .WaitAsync(TimeSpan.FromMinutes(1)));
}
