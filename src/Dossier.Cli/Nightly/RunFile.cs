using System.Text;
using Dossier.Cli.Csv;

namespace Dossier.Cli.Nightly;

/// <summary>
/// A file that a run writes, one row a letter: flushed to the disk batch by batch, so that what has been answered is kept whatever
/// happens. A run that goes on keeps the rows that are settled and drops the others; a row torn by a kill is not settled.
/// </summary>
internal sealed class RunFile : IDisposable
{
    private static readonly UTF8Encoding Plain = new(encoderShouldEmitUTF8Identifier: false);

    private readonly string _path;
    private readonly IReadOnlyList<string> _columns;
    private readonly Dictionary<string, IReadOnlyList<string>> _rows = new(StringComparer.Ordinal);
    private readonly FileStream _stream;

    private RunFile(string path, IReadOnlyList<string> columns, IEnumerable<IReadOnlyList<string>> kept)
    {
        _path = path;
        _columns = columns;
        foreach (var row in kept)
        {
            _rows[row[0]] = row;
        }

        Replace(_rows.Values);
        _stream = new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.Read);
    }

    /// <summary>Begins a file, or goes on with one.</summary>
    /// <param name="path">Where it stands.</param>
    /// <param name="columns">Its columns; the first is the letter's id.</param>
    /// <param name="resume">Go on with what is there; otherwise a file that is there is left alone, and the run refused.</param>
    /// <param name="settled">Whether a row of an earlier run is final.</param>
    /// <param name="known">The letters of this run.</param>
    public static RunFile Open(string path, IReadOnlyList<string> columns, bool resume, Func<CsvLine, bool> settled, IReadOnlySet<string> known)
    {
        var there = File.Exists(path);
        if (there && !resume)
        {
            throw CommandException.Usage($"{path} is there already: --resume goes on with it; otherwise choose another --out, or delete it");
        }

        var kept = new List<IReadOnlyList<string>>();
        var lines = there && new FileInfo(path).Length > 0 ? CsvFile.Read(path, columns, [], tornEnd: true).Lines : [];
        foreach (var line in lines)
        {
            if (!known.Contains(line[columns[0]]))
            {
                throw CommandException.Usage(line.Mistake($"letter {line[columns[0]]} is not in this run: are these two files of one run?"));
            }

            if (settled(line))
            {
                kept.Add([.. columns.Select(column => line[column])]);
            }
        }

        try
        {
            return new RunFile(path, columns, kept);
        }
        catch (Exception failed) when (failed is IOException or UnauthorizedAccessException)
        {
            throw CommandException.Usage($"{path} cannot be written: {failed.Message}");
        }
    }

    public bool Holds(string letter) => _rows.ContainsKey(letter);

    /// <summary>The cell of a column of each row.</summary>
    public IEnumerable<string> Cells(string column)
    {
        var index = _columns.ToList().IndexOf(column);
        return _rows.Values.Select(row => row[index]);
    }

    /// <summary>Adds the rows of one batch; when this returns they are on the disk.</summary>
    public void Add(IReadOnlyCollection<IReadOnlyList<string>> rows)
    {
        foreach (var row in rows)
        {
            _rows[row[0]] = row;
        }

        _stream.Write(Plain.GetBytes(string.Concat(rows.Select(row => CsvText.Line(row)))));
        _stream.Flush(flushToDisk: true);
    }

    /// <summary>Puts the rows into the order of the letters, which a run that went on has mixed up.</summary>
    public void Order(IEnumerable<string> letters)
    {
        _stream.Dispose();
        Replace(letters.Where(Holds).Select(letter => _rows[letter]));
    }

    public void Dispose() => _stream.Dispose();

    /// <summary>Written beside it and moved into its place: at every moment one of the two is whole.</summary>
    private void Replace(IEnumerable<IReadOnlyList<string>> rows)
    {
        var beside = _path + ".new";
        using (var stream = new FileStream(beside, FileMode.Create, FileAccess.Write))
        {
            stream.Write(Plain.GetBytes(CsvText.Line(_columns) + string.Concat(rows.Select(row => CsvText.Line(row)))));
            stream.Flush(flushToDisk: true);
        }

        File.Move(beside, _path, overwrite: true);
    }
}
