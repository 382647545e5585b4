using Dossier.Cli.Printing;

namespace Dossier.Cli.Nightly;

/// <summary>
/// Sends a run in batches, one after the other. A batch without an answer is asked three times; then the service counts as gone, and the
/// rest is not asked any more: it is as unknown as it would be after hours of waiting.
/// </summary>
internal static class RunBatches
{
    public const int Size = FailSafeGuard.BatchSize;

    private const int Tries = 3;
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    /// <summary>What became of one letter of a batch: its row, and whether the service answered at all.</summary>
    public sealed record Row(IReadOnlyList<string> Cells, bool Answered);

    /// <summary>Asks for each letter that the file does not hold yet, and writes every batch before the next is sent.</summary>
    /// <param name="session">For the progress.</param>
    /// <param name="letters">All letters of the run.</param>
    /// <param name="file">Where the rows go.</param>
    /// <param name="ask">Rows for a batch, in its order; it does not throw but when it is cancelled.</param>
    /// <param name="unknown">The row of a letter that was not asked any more.</param>
    /// <param name="cancellation">Ctrl-C.</param>
    public static async Task RunAsync(
        Session session, IReadOnlyList<Letter> letters, RunFile file, Func<IReadOnlyList<Letter>, Task<IReadOnlyList<Row>>> ask,
        Func<Letter, IReadOnlyList<string>> unknown, CancellationToken cancellation)
    {
        var open = letters.Where(letter => !file.Holds(letter.Id)).ToList();
        var progress = session.Screen.Progress(open.Count);
        var gone = false;
        foreach (var batch in open.Chunk(Size))
        {
            var rows = gone ? null : await AskAsync(batch, ask, cancellation);
            gone |= rows is null or { Count: > 0 } && rows?.Any(row => row.Answered) != true;
            file.Add([.. rows?.Select(row => row.Cells) ?? batch.Select(unknown)]);
            progress.Add(batch.Length);
        }

        progress.Done();
    }

    private static async Task<IReadOnlyList<Row>> AskAsync(
        Letter[] batch, Func<IReadOnlyList<Letter>, Task<IReadOnlyList<Row>>> ask, CancellationToken cancellation)
    {
        for (var tried = 1; ; tried++)
        {
            var rows = await ask(batch);
            if (tried == Tries || rows.Any(row => row.Answered))
            {
                return rows;
            }

            await Task.Delay(Pause, TimeProvider.System, cancellation);
        }
    }
}
