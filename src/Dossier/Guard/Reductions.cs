using Dossier.V1;
using Google.Type;

namespace Dossier.Guard;

/// <summary>
/// What is taken off the amount of one subject. Amounts on the same part add up, but no part is taken off for more than
/// it is worth, and what lies inside a part that is gone is gone with it. Fees come on top of what a part is worth.
/// </summary>
internal sealed class Reductions(Money? asked)
{
    private readonly Dictionary<(SubjectType Type, string Id), Part> parts = [];

    public bool Any => parts.Count > 0;

    /// <summary>Takes an agreed amount off.</summary>
    /// <returns>False if it cannot be counted: no amount was asked, or another currency.</returns>
    public bool Take(Subject covered, Money amount, bool fee)
    {
        if (asked is null || asked.CurrencyCode != amount.CurrencyCode)
        {
            return false;
        }

        var part = PartOf(covered);
        if (fee)
        {
            part.Fees += amount.ToDecimal();
        }
        else
        {
            part.Taken += amount.ToDecimal();
        }

        return true;
    }

    /// <summary>Takes a whole part off.</summary>
    /// <returns>False if its amount is not known or not comparable.</returns>
    public bool TakeWhole(Subject covered)
    {
        if (WorthOf(covered) is not { } worth)
        {
            return false;
        }

        var part = PartOf(covered);
        part.Worth ??= worth;
        part.Whole = true;
        return true;
    }

    public decimal Left() => (asked?.ToDecimal() ?? 0) - parts.Values.Where(part => !LiesInWhole(part)).Sum(part => part.Off);

    private bool LiesInWhole(Part part) => part.Parents.Any(parent => parts.TryGetValue((parent.Type, parent.Id), out var wider) && wider.Whole);

    /// <summary>Null if it is not known or cannot be compared: a credit note that was agreed on as an invoice has a negative total.</summary>
    private decimal? WorthOf(Subject covered) =>
        covered.Amount?.ToDecimal() is { } worth and >= 0 && asked?.CurrencyCode == covered.Amount.CurrencyCode ? worth : null;

    private Part PartOf(Subject covered)
    {
        if (!parts.TryGetValue((covered.Type, covered.Id), out var part))
        {
            parts.Add((covered.Type, covered.Id), part = new Part(WorthOf(covered), [.. covered.Parents]));
        }

        return part;
    }

    private sealed class Part(decimal? worth, IReadOnlyList<SubjectRef> parents)
    {
        public decimal? Worth { get; set; } = worth;

        public IReadOnlyList<SubjectRef> Parents { get; } = parents;

        public decimal Taken { get; set; }

        public bool Whole { get; set; }

        public decimal Fees { get; set; }

        public decimal Off => Fees + (Whole ? Worth!.Value : Worth is { } most && Taken > most ? most : Taken);
    }
}
