using Google.Type;

namespace Dossier.V1;

/// <summary>Money to and from decimal, exactly: what does not fit is refused, never rounded.</summary>
public static class MoneyDecimals
{
    private const decimal Nano = 1_000_000_000m;
    private const int LargestNanos = 999_999_999;

    /// <summary>The amount, exactly.</summary>
    /// <exception cref="ArgumentException">Its nanos lie outside one unit or have another sign than its units.</exception>
    public static decimal ToDecimal(this Money money)
    {
        _ = money ?? throw new ArgumentNullException(nameof(money));
        return IsWhole(money)
            ? money.Units + (money.Nanos / Nano)
            : throw new ArgumentException($"{money.Units} units with {money.Nanos} nanos is no amount: nanos have the sign of units and are less than one unit.", nameof(money));
    }

    /// <summary>The amount, where it is one.</summary>
    /// <param name="money">May be null: the contract leaves an amount out where there is none.</param>
    /// <param name="amount">The amount; 0 if there is none.</param>
    public static bool TryToDecimal(this Money? money, out decimal amount)
    {
        var whole = money is not null && IsWhole(money);
        amount = whole ? money!.ToDecimal() : 0;
        return whole;
    }

    /// <summary>The amount as money. The contract itself takes two decimals at most.</summary>
    /// <param name="amount">With at most nine decimals; zeros at the end do not count.</param>
    /// <param name="currency">ISO 4217: three capital letters, for example EUR.</param>
    /// <exception cref="ArgumentException">The currency is not three capital letters.</exception>
    /// <exception cref="ArgumentOutOfRangeException">It has more than nine decimals, or more units than a 64-bit number holds.</exception>
    public static Money ToMoney(this decimal amount, string currency)
    {
        if (!IsCurrency(currency))
        {
            throw new ArgumentException($"'{currency}' is no currency: three capital letters, for example EUR.", nameof(currency));
        }

        var units = decimal.Truncate(amount);
        var nanos = (amount - units) * Nano;
        if (units is < long.MinValue or > long.MaxValue || nanos != decimal.Truncate(nanos))
        {
            throw new ArgumentOutOfRangeException(nameof(amount), amount, "An amount has at most nine decimals, and units of at most 64 bits.");
        }

        return new Money { CurrencyCode = currency, Units = (long)units, Nanos = (int)nanos };
    }

    /// <summary>Whether it is an amount of a currency, as the contract writes both.</summary>
    internal static bool IsAmount(Money? money) => money is not null && IsWhole(money) && IsCurrency(money.CurrencyCode);

    private static bool IsWhole(Money money) =>
        money.Nanos is >= -LargestNanos and <= LargestNanos && !(money.Units > 0 && money.Nanos < 0) && !(money.Units < 0 && money.Nanos > 0);

    private static bool IsCurrency(string? currency) => currency is { Length: 3 } && currency.All(letter => letter is >= 'A' and <= 'Z');
}
