using System.Collections.Frozen;
using System.Data;
using System.Data.Common;
using System.Globalization;
using Dapper;
using Dossier.Database;
using Microsoft.Data.SqlClient;
using Microsoft.Data.Sqlite;
using Npgsql;
using NpgsqlTypes;

namespace Dossier.Sample;

/// <summary>
/// Puts one SQLite sample store into an empty database of another vendor: its schema from db/sources, then every table's rows,
/// each value in the type that the column has there.
/// </summary>
public static class SampleCopy
{
    private static readonly FrozenDictionary<string, string> Statements = SqlText.Blocks(SqlText.Read("sample/copy.sql"), "db/sample/copy.sql");

    /// <param name="name">webcare, telephony or administration.</param>
    /// <param name="file">The SQLite store to copy.</param>
    /// <param name="vendor">PostgreSql or SqlServer.</param>
    /// <param name="connectionString">An empty database, with a login that may create tables.</param>
    /// <returns>The number of rows copied.</returns>
    public static long Copy(string name, string file, Vendor vendor, string connectionString)
    {
        using var from = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = file, Mode = SqliteOpenMode.ReadOnly, Pooling = false }.ToString());
        from.Open();
        using DbConnection to = vendor is PostgresVendor ? new NpgsqlConnection(connectionString) : new SqlConnection(connectionString);
        to.Open();
        using var transaction = to.BeginTransaction();
        foreach (var batch in Batches(SqlText.Read($"sources/{name}/schema.{vendor.Folder}.sql")))
        {
            to.Execute(batch, transaction: transaction, commandTimeout: 600);
        }

        long rows = 0;
        foreach (var table in Tables(from))
        {
            rows += to is NpgsqlConnection postgres ? CopyTo(from, postgres, table) : CopyTo(from, (SqlConnection)to, (SqlTransaction)transaction, table);
        }

        transaction.Commit();
        if (vendor is PostgresVendor)
        {
            // Dapper takes a single word for a stored procedure.
            to.Execute("ANALYZE;", commandType: CommandType.Text);
        }

        return rows;
    }

    /// <summary>A batch of T-SQL ends at a line GO: CREATE VIEW must stand alone.</summary>
    internal static IEnumerable<string> Batches(string text) =>
        System.Text.RegularExpressions.Regex.Split(text, @"^\s*GO\s*$", System.Text.RegularExpressions.RegexOptions.Multiline, TimeSpan.FromSeconds(10))
            .Where(batch => batch.Trim().Length > 0);

    /// <summary>The tables, those that others refer to first: as they were created.</summary>
    private static List<string> Tables(SqliteConnection from) =>
        [.. from.Query<string>(Statements["tables"])];

    private static string Of(string statement, string table) => Statements[statement].Replace("{table}", table, StringComparison.Ordinal);

    private static long CopyTo(SqliteConnection from, NpgsqlConnection to, string table)
    {
        using var rows = (DbDataReader)from.ExecuteReader(Of("rows", table));
        var names = Enumerable.Range(0, rows.FieldCount).Select(rows.GetName).ToList();
        var types = to.Query<(string Name, string Type)>(Statements["postgres_columns"], new { table })
            .ToDictionary(column => column.Name, column => column.Type, StringComparer.Ordinal);
        long count = 0;
        using var writer = to.BeginBinaryImport($"COPY \"{table}\" ({string.Join(", ", names.Select(name => $"\"{name}\""))}) FROM STDIN (FORMAT BINARY)");
        while (rows.Read())
        {
            writer.StartRow();
            for (var column = 0; column < names.Count; column++)
            {
                Write(writer, rows.GetValue(column), types[names[column]]);
            }

            count++;
        }

        writer.Complete();
        return count;
    }

    private static void Write(NpgsqlBinaryImporter writer, object value, string type)
    {
        if (value is DBNull)
        {
            writer.WriteNull();
            return;
        }

        switch (type)
        {
            case "timestamp with time zone":
                writer.Write(MomentOf(value).UtcDateTime, NpgsqlDbType.TimestampTz);
                break;
            case "date":
                writer.Write(DateOnly.ParseExact((string)value, "yyyy-MM-dd", CultureInfo.InvariantCulture), NpgsqlDbType.Date);
                break;
            case "boolean":
                writer.Write((long)value != 0, NpgsqlDbType.Boolean);
                break;
            case "bigint":
                writer.Write((long)value, NpgsqlDbType.Bigint);
                break;
            case "integer":
                writer.Write((int)(long)value, NpgsqlDbType.Integer);
                break;
            case "smallint":
                writer.Write((short)(long)value, NpgsqlDbType.Smallint);
                break;
            default:
                writer.Write((string)value, NpgsqlDbType.Text);
                break;
        }
    }

    private static long CopyTo(SqliteConnection from, SqlConnection to, SqlTransaction transaction, string table)
    {
        using var shape = (SqlDataReader)to.ExecuteReader(Of("sqlserver_shape", table), transaction: transaction);
        using var target = new DataTable();
        for (var column = 0; column < shape.FieldCount; column++)
        {
            target.Columns.Add(shape.GetName(column), shape.GetFieldType(column));
        }

        shape.Close();
        using var rows = (DbDataReader)from.ExecuteReader(Of("rows", table));
        while (rows.Read())
        {
            var row = target.NewRow();
            for (var column = 0; column < rows.FieldCount; column++)
            {
                var name = rows.GetName(column);
                row[name] = Convert(rows.GetValue(column), target.Columns[name]!.DataType);
            }

            target.Rows.Add(row);
        }

        using var copy = new SqlBulkCopy(to, SqlBulkCopyOptions.CheckConstraints | SqlBulkCopyOptions.KeepIdentity, transaction) { DestinationTableName = $"[{table}]" };
        foreach (DataColumn column in target.Columns)
        {
            copy.ColumnMappings.Add(column.ColumnName, column.ColumnName);
        }

        copy.WriteToServer(target);
        return target.Rows.Count;
    }

    private static object Convert(object value, Type type) =>
        value is DBNull ? value
        : type == typeof(DateTimeOffset) ? MomentOf(value)
        : type == typeof(DateTime) && value is string { Length: 10 } day ? DateTime.ParseExact(day, "yyyy-MM-dd", CultureInfo.InvariantCulture)
        : type == typeof(DateTime) ? MomentOf(value).UtcDateTime
        : type == typeof(bool) ? (long)value != 0
        : System.Convert.ChangeType(value, type, CultureInfo.InvariantCulture);

    private static DateTimeOffset MomentOf(object value) => value is long seconds
        ? DateTimeOffset.FromUnixTimeSeconds(seconds)
        : DateTimeOffset.Parse((string)value, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal);
}
