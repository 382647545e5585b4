using System.Data.Common;

namespace Dossier.Database;

/// <summary>
/// Ends what a connection does once nobody waits for it any more. SQLite forgets an interruption that comes in the moment before a
/// command begins, and nothing else would ever end that command: there it is repeated until this is disposed. (Servers end theirs by
/// the time-out that the connection has set.)
/// </summary>
internal sealed class Interruption : IDisposable
{
    private static readonly TimeSpan Again = TimeSpan.FromMilliseconds(20);
    private readonly object gate = new();
    private readonly ConnectionPool pool;
    private readonly DbConnection connection;
    private readonly Func<DbCommand?>? running;
    private readonly CancellationTokenRegistration registration;
    private readonly int maker;
    private bool over;

    /// <param name="pool">Whose connection it is.</param>
    /// <param name="connection">What is ended; used by nobody else before this is disposed.</param>
    /// <param name="abandoned">Nobody waits any more.</param>
    /// <param name="running">The command, where that is known.</param>
    /// <exception cref="OperationCanceledException">Nobody waits already: opening the connection took longer than its caller had.</exception>
    public Interruption(ConnectionPool pool, DbConnection connection, CancellationToken abandoned, Func<DbCommand?>? running = null)
    {
        (this.pool, this.connection, this.running) = (pool, connection, running);
        maker = Environment.CurrentManagedThreadId;
        registration = abandoned.UnsafeRegister(static interruption => ((Interruption)interruption!).Interrupt(), this);
        maker = 0;
        if (abandoned.IsCancellationRequested)
        {
            Dispose();
            abandoned.ThrowIfCancellationRequested();
        }
    }

    /// <summary>The connection's next user is not interrupted.</summary>
    public void Dispose()
    {
        lock (gate)
        {
            over = true;
            Monitor.Pulse(gate);
        }

        registration.Dispose();
    }

    private void Interrupt()
    {
        // A token that is cancelled already calls this at once, on the very thread whose command it would wait for.
        if (maker == Environment.CurrentManagedThreadId)
        {
            return;
        }

        pool.Interrupt(connection, running?.Invoke());
        lock (gate)
        {
            while (pool.ForgetsInterruptions && !over)
            {
                if (!Monitor.Wait(gate, Again))
                {
                    pool.Interrupt(connection, running?.Invoke());
                }
            }
        }
    }
}
