using Dossier.Host;
using Dossier.V1;
using Grpc.Core;

namespace Dossier.Agreements;

/// <summary>The registry of agreements over gRPC.</summary>
public sealed class AgreementService(
    AgreementWriting writing, AgreementChanging changing, Acknowledging acknowledging, AgreementListing listing, WorkLists lists,
    ConflictListing conflicts, ConflictResolving resolving, Watching watching)
    : V1.AgreementService.AgreementServiceBase
{
    public override async Task<CreateAgreementResponse> CreateAgreement(CreateAgreementRequest request, ServerCallContext context) =>
        await writing.CreateAsync(request, Caller.Of(context), context.ToBudget(), context.CancellationToken);

    public override async Task<GetAgreementResponse> GetAgreement(GetAgreementRequest request, ServerCallContext context) =>
        await listing.GetAsync(request, context.CancellationToken);

    public override async Task<ListAgreementsResponse> ListAgreements(ListAgreementsRequest request, ServerCallContext context) =>
        await listing.ListAsync(request, context.CancellationToken);

    public override async Task<WithdrawAgreementResponse> WithdrawAgreement(WithdrawAgreementRequest request, ServerCallContext context) =>
        await changing.WithdrawAsync(request, Caller.Of(context), context.CancellationToken);

    public override async Task<ApproveAgreementResponse> ApproveAgreement(ApproveAgreementRequest request, ServerCallContext context) =>
        await changing.ApproveAsync(request, Caller.Of(context), context.CancellationToken);

    public override async Task<RejectAgreementResponse> RejectAgreement(RejectAgreementRequest request, ServerCallContext context) =>
        await changing.RejectAsync(request, Caller.Of(context), context.CancellationToken);

    public override async Task<FulfillAgreementResponse> FulfillAgreement(FulfillAgreementRequest request, ServerCallContext context) =>
        await changing.FulfillAsync(request, Caller.Of(context), context.CancellationToken);

    public override async Task<UpdateAgreementResponse> UpdateAgreement(UpdateAgreementRequest request, ServerCallContext context) =>
        await changing.UpdateAsync(request, Caller.Of(context), context.CancellationToken);

    public override async Task<SupersedeAgreementResponse> SupersedeAgreement(SupersedeAgreementRequest request, ServerCallContext context) =>
        await writing.SupersedeAsync(request, Caller.Of(context), context.ToBudget(), context.CancellationToken);

    public override async Task<AcknowledgeAgreementResponse> AcknowledgeAgreement(AcknowledgeAgreementRequest request, ServerCallContext context) =>
        await acknowledging.AcknowledgeAsync(request, Caller.Of(context), context.CancellationToken);

    public override async Task<ListAgreementRevisionsResponse> ListAgreementRevisions(ListAgreementRevisionsRequest request, ServerCallContext context) =>
        await lists.RevisionsAsync(request, context.CancellationToken);

    public override async Task<ListPendingAcknowledgementsResponse> ListPendingAcknowledgements(ListPendingAcknowledgementsRequest request, ServerCallContext context) =>
        await lists.PendingAsync(request, context.CancellationToken);

    public override async Task WatchAgreements(
        WatchAgreementsRequest request, IServerStreamWriter<WatchAgreementsResponse> responseStream, ServerCallContext context) =>
        await watching.WatchAsync(request, responseStream, context);

    public override async Task<ListConflictsResponse> ListConflicts(ListConflictsRequest request, ServerCallContext context) =>
        await conflicts.ListAsync(request, context.CancellationToken);

    public override async Task<ResolveConflictResponse> ResolveConflict(ResolveConflictRequest request, ServerCallContext context) =>
        await resolving.ResolveAsync(request, Caller.Of(context), context.CancellationToken);

    public override async Task<ListSystemsResponse> ListSystems(ListSystemsRequest request, ServerCallContext context) =>
        await lists.SystemsAsync(context.CancellationToken);
}
