using System.Security.Cryptography;
using System.Text;
using Dossier.V1;

namespace Dossier.Agreements;

/// <summary>Which agreements a listing wants. Pure.</summary>
public sealed class AgreementFilter
{
    /// <summary>In place of a customer: all of them.</summary>
    public const string EveryCustomer = "customers/-";

    private readonly ListAgreementsRequest request;

    private AgreementFilter(ListAgreementsRequest request, string? customer) => (this.request, Customer) = (request, customer);

    /// <summary>Null for all customers.</summary>
    public string? Customer { get; }

    public SubjectRef? Subject => request.Subject;

    public long? StartTime { get; private init; }

    public long? EndTime { get; private init; }

    /// <summary>By what a page token knows its listing again.</summary>
    public string Query
    {
        get
        {
            var text = $"agreements|{Customer ?? "-"}|{string.Join(',', request.States.Order())}|{string.Join(',', request.SyncStates.Order())}|"
                + $"{string.Join(',', request.EffectKinds.Order())}|{Subject?.Type} {Subject?.Id}|{string.Join(',', request.OriginSystems.Order(StringComparer.Ordinal))}|{StartTime}|{EndTime}";
            return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)).AsSpan(0, 12));
        }
    }

    public static AgreementFilter Of(ListAgreementsRequest request, Violations violations)
    {
        var customer = request.Parent == EveryCustomer ? null : Requests.Customer(request.Parent, "parent", violations);
        Requests.Known(request.States, "states", "a state", violations);
        Requests.Known(request.SyncStates, "sync_states", "a sync state", violations);
        Requests.Known(request.EffectKinds, "effect_kinds", "an effect", violations);
        if (request.Subject is { } subject)
        {
            AgreementCheck.SubjectIdentity(subject.Type, subject.Id, "subject", customer ?? "", violations);
        }

        Requests.Systems(request.OriginSystems, "origin_systems", violations);
        var start = Requests.Moment(request.StartTime, "start_time", violations);
        var end = Requests.Moment(request.EndTime, "end_time", violations);
        if (start >= end)
        {
            violations.Add("end_time", "must be after start_time");
        }

        return new AgreementFilter(request, customer) { StartTime = Registry.Moments.ToMicrosOrNull(start), EndTime = Registry.Moments.ToMicrosOrNull(end) };
    }

    /// <param name="agreement">As it is at the listing's moment.</param>
    public bool Matches(Agreement agreement) =>
        (request.States.Count == 0 || request.States.Contains(agreement.State))
        && (request.SyncStates.Count == 0 || request.SyncStates.Contains(agreement.SyncState))
        && (request.EffectKinds.Count == 0 || agreement.Effects.Any(effect => request.EffectKinds.Contains(AgreementRules.KindOf(effect))))
        && (Subject is null || agreement.Effects.Any(effect => effect.Subjects.Any(subject => subject.Type == Subject.Type && subject.Id == Subject.Id)))
        && (request.OriginSystems.Count == 0 || request.OriginSystems.Contains(agreement.Origin.System))
        && (StartTime is null || Registry.Moments.ToMicros(agreement.CreateTime) >= StartTime)
        && (EndTime is null || Registry.Moments.ToMicros(agreement.CreateTime) < EndTime);
}
