using System.Security.Cryptography;
using System.Text;
using Dossier.Registry;
using Dossier.V1;

namespace Dossier.Agreements;

/// <summary>Facts that contradict each other, found by pure functions, with evidence from both sides.</summary>
public static class Conflicts
{
    private const string BillingSystem = "administration";

    public static IReadOnlyList<Conflict> Find(
        string customer,
        IReadOnlyList<Agreement> agreements,
        IReadOnlyList<Invoice> invoices,
        IReadOnlyList<DunningNotice> notices,
        DateTimeOffset now,
        TimeZoneInfo zone)
    {
        var found = new List<Conflict>();
        var credited = invoices.Where(invoice => invoice.Type == Invoice.Types.Type.CreditNote && invoice.Corrects.Length > 0)
            .Select(invoice => invoice.Corrects)
            .ToHashSet(StringComparer.Ordinal);
        found.AddRange(BillsAgainstAgreements(customer, agreements, invoices, credited, now, zone));
        found.AddRange(ActionsAfterAgreements(customer, agreements, invoices, notices, zone));
        found.AddRange(DuplicateCharges(customer, invoices, credited));
        return [.. found.GroupBy(conflict => conflict.Name, StringComparer.Ordinal).Select(Joined)];
    }

    /// <summary>What several agreements or effects show is one conflict, with the evidence of all.</summary>
    private static Conflict Joined(IEnumerable<Conflict> same)
    {
        var one = same.First().Clone();
        one.Evidence.Clear();
        one.Evidence.AddRange(same.SelectMany(conflict => conflict.Evidence).Distinct());
        return one;
    }

    /// <summary>A credited invoice still stands: closes on a credit note that names it, not on an open amount of 0.</summary>
    private static IEnumerable<Conflict> BillsAgainstAgreements(
        string customer, IEnumerable<Agreement> agreements, IReadOnlyList<Invoice> invoices, HashSet<string> credited, DateTimeOffset now, TimeZoneInfo zone)
    {
        foreach (var agreement in agreements.Where(agreement => AgreementRules.Binds(agreement, now, zone)))
        {
            foreach (var number in CreditedInvoices(agreement))
            {
                if (credited.Contains(number) || invoices.FirstOrDefault(candidate => candidate.Number == number) is not { } invoice)
                {
                    continue;
                }

                yield return Make(
                    customer,
                    Conflict.Types.Kind.BillContradictsAgreement,
                    BillingSystem,
                    [new SubjectRef { Type = SubjectType.Invoice, Id = number }],
                    [
                        new ConflictEvidence { Source = ResourceNames.Registry, Resource = agreement.Name, Text = $"Agreed that nothing is owed of invoice {number}." },
                        new ConflictEvidence { Source = invoice.Source, Resource = number, Text = $"Invoice of {Text(invoice.Total)} stands without a credit note; {Text(invoice.OpenAmount)} open." },
                    ]);
            }
        }
    }

    /// <summary>A notice issued on a day after the one on which the agreement took effect, as long as it binds or was fulfilled.</summary>
    private static IEnumerable<Conflict> ActionsAfterAgreements(
        string customer, IEnumerable<Agreement> agreements, IReadOnlyList<Invoice> invoices, IReadOnlyList<DunningNotice> notices, TimeZoneInfo zone)
    {
        foreach (var agreement in agreements.Where(agreement => agreement.State is AgreementState.Active or AgreementState.Fulfilled or AgreementState.Expired))
        {
            foreach (var effect in agreement.Effects)
            {
                foreach (var notice in notices)
                {
                    var issued = notice.IssueDate.ToDateOnly();
                    var agreed = Days.DayOf(agreement.EffectiveTime.ToDateTimeOffset(), zone);
                    if (issued is not { } day || day <= agreed || !Forbids(effect, day) || !Covers(effect, notice, invoices))
                    {
                        continue;
                    }

                    yield return Make(
                        customer,
                        Conflict.Types.Kind.ActionAfterAgreement,
                        BillingSystem,
                        [.. notice.Invoices.Select(number => new SubjectRef { Type = SubjectType.Invoice, Id = number })],
                        [
                            new ConflictEvidence { Source = ResourceNames.Registry, Resource = agreement.Name, Text = $"Agreed on {agreed.Text()}." },
                            new ConflictEvidence { Source = notice.Source, Resource = notice.Id, Text = $"{notice.Stage.Word()} issued on {day.Text()}." },
                        ],
                        notice.Id);
                }
            }
        }
    }

    /// <summary>No dunning notice may go out on the day: as the decision table says.</summary>
    private static bool Forbids(Effect effect, DateOnly day) => AgreementRules.KindOf(effect) switch
    {
        EffectKind.CreditInvoice => true,
        EffectKind.DunningBlock or EffectKind.DeferPayment => AgreementRules.UntilOf(effect).ToDateOnly() is not { } until || day <= until,
        EffectKind.InstalmentPlan => effect.InstalmentPlan.Instalments.Select(instalment => instalment.DueDate.ToDateOnly()).Min() is { } due && day <= due,
        _ => false,
    };

    private static bool Covers(Effect effect, DunningNotice notice, IReadOnlyList<Invoice> invoices) => effect.Subjects.Any(subject => subject.Type switch
    {
        SubjectType.Customer => true,
        SubjectType.BillingAccount => invoices.Any(invoice => invoice.BillingAccount == subject.Id && notice.Invoices.Contains(invoice.Number)),
        SubjectType.Invoice => notice.Invoices.Contains(subject.Id),
        _ => false,
    });

    /// <summary>The same connection, the same recurring charge (by its text or its amount), overlapping periods, more than one line that is not credited.</summary>
    private static IEnumerable<Conflict> DuplicateCharges(string customer, IReadOnlyList<Invoice> invoices, HashSet<string> credited)
    {
        var lines = invoices
            .Where(invoice => invoice.Type == Invoice.Types.Type.Invoice && !credited.Contains(invoice.Number))
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
                    customer,
                    Conflict.Types.Kind.DuplicateCharge,
                    BillingSystem,
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

    private static IEnumerable<string> CreditedInvoices(Agreement agreement) => agreement.Effects
        .Where(effect => effect.KindCase == Effect.KindOneofCase.CreditInvoice)
        .SelectMany(effect => effect.Subjects)
        .Where(subject => subject.Type == SubjectType.Invoice)
        .Select(subject => subject.Id);

    private static Conflict Make(
        string customer, Conflict.Types.Kind kind, string owner, IReadOnlyList<SubjectRef> subjects, IReadOnlyList<ConflictEvidence> evidence, string also = "")
    {
        var identity = $"{kind}|{string.Join('|', subjects.Select(subject => $"{(int)subject.Type}:{subject.Id}").Order(StringComparer.Ordinal))}|{also}";
        return new Conflict
        {
            Name = ResourceNames.Conflict(customer, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(identity)).AsSpan(0, 12))),
            Kind = kind,
            Owner = ResourceNames.System(owner),
            Subjects = { subjects },
            Evidence = { evidence },
        };
    }

    private static string Text(Google.Type.Money? money) =>
        money is null ? "an unknown amount" : string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{money.CurrencyCode} {money.ToDecimal():0.00}");
}
