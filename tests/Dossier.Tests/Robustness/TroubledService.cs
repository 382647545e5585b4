using System.Diagnostics;
using System.Globalization;
using Dossier.Sample;
using Dossier.Tests.ConformanceTests;
using Dossier.Tests.Fixtures;
using Dossier.V1;
using Grpc.Core;

namespace Dossier.Tests.RobustnessTests;

/// <summary>What callers and operators are promised of a source while it has one trouble.</summary>
/// <param name="States">The states that its reads may have, and no other.</param>
/// <param name="Must">One of them that must be seen; null for any but OK.</param>
/// <param name="Because">What GetSource says of each read that was made.</param>
/// <param name="Breaker">The breaker opens, or never does; null where it is a matter of chance.</param>
internal sealed record Trouble(SourceState[] States, SourceState? Must, string Because, bool? Breaker)
{
    /// <summary>Nobody answers: whether a read was tried or refused because others failed, the source is UNREACHABLE.</summary>
    public static Trouble Refused(string because) => new([SourceState.Unreachable], SourceState.Unreachable, because, true);

    /// <summary>No answer comes: TIMED_OUT for who waited, and UNREACHABLE, at once, for those who come after.</summary>
    public static readonly Trouble Silent = new([SourceState.TimedOut, SourceState.Unreachable], SourceState.TimedOut, "TIMED_OUT", true);

    /// <summary>One block fails and the others are read, always.</summary>
    public static Trouble Partly(string because) => new([SourceState.Partial], SourceState.Partial, because, false);
}

/// <summary>
/// A service whose webcare store is troubled by its owner, or by the proxy in front of it; many callers with short deadlines, and an
/// observer of what piles up. Its other stores are SQLite files and have nothing.
/// </summary>
internal sealed class TroubledService : IAsyncDisposable
{
    public const int MaxConnections = 8;
    private const int Callers = 16;

    // The registry's readers and its writer, which have the most connections to one file, and one that is opened as another is closed.
    private const int Places = 16 + 1 + 1;
    private const string Webcare = "sources/webcare";
    private readonly string folder = DossierHost.NewDataDirectory();
    private readonly Dictionary<string, V1.Dossier> whole = new(StringComparer.Ordinal);
    private TimeSpan own;
    private TimeSpan patience;
    private Held before = null!;

    private TroubledService()
    {
    }

    public TroubledStore Store { get; private set; } = null!;

    /// <summary>The store, where it is on a server.</summary>
    public TroubledServer Server => (TroubledServer)Store;

    public DossierHost Host { get; private set; } = null!;

    /// <summary>300 in CI; DOSSIER_TEST_CALLS for more.</summary>
    public static int Calls => Environment.GetEnvironmentVariable("DOSSIER_TEST_CALLS") is { Length: > 0 } calls ? int.Parse(calls, CultureInfo.InvariantCulture) : 300;

    /// <summary>With the store on a PostgreSQL server.</summary>
    /// <param name="prepare">What the owner does to the store before the service starts.</param>
    /// <param name="queries">Makes another query file of the shipped one.</param>
    /// <param name="hurried">The time is tested; else each caller has more of it than a busy machine takes.</param>
    public static Task<TroubledService> StartAsync(string prepare = "SELECT 1", Func<string, string>? queries = null, bool hurried = false) =>
        new TroubledService().StartAsync(TroubledServer.Create(prepare), queries, hurried);

    /// <summary>With the store in a file.</summary>
    public static Task<TroubledService> OnFileAsync(string prepare = "SELECT 1", Func<string, string>? queries = null, bool hurried = false)
    {
        var service = new TroubledService();
        var store = new TroubledFile(Path.Combine(service.folder, "webcare.db"));
        store.Execute(prepare);
        return service.StartAsync(store, queries, hurried);
    }

    /// <summary>What a trouble must look like from outside while it lasts, and that it leaves nothing behind.</summary>
    /// <param name="strike">Begins it.</param>
    /// <param name="end">Ends it.</param>
    /// <param name="trouble">What is promised.</param>
    public async Task StrikeAsync(Action strike, Action end, Trouble trouble)
    {
        using var watch = new TroubleWatch(this);
        strike();
        var (found, waited) = (false, 0);
        await CallAsync(Calls, Check);
        if (trouble == Trouble.Silent)
        {
            Assert.True(waited < Calls / 2, $"{waited} of {Calls} callers waited for a store that gives no answer");
        }

        // On a fast machine the calls may be over before the breaker has seen enough of them. All callers at once: so few calls as one caller
        // makes who waits for each do not open it.
        var seen = watch.Seen;
        await Eventually.TrueAsync(
            async () =>
            {
                await CallAsync(Callers, Check);
                return found && seen.Said(trouble.Because) && (trouble.Breaker != true || seen is { BreakerOpen: true, BreakerMetric: true });
            },
            () => $"it was seen as {trouble.Must}: {found}; GetSource said '{trouble.Because}' of {seen}; the breaker opened: {trouble.Breaker}",
            TimeSpan.FromSeconds(30));
        await watch.EndAsync();
        foreach (var (state, reason) in seen.Failures.Keys)
        {
            AssertTold(trouble, state, reason);
        }


        // For each place one that ends and one that begins: a server tells of a connection for a moment longer than its client has it.
        Assert.True(seen.Connections <= 2 * MaxConnections, $"{seen.Connections} connections of dossier/webcare");
        Assert.True(seen.Abandoned <= MaxConnections, $"{seen.Abandoned} abandoned reads");
        if (trouble.Breaker == false)
        {
            Assert.Equal((false, false), (seen.BreakerOpen, seen.BreakerMetric));
        }

        var ended = Stopwatch.GetTimestamp();
        end();
        await Eventually.TrueAsync(async () => StateOf(await ReadAsync("1042")) == SourceState.Ok, "the source is OK again", TimeSpan.FromSeconds(10));
        Assert.True(Stopwatch.GetElapsedTime(ended) < TimeSpan.FromSeconds(10), "it took longer than 10 s to recover");
        await AssertAsBeforeAsync();

        void Check(V1.Dossier dossier)
        {
            AssertTruthful(dossier, trouble);
            Interlocked.Add(ref waited, StateOf(dossier) == SourceState.TimedOut ? 1 : 0);
            found |= trouble.Must is { } must ? StateOf(dossier) == must : StateOf(dossier) != SourceState.Ok;
        }
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

        await Eventually.TrueAsync(() => Task.FromResult(Store.Connections() <= MaxConnections), () => $"{Store.Connections()} connections are no more than {MaxConnections}");
        Held after = null!;
        await Eventually.TrueAsync(
            () =>
            {
                after = Held();
                return Task.FromResult(after.IsNoMoreThan(before, Places));
            },
            () => $"{after} is no more than {before}");
    }

    public async Task<V1.Dossier> ReadAsync(string customer) => (await Host.Dossiers.GetDossierAsync(
        new GetDossierRequest { Name = $"customers/{customer}/dossier" }, deadline: TimeProvider.System.GetUtcNow().UtcDateTime + patience)).Dossier;

    public async Task CallAsync(int calls, Action<V1.Dossier> check)
    {
        var customers = whole.Keys.ToList();
        var (next, done) = (0, 0);
        await Task.WhenAll(Enumerable.Range(0, Callers).Select(_ => Task.Run(async () =>
        {
            for (var call = Interlocked.Increment(ref next); call <= calls; call = Interlocked.Increment(ref next))
            {
                // A dossier that comes after its deadline is an error of the call.
                var dossier = await ReadAsync(customers[call % customers.Count]);
                check(dossier);
                Interlocked.Increment(ref done);
            }
        })));
        Assert.Equal(calls, done);
    }

    public async Task<Source> SourceAsync() => (await Host.Dossiers.GetSourceAsync(new GetSourceRequest { Name = Webcare })).Source;

    public static SourceState StateOf(V1.Dossier dossier) => dossier.Sources.Single(source => source.Source == Webcare).State;

    public async ValueTask DisposeAsync()
    {
        await Host.DisposeAsync();
        if (Store is TroubledServer { Proxy: var proxy })
        {
            await proxy.DisposeAsync();
        }

        Store.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    /// <summary>The reason belongs to the state, and is the trouble's own or that others met it.</summary>
    private static void AssertTold(Trouble trouble, SourceState state, string reason)
    {
        Assert.DoesNotContain("1042", reason, StringComparison.Ordinal);
        var word = reason.Split(':')[0];
        SourceState[] states = word switch
        {
            "TIMED_OUT" => [SourceState.TimedOut],
            "BREAKER_OPEN" or "LANE_FULL" => [SourceState.Unreachable],
            "FAILED" => [SourceState.Unreachable, SourceState.Partial],
            _ => [],
        };
        Assert.True(states.Contains(state) && trouble.States.Contains(state), $"{state} because of '{reason}'");

        // The first who find no place do so before any read has failed.
        Assert.True(reason.Contains(trouble.Because, StringComparison.Ordinal) || reason is "BREAKER_OPEN" or "LANE_FULL", $"'{reason}' does not tell '{trouble.Because}'");
    }

    private async Task<TroubledService> StartAsync(TroubledStore store, Func<string, string>? queries, bool hurried)
    {
        Store = store;
        (own, patience) = hurried ? (TimeSpan.FromMilliseconds(400), TimeSpan.FromSeconds(5)) : (TimeSpan.FromSeconds(20), TimeSpan.FromSeconds(40));
        var file = $"db/sources/webcare/queries.{store.Folder}.sql";
        if (queries is not null)
        {
            var shipped = Repository.Read(file.Split('/'));
            file = Path.Combine(folder, "webcare.sql");
            await File.WriteAllTextAsync(file, queries(shipped));
        }

        Host = await DossierHost.StartAsync(
            Servers.Clock,
            [
                ("Sources:webcare:Provider", store.Provider), ("Sources:webcare:ConnectionString", store.ConnectionString), ("Sources:webcare:Queries", file),
                ("Sources:webcare:Deadline", $"{own}"), ("Sources:webcare:MaxConnections", $"{MaxConnections}"),
                .. Sqlite("telephony"), ("Sources:telephony:KeySpellings:phone:0", "national"),
                .. Sqlite("administration"), ("Sources:administration:CustomerSource", "true"),
                ("Registry:Deadline", $"{patience / 2}"),
            ]);
        await WarmAsync();
        return this;
    }

    private Held Held() => RobustnessTests.Held.Now((Store as TroubledServer)?.Proxy, folder, Host.DataDirectory);

    private (string Key, string Value)[] Sqlite(string source) =>
    [
        ($"Sources:{source}:ConnectionString", $"Data Source={Path.Combine(folder, source + ".db")}"),
        ($"Sources:{source}:Queries", $"db/sources/{source}/queries.sqlite.sql"),

        // Two cores may be busy: what is tested is the other store's deadline.
        ($"Sources:{source}:Deadline", $"{patience - TimeSpan.FromSeconds(1)}"),
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
        before = Held();
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
    private void AssertTruthful(V1.Dossier dossier, Trouble trouble)
    {
        var known = whole[dossier.Name.Split('/')[1]];
        var status = dossier.Sources.Single(source => source.Source == Webcare);
        Assert.Contains(status.State, trouble.States);
        if (status.State == SourceState.TimedOut)
        {
            // Nobody is told that it took too long who did not wait for so long.
            Assert.True(status.Elapsed.ToTimeSpan() > own * 0.9, $"TIMED_OUT after {status.Elapsed.ToTimeSpan()}");
        }

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
}
