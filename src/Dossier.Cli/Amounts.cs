using System.Text.RegularExpressions;

namespace Dossier.Cli;

/// <summary>Money as it is typed (27.50) and printed (EUR 27.50).</summary>
internal static partial class Amounts
{
    private const decimal Nano = 1_000_000_000m;

    /// <summary>Reads an amount in euros. A comma is an error: 1,000 is a thousand to some and one to others.</summary>
    public static Money Parse(string text, string option)
    {
        if (text.Contains(',', StringComparison.Ordinal))
        {
            throw CommandException.Usage($"{option} {text}: write the amount with a decimal point and without thousands separators, as 27.50");
        }
        if (!Written().IsMatch(text))
        {
            throw CommandException.Usage($"{option} {text}: write the amount as 27.50, in euros, at most two decimals");
        }
        var value = decimal.Parse(text);
        if (value <= 0)
        {
            throw CommandException.Usage($"{option} {text}: an amount is above zero");
        }
        return Of(value);
    }

    public static Money Of(decimal value, string currency = "EUR")
    {
        var units = decimal.Truncate(value);
        return new Money { CurrencyCode = currency, Units = (long)units, Nanos = (int)((value - units) * Nano) };
    }

    public static decimal Value(Money amount) => amount.Units + (amount.Nanos / Nano);

    /// <summary>EUR 27.50; a dash where there is none.</summary>
    public static string Text(Money? amount) =>
        amount is null ? "–" : $"{amount.CurrencyCode} {Value(amount):0.00#######}".TrimStart();

    /// <summary>27.50, as it is typed.</summary>
    public static string Typed(Money amount) => $"{Value(amount):0.00#######}";

    [GeneratedRegex(@"^-?[0-9]{1,12}(\.[0-9]{1,2})?$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Written();
}
