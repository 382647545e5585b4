using Dossier.Sources;
using Dossier.V1;
using Google.Protobuf.WellKnownTypes;
using Google.Type;

namespace Dossier.Bench.Peers;

/// <summary>EF Core's entities as the contract's messages.</summary>
internal static class Messages
{
    public static V1.Customer Customer(Debtor debtor) => new()
    {
        DisplayName = debtor.CompanyName ?? string.Join(' ', new[] { debtor.FirstName, debtor.Particle, debtor.Surname }.Where(part => part is not null)),
        Kind = debtor.Kind == "ZAKELIJK" ? CustomerKind.Business : CustomerKind.Consumer,
        Place = debtor.City,
        Confidential = debtor.Secret,
        ContactPersons = { debtor.ContactPersons.Select(person => new V1.ContactPerson { DisplayName = person.Name, Role = person.Role ?? "" }) },
        Representative = debtor.Representative is { } acting
            ? new V1.Representative
            {
                Kind = acting.Ground switch
                {
                    "BEWIND" => V1.Representative.Types.Kind.Administrator,
                    "CURATELE" => V1.Representative.Types.Kind.Guardian,
                    "ERFGENAAM" => V1.Representative.Types.Kind.Heir,
                    _ => V1.Representative.Types.Kind.Authorised,
                },
                DisplayName = acting.Name,
            }
            : null,
    };

    public static V1.Invoice Invoice(Billed invoice) => new()
    {
        Number = invoice.InvoiceNo,
        Type = invoice.IsCredit ? V1.Invoice.Types.Type.CreditNote : V1.Invoice.Types.Type.Invoice,
        Corrects = invoice.Credits ?? "",
        InvoiceDate = invoice.Dated.ToDate(),
        DueDate = invoice.Due?.ToDate(),
        PeriodStart = invoice.PeriodFrom?.ToDate(),
        PeriodEnd = invoice.PeriodTo?.ToDate(),
        Total = Euros(invoice.TotalCents),
        OpenAmount = Euros(invoice.OpenCents),
        BillingAccount = invoice.AccountNo,
        Lines =
        {
            invoice.Lines.Select(line => new V1.InvoiceLine
            {
                Id = line.LineId,
                Description = line.Description,
                Amount = Euros(line.TotalCents),
                Vat = Euros(line.VatCents),
                PeriodStart = line.PeriodFrom?.ToDate(),
                PeriodEnd = line.PeriodTo?.ToDate(),
                Product = line.ConnectionNo ?? "",
                Recurring = line.Monthly,
            }),
        },
        Source = "sources/administration",
    };

    public static DunningNotice Notice(Dunning notice) => new()
    {
        Id = notice.DunningNo,
        Stage = notice.Level switch { 1 => DunningStage.Reminder, 2 => DunningStage.Demand, _ => DunningStage.FinalNotice },
        IssueDate = notice.IssuedOn.ToDate(),
        DeliverDate = notice.DeliveredOn?.ToDate(),
        DeliveryChannel = notice.SentBy,
        Invoices = { notice.Items.Select(item => item.InvoiceNo) },
        Amount = Euros(notice.AskedCents),
        Fee = Euros(notice.FeeCents),
        Source = "sources/administration",
    };

    public static Interaction Letter(string customer, Correspondence letter) => Related(
        new Interaction
        {
            Name = ResourceNames.Interaction(customer, "administration", letter.DocumentNo),
            OccurTime = Time(letter.WrittenAt),
            RecordTime = Time(letter.RegisteredAt),
            Channel = letter.Medium,
            ChannelKind = Channels.KindOf(letter.Medium),
            Direction = letter.Way == "IN" ? Direction.Inbound : Direction.Outbound,
            Subject = letter.Subject,
            Summary = letter.Remark ?? "",
            Agent = letter.Clerk ?? "",
            Team = letter.Department,
            Participant = letter.Person ?? "",
            Source = "sources/administration",
        },
        customer,
        "administration",
        letter.ReplyTo,
        RelatedInteraction.Types.Relation.Answers);

    public static Interaction Call(string customer, Call call) => Related(
        new Interaction
        {
            Name = ResourceNames.Interaction(customer, "telephony", call.CallId),
            OccurTime = Time(call.StartedAt),
            EndTime = Time(call.EndedAt),
            RecordTime = Time(call.WrappedAt),
            Channel = "phone",
            ChannelKind = ChannelKind.Voice,
            Direction = call.Way == "IN" ? Direction.Inbound : Direction.Outbound,
            Subject = call.Reason
                + (call.WaitedS >= 300 ? $"; {call.WaitedS / 60}:{call.WaitedS % 60:00} gewacht" : "")
                + (call.PutThroughTo is { } other ? $"; doorverbonden met {other}" : "")
                + call.Outcome switch { "HUNG_UP" => "; opgehangen", "NO_ANSWER" => "; niet opgenomen", _ => "" },
            Summary = call.Note ?? "",
            Agent = call.Agent ?? "",
            Team = call.Queue,
            Participant = call.CallerName ?? "",
            Source = "sources/telephony",
        },
        customer,
        "telephony",
        call.EarlierCall,
        call.EarlierIs switch
        {
            "SAME" => RelatedInteraction.Types.Relation.Precedes,
            "FROM" => RelatedInteraction.Types.Relation.Handover,
            _ => RelatedInteraction.Types.Relation.Answers,
        });

    public static Interaction Conversation(string customer, Conversation thread) => Related(
        new Interaction
        {
            Name = ResourceNames.Interaction(customer, "webcare", thread.ThreadId),
            OccurTime = Time(thread.OpenedAt),
            EndTime = thread.ClosedAt is { } closed ? Time(closed) : null,
            RecordTime = Time(thread.StoredAt),
            Channel = thread.Channel,
            ChannelKind = Channels.KindOf(thread.Channel),
            Direction = thread.OpenedBy == "customer" ? Direction.Inbound : Direction.Outbound,
            Public = thread.OnPage,
            Subject = thread.Topic,
            Summary = thread.Summary ?? "",
            Agent = thread.Agent ?? "",
            Team = thread.Team,
            Participant = thread.Contact.DisplayName,
            Source = "sources/webcare",
        },
        customer,
        "webcare",
        thread.PreviousThread,
        thread.PreviousIs switch
        {
            "earlier" => RelatedInteraction.Types.Relation.Precedes,
            "handed over" => RelatedInteraction.Types.Relation.Handover,
            _ => RelatedInteraction.Types.Relation.Answers,
        });

    private static Interaction Related(Interaction interaction, string customer, string source, string? other, RelatedInteraction.Types.Relation relation)
    {
        if (other is not null)
        {
            interaction.Related.Add(new RelatedInteraction { Interaction = ResourceNames.Interaction(customer, source, other), Relation = relation });
        }

        return interaction;
    }

    // SQLite's text comes without a kind, or as local time where it says Z.
    private static Timestamp Time(System.DateTime moment) =>
        Timestamp.FromDateTime(moment.Kind == DateTimeKind.Local ? moment.ToUniversalTime() : System.DateTime.SpecifyKind(moment, DateTimeKind.Utc));

    private static Money Euros(long cents) => new() { CurrencyCode = "EUR", Units = cents / 100, Nanos = (int)(cents % 100) * 10_000_000 };
}
