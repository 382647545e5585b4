using System.Data.Common;
using System.Diagnostics;
using Dapper;
using Dossier.Database;

namespace Dossier.Registry;

/// <summary>The read of every dossier and every check, and of which database a read is.</summary>
public sealed partial class RegistryDatabase
{
    /// <summary>A read without a thread that waits, on a connection that is open.</summary>
    private delegate Task<(long Sequence, T Value)> AwaitedRead<T>(ConnectionPool pool, DbConnection connection, CancellationToken abandoned);

    /// <summary>What is kept of one customer: on a server in one command, which was a tenth of a dossier's cost with a round trip for each list.</summary>
    /// <param name="asked">What of it.</param>
    /// <param name="minSequence">As new as this at least; null for what a change is decided by, which the primary alone tells.</param>
    /// <param name="deadline">The most that it may take.</param>
    /// <param name="caller">The caller went away.</param>
    /// <exception cref="DossierException">The sequence has not been given out.</exception>
    /// <exception cref="LaneException">The registry cannot be read.</exception>
    public Task<CustomerRows> ReadCustomerAsync(CustomerAsked asked, long? minSequence, TimeSpan deadline, CancellationToken caller)
    {
        AwaitedRead<CustomerRows>? awaited = primary.BlocksAtOnce == 1 ? null : ReadAsync;
        return use.TellAsync(RegistryUse.Read, () => minSequence is { } least
            ? ReadEitherAsync(least, Read, awaited, deadline, caller)
            : OnPrimaryAsync());

        (long Sequence, CustomerRows Value) Read(ConnectionPool pool, DbConnection connection)
        {
            var rows = pool.BlocksAtOnce == 1
                ? InSnapshot(pool, connection, session => CustomerRows.Of(session, asked))
                : pool.ReadTogether(connection, Statements(), asked.Parameters, grid => CustomerRows.Of(grid, asked));
            return (rows.Sequence, rows);
        }

        async Task<(long Sequence, CustomerRows Value)> ReadAsync(ConnectionPool pool, DbConnection connection, CancellationToken abandoned)
        {
            var rows = await pool.ReadTogetherAsync(connection, Statements(), asked.Parameters, grid => CustomerRows.OfAsync(grid, asked), abandoned);
            return (rows.Sequence, rows);
        }

        async Task<CustomerRows> OnPrimaryAsync() => (await NotedAsync(OnAsync(
            readers,
            primary,
            connection => Read(primary, connection),
            deadline,
            caller,
            awaited is null ? null : abandoned => AwaitAsync(primary, awaited, abandoned)))).Value;

        IEnumerable<string> Statements() => asked.Statements.Select(name => statements[name]);
    }

    private async Task<T> ReadEitherAsync<T>(
        long minSequence,
        Func<ConnectionPool, DbConnection, (long Sequence, T Value)> read,
        AwaitedRead<T>? awaited,
        TimeSpan deadline,
        CancellationToken caller)
    {
        var started = Stopwatch.GetTimestamp();
        if (replica is not null)
        {
            var answer = await ReadReplicaAsync(minSequence, read, awaited, deadline / 4, caller);
            if (answer.Found)
            {
                return answer.Value!;
            }
        }

        var (sequence, value) = await NotedAsync(OnAsync(
            readers,
            primary,
            connection => read(primary, connection),
            deadline - Stopwatch.GetElapsedTime(started),
            caller,
            awaited is null ? null : abandoned => AwaitAsync(primary, awaited, abandoned)));
        return sequence >= minSequence ? value : throw Refusal.SequenceNotReached(minSequence, sequence);
    }

    /// <summary>Reads where there is a connection at hand. What does not go well there is done again where a thread may wait, which finds out why.</summary>
    private static async ValueTask<(bool Done, (long Sequence, T Value) Value)> AwaitAsync<T>(ConnectionPool pool, AwaitedRead<T> read, CancellationToken abandoned)
    {
        if (!pool.TryRent(out var rented))
        {
            return default;
        }

        try
        {
            var answer = await read(pool, rented.Connection, abandoned);
            rented.Healthy = true;
            return (true, answer);
        }
        catch (DbException failed) when (!pool.Vendor.IsTimeout(failed))
        {
            return default;
        }
        finally
        {
            rented.DisposeElsewhere();
        }
    }
}
