using System.Diagnostics;
using Dossier.V1;
using Google.Protobuf;
using Grpc.Net.Client;

namespace Dossier.Bench;

/// <summary>GetDossier on the sample data, closed loop: each caller asks again as soon as it has its answer.</summary>
internal static class DossierLoad
{
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(4);

    public static async Task RunAsync(string address, IReadOnlyList<int> callers, TimeSpan length, CancellationToken stop)
    {
        using var channel = GrpcChannel.ForAddress(address);
        var client = new DossierService.DossierServiceClient(channel);
        var bytes = await WarmAsync(client, stop);
        Console.WriteLine($"GetDossier, FULL view, customers 1042-1052 and 2001-2090 of the sample data, on average {bytes:0} bytes an answer");
        Console.WriteLine();
        Console.WriteLine("| callers | requests/s | p50 ms | p99 ms | not OK |");
        Console.WriteLine("|---|---|---|---|---|");
        foreach (var count in callers)
        {
            var (times, failed, elapsed) = await MeasureAsync(client, count, length, stop);
            Array.Sort(times);
            Console.WriteLine(
                $"| {count} | {times.Length / elapsed.TotalSeconds:0} | {At(times, 0.50):0.00} | {At(times, 0.99):0.00} | {failed} |");
        }
    }

    private static async Task<double> WarmAsync(DossierService.DossierServiceClient client, CancellationToken stop)
    {
        var started = Stopwatch.GetTimestamp();
        long sum = 0;
        var count = 0;
        while (Stopwatch.GetElapsedTime(started) < WarmUp)
        {
            var batch = await Task.WhenAll(Enumerable.Range(0, 16).Select(async _ =>
                (await client.GetDossierAsync(Request(Interlocked.Increment(ref count)), cancellationToken: stop)).CalculateSize()));
            sum += batch.Sum();
        }

        return (double)sum / count;
    }

    private static async Task<(double[] Milliseconds, int Failed, TimeSpan Elapsed)> MeasureAsync(
        DossierService.DossierServiceClient client, int callers, TimeSpan length, CancellationToken stop)
    {
        var failed = 0;
        var started = Stopwatch.GetTimestamp();
        var all = await Task.WhenAll(Enumerable.Range(0, callers).Select(caller => Task.Run(
            async () =>
            {
                var times = new List<double>();
                for (var index = caller * 7; Stopwatch.GetElapsedTime(started) < length; index++)
                {
                    var begun = Stopwatch.GetTimestamp();
                    var answer = await client.GetDossierAsync(Request(index), cancellationToken: stop);
                    times.Add(Stopwatch.GetElapsedTime(begun).TotalMilliseconds);
                    if (answer.Dossier.Unreachable.Count > 0)
                    {
                        Interlocked.Increment(ref failed);
                    }
                }

                return times;
            },
            stop)));
        return ([.. all.SelectMany(times => times)], failed, Stopwatch.GetElapsedTime(started));
    }

    private static GetDossierRequest Request(int index)
    {
        var place = index % 101;
        var customer = place < 11 ? 1042 + place : 1990 + place;
        return new GetDossierRequest { Name = $"customers/{customer}/dossier" };
    }

    private static double At(double[] sorted, double part) => sorted.Length == 0 ? 0 : sorted[Math.Min(sorted.Length - 1, (int)(sorted.Length * part))];
}
