using Dossier.Registry;
using Dossier.V1;
using Google.Type;

namespace Dossier.Agreements;

/// <summary>What follows from an agreement and the clock. Pure.</summary>
public static class AgreementRules
{
    private static readonly EffectKind[] OneOff = [EffectKind.CreditInvoice, EffectKind.CreditAmount, EffectKind.WaiveFee, EffectKind.Refund];

    public static EffectKind KindOf(Effect effect) => effect.KindCase switch
    {
        Effect.KindOneofCase.CreditInvoice => EffectKind.CreditInvoice,
        Effect.KindOneofCase.CreditAmount => EffectKind.CreditAmount,
        Effect.KindOneofCase.WaiveFee => EffectKind.WaiveFee,
        Effect.KindOneofCase.DeferPayment => EffectKind.DeferPayment,
        Effect.KindOneofCase.DunningBlock => EffectKind.DunningBlock,
        Effect.KindOneofCase.InstalmentPlan => EffectKind.InstalmentPlan,
        Effect.KindOneofCase.Refund => EffectKind.Refund,
        Effect.KindOneofCase.SuspensionBlock => EffectKind.SuspensionBlock,
        Effect.KindOneofCase.ContactStop => EffectKind.ContactStop,
        Effect.KindOneofCase.Remark => EffectKind.Remark,
        _ => EffectKind.Unspecified,
    };

    public static bool IsOneOff(EffectKind kind) => OneOff.Contains(kind);

    /// <summary>The last day of an effect; null if it has no end.</summary>
    public static Date? UntilOf(Effect effect) => effect.KindCase switch
    {
        Effect.KindOneofCase.DeferPayment => effect.DeferPayment.Until,
        Effect.KindOneofCase.DunningBlock => effect.DunningBlock.Until,
        Effect.KindOneofCase.ContactStop => effect.ContactStop.Until,
        Effect.KindOneofCase.SuspensionBlock => effect.SuspensionBlock.Until,
        _ => null,
    };

    /// <summary>An effect is in force while effective_time &lt;= t &lt; the end of its `until` day.</summary>
    public static bool InForce(Agreement agreement, Effect effect, DateTimeOffset t, TimeZoneInfo zone) =>
        (agreement.EffectiveTime is null || agreement.EffectiveTime.ToDateTimeOffset() <= t)
        && (Days.EndOf(UntilOf(effect), zone) is not { } end || t < end);

    /// <summary>The moment after the last `until`; null if one effect has no end.</summary>
    public static DateTimeOffset? ExpireTime(Agreement agreement, TimeZoneInfo zone)
    {
        DateTimeOffset? latest = null;
        foreach (var effect in agreement.Effects)
        {
            if (Days.EndOf(UntilOf(effect), zone) is not { } end)
            {
                return null;
            }

            latest = latest is { } known && known > end ? known : end;
        }

        return latest;
    }

    /// <summary>The state at a moment: EXPIRED follows from the clock and is never stored.</summary>
    public static AgreementState StateAt(Agreement agreement, DateTimeOffset now) =>
        agreement.State is AgreementState.Active or AgreementState.Proposed
        && agreement.ExpireTime is { } end && end.ToDateTimeOffset() <= now
            ? AgreementState.Expired
            : agreement.State;

    public static SyncState SyncAt(IEnumerable<Acknowledgement> acknowledgements, DateTimeOffset now)
    {
        var sync = SyncState.InSync;
        foreach (var said in acknowledgements)
        {
            switch (said.Outcome)
            {
                case Acknowledgement.Types.Outcome.Rejected:
                    return SyncState.Diverged;
                case Acknowledgement.Types.Outcome.Applied or Acknowledgement.Types.Outcome.NotApplicable:
                    break;
                default:
                    sync = said.DueTime.ToDateTimeOffset() <= now ? SyncState.Overdue
                        : sync == SyncState.Overdue ? SyncState.Overdue
                        : SyncState.Pending;
                    break;
            }
        }

        return sync;
    }

    /// <summary>The agreement as it is at a moment.</summary>
    public static Agreement At(Agreement stored, DateTimeOffset now)
    {
        stored.State = StateAt(stored, now);
        stored.SyncState = SyncAt(stored.Acknowledgements, now);
        return stored;
    }

    /// <summary>Still matters to whoever talks with the customer: binds, may bind, or ended in the last 90 days.</summary>
    public static bool IsLive(Agreement agreement, DateTimeOffset now) =>
        agreement.State is AgreementState.Active or AgreementState.Proposed
        || (agreement.State == AgreementState.Expired ? agreement.ExpireTime : agreement.UpdateTime).ToDateTimeOffset() > now.AddDays(-90);

    /// <summary>Binds somebody at a moment: ACTIVE with an effect in force that is not a remark, or a credit that was fulfilled.</summary>
    public static bool Binds(Agreement agreement, DateTimeOffset now, TimeZoneInfo zone) => agreement.State switch
    {
        AgreementState.Active => agreement.Effects.Any(effect => effect.KindCase != Effect.KindOneofCase.Remark && InForce(agreement, effect, now, zone)),
        AgreementState.Fulfilled => agreement.Effects.Any(effect => effect.KindCase == Effect.KindOneofCase.CreditInvoice),
        _ => false,
    };

    /// <summary>The systems that must acknowledge an agreement by configuration, with the time that each has.</summary>
    public static IReadOnlyList<(string System, TimeSpan Within)> Obliged(Agreement agreement, IReadOnlyDictionary<string, SystemOptions> systems)
    {
        var kinds = agreement.Effects.Select(KindOf).ToHashSet();
        return [.. systems
            .Where(system => system.Value.MustAcknowledge.Any(word =>
                word == "*" ? kinds.Any(kind => kind != EffectKind.Remark) : kinds.Any(kind => kind.Word() == word)))
            .OrderBy(system => system.Key, StringComparer.Ordinal)
            .Select(system => (system.Key, system.Value.Within))];
    }
}
