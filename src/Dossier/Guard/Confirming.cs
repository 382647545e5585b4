using Dossier.Agreements;
using Dossier.Host;
using Dossier.Registry;
using Dossier.V1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace Dossier.Guard;

/// <summary>
/// The last question before an action leaves: the customer's row is locked, what binds is read after that, and only ALLOW or
/// REDUCE makes the action under way. It is judged at every call and never answered from a saved answer.
/// </summary>
public sealed class Confirming(WriterLane lane, RegistryIdentity identity, TimeZoneInfo zone, TimeProvider clock)
{
    /// <summary>How long a confirmed action counts as under way if nothing is reported.</summary>
    public static readonly TimeSpan UnderWay = TimeSpan.FromMinutes(15);

    public async Task<ConfirmActionResponse> ConfirmAsync(ConfirmActionRequest request, Caller caller, CancellationToken gone)
    {
        var (judged, customer, action) = Decided(request.DecisionId, request.Action, "decision_id", "action");
        var violations = new Violations();
        caller.RequireAgent(violations);
        violations.Throw();
        if (Moments.ToMoment(judged.Expire) <= clock.GetUtcNow())
        {
            throw new DossierException(StatusCode.FailedPrecondition, ErrorReason.DecisionExpired, "The decision is older than 24 hours. Check the action again.");
        }

        var response = await lane.RunAsync(customer, null, session => Confirm(session, judged, customer, action, caller), gone);
        Telemetry.SequenceSeen(response.RegistrySequence);
        return response;
    }

    /// <summary>What a decision id stands for.</summary>
    /// <exception cref="DossierException">It is none of this registry's, or the action that it is a hash of is missing.</exception>
    public (DecisionToken.Judged Judged, string Customer, PlannedAction Action) Decided(string decisionId, PlannedAction? said, string idField, string actionField)
    {
        if (DecisionToken.Decode(decisionId, identity.SigningKey) is not { } judged)
        {
            throw Refusal.InvalidField(idField, "is not a decision that this registry gave", ErrorReason.DecisionInvalid);
        }

        var violations = new Violations();
        var (customer, checkedAction) = said is null ? ("", null) : ActionCheck.Check(said, actionField, violations);
        violations.Throw();
        if (judged.Is(checkedAction) is not { } action)
        {
            throw Refusal.InvalidField(actionField, "must be the very action that was judged: this decision_id is too short to hold it", ErrorReason.DecisionInvalid);
        }

        ResourceNames.TryCustomer(action.Customer, out customer);
        return (judged, customer, action);
    }

    private Staged<ConfirmActionResponse> Confirm(RegistryWriting session, DecisionToken.Judged judged, string customer, PlannedAction action, Caller caller)
    {
        session.LockCustomer(customer);
        var binding = Binding.Of(session, customer).ToList();

        // The clock is read after the lock, and is never behind what stands there: an agreement that was made while this waited for
        // the lock, or by an instance whose clock is ahead, holds already.
        var now = binding.Select(agreement => agreement.CreateTime.ToDateTimeOffset()).Append(clock.GetUtcNow()).Max();
        var id = judged.Id.ToString("D");
        var record = session.Action(customer, id) is { } row ? ActionRecord.Parser.ParseFrom(row.Content) : null;
        if (record is { State: not ActionState.UnderWay })
        {
            throw new DossierException(
                StatusCode.FailedPrecondition,
                ErrorReason.ActionEnded,
                $"The action has been reported as {record.State.Word()}; it cannot be confirmed again.",
                metadata: new Dictionary<string, string>(StringComparer.Ordinal) { ["state"] = record.State.Word() });
        }

        var decision = Judgement.Judge(action, binding, now, zone);
        var response = new ConfirmActionResponse { Decision = decision, Confirmed = decision.Verdict is Verdict.Allow or Verdict.Reduce };
        if (!response.Confirmed)
        {
            return new Staged<ConfirmActionResponse>(0, (_, present) => At(response, present));
        }

        var until = Moments.ToMoment(now.ToMicros()) + UnderWay;
        response.Action = new ActionRecord
        {
            Name = ResourceNames.Action(customer, id),
            Action = action.Understood(),
            State = ActionState.UnderWay,
            System = ResourceNames.System(caller.System),
            Agent = caller.Agent,
            Verdict = decision.Verdict,
            ConfirmTime = Moments.FromMicros(now.ToMicros()),
            UnderWayTime = Timestamp.FromDateTimeOffset(until),
        };
        return new Staged<ConfirmActionResponse>(1, (writing, before) =>
        {
            writing.PutAction(customer, id, (long)ActionState.UnderWay, caller.System, until.ToMicros(), null, before + 1, response.Action.ToByteArray());
            writing.InsertChange(before + 1, new RegistryChange(ChangeKind.ActionConfirmed, response.Action.Name, 1, 0, [], []), customer, caller.System);
            return At(response, before + 1);
        });
    }

    private static ConfirmActionResponse At(ConfirmActionResponse response, long sequence)
    {
        response.RegistrySequence = response.Decision.RegistrySequence = sequence;
        return response;
    }
}

/// <summary>The agreements of customers that can bind, as they are in one transaction.</summary>
internal static class Binding
{
    public static IEnumerable<Agreement> Of(RegistrySession session, string customer) => Of(session, [customer])[customer];

    public static ILookup<string, Agreement> Of(RegistrySession session, IReadOnlyCollection<string> customers)
    {
        var acknowledgements = session.BindingAcknowledgements(customers).ToLookup(row => (row.Customer, row.Id));
        return session.BindingAgreements(customers)
            .Select(row => (row.Customer, Agreement: AgreementContent.Join(row, acknowledgements[(row.Customer, row.Id)])))
            .ToLookup(row => row.Customer, row => row.Agreement, StringComparer.Ordinal);
    }
}
