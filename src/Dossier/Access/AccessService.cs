using System.Security.Cryptography;
using System.Text;
using Dossier.Agreements;
using Dossier.Database;
using Dossier.Registry;
using Dossier.V1;
using Grpc.Core;

namespace Dossier.Access;

/// <summary>Access records over gRPC.</summary>
public sealed class AccessService(RegistryDatabase registry, RegistryIdentity identity) : V1.AccessService.AccessServiceBase
{
    private const string Position = "registry";

    public override async Task<ListAccessRecordsResponse> ListAccessRecords(ListAccessRecordsRequest request, ServerCallContext context)
    {
        var violations = new Violations();
        var customer = request.Parent == AgreementFilter.EveryCustomer ? "-" : Requests.Customer(request.Parent, "parent", violations);
        var size = Requests.PageSize(request.PageSize, violations);
        var query = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"accesses|{request.Parent}")).AsSpan(0, 12));
        var token = PageToken.Decode(request.PageToken, query, identity.Epoch, identity.SigningKey, violations);
        violations.Throw();
        var rows = await registry.ReadAsync(
            session => session.AccessRecords(customer, token?.Positions.GetValueOrDefault(Position)?.Id, size + 1), context.CancellationToken);
        var response = new ListAccessRecordsResponse { AccessRecords = { rows.Take(size).Select(ToMessage) } };
        if (rows.Count > size)
        {
            response.NextPageToken = new PageToken
            {
                Query = query,
                Epoch = identity.Epoch,
                Positions = new(StringComparer.Ordinal) { [Position] = new PageToken.Position { Id = rows[size - 1].Id } },
            }.Encode(identity.SigningKey);
        }

        return response;
    }

    private static AccessRecord ToMessage(AccessRow row) => new()
    {
        Customer = ResourceNames.Customer(row.Customer),
        AccessTime = Moments.FromMicros(row.AccessTime.Micros),
        System = ResourceNames.System(row.System),
        Agent = row.Agent,
        Purpose = row.Purpose,
        Method = row.Method,
        Sections = { row.Sections.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(number => (Section)int.Parse(number, System.Globalization.CultureInfo.InvariantCulture)) },
        Sources = { row.Sources.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(ResourceNames.Source) },
        TraceId = row.TraceId,
    };
}
