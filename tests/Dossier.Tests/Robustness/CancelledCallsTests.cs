using Dossier.Database;
using Dossier.Tests.Fixtures;
using Dossier.Tests.ServiceTests;
using Dossier.V1;
using Grpc.Core;
using Grpc.Net.Client;

namespace Dossier.Tests.RobustnessTests;

/// <summary>Callers who go away in the middle of a call leave nothing behind.</summary>
[Collection(Alone.Name)]
public sealed class CancelledCallsTests
{
    private static readonly string[] Sources = ["sources/administration", "sources/registry", "sources/telephony", "sources/webcare"];

    private const int Calls = 10_000;

    // Of the client that asks, and of connections that open and close by themselves.
    private const int Few = 16;

    [Fact]
    public async Task After_10000_cancelled_calls_no_place_and_no_handle_is_lost_no_error_is_logged_and_64_calls_at_once_succeed()
    {
        using var folder = TemporaryFolder.WithStores();
        await using var service = await DossierProcess.StartAsync(folder.Path, ("DOSSIER_Limits__PerCaller", "10000"), ("DOSSIER_Limits__Reads", "10000"));

        // Kestrel ends a connection of which more than 200 streams were reset faster than it could finish them, so one would not do.
        var clients = Enumerable.Range(0, 16).Select(_ => GrpcChannel.ForAddress(service.Address)).ToList();
        var random = new Random(2000);
        await TogetherAsync(service);
        var handles = service.Handles;
        var requests = Enumerable.Range(0, Calls).Select(number => (Number: number, After: TimeSpan.FromMilliseconds(random.NextDouble() * 5))).ToList();

        var cancelled = 0;
        await Parallel.ForEachAsync(requests, new ParallelOptions { MaxDegreeOfParallelism = 32 }, async (request, _) =>
        {
            var dossiers = new DossierService.DossierServiceClient(clients[request.Number % clients.Count]);
            using var gone = new CancellationTokenSource(request.After);
            try
            {
                await dossiers.GetDossierAsync(new GetDossierRequest { Name = $"customers/{2001 + (request.Number % 500)}/dossier" }, cancellationToken: gone.Token);
            }
            catch (RpcException ended) when (ended.StatusCode == StatusCode.Cancelled)
            {
                Interlocked.Increment(ref cancelled);
            }
        });

        clients.ForEach(client => client.Dispose());
        Assert.True(cancelled > Calls / 2, $"Only {cancelled} calls were cancelled: the test proves nothing.");
        await Eventually.TrueAsync(
            async () =>
            {
                var dossier = (await service.Dossiers.GetDossierAsync(new GetDossierRequest { Name = "customers/1042/dossier" })).Dossier;
                return dossier.Sources.All(source => source.State == SourceState.Ok);
            },
            "every source is OK again");
        await Eventually.TrueAsync(
            async () =>
            {
                var left = await Task.WhenAll(Sources.Select(async name => (await service.Dossiers.GetSourceAsync(new GetSourceRequest { Name = name })).Source.AbandonedReads));
                return left.All(reads => reads == 0);
            },
            "no abandoned read is left");

        // On a machine that does more than this, one of the 64 may miss its source's deadline; a place that was lost would be missed each time.
        await Eventually.TrueAsync(
            async () =>
            {
                return await TogetherAsync(service) == 64;
            },
            "64 calls at once succeed");
        await Eventually.TrueAsync(() => Task.FromResult(service.Handles <= handles + Few), () => $"{service.Handles} handles are no more than {handles} before and {Few}");
        Assert.True(!service.Output.Contains("fail:", StringComparison.Ordinal), service.Output);
        Assert.Empty(service.Error);
    }

    /// <returns>How many dossiers 64 callers at once have got.</returns>
    private static async Task<int> TogetherAsync(DossierProcess service)
    {
        var together = await Task.WhenAll(Enumerable.Range(0, 64).Select(number =>
            service.Dossiers.GetDossierAsync(new GetDossierRequest { Name = $"customers/{2001 + number}/dossier" }).ResponseAsync));
        return together.Select(answer => answer.Dossier.Name).Distinct().Count();
    }

    [Fact]
    public async Task A_place_of_a_caller_who_went_away_is_waited_for_and_not_counted_as_abandoned_before_its_deadline()
    {
        var lane = new Lane(1, TimeSpan.FromSeconds(30));
        using var free = new ManualResetEventSlim();
        using var gone = new CancellationTokenSource();
        var entered = new TaskCompletionSource();
        var left = lane.RunAsync(_ => Held(free, entered), TimeSpan.FromSeconds(30), gone.Token);
        await entered.Task;
        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => left);

        Assert.Equal(0, lane.Abandoned);
        var next = lane.RunAsync(_ => "answered", TimeSpan.FromSeconds(30), CancellationToken.None);
        Assert.False(next.IsCompleted);
        free.Set();
        Assert.Equal("answered", await next);
    }

    [Fact]
    public async Task Work_whose_caller_goes_away_is_told_at_once()
    {
        var lane = new Lane(1, TimeSpan.FromSeconds(30));
        var entered = new TaskCompletionSource();
        var told = new TaskCompletionSource();
        using var gone = new CancellationTokenSource();
        var left = lane.RunAsync(
            stop =>
            {
                entered.SetResult();
                Assert.True(stop.WaitHandle.WaitOne(TimeSpan.FromSeconds(20)));
                told.SetResult();
                return "late";
            },
            TimeSpan.FromSeconds(30),
            gone.Token);
        await entered.Task;
        await gone.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => left);
        await told.Task.WaitAsync(TimeSpan.FromSeconds(25));
    }

    [Fact]
    public async Task A_call_that_hangs_after_its_caller_went_away_counts_as_abandoned_from_its_deadline_until_it_ends()
    {
        var lane = new Lane(1, TimeSpan.FromMilliseconds(200));
        using var free = new ManualResetEventSlim();
        using var gone = new CancellationTokenSource();
        var entered = new TaskCompletionSource();
        var left = lane.RunAsync(_ => Held(free, entered), TimeSpan.FromMilliseconds(200), gone.Token);
        await entered.Task;
        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => left);

        await Eventually.TrueAsync(() => Task.FromResult(lane.Abandoned == 1), "it counts as abandoned");
        var refused = await Assert.ThrowsAsync<LaneException>(() => lane.RunAsync(_ => "never", TimeSpan.FromSeconds(30), CancellationToken.None));
        Assert.Equal(LaneFailure.LaneFull, refused.Failure);
        free.Set();
        await Eventually.TrueAsync(() => Task.FromResult(lane.Abandoned == 0), "it has ended");
        Assert.Equal("answered", await lane.RunAsync(_ => "answered", TimeSpan.FromSeconds(30), CancellationToken.None));
    }

    private static string Held(ManualResetEventSlim free, TaskCompletionSource entered)
    {
        entered.SetResult();
        free.Wait();
        return "late";
    }
}
