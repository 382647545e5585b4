using Dossier.Tests.Fixtures;
using Dossier.V1;
using Grpc.Core;

namespace Dossier.Tests.ServiceTests;

/// <summary>An agreement is taken back by who knows its present state, and binds nothing from then on.</summary>
public sealed class WithdrawAgreementTests(SharedHost shared) : IClassFixture<SharedHost>
{
    private static readonly Metadata Webcare = DossierHost.As("webcare", "daan");
    private readonly DossierHost host = shared.Host;

    [Fact]
    public async Task A_withdrawn_agreement_says_who_why_and_when_and_must_be_taken_over_too()
    {
        var created = await host.Agreements.CreateAgreementAsync(StoryTests.CreditOf("1043", "202609-004388"), Webcare);
        var request = Agreed.Withdraw(created.Agreement);
        request.Reason = "De factuur klopte toch; met excuses 🙏";

        var withdrawn = await host.Agreements.WithdrawAgreementAsync(request, DossierHost.As("administration", "petra"));

        var agreement = withdrawn.Agreement;
        Assert.Equal(AgreementState.Withdrawn, agreement.State);
        Assert.Equal((2, 2), (agreement.Revision, agreement.BindingRevision));
        Assert.NotEqual(created.Agreement.Etag, agreement.Etag);
        Assert.Equal(created.RegistrySequence + 1, withdrawn.RegistrySequence);
        Assert.Equal(("systems/administration", "petra", request.Reason), (agreement.End.System, agreement.End.Agent, agreement.End.Reason));
        Assert.Equal(request.CustomerInformed, agreement.End.CustomerInformed);
        Assert.Equal(agreement.UpdateTime, agreement.End.EndTime);
        Assert.Equal("systems/webcare", agreement.Origin.System);
        Assert.Equal(created.Agreement.CustomerWording, agreement.CustomerWording);
        var obliged = Assert.Single(agreement.Acknowledgements);
        Assert.Equal(("systems/administration", 2L, Acknowledgement.Types.Outcome.Unspecified), (obliged.System, obliged.BindingRevision, obliged.Outcome));
        Assert.Equal(agreement, (await host.Agreements.GetAgreementAsync(new GetAgreementRequest { Name = agreement.Name })).Agreement);
        Assert.Equal(agreement, Assert.Single((await host.GetAsync("1043")).Agreements));
        var decision = (await host.Guard.CheckActionAsync(new CheckActionRequest { Action = Agreed.Letter("1043", Agreed.Bill("202609-004388", "BA-001043")) })).Decision;
        Assert.Equal(Verdict.Allow, decision.Verdict);
    }

    [Fact]
    public async Task A_stale_etag_is_aborted_with_the_present_one_and_changes_nothing()
    {
        var created = await host.Agreements.CreateAgreementAsync(Agreed.DunningBlock("2011"), Webcare);
        var before = Rows.Written(host);
        var request = Agreed.Withdraw(created.Agreement);
        request.Etag = "AAAAAAAAAAAAAAAA";

        var refused = await Refused.ByAsync(async () => await host.Agreements.WithdrawAgreementAsync(request, Webcare));

        Assert.Equal((StatusCode.Aborted, "ETAG_MISMATCH"), (refused.Code, refused.Reason));
        Assert.Equal(created.Agreement.Etag, refused.Info.Metadata["etag"]);
        Assert.Equal(before, Rows.Written(host));
    }

    [Fact]
    public async Task Of_two_who_withdraw_at_once_one_wins_and_the_other_is_told_the_present_etag()
    {
        var created = await host.Agreements.CreateAgreementAsync(Agreed.DunningBlock("2012"), Webcare);

        var ends = await Task.WhenAll(Enumerable.Range(0, 8).Select(async _ =>
        {
            try
            {
                await host.Agreements.WithdrawAgreementAsync(Agreed.Withdraw(created.Agreement), Webcare);
                return "";
            }
            catch (RpcException error)
            {
                return Refused.Of(error).Reason;
            }
        }));

        Assert.Single(ends, end => end.Length == 0);
        Assert.Equal(7, ends.Count(end => end == "ETAG_MISMATCH"));
    }

    [Fact]
    public async Task What_was_withdrawn_cannot_be_withdrawn_again()
    {
        var created = await host.Agreements.CreateAgreementAsync(Agreed.DunningBlock("2013"), Webcare);
        var withdrawn = await host.Agreements.WithdrawAgreementAsync(Agreed.Withdraw(created.Agreement), Webcare);

        var refused = await Refused.ByAsync(async () => await host.Agreements.WithdrawAgreementAsync(Agreed.Withdraw(withdrawn.Agreement), Webcare));

        Assert.Equal((StatusCode.FailedPrecondition, "STATE_NOT_ALLOWED"), (refused.Code, refused.Reason));
        Assert.Equal("WITHDRAWN", refused.Info.Metadata["state"]);
    }

    [Fact]
    public async Task What_has_ended_by_the_clock_cannot_be_withdrawn()
    {
        var created = await host.Agreements.CreateAgreementAsync(Agreed.Ended("2014"), Webcare);
        Assert.Equal(AgreementState.Expired, created.Agreement.State);

        var refused = await Refused.ByAsync(async () => await host.Agreements.WithdrawAgreementAsync(Agreed.Withdraw(created.Agreement), Webcare));

        Assert.Equal("STATE_NOT_ALLOWED", refused.Reason);
        Assert.Equal("EXPIRED", refused.Info.Metadata["state"]);
    }

    [Fact]
    public async Task An_agreement_that_is_not_there_or_is_another_customers_is_not_found()
    {
        var created = await host.Agreements.CreateAgreementAsync(Agreed.DunningBlock("2015"), Webcare);
        var request = Agreed.Withdraw(created.Agreement);
        request.Name = request.Name.Replace("2015", "2016", StringComparison.Ordinal);

        var refused = await Refused.ByAsync(async () => await host.Agreements.WithdrawAgreementAsync(request, Webcare));
        var unread = await Refused.ByAsync(async () => await host.Agreements.GetAgreementAsync(new GetAgreementRequest { Name = request.Name }));

        Assert.Equal((StatusCode.NotFound, "RESOURCE_NOT_FOUND"), (refused.Code, refused.Reason));
        Assert.Equal((StatusCode.NotFound, "RESOURCE_NOT_FOUND"), (unread.Code, unread.Reason));
    }
}
