using System.Buffers;
using System.Text;

namespace Dossier.Cli.Csv;

/// <summary>One line of CSV, as RFC 4180 has it, but that no cell goes on on the next line: a quote that is not closed costs one line.</summary>
internal static class CsvText
{
    private static readonly SearchValues<char> Quoted = SearchValues.Create(",\"");

    /// <summary>The cells of a line.</summary>
    /// <param name="line">Without its line break.</param>
    /// <param name="wrong">What is wrong with its quotes; null if nothing is.</param>
    public static IReadOnlyList<string> Cells(ReadOnlySpan<char> line, out string? wrong)
    {
        var cells = new List<string>();
        var cell = new StringBuilder();
        wrong = null;
        for (var at = 0; ;)
        {
            cell.Clear();
            if (at < line.Length && line[at] == '"')
            {
                at++;
                while (at < line.Length && (line[at] != '"' || (at + 1 < line.Length && line[at + 1] == '"')))
                {
                    at += line[at] == '"' ? 1 : 0;
                    cell.Append(line[at++]);
                }

                if (at >= line.Length || (++at < line.Length && line[at] != ','))
                {
                    wrong = at >= line.Length ? "a quote that is not closed on its line" : "text behind a closing quote; a quote inside a cell is written twice";
                    return cells;
                }
            }
            else
            {
                while (at < line.Length && line[at] != ',')
                {
                    if (line[at] == '"')
                    {
                        wrong = "a quote in the middle of a cell; put the whole cell in quotes and write the quote twice";
                        return cells;
                    }

                    cell.Append(line[at++]);
                }
            }

            cells.Add(cell.ToString());
            if (at >= line.Length)
            {
                return cells;
            }

            at++;
        }
    }

    /// <summary>A line with its line break. Line breaks in a cell become blanks: each row is one line, so that the last one can be trusted.</summary>
    public static string Line(params IEnumerable<string> cells) => string.Join(',', cells.Select(Cell)) + "\n";

    private static string Cell(string text)
    {
        var line = text.ReplaceLineEndings(" ").Replace('\0', ' ');
        return line.AsSpan().ContainsAny(Quoted) ? $"\"{line.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : line;
    }
}
