using Dossier.Tests.Fixtures;
using Dossier.Tests.ServiceTests;
using Dossier.V1;
using Grpc.Core;

namespace Dossier.Tests.ConformanceTests;

/// <summary>A change is done once, whoever repeats it, and a refused one leaves nothing.</summary>
/// <typeparam name="TServers">The vendor's databases.</typeparam>
public abstract class RequestConformance<TServers>(VendorHost<TServers> vendor) : IClassFixture<VendorHost<TServers>>
    where TServers : Servers, new()
{
    private readonly DossierHost host = vendor.Host;

    [ServerFact]
    public async Task The_same_id_and_content_gives_the_first_answer_even_after_a_withdrawal()
    {
        var request = Agreed.DunningBlock("2001");
        var first = await host.Agreements.CreateAgreementAsync(request, Calls.Webcare);
        var withdrawal = Agreed.Withdraw(first.Agreement);
        var withdrawn = await host.Agreements.WithdrawAgreementAsync(withdrawal, Calls.Webcare);
        var before = Contents();

        Assert.Equal(first, await host.Agreements.CreateAgreementAsync(request, Calls.Webcare));
        Assert.Equal(withdrawn, await host.Agreements.WithdrawAgreementAsync(withdrawal, Calls.Webcare));
        Assert.Equal(before.ToString(), Contents().IsSound().ToString());
        Assert.Equal(AgreementState.Withdrawn, (await host.Agreements.GetAgreementAsync(new GetAgreementRequest { Name = first.Agreement.Name })).Agreement.State);
    }

    [ServerFact]
    public async Task Sixteen_equal_requests_at_once_make_one_agreement_and_sixteen_equal_answers()
    {
        for (var round = 0; round < 5; round++)
        {
            var before = Contents();
            var request = Agreed.Remark("2002", $"Ronde {round}");

            var answers = await Calls.AtOnceAsync(16, _ => host.Agreements.CreateAgreementAsync(request, Calls.Webcare).ResponseAsync);

            Assert.All(answers, answer => Assert.Equal(answers[0], answer));
            var after = Contents().IsSound();
            Assert.Equal((before.Sequence + 1, before.Agreements.Count + 1), (after.Sequence, after.Agreements.Count));
            Assert.Equal(after.Sequence, answers[0].RegistrySequence);
        }
    }

    [ServerFact]
    public async Task Of_sixteen_requests_with_one_id_and_different_content_one_succeeds()
    {
        var before = Contents();
        var id = Agreed.NewId();

        // Half of them for another customer, whose lock does not keep them apart: the request row does.
        var answers = await Calls.AtOnceAsync(16, number => RobustnessTests.Outcome.OfAsync(() =>
        {
            var request = Agreed.Remark(number % 2 == 0 ? "2003" : "2004", $"Tekst {number}");
            request.RequestId = id;
            return host.Agreements.CreateAgreementAsync(request, Calls.Webcare).ResponseAsync;
        }));

        Assert.Single(answers, answer => answer.Refused is null);
        Assert.All(
            answers.Where(answer => answer.Refused is not null),
            answer => Assert.Equal((StatusCode.AlreadyExists, "REQUEST_ID_REUSED"), (answer.Refused!.Code, answer.Refused.Reason)));
        Assert.Equal(before.Sequence + 1, Contents().IsSound().Sequence);
    }

    [ServerFact]
    public async Task One_id_of_two_systems_at_one_moment_is_two_requests()
    {
        for (var round = 0; round < 10; round++)
        {
            var request = Agreed.Remark("2005", $"Ronde {round}");
            var both = await Task.WhenAll(
                host.Agreements.CreateAgreementAsync(request, Calls.Webcare).ResponseAsync,
                host.Agreements.CreateAgreementAsync(request, DossierHost.As("telephony")).ResponseAsync);

            Assert.NotEqual(both[0].Agreement.Name, both[1].Agreement.Name);
            Assert.Equal(["systems/webcare", "systems/telephony"], both.Select(answer => answer.Agreement.Origin.System));
        }

        Contents().IsSound();
    }

    [ServerFact]
    public async Task A_refused_change_leaves_no_row_and_may_be_mended_and_repeated_with_its_id()
    {
        var made = (await host.Agreements.CreateAgreementAsync(Agreed.Remark("2006", "x"), Calls.Webcare)).Agreement;
        await host.GetAsync("2006");
        var before = Contents();
        var credit = StoryTests.CreditOf("2006", "no-such-invoice");
        var stale = Agreed.Withdraw(made);
        stale.Etag = "stale";

        Assert.Equal("SUBJECT_NOT_FOUND", (await Refused.ByAsync(async () => await host.Agreements.CreateAgreementAsync(credit, Calls.Webcare))).Reason);
        var refused = await Refused.ByAsync(async () => await host.Agreements.WithdrawAgreementAsync(stale, Calls.Webcare));
        Assert.Equal((StatusCode.Aborted, "ETAG_MISMATCH", made.Etag), (refused.Code, refused.Reason, refused.Info.Metadata["etag"]));
        Assert.Equal(before.ToString(), Contents().ToString());

        stale.Etag = made.Etag;
        credit.Agreement.Effects[0].Subjects[0].Id = (await host.GetAsync("2006", Section.Invoices)).Invoices[0].Number;
        Assert.Equal(AgreementState.Withdrawn, (await host.Agreements.WithdrawAgreementAsync(stale, Calls.Webcare)).Agreement.State);
        Assert.Equal(AgreementState.Active, (await host.Agreements.CreateAgreementAsync(credit, Calls.Webcare)).Agreement.State);
        var again = Agreed.Withdraw(made);
        Assert.Equal("ETAG_MISMATCH", (await Refused.ByAsync(async () => await host.Agreements.WithdrawAgreementAsync(again, Calls.Webcare))).Reason);
    }

    [ServerFact]
    public async Task What_is_only_validated_is_answered_and_not_stored()
    {
        var made = (await host.Agreements.CreateAgreementAsync(Agreed.DunningBlock("2007"), Calls.Webcare)).Agreement;
        var keys = (await host.GetAsync("2007")).Customer.Keys;
        var before = Contents();
        var create = Agreed.Remark("2007", "y");
        var withdraw = Agreed.Withdraw(made);
        (create.ValidateOnly, withdraw.ValidateOnly) = (true, true);

        var would = await host.Agreements.CreateAgreementAsync(create, Calls.Webcare);
        var taken = await host.Agreements.WithdrawAgreementAsync(withdraw, Calls.Webcare);
        var linked = await host.Dossiers.LinkCustomerKeyAsync(
            new LinkCustomerKeyRequest { Customer = "customers/2007", Key = new CustomerKey { Phone = "0600009007" }, RequestId = Agreed.NewId(), ValidateOnly = true },
            Calls.Webcare);
        var unlinked = await host.Dossiers.UnlinkCustomerKeyAsync(
            new UnlinkCustomerKeyRequest { Customer = "customers/2007", Key = keys[0].Key, Etag = keys[0].Etag, RequestId = Agreed.NewId(), ValidateOnly = true }, Calls.Webcare);

        Assert.Equal((AgreementState.Active, "", before.Sequence), (would.Agreement.State, would.Agreement.Name, would.RegistrySequence));
        Assert.Equal((AgreementState.Withdrawn, 2L), (taken.Agreement.State, taken.Agreement.Revision));
        Assert.Equal((KeyLink.Types.State.Linked, KeyLink.Types.State.Unlinked), (linked.Link.State, unlinked.Link.State));
        Assert.Equal(before.ToString(), Contents().ToString());
        Assert.Equal(keys, (await host.GetAsync("2007")).Customer.Keys);
        create.ValidateOnly = false;
        Assert.Equal(before.Sequence + 1, (await host.Agreements.CreateAgreementAsync(create, Calls.Webcare)).RegistrySequence);
    }

    [ServerFact]
    public async Task A_read_after_a_change_sees_it_and_a_sequence_that_was_never_given_out_is_refused()
    {
        var made = await host.Agreements.CreateAgreementAsync(Agreed.DunningBlock("2008"), Calls.Webcare);
        var sequence = made.RegistrySequence;

        var read = await host.Agreements.GetAgreementAsync(new GetAgreementRequest { Name = made.Agreement.Name, MinRegistrySequence = sequence });
        var list = await host.Agreements.ListAgreementsAsync(new ListAgreementsRequest { Parent = "customers/2008", MinRegistrySequence = sequence });
        var dossier = (await host.Dossiers.GetDossierAsync(new GetDossierRequest { Name = "customers/2008/dossier", MinRegistrySequence = sequence })).Dossier;

        Assert.Equal(made.Agreement, read.Agreement);
        Assert.Equal(made.Agreement, Assert.Single(list.Agreements));
        Assert.Equal(made.Agreement, Assert.Single(dossier.Agreements));
        Assert.All((long[])[read.RegistrySequence, list.RegistrySequence, dossier.RegistrySequence], seen => Assert.True(seen >= sequence));
        var refused = await Refused.ByAsync(async () => await host.Agreements.GetAgreementAsync(
            new GetAgreementRequest { Name = made.Agreement.Name, MinRegistrySequence = long.MaxValue }));
        Assert.Equal((StatusCode.FailedPrecondition, "SEQUENCE_NOT_REACHED"), (refused.Code, refused.Reason));
        Assert.True(long.Parse(refused.Info.Metadata["registry_sequence"]) >= sequence);
    }

    private RegistryContents Contents() => RegistryContents.Of(vendor.Servers);
}

public sealed class SqliteRequestTests(VendorHost<SqliteServers> vendor) : RequestConformance<SqliteServers>(vendor);

[NeedsServer(PostgresDatabase.Variable, alsoInCI: true)]
public sealed class PostgresRequestTests(VendorHost<PostgresServers> vendor) : RequestConformance<PostgresServers>(vendor);

[NeedsServer(SqlServerServers.Variable, alsoInCI: false)]
public sealed class SqlServerRequestTests(VendorHost<SqlServerServers> vendor) : RequestConformance<SqlServerServers>(vendor);
