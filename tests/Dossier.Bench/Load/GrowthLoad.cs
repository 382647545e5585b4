using System.Globalization;
using Dossier.Bench.Floors;
using Dossier.Bench.Seeding;
using Microsoft.Data.Sqlite;

namespace Dossier.Bench.Load;

/// <summary>
/// What a dossier costs as the company grows, and as one customer's history does: the service's processor time for each (its SQLite reads are in
/// it), on stores of several sizes and for customers with 50 and with 10,000 calls, measured in turn.
/// </summary>
internal static class GrowthLoad
{
    private const int Asked = 256;
    private const int Few = 50;
    private const int Many = 10_000;

    // Of each kind: h2load asks one customer for half a second, and then the next.
    private const int Busy = 24;
    private static readonly Measured Ours = Measured.All.First(program => program.Name == Measured.Ours);

    public static async Task RunAsync(IReadOnlyList<int> sizes, int callers, int rounds, TimeSpan length, CancellationToken stop)
    {
        var own = Directory.CreateTempSubdirectory("dossier-growth-").FullName;
        var sides = new List<Side>();
        var cores = Cores.Divide();
        try
        {
            foreach (var size in sizes)
            {
                var folder = Path.GetFullPath(Path.Combine("data", $"seed-{size}"));
                await SeedCommand.SqliteAsync(folder, size, stop);
                sides.Add(await Side.StartAsync($"{size:N0} customers", folder, Path.Combine(own, $"{size}"), Questions.Spread(size, Asked), cores, stop));
            }

            var copy = Path.Combine(own, "busy");
            var smallest = Path.GetFullPath(Path.Combine("data", $"seed-{sizes.Min()}"));
            Directory.CreateDirectory(copy);
            foreach (var store in SeedTables.Stores)
            {
                File.Copy(SqliteSeed.FileOf(smallest, store), SqliteSeed.FileOf(copy, store));
            }

            int[] few = [.. Enumerable.Range(0, Busy)];
            int[] many = [.. Enumerable.Range(Busy, Busy)];
            Telephone(SqliteSeed.FileOf(copy, "telephony"), few, Few);
            Telephone(SqliteSeed.FileOf(copy, "telephony"), many, Many);
            sides.Add(await Side.StartAsync($"{Few} calls each", copy, Path.Combine(own, "few"), few, cores, stop));
            sides.Add(await Side.StartAsync($"{Many:N0} calls each", copy, Path.Combine(own, "many"), many, cores, stop));
            foreach (var side in sides)
            {
                // On all cores: on one it would stay in code that is still being measured by the compiler for minutes.
                await side.MeasureAsync(callers, TimeSpan.FromSeconds(20), kept: false, stop);
                await side.PinAsync(cores, stop);
            }

            for (var round = 1; round <= rounds; round++)
            {
                await Console.Error.WriteLineAsync($"round {round} of {rounds}");
                foreach (var side in round % 2 == 1 ? sides : Enumerable.Reverse(sides))
                {
                    await side.MeasureAsync(callers, length, kept: true, stop);
                }
            }

            Print(sides, sizes.Count, callers, rounds);
        }
        finally
        {
            foreach (var side in sides)
            {
                await side.DisposeAsync();
            }

            Directory.Delete(own, recursive: true);
        }
    }

    private static void Print(List<Side> sides, int sizes, int callers, int rounds)
    {
        Console.WriteLine($"GetDossier on SQLite, {callers} callers, medians of {rounds} rounds in turn; the ratio is within a round");
        Console.WriteLine();
        Console.WriteLine("| | requests/s | CPU of the service, µs a dossier | of the first | wrong |");
        Console.WriteLine("|---|---|---|---|---|");
        for (var index = 0; index < sides.Count; index++)
        {
            var (side, first) = (sides[index], sides[index < sizes ? 0 : sizes]);
            var ratio = Result.Median(side.Micros.Zip(first.Micros, (own, other) => own / other));
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"| {side.Name} | {Result.Median(side.PerSecond):0} | {Result.Median(side.Micros):0} | {ratio:0.00} | {side.Wrong} |"));
        }
    }

    /// <summary>Gives customers as many calls as are wanted, an hour between each and the next, before those that they have.</summary>
    private static void Telephone(string file, IEnumerable<int> customers, int calls)
    {
        using var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = file, Pooling = false }.ToString());
        connection.Open();
        using var transaction = connection.BeginTransaction();
        foreach (var customer in customers)
        {
            using var command = connection.CreateCommand();
            command.Transaction = transaction;
            command.CommandText = """
                WITH RECURSIVE mine AS (SELECT * FROM call WHERE number = @number), first AS (SELECT * FROM mine ORDER BY started_at LIMIT 1),
                n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < @calls - (SELECT count(*) FROM mine))
                INSERT INTO call (call_id, number, way, started_at, waited_s, ended_at, wrapped_at, queue, agent, caller_name, reason, outcome, put_through_to, note)
                SELECT call_id || '-' || i, number, way, started_at - 3600 * i, waited_s, ended_at - 3600 * i, wrapped_at - 3600 * i, queue, agent, caller_name, reason, outcome, put_through_to, note
                FROM first CROSS JOIN n
                """;
            command.Parameters.AddWithValue("@number", "0" + Crowd.Phone(Crowd.NumberOf(customer))["+31".Length..]);
            command.Parameters.AddWithValue("@calls", calls);
            if (command.ExecuteNonQuery() < calls - 20)
            {
                throw new InvalidOperationException($"Customer {Crowd.NumberOf(customer)} has no call to begin with.");
            }
        }

        transaction.Commit();
    }

    /// <summary>A service on one set of stores, and what it took.</summary>
    private sealed class Side(string name, Candidate candidate, Questions questions, H2Load load) : IAsyncDisposable
    {
        private IDisposable? pinned;

        public string Name { get; } = name;

        public List<double> Micros { get; } = [];

        public List<double> PerSecond { get; } = [];

        public long Wrong { get; private set; }

        public static async Task<Side> StartAsync(string name, string stores, string own, IReadOnlyList<int> customers, Cores cores, CancellationToken stop)
        {
            Directory.CreateDirectory(own);
            var registry = Path.Combine(own, "registry.db");
            File.Copy(SqliteSeed.FileOf(stores, "registry"), registry);
            var addresses = new StoreAddresses("sqlite", Of("webcare"), Of("telephony"), Of("administration"), $"Data Source={registry}");
            var candidate = await Candidate.StartAsync(
                Ours, addresses, own, ["--", $"--Listen=http://127.0.0.1:{BenchService.FreePort()}", $"--DataDirectory={own}"], new Dictionary<string, string>(), stop);
            var questions = new Questions(candidate, []);
            var asks = new List<Ask>();
            foreach (var customer in customers)
            {
                // The first answer teaches keys; the second one is what is asked for then.
                await questions.AskAsync(customer, stop);
                asks.Add(questions.Of(customer, (await questions.AskAsync(customer, stop)).Length));
            }

            return new Side(name, candidate, questions, new H2Load(asks, questions.Headers, http1: false, cores.Load));

            string Of(string store) => $"Data Source={SqliteSeed.FileOf(stores, store)}";
        }

        public async Task PinAsync(Cores cores, CancellationToken stop) => pinned = await cores.PinAsync(candidate.Id, stop);

        public async Task MeasureAsync(int callers, TimeSpan length, bool kept, CancellationToken stop)
        {
            var cpu = candidate.CpuTime;
            var loaded = await load.RunAsync(callers, length, stop);
            if (kept)
            {
                Micros.Add((candidate.CpuTime - cpu).TotalMicroseconds / loaded.Requests);
                PerSecond.Add(loaded.PerSecond);
                Wrong += loaded.Wrong;
            }
        }

        public async ValueTask DisposeAsync()
        {
            pinned?.Dispose();
            load.Dispose();
            questions.Dispose();
            await candidate.DisposeAsync();
        }
    }
}
