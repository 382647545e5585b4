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

    /// <summary>All that an agreement gives away, each effect once for each of its subjects; null if it cannot be told.</summary>
    private static decimal? AmountOf(Agreement agreement)
    {
        decimal sum = 0;
        string? currency = null;
        foreach (var effect in agreement.Effects)
        {
            foreach (var subject in effect.Subjects)
            {
                var money = effect.KindCase switch
                {
                    Effect.KindOneofCase.CreditInvoice => subject.Amount,
                    Effect.KindOneofCase.CreditAmount => effect.CreditAmount.Amount,
                    Effect.KindOneofCase.WaiveFee => effect.WaiveFee.Amount,
                    Effect.KindOneofCase.Refund => effect.Refund.Amount,
                    _ => new Google.Type.Money { CurrencyCode = currency ?? "" },
                };
                if (money is null || (currency is not null && money.CurrencyCode != currency))
                {
                    return null;
                }

                currency = money.CurrencyCode.Length > 0 ? money.CurrencyCode : currency;
                sum += money.ToDecimal();
            }
        }

        return sum;
    }
}
