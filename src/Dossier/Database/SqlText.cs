using System.Collections.Frozen;
using System.Reflection;

namespace Dossier.Database;

/// <summary>The SQL of db/, embedded in the program: whole files, and files of named blocks (<c>-- name: block</c>).</summary>
public static class SqlText
{
    private const string NameLine = "-- name:";

    /// <summary>The text of one file below db/, for example <c>registry/sqlite/statements.sql</c>.</summary>
    /// <exception cref="FileNotFoundException">db/ holds no such file.</exception>
    public static string Read(string path)
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream("db/" + path)
            ?? throw new FileNotFoundException($"db/{path} is not embedded in the program.", path);
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    /// <summary>The paths below db/ that start with a prefix, in ordinal order.</summary>
    public static IReadOnlyList<string> List(string prefix) =>
        [.. Assembly.GetExecutingAssembly().GetManifestResourceNames()
            .Where(name => name.StartsWith("db/" + prefix, StringComparison.Ordinal))
            .Select(name => name["db/".Length..])
            .Order(StringComparer.Ordinal)];

    /// <summary>The named blocks of a text.</summary>
    /// <param name="text">The file's text.</param>
    /// <param name="file">Its name, for error messages.</param>
    /// <exception cref="FormatException">A line before the first name, a block without a name, an empty block or a name twice.</exception>
    public static FrozenDictionary<string, string> Blocks(string text, string file)
    {
        var blocks = new Dictionary<string, List<string>>(StringComparer.Ordinal);
        List<string>? current = null;
        var number = 0;
        foreach (var raw in text.Split('\n'))
        {
            number++;
            var line = raw.TrimEnd('\r', ' ', '\t');
            if (line.StartsWith(NameLine, StringComparison.Ordinal))
            {
                var name = line[NameLine.Length..].Trim();
                if (name.Length == 0)
                {
                    throw new FormatException($"{file}:{number}: a block has no name after '{NameLine}'.");
                }

                current = [];
                if (!blocks.TryAdd(name, current))
                {
                    throw new FormatException($"{file}:{number}: block '{name}' is there twice.");
                }
            }
            else if (current is not null)
            {
                current.Add(line);
            }
            else if (line.Length > 0 && !line.StartsWith("--", StringComparison.Ordinal))
            {
                throw new FormatException($"{file}:{number}: a statement stands before the first '{NameLine} <block>' line.");
            }
        }

        foreach (var (name, lines) in blocks)
        {
            if (lines.TrueForAll(line => line.Length == 0 || line.StartsWith("--", StringComparison.Ordinal)))
            {
                throw new FormatException($"{file}: block '{name}' holds no statement.");
            }
        }

        // A comment above a name is about the block that follows.
        foreach (var lines in blocks.Values)
        {
            while (lines[^1].Length == 0 || lines[^1].StartsWith("--", StringComparison.Ordinal))
            {
                lines.RemoveAt(lines.Count - 1);
            }
        }

        return blocks.ToFrozenDictionary(
            pair => pair.Key,
            pair => string.Join('\n', pair.Value).Trim().TrimEnd(';').TrimEnd(),
            StringComparer.Ordinal);
    }
}
