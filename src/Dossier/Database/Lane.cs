using System.Diagnostics;
using Polly;
using Polly.CircuitBreaker;

namespace Dossier.Database;

/// <summary>Why a call on a lane gave no answer.</summary>
public enum LaneFailure
{
    /// <summary>The deadline passed.</summary>
    TimedOut,

    /// <summary>Every place is held by a call that is past its deadline, or none came free in time.</summary>
    LaneFull,

    /// <summary>Calls failed one after the other; none is made for a moment (500 ms).</summary>
    BreakerOpen,

    /// <summary>The store or its driver refused.</summary>
    Failed,
}

/// <summary>A call on a lane gave no answer.</summary>
public sealed class LaneException(LaneFailure failure, bool counts, Exception? cause = null)
    : Exception(cause?.Message ?? failure.ToString(), cause)
{
    public LaneFailure Failure { get; } = failure;

    /// <summary>The store is to blame, not a caller in a hurry: it counts for the breaker.</summary>
    public bool Counts { get; } = counts;
}

/// <summary>
/// The way to one database: a bounded number of calls, each with a hard deadline, behind a circuit breaker.
/// A cancelled token is not a deadline (a silent server held Npgsql for 60 s; Microsoft.Data.Sqlite runs synchronously),
/// so the caller stops waiting on its own, and the place is free again when the abandoned call really ends.
/// Callers wait for a place within their deadline, unless all places are held by abandoned calls: then they are refused
/// at once. (Refusing as soon as all places are busy would make a healthy store unreachable under load.)
/// </summary>
public sealed class Lane : IDisposable
{
    private static readonly TimeSpan Break = TimeSpan.FromMilliseconds(500);

    // Who comes later than this after the last try waits for his own: what was down an hour ago may be well.
    private static readonly TimeSpan Recent = TimeSpan.FromSeconds(2);
    private readonly int width;
    private readonly TimeSpan ownDeadline;
    private readonly SemaphoreSlim places;
    private readonly CircuitBreakerStateProvider state;
    private readonly ResiliencePipeline breaker;
    private readonly Action<LaneException>? triedBeside;
    private long openUntil;
    private long lastTry;
    private int trying;
    private int abandoned;

    /// <param name="width">Calls that may run at once.</param>
    /// <param name="ownDeadline">The database's own deadline: only a call that had all of it counts for the breaker.</param>
    /// <param name="triedBeside">
    /// For work that only reads: while the breaker is open and the database was tried a moment ago, nobody waits for it. A caller's work is
    /// tried beside him, and this hears how it failed. (With the breaker's own half-open calls one caller in a hundred waited for a
    /// whole deadline, and that was the p99 of all.)
    /// </param>
    public Lane(int width, TimeSpan ownDeadline, Action<LaneException>? triedBeside = null)
    {
        (this.width, this.ownDeadline, this.triedBeside) = (width, ownDeadline, triedBeside);
        places = new SemaphoreSlim(width, width);
        state = new CircuitBreakerStateProvider();
        breaker = new ResiliencePipelineBuilder()
            .AddCircuitBreaker(new CircuitBreakerStrategyOptions
            {
                FailureRatio = 0.9,
                MinimumThroughput = 5,
                SamplingDuration = TimeSpan.FromSeconds(2),
                BreakDuration = Break,
                OnOpened = _ =>
                {
                    Volatile.Write(ref openUntil, Stopwatch.GetTimestamp() + (long)(Break.TotalSeconds * Stopwatch.Frequency));
                    return ValueTask.CompletedTask;
                },
                ShouldHandle = new PredicateBuilder().Handle<LaneException>(failure => failure.Counts),
                StateProvider = state,
            })
            .Build();
    }

    public int Width => width;

    /// <summary>The breaker opened and no call has succeeded since: none is made but, now and then, one to try.</summary>
    public bool IsOpen => state.CircuitState is not CircuitState.Closed;

    /// <summary>Calls that are past their deadline and have not come back.</summary>
    public int Abandoned => Volatile.Read(ref abandoned);

    /// <summary>Runs synchronous work on a thread of the pool, for at most <paramref name="deadline"/>.</summary>
    /// <param name="work">Gets a token that is cancelled when nobody waits for it any more.</param>
    /// <param name="deadline">Waiting for a place counts.</param>
    /// <param name="caller">The caller went away.</param>
    /// <exception cref="LaneException">There is no answer.</exception>
    /// <exception cref="OperationCanceledException">The caller went away.</exception>
    public async Task<T> RunAsync<T>(Func<CancellationToken, T> work, TimeSpan deadline, CancellationToken caller)
    {
        var started = Stopwatch.GetTimestamp();
        if (triedBeside is not null && IsOpen && Stopwatch.GetElapsedTime(Volatile.Read(ref lastTry)) < Recent)
        {
            TryBeside(work);
            throw new LaneException(LaneFailure.BreakerOpen, counts: false);
        }

        // Who waits for a place that an open breaker will not let him use waits for nothing.
        if (IsOpen && places.CurrentCount == 0 && Abandoned < width)
        {
            throw new LaneException(LaneFailure.BreakerOpen, counts: false);
        }

        // Outside the breaker, which takes every call for a success that is not a failure: where all callers of a silent store but
        // the first were refused a place, it never opened.
        if (Abandoned >= width || deadline <= TimeSpan.Zero || !await places.WaitAsync(deadline, caller))
        {
            throw new LaneException(deadline <= TimeSpan.Zero ? LaneFailure.TimedOut : LaneFailure.LaneFull, counts: false);
        }

        return await WithPlaceAsync(work, deadline, started, caller);
    }

    public void Dispose() => places.Dispose();

    /// <summary>Tries the work for nobody, one at a time, as soon as the breaker lets one through.</summary>
    private void TryBeside<T>(Func<CancellationToken, T> work)
    {
        if (Stopwatch.GetTimestamp() < Volatile.Read(ref openUntil) || Interlocked.Exchange(ref trying, 1) == 1)
        {
            return;
        }

        if (Abandoned >= width || !places.Wait(0, CancellationToken.None))
        {
            Volatile.Write(ref trying, 0);
            return;
        }

        // Not in the caller's trace: his call may be over before this one is.
        using (ExecutionContext.SuppressFlow())
        {
            _ = Task.Run(async () =>
            {
                try
                {
                    await WithPlaceAsync(work, ownDeadline, Stopwatch.GetTimestamp(), CancellationToken.None);
                }
                catch (LaneException failed) when (failed.Failure != LaneFailure.BreakerOpen)
                {
                    triedBeside!(failed);
                }
                catch (Exception failed) when (failed is LaneException or DossierException or OperationCanceledException)
                {
                    // What it says is for a caller, and there is none.
                }
                finally
                {
                    Volatile.Write(ref trying, 0);
                }
            });
        }
    }

    /// <summary>Runs a call that holds a place through the breaker.</summary>
    private async Task<T> WithPlaceAsync<T>(Func<CancellationToken, T> work, TimeSpan deadline, long started, CancellationToken caller)
    {
        try
        {
            // Without the caller's token: a breaker that saw it cancelled would not run the call that gives the place back.
            return await breaker.ExecuteAsync(
                static (state, _) => new ValueTask<T>(state.Lane.OnceAsync(state.Work, state.Deadline, state.Started, state.Caller)),
                (Lane: this, Work: work, Deadline: deadline, Started: started, Caller: caller),
                CancellationToken.None);
        }
        catch (LaneException failed) when (failed.Counts)
        {
            Volatile.Write(ref lastTry, Stopwatch.GetTimestamp());
            throw;
        }
        catch (BrokenCircuitException open)
        {
            places.Release();
            throw new LaneException(LaneFailure.BreakerOpen, counts: false, open);
        }
    }

    /// <summary>Runs a call that holds a place, and gives it back when the call ends.</summary>
    private async Task<T> OnceAsync<T>(Func<CancellationToken, T> work, TimeSpan deadline, long started, CancellationToken caller)
    {
        var left = deadline - Stopwatch.GetElapsedTime(started);
        var stop = new CancellationTokenSource();
        var running = Task.Run(
            () =>
            {
                try
                {
                    return work(stop.Token);
                }
                finally
                {
                    places.Release();
                }
            },
            CancellationToken.None);
        try
        {
            var answer = await running.WaitAsync(left > TimeSpan.Zero ? left : TimeSpan.Zero, caller);
            stop.Dispose();
            return answer;
        }
        catch (Exception ended) when (running.IsCompleted && ended is not OperationCanceledException)
        {
            stop.Dispose();
            if (ended is DossierException)
            {
                throw;
            }

            // It may have ended in the moment between the time-out and this line; then its own word counts.
            if (running.IsCompletedSuccessfully)
            {
                return await running;
            }

            var cause = running.Exception?.InnerException ?? ended;
            throw new LaneException(cause is TimeoutException ? LaneFailure.TimedOut : LaneFailure.Failed, counts: true, cause);
        }
        catch (Exception ended) when (ended is TimeoutException or OperationCanceledException)
        {
            _ = AbandonAsync(running, stop, ended is TimeoutException ? TimeSpan.Zero : deadline - Stopwatch.GetElapsedTime(started));
            if (ended is TimeoutException)
            {
                throw new LaneException(LaneFailure.TimedOut, counts: deadline >= ownDeadline);
            }

            throw;
        }
    }

    /// <summary>
    /// Tells a call that nobody waits for it, and counts it as abandoned from its deadline until it ends. A caller who goes
    /// away before that says nothing about the store: the place is free in a moment, and others wait for it.
    /// </summary>
    private async Task AbandonAsync(Task running, CancellationTokenSource stop, TimeSpan left)
    {
        if (left > TimeSpan.Zero)
        {
            await stop.CancelAsync();
            await running.WaitAsync(left).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        if (!running.IsCompleted)
        {
            Interlocked.Increment(ref abandoned);
            await stop.CancelAsync();
            await running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            Interlocked.Decrement(ref abandoned);
        }

        stop.Dispose();
    }
}
