namespace Dossier.Sample;

/// <summary>Invoices, payments and dunning notices of one generated customer.</summary>
internal sealed class BillingRows(InsertBlocks inserts, LetterRows letters, Dice dice, SamplePerson person, Subscription subscription)
{
    private const int DaysToPay = 14;
    private static readonly DateOnly FirstMonth = new(2025, 5, 1);

    // Three in a hundred are bad payers; the others forget now and then.
    private readonly bool forgetful = dice.Percent(3);
    private readonly int billingDay = 1 + (person.Number % 21);

    /// <summary>One invoice a month; one customer in forty was billed twice for a month, by a renewal.</summary>
    public void Insert()
    {
        var renewed = person.Number % 40 == 3 ? FirstMonth.AddMonths(dice.Between(2, 15)) : (DateOnly?)null;
        for (var month = FirstMonth; month <= Contact.LastDay; month = month.AddMonths(1))
        {
            var dated = month.AddDays(billingDay - 1);
            if (month < subscription.Since || dated > Contact.LastDay)
            {
                continue;
            }

            var number = AdministrationRows.InvoiceNumber(person.Number, month);
            Invoice(number, month, dated, dice.Percent(12) ? dice.Between(1, 24) * 25 : 0);
            if (month == renewed)
            {
                Twice(month, dated.AddDays(3));
            }
        }
    }

    private void Twice(DateOnly month, DateOnly dated)
    {
        var number = AdministrationRows.InvoiceNumber(person.Number, month, second: true);
        var credited = dated.AddDays(dice.Between(5, 20));
        var credit = dice.Percent(60) && credited <= Contact.LastDay;
        Bill(number, month, dated, dated.AddDays(DaysToPay), 0, credit ? 0 : subscription.Cents);
        if (credit)
        {
            Bill($"C{number}", month, credited, null, 0, 0, number);
        }
    }

    private void Invoice(string number, DateOnly month, DateOnly dated, int usage)
    {
        var due = dated.AddDays(DaysToPay);
        var total = subscription.Cents + usage;
        var returned = subscription.PayBy == "direct-debit" && dice.Percent(1);
        var late = returned || dice.Percent(forgetful ? 60 : 3);
        var paid = subscription.PayBy == "direct-debit" ? dated.AddDays(10) : dated.AddDays(dice.Between(2, DaysToPay));
        var settled = late ? due.AddDays(dice.Between(4, forgetful ? 160 : 25)) : paid;
        Bill(number, month, dated, due, usage, settled > Contact.LastDay ? total : 0);
        if (returned && paid <= Contact.LastDay)
        {
            Receipt(number, "P" + number, paid, total, "direct-debit", paid.AddDays(4));
        }

        if (settled <= Contact.LastDay)
        {
            var method = late && subscription.PayBy == "direct-debit" ? "ideal" : subscription.PayBy;
            Receipt(number, (returned ? "Q" : "P") + number, settled, total, method, null);
        }

        if (late)
        {
            Dun(number, due, settled, total);
        }
    }

    private void Bill(string number, DateOnly month, DateOnly dated, DateOnly? due, int usage, int open, string? credits = null)
    {
        var sign = credits is null ? 1 : -1;
        var (from, to) = (AdministrationRows.Day(month), AdministrationRows.Day(month.AddMonths(1).AddDays(-1)));
        var lines = new List<(string Text, int Cents, int Monthly)>
        {
            (credits is null ? subscription.Name : "Creditering " + subscription.Name, subscription.Cents, 1),
        };
        if (usage > 0)
        {
            lines.Add(("Gebruik buiten de bundel", usage, 0));
        }

        var vat = lines.Sum(line => Vat(line.Cents)) * sign;
        var total = lines.Sum(line => line.Cents) * sign;
        inserts.Row("administration_invoice", person.Id, AdministrationRows.Day(dated), number, person.Account, credits,
            credits is null ? 0 : 1, due is { } last ? AdministrationRows.Day(last) : null, from, to, total - vat, vat, total, open);
        for (var index = 0; index < lines.Count; index++)
        {
            var (text, cents, monthly) = lines[index];
            inserts.Row("administration_invoice_line", number, index + 1, $"{number}-{index + 1}", subscription.Connection, text, monthly,
                from, to, Vat(cents) * sign, cents * sign);
        }
    }

    private void Receipt(string invoice, string number, DateOnly booked, int cents, string method, DateOnly? returned)
    {
        inserts.Row("administration_receipt", person.Id, AdministrationRows.Day(booked), number, method, cents,
            returned is { } day ? AdministrationRows.Day(day) : null, returned is null ? null : dice.Pick(["MD06", "AM04", "MS03"]));
        inserts.Row("administration_receipt_item", number, invoice, cents);
    }

    /// <summary>A reminder a week after the due day, then a demand and a final notice each two weeks later, until it is paid.</summary>
    private void Dun(string invoice, DateOnly due, DateOnly settled, int cents)
    {
        for (var level = 1; level <= 3; level++)
        {
            var issued = due.AddDays(7 + ((level - 1) * 14));
            if (issued >= settled || issued > Contact.LastDay)
            {
                return;
            }

            var number = $"H{invoice[2..6]}-{invoice[^5..]}-{level}";
            var channel = level == 1 && person.EmailKnown ? "email" : "letter";
            var delivered = channel == "email" ? issued : issued.AddDays(2);
            inserts.Row("administration_dunning", person.Id, AdministrationRows.Day(issued), number, level,
                delivered > Contact.LastDay ? null : AdministrationRows.Day(delivered), channel, cents, level == 3 ? 4000 : 0);
            inserts.Row("administration_dunning_item", number, invoice);
            letters.Dunning(person, invoice, level, issued, channel, cents);
        }
    }

    // 21 % in the price.
    private static int Vat(int cents) => ((cents * 21) + 60) / 121;
}
