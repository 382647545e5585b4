using Google.Type;

namespace Dossier;

/// <summary>Money to and from decimal. Pure.</summary>
public static class Amounts
{
    public static Money ToMoney(decimal amount, string currency)
    {
        var units = decimal.Truncate(amount);
        return new Money { CurrencyCode = currency, Units = (long)units, Nanos = (int)((amount - units) * 1_000_000_000m) };
    }

    public static decimal ToDecimal(this Money money) => money.Units + (money.Nanos / 1_000_000_000m);

    /// <summary>What is wrong with an amount; null if nothing is.</summary>
    public static string? Problem(Money? money, bool aboveZero)
    {
        if (money is null)
        {
            return "is required";
        }

        if (money.CurrencyCode.Length != 3 || !money.CurrencyCode.All(char.IsAsciiLetterUpper))
        {
            return "must have a currency_code of three capital letters (EUR)";
        }

        if (money.Nanos is < -999_999_999 or > 999_999_999 || (money.Units > 0 && money.Nanos < 0) || (money.Units < 0 && money.Nanos > 0))
        {
            return "must have nanos between -999999999 and 999999999 with the sign of units";
        }

        if (money.Nanos % 10_000_000 != 0)
        {
            return "must have at most two decimals";
        }

        var amount = money.ToDecimal();
        if (amount is < -1_000_000_000 or > 1_000_000_000)
        {
            return "must be at most 1000000000";
        }

        return aboveZero && amount <= 0 ? "must be above zero" : amount < 0 ? "must not be negative" : null;
    }
}
