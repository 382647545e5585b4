using System.Text;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Dossier.Cli.Printing;

/// <summary>
/// Where a person reads the answer. A terminal gets colours and its own width; a file or pipe gets neither: plain text, wide
/// enough that no name is broken, and no blanks at line ends.
/// </summary>
internal sealed class Screen
{
    public static readonly Style Bold = new(decoration: Decoration.Bold);
    public static readonly Style Good = new(Color.Green);
    public static readonly Style Warn = new(Color.Yellow);
    public static readonly Style Bad = new(Color.Red);

    private const int WidthOfPipe = 240;
    private const int WidthOfProse = 100;

    private readonly TextWriter _output;
    private readonly StringBuilder _buffer = new();
    private readonly IAnsiConsole _console;
    private readonly bool _terminal;

    public Screen(TextWriter output)
    {
        _output = output;
        // AnsiConsole looks at the real console (and turns colours on where Windows needs that); a StringWriter never has any.
        var terminal = _terminal = ReferenceEquals(output, Console.Out) && !Console.IsOutputRedirected;
        var colours = terminal && AnsiConsole.Profile.Capabilities.Ansi && Environment.GetEnvironmentVariable("NO_COLOR") is null or "";
        _console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = colours ? AnsiSupport.Yes : AnsiSupport.No,
            ColorSystem = colours ? ColorSystemSupport.Standard : ColorSystemSupport.NoColors,
            Interactive = InteractionSupport.No,
            Out = new AnsiConsoleOutput(new StringWriter(_buffer)),
            // They would switch colours on in CI, where the output is a file.
            Enrichment = new ProfileEnrichment { UseDefaultEnrichers = false },
        });
        _console.Profile.Capabilities.Unicode = true;
        _console.Profile.Width = terminal ? Math.Max(AnsiConsole.Profile.Width, 60) : WidthOfPipe;
    }

    /// <summary>A cell's text, whatever it holds: never read as markup.</summary>
    public static Text Cell(string? text, Style? style = null) => new(Plain.Line(text), style);

    /// <summary>A cell of several texts, each on a line of its own.</summary>
    public static Text Lines(params string[] texts) => new(string.Join('\n', texts.Select(Plain.Line).Where(text => text.Length > 0)));

    /// <summary>How far a long command is, where somebody can see it.</summary>
    public Progress Progress(int total) => new(_terminal ? _output : null, total);

    /// <summary>One line, as it is.</summary>
    public void Line(string text = "") => _output.WriteLine(Plain.Line(text));

    /// <summary>One line that stands out, with a blank line before it.</summary>
    public void Heading(string text)
    {
        Line();
        Write(Cell(text, Bold));
    }

    /// <summary>Prose, broken between words.</summary>
    public void Paragraph(string text, int indent = 0)
    {
        foreach (var line in Plain.Wrap(text, Math.Min(_console.Profile.Width, WidthOfProse) - indent))
        {
            _output.WriteLine(new string(' ', indent) + line);
        }
    }

    /// <summary>A line to be copied: never broken.</summary>
    public void Verbatim(string text, int indent) => _output.WriteLine(new string(' ', indent) + Plain.Line(text));

    /// <summary>A table with a head, as wide as what is in it.</summary>
    public static Table Table(params string[] columns)
    {
        var table = new Table { Border = TableBorder.Simple };
        foreach (var column in columns)
        {
            table.AddColumn(new TableColumn(Cell(column, Bold)) { Padding = new Padding(0, 0, 2, 0) });
        }
        return table;
    }

    /// <summary>Two or more columns without a head; only the last one is broken between words.</summary>
    public static Table Facts(int columns = 2)
    {
        var table = new Table { Border = TableBorder.None, ShowHeaders = false };
        for (var i = 0; i < columns; i++)
        {
            table.AddColumn(new TableColumn("") { Padding = new Padding(0, 0, 2, 0), NoWrap = i < columns - 1 });
        }
        return table;
    }

    public void Write(IRenderable what, int indent = 0, int? width = null)
    {
        var full = _console.Profile.Width;
        _console.Profile.Width = Math.Min(width ?? full, full) - indent;
        _console.Write(what);
        _console.Profile.Width = full;
        var lines = _buffer.ToString().Split('\n').Select(line => line.TrimEnd()).ToList();
        _buffer.Clear();
        foreach (var line in lines.SkipWhile(line => line.Length == 0).Reverse().SkipWhile(line => line.Length == 0).Reverse())
        {
            _output.WriteLine((new string(' ', indent) + line).TrimEnd());
        }
    }
}

/// <summary>Rows of plain text.</summary>
internal static class TableRows
{
    public static Table Row(this Table table, params string?[] cells) => table.AddRow(cells.Select(cell => Screen.Cell(cell)));

    public static Table Row(this Table table, Style style, params string?[] cells) => table.AddRow(cells.Select(cell => Screen.Cell(cell, style)));
}
