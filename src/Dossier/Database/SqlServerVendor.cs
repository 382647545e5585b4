using System.Collections.Frozen;
using System.Data;
using System.Data.Common;
using System.Globalization;
using System.Text.Json;
using Microsoft.Data.SqlClient;

namespace Dossier.Database;

/// <summary>SQL Server through Microsoft.Data.SqlClient.</summary>
public sealed class SqlServerVendor : Vendor
{
    public SqlServerVendor() => Inspection = new SqlServerInspection(this);

    public override Inspection Inspection { get; }

    public override string Name => "SqlServer";

    public override string Folder => "sqlserver";

    public override string SystemName => "microsoft.sql_server";

    public override string Example => "Server=db.example;Database=store;User ID=dossier_reader;Password=…;Encrypt=True";

    public override bool ConcurrentWriters => true;

    protected override string Place(string connectionString) => new SqlConnectionStringBuilder(connectionString).DataSource;

    protected override ConnectionPool Open(ConnectionSettings settings) => new SqlServerPool(this, settings);

    public override void AddParameter(DbCommand command, string name, SqlValue value)
    {
        // Fixed sizes: one plan for all lengths. A varchar column needs a varchar parameter, or its index is not used.
        var parameter = value.Value switch
        {
            null => new SqlParameter("@" + name, SqlDbType.NVarChar, 4000) { Value = DBNull.Value },
            IReadOnlyCollection<string> list => new SqlParameter("@" + name, SqlDbType.NVarChar, -1)
            {
                Value = KeyColumns.IsNumber(value.ColumnType) ? JsonSerializer.Serialize(KeyColumns.Numbers(list)) : JsonSerializer.Serialize(list),
            },
            string text => value.ColumnType switch
            {
                "integer" or "bigint" => new SqlParameter("@" + name, SqlDbType.BigInt) { Value = KeyColumns.Number(text) ?? (object)DBNull.Value },
                "uuid" => new SqlParameter("@" + name, SqlDbType.UniqueIdentifier) { Value = KeyColumns.Uuid(text) ?? (object)DBNull.Value },
                "varchar" or "char" => new SqlParameter("@" + name, SqlDbType.VarChar, 8000) { Value = text },
                _ => new SqlParameter("@" + name, SqlDbType.NVarChar, text.Length <= 4000 ? 4000 : -1) { Value = text },
            },
            DateTimeOffset moment => new SqlParameter("@" + name, SqlDbType.DateTimeOffset) { Value = moment },
            DateTime clock => new SqlParameter("@" + name, SqlDbType.DateTime2) { Value = clock },
            var other => new SqlParameter("@" + name, other),
        };
        command.Parameters.Add(parameter);
    }

    public override bool Threw(DbException failure) => failure is SqlException;

    public override bool IsTimeout(DbException failure) => failure is SqlException { Number: -2 };

    // 102 and 156 syntax, 207 column, 208 table, 137 parameter, 4104 alias, 8156 column twice.
    public override bool IsBroken(DbException failure) => failure is SqlException { Number: 102 or 137 or 156 or 207 or 208 or 4104 or 8156 };

    // These messages repeat the value that did not fit.
    public override string Explain(DbException failure) => failure is SqlException { Number: 220 or 232 or 241 or 245 or 248 or 2628 or 2627 or 2601 or 8114 or 8115 or 8152 } value
        ? $"{value.Number}: a value does not fit"
        : failure is SqlException server ? $"{server.Number}: {server.Message}" : failure.Message;

    // 1205 deadlock victim, 3960 snapshot conflict, 1222 lock time-out; 2627 is two requests with one request_id at once.
    public override bool IsConflict(DbException failure) => failure is SqlException { Number: 1205 or 3960 or 1222 or 2627 or 2601 };

    // Constraints and keys; no value where one must be; a text that is too long; a value that cannot be converted, or is out of range.
    protected override bool Refused(DbException failure) =>
        failure is SqlException { Number: 547 or 2601 or 2627 or 515 or 2628 or 8152 or 245 or 8114 or 220 or 8115 or 241 or 242 };

    private sealed class SqlServerPool : ConnectionPool
    {
        private static readonly FrozenDictionary<string, string> Frame = SqlText.Blocks(SqlText.Read("reading/sqlserver.sql"), "db/reading/sqlserver.sql");
        private readonly string connectionString;
        private readonly string begin;

        public SqlServerPool(SqlServerVendor vendor, ConnectionSettings settings)
            : base(vendor)
        {
            var builder = new SqlConnectionStringBuilder(settings.ConnectionString)
            {
                ApplicationName = settings.Application,
                Pooling = true,
                MaxPoolSize = settings.MaxConnections,
                MinPoolSize = 0,
                ConnectTimeout = Math.Max(1, (int)Math.Ceiling(settings.Deadline.TotalSeconds)),
                CommandTimeout = (int)Math.Ceiling(settings.Deadline.TotalSeconds) + 1,
                ConnectRetryCount = 0,
                MultipleActiveResultSets = false,
            };
            if (settings.ReadOnly)
            {
                builder.ApplicationIntent = ApplicationIntent.ReadOnly;
            }

            Namespace = builder.InitialCatalog;
            Server = builder.DataSource;
            connectionString = builder.ConnectionString;

            var lockTimeout = ((long)(settings.Deadline / 2).TotalMilliseconds).ToString(CultureInfo.InvariantCulture);
            begin = Frame["begin"].Replace("{lock_timeout}", lockTimeout, StringComparison.Ordinal);
        }

        public override string Namespace { get; }

        public override string? Server { get; }

        public override RentedConnection Rent(TimeSpan busy)
        {
            var connection = new SqlConnection(connectionString);
            try
            {
                connection.Open();
                return new Rented(connection);
            }
            catch
            {
                connection.Dispose();
                throw;
            }
        }

        public override string Batch(IEnumerable<string> blocks) => string.Join("\n;\n", [begin, .. blocks, Frame["end"]]);

        public override bool Recover(DbConnection connection, DbException failure)
        {
            if (connection.State != ConnectionState.Open || failure is SqlException { Class: >= 20 })
            {
                return false;
            }

            using var rollback = connection.CreateCommand();
            rollback.CommandText = Frame["recover"];
            rollback.ExecuteNonQuery();
            return true;
        }

        public override bool IsStale(DbException failure) => failure is SqlException { Class: >= 20 } or SqlException { Number: 10053 or 10054 or 10060 or 64 or 233 };

        public override void Interrupt(DbConnection connection, DbCommand? command) => command?.Cancel();

        public override T InTransaction<T>(DbConnection connection, TransactionKind kind, Func<DbTransaction?, T> work, bool commit)
        {
            using var transaction = connection.BeginTransaction(kind == TransactionKind.Change ? IsolationLevel.ReadCommitted : IsolationLevel.Snapshot);
            var answer = work(transaction);
            if (commit)
            {
                transaction.Commit();
            }
            else
            {
                transaction.Rollback();
            }

            return answer;
        }

        // A savepoint of SQL Server ends with the transaction, and one of the same name moves it.
        public override void Keep(DbConnection connection, DbTransaction? transaction)
        {
        }

        public override DbDataReader? Describe(DbConnection connection, string block, Action<DbCommand> parameters)
        {
            var command = connection.CreateCommand();
            command.CommandText = block;
            parameters(command);
            return command.ExecuteReader(CommandBehavior.SchemaOnly);
        }

        public override void Clear()
        {
            using var connection = new SqlConnection(connectionString);
            SqlConnection.ClearPool(connection);
        }

        public override void Dispose() => Clear();
    }

    private sealed class Rented(SqlConnection connection) : RentedConnection(connection)
    {
        public override void Dispose() => Connection.Dispose();
    }
}
