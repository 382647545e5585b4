using System.Security.Cryptography;
using System.Text;
using Dossier.Registry;
using Dossier.V1;

namespace Dossier.Guard;

/// <summary>Actions that left or were about to, the newest first.</summary>
public sealed class ActionListing(RegistryDatabase registry, RegistryIdentity identity, TimeProvider clock)
{
    private const int Step = 200;
    private const int MostRead = 2_000;

    public async Task<ListActionsResponse> ListAsync(ListActionsRequest request, CancellationToken caller)
    {
        var violations = new Violations();
        var customer = request.Parent == "customers/-" ? null : Requests.Customer(request.Parent, "parent", violations);
        var size = Requests.PageSize(request.PageSize, violations);
        Requests.Known(request.States, "states", "a state", violations);
        var text = $"actions|{request.Parent}|{string.Join(',', request.States.Order())}";
        var query = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)).AsSpan(0, 12));
        var token = PageToken.Decode(request.PageToken, query, identity.Epoch, identity.SigningKey, violations);
        violations.Throw();
        var now = token?.Now ?? clock.GetUtcNow().ToMicros();
        return await registry.ReadSinceAsync(
            token?.Sequence ?? 0,
            (session, sequence) => Page(session, request, customer, size, new PageToken
            {
                Query = query,
                Epoch = identity.Epoch,
                Now = now,
                Sequence = token?.Sequence ?? sequence,
                Positions = token?.Positions ?? new(StringComparer.Ordinal),
            }),
            caller);
    }

    private ListActionsResponse Page(RegistrySession session, ListActionsRequest request, string? customer, int size, PageToken token)
    {
        var response = new ListActionsResponse { RegistrySequence = token.Sequence };
        var before = token.Positions.GetValueOrDefault("registry")?.Id;
        for (var read = 0; ;)
        {
            var rows = session.Actions(customer, before, Step);
            foreach (var row in rows)
            {
                var record = ActionContent.At(row, Moments.ToMoment(token.Now));
                var matches = request.States.Count == 0 || request.States.Contains(record.State);
                if ((matches && response.Actions.Count == size) || read++ == MostRead)
                {
                    token.Positions["registry"] = new PageToken.Position { Id = before! };
                    response.NextPageToken = token.Encode(identity.SigningKey);
                    return response;
                }

                if (matches)
                {
                    response.Actions.Add(record);
                }

                before = row.Id;
            }

            if (rows.Count < Step)
            {
                return response;
            }
        }
    }
}
