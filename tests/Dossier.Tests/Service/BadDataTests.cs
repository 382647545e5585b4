using Dapper;
using Dossier.Tests.Fixtures;
using Dossier.V1;
using Grpc.Core;
using Microsoft.Data.Sqlite;

namespace Dossier.Tests.ServiceTests;

/// <summary>What a store should not hold, and does, costs no more than what it stands in.</summary>
public sealed class BadDataTests
{
    private const string EqualCharges = """
        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200)
        INSERT INTO invoice (debtor_no, dated, invoice_no, account_no, credits, is_credit, due, period_from, period_to, net_cents, vat_cents, total_cents, open_cents)
        SELECT '1042', '2026-08-01', 'X-' || i, (SELECT account_no FROM account WHERE debtor_no = '1042' LIMIT 1), NULL, 0, '2026-08-15', '2026-08-01', '2026-08-31', 1000, 0, 1000, 0
        FROM n;
        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200)
        INSERT INTO invoice_line (invoice_no, line_no, line_id, connection_no, description, monthly, period_from, period_to, vat_cents, total_cents)
        SELECT 'X-' || i, 1, 'XL-' || i, 'C-1', 'Fiber', 1, '2026-08-01', '2026-08-31', 0, 1000 FROM n;
        """;

    [Fact]
    public async Task A_customer_number_that_is_none_names_nobody_and_leaves_no_record()
    {
        // A padded column, as of a store in C: PostgreSQL cannot keep a zero byte in a text, so that its record could never be written.
        const string Padded = """
            -- name: find
            SELECT '2301' || char(0) || char(0) AS customer_number, 'Padded' AS display_name, 'EMAIL' AS key_type, value AS value
            FROM json_each(@emails)
            """;
        using var settings = new SourceSettings().AddFile("padded", "telephony", Padded);
        await using var host = await settings.StartAsync();

        var found = await host.Dossiers.ResolveCustomerAsync(new ResolveCustomerRequest { Keys = { new CustomerKey { Email = "padded@example.com" } } });

        Assert.Equal("", Assert.Single(found.Candidates).Customer);
        var records = new AccessService.AccessServiceClient(host.Channel);
        Assert.Empty((await records.ListAccessRecordsAsync(new ListAccessRecordsRequest { Parent = "customers/2301" })).AccessRecords);
    }

    [Theory]
    [InlineData(1_000, true)]
    [InlineData(1_001, false)]
    public async Task A_store_that_tells_of_everybodys_keys_as_one_customers_is_not_believed(int count, bool believed)
    {
        var joined = $"""
            -- name: keys
            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count})
            SELECT 'EMAIL' AS key_type, 'someone' || i || '@example.com' AS value FROM n WHERE @customer_number = '1042'
            """;
        using var settings = new SourceSettings().AddFile("joined", "telephony", joined);
        await using var host = await settings.StartAsync();

        var dossier = await host.GetAsync("1042");

        var status = dossier.Sources.Single(source => source.Source == "sources/joined");
        Assert.True(believed == (status.State == SourceState.Ok), status.ToString());

        // A hundred are remembered by each reading: all of them would not fit a transaction's deadline.
        var remembered = new List<int>();
        for (var read = 0; read < 12; read++)
        {
            remembered.Add((await host.GetAsync("1042")).Customer.Keys.Count(key => key.Origin == "sources/joined"));
        }

        Assert.Equal(believed ? 1_000 : 0, remembered[^1]);
        Assert.InRange(remembered[0], believed ? 1 : 0, 300);
        Assert.True(believed || (await host.Dossiers.ListSourcesAsync(new ListSourcesRequest())).ToString().Contains("block 'keys' gives more than 1000 rows for one customer", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_text_of_megabytes_is_cut_and_the_dossier_reaches_its_client()
    {
        const string Pictures = """
            -- name: interactions
            SELECT 'picture' AS id, '2026-01-01T00:00:00Z' AS occur_time, 'mail' AS channel, replace(hex(zeroblob(3000000)), '00', 'ab') AS summary
            WHERE @customer_number IS NOT NULL AND @before_time IS NULL LIMIT @limit
            """;
        using var settings = new SourceSettings().AddFile("pictures", "telephony", Pictures);
        await using var host = await settings.StartAsync();

        var page = await host.Dossiers.ListInteractionsAsync(new ListInteractionsRequest { Parent = "customers/1042", PageSize = 200 });

        var summary = Assert.Single(page.Interactions, interaction => interaction.Source == "sources/pictures").Summary;
        Assert.Equal((32_001, '…'), (summary.Length, summary[^1]));
    }

    [Fact]
    public async Task Two_hundred_equal_charges_are_a_hundred_conflicts_and_not_twenty_thousand()
    {
        using var settings = new SourceSettings();
        await using (var administration = new SqliteConnection($"Data Source={Path.Combine(settings.DataDirectory, "administration.db")};Pooling=False"))
        {
            await administration.OpenAsync();
            await using var command = administration.CreateCommand();
            command.CommandText = EqualCharges;
            await command.ExecuteNonQueryAsync();
        }

        await using var host = await settings.StartAsync();
        var dossier = await host.GetAsync("1042");

        Assert.Equal(100, dossier.Conflicts.Count(conflict => conflict.Kind == Conflict.Types.Kind.DuplicateCharge));
    }

    [Fact]
    public async Task An_agreement_that_cannot_be_read_leaves_one_customers_letters_without_a_verdict_and_no_others()
    {
        await using var host = await DossierHost.StartAsync();
        foreach (var customer in new[] { "1043", "1044" })
        {
            await host.Agreements.CreateAgreementAsync(Agreed.DunningBlock(customer), DossierHost.As("webcare"));
        }

        await using (var registry = new SqliteConnection($"Data Source={host.FileOf("registry")};Pooling=False"))
        {
            await registry.ExecuteAsync("UPDATE agreement_revision SET content = x'FF' WHERE customer = '1043'");
        }

        for (var time = 0; time < 10; time++)
        {
            var batch = new CheckActionBatchRequest();
            batch.Actions.AddRange(Enumerable.Range(1042, 5).Select(number => Agreed.Letter($"{number}", Agreed.Bill("factuur-1", "BA-1"))));
            var answer = await host.Guard.CheckActionBatchAsync(batch, DossierHost.As("administration", "run"));

            Assert.Equal([1], Enumerable.Range(0, 5).Where(number => answer.Results[number].ResultCase == CheckActionResult.ResultOneofCase.Error));
            Assert.True(answer.RegistrySequence > 0);
        }

        // Ten of him in a row cost nobody the registry.
        await host.Agreements.CreateAgreementAsync(Agreed.Remark("1045", "x"), DossierHost.As("webcare"));
        Assert.Empty((await host.GetAsync("1042")).Unreachable);
    }

    [Fact]
    public async Task A_thousand_agreements_bind_a_customer_and_no_more()
    {
        await using var host = await DossierHost.StartAsync();

        // Each reads all that were made before: 50 in one transaction took more than the registry's 2 s on a busy machine.
        foreach (var some in Enumerable.Range(0, 1_000).Chunk(4))
        {
            await Task.WhenAll(some.Select(number => host.Agreements.CreateAgreementAsync(Agreed.Remark("2302", $"{number}"), DossierHost.As("webcare")).ResponseAsync));
        }

        async Task OneMoreAsync() => await host.Agreements.CreateAgreementAsync(Agreed.Remark("2302", "one more"), DossierHost.As("webcare"));
        var refused = await Refused.ByAsync(OneMoreAsync);
        Assert.Equal((StatusCode.FailedPrecondition, "TOO_MANY_AGREEMENTS"), (refused.Code, refused.Reason));

        var one = (await host.Agreements.ListAgreementsAsync(new ListAgreementsRequest { Parent = "customers/2302", PageSize = 1 })).Agreements[0];
        await host.Agreements.WithdrawAgreementAsync(Agreed.Withdraw(one), DossierHost.As("webcare"));
        await OneMoreAsync();
    }
}
