using System.Diagnostics;
using System.Globalization;
using Dossier.Sample;
using Dossier.V1;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.Data.Sqlite;

namespace Dossier.Bench;

/// <summary>
/// Everything at once for as long as one likes: dossiers, look-ups, listings, checks, changes, watchers who come and go, callers who go away,
/// and a fault of a store every ten seconds. What must not grow is counted once a second and told as a slope.
/// </summary>
internal static class SoakLoad
{
    private static readonly TimeSpan FaultEvery = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan FaultLasts = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(45);
    private static readonly TimeSpan Settle = TimeSpan.FromSeconds(20);

    public static async Task RunAsync(double minutes, CancellationToken stop)
    {
        var folder = Directory.CreateTempSubdirectory("dossier-soak-").FullName;
        SampleStores.Create(folder);
        try
        {
            await using var service = await BenchService.OnAsync(folder, stop, "--Sweep:Interval", "00:00:30");
            using var over = CancellationTokenSource.CreateLinkedTokenSource(stop);
            var tally = new Tally();
            var length = TimeSpan.FromMinutes(minutes);
            var callers = Callers(service.Address, folder, tally, over.Token);
            var samples = await WatchAsync(service.ProcessId, tally, length, stop);
            await over.CancelAsync();
            await Task.WhenAll(callers).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            Print(samples, tally, length);

            // What is held when nobody asks any more: the collector gives back what was garbage, and keeps what is not.
            await Task.Delay(Rest, TimeProvider.System, stop);
            using var seen = Process.GetProcessById(service.ProcessId);
            Console.WriteLine($"{Rest.TotalSeconds:0} s after the last call: {seen.WorkingSet64 >> 20} MB, {Directory.GetFiles($"/proc/{service.ProcessId}/fd").Length} handles, {seen.Threads.Count} threads");
            foreach (var line in service.Failures)
            {
                Console.WriteLine($"the service logged: {line}");
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static List<Task> Callers(string address, string folder, Tally tally, CancellationToken over)
    {
        var tasks = new List<Task>();
        for (var number = 0; number < 8; number++)
        {
            var seed = number;
            tasks.Add(Task.Run(() => CallAsync(address, tally, new Random(seed), over), CancellationToken.None));
        }

        tasks.Add(Task.Run(() => ComeAndGoAsync(address, tally, over), CancellationToken.None));
        tasks.Add(Task.Run(() => StrikeAsync(folder, tally, over), CancellationToken.None));
        return tasks;
    }

    /// <summary>One caller: mostly dossiers, now and then something else, a short pause after each, and one call in twenty left alone.</summary>
    private static async Task CallAsync(string address, Tally tally, Random random, CancellationToken over)
    {
        using var channel = GrpcChannel.ForAddress(address);
        var dossiers = new DossierService.DossierServiceClient(channel);
        var agreements = new AgreementService.AgreementServiceClient(channel);
        var guard = new GuardService.GuardServiceClient(channel);
        var caller = new Metadata { { "x-dossier-system", "webcare" }, { "x-dossier-agent", "soak" } };
        while (!over.IsCancellationRequested)
        {
            var customer = $"{2001 + random.Next(500)}";
            var deadline = TimeProvider.System.GetUtcNow().UtcDateTime.AddSeconds(2);
            using var leaving = CancellationTokenSource.CreateLinkedTokenSource(over);
            var leaves = random.Next(20) == 0;
            if (leaves)
            {
                leaving.CancelAfter(TimeSpan.FromMilliseconds(random.Next(5)));
            }

            var options = new CallOptions(caller, deadline, leaving.Token);
            var begun = Stopwatch.GetTimestamp();
            try
            {
                switch (random.Next(20))
                {
                    case 0:
                        await agreements.CreateAgreementAsync(Remark(customer), options);
                        break;
                    case 1 or 2:
                        await guard.CheckActionAsync(Contact(customer), options);
                        break;
                    case 3:
                        await dossiers.ListInteractionsAsync(new ListInteractionsRequest { Parent = $"customers/{customer}", PageSize = 20 }, options);
                        break;
                    case 4:
                        await agreements.ListAgreementsAsync(new ListAgreementsRequest { Parent = $"customers/{customer}" }, options);
                        break;
                    default:
                        var answer = await dossiers.GetDossierAsync(new GetDossierRequest { Name = $"customers/{customer}/dossier" }, options);
                        tally.Dossier(Stopwatch.GetElapsedTime(begun), answer.Dossier.Unreachable.Count > 0);
                        break;
                }

                tally.Ended("OK");
            }
            catch (RpcException failed)
            {
                tally.Ended(leaves && failed.StatusCode == StatusCode.Cancelled ? "left" : $"{failed.StatusCode}{(leaves ? " to one who left" : "")} ({failed.Status.Detail})");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(random.Next(20)), TimeProvider.System, over).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private static async Task ComeAndGoAsync(string address, Tally tally, CancellationToken over)
    {
        var random = new Random(1);
        while (!over.IsCancellationRequested)
        {
            // A connection of its own, which goes with the watch.
            using var channel = GrpcChannel.ForAddress(address);
            using var leaving = CancellationTokenSource.CreateLinkedTokenSource(over);
            leaving.CancelAfter(TimeSpan.FromMilliseconds(200 + random.Next(2_000)));
            try
            {
                using var watch = new AgreementService.AgreementServiceClient(channel).WatchAgreements(
                    new WatchAgreementsRequest { Parent = "customers/-" }, new Metadata { { "x-dossier-system", "telephony" } }, cancellationToken: leaving.Token);
                while (await watch.ResponseStream.MoveNext(leaving.Token))
                {
                    tally.Event();
                }
            }
            catch (RpcException gone) when (gone.StatusCode == StatusCode.Cancelled)
            {
                tally.Ended("watch left");
            }
        }
    }

    /// <summary>In turn: a store that somebody holds, one that is away, one that is replaced by the same again.</summary>
    private static async Task StrikeAsync(string folder, Tally tally, CancellationToken over)
    {
        for (var number = 0; ; number++)
        {
            await Task.Delay(FaultEvery - FaultLasts, TimeProvider.System, over);
            var file = Path.Combine(folder, new[] { "webcare.db", "telephony.db", "administration.db" }[number % 3]);
            tally.Fault();
            if (number % 2 == 0)
            {
                await using var holder = new SqliteConnection($"Data Source={file};Pooling=False");
                await holder.OpenAsync(over);
                await using var begin = holder.CreateCommand();
                begin.CommandText = "BEGIN EXCLUSIVE";
                await begin.ExecuteNonQueryAsync(over);
                await Task.Delay(FaultLasts, TimeProvider.System, over).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
            else
            {
                File.Move(file, file + ".away");
                await Task.Delay(FaultLasts, TimeProvider.System, over).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                File.Move(file + ".away", file);
            }
        }
    }

    private static async Task<List<Sample>> WatchAsync(int process, Tally tally, TimeSpan length, CancellationToken stop)
    {
        var samples = new List<Sample>();
        var started = Stopwatch.GetTimestamp();
        for (var next = 1; Stopwatch.GetElapsedTime(started) < length; next++)
        {
            await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System, stop);
            using var seen = Process.GetProcessById(process);
            samples.Add(new Sample(Stopwatch.GetElapsedTime(started), seen.WorkingSet64, Directory.GetFiles($"/proc/{process}/fd").Length, seen.Threads.Count));
            if (next % 30 == 0)
            {
                var now = samples[^1];
                await Console.Error.WriteLineAsync(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{now.At:mm\\:ss} of {length:mm\\:ss}: {tally.Calls} calls, {now.Memory >> 20} MB, {now.Handles} handles, {now.Threads} threads"));
            }
        }

        return samples;
    }

    private static void Print(List<Sample> samples, Tally tally, TimeSpan length)
    {
        // What is warmed up at the start is no growth.
        var warm = samples.Where(sample => sample.At > Settle + (length * 0.1)).ToList();
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{length.TotalMinutes:0.#} minutes, {tally.Calls} calls ({tally.Calls / length.TotalSeconds:0}/s), {tally.Faults} faults of stores, {tally.Events} messages to watchers"));
        Console.WriteLine($"ended: {string.Join(", ", tally.Endings.OrderByDescending(ending => ending.Value).Select(ending => $"{ending.Key} {ending.Value}"))}; incomplete dossiers {tally.Incomplete}");
        Console.WriteLine();
        Console.WriteLine("| | first | last | slope an hour |");
        Console.WriteLine("|---|---|---|---|");
        Row("memory, MB", sample => sample.Memory / 1048576.0);
        Row("handles", sample => sample.Handles);
        Row("threads", sample => sample.Threads);
        var parts = tally.Times();
        Console.WriteLine();
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"dossier p99: first third {At(parts[0]):0.0} ms, second {At(parts[1]):0.0} ms, last {At(parts[2]):0.0} ms; drift {At(parts[2]) / At(parts[0]):0.00}"));

        void Row(string name, Func<Sample, double> value)
        {
            var (first, last) = (Median(warm.Take(warm.Count / 5), value), Median(warm.TakeLast(warm.Count / 5), value));
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {name} | {first:0} | {last:0} | {Slope(warm, value) * 3600:+0.0;-0.0} |"));
        }
    }

    private static double Median(IEnumerable<Sample> samples, Func<Sample, double> value) => samples.Select(value).Order().ToArray() is { Length: > 0 } sorted ? sorted[sorted.Length / 2] : double.NaN;

    /// <summary>By least squares, a second.</summary>
    private static double Slope(List<Sample> samples, Func<Sample, double> value)
    {
        var (at, height) = (samples.Average(sample => sample.At.TotalSeconds), samples.Average(value));
        return samples.Sum(sample => (sample.At.TotalSeconds - at) * (value(sample) - height)) / samples.Sum(sample => Math.Pow(sample.At.TotalSeconds - at, 2));
    }

    private static double At(List<double> times) => times.Count == 0 ? double.NaN : times.Order().ElementAt((int)(times.Count * 0.99));

    private static CreateAgreementRequest Remark(string customer) => new()
    {
        Parent = $"customers/{customer}",
        RequestId = Guid.NewGuid().ToString(),
        Agreement = new Agreement { Effects = { new Effect { Remark = new Remark { Text = "soak" }, Subjects = { new Subject { Type = SubjectType.Customer, Id = customer } } } } },
    };

    private static CheckActionRequest Contact(string customer) => new()
    {
        Action = new PlannedAction { Customer = $"customers/{customer}", Action = ActionKind.Contact, Channel = "phone", Purpose = ContactPurpose.Service },
    };

    private sealed record Sample(TimeSpan At, long Memory, int Handles, int Threads);

    private sealed class Tally
    {
        private readonly List<(long At, double Milliseconds)> dossiers = [];
        private readonly Dictionary<string, int> endings = new(StringComparer.Ordinal);

        public int Calls { get; private set; }

        public int Faults { get; private set; }

        public int Events { get; private set; }

        public int Incomplete { get; private set; }

        public IReadOnlyDictionary<string, int> Endings => endings;

        public void Ended(string how)
        {
            lock (endings)
            {
                Calls++;
                endings[how] = endings.GetValueOrDefault(how) + 1;
            }
        }

        public void Dossier(TimeSpan took, bool incomplete)
        {
            lock (endings)
            {
                dossiers.Add((Stopwatch.GetTimestamp(), took.TotalMilliseconds));
                Incomplete += incomplete ? 1 : 0;
            }
        }

        public void Event() => Events++;

        public void Fault() => Faults++;

        /// <summary>The dossiers' times by thirds of the run.</summary>
        public List<double>[] Times()
        {
            lock (endings)
            {
                var (first, last) = (dossiers[0].At, dossiers[^1].At + 1);
                List<double>[] thirds = [[], [], []];
                foreach (var (at, milliseconds) in dossiers)
                {
                    thirds[(int)((at - first) * 3 / (last - first))].Add(milliseconds);
                }

                return thirds;
            }
        }
    }
}
