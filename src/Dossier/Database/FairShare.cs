namespace Dossier.Database;

/// <summary>
/// Each system has only so many of its calls at work at once; its others hold their places and wait for their turn. A
/// place in line for a database is not enough: what one system's calls do on the cores between their reads stands in the way of another's
/// (p50 and p99 of a dossier on one core beside 64 calls of another system: 9 and 30 ms; with two of those at work 4 and 15; alone 4.5 and 9).
/// </summary>
public sealed class FairShare : IDisposable
{
    // A call says when it waits for a server or for the registry's disk. One that has been at work for this long waits for something that nobody
    // tells of, a locked file or a slow disk. (With 10 ms calls of a storm were let in beside those that only waited for the one core.)
    private static readonly TimeSpan Waits = TimeSpan.FromMilliseconds(100);
    private readonly Lock gate = new();
    private readonly Dictionary<string, Share> shares = new(StringComparer.Ordinal);
    private readonly TimeProvider clock;
    private readonly int atWork;
    private readonly ITimer relief;
    private bool relieving;

    public FairShare(LimitOptions limits)
        : this(limits.AtWork > 0 ? limits.AtWork : 2 * Environment.ProcessorCount, TimeProvider.System)
    {
    }

    /// <param name="atWork">Calls of one system at work at once.</param>
    /// <param name="clock">Of the machine.</param>
    public FairShare(int atWork, TimeProvider clock)
    {
        (this.atWork, this.clock) = (atWork, clock);
        relief = clock.CreateTimer(_ => Relieve(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Comes back when it is the call's turn; dispose that when it has done its work.</summary>
    /// <param name="system">Whose call.</param>
    /// <param name="most">It waits no longer; <see cref="Timeout.InfiniteTimeSpan"/> for as long as it takes.</param>
    /// <param name="gone">The caller gave up, or his deadline has passed.</param>
    /// <exception cref="OperationCanceledException">He did, or it waited that long.</exception>
    public ValueTask<Turn> EnterAsync(string system, TimeSpan most, CancellationToken gone)
    {
        Turn turn;
        lock (gate)
        {
            if (!shares.TryGetValue(system, out var share))
            {
                shares[system] = share = new Share();
            }

            turn = new Turn(this, share);
            if (share.Waiting.Count == 0 && share.AtWork < atWork)
            {
                Begin(turn);
                return new ValueTask<Turn>(turn);
            }

            turn.Came = clock.GetTimestamp();
            turn.Begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            share.Waiting.Enqueue(turn);
            if (!relieving)
            {
                relieving = relief.Change(Waits / 2, Waits / 2);
            }
        }

        return WaitAsync(turn, most, gone);
    }

    public void Dispose() => relief.Dispose();

    private async ValueTask<Turn> WaitAsync(Turn turn, TimeSpan most, CancellationToken gone)
    {
        using var late = new CancellationTokenSource(most, clock);
        await using var passed = late.Token.UnsafeRegister(static (turn, late) => ((Turn)turn!).Begun!.TrySetCanceled(late), turn);
        await using var given = gone.UnsafeRegister(static (turn, gone) => ((Turn)turn!).Begun!.TrySetCanceled(gone), turn);
        await turn.Begun!.Task;
        return turn;
    }

    private void Begin(Turn turn)
    {
        turn.Since = clock.GetTimestamp();
        turn.Waited = turn.Came == 0 ? TimeSpan.Zero : clock.GetElapsedTime(turn.Came, turn.Since);
        turn.Counts = true;
        turn.Share.AtWork++;
        turn.Share.Begun.Add(turn);
    }

    private void End(Turn turn)
    {
        lock (gate)
        {
            Forget(turn);
            Let(turn.Share);
        }
    }

    private void Pause(Turn turn)
    {
        lock (gate)
        {
            if (turn.WaitsFor++ == 0)
            {
                Discount(turn);
                Let(turn.Share);
            }
        }
    }

    private void Resume(Turn turn)
    {
        lock (gate)
        {
            if (--turn.WaitsFor == 0 && turn.Share.Begun.Contains(turn))
            {
                (turn.Counts, turn.Since) = (true, clock.GetTimestamp());
                turn.Share.AtWork++;
            }
        }
    }

    private static void Forget(Turn turn)
    {
        if (turn.Share.Begun.Remove(turn))
        {
            Discount(turn);
        }
    }

    private static void Discount(Turn turn)
    {
        turn.Share.AtWork -= turn.Counts ? 1 : 0;
        turn.Counts = false;
    }

    /// <summary>Begins with those who wait, as long as fewer than so many are at work.</summary>
    private void Let(Share share)
    {
        while (share.AtWork < atWork && share.Waiting.TryDequeue(out var next))
        {
            // Who gives up in this moment is begun with and never ends it, unless he is asked last.
            Begin(next);
            if (!next.Begun!.TrySetResult())
            {
                Forget(next);
            }
        }
    }

    /// <summary>Lets others in where those who are at work wait for something.</summary>
    private void Relieve()
    {
        lock (gate)
        {
            var waiting = 0;
            foreach (var share in shares.Values)
            {
                if (share.Waiting.Count == 0)
                {
                    continue;
                }

                foreach (var turn in share.Begun)
                {
                    if (clock.GetElapsedTime(turn.Since) >= Waits)
                    {
                        Discount(turn);
                    }
                }

                Let(share);
                waiting += share.Waiting.Count;
            }

            if (waiting == 0)
            {
                relieving = !relief.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            }
        }
    }

    /// <summary>A call's time at work.</summary>
    public sealed class Turn : IDisposable
    {
        private readonly FairShare shares;
        private int ended;

        internal Turn(FairShare shares, Share share) => (this.shares, Share) = (shares, share);

        /// <summary>How long it waited for its turn.</summary>
        public TimeSpan Waited { get; internal set; }

        internal Share Share { get; }

        /// <summary>Completed when it may begin; null if it might at once.</summary>
        internal TaskCompletionSource? Begun { get; set; }

        /// <summary>When it began to wait; 0 if it did not.</summary>
        internal long Came { get; set; }

        internal long Since { get; set; }

        internal bool Counts { get; set; }

        /// <summary>How many answers from elsewhere it waits for.</summary>
        internal int WaitsFor { get; set; }

        /// <summary>It waits for an answer from elsewhere, and its core is free. It may say so more than once; after its end that has no effect.</summary>
        public void Pause() => shares.Pause(this);

        public void Resume() => shares.Resume(this);

        public void Dispose()
        {
            if (Interlocked.Exchange(ref ended, 1) == 0)
            {
                shares.End(this);
            }
        }
    }

    /// <summary>What one system has.</summary>
    internal sealed class Share
    {
        /// <summary>Those of the begun that need a core, as far as is known.</summary>
        public int AtWork { get; set; }

        public HashSet<Turn> Begun { get; } = [];

        public Queue<Turn> Waiting { get; } = new();
    }
}
