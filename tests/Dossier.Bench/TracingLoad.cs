using Dossier.Bench.Load;
using Dossier.V1;
using Google.Protobuf;
using Grpc.Net.Client;

namespace Dossier.Bench;

/// <summary>
/// What telemetry costs: GetDossier at services that differ in nothing else, off, one call in ten traced, and all. Metrics and logs
/// leave both of the latter. Of each there are several processes, because one and the same program may be a third slower in one process than in
/// the next. They take turns, two seconds each and in changing order, so that what else the machine does meets all of them. Throughput is the median of the turns; the processor's time is
/// all that the process has used, what it exports later too, over all its calls. The backend is a real socket that takes everything and
/// counts the spans.
/// </summary>
internal static class TracingLoad
{
    private const int Callers = 8;
    private static readonly TimeSpan Turn = TimeSpan.FromSeconds(2);

    // The SDK exports every 5 s what is left.
    private static readonly TimeSpan Export = TimeSpan.FromSeconds(6);

    public static async Task RunAsync(int rounds, int instances, TimeSpan warmUp, CancellationToken stop)
    {
        (string Name, string? Ratio, string[] Settings)[] kinds =
        [
            ("off", null, []), ("10 % sampled", "0.1", []), ("all sampled", "1", []), ("off, nothing kept for dossier traces", null, ["--Traces:Keep", "0"]),
        ];
        var sides = new List<Side>();
        try
        {
            for (var instance = 0; instance < instances; instance++)
            {
                foreach (var (name, ratio, settings) in kinds)
                {
                    sides.Add(await Side.StartAsync(name, ratio, stop, settings));
                    await sides[^1].LoadAsync(warmUp, stop);
                }
            }

            await Task.Delay(Export, TimeProvider.System, stop);
            sides.ForEach(side => side.Begin());
            for (var turn = 0; turn < rounds * sides.Count; turn++)
            {
                // Each round begins with the next one.
                await sides[(turn + (turn / sides.Count)) % sides.Count].LoadAsync(Turn, stop);
            }

            await Task.Delay(Export, TimeProvider.System, stop);
            sides.ForEach(side => side.End());
            Print(kinds.Select(kind => (kind.Name, sides.Where(side => side.Name == kind.Name).ToList())).ToList(), rounds);
        }
        finally
        {
            foreach (var side in sides)
            {
                await side.DisposeAsync();
            }
        }
    }

    private static void Print(List<(string Name, List<Side> Instances)> kinds, int rounds)
    {
        Console.WriteLine($"GetDossier, FULL view, customers 1042-1052 of the sample data, {Callers} callers by h2load, {kinds[0].Instances.Count} processes of each, {rounds} turns of {Turn.TotalSeconds:0} s each; medians of the processes, and their smallest and largest");
        Console.WriteLine();
        Console.WriteLine("| telemetry | requests/s | of off | CPU of the service, ms a call | of off | smallest - largest | spans a call | not OK |");
        Console.WriteLine("|---|---|---|---|---|---|---|---|");
        double PerSecond(List<Side> all) => Median(all.Select(side => side.PerSecond));
        double Cpu(List<Side> all) => Median(all.Select(side => side.CpuOfACall));
        var off = kinds[0].Instances;
        foreach (var (name, all) in kinds)
        {
            Console.WriteLine(
                $"| {name} | {PerSecond(all):0} | {PerSecond(all) / PerSecond(off):0.00} | {Cpu(all):0.000} | {Cpu(all) / Cpu(off):0.00} | {all.Min(side => side.CpuOfACall):0.000} - {all.Max(side => side.CpuOfACall):0.000} | {Median(all.Select(side => side.SpansOfACall)):0.00} | {all.Sum(side => side.Wrong)} |");
        }
    }

    private static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return sorted.Length % 2 == 1 ? sorted[sorted.Length / 2] : (sorted[(sorted.Length / 2) - 1] + sorted[sorted.Length / 2]) / 2;
    }

    /// <summary>One service, and what it has done in its turns.</summary>
    private sealed class Side(string name, BenchService service, CountingSink? sink, H2Load load) : IAsyncDisposable
    {
        private readonly List<double> turns = [];
        private long requests;
        private TimeSpan cpu;
        private long spans;

        public string Name => name;

        public double PerSecond => Median(turns);

        public double CpuOfACall => cpu.TotalMilliseconds / requests;

        public double SpansOfACall => (double)spans / requests;

        public long Wrong { get; private set; }

        public static async Task<Side> StartAsync(string name, string? ratio, CancellationToken stop, params string[] settings)
        {
            var sink = ratio is null ? null : await CountingSink.StartAsync(stop);
            (string Key, string Value)[] environment = sink is null ? [] :
            [
                ("OTEL_EXPORTER_OTLP_ENDPOINT", sink.Address), ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"),
                ("OTEL_TRACES_SAMPLER", "parentbased_traceidratio"), ("OTEL_TRACES_SAMPLER_ARG", ratio!),
            ];

            // The child takes over what this process has.
            foreach (var (key, value) in environment)
            {
                Environment.SetEnvironmentVariable(key, value);
            }

            var service = await BenchService.OpenAsync(null, stop, settings);
            foreach (var (key, _) in environment)
            {
                Environment.SetEnvironmentVariable(key, null);
            }

            return new Side(name, service, sink, new H2Load(await AsksAsync(service.Address, stop), H2Load.Grpc, http1: false, core: null));
        }

        public async Task LoadAsync(TimeSpan length, CancellationToken stop)
        {
            var done = await load.RunAsync(Callers, length, stop);
            turns.Add(done.PerSecond);
            requests += done.Requests;
            Wrong += done.Wrong;
        }

        /// <summary>What was before was warming up.</summary>
        public void Begin()
        {
            turns.Clear();
            (requests, Wrong, cpu, spans) = (0, 0, Cpu.Of(service.ProcessId), sink?.Spans ?? 0);
        }

        public void End() => (cpu, spans) = (Cpu.Of(service.ProcessId) - cpu, (sink?.Spans ?? 0) - spans);

        public async ValueTask DisposeAsync()
        {
            load.Dispose();
            await service.DisposeAsync();
            if (sink is not null)
            {
                await sink.DisposeAsync();
            }
        }

        private static async Task<List<Ask>> AsksAsync(string address, CancellationToken stop)
        {
            using var channel = GrpcChannel.ForAddress(address);
            var client = new DossierService.DossierServiceClient(channel);
            var asks = new List<Ask>();
            for (var customer = 1042; customer <= 1052; customer++)
            {
                // Twice: the first dossier of a customer learns keys, and the answer of those that follow is another.
                var request = new GetDossierRequest { Name = $"customers/{customer}/dossier" };
                await client.GetDossierAsync(request, cancellationToken: stop);
                var answer = await client.GetDossierAsync(request, cancellationToken: stop);
                asks.Add(new Ask($"{address}/dossier.v1.DossierService/GetDossier", H2Load.Frame(request.ToByteArray()), answer.CalculateSize() + 5));
            }

            return asks;
        }
    }
}
