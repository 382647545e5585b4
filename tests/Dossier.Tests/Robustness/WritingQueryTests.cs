using System.Security.Cryptography;
using Dapper;
using Dossier.Sample;
using Dossier.Tests.ConformanceTests;
using Dossier.Tests.Fixtures;
using Dossier.Tests.ServiceTests;
using Dossier.V1;

namespace Dossier.Tests.RobustnessTests;

/// <summary>
/// A query file never writes, whatever it holds and though the login may do anything: the store is the same afterwards, row by row
/// and sequence by sequence, and GetSource says which block it is.
/// </summary>
public abstract class WritingQueryTests : IAsyncLifetime
{
    /// <summary>A source's name, its block `products`, and what its failure must say.</summary>
    protected sealed record Attempt(string Name, string Statement, params string[] Words);

    private readonly string folder = Directory.CreateTempSubdirectory("dossier-test-").FullName;

    protected string Folder => folder;

    protected abstract IReadOnlyList<Attempt> Attempts { get; }

    public virtual Task InitializeAsync() => Task.CompletedTask;

    public virtual Task DisposeAsync()
    {
        Directory.Delete(folder, recursive: true);
        return Task.CompletedTask;
    }

    protected abstract (string Provider, string ConnectionString) Store { get; }

    /// <summary>All that the store holds.</summary>
    protected abstract string Contents();

    protected async Task AssertNothingIsWrittenAsync()
    {
        var before = Contents();
        await using (var host = await DossierHost.StartAsync(Servers.Clock, await SettingsAsync()))
        {
            var dossier = await host.GetAsync("1042");
            for (var call = 0; call < 6; call++)
            {
                await host.GetAsync("1042", Section.Products);
                await host.Dossiers.ResolveCustomerAsync(new ResolveCustomerRequest { Keys = { new CustomerKey { CustomerNumber = "1042" } } });
            }

            Assert.Equal(before, Contents());
            var states = dossier.Sources.ToDictionary(source => source.Source["sources/".Length..], source => source.State);
            Assert.Equal(SourceState.Ok, states["honest"]);
            Assert.Contains(dossier.Products, product => product.Source == "sources/honest");
            Assert.DoesNotContain(dossier.Products, product => product.Source != "sources/honest");
            foreach (var attempt in Attempts)
            {
                var source = (await host.Dossiers.GetSourceAsync(new GetSourceRequest { Name = $"sources/{attempt.Name}" })).Source;
                Assert.True(source.State == SourceState.Disabled, $"{attempt.Name} is {source.State}: {source.LastFailure}");
                Assert.All(attempt.Words.Append("'products'"), word => Assert.Contains(word, source.LastFailure, StringComparison.OrdinalIgnoreCase));
            }
        }

        Assert.Equal(before, Contents());
    }

    private async Task<List<(string, string)>> SettingsAsync()
    {
        var settings = new List<(string, string)>();
        foreach (var (name, statement, _) in Attempts.Append(new Attempt("honest", "SELECT 'p-1' AS id, 'Glasvezel' AS display_name WHERE coalesce(@customer_number, '') <> '-' LIMIT @limit")))
        {
            var file = Path.Combine(folder, name + ".sql");
            await File.WriteAllTextAsync(file, $"-- name: products\n{statement}\n");
            settings.AddRange(
            [
                ($"Sources:{name}:Provider", Store.Provider), ($"Sources:{name}:ConnectionString", Store.ConnectionString), ($"Sources:{name}:Queries", file),
                ($"Sources:{name}:Deadline", "00:00:05"), ($"Sources:{name}:MaxConnections", "2"), ($"Sources:{name}:CustomerSource", name == "honest" ? "true" : "false"),
            ]);
        }

        return settings;
    }
}

[Collection(Alone.Name)]
[NeedsServer(PostgresDatabase.Variable, alsoInCI: true)]
public sealed class PostgresWritingQueryTests : WritingQueryTests
{
    private const string For = "WHERE coalesce(@customer_number, '') <> '-'";

    private const string Functions = """
        CREATE TABLE loot (n int);
        CREATE FUNCTION burn() RETURNS text LANGUAGE plpgsql VOLATILE AS $f$ BEGIN DELETE FROM post; INSERT INTO loot VALUES (1); RETURN 'burnt'; END $f$;
        CREATE FUNCTION burn_for_all() RETURNS text LANGUAGE plpgsql VOLATILE SECURITY DEFINER AS $f$ BEGIN DELETE FROM post; RETURN 'burnt'; END $f$;
        CREATE FUNCTION unlock_and_burn() RETURNS text LANGUAGE plpgsql VOLATILE SECURITY DEFINER AS $f$ BEGIN
            PERFORM set_config('default_transaction_read_only', 'off', false); PERFORM set_config('transaction_read_only', 'off', true);
            DELETE FROM post; RETURN 'burnt'; END $f$;
        CREATE FUNCTION burn_quietly() RETURNS text LANGUAGE plpgsql VOLATILE AS $f$ BEGIN
            BEGIN PERFORM set_config('transaction_read_only', 'off', false); EXCEPTION WHEN OTHERS THEN NULL; END;
            EXECUTE 'TRUNCATE post'; RETURN 'burnt'; END $f$;
        """;

    private PostgresDatabase store = null!;

    protected override (string Provider, string ConnectionString) Store => ("PostgreSql", store.Owner);

    protected override IReadOnlyList<Attempt> Attempts =>
    [
        new("with-delete", $"WITH gone AS (DELETE FROM post RETURNING post_id) SELECT post_id AS id, post_id AS display_name FROM gone {For}", "0A000", "data-modifying"),
        new("with-insert", $"WITH made AS (INSERT INTO contact (display_name) VALUES ('x') RETURNING display_name) SELECT display_name AS id, display_name FROM made {For}", "0A000"),
        new("with-before-delete", $"WITH one AS (SELECT 1) DELETE FROM post {For} RETURNING post_id AS id, body AS display_name", "42601"),
        new("select-into", $"SELECT post_id AS id, body AS display_name INTO stolen FROM post {For}", "42601"),
        new("nextval", $"SELECT nextval('contact_contact_id_seq')::text AS id, 'x' AS display_name {For}", "25006", "nextval"),
        new("setval", $"SELECT setval('contact_contact_id_seq', 1)::text AS id, 'x' AS display_name {For}", "25006", "setval"),
        new("for-update", $"SELECT post_id AS id, body AS display_name FROM post {For} FOR UPDATE", "25006"),
        new("after-a-comment", $"SELECT post_id AS id, body AS display_name FROM post {For} -- '\n; DELETE FROM post; -- '", "more than one statement"),
        new("in-two-comments", $"SELECT post_id AS id /* /* */ ; DELETE FROM post; */, body AS display_name FROM post {For}", "more than one statement"),
        new("out-of-the-frame", $"SELECT post_id AS id, body AS display_name FROM post {For}) AS block; COMMIT; DELETE FROM post; SELECT * FROM (SELECT 1", "more than one statement"),
        new("behind-dollars", Breaking("$$'$$"), "more than one statement"),
        new("behind-a-tag", Breaking("$q$'$q$"), "more than one statement"),
        new("behind-an-escape", Breaking("E'\\''"), "more than one statement"),
        new("settings", $"SELECT set_config('transaction_read_only', 'off', false) AS id, 'x' AS display_name {For}", "read-write"),
        new("function", $"SELECT burn() AS id, 'x' AS display_name {For}", "25006", "DELETE"),
        new("function-of-the-owner", $"SELECT burn_for_all() AS id, 'x' AS display_name {For}", "25006", "DELETE"),
        new("function-with-settings", $"SELECT unlock_and_burn() AS id, 'x' AS display_name {For}", "read-write"),
        new("function-that-hides", $"SELECT burn_quietly() AS id, 'x' AS display_name {For}", "25006", "TRUNCATE"),
        new("copy", "COPY post TO PROGRAM 'cat'", "SELECT or WITH"),
        new("copy-within", $"WITH sent AS (COPY post TO PROGRAM 'cat') SELECT 'x' AS id, 'x' AS display_name {For}", "42601"),
        new("lock", $"SELECT pg_advisory_lock(42)::text AS id, 'x' AS display_name {For}", "pg_advisory_lock"),
        new("lock-if-free", $"SELECT pg_try_advisory_lock_shared(42)::text AS id, 'x' AS display_name {For}", "pg_try_advisory_lock_shared"),
    ];

    [ServerFact]
    public async Task With_the_owners_login_every_row_and_sequence_is_as_before() => await AssertNothingIsWrittenAsync();

    [ServerFact]
    public async Task A_setting_that_a_block_changes_is_gone_with_its_read()
    {
        // First by name, so that the other blocks run after it, on the same connection.
        var file = Path.Combine(Folder, "two.sql");
        await File.WriteAllTextAsync(file, $"""
            -- name: invoices
            SELECT set_config('default_transaction_read_only', 'off', false) AS number, 'INVOICE' AS type, current_date AS invoice_date, 1 AS total, 'EUR' AS currency {For};
            -- name: products
            SELECT 'p-1' AS id, current_setting('default_transaction_read_only') || current_setting('transaction_read_only') AS display_name {For};
            """);
        await using var host = await DossierHost.StartAsync(
            Servers.Clock,
            [
                ("Sources:two:Provider", "PostgreSql"), ("Sources:two:ConnectionString", store.Owner), ("Sources:two:Queries", file), ("Sources:two:Deadline", "00:00:05"),
                ("Sources:two:MaxConnections", "1"), ("Sources:two:CustomerSource", "true"),
            ]);

        // Together, the setting is off and the transaction is not; alone, nothing is left of it.
        Assert.Equal("offon", Assert.Single((await host.GetAsync("1042", Section.Products, Section.Invoices)).Products).DisplayName);
        Assert.Equal("onon", Assert.Single((await host.GetAsync("1042", Section.Products)).Products).DisplayName);
    }

    public override Task InitializeAsync()
    {
        store = PostgresDatabase.Store("webcare");
        store.Execute(Functions);
        return Task.CompletedTask;
    }

    public override Task DisposeAsync()
    {
        store.Dispose();
        return base.DisposeAsync();
    }

    protected override string Contents()
    {
        using var owner = store.Open();
        var tables = owner.Query<string>("SELECT format('%I.%I', schemaname, tablename) FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1").ToList();
        var rows = tables.Select(table => $"{table}: {owner.QuerySingle<string>($"SELECT count(*) || ' ' || coalesce(md5(string_agg(t::text, '|' ORDER BY t::text)), '-') FROM {table} t")}");
        var sequences = owner.Query<string>("SELECT sequencename || '=' || coalesce(last_value::text, '-') FROM pg_sequences ORDER BY 1");
        var others = owner.Query<string>("""
            SELECT 'large objects ' || count(*) FROM pg_largeobject_metadata
            UNION ALL SELECT 'locks ' || count(*) FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
            UNION ALL SELECT 'functions ' || count(*) FROM pg_proc
            """);
        return string.Join('\n', rows.Concat(sequences).Concat(others));
    }

    // What one reading of the text takes for a string is a second statement in the other.
    private static string Breaking(string quote) =>
        $"SELECT {quote} AS id, set_config('default_transaction_read_only', 'off', false) AS display_name {For}) AS block; COMMIT; DELETE FROM post; SELECT * FROM (SELECT {quote} AS id, 'x' AS display_name";
}

public sealed class SqliteWritingQueryTests : WritingQueryTests
{
    private const string For = "WHERE coalesce(@customer_number, '') <> '-'";

    protected override (string Provider, string ConnectionString) Store => ("Sqlite", $"Data Source={Path.Combine(Folder, "webcare.db")}");

    protected override IReadOnlyList<Attempt> Attempts =>
    [
        new("with-delete", $"WITH gone AS (DELETE FROM post RETURNING post_id) SELECT post_id AS id, post_id AS display_name FROM gone {For}", "syntax error"),
        new("with-before-delete", $"WITH one AS (SELECT 1) DELETE FROM post {For} RETURNING post_id AS id, body AS display_name", "readonly"),
        new("with-before-update", $"WITH one AS (SELECT 1) UPDATE post SET body = '' {For} RETURNING post_id AS id, body AS display_name", "readonly"),
        new("select-into", $"SELECT post_id AS id, body AS display_name INTO stolen FROM post {For}", "syntax error"),
        new("nextval", $"SELECT nextval('contact') AS id, 'x' AS display_name {For}", "nextval"),
        new("after-a-comment", $"SELECT post_id AS id, body AS display_name FROM post {For} -- '\n; DELETE FROM post; -- '", "more than one statement"),
        new("attach", "ATTACH 'other.db' AS other", "SELECT or WITH"),
        new("settings", "PRAGMA query_only = 0", "SELECT or WITH"),
        new("extension", $"SELECT load_extension('x') AS id, 'x' AS display_name {For}", "not authorized"),
        new("file", $"SELECT writefile('x', 'x') AS id, 'x' AS display_name {For}", "writefile"),
    ];

    [Fact]
    public async Task Every_byte_is_as_before() => await AssertNothingIsWrittenAsync();

    public override Task InitializeAsync()
    {
        var stores = DossierHost.NewDataDirectory();
        File.Copy(Path.Combine(stores, "webcare.db"), Path.Combine(Folder, "webcare.db"));
        Directory.Delete(stores, recursive: true);
        return Task.CompletedTask;
    }

    protected override string Contents() => Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(Path.Combine(Folder, "webcare.db"))));
}
