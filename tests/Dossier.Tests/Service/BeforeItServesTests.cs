using Dossier.Tests.Fixtures;
using Dossier.V1;
using Microsoft.Data.Sqlite;

namespace Dossier.Tests.ServiceTests;

/// <summary>The moments before the service serves, on a machine that may be busy and has nothing in its caches yet.</summary>
[Collection(ProcessesCollection.Name)]
public sealed class BeforeItServesTests
{
    // Longer than a source's deadline (400 ms), much shorter than what the start waits for (10 s).
    private const int Rows = 2_000_000;

    [Fact]
    public async Task A_store_that_is_late_at_the_first_start_verifies_the_sample_s_agreements_all_the_same()
    {
        using var folder = TemporaryFolder.WithStores();
        await using (var administration = new SqliteConnection($"Data Source={folder["administration.db"]};Pooling=False"))
        {
            await administration.OpenAsync();
            await using var command = administration.CreateCommand();
            command.CommandText = $"""
                ALTER TABLE connection RENAME TO connection_kept;
                CREATE VIEW connection AS
                WITH RECURSIVE counted(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counted WHERE n < {Rows})
                SELECT kept.* FROM (SELECT max(n) AS most FROM counted) AS late CROSS JOIN connection_kept AS kept WHERE late.most > 0
                """;
            await command.ExecuteNonQueryAsync();
        }

        await using var host = await DossierHost.StartAsync(folder.Path);

        var agreement = Assert.Single((await host.Agreements.ListAgreementsAsync(new ListAgreementsRequest { Parent = "customers/1050" })).Agreements);
        var subject = Assert.Single(agreement.Effects.SelectMany(effect => effect.Subjects));
        Assert.Equal(Verification.Verified, subject.Verification);
    }

    [Fact]
    public async Task Who_is_told_to_stop_while_he_starts_ends_without_an_error()
    {
        using var folder = TemporaryFolder.WithStores();

        var ended = await DossierProcess.StopWhenItHeedsSignalsAsync(Launch.On(folder.Path));

        Assert.Equal(0, ended.ExitCode);
        Assert.Empty(ended.Error);
    }

    [Fact]
    public async Task A_folder_for_data_that_cannot_be_made_is_named_with_its_setting()
    {
        using var folder = TemporaryFolder.Empty();
        await File.WriteAllTextAsync(folder["data"], "a file");

        var ended = await DossierProcess.RunAsync(Launch.On(folder["data"]) with { WorkingDirectory = folder.Path });

        Assert.Equal(1, ended.ExitCode);
        Assert.StartsWith($"Dossier cannot start: DataDirectory, {folder["data"]}, cannot be made: ", ended.Error, StringComparison.Ordinal);
    }
}
