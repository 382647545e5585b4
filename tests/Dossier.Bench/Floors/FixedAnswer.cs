using Dossier.V1;
using Grpc.Core;

namespace Dossier.Bench.Floors;

/// <summary>Floor 1: gRPC itself. The same answer to everybody, from memory; it is written to the wire each time.</summary>
internal sealed class FixedAnswer(GetDossierResponse answer) : DossierService.DossierServiceBase
{
    public override Task<GetDossierResponse> GetDossier(GetDossierRequest request, ServerCallContext context) => Task.FromResult(answer);
}
