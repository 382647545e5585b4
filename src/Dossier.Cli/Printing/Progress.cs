namespace Dossier.Cli.Printing;

/// <summary>How far a long command is: one line that is written over, on a terminal; nothing where the output is a file or a pipe.</summary>
internal sealed class Progress(TextWriter? terminal, int total)
{
    private const int Width = 30;

    private int _done;

    public void Add(int more)
    {
        _done += more;
        var full = total == 0 ? Width : (int)((long)Width * _done / total);
        terminal?.Write($"\r[{new string('#', full)}{new string('.', Width - full)}] {_done:N0} of {total:N0}");
    }

    /// <summary>Takes the line away.</summary>
    public void Done() => terminal?.Write($"\r{new string(' ', Width + 30)}\r");
}
