using System.Collections.Concurrent;
using System.Diagnostics;
using Dapper;
using Dossier.Database;
using Dossier.Tests.Fixtures;
using Dossier.V1;
using Grpc.Core;
using Grpc.Net.Client;
using Npgsql;

namespace Dossier.Tests.ConformanceTests;

/// <summary>On somebody else's server the service is a good guest: few connections under its name, one round trip a read, and nothing left running.</summary>
[NeedsServer(PostgresDatabase.Variable, alsoInCI: true)]
public sealed class PostgresGuestTests
{
    private const int Width = 4;
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(1);

    [ServerFact]
    public async Task One_read_is_one_round_trip_and_one_transaction_that_is_rolled_back()
    {
        var rollbacks = new Dictionary<(string Source, int Reads), long>();
        var trips = new ConcurrentBag<string>();
        using (var servers = new PostgresServers())
        using (Trips(trips))
        {
            // The first time nothing is remembered yet, and more is read.
            foreach (var reads in (int[])[0, 0, 20])
            {
                var before = Servers.Sources.ToDictionary(source => source, source => Rollbacks(servers, source));
                await using (var host = await servers.StartAsync())
                {
                    await Eventually.TrueAsync(async () => (await host.GetAsync("1042")).Customer.Keys.Count > 0, "its keys are remembered");
                    trips.Clear();
                    for (var read = 0; read < reads; read++)
                    {
                        Assert.Empty((await host.GetAsync("1042")).Unreachable);
                    }
                }

                foreach (var source in Servers.Sources)
                {
                    Assert.Equal(reads, trips.Count(database => database == new NpgsqlConnectionStringBuilder(servers.Store(source)).Database));

                    // A server tells its counts when a connection ends.
                    await Eventually.TrueAsync(() => Task.FromResult(Connections(servers, source, "true") == 0), "the connections are gone");
                    rollbacks[(source, reads)] = Rollbacks(servers, source) - before[source];
                }
            }
        }

        // What is read at the start and at the first dossier stands in both.
        foreach (var source in Servers.Sources)
        {
            Assert.Equal(20, rollbacks[(source, 20)] - rollbacks[(source, 0)]);
        }
    }

    [ServerFact]
    public async Task Sixty_four_callers_open_no_more_connections_than_are_allowed_and_under_a_name_of_their_own()
    {
        using var servers = new PostgresServers();
        await using var host = await servers.StartAsync(
            [.. Servers.Sources.SelectMany(source => ((string, string)[])[($"Sources:{source}:MaxConnections", $"{Width}"), ($"Sources:{source}:Deadline", "00:00:30")]), ("Registry:Deadline", "00:00:30")]);
        using var stop = new CancellationTokenSource();
        var most = new ConcurrentDictionary<string, long>(StringComparer.Ordinal);
        var watching = Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                foreach (var source in Servers.Sources)
                {
                    most.AddOrUpdate(source, _ => 0, (_, known) => Math.Max(known, Connections(servers, source, $"application_name = 'dossier/{source}'")));
                }

                await Task.Delay(5, CancellationToken.None);
            }
        });

        var dossiers = await Calls.AtOnceAsync(64, async number =>
        {
            var whole = true;
            for (var read = 0; read < 4; read++)
            {
                whole &= (await host.GetAsync($"{2001 + number}")).Unreachable.Count == 0;
            }

            return whole;
        });
        await stop.CancelAsync();
        await watching;

        Assert.All(dossiers, Assert.True);
        foreach (var source in Servers.Sources)
        {
            Assert.InRange(most[source], 1, Width);
            Assert.Equal(0, Connections(servers, source, $"application_name <> 'dossier/{source}' AND pid <> pg_backend_pid()"));
        }

        Assert.InRange(servers.Query<long>("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'dossier/registry'").Single(), 1, 2 * 16);
    }

    [ServerFact]
    public async Task A_table_that_its_owner_has_locked_costs_its_source_and_leaves_nothing_waiting()
    {
        using var servers = new PostgresServers();
        await using var host = await servers.StartAsync(("Sources:telephony:Deadline", Deadline.ToString()));
        var whole = await host.GetAsync("1042");
        using var owner = servers.Open(servers.StoreOwner("telephony"));
        await owner.ExecuteAsync("BEGIN; LOCK TABLE call IN ACCESS EXCLUSIVE MODE");

        for (var read = 0; read < 3; read++)
        {
            var started = Stopwatch.GetTimestamp();
            var dossier = await host.GetAsync("1042");

            // The rest is for a busy machine; another deadline would be five seconds.
            Assert.InRange(Stopwatch.GetElapsedTime(started), TimeSpan.Zero, Deadline + TimeSpan.FromSeconds(2));
            Assert.Contains(dossier.Sources.Single(source => source.Source == "sources/telephony").State, (SourceState[])[SourceState.TimedOut, SourceState.Unreachable, SourceState.Partial]);
            Assert.Equal(["sources/telephony"], dossier.Unreachable);
            Assert.Equal(whole.Interactions.Where(interaction => interaction.Source == "sources/webcare"), dossier.Interactions.Where(interaction => interaction.Source == "sources/webcare"));
            Assert.Equal(whole.Invoices, dossier.Invoices);
        }

        await LeavesNothingAsync(servers);
        await owner.ExecuteAsync("ROLLBACK;");
        await Eventually.TrueAsync(async () => (await host.GetAsync("1042")).Unreachable.Count == 0, "telephony is read again", TimeSpan.FromSeconds(10));
    }

    [ServerFact]
    public async Task A_statement_that_sleeps_is_ended_on_the_server_too()
    {
        using var folder = TemporaryFolder.Empty();
        using var servers = new PostgresServers();
        await using var host = await SleepingAsync(folder, servers);

        var dossier = await host.GetAsync("1042");

        Assert.Equal(SourceState.TimedOut, dossier.Sources.Single(source => source.Source == "sources/telephony").State);
        await LeavesNothingAsync(servers);
        var source = (await host.Dossiers.GetSourceAsync(new GetSourceRequest { Name = "sources/telephony" })).Source;
        Assert.Equal(0, source.AbandonedReads);
        Assert.StartsWith("TIMED_OUT", source.LastFailure, StringComparison.Ordinal);
    }

    [ServerFact]
    public async Task A_caller_who_goes_away_leaves_no_statement_that_runs_past_the_deadline_of_its_source()
    {
        using var folder = TemporaryFolder.Empty();
        using var servers = new PostgresServers();
        await using var host = await SleepingAsync(folder, servers);
        using var gone = new CancellationTokenSource();

        var asking = host.Dossiers.GetDossierAsync(new GetDossierRequest { Name = "customers/1042/dossier" }, cancellationToken: gone.Token).ResponseAsync;
        await Eventually.TrueAsync(() => Task.FromResult(Connections(servers, "telephony", Sleeping) == 1), "the statement sleeps");
        await gone.CancelAsync();

        Assert.Equal(StatusCode.Cancelled, (await Assert.ThrowsAsync<RpcException>(() => asking)).StatusCode);
        await LeavesNothingAsync(servers);
    }

    [ServerFact]
    public async Task Ten_thousand_callers_who_go_away_leave_no_query_and_no_connection_behind()
    {
        var calls = ServerFactAttribute.IsCI ? 10_000 : 2_000;
        using var servers = new PostgresServers();
        await using var host = await servers.StartAsync(
            [.. Servers.Sources.SelectMany(source => ((string, string)[])[($"Sources:{source}:MaxConnections", $"{Width}"), ($"Sources:{source}:Deadline", Deadline.ToString())]), ("Limits:PerCaller", "10000"), ("Limits:Reads", "10000")]);
        await host.GetAsync("1042");

        // Kestrel ends a connection of which many streams were reset faster than it could finish them, so one would not do.
        var channels = Enumerable.Range(0, 16).Select(_ => GrpcChannel.ForAddress(host.Address)).ToList();
        var left = 0;
        await Parallel.ForAsync(0, calls, new ParallelOptions { MaxDegreeOfParallelism = 32 }, async (number, _) =>
        {
            using var gone = new CancellationTokenSource(TimeSpan.FromMilliseconds(1 + (number % 5)));
            try
            {
                await new DossierService.DossierServiceClient(channels[number % channels.Count]).GetDossierAsync(
                    new GetDossierRequest { Name = $"customers/{2001 + (number % 500)}/dossier" }, cancellationToken: gone.Token);
            }
            catch (RpcException ended) when (ended.StatusCode == StatusCode.Cancelled)
            {
                Interlocked.Increment(ref left);
            }
        });
        channels.ForEach(channel => channel.Dispose());

        Assert.True(left > calls / 2, $"Only {left} callers went away: the test proves nothing.");
        await Task.Delay(Deadline, TimeProvider.System);
        foreach (var source in Servers.Sources)
        {
            await Eventually.TrueAsync(
                () => Task.FromResult(Connections(servers, source, $"application_name = 'dossier/{source}' AND state <> 'idle'") == 0), $"the server runs nothing of ours for {source}");
            Assert.InRange(Connections(servers, source, $"application_name = 'dossier/{source}'"), 1, Width);
            Assert.Equal(0, (await host.Dossiers.GetSourceAsync(new GetSourceRequest { Name = $"sources/{source}" })).Source.AbandonedReads);
        }

        Assert.InRange(servers.Query<long>("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'dossier/registry'").Single(), 1, 2 * 16);
        await Eventually.TrueAsync(async () => (await host.GetAsync("1042")).Unreachable.Count == 0, "every source is read");
    }

    /// <summary>The service with a telephony whose statement sleeps for half a minute.</summary>
    private static async Task<DossierHost> SleepingAsync(TemporaryFolder folder, PostgresServers servers)
    {
        var file = SqlText.Read("sources/telephony/queries.postgres.sql")
            .Replace("-- name: interactions\nWITH page AS (", "-- name: interactions\nWITH slow AS MATERIALIZED (SELECT pg_sleep(30)), page AS (", StringComparison.Ordinal)
            .Replace("FROM page\nJOIN call", "FROM slow CROSS JOIN page\nJOIN call", StringComparison.Ordinal);
        Assert.Equal(2, file.Split("slow").Length - 1);
        await File.WriteAllTextAsync(folder["slow.sql"], file);
        return await servers.StartAsync(("Sources:telephony:Queries", folder["slow.sql"]), ("Sources:telephony:Deadline", Deadline.ToString()));
    }

    /// <summary>A deadline and a second later the server runs nothing of ours.</summary>
    private static async Task LeavesNothingAsync(PostgresServers servers)
    {
        await Task.Delay(Deadline + TimeSpan.FromSeconds(1), TimeProvider.System);
        Assert.Equal(0, Connections(servers, "telephony", Sleeping));
    }

    private const string Sleeping = "application_name = 'dossier/telephony' AND state <> 'idle'";

    private static long Connections(Servers servers, string source, string which) => servers.Query<long>(
        $"SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid() AND {which}", null, source).Single();

    private static long Rollbacks(Servers servers, string source) =>
        servers.Query<long>("SELECT xact_rollback FROM pg_stat_database WHERE datname = current_database()", null, source).Single();

    /// <summary>Collects the database of every command: what the driver sends is one of its spans.</summary>
    private static ActivityListener Trips(ConcurrentBag<string> databases)
    {
        var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "Npgsql",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = command => databases.Add($"{command.GetTagItem("db.name") ?? command.GetTagItem("db.namespace")}"),
        };
        ActivitySource.AddActivityListener(listener);
        return listener;
    }
}
