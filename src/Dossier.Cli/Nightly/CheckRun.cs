namespace Dossier.Cli.Nightly;

/// <summary>The first step of a run: a verdict for each letter.</summary>
internal static class CheckRun
{
    public static async Task<RunEnded> RunAsync(Session session, IReadOnlyList<Letter> letters, RunFiles files, CancellationToken cancellation)
    {
        var known = letters.Select(letter => letter.Id).ToHashSet(StringComparer.Ordinal);
        using var file = RunFile.Open(
            files.Answers, VerdictRows.Columns, files.Resume, row => row["verdict"] is "ALLOW" or "REDUCE" or "REVIEW" or "BLOCK", known);
        await RunBatches.RunAsync(
            session, letters, file, batch => AskAsync(session, batch, cancellation),
            letter => [letter.Id, letter.Customer, .. VerdictRows.NoCells(VerdictRows.NotAsked)], cancellation);
        file.Order(letters.Select(letter => letter.Id));
        return RunEnded.Of(letters.Count, file.Cells("verdict"), verdict => verdict == VerdictRows.Unknown, _ => false);
    }

    private static async Task<IReadOnlyList<RunBatches.Row>> AskAsync(Session session, IReadOnlyList<Letter> batch, CancellationToken cancellation)
    {
        var answers = await session.Guard.CheckActionBatchSafelyAsync([.. batch.Select(letter => letter.Action)], session.With(cancellation));
        return [.. batch.Zip(answers, (letter, answer) =>
            new RunBatches.Row([letter.Id, letter.Customer, .. VerdictRows.Cells(answer)], !answer.Unanswered))];
    }
}
