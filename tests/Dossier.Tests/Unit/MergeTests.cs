using Dossier.Dossiers;
using Dossier.Registry;
using Dossier.Sources;
using Dossier.V1;
using Google.Protobuf.WellKnownTypes;
using Microsoft.Extensions.Logging.Abstractions;

namespace Dossier.Tests.UnitTests;

/// <summary>What several stores tell becomes one.</summary>
public sealed class MergeTests
{
    private static SourceRead Read(string store, bool customerSource = false, Action<SourceFacts>? facts = null)
    {
        var found = new SourceFacts(store);
        facts?.Invoke(found);
        return new SourceRead(
            new ChannelStore(store, new SourceOptions { ConnectionString = "Data Source=not-opened.db", CustomerSource = customerSource }, null, null, "31", TimeProvider.System, NullLogger.Instance),
            SourceState.Ok, found, [], new HashSet<string>(StringComparer.Ordinal), null, TimeSpan.Zero);
    }

    private static Action<SourceFacts> Named(string name) => facts => facts.Customer = new Customer { DisplayName = name };

    [Fact]
    public void The_customer_source_says_who_the_customer_is_and_else_the_first_store_that_does()
    {
        Assert.Equal("B", Merge.Customer("1042", [Read("a", facts: Named("A")), Read("b", customerSource: true, Named("B"))], [], withKeys: false)!.DisplayName);
        Assert.Equal("A", Merge.Customer("1042", [Read("a", facts: Named("A")), Read("b", customerSource: true), Read("c", facts: Named("C"))], [], withKeys: false)!.DisplayName);
    }

    [Fact]
    public void A_customer_of_whom_only_keys_are_known_has_those_and_a_number()
    {
        var link = new KeyLinkRow { Customer = "1042", KeyType = (long)KeyType.Phone, KeyValue = "+31612345678", State = (long)KeyLink.Types.State.Linked, Origin = "systems/webcare", LinkTime = 5_000_001 };
        Assert.Null(Merge.Customer("1042", [Read("a")], [], withKeys: true));
        var customer = Merge.Customer("1042", [Read("a")], [link], withKeys: true)!;
        Assert.Equal(("customers/1042", ""), (customer.Name, customer.DisplayName));
        var key = Assert.Single(customer.Keys);
        Assert.Equal("+31612345678", key.Key.Phone);
        Assert.Equal(new Timestamp { Seconds = 5, Nanos = 1_000 }, key.LinkTime);
        Assert.NotEqual("", key.Etag);
        Assert.Empty(Merge.Customer("1042", [Read("a")], [link], withKeys: false)!.Keys);
    }

    [Fact]
    public void Contact_persons_come_from_the_store_that_says_who_the_customer_is()
    {
        var customer = Merge.Customer(
            "1042",
            [
                Read("a", facts: facts => facts.ContactPersons.Add(new ContactPerson { DisplayName = "not this" })),
                Read("b", customerSource: true, facts =>
                {
                    facts.Customer = new Customer { DisplayName = "B" };
                    facts.ContactPersons.Add(new ContactPerson { DisplayName = "Truus" });
                }),
            ],
            [],
            withKeys: false)!;
        Assert.Equal(["Truus"], customer.ContactPersons.Select(person => person.DisplayName));
    }

    [Fact]
    public void Invoices_come_newest_first_each_with_its_own_lines()
    {
        Invoice Bill(string number, int day) => new() { Number = number, InvoiceDate = Given.Day(2026, 8, day) };
        var one = Read("a", facts: facts =>
        {
            facts.Invoices.AddRange([Bill("I3", 9), Bill("I1", 3)]);
            facts.InvoiceLines["I1"] = [new InvoiceLine { Id = "L1" }, new InvoiceLine { Id = "L2" }];
            facts.InvoiceLines["I9"] = [new InvoiceLine { Id = "of nobody" }];
        }).Facts;
        var other = Read("b", facts: facts =>
        {
            facts.Invoices.AddRange([Bill("I2", 5), Bill("I1b", 3)]);
            facts.InvoiceLines["I3"] = [new InvoiceLine { Id = "of another store" }];
        }).Facts;
        var invoices = Merge.Invoices([one, other]).ToList();
        Assert.Equal(["I3", "I2", "I1", "I1b"], invoices.Select(invoice => invoice.Number));
        Assert.Equal(["", "", "L1 L2", ""], invoices.Select(invoice => string.Join(' ', invoice.Lines.Select(line => line.Id))));
    }

    [Fact]
    public void No_more_than_200_invoices_of_a_store_are_shown_and_200_messages_of_an_interaction()
    {
        var facts = Read("a", facts: facts =>
        {
            facts.Invoices.AddRange(Enumerable.Range(0, 201).Select(number => new Invoice { Number = $"{number}" }));
            facts.Messages["W-1"] = [.. Enumerable.Range(0, 201).Select(number => new InteractionMessage { Id = $"{number}" })];
        }).Facts;
        Assert.Equal(200, Merge.Invoices([facts]).Count());
        Assert.Equal(200, Merge.Named("1042", facts, new FoundInteraction(new Interaction(), "W-1", "t", null, default)).Messages.Count);
    }

    [Fact]
    public void An_interaction_is_named_and_tied_to_the_one_it_comes_from()
    {
        var facts = Read("webcare", facts: facts => facts.Messages["W/1"] = [new InteractionMessage { Id = "m" }]).Facts;
        var found = new FoundInteraction(new Interaction(), "W/1", "t", "W-0", RelatedInteraction.Types.Relation.Answers);
        var named = Merge.Named("1042", facts, found);
        Assert.Equal("customers/1042/sources/webcare/interactions/~Vy8x", named.Name);
        Assert.Equal("m", Assert.Single(named.Messages).Id);
        Assert.Equal(
            new RelatedInteraction { Interaction = "customers/1042/sources/webcare/interactions/W-0", Relation = RelatedInteraction.Types.Relation.Answers }, Assert.Single(named.Related));
        Assert.Equal(named, Merge.Named("1042", facts, found));
    }
}
