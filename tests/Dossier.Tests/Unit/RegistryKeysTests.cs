using Dossier.Registry;
using Dossier.Sources;
using Dossier.V1;

namespace Dossier.Tests.UnitTests;

/// <summary>Which keys of a customer feed facts: those that nobody else has. Shared is shared whoever says so.</summary>
public sealed class RegistryKeysTests
{
    private const string Phone = "+31612345678";

    private static KeyLinkRow Link(bool shared = false, bool linked = true, KeyType type = KeyType.Phone, string value = Phone) => new()
    {
        Customer = Given.Customer,
        KeyType = (long)type,
        KeyValue = value,
        Shared = shared,
        State = (long)(linked ? KeyLink.Types.State.Linked : KeyLink.Types.State.Unlinked),
    };

    private static FoundKey Told(bool shared = false) => new(new CustomerKey { Phone = Phone }, shared);

    private static IEnumerable<string> Exclusive(IReadOnlyList<KeyLinkRow> links, params FoundKey[] told) =>
        RegistryKeys.Exclusive(Given.Customer, links, told).All.Where(key => key.Type != KeyType.CustomerNumber).Select(key => key.Value);

    private static IEnumerable<string> Shared(IReadOnlyList<KeyLinkRow> links, params FoundKey[] told) => RegistryKeys.Shared(links, told).All.Select(key => key.Value);

    [Fact]
    public void The_customer_number_is_always_a_key() =>
        Assert.Equal([(KeyType.CustomerNumber, Given.Customer)], RegistryKeys.Exclusive(Given.Customer, [], []).All);

    [Fact]
    public void A_key_that_is_linked_or_told_and_nobody_elses_feeds_facts()
    {
        Assert.Equal([Phone], Exclusive([Link()]));
        Assert.Equal([Phone], Exclusive([], Told()));
        Assert.Equal([Phone], Exclusive([Link()], Told()));
    }

    [Fact]
    public void A_key_is_shared_whoever_says_so()
    {
        foreach (var (link, told) in new[] { (true, false), (false, true), (true, true) })
        {
            Assert.Empty(Exclusive([Link(link)], Told(told)));
            Assert.Equal([Phone], Shared([Link(link)], Told(told)));
        }

        Assert.Equal([Phone], Shared([], Told(), Told(shared: true)));
        Assert.Equal([Phone], Shared([], Told(shared: true), Told()));
        Assert.Empty(Shared([Link()], Told()));
    }

    [Fact]
    public void A_key_that_was_unlinked_stays_away_whatever_a_source_says()
    {
        Assert.Empty(Exclusive([Link(linked: false)], Told()));
        Assert.Empty(Shared([Link(linked: false, shared: true)], Told(shared: true)));
    }

    [Fact]
    public void Key_sets_are_the_same_for_the_kinds_of_key_that_a_source_takes()
    {
        var one = RegistryKeys.Exclusive(Given.Customer, [Link(), Link(type: KeyType.Email, value: "a@b")], []);
        var other = RegistryKeys.Exclusive(Given.Customer, [Link(), Link(type: KeyType.Email, value: "c@d")], []);
        Assert.True(one.SameFor(new HashSet<KeyType> { KeyType.Phone, KeyType.CustomerNumber }, other));
        Assert.False(one.SameFor(new HashSet<KeyType> { KeyType.Phone, KeyType.Email }, other));
        Assert.True(one.Has(KeyType.Email));
        Assert.False(one.Has(KeyType.SocialId));
        Assert.Equal(["a@b"], one.Of(KeyType.Email));
    }

    [Fact]
    public void What_sources_tell_differs_from_what_is_remembered_if_a_key_is_new_newly_shared_or_gone()
    {
        var link = new KeyLinkRow { KeyType = (long)KeyType.Phone, KeyValue = Phone, State = (long)KeyLink.Types.State.Linked, Origin = "sources/a" };
        var gone = new KeyLinkRow { KeyType = (long)KeyType.Email, KeyValue = "a@b", State = (long)KeyLink.Types.State.Linked, Origin = "sources/a" };
        ToldKey Tell(bool shared = false) => new(KeyType.Phone, Phone, null, shared, "sources/a");
        var answered = new HashSet<string>(StringComparer.Ordinal) { "sources/a" };

        Assert.False(KeyLinks.Differ([link], [Tell()], answered));
        Assert.True(KeyLinks.Differ([], [Tell()], answered));
        Assert.True(KeyLinks.Differ([link], [Tell(shared: true)], answered));
        Assert.True(KeyLinks.Differ([link, gone], [Tell()], answered));
        Assert.False(KeyLinks.Differ([link, gone], [Tell()], new HashSet<string>(StringComparer.Ordinal)));
        Assert.False(KeyLinks.Differ([Link(linked: false)], [Tell(shared: true)], answered));
    }
}
