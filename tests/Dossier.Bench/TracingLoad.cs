using Dossier.Bench.Load;
using Dossier.V1;
using Google.Protobuf;
using Grpc.Net.Client;

namespace Dossier.Bench;

/// <summary>
/// What telemetry costs: GetDossier at three services that differ in nothing else, off, one call in ten traced, and all. Metrics and logs
/// leave both of the latter. They take turns, round after round, so that what else the machine does meets all of them; the figure is the
/// median. The backend is a real socket that takes everything and counts the spans.
/// </summary>
internal static class TracingLoad
{
    private const int Callers = 16;
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(6);

    public static async Task RunAsync(int rounds, TimeSpan length, CancellationToken stop)
    {
        await using var sink = await CountingSink.StartAsync(stop);
        await using var off = await Side.StartAsync("off", [], stop);
        await using var tenth = await Side.StartAsync("10 % sampled", Exporting(sink, "0.1"), stop);
        await using var always = await Side.StartAsync("all sampled", Exporting(sink, "1"), stop);
        Side[] sides = [off, tenth, always];
        foreach (var side in sides)
        {
            await side.MeasureAsync(WarmUp, sink, keep: false, stop);
        }

        for (var round = 0; round < rounds; round++)
        {
            foreach (var side in sides)
            {
                await side.MeasureAsync(length, sink, keep: true, stop);
            }
        }

        Console.WriteLine($"GetDossier, FULL view, customers 1042-1052 of the sample data, {Callers} callers by h2load, {rounds} rounds of {length.TotalSeconds:0} s in turn: medians");
        Console.WriteLine();
        Console.WriteLine("| telemetry | requests/s | of off | CPU of the service, ms a call | of off | spans a call | not OK |");
        Console.WriteLine("|---|---|---|---|---|---|---|");
        foreach (var side in sides)
        {
            Console.WriteLine(
                $"| {side.Name} | {side.PerSecond:0} | {side.PerSecond / off.PerSecond:0.000} | {side.CpuOfACall:0.000} | {side.CpuOfACall / off.CpuOfACall:0.000} | {side.SpansOfACall:0.00} | {side.Wrong} |");
        }

        // Beside each other in time, so a ratio of each round; their median is steadier than the ratio of medians.
        Console.WriteLine();
        foreach (var side in sides.Skip(1))
        {
            Console.WriteLine($"{side.Name}, each round beside off: requests {side.Ratios(off, one => one.PerSecond)}; CPU {side.Ratios(off, one => one.Cpu)}");
        }
    }

    private static (string Key, string Value)[] Exporting(CountingSink sink, string ratio) =>
    [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", sink.Address), ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"),
        ("OTEL_TRACES_SAMPLER", "parentbased_traceidratio"), ("OTEL_TRACES_SAMPLER_ARG", ratio),
    ];

    private static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return sorted.Length % 2 == 1 ? sorted[sorted.Length / 2] : (sorted[(sorted.Length / 2) - 1] + sorted[sorted.Length / 2]) / 2;
    }

    /// <summary>One service, and what it has done in each round.</summary>
    private sealed class Side(string name, BenchService service, H2Load load) : IAsyncDisposable
    {
        private readonly List<(double PerSecond, double Cpu, double Spans)> rounds = [];

        public string Name => name;

        public double PerSecond => Median(rounds.Select(round => round.PerSecond));

        public double CpuOfACall => Median(rounds.Select(round => round.Cpu));

        public double SpansOfACall => Median(rounds.Select(round => round.Spans));

        public long Wrong { get; private set; }

        public static async Task<Side> StartAsync(string name, IReadOnlyList<(string Key, string Value)> environment, CancellationToken stop)
        {
            // The child takes over what this process has.
            foreach (var (key, value) in environment)
            {
                Environment.SetEnvironmentVariable(key, value);
            }

            var service = await BenchService.OpenAsync(null, stop);
            foreach (var (key, _) in environment)
            {
                Environment.SetEnvironmentVariable(key, null);
            }

            return new Side(name, service, new H2Load(await AsksAsync(service.Address, stop), H2Load.Grpc, http1: false, core: null));
        }

        public string Ratios(Side beside, Func<(double PerSecond, double Cpu, double Spans), double> figure)
        {
            var each = rounds.Zip(beside.rounds, (mine, other) => figure(mine) / figure(other)).ToList();
            return $"{Median(each):0.000} ({each.Min():0.000}-{each.Max():0.000})";
        }

        public async Task MeasureAsync(TimeSpan length, CountingSink sink, bool keep, CancellationToken stop)
        {
            var (cpu, spans) = (Cpu.Of(service.ProcessId), sink.Spans);
            var done = await load.RunAsync(Callers, length, stop);

            // What is still to be exported belongs to these calls, and to no other side's round.
            await Task.Delay(TimeSpan.FromSeconds(6), TimeProvider.System, stop);
            var used = Cpu.Of(service.ProcessId) - cpu;
            if (keep)
            {
                rounds.Add((done.PerSecond, used.TotalMilliseconds / done.Requests, (double)(sink.Spans - spans) / done.Requests));
                Wrong += done.Wrong;
            }
        }

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
