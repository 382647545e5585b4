using System.Globalization;

namespace Dossier.Cli.Nightly;

/// <summary>How many letters without a verdict a run may end with: a number (25) or a part of all letters (0.5%).</summary>
internal readonly record struct MaxUnknown(decimal Number, bool IsPercent)
{
    public static MaxUnknown Parse(string text)
    {
        var percent = text.EndsWith('%');
        var number = percent ? text[..^1] : text;
        return decimal.TryParse(number, percent ? NumberStyles.AllowDecimalPoint : NumberStyles.None, CultureInfo.InvariantCulture, out var value)
            && (!percent || value <= 100)
            ? new MaxUnknown(value, percent)
            : throw CommandException.Usage($"--max-unknown {text}: write it as a number, 25, or a part of all letters, 0.5%");
    }

    public bool IsExceededBy(int unknown, int letters) => IsPercent ? unknown * 100m > Number * letters : unknown > Number;
}
