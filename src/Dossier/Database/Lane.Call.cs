using System.Diagnostics;

namespace Dossier.Database;

/// <summary>What waits for a place on the lane, and then for a thread or an answer.</summary>
public sealed partial class Lane
{
    /// <summary>Work that waits for a place.</summary>
    private abstract class Placed : IBlockingWork
    {
        public abstract string System { get; }

        public abstract FairShare.Turn? Turn { get; }

        /// <summary>It has a place that another call has left.</summary>
        public abstract void Place();

        public abstract void Run();
    }

    /// <summary>One call: it waits for a place and for a thread, and runs once or, if it is given up before, never.</summary>
    private sealed class Call<T>(
        Lane lane, Func<CancellationToken, T> work, Func<CancellationToken, ValueTask<(bool Done, T Value)>>? awaited, Passage passage) : Placed, IDisposable
    {
        private const int Waiting = 0;
        private const int Begun = 1;
        private const int GivenUp = 2;

        // Whoever waits goes on on the thread that has worked.
        private readonly TaskCompletionSource<T> answer = new();
        private readonly CancellationTokenSource stop = new();
        private readonly ExecutionContext? context = ExecutionContext.Capture();
        private int state;

        public Task<T> Answer => answer.Task;

        public override string System { get; } = CallOf.System;

        // Who waits for a server has said so himself.
        public override FairShare.Turn? Turn { get; } = lane.workers == Workers.OfServers ? null : CallOf.Turn;

        /// <summary>It holds its place past its deadline. Guarded by the lane's gate, as the other is.</summary>
        public bool IsAbandoned { get; set; }

        public bool HasEnded { get; set; }

        public void Start()
        {
            if (!lane.TakePlace(this))
            {
                return;
            }

            if (awaited is null)
            {
                lane.workers.Add(this);
            }
            else
            {
                _ = AwaitAsync();
            }
        }

        // Not on the thread of the call that has left the place: that one's caller waits.
        public override void Place()
        {
            if (awaited is null)
            {
                lane.workers.Add(this);
            }
            else
            {
                ThreadPool.UnsafeQueueUserWorkItem(static call => call.InContext(static its => _ = ((Call<T>)its!).AwaitAsync()), this, preferLocal: false);
            }
        }

        public bool GiveUp() => Interlocked.CompareExchange(ref state, GivenUp, Waiting) == Waiting;

        /// <summary>Not on the pool: to end a command a driver may open a connection to a server that is silent.</summary>
        public Task StopAsync()
        {
            var stopping = new Stopping(stop);
            Workers.OfServers.Add(stopping);
            return stopping.Done;
        }

        /// <summary>It has ended, and nobody will stop it any more.</summary>
        public void Dispose() => stop.Dispose();

        public override void Run()
        {
            if (Interlocked.CompareExchange(ref state, Begun, Waiting) != Waiting)
            {
                lane.GivePlace(this);
                return;
            }

            InContext(static its => ((Call<T>)its!).Work());
        }

        private void InContext(ContextCallback what)
        {
            if (context is null)
            {
                what(this);
            }
            else
            {
                ExecutionContext.Run(context, what, this);
            }
        }

        /// <summary>The work for no thread; where it is not done, a thread does it in the same place.</summary>
        private async Task AwaitAsync()
        {
            if (Interlocked.CompareExchange(ref state, Begun, Waiting) != Waiting)
            {
                lane.GivePlace(this);
                return;
            }

            var began = Stopwatch.GetTimestamp();
            (bool Done, T Value) tried;
            try
            {
                ThrowIfOpened();
                tried = await awaited!(stop.Token);
                if (!tried.Done)
                {
                    stop.Token.ThrowIfCancellationRequested();
                }
            }
            catch (Exception failed)
            {
                lane.GivePlace(this);
                answer.SetException(failed);
                return;
            }

            if (tried.Done)
            {
                lane.workers.Use.Add(System, Stopwatch.GetElapsedTime(began));
                lane.GivePlace(this);
                answer.SetResult(tried.Value);
                return;
            }

            Volatile.Write(ref state, Waiting);
            lane.workers.Add(this);
        }

        private void Work()
        {
            T result;
            try
            {
                ThrowIfOpened();
                result = work(stop.Token);
            }
            catch (Exception failed)
            {
                lane.GivePlace(this);
                answer.SetException(failed);
                return;
            }

            lane.GivePlace(this);
            answer.SetResult(result);
        }

        /// <summary>The breaker opened while this one waited.</summary>
        private void ThrowIfOpened()
        {
            if (passage == Passage.Free && lane.breaker.IsOpen)
            {
                throw new LaneException(LaneFailure.BreakerOpen, counts: false);
            }
        }
    }

    /// <summary>Cancels what may block who cancels it.</summary>
    private sealed class Stopping(CancellationTokenSource stop) : IBlockingWork
    {
        private readonly TaskCompletionSource done = new();

        public Task Done => done.Task;

        public string System => "";

        public FairShare.Turn? Turn => null;

        public void Run()
        {
            try
            {
                stop.Cancel();
            }
            catch (AggregateException)
            {
                // A driver that cannot end its command: the command ends by itself.
            }

            done.SetResult();
        }
    }
}
