using Dossier.Tests.Fixtures;
using Dossier.V1;
using Grpc.Core;

namespace Dossier.Tests.ServiceTests;

/// <summary>What a credential opened does not outlive it.</summary>
public sealed class CredentialEndTests(GuardedHost host) : IClassFixture<GuardedHost>
{
    // A token is taken for 30 s more than it says, for clocks that differ.
    private static readonly TimeSpan AlmostOver = TimeSpan.FromSeconds(-26);

    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task A_watch_ends_with_the_token_that_opened_it_and_says_where_to_go_on_with_a_new_one()
    {
        using var soon = new CancellationTokenSource(Soon);
        using var channel = host.Connect();
        var agreements = new AgreementService.AgreementServiceClient(channel);
        using var lasting = agreements.WatchAgreements(new WatchAgreementsRequest { Parent = "customers/-" }, host.As("watch"));
        using var watch = agreements.WatchAgreements(new WatchAgreementsRequest { Parent = "customers/-" }, GuardedHost.ByToken(host.Issuer.Token(GuardedHost.ClientOf("watch"), until: AlmostOver)));
        Assert.True(await watch.ResponseStream.MoveNext(CancellationToken.None));
        Assert.True(await lasting.ResponseStream.MoveNext(CancellationToken.None));

        var last = "";
        var ended = await Refused.ByAsync(async () =>
        {
            do
            {
                last = watch.ResponseStream.Current.ResumeToken;
            }
            while (await watch.ResponseStream.MoveNext(soon.Token));
        });

        Assert.Equal((StatusCode.Unavailable, "CREDENTIALS_ENDED", last), (ended.Code, ended.Reason, ended.Info.Metadata["resume_token"]));
        using var resumed = agreements.WatchAgreements(
            new WatchAgreementsRequest { Parent = "customers/-", ResumeToken = ended.Info.Metadata["resume_token"] }, GuardedHost.ByToken(host.Issuer.Token(GuardedHost.ClientOf("watch"))));
        Assert.True(await resumed.ResponseStream.MoveNext(CancellationToken.None));

        // One by a key, which has no end, goes on.
        Assert.True(await lasting.ResponseStream.MoveNext(soon.Token));
    }

    [Fact]
    public async Task So_does_a_watch_by_a_certificate()
    {
        using var certificate = host.Authority.Issue("any", names => names.AddUri(new Uri(GuardedHost.UriOf("watch")[4..])), until: TimeSpan.FromSeconds(5));
        using var soon = new CancellationTokenSource(Soon);
        using var channel = host.Connect(certificate);
        using var watch = new AgreementService.AgreementServiceClient(channel).WatchAgreements(new WatchAgreementsRequest { Parent = "customers/-" });

        var ended = await Refused.ByAsync(async () =>
        {
            while (await watch.ResponseStream.MoveNext(soon.Token))
            {
            }
        });

        Assert.Equal("CREDENTIALS_ENDED", ended.Reason);
    }

    [Fact]
    public async Task A_stream_of_checks_answers_what_was_asked_and_ends_with_the_token_that_opened_it()
    {
        using var soon = new CancellationTokenSource(Soon);
        using var channel = host.Connect();
        using var checks = new GuardService.GuardServiceClient(channel).CheckActions(GuardedHost.ByToken(host.Issuer.Token(GuardedHost.ClientOf("guard"), until: AlmostOver)));
        await checks.RequestStream.WriteAsync(new CheckActionsRequest { CorrelationId = "1", Action = Agreed.Letter("1042", Agreed.Bill("factuur-1", "BA-1")) });
        Assert.True(await checks.ResponseStream.MoveNext(CancellationToken.None));
        Assert.Equal("1", checks.ResponseStream.Current.CorrelationId);

        var ended = await Refused.ByAsync(async () => await checks.ResponseStream.MoveNext(soon.Token));

        Assert.Equal((StatusCode.Unavailable, "CREDENTIALS_ENDED"), (ended.Code, ended.Reason));
    }
}
