using Dossier.Host;
using Dossier.V1;
using Grpc.Core;

namespace Dossier.Agreements;

/// <summary>The registry of agreements over gRPC.</summary>
public sealed class AgreementService(AgreementWriting writing, AgreementListing listing) : V1.AgreementService.AgreementServiceBase
{
    public override async Task<CreateAgreementResponse> CreateAgreement(CreateAgreementRequest request, ServerCallContext context) =>
        await writing.CreateAsync(request, Caller.Of(context), context.ToBudget(), context.CancellationToken);

    public override async Task<GetAgreementResponse> GetAgreement(GetAgreementRequest request, ServerCallContext context) =>
        await listing.GetAsync(request, context.CancellationToken);

    public override async Task<ListAgreementsResponse> ListAgreements(ListAgreementsRequest request, ServerCallContext context) =>
        await listing.ListAsync(request, context.CancellationToken);

    public override async Task<WithdrawAgreementResponse> WithdrawAgreement(WithdrawAgreementRequest request, ServerCallContext context) =>
        await writing.WithdrawAsync(request, Caller.Of(context), context.CancellationToken);
}
