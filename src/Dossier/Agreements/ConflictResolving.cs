using Dossier.Host;
using Dossier.Registry;
using Dossier.V1;
using Grpc.Core;

namespace Dossier.Agreements;

/// <summary>Closes a conflict by a person's word. It opens again when its evidence changes.</summary>
public sealed class ConflictResolving(Mutations mutations)
{
    private const string Method = nameof(V1.AgreementService.AgreementServiceBase.ResolveConflict);

    public async Task<ResolveConflictResponse> ResolveAsync(ResolveConflictRequest request, Caller caller, CancellationToken gone)
    {
        var violations = new Violations();
        if (!ResourceNames.TryConflict(request.Name, out var customer, out var id))
        {
            violations.Add("name", "must be customers/{customer}/conflicts/{conflict} with {conflict} 24 hexadecimal digits in lower case");
        }

        if (request.Etag.Length == 0)
        {
            violations.Add("etag", "is required: the conflict's etag, as ListConflicts and GetDossier give it");
        }

        Requests.Text(request.Note, "note", 1, 1_000, violations);
        var requestId = Requests.RequestId(request.RequestId, violations);
        caller.RequireAgent(violations);
        violations.Throw();
        var mutation = new Mutation(
            caller.System, caller.Agent, Method, requestId, Mutation.FingerprintOf(Method, request.Without(copy => copy.RequestId = "")), customer, request.ValidateOnly);
        var outcome = await mutations.RunAsync(mutation, session => Resolve(session, mutation, id, request), (session, row) => Replay(session, customer, id, row), gone);
        Telemetry.SequenceSeen(outcome.Sequence);
        return new ResolveConflictResponse { Conflict = outcome.Answer, RegistrySequence = outcome.Sequence };
    }

    private static PendingChange<Conflict> Resolve(RegistryWriting session, Mutation mutation, string id, ResolveConflictRequest request)
    {
        var row = session.ConflictsOf(mutation.Customer).FirstOrDefault(stored => stored.Id == id) ?? throw Refusal.ResourceNotFound(request.Name);
        var present = row.ToMessage();
        if (present.Etag != request.Etag)
        {
            throw Refusal.EtagMismatch(request.Name, present.Etag);
        }

        if (!row.IsOpen)
        {
            throw new DossierException(
                StatusCode.FailedPrecondition,
                ErrorReason.StateNotAllowed,
                "The conflict is CLOSED; only OPEN ones can be resolved.",
                metadata: new Dictionary<string, string>(StringComparer.Ordinal) { ["state"] = present.State.Word() });
        }

        var closed = row.Closed(mutation.System, mutation.Agent, request.Note, session.Now);
        session.PutConflict(closed);
        var answer = closed.ToMessage();
        if (mutation.ValidateOnly)
        {
            answer.Etag = "";
        }

        return new PendingChange<Conflict>(
            answer,
            new RegistryChange(ChangeKind.ConflictResolved, closed.Name, closed.Revision, 0, [], []),
            sequence => session.InsertConflictRevision(closed, sequence, mutation.System, mutation.Agent));
    }

    private static Conflict Replay(RegistrySession session, string customer, string id, RequestRow row) =>
        session.ConflictAt(customer, id, row.Revision)?.ToMessage() ?? throw Refusal.ResourceNotFound(row.Name);
}
