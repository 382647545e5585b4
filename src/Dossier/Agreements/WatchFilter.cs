using System.Collections.Frozen;
using Dossier.Registry;
using Dossier.V1;
using Google.Protobuf.Collections;

namespace Dossier.Agreements;

/// <summary>Which changes of agreements a watch wants, by what their rows recorded when they were written. Pure.</summary>
public sealed class WatchFilter
{
    private static readonly FrozenDictionary<ChangeKind, AgreementChange.Types.Kind> Kinds = new Dictionary<ChangeKind, AgreementChange.Types.Kind>
    {
        [ChangeKind.AgreementCreated] = AgreementChange.Types.Kind.Created,
        [ChangeKind.AgreementApproved] = AgreementChange.Types.Kind.Approved,
        [ChangeKind.AgreementRejected] = AgreementChange.Types.Kind.Rejected,
        [ChangeKind.AgreementWithdrawn] = AgreementChange.Types.Kind.Withdrawn,
        [ChangeKind.AgreementSuperseded] = AgreementChange.Types.Kind.Superseded,
        [ChangeKind.AgreementFulfilled] = AgreementChange.Types.Kind.Fulfilled,
        [ChangeKind.AgreementUpdated] = AgreementChange.Types.Kind.Updated,
        [ChangeKind.SubjectsVerified] = AgreementChange.Types.Kind.Updated,
        [ChangeKind.AgreementAcknowledged] = AgreementChange.Types.Kind.Acknowledged,
    }.ToFrozenDictionary();

    private readonly string? only;
    private readonly string[] effects;
    private readonly string[] obliged;
    private readonly string[] origins;

    private WatchFilter(string? customer, string[] effects, string[] obliged, string[] origins) =>
        (only, this.effects, this.obliged, this.origins) = (customer, effects, obliged, origins);

    /// <summary>By what a resume token knows its watch again: the same filters in another order are the same watch.</summary>
    public string Watched => $"agreements|{only ?? "-"}|{string.Join(',', effects)}|{string.Join(',', obliged)}|{string.Join(',', origins)}";

    public static WatchFilter Of(WatchAgreementsRequest request, Violations violations)
    {
        var customer = request.Parent == AgreementFilter.EveryCustomer ? null : Requests.Customer(request.Parent, "parent", violations);
        Requests.Known(request.EffectKinds, "effect_kinds", "an effect", violations);
        return new WatchFilter(
            customer,
            [.. request.EffectKinds.Distinct().Select(kind => kind.Word()).Order(StringComparer.Ordinal)],
            Systems(request.ObligedSystems, "obliged_systems", violations),
            Systems(request.OriginSystems, "origin_systems", violations));
    }

    public bool Matches(ChangeRow change) =>
        Kinds.ContainsKey((ChangeKind)change.Kind)
        && (only is null || change.Customer == only)
        && (effects.Length == 0 || Any(change.EffectKinds, effects))
        && (obliged.Length == 0 || Any(change.ObligedSystems, obliged))
        && (origins.Length == 0 || origins.Contains(change.OriginSystem, StringComparer.Ordinal));

    public static AgreementChange ToMessage(ChangeRow change) => new()
    {
        Agreement = change.Resource,
        Kind = Kinds[(ChangeKind)change.Kind],
        Revision = change.Revision,
        BindingRevision = change.BindingRevision,
        Sequence = change.Sequence,
        ChangeTime = Moments.FromMicros(change.ChangeTime.Micros),
        System = change.System.Length > 0 ? ResourceNames.System(change.System) : "",
    };

    private static bool Any(string recorded, string[] wanted) => recorded.Split(' ').Intersect(wanted, StringComparer.Ordinal).Any();

    private static string[] Systems(RepeatedField<string> names, string field, Violations violations)
    {
        Requests.Systems(names, field, violations);
        return [.. names.Select(name => ResourceNames.TrySystem(name, out var system) ? system : "").Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
    }
}
