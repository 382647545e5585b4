using System.Collections.Frozen;
using Dossier.Database;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Dossier.Registry;

/// <summary>
/// The registry's database. A read sees one snapshot, and takes the sequence first. A change is one transaction; changes
/// go through a gate one after the other, because SQLite has one writer (without the gate 16 writers waited up to 3.7 s
/// in the driver's busy loop).
/// </summary>
public sealed class RegistryDatabase : IDisposable
{
    private readonly FrozenDictionary<string, string> statements;
    private readonly SqliteConnections connections;
    private readonly Lane readers;
    private readonly Lane writer;
    private readonly RegistryOptions options;
    private readonly TimeProvider clock;

    public RegistryDatabase(RegistryOptions options, TimeProvider clock)
    {
        (this.options, this.clock) = (options, clock);
        statements = SqlText.Blocks(SqlText.Read("registry/sqlite/statements.sql"), "db/registry/sqlite/statements.sql");
        connections = new SqliteConnections(options.ConnectionString, readOnly: false);
        readers = new Lane(options.MaxConnections, options.Deadline);
        writer = new Lane(1, options.Deadline);
    }

    public string Path => connections.Path;

    /// <summary>How long one read or change may take.</summary>
    public TimeSpan Deadline => options.Deadline;

    public int MaxConnections => options.MaxConnections;

    /// <summary>Reads that are past their deadline and have not come back.</summary>
    public int Abandoned => readers.Abandoned + writer.Abandoned;

    /// <summary>Reads one snapshot.</summary>
    /// <exception cref="LaneException">The registry cannot be read.</exception>
    public Task<T> ReadAsync<T>(Func<RegistrySession, T> work, TimeSpan deadline, CancellationToken caller) => readers.RunAsync(
        abandoned => OnConnection(
            connection =>
            {
                using var interrupt = abandoned.Register(() => SqliteConnections.Interrupt(connection));
                return InTransaction(connection, "BEGIN", () => work(new RegistrySession(connection, statements)), commit: false);
            },
            deadline),
        deadline,
        caller);

    /// <summary>Reads one snapshot that is at least as new as a sequence that a change has answered.</summary>
    /// <exception cref="DossierException">The sequence has not been given out, or the registry cannot be read.</exception>
    public async Task<T> ReadSinceAsync<T>(long minSequence, Func<RegistrySession, long, T> work, CancellationToken caller)
    {
        try
        {
            return await ReadAsync(
                session =>
                {
                    var sequence = session.Sequence();
                    return sequence >= minSequence ? work(session, sequence) : throw Refusal.SequenceNotReached(minSequence, sequence);
                },
                Deadline,
                caller);
        }
        catch (LaneException down)
        {
            throw Refusal.RegistryUnavailable(down);
        }
    }

    /// <summary>Changes the registry in one transaction; tried again as a whole while another process holds the lock.</summary>
    /// <param name="work">What to do.</param>
    /// <param name="commit">False to see what would happen and undo it.</param>
    /// <param name="caller">The caller went away.</param>
    /// <exception cref="DossierException">The work refused, or the registry cannot be written.</exception>
    public Task<T> WriteAsync<T>(Func<RegistryWriting, T> work, bool commit, CancellationToken caller) => WriteAsync(work, commit, Deadline, caller);

    /// <summary>The same, for what a caller waits for and can do without: within a shorter time.</summary>
    /// <exception cref="DossierException">The work refused, or the registry cannot be written.</exception>
    public async Task<T> WriteAsync<T>(Func<RegistryWriting, T> work, bool commit, TimeSpan within, CancellationToken caller)
    {
        try
        {
            return await writer.RunAsync(
                _ => OnConnection(
                    connection => InTransaction(
                        connection,
                        "BEGIN IMMEDIATE",
                        () => work(new RegistryWriting(connection, statements, clock.GetUtcNow().ToMicros())),
                        commit),
                    within),
                within,
                caller);
        }
        catch (LaneException down)
        {
            throw Refusal.RegistryUnavailable(down);
        }
    }

    /// <summary>Answers when the registry can be read, for readiness.</summary>
    public async Task<bool> IsReadyAsync(CancellationToken caller)
    {
        try
        {
            await ReadAsync(session => session.Sequence(), TimeSpan.FromMilliseconds(500), caller);
            return true;
        }
        catch (LaneException)
        {
            return false;
        }
    }

    public void Dispose()
    {
        connections.Dispose();
        readers.Dispose();
        writer.Dispose();
    }

    private T OnConnection<T>(Func<SqliteConnection, T> work, TimeSpan busy)
    {
        var rented = connections.Rent(busy);
        var healthy = false;
        try
        {
            var answer = work(rented.Connection);
            healthy = true;
            return answer;
        }
        catch (DossierException)
        {
            healthy = true;
            throw;
        }
        finally
        {
            if (healthy)
            {
                connections.Return(rented);
            }
            else
            {
                rented.Connection.Dispose();
            }
        }
    }

    private static T InTransaction<T>(SqliteConnection connection, string begin, Func<T> work, bool commit)
    {
        SqliteConnections.Execute(connection, begin);
        try
        {
            var answer = work();
            SqliteConnections.Execute(connection, commit ? "COMMIT" : "ROLLBACK");
            return answer;
        }
        catch
        {
            // SQLite has rolled back by itself after some errors; a second ROLLBACK would hide the first error.
            if (raw.sqlite3_get_autocommit(connection.Handle) == 0)
            {
                raw.sqlite3_exec(connection.Handle, "ROLLBACK");
            }

            throw;
        }
    }
}
