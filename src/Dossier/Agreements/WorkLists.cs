using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Dossier.Registry;
using Dossier.V1;
using Google.Protobuf.WellKnownTypes;

namespace Dossier.Agreements;

/// <summary>What systems owe, what they may do, and what an agreement was before.</summary>
public sealed class WorkLists(RegistryDatabase registry, RegistryIdentity identity, DossierOptions options, TimeProvider clock)
{
    private const string Registry = "registry";

    public async Task<ListPendingAcknowledgementsResponse> PendingAsync(ListPendingAcknowledgementsRequest request, CancellationToken caller)
    {
        var violations = new Violations();
        var obliged = System(request.System, "system", violations);
        var origin = System(request.OriginSystem, "origin_system", violations);
        var size = Requests.PageSize(request.PageSize, violations);
        var query = Query($"pending|{obliged}|{origin}|{request.OverdueOnly}");
        var token = PageToken.Decode(request.PageToken, query, identity.Epoch, identity.SigningKey, violations);
        violations.Throw();
        var now = token?.Now ?? clock.GetUtcNow().ToMicros();
        var after = token?.Positions[Registry];
        return await registry.ReadSinceAsync(
            token?.Sequence ?? 0,
            (session, sequence) =>
            {
                var rows = session.Pending(
                    obliged, origin, request.OverdueOnly ? now : null, after is null ? null : after.Whole!.Value, after?.Id ?? "", size + 1);
                var response = new ListPendingAcknowledgementsResponse { RegistrySequence = token?.Sequence ?? sequence };
                foreach (var row in rows.Take(size))
                {
                    var agreement = AgreementContent.Join(session.Agreement(row.Customer, row.Id)!, session.Acknowledgements(row.Customer, row.Id, row.BindingRevision));
                    response.Pending.Add(new PendingAcknowledgement
                    {
                        Agreement = AgreementRules.At(agreement, Moments.ToMoment(now)),
                        Acknowledgement = agreement.Acknowledgements.Single(said => said.System == ResourceNames.System(row.System)),
                        Overdue = row.DueTime.Micros <= now,
                    });
                }

                if (rows.Count > size)
                {
                    var last = rows[size - 1];
                    response.NextPageToken = Token(
                        query, now, response.RegistrySequence, new PageToken.Position { Id = $"{last.System} {last.Customer} {last.Id}", Whole = last.DueTime.Micros });
                }

                return response;
            },
            caller);
    }

    public async Task<ListAgreementRevisionsResponse> RevisionsAsync(ListAgreementRevisionsRequest request, CancellationToken caller)
    {
        var violations = new Violations();
        if (!ResourceNames.TryAgreement(request.Name, out var customer, out var id))
        {
            violations.Add("name", AgreementRevisions.NameRule);
        }

        var size = Requests.PageSize(request.PageSize, violations);
        var query = Query($"revisions|{request.Name}");
        var token = PageToken.Decode(request.PageToken, query, identity.Epoch, identity.SigningKey, violations);
        violations.Throw();
        var before = token?.Positions[Registry].Whole ?? long.MaxValue;
        return await registry.ReadSinceAsync(
            token?.Sequence ?? 0,
            (session, sequence) =>
            {
                var rows = session.Revisions(customer, id, before, size + 1);
                if (rows.Count == 0 && token is null)
                {
                    throw Refusal.ResourceNotFound(request.Name);
                }

                return new ListAgreementRevisionsResponse
                {
                    Revisions = { rows.Take(size).Select(Revision) },
                    NextPageToken = rows.Count <= size ? "" : Token(query, 0, sequence, new PageToken.Position { Id = "", Whole = rows[size - 1].Revision }),
                    RegistrySequence = sequence,
                };
            },
            caller);
    }

    public async Task<ListSystemsResponse> SystemsAsync(CancellationToken caller)
    {
        var now = clock.GetUtcNow().ToMicros();
        var (owed, sequence) = await registry.ReadSinceAsync(
            0, (session, sequence) => (session.Owed(now).ToDictionary(row => row.System, StringComparer.Ordinal), sequence), caller);
        return new ListSystemsResponse
        {
            Systems = { options.Systems.OrderBy(system => system.Key, StringComparer.Ordinal).Select(system => Info(system.Key, system.Value, owed.GetValueOrDefault(system.Key))) },
            RegistrySequence = sequence,
        };
    }

    private static AgreementRevision Revision(RevisionRow row)
    {
        var agreement = AgreementContent.Join(
            new AgreementRow { Customer = row.Customer, Id = row.Id, Content = row.Content, FreeText = row.FreeText }, []);
        return new AgreementRevision
        {
            Revision = row.Revision,
            Sequence = row.Sequence,
            System = row.System.Length > 0 ? ResourceNames.System(row.System) : "",
            Agent = row.Agent,
            ChangeTime = Moments.FromMicros(row.ChangeTime.Micros),
            Agreement = agreement,
        };
    }

    private static SystemInfo Info(string name, SystemOptions system, OwedRow? owed) => new()
    {
        Name = ResourceNames.System(name),
        MustAcknowledge = { Kinds(system.MustAcknowledge) },
        Within = Duration.FromTimeSpan(system.Within),
        NeedsApproval = { Kinds(system.NeedsApproval) },
        ApprovalLimit = system.ApprovalLimit?.ToString("0.00", CultureInfo.InvariantCulture) ?? "",
        PendingCount = owed?.Pending ?? 0,
        OverdueCount = owed?.Overdue ?? 0,
    };

    private static IEnumerable<EffectKind> Kinds(List<string> words) => global::System.Enum.GetValues<EffectKind>()
        .Where(kind => kind != EffectKind.Unspecified && (words.Contains(kind.Word()) || (words.Contains("*") && kind != EffectKind.Remark)));

    private string? System(string name, string field, Violations violations)
    {
        if (name.Length == 0)
        {
            return null;
        }

        var system = name.StartsWith("systems/", StringComparison.Ordinal) ? name["systems/".Length..] : "";
        if (!options.Systems.ContainsKey(system))
        {
            violations.Add(field, $"must be systems/{{system}} with one of {string.Join(", ", options.Systems.Keys.Order(StringComparer.Ordinal))}");
        }

        return system;
    }

    private string Token(string query, long now, long sequence, PageToken.Position position) => new PageToken
    {
        Query = query,
        Epoch = identity.Epoch,
        Now = now,
        Sequence = sequence,
        Positions = new(StringComparer.Ordinal) { [Registry] = position },
    }.Encode(identity.SigningKey);

    private static string Query(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)).AsSpan(0, 12));
}
