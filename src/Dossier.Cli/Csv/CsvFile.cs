using System.Text;

namespace Dossier.Cli.Csv;

/// <summary>One line of a CSV file: its cells by column, and where it stands.</summary>
internal sealed class CsvLine(CsvFile file, int number, IReadOnlyList<string> cells)
{
    public int Number => number;

    /// <summary>The cell of a column; empty where the file has no such column.</summary>
    public string this[string column] => file.Columns.TryGetValue(column, out var index) ? cells[index] : "";

    /// <summary>What is wrong, with file and line.</summary>
    public string Mistake(string what) => $"{file.Name}:{number}: {what}";
}

/// <summary>
/// A CSV file as it must be: UTF-8 (with or without a byte order mark), commas, a head with the columns, a line break behind each
/// line. What is not so is refused as a whole, with file and line, before anything is done: half a file must not pass for a whole one.
/// </summary>
internal sealed class CsvFile
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private CsvFile(string name, IReadOnlyDictionary<string, int> columns) => (Name, Columns) = (name, columns);

    /// <summary>The file's name without its folder.</summary>
    public string Name { get; }

    /// <summary>Each column of the head with its place.</summary>
    public IReadOnlyDictionary<string, int> Columns { get; }

    public IReadOnlyList<CsvLine> Lines { get; private set; } = [];

    /// <summary>Reads a file.</summary>
    /// <param name="path">Where it stands.</param>
    /// <param name="required">Columns that it must have.</param>
    /// <param name="optional">Columns that it may have; null if it may have any other.</param>
    /// <param name="tornEnd">Leaves out a last line that does not end, as a command that was killed leaves it in its own file.</param>
    public static CsvFile Read(string path, IReadOnlyList<string> required, IReadOnlyList<string>? optional, bool tornEnd = false)
    {
        var name = Path.GetFileName(path);
        var text = Text(path, name);
        if (tornEnd)
        {
            text = text[..(text.LastIndexOf('\n') + 1)];
        }

        var rows = Rows(text, name);
        if (rows.Count == 0)
        {
            throw CommandException.Usage($"{name}:1: the file is empty; its first line must be: {string.Join(',', required)}");
        }

        var file = new CsvFile(name, Head(rows[0].Cells, name, required, optional));
        if (text[^1] != '\n')
        {
            throw CommandException.Usage($"{name}:{rows[^1].Number}: the last line does not end with a line break: is the file complete?");
        }

        var mistakes = rows.Skip(1).Where(row => row.Cells.Count != file.Columns.Count)
            .Select(row => $"{name}:{row.Number}: {row.Cells.Count} cells where the head has {file.Columns.Count} (an amount is written with a decimal point, not a comma)");
        Mistakes.Throw([.. mistakes]);
        file.Lines = [.. rows.Skip(1).Select(row => new CsvLine(file, row.Number, row.Cells))];
        return file;
    }

    private static string Text(string path, string name)
    {
        byte[] bytes;
        try
        {
            bytes = File.ReadAllBytes(path);
        }
        catch (Exception failed) when (failed is IOException or UnauthorizedAccessException)
        {
            throw CommandException.Usage($"{path} cannot be read: {failed.Message}");
        }

        if (bytes is [0xFF, 0xFE, ..] or [0xFE, 0xFF, ..])
        {
            throw CommandException.Usage($"{name}:1: the file is UTF-16; save it as UTF-8");
        }

        var start = bytes is [0xEF, 0xBB, 0xBF, ..] ? 3 : 0;
        try
        {
            var text = Strict.GetString(bytes, start, bytes.Length - start);
            return text.IndexOf('\0', StringComparison.Ordinal) is >= 0 and var zero
                ? throw CommandException.Usage($"{name}:{LineAt(text, zero)}: a zero byte; is the file UTF-16? Save it as UTF-8")
                : text;
        }
        catch (DecoderFallbackException wrong)
        {
            var line = 1 + bytes.Take(start + wrong.Index).Count(value => value == '\n');
            throw CommandException.Usage($"{name}:{line}: not UTF-8 (Windows-1252 or Latin-1?); save it as UTF-8");
        }
    }

    private static int LineAt(string text, int index) => 1 + text.AsSpan(0, index).Count('\n');

    private static Dictionary<string, int> Head(IReadOnlyList<string> cells, string name, IReadOnlyList<string> required, IReadOnlyList<string>? optional)
    {
        if (cells is [var only] && only.Contains(';', StringComparison.Ordinal))
        {
            throw CommandException.Usage($"{name}:1: the columns are separated by semicolons; separate them by commas, and write amounts with a decimal point");
        }

        var columns = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var index = 0; index < cells.Count; index++)
        {
            if (!columns.TryAdd(cells[index], index))
            {
                throw CommandException.Usage($"{name}:1: the column {cells[index]} stands there twice");
            }
        }

        var missing = required.Where(column => !columns.ContainsKey(column)).ToList();
        var strange = optional is null ? [] : columns.Keys.Except(required).Except(optional).ToList();
        return (missing, strange) switch
        {
            ({ Count: > 0 }, _) => throw CommandException.Usage($"{name}:1: without the column {string.Join(", ", missing)}; the first line names them: {string.Join(',', required)}"),
            (_, { Count: > 0 }) => throw CommandException.Usage(
                $"{name}:1: an unknown column {string.Join(", ", strange)}; known are {string.Join(", ", required.Concat(optional ?? []))}"),
            _ => columns,
        };
    }

    private static List<(int Number, IReadOnlyList<string> Cells)> Rows(string text, string name)
    {
        var rows = new List<(int, IReadOnlyList<string>)>();
        var number = 0;
        foreach (var range in text.AsSpan().Split('\n'))
        {
            number++;
            var line = text.AsSpan()[range].TrimEnd('\r');
            if (line.Length > 0)
            {
                rows.Add((number, CsvText.Cells(line, out var wrong)));
                _ = wrong is null ? 0 : throw CommandException.Usage($"{name}:{number}: {wrong}");
            }
        }

        return rows;
    }
}

/// <summary>Mistakes of a file: all of them at once, so that it is mended once.</summary>
internal static class Mistakes
{
    private const int Most = 20;

    public static void Throw(IReadOnlyList<string> mistakes)
    {
        if (mistakes.Count > 0)
        {
            var more = mistakes.Count > Most ? $" | and {mistakes.Count - Most} more" : "";
            throw CommandException.Usage($"nothing was sent: {string.Join(" | ", mistakes.Take(Most))}{more}");
        }
    }
}
