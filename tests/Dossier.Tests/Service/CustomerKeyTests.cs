using Dossier.Tests.Fixtures;
using Dossier.V1;
using Grpc.Core;

namespace Dossier.Tests.ServiceTests;

/// <summary>What people say of keys stands above what sources say.</summary>
public sealed class CustomerKeyTests(SharedHost shared) : IClassFixture<SharedHost>
{
    private static readonly Metadata Webcare = DossierHost.As("webcare", "daan");
    private readonly DossierHost host = shared.Host;

    [Fact]
    public async Task A_linked_key_makes_a_source_readable()
    {
        // 2044 has neither telephone nor mail address in administration; the call centre knows the number.
        var before = await host.GetAsync("2044");
        Assert.Equal(SourceState.NoKey, StateOf(before, "telephony"));

        var linked = await LinkAsync("2044", new CustomerKey { Phone = "06-0000 2044" });

        Assert.Equal(new CustomerKey { Phone = "+31600002044" }, linked.Link.Key);
        Assert.Equal((KeyLink.Types.State.Linked, "systems/webcare", "daan", false), (linked.Link.State, linked.Link.Origin, linked.Link.Agent, linked.Link.Shared));
        var after = await host.GetAsync("2044");
        Assert.Equal(SourceState.Ok, StateOf(after, "telephony"));
        Assert.Equal(3, after.Interactions.Count(interaction => interaction.Source == "sources/telephony"));
        Assert.Contains(linked.Link, after.Customer.Keys);
        var called = await host.Dossiers.LookUpDossierAsync(new LookUpDossierRequest { Key = new CustomerKey { Phone = "+31600002044" } });
        Assert.Equal("customers/2044/dossier", called.Dossier.Name);
    }

    [Fact]
    public async Task An_unlinked_key_is_not_brought_back_by_the_source_that_told_it()
    {
        var before = await host.GetAsync("1047");
        var phone = before.Customer.Keys.Single(link => link.Key.KeyCase == CustomerKey.KeyOneofCase.Phone);
        Assert.Equal("sources/administration", phone.Origin);
        Assert.Contains(before.Interactions, interaction => interaction.Source == "sources/telephony");

        var unlinked = await UnlinkAsync("1047", phone);

        Assert.Equal((KeyLink.Types.State.Unlinked, "systems/webcare"), (unlinked.Link.State, unlinked.Link.Origin));
        for (var time = 1; time <= 2; time++)
        {
            var after = await host.GetAsync("1047");
            Assert.DoesNotContain(after.Interactions, interaction => interaction.Source == "sources/telephony");
            Assert.Equal(SourceState.NoKey, StateOf(after, "telephony"));
            Assert.Equal(KeyLink.Types.State.Unlinked, after.Customer.Keys.Single(link => link.Key.Equals(phone.Key)).State);
        }

        var candidates = (await host.Dossiers.ResolveCustomerAsync(new ResolveCustomerRequest { Keys = { phone.Key } })).Candidates;
        Assert.DoesNotContain(candidates, candidate => candidate.Customer == "customers/1047");
        await LinkAsync("1047", phone.Key);
        Assert.Equal(SourceState.Ok, StateOf(await host.GetAsync("1047"), "telephony"));
    }

    [Fact]
    public async Task An_unlinked_key_stays_away_when_its_source_tells_of_another_one()
    {
        await using var own = await Patient.StartAsync();
        var phone = (await own.GetAsync("1047")).Customer.Keys.Single(link => link.Key.KeyCase == CustomerKey.KeyOneofCase.Phone);
        await own.Dossiers.UnlinkCustomerKeyAsync(
            new UnlinkCustomerKeyRequest { Customer = "customers/1047", Key = phone.Key, Etag = phone.Etag, RequestId = Agreed.NewId() }, Webcare);
        Rows.Execute(own.FileOf("administration"), "INSERT INTO contact_point (debtor_no, medium, value) VALUES ('1047', 'PHONE', '+31600009947')");

        var dossier = await own.GetAsync("1047");

        Assert.Equal(
            ["+31600001047 Unlinked", "+31600009947 Linked"],
            dossier.Customer.Keys.Where(link => link.Key.Phone.Length > 0).Select(link => $"{link.Key.Phone} {link.State}").Order());
        Assert.DoesNotContain(dossier.Interactions, interaction => interaction.Source == "sources/telephony");
    }

    [Fact]
    public async Task A_linked_key_stays_when_no_source_tells_it()
    {
        await LinkAsync("1048", new CustomerKey { Email = "Sietske.Privé@Example.ORG" });

        await host.GetAsync("1048");
        var keys = (await host.GetAsync("1048")).Customer.Keys;

        Assert.Contains(keys, link => link.Key.Email == "sietske.privé@example.org" && link.State == KeyLink.Types.State.Linked);
    }

    [Fact]
    public async Task A_key_is_linked_once()
    {
        var first = await LinkAsync("1049", new CustomerKey { Phone = "0600009049" });

        var refused = await Refused.ByAsync(() => LinkAsync("1049", new CustomerKey { Phone = "+31600009049" }));

        Assert.Equal((StatusCode.FailedPrecondition, "KEY_ALREADY_LINKED"), (refused.Code, refused.Reason));
        Assert.Equal(first.Link.Etag, refused.Info.Metadata["etag"]);
    }

    [Fact]
    public async Task A_repeated_link_or_unlink_gives_its_first_answer()
    {
        var link = new LinkCustomerKeyRequest { Customer = "customers/1050", Key = new CustomerKey { Phone = "0600009050" }, RequestId = Agreed.NewId() };
        var linked = await host.Dossiers.LinkCustomerKeyAsync(link, Webcare);
        Assert.Equal(linked, await host.Dossiers.LinkCustomerKeyAsync(link, Webcare));
        var unlink = new UnlinkCustomerKeyRequest { Customer = link.Customer, Key = link.Key, Etag = linked.Link.Etag, RequestId = Agreed.NewId() };
        var unlinked = await host.Dossiers.UnlinkCustomerKeyAsync(unlink, Webcare);
        var before = Rows.Written(host);

        Assert.Equal(unlinked, await host.Dossiers.UnlinkCustomerKeyAsync(unlink, Webcare));
        Assert.Equal(linked, await host.Dossiers.LinkCustomerKeyAsync(link, Webcare));
        Assert.Equal(before, Rows.Written(host));
        Assert.Equal(KeyLink.Types.State.Unlinked, (await host.GetAsync("1050")).Customer.Keys.Single(key => key.Key.Phone == "+31600009050").State);
    }

    [Fact]
    public async Task A_stale_etag_is_aborted_with_the_present_one_and_a_key_that_is_not_linked_is_not_found()
    {
        var linked = (await LinkAsync("1051", new CustomerKey { Phone = "0600009051" })).Link;
        var before = Rows.Written(host);
        var stale = linked.Clone();
        stale.Etag = "AAAAAAAAAAAAAAAA";

        var refused = await Refused.ByAsync(() => UnlinkAsync("1051", stale));
        Assert.Equal((StatusCode.Aborted, "ETAG_MISMATCH"), (refused.Code, refused.Reason));
        Assert.Equal(linked.Etag, refused.Info.Metadata["etag"]);
        Assert.Equal(before, Rows.Written(host));

        var unlinked = (await UnlinkAsync("1051", linked)).Link;
        Assert.NotEqual(linked.Etag, unlinked.Etag);
        foreach (var key in (CustomerKey[])[linked.Key, new CustomerKey { Phone = "0600009059" }])
        {
            var missing = await Refused.ByAsync(() => UnlinkAsync("1051", new KeyLink { Key = key, Etag = unlinked.Etag }));
            Assert.Equal((StatusCode.NotFound, "RESOURCE_NOT_FOUND"), (missing.Code, missing.Reason));
        }
    }

    [Fact]
    public async Task A_key_that_two_customers_have_feeds_neither_until_one_gives_it_up()
    {
        // The number of a person whom only the call centre knows.
        var key = new CustomerKey { Phone = "+31600002182" };
        await LinkAsync("2047", key);
        var alone = await host.GetAsync("2047");
        var calls = alone.Interactions.Where(interaction => interaction.Participant.StartsWith("Truus", StringComparison.Ordinal)).Select(StoreId).ToList();
        Assert.NotEmpty(calls);

        var second = (await LinkAsync("2048", key)).Link;

        Assert.True(second.Shared);
        foreach (var customer in (string[])["2047", "2048"])
        {
            var dossier = await PossibleAsync(customer);
            Assert.True(dossier.Customer.Keys.Single(link => link.Key.Equals(key)).Shared);
            Assert.DoesNotContain(dossier.Interactions, interaction => calls.Contains(StoreId(interaction)));
            Assert.Equal(calls, dossier.PossibleInteractions.Select(StoreId).Where(calls.Contains));
        }

        var candidates = (await host.Dossiers.ResolveCustomerAsync(new ResolveCustomerRequest { Keys = { key } })).Candidates;
        Assert.Equal(["customers/2047", "customers/2048"], candidates.Select(candidate => candidate.Customer));
        Assert.All(candidates, candidate => Assert.Equal(MatchGrade.Possible, candidate.Grade));

        await UnlinkAsync("2047", (await host.GetAsync("2047")).Customer.Keys.Single(link => link.Key.Equals(key)));
        Assert.DoesNotContain((await host.GetAsync("2047")).Interactions, interaction => calls.Contains(StoreId(interaction)));
        Assert.Equal(calls, (await host.GetAsync("2048")).Interactions.Select(StoreId).Where(calls.Contains));
    }

    private static string StoreId(Interaction interaction) => interaction.Name[(interaction.Name.LastIndexOf('/') + 1)..];

    private static SourceState StateOf(V1.Dossier dossier, string source) => dossier.Sources.Single(status => status.Source == $"sources/{source}").State;

    private async Task<V1.Dossier> PossibleAsync(string customer) => (await host.Dossiers.GetDossierAsync(
        new GetDossierRequest { Name = $"customers/{customer}/dossier", IncludePossibleInteractions = true })).Dossier;

    private async Task<LinkCustomerKeyResponse> LinkAsync(string customer, CustomerKey key) => await host.Dossiers.LinkCustomerKeyAsync(
        new LinkCustomerKeyRequest { Customer = $"customers/{customer}", Key = key, RequestId = Agreed.NewId() }, Webcare);

    private async Task<UnlinkCustomerKeyResponse> UnlinkAsync(string customer, KeyLink link) => await host.Dossiers.UnlinkCustomerKeyAsync(
        new UnlinkCustomerKeyRequest { Customer = $"customers/{customer}", Key = link.Key, Etag = link.Etag, RequestId = Agreed.NewId() }, Webcare);
}
