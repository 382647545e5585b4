using Dossier.Tests.Fixtures;
using Grpc.Core;
using Grpc.Core.Interceptors;

namespace Dossier.Tests.Unit.StandIns;

/// <summary>Clients, interceptors in front of them and the call types, without a server.</summary>
public class ClientSideTests
{
    private readonly FakeInvoker _invoker = new();
    private readonly List<string> _log = [];

    [Fact]
    public void Interceptors_given_together_run_in_the_order_given()
    {
        new Echo.EchoClient(_invoker.Intercept(Named("a"), Named("b"), Named("c"))).Say(new EchoRequest());
        Assert.Equal(["a Unary", "b Unary", "c Unary"], _log);
    }

    [Fact]
    public void An_interceptor_added_later_runs_earlier()
    {
        new Echo.EchoClient(_invoker.Intercept(Named("c")).Intercept(Named("b")).Intercept(Named("a"))).Say(new EchoRequest());
        Assert.Equal(["a Unary", "b Unary", "c Unary"], _log);
    }

    [Fact]
    public void Interceptors_of_a_channel_run_in_the_order_given()
    {
        var channel = new FakeChannel(_invoker);
        new Echo.EchoClient(channel.Intercept(Named("a"), Named("b"))).Say(new EchoRequest());
        new Echo.EchoClient(channel.Intercept(Named("c"))).Say(new EchoRequest());
        Assert.Equal(["a Unary", "b Unary", "c Unary"], _log);
    }

    [Fact]
    public async Task All_kinds_of_call_go_through_an_interceptor()
    {
        await AllKinds(new Echo.EchoClient(_invoker.Intercept(Named("a"))));
        Assert.Equal(["a Unary", "a Unary", "a ServerStreaming", "a ClientStreaming", "a DuplexStreaming"], _log);
        Assert.Equal(["blocking Say ", "unary Say ", "server Repeat ", "client Gather ", "duplex Talk "], _invoker.Calls);
    }

    [Fact]
    public async Task An_interceptor_that_overrides_nothing_changes_nothing()
    {
        await AllKinds(new Echo.EchoClient(_invoker.Intercept(new Idle())));
        Assert.Equal(["blocking Say ", "unary Say ", "server Repeat ", "client Gather ", "duplex Talk "], _invoker.Calls);
    }

    [Fact]
    public async Task A_function_may_change_the_headers_of_all_kinds_of_call()
    {
        var count = 0;
        await AllKinds(new Echo.EchoClient(_invoker.Intercept(headers =>
        {
            headers.Add("count", $"{++count}");
            return headers;
        })));
        Assert.Equal(5, count);
        Assert.Equal("5", _invoker.Headers!.GetValue("count"));
        var client = new Echo.EchoClient(new FakeChannel(_invoker).Intercept(_ => new Metadata { { "new", "1" } }));
        client.Say(new EchoRequest(), new Metadata { { "old", "1" } });
        Assert.Equal("new", Assert.Single(_invoker.Headers).Key);
    }

    [Fact]
    public void An_interceptor_may_replace_options_and_request_or_answer_itself()
    {
        var client = new Echo.EchoClient(_invoker.Intercept(new Replacing(), Named("b")));
        Assert.Equal("fake", client.Say(new EchoRequest { Text = "pass" }).Text);
        Assert.Equal("yes", _invoker.Headers!.GetValue("replaced"));
        Assert.Equal(["blocking Say other"], _invoker.Calls);
        Assert.Equal("short cut", client.Say(new EchoRequest { Text = "stop" }).Text);
        Assert.Single(_invoker.Calls);
        Assert.Single(_log);
    }

    [Fact]
    public void Nothing_can_be_intercepted_with_nothing()
    {
        Assert.Throws<ArgumentNullException>(() => _invoker.Intercept((Interceptor)null!));
        Assert.Throws<ArgumentNullException>(() => _invoker.Intercept((Interceptor[])null!));
        Assert.Throws<ArgumentNullException>(() => _invoker.Intercept((Func<Metadata, Metadata>)null!));
        Assert.Throws<ArgumentNullException>(() => ((CallInvoker)null!).Intercept(Named("a")));
        Assert.Throws<ArgumentNullException>(() => ((ChannelBase)null!).Intercept(Named("a")));
    }

    [Fact]
    public async Task A_client_with_a_host_names_it_in_every_call()
    {
        await AllKinds(new Echo.EchoClient(_invoker).WithHost("other"));
        Assert.Equal(
            ["blocking Say other", "unary Say other", "server Repeat other", "client Gather other", "duplex Talk other"],
            _invoker.Calls);
    }

    [Fact]
    public void A_client_without_a_channel_is_for_test_doubles()
    {
        var bare = new BareClient();
        Assert.Throws<NotImplementedException>(() => bare.Say(new EchoRequest()));
        Assert.Throws<NotImplementedException>(() => bare.Gather());
        Assert.Throws<ArgumentNullException>(() => new Echo.EchoClient((CallInvoker)null!));
        Assert.Throws<ArgumentNullException>(() => new Echo.EchoClient((ChannelBase)null!));
    }

    [Fact]
    public async Task A_channel_knows_its_target_and_shuts_down()
    {
        var channel = new FakeChannel(_invoker);
        Assert.Equal("nowhere", channel.Target);
        await channel.ShutdownAsync();
        Assert.Equal("fake", new Echo.EchoClient(channel).Say(new EchoRequest()).Text);
    }

    [Fact]
    public async Task A_call_passes_on_what_it_was_made_of()
    {
        var steps = new List<string>();
        var headers = new Metadata { { "a", "1" } };
        var call = new AsyncUnaryCall<string>(
            Task.FromResult("response"),
            state => Task.FromResult(Step(steps, state, "headers", headers)),
            state => Step(steps, state, "status", Status.DefaultCancelled),
            state => Step(steps, state, "trailers", headers),
            state => Step(steps, state, "dispose", 0),
            "state");
        Assert.Equal("response", await call);
        Assert.Equal("response", await call.ConfigureAwait(false));
        Assert.Equal("response", await call.ResponseAsync);
        Assert.Same(headers, await call.ResponseHeadersAsync);
        Assert.Equal(StatusCode.Cancelled, call.GetStatus().StatusCode);
        Assert.Same(headers, call.GetTrailers());
        call.Dispose();
        Assert.Equal(["headers of state", "status of state", "trailers of state", "dispose of state"], steps);
    }

    [Fact]
    public async Task A_streaming_call_made_of_plain_functions_passes_them_on()
    {
        var writer = new NullWriter<string>();
        var disposed = 0;
        var trailers = new Metadata();
        using (var call = new AsyncClientStreamingCall<string, string>(
            writer,
            Task.FromResult("response"),
            Task.FromResult(trailers),
            () => Status.DefaultCancelled,
            () => trailers,
            () => disposed++))
        {
            Assert.Same(writer, call.RequestStream);
            Assert.Equal("response", await call);
            Assert.Equal("response", await call.ConfigureAwait(false));
            Assert.Same(trailers, await call.ResponseHeadersAsync);
            Assert.Equal(StatusCode.Cancelled, call.GetStatus().StatusCode);
            Assert.Same(trailers, call.GetTrailers());
        }

        Assert.Equal(1, disposed);
    }

    [Fact]
    public async Task A_writer_without_cancellation_takes_no_live_token()
    {
        IAsyncStreamWriter<string> writer = new NullWriter<string>();
        await writer.WriteAsync("text", CancellationToken.None);
        using var source = new CancellationTokenSource();
        await Assert.ThrowsAsync<NotSupportedException>(() => writer.WriteAsync("text", source.Token));
    }

    [Fact]
    public async Task A_reader_can_be_read_to_its_end()
    {
        var read = new List<int>();
        await foreach (var number in new CountingReader().ReadAllAsync())
        {
            read.Add(number);
        }

        Assert.Equal([1, 2, 3], read);
        Assert.Throws<ArgumentNullException>(() => ((CountingReader)null!).ReadAllAsync());
        await Assert.ThrowsAsync<ArgumentNullException>(() => ((IAsyncStreamReader<string>)null!).MoveNext());
    }

    [Fact]
    public async Task The_token_of_the_loop_reaches_the_reader()
    {
        using var source = new CancellationTokenSource();
        var reader = new CountingReader();
        await foreach (var number in reader.ReadAllAsync().WithCancellation(source.Token))
        {
            Assert.Equal(source.Token, reader.Token);
        }
    }

    private static async Task AllKinds(Echo.EchoClient client)
    {
        client.Say(new EchoRequest());
        await client.SayAsync(new EchoRequest());
        client.Repeat(new EchoRequest()).Dispose();
        client.Gather().Dispose();
        client.Talk().Dispose();
    }

    private static T Step<T>(List<string> steps, object state, string name, T value)
    {
        steps.Add($"{name} of {state}");
        return value;
    }

    private NamedInterceptor Named(string name) => new(name, _log.Add);

    private sealed class Idle : Interceptor;

    private sealed class BareClient : Echo.EchoClient;

    private sealed class FakeChannel(CallInvoker invoker) : ChannelBase("nowhere")
    {
        public override CallInvoker CreateCallInvoker() => invoker;
    }

    private sealed class CountingReader : IAsyncStreamReader<int>
    {
        public int Current { get; private set; }

        public CancellationToken Token { get; private set; }

        public Task<bool> MoveNext(CancellationToken cancellationToken)
        {
            Token = cancellationToken;
            return Task.FromResult(++Current <= 3);
        }
    }

    private sealed class Replacing : Interceptor
    {
        public override TResponse BlockingUnaryCall<TRequest, TResponse>(
            TRequest request,
            ClientInterceptorContext<TRequest, TResponse> context,
            BlockingUnaryCallContinuation<TRequest, TResponse> continuation)
        {
            if (request is EchoRequest { Text: "stop" })
            {
                return (TResponse)(object)new EchoReply { Text = "short cut" };
            }

            var options = context.Options.WithHeaders(new Metadata { { "replaced", "yes" } });
            return continuation(request, new ClientInterceptorContext<TRequest, TResponse>(context.Method, "other", options));
        }
    }
}
