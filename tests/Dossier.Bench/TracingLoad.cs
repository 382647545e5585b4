using Dossier.Bench.Load;
using Dossier.V1;
using Google.Protobuf;
using Grpc.Net.Client;

namespace Dossier.Bench;

/// <summary>
/// What telemetry costs: GetDossier at services that differ in nothing else, off, one call in ten traced, and all. Metrics and logs
/// leave both of the latter; a fourth is off too, and says how much of a difference is the machine's. They take turns, two seconds each and
/// in changing order, so that what else the machine does meets all of them. Throughput is the median of the turns; the processor's time is
/// all that the process has used, what it exports later too, over all its calls. The backend is a real socket that takes everything and
/// counts the spans.
/// </summary>
internal static class TracingLoad
{
    private const int Callers = 8;
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Turn = TimeSpan.FromSeconds(2);

    // The SDK exports every 5 s what is left.
    private static readonly TimeSpan Export = TimeSpan.FromSeconds(6);

    public static async Task RunAsync(int rounds, CancellationToken stop)
    {
        await using var sink = await CountingSink.StartAsync(stop);
        await using var tenths = await CountingSink.StartAsync(stop);
        await using var off = await Side.StartAsync("off", null, "", stop);
        await using var tenth = await Side.StartAsync("10 % sampled", tenths, "0.1", stop);
        await using var always = await Side.StartAsync("all sampled", sink, "1", stop);
        await using var again = await Side.StartAsync("off, another one", null, "", stop);
        await using var bare = await Side.StartAsync("off, nothing kept for dossier traces", null, "", stop, "--Traces:Keep", "0");
        Side[] sides = [off, tenth, always, again, bare];
        foreach (var side in sides)
        {
            await side.LoadAsync(WarmUp, stop);
        }

        await Task.Delay(Export, TimeProvider.System, stop);
        foreach (var side in sides)
        {
            side.Begin();
        }

        for (var turn = 0; turn < rounds * sides.Length; turn++)
        {
            // Each round begins with the next one.
            await sides[(turn + (turn / sides.Length)) % sides.Length].LoadAsync(Turn, stop);
        }

        await Task.Delay(Export, TimeProvider.System, stop);
        foreach (var side in sides)
        {
            side.End();
        }

        Console.WriteLine($"GetDossier, FULL view, customers 1042-1052 of the sample data, {Callers} callers by h2load, {rounds} turns of {Turn.TotalSeconds:0} s each");
        Console.WriteLine();
        Console.WriteLine("| telemetry | requests/s | of off | CPU of the service, ms a call | of off | spans a call | not OK |");
        Console.WriteLine("|---|---|---|---|---|---|---|");
        foreach (var side in sides)
        {
            Console.WriteLine(
                $"| {side.Name} | {side.PerSecond:0} | {side.PerSecond / off.PerSecond:0.00} | {side.CpuOfACall:0.000} | {side.CpuOfACall / off.CpuOfACall:0.00} | {side.SpansOfACall:0.00} | {side.Wrong} |");
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

        public static async Task<Side> StartAsync(string name, CountingSink? sink, string ratio, CancellationToken stop, params string[] settings)
        {
            (string Key, string Value)[] environment = sink is null ? [] :
            [
                ("OTEL_EXPORTER_OTLP_ENDPOINT", sink.Address), ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"),
                ("OTEL_TRACES_SAMPLER", "parentbased_traceidratio"), ("OTEL_TRACES_SAMPLER_ARG", ratio),
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
