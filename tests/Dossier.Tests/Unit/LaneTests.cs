using System.Collections.Concurrent;
using System.Diagnostics;
using Dossier.Database;
using Dossier.V1;

namespace Dossier.Tests.UnitTests;

/// <summary>
/// The way to one database, with calls that really block their thread and heed no token. Times are bounded generously from
/// above: two cores may be busy with other tests.
/// </summary>
public sealed class LaneTests : IDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(20);
    private readonly ManualResetEventSlim gate = new();

    public void Dispose() => gate.Set();

    /// <summary>Blocks its thread until the test lets go, whatever becomes of the caller.</summary>
    private int Block(CancellationToken _)
    {
        gate.Wait(Long, CancellationToken.None);
        return 1;
    }

    private static int Fail(CancellationToken _) => throw new InvalidDataException("The store refused.");

    private static async Task<LaneException> RefusedAsync<T>(Task<T> call) => await Assert.ThrowsAsync<LaneException>(() => call);

    private static async Task UntilAsync(Func<bool> condition)
    {
        var started = Stopwatch.GetTimestamp();
        while (!condition())
        {
            Assert.True(Stopwatch.GetElapsedTime(started) < Long, "it did not come about");
            await Task.Delay(5);
        }
    }

    [Fact]
    public async Task A_call_gives_its_answer()
    {
        var lane = new Lane(1, Deadline);
        Assert.Equal(42, await lane.RunAsync(_ => 42, Long, CancellationToken.None));
        Assert.Equal(1, lane.Width);
        Assert.Equal(0, lane.Abandoned);
    }

    [Fact]
    public async Task A_call_that_blocks_is_left_at_its_deadline_and_told_so()
    {
        var lane = new Lane(2, Deadline);
        var told = new TaskCompletionSource();
        var started = Stopwatch.GetTimestamp();
        var refused = await RefusedAsync(lane.RunAsync(
            stop =>
            {
                stop.Register(told.SetResult);
                return Block(stop);
            },
            Deadline,
            CancellationToken.None));
        Assert.InRange(Stopwatch.GetElapsedTime(started), Deadline - TimeSpan.FromMilliseconds(15), TimeSpan.FromSeconds(2));
        Assert.Equal(LaneFailure.TimedOut, refused.Failure);
        await told.Task.WaitAsync(Long);
    }

    [Fact]
    public async Task An_abandoned_call_keeps_its_place_until_it_really_ends()
    {
        var lane = new Lane(2, Deadline);
        await RefusedAsync(lane.RunAsync(Block, Deadline, CancellationToken.None));
        Assert.Equal(1, lane.Abandoned);
        Assert.Equal(1, await lane.RunAsync(_ => 1, Deadline, CancellationToken.None));
        gate.Set();
        await UntilAsync(() => lane.Abandoned == 0);
        Assert.Equal(1, await lane.RunAsync(_ => 1, Long, CancellationToken.None));
    }

    [Fact]
    public async Task A_lane_whose_places_are_all_abandoned_refuses_at_once_and_serves_again_when_they_come_back()
    {
        var lane = new Lane(2, Deadline);
        await Task.WhenAll(RefusedAsync(lane.RunAsync(Block, Deadline, CancellationToken.None)), RefusedAsync(lane.RunAsync(Block, Deadline, CancellationToken.None)));
        Assert.Equal(2, lane.Abandoned);

        var started = Stopwatch.GetTimestamp();
        Assert.Equal(LaneFailure.LaneFull, (await RefusedAsync(lane.RunAsync(_ => 1, Long, CancellationToken.None))).Failure);
        Assert.True(Stopwatch.GetElapsedTime(started) < TimeSpan.FromSeconds(5), "it waited for a place");

        gate.Set();
        await UntilAsync(() => lane.Abandoned == 0);
        Assert.Equal(1, await lane.RunAsync(_ => 1, Long, CancellationToken.None));
    }

    [Fact]
    public async Task A_caller_waits_for_a_place_that_is_busy_but_alive()
    {
        var lane = new Lane(1, Long);
        var first = lane.RunAsync(Block, Long, CancellationToken.None);
        var second = lane.RunAsync(_ => 2, Long, CancellationToken.None);
        await Task.Delay(50);
        Assert.False(second.IsCompleted);
        gate.Set();
        Assert.Equal(1, await first);
        Assert.Equal(2, await second);
    }

    [Fact]
    public async Task A_caller_who_gets_no_place_within_the_deadline_is_refused_and_the_store_is_not_to_blame()
    {
        var lane = new Lane(1, Deadline);
        var first = lane.RunAsync(Block, Long, CancellationToken.None);
        for (var call = 0; call < 8; call++)
        {
            var refused = await RefusedAsync(lane.RunAsync(_ => 2, TimeSpan.FromMilliseconds(20), CancellationToken.None));
            Assert.Equal((LaneFailure.LaneFull, false), (refused.Failure, refused.Counts));
        }

        Assert.False(lane.IsOpen);
        gate.Set();
        await first;
    }

    [Fact]
    public async Task A_file_that_does_not_answer_holds_up_no_other_one()
    {
        var (silent, well) = (new Lane(8, Long, inFile: true), new Lane(8, Long, inFile: true));
        var blocked = Enumerable.Range(0, 24).Select(_ => silent.RunAsync(Block, Long, CancellationToken.None)).ToList();
        var started = Stopwatch.GetTimestamp();
        Assert.Equal(20, (await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => well.RunAsync(_ => 1, Long, CancellationToken.None)))).Sum());
        Assert.True(Stopwatch.GetElapsedTime(started) < TimeSpan.FromSeconds(5), "it waited for the other file");
        Assert.All(blocked, call => Assert.False(call.IsCompleted));
        gate.Set();
        Assert.Equal(24, (await Task.WhenAll(blocked)).Sum());
    }

    [Fact]
    public async Task A_deadline_holds_however_many_calls_are_blocked_on_however_few_cores()
    {
        var lane = new Lane(64, Long);
        var started = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, 64).Select(_ => RefusedAsync(lane.RunAsync(Block, Deadline, CancellationToken.None))));
        Assert.True(Stopwatch.GetElapsedTime(started) < TimeSpan.FromSeconds(2), "deadlines waited for threads that were blocked");
    }

    [Fact]
    public async Task Of_calls_that_wait_for_a_place_the_first_comes_first()
    {
        var lane = new Lane(1, Long);
        var order = new List<int>();
        var first = lane.RunAsync(Block, Long, CancellationToken.None);
        var others = Enumerable.Range(1, 8).Select(number => lane.RunAsync(
            _ =>
            {
                order.Add(number);
                return number;
            },
            Long,
            CancellationToken.None)).ToList();
        gate.Set();
        await first;
        await Task.WhenAll(others);
        Assert.Equal(Enumerable.Range(1, 8), order);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Systems_take_turns_so_that_one_call_does_not_wait_behind_all_of_another_s(bool inFile)
    {
        var lane = new Lane(1, Long, inFile: inFile);
        var order = new ConcurrentQueue<string>();
        var first = lane.RunAsync(Block, Long, CancellationToken.None);
        var calls = Enumerable.Range(1, 20).Select(number => OfAsync("run", number)).ToList();
        calls.Add(OfAsync("agent", 1));
        gate.Set();
        await first;
        await Task.WhenAll(calls);

        Assert.Equal(["run 1", "agent 1", "run 2", "run 3"], order.Take(4));

        async Task OfAsync(string system, int number)
        {
            // A system of this test alone: who has had threads of late, in other tests too, comes later.
            CallOf.Begin($"{system} of {inFile} {nameof(LaneTests)}");
            await lane.RunAsync(
                _ =>
                {
                    order.Enqueue($"{system} {number}");
                    return number;
                },
                Long,
                CancellationToken.None);
        }
    }

    [Fact]
    public async Task Never_do_more_calls_run_than_there_are_places()
    {
        var lane = new Lane(3, Long);
        var (running, most) = (0, 0);
        var counting = new Lock();
        await Task.WhenAll(Enumerable.Range(0, 60).Select(_ => lane.RunAsync(
            _ =>
            {
                lock (counting)
                {
                    most = Math.Max(most, ++running);
                }

                Thread.SpinWait(20_000);
                lock (counting)
                {
                    running--;
                }

                return true;
            },
            Long,
            CancellationToken.None)));
        Assert.InRange(most, 2, 3);
    }

    [Fact]
    public async Task A_budget_that_is_used_up_calls_nobody()
    {
        var lane = new Lane(1, Deadline);
        var called = false;
        var refused = await RefusedAsync(lane.RunAsync(_ => called = true, TimeSpan.Zero, CancellationToken.None));
        Assert.Equal((LaneFailure.TimedOut, false), (refused.Failure, refused.Counts));
        Assert.False(called);
    }

    [Fact]
    public async Task What_the_store_refuses_is_told_with_its_cause()
    {
        var lane = new Lane(1, Deadline);
        var refused = await RefusedAsync(lane.RunAsync(Fail, Long, CancellationToken.None));
        Assert.Equal((LaneFailure.Failed, true), (refused.Failure, refused.Counts));
        Assert.IsType<InvalidDataException>(refused.InnerException);
    }

    [Fact]
    public async Task A_refusal_that_callers_may_see_passes_through_and_is_no_failure()
    {
        var lane = new Lane(1, Deadline);
        for (var call = 0; call < 8; call++)
        {
            var refused = await Assert.ThrowsAsync<DossierException>(() => lane.RunAsync<int>(_ => throw Refusal.ResourceNotFound("x"), Long, CancellationToken.None));
            Assert.Equal(ErrorReason.ResourceNotFound, refused.Reason);
        }

        Assert.False(lane.IsOpen);
    }

    [Fact]
    public async Task After_repeated_failures_nobody_is_called_for_a_moment_and_within_about_a_second_all_is_well()
    {
        var lane = new Lane(4, Deadline);
        var calls = 0;
        LaneFailure failure;
        do
        {
            calls++;
            failure = (await RefusedAsync(lane.RunAsync(Fail, Long, CancellationToken.None))).Failure;
        }
        while (failure != LaneFailure.BreakerOpen && calls < 20);
        Assert.Equal(LaneFailure.BreakerOpen, failure);
        Assert.InRange(calls, 5, 7);
        Assert.True(lane.IsOpen);

        var opened = Stopwatch.GetTimestamp();
        var answer = 0;
        while (answer == 0)
        {
            try
            {
                answer = await lane.RunAsync(_ => 7, Long, CancellationToken.None);
            }
            catch (LaneException again) when (again.Failure == LaneFailure.BreakerOpen)
            {
                await Task.Delay(10);
            }
        }

        Assert.Equal(7, answer);
        Assert.InRange(Stopwatch.GetElapsedTime(opened), TimeSpan.FromMilliseconds(300), TimeSpan.FromSeconds(1.5));
        Assert.False(lane.IsOpen);
    }

    [Fact]
    public async Task Time_outs_open_the_breaker_too_but_only_where_the_store_had_its_own_time()
    {
        var patient = new Lane(16, Deadline);
        var hurried = new Lane(16, Long);
        var failures = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => RefusedAsync(patient.RunAsync(Block, Deadline, CancellationToken.None))));
        Assert.All(failures, refused => Assert.True(refused.Counts));
        failures = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => RefusedAsync(hurried.RunAsync(Block, Deadline, CancellationToken.None))));
        Assert.All(failures, refused => Assert.Equal((LaneFailure.TimedOut, false), (refused.Failure, refused.Counts)));
        Assert.True(patient.IsOpen);
        Assert.False(hurried.IsOpen);
    }

    [Fact]
    public async Task A_caller_who_goes_away_is_no_failure_of_the_store()
    {
        var lane = new Lane(16, Deadline);
        for (var call = 0; call < 8; call++)
        {
            using var gone = new CancellationTokenSource();
            var running = lane.RunAsync(Block, Long, gone.Token);
            await gone.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
        }

        Assert.False(lane.IsOpen);
        Assert.Equal(1, await lane.RunAsync(_ => 1, Long, CancellationToken.None));
    }

    [Fact]
    public async Task A_caller_who_goes_away_leaves_a_place_that_others_wait_for()
    {
        var lane = new Lane(1, Long);
        using var gone = new CancellationTokenSource();
        var begun = new TaskCompletionSource();
        var first = lane.RunAsync(
            stop =>
            {
                begun.SetResult();
                return Block(stop);
            },
            Long,
            gone.Token);
        await begun.Task;
        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        var second = lane.RunAsync(_ => 2, Long, CancellationToken.None);
        await Task.Delay(50);
        Assert.False(second.IsCompleted);
        gate.Set();
        Assert.Equal(2, await second);
    }

    [Fact]
    public async Task A_caller_who_goes_away_while_waiting_takes_no_place()
    {
        var lane = new Lane(1, Long);
        using var gone = new CancellationTokenSource();
        var first = lane.RunAsync(Block, Long, CancellationToken.None);
        var second = lane.RunAsync(_ => 2, Long, gone.Token);
        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second);
        gate.Set();
        await first;
        Assert.Equal(3, await lane.RunAsync(_ => 3, Long, CancellationToken.None));
    }

    [Fact]
    public async Task While_a_store_is_down_nobody_waits_for_it_and_one_caller_s_work_is_tried_beside_him()
    {
        var tried = new List<LaneFailure>();
        var lane = new Lane(8, Deadline, failed => tried.Add(failed.Failure));
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => RefusedAsync(lane.RunAsync<int>(Fail, Long, CancellationToken.None))));
        await UntilAsync(() => lane.IsOpen);
        var started = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(started) < TimeSpan.FromSeconds(3) || tried.Count < 2)
        {
            var call = lane.RunAsync<int>(Fail, Long, CancellationToken.None);
            Assert.True(call.IsFaulted, "the caller waited");
            Assert.Equal(LaneFailure.BreakerOpen, (await RefusedAsync(call)).Failure);
            Assert.True(Stopwatch.GetElapsedTime(started) < Long, "nothing was tried");
            await Task.Delay(5);
        }

        Assert.InRange(tried.Count, 2, 1 + (int)(Stopwatch.GetElapsedTime(started) / TimeSpan.FromMilliseconds(500)));
        Assert.All(tried, failure => Assert.Equal(LaneFailure.Failed, failure));

        // Well again: found by a try, and from then on everybody is served.
        await UntilAsync(() =>
        {
            _ = lane.RunAsync(_ => 1, Long, CancellationToken.None).Exception;
            return !lane.IsOpen;
        });

        Assert.Equal(1, await lane.RunAsync(_ => 1, Long, CancellationToken.None));
    }

    [Fact]
    public async Task A_caller_who_comes_long_after_the_last_try_waits_for_his_own()
    {
        var lane = new Lane(8, Deadline, _ => { });
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => RefusedAsync(lane.RunAsync<int>(Fail, Long, CancellationToken.None))));
        await UntilAsync(() => lane.IsOpen);
        await Task.Delay(TimeSpan.FromSeconds(2.1));
        Assert.Equal(1, await lane.RunAsync(_ => 1, Long, CancellationToken.None));
    }
}
