using System.Runtime.InteropServices;
using Dossier.V1;

namespace Dossier.Sources;

/// <summary>What one read asks of a store.</summary>
public sealed record SourceQuery
{
    /// <summary>The customer number; null when looking somebody up by keys.</summary>
    public string? Customer { get; init; }

    public KeySet Keys { get; init; } = new();

    /// <summary>The blocks to run, of those that the store has.</summary>
    public required IReadOnlyCollection<string> Blocks { get; init; }

    /// <summary>The last interaction handed out before, as the store gave it.</summary>
    public PagePosition? After { get; init; }

    /// <summary>The most interactions to give.</summary>
    public int Limit { get; init; } = 50;

    public string? InteractionId { get; init; }

    public IReadOnlyCollection<string> SubjectIds { get; init; } = [];

    /// <summary>The store's own deadline does not count: a check at the start, when nothing is warm.</summary>
    public bool Patient { get; init; }
}

/// <summary>A place in one store's interactions, in the store's own types.</summary>
public sealed record PagePosition(object Time, string Id);

/// <summary>An interaction, and its place in the store.</summary>
public sealed record FoundInteraction(Interaction Interaction, string Id, object PageTime, string? RelatedId, RelatedInteraction.Types.Relation Relation);

/// <summary>A key that a store gives of the customer who was asked for.</summary>
public sealed record FoundKey(CustomerKey Key, bool Shared);

/// <summary>Somebody whom a store found by a key.</summary>
public sealed record FoundPerson(string? Customer, string DisplayName, string Place, CustomerKey Key);

/// <summary>A subject as its owning store knows it.</summary>
public sealed record FoundSubject(SubjectType Type, string Id, string Customer, string? Invoice, string? BillingAccount, Google.Type.Money? Amount);

/// <summary>The facts that one read of one store gave: rows straight in the contract's messages.</summary>
public sealed class SourceFacts(string source)
{
    public string Source { get; } = source;

    /// <summary>`sources/{source}`, as every fact says it.</summary>
    public string SourceName { get; } = ResourceNames.Source(source);

    public Customer? Customer { get; set; }

    public List<ContactPerson> ContactPersons { get; } = [];

    public List<FoundKey> Keys { get; } = [];

    public List<FoundPerson> Persons { get; } = [];

    public List<FoundSubject> Subjects { get; } = [];

    public List<FoundInteraction> Interactions { get; } = [];

    public Dictionary<string, List<InteractionMessage>> Messages { get; } = new(StringComparer.Ordinal);

    public List<Product> Products { get; } = [];

    public List<Invoice> Invoices { get; } = [];

    public Dictionary<string, List<InvoiceLine>> InvoiceLines { get; } = new(StringComparer.Ordinal);

    public List<DunningNotice> DunningNotices { get; } = [];

    public List<Payment> Payments { get; } = [];

    public int Rows { get; set; }

    /// <summary>Blocks that cannot be run, or whose columns are not as the contract says, and why.</summary>
    public List<string> Broken { get; } = [];

    /// <summary>Where the facts stand before a block is read.</summary>
    internal FactsMark Mark() => new(
        Customer, ContactPersons.Count, Keys.Count, Persons.Count, Subjects.Count, Interactions.Count, Messages.Count, Products.Count, Invoices.Count, InvoiceLines.Count,
        DunningNotices.Count, Payments.Count);

    /// <summary>Forgets what a block gave before it failed. Messages and lines come from one block each, all of them.</summary>
    internal void ReturnTo(in FactsMark mark)
    {
        Customer = mark.Customer;
        Cut(ContactPersons, mark.ContactPersons);
        Cut(Keys, mark.Keys);
        Cut(Persons, mark.Persons);
        Cut(Subjects, mark.Subjects);
        Cut(Interactions, mark.Interactions);
        Cut(Products, mark.Products);
        Cut(Invoices, mark.Invoices);
        Cut(DunningNotices, mark.DunningNotices);
        Cut(Payments, mark.Payments);
        if (mark.Messages == 0)
        {
            Messages.Clear();
        }

        if (mark.InvoiceLines == 0)
        {
            InvoiceLines.Clear();
        }

        static void Cut<T>(List<T> list, int count) => list.RemoveRange(count, list.Count - count);
    }

    /// <summary>Something of the customer stands here.</summary>
    public bool HasTrace => Customer is not null || Keys.Count > 0 || Interactions.Count > 0 || Products.Count > 0 || Invoices.Count > 0;
}

/// <summary>How many facts of each kind there were.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct FactsMark(
    Customer? Customer, int ContactPersons, int Keys, int Persons, int Subjects, int Interactions, int Messages, int Products, int Invoices, int InvoiceLines, int DunningNotices, int Payments);

/// <summary>How one read of one store went.</summary>
public sealed record SourceRead(
    ChannelStore Store,
    SourceState State,
    SourceFacts Facts,
    IReadOnlyCollection<string> Ran,
    IReadOnlySet<string> Failed,
    DateTimeOffset? AsOf,
    TimeSpan Elapsed)
{
    /// <summary>It answered for the block, be it with no row.</summary>
    public bool Answered(string block) => State is SourceState.Ok or SourceState.Partial && Ran.Contains(block) && !Failed.Contains(block);
}
