using System.Data.Common;
using System.Diagnostics.CodeAnalysis;
using Dapper;

namespace Dossier.Database;

/// <summary>What a transaction of the registry is for.</summary>
public enum TransactionKind
{
    /// <summary>Several reads that see one state.</summary>
    Snapshot,

    /// <summary>A change: READ COMMITTED, so that what is read after a lock is what is there (on SQLite the whole database is locked).</summary>
    Change,
}

/// <summary>The connections to one database. Everything is synchronous: it runs on a lane, whose deadline the caller can trust.</summary>
public abstract class ConnectionPool(Vendor vendor) : IDisposable
{
    /// <summary>The most rows that one block may give in one read.</summary>
    public const int MostRows = 10_000;

    private const string Savepoint = "mutation";

    public Vendor Vendor { get; } = vendor;

    /// <summary>The database's name, or its file's (<c>db.namespace</c>).</summary>
    public abstract string Namespace { get; }

    /// <summary>The server's address; null for a file.</summary>
    public virtual string? Server => null;

    /// <summary>How many blocks go to the database in one command; without round trips one by one is as fast.</summary>
    public virtual int BlocksAtOnce => int.MaxValue;

    /// <summary>An open connection, at most so long waiting for locks.</summary>
    /// <exception cref="DbException">The database cannot be opened.</exception>
    /// <exception cref="IOException">The file is not there.</exception>
    public abstract RentedConnection Rent(TimeSpan busy);

    /// <summary>
    /// An open connection that is at hand, for who waits for answers without a thread: opening one may block. False where there is none, and
    /// always for a vendor whose driver gains nothing by it.
    /// </summary>
    public virtual bool TryRent([NotNullWhen(true)] out RentedConnection? rented)
    {
        rented = null;
        return false;
    }

    /// <summary>One command that reads blocks one after the other, in a read-only transaction that is rolled back.</summary>
    public abstract string Batch(IEnumerable<string> blocks);

    /// <summary>Before the first batch and after the last one of a read, for a vendor whose transaction is not in the batch.</summary>
    public virtual void BeginRead(DbConnection connection)
    {
    }

    public virtual void EndRead(DbConnection connection)
    {
    }

    /// <summary>What was kept of the columns that a command gives on this connection; null if they must be looked at (always, where that costs nothing).</summary>
    public virtual object? ColumnsOf(DbConnection connection, string text) => null;

    /// <summary>Keeps what is known of a command's columns until the schema changes.</summary>
    public virtual void KeepColumns(DbConnection connection, string text, object known)
    {
    }

    /// <summary>A batch failed: makes the connection fit for the next one.</summary>
    /// <returns>False if it cannot be used any more.</returns>
    public abstract bool Recover(DbConnection connection, DbException failure);

    /// <summary>The failure is the connection's or its cached plans', not the statement's: another try on a new connection may succeed.</summary>
    public abstract bool IsStale(DbException failure);

    /// <summary>Asks a running command to end; nobody waits for it any more.</summary>
    public abstract void Interrupt(DbConnection connection, DbCommand? command);

    /// <summary>An interruption is lost if it comes before the command has begun, and no time-out ends the command then.</summary>
    public virtual bool ForgetsInterruptions => false;

    public abstract T InTransaction<T>(DbConnection connection, TransactionKind kind, Func<DbTransaction?, T> work, bool commit);

    /// <summary>Reads statements on one state of the database, as one command.</summary>
    /// <param name="connection">Where.</param>
    /// <param name="statements">Each gives one list of rows.</param>
    /// <param name="parameters">Those of all of them.</param>
    /// <param name="read">Reads the lists in their order.</param>
    public virtual T ReadTogether<T>(DbConnection connection, IEnumerable<string> statements, object parameters, Func<SqlMapper.GridReader, T> read) =>
        InTransaction(
            connection,
            TransactionKind.Snapshot,
            transaction =>
            {
                using var rows = connection.QueryMultiple(string.Join("\n;\n", statements), parameters, transaction);
                return read(rows);
            },
            commit: false);

    /// <summary>The same without a thread that waits, on a connection of <see cref="TryRent"/>.</summary>
    /// <param name="connection">Where.</param>
    /// <param name="statements">Each gives one list of rows.</param>
    /// <param name="parameters">Those of all of them.</param>
    /// <param name="read">Reads the lists in their order, to the last one.</param>
    /// <param name="abandoned">Nobody waits any more.</param>
    public virtual Task<T> ReadTogetherAsync<T>(
        DbConnection connection, IEnumerable<string> statements, object parameters, Func<SqlMapper.GridReader, Task<T>> read, CancellationToken abandoned) =>
        throw new NotSupportedException($"{Vendor.Name} lends no connections for this.");

    /// <summary>A savepoint inside a transaction, going back to it, and letting it go; one at a time.</summary>
    public virtual void Save(DbConnection connection, DbTransaction? transaction) => transaction!.Save(Savepoint);

    public virtual void Undo(DbConnection connection, DbTransaction? transaction) => transaction!.Rollback(Savepoint);

    public virtual void Keep(DbConnection connection, DbTransaction? transaction) => transaction!.Release(Savepoint);

    /// <summary>Columns of a block as the vendor describes them, without running it; null where only rows can tell.</summary>
    public abstract DbDataReader? Describe(DbConnection connection, string block, Action<DbCommand> parameters);

    /// <summary>Why the login may not read the store: it could write. Null where the session itself cannot.</summary>
    public string? Harm(DbConnection connection) => Vendor.Inspection is { RefusesHarm: true } inspection && inspection.Login(connection, []) is { Harms: [_, ..] } rights
        ? $"its login {rights.Login} {string.Join(" and ", rights.Harms)}; give it SELECT and nothing else"
        : null;

    /// <summary>Calls back whenever the server says that the registry changed, on a connection of its own; for a vendor that has no such word nothing happens.</summary>
    public virtual Task ListenAsync(Action heard, CancellationToken stop) => Task.CompletedTask;

    /// <summary>Drops idle connections: the server was restarted, or its settings were changed.</summary>
    public abstract void Clear();

    public abstract void Dispose();
}

/// <summary>A connection that was lent out; it goes back when it is disposed, and is thrown away unless it was found healthy.</summary>
public abstract class RentedConnection(DbConnection connection) : IDisposable
{
    public DbConnection Connection { get; } = connection;

    /// <summary>The last use of it succeeded.</summary>
    public bool Healthy { get; set; }

    public abstract void Dispose();

    /// <summary>The same for who must not block: what is not healthy may have something to tell its server first.</summary>
    public void DisposeElsewhere()
    {
        if (Healthy)
        {
            Dispose();
        }
        else
        {
            Workers.OfServers.Add(new Disposal(this));
        }
    }

    private sealed class Disposal(RentedConnection rented) : IBlockingWork
    {
        public string System => "";

        public FairShare.Turn? Turn => null;

        public void Run()
        {
            try
            {
                rented.Dispose();
            }
            catch (DbException)
            {
                // It is gone, which was to be.
            }
        }
    }
}
