using System.Collections.Frozen;
using System.Text.RegularExpressions;
using Dossier.Database;
using Microsoft.Data.Sqlite;

namespace Dossier.Sample;

/// <summary>The insert blocks of db/sample on one connection, each prepared once: 60,000 rows are a matter of a second.</summary>
internal sealed partial class InsertBlocks(SqliteConnection connection, SqliteTransaction transaction) : IDisposable
{
    private const string File = "sample/insert.sqlite.sql";
    private static readonly Lazy<FrozenDictionary<string, string>> Texts = new(() => SqlText.Blocks(SqlText.Read(File), File));
    private readonly Dictionary<string, SqliteCommand> commands = new(StringComparer.Ordinal);

    /// <summary>Inserts one row; the values stand in the order in which the block names its parameters.</summary>
    public void Row(string block, params ReadOnlySpan<object?> values)
    {
        if (!commands.TryGetValue(block, out var command))
        {
            commands.Add(block, command = Prepare(Texts.Value[block]));
        }

        if (values.Length != command.Parameters.Count)
        {
            throw new ArgumentException($"{block} takes {command.Parameters.Count} values, not {values.Length}.", nameof(values));
        }

        for (var index = 0; index < values.Length; index++)
        {
            command.Parameters[index].Value = values[index] ?? DBNull.Value;
        }

        command.ExecuteNonQuery();
    }

    public void Dispose()
    {
        foreach (var command in commands.Values)
        {
            command.Dispose();
        }
    }

    private SqliteCommand Prepare(string text)
    {
        var command = connection.CreateCommand();
        command.Transaction = transaction;
        command.CommandText = text;
        foreach (var name in Parameter().EnumerateMatches(text))
        {
            command.Parameters.Add(new SqliteParameter { ParameterName = text.Substring(name.Index, name.Length) });
        }

        return command;
    }

    [GeneratedRegex("@[a-z_]+", RegexOptions.CultureInvariant)]
    private static partial Regex Parameter();
}
