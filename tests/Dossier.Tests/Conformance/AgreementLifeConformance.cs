using Dossier.Tests.Fixtures;
using Dossier.Tests.ServiceTests;
using Dossier.V1;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Outcome = Dossier.V1.Acknowledgement.Types.Outcome;

namespace Dossier.Tests.ConformanceTests;

/// <summary>What may become of an agreement, and who may do it: proposed, approved, rejected, superseded, fulfilled, worded anew.</summary>
public abstract class AgreementLifeConformance<TServers>(LifeHost<TServers> life) : IClassFixture<LifeHost<TServers>>
    where TServers : Servers, new()
{
    private static readonly CustomerInformed Told = new() { Informed = true, Channel = "phone" };
    private readonly DossierHost host = life.Host;

    private AgreementService.AgreementServiceClient Agreements => host.Agreements;

    [ServerFact]
    public async Task Above_its_limit_a_system_only_proposes_and_binds_as_REVIEW()
    {
        var request = Credit("1044", "202608-004226");

        var created = await Agreements.CreateAgreementAsync(request, Shop);

        Assert.Equal(AgreementState.Proposed, created.Agreement.State);
        Assert.Single(created.Agreement.NeedsApproval);
        Assert.Empty(created.Agreement.Acknowledgements);
        var decision = (await host.Guard.CheckActionAsync(new CheckActionRequest { Action = Agreed.Letter("1044", Agreed.Bill("202608-004226", "BA-001044")) })).Decision;
        Assert.Equal(Verdict.Review, decision.Verdict);
        Assert.Equal(created.Agreement, (await Agreements.CreateAgreementAsync(request, Shop)).Agreement);
    }

    [ServerFact]
    public async Task Within_its_limit_a_system_grants_by_itself()
    {
        var request = Agreed.Create("2040", new Effect
        {
            CreditAmount = new CreditAmount { Amount = StoryTests.Eur(20), Ground = CreditAmount.Types.Ground.Goodwill }, Subjects = { Agreed.Whole("2040") },
        });
        Assert.Equal(AgreementState.Active, (await Agreements.CreateAgreementAsync(request, Shop)).Agreement.State);
        request.RequestId = Agreed.NewId();
        request.Agreement.Effects[0].CreditAmount.Amount = StoryTests.Eur(20.01m);
        Assert.Equal(AgreementState.Proposed, (await Agreements.CreateAgreementAsync(request, Shop)).Agreement.State);
    }

    [ServerFact]
    public async Task Another_agent_or_another_system_approves_and_never_the_proposer()
    {
        foreach (var approver in new[] { DossierHost.As("shop", "els"), DossierHost.As("webcare", "daan") })
        {
            var proposed = (await Agreements.CreateAgreementAsync(Block("2041"), Shop)).Agreement;
            var refused = await Refused.ByAsync(async () => await Agreements.ApproveAgreementAsync(Approve(proposed), Shop));
            Assert.Equal((StatusCode.PermissionDenied, "APPROVAL_BY_PROPOSER"), (refused.Code, refused.Reason));

            var request = Approve(proposed);
            var approved = await Agreements.ApproveAgreementAsync(request, approver);

            Assert.Equal(AgreementState.Active, approved.Agreement.State);
            Assert.Equal((2, 2), (approved.Agreement.Revision, approved.Agreement.BindingRevision));
            Assert.Equal("systems/administration", Assert.Single(approved.Agreement.Acknowledgements).System);
            Assert.NotNull(approved.Agreement.Approval.ApproveTime);
            Assert.Equal(approved, await Agreements.ApproveAgreementAsync(request, approver));
            var again = await Refused.ByAsync(async () => await Agreements.ApproveAgreementAsync(Approve(approved.Agreement), approver));
            Assert.Equal((StatusCode.FailedPrecondition, "STATE_NOT_ALLOWED", "ACTIVE"), (again.Code, again.Reason, again.Info.Metadata["state"]));
        }
    }

    [ServerFact]
    public async Task What_was_proposed_can_be_rejected_and_then_binds_nothing_and_obliges_nobody()
    {
        var proposed = (await Agreements.CreateAgreementAsync(Block("2042"), Shop)).Agreement;

        var rejected = (await Agreements.RejectAgreementAsync(
            new RejectAgreementRequest { Name = proposed.Name, Etag = proposed.Etag, Reason = "Geen grond", CustomerInformed = Told, RequestId = Agreed.NewId() }, Webcare)).Agreement;

        Assert.Equal((AgreementState.Rejected, "Geen grond", 0), (rejected.State, rejected.End.Reason, rejected.Acknowledgements.Count));
        foreach (var call in new Func<Task>[]
        {
            async () => await Agreements.ApproveAgreementAsync(Approve(rejected), Webcare),
            async () => await Agreements.WithdrawAgreementAsync(Agreed.Withdraw(rejected), Webcare),
            async () => await Agreements.FulfillAgreementAsync(new FulfillAgreementRequest { Name = rejected.Name, Etag = rejected.Etag, RequestId = Agreed.NewId() }, Webcare),
            async () => await Agreements.SupersedeAgreementAsync(Supersede(rejected, Block("2042").Agreement), Webcare),
        })
        {
            var refused = await Refused.ByAsync(call);
            Assert.Equal((StatusCode.FailedPrecondition, "STATE_NOT_ALLOWED", "REJECTED"), (refused.Code, refused.Reason, refused.Info.Metadata["state"]));
        }
    }

    [ServerFact]
    public async Task An_agreement_is_superseded_in_the_moment_in_which_the_new_one_binds()
    {
        var old = (await Agreements.CreateAgreementAsync(Block("2043"), Webcare)).Agreement;
        var request = Supersede(old, Block("2043", Agreed.Day(2026, 12, 31)).Agreement);

        var answer = await Agreements.SupersedeAgreementAsync(request, Webcare);

        Assert.Equal((AgreementState.Active, AgreementState.Superseded), (answer.Agreement.State, answer.Superseded.State));
        Assert.Equal((answer.Superseded.Name, answer.Agreement.Name), (answer.Agreement.Supersedes, answer.Superseded.SupersededBy));
        Assert.Equal("Langer nodig", answer.Superseded.End.Reason);
        Assert.Equal(answer.Superseded, (await Agreements.GetAgreementAsync(new GetAgreementRequest { Name = old.Name })).Agreement);
        Assert.Equal(answer, await Agreements.SupersedeAgreementAsync(request, Webcare));
        var changes = life.Servers.Query<long>("SELECT sequence FROM change WHERE customer = '2043' ORDER BY sequence");
        Assert.Equal(answer.RegistrySequence, changes[^1]);
        var refused = await Refused.ByAsync(async () => await Agreements.SupersedeAgreementAsync(Supersede(answer.Superseded, Block("2043").Agreement), Webcare));
        Assert.Equal("STATE_NOT_ALLOWED", refused.Reason);
    }

    [ServerFact]
    public async Task A_proposed_successor_leaves_the_old_one_in_force_until_it_is_approved()
    {
        var old = (await Agreements.CreateAgreementAsync(Block("2044"), Webcare)).Agreement;
        var proposed = await Agreements.SupersedeAgreementAsync(Supersede(old, Block("2044", Agreed.Day(2027, 1, 31)).Agreement), Shop);
        Assert.Equal((AgreementState.Proposed, AgreementState.Active), (proposed.Agreement.State, proposed.Superseded.State));
        Assert.Equal("Langer nodig", proposed.Agreement.PendingEnd.Reason);
        Assert.Null(proposed.Agreement.End);

        var approved = (await Agreements.ApproveAgreementAsync(Approve(proposed.Agreement), Webcare)).Agreement;

        Assert.Equal(AgreementState.Active, approved.State);
        Assert.Null(approved.PendingEnd);
        var ended = (await Agreements.GetAgreementAsync(new GetAgreementRequest { Name = old.Name })).Agreement;
        Assert.Equal((AgreementState.Superseded, approved.Name, "Langer nodig", "systems/shop"), (ended.State, ended.SupersededBy, ended.End.Reason, ended.End.System));
    }

    [ServerFact]
    public async Task A_successor_whose_old_one_is_gone_cannot_be_approved()
    {
        var old = (await Agreements.CreateAgreementAsync(Block("2045"), Webcare)).Agreement;
        var proposed = await Agreements.SupersedeAgreementAsync(Supersede(old, Block("2045").Agreement), Shop);
        await Agreements.WithdrawAgreementAsync(Agreed.Withdraw(old), Webcare);

        var refused = await Refused.ByAsync(async () => await Agreements.ApproveAgreementAsync(Approve(proposed.Agreement), Webcare));

        Assert.Equal((StatusCode.FailedPrecondition, "STATE_NOT_ALLOWED", "WITHDRAWN"), (refused.Code, refused.Reason, refused.Info.Metadata["state"]));
        Assert.Equal(proposed.Agreement, (await Agreements.GetAgreementAsync(new GetAgreementRequest { Name = proposed.Agreement.Name })).Agreement);
    }

    [ServerFact]
    public async Task Wording_and_evidence_may_be_changed_and_nothing_that_binds()
    {
        var created = (await Agreements.CreateAgreementAsync(Block("2046"), Webcare)).Agreement;
        var request = new UpdateAgreementRequest
        {
            Agreement = new Agreement
            {
                Name = created.Name, Etag = created.Etag, Evidence = { "brief-1" }, CustomerWording = { new LocalizedText { Language = "nl", Text = "Wij wachten." } },
            },
            UpdateMask = new FieldMask { Paths = { "evidence" } },
            RequestId = Agreed.NewId(),
        };

        var updated = (await Agreements.UpdateAgreementAsync(request, Webcare)).Agreement;

        Assert.Equal((2, 1, "brief-1", 0), (updated.Revision, updated.BindingRevision, updated.Evidence.Single(), updated.CustomerWording.Count));
        Assert.NotEqual(created.Etag, updated.Etag);
        Assert.Equal(created.Acknowledgements, updated.Acknowledgements);
        request.RequestId = Agreed.NewId();
        var stale = await Refused.ByAsync(async () => await Agreements.UpdateAgreementAsync(request, Webcare));
        Assert.Equal(("ETAG_MISMATCH", updated.Etag), (stale.Reason, stale.Info.Metadata["etag"]));
        foreach (var mask in new[] { "effects", "", "state" })
        {
            request.UpdateMask = new FieldMask { Paths = { mask } };
            Assert.Equal(["update_mask"], (await Refused.ByAsync(async () => await Agreements.UpdateAgreementAsync(request, Webcare))).Fields);
        }
    }

    [ServerFact]
    public async Task Every_revision_is_kept_with_who_when_and_why()
    {
        var created = await Agreements.CreateAgreementAsync(Block("2047"), Shop);
        var approved = await Agreements.ApproveAgreementAsync(Approve(created.Agreement), Webcare);
        var fulfilled = await Agreements.FulfillAgreementAsync(
            new FulfillAgreementRequest { Name = created.Agreement.Name, Etag = approved.Agreement.Etag, Reason = "Afgehandeld", RequestId = Agreed.NewId() }, DossierHost.As("administration", "petra"));

        var first = await Agreements.ListAgreementRevisionsAsync(new ListAgreementRevisionsRequest { Name = created.Agreement.Name, PageSize = 2 });
        var rest = await Agreements.ListAgreementRevisionsAsync(
            new ListAgreementRevisionsRequest { Name = created.Agreement.Name, PageSize = 2, PageToken = first.NextPageToken });

        Assert.Equal(
            [(3L, "systems/administration", "petra", AgreementState.Fulfilled), (2L, "systems/webcare", "daan", AgreementState.Active), (1L, "systems/shop", "test", AgreementState.Proposed)],
            first.Revisions.Concat(rest.Revisions).Select(revision => (revision.Revision, revision.System, revision.Agent, revision.Agreement.State)));
        Assert.Equal(
            [fulfilled.RegistrySequence, approved.RegistrySequence, created.RegistrySequence],
            first.Revisions.Concat(rest.Revisions).Select(revision => revision.Sequence));
        Assert.Equal("Afgehandeld", first.Revisions[0].Agreement.End.Reason);
        Assert.Empty(rest.NextPageToken);
        Assert.NotNull(fulfilled.Agreement.FulfillTime);
    }

    [ServerFact]
    public async Task Validate_only_says_what_would_be_and_stores_nothing()
    {
        var before = life.Servers.Query<long>("SELECT COUNT(*) FROM agreement_revision").Single();
        var request = Block("2048");
        request.ValidateOnly = true;

        var said = await Agreements.CreateAgreementAsync(request, Shop);

        Assert.Equal((AgreementState.Proposed, "", ""), (said.Agreement.State, said.Agreement.Name, said.Agreement.Etag));
        Assert.NotEmpty(said.Agreement.NeedsApproval);
        Assert.Equal(before, life.Servers.Query<long>("SELECT COUNT(*) FROM agreement_revision").Single());
    }

    [ServerFact]
    public async Task Agreements_of_all_customers_are_listed_newest_first_and_by_every_filter()
    {
        var mine = new List<string>();
        foreach (var customer in new[] { "2051", "2052", "2053" })
        {
            mine.Add((await Agreements.CreateAgreementAsync(Block(customer), DossierHost.As("partner", "list"))).Agreement.Name);
        }

        mine.Reverse();
        var filter = new ListAgreementsRequest { Parent = "customers/-", OriginSystems = { "systems/partner" }, PageSize = 2 };
        var first = await Agreements.ListAgreementsAsync(filter);
        filter.PageToken = first.NextPageToken;
        var rest = await Agreements.ListAgreementsAsync(filter);
        Assert.Equal(mine, first.Agreements.Concat(rest.Agreements).Select(agreement => agreement.Name));
        Assert.Equal(first.RegistrySequence, rest.RegistrySequence);
        Assert.All(first.Agreements, agreement => Assert.Single(agreement.Acknowledgements));

        async Task<IEnumerable<string>> List(Action<ListAgreementsRequest> set, string parent = "customers/-")
        {
            var request = new ListAgreementsRequest { Parent = parent, OriginSystems = { "systems/partner" } };
            set(request);
            return (await Agreements.ListAgreementsAsync(request)).Agreements.Select(agreement => agreement.Name);
        }

        Assert.Equal([mine[1]], await List(request => request.Subject = new SubjectRef { Type = SubjectType.Customer, Id = "2052" }));
        Assert.Empty(await List(request => request.Subject = new SubjectRef { Type = SubjectType.Invoice, Id = "2052" }));
        Assert.Equal(mine, await List(request => request.EffectKinds.Add(EffectKind.DunningBlock)));
        Assert.Empty(await List(request => request.EffectKinds.Add(EffectKind.Refund)));
        Assert.Equal(mine, await List(request => request.SyncStates.Add(SyncState.Pending)));
        Assert.Empty(await List(request => request.SyncStates.Add(SyncState.Diverged)));
        Assert.Equal(mine, await List(request => request.States.Add(AgreementState.Active)));
        Assert.Equal([mine[2]], await List(_ => { }, "customers/2051"));
        var now = Timestamp.FromDateTimeOffset(Servers.Clock.GetUtcNow().AddDays(1));
        Assert.Empty(await List(request => request.StartTime = now));
        Assert.Equal(mine, await List(request => request.EndTime = now));
    }

    [ServerFact]
    public async Task All_has_been_applied_makes_a_credit_FULFILLED_by_itself_and_the_word_of_the_systems_stands()
    {
        var created = (await Agreements.CreateAgreementAsync(Credit("1042", "202608-004217"), Webcare)).Agreement;
        var received = await Agreements.AcknowledgeAgreementAsync(Say(created, request => request.Received = new()), Administration);
        Assert.Equal((SyncState.Pending, AgreementState.Active, created.Etag), (received.Agreement.SyncState, received.Agreement.State, received.Agreement.Etag));

        var said = Say(created, request => request.Applied = new() { EvidenceId = "CN-1" });
        var applied = await Agreements.AcknowledgeAgreementAsync(said, Administration);

        Assert.Equal((AgreementState.Fulfilled, SyncState.InSync), (applied.Agreement.State, applied.Agreement.SyncState));
        var word = Assert.Single(applied.Agreement.Acknowledgements);
        Assert.Equal((Outcome.Applied, "CN-1", applied.Agreement.BindingRevision), (word.Outcome, word.EvidenceId, word.BindingRevision));
        Assert.Equal(received.RegistrySequence + 2, applied.RegistrySequence);
        Assert.Equal(applied, await Agreements.AcknowledgeAgreementAsync(said, Administration));

        // Said again by a batch that does not know that it was the last word that was missing.
        var again = await Agreements.AcknowledgeAgreementAsync(Say(created, request => request.Applied = new() { EvidenceId = "CN-1" }), Administration);
        Assert.Equal(applied.Agreement, again.Agreement);
        Assert.Equal(applied.RegistrySequence, again.RegistrySequence);
    }

    [ServerFact]
    public async Task The_last_word_counts_the_same_word_changes_nothing_and_nobody_speaks_for_another()
    {
        var created = (await Agreements.CreateAgreementAsync(Block("2054"), Webcare)).Agreement;
        var foreign = await Refused.ByAsync(async () => await Agreements.AcknowledgeAgreementAsync(Say(created, request => request.Received = new()), Webcare));
        Assert.Equal((StatusCode.PermissionDenied, "NOT_OBLIGED"), (foreign.Code, foreign.Reason));

        var rejected = await Agreements.AcknowledgeAgreementAsync(Say(created, request => request.Rejected = new() { Reason = "Onbekend" }), Administration);
        Assert.Equal((SyncState.Diverged, created.Revision), (rejected.Agreement.SyncState, rejected.Agreement.Revision));
        var same = await Agreements.AcknowledgeAgreementAsync(Say(created, request => request.Rejected = new() { Reason = "Onbekend" }), Administration);
        Assert.Equal(rejected, same);
        var applied = await Agreements.AcknowledgeAgreementAsync(Say(created, request => request.Applied = new() { EvidenceId = "B-1" }), Administration);
        Assert.Equal((SyncState.InSync, AgreementState.Active), (applied.Agreement.SyncState, applied.Agreement.State));

        var withdrawn = (await Agreements.WithdrawAgreementAsync(Agreed.Withdraw(applied.Agreement), Webcare)).Agreement;
        var old = await Refused.ByAsync(async () => await Agreements.AcknowledgeAgreementAsync(Say(created, request => request.Applied = new() { EvidenceId = "B-1" }), Administration));
        Assert.Equal((StatusCode.FailedPrecondition, "REVISION_SUPERSEDED", "2"), (old.Code, old.Reason, old.Info.Metadata["binding_revision"]));
        Assert.Equal(SyncState.Pending, withdrawn.SyncState);
    }

    [ServerFact]
    public async Task What_a_system_owes_is_listed_by_due_time_and_by_who_made_it()
    {
        var names = new List<string>();
        foreach (var customer in new[] { "2055", "2056", "2057" })
        {
            names.Add((await Agreements.CreateAgreementAsync(Block(customer), DossierHost.As("local", "owed"))).Agreement.Name);
        }

        var request = new ListPendingAcknowledgementsRequest { System = "systems/administration", OriginSystem = "systems/local", PageSize = 2 };
        var first = await Agreements.ListPendingAcknowledgementsAsync(request);
        request.PageToken = first.NextPageToken;
        var rest = await Agreements.ListPendingAcknowledgementsAsync(request);

        Assert.Equal(names, first.Pending.Concat(rest.Pending).Select(pending => pending.Agreement.Name));
        Assert.All(first.Pending, pending => Assert.False(pending.Overdue));
        Assert.Empty((await Agreements.ListPendingAcknowledgementsAsync(new ListPendingAcknowledgementsRequest { OriginSystem = "systems/local", OverdueOnly = true })).Pending);
        Assert.Empty((await Agreements.ListPendingAcknowledgementsAsync(new ListPendingAcknowledgementsRequest { System = "systems/telephony" })).Pending);
        var systems = (await Agreements.ListSystemsAsync(new ListSystemsRequest())).Systems.ToDictionary(system => system.Name);
        Assert.InRange(systems["systems/administration"].PendingCount, 3, 1_000);
        Assert.Equal("20.00", systems["systems/shop"].ApprovalLimit);
        Assert.Contains(EffectKind.DunningBlock, systems["systems/shop"].NeedsApproval);
    }

    private static Metadata Shop => DossierHost.As("shop");

    private static Metadata Webcare => DossierHost.As("webcare", "daan");

    private static Metadata Administration => DossierHost.As("administration", "nachtrun");

    private static CreateAgreementRequest Credit(string customer, string invoice) => StoryTests.CreditOf(customer, invoice);

    private static CreateAgreementRequest Block(string customer, Google.Type.Date? until = null) => Agreed.DunningBlock(customer, until);

    private static ApproveAgreementRequest Approve(Agreement agreement) => new() { Name = agreement.Name, Etag = agreement.Etag, RequestId = Agreed.NewId() };

    private static SupersedeAgreementRequest Supersede(Agreement old, Agreement agreement) => new()
    {
        Name = old.Name, Etag = old.Etag, Agreement = agreement, Reason = "Langer nodig", CustomerInformed = Told, RequestId = Agreed.NewId(),
    };

    private static AcknowledgeAgreementRequest Say(Agreement agreement, Action<AcknowledgeAgreementRequest> word)
    {
        var request = new AcknowledgeAgreementRequest { Name = agreement.Name, BindingRevision = agreement.BindingRevision, RequestId = Agreed.NewId() };
        word(request);
        return request;
    }
}

/// <summary>A service in which the shop may grant no dunning block, and no more than 20.00, by itself.</summary>
public sealed class LifeHost<TServers> : IAsyncLifetime
    where TServers : Servers, new()
{
    private TServers? servers;

    public Servers Servers => servers!;

    public DossierHost Host { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        servers = new TServers();
        Host = await servers.StartAsync(
            ("Systems:administration:MustAcknowledge:0", "*"),
            ("Systems:webcare:Within", "1.00:00:00"),
            ("Systems:telephony:Within", "1.00:00:00"),
            ("Systems:partner:Within", "1.00:00:00"),
            ("Systems:local:Within", "1.00:00:00"),
            ("Systems:shop:NeedsApproval:0", "DUNNING_BLOCK"),
            ("Systems:shop:ApprovalLimit", "20"));
    }

    public async Task DisposeAsync()
    {
        if (Host is not null)
        {
            await Host.DisposeAsync();
        }

        servers?.Dispose();
    }
}

public sealed class SqliteAgreementLifeTests(LifeHost<SqliteServers> life) : AgreementLifeConformance<SqliteServers>(life);

[NeedsServer(PostgresDatabase.Variable, alsoInCI: true)]
public sealed class PostgresAgreementLifeTests(LifeHost<PostgresServers> life) : AgreementLifeConformance<PostgresServers>(life);

[NeedsServer(SqlServerServers.Variable, alsoInCI: false)]
public sealed class SqlServerAgreementLifeTests(LifeHost<SqlServerServers> life) : AgreementLifeConformance<SqlServerServers>(life);
