using System.Diagnostics;
using Dossier.Tests.Fixtures;
using Dossier.V1;
using Grpc.Core;

namespace Dossier.Tests.ServiceTests;

/// <summary>What becomes of callers with tokens while the issuer is down, silent, or has taken a key back.</summary>
[Collection(Alone.Name)]
public sealed class IssuerTests
{
    [Theory]
    [InlineData(IssuerState.Down)]
    [InlineData(IssuerState.Silent)]
    public async Task With_an_issuer_that_was_never_read_tokens_cannot_be_checked_keys_serve_on_and_it_recovers(IssuerState state)
    {
        await using var guarded = await OpenAsync(new GuardedHost { AtFirst = state });
        var token = guarded.Host.Issuer.Token();

        // Three at once wait for one read of five seconds, not for one each.
        var begun = Stopwatch.GetTimestamp();
        var refused = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => Refused.ByAsync(() => guarded.AskAsync(token))));
        Assert.All(refused, one => Assert.Equal((StatusCode.Unavailable, "ISSUER_UNAVAILABLE"), (one.Code, one.Reason)));
        Assert.InRange(Stopwatch.GetElapsedTime(begun), TimeSpan.Zero, TimeSpan.FromSeconds(12));
        Assert.NotEmpty((await guarded.Sources.ListSourcesAsync(new ListSourcesRequest(), guarded.Host.As("all"))).Sources);

        guarded.Host.Issuer.State = IssuerState.Well;
        await Eventually.TrueAsync(async () => await guarded.StatusAsync(token) == StatusCode.OK, "tokens are checked again");
    }

    [Fact]
    public async Task Whoever_has_a_known_key_does_not_wait_for_an_issuer_that_has_become_silent()
    {
        await using var guarded = await OpenAsync(new GuardedHost { More = { "--Jwt:KeysFor=00:00:05" } });
        var issuer = guarded.Host.Issuer;
        await guarded.AskAsync(issuer.Token());
        issuer.State = IssuerState.Silent;

        // The keys are old, and a read of them begins after five seconds at the latest; it takes five more to give up.
        for (var until = Stopwatch.StartNew(); until.Elapsed < TimeSpan.FromSeconds(8); await Task.Delay(TimeSpan.FromMilliseconds(100)))
        {
            var begun = Stopwatch.GetTimestamp();
            await guarded.AskAsync(issuer.Token());
            Assert.InRange(Stopwatch.GetElapsedTime(begun), TimeSpan.Zero, TimeSpan.FromSeconds(3));
        }

        // Of a token with another key nobody can tell whether it is good.
        var refused = await Refused.ByAsync(() => guarded.AskAsync(issuer.Token(key: Issuer.NewKey())));
        Assert.Equal((StatusCode.Unavailable, "ISSUER_UNAVAILABLE"), (refused.Code, refused.Reason));
    }

    [Fact]
    public async Task A_key_that_its_issuer_has_taken_back_opens_nothing_once_the_keys_were_read_again()
    {
        await using var guarded = await OpenAsync(new GuardedHost { More = { "--Jwt:KeysFor=00:00:05" } });
        var issuer = guarded.Host.Issuer;
        var old = issuer.Token();
        await guarded.AskAsync(old);

        issuer.Rotate();

        await Eventually.TrueAsync(async () => await guarded.StatusAsync(old) == StatusCode.Unauthenticated, "the old key opens nothing");
        Assert.Equal("CREDENTIALS_INVALID", (await Refused.ByAsync(() => guarded.AskAsync(old))).Reason);
        await guarded.AskAsync(issuer.Token());
    }

    private static async Task<Guarded> OpenAsync(GuardedHost host)
    {
        await host.InitializeAsync();
        return new Guarded(host);
    }

    private sealed class Guarded(GuardedHost host) : IAsyncDisposable
    {
        private readonly Grpc.Net.Client.GrpcChannel channel = host.Connect();

        public GuardedHost Host { get; } = host;

        public DossierService.DossierServiceClient Sources => new(channel);

        public async Task AskAsync(string token) => await Sources.ListSourcesAsync(new ListSourcesRequest(), GuardedHost.ByToken(token));

        public async Task<StatusCode> StatusAsync(string token)
        {
            try
            {
                await AskAsync(token);
                return StatusCode.OK;
            }
            catch (RpcException refused)
            {
                return refused.StatusCode;
            }
        }

        public async ValueTask DisposeAsync()
        {
            channel.Dispose();
            await Host.DisposeAsync();
        }
    }
}
