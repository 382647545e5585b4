using System.Diagnostics;

namespace Dossier.Database;

/// <summary>Work that may block the thread that it runs on, for as long as a database likes. Never throws.</summary>
internal interface IBlockingWork
{
    /// <summary>For whom.</summary>
    string System { get; }

    /// <summary>The turn of the call that waits for it; null if none does.</summary>
    FairShare.Turn? Turn { get; }

    void Run();
}

/// <summary>
/// Threads for what blocks, beside the thread pool, whose timers and answers must not wait for a silent database (measured there: a
/// deadline of 100 ms came after 1,013 ms, with four blocked calls on two cores). What comes of the work goes on on the same thread: the pool
/// needed a thread woken for each of the four databases of a dossier.
/// </summary>
internal sealed class Workers : IDisposable
{
    // A read of an embedded database takes less than a millisecond. One that takes this long waits for something, and its core is free.
    private static readonly TimeSpan Blocked = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(20);
    private readonly Lock gate = new();
    private readonly Turns<IBlockingWork> waiting;
    private readonly List<Worker> busy = [];
    private readonly List<Worker> idle = [];
    private readonly string name;
    private readonly int atOnce;
    private readonly Timer relief;
    private int blocked;
    private bool relieving;

    /// <param name="name">What their threads are called.</param>
    /// <param name="atOnce">How many work at once, those that are blocked not counted.</param>
    public Workers(string name, int atOnce)
    {
        (this.name, this.atOnce) = (name, atOnce);
        waiting = new Turns<IBlockingWork>(Use);
        relief = new Timer(_ => Relieve());
    }

    /// <summary>For databases that live in files: they need a core, so more at once than there are cores would only be in each other's way.</summary>
    public static Workers OfFiles { get; } = new("dossier files", Environment.ProcessorCount);

    /// <summary>For databases elsewhere, and for what waits for a disk: each call waits for an answer on a thread of its own.</summary>
    public static Workers OfServers { get; } = new("dossier servers", int.MaxValue / 2);

    /// <summary>What each system has had of these threads.</summary>
    public SystemUse Use { get; } = new(TimeProvider.System);

    /// <summary>Runs work as soon as there is a thread for it, the work of the system first that has had least of late.</summary>
    public void Add(IBlockingWork work)
    {
        Worker? woken = null;
        lock (gate)
        {
            waiting.Add(work.System, work);
            if (busy.Count < atOnce + blocked)
            {
                woken = Take();
            }
            else if (!relieving)
            {
                relieving = relief.Change(Blocked, Blocked);
            }
        }

        woken?.Wake();
    }

    public void Dispose() => relief.Dispose();

    // The one that was used last: its stack is in the cache.
    private Worker Take()
    {
        Worker taken;
        if (idle.Count == 0)
        {
            taken = new Worker(this);
        }
        else
        {
            taken = idle[^1];
            idle.RemoveAt(idle.Count - 1);
        }

        busy.Add(taken);
        return taken;
    }

    /// <summary>Finds who is blocked, and lets others work meanwhile: on other threads, and in the turn of the call that waits for him.</summary>
    private void Relieve()
    {
        var woken = new List<Worker>();
        lock (gate)
        {
            blocked = 0;
            foreach (var worker in busy)
            {
                if (!worker.IsBlocked && worker.Since != 0 && Stopwatch.GetElapsedTime(worker.Since) >= Blocked)
                {
                    worker.IsBlocked = true;
                    worker.Turn?.Pause();
                }

                blocked += worker.IsBlocked ? 1 : 0;
            }

            while (woken.Count < waiting.Count && busy.Count < atOnce + blocked)
            {
                woken.Add(Take());
            }

            if (waiting.Count == 0 && blocked == 0)
            {
                relieving = !relief.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            }
        }

        woken.ForEach(worker => worker.Wake());
    }

    /// <summary>What a worker does next; null if there is nothing for it.</summary>
    private IBlockingWork? Next(Worker worker)
    {
        lock (gate)
        {
            if (worker.Since != 0)
            {
                Use.Add(worker.System, Stopwatch.GetElapsedTime(worker.Since));
                worker.Since = 0;
            }

            if (worker.IsBlocked)
            {
                worker.IsBlocked = false;
                worker.Turn?.Resume();
                blocked--;
            }

            if (busy.Count <= atOnce + blocked && waiting.TryTake(out var next))
            {
                (worker.Since, worker.System, worker.Turn) = (Stopwatch.GetTimestamp(), next.System, next.Turn);
                return next;
            }

            busy.Remove(worker);
            idle.Add(worker);
            return null;
        }
    }

    /// <returns>False if it was taken in the meantime, and must go on.</returns>
    private bool Leave(Worker worker)
    {
        lock (gate)
        {
            return idle.Remove(worker);
        }
    }

    private sealed class Worker
    {
        private readonly Workers workers;

        // A monitor, because a semaphore spins before it sleeps: this thread sleeps when there is nothing to do.
        private readonly object sleep = new();
        private bool woken;

        public Worker(Workers workers)
        {
            this.workers = workers;
            new Thread(Work) { IsBackground = true, Name = workers.name }.UnsafeStart();
        }

        /// <summary>When it took what it does; 0 if it does nothing. Guarded by the gate, as the other is.</summary>
        public long Since { get; set; }

        /// <summary>For whom it does it.</summary>
        public string System { get; set; } = "";

        /// <summary>Of whose call.</summary>
        public FairShare.Turn? Turn { get; set; }

        public bool IsBlocked { get; set; }

        public void Wake()
        {
            lock (sleep)
            {
                woken = true;
                Monitor.Pulse(sleep);
            }
        }

        private void Work()
        {
            Sleep(Timeout.InfiniteTimeSpan);
            while (true)
            {
                while (workers.Next(this) is { } next)
                {
                    next.Run();

                    // There may be more for it for seconds, and the system takes a busy thread off its core after several milliseconds only:
                    // what arrives of others meanwhile is read now (a call was in its handler 0.2 instead of 0.4 ms after it was sent, on one
                    // core). Not for one system by itself: it costs 8 changes of threads a dossier.
                    if (workers.Use.IsShared)
                    {
                        Thread.Yield();
                    }
                }

                while (!Sleep(Idle))
                {
                    if (workers.Leave(this))
                    {
                        return;
                    }
                }
            }
        }

        /// <returns>False if nobody woke it within that time.</returns>
        private bool Sleep(TimeSpan most)
        {
            lock (sleep)
            {
                while (!woken)
                {
                    if (!Monitor.Wait(sleep, most))
                    {
                        return false;
                    }
                }

                woken = false;
                return true;
            }
        }
    }
}
