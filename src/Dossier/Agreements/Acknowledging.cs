using Dossier.Host;
using Dossier.Registry;
using Dossier.V1;
using Google.Protobuf;
using Grpc.Core;
using Outcome = Dossier.V1.Acknowledgement.Types.Outcome;

namespace Dossier.Agreements;

/// <summary>
/// What the calling system says of one binding revision. Its last word counts; the same word again changes nothing. When
/// everything has been applied an agreement of one-off effects becomes FULFILLED in the same transaction.
/// </summary>
public sealed class Acknowledging(Mutations mutations, AgreementRevisions revisions)
{
    private const string Method = nameof(V1.AgreementService.AgreementServiceBase.AcknowledgeAgreement);

    public async Task<AcknowledgeAgreementResponse> AcknowledgeAsync(AcknowledgeAgreementRequest request, Caller caller, CancellationToken gone)
    {
        var violations = new Violations();
        if (!ResourceNames.TryAgreement(request.Name, out var customer, out var id))
        {
            violations.Add("name", AgreementRevisions.NameRule);
        }

        if (request.BindingRevision < 1)
        {
            violations.Add("binding_revision", "must be the agreement's binding_revision that the system has seen");
        }

        var word = Said(request, violations);
        var requestId = Requests.RequestId(request.RequestId, violations);
        caller.RequireAgent(violations);
        violations.Throw();
        var mutation = new Mutation(
            caller.System, caller.Agent, Method, requestId, Mutation.FingerprintOf(Method, request.Without(copy => copy.RequestId = "")), customer, request.ValidateOnly);
        var outcome = await mutations.RunAsync(mutation, session => Apply(session, mutation, id, request.BindingRevision, word), revisions.Replay, gone);
        Telemetry.SequenceSeen(outcome.Sequence);
        return new AcknowledgeAgreementResponse { Agreement = outcome.Answer, RegistrySequence = outcome.Sequence };
    }

    private static Word Said(AcknowledgeAgreementRequest request, Violations violations)
    {
        switch (request.OutcomeCase)
        {
            case AcknowledgeAgreementRequest.OutcomeOneofCase.Received:
                return new Word(Outcome.Received, null, null);
            case AcknowledgeAgreementRequest.OutcomeOneofCase.Applied:
                Requests.Text(request.Applied.EvidenceId, "applied.evidence_id", 1, 64, violations);
                return new Word(Outcome.Applied, request.Applied.EvidenceId, null);
            case AcknowledgeAgreementRequest.OutcomeOneofCase.Rejected:
                Requests.Text(request.Rejected.Reason, "rejected.reason", 1, 2_000, violations);
                return new Word(Outcome.Rejected, null, request.Rejected.Reason);
            case AcknowledgeAgreementRequest.OutcomeOneofCase.NotApplicable:
                Requests.Text(request.NotApplicable.Reason, "not_applicable.reason", 0, 2_000, violations);
                return new Word(Outcome.NotApplicable, null, request.NotApplicable.Reason.Length > 0 ? request.NotApplicable.Reason : null);
            default:
                violations.Add("outcome", "must be one of received, applied, rejected and not_applicable");
                return new Word(Outcome.Unspecified, null, null);
        }
    }

    private PendingChange<Agreement> Apply(RegistryWriting session, Mutation mutation, string id, long bindingRevision, Word word)
    {
        var name = ResourceNames.Agreement(mutation.Customer, id);
        var row = session.Agreement(mutation.Customer, id) ?? throw Refusal.ResourceNotFound(name);
        var agreement = AgreementContent.Join(row, []);
        var obliged = session.Acknowledgements(mutation.Customer, id, bindingRevision).ToList();
        var mine = obliged.Find(said => said.System == mutation.System);
        if (bindingRevision != agreement.BindingRevision && !(mine is not null && word.Is(mine) && FulfilledBySystems(agreement)))
        {
            throw bindingRevision > agreement.BindingRevision
                ? Refusal.InvalidField("binding_revision", $"is higher than the agreement's, {agreement.BindingRevision}")
                : new DossierException(
                    StatusCode.FailedPrecondition,
                    ErrorReason.RevisionSuperseded,
                    $"Revision {bindingRevision} of {name} no longer binds; {agreement.BindingRevision} does. Read it again and decide again.",
                    metadata: new Dictionary<string, string>(StringComparer.Ordinal) { ["binding_revision"] = $"{agreement.BindingRevision}" });
        }

        if (mine is null)
        {
            throw new DossierException(
                StatusCode.PermissionDenied, ErrorReason.NotObliged, $"{ResourceNames.System(mutation.System)} need not acknowledge this revision of {name}, and nobody acknowledges for another.");
        }

        if (word.Is(mine))
        {
            var same = revisions.At(session, mutation.Customer, id, agreement.Revision)!;
            return new PendingChange<Agreement>(same, Changed(agreement, name, obliged)) { Unchanged = true };
        }

        var now = Moments.ToMoment(session.Now);
        Moment? at = word.Outcome == Outcome.Received ? null : session.Now;
        session.PutAcknowledgement(mutation.Customer, id, bindingRevision, mutation.System, mine.DueTime, (long)word.Outcome, at, word.EvidenceId, word.Reason);
        if (word.Outcome == Outcome.Applied)
        {
            Telemetry.AcknowledgementApplied(mutation.System, now - agreement.UpdateTime.ToDateTimeOffset());
        }

        var all = session.Acknowledgements(mutation.Customer, id, bindingRevision).ToList();
        if (IsFulfilled(agreement, all, now))
        {
            return Fulfilled(session, mutation, id, agreement, all, name);
        }

        var answer = AgreementRules.At(AgreementContent.Join(row, all), now);
        return new PendingChange<Agreement>(answer, Changed(agreement, name, all));
    }

    /// <summary>One-off effects that every obliged system has applied, or need not, and at least one has.</summary>
    private static bool IsFulfilled(Agreement agreement, List<AcknowledgementRow> said, DateTimeOffset now) =>
        AgreementRules.StateAt(agreement, now) == AgreementState.Active
        && agreement.Effects.All(effect => AgreementRules.IsOneOff(AgreementRules.KindOf(effect)))
        && said.TrueForAll(row => row.Outcome is (long)Outcome.Applied or (long)Outcome.NotApplicable)
        && said.Exists(row => row.Outcome == (long)Outcome.Applied);

    /// <summary>It became FULFILLED by what systems said, not by a person's word.</summary>
    private static bool FulfilledBySystems(Agreement agreement) => agreement.State == AgreementState.Fulfilled && agreement.End is null;

    private PendingChange<Agreement> Fulfilled(RegistryWriting session, Mutation mutation, string id, Agreement agreement, List<AcknowledgementRow> said, string name)
    {
        var acknowledged = Changed(agreement, name, said);
        agreement.State = AgreementState.Fulfilled;
        agreement.FulfillTime = Moments.FromMicros(session.Now);
        var fulfilled = revisions.Fulfil(session, mutation, id, agreement, said);
        return new PendingChange<Agreement>(fulfilled.Answer, acknowledged) { Also = [(fulfilled.Change, fulfilled.Write)], SavedRevision = agreement.Revision };
    }

    private static RegistryChange Changed(Agreement agreement, string name, IEnumerable<AcknowledgementRow> obliged) =>
        AgreementRevisions.Changed(ChangeKind.AgreementAcknowledged, name, agreement, obliged.Select(row => row.System));

    private sealed record Word(Outcome Outcome, string? EvidenceId, string? Reason)
    {
        public bool Is(AcknowledgementRow row) => row.Outcome == (long)Outcome && row.EvidenceId == EvidenceId && row.Reason == Reason;
    }
}
