using System.Data;
using System.Data.Common;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Dossier.Database;

/// <summary>
/// A connection that keeps its commands prepared by their text. SQLite prepared every statement anew for each read: a third of
/// the service's time, and as much again in malloc (112 dossiers a second with one caller on this kind of machine).
/// A changed schema makes SQLite prepare a kept statement again by itself.
/// </summary>
internal sealed class PreparedSqlite(string connectionString) : SqliteConnection(connectionString)
{
    // Blocks and statements are a fixed set; what people add while it runs replaces a whole pool. So nothing needs to be thrown out.
    private readonly Dictionary<string, SqliteCommand> kept = new(StringComparer.Ordinal);

    // BEGIN and ROLLBACK, stepped without the driver and its busy loop.
    private readonly Dictionary<string, sqlite3_stmt[]> steps = new(StringComparer.Ordinal);

    // What is known of a text's columns, for as long as the schema is as it was.
    private readonly Dictionary<string, object> columns = new(StringComparer.Ordinal);
    private long schemaVersion = -1;
    private long lastValue;

    public override void Open()
    {
        base.Open();

        // Without the planner's stability guarantee SQLite looks at the value of a bound LIMIT, and prepares the statement again whenever
        // one is bound: kept or not.
        raw.sqlite3_db_config(Handle, raw.SQLITE_DBCONFIG_ENABLE_QPSG, 1, out _);
    }

    public override void Close()
    {
        foreach (var statement in steps.Values.SelectMany(statements => statements))
        {
            statement.Dispose();
        }

        steps.Clear();
        kept.Clear();
        columns.Clear();
        base.Close();
    }

    /// <summary>Runs statements that have no parameters and whose rows nobody wants.</summary>
    /// <returns>SQLite's result code.</returns>
    public int Step(string statements)
    {
        if (!steps.TryGetValue(statements, out var known))
        {
            var parts = new List<sqlite3_stmt>();
            foreach (var text in statements.Split(';'))
            {
                var code = raw.sqlite3_prepare_v3(Handle, text, raw.SQLITE_PREPARE_PERSISTENT, out var statement);
                if (code != raw.SQLITE_OK)
                {
                    parts.ForEach(part => part.Dispose());
                    return code;
                }

                parts.Add(statement);
            }

            steps[statements] = known = [.. parts];
        }

        foreach (var statement in known)
        {
            while (raw.sqlite3_step(statement) == raw.SQLITE_ROW)
            {
                lastValue = raw.sqlite3_column_int64(statement, 0);
            }

            // Says how the last step went.
            var code = raw.sqlite3_reset(statement);
            if (code != raw.SQLITE_OK)
            {
                return code;
            }
        }

        return raw.SQLITE_OK;
    }

    /// <summary>The statements that were stepped last have asked for the schema's version: what was known of an older one is forgotten.</summary>
    public void NoteSchema()
    {
        if (lastValue != schemaVersion)
        {
            columns.Clear();
            schemaVersion = lastValue;
        }
    }

    /// <summary>What is known of the columns that a text gives; null if nothing is.</summary>
    public object? ColumnsOf(string text) => columns.GetValueOrDefault(text);

    public void KeepColumns(string text, object known) => columns[text] = known;

    public override SqliteCommand CreateCommand() => new Borrowing(this) { Connection = this };

    /// <summary>Binds the next parameter of a command straight to the prepared one, without an object of its own.</summary>
    /// <returns>False if the command is another connection's kind.</returns>
    public static bool TryBind(DbCommand command, string name, object value)
    {
        if (command is not Borrowing borrowing)
        {
            return false;
        }

        borrowing.Bind(name, value);
        return true;
    }

    /// <summary>The prepared command of a text, for as long as one command uses it.</summary>
    private SqliteCommand Take(string text)
    {
        if (kept.Remove(text, out var known))
        {
            return known;
        }

        var command = new SqliteCommand(text, this);
        command.Prepare();
        return command;
    }

    private void GiveBack(SqliteCommand command)
    {
        if (!kept.TryAdd(command.CommandText, command))
        {
            command.Dispose();
        }
    }

    /// <summary>Holds text and parameters, and runs the connection's prepared command with them.</summary>
    private sealed class Borrowing(PreparedSqlite connection) : SqliteCommand
    {
        private SqliteCommand? prepared;
        private int bound;

        /// <summary>In the order of the statement's own list, which is that of its first use. The text is set before.</summary>
        public void Bind(string name, object value)
        {
            prepared ??= connection.Take(CommandText);
            var own = prepared.Parameters;
            if (bound < own.Count && own[bound].ParameterName.AsSpan(1).SequenceEqual(name))
            {
                own[bound++].Value = value;
                return;
            }

            Shorten(own, bound++);
            own.Add(new SqliteParameter("@" + name, value));
        }

        public override SqliteDataReader ExecuteReader(CommandBehavior behavior)
        {
            prepared ??= connection.Take(CommandText);
            if (bound > 0)
            {
                Shorten(prepared.Parameters, bound);
            }
            else
            {
                Hand(Parameters, prepared.Parameters);
            }

            return prepared.ExecuteReader(behavior);
        }

        private static void Shorten(SqliteParameterCollection own, int count)
        {
            while (own.Count > count)
            {
                own.RemoveAt(own.Count - 1);
            }
        }

        public override SqliteDataReader ExecuteReader() => ExecuteReader(CommandBehavior.Default);

        protected override void Dispose(bool disposing)
        {
            if (disposing && prepared is not null)
            {
                connection.GiveBack(prepared);
                prepared = null;
            }

            base.Dispose(disposing);
        }

        // One text comes with the same parameters in the same order, but for the first time and for callers who leave some out.
        private static void Hand(SqliteParameterCollection given, SqliteParameterCollection own)
        {
            var same = own.Count == given.Count;
            for (var index = 0; same && index < given.Count; index++)
            {
                same = own[index].ParameterName.AsSpan(1).SequenceEqual(given[index].ParameterName.AsSpan().TrimStart('@'));
                own[index].Value = given[index].Value;
            }

            if (!same)
            {
                // With its sign: without, the driver makes three names of each at every use to find the one that the statement has.
                own.Clear();
                foreach (SqliteParameter parameter in given)
                {
                    own.Add(new SqliteParameter("@" + parameter.ParameterName.TrimStart('@'), parameter.Value));
                }
            }
        }
    }
}
