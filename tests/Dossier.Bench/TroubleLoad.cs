using System.Diagnostics;
using System.Globalization;
using Dossier.Database;
using Dossier.Sample;
using Dossier.Tests.Fixtures;
using Dossier.V1;
using Grpc.Core;
using Grpc.Net.Client;
using Npgsql;

namespace Dossier.Bench;

/// <summary>
/// GetDossier while one store is in trouble: webcare on the PostgreSQL of DOSSIER_TEST_POSTGRES behind a proxy, the other stores on
/// SQLite. The largest source deadline is what a caller should wait at most; and how long it takes until the source is OK again.
/// </summary>
internal static class TroubleLoad
{
    private const string Variable = "DOSSIER_TEST_POSTGRES";
    private const string Webcare = "sources/webcare";
    private const int Customers = 11;
    private const int Agents = 16;
    private static readonly TimeSpan Budget = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan Largest = TimeSpan.FromMilliseconds(400);
    private static readonly TimeSpan Settled = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan TooLong = TimeSpan.FromSeconds(30);

    public static async Task RunAsync(int callers, TimeSpan length, CancellationToken stop)
    {
        var server = Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } given
            ? given
            : throw new InvalidOperationException($"{Variable} is not set. Run tests/with-postgres.sh dotnet run -c Release --project tests/Dossier.Bench -- trouble");
        var folder = Directory.CreateTempSubdirectory("dossier-trouble-").FullName;
        SampleStores.Create(folder);
        var database = "dossier_bench_" + Guid.NewGuid().ToString("N")[..12];
        Execute(server, $"CREATE DATABASE {database}");
        var store = new NpgsqlConnectionStringBuilder(server) { Database = database, Pooling = false }.ConnectionString;
        SampleCopy.Copy("webcare", Path.Combine(folder, "webcare.db"), Vendor.Find("PostgreSql")!, store);
        try
        {
            await using var proxy = TroubledProxy.Before(store);
            await using var service = await BenchService.OpenAsync(null, stop, [.. Settings(folder, proxy)]);
            using var channel = GrpcChannel.ForAddress(service.Address);
            var client = new DossierService.DossierServiceClient(channel);
            await ServeAsync(client, callers, TimeSpan.FromSeconds(5), stop);
            await PrintTimesAsync(client, proxy, callers, length, stop);
            await PrintLookUpsAsync(client, proxy, length, stop);
            await PrintRecoveryAsync(client, proxy, callers, stop);
        }
        finally
        {
            Execute(server, $"DROP DATABASE {database} WITH (FORCE)");
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task PrintTimesAsync(DossierService.DossierServiceClient client, TroubledProxy proxy, int callers, TimeSpan length, CancellationToken stop)
    {
        Console.WriteLine($"GetDossier, {callers} callers for {length.TotalSeconds:0} s each, {Environment.ProcessorCount} cores, largest source deadline {Largest.TotalMilliseconds:0} ms");
        Console.WriteLine();
        Console.WriteLine("| webcare | requests/s | p50 ms | p99 ms | largest ms | p99 less the deadline, ms | OK | TIMED_OUT | UNREACHABLE | PARTIAL | other sources failed | calls failed |");
        Console.WriteLine("|---|---|---|---|---|---|---|---|---|---|---|---|");
        foreach (var (name, strike) in Troubles(proxy).Prepend(("well", () => { })))
        {
            strike();
            var served = await ServeAsync(client, callers, length, stop);
            proxy.Restore();
            await RecoveredAsync(client, stop);
            var times = served.Times.Order().ToArray();
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"| {name} | {times.Length / length.TotalSeconds:0} | {At(times, 0.5):0.0} | {At(times, 0.99):0.0} | {At(times, 1):0.0} | {At(times, 0.99) - Largest.TotalMilliseconds:0.0} | {served.Of(SourceState.Ok)} | {served.Of(SourceState.TimedOut)} | {served.Of(SourceState.Unreachable)} | {served.Of(SourceState.Partial)} | {served.Others} | {served.Failed} |"));
        }
    }

    /// <summary>What a phone agent waits for: the brief dossier of whoever calls, while the store of webcare says nothing.</summary>
    private static async Task PrintLookUpsAsync(DossierService.DossierServiceClient client, TroubledProxy proxy, TimeSpan length, CancellationToken stop)
    {
        var phones = new List<CustomerKey>();
        for (var index = 0; index < Customers; index++)
        {
            var dossier = (await client.GetDossierAsync(Request(index), cancellationToken: stop)).Dossier;
            phones.AddRange(dossier.Customer.Keys.Where(link => link is { Shared: false, Key.KeyCase: CustomerKey.KeyOneofCase.Phone }).Select(link => link.Key));
        }

        Console.WriteLine();
        Console.WriteLine($"LookUpDossier by phone, BRIEF, {Agents} callers for {length.TotalSeconds:0} s each, budget {Budget.TotalMilliseconds:0} ms");
        Console.WriteLine();
        Console.WriteLine("| webcare | requests/s | p50 ms | p99 ms | largest ms | calls failed |");
        Console.WriteLine("|---|---|---|---|---|---|");
        foreach (var (name, strike) in Troubles(proxy).Take(1).Prepend(("well", () => { })))
        {
            strike();
            var served = await ServeAsync(Agents, length, LookUpAsync, stop);
            proxy.Restore();
            await RecoveredAsync(client, stop);
            var times = served.Times.Order().ToArray();
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"| {name} | {times.Length / length.TotalSeconds:0} | {At(times, 0.5):0.0} | {At(times, 0.99):0.0} | {At(times, 1):0.0} | {served.Failed} |"));
        }

        async Task<IEnumerable<SourceStatus>> LookUpAsync(int index)
        {
            var request = new LookUpDossierRequest { Key = phones[index % phones.Count], View = DossierView.Brief, TimeBudget = Google.Protobuf.WellKnownTypes.Duration.FromTimeSpan(Budget) };
            var found = await client.LookUpDossierAsync(request, cancellationToken: stop);
            return found.Dossier?.Sources ?? found.Sources;
        }
    }

    private static async Task PrintRecoveryAsync(DossierService.DossierServiceClient client, TroubledProxy proxy, int callers, CancellationToken stop)
    {
        Console.WriteLine();
        Console.WriteLine($"Until the source is OK again after {Settled.TotalSeconds:0} s of trouble with {callers} callers, 5 times each");
        Console.WriteLine();
        Console.WriteLine("| webcare | median ms | largest ms |");
        Console.WriteLine("|---|---|---|");
        foreach (var (name, strike) in Troubles(proxy))
        {
            var times = new List<double>();
            for (var round = 0; round < 5; round++)
            {
                strike();
                await ServeAsync(client, callers, Settled, stop);
                proxy.Restore();
                times.Add((await RecoveredAsync(client, stop)).TotalMilliseconds);
            }

            times.Sort();
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {name} | {times[2]:0} | {times[4]:0} |"));
        }
    }

    private static IEnumerable<(string Name, Action Strike)> Troubles(TroubledProxy proxy) =>
    [
        ("silent", proxy.Freeze),
        ("refuses", proxy.Refuse),
        ("hangs up", () => proxy.CutAfter(300)),
        ("byte by byte", () => proxy.Drip(1)),
    ];

    private static Task<Served> ServeAsync(DossierService.DossierServiceClient client, int callers, TimeSpan length, CancellationToken stop) => ServeAsync(
        callers, length, async index => (await client.GetDossierAsync(Request(index), cancellationToken: stop)).Dossier.Sources, stop);

    private static async Task<Served> ServeAsync(int callers, TimeSpan length, Func<int, Task<IEnumerable<SourceStatus>>> ask, CancellationToken stop)
    {
        var started = Stopwatch.GetTimestamp();
        var all = await Task.WhenAll(Enumerable.Range(0, callers).Select(caller => Task.Run(
            async () =>
            {
                var served = new Served();
                for (var index = caller; Stopwatch.GetElapsedTime(started) < length; index++)
                {
                    var begun = Stopwatch.GetTimestamp();
                    try
                    {
                        served.Add(await ask(index));
                    }
                    catch (RpcException)
                    {
                        served.Failed++;
                    }

                    served.Times.Add(Stopwatch.GetElapsedTime(begun).TotalMilliseconds);
                }

                return served;
            },
            stop)));
        var sum = new Served();
        foreach (var served in all)
        {
            sum.Add(served);
        }

        return sum;
    }

    private static async Task<TimeSpan> RecoveredAsync(DossierService.DossierServiceClient client, CancellationToken stop)
    {
        var started = Stopwatch.GetTimestamp();
        while (true)
        {
            var dossier = (await client.GetDossierAsync(Request(0), cancellationToken: stop)).Dossier;
            var elapsed = Stopwatch.GetElapsedTime(started);
            if (dossier.Sources.Single(source => source.Source == Webcare).State == SourceState.Ok)
            {
                return elapsed;
            }

            if (elapsed > TooLong)
            {
                throw new InvalidOperationException($"webcare was not OK again within {TooLong}.");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, stop);
        }
    }

    // The customers of the story: webcare knows them all.
    private static GetDossierRequest Request(int index) => new() { Name = $"customers/{1042 + (index % Customers)}/dossier" };

    private static IEnumerable<string> Settings(string folder, TroubledProxy proxy)
    {
        foreach (var source in new[] { "telephony", "administration" })
        {
            yield return $"--Sources:{source}:ConnectionString=Data Source={Path.Combine(folder, source + ".db")}";
            yield return $"--Sources:{source}:Queries=db/sources/{source}/queries.sqlite.sql";
            yield return $"--Sources:{source}:Deadline={Largest}";
        }

        yield return "--Sources:administration:CustomerSource=true";
        yield return "--Sources:telephony:KeySpellings:phone:0=national";
        yield return "--Sources:webcare:Provider=PostgreSql";
        yield return $"--Sources:webcare:ConnectionString={proxy.ConnectionString}";
        yield return "--Sources:webcare:Queries=db/sources/webcare/queries.postgres.sql";
        yield return $"--Sources:webcare:Deadline={Largest}";
    }

    private static void Execute(string connectionString, string sql)
    {
        using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false }.ConnectionString);
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    private static double At(double[] sorted, double part) => sorted.Length == 0 ? 0 : sorted[Math.Min(sorted.Length - 1, (int)(sorted.Length * part))];

    private sealed class Served
    {
        private readonly Dictionary<SourceState, int> states = [];

        public List<double> Times { get; } = [];

        public int Failed { get; set; }

        public int Others { get; private set; }

        public int Of(SourceState state) => states.GetValueOrDefault(state);

        public void Add(IEnumerable<SourceStatus> sources)
        {
            foreach (var source in sources)
            {
                if (source.Source == Webcare)
                {
                    states[source.State] = Of(source.State) + 1;
                }
                else if (source.State is not (SourceState.Ok or SourceState.NoKey or SourceState.KeysUnknown))
                {
                    Others++;
                }
            }
        }

        public void Add(Served other)
        {
            Times.AddRange(other.Times);
            (Failed, Others) = (Failed + other.Failed, Others + other.Others);
            foreach (var (state, count) in other.states)
            {
                states[state] = Of(state) + count;
            }
        }
    }
}
