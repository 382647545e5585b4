using System.Diagnostics;
using System.Globalization;
using Dossier.V1;
using Grpc.Core;
using Grpc.Net.Client;

namespace Dossier.Bench;

/// <summary>How long after its answer a change has reached every watcher, at 200 changes a second, with and without one who does not read.</summary>
internal static class WatchLoad
{
    private const int ChangesPerSecond = 200;
    private const int MostAtOnce = 48;
    private static readonly TimeSpan MostWait = TimeSpan.FromSeconds(20);
    private static readonly Metadata Webcare = new() { { "x-dossier-system", "webcare" }, { "x-dossier-agent", "daan" } };

    /// <param name="address">Where changes are asked for, and watched.</param>
    /// <param name="beside">Another process on the same registry, where they are watched too; null for none.</param>
    /// <param name="watchers">How many, one step each.</param>
    /// <param name="length">Of each step.</param>
    /// <param name="stop">Ends it.</param>
    public static async Task RunAsync(string address, string? beside, IReadOnlyList<int> watchers, TimeSpan length, CancellationToken stop)
    {
        Console.WriteLine($"From the moment in which a change was asked for until a watcher has it; {ChangesPerSecond} changes/s are asked for");
        Console.WriteLine();
        Console.WriteLine("| watched at | watchers | not reading | changes/s | lag p50 ms | lag p99 ms | largest ms |");
        Console.WriteLine("|---|---|---|---|---|---|---|");

        // Once for nobody: what is compiled then is not measured.
        await MeasureAsync(address, address, 10, idle: 0, length / 2, stop, shown: false);
        foreach (var count in watchers)
        {
            await MeasureAsync(address, address, count, idle: 0, length, stop);
        }

        await MeasureAsync(address, address, 100, idle: 1, length, stop);
        if (beside is not null)
        {
            await MeasureAsync(address, beside, 10, idle: 0, length / 2, stop, shown: false);
            foreach (var count in watchers)
            {
                await MeasureAsync(address, beside, count, idle: 0, length, stop);
            }
        }
    }

    private static async Task MeasureAsync(string address, string watched, int count, int idle, TimeSpan length, CancellationToken stop, bool shown = true)
    {
        using var channel = GrpcChannel.ForAddress(address, new GrpcChannelOptions { HttpHandler = new SocketsHttpHandler { EnableMultipleHttp2Connections = true } });
        using var other = GrpcChannel.ForAddress(watched, new GrpcChannelOptions { HttpHandler = new SocketsHttpHandler { EnableMultipleHttp2Connections = true } });
        var client = new AgreementService.AgreementServiceClient(channel);
        var watching = new AgreementService.AgreementServiceClient(other);
        var asked = new System.Collections.Concurrent.ConcurrentDictionary<string, long>(StringComparer.Ordinal);
        var request = new WatchAgreementsRequest { Parent = "customers/-" };
        using var done = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var heard = Enumerable.Range(0, count).Select(_ => new List<(string Name, long At)>()).ToList();
        var arrived = 0L;
        var opened = new CountdownEvent(count);
        var reading = heard.Select(list => Task.Run(() => ReadAsync(list))).ToList();
        var notRead = Enumerable.Range(0, idle).Select(_ => watching.WatchAgreements(request, cancellationToken: done.Token)).ToList();
        opened.Wait(stop);

        var sending = new List<Task>();
        using var places = new SemaphoreSlim(MostAtOnce);
        var started = Stopwatch.GetTimestamp();
        for (var index = 0; Stopwatch.GetElapsedTime(started) < length; index++)
        {
            var wait = TimeSpan.FromSeconds((double)index / ChangesPerSecond) - Stopwatch.GetElapsedTime(started);
            if (wait > TimeSpan.Zero)
            {
                await Task.Delay(wait, TimeProvider.System, stop);
            }

            // Fewer than one system may have at once: where a thousand watchers leave no time for it, fewer changes are made.
            await places.WaitAsync(stop);
            sending.Add(CreateAsync(index));
        }

        await Task.WhenAll(sending);
        var elapsed = Stopwatch.GetElapsedTime(started);
        var last = Stopwatch.GetTimestamp();
        do
        {
            await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System, stop);
        }
        while (Interlocked.Read(ref arrived) < (long)asked.Count * count && Stopwatch.GetElapsedTime(last) < MostWait);
        await done.CancelAsync();
        await Task.WhenAll(reading);
        notRead.ForEach(call => call.Dispose());
        var lags = heard.SelectMany(list => list).Where(change => asked.ContainsKey(change.Name))
            .Select(change => Stopwatch.GetElapsedTime(asked[change.Name], change.At).TotalMilliseconds).Order().ToArray();
        if (!shown)
        {
            return;
        }

        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"| {(watched == address ? "the same process" : "another process")} | {count} | {idle} | {asked.Count / elapsed.TotalSeconds:0} | {WriteLoad.At(lags, 0.5):0.0} | {WriteLoad.At(lags, 0.99):0.0} | {WriteLoad.At(lags, 1):0.0} |"));
        var missing = (asked.Count * count) - lags.Length;
        if (missing != 0)
        {
            Console.WriteLine($"{missing} changes did not arrive within {MostWait.TotalSeconds:0} s after the last one.");
        }

        async Task CreateAsync(int index)
        {
            var customer = 2001 + (index % 100);
            var begun = Stopwatch.GetTimestamp();
            var answer = await client.CreateAgreementAsync(
                new CreateAgreementRequest
                {
                    Parent = $"customers/{customer}",
                    RequestId = Guid.NewGuid().ToString(),
                    Agreement = new Agreement
                    {
                        Effects = { new Effect { Remark = new Remark { Text = "x" }, Subjects = { new Subject { Type = SubjectType.Customer, Id = $"{customer}" } } } },
                    },
                },
                Webcare,
                cancellationToken: stop);
            asked[answer.Agreement.Name] = begun;
            places.Release();
        }

        async Task ReadAsync(List<(string Name, long At)> list)
        {
            try
            {
                using var call = watching.WatchAgreements(request, cancellationToken: done.Token);
                await call.ResponseStream.MoveNext(done.Token);
                opened.Signal();
                while (await call.ResponseStream.MoveNext(done.Token))
                {
                    var at = Stopwatch.GetTimestamp();
                    list.AddRange(call.ResponseStream.Current.Changes.Select(change => (change.Agreement, at)));
                    Interlocked.Add(ref arrived, call.ResponseStream.Current.Changes.Count);
                }
            }
            catch (Exception ended) when (done.IsCancellationRequested && ended is RpcException or OperationCanceledException)
            {
            }
        }
    }
}
