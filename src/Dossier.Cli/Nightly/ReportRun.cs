using System.Security.Cryptography;
using System.Text;
using Dossier.Cli.Commands;
using Dossier.Cli.Csv;
using Google.Protobuf;
using Grpc.Core;

namespace Dossier.Cli.Nightly;

/// <summary>The step after sending: what became of each letter. Repeating it is harmless: the same fact has the same request_id.</summary>
internal static class ReportRun
{
    public static readonly string[] Outcomes = ["letter_id", "outcome", "evidence_id", "action_time"];
    public static readonly string[] Columns = ["letter_id", "customer", "reported", "action", "against", "error"];

    private const string Yes = "yes";
    private const string Refused = "refused";
    private const string NoAnswer = "no answer";

    public static async Task<RunEnded> RunAsync(
        Session session, IReadOnlyList<Letter> letters, string outcomes, RunFiles files, CancellationToken cancellation)
    {
        var verdicts = File.Exists(files.Verdicts) ? VerdictRows.Read(files.Verdicts, "--verdicts") : [];
        var reports = Read(outcomes, letters.ToDictionary(letter => letter.Id, StringComparer.Ordinal), verdicts);
        var reported = letters.Where(letter => reports.ContainsKey(letter.Id)).ToList();
        var known = reported.Select(letter => letter.Id).ToHashSet(StringComparer.Ordinal);
        using var file = RunFile.Open(files.Answers, Columns, files.Resume, row => row["reported"] == Yes, known);
        await RunBatches.RunAsync(
            session, reported, file, batch => AskAsync(session, batch, reports, cancellation),
            letter => [letter.Id, letter.Customer, NoAnswer, "", "", VerdictRows.NotAsked], cancellation);
        file.Order(reported.Select(letter => letter.Id));
        return RunEnded.Of(
            reported.Count, file.Cells("reported").Select(word => word == Yes ? "reported" : word), word => word == NoAnswer, word => word == Refused);
    }

    private static Dictionary<string, ReportActionRequest> Read(string path, Dictionary<string, Letter> letters, Dictionary<string, CsvLine> verdicts)
    {
        var file = CsvFile.Read(path, Outcomes, optional: null);
        var reports = new Dictionary<string, ReportActionRequest>(StringComparer.Ordinal);
        var mistakes = new List<string>();
        foreach (var line in file.Lines)
        {
            try
            {
                var id = line["letter_id"];
                var letter = letters.GetValueOrDefault(id) ?? throw CommandException.Usage($"letter {id} is not in the file of letters");
                if (!reports.TryAdd(id, Report(line, letter, verdicts.GetValueOrDefault(id)?["decision_id"] ?? "")))
                {
                    throw CommandException.Usage($"letter {id} stands there twice");
                }
            }
            catch (CommandException wrong)
            {
                mistakes.Add(line.Mistake(wrong.Message));
            }
        }

        Mistakes.Throw(mistakes);
        return reports.Count > 0 ? reports : throw CommandException.Usage($"{file.Name}:1: there are no lines below the head: nothing to report");
    }

    private static ReportActionRequest Report(CsvLine line, Letter letter, string decision)
    {
        var report = new ReportActionRequest
        {
            Outcome = ReportCommand.Outcome(line["outcome"], "outcome"),
            EvidenceId = line["evidence_id"],
            ActionTime = line["action_time"].Length > 0 ? Moments.ParseMoment(line["action_time"], "action_time") : null,
        };
        if (decision.Length > 0)
        {
            (report.DecisionId, report.Judged) = (decision, letter.Action);
        }
        else
        {
            report.Action = letter.Action;
        }

        report.RequestId = SameIdFor(letter.Id, report);
        return report;
    }

    /// <summary>The same fact has the same id in every run, so that a run that was cut off is repeated without harm.</summary>
    private static string SameIdFor(string letter, ReportActionRequest report) =>
        new Guid(SHA256.HashData([.. Encoding.UTF8.GetBytes(letter), 0, .. report.ToByteArray()]).AsSpan(0, 16)).ToString();

    private static async Task<IReadOnlyList<RunBatches.Row>> AskAsync(
        Session session, IReadOnlyList<Letter> batch, Dictionary<string, ReportActionRequest> reports, CancellationToken cancellation)
    {
        try
        {
            var request = new ReportActionBatchRequest { Reports = { batch.Select(letter => reports[letter.Id]) } };
            var answer = await RepeatedChanges.CallAsync(session.Guard.ReportActionBatchAsync, request, session.With(cancellation));
            return answer.Results.Count == batch.Count
                ? [.. batch.Zip(answer.Results, Row)]
                : None(batch, $"MALFORMED_ANSWER: {answer.Results.Count} results for {batch.Count} letters");
        }
        catch (RpcException failed) when (!cancellation.IsCancellationRequested)
        {
            return None(batch, Said.Of(failed));
        }
    }

    private static List<RunBatches.Row> None(IReadOnlyList<Letter> batch, string why) =>
        [.. batch.Select(letter => new RunBatches.Row([letter.Id, letter.Customer, NoAnswer, "", "", why], Answered: false))];

    private static RunBatches.Row Row(Letter letter, ReportActionResult result)
    {
        if (result is { ResultCase: ReportActionResult.ResultOneofCase.Response, Response.Action: { } action })
        {
            return new RunBatches.Row(
                [letter.Id, letter.Customer, Yes, action.Name, string.Join("; ", action.Against.Select(Names.Short)), ""], Answered: true);
        }

        var repeatable = result.Error is { } error && ExitCode.Of((StatusCode)error.Code) == ExitCode.NoAnswer;
        return new RunBatches.Row([letter.Id, letter.Customer, repeatable ? NoAnswer : Refused, "", "", Said.Of(result.Error)], Answered: true);
    }
}
