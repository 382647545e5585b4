using System.Collections.Frozen;
using System.Data;
using System.Data.Common;
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Dapper;
using Npgsql;
using NpgsqlTypes;

namespace Dossier.Database;

/// <summary>PostgreSQL through Npgsql.</summary>
public sealed class PostgresVendor : Vendor
{
    public PostgresVendor() => Inspection = new PostgresInspection(this);

    public override Inspection Inspection { get; }

    public override string Name => "PostgreSql";

    public override string Folder => "postgres";

    public override string SystemName => "postgresql";

    public override string Example => "Host=db.example;Database=store;Username=dossier_reader;Password=…";

    public override bool ConcurrentWriters => true;

    public override bool TellsChanges => true;

    protected override string Place(string connectionString)
    {
        var given = new NpgsqlConnectionStringBuilder(connectionString);
        return given.Host is { Length: > 0 } host ? host + (given.Database ?? given.Username) : "";
    }

    protected override ConnectionPool Open(ConnectionSettings settings) => new PostgresPool(this, settings);

    public override void AddParameter(DbCommand command, string name, SqlValue value)
    {
        var parameter = new NpgsqlParameter { ParameterName = name };
        (parameter.Value, var type) = Storable(value.Value) switch
        {
            // Without a type the server takes it from the statement: @before_time::timestamptz.
            null => (DBNull.Value, NpgsqlDbType.Unknown),
            IReadOnlyCollection<string> list => value.ColumnType switch
            {
                "integer" => (KeyColumns.Integers(list), NpgsqlDbType.Array | NpgsqlDbType.Integer),
                "bigint" => (KeyColumns.Numbers(list), NpgsqlDbType.Array | NpgsqlDbType.Bigint),
                "uuid" => (KeyColumns.LowerUuids(list), NpgsqlDbType.Array | NpgsqlDbType.Uuid),
                "char" => (list.ToArray(), NpgsqlDbType.Array | NpgsqlDbType.Char),
                _ => ((object)list.ToArray(), NpgsqlDbType.Array | NpgsqlDbType.Text),
            },
            string text => value.ColumnType switch
            {
                "integer" => (KeyColumns.Number(text) is { } number and <= int.MaxValue ? (int)number : DBNull.Value, NpgsqlDbType.Integer),
                "bigint" => (KeyColumns.Number(text) is { } number ? number : DBNull.Value, NpgsqlDbType.Bigint),
                "uuid" => (KeyColumns.LowerUuid(text) is { } uuid ? uuid : DBNull.Value, NpgsqlDbType.Uuid),
                "char" => (text, NpgsqlDbType.Char),
                _ => (text, NpgsqlDbType.Text),
            },
            DateTimeOffset moment => (moment.UtcDateTime, NpgsqlDbType.TimestampTz),
            DateTime { Kind: DateTimeKind.Utc } moment => (moment, NpgsqlDbType.TimestampTz),
            DateTime clock => (clock, NpgsqlDbType.Timestamp),
            long number => (number, NpgsqlDbType.Bigint),
            int number => (number, NpgsqlDbType.Integer),
            double number => (number, NpgsqlDbType.Double),
            var other => (other, NpgsqlDbType.Unknown),
        };
        if (type != NpgsqlDbType.Unknown)
        {
            parameter.NpgsqlDbType = type;
        }

        command.Parameters.Add(parameter);
    }

    // No text on PostgreSQL holds U+0000, which the server refuses: what is sought by it is not there.
    private static object? Storable(object? value) => value switch
    {
        IReadOnlyCollection<string> list when list.Any(HoldsNul) => list.Where(text => !HoldsNul(text)).ToList(),
        string text when HoldsNul(text) => null,
        _ => value,
    };

    private static bool HoldsNul(string text) => text.Contains('\0', StringComparison.Ordinal);

    public override bool Threw(DbException failure) => failure is NpgsqlException;

    public override bool IsTimeout(DbException failure) => failure is PostgresException { SqlState: "57014" } || failure.InnerException is TimeoutException;

    // 0A000 is also a plan that no longer fits, which a new connection mends; 25006 is a write and 25001 a way to one, which the transaction does not allow.
    public override bool IsBroken(DbException failure) =>
        failure is PostgresException { SqlState: (['4', '2', ..] and not "42501") or "0A000" or "25001" or "25006" };

    // 22… are data exceptions, whose messages repeat the value.
    public override string Explain(DbException failure) => failure switch
    {
        PostgresException { SqlState: var state } when state.StartsWith("22", StringComparison.Ordinal) || state.StartsWith("23", StringComparison.Ordinal) => $"{state}: a value does not fit",
        PostgresException server => $"{server.SqlState}: {server.MessageText}",
        _ => failure.InnerException is { } cause ? $"{failure.Message} ({cause.Message})" : failure.Message,
    };

    // 40001 serialisation, 40P01 deadlock; 23505 is two requests with one request_id at once: the second one will see the first one's row.
    public override bool IsConflict(DbException failure) => failure is PostgresException { SqlState: "40001" or "40P01" or "23505" };

    // Classes 22 and 23: data exceptions and integrity constraints.
    protected override bool Refused(DbException failure) => failure is PostgresException { SqlState: ['2', '2' or '3', ..] };

    private sealed class PostgresPool : ConnectionPool
    {
        // The server's own time-out comes first, and says so.
        private static readonly TimeSpan Spare = TimeSpan.FromMilliseconds(250);
        private static readonly FrozenDictionary<string, string> Frame = SqlText.Blocks(SqlText.Read("reading/postgres.sql"), "db/reading/postgres.sql");
        private static readonly TimeSpan ListenAgain = TimeSpan.FromSeconds(1);

        // The driver's own pool is what closes connections that are old or idle for long; each goes back there after this.
        private static readonly TimeSpan Kept = TimeSpan.FromMinutes(1);
        private readonly NpgsqlDataSource source;
        private readonly List<Rented> kept = [];
        private readonly Timer forgetting;
        private int generation;
        private readonly string application;

        // The data source gives its own without the password.
        private readonly string connectionString;
        private readonly bool readOnly;

        public PostgresPool(PostgresVendor vendor, ConnectionSettings settings)
            : base(vendor)
        {
            var builder = new NpgsqlConnectionStringBuilder(settings.ConnectionString);
            var given = new DbConnectionStringBuilder { ConnectionString = settings.ConnectionString };
            var milliseconds = ((long)settings.Deadline.TotalMilliseconds).ToString(CultureInfo.InvariantCulture);
            builder.ApplicationName = settings.Application;
            builder.Pooling = true;
            builder.MaxPoolSize = settings.MaxConnections;
            builder.MinPoolSize = 0;

            // Npgsql's time-outs are whole seconds and no deadline (a silent server held it for 60 s); the lane's is. What is left behind must
            // end soon all the same, for it holds a place: after CommandTimeout Npgsql sends a cancel request on a second connection and waits
            // for it up to Timeout (measured on a frozen server: 2.1 s with 1 s each). A server that took it has a moment to end the command,
            // so that the connection stays: of those who go away by the thousand each would cost a new one.
            builder.Timeout = Math.Max(1, (int)Math.Ceiling(settings.Deadline.TotalSeconds));
            builder.CommandTimeout = (int)Math.Ceiling((settings.Deadline + Spare).TotalSeconds);
            builder.CancellationTimeout = (int)Spare.TotalMilliseconds;
            builder.IncludeErrorDetail = false;
            if (!given.ContainsKey("Max Auto Prepare") && !given.ContainsKey("MaxAutoPrepare"))
            {
                builder.MaxAutoPrepare = 100;
                builder.AutoPrepareMinUsages = 2;
            }

            if (!given.ContainsKey("GSS Encryption Mode") && !given.ContainsKey("GssEncryptionMode"))
            {
                builder.GssEncryptionMode = GssEncryptionMode.Disable;
            }

            // A read rolls back, a change leaves nothing but rows, and query files may take no lock of a session: there is nothing to reset,
            // where the driver would send seven more statements with each use.
            builder.NoResetOnClose = true;
            readOnly = settings.ReadOnly;
            (application, connectionString) = (settings.Application, builder.ConnectionString);
            builder.Options = $"{builder.Options} -c statement_timeout={milliseconds} -c lock_timeout={milliseconds} -c idle_in_transaction_session_timeout=60000"
                + (readOnly ? " -c default_transaction_read_only=on" : "");
            Namespace = builder.Database ?? builder.Username ?? "";
            Server = builder.Host;
            source = new NpgsqlDataSourceBuilder(builder.ConnectionString).Build();
            forgetting = new Timer(_ => LetGo(rented => Stopwatch.GetElapsedTime(rented.Opened) >= Kept), null, Kept, Kept);
        }

        public override string Namespace { get; }

        public override string? Server { get; }

        public override RentedConnection Rent(TimeSpan busy)
        {
            if (TryRent(out var found))
            {
                return found;
            }

            // Read before: one that was opened while others were thrown away is thrown away too.
            var before = Volatile.Read(ref generation);
            return new Rented(this, source.OpenConnection(), before);
        }

        public override bool TryRent([NotNullWhen(true)] out RentedConnection? rented)
        {
            lock (kept)
            {
                rented = kept.LastOrDefault();
                if (rented is null)
                {
                    return false;
                }

                kept.RemoveAt(kept.Count - 1);
                return true;
            }
        }

        public override string Batch(IEnumerable<string> blocks) => string.Join(
            "\n;\n", [Frame["begin"], .. blocks.Select(block => Frame["block"].Replace("{block}", block, StringComparison.Ordinal)), Frame["end"]]);

        public override bool Recover(DbConnection connection, DbException failure)
        {
            if (failure is not PostgresException || connection.State != ConnectionState.Open)
            {
                return false;
            }

            var npgsql = (NpgsqlConnection)connection;
            using (var rollback = npgsql.CreateCommand())
            {
                // Not through Dapper, which takes a single word for a stored procedure.
                rollback.CommandText = Frame["end"];
                rollback.ExecuteNonQuery();
            }

            // A table was changed under a prepared statement.
            if (failure.SqlState is "0A000" or "26000")
            {
                npgsql.UnprepareAll();
            }

            return true;
        }

        public override bool IsStale(DbException failure) =>
            failure is PostgresException { SqlState: "0A000" or "26000" or "57P01" or "57P02" or "57P03" } || (failure is NpgsqlException { InnerException: IOException or System.Net.Sockets.SocketException });

        // The server ends each statement itself at statement_timeout; this ends the batch. It opens a second connection, and hangs if the
        // server does: whoever calls it has a thread to spare.
        public override void Interrupt(DbConnection connection, DbCommand? command) => command?.Cancel();

        public override T InTransaction<T>(DbConnection connection, TransactionKind kind, Func<DbTransaction?, T> work, bool commit)
        {
            using var transaction = connection.BeginTransaction(kind == TransactionKind.Change ? IsolationLevel.ReadCommitted : IsolationLevel.RepeatableRead);
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

        // The transaction goes along: nobody waits for BEGIN and ROLLBACK.
        public override T ReadTogether<T>(DbConnection connection, IEnumerable<string> statements, object parameters, Func<SqlMapper.GridReader, T> read)
        {
            using var rows = connection.QueryMultiple(string.Join("\n;\n", [Frame["begin"], .. statements, Frame["end"]]), parameters);
            return read(rows);
        }

        // No time-out of the driver's: it would end by telling the server so, on the thread that hears of it, which is the pool's here. Whoever
        // waits gives it up on a thread for that, before its own deadline.
        public override async Task<T> ReadTogetherAsync<T>(
            DbConnection connection, IEnumerable<string> statements, object parameters, Func<SqlMapper.GridReader, Task<T>> read, CancellationToken abandoned)
        {
            var command = new CommandDefinition(
                string.Join("\n;\n", [Frame["begin"], .. statements, Frame["end"]]), parameters, commandTimeout: 0, cancellationToken: abandoned);
            await using var rows = await connection.QueryMultipleAsync(command);
            return await read(rows);
        }

        public override DbDataReader? Describe(DbConnection connection, string block, Action<DbCommand> parameters)
        {
            var command = connection.CreateCommand();
            command.CommandText = block;
            parameters(command);
            return command.ExecuteReader(CommandBehavior.SchemaOnly);
        }

        public override async Task ListenAsync(Action heard, CancellationToken stop)
        {
            // Pooled connections are for reads with a deadline; this one waits for as long as the service runs.
            var own = new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false, KeepAlive = 10, ApplicationName = $"{application}-feed" };
            while (!stop.IsCancellationRequested)
            {
                try
                {
                    await using var connection = new NpgsqlConnection(own.ConnectionString);
                    await connection.OpenAsync(stop);
                    connection.Notification += (_, _) => heard();
                    using (var listen = connection.CreateCommand())
                    {
                        listen.CommandText = Frame["listen"];
                        await listen.ExecuteNonQueryAsync(stop);
                    }

                    while (true)
                    {
                        await connection.WaitAsync(stop);
                    }
                }
                catch (Exception) when (!stop.IsCancellationRequested)
                {
                    // Whatever it is, the feed looks by itself meanwhile; one that had ended would be missed by nobody.
                    await Task.Delay(ListenAgain, TimeProvider.System, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                }
            }
        }

        public override void Clear()
        {
            Interlocked.Increment(ref generation);
            LetGo(_ => true);
            source.Clear();
        }

        public override void Dispose()
        {
            forgetting.Dispose();
            Interlocked.Increment(ref generation);
            LetGo(_ => true);
            source.Dispose();
        }

        /// <summary>Keeps a connection for the next one.</summary>
        /// <returns>False if it must go back to the driver.</returns>
        private bool Keep(Rented rented)
        {
            if (rented.Connection.State != ConnectionState.Open || Stopwatch.GetElapsedTime(rented.Opened) >= Kept)
            {
                return false;
            }

            lock (kept)
            {
                if (rented.Generation != Volatile.Read(ref generation))
                {
                    return false;
                }

                kept.Add(rented);
                return true;
            }
        }

        private void LetGo(Func<Rented, bool> which)
        {
            List<Rented> gone;
            lock (kept)
            {
                gone = kept.FindAll(rented => which(rented));
                gone.ForEach(rented => kept.Remove(rented));
            }

            gone.ForEach(rented => rented.Close());
        }

        private sealed class Rented(PostgresPool pool, NpgsqlConnection connection, int generation) : RentedConnection(connection)
        {
            public long Opened { get; } = Stopwatch.GetTimestamp();

            /// <summary>How often the pool had been cleared before it was opened.</summary>
            public int Generation { get; } = generation;

            public override void Dispose()
            {
                var healthy = Healthy;
                Healthy = false;
                if (!healthy || !pool.Keep(this))
                {
                    Close();
                }
            }

            // Npgsql throws a broken connection away itself, and rolls back what is open.
            public void Close() => Connection.Dispose();
        }
    }
}
