using System.Security.Cryptography;
using System.Text;
using Dossier.Registry;
using Dossier.V1;

namespace Dossier.Agreements;

/// <summary>Conflicts as they were seen, the newest first: of one customer, or of all.</summary>
public sealed class ConflictListing(RegistryDatabase registry, RegistryIdentity identity)
{
    // As for agreements: a filter that matches little reads on in steps, and gives a token when it has read enough for one call.
    private const int Step = 200;
    private const int MostRead = 2_000;
    private const string Position = "registry";

    public async Task<ListConflictsResponse> ListAsync(ListConflictsRequest request, CancellationToken caller)
    {
        var violations = new Violations();
        var customer = request.Parent == AgreementFilter.EveryCustomer ? null : Requests.Customer(request.Parent, "parent", violations);
        var size = Requests.PageSize(request.PageSize, violations);
        Requests.Known(request.Kinds, "kinds", "a kind", violations);
        if (!Enum.IsDefined(request.State))
        {
            violations.Add("state", "is not a state");
        }

        if (request.Owner.Length > 0 && !ResourceNames.TrySystem(request.Owner, out _))
        {
            violations.Add("owner", "must be systems/{system} with {system} 1-32 of [a-z0-9-]");
        }

        Requests.Sequence(request.MinRegistrySequence, violations);
        var text = $"conflicts|{request.Parent}|{string.Join(',', request.Kinds.Order())}|{request.State}|{request.Owner}";
        var query = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)).AsSpan(0, 12));
        var token = PageToken.Decode(request.PageToken, query, identity.Epoch, identity.SigningKey, violations);
        violations.Throw();
        return await registry.ReadSinceAsync(
            Math.Max(request.MinRegistrySequence, token?.Sequence ?? 0),
            (session, sequence) => Page(session, request, customer, size, new PageToken
            {
                Query = query,
                Epoch = identity.Epoch,
                Sequence = token?.Sequence ?? sequence,
                Positions = token?.Positions ?? new(StringComparer.Ordinal),
            }),
            caller);
    }

    private ListConflictsResponse Page(RegistrySession session, ListConflictsRequest request, string? customer, int size, PageToken token)
    {
        var response = new ListConflictsResponse { RegistrySequence = token.Sequence };
        var after = token.Positions.GetValueOrDefault(Position);
        for (var read = 0; ;)
        {
            var rows = Rows(session, request, customer, after);
            foreach (var row in rows)
            {
                var matches = Matches(row, request);
                if ((matches && response.Conflicts.Count == size) || read++ == MostRead)
                {
                    token.Positions[Position] = after!;
                    response.NextPageToken = token.Encode(identity.SigningKey);
                    return response;
                }

                if (matches)
                {
                    response.Conflicts.Add(row.ToMessage());
                }

                after = new PageToken.Position { Id = Key(row), Whole = row.FirstSeenTime.Micros };
            }

            if (customer is not null || rows.Count < Step)
            {
                return response;
            }
        }
    }

    /// <summary>What comes after a place in the order; of one customer all of it, for there are few.</summary>
    private static IReadOnlyList<ConflictRow> Rows(RegistrySession session, ListConflictsRequest request, string? customer, PageToken.Position? after) => customer is null
        ? session.AllConflicts(request.State == Conflict.Types.State.Unspecified ? null : (int)request.State, after?.Whole, after?.Id ?? "", Step)
        : [.. session.ConflictsOf(customer).Where(row => after is null
            || row.FirstSeenTime.Micros < after.Whole
            || (row.FirstSeenTime.Micros == after.Whole && string.CompareOrdinal(Key(row), after.Id) > 0))];

    private static string Key(ConflictRow row) => $"{row.Customer} {row.Id}";

    private static bool Matches(ConflictRow row, ListConflictsRequest request) =>
        (request.Kinds.Count == 0 || request.Kinds.Contains((Conflict.Types.Kind)row.Kind))
        && (request.State == Conflict.Types.State.Unspecified || row.State == (long)request.State)
        && (request.Owner.Length == 0 || ResourceNames.System(row.Owner) == request.Owner);
}
