using System.Globalization;
using Dossier.Cli.Csv;
using Dossier.Cli.Printing;
using Grpc.Core;

namespace Dossier.Cli.Commands;

/// <summary>What systems owe, as CSV.</summary>
internal static class PendingCsv
{
    public static readonly string[] Columns = ["agreement", "binding_revision", "system", "due_time", "overdue", "said", "made_by", "what", "outcome", "evidence_id", "reason"];

    public static IEnumerable<string> Of(ListPendingAcknowledgementsResponse answer) => answer.Pending.Select(pending => CsvText.Line(
        Names.Short(pending.Agreement.Name),
        pending.Agreement.BindingRevision.ToString(CultureInfo.InvariantCulture),
        Names.Short(pending.Acknowledgement.System),
        pending.Acknowledgement.DueTime is { } due ? Moments.Typed(due) : "",
        pending.Overdue ? "yes" : "no",
        pending.Acknowledgement.Outcome == Acknowledgement.Types.Outcome.Received ? "RECEIVED" : "",
        Names.Short(pending.Agreement.Origin.System),
        string.Join("; ", pending.Agreement.Effects.Select(effect => Plain.Line(AgreementPage.Effect(effect)))),
        "", "", "")).Prepend(CsvText.Line(Columns));
}

/// <summary>
/// Many acknowledgements from a file. Every line is sent, whatever becomes of those before it, and has its own line of result; the same
/// word twice changes nothing, so the whole file can be sent again. A line that says nothing yet is left out.
/// </summary>
internal static class AcknowledgeFile
{
    /// <summary>binding_revision may be empty: the present one then. Other columns are left alone, so that what pending --csv gave fits.</summary>
    public static readonly string[] Columns = ["agreement", "binding_revision", "outcome", "evidence_id", "reason"];

    public static readonly string[] Results = ["line", "agreement", "result", "sync_state", "error"];

    public static async Task<int> SendAsync(Session session, string path, CancellationToken cancellation)
    {
        if (session.Json)
        {
            throw CommandException.Usage("the result of --csv is CSV: leave --json out");
        }

        var requests = Read(path);
        session.AnswerCsv([CsvText.Line(Results)]);
        var exitCode = ExitCode.Fine;
        foreach (var (number, name, made) in requests)
        {
            if (made is not { } request)
            {
                session.AnswerCsv([CsvText.Line([$"{number}", name, "left out", "", ""])]);
                continue;
            }

            var (cells, ended) = await SendAsync(session, request, cancellation);
            session.AnswerCsv([CsvText.Line([$"{number}", Names.Short(request.Name), .. cells])]);

            // No answer outweighs a refusal: it says that sending the file again helps.
            exitCode = ended == ExitCode.Fine || exitCode == ExitCode.NoAnswer ? exitCode
                : ended == ExitCode.NoAnswer ? ended : ExitCode.Refused;
        }

        return exitCode;
    }

    private static async Task<(string[] Cells, int ExitCode)> SendAsync(Session session, AcknowledgeAgreementRequest request, CancellationToken cancellation)
    {
        try
        {
            await AcknowledgeCommand.SeenAsync(session, request, cancellation);
            var answer = await RepeatedChanges.CallAsync(session.Agreements.AcknowledgeAgreementAsync, request, session.With(cancellation));
            return ([Words.Code(request.OutcomeCase), Words.Code(answer.Agreement.SyncState), ""], ExitCode.Fine);
        }
        catch (RpcException failed) when (!cancellation.IsCancellationRequested)
        {
            var ended = ExitCode.Of(failed.StatusCode);
            return ([ended == ExitCode.NoAnswer ? "no answer" : "refused", "", Nightly.Said.Of(failed)], ended);
        }
    }

    private static List<(int Line, string Name, AcknowledgeAgreementRequest? Request)> Read(string path)
    {
        var file = CsvFile.Read(path, Columns, optional: null);
        var requests = new List<(int Line, string Name, AcknowledgeAgreementRequest? Request)>();
        var mistakes = new List<string>();
        foreach (var line in file.Lines)
        {
            try
            {
                // Not filled in yet, as pending --csv gives it.
                var isLeftOut = line["outcome"].Length + line["evidence_id"].Length + line["reason"].Length == 0;
                requests.Add((line.Number, line["agreement"], isLeftOut ? null : Request(line)));
            }
            catch (CommandException wrong)
            {
                mistakes.Add(line.Mistake(wrong.Message));
            }
        }

        Mistakes.Throw(mistakes);
        return requests.Exists(line => line.Request is not null)
            ? requests
            : throw CommandException.Usage(requests.Count > 0
                ? $"{file.Name}: no line says an outcome: RECEIVED, APPLIED, REJECTED or NOT_APPLICABLE"
                : $"{file.Name}:1: there are no lines below the head: nothing to acknowledge");
    }

    private static AcknowledgeAgreementRequest Request(CsvLine line)
    {
        var request = new AcknowledgeAgreementRequest { Name = Names.Agreement(line["agreement"]) };
        if (line["binding_revision"].Length > 0)
        {
            request.BindingRevision = long.TryParse(line["binding_revision"], NumberStyles.None, CultureInfo.InvariantCulture, out var revision) && revision > 0
                ? revision
                : throw CommandException.Usage($"binding_revision {line["binding_revision"]}: a number from 1");
        }

        switch (line["outcome"].ToUpperInvariant().Replace('-', '_'))
        {
            case "RECEIVED":
                request.Received = new();
                break;
            case "APPLIED" when line["evidence_id"].Length > 0:
                request.Applied = new() { EvidenceId = line["evidence_id"] };
                break;
            case "APPLIED":
                throw CommandException.Usage("evidence_id: APPLIED needs the number of the credit note or block");
            case "REJECTED" when line["reason"].Length > 0:
                request.Rejected = new() { Reason = line["reason"] };
                break;
            case "REJECTED":
                throw CommandException.Usage("reason: REJECTED needs one");
            case "NOT_APPLICABLE":
                request.NotApplicable = new() { Reason = line["reason"] };
                break;
            default:
                throw CommandException.Usage($"outcome {line["outcome"]}: choose from RECEIVED, APPLIED, REJECTED, NOT_APPLICABLE");
        }

        return request;
    }
}
