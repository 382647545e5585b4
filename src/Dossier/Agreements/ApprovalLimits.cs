using System.Globalization;
using Dossier.V1;

namespace Dossier.Agreements;

/// <summary>What a system may grant by itself. Pure.</summary>
public static class ApprovalLimits
{
    /// <summary>What of an agreement goes beyond what its system may grant, in words for people; empty if nothing does.</summary>
    /// <param name="agreement">Its subjects have been looked up: their amounts count.</param>
    /// <param name="system">The system that makes it.</param>
    public static IReadOnlyList<string> Exceeded(Agreement agreement, SystemOptions system)
    {
        var exceeded = new List<string>();
        foreach (var kind in agreement.Effects.Select(AgreementRules.KindOf).Distinct())
        {
            if (system.NeedsApproval.Exists(word => word == kind.Word() || (word == "*" && kind != EffectKind.Remark)))
            {
                exceeded.Add($"{kind.Word()} needs approval");
            }
        }

        if (system.ApprovalLimit is { } limit)
        {
            if (AmountOf(agreement) is not { } amount)
            {
                exceeded.Add("an amount is not known or the currencies differ, and there is a limit");
            }
            else if (amount > limit)
            {
                exceeded.Add(string.Create(CultureInfo.InvariantCulture, $"{amount:0.00} is above the limit of {limit:0.00}"));
            }
        }

        return exceeded;
    }

    /// <summary>
    /// All that an agreement gives away: a credited invoice its own amount, any other amount once, however many subjects it is
    /// for. Null if it cannot be told.
    /// </summary>
    private static decimal? AmountOf(Agreement agreement)
    {
        var given = agreement.Effects.SelectMany(effect => effect.KindCase switch
        {
            Effect.KindOneofCase.CreditInvoice => effect.Subjects.Select(subject => subject.Amount),
            Effect.KindOneofCase.CreditAmount => [effect.CreditAmount.Amount],
            Effect.KindOneofCase.WaiveFee => [effect.WaiveFee.Amount],
            Effect.KindOneofCase.Refund => [effect.Refund.Amount],
            _ => Enumerable.Empty<Google.Type.Money>(),
        }).ToList();
        return given.TrueForAll(money => money is not null) && given.Select(money => money.CurrencyCode).Distinct(StringComparer.Ordinal).Count() <= 1
            ? given.Sum(money => money.ToDecimal())
            : null;
    }
}
