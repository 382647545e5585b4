using System.Diagnostics;
using System.Globalization;
using Dossier.V1;
using Grpc.Core;
using Grpc.Net.Client;

namespace Dossier.Bench;

/// <summary>Durable changes of agreements: created, and acknowledged, by callers who each wait for their answer.</summary>
internal static class WriteLoad
{
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(3);

    public static async Task RunAsync(string address, IReadOnlyList<int> callers, TimeSpan length, CancellationToken stop)
    {
        using var channel = GrpcChannel.ForAddress(address);
        var client = new AgreementService.AgreementServiceClient(channel);
        await MeasureAsync(16, WarmUp, index => CreateAsync(client, index, stop));
        Console.WriteLine("CreateAgreement, a remark on each of 100 customers in turn; every answer is committed");
        Console.WriteLine();
        Console.WriteLine("| callers | changes/s | p50 ms | p99 ms |");
        Console.WriteLine("|---|---|---|---|");
        foreach (var count in callers)
        {
            Print($"{count}", await MeasureAsync(count, length, index => CreateAsync(client, index, stop)));
        }
    }

    private static async Task CreateAsync(AgreementService.AgreementServiceClient client, int index, CancellationToken stop)
    {
        var customer = 2001 + (index % 100);
        await client.CreateAgreementAsync(
            new CreateAgreementRequest
            {
                Parent = $"customers/{customer}",
                RequestId = Guid.NewGuid().ToString(),
                Agreement = new Agreement
                {
                    Effects =
                    {
                        new Effect { Remark = new Remark { Text = "Belt morgen terug" }, Subjects = { new Subject { Type = SubjectType.Customer, Id = $"{customer}" } } },
                    },
                },
            },
            new Metadata { { "x-dossier-system", "webcare" }, { "x-dossier-agent", "daan" } },
            cancellationToken: stop);
    }

    internal static async Task<(double[] Milliseconds, TimeSpan Elapsed)> MeasureAsync(int callers, TimeSpan length, Func<int, Task> call)
    {
        var next = 0;
        var started = Stopwatch.GetTimestamp();
        var all = await Task.WhenAll(Enumerable.Range(0, callers).Select(_ => Task.Run(async () =>
        {
            var times = new List<double>();
            while (Stopwatch.GetElapsedTime(started) < length)
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
