using System.CommandLine;
using Dossier.Cli.Printing;

namespace Dossier.Cli.Commands;

/// <summary><c>dossier confirm</c>: may it leave at this moment?</summary>
internal sealed class ConfirmCommand : Verb
{
    private readonly Argument<string> _decision = new("decision") { Description = "The decision_id of check-action --json" };

    public ConfirmCommand(GlobalOptions globals) : base(globals, "confirm",
        "Asked just before an action leaves: judged again under the customer's lock, and under way for 15 minutes if it may. Exit codes as check-action.",
        "dossier confirm DECISION_ID --system administration") => Arguments.Add(_decision);

    protected override async Task<int> RunAsync(Session session, ParseResult line, CancellationToken cancellation)
    {
        var request = new ConfirmActionRequest { DecisionId = line.GetValue(_decision)! };
        var answer = await session.Guard.ConfirmActionAsync(request, session.With(cancellation));
        var said = GuardAnswer.Of(answer.Decision);
        session.Answer(answer, screen => new ActionPage(screen).PrintConfirmed(answer));
        return answer.Confirmed || !said.MayAct ? ExitCode.Of(said.Verdict) : ExitCode.Unknown;
    }
}

/// <summary><c>dossier report</c>: what became of an action.</summary>
internal sealed class ReportCommand : Verb
{
    private readonly Argument<string> _decision = new("decision") { Description = "The decision_id by which it was judged; an expired one too" };
    private readonly Option<string> _outcome = new("--outcome") { Description = "What became of it: sent, suppressed, failed", HelpName = "outcome", Required = true };
    private readonly Option<string?> _evidence = Arg.Text("--evidence", "Number of the letter or collection", "number");
    private readonly Option<string?> _at = Arg.Text("--at", "When it happened: 2026-10-09T12:00+02:00; now if not given", "moment");
    private readonly Option<string?> _requestId = Arg.RequestId();

    public ReportCommand(GlobalOptions globals) : base(globals, "report",
        "Records what became of an action; a fact is never refused. What nobody judged before is reported by guard-run --report.",
        "dossier report DECISION_ID --outcome sent --evidence PRINT-0042 --system administration")
    {
        Arguments.Add(_decision);
        foreach (Option option in new Option[] { _outcome, _evidence, _at, _requestId })
        {
            Options.Add(option);
        }
    }

    public ReportActionRequest Request(ParseResult line) => new()
    {
        DecisionId = line.GetValue(_decision)!,
        Outcome = Outcome(line.GetValue(_outcome)!, "--outcome"),
        EvidenceId = line.GetValue(_evidence) ?? "",
        ActionTime = line.GetValue(_at) is { } moment ? Moments.ParseMoment(moment, "--at") : null,
    };

    public static ActionState Outcome(string text, string option) => text.ToUpperInvariant() switch
    {
        "SENT" => ActionState.Sent,
        "SUPPRESSED" => ActionState.Suppressed,
        "FAILED" => ActionState.Failed,
        _ => throw CommandException.Usage($"{option} {text}: choose from sent, suppressed, failed"),
    };

    protected override async Task<int> RunAsync(Session session, ParseResult line, CancellationToken cancellation)
    {
        var request = Request(line);
        request.RequestId = session.RequestId(line.GetValue(_requestId));
        var answer = await RepeatedChanges.CallAsync(session.Guard.ReportActionAsync, request, session.With(cancellation));
        return session.Answer(answer, screen => new ActionPage(screen).PrintReported(answer.Action));
    }
}
