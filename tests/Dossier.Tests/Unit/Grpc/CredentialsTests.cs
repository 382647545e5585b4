using Grpc.Core;

namespace Dossier.Tests.Unit.StandIns;

public class CredentialsTests
{
    private static readonly AsyncAuthInterceptor First = (_, metadata) => Add(metadata, "first");
    private static readonly AsyncAuthInterceptor Second = (_, metadata) => Add(metadata, "second");

    [Fact]
    public void A_function_is_handed_to_the_configurator()
    {
        var seen = new CallParts();
        CallCredentials.FromInterceptor(First).InternalPopulateConfiguration(seen, "state");
        Assert.Same(First, seen.Interceptor);
        Assert.Equal("state", seen.State);
        Assert.Throws<ArgumentNullException>(() => CallCredentials.FromInterceptor(null!));
    }

    [Fact]
    public void Composed_credentials_keep_their_order()
    {
        var first = CallCredentials.FromInterceptor(First);
        var second = CallCredentials.FromInterceptor(Second);
        var seen = new CallParts();
        CallCredentials.Compose(first, second).InternalPopulateConfiguration(seen, "state");
        Assert.Equal([first, second], seen.Parts);
        Assert.Equal("state", seen.State);
    }

    [Fact]
    public void Composing_takes_two_or_more()
        => Assert.Throws<ArgumentException>(() => CallCredentials.Compose(CallCredentials.FromInterceptor(First)));

    [Fact]
    public void An_insecure_channel_is_one_without_credentials()
    {
        var seen = new ChannelParts();
        ChannelCredentials.Insecure.InternalPopulateConfiguration(seen, "state");
        Assert.Equal(["insecure state"], seen.Calls);
        Assert.Same(ChannelCredentials.Insecure, ChannelCredentials.Insecure);
    }

    [Fact]
    public void A_secure_channel_has_the_defaults_of_tls()
    {
        var seen = new ChannelParts();
        ChannelCredentials.SecureSsl.InternalPopulateConfiguration(seen, "state");
        Assert.Equal(["ssl state   "], seen.Calls);
        Assert.Same(ChannelCredentials.SecureSsl, ChannelCredentials.SecureSsl);
    }

    [Fact]
    public void A_secure_channel_may_have_roots_a_certificate_and_a_check()
    {
        var seen = new ChannelParts();
        var pair = new KeyCertificatePair("chain", "key");
        new SslCredentials("roots", pair, _ => true).InternalPopulateConfiguration(seen, "state");
        new SslCredentials("roots", pair).InternalPopulateConfiguration(seen, "state");
        new SslCredentials("roots").InternalPopulateConfiguration(seen, "state");
        Assert.Equal(["ssl state roots chain+key check", "ssl state roots chain+key ", "ssl state roots  "], seen.Calls);
        Assert.Equal("roots", new SslCredentials("roots", pair).RootCertificates);
        Assert.Same(pair, new SslCredentials("roots", pair).KeyCertificatePair);
        Assert.Throws<ArgumentNullException>(() => new KeyCertificatePair(null!, "key"));
        Assert.Throws<ArgumentNullException>(() => new KeyCertificatePair("chain", null!));
    }

    [Fact]
    public void A_secure_channel_carries_call_credentials_and_an_insecure_one_does_not()
    {
        var token = CallCredentials.FromInterceptor(First);
        var seen = new ChannelParts();
        var both = ChannelCredentials.Create(ChannelCredentials.SecureSsl, token);
        both.InternalPopulateConfiguration(seen, "state");
        Assert.Equal(["both state"], seen.Calls);
        Assert.Same(ChannelCredentials.SecureSsl, seen.Channel);
        Assert.Same(token, seen.Call);
        Assert.Throws<ArgumentException>(() => ChannelCredentials.Create(ChannelCredentials.Insecure, token));
        Assert.Throws<ArgumentException>(() => ChannelCredentials.Create(both, token));
        Assert.Throws<ArgumentNullException>(() => ChannelCredentials.Create(ChannelCredentials.SecureSsl, null!));
        Assert.Throws<ArgumentNullException>(() => ChannelCredentials.Create(null!, token));
    }

    [Fact]
    public void The_context_tells_which_call_needs_the_credentials()
    {
        using var source = new CancellationTokenSource();
        var context = new AuthInterceptorContext("https://host/service", "method", source.Token);
        Assert.Equal("https://host/service", context.ServiceUrl);
        Assert.Equal("method", context.MethodName);
        Assert.Equal(source.Token, context.CancellationToken);
        Assert.Equal(CancellationToken.None, new AuthInterceptorContext("url", "method").CancellationToken);
    }

    [Fact]
    public void An_authenticated_peer_has_an_identity()
    {
        byte[] bytes = [.. "jörg"u8];
        var property = AuthProperty.Create("name", bytes);
        bytes[0] = 0;
        var other = AuthProperty.Create("team", "a"u8.ToArray());
        var context = new AuthContext("name", new(StringComparer.Ordinal) { ["name"] = [property], ["team"] = [other] });
        Assert.True(context.IsPeerAuthenticated);
        Assert.Equal("name", context.PeerIdentityPropertyName);
        Assert.Equal("jörg", Assert.Single(context.PeerIdentity).Value);
        Assert.Equal("jörg"u8.ToArray(), property.ValueBytes);
        Assert.Equal(2, context.Properties.Count());
        Assert.Same(other, Assert.Single(context.FindPropertiesByName("team")));
        Assert.Empty(context.FindPropertiesByName("nothing"));
    }

    [Fact]
    public void A_peer_without_identity_is_not_authenticated()
    {
        var context = new AuthContext(null, new(StringComparer.Ordinal));
        Assert.False(context.IsPeerAuthenticated);
        Assert.Empty(context.PeerIdentity);
        Assert.Empty(context.Properties);
    }

    private static Task Add(Metadata metadata, string value)
    {
        metadata.Add("order", value);
        return Task.CompletedTask;
    }

    private sealed class CallParts : CallCredentialsConfiguratorBase
    {
        public object? State { get; private set; }

        public AsyncAuthInterceptor? Interceptor { get; private set; }

        public IReadOnlyList<CallCredentials> Parts { get; private set; } = [];

        public override void SetCompositeCredentials(object? state, IReadOnlyList<CallCredentials> credentials)
            => (State, Parts) = (state, credentials);

        public override void SetAsyncAuthInterceptorCredentials(object? state, AsyncAuthInterceptor interceptor)
            => (State, Interceptor) = (state, interceptor);
    }

    private sealed class ChannelParts : ChannelCredentialsConfiguratorBase
    {
        public List<string> Calls { get; } = [];

        public ChannelCredentials? Channel { get; private set; }

        public CallCredentials? Call { get; private set; }

        public override void SetInsecureCredentials(object? state) => Calls.Add($"insecure {state}");

        public override void SetSslCredentials(
            object? state, string? rootCertificates, KeyCertificatePair? keyCertificatePair, VerifyPeerCallback? verifyPeerCallback)
        {
            var pair = keyCertificatePair is null ? "" : $"{keyCertificatePair.CertificateChain}+{keyCertificatePair.PrivateKey}";
            Calls.Add($"ssl {state} {rootCertificates} {pair} {(verifyPeerCallback is null ? "" : "check")}");
        }

        public override void SetCompositeCredentials(object? state, ChannelCredentials channelCredentials, CallCredentials callCredentials)
        {
            Calls.Add($"both {state}");
            Channel = channelCredentials;
            Call = callCredentials;
        }
    }
}
