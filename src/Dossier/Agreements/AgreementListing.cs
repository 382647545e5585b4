using Dossier.Registry;
using Dossier.V1;

namespace Dossier.Agreements;

/// <summary>Agreements as they are: one, and those of one customer page by page; or of all customers.</summary>
public sealed class AgreementListing(RegistryDatabase registry, RegistryIdentity identity, TimeProvider clock)
{
    // A filter that matches little reads on within one snapshot, in steps of this many, and gives a token when it has read enough for one call.
    private const int Step = 200;
    private const int MostRead = 2_000;

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
        var filter = AgreementFilter.Of(request, violations);
        var size = Requests.PageSize(request.PageSize, violations);
        Requests.Sequence(request.MinRegistrySequence, violations);
        var query = filter.Query;
        var token = PageToken.Decode(request.PageToken, query, identity.Epoch, identity.SigningKey, violations);
        violations.Throw();
        var now = token is null ? clock.GetUtcNow().ToMicros() : token.Now;

        // Not older than the page before: a replica that is behind would leave out what stands between the two.
        return await registry.ReadSinceAsync(
            Math.Max(request.MinRegistrySequence, token?.Sequence ?? 0),
            (session, sequence) => Page(session, filter, size, new PageToken
            {
                Query = query,
                Epoch = identity.Epoch,
                Now = now,
                Sequence = token?.Sequence ?? sequence,
                Positions = token?.Positions ?? new(StringComparer.Ordinal),
            }),
            caller);
    }

    private ListAgreementsResponse Page(RegistrySession session, AgreementFilter filter, int size, PageToken token)
    {
        var response = new ListAgreementsResponse { RegistrySequence = token.Sequence, AsOf = Moments.FromMicros(token.Now) };
        var before = token.Positions.GetValueOrDefault("registry")?.Id;
        var now = Moments.ToMoment(token.Now);
        var known = filter.Customer is { } customer ? session.AcknowledgementsOf(customer).ToLookup(row => row.Id, StringComparer.Ordinal) : null;
        for (var read = 0; ;)
        {
            var rows = Rows(session, filter, before).ToList();
            foreach (var row in rows)
            {
                var agreement = AgreementRules.At(Joined(session, row, known), now);
                var matches = (filter.Customer is null || row.Customer == filter.Customer) && filter.Matches(agreement);
                if ((matches && response.Agreements.Count == size) || read++ == MostRead)
                {
                    token.Positions["registry"] = new PageToken.Position { Id = before! };
                    response.NextPageToken = token.Encode(identity.SigningKey);
                    return response;
                }

                if (matches)
                {
                    response.Agreements.Add(agreement);
                }

                before = row.Id;
            }

            if (rows.Count < Step)
            {
                return response;
            }
        }
    }

    private static IEnumerable<AgreementRow> Rows(RegistrySession session, AgreementFilter filter, string? before) =>
        filter.Subject is { } subject ? session.AgreementsAbout((long)subject.Type, subject.Id, before, Step)
        : filter.Customer is { } customer ? session.AgreementsOf(customer, before, Step)
        : session.AllAgreements(before, filter.StartTime, filter.EndTime, Step);

    private static Agreement Joined(RegistrySession session, AgreementRow row, ILookup<string, AcknowledgementRow>? known)
    {
        if (known is not null)
        {
            return AgreementContent.Join(row, known[row.Id]);
        }

        var agreement = AgreementContent.Join(row, []);
        return AgreementContent.Join(row, session.Acknowledgements(row.Customer, row.Id, agreement.BindingRevision));
    }
}
