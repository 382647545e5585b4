using Dossier.V1;

namespace Dossier.Agreements;

/// <content>What was charged more than once.</content>
public static partial class Conflicts
{
    /// <summary>The same connection, the same recurring charge (by its text or its amount), overlapping periods, more than one line that is not credited.</summary>
    private static IEnumerable<Conflict> DuplicateCharges(Facts facts)
    {
        var lines = facts.Invoices
            .Where(invoice => invoice.Type == Invoice.Types.Type.Invoice && !facts.Credited.Contains(invoice.Number))
            .SelectMany(invoice => invoice.Lines.Where(line => line.Recurring && line.Product.Length > 0).Select(line => (Invoice: invoice, Line: line)))
            .OrderBy(charge => Days.Number(charge.Invoice.InvoiceDate))
            .ThenBy(charge => charge.Invoice.Number, StringComparer.Ordinal)
            .ToList();
        for (var first = 0; first < lines.Count; first++)
        {
            for (var second = first + 1; second < lines.Count; second++)
            {
                var (one, other) = (lines[first], lines[second]);
                if (one.Line.Product != other.Line.Product || !Overlap(one.Line, other.Line)
                    || !SameCharge(one.Line, other.Line, oneInvoice: one.Invoice.Number == other.Invoice.Number))
                {
                    continue;
                }

                yield return Make(
                    facts.Customer,
                    Conflict.Types.Kind.DuplicateCharge,
                    facts.OwnerOf(other.Invoice.Source),
                    [
                        new SubjectRef { Type = SubjectType.InvoiceLine, Id = one.Line.Id },
                        new SubjectRef { Type = SubjectType.InvoiceLine, Id = other.Line.Id },
                    ],
                    [Charge(one.Invoice, one.Line), Charge(other.Invoice, other.Line)]);
            }
        }
    }

    private static ConflictEvidence Charge(Invoice invoice, InvoiceLine line) => new()
    {
        Source = invoice.Source,
        Resource = invoice.Number,
        Text = $"Charges {Text(line.Amount)} for {line.Product}, {line.PeriodStart.ToDateOnly()?.Text()} to {line.PeriodEnd.ToDateOnly()?.Text()}.",
    };

    /// <summary>By its text or its amount; on one invoice two charges may have the same amount, so there it takes the text.</summary>
    private static bool SameCharge(InvoiceLine one, InvoiceLine other, bool oneInvoice)
    {
        var sameText = one.Description == other.Description;
        var sameAmount = Equals(one.Amount, other.Amount);
        return oneInvoice ? sameText && (sameAmount || one.Description.Length > 0) : sameText || sameAmount;
    }

    private static bool Overlap(InvoiceLine one, InvoiceLine other) =>
        one.PeriodStart is not null && one.PeriodEnd is not null && other.PeriodStart is not null && other.PeriodEnd is not null
        && Days.Number(one.PeriodStart) <= Days.Number(other.PeriodEnd) && Days.Number(other.PeriodStart) <= Days.Number(one.PeriodEnd);
}
