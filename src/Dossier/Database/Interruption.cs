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
    private bool over;

    /// <param name="pool">Whose connection it is.</param>
    /// <param name="connection">What is ended; used by nobody else before this is disposed.</param>
    /// <param name="abandoned">Nobody waits any more.</param>
    /// <param name="running">The command, where that is known.</param>
    public Interruption(ConnectionPool pool, DbConnection connection, CancellationToken abandoned, Func<DbCommand?>? running = null)
    {
        (this.pool, this.connection, this.running) = (pool, connection, running);
        registration = abandoned.UnsafeRegister(static interruption => ((Interruption)interruption!).Interrupt(), this);
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
