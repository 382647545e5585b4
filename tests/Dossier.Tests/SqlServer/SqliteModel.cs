using Dossier.Tests.Fixtures;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Dossier.Tests.SqlServerTests;

/// <summary>What SQLite says of a statement of ours after compiling it on the tables of its schema: the model for the other vendors.</summary>
internal sealed class SqliteModel : IDisposable
{
    private readonly SqliteConnection connection = new("Data Source=:memory:");

    /// <param name="steps">The texts that make the tables.</param>
    public SqliteModel(params IEnumerable<string> steps)
    {
        connection.Open();
        foreach (var step in steps)
        {
            if (raw.sqlite3_exec(connection.Handle, step) != raw.SQLITE_OK)
            {
                throw new InvalidOperationException(raw.sqlite3_errmsg(connection.Handle).utf8_to_string());
            }
        }
    }

    /// <summary>The schema steps of the registry on SQLite, and the table of the steps.</summary>
    public static SqliteModel Registry()
    {
        var folder = Path.Combine(Repository.Root, "db", "registry", "sqlite");
        var steps = Directory.GetFiles(folder).Where(file => char.IsAsciiDigit(Path.GetFileName(file)[0])).Order(StringComparer.Ordinal).Select(File.ReadAllText);
        return new SqliteModel(steps.Append(SqlServerText.Blocks("registry/sqlite/statements.sql")["create_schema_steps"]));
    }

    public void Dispose() => connection.Dispose();

    /// <summary>The columns and the parameters of a statement, the parameters without the @.</summary>
    public (IReadOnlyList<string> Columns, IReadOnlySet<string> Parameters) Describe(string statement)
    {
        if (raw.sqlite3_prepare_v2(connection.Handle, statement, out var compiled) != raw.SQLITE_OK)
        {
            throw new InvalidOperationException($"{raw.sqlite3_errmsg(connection.Handle).utf8_to_string()}: {statement}");
        }

        using (compiled)
        {
            var columns = Enumerable.Range(0, raw.sqlite3_column_count(compiled)).Select(at => raw.sqlite3_column_name(compiled, at).utf8_to_string());
            var parameters = Enumerable.Range(1, raw.sqlite3_bind_parameter_count(compiled))
                .Select(at => raw.sqlite3_bind_parameter_name(compiled, at).utf8_to_string().TrimStart('@'));
            return ([.. columns], parameters.ToHashSet(StringComparer.Ordinal));
        }
    }

    /// <summary>Every table and view with its columns: <c>call.call_id</c>.</summary>
    public IReadOnlySet<string> Columns()
    {
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT t.name || '.' || c.name FROM pragma_table_list t, pragma_table_info(t.name) c WHERE t.name NOT LIKE 'sqlite_%'";
        using var reader = command.ExecuteReader();
        var columns = new HashSet<string>(StringComparer.Ordinal);
        while (reader.Read())
        {
            columns.Add(reader.GetString(0));
        }

        return columns;
    }
}
