using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Dapper;
using Dossier.Tests.Fixtures;
using Dossier.Tests.ServiceTests;
using Dossier.V1;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.Data.Sqlite;

namespace Dossier.Tests.RobustnessTests;

/// <summary>A read without its record is none: where there is no room calls wait, and what a crash may lose is short, or nothing.</summary>
[Collection(ProcessesCollection.Name)]
public sealed class AccessRecordTests
{
    // More than the 100 ms of the promise: a machine that does other things may be late with a commit. On a quiet one: DOSSIER_TEST_LATE_MS=100.
    private static readonly TimeSpan Late = TimeSpan.FromMilliseconds(
        Environment.GetEnvironmentVariable("DOSSIER_TEST_LATE_MS") is { Length: > 0 } late ? int.Parse(late, CultureInfo.InvariantCulture) : 2000);

    [Fact]
    public async Task A_full_queue_holds_calls_back_until_there_is_room_and_drops_no_record()
    {
        await using var host = await WithRoomForOneAsync("00:01:00");
        Task[] calls;
        using (StoreFault.Held(host, "registry"))
        {
            calls = await AskAsync(host);
            await Eventually.TrueAsync(() => Task.FromResult(calls.Any(call => call.IsCompletedSuccessfully)), "there is room for one");
            await Task.Delay(500, CancellationToken.None);
            Assert.Contains(calls, call => !call.IsCompleted);
        }

        await Task.WhenAll(calls);
        await Eventually.TrueAsync(async () => (await RecordsAsync(host.Channel, "1042")).Count == 10, "every answer has its record");
    }

    [Fact]
    public async Task A_call_for_whose_record_there_is_no_room_within_the_registrys_deadline_is_refused_and_none_that_was_answered_lacks_its_own()
    {
        await using var host = await WithRoomForOneAsync("00:00:01");
        Task[] calls;
        using (StoreFault.Held(host, "registry"))
        {
            calls = await AskAsync(host);
            await Task.WhenAll(calls).ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default).WaitAsync(TimeSpan.FromSeconds(30));
        }

        var refused = calls.Where(call => call.IsFaulted).ToList();
        Assert.NotEmpty(refused);
        foreach (var call in refused)
        {
            var one = await Refused.ByAsync(() => call);
            Assert.Equal((StatusCode.Unavailable, "REGISTRY_UNAVAILABLE"), (one.Code, one.Reason));
        }

        var answered = calls.Length - refused.Count;
        await Eventually.TrueAsync(async () => (await RecordsAsync(host.Channel, "1042")).Count == 2 + answered, "every answer has its record, and no refusal");
    }

    [Fact]
    public async Task A_record_stands_in_the_registry_100_milliseconds_after_its_answer_at_most()
    {
        await using var host = await DossierHost.StartAsync();
        await using var registry = new SqliteConnection($"Data Source={host.FileOf("registry")};Mode=ReadOnly;Pooling=False");
        await registry.OpenAsync();
        var soonest = TimeSpan.MaxValue;

        // A busy machine is late now and then, and not every time.
        for (var read = 1; read <= 20 && soonest > TimeSpan.FromMilliseconds(100); read++)
        {
            await host.GetAsync("1042");
            var answered = Stopwatch.GetTimestamp();
            while (await registry.ExecuteScalarAsync<int>("SELECT count(*) FROM access_record") < read)
            {
                Assert.InRange(Stopwatch.GetElapsedTime(answered), TimeSpan.Zero, TimeSpan.FromSeconds(30));
                await Task.Delay(2, CancellationToken.None);
            }

            var took = Stopwatch.GetElapsedTime(answered);
            soonest = took < soonest ? took : soonest;
        }

        Assert.InRange(soonest, TimeSpan.Zero, TimeSpan.FromMilliseconds(100));
    }

    [Fact]
    public async Task What_waits_for_the_registry_is_written_in_few_commits_and_not_in_one_for_each_record()
    {
        const int Reads = 20;
        await using var sink = await OtlpSink.StartAsync();
        using var folder = TemporaryFolder.WithStores();
        await using var service = await DossierProcess.StartAsync(
            folder.Path,
            ("OTEL_EXPORTER_OTLP_ENDPOINT", sink.GrpcAddress), ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"), ("OTEL_METRIC_EXPORT_INTERVAL", "100"));
        async Task<string> ReadAsync()
        {
            var call = service.Dossiers.GetDossierAsync(new GetDossierRequest { Name = "customers/1042/dossier" });
            await call;
            return call.GetTrailers().GetValue("x-dossier-trace")!;
        }

        async Task<double> CommitsAsync(int records)
        {
            await Eventually.TrueAsync(
                () => Task.FromResult(sink.Got.Latest("dossier.access.records") == records), () => $"{records} records are counted: {sink.Got.Latest("dossier.access.records")}");
            return sink.Got.Latest("dossier.registry.duration", ("dossier.operation", "change"), ("dossier.outcome", "OK"))!.Value;
        }

        // The first read of a customer writes more than its record.
        var traces = new List<string> { await ReadAsync() };
        var before = await CommitsAsync(1);
        using (StoreFault.Locked(folder.Path, "registry"))
        {
            for (var read = 0; read < Reads; read++)
            {
                traces.Add(await ReadAsync());
            }
        }

        // One that was tried while they came, and one for those who gathered behind it; as many again for a machine that is slow.
        Assert.InRange(await CommitsAsync(1 + Reads) - before, 1, 4);
        Assert.Equal(traces.Order(StringComparer.Ordinal), (await RecordsAsync(service.Channel, "1042")).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_kill_loses_the_records_of_the_last_moment_and_none_where_they_are_required(bool required)
    {
        using var folder = TemporaryFolder.WithStores();
        var answered = new ConcurrentQueue<(string Trace, DateTimeOffset At)>();
        await using var service = await DossierProcess.StartAsync(folder.Path, ("DOSSIER_Access__Required", required ? "true" : "false"));
        var readers = Enumerable.Range(0, 4).Select(number => Task.Run(async () =>
        {
            try
            {
                while (true)
                {
                    var call = service.Dossiers.GetDossierAsync(new GetDossierRequest { Name = $"customers/{2001 + number}/dossier" });
                    await call;
                    answered.Enqueue((call.GetTrailers().GetValue("x-dossier-trace")!, TimeProvider.System.GetUtcNow()));
                }
            }
            catch (RpcException)
            {
                // It was killed.
            }
        })).ToArray();
        await Eventually.TrueAsync(() => Task.FromResult(answered.Count > 200), "there are reads");
        if (!required)
        {
            await Task.Delay(Late);
        }

        var killed = TimeProvider.System.GetUtcNow();
        await service.KillAsync();
        await Task.WhenAll(readers);

        await using var again = await service.RestartAsync();
        var recorded = new HashSet<string>(StringComparer.Ordinal);
        for (var number = 2001; number <= 2004; number++)
        {
            recorded.UnionWith(await RecordsAsync(again.Channel, $"{number}"));
        }

        var due = answered.Where(read => required || read.At < killed - Late).Select(read => read.Trace).ToList();
        Assert.NotEmpty(due);
        Assert.Empty(due.Except(recorded));
    }

    /// <summary>The trace ids of a customer's records.</summary>
    private static async Task<DossierHost> WithRoomForOneAsync(string registryDeadline)
    {
        var host = await Patient.StartAsync(("Access:Queue", "1"), ("Registry:Deadline", registryDeadline), ("Limits:Deadline", "00:02:00"));
        await host.GetAsync("1042");
        await Eventually.TrueAsync(async () => (await RecordsAsync(host.Channel, "1042")).Count == 1, "the first is written");
        return host;
    }

    /// <summary>
    /// While the registry is held: one that is being written, again and again, so that the queue is not emptied any more; then what waits to be, and
    /// those for whom there is no room.
    /// </summary>
    private static async Task<Task[]> AskAsync(DossierHost host)
    {
        await host.GetAsync("1042");
        await Task.Delay(500, CancellationToken.None);
        return [.. Enumerable.Range(0, 8).Select(_ => host.GetAsync("1042"))];
    }

    private static async Task<List<string>> RecordsAsync(GrpcChannel channel, string customer)
    {
        var access = new AccessService.AccessServiceClient(channel);
        var request = new ListAccessRecordsRequest { Parent = $"customers/{customer}", PageSize = 200 };
        var traces = new List<string>();
        do
        {
            var page = await access.ListAccessRecordsAsync(request, DossierHost.As("local"));
            traces.AddRange(page.AccessRecords.Where(record => record.Method == "DossierService/GetDossier").Select(record => record.TraceId));
            request.PageToken = page.NextPageToken;
        }
        while (request.PageToken.Length > 0);
        return traces;
    }
}
