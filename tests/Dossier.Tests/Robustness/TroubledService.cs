using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Globalization;
using Dapper;
using Dossier.Sample;
using Dossier.Tests.ConformanceTests;
using Dossier.Tests.Fixtures;
using Dossier.V1;
using Grpc.Core;

namespace Dossier.Tests.RobustnessTests;

/// <summary>
/// A service whose webcare store stands on PostgreSQL behind a proxy, the others on SQLite; many callers with short deadlines, and
/// an observer of what piles up.
/// </summary>
internal sealed class TroubledService : IAsyncDisposable
{
    public const int MaxConnections = 8;
    private const int Callers = 16;
    private const string Webcare = "sources/webcare";
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(100);
    private readonly string folder = DossierHost.NewDataDirectory();
    private readonly Dictionary<string, V1.Dossier> whole = new(StringComparer.Ordinal);
    private Resources before = null!;

    private TroubledService(PostgresDatabase store, string login, TroubledProxy proxy) => (Store, Login, Proxy) = (store, login, proxy);

    public PostgresDatabase Store { get; }

    public TroubledProxy Proxy { get; }

    public DossierHost Host { get; private set; } = null!;

    /// <summary>Who reads the store.</summary>
    public string Login { get; }

    /// <summary>300 in CI; DOSSIER_TEST_CALLS for more.</summary>
    public static int Calls => Environment.GetEnvironmentVariable("DOSSIER_TEST_CALLS") is { Length: > 0 } calls ? int.Parse(calls, CultureInfo.InvariantCulture) : 300;

    /// <param name="prepare">What the owner does to the store before the service starts.</param>
    /// <param name="queries">Makes another query file of the shipped one.</param>
    /// <param name="deadline">The store's.</param>
    public static async Task<TroubledService> StartAsync(string prepare = "", Func<string, string>? queries = null, string deadline = "00:00:00.400")
    {
        var store = PostgresDatabase.Store("webcare");
        var login = "troubled_" + Guid.NewGuid().ToString("N")[..8];
        store.Execute($"{prepare}; CREATE ROLE {login} LOGIN; GRANT pg_read_all_data TO {login};");
        var proxy = TroubledProxy.Before(new Npgsql.NpgsqlConnectionStringBuilder(store.Owner) { Username = login }.ConnectionString);
        var service = new TroubledService(store, login, proxy);
        var file = "db/sources/webcare/queries.postgres.sql";
        if (queries is not null)
        {
            file = Path.Combine(service.folder, "webcare.sql");
            await File.WriteAllTextAsync(file, queries(Repository.Read("db", "sources", "webcare", "queries.postgres.sql")));
        }

        service.Host = await DossierHost.StartAsync(
            Servers.Clock,
            [
                ("Sources:webcare:Provider", "PostgreSql"), ("Sources:webcare:ConnectionString", proxy.ConnectionString), ("Sources:webcare:Queries", file),
                ("Sources:webcare:Deadline", deadline), ("Sources:webcare:MaxConnections", $"{MaxConnections}"),
                .. service.Sqlite("telephony"), ("Sources:telephony:KeySpellings:phone:0", "national"),
                .. service.Sqlite("administration"), ("Sources:administration:CustomerSource", "true"),
            ]);
        await service.WarmAsync();
        return service;
    }

    /// <summary>What a trouble must look like from outside while it lasts, and that it leaves nothing behind.</summary>
    /// <param name="strike">Begins it.</param>
    /// <param name="end">Ends it.</param>
    /// <param name="states">The states that the source may have.</param>
    /// <param name="must">One of them that must have been seen.</param>
    /// <param name="reasons">What GetSource says, in one of its answers at least.</param>
    /// <param name="breaker">The breaker opens, in GetSource and in the metrics; null where that depends on the machine.</param>
    public async Task StrikeAsync(Action strike, Action end, SourceState[] states, SourceState must, string reasons, bool? breaker)
    {
        using var watch = new Watch(this);
        strike();
        var dossiers = await CallAsync(Calls, dossier => AssertTruthful(dossier, states));
        var found = dossiers.Any(dossier => StateOf(dossier) == must);

        // On a fast machine the calls may be over before the breaker has seen enough of them.
        var seen = watch.Seen;
        await Eventually.TrueAsync(
            async () =>
            {
                var dossier = await ReadAsync("1042");
                AssertTruthful(dossier, states);
                found |= StateOf(dossier) == must;
                return found && seen.Said(reasons) && (breaker != true || seen is { BreakerOpen: true, BreakerMetric: true });
            },
            $"it was seen as {must}, GetSource said '{reasons}', and the breaker opened: {breaker}",
            TimeSpan.FromSeconds(20));
        await watch.EndAsync();
        Assert.DoesNotContain(seen.Reasons.Keys, reason => reason.Contains("1042", StringComparison.Ordinal));
        Assert.True(seen.Connections <= MaxConnections, $"{seen.Connections} connections of dossier/webcare");
        Assert.True(seen.Abandoned <= MaxConnections, $"{seen.Abandoned} abandoned reads");
        if (breaker == false)
        {
            Assert.Equal((false, false), (seen.BreakerOpen, seen.BreakerMetric));
        }

        var ended = Stopwatch.GetTimestamp();
        end();
        await Eventually.TrueAsync(async () => StateOf(await ReadAsync("1042")) == SourceState.Ok, "the source is OK again", TimeSpan.FromSeconds(10));
        Assert.True(Stopwatch.GetElapsedTime(ended) < TimeSpan.FromSeconds(10), "it took longer than 10 s to recover");
        await AssertAsBeforeAsync();
    }

    /// <summary>The dossiers of before, and no more threads, connections, handles or memory than then.</summary>
    public async Task AssertAsBeforeAsync()
    {
        // A breaker that was half open when the last read came may open once more.
        await Eventually.TrueAsync(async () => (await SourceAsync()) is { AbandonedReads: 0, BreakerOpen: false, State: SourceState.Ok }, "no read is abandoned");
        foreach (var (customer, dossier) in whole)
        {
            Assert.Equal(Bare(dossier), Bare(await ReadAsync(customer)));
        }

        await using var owner = Store.Open();
        await Eventually.TrueAsync(() => Task.FromResult(Connections(owner) <= MaxConnections), "no connection is left over");
        Resources after = null!;
        await Eventually.TrueAsync(
            () =>
            {
                after = Resources.Now();
                return Task.FromResult(after.IsNear(before));
            },
            $"nothing has piled up since {before}",
            TimeSpan.FromSeconds(20));
    }

    public async Task<V1.Dossier> ReadAsync(string customer, TimeSpan? within = null) => (await Host.Dossiers.GetDossierAsync(
        new GetDossierRequest { Name = $"customers/{customer}/dossier" }, deadline: TimeProvider.System.GetUtcNow().UtcDateTime + (within ?? Deadline))).Dossier;

    public async Task<IReadOnlyList<V1.Dossier>> CallAsync(int calls, Action<V1.Dossier> check, TimeSpan? within = null)
    {
        var dossiers = new ConcurrentBag<V1.Dossier>();
        var customers = whole.Keys.ToList();
        var next = 0;
        await Task.WhenAll(Enumerable.Range(0, Callers).Select(_ => Task.Run(async () =>
        {
            for (var call = Interlocked.Increment(ref next); call <= calls; call = Interlocked.Increment(ref next))
            {
                // A dossier that comes after its deadline is an error of the call.
                var dossier = await ReadAsync(customers[call % customers.Count], within);
                check(dossier);
                dossiers.Add(dossier);
            }
        })));
        Assert.Equal(calls, dossiers.Count);
        return [.. dossiers];
    }

    public async Task<Source> SourceAsync() => (await Host.Dossiers.GetSourceAsync(new GetSourceRequest { Name = Webcare })).Source;

    public static SourceState StateOf(V1.Dossier dossier) => dossier.Sources.Single(source => source.Source == Webcare).State;

    public async ValueTask DisposeAsync()
    {
        await Host.DisposeAsync();
        await Proxy.DisposeAsync();
        Store.Execute($"REASSIGN OWNED BY {Login} TO CURRENT_USER; DROP OWNED BY {Login}; DROP ROLE {Login}");
        Store.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    private static int Connections(Npgsql.NpgsqlConnection owner) =>
        owner.QuerySingle<int>("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'dossier/webcare' AND datname = current_database()");

    private (string Key, string Value)[] Sqlite(string source) =>
    [
        ($"Sources:{source}:ConnectionString", $"Data Source={Path.Combine(folder, source + ".db")}"),
        ($"Sources:{source}:Queries", $"db/sources/{source}/queries.sqlite.sql"),

        // Two cores may be busy: what is tested is the other store's deadline.
        ($"Sources:{source}:Deadline", "00:00:01.200"),
    ];

    private async Task WarmAsync()
    {
        foreach (var customer in Enumerable.Range(1042, 11).Select(number => $"{number}"))
        {
            await ReadAsync(customer);
            var dossier = await Soon(customer);
            if (dossier.Sources.All(source => source.State == SourceState.Ok) && dossier.Interactions.Any(interaction => interaction.Source == Webcare))
            {
                whole[customer] = dossier;
            }
        }

        Assert.InRange(whole.Count, 3, 11);
        await CallAsync(64, _ => { });
        before = Resources.Now();
    }

    private async Task<V1.Dossier> Soon(string customer)
    {
        V1.Dossier dossier = null!;
        await Eventually.TrueAsync(
            async () =>
            {
                dossier = await ReadAsync(customer);
                return dossier.Unreachable.Count == 0;
            },
            "every source is read");
        return dossier;
    }

    /// <summary>Nothing but the troubled source is missing, it says so, and nothing is there that was not before.</summary>
    private void AssertTruthful(V1.Dossier dossier, SourceState[] states)
    {
        var known = whole[dossier.Name.Split('/')[1]];
        var status = dossier.Sources.Single(source => source.Source == Webcare);
        Assert.Contains(status.State, states);
        Assert.Equal(status.State == SourceState.Ok ? "" : Webcare, string.Join(' ', dossier.Unreachable));
        Assert.Equal(Others(known.Sources), Others(dossier.Sources));
        Assert.Equal(known.Invoices, dossier.Invoices);
        Assert.Equal(known.Payments, dossier.Payments);
        Assert.Equal(known.DunningNotices, dossier.DunningNotices);
        Assert.Equal(known.Products, dossier.Products);
        Assert.Equal(known.Conflicts, dossier.Conflicts);
        Assert.Equal(known.Customer.DisplayName, dossier.Customer.DisplayName);
        Assert.Equal(known.Interactions.Where(found => found.Source != Webcare), dossier.Interactions.Where(found => found.Source != Webcare));
        var read = dossier.Interactions.Where(found => found.Source == Webcare).ToList();
        var section = status.Sections.Single(part => part.Section == Section.Interactions);
        if (section.State == SourceState.Ok)
        {
            Assert.Equal(known.Interactions.Where(found => found.Source == Webcare).Select(found => found.Name), read.Select(found => found.Name));
        }
        else
        {
            // A section that was not read to its end gives nothing: half of it would pass for all of it.
            Assert.Empty(read);
            Assert.Equal(0, section.ItemCount);
        }
    }

    private static IEnumerable<string> Others(IEnumerable<SourceStatus> sources) => sources
        .Where(source => source.Source != Webcare)
        .Select(source => $"{source.Source} {source.State} {string.Join(' ', source.Sections.Select(section => $"{section.Section}={section.State}/{section.ItemCount}"))}");

    private static string Bare(V1.Dossier dossier)
    {
        var bare = dossier.Clone();
        (bare.AssembleTime, bare.RegistrySequence, bare.NextPageToken) = (null, 0, "");
        foreach (var source in bare.Sources)
        {
            (source.AsOf, source.Elapsed) = (null, null);
        }

        return bare.ToString();
    }

    /// <summary>What this process holds.</summary>
    private sealed record Resources(int Handles, int Threads, long Memory)
    {
        public static Resources Now()
        {
            var memory = GC.GetTotalMemory(forceFullCollection: true);
            using var process = Process.GetCurrentProcess();
            return new Resources(Directory.Exists("/proc/self/fd") ? Directory.GetFiles("/proc/self/fd").Length : process.HandleCount, process.Threads.Count, memory);
        }

        // The pool keeps a thread for each place of each lane; calls of the proxy and the client are in this process too.
        public bool IsNear(Resources earlier) => Handles <= earlier.Handles + 40 && Threads <= earlier.Threads + 90 && Memory <= earlier.Memory + (24L << 20);
    }

    /// <summary>Looks while a trouble lasts.</summary>
    private sealed class Watch : IDisposable
    {
        private readonly TroubledService service;
        private readonly CancellationTokenSource over = new();
        private readonly MeterListener metrics = new();
        private readonly Npgsql.NpgsqlConnection owner;
        private readonly Task looking;

        public Watch(TroubledService service)
        {
            this.service = service;
            owner = service.Store.Open();
            metrics.InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Name is "dossier.source.breaker" or "dossier.source.abandoned")
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            };
            metrics.SetMeasurementEventCallback<int>((instrument, value, tags, _) =>
            {
                if (tags.ToArray().Any(tag => tag is { Key: "dossier.source", Value: "webcare" }))
                {
                    Seen.BreakerMetric |= instrument.Name == "dossier.source.breaker" && value == 1;
                    Seen.Abandoned = Math.Max(Seen.Abandoned, instrument.Name == "dossier.source.abandoned" ? value : 0);
                }
            });
            metrics.Start();
            looking = Task.Run(LookAsync);
        }

        public Seen Seen { get; } = new();

        public async Task EndAsync()
        {
            await over.CancelAsync();
            await looking;
        }

        public void Dispose()
        {
            over.Cancel();
            metrics.Dispose();
            owner.Dispose();
            over.Dispose();
        }

        private async Task LookAsync()
        {
            while (!over.IsCancellationRequested)
            {
                var source = await service.SourceAsync();
                if (source.State != SourceState.Ok)
                {
                    Seen.Reasons.TryAdd(source.LastFailure, 0);
                }

                Seen.BreakerOpen |= source.BreakerOpen;
                metrics.RecordObservableInstruments();
                Seen.Connections = Math.Max(Seen.Connections, Connections(owner));
                await Task.Delay(Look, TimeProvider.System);
            }
        }
    }

    private sealed class Seen
    {
        public ConcurrentDictionary<string, byte> Reasons { get; } = new(StringComparer.Ordinal);

        public bool Said(string words) => Reasons.Keys.Any(reason => reason.Contains(words, StringComparison.Ordinal));

        public bool BreakerOpen { get; set; }

        public bool BreakerMetric { get; set; }

        public int Abandoned { get; set; }

        public int Connections { get; set; }
    }
}
