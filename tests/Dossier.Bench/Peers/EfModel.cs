namespace Dossier.Bench.Peers;

// The columns that a dossier needs. Names follow from the tables' own (EfContexts).
internal sealed class Debtor
{
    public required string DebtorNo { get; init; }

    public required string Kind { get; init; }

    public string? FirstName { get; init; }

    public string? Particle { get; init; }

    public string? Surname { get; init; }

    public string? CompanyName { get; init; }

    public required string City { get; init; }

    public bool Secret { get; init; }

    public List<ContactPerson> ContactPersons { get; } = [];

    public Representative? Representative { get; init; }
}

internal sealed class ContactPerson
{
    public required string DebtorNo { get; init; }

    public int Seq { get; init; }

    public required string Name { get; init; }

    public string? Role { get; init; }
}

internal sealed class Representative
{
    public required string DebtorNo { get; init; }

    public required string Ground { get; init; }

    public required string Name { get; init; }
}

internal sealed class Billed
{
    public required string InvoiceNo { get; init; }

    public required string DebtorNo { get; init; }

    public DateOnly Dated { get; init; }

    public required string AccountNo { get; init; }

    public string? Credits { get; init; }

    public bool IsCredit { get; init; }

    public DateOnly? Due { get; init; }

    public DateOnly? PeriodFrom { get; init; }

    public DateOnly? PeriodTo { get; init; }

    public long TotalCents { get; init; }

    public long OpenCents { get; init; }

    public List<InvoiceLine> Lines { get; } = [];
}

internal sealed class InvoiceLine
{
    public required string InvoiceNo { get; init; }

    public int LineNo { get; init; }

    public required string LineId { get; init; }

    public string? ConnectionNo { get; init; }

    public required string Description { get; init; }

    public bool Monthly { get; init; }

    public DateOnly? PeriodFrom { get; init; }

    public DateOnly? PeriodTo { get; init; }

    public long VatCents { get; init; }

    public long TotalCents { get; init; }
}

internal sealed class Dunning
{
    public required string DunningNo { get; init; }

    public required string DebtorNo { get; init; }

    public DateOnly IssuedOn { get; init; }

    public int Level { get; init; }

    public DateOnly? DeliveredOn { get; init; }

    public required string SentBy { get; init; }

    public long AskedCents { get; init; }

    public long FeeCents { get; init; }

    public List<DunningItem> Items { get; } = [];
}

internal sealed class DunningItem
{
    public required string DunningNo { get; init; }

    public required string InvoiceNo { get; init; }
}

internal sealed class Correspondence
{
    public required string DocumentNo { get; init; }

    public required string DebtorNo { get; init; }

    public DateTime WrittenAt { get; init; }

    public DateTime RegisteredAt { get; init; }

    public required string Way { get; init; }

    public required string Medium { get; init; }

    public required string Subject { get; init; }

    public string? Remark { get; init; }

    public string? Clerk { get; init; }

    public required string Department { get; init; }

    public string? Person { get; init; }

    public string? ReplyTo { get; init; }
}

internal sealed class Call
{
    public required string CallId { get; init; }

    public string? Number { get; init; }

    public required string Way { get; init; }

    public DateTime StartedAt { get; init; }

    public DateTime EndedAt { get; init; }

    public DateTime WrappedAt { get; init; }

    public int WaitedS { get; init; }

    public required string Queue { get; init; }

    public string? Agent { get; init; }

    public string? CallerName { get; init; }

    public required string Reason { get; init; }

    public required string Outcome { get; init; }

    public string? PutThroughTo { get; init; }

    public string? Note { get; init; }

    public string? EarlierCall { get; init; }

    public string? EarlierIs { get; init; }
}

internal sealed class Contact
{
    public long ContactId { get; init; }

    public required string DisplayName { get; init; }

    public string? Email { get; init; }
}

internal sealed class Profile
{
    public required string Network { get; init; }

    public required string Page { get; init; }

    public required string ExternalId { get; init; }

    public long ContactId { get; init; }
}

internal sealed class Conversation
{
    public required string ThreadId { get; init; }

    public long ContactId { get; init; }

    public required Contact Contact { get; init; }

    public required string Channel { get; init; }

    public required string OpenedBy { get; init; }

    public bool OnPage { get; init; }

    public DateTime OpenedAt { get; init; }

    public DateTime? ClosedAt { get; init; }

    public DateTime StoredAt { get; init; }

    public required string Topic { get; init; }

    public string? Summary { get; init; }

    public string? Agent { get; init; }

    public required string Team { get; init; }

    public string? PreviousThread { get; init; }

    public string? PreviousIs { get; init; }
}

internal sealed class ChangeCounter
{
    public int One { get; init; }

    public long Value { get; init; }
}

internal sealed class KeyLink
{
    public required string Customer { get; init; }

    public int KeyType { get; init; }

    public required string KeyValue { get; init; }

    public string? Handle { get; init; }

    public int State { get; init; }

    public bool Shared { get; init; }

    public required string Origin { get; init; }

    public required string Agent { get; init; }

    public DateTime LinkTime { get; init; }

    public long Revision { get; init; }
}

internal sealed class Agreement
{
    public required string Customer { get; init; }

    public required string Id { get; init; }

    public long Revision { get; init; }

    public long BindingRevision { get; init; }
}

internal sealed class AgreementRevision
{
    public required string Customer { get; init; }

    public required string Id { get; init; }

    public long Revision { get; init; }

    public required byte[] Content { get; init; }

    public string? FreeText { get; init; }
}

internal sealed class Acknowledgement
{
    public required string Customer { get; init; }

    public required string Id { get; init; }

    public long BindingRevision { get; init; }

    public required string System { get; init; }

    public DateTime DueTime { get; init; }

    public int Outcome { get; init; }

    public DateTime? OutcomeTime { get; init; }

    public string? EvidenceId { get; init; }

    public string? Reason { get; init; }
}

internal sealed class Confirmed
{
    public required string Customer { get; init; }

    public required string Id { get; init; }

    public int State { get; init; }

    public long Sequence { get; init; }

    public required byte[] Content { get; init; }
}
