using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Dossier.Database;
using Dossier.Tests.Fixtures;
using Dossier.V1;
using Grpc.Core;
using Microsoft.Data.Sqlite;

namespace Dossier.Tests.ServiceTests;

/// <summary>Settings that change under a running service: what an operator edits is in force within seconds, and no call notices.</summary>
[Collection(ProcessesCollection.Name)]
public sealed class ReloadTests
{
    [Fact]
    public async Task Sources_come_change_and_go_under_callers_who_read_without_pause_and_no_call_fails_or_mixes_two_customers()
    {
        using var desk = new OperatorsFolder();
        desk.Write(desk.Crm());
        await using var service = await desk.StartAsync();
        await using var readers = Readers.Start(service, 8);

        // Added: a second store.
        desk.Write(desk.Crm(), desk.NotesSource());
        await desk.InForceAsync(service, "notes", source => source.State == SourceState.Ok);
        await Eventually.TrueAsync(async () => (await ReadAsync(service, "1042")).Interactions.Any(note => note.Source == "sources/notes"), "its notes are in the dossier", OperatorsFolder.Soon);

        // Changed: another query file.
        desk.Query("notes", OperatorsFolder.Notes.Replace("'note'", "'shop'", StringComparison.Ordinal));
        await Eventually.TrueAsync(async () => (await ReadAsync(service, "1042")).Interactions.Any(note => note.Channel == "shop"), "the new query file is read", OperatorsFolder.Soon);

        // Changed: a connection string in a file, which points at another store.
        desk.MakeNotes("elsewhere.db", "elders");
        await File.WriteAllTextAsync(desk["notes.secret"], $"Data Source={desk["elsewhere.db"]}");
        await Eventually.TrueAsync(async () => (await ReadAsync(service, "1042")).Interactions.Any(note => note.Summary == "elders van 1042"), "the other store is read", OperatorsFolder.Soon);

        // Changed: a setting.
        desk.Write(desk.Crm(), desk.NotesSource(("Deadline", "00:00:03"), ("MaxConnections", "3")));
        await desk.InForceAsync(service, "notes", source => source is { MaxConnections: 3, State: SourceState.Ok });

        // Removed.
        desk.Write(desk.Crm());
        await Eventually.TrueAsync(async () => (await ReadAsync(service, "1042")).Sources.All(source => source.Source != "sources/notes"), "it is gone", OperatorsFolder.Soon);

        await desk.SaysAsync(service, "notes removed");
        Assert.Equal(
            ["notes added", "notes changed", "notes changed", "notes changed", "notes removed"],
            desk.Lines(service, "Settings were read again").Select(line => line[(line.LastIndexOf(": ", StringComparison.Ordinal) + 2)..]));
        var (calls, wrong) = await readers.StopAsync();
        Assert.Empty(wrong);
        Assert.True(calls > 100, $"{calls} calls");
    }

    [Fact]
    public async Task What_cannot_be_used_is_one_line_and_the_others_serve_until_it_is_mended()
    {
        using var desk = new OperatorsFolder();
        desk.Write(desk.Crm(), desk.NotesSource());
        await using var service = await desk.StartAsync();
        await using var readers = Readers.Start(service, 8);

        // Not JSON: nothing changes.
        await File.WriteAllTextAsync(desk["appsettings.json"], """{ "Sources": { "crm": """);
        await desk.SaysAsync(service, "appsettings.json is not JSON, in line ");
        Assert.Equal([SourceState.Ok, SourceState.Ok], (await ReadAsync(service, "1042")).Sources.Where(source => source.Source != "sources/registry").Select(source => source.State));

        // A value of another type: the line names the setting.
        desk.Write(desk.Crm(), desk.NotesSource(("Deadline", "soon")));
        await desk.SaysAsync(service, "'Sources:notes:Deadline'");
        await desk.InForceAsync(service, "notes", source => source.State == SourceState.Disabled);

        // A provider that does not exist.
        desk.Write(desk.Crm(), desk.NotesSource(("Provider", "Oracle")));
        await desk.SaysAsync(service, "Sources:notes:Provider 'Oracle' is not known; use Sqlite, PostgreSql, SqlServer");
        await desk.InForceAsync(service, "notes", source => source.State == SourceState.Disabled && source.LastFailure.Contains("Oracle", StringComparison.Ordinal));

        // Mended.
        desk.Write(desk.Crm(), desk.NotesSource());
        await desk.InForceAsync(service, "notes", source => source.State == SourceState.Ok);

        // One that the driver can read and does not take.
        desk.Write(desk.Crm(), desk.NotesSource(("Provider", "PostgreSql"), ("ConnectionStringFile", ""), ("ConnectionString", "Host=127.0.0.1;Password=geheim;Connection Idle Lifetime=5")));
        await desk.SaysAsync(service, "The connection string of dossier/notes is not taken by its driver (ArgumentException); look at connection idle lifetime");
        await desk.InForceAsync(service, "notes", source => source.State == SourceState.Disabled);
        Assert.Empty(desk.Lines(service, "geheim"));

        // Mended.
        desk.Write(desk.Crm(), desk.NotesSource());
        await desk.InForceAsync(service, "notes", source => source.State == SourceState.Ok);

        // A query file with an error, and mended.
        desk.Query("notes", OperatorsFolder.Notes.Replace("-- name: interactions", "-- name: interactoins", StringComparison.Ordinal));
        await desk.SaysAsync(service, "notes.sql: block 'interactoins' is not known");
        desk.Query("notes", OperatorsFolder.Notes);
        await desk.InForceAsync(service, "notes", source => source.State == SourceState.Ok);

        // One that the store does not understand, and mended.
        desk.Query("notes", OperatorsFolder.Notes.Replace("FROM note", "FROM notes", StringComparison.Ordinal));
        await desk.SaysAsync(service, "no such table: notes");
        desk.Query("notes", OperatorsFolder.Notes);
        await desk.InForceAsync(service, "notes", source => source.State == SourceState.Ok);

        // The settings file is gone, and comes back.
        File.Delete(desk["appsettings.json"]);
        await desk.SaysAsync(service, "those from before stay in force: Sources are gone");
        desk.Write(desk.Crm(), desk.NotesSource(("MaxConnections", "5")));
        await desk.InForceAsync(service, "notes", source => source is { MaxConnections: 5, State: SourceState.Ok });

        // Seven mistakes, seven lines; crm was never touched.
        Assert.Equal(7, desk.Lines(service, "cannot be used", "DISABLED").Count);
        Assert.Empty(desk.Lines(service, "Source crm", "crm changed"));
        var (calls, wrong) = await readers.StopAsync();
        Assert.Empty(wrong);
        Assert.True(calls > 100, $"{calls} calls");
    }

    [Fact]
    public async Task Settings_that_were_refused_for_a_file_that_was_not_there_are_taken_over_when_it_is()
    {
        using var desk = new OperatorsFolder();
        desk.Write(desk.Crm());
        await using var service = await desk.StartAsync();

        desk.Write("\"Registry\": { \"ReadConnectionStringFile\": \"later.secret\" },", desk.Crm(), desk.NotesSource());
        await desk.SaysAsync(service, "Registry:ReadConnectionStringFile 'later.secret' cannot be read");
        await File.WriteAllTextAsync(desk["later.secret"], $"Data Source={desk["registry.db"]}");

        await desk.InForceAsync(service, "notes", source => source.State == SourceState.Ok, TimeSpan.FromSeconds(30));
        Assert.Single(desk.Lines(service, "later.secret"));
    }

    [Fact]
    public async Task Settings_that_need_a_restart_are_named_once_and_without_their_values()
    {
        using var desk = new OperatorsFolder();
        desk.Write(desk.Crm());
        await using var service = await desk.StartAsync();

        desk.Write("""
            "Phone": { "DefaultCountry": "32" },
            "Registry": { "Deadline": "00:00:01" },
            "Systems": { "webcare": { "Within": "05:05:05" } },
            """, desk.Crm(), desk.NotesSource());
        await desk.InForceAsync(service, "notes", source => source.State == SourceState.Ok);
        desk.Write("""
            "Phone": { "DefaultCountry": "32" },
            "Registry": { "Deadline": "00:00:01" },
            "Systems": { "webcare": { "Within": "05:05:05" } },
            """, desk.Crm(), desk.NotesSource(("MaxConnections", "5")));
        await desk.InForceAsync(service, "notes", source => source.MaxConnections == 5);

        var line = Assert.Single(desk.Lines(service, "at the next start"));
        Assert.Contains("Phone:DefaultCountry, Registry:Deadline, Systems:", line, StringComparison.Ordinal);
        Assert.Contains("Systems:webcare:Within", line, StringComparison.Ordinal);
        Assert.DoesNotContain("Sources", line, StringComparison.Ordinal);
        Assert.DoesNotContain("05:05:05", line, StringComparison.Ordinal);

        // National numbers are read as before until then, in the new source too.
        var found = await service.Dossiers.ResolveCustomerAsync(new ResolveCustomerRequest { Keys = { new CustomerKey { Phone = "06 0000 1042" } } });
        Assert.Equal("+31600001042", Assert.Single(Assert.Single(found.Candidates).MatchedKeys).Phone);
    }

    [Fact]
    public async Task On_the_sample_too_a_change_that_needs_a_restart_is_named_and_one_that_cannot_be_read()
    {
        using var folder = TemporaryFolder.WithStores();
        await File.WriteAllTextAsync(folder["appsettings.json"], "{ }");
        await using var service = await DossierProcess.StartAsync(Launch.On(folder.Path) with { WorkingDirectory = folder.Path });
        async Task SaysAsync(string settings, string said)
        {
            await File.WriteAllTextAsync(folder["appsettings.json"], settings);
            await Eventually.TrueAsync(() => Task.FromResult((service.Output + service.Error).Contains(said, StringComparison.Ordinal)), said);
        }

        await SaysAsync("""{ "Sweep": { "Interval": "00:00:07" } }""", "Sweep:Interval");
        await SaysAsync("""{ "Sources": { "crm": { "Provider": "Sqlite" } } }""", "Sources");
        await SaysAsync("""{ "Systms": { "a": "b" } }""", "Systms is not a setting");
        await SaysAsync("{ bad", "is not JSON, in line 1");
        Assert.NotNull((await service.Dossiers.GetDossierAsync(new GetDossierRequest { Name = "customers/1042/dossier" })).Dossier);
    }

    [Fact]
    public async Task A_change_made_while_the_service_was_starting_is_not_lost()
    {
        // crm's store hangs on a lock for as long as a start checks it; the file is changed in that time.
        using var desk = new OperatorsFolder();
        desk.Write(desk.Crm(("Deadline", "00:00:20")));
        using var locked = Rows.Open(desk["administration.db"], SqliteOpenMode.ReadWrite);
        SqliteConnections.Execute(locked, "PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE");
        var starting = desk.StartAsync();
        await Eventually.TrueAsync(() => Task.FromResult(File.Exists(desk["registry.db"])), "the settings have been read");
        await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System);
        desk.Write(desk.Crm(("Deadline", "00:00:20")), desk.NotesSource());
        SqliteConnections.Execute(locked, "ROLLBACK");
        await using var service = await starting;

        await desk.InForceAsync(service, "notes", source => source.State == SourceState.Ok);
    }

    [Fact]
    public async Task A_source_that_does_not_answer_holds_no_other_change_back()
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        using var desk = new OperatorsFolder();
        desk.Write(desk.Crm(), desk.NotesSource());
        await using var service = await desk.StartAsync();

        var port = ((IPEndPoint)silent.LocalEndpoint).Port;
        var hung = desk.Source(
            "hung", ("Provider", "PostgreSql"), ("ConnectionString", $"Host=127.0.0.1;Port={port};Database=x;Username=x"), ("Queries", "db/sources/webcare/queries.postgres.sql"), ("Deadline", "00:00:30"));
        desk.Write(desk.Crm(), desk.NotesSource(("MaxConnections", "5")), hung);

        await desk.InForceAsync(service, "notes", source => source.MaxConnections == 5);
        Assert.NotNull(await desk.SourceAsync(service, "hung"));
    }

    [Fact]
    public async Task A_source_whose_table_was_missing_comes_back_by_itself_once_the_table_is_there()
    {
        using var desk = new OperatorsFolder();
        Rows.Execute(desk["notes.db"], "ALTER TABLE note RENAME TO later");
        desk.Write(desk.Crm(), desk.NotesSource());
        await using var service = await desk.StartAsync();
        Assert.Equal(SourceState.Disabled, (await desk.SourceAsync(service, "notes"))!.State);

        Rows.Execute(desk["notes.db"], "ALTER TABLE later RENAME TO note");
        await desk.InForceAsync(service, "notes", source => source.State == SourceState.Ok, TimeSpan.FromSeconds(15));

        Assert.Contains(await NotesOfAsync(service, "1042"), note => note.Summary == "gesprek van 1042");
        Assert.Single(desk.Lines(service, "DISABLED"));
        Assert.Single(desk.Lines(service, "notes answers again"));
    }

    private static async Task<V1.Dossier> ReadAsync(DossierProcess service, string customer) =>
        (await service.Dossiers.GetDossierAsync(new GetDossierRequest { Name = $"customers/{customer}/dossier" })).Dossier;

    private static async Task<IEnumerable<Interaction>> NotesOfAsync(DossierProcess service, string customer) =>
        (await ReadAsync(service, customer)).Interactions.Where(interaction => interaction.Source == "sources/notes");

    /// <summary>Callers that read one customer each, again and again, and keep what went wrong.</summary>
    private sealed class Readers : IAsyncDisposable
    {
        private readonly CancellationTokenSource stop = new();
        private readonly ConcurrentQueue<string> wrong = new();
        private readonly List<Task> running;
        private long calls;

        private Readers(DossierProcess service, int callers) => running = [.. Enumerable.Range(1042, callers).Select(customer => ReadAsync(service, $"{customer}"))];

        public static Readers Start(DossierProcess service, int callers) => new(service, callers);

        public async Task<(long Calls, IReadOnlyCollection<string> Wrong)> StopAsync()
        {
            await stop.CancelAsync();
            await Task.WhenAll(running);
            return (Interlocked.Read(ref calls), wrong);
        }

        public async ValueTask DisposeAsync()
        {
            await StopAsync();
            stop.Dispose();
        }

        private async Task ReadAsync(DossierProcess service, string customer)
        {
            while (!stop.IsCancellationRequested)
            {
                var began = Stopwatch.GetTimestamp();
                try
                {
                    var dossier = await ReloadTests.ReadAsync(service, customer);
                    foreach (var status in dossier.Sources.Where(status => status.State is not SourceState.Ok && (status.Source != "sources/notes" || status.State != SourceState.Disabled)))
                    {
                        wrong.Enqueue($"{customer}: {status.Source} {status.State} after {Stopwatch.GetElapsedTime(began)}");
                    }

                    foreach (var note in dossier.Interactions.Where(note => note.Source == "sources/notes" && !note.Summary.EndsWith($" van {customer}", StringComparison.Ordinal)))
                    {
                        wrong.Enqueue($"{customer}: {note}");
                    }

                    if (dossier.Customer is null || dossier.Name != $"customers/{customer}/dossier")
                    {
                        wrong.Enqueue($"{customer}: {dossier.Name}");
                    }
                }
                catch (RpcException failed)
                {
                    wrong.Enqueue($"{customer}: {failed.Status}");
                }

                Interlocked.Increment(ref calls);
            }
        }
    }
}
