using Dapper;
using Dossier.Tests.Fixtures;
using Dossier.Tests.ServiceTests;
using Npgsql;

namespace Dossier.Tests.ConformanceTests;

/// <summary>The service's role can do what the service does, and nothing that would rewrite history.</summary>
[NeedsServer(PostgresDatabase.Variable, alsoInCI: true)]
public sealed class PostgresPrivilegeTests(VendorHost<PostgresServers> vendor) : IClassFixture<VendorHost<PostgresServers>>
{
    private const string InsufficientPrivilege = "42501";
    private static readonly string[] Tables =
    [
        "registry", "schema_step", "change_counter", "customer", "request", "agreement", "agreement_revision", "acknowledgement", "key_link",
        "key_link_revision", "change", "decision", "source_pause", "agreement_subject", "action", "conflict", "conflict_revision", "access_record", "action_report",
        "sweep_lease",
    ];

    private static readonly string[] Readers = ["webcare", "telephony", "administration"];

    [ServerFact]
    public async Task The_service_cannot_rewrite_history_or_change_a_table()
    {
        await vendor.Host.Agreements.CreateAgreementAsync(Agreed.Remark("2001", "x"), Calls.Webcare);
        var contents = RegistryContents.Of(vendor.Servers).ToString();
        Assert.Equal(Tables.Order(StringComparer.Ordinal), vendor.Servers.Query<string>("SELECT tablename::text FROM pg_tables WHERE schemaname = 'public'").Order(StringComparer.Ordinal));
        string[] forbidden =
        [
            .. Tables.SelectMany(table => (string[])[$"DROP TABLE {table}", $"TRUNCATE {table}", $"ALTER TABLE {table} ADD COLUMN more integer", $"CREATE INDEX ON {table} ((1))"]),
            .. Tables.Where(table => table != "key_link").Select(table => $"DELETE FROM {table}"),
            "CREATE TABLE mine (one integer)", "CREATE SCHEMA mine", "CREATE TEMP TABLE mine (one integer); ALTER TABLE agreement RENAME TO mine",
            "UPDATE change SET kind = 2", "UPDATE change SET sequence = sequence + 1", "UPDATE agreement_revision SET free_text = NULL", "UPDATE agreement_revision SET sequence = 1",
            "UPDATE key_link_revision SET state = 1", "UPDATE request SET name = ''", "UPDATE registry SET epoch = 'x'", "UPDATE schema_step SET oldest_program = '0'",
            "UPDATE change_counter SET one = 2", "INSERT INTO change_counter (one, value) VALUES (2, 0)", "INSERT INTO registry SELECT * FROM registry",
            "INSERT INTO schema_step SELECT 9, name, oldest_program, apply_time FROM schema_step", "UPDATE customer SET customer = 'x'", "UPDATE decision SET verdict = 1", "UPDATE conflict_revision SET note = NULL", "INSERT INTO sweep_lease SELECT * FROM sweep_lease", "UPDATE agreement_subject SET subject_id = 'x'",
            "CREATE ROLE other", "SET ROLE postgres", "CREATE FUNCTION f() RETURNS integer LANGUAGE sql AS 'SELECT 1'",
        ];

        using var service = vendor.Servers.Open(vendor.Servers.Registry);
        foreach (var statement in forbidden)
        {
            var refused = await Record.ExceptionAsync(() => service.ExecuteAsync(statement + ";"));
            Assert.True(refused is PostgresException { SqlState: InsufficientPrivilege }, $"{statement}: {refused?.Message ?? "it was done"}");
        }

        // Of a right that one has not to give the server only warns.
        await service.ExecuteAsync("GRANT ALL ON change TO dossier_reader;");
        Assert.False(vendor.Servers.Query<bool>("SELECT has_table_privilege('dossier_reader', 'change', 'SELECT, INSERT, UPDATE, DELETE')").Single());
        Assert.Equal(contents, RegistryContents.Of(vendor.Servers).IsSound().ToString());
    }

    [ServerFact]
    public async Task The_reader_of_a_store_reads_what_its_query_file_names_and_writes_nothing()
    {
        foreach (var source in Readers)
        {
            using var reader = vendor.Servers.Open(vendor.Servers.Store(source));
            var tables = vendor.Servers.Query<string>("SELECT tablename::text FROM pg_tables WHERE schemaname = 'public'", null, source);
            Assert.NotEmpty(tables);

            // A session may undo the read-only default; what holds is that the role has no right.
            await reader.ExecuteAsync("SET default_transaction_read_only = off;");
            foreach (var table in tables)
            {
                foreach (var statement in (string[])[$"DELETE FROM {table}", $"TRUNCATE {table}", $"DROP TABLE {table}", $"INSERT INTO {table} DEFAULT VALUES", $"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE"])
                {
                    var refused = await Record.ExceptionAsync(() => reader.ExecuteAsync(statement + ";"));
                    Assert.True(refused is PostgresException { SqlState: InsufficientPrivilege or "25P01" }, $"{source}: {statement}: {refused?.Message ?? "it was done"}");
                }
            }

            Assert.IsType<PostgresException>(await Record.ExceptionAsync(() => reader.ExecuteAsync("CREATE TABLE mine (one integer);")));
        }

        // A street and a house number need not be readable for a name and a place.
        using var administration = vendor.Servers.Open(vendor.Servers.Store("administration"));
        var hidden = await Assert.ThrowsAsync<PostgresException>(() => administration.QueryAsync("SELECT street FROM debtor"));
        Assert.Equal(InsufficientPrivilege, hidden.SqlState);
    }
}
