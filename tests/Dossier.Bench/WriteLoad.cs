using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Dossier.Bench.Load;
using Dossier.Bench.Seeding;
using Dossier.Database;
using Dossier.Registry;
using Dossier.V1;
using Grpc.Core;
using Grpc.Net.Client;
using Npgsql;

namespace Dossier.Bench;

/// <summary>
/// Durable changes of agreements, created and acknowledged by callers who each wait for their answer: as the service commits them, many callers' in
/// one transaction, and in turn with a second service that commits each by itself (`Registry:Group=1`).
/// </summary>
internal static class WriteLoad
{
    private const string Variable = "DOSSIER_TEST_POSTGRES";
    private const int Rounds = 3;

    // A change reads what binds its customer: of few customers each would soon have hundreds of agreements, as no customer has.
    private const int Customers = 10_000;
    private const int FirstOfSample = 2001;
    private const int SampleCustomers = 100;
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(4);
    private static readonly Metadata Webcare = new() { { "x-dossier-system", "webcare" }, { "x-dossier-agent", "daan" } };
    private static readonly Metadata Administration = new() { { "x-dossier-system", "administration" }, { "x-dossier-agent", "run" } };

    public static async Task RunAsync(string? address, IReadOnlyList<int> callers, TimeSpan length, CancellationToken stop)
    {
        var customers = address is null ? Enumerable.Range(0, Customers).Select(Crowd.NumberOf).ToList() : [.. Enumerable.Range(FirstOfSample, SampleCustomers).Select(number => $"{number}")];
        Console.WriteLine($"Changes of agreements of {customers.Count} customers in turn; every answer is committed. Medians of {Rounds} rounds in turn");
        Console.WriteLine();
        Console.WriteLine("| registry | change | callers | changes/s | p50 ms | p99 ms | each by itself: changes/s | p50 ms | ratio |");
        Console.WriteLine("|---|---|---|---|---|---|---|---|---|");
        if (address is not null)
        {
            await MeasureAsync("as it is", address, null, customers, callers, length, stop);
            return;
        }

        var folders = new[] { "together", "alone" }.Select(_ => Directory.CreateTempSubdirectory("dossier-write-").FullName).ToList();
        try
        {
            foreach (var folder in folders)
            {
                await SqliteSeed.FillAsync(folder, Customers, new SeedProgress("SQLite", Customers, show: false), stop);
            }

            await using (var together = await BenchService.OnAsync(folders[0], stop))
            await using (var alone = await BenchService.OnAsync(folders[1], stop, "--Registry:Group", "1"))
            {
                await MeasureAsync("SQLite (FULL)", together.Address, alone.Address, customers, callers, length, stop);
            }

            if (Environment.GetEnvironmentVariable(Variable) is not { Length: > 0 } server)
            {
                await Console.Error.WriteLineAsync($"{Variable} is not set: SQLite alone.");
                return;
            }

            await OnServerAsync(server, folders, customers, callers, length, stop);
        }
        finally
        {
            folders.ForEach(folder => Directory.Delete(folder, recursive: true));
        }
    }

    private static async Task OnServerAsync(
        string server, List<string> folders, IReadOnlyList<string> customers, IReadOnlyList<int> callers, TimeSpan length, CancellationToken stop)
    {
        var names = new[] { "dossier_bench_write", "dossier_bench_write_alone" };
        try
        {
            var settings = names.Select(name => OnServer(server, name)).ToList();
            await using var together = await BenchService.OnAsync(folders[0], stop, settings[0]);
            await using var alone = await BenchService.OnAsync(folders[1], stop, [.. settings[1], "--Registry:Group", "1"]);
            await MeasureAsync($"PostgreSQL (fsync {Execute(server, "SHOW fsync")})", together.Address, alone.Address, customers, callers, length, stop);
        }
        finally
        {
            foreach (var name in names)
            {
                Execute(server, $"DROP DATABASE IF EXISTS {name} WITH (FORCE)");
            }
        }
    }

    private static async Task MeasureAsync(
        string registry, string address, string? alone, IReadOnlyList<string> customers, IReadOnlyList<int> callers, TimeSpan length, CancellationToken stop)
    {
        using var one = GrpcChannel.ForAddress(address);
        using var other = GrpcChannel.ForAddress(alone ?? address);
        AgreementService.AgreementServiceClient[] clients = alone is null ? [new(one)] : [new(one), new(other)];
        foreach (var client in clients)
        {
            await MeasureAsync(16, WarmUp, index => CreateAsync(client, customers[index % customers.Count], Remark(), stop));
        }

        foreach (var count in callers)
        {
            await TurnsAsync(count, (client, _) => MeasureAsync(count, length, index => CreateAsync(client, customers[index % customers.Count], Remark(), stop)), "CreateAgreement");
            await TurnsAsync(count, (client, _) => AcknowledgeAsync(client, customers, count, length, stop), "AcknowledgeAgreement");
        }

        async Task TurnsAsync(int count, Func<AgreementService.AgreementServiceClient, int, Task<(double[] Milliseconds, TimeSpan Elapsed)>> measure, string change)
        {
            var all = clients.Select(_ => new List<(double PerSecond, double P50, double P99)>()).ToList();
            for (var round = 0; round < Rounds; round++)
            {
                foreach (var index in round % 2 == 0 ? Enumerable.Range(0, clients.Length) : Enumerable.Range(0, clients.Length).Reverse())
                {
                    var (times, elapsed) = await measure(clients[index], round);
                    all[index].Add((times.Length / elapsed.TotalSeconds, At(times, 0.5), At(times, 0.99)));
                }
            }

            double Of(int side, Func<(double PerSecond, double P50, double P99), double> figure) => Result.Median(all[side].Select(figure));
            var ratio = alone is null ? 1 : Result.Median(all[0].Zip(all[1], (together, each) => together.PerSecond / each.PerSecond));
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"| {registry} | {change} | {count} | {Of(0, one => one.PerSecond):0} | {Of(0, one => one.P50):0.00} | {Of(0, one => one.P99):0.00} | {(alone is null ? "" : $"{Of(1, one => one.PerSecond):0}")} | {(alone is null ? "" : Of(1, one => one.P50).ToString("0.00", CultureInfo.InvariantCulture))} | {ratio:0.0} |"));
        }
    }

    /// <summary>Makes agreements that administration must take over first; when all are acknowledged, it ends.</summary>
    private static async Task<(double[] Milliseconds, TimeSpan Elapsed)> AcknowledgeAsync(
        AgreementService.AgreementServiceClient client, IReadOnlyList<string> customers, int callers, TimeSpan length, CancellationToken stop)
    {
        var made = new ConcurrentQueue<Agreement>();
        await MeasureAsync(64, length * (callers < 16 ? 0.5 : 1.5), async index => made.Enqueue(
            await CreateAsync(client, customers[index % customers.Count], new Effect { DunningBlock = new DunningBlock { Reason = DunningBlock.Types.Reason.Disputed } }, stop)));
        async Task TakeOverAsync(int index)
        {
            if (made.TryDequeue(out var agreement))
            {
                await client.AcknowledgeAgreementAsync(
                    new AcknowledgeAgreementRequest
                    {
                        Name = agreement.Name,
                        BindingRevision = agreement.BindingRevision,
                        RequestId = Guid.NewGuid().ToString(),
                        Applied = new AcknowledgeAgreementRequest.Types.Applied { EvidenceId = "B-1" },
                    },
                    Administration,
                    cancellationToken: stop);
            }
        }

        return await MeasureAsync(callers, length, TakeOverAsync, () => !made.IsEmpty);
    }

    private static Effect Remark() => new() { Remark = new Remark { Text = "Belt morgen terug" } };

    private static async Task<Agreement> CreateAsync(AgreementService.AgreementServiceClient client, string customer, Effect effect, CancellationToken stop)
    {
        effect.Subjects.Add(new Subject { Type = SubjectType.Customer, Id = customer });
        var answer = await client.CreateAgreementAsync(
            new CreateAgreementRequest
            {
                Parent = $"customers/{customer}",
                RequestId = Guid.NewGuid().ToString(),
                Agreement = new Agreement { Effects = { effect } },
            },
            Webcare,
            cancellationToken: stop);
        return answer.Agreement;
    }

    /// <summary>The registry on a server, the sample's stores as they are.</summary>
    private static string[] OnServer(string server, string name)
    {
        Execute(server, $"DROP DATABASE IF EXISTS {name} WITH (FORCE)");
        Execute(server, $"CREATE DATABASE {name}");
        var connection = new NpgsqlConnectionStringBuilder(server) { Database = name, Pooling = false }.ConnectionString;
        RegistrySchema.Migrate(Vendor.Find("PostgreSql")!, connection, TimeProvider.System);
        return ["--Registry:Provider", "PostgreSql", "--Registry:ConnectionString", connection];
    }

    private static string? Execute(string server, string sql)
    {
        using var connection = new NpgsqlConnection(server);
        connection.Open();
        using var command = new NpgsqlCommand(sql, connection);
        return command.ExecuteScalar() as string;
    }

    internal static async Task<(double[] Milliseconds, TimeSpan Elapsed)> MeasureAsync(int callers, TimeSpan length, Func<int, Task> call, Func<bool>? more = null)
    {
        var next = 0;
        var started = Stopwatch.GetTimestamp();
        var all = await Task.WhenAll(Enumerable.Range(0, callers).Select(_ => Task.Run(async () =>
        {
            var times = new List<double>();
            while (Stopwatch.GetElapsedTime(started) < length && more?.Invoke() != false)
            {
                var begun = Stopwatch.GetTimestamp();
                await call(Interlocked.Increment(ref next));
                times.Add(Stopwatch.GetElapsedTime(begun).TotalMilliseconds);
            }

            return times;
        })));
        return ([.. all.SelectMany(times => times).Order()], Stopwatch.GetElapsedTime(started));
    }

    internal static void Print(string name, (double[] Milliseconds, TimeSpan Elapsed) measured)
    {
        var (times, elapsed) = measured;
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"| {name} | {times.Length / elapsed.TotalSeconds:0} | {At(times, 0.5):0.00} | {At(times, 0.99):0.00} |"));
    }

    internal static double At(double[] sorted, double part) => sorted.Length == 0 ? 0 : sorted[Math.Min(sorted.Length - 1, (int)(sorted.Length * part))];
}
