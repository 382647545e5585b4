using Dapper;
using Dossier.Tests.ConformanceTests;
using Dossier.Tests.Fixtures;
using Npgsql;

namespace Dossier.Tests.ServiceTests;

/// <summary>The same where the databases are on a server, which repeats values in its errors.</summary>
[Collection(Alone.Name)]
[NeedsServer(PostgresDatabase.Variable, alsoInCI: true)]
public sealed class NothingPersonalOnPostgresTests
{
    [ServerFact]
    public async Task It_is_in_no_log_span_metric_error_or_line_of_the_console()
    {
        using var servers = new PostgresServers();
        using var folder = TemporaryFolder.Empty();

        // A replica's session keeps to no foreign keys.
        NpgsqlConnection Open(string name) => new(
            new NpgsqlConnectionStringBuilder(name == "registry" ? servers.RegistryOwner : servers.StoreOwner(name)) { Options = "-c session_replication_role=replica", Pooling = false }.ConnectionString);
        await PersonalFields.MarkAsync(Open, PersonalFields.TextColumnsOfPostgres, NothingPersonalTests.Marker);
        await NothingPersonalTests.ProveAsync(
            folder.Path,
            "grpc",
            [.. servers.Settings().Select(setting => ("DOSSIER_" + setting.Key.Replace(":", "__", StringComparison.Ordinal), setting.Value))],
            Open,
            async () =>
            {
                // One table is gone; and what was a number is a text that is none, of which the server says what it holds.
                await using var webcare = Open("webcare");
                await webcare.ExecuteAsync("ALTER TABLE post RENAME TO elsewhere");
                await using var telephony = Open("telephony");
                await telephony.ExecuteAsync("ALTER TABLE call RENAME TO call_before; CREATE VIEW call AS SELECT * FROM call_before WHERE CAST(caller_name AS integer) > 0; GRANT SELECT ON call TO dossier_reader");
            },
            async () =>
            {
                await using var registry = Open("registry");
                await registry.ExecuteAsync("UPDATE agreement_revision SET content = convert_to(@Marker, 'UTF8')", new { NothingPersonalTests.Marker });
            },
            async () =>
            {
                await using var registry = Open("registry");
                await registry.ExecuteAsync("ALTER TABLE key_link RENAME TO key_link_before; CREATE VIEW key_link AS SELECT * FROM key_link_before WHERE CASE WHEN key_value LIKE '+31%' THEN CAST(key_value AS integer) > 0 ELSE true END; GRANT SELECT ON key_link TO dossier_service");
            });
    }
}
