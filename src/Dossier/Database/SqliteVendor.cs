using System.Data.Common;
using System.Text.Json;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Dossier.Database;

/// <summary>SQLite: a file; the driver is synchronous and nothing travels.</summary>
public sealed class SqliteVendor : Vendor
{
    public SqliteVendor() => Inspection = new SqliteInspection(this);

    public override Inspection Inspection { get; }

    public override bool TypesColumns => false;

    public override string Name => "Sqlite";

    public override string Folder => "sqlite";

    public override string SystemName => "sqlite";

    public override string Example => "Data Source=path/to/store.db";

    public override bool ConcurrentWriters => false;

    public override bool InFile => true;

    protected override string Place(string connectionString) => new SqliteConnectionStringBuilder(connectionString).DataSource;

    protected override ConnectionPool Open(ConnectionSettings settings) => new SqlitePool(this, settings);

    public override void AddParameter(DbCommand command, string name, SqlValue value)
    {
        var given = value.Value switch
        {
            null => DBNull.Value,
            IReadOnlyCollection<string> list when KeyColumns.IsNumber(value.ColumnType) => JsonSerializer.Serialize(KeyColumns.Numbers(list)),
            IReadOnlyCollection<string> list => JsonSerializer.Serialize(list),
            string text when KeyColumns.IsNumber(value.ColumnType) => KeyColumns.Number(text) ?? (object)DBNull.Value,
            var other => other,
        };
        if (!PreparedSqlite.TryBind(command, name, given))
        {
            command.Parameters.Add(new SqliteParameter("@" + name, given));
        }
    }

    public override bool Threw(DbException failure) => failure is SqliteException;

    public override bool IsTimeout(DbException failure) => failure is SqliteException { SqliteErrorCode: raw.SQLITE_INTERRUPT };

    // READONLY is a statement that writes; its extended codes are a journal that cannot be read just now.
    public override bool IsBroken(DbException failure) =>
        failure is SqliteException { SqliteErrorCode: raw.SQLITE_ERROR } or SqliteException { SqliteExtendedErrorCode: raw.SQLITE_READONLY };

    public override string Explain(DbException failure) => failure.Message;

    // A busy database was waited for by SQLite itself.
    public override bool IsConflict(DbException failure) => false;

    // TOOBIG, CONSTRAINT, MISMATCH.
    protected override bool Refused(DbException failure) => failure is SqliteException { SqliteErrorCode: 18 or 19 or 20 };

    private sealed class SqlitePool(SqliteVendor vendor, ConnectionSettings settings) : ConnectionPool(vendor)
    {
        private readonly SqliteConnections files = new(settings.ConnectionString, settings.ReadOnly);

        public override string Namespace => Path.GetFileName(files.Path);

        public override int BlocksAtOnce => 1;

        public override RentedConnection Rent(TimeSpan busy) => new Rented(files, files.Rent(busy));

        public override string Batch(IEnumerable<string> blocks) => blocks.Single();

        // Reading the schema's version takes the read lock, so that what follows sees one state of the file.
        public override void BeginRead(DbConnection connection)
        {
            SqliteConnections.Execute((SqliteConnection)connection, "BEGIN; PRAGMA schema_version");
            ((PreparedSqlite)connection).NoteSchema();
        }

        // SQLite makes a new text of each column's name whenever it is asked: a hundred of them were a twentieth of a dossier.
        public override object? ColumnsOf(DbConnection connection, string text) => ((PreparedSqlite)connection).ColumnsOf(text);

        public override void KeepColumns(DbConnection connection, string text, object known) => ((PreparedSqlite)connection).KeepColumns(text, known);

        public override void EndRead(DbConnection connection) => SqliteConnections.Execute((SqliteConnection)connection, "ROLLBACK");

        public override bool Recover(DbConnection connection, DbException failure) => true;

        public override bool IsStale(DbException failure) => false;

        public override void Interrupt(DbConnection connection, DbCommand? command) => SqliteConnections.Interrupt((SqliteConnection)connection);

        public override bool ForgetsInterruptions => true;

        public override T InTransaction<T>(DbConnection connection, TransactionKind kind, Func<DbTransaction?, T> work, bool commit)
        {
            var sqlite = (SqliteConnection)connection;
            SqliteConnections.Execute(sqlite, kind == TransactionKind.Change ? "BEGIN IMMEDIATE" : "BEGIN");
            try
            {
                var answer = work(null);
                SqliteConnections.Execute(sqlite, commit ? "COMMIT" : "ROLLBACK");
                return answer;
            }
            catch
            {
                // SQLite has rolled back by itself after some errors; a second ROLLBACK would hide the first error.
                if (raw.sqlite3_get_autocommit(sqlite.Handle) == 0)
                {
                    raw.sqlite3_exec(sqlite.Handle, "ROLLBACK");
                }

                throw;
            }
        }

        // Going back leaves the savepoint standing.
        public override void Save(DbConnection connection, DbTransaction? transaction) => SqliteConnections.Execute((SqliteConnection)connection, "SAVEPOINT mutation");

        public override void Undo(DbConnection connection, DbTransaction? transaction) =>
            SqliteConnections.Execute((SqliteConnection)connection, "ROLLBACK TO mutation; RELEASE mutation");

        public override void Keep(DbConnection connection, DbTransaction? transaction) => SqliteConnections.Execute((SqliteConnection)connection, "RELEASE mutation");

        public override DbDataReader? Describe(DbConnection connection, string block, Action<DbCommand> parameters) => null;

        public override void Clear()
        {
        }

        public override void Dispose() => files.Dispose();
    }

    private sealed class Rented(SqliteConnections files, RentedSqlite rented) : RentedConnection(rented.Connection)
    {
        public override void Dispose()
        {
            // A ROLLBACK that was interrupted leaves its transaction open, and the next one could not begin.
            if (Healthy && raw.sqlite3_get_autocommit(rented.Connection.Handle) != 0)
            {
                files.Return(rented);
            }
            else
            {
                // One that met a damaged file may keep its pages; the next read opens its own.
                rented.Connection.Dispose();
            }
        }
    }
}
