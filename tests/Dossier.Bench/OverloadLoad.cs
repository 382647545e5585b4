using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Dossier.Bench.Load;
using Dossier.V1;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;

namespace Dossier.Bench;

/// <summary>
/// Three times what the service can do: how much of its peak is left, how soon the others are refused, and what one noisy caller does to
/// another. The load is h2load's, on a core of its own; another h2load there, before which the load gives way, asks 40 times a second and measures.
/// </summary>
internal static partial class OverloadLoad
{
    private const int Callers = 64;
    private const int Streams = 8;
    private const string Noisy = "webcare";
    private const string Quiet = "telephony";
    private static readonly string[] Customers = ["1042", "1043", "2001", "2002", "2003", "2004", "2005", "2006"];
    private static readonly TimeSpan Peak = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Noise = TimeSpan.FromSeconds(10);

    public static async Task RunAsync(int seconds, int rounds, CancellationToken stop)
    {
        var folder = Directory.CreateTempSubdirectory("dossier-overload-").FullName;
        try
        {
            var cores = Cores.Divide();
            if (cores.Servers is not null)
            {
                // Put on one core when it runs, it would go on to believe in all of them; and with one it puts the compiler off tenfold.
                Environment.SetEnvironmentVariable("DOTNET_PROCESSOR_COUNT", "1");
                Environment.SetEnvironmentVariable("DOTNET_TC_DelaySingleProcMultiplier", "1");
            }

            await using var service = await BenchService.OpenAsync(null, stop);
            using var channel = GrpcChannel.ForAddress(service.Address);
            var client = new DossierService.DossierServiceClient(channel);
            var load = await Storm.PrepareAsync(service.Address, client, folder, cores.Load, stop);

            // On one core from its start it would stay in code that is still being measured by the compiler for minutes.
            await load.RunAsync(Noisy, Callers, 1, null, WarmUp, stop);
            using var pinned = await cores.PinAsync(service.ProcessId, stop);
            await load.RunAsync(Noisy, Callers, 1, null, WarmUp / 4, stop);

            var peak = await load.RunAsync(Noisy, Callers, 1, null, Peak, stop);
            Console.WriteLine($"GetDossier, {Callers} callers of one system who wait for their answers: {peak.Good:0} dossiers/s, the peak");
            Console.WriteLine();
            await PrintOverloadAsync(load, peak.Good, seconds, rounds, stop);
            Console.WriteLine();
            await PrintNoiseAsync(load, peak.Good, rounds, stop);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task PrintOverloadAsync(Storm load, double peak, int seconds, int rounds, CancellationToken stop)
    {
        Console.WriteLine($"The same at three times the peak for {seconds} s, beside another caller of that system who asks 40 times a second; {rounds} times each");
        Console.WriteLine();
        Console.WriteLine("| connections | asked/s | dossiers/s | of the peak before and after | refused/s | refused: p50 ms | p99 ms | within 5 ms | taken: p50 ms | p99 ms |");
        Console.WriteLine("|---|---|---|---|---|---|---|---|---|---|");

        // A client of gRPC has one connection; a system of 64 is one of 64 processes.
        int[] connections = [Callers / Streams, Callers];
        var kept = connections.Select(_ => new List<double>()).ToArray();
        for (var round = 0; round < rounds; round++)
        {
            for (var kind = 0; kind < connections.Length; kind++)
            {
                var asking = load.RunAsync(Noisy, connections[kind], Callers * Streams / connections[kind], 3 * peak, TimeSpan.FromSeconds(seconds), stop);
                await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System, stop);
                var (times, good) = await load.TimesAsync(Noisy, TimeSpan.FromSeconds(seconds - 2), stop);
                var storm = await asking;

                // Who is refused is told at once, and who is taken waits behind 63 others: the fastest answers are the refusals.
                double[] all = [.. times.Order()];
                var (refused, taken) = (all[..^good], all[^good..]);

                // A shared machine changes its speed from one minute to the next: what it can do is looked at before and after each storm.
                var after = (await load.RunAsync(Noisy, Callers, 1, null, Peak, stop)).Good;
                var served = storm.Good + (good / (seconds - 2.0));
                var part = served / ((peak + after) / 2);
                kept[kind].Add(part);
                peak = after;
                Console.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"| {connections[kind]} | {storm.Asked:0} | {served:0} | {part:P0} | {storm.Asked - storm.Good:0} | {At(refused, 0.5):0.0} | {At(refused, 0.99):0.0} | {(double)refused.Count(time => time < 5) / refused.Length:P1} | {At(taken, 0.5):0.0} | {At(taken, 0.99):0.0} |"));
            }
        }

        Console.WriteLine();
        for (var kind = 0; kind < connections.Length; kind++)
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"median over {connections[kind]} connections: {At([.. kept[kind].Order()], 0.5):P0} of the peak"));
        }
    }

    private static async Task PrintNoiseAsync(Storm load, double peak, int rounds, CancellationToken stop)
    {
        (string Name, int Connections, int Streams, double? PerSecond)[] sides =
        [
            ("asks nothing", 0, 0, null),
            ($"has as many calls as it may, {Streams} on a connection", Callers / Streams, Streams, null),
            ("has as many calls as it may, each on its own connection", Callers, 1, null),
            ("asks three times the peak", Callers, Streams, 3 * peak),
        ];
        var times = sides.Select(_ => new List<double>()).ToArray();
        for (var round = 0; round < rounds; round++)
        {
            for (var side = 0; side < sides.Length; side++)
            {
                var (_, connections, streams, perSecond) = sides[side];
                var noise = connections == 0 ? Task.CompletedTask : load.RunAsync(Noisy, connections, streams, perSecond, Noise + TimeSpan.FromSeconds(2), stop);
                await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System, stop);
                times[side].AddRange((await load.TimesAsync(Quiet, Noise, stop)).Times);
                await noise;
            }
        }

        Console.WriteLine($"Another system that asks 40 times a second, while one, {rounds} rounds of {Noise.TotalSeconds:0} s in turn");
        Console.WriteLine();
        Console.WriteLine("| the noisy system | dossiers of the other | p50 ms | p90 ms | p99 ms | p99 by that beside nobody |");
        Console.WriteLine("|---|---|---|---|---|---|");
        var alone = At([.. times[0].Order()], 0.99);
        for (var side = 0; side < sides.Length; side++)
        {
            double[] sorted = [.. times[side].Order()];
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"| {sides[side].Name} | {sorted.Length} | {At(sorted, 0.5):0.0} | {At(sorted, 0.9):0.0} | {At(sorted, 0.99):0.0} | {At(sorted, 0.99) / alone:0.00} |"));
        }
    }

    private static double At(double[] sorted, double part) => sorted.Length == 0 ? double.NaN : sorted[Math.Min(sorted.Length - 1, (int)(sorted.Length * part))];

    /// <summary>h2load, one process for each customer. It counts a refused call as HTTP 200, so dossiers are counted by their bytes.</summary>
    private sealed partial class Storm(string url, IReadOnlyList<(string Body, long Bytes)> asks, string? core)
    {
        // What a message has before it. A refused call has no message.
        private const int Before = 5;

        public static async Task<Storm> PrepareAsync(string address, DossierService.DossierServiceClient client, string folder, string? core, CancellationToken stop)
        {
            if (!Tools.IsThere("h2load"))
            {
                throw new InvalidOperationException("h2load is not there. Debian and Ubuntu: apt-get install nghttp2-client; macOS: brew install nghttp2");
            }

            var asks = new List<(string, long)>();
            foreach (var customer in Customers)
            {
                var request = new GetDossierRequest { Name = $"customers/{customer}/dossier" };

                // The second one: the first learns keys.
                await client.GetDossierAsync(request, cancellationToken: stop);
                var answer = await client.GetDossierAsync(request, cancellationToken: stop);
                var body = Path.Combine(folder, customer);
                await File.WriteAllBytesAsync(body, H2Load.Frame(request.ToByteArray()), stop);
                asks.Add((body, answer.CalculateSize() + Before));
            }

            return new Storm($"{address}/dossier.v1.DossierService/GetDossier", asks, core);
        }

        /// <param name="system">Who calls.</param>
        /// <param name="callers">Connections.</param>
        /// <param name="streams">Calls at once on each.</param>
        /// <param name="perSecond">Calls that are begun in a second, whatever is answered; null for closed loops.</param>
        /// <param name="length">How long.</param>
        /// <param name="stop">Ends it.</param>
        /// <returns>Calls that were answered in a second, and dossiers among them.</returns>
        public async Task<(double Asked, double Good)> RunAsync(string system, int callers, int streams, double? perSecond, TimeSpan length, CancellationToken stop)
        {
            var all = await Task.WhenAll(asks.Select(async (ask, index) =>
            {
                var clients = callers / asks.Count;
                var each = perSecond is { } all ? Math.Max(1, (int)(all / callers)) : 0;
                string[] pace = each > 0 ? [$"--rps={each}"] : [];
                if (each > 0)
                {
                    // The connections of a process ask at the same moments; those of all would, if they began together.
                    await Task.Delay(TimeSpan.FromSeconds((double)index / asks.Count / each), TimeProvider.System, stop);
                }

                // Who measures what a caller sees does not wait for the load, which is on the same core.
                var (code, output) = await Tools.RunAsync(
                    "nice",
                    ["-n", "10", "h2load", "-c", $"{clients}", "-m", $"{streams}", "-D", $"{length.TotalSeconds:0}", .. pace, .. Ask(system, ask.Body)],
                    core,
                    stop);
                if (code != 0 || Done().Match(output) is not { Success: true } done || Traffic().Match(output) is not { Success: true } traffic)
                {
                    throw new InvalidOperationException($"h2load ended with {code}: {output}");
                }

                var asked = double.Parse(done.Groups["done"].Value, CultureInfo.InvariantCulture);
                var bytes = double.Parse(traffic.Groups["bytes"].Value, CultureInfo.InvariantCulture);
                return (Asked: asked, Good: bytes / ask.Bytes);
            }));
            return (all.Sum(one => one.Asked) / length.TotalSeconds, all.Sum(one => one.Good) / length.TotalSeconds);
        }

        /// <summary>How long each call took for one who asks at a steady pace, whatever has been answered, in milliseconds; and how many were dossiers.</summary>
        public async Task<(double[] Times, int Good)> TimesAsync(string system, TimeSpan length, CancellationToken stop)
        {
            var all = await Task.WhenAll(asks.Take(2).Select(async ask =>
            {
                var file = ask.Body + ".times";
                File.Delete(file);
                var (code, output) = await Tools.RunAsync("h2load", ["-c", "1", "-m", $"{2 * Callers}", "--rps=20", "-D", $"{length.TotalSeconds:0}", $"--log-file={file}", .. Ask(system, ask.Body)], core, stop);
                return code == 0 && Traffic().Match(output) is { Success: true } traffic
                    ? (Times: (await File.ReadAllLinesAsync(file, stop)).Select(line => double.Parse(line.Split('\t')[2], CultureInfo.InvariantCulture) / 1000),
                        Good: (int)(long.Parse(traffic.Groups["bytes"].Value, CultureInfo.InvariantCulture) / ask.Bytes))
                    : throw new InvalidOperationException($"h2load ended with {code}: {output}");
            }));
            return ([.. all.SelectMany(one => one.Times)], all.Sum(one => one.Good));
        }

        private string[] Ask(string system, string body) => [.. H2Load.Grpc.Append($"x-dossier-system: {system}").SelectMany(header => new[] { "-H", header }), "-d", body, url];

        [GeneratedRegex(@"^requests: .* (?<done>\d+) done", RegexOptions.Multiline | RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
        private static partial Regex Done();

        [GeneratedRegex(@"^traffic: .*\((?<bytes>\d+)\) data", RegexOptions.Multiline | RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
        private static partial Regex Traffic();
    }
}
