using System.Diagnostics;
using System.Runtime.ExceptionServices;

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

/// <summary>A call on a lane gave no answer. Its message is for logs and spans (<see cref="Vendor.Tell"/>).</summary>
public sealed class LaneException(LaneFailure failure, bool counts, Exception? cause = null)
    : Exception(cause is null ? failure.ToString() : Vendor.Tell(cause), cause)
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
public sealed partial class Lane
{
    // Who comes later than this after the last try waits for his own: what was down an hour ago may be well.
    private static readonly TimeSpan Recent = TimeSpan.FromSeconds(2);
    private readonly int width;
    private readonly TimeSpan ownDeadline;
    private readonly Workers workers;
    private readonly Action<LaneException>? triedBeside;
    private readonly Breaker breaker = new();
    private readonly Lock gate = new();
    private readonly Turns<Placed> waiting;
    private int running;
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
    /// <param name="inFile">The database is a file that is only read: calls need a core, not the patience for an answer from elsewhere.</param>
    public Lane(int width, TimeSpan ownDeadline, Action<LaneException>? triedBeside = null, bool inFile = false)
        : this(width, ownDeadline, triedBeside, inFile ? Workers.OfFiles : Workers.OfServers)
    {
    }

    internal Lane(int width, TimeSpan ownDeadline, Action<LaneException>? triedBeside, Workers workers) =>
        (this.width, this.ownDeadline, this.triedBeside, this.workers, waiting) = (width, ownDeadline, triedBeside, workers, new Turns<Placed>(workers.Use));

    public int Width => width;

    /// <summary>The breaker opened and no call has succeeded since: none is made but, now and then, one to try.</summary>
    public bool IsOpen => breaker.IsOpen;

    /// <summary>Calls that are past their deadline and have not come back.</summary>
    public int Abandoned => Volatile.Read(ref abandoned);

    /// <summary>Runs synchronous work on a thread that it may block, for at most <paramref name="deadline"/>.</summary>
    /// <param name="work">Gets a token that is cancelled when nobody waits for it any more.</param>
    /// <param name="deadline">Waiting for a place counts.</param>
    /// <param name="caller">The caller went away.</param>
    /// <param name="awaited">
    /// The same work for no thread, tried first: it blocks none, and says whether it is done. If not, it has left nothing behind, and the work
    /// runs as ever. (A driver whose sockets do not block wakes two threads to have one wait for an answer: 20.6 changes of threads a dossier
    /// on PostgreSQL, where by hand it took 4.1.)
    /// </param>
    /// <exception cref="LaneException">There is no answer.</exception>
    /// <exception cref="OperationCanceledException">The caller went away.</exception>
    public async Task<T> RunAsync<T>(
        Func<CancellationToken, T> work, TimeSpan deadline, CancellationToken caller, Func<CancellationToken, ValueTask<(bool Done, T Value)>>? awaited = null)
    {
        if (triedBeside is not null && IsOpen && Stopwatch.GetElapsedTime(Volatile.Read(ref lastTry)) < Recent)
        {
            TryBeside(work);
            throw new LaneException(LaneFailure.BreakerOpen, counts: false);
        }

        if (Abandoned >= width || deadline <= TimeSpan.Zero)
        {
            throw new LaneException(deadline <= TimeSpan.Zero ? LaneFailure.TimedOut : LaneFailure.LaneFull, counts: false);
        }

        return await OnceAsync(work, awaited, deadline, caller);
    }

    /// <summary>Tries the work for nobody, one at a time, as soon as the breaker lets one through.</summary>
    private void TryBeside<T>(Func<CancellationToken, T> work)
    {
        if (breaker.Refuses || Interlocked.Exchange(ref trying, 1) == 1)
        {
            return;
        }

        if (Volatile.Read(ref running) >= width)
        {
            Volatile.Write(ref trying, 0);
            return;
        }

        // Not in the caller's trace: his call may be over before this one is.
        using (ExecutionContext.SuppressFlow())
        {
            _ = TryAsync();
        }

        async Task TryAsync()
        {
            try
            {
                await OnceAsync(work, null, ownDeadline, CancellationToken.None);
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
        }
    }

    private async Task<T> OnceAsync<T>(
        Func<CancellationToken, T> work, Func<CancellationToken, ValueTask<(bool Done, T Value)>>? awaited, TimeSpan deadline, CancellationToken caller)
    {
        var passage = breaker.Enter();
        if (passage == Passage.None)
        {
            throw new LaneException(LaneFailure.BreakerOpen, counts: false);
        }

        bool? succeeded = null;
        var call = new Call<T>(this, work, awaited, passage);
        try
        {
            var started = Stopwatch.GetTimestamp();
            call.Start();
            using var waits = workers == Workers.OfServers ? CallOf.WaitElsewhere() : default;
            try
            {
                var answer = await call.Answer.WaitAsync(deadline, caller);
                succeeded = true;
                call.Dispose();
                return answer;
            }
            catch (Exception ended) when (ended is (TimeoutException or OperationCanceledException) && call.GiveUp())
            {
                // Nobody has begun with it, and nobody will.
                call.Dispose();
                throw ended is TimeoutException ? new LaneException(LaneFailure.LaneFull, counts: false) : ended;
            }
            catch (Exception ended) when (call.Answer.IsCompleted && ended is not OperationCanceledException)
            {
                call.Dispose();

                // It may have ended in the moment between the time-out and this line; then its own word counts.
                if (call.Answer.IsCompletedSuccessfully)
                {
                    succeeded = true;
                    return await call.Answer;
                }

                var cause = call.Answer.Exception?.InnerException ?? ended;
                if (cause is DossierException or LaneException)
                {
                    succeeded = cause is DossierException ? true : null;
                    ExceptionDispatchInfo.Throw(cause);
                }

                // A row that cannot be written is no reason to write no other.
                var refused = Vendor.IsRefusal(cause);
                succeeded = refused ? true : null;
                throw new LaneException(cause is TimeoutException ? LaneFailure.TimedOut : LaneFailure.Failed, counts: !refused, cause);
            }
            catch (Exception ended) when (ended is TimeoutException or OperationCanceledException)
            {
                _ = AbandonAsync(call, ended is TimeoutException ? TimeSpan.Zero : deadline - Stopwatch.GetElapsedTime(started));
                if (ended is TimeoutException)
                {
                    throw new LaneException(LaneFailure.TimedOut, counts: deadline >= ownDeadline);
                }

                throw;
            }
        }
        catch (LaneException failed) when (failed.Counts)
        {
            Volatile.Write(ref lastTry, Stopwatch.GetTimestamp());
            succeeded = false;
            throw;
        }
        finally
        {
            breaker.Leave(passage, succeeded);
        }
    }

    /// <summary>
    /// Tells a call that nobody waits for it, and counts it as abandoned from its deadline until it ends. A caller who goes
    /// away before that says nothing about the store: the place is free in a moment, and others wait for it.
    /// </summary>
    private async Task AbandonAsync<T>(Call<T> call, TimeSpan left)
    {
        var stopped = call.StopAsync();
        if (left > TimeSpan.Zero)
        {
            await ((Task)call.Answer).WaitAsync(left).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        lock (gate)
        {
            if (!call.HasEnded)
            {
                call.IsAbandoned = true;
                abandoned++;
            }
        }

        await ((Task)call.Answer).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await stopped;
        call.Dispose();
    }

    /// <returns>False if all places are taken: the call gets one when it is free, and its system's turn has come.</returns>
    private bool TakePlace(Placed call)
    {
        lock (gate)
        {
            if (running < width)
            {
                running++;
                return true;
            }

            waiting.Add(call.System, call);
            return false;
        }
    }

    private void GivePlace<T>(Call<T> ended)
    {
        Placed? next;
        lock (gate)
        {
            ended.HasEnded = true;
            abandoned -= ended.IsAbandoned ? 1 : 0;
            if (!waiting.TryTake(out next))
            {
                running--;
            }
        }

        next?.Place();
    }
}
