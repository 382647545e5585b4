using Dossier.Tests.Fixtures;
using Dossier.V1;

namespace Dossier.Tests.ServiceTests;

/// <summary>What operators do with the registry and with single sources, through the <c>dossier</c> command.</summary>
public sealed class OperatorCommandTests
{
    [Fact]
    public async Task Migrate_says_the_steps_that_it_applied_and_then_that_there_are_none()
    {
        using var folder = TemporaryFolder.Empty();
        var settings = Typed.Settings(("DataDirectory", folder.Path));

        var first = await Typed.RunAsync(["migrate", .. settings]);
        Assert.Equal((0, ""), (first.ExitCode, first.Error));
        Assert.Equal(["applied 001_registry.sql", "applied 002_keys_and_pauses.sql", "applied 003_agreement_life.sql", "applied 004_actions.sql", "applied 005_change_feed.sql", "applied 006_conflicts.sql", "applied 007_access_records.sql", "applied 008_action_reports.sql", "The registry is up to date now."], first.Lines);

        var second = await Typed.RunAsync(["migrate", .. settings]);
        Assert.Equal((0, "The registry is up to date.\n"), (second.ExitCode, second.Output));
    }

    [Fact]
    public async Task A_new_epoch_is_another_one_every_time_and_says_what_it_means()
    {
        using var folder = TemporaryFolder.Empty();
        var settings = Typed.Settings(("DataDirectory", folder.Path));
        Assert.Equal(0, (await Typed.RunAsync(["migrate", .. settings])).ExitCode);

        var one = await Typed.RunAsync(["registry", "new-epoch", .. settings]);
        var other = await Typed.RunAsync(["registry", "new-epoch", .. settings]);

        Assert.Equal((0, "", 0, ""), (one.ExitCode, one.Error, other.ExitCode, other.Error));
        Assert.Matches("^The registry has the new epoch [0-9a-f-]{36}\\.$", one.Lines[0]);
        Assert.NotEqual(one.Lines[0], other.Lines[0]);
        Assert.Contains("Page tokens of before are refused", one.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(2, "--connection-string cannot be read", "migrate", "--connection-string", "Data Sorce=x;Password=geheim-4711")]
    [InlineData(2, "(Registry:Provider is Sqlite)", "migrate", "--connection-string", "Host=db.example;Database=registry;Username=owner;Password=geheim-4711")]
    [InlineData(1, "PostgreSql: ", "migrate", "--connection-string", "Host=127.0.0.1;Port=9;Username=x;Database=y;Password=geheim-4711", "--", "--Registry:Provider", "PostgreSql")]
    [InlineData(2, "Registry:Provider 'Oracle'", "migrate", "--", "--Registry:Provider", "Oracle")]
    [InlineData(2, "choose from new-epoch", "registry")]
    [InlineData(2, "dossier source pause --help", "source", "pause")]
    [InlineData(2, "choose PostgreSql or SqlServer", "sample", "load", "--source", "webcare", "--provider", "Sqlite", "--connection-string", "Data Source=x.db")]
    [InlineData(2, "choose from webcare", "sample", "load", "--source", "crm", "--provider", "PostgreSql", "--connection-string", "Host=x;Database=y")]
    [InlineData(2, "--connection-string cannot be read", "sample", "load", "--source", "webcare", "--provider", "PostgreSql", "--connection-string", "Hosst=x;Password=geheim-4711")]
    [InlineData(1, "PostgreSql: ", "migrate", "--", "--Registry:Provider", "PostgreSql", "--Registry:ConnectionString", "Host=127.0.0.1;Port=9;Username=x;Database=y;Password=geheim-4711")]
    public async Task What_cannot_be_done_is_one_line_without_a_password(int exitCode, string words, params string[] typed)
    {
        var ran = await Typed.RunAsync(typed);

        Assert.Equal((exitCode, ""), (ran.ExitCode, ran.Output));
        Assert.Contains(words, Assert.Single(ran.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
        Assert.DoesNotContain("geheim-4711", ran.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_source_is_paused_shown_so_and_resumed()
    {
        await using var host = await DossierHost.StartAsync();
        string[] at = ["--address", host.Address, "--timeout", "30s"];

        var paused = await Typed.RunAsync(["source", "pause", "webcare", "--until", "2036-10-09T18:00", "--agent", "daan", .. at]);
        Assert.Equal((0, ""), (paused.ExitCode, paused.Error));
        Assert.Contains("webcare is paused until Thu 9 Oct 2036 18:00:00, by local daan", paused.Output, StringComparison.Ordinal);

        var shown = await Typed.RunAsync(["source", "webcare", .. at]);
        Assert.Contains("PAUSED", shown.Output, StringComparison.Ordinal);
        Assert.Matches("paused +paused until Thu 9 Oct 2036 18:00:00, by local daan", shown.Output);
        Assert.Matches("breaker +closed", shown.Output);
        Assert.Matches("cut off +0", shown.Output);
        Assert.Equal(SourceState.Paused, (await host.GetAsync("1042")).Sources.Single(source => source.Source == "sources/webcare").State);

        var tried = await Typed.RunAsync(["source", "resume", "webcare", "--validate-only", .. at]);
        Assert.Equal((0, "webcare would be read again\n"), (tried.ExitCode, tried.Output));
        var resumed = await Typed.RunAsync(["source", "resume", "webcare", .. at]);
        Assert.Equal((0, "webcare is read again\n"), (resumed.ExitCode, resumed.Output));
        Assert.DoesNotContain("PAUSED", (await Typed.RunAsync(["source", "webcare", .. at])).Output, StringComparison.Ordinal);

        Assert.Equal(3, (await Typed.RunAsync(["source", "pause", "nosuch", .. at])).ExitCode);
        Assert.Equal(5, (await Typed.RunAsync(["source", "pause", "registry", .. at])).ExitCode);
        Assert.Equal(5, (await Typed.RunAsync(["source", "pause", "webcare", "--until", "2020-01-01T00:00", .. at])).ExitCode);
    }

    [Fact]
    public async Task An_interaction_is_linked_by_its_name_and_unlinked()
    {
        await using var host = await DossierHost.StartAsync();
        string[] at = ["--address", host.Address, "--timeout", "30s"];
        var listed = await host.Dossiers.ListInteractionsAsync(new ListInteractionsRequest { Parent = "customers/1043", Channels = { "phone" } });
        var call = listed.Interactions[0].Name["customers/1043/".Length..];
        Assert.DoesNotContain((await host.GetAsync("1042")).Interactions, interaction => interaction.Name.EndsWith(call, StringComparison.Ordinal));

        var linked = await Typed.RunAsync(["link", "1042", "--interaction", call, .. at]);
        Assert.Equal((0, ""), (linked.ExitCode, linked.Error));
        Assert.Contains("is linked to customer 1042", linked.Output, StringComparison.Ordinal);
        Assert.Contains((await host.GetAsync("1042")).Interactions, interaction => interaction.Name == $"customers/1042/{call}");

        var unlinked = await Typed.RunAsync(["unlink", "1042", "--interaction", $"customers/1042/{call}", .. at]);
        Assert.Equal((0, ""), (unlinked.ExitCode, unlinked.Error));
        Assert.DoesNotContain((await host.GetAsync("1042")).Interactions, interaction => interaction.Name.EndsWith(call, StringComparison.Ordinal));
        Assert.Equal(2, (await Typed.RunAsync(["find", "--interaction", call, .. at])).ExitCode);
    }
}

/// <summary>The same on a PostgreSQL server.</summary>
[NeedsServer(PostgresDatabase.Variable, alsoInCI: true)]
public sealed class OperatorCommandOnPostgresTests
{
    [ServerFact]
    public async Task The_owner_migrates_and_the_service_then_reads_what_the_sample_was_loaded_into()
    {
        using var registry = PostgresDatabase.Empty();
        using var store = PostgresDatabase.Empty();
        var settings = Typed.Settings(("Registry:Provider", "PostgreSql"), ("Registry:ConnectionString", registry.Service));

        var migrated = await Typed.RunAsync(["migrate", "--connection-string", registry.Owner, .. settings]);
        Assert.Equal((0, ""), (migrated.ExitCode, migrated.Error));
        Assert.Contains("applied 001_registry.sql", migrated.Lines);
        Assert.Equal("The registry is up to date.\n", (await Typed.RunAsync(["migrate", "--connection-string", registry.Owner, .. settings])).Output);
        Assert.Matches("new epoch [0-9a-f-]{36}", (await Typed.RunAsync(["registry", "new-epoch", "--connection-string", registry.Owner, .. settings])).Output);

        var loaded = await Typed.RunAsync(["sample", "load", "--source", "webcare", "--provider", "PostgreSql", "--connection-string", store.Owner]);
        Assert.Equal((0, ""), (loaded.ExitCode, loaded.Error));
        Assert.Matches("^webcare: [1-9][0-9]{3,} rows were loaded\\.$", Assert.Single(loaded.Lines));

        var again = await Typed.RunAsync(["sample", "load", "--source", "webcare", "--provider", "PostgreSql", "--connection-string", store.Owner]);
        Assert.Equal(1, again.ExitCode);
        Assert.Contains("already exists", again.Error, StringComparison.Ordinal);

        var fine = await Typed.RunAsync(["check", .. Typed.Settings(
            ("Sources:webcare:Provider", "PostgreSql"), ("Sources:webcare:ConnectionString", store.Owner), ("Sources:webcare:Queries", "db/sources/webcare/queries.postgres.sql"))]);
        Assert.Equal(0, fine.ExitCode);
    }
}
