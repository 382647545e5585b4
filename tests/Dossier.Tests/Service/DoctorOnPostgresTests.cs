using Dossier.Sources;
using Dossier.Tests.Fixtures;

namespace Dossier.Tests.ServiceTests;

/// <summary><c>dossier doctor</c> on a registry that stands on a PostgreSQL server: schema, login and clock.</summary>
[NeedsServer(PostgresDatabase.Variable, alsoInCI: true)]
public sealed class DoctorOnPostgresTests : IDisposable
{
    private readonly TemporaryFolder folder = TemporaryFolder.WithStores();

    [ServerFact]
    public async Task The_service_s_login_is_fine_and_the_owner_s_is_a_warning()
    {
        using var registry = PostgresDatabase.Registry();
        var fine = await Typed.RunAsync(["doctor", .. Typed.Settings(Settings(registry.Service))]);
        Assert.Equal((0, ""), (fine.ExitCode, fine.Error));
        Assert.Contains("login: fine: dossier_service cannot rewrite history", fine.Lines);
        Assert.Contains("clock: fine: this machine and the registry's server agree to a second", fine.Lines);

        registry.Execute("CREATE ROLE doctor_owner LOGIN");
        try
        {
            registry.Execute("GRANT ALL ON ALL TABLES IN SCHEMA public TO doctor_owner");
            Is(FindingLevel.Warning, "login", "doctor_owner may UPDATE, DELETE, TRUNCATE in access_record", await ExamineAsync(registry.For("doctor_owner")));
        }
        finally
        {
            registry.Execute("DROP OWNED BY doctor_owner; DROP ROLE doctor_owner");
        }

        Is(FindingLevel.Warning, "login", "is a superuser", await ExamineAsync(registry.Owner));
    }

    [ServerFact]
    public async Task A_schema_that_is_behind_or_not_there_and_rights_that_were_not_given_are_wrong()
    {
        using var registry = PostgresDatabase.Registry();
        registry.Execute("REVOKE INSERT ON action_report FROM dossier_service; REVOKE SELECT ON conflict FROM dossier_service");
        var lacks = await Typed.RunAsync(["doctor", .. Typed.Settings(Settings(registry.Service))]);
        Assert.Equal(2, lacks.ExitCode);
        Assert.Contains(lacks.Lines, line => line.StartsWith("login: WRONG: dossier_service lacks INSERT on action_report, SELECT on conflict: ", StringComparison.Ordinal));

        registry.Execute("DELETE FROM schema_step WHERE number = 8");
        Is(FindingLevel.Wrong, "schema", "lacks 008_action_reports.sql", await ExamineAsync(registry.Service));

        using var empty = PostgresDatabase.Empty();
        Is(FindingLevel.Wrong, "schema", "Create it: ./dossier migrate", await ExamineAsync(empty.Owner));
    }

    [ServerFact]
    public async Task A_clock_that_differs_from_the_server_s_is_told()
    {
        using var registry = PostgresDatabase.Registry();
        Is(FindingLevel.Warning, "clock", "ahead of the registry's server", await ExamineAsync(registry.Service, new OtherClock(TimeSpan.FromSeconds(3))));
        Is(FindingLevel.Wrong, "clock", "behind the registry's server", await ExamineAsync(registry.Service, new OtherClock(TimeSpan.FromSeconds(-30))));
    }

    public void Dispose() => folder.Dispose();

    private async Task<IReadOnlyList<Finding>> ExamineAsync(string connectionString, TimeProvider? clock = null) =>
        (await Operations.ExamineAsync(Typed.Settings(Settings(connectionString))[1..], clock ?? TimeProvider.System, default)).Findings;

    private (string, string)[] Settings(string connectionString) =>
    [
        ("DataDirectory", folder.Path), ("Registry:Provider", "PostgreSql"), ("Registry:ConnectionString", connectionString),
        ("Sources:crm:ConnectionString", $"Data Source={folder["administration.db"]}"), ("Sources:crm:Queries", "db/sources/administration/queries.sqlite.sql"),
    ];

    private static void Is(FindingLevel level, string about, string words, IReadOnlyList<Finding> findings)
    {
        var found = Assert.Single(findings, found => found.Level is FindingLevel.Warning or FindingLevel.Wrong);
        Assert.Equal((level, about), (found.Level, found.Source));
        Assert.Contains(words, found.Text, StringComparison.Ordinal);
    }

    private sealed class OtherClock(TimeSpan ahead) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + ahead;
    }
}
