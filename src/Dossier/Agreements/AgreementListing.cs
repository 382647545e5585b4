using System.Security.Cryptography;
using System.Text;
using Dossier.Registry;
using Dossier.V1;
using Google.Protobuf.WellKnownTypes;

namespace Dossier.Agreements;

/// <summary>Agreements as they are: one, and those of one customer page by page.</summary>
public sealed class AgreementListing(RegistryDatabase registry, RegistryIdentity identity, TimeProvider clock)
{
    // A state filter that matches little reads on within one snapshot, in steps of this many.
    private const int Step = 200;

    public async Task<GetAgreementResponse> GetAsync(GetAgreementRequest request, CancellationToken caller)
    {
        var violations = new Violations();
        if (!ResourceNames.TryAgreement(request.Name, out var customer, out var id))
        {
            violations.Add("name", "must be customers/{customer}/agreements/{agreement} with {agreement} a UUID in lower case");
        }

        Requests.Sequence(request.MinRegistrySequence, violations);
        violations.Throw();
        return await registry.ReadSinceAsync(
            request.MinRegistrySequence,
            (session, sequence) =>
            {
                var row = session.Agreement(customer, id) ?? throw Refusal.ResourceNotFound(request.Name);
                var binding = AgreementContent.Join(row, []).BindingRevision;
                return new GetAgreementResponse
                {
                    Agreement = AgreementRules.At(AgreementContent.Join(row, session.Acknowledgements(customer, id, binding)), clock.GetUtcNow()),
                    RegistrySequence = sequence,
                };
            },
            caller);
    }

    public async Task<ListAgreementsResponse> ListAsync(ListAgreementsRequest request, CancellationToken caller)
    {
        var violations = new Violations();
        var customer = Requests.Customer(request.Parent, "parent", violations);
        var size = Requests.PageSize(request.PageSize, violations);
        Requests.Sequence(request.MinRegistrySequence, violations);
        for (var index = 0; index < request.States.Count; index++)
        {
            if (request.States[index] == AgreementState.Unspecified || !System.Enum.IsDefined(request.States[index]))
            {
                violations.Add($"states[{index}]", "is not a state");
            }
        }

        var states = request.States.ToHashSet();
        var query = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"agreements|{customer}|{string.Join(',', states.Order())}")).AsSpan(0, 12));
        var token = PageToken.Decode(request.PageToken, query, identity.Epoch, identity.SigningKey, violations);
        violations.Throw();
        var now = token is null ? clock.GetUtcNow().ToMicros() : token.Now;

        // Not older than the page before: a replica that is behind would leave out what stands between the two.
        return await registry.ReadSinceAsync(
            Math.Max(request.MinRegistrySequence, token?.Sequence ?? 0),
            (session, sequence) => Page(session, customer, size, states, new PageToken
            {
                Query = query,
                Epoch = identity.Epoch,
                Now = now,
                Sequence = token?.Sequence ?? sequence,
                Positions = token?.Positions ?? new(StringComparer.Ordinal),
            }),
            caller);
    }

    private ListAgreementsResponse Page(RegistrySession session, string customer, int size, HashSet<AgreementState> states, PageToken token)
    {
        var acknowledgements = session.AcknowledgementsOf(customer).ToLookup(row => row.Id, StringComparer.Ordinal);
        var response = new ListAgreementsResponse { RegistrySequence = token.Sequence, AsOf = Moments.FromMicros(token.Now) };
        var before = token.Positions.GetValueOrDefault("registry")?.Id;
        var now = Moments.ToMoment(token.Now);
        while (true)
        {
            var rows = session.AgreementsOf(customer, before, Step).ToList();
            foreach (var row in rows)
            {
                var agreement = AgreementRules.At(AgreementContent.Join(row, acknowledgements[row.Id]), now);
                if (states.Count > 0 && !states.Contains(agreement.State))
                {
                    before = row.Id;
                    continue;
                }

                if (response.Agreements.Count == size)
                {
                    token.Positions["registry"] = new PageToken.Position { Id = before! };
                    response.NextPageToken = token.Encode(identity.SigningKey);
                    return response;
                }

                response.Agreements.Add(agreement);
                before = row.Id;
            }

            if (rows.Count < Step)
            {
                return response;
            }
        }
    }
}
