using Dossier.Tests.Fixtures;
using Dossier.V1;
using Npgsql;

namespace Dossier.Tests.ServiceTests;

/// <summary><c>dossier check</c> on PostgreSQL: what its own description of a statement tells, rights, plans, and the login.</summary>
[NeedsServer(PostgresDatabase.Variable, alsoInCI: true)]
public sealed class CheckOnPostgresTests : IDisposable
{
    private const string Interactions = """
        -- name: interactions
        WITH call AS (SELECT * FROM "Call Log" WHERE number = ANY(@phones))
        SELECT call.id, call.made_at AS occur_time, 'phone' AS channel, extract(hour FROM call.made_at)::text AS summary
        FROM call JOIN crm.agent ON agent.id = call.agent
        WHERE (call.made_at, call.id) < (coalesce(@before_time::timestamptz, 'infinity'), coalesce(@before_id, ''))
        ORDER BY call.made_at DESC, call.id DESC LIMIT @limit
        """;

    private readonly PostgresDatabase database = PostgresDatabase.Empty();
    private readonly TemporaryFolder folder = TemporaryFolder.Empty();
    private readonly string reader = "reader_" + Guid.NewGuid().ToString("N")[..8];

    public CheckOnPostgresTests() => database.Execute($"""
        CREATE SCHEMA crm;
        CREATE TABLE crm.agent (id integer PRIMARY KEY, name text);
        CREATE TABLE "Call Log" (id text COLLATE "C" PRIMARY KEY, number text, made_at timestamptz, agent integer, missed boolean, cost integer);
        CREATE INDEX call_number ON "Call Log" (number, made_at, id);
        INSERT INTO crm.agent VALUES (1, 'Daan');
        INSERT INTO "Call Log" VALUES ('a', '+31600000007', '2026-08-03T10:00Z', 1, false, 5);
        CREATE ROLE {reader} LOGIN;
        """);

    public void Dispose()
    {
        folder.Dispose();
        database.Dispose();
        using var connection = new NpgsqlConnection(PostgresDatabase.Server);
        connection.Open();
        using var drop = connection.CreateCommand();
        drop.CommandText = $"DROP ROLE IF EXISTS {reader}";
        drop.ExecuteNonQuery();
    }

    [ServerFact]
    public async Task The_sample_stores_are_fine_for_their_reader_with_every_block_on_an_index()
    {
        var settings = new List<(string, string)> { ("Sources:administration:CustomerSource", "true"), ("Sources:telephony:KeySpellings:phone:0", "national") };
        foreach (var source in new[] { "administration", "telephony", "webcare" })
        {
            settings.Add(($"Sources:{source}:Provider", "PostgreSql"));
            settings.Add(($"Sources:{source}:ConnectionString", PostgresDatabase.SharedStore(source).Reader));
            settings.Add(($"Sources:{source}:Queries", $"db/sources/{source}/queries.postgres.sql"));
            settings.Add(($"Sources:{source}:Deadline", "00:00:10"));
        }

        var ran = await Typed.RunAsync(["check", "--customer", "1042", "--plan", .. Typed.Settings([.. settings])]);

        Assert.True(ran.ExitCode == 0 && !ran.Output.Contains("WARNING", StringComparison.Ordinal), ran.All);
        Assert.Equal(3, ran.Lines.Count(line => line.Contains(": fine: ", StringComparison.Ordinal)));
        Assert.Contains(ran.Lines, line => line.StartsWith("telephony: block 'interactions' gave ", StringComparison.Ordinal) && !line.Contains(" 0 rows", StringComparison.Ordinal));
        Assert.Contains(ran.Lines, line => line.StartsWith("administration: block 'subjects' gave ", StringComparison.Ordinal) && !line.Contains(" 0 rows", StringComparison.Ordinal));
    }

    [ServerFact]
    public async Task A_column_of_another_type_is_named_without_a_row()
    {
        foreach (var (column, wrong, words) in new[]
        {
            ("occur_time", "missed", "is boolean; it must be a moment"), ("id", "missed", "is boolean; it must be a text"), ("public", "number", "is text; it must be a bool"),
        })
        {
            var ran = await CheckAsync(
                database.Owner, $"-- name: interactions\nSELECT {(column == "id" ? wrong : "id")} AS id, {(column == "occur_time" ? wrong : "made_at")} AS occur_time, 'phone' AS channel"
                    + $"{(column == "public" ? $", {wrong} AS public" : "")} FROM \"Call Log\" WHERE number = ANY(@phones) LIMIT @limit");

            Assert.Equal(1, ran.ExitCode);
            Assert.Contains(ran.Lines, line => line.Contains("WRONG", StringComparison.Ordinal) && line.Contains($"block 'interactions', column '{column}' {words}", StringComparison.Ordinal));
        }

        var amount = await CheckAsync(database.Owner, "-- name: payments\nSELECT id, made_at::date AS payment_date, missed AS amount, 'EUR' AS currency FROM \"Call Log\" WHERE number = ANY(@phones) LIMIT @limit");
        Assert.Contains("column 'amount' is boolean; it must be an amount", amount.Output, StringComparison.Ordinal);
    }

    [ServerFact]
    public async Task The_service_starts_with_such_a_source_disabled_and_says_the_same()
    {
        await File.WriteAllTextAsync(folder["crm.sql"], "-- name: interactions\nSELECT id, missed AS occur_time, 'phone' AS channel FROM \"Call Log\" WHERE number = ANY(@phones) LIMIT @limit");
        await using var host = await DossierHost.StartAsync(
            ("Sources:crm:Provider", "PostgreSql"), ("Sources:crm:ConnectionString", database.Owner), ("Sources:crm:Queries", folder["crm.sql"]));

        var source = (await host.Dossiers.GetSourceAsync(new GetSourceRequest { Name = "sources/crm" })).Source;

        Assert.Equal(SourceState.Disabled, source.State);
        Assert.Contains("crm.sql: block 'interactions', column 'occur_time' is boolean; it must be a moment", source.LastFailure, StringComparison.Ordinal);
    }

    [ServerFact]
    public async Task The_store_s_own_words_say_what_is_wrong_with_a_statement()
    {
        foreach (var (block, words) in new[]
        {
            ("-- name: customer\nSELECT naam AS display_name, 'CONSUMER' AS kind FROM crm.agent WHERE id::text = @customer_number", "42703"),
            ("-- name: customer\nSELECT name AS display_name, 'CONSUMER' AS kind FROM crm.client WHERE id::text = @customer_number", "42P01"),
            ("-- name: customer\nSELECT name AS display_name, 'CONSUMER' AS kind FROM crm.agent WHERE id = @customer_number", "42883"),
            ("-- name: customer\nWITH gone AS (DELETE FROM crm.agent RETURNING name) SELECT name AS display_name, 'CONSUMER' AS kind FROM gone WHERE name = @customer_number", "data-modifying"),
        })
        {
            var ran = await CheckAsync(database.Owner, block, "--customer", "7");

            Assert.Equal(1, ran.ExitCode);
            Assert.Single(ran.Lines, line => line.StartsWith("crm: WRONG: ", StringComparison.Ordinal)
                && line.Contains("crm.sql: block 'customer'", StringComparison.Ordinal) && line.Contains(words, StringComparison.Ordinal));
        }

        using var connection = database.Open();
        using var count = connection.CreateCommand();
        count.CommandText = "SELECT count(*) FROM crm.agent";
        Assert.Equal(1L, await count.ExecuteScalarAsync());
    }

    [ServerFact]
    public async Task The_grants_that_it_prints_make_a_new_login_work()
    {
        var login = As(reader);
        var before = await CheckAsync(login, Interactions);
        Assert.Equal(1, before.ExitCode);
        Assert.Contains("permission denied", before.Output, StringComparison.Ordinal);

        var printed = await CheckAsync(login, Interactions, "--grants");
        Assert.Contains($"GRANT SELECT ON \"crm\".\"agent\" TO \"{reader}\";", printed.Lines);
        Assert.Contains($"GRANT SELECT ON \"public\".\"Call Log\" TO \"{reader}\";", printed.Lines);
        database.Execute(printed.Output);

        var after = await CheckAsync(login, Interactions);
        Assert.True(after.ExitCode == 0 && !after.Output.Contains("WARNING", StringComparison.Ordinal), after.All);
        Assert.Contains(after.Lines, line => line.StartsWith("crm: fine: ", StringComparison.Ordinal));
    }

    [ServerFact]
    public async Task A_login_that_could_write_is_a_warning()
    {
        var superuser = await CheckAsync(database.Owner, Interactions, "--grants");
        Assert.Equal(0, superuser.ExitCode);
        Assert.Contains("WARNING: login postgres is a superuser", superuser.Output, StringComparison.Ordinal);
        Assert.Contains("TO \"dossier_reader\";", superuser.Output, StringComparison.Ordinal);

        database.Execute($"GRANT USAGE ON SCHEMA crm TO {reader}; GRANT SELECT ON crm.agent, \"Call Log\" TO {reader}; GRANT UPDATE, DELETE ON \"Call Log\" TO {reader}");
        var writer = await CheckAsync(As(reader), Interactions);
        Assert.Equal(0, writer.ExitCode);
        Assert.Contains($"WARNING: login {reader} may UPDATE, DELETE in public.Call Log", writer.Output, StringComparison.Ordinal);
    }

    [ServerFact]
    public async Task The_plan_marks_what_has_no_index_and_what_is_converted_and_is_quiet_otherwise()
    {
        var good = await CheckAsync(database.Owner, Interactions, "--plan");
        Assert.Contains(good.Lines, line => line.Contains("using call_number on Call Log", StringComparison.Ordinal));
        Assert.DoesNotContain("<--", good.Output, StringComparison.Ordinal);

        database.Execute("DROP INDEX call_number");
        var missing = await CheckAsync(database.Owner, Interactions, "--plan");
        Assert.Equal(0, missing.ExitCode);
        Assert.Contains("Call Log", Assert.Single(missing.Lines, line => line.Contains("<-- SCAN", StringComparison.Ordinal)), StringComparison.Ordinal);
        Assert.Contains(missing.Lines, line => line.StartsWith("crm: WARNING: ", StringComparison.Ordinal) && line.Contains("'interactions': Seq Scan on Call Log: SCAN", StringComparison.Ordinal));

        var converted = await CheckAsync(database.Owner, "-- name: customer\nSELECT name AS display_name, 'CONSUMER' AS kind FROM crm.agent WHERE id::text = @customer_number", "--plan");
        Assert.Contains("CONVERSION: (id)::text", converted.Output, StringComparison.Ordinal);
    }

    [ServerFact]
    public async Task A_login_or_database_that_is_not_there_is_one_line()
    {
        foreach (var (change, words) in new (Action<NpgsqlConnectionStringBuilder>, string)[]
        {
            (given => given.Username = "nobody_of_that_name", "nobody_of_that_name"), (given => given.Database = "no_such_store", "no_such_store"),
        })
        {
            var given = new NpgsqlConnectionStringBuilder(database.Owner) { Password = "geheim-4711" };
            change(given);
            var ran = await CheckAsync(given.ConnectionString, Interactions);

            Assert.Equal((1, ""), (ran.ExitCode, ran.Error));
            Assert.Contains(words, Assert.Single(ran.Lines), StringComparison.Ordinal);
            Assert.DoesNotContain("geheim-4711", ran.All, StringComparison.Ordinal);
        }
    }

    private string As(string login) => new NpgsqlConnectionStringBuilder(database.Owner) { Username = login }.ConnectionString;

    private async Task<Typed> CheckAsync(string connectionString, string queries, params string[] args)
    {
        await File.WriteAllTextAsync(folder["crm.sql"], queries);
        return await Typed.RunAsync(["check", .. args, .. Typed.Settings(
            ("Sources:crm:Provider", "PostgreSql"), ("Sources:crm:ConnectionString", connectionString), ("Sources:crm:Queries", folder["crm.sql"]))]);
    }
}
