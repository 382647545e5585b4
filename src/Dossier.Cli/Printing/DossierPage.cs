using Google.Protobuf.Collections;
using Spectre.Console;

namespace Dossier.Cli.Printing;

/// <summary>A dossier, most important first: who, what to know before the greeting is over, then the facts.</summary>
internal sealed class DossierPage(Screen screen)
{
    public void Print(V1.Dossier dossier)
    {
        PrintCustomer(dossier);
        PrintAttention(dossier.Attention);
        PrintConflicts(dossier.Conflicts);
        PrintAgreements(dossier);
        new ActionPage(screen).Print(dossier.ActionsUnderWay, dossier.RecentActions);
        PrintInvoices(dossier.Invoices);
        PrintDunning(dossier.DunningNotices);
        PrintPayments(dossier.Payments);
        PrintProducts(dossier.Products);
        PrintInteractions(dossier);
        PrintKeys(dossier.Customer);
        screen.Heading("Sources");
        screen.Write(SourcePage.Table(dossier.Sources));
    }

    private void PrintCustomer(V1.Dossier dossier)
    {
        var number = dossier.Name.Split('/').ElementAtOrDefault(1) ?? "?";
        var customer = dossier.Customer;
        var words = new List<string> { $"Customer {number}" };
        if (customer is not null)
        {
            words.Add(customer.DisplayName);
            words.Add(customer.Kind == CustomerKind.Unspecified ? "" : Words.Phrase(customer.Kind));
            words.Add(customer.Place);
        }
        screen.Write(Screen.Cell(string.Join(", ", words.Where(word => word.Length > 0)), Screen.Bold));
        if (customer is null && dossier.Sources.Any(source => source.Sections.Any(status => status.Section == Section.Customer)))
        {
            screen.Line("No source told who this is.");
        }
        if (customer is { Confidential: true })
        {
            screen.Write(Screen.Cell("CONFIDENTIAL: tell nobody that this is a customer.", Screen.Bad));
        }
        if (customer?.Representative is { } representative)
        {
            screen.Write(Screen.Cell($"Represented by {representative.DisplayName} ({Words.Phrase(representative.Kind)})", Screen.Warn));
        }
        foreach (var contact in customer?.ContactPersons ?? [])
        {
            screen.Line($"Contact person: {contact.DisplayName}{(contact.Role.Length > 0 ? $" ({contact.Role})" : "")}");
        }
        screen.Line($"As of {Moments.Second(dossier.AssembleTime)}");
    }

    private void PrintAttention(RepeatedField<AttentionLine> lines)
    {
        if (lines.Count == 0)
        {
            return;
        }
        screen.Heading("Attention");
        screen.Write(AttentionTable(lines));
    }

    public static Table AttentionTable(IEnumerable<AttentionLine> lines)
    {
        var table = Screen.Facts(3);
        foreach (var line in lines)
        {
            var style = line.Kind is AttentionLine.Types.Kind.Conflict or AttentionLine.Types.Kind.BindingAgreement ? Screen.Warn : Screen.Bold;
            table.AddRow(Screen.Cell("!", style), Screen.Cell(Words.Phrase(line.Kind), style), Screen.Cell(line.Text));
        }
        return table;
    }

    private void PrintConflicts(RepeatedField<Conflict> conflicts)
    {
        if (conflicts.Count == 0)
        {
            return;
        }
        screen.Heading("Conflicts");
        new ConflictPage(screen).Print(conflicts);
    }

    private void PrintAgreements(V1.Dossier dossier)
    {
        if (dossier.Agreements.Count > 0)
        {
            screen.Heading("Agreements");
            new AgreementPage(screen).PrintAll(dossier.Agreements);
        }
        else if (HasNone(dossier, Section.Agreements))
        {
            screen.Heading("Agreements");
            screen.Line("None.");
        }
    }

    private void PrintInvoices(RepeatedField<Invoice> invoices)
    {
        if (invoices.Count == 0)
        {
            return;
        }
        screen.Heading("Invoices");
        var table = Screen.Table("number", "date", "due", "total", "open", "what");
        foreach (var invoice in invoices)
        {
            table.Row(
                invoice.Number, Moments.Day(invoice.InvoiceDate), Moments.Day(invoice.DueDate), Amounts.Text(invoice.Total),
                Amounts.Text(invoice.OpenAmount), What(invoice));
        }
        screen.Write(table);

        static string What(Invoice invoice)
        {
            var type = invoice.Type == Invoice.Types.Type.CreditNote ? $"credit note for {invoice.Corrects}" : "";
            var period = invoice.PeriodStart is null ? "" : Moments.Period(invoice.PeriodStart, invoice.PeriodEnd);
            var parts = invoice.Lines.Select(line => line.Description).Prepend(type).Append(period).Append(invoice.BillingAccount);
            return string.Join("; ", parts.Where(part => part.Length > 0));
        }
    }

    private void PrintDunning(RepeatedField<DunningNotice> notices)
    {
        if (notices.Count == 0)
        {
            return;
        }
        screen.Heading("Dunning");
        var table = Screen.Table("stage", "date", "delivered", "by", "invoices", "amount", "fee");
        foreach (var notice in notices)
        {
            table.Row(
                Words.Phrase(notice.Stage), Moments.Day(notice.IssueDate), Moments.Day(notice.DeliverDate), notice.DeliveryChannel,
                string.Join(", ", notice.Invoices), Amounts.Text(notice.Amount), Amounts.Text(notice.Fee));
        }
        screen.Write(table);
    }

    private void PrintPayments(RepeatedField<Payment> payments)
    {
        if (payments.Count == 0)
        {
            return;
        }
        screen.Heading("Payments");
        var table = Screen.Table("date", "method", "amount", "invoices", "returned");
        foreach (var payment in payments)
        {
            var returned = payment.ReturnDate is null && payment.ReturnedReason.Length == 0
                ? "–"
                : $"{Moments.Day(payment.ReturnDate)} {payment.ReturnedReason}";
            table.Row(
                Moments.Day(payment.PaymentDate), payment.Method, Amounts.Text(payment.Amount), string.Join(", ", payment.Invoices), returned);
        }
        screen.Write(table);
    }

    private void PrintProducts(RepeatedField<Product> products)
    {
        if (products.Count == 0)
        {
            return;
        }
        screen.Heading("Products");
        var table = Screen.Table("product", "id", "status", "from", "until", "account");
        foreach (var product in products)
        {
            table.Row(
                product.DisplayName, product.Id, product.Status, Moments.Day(product.StartDate), Moments.Day(product.EndDate),
                product.BillingAccount);
        }
        screen.Write(table);
    }

    private void PrintInteractions(V1.Dossier dossier)
    {
        var page = new InteractionPage(screen);
        if (dossier.Interactions.Count > 0)
        {
            screen.Heading("Contacts, newest first");
            page.Print(dossier.Interactions, conversations: 3);
            if (dossier.NextPageToken.Length > 0)
            {
                screen.Line($"There are more: {Example.Of($"dossier interactions {Names.Short(dossier.Customer?.Name ?? "")}")}");
            }
        }
        if (dossier.PossibleInteractions.Count > 0)
        {
            screen.Heading("Contacts that may be somebody else's (found by a key that customers share)");
            page.Print(dossier.PossibleInteractions);
        }
    }

    private void PrintKeys(Customer? customer)
    {
        if (customer is null || customer.Keys.Count == 0)
        {
            return;
        }
        screen.Heading("Keys");
        var table = Screen.Table("key", "state", "from", "since");
        foreach (var link in customer.Keys)
        {
            var state = Words.Phrase(link.State) + (link.Shared ? ", shared with other customers" : "");
            var origin = Names.Short(link.Origin) + (link.Agent.Length > 0 ? $", {link.Agent}" : "");
            table.Row(CandidatePage.Key(link.Key), state, origin, Moments.Moment(link.LinkTime));
        }
        screen.Write(table);
    }

    // The brief view reads agreements for its attention lines and does not show them: not shown is not none.
    private static bool HasNone(V1.Dossier dossier, Section section) => dossier.Sources
        .Any(source => source.Sections.Any(status => status is { State: SourceState.Ok, ItemCount: 0 } && status.Section == section));
}
