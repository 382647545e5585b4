using Grpc.Core;

namespace Dossier.Cli.Nightly;

/// <summary>
/// The step just before sending: letters that were allowed are judged again under the customer's lock. Only rows with
/// <c>confirmed</c> yes may leave, with no more than their allowed_amount, within 15 minutes.
/// </summary>
internal static class ConfirmRun
{
    public static readonly string[] Columns = ["letter_id", "customer", "confirmed", "verdict", "allowed_amount", "reasons", "decision_id"];

    public static async Task<RunEnded> RunAsync(Session session, IReadOnlyList<Letter> letters, RunFiles files, CancellationToken cancellation)
    {
        var verdicts = VerdictRows.Read(files.Verdicts, "--verdicts");
        var allowed = letters.Where(letter => verdicts.TryGetValue(letter.Id, out var row) && row["verdict"] is "ALLOW" or "REDUCE").ToList();
        var known = allowed.Select(letter => letter.Id).ToHashSet(StringComparer.Ordinal);
        using var file = RunFile.Open(files.Answers, Columns, files.Resume, row => row["verdict"] != VerdictRows.Unknown, known);
        await RunBatches.RunAsync(
            session, allowed, file, batch => AskAsync(session, batch, letter => verdicts[letter.Id]["decision_id"], cancellation),
            letter => Row(letter, VerdictRows.NoCells(VerdictRows.NotAsked), confirmed: false, verdicts[letter.Id]["decision_id"]), cancellation);
        file.Order(allowed.Select(letter => letter.Id));
        var answers = file.Cells("confirmed").Zip(file.Cells("verdict"), (confirmed, verdict) => confirmed == "yes" ? $"confirmed {verdict}" : verdict);
        return RunEnded.Of(allowed.Count, answers, verdict => verdict == VerdictRows.Unknown, _ => false);
    }

    private static async Task<IReadOnlyList<RunBatches.Row>> AskAsync(
        Session session, IReadOnlyList<Letter> batch, Func<Letter, string> decision, CancellationToken cancellation)
    {
        try
        {
            // The action goes along: the decision_id of a letter with many lines is too short to hold it.
            var request = new ConfirmActionBatchRequest
            {
                Confirmations = { batch.Select(letter => new ConfirmActionRequest { DecisionId = decision(letter), Action = letter.Action }) },
            };
            var answer = await session.Guard.ConfirmActionBatchAsync(request, session.With(cancellation));
            return answer.Results.Count == batch.Count
                ? [.. batch.Zip(answer.Results, (letter, result) => new RunBatches.Row(Row(letter, result, decision(letter)), Answered: true))]
                : None(batch, $"MALFORMED_ANSWER: {answer.Results.Count} results for {batch.Count} letters", decision);
        }
        catch (RpcException failed) when (!cancellation.IsCancellationRequested)
        {
            return None(batch, Said.Of(failed), decision);
        }
    }

    private static List<RunBatches.Row> None(IReadOnlyList<Letter> batch, string why, Func<Letter, string> decision) =>
        [.. batch.Select(letter => new RunBatches.Row(Row(letter, VerdictRows.NoCells(why), confirmed: false, decision(letter)), Answered: false))];

    private static string[] Row(Letter letter, ConfirmActionResult result, string decision)
    {
        if (result.ResultCase != ConfirmActionResult.ResultOneofCase.Response)
        {
            return Row(letter, VerdictRows.NoCells(Said.Of(result.Error)), confirmed: false, decision);
        }

        var answer = GuardAnswer.Of(result.Response.Decision);
        return Row(letter, VerdictRows.Cells(answer), result.Response.Confirmed && answer.MayAct, decision);
    }

    private static string[] Row(Letter letter, string[] cells, bool confirmed, string decision) =>
        [letter.Id, letter.Customer, confirmed ? "yes" : "no", .. cells[..^1], decision];
}

/// <summary>An error in a cell.</summary>
internal static class Said
{
    public static string Of(RpcException failed) =>
        $"{failed.Trailers.GetValue("dossier-reason") ?? Words.Code(failed.StatusCode)}: {failed.Status.Detail}";

    public static string Of(Google.Rpc.Status? error) =>
        error is null ? "MALFORMED_ANSWER: neither an answer nor an error" : $"{Words.Code((StatusCode)error.Code)}: {error.Message}";
}
