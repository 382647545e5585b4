using Dossier.Host;
using Dossier.Registry;
using Dossier.V1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Methods = Dossier.V1.AgreementService.AgreementServiceBase;

namespace Dossier.Agreements;

/// <summary>What becomes of an agreement after it was made: approved, rejected, withdrawn, fulfilled, or worded anew.</summary>
public sealed class AgreementChanging(Mutations mutations, AgreementRevisions revisions, TimeProvider clock)
{
    private static readonly string[] Changeable = ["customer_wording", "evidence"];

    public async Task<ApproveAgreementResponse> ApproveAsync(ApproveAgreementRequest request, Caller caller, CancellationToken gone)
    {
        var violations = new Violations();
        var (customer, id) = AgreementRevisions.Named(request.Name, request.Etag, violations);
        var mutation = Mutation(nameof(Methods.ApproveAgreement), customer, request.RequestId, request.Without(copy => copy.RequestId = ""), request.ValidateOnly, caller, violations);
        var outcome = await RunAsync(mutation, session => Approve(session, mutation, id, request.Etag), gone);
        return new ApproveAgreementResponse { Agreement = outcome.Answer, RegistrySequence = outcome.Sequence };
    }

    public async Task<RejectAgreementResponse> RejectAsync(RejectAgreementRequest request, Caller caller, CancellationToken gone)
    {
        var violations = new Violations();
        var (customer, id) = AgreementRevisions.Named(request.Name, request.Etag, violations);
        AgreementRevisions.Ending(request.Reason, request.CustomerInformed, violations);
        var mutation = Mutation(nameof(Methods.RejectAgreement), customer, request.RequestId, request.Without(copy => copy.RequestId = ""), request.ValidateOnly, caller, violations);
        var outcome = await RunAsync(
            mutation,
            session => Ended(session, mutation, id, request.Etag, AgreementState.Rejected, ChangeKind.AgreementRejected, request.Reason, request.CustomerInformed, "rejected", AgreementState.Proposed),
            gone);
        return new RejectAgreementResponse { Agreement = outcome.Answer, RegistrySequence = outcome.Sequence };
    }

    public async Task<WithdrawAgreementResponse> WithdrawAsync(WithdrawAgreementRequest request, Caller caller, CancellationToken gone)
    {
        var violations = new Violations();
        var (customer, id) = AgreementRevisions.Named(request.Name, request.Etag, violations);
        AgreementRevisions.Ending(request.Reason, request.CustomerInformed, violations);
        var mutation = Mutation(nameof(Methods.WithdrawAgreement), customer, request.RequestId, request.Without(copy => copy.RequestId = ""), request.ValidateOnly, caller, violations);
        var outcome = await RunAsync(
            mutation,
            session => Ended(
                session, mutation, id, request.Etag, AgreementState.Withdrawn, ChangeKind.AgreementWithdrawn, request.Reason, request.CustomerInformed, "withdrawn",
                AgreementState.Proposed, AgreementState.Active),
            gone);
        return new WithdrawAgreementResponse { Agreement = outcome.Answer, RegistrySequence = outcome.Sequence };
    }

    public async Task<FulfillAgreementResponse> FulfillAsync(FulfillAgreementRequest request, Caller caller, CancellationToken gone)
    {
        var violations = new Violations();
        var (customer, id) = AgreementRevisions.Named(request.Name, request.Etag, violations);
        Requests.Text(request.Reason, "reason", 0, 2_000, violations);
        var mutation = Mutation(nameof(Methods.FulfillAgreement), customer, request.RequestId, request.Without(copy => copy.RequestId = ""), request.ValidateOnly, caller, violations);
        var outcome = await RunAsync(
            mutation,
            session => Ended(
                session, mutation, id, request.Etag, AgreementState.Fulfilled, ChangeKind.AgreementFulfilled, request.Reason, null, "fulfilled", AgreementState.Active),
            gone);
        return new FulfillAgreementResponse { Agreement = outcome.Answer, RegistrySequence = outcome.Sequence };
    }

    public async Task<UpdateAgreementResponse> UpdateAsync(UpdateAgreementRequest request, Caller caller, CancellationToken gone)
    {
        var violations = new Violations();
        if (!ResourceNames.TryAgreement(request.Agreement?.Name, out var customer, out var id))
        {
            violations.Add("agreement.name", AgreementRevisions.NameRule);
        }

        if (request.Agreement?.Etag is not { Length: > 0 })
        {
            violations.Add("agreement.etag", "is required: the agreement's etag, as GetAgreement gives it");
        }

        var paths = request.UpdateMask?.Paths ?? [];
        if (paths.Count is 0 or > Requests.MostInFilter || paths.Any(path => !Changeable.Contains(path, StringComparer.Ordinal)))
        {
            violations.Add("update_mask", $"must name {string.Join(" or ", Changeable)} or both; what binds is changed by SupersedeAgreement");
        }

        AgreementCheck.Wording(request.Agreement ?? new Agreement(), violations);
        if (!violations.Any)
        {
            // What is not taken over may say what it likes: whoever changes what a later release wrote sends that back with it.
            AgreementCheck.Known(new Agreement { CustomerWording = { request.Agreement!.CustomerWording } }, violations);
        }

        var mutation = Mutation(nameof(Methods.UpdateAgreement), customer, request.RequestId, request.Without(copy => copy.RequestId = ""), request.ValidateOnly, caller, violations);
        var outcome = await RunAsync(mutation, session => Update(session, mutation, id, request.Agreement!, paths), gone);
        return new UpdateAgreementResponse { Agreement = outcome.Answer, RegistrySequence = outcome.Sequence };
    }

    private static Mutation Mutation(
        string method, string customer, string requestId, IMessage content, bool validateOnly, Caller caller, Violations violations)
    {
        var id = Requests.RequestId(requestId, violations);
        caller.RequireAgent(violations);
        violations.Throw();
        return new Mutation(caller.System, caller.Agent, method, id, Registry.Mutation.FingerprintOf(method, content), customer, validateOnly);
    }

    private async Task<Outcome<Agreement>> RunAsync(Mutation mutation, Func<RegistryWriting, PendingChange<Agreement>> apply, CancellationToken gone)
    {
        var outcome = await mutations.RunAsync(mutation, apply, revisions.Replay, gone);
        Telemetry.SequenceSeen(outcome.Sequence);
        return outcome;
    }

    private PendingChange<Agreement> Approve(RegistryWriting session, Mutation mutation, string id, string etag)
    {
        var now = clock.GetUtcNow();
        var agreement = AgreementRevisions.Load(session, mutation.Customer, id, etag, now, "approved", AgreementState.Proposed);
        var system = ResourceNames.System(mutation.System);
        if (agreement.Origin.System == system && agreement.Origin.Agent == mutation.Agent)
        {
            throw new DossierException(
                StatusCode.PermissionDenied, ErrorReason.ApprovalByProposer, "Whoever proposed an agreement cannot approve it: it takes another system or another agent.");
        }

        var moment = Moments.FromMicros(session.Now);
        var end = agreement.PendingEnd;
        agreement.State = AgreementState.Active;
        agreement.Approval = new Approval { System = system, Agent = mutation.Agent, ApproveTime = moment };
        agreement.PendingEnd = null;
        var approved = revisions.Next(session, mutation, id, agreement, ChangeKind.AgreementApproved, binding: true);
        if (agreement.Supersedes.Length == 0)
        {
            return approved.Pending;
        }

        // Both in one transaction: never two that bind, never none.
        ResourceNames.TryAgreement(agreement.Supersedes, out _, out var oldId);
        var old = AgreementContent.Join(session.Agreement(mutation.Customer, oldId) ?? throw Refusal.ResourceNotFound(agreement.Supersedes), []);
        AgreementRevisions.Require(old, now, $"superseded by {agreement.Name}", AgreementState.Proposed, AgreementState.Active);
        old.State = AgreementState.Superseded;
        old.SupersededBy = ResourceNames.Agreement(mutation.Customer, id);
        old.End = end;
        var ended = revisions.Next(session, mutation, oldId, old, ChangeKind.AgreementSuperseded, binding: true);
        return approved.Pending with { Also = [(ended.Change, ended.Write)] };
    }

    private PendingChange<Agreement> Ended(
        RegistryWriting session, Mutation mutation, string id, string etag, AgreementState state, ChangeKind kind, string reason, CustomerInformed? informed, string verb,
        params AgreementState[] from)
    {
        var agreement = AgreementRevisions.Load(session, mutation.Customer, id, etag, clock.GetUtcNow(), verb, from);
        agreement.State = state;
        agreement.End = AgreementRevisions.End(session, mutation, reason, informed);
        agreement.FulfillTime = state == AgreementState.Fulfilled ? agreement.End.EndTime : null;
        return revisions.Next(session, mutation, id, agreement, kind, binding: true).Pending;
    }

    private PendingChange<Agreement> Update(RegistryWriting session, Mutation mutation, string id, Agreement asked, IEnumerable<string> paths)
    {
        var agreement = AgreementRevisions.Load(session, mutation.Customer, id, asked.Etag, clock.GetUtcNow(), "changed");
        if (paths.Contains("customer_wording"))
        {
            agreement.CustomerWording.Clear();
            agreement.CustomerWording.AddRange(asked.CustomerWording.Select(wording => wording.Clone()));
        }

        if (paths.Contains("evidence"))
        {
            agreement.Evidence.Clear();
            agreement.Evidence.AddRange(asked.Evidence);
        }

        return revisions.Next(session, mutation, id, agreement, ChangeKind.AgreementUpdated, binding: false).Pending;
    }
}
