using System.Diagnostics;
using Dossier.Database;

namespace Dossier.Tests.UnitTests;

/// <summary>Work on a lane that waits for its answer without a thread.</summary>
public sealed class AwaitedLaneTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(20);
    private static readonly AsyncLocal<int> Mine = new();

    private static int Never(CancellationToken _) => throw new InvalidOperationException("A thread did it.");

    private static ValueTask<(bool Done, int Value)> NotDone(CancellationToken _) => default;

    private static async Task<LaneException> RefusedAsync<T>(Task<T> call) => await Assert.ThrowsAsync<LaneException>(() => call);

    private static async Task FreeAsync(Lane lane)
    {
        var started = Stopwatch.GetTimestamp();
        while (lane.Abandoned > 0)
        {
            Assert.True(Stopwatch.GetElapsedTime(started) < Long, "its place stayed taken");
            await Task.Delay(5);
        }
    }

    [Fact]
    public async Task What_is_done_without_a_thread_is_the_answer()
    {
        var lane = new Lane(1, Deadline);
        Assert.Equal(7, await lane.RunAsync(Never, Long, CancellationToken.None, _ => new ValueTask<(bool, int)>((true, 7))));
        Assert.Equal(8, await lane.RunAsync(Never, Long, CancellationToken.None, async _ =>
        {
            await Task.Yield();
            return (true, 8);
        }));
    }

    [Fact]
    public async Task What_cannot_be_done_without_a_thread_is_done_by_one_in_the_same_place()
    {
        var lane = new Lane(1, Deadline);
        for (var call = 0; call < 3; call++)
        {
            Assert.Equal(call, await lane.RunAsync(_ => call, Long, CancellationToken.None, NotDone));
            Assert.Equal(call, await lane.RunAsync(_ => call, Long, CancellationToken.None, async _ =>
            {
                await Task.Yield();
                return default;
            }));
        }
    }

    [Fact]
    public async Task A_place_is_one_calls_at_a_time_and_each_runs_for_its_own_caller()
    {
        var lane = new Lane(2, Deadline);
        var (running, most) = (0, 0);
        var answers = await Task.WhenAll(Enumerable.Range(1, 200).Select(async number =>
        {
            Mine.Value = number;
            return await lane.RunAsync(_ => Mine.Value, Long, CancellationToken.None, async abandoned =>
            {
                var now = Interlocked.Increment(ref running);
                most = Math.Max(most, now);
                await Task.Delay(1, abandoned);
                Interlocked.Decrement(ref running);
                return number % 3 == 0 ? default : (true, Mine.Value);
            });
        }));

        Assert.Equal(Enumerable.Range(1, 200), answers);
        Assert.InRange(most, 1, 2);
    }

    [Fact]
    public async Task Its_deadline_is_its_callers_and_its_place_is_free_when_it_ends()
    {
        var lane = new Lane(1, Deadline);
        var called = 0;
        int Count(CancellationToken _) => Interlocked.Increment(ref called);
        var silent = new TaskCompletionSource<(bool, int)>(TaskCreationOptions.RunContinuationsAsynchronously);
        var told = new TaskCompletionSource();
        var refused = await RefusedAsync(lane.RunAsync(Count, Deadline, CancellationToken.None, abandoned =>
        {
            abandoned.Register(told.SetResult);
            return new ValueTask<(bool, int)>(silent.Task);
        }));
        Assert.Equal((LaneFailure.TimedOut, true), (refused.Failure, refused.Counts));
        Assert.Equal(1, lane.Abandoned);
        Assert.Equal(LaneFailure.LaneFull, (await RefusedAsync(lane.RunAsync(Count, Deadline, CancellationToken.None, NotDone))).Failure);

        // Nobody waits for it any more: a thread does not do it either.
        await told.Task.WaitAsync(Long);
        silent.SetResult(default);
        await FreeAsync(lane);
        Assert.Equal(0, called);
        Assert.Equal(1, await lane.RunAsync(Count, Long, CancellationToken.None, NotDone));
    }

    [Fact]
    public async Task Who_heeds_the_token_ends_when_his_caller_leaves()
    {
        var lane = new Lane(1, Long);
        using var caller = new CancellationTokenSource();
        var call = lane.RunAsync(Never, Long, caller.Token, async abandoned =>
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, abandoned);
            return default;
        });
        await caller.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        Assert.Equal(1, await lane.RunAsync(Never, Long, CancellationToken.None, _ => new ValueTask<(bool, int)>((true, 1))));
    }

    [Fact]
    public async Task What_it_throws_is_the_stores_failure_and_opens_the_breaker()
    {
        var lane = new Lane(4, Deadline);
        LaneFailure failure;
        var calls = 0;
        do
        {
            failure = (await RefusedAsync(lane.RunAsync(Never, Long, CancellationToken.None, _ => throw new InvalidDataException("The store refused.")))).Failure;
        }
        while (failure == LaneFailure.Failed && ++calls < 20);
        Assert.Equal(LaneFailure.BreakerOpen, failure);
    }
}
