using System.Collections.Concurrent;
using System.Diagnostics;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Dossier.Database;

/// <summary>
/// The open connections to one SQLite file. The driver's own pool does not notice a file that was deleted, replaced or
/// overwritten; this one compares the file before every use and drops what was opened on another one.
/// </summary>
/// <param name="connectionString">The store's connection string; its Mode is overruled.</param>
/// <param name="readOnly">Open read-only with query_only: the barrier that keeps a query file from writing.</param>
public sealed class SqliteConnections(string connectionString, bool readOnly) : IDisposable
{
    private readonly ConcurrentBag<(SqliteConnection Connection, FileIdentity File)> idle = [];
    private readonly string opened = new SqliteConnectionStringBuilder(connectionString)
    {
        // ReadWrite, not ReadWriteCreate: a registry that was deleted must not come back empty.
        Mode = readOnly ? SqliteOpenMode.ReadOnly : SqliteOpenMode.ReadWrite,
        Pooling = false,
    }.ToString();

    private volatile bool disposed;

    /// <summary>
    /// Once, before the first connection of a process. SQLite counts its memory under one lock for the whole process, at each allocation:
    /// two threads that read met there up to ten times a dossier, and slept (14 changes of threads a dossier instead of 5, in some processes and
    /// not in others). Nobody looks at the count. Where a connection is open already it stays as it is.
    /// </summary>
    public static void PrepareMemory()
    {
        HeapOfC.KeepWhatIsFree();
        Batteries_V2.Init();
        raw.sqlite3_config(raw.SQLITE_CONFIG_MEMSTATUS, 0);
    }

    public string Path { get; } = System.IO.Path.GetFullPath(new SqliteConnectionStringBuilder(connectionString).DataSource);

    /// <summary>
    /// An open connection on the file that stands at the path now, at most <paramref name="busy"/> waiting for a lock.
    /// Hand it back with <see cref="Return"/>, or dispose it if a statement failed on it.
    /// </summary>
    /// <exception cref="FileNotFoundException">There is no file.</exception>
    /// <exception cref="SqliteException">The file cannot be opened.</exception>
    public RentedSqlite Rent(TimeSpan busy)
    {
        var file = Identify();

        // What may change without showing is not kept: a file can be read in the middle of being overwritten.
        var keep = !readOnly || file.IsSettled(TimeProvider.System.GetUtcNow());
        while (idle.TryTake(out var kept))
        {
            if (kept.File == file || (!readOnly && kept.File.IsSameFile(file)))
            {
                SetBusyTimeout(kept.Connection, busy);
                return new RentedSqlite(kept.Connection, file, keep);
            }

            kept.Connection.Dispose();
        }

        var connection = new PreparedSqlite(opened);
        try
        {
            connection.Open();
            SetBusyTimeout(connection, busy);
            Execute(connection, readOnly ? "PRAGMA query_only=1; PRAGMA mmap_size=0" : "PRAGMA synchronous=FULL; PRAGMA mmap_size=0");

            // Replaced and put back in the meantime, the path would show the file that is not the one that was opened.
            return Identify().IsSameFile(file)
                ? new RentedSqlite(connection, file, keep)
                : throw new IOException("The database file was replaced while it was being opened.");
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    public void Return(RentedSqlite rented)
    {
        if (disposed || !rented.Keep)
        {
            rented.Connection.Dispose();
        }
        else
        {
            idle.Add((rented.Connection, rented.File));
        }
    }

    /// <summary>
    /// Runs statements without the driver's own busy loop, which sleeps in steps of 150 ms and ignores cancellation:
    /// SQLite's busy timeout is exact.
    /// </summary>
    /// <exception cref="SqliteException">SQLite refused; SQLITE_BUSY after the busy timeout.</exception>
    public static void Execute(SqliteConnection connection, string statements)
    {
        var code = connection is PreparedSqlite prepared ? prepared.Step(statements) : raw.sqlite3_exec(connection.Handle, statements);
        if (code != raw.SQLITE_OK)
        {
            throw new SqliteException(raw.sqlite3_errmsg(connection.Handle).utf8_to_string(), code, raw.sqlite3_extended_errcode(connection.Handle));
        }
    }

    public static void Interrupt(SqliteConnection connection)
    {
        if (connection.Handle is { IsInvalid: false, IsClosed: false } handle)
        {
            raw.sqlite3_interrupt(handle);
        }
    }

    public void Dispose()
    {
        disposed = true;
        while (idle.TryTake(out var kept))
        {
            kept.Connection.Dispose();
        }
    }

    private FileIdentity Identify() => FileIdentity.Of(Path) ?? throw new FileNotFoundException("The database file is not there.");

    private static void SetBusyTimeout(SqliteConnection connection, TimeSpan busy)
    {
        var code = raw.sqlite3_busy_timeout(connection.Handle, (int)Math.Max(1, busy.TotalMilliseconds));
        Debug.Assert(code == raw.SQLITE_OK, "sqlite3_busy_timeout cannot fail on an open connection");

        // The least that the driver knows: it must not wait on after SQLite has given up.
        connection.DefaultTimeout = 1;
    }
}

/// <summary>A connection and the file it was opened on.</summary>
/// <param name="Connection">The connection.</param>
/// <param name="File">The file.</param>
/// <param name="Keep">Whether it may be used again.</param>
public readonly record struct RentedSqlite(SqliteConnection Connection, FileIdentity File, bool Keep);
