using Dapper;
using Dossier.Tests.Fixtures;
using Dossier.Tests.ServiceTests;
using Dossier.V1;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Kind = Dossier.V1.Conflict.Types.Kind;
using State = Dossier.V1.Conflict.Types.State;

namespace Dossier.Tests.ConformanceTests;

/// <summary>Conflicts as they are kept: one row each, closed by people or by facts, open again when something else is true.</summary>
public abstract class ConflictConformance<TServers>(LifeHost<TServers> life) : IClassFixture<LifeHost<TServers>>
    where TServers : Servers, new()
{
    private static readonly Metadata Administration = DossierHost.As("administration", "sanne");
    private readonly DossierHost host = life.Host;

    [ServerFact]
    public async Task A_conflict_is_one_row_however_often_it_is_seen_and_what_is_known_writes_nothing()
    {
        var shown = Assert.Single((await host.GetAsync("1042")).Conflicts);
        var listed = await ListAsync("1042");
        Assert.Equal((Kind.DuplicateCharge, State.Open, "systems/administration"), (shown.Kind, shown.State, shown.Owner));
        Assert.Equal((shown.Name, shown.Etag), (Assert.Single(listed.Conflicts).Name, listed.Conflicts[0].Etag));
        Assert.NotNull(listed.Conflicts[0].FirstSeenTime);

        var again = await host.GetAsync("1042");

        Assert.Equal(listed.Conflicts, again.Conflicts);
        Assert.Equal(listed.Conflicts, (await ListAsync("1042")).Conflicts);
        Assert.Equal([1L], life.Servers.Query<long>("SELECT revision FROM conflict_revision WHERE customer = '1042'"));
        Assert.Equal([17L], life.Servers.Query<long>("SELECT kind FROM change WHERE customer = '1042' AND resource LIKE '%/conflicts/%'"));
    }

    [ServerFact]
    public async Task What_a_person_has_closed_is_shown_with_the_note_and_stays_closed_until_its_evidence_changes()
    {
        var conflict = Assert.Single((await host.GetAsync("1044")).Conflicts);
        var request = Resolve(conflict, "Het tweede bedrag is teruggeboekt.");

        var answer = await host.Agreements.ResolveConflictAsync(request, Administration);

        Assert.Equal((State.Closed, "systems/administration", "sanne", request.Note),
            (answer.Conflict.State, answer.Conflict.Resolution.System, answer.Conflict.Resolution.Agent, answer.Conflict.Resolution.Note));
        Assert.Equal(answer, await host.Agreements.ResolveConflictAsync(request, Administration));
        var closed = await host.GetAsync("1044");
        Assert.Equal([answer.Conflict], closed.Conflicts);
        Assert.DoesNotContain(closed.Attention, line => line.Kind == AttentionLine.Types.Kind.Conflict);
        Assert.Empty((await ListAsync("1044", State.Open)).Conflicts);
        var twice = await Refused.ByAsync(async () => await host.Agreements.ResolveConflictAsync(Resolve(answer.Conflict, "Nog eens"), Administration));
        Assert.Equal((StatusCode.FailedPrecondition, "STATE_NOT_ALLOWED", "CLOSED"), (twice.Code, twice.Reason, twice.Info.Metadata["state"]));

        Change("UPDATE invoice_line SET total_cents = 3300 WHERE line_id IN ('202608-003219-1', '202608-004226-1')");
        var open = await host.GetAsync("1044");

        Assert.Equal((State.Open, conflict.Name), (open.Conflicts[0].State, open.Conflicts[0].Name));
        Assert.Null(open.Conflicts[0].Resolution);
        Assert.Contains(open.Attention, line => line.Kind == AttentionLine.Types.Kind.Conflict);
        Assert.Equal(open.Conflicts, (await ListAsync("1044", State.Open)).Conflicts);
        var stale = await Refused.ByAsync(async () => await host.Agreements.ResolveConflictAsync(Resolve(answer.Conflict, "Te laat"), Administration));
        Assert.Equal((StatusCode.Aborted, "ETAG_MISMATCH", open.Conflicts[0].Etag), (stale.Code, stale.Reason, stale.Info.Metadata["etag"]));
        Assert.Equal(answer, await host.Agreements.ResolveConflictAsync(request, Administration));
    }

    [ServerFact]
    public async Task A_credit_note_closes_a_bill_by_itself_and_without_it_the_conflict_is_open_again()
    {
        await AgreedCreditAsync("1045", "202607-003045");
        var bill = Assert.Single((await host.GetAsync("1045")).Conflicts, conflict => conflict.Kind == Kind.BillContradictsAgreement);

        Credit("202607-003045", "CN-1045");
        Assert.DoesNotContain((await host.GetAsync("1045")).Conflicts, conflict => conflict.Name == bill.Name);
        var closed = Assert.Single((await ListAsync("1045", State.Closed)).Conflicts);
        Assert.Equal((bill.Name, "", "closed by facts"), (closed.Name, closed.Resolution.System, closed.Resolution.Note));

        Change("DELETE FROM invoice WHERE invoice_no = 'CN-1045'");
        Assert.Contains((await host.GetAsync("1045")).Conflicts, conflict => conflict.Name == bill.Name && conflict.State == State.Open);
        var open = Assert.Single((await ListAsync("1045", State.Open)).Conflicts);
        Assert.Equal((bill.Name, bill.FirstSeenTime.Seconds), (open.Name, open.FirstSeenTime.Seconds));
        Assert.Equal([1L, 2L, 3L], life.Servers.Query<long>("SELECT revision FROM conflict_revision WHERE customer = '1045' ORDER BY revision"));
    }

    [ServerFact]
    public async Task A_source_that_cannot_be_read_closes_nothing_and_its_conflicts_are_shown_as_they_were()
    {
        await AgreedCreditAsync("1046", "202607-003046");
        var bill = Assert.Single((await host.GetAsync("1046")).Conflicts);
        var pause = new PauseSourceRequest { Name = "sources/administration", RequestId = Agreed.NewId() };
        await host.Dossiers.PauseSourceAsync(pause, Administration);
        try
        {
            var blind = await host.GetAsync("1046");
            Assert.Contains("sources/administration", blind.Unreachable);
            Assert.Equal([bill.Name], blind.Conflicts.Select(conflict => conflict.Name));
            Assert.Equal([bill.Name], (await ListAsync("1046", State.Open)).Conflicts.Select(conflict => conflict.Name));
        }
        finally
        {
            await host.Dossiers.ResumeSourceAsync(new ResumeSourceRequest { Name = "sources/administration", RequestId = Agreed.NewId() }, Administration);
        }
    }

    [ServerFact]
    public async Task What_is_only_validated_closes_nothing_and_every_bad_field_is_named()
    {
        var conflict = Assert.Single((await host.GetAsync("1043")).Conflicts, conflict => conflict.Kind == Kind.DuplicateCharge);
        var request = Resolve(conflict, "Wat als");
        request.ValidateOnly = true;
        Assert.Equal(State.Closed, (await host.Agreements.ResolveConflictAsync(request, Administration)).Conflict.State);
        Assert.Equal([conflict], (await ListAsync("1043", State.Open)).Conflicts.Where(open => open.Name == conflict.Name));

        foreach (var note in new[] { "", new string('x', 1_001) })
        {
            var refused = await Refused.ByAsync(async () => await host.Agreements.ResolveConflictAsync(new ResolveConflictRequest { Name = "customers/1043/conflicts/1", Note = note }, Administration));
            Assert.Equal(["name", "etag", "note", "request_id"], refused.Fields);
        }

        var nobody = Resolve(new Conflict { Name = "customers/1043/conflicts/000000000000000000000000", Etag = "x" }, "Niets");
        Assert.Equal("RESOURCE_NOT_FOUND", (await Refused.ByAsync(async () => await host.Agreements.ResolveConflictAsync(nobody, Administration))).Reason);
        var list = new ListConflictsRequest { Parent = "customers/", Kinds = { Kind.Unspecified }, State = (State)9, Owner = "administration", PageSize = -1 };
        Assert.Equal(["parent", "page_size", "kinds[0]", "state", "owner"], (await Refused.ByAsync(async () => await host.Agreements.ListConflictsAsync(list))).Fields);
    }

    [ServerFact]
    public async Task Pages_over_all_customers_hold_every_conflict_once_and_filters_leave_the_others_out()
    {
        foreach (var customer in new[] { "2301", "2302", "2303", "2304", "2305" })
        {
            var agreed = (await host.Agreements.CreateAgreementAsync(Agreed.DunningBlock(customer), Calls.Webcare)).Agreement;
            var withdraw = Agreed.Withdraw(agreed);
            withdraw.CustomerInformed = new CustomerInformed();
            await host.Agreements.WithdrawAgreementAsync(withdraw, Calls.Webcare);
            await host.GetAsync(customer);
        }

        var request = new ListConflictsRequest { Parent = "customers/-", Kinds = { Kind.CustomerNotInformed }, State = State.Open, Owner = "systems/webcare", PageSize = 2 };
        var listed = new List<Conflict>();
        do
        {
            var page = await host.Agreements.ListConflictsAsync(request);
            Assert.InRange(page.Conflicts.Count, 0, 2);
            listed.AddRange(page.Conflicts);
            request.PageToken = page.NextPageToken;
        }
        while (request.PageToken.Length > 0);

        Assert.Equal(
            ["2305", "2304", "2303", "2302", "2301"],
            listed.Select(conflict => conflict.Name.Split('/')[1]).Where(customer => customer.StartsWith("230", StringComparison.Ordinal)));
        Assert.All(listed, conflict => Assert.Equal((Kind.CustomerNotInformed, "systems/webcare"), (conflict.Kind, conflict.Owner)));
        Assert.Equal(listed.Count, listed.Select(conflict => conflict.Name).Distinct().Count());
        request.Owner = "systems/administration";
        Assert.Empty((await host.Agreements.ListConflictsAsync(request)).Conflicts);
        var one = new ListConflictsRequest { Parent = "customers/2301", PageSize = 1 };
        Assert.Equal("", (await host.Agreements.ListConflictsAsync(one)).NextPageToken);
    }

    [ServerFact]
    public async Task A_letter_that_left_against_an_agreement_is_a_conflict_and_the_next_agreement_tells_of_it()
    {
        var agreed = (await host.Agreements.CreateAgreementAsync(Agreed.DunningBlock("1048"), Calls.Webcare)).Agreement;
        var letter = Agreed.Letter("1048", Agreed.Bill("202607-003048", "BA-001048"));
        var reported = (await host.Guard.ReportActionAsync(new ReportActionRequest { Action = letter, Outcome = ActionState.Sent, RequestId = Agreed.NewId() }, Administration)).Action;

        var dossier = await host.GetAsync("1048");

        var conflict = Assert.Single(dossier.Conflicts);
        Assert.Equal((Kind.ActionAfterAgreement, "systems/administration"), (conflict.Kind, conflict.Owner));
        Assert.Equal([agreed.Name, reported.Name], conflict.Evidence.Select(evidence => evidence.Resource));
        Assert.Equal([reported], dossier.RecentActions);
        Assert.Empty(dossier.ActionsUnderWay);

        var create = Agreed.Create("1048", new Effect { CreditInvoice = new CreditInvoice(), Subjects = { Agreed.Invoice("202607-003048") } });
        create.ValidateOnly = true;
        Assert.Equal([reported], (await host.Agreements.CreateAgreementAsync(create, Calls.Webcare)).RecentActions);
        create.Agreement.Effects[0].Subjects[0].Id = "202606-003048";
        Assert.Empty((await host.Agreements.CreateAgreementAsync(create, Calls.Webcare)).RecentActions);
    }

    [ServerFact]
    public async Task An_agreement_is_told_what_is_under_way_and_what_excludes_it_before_and_after_it_is_stored()
    {
        var letter = Agreed.Letter("1049", Agreed.Bill("202607-003049", "BA-001049"));
        var decision = (await host.Guard.CheckActionAsync(new CheckActionRequest { Action = letter }, Administration)).Decision;
        var underWay = (await host.Guard.ConfirmActionAsync(new ConfirmActionRequest { DecisionId = decision.DecisionId }, Administration)).Action;
        var deferred = Agreed.Create("1049", new Effect { DeferPayment = new DeferPayment { Until = Agreed.Day(2026, 12, 31) }, Subjects = { Agreed.Invoice("202607-003049") } });
        var first = await host.Agreements.CreateAgreementAsync(deferred, Calls.Webcare);
        Assert.Equal([underWay], first.ActionsUnderWay);
        Assert.Empty(first.Contradictions);
        Assert.Equal([underWay], (await host.GetAsync("1049")).ActionsUnderWay);

        var credit = Agreed.Create("1049", new Effect { CreditInvoice = new CreditInvoice(), Subjects = { Agreed.Invoice("202607-003049") } });
        credit.ValidateOnly = true;
        var would = await host.Agreements.CreateAgreementAsync(credit, Calls.Webcare);

        var contradiction = Assert.Single(would.Contradictions);
        Assert.Equal((Kind.AgreementsContradict, "systems/webcare"), (contradiction.Kind, contradiction.Owner));
        Assert.Contains(first.Agreement.Name, contradiction.Evidence.Select(evidence => evidence.Resource));
        credit.ValidateOnly = false;
        Assert.Equal(contradiction.Name, Assert.Single((await host.Agreements.CreateAgreementAsync(credit, Calls.Webcare)).Contradictions).Name);
        Assert.Contains((await host.GetAsync("1049")).Conflicts, conflict => conflict.Name == contradiction.Name);
    }

    private static ResolveConflictRequest Resolve(Conflict conflict, string note) =>
        new() { Name = conflict.Name, Etag = conflict.Etag, Note = note, RequestId = Agreed.NewId() };

    private Task<CreateAgreementResponse> AgreedCreditAsync(string customer, string invoice) => host.Agreements.CreateAgreementAsync(
        Agreed.Create(customer, new Effect { CreditInvoice = new CreditInvoice(), Subjects = { Agreed.Invoice(invoice) } }), Calls.Webcare).ResponseAsync;

    private async Task<ListConflictsResponse> ListAsync(string customer, State state = State.Unspecified) =>
        await host.Agreements.ListConflictsAsync(new ListConflictsRequest { Parent = $"customers/{customer}", State = state });

    private void Change(string sql) => life.Servers.ChangeStore("administration", sql);

    private void Credit(string invoice, string number) => life.Servers.CreditInvoice(invoice, number);
}

/// <summary>What other systems write into their own store.</summary>
internal static class StoreChanges
{
    public static void ChangeStore(this Servers servers, string source, string sql)
    {
        using var connection = servers.Open(servers.StoreOwner(source));
        connection.Execute(sql);
    }

    /// <summary>A credit note for the whole of an invoice, in the types of the store.</summary>
    public static void CreditInvoice(this Servers servers, string invoice, string number) => servers.ChangeStore(
        "administration",
        "INSERT INTO invoice (debtor_no, dated, invoice_no, account_no, credits, is_credit, due, period_from, period_to, net_cents, vat_cents, total_cents, open_cents) "
        + $"SELECT i.debtor_no, i.dated, '{number}', i.account_no, i.invoice_no, c.is_credit, i.due, i.period_from, i.period_to, -i.net_cents, -i.vat_cents, -i.total_cents, 0 "
        + $"FROM invoice i CROSS JOIN invoice c WHERE i.invoice_no = '{invoice}' AND c.invoice_no = 'C202606-000047'");
}

public sealed class SqliteConflictTests(LifeHost<SqliteServers> life) : ConflictConformance<SqliteServers>(life);

[NeedsServer(PostgresDatabase.Variable, alsoInCI: true)]
public sealed class PostgresConflictTests(LifeHost<PostgresServers> life) : ConflictConformance<PostgresServers>(life);

[NeedsServer(SqlServerServers.Variable, alsoInCI: false)]
public sealed class SqlServerConflictTests(LifeHost<SqlServerServers> life) : ConflictConformance<SqlServerServers>(life);
