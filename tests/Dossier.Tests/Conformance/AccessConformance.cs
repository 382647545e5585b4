using Dapper;
using Dossier.Tests.Fixtures;
using Dossier.Tests.ServiceTests;
using Dossier.V1;
using Grpc.Core;

namespace Dossier.Tests.ConformanceTests;

/// <summary>Every read of a customer's data and every change leaves a record that nobody changes.</summary>
public abstract class AccessConformance<TServers>
    where TServers : Servers, new()
{
    private const string Looking = "AccessService/ListAccessRecords";

    [ServerFact]
    public async Task Every_method_that_shows_or_changes_a_customer_leaves_a_record_and_no_other_does()
    {
        using var servers = new TServers();
        await using var host = await servers.StartAsync(("Traces:SlowerThan", "00:00:00"));
        var access = new AccessService.AccessServiceClient(host.Channel);
        var interaction = (await host.Dossiers.GetDossierAsync(new GetDossierRequest { Name = "customers/1042/dossier" }, DossierHost.As("telephony", "fatima"))).Dossier.Interactions[0].Name;
        await host.Dossiers.LookUpDossierAsync(new LookUpDossierRequest { Key = new CustomerKey { Phone = "+31600001042" } }, Calls.Webcare);
        await host.Dossiers.ResolveCustomerAsync(new ResolveCustomerRequest { Keys = { new CustomerKey { Phone = "+31600001042" } } }, Calls.Webcare);
        await host.Dossiers.ListInteractionsAsync(new ListInteractionsRequest { Parent = "customers/1042" }, Calls.Webcare);
        await host.Dossiers.GetInteractionAsync(new GetInteractionRequest { Name = interaction }, Calls.Webcare);
        var made = (await host.Agreements.CreateAgreementAsync(Agreed.Remark("1042", "x"), Calls.Webcare)).Agreement;
        await host.Agreements.GetAgreementAsync(new GetAgreementRequest { Name = made.Name }, Calls.Webcare);
        await host.Agreements.ListAgreementsAsync(new ListAgreementsRequest { Parent = "customers/-" }, Calls.Webcare);
        await host.Agreements.ListConflictsAsync(new ListConflictsRequest { Parent = "customers/1042" }, Calls.Webcare);
        await host.Agreements.WithdrawAgreementAsync(Agreed.Withdraw(made), Calls.Webcare);
        using (await Watcher.OpenAsync(host.Agreements, new WatchAgreementsRequest { Parent = "customers/1042" }))
        {
        }

        await CheckAsync(host);
        await WithoutRecordsAsync(host);
        await Assert.ThrowsAsync<RpcException>(async () => await host.GetAsync("9999"));

        // Records are written in the order of their calls: when the last is there, no other comes.
        await host.GetAsync("1043", Section.Invoices);
        await ListAsync(access, "customers/1043", 1);
        Assert.Equal(
            RecordedMethodsTests.Reads.Select(method => $"1042 {method}").Append("1043 DossierService/GetDossier").Order(StringComparer.Ordinal),
            servers.Query<Row>("SELECT customer, method FROM access_record").Where(row => row.Method != Looking).Select(row => $"{row.Customer} {row.Method}").Order(StringComparer.Ordinal));
        var records = await ListAsync(access, "customers/1042", RecordedMethodsTests.Reads.Count);
        Assert.Empty(await ListAsync(access, "customers/9999", 0));

        var first = records.Single(record => record.Method == "DossierService/GetDossier");
        Assert.Equal(("customers/1042", "systems/telephony", "fatima", "service"), (first.Customer, first.System, first.Agent, first.Purpose));
        Assert.Contains(Section.Invoices, first.Sections);
        Assert.Contains("sources/administration", first.Sources);
        Assert.Matches("^[0-9a-f]{32}$", first.TraceId);

        // The id begins with the moment, in milliseconds.
        var id = servers.Query<string>("SELECT id FROM access_record WHERE customer = '1042' AND method = 'DossierService/GetDossier'").Single();
        Assert.Equal(Convert.ToInt64(id.Replace("-", "", StringComparison.Ordinal)[..12], 16), first.AccessTime.ToDateTimeOffset().ToUnixTimeMilliseconds());
    }

    [ServerFact]
    public async Task A_record_names_every_section_that_the_answer_held_or_told_of_and_no_other()
    {
        using var servers = new TServers();
        await using var host = await servers.StartAsync();
        await host.Agreements.CreateAgreementAsync(Agreed.DunningBlock("1042"), Calls.Webcare);
        async Task<HashSet<Section>> RecordedAsync(Func<Task> read)
        {
            var before = servers.Query<string>("SELECT id FROM access_record").Count;
            await read();
            await Eventually.TrueAsync(() => Task.FromResult(servers.Query<string>("SELECT id FROM access_record").Count > before), "it is recorded");
            return [.. servers.Query<string>("SELECT sections FROM access_record ORDER BY id DESC")[0].Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(section => (Section)int.Parse(section, System.Globalization.CultureInfo.InvariantCulture))];
        }

        V1.Dossier? dossier = null;
        async Task GetAsync(params Section[] sections) => dossier = await host.GetAsync("1042", sections);
        var full = await RecordedAsync(() => GetAsync());
        Assert.NotEmpty(dossier!.Conflicts);
        Assert.Contains(dossier.Interactions, interaction => interaction.Messages.Count > 0);
        Assert.Equal(Enum.GetValues<Section>().Skip(1), full.Order());
        Assert.Contains(Section.Conflicts, await RecordedAsync(() => GetAsync(Section.Conflicts)));
        Assert.Equal([Section.Payments], (await RecordedAsync(() => GetAsync(Section.Payments))).Where(section => dossier.Attention.Count == 0 || section == Section.Payments));

        var brief = await RecordedAsync(async () => dossier = (await host.Dossiers.LookUpDossierAsync(
            new LookUpDossierRequest { Key = new CustomerKey { Phone = "+31600001042" }, View = DossierView.Brief }, Calls.Webcare)).Dossier);
        Assert.Empty(dossier.Agreements);
        Assert.Contains(dossier.Attention, line => line.Kind == AttentionLine.Types.Kind.BindingAgreement);
        Assert.Contains(Section.Agreements, brief);
        Assert.Contains(Section.Conflicts, brief);
        Assert.DoesNotContain(Section.Payments, brief);

        var listed = await RecordedAsync(async () => await host.Dossiers.ListInteractionsAsync(new ListInteractionsRequest { Parent = "customers/1042" }, Calls.Webcare));
        Assert.Equal([Section.Interactions], listed);
        Assert.Equal(
            [Section.Interactions, Section.Messages],
            (await RecordedAsync(async () => await host.Dossiers.ListInteractionsAsync(new ListInteractionsRequest { Parent = "customers/1042", IncludeMessages = true }, Calls.Webcare))).Order());
    }

    [ServerFact]
    public async Task What_a_caller_calls_a_customer_and_is_none_is_in_no_record_and_keeps_no_other_from_being_written()
    {
        using var servers = new TServers();
        await using var host = await servers.StartAsync();
        var guard = new GuardService.GuardServiceClient(host.Channel);
        foreach (var none in new[] { "customers/\0", "customers/jan@example.com", "customers/" + new string('9', 20_000), "customers/", "customers/1042\0" })
        {
            await Watcher.RefusedAsync(host.Agreements, new WatchAgreementsRequest { Parent = none });
            await guard.CheckActionBatchAsync(new CheckActionBatchRequest { Actions = { new PlannedAction { Customer = none } } }, Calls.Webcare);
            await guard.ReportActionBatchAsync(new ReportActionBatchRequest { Reports = { new ReportActionRequest { Action = new PlannedAction { Customer = none } } } }, Calls.Webcare);
            await guard.ConfirmActionBatchAsync(new ConfirmActionBatchRequest { Confirmations = { new ConfirmActionRequest { DecisionId = "x", Action = new PlannedAction { Customer = none } } } }, Calls.Webcare);
        }

        await host.GetAsync("1043", Section.Invoices);

        await Eventually.TrueAsync(() => Task.FromResult(servers.Query<string>("SELECT customer FROM access_record").Contains("1043")), "the record of a read is written");
        Assert.Equal(["1043"], servers.Query<string>("SELECT customer FROM access_record").Distinct());
    }

    [ServerFact]
    public async Task A_record_that_the_registry_refuses_keeps_no_other_from_being_written_and_is_written_when_it_may_be()
    {
        using var servers = new TServers();
        await using var host = await servers.StartAsync();
        await using var required = await servers.StartAsync(("Access:Required", "true"));
        var (forbid, allow) = Forbidding(servers, "access_record");
        using var owner = servers.Open(servers.RegistryOwner);
        await owner.ExecuteAsync(forbid);

        await host.GetAsync("1044", Section.Invoices);
        await host.GetAsync("1043", Section.Invoices);
        var refused = await Refused.ByAsync(() => required.GetAsync("1044", Section.Invoices));
        Assert.Equal((StatusCode.Unavailable, "REGISTRY_UNAVAILABLE"), (refused.Code, refused.Reason));
        await required.GetAsync("1042", Section.Invoices);
        Assert.Equal(1, Count(servers, "1042"));
        await Eventually.TrueAsync(() => Task.FromResult(Count(servers, "1043") == 1), "another record is written");
        Assert.Equal(0, Count(servers, "1044"));

        await owner.ExecuteAsync(allow);
        await Eventually.TrueAsync(() => Task.FromResult(Count(servers, "1044") == 2), "both are written when they may be");
    }

    [ServerFact]
    public async Task What_the_registry_refuses_of_one_customer_takes_no_change_from_another()
    {
        using var servers = new TServers();
        await using var host = await servers.StartAsync();
        using var owner = servers.Open(servers.RegistryOwner);
        await owner.ExecuteAsync(Forbidding(servers, "agreement").Forbid);

        for (var time = 0; time < 12; time++)
        {
            await Refused.ByAsync(async () => await host.Agreements.CreateAgreementAsync(Agreed.Remark("1044", "x"), Calls.Webcare));
        }

        await host.Agreements.CreateAgreementAsync(Agreed.Remark("1043", "x"), Calls.Webcare);
    }

    [ServerFact]
    public async Task A_list_over_all_customers_leaves_a_record_for_each_in_its_answer_and_a_watch_over_all_one_of_its_own()
    {
        using var servers = new TServers();
        await using var host = await servers.StartAsync(
            ("Systems:administration:MustAcknowledge:0", "*"), ("Systems:webcare:Within", "1.00:00:00"), ("Systems:local:Within", "1.00:00:00"));
        var access = new AccessService.AccessServiceClient(host.Channel);
        foreach (var customer in new[] { "1042", "1044" })
        {
            // Each has a conflict that is stored when it is seen.
            await host.GetAsync(customer);
            var letter = Agreed.Letter(customer, Agreed.Bill("x", "y"));
            await host.Guard.ReportActionAsync(new ReportActionRequest { Action = letter, Outcome = ActionState.Sent, RequestId = Agreed.NewId() }, Calls.Webcare);
            await host.Agreements.CreateAgreementAsync(Agreed.DunningBlock(customer), Calls.Webcare);
        }

        await host.Agreements.ListAgreementsAsync(new ListAgreementsRequest { Parent = "customers/-" }, Calls.Webcare);
        await host.Agreements.ListConflictsAsync(new ListConflictsRequest { Parent = "customers/-" }, Calls.Webcare);
        await host.Agreements.ListPendingAcknowledgementsAsync(new ListPendingAcknowledgementsRequest(), Calls.Webcare);
        await host.Guard.ListActionsAsync(new ListActionsRequest { Parent = "customers/-" }, Calls.Webcare);
        using (await Watcher.OpenAsync(host.Agreements, new WatchAgreementsRequest { Parent = "customers/-" }))
        {
        }

        var watch = Assert.Single(await ListAsync(access, "customers/-", 1));
        Assert.Equal(("customers/-", "AgreementService/WatchAgreements"), (watch.Customer, watch.Method));
        string[] lists = ["AgreementService/ListAgreements", "AgreementService/ListConflicts", "AgreementService/ListPendingAcknowledgements", "GuardService/ListActions"];
        foreach (var customer in new[] { "1042", "1044" })
        {
            var listed = (await ListAsync(access, $"customers/{customer}", lists.Length + 3)).Select(record => record.Method).ToList();
            Assert.Equal(lists, listed.Where(lists.Contains).Order(StringComparer.Ordinal));
        }

        await Eventually.TrueAsync(
            () => Task.FromResult(servers.Query<string>("SELECT method FROM access_record WHERE customer = '-'").Contains(Looking)), "who looked at the watches is in them too");
        Assert.Equal(["-", "1042", "1044"], servers.Query<string>("SELECT DISTINCT customer FROM access_record ORDER BY customer"));
    }

    [ServerFact]
    public async Task Pages_hold_every_record_once()
    {
        using var servers = new TServers();
        await using var host = await servers.StartAsync();
        var access = new AccessService.AccessServiceClient(host.Channel);
        for (var number = 0; number < 7; number++)
        {
            await host.GetAsync("1043", Section.Invoices);
        }

        await ListAsync(access, "customers/1043", 7);
        var seen = new List<AccessRecord>();
        var request = new ListAccessRecordsRequest { Parent = "customers/1043", PageSize = 3 };
        do
        {
            var page = await access.ListAccessRecordsAsync(request);
            seen.AddRange(page.AccessRecords);
            request.PageToken = page.NextPageToken;
        }
        while (request.PageToken.Length > 0);

        // Who looks at the records is in them too.
        seen.RemoveAll(record => record.Method == Looking);
        Assert.Equal(7, seen.Select(record => record.TraceId).Distinct(StringComparer.Ordinal).Count());
        Assert.Equal(7, seen.Count);
        Assert.Equal(seen.Select(record => record.AccessTime.ToDateTime()).OrderDescending(), seen.Select(record => record.AccessTime.ToDateTime()));
        var foreign = await Refused.ByAsync(async () => await access.ListAccessRecordsAsync(new ListAccessRecordsRequest { Parent = "customers/1042", PageToken = await TokenAsync(access) }));
        Assert.Equal("INVALID_PAGE_TOKEN", foreign.Reason);
    }

    [ServerFact]
    public async Task Who_stops_loses_no_record_and_a_required_one_is_there_with_its_answer()
    {
        using var servers = new TServers();
        await using (var host = await servers.StartAsync())
        {
            await Task.WhenAll(Enumerable.Range(0, 40).Select(_ => host.GetAsync("1043", Section.Invoices)));
        }

        Assert.Equal(40, Count(servers, "1043"));
        await using var required = await servers.StartAsync(("Access:Required", "true"));
        for (var number = 1; number <= 5; number++)
        {
            await required.GetAsync("1044", Section.Invoices);
            Assert.Equal(number, Count(servers, "1044"));
        }
    }

    [ServerFact]
    public async Task The_service_can_neither_change_nor_delete_a_record()
    {
        using var servers = new TServers();
        await using var host = await servers.StartAsync();
        await host.GetAsync("1043", Section.Invoices);
        await Eventually.TrueAsync(() => Task.FromResult(Count(servers, "1043") == 1), "the record is there");
        using var connection = servers.Open(servers.Registry);
        foreach (var statement in new[] { "UPDATE access_record SET agent = 'nobody'", "DELETE FROM access_record" })
        {
            await Assert.ThrowsAnyAsync<System.Data.Common.DbException>(async () => await connection.ExecuteAsync(statement));
        }

        Assert.Equal(1, Count(servers, "1043"));
    }

    /// <summary>Each of the guard's three ways to check, of what it allows.</summary>
    private static async Task CheckAsync(DossierHost host)
    {
        var letter = Agreed.Letter("1042", Agreed.Bill("x", "y"));
        Assert.Equal(Verdict.Allow, (await host.Guard.CheckActionAsync(new CheckActionRequest { Action = letter }, Calls.Webcare)).Decision.Verdict);
        await host.Guard.CheckActionBatchAsync(new CheckActionBatchRequest { Actions = { letter } }, Calls.Webcare);
        using (var stream = host.Guard.CheckActions(Calls.Webcare))
        {
            await stream.RequestStream.WriteAsync(new CheckActionsRequest { Action = letter });
            await stream.RequestStream.CompleteAsync();
            Assert.True(await stream.ResponseStream.MoveNext(CancellationToken.None));
            Assert.NotNull(stream.ResponseStream.Current.Result.Decision);
        }
    }

    /// <summary>Every method that leaves no record, with success.</summary>
    private static async Task WithoutRecordsAsync(DossierHost host)
    {
        await host.Dossiers.ListSourcesAsync(new ListSourcesRequest(), Calls.Webcare);
        await host.Dossiers.GetSourceAsync(new GetSourceRequest { Name = "sources/webcare" }, Calls.Webcare);
        await host.Dossiers.PauseSourceAsync(new PauseSourceRequest { Name = "sources/webcare", RequestId = Agreed.NewId() }, Calls.Webcare);
        await host.Dossiers.ResumeSourceAsync(new ResumeSourceRequest { Name = "sources/webcare", RequestId = Agreed.NewId() }, Calls.Webcare);
        await host.Agreements.ListSystemsAsync(new ListSystemsRequest(), Calls.Webcare);
        var traces = new TraceService.TraceServiceClient(host.Channel);
        var kept = await traces.ListTracesAsync(new ListTracesRequest(), Calls.Webcare);
        await traces.GetTraceAsync(new GetTraceRequest { Name = kept.Traces[0].Name }, Calls.Webcare);
    }

    /// <summary>What has the registry refuse rows of customer 1044 in a table, and what ends it.</summary>
    private static (string Forbid, string Allow) Forbidding(Servers servers, string table) => servers.Vendor.Name == "Sqlite"
        ? ($"CREATE TRIGGER odd BEFORE INSERT ON {table} WHEN NEW.customer = '1044' BEGIN SELECT RAISE(ABORT, 'odd'); END", "DROP TRIGGER odd")
        : ($"ALTER TABLE {table} ADD CONSTRAINT odd CHECK (customer <> '1044')", $"ALTER TABLE {table} DROP CONSTRAINT odd");

    private static long Count(Servers servers, string customer)
    {
        using var connection = servers.Open(servers.RegistryOwner);
        return connection.ExecuteScalar<long>("SELECT count(*) FROM access_record WHERE customer = @customer", new { customer });
    }

    private static async Task<string> TokenAsync(AccessService.AccessServiceClient access) =>
        (await access.ListAccessRecordsAsync(new ListAccessRecordsRequest { Parent = "customers/1043", PageSize = 1 })).NextPageToken;

    private static async Task<List<AccessRecord>> ListAsync(AccessService.AccessServiceClient access, string parent, int count)
    {
        List<AccessRecord> records = [];
        await Eventually.TrueAsync(
            async () =>
            {
                records = (await access.ListAccessRecordsAsync(new ListAccessRecordsRequest { Parent = parent, PageSize = 200 }))
                    .AccessRecords.Where(record => record.Method != Looking).ToList();
                return records.Count >= count;
            },
            () => $"{count} records of {parent} are there: {string.Join(", ", records.Select(record => record.Method))}");
        return records;
    }

    private sealed class Row
    {
        public string Customer { get; init; } = "";

        public string Method { get; init; } = "";
    }
}

public sealed class SqliteAccessTests : AccessConformance<SqliteServers>;

[NeedsServer(PostgresDatabase.Variable, alsoInCI: true)]
public sealed class PostgresAccessTests : AccessConformance<PostgresServers>;

[NeedsServer(SqlServerServers.Variable, alsoInCI: false)]
public sealed class SqlServerAccessTests : AccessConformance<SqlServerServers>;
