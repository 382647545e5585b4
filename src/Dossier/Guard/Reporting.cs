using Dossier.Host;
using Dossier.Registry;
using Dossier.V1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;

namespace Dossier.Guard;

/// <summary>What happened: a fact is never refused. One that an agreement forbade when it happened says which.</summary>
public sealed class Reporting(Mutations mutations, Confirming confirming, TimeZoneInfo zone, TimeProvider clock)
{
    private const string Method = nameof(V1.GuardService.GuardServiceBase.ReportAction);

    public async Task<ReportActionResponse> ReportAsync(ReportActionRequest request, Caller caller, CancellationToken gone)
    {
        var violations = new Violations();
        if (request.Outcome is not (ActionState.Sent or ActionState.Suppressed or ActionState.Failed))
        {
            violations.Add("outcome", "must be SENT, SUPPRESSED or FAILED");
        }

        var now = clock.GetUtcNow();
        var time = Requests.Moment(request.ActionTime, "action_time", violations) ?? now;
        if (time > now.AddMinutes(1))
        {
            violations.Add("action_time", "must not lie in the future");
        }

        Requests.Text(request.EvidenceId, "evidence_id", 0, 64, violations);
        var requestId = Requests.RequestId(request.RequestId, violations);
        caller.RequireAgent(violations);
        var (customer, id, action) = What(request, now, violations);
        violations.Throw();
        var mutation = new Mutation(
            caller.System, caller.Agent, Method, requestId, Mutation.FingerprintOf(Method, request.Without(copy => copy.RequestId = "")), customer, ValidateOnly: false);
        var outcome = await mutations.RunAsync(mutation, session => Report(session, mutation, id, action, request, time), Replay, gone);
        Telemetry.SequenceSeen(outcome.Sequence);
        return new ReportActionResponse { Action = outcome.Answer, RegistrySequence = outcome.Sequence };
    }

    private (string Customer, string Id, PlannedAction Action) What(ReportActionRequest request, DateTimeOffset now, Violations violations)
    {
        switch (request.WhatCase)
        {
            case ReportActionRequest.WhatOneofCase.DecisionId:
                var (judged, customer, action) = confirming.Decided(request.DecisionId, request.Judged, "decision_id", "judged");
                return (customer, judged.Id.ToString("D"), action);
            case ReportActionRequest.WhatOneofCase.Action:
                var (whose, done) = ActionCheck.Check(request.Action, "action", violations);
                return (whose, Guid.CreateVersion7(now).ToString("D"), done);
            default:
                violations.Add("what", "must be decision_id or action");
                return ("", "", new PlannedAction());
        }
    }

    private PendingChange<ActionRecord> Report(RegistryWriting session, Mutation mutation, string id, PlannedAction action, ReportActionRequest request, DateTimeOffset time)
    {
        var record = session.Action(mutation.Customer, id) is { } row ? ActionRecord.Parser.ParseFrom(row.Content) : new ActionRecord();
        record.Name = ResourceNames.Action(mutation.Customer, id);
        record.Action = action.Understood();
        record.State = request.Outcome;
        record.System = ResourceNames.System(mutation.System);
        record.Agent = mutation.Agent;
        record.ActionTime = Moments.FromMicros(time.ToMicros());
        record.EvidenceId = request.EvidenceId;
        record.Against.Clear();
        if (request.Outcome == ActionState.Sent)
        {
            record.Against.AddRange(Against(Binding.Of(session, mutation.Customer), action, time));
        }

        return new PendingChange<ActionRecord>(
            record,
            new RegistryChange(ChangeKind.ActionReported, record.Name, 1, 0, [], []),
            sequence =>
            {
                var content = record.ToByteArray();
                session.PutAction(mutation.Customer, id, (long)record.State, mutation.System, record.UnderWayTime?.ToMicros(), record.ActionTime.ToMicros(), sequence, content);
                session.InsertActionReport(mutation.Customer, id, sequence, content);
            });
    }

    /// <summary>The agreements that forbade an action when it happened: entered by then or not, they held.</summary>
    private IEnumerable<string> Against(IEnumerable<Agreement> binding, PlannedAction action, DateTimeOffset time)
    {
        // Judged as of the moment of the fact: a time that was planned later does not matter any more.
        var done = action.Clone();
        done.PlannedTime = null;
        return Judgement.Judge(done, binding, time, zone).Reasons
            .Where(reason => reason.Verdict == Verdict.Block && reason.Resource.Length > 0)
            .Select(reason => reason.Resource)
            .Distinct(StringComparer.Ordinal);
    }

    private static ActionRecord Replay(RegistrySession session, RequestRow row)
    {
        var parts = row.Name.Split('/');
        var content = session.ActionReport(parts[1], parts[3], row.Sequence) ?? session.Action(parts[1], parts[3])?.Content;
        return content is null ? throw Refusal.ResourceNotFound(row.Name) : ActionRecord.Parser.ParseFrom(content);
    }
}
