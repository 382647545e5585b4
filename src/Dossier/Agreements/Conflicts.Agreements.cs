using Dossier.V1;

namespace Dossier.Agreements;

/// <content>Agreements that exclude each other, and amounts that do not fit.</content>
public static partial class Conflicts
{
    /// <summary>Two binding agreements that exclude each other on the same subject; the later one's system must solve it.</summary>
    private static IEnumerable<Conflict> Contradictions(Facts facts)
    {
        // The later first: its maker is the owner, however many there are.
        var binding = facts.Agreements
            .Where(agreement => AgreementRules.Binds(agreement, facts.Now, facts.Zone))
            .OrderByDescending(agreement => agreement.CreateTime)
            .ThenByDescending(agreement => agreement.Name, StringComparer.Ordinal)
            .ToList();
        for (var later = 0; later < binding.Count; later++)
        {
            for (var earlier = later + 1; earlier < binding.Count; earlier++)
            {
                foreach (var conflict in Between(facts, binding[later], binding[earlier]))
                {
                    yield return conflict;
                }
            }
        }
    }

    /// <summary>What excludes one agreement, be it stored, proposed or only asked about: its own contradictions alone.</summary>
    public static IReadOnlyList<Conflict> Between(string customer, Agreement agreement, IReadOnlyList<Agreement> others, DateTimeOffset now, TimeZoneInfo zone)
    {
        var facts = new Facts { Customer = customer, Agreements = [agreement, .. others], Now = now, Zone = zone };
        return [.. Bounded(others.Where(other => AgreementRules.Binds(other, now, zone)).SelectMany(other => Between(facts, agreement, other)), null)
            .GroupBy(conflict => conflict.Name, StringComparer.Ordinal).Select(Joined)];
    }

    private static IEnumerable<Conflict> Between(Facts facts, Agreement later, Agreement earlier) =>
        from one in Holding(facts, later)
        from other in Holding(facts, earlier)
        from subject in one.Subjects
        where other.Subjects.Any(same => same.Type == subject.Type && same.Id == subject.Id)
            && (Exclude(facts, one, other, subject) || Exclude(facts, other, one, subject))
        select Make(
            facts.Customer,
            Conflict.Types.Kind.AgreementsContradict,
            NameOf(later.Origin.System),
            [new SubjectRef { Type = subject.Type, Id = subject.Id }],
            [Says(later, one, subject), Says(earlier, other, subject)]);

    private static IEnumerable<Effect> Holding(Facts facts, Agreement agreement) => agreement.Effects.Where(effect =>
        AgreementRules.InForce(agreement, effect, facts.Now, facts.Zone)
        && (agreement.State != AgreementState.Fulfilled || effect.KindCase == Effect.KindOneofCase.CreditInvoice));

    /// <summary>The table of what excludes what; the contract has it at KIND_AGREEMENTS_CONTRADICT.</summary>
    private static bool Exclude(Facts facts, Effect one, Effect other, Subject subject) => (one.KindCase, other.KindCase) switch
    {
        (Effect.KindOneofCase.CreditInvoice, Effect.KindOneofCase.CreditAmount or Effect.KindOneofCase.DeferPayment or Effect.KindOneofCase.InstalmentPlan) => true,

        // What was paid of an invoice that is credited must go back.
        (Effect.KindOneofCase.CreditInvoice, Effect.KindOneofCase.Refund) => !(subject.Type == SubjectType.Invoice && facts.Invoice(subject.Id)?.OpenAmount?.ToDecimal() <= 0),
        (Effect.KindOneofCase.DeferPayment, Effect.KindOneofCase.InstalmentPlan) => true,
        (Effect.KindOneofCase.DeferPayment, Effect.KindOneofCase.DeferPayment) => !Equals(one.DeferPayment, other.DeferPayment),
        (Effect.KindOneofCase.InstalmentPlan, Effect.KindOneofCase.InstalmentPlan) => !Equals(one.InstalmentPlan, other.InstalmentPlan),
        _ => false,
    };

    private static ConflictEvidence Says(Agreement agreement, Effect effect, Subject subject) => new()
    {
        Source = ResourceNames.Registry,
        Resource = agreement.Name,
        Text = $"Agreed {AgreementRules.KindOf(effect).Word()} on {subject.Type.Word()} {subject.Id}"
            + (AgreementRules.UntilOf(effect).ToDateOnly() is { } until ? $" until {until.Text()}." : "."),
    };

    /// <summary>Agreed amounts that do not fit the invoice. What is in another currency is not compared.</summary>
    private static IEnumerable<Conflict> Mismatches(Facts facts)
    {
        var agreed = (
            from agreement in facts.Agreements
            where AgreementRules.Binds(agreement, facts.Now, facts.Zone) || agreement.State == AgreementState.Fulfilled
            from effect in agreement.Effects
            from subject in effect.Subjects
            where subject.Type == SubjectType.Invoice
            group (Agreement: agreement, Effect: effect) by subject.Id).ToList();
        foreach (var invoice in facts.Invoices.Where(invoice => invoice.Type == Invoice.Types.Type.Invoice && invoice.Total is not null).DistinctBy(invoice => invoice.Number))
        {
            if (agreed.Find(one => one.Key == invoice.Number) is not { } about)
            {
                continue;
            }

            var problems = Credits(facts, invoice, [.. about])
                .Concat(Sum(invoice, about, Effect.KindOneofCase.Refund, effect => effect.Refund.Amount) is { } back && back > invoice.Total.ToDecimal()
                    ? [$"Refunds of {Text(back, invoice.Total.CurrencyCode)} were agreed."]
                    : [])
                .Concat(about.Where(one => one.Agreement.State == AgreementState.Active).Select(one => Instalments(facts, one.Effect)).OfType<string>())
                .ToList();
            if (problems.Count > 0)
            {
                yield return Make(
                    facts.Customer,
                    Conflict.Types.Kind.AmountMismatch,
                    facts.OwnerOf(invoice.Source),
                    [new SubjectRef { Type = SubjectType.Invoice, Id = invoice.Number }],
                    [
                        .. about.Select(one => one.Agreement.Name).Distinct(StringComparer.Ordinal)
                            .Select(name => new ConflictEvidence { Source = ResourceNames.Registry, Resource = name, Text = string.Join(" ", problems) }),
                        new ConflictEvidence { Source = invoice.Source, Resource = invoice.Number, Text = $"Invoice of {Text(invoice.Total)}." },
                    ]);
            }
        }
    }

    /// <summary>Credits beyond the invoice, and credit notes of another amount: of a whole invoice all that name it, of a part those since it was agreed.</summary>
    private static IEnumerable<string> Credits(Facts facts, Invoice invoice, List<(Agreement Agreement, Effect Effect)> about)
    {
        var (total, currency) = (invoice.Total.ToDecimal(), invoice.Total.CurrencyCode);
        var notes = facts.CreditNotes.Where(note => note.Corrects == invoice.Number && note.Total?.CurrencyCode == currency).ToList();
        if (about.Exists(one => one.Effect.KindCase == Effect.KindOneofCase.CreditInvoice))
        {
            var noted = -notes.Sum(note => note.Total.ToDecimal());
            if (notes.Count > 0 && noted != total)
            {
                yield return $"Credit notes of {Text(noted, currency)} instead of {Text(total, currency)}.";
            }

            yield break;
        }

        if (Sum(invoice, about, Effect.KindOneofCase.CreditAmount, effect => effect.CreditAmount.Amount) is not { } credit)
        {
            yield break;
        }

        if (credit > total)
        {
            yield return $"Credits of {Text(credit, currency)} were agreed.";
        }

        var first = about.Where(one => one.Effect.KindCase == Effect.KindOneofCase.CreditAmount)
            .Min(one => Days.DayOf(one.Agreement.EffectiveTime.ToDateTimeOffset(), facts.Zone));
        var since = notes.Where(note => note.InvoiceDate.ToDateOnly() >= first).ToList();
        if (since.Count > 0 && -since.Sum(note => note.Total.ToDecimal()) is var booked && booked != credit)
        {
            yield return $"Credit notes of {Text(booked, currency)} instead of {Text(credit, currency)}.";
        }
    }

    /// <summary>More than the invoices of the plan, or less than what is open of them: as instalments are paid both grow apart, never together.</summary>
    private static string? Instalments(Facts facts, Effect effect)
    {
        var invoices = effect.Subjects.Select(subject => subject.Type == SubjectType.Invoice ? facts.Invoice(subject.Id) : null).ToList();
        if (effect.InstalmentPlan is not { Instalments.Count: > 0 } plan || invoices.Exists(invoice => invoice?.Total is null))
        {
            return null;
        }

        var currency = plan.Instalments[0].Amount.CurrencyCode;
        if (invoices.Exists(invoice => invoice!.Total.CurrencyCode != currency))
        {
            return null;
        }

        var (sum, total, open) = (
            plan.Instalments.Sum(part => part.Amount.ToDecimal()), invoices.Sum(invoice => invoice!.Total.ToDecimal()), invoices.Sum(invoice => invoice!.OpenAmount?.ToDecimal() ?? 0));
        return sum > total || sum < open ? $"Instalments of {Text(sum, currency)}; {Text(open, currency)} open." : null;
    }

    /// <summary>What was agreed on the invoice in its currency; null if nothing was.</summary>
    private static decimal? Sum(
        Invoice invoice, IEnumerable<(Agreement Agreement, Effect Effect)> about, Effect.KindOneofCase kind, Func<Effect, Google.Type.Money> amount)
    {
        var amounts = about.Where(one => one.Effect.KindCase == kind).Select(one => amount(one.Effect)).Where(money => money.CurrencyCode == invoice.Total.CurrencyCode).ToList();
        return amounts.Count == 0 ? null : amounts.Sum(money => money.ToDecimal());
    }
}
