using System.Reflection;
using Dossier.Tests.Fixtures;
using Grpc.Core;
using Grpc.Core.Interceptors;

namespace Dossier.Tests.Unit.StandIns;

/// <summary>What generated code hands to a server, and what a server shows to a handler, without a server.</summary>
public class ServerSideTests
{
    [Fact]
    public void Generated_code_hands_every_method_to_a_binder()
    {
        var binder = new Names();
        Echo.BindService(binder, new EchoService(new EchoLog()));
        Assert.Equal(["Unary Say +", "ServerStreaming Repeat +", "ClientStreaming Gather +", "DuplexStreaming Talk +"], binder.Seen);
    }

    [Fact]
    public void Generated_code_hands_out_the_shape_without_an_instance()
    {
        var binder = new Names();
        Echo.BindService(binder, null);
        Assert.Equal(["Unary Say -", "ServerStreaming Repeat -", "ClientStreaming Gather -", "DuplexStreaming Talk -"], binder.Seen);
    }

    [Fact]
    public void A_binder_that_implements_nothing_says_so()
        => Assert.Throws<NotImplementedException>(() => Echo.BindService(new ServiceBinderBase(), null));

    [Fact]
    public void A_service_says_where_its_binder_method_is()
    {
        var attribute = typeof(Echo.EchoBase).GetCustomAttribute<BindServiceMethodAttribute>()!;
        Assert.Equal(typeof(Echo), attribute.BindType);
        Assert.Equal("BindService", attribute.BindMethodName);
    }

    [Fact]
    public void A_definition_takes_each_method_once()
    {
        var method = new Method<string, string>(
            MethodType.Unary, "Service", "Method", Marshallers.StringMarshaller, Marshallers.StringMarshaller);
        UnaryServerMethod<string, string> handler = (request, _) => Task.FromResult(request);
        var builder = ServerServiceDefinition.CreateBuilder().AddMethod(method, handler);
        Assert.NotNull(builder.Build());
        Assert.Throws<ArgumentException>(() => builder.AddMethod(method, handler));
    }

    [Fact]
    public async Task A_context_shows_what_the_server_filled_in()
    {
        var fill = new FilledContext();
        ServerCallContext context = fill;
        Assert.Equal("/service/method", context.Method);
        Assert.Equal("host", context.Host);
        Assert.Equal("peer", context.Peer);
        Assert.Equal(DateTime.MaxValue, context.Deadline);
        Assert.Equal("1", context.RequestHeaders.GetValue("request"));
        Assert.Equal("2", context.ResponseTrailers.GetValue("trailer"));
        Assert.Equal(fill.Source.Token, context.CancellationToken);
        Assert.False(context.AuthContext.IsPeerAuthenticated);
        context.Status = new Status(StatusCode.Aborted, "Lost");
        Assert.Equal(StatusCode.Aborted, context.Status.StatusCode);
        context.WriteOptions = new WriteOptions(WriteFlags.NoCompress);
        Assert.Equal(WriteFlags.NoCompress, context.WriteOptions.Flags);
        context.UserState["key"] = "value";
        Assert.Equal("value", context.UserState["key"]);
        await context.WriteResponseHeadersAsync([new Metadata.Entry("sent", "3")]);
        Assert.Equal("3", fill.Sent!.GetValue("sent"));
        Assert.Throws<NotSupportedException>(() => context.CreatePropagationToken());
    }

    [Fact]
    public async Task A_server_interceptor_that_overrides_nothing_changes_nothing()
    {
        var idle = new Idle();
        var context = new FilledContext();
        var reader = new EmptyReader<string>();
        Assert.Equal("a", await idle.UnaryServerHandler<string, string>("a", context, (request, _) => Task.FromResult(request)));
        Assert.Equal("b", await idle.ClientStreamingServerHandler<string, string>(reader, context, (_, _) => Task.FromResult("b")));
        var seen = new List<string>();
        await idle.ServerStreamingServerHandler<string, string>("c", null!, context, (request, _, _) => Add(seen, request));
        await idle.DuplexStreamingServerHandler<string, string>(reader, null!, context, (_, _, _) => Add(seen, "d"));
        Assert.Equal(["c", "d"], seen);
    }

    private static Task Add(List<string> seen, string value)
    {
        seen.Add(value);
        return Task.CompletedTask;
    }

    private sealed class Idle : Interceptor;

    private sealed class Names : ServiceBinderBase
    {
        public List<string> Seen { get; } = [];

        public override void AddMethod<TRequest, TResponse>(
            Method<TRequest, TResponse> method, UnaryServerMethod<TRequest, TResponse>? handler)
            => Add(method, handler);

        public override void AddMethod<TRequest, TResponse>(
            Method<TRequest, TResponse> method, ClientStreamingServerMethod<TRequest, TResponse>? handler)
            => Add(method, handler);

        public override void AddMethod<TRequest, TResponse>(
            Method<TRequest, TResponse> method, ServerStreamingServerMethod<TRequest, TResponse>? handler)
            => Add(method, handler);

        public override void AddMethod<TRequest, TResponse>(
            Method<TRequest, TResponse> method, DuplexStreamingServerMethod<TRequest, TResponse>? handler)
            => Add(method, handler);

        private void Add(IMethod method, Delegate? handler) => Seen.Add($"{method.Type} {method.Name} {(handler is null ? "-" : "+")}");
    }

    private sealed class FilledContext : ServerCallContext
    {
        public CancellationTokenSource Source { get; } = new();

        public Metadata? Sent { get; private set; }

        protected override string MethodCore => "/service/method";

        protected override string HostCore => "host";

        protected override string PeerCore => "peer";

        protected override DateTime DeadlineCore => DateTime.MaxValue;

        protected override Metadata RequestHeadersCore { get; } = new() { { "request", "1" } };

        protected override CancellationToken CancellationTokenCore => Source.Token;

        protected override Metadata ResponseTrailersCore { get; } = new() { { "trailer", "2" } };

        protected override Status StatusCore { get; set; }

        protected override WriteOptions? WriteOptionsCore { get; set; }

        protected override AuthContext AuthContextCore { get; } = new(null, []);

        protected override Task WriteResponseHeadersAsyncCore(Metadata responseHeaders)
        {
            Sent = responseHeaders;
            return Task.CompletedTask;
        }

        protected override ContextPropagationToken CreatePropagationTokenCore(ContextPropagationOptions? options)
            => throw new NotSupportedException();
    }
}
