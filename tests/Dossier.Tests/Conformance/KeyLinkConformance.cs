using Dapper;
using Dossier.Tests.Fixtures;
using Dossier.Tests.ServiceTests;
using Dossier.V1;
using Grpc.Core;

namespace Dossier.Tests.ConformanceTests;

/// <summary>Keys that sources tell and people link: each change of a link is a revision under a sequence, and none is rewritten.</summary>
/// <typeparam name="TServers">The vendor's databases.</typeparam>
public abstract class KeyLinkConformance<TServers>(VendorHost<TServers> vendor) : IClassFixture<VendorHost<TServers>>
    where TServers : Servers, new()
{
    private const long Learned = 5;
    private const long Forgotten = 6;
    private readonly DossierHost host = vendor.Host;

    [ServerFact]
    public async Task A_key_that_its_source_forgets_and_tells_again_goes_on_with_its_revisions()
    {
        const string Phone = "+31600009401";
        Administration("INSERT INTO contact_point (debtor_no, medium, value) VALUES ('2401', 'PHONE', @Phone)", new { Phone });
        var learned = Assert.Single((await host.GetAsync("2401")).Customer.Keys, link => link.Key.Phone == Phone);
        Assert.Equal(("sources/administration", "", KeyLink.Types.State.Linked, false), (learned.Origin, learned.Agent, learned.State, learned.Shared));
        Administration("DELETE FROM contact_point WHERE debtor_no = '2401' AND value = @Phone", new { Phone });
        Assert.DoesNotContain((await host.GetAsync("2401")).Customer.Keys, link => link.Key.Phone == Phone);
        Administration("INSERT INTO contact_point (debtor_no, medium, value) VALUES ('2401', 'PHONE', @Phone)", new { Phone });

        var again = Assert.Single((await host.GetAsync("2401")).Customer.Keys, link => link.Key.Phone == Phone);

        Assert.NotEqual(learned.Etag, again.Etag);
        var contents = Contents();
        var history = contents.LinkRevisions.Where(link => link.Customer == "2401" && link.KeyValue == Phone).ToList();
        Assert.Equal([(1L, 1L), (2L, 3L), (3L, 1L)], history.Select(link => (link.Revision, link.State)));
        Assert.Equal([Learned, Forgotten, Learned], history.Select(link => contents.Changes.Single(change => change.Sequence == link.Sequence).Kind));
        Assert.All(history, link => Assert.Equal("", contents.Changes.Single(change => change.Sequence == link.Sequence).System));
    }

    [ServerFact]
    public async Task A_key_that_another_customer_gets_is_shared_from_then_and_a_change_of_the_registry()
    {
        const string Phone = "+31600009402";
        Administration("INSERT INTO contact_point (debtor_no, medium, value) VALUES ('2402', 'PHONE', @Phone)", new { Phone });
        var alone = Assert.Single((await host.GetAsync("2402")).Customer.Keys, link => link.Key.Phone == Phone);
        Administration("INSERT INTO contact_point (debtor_no, medium, value) VALUES ('2403', 'PHONE', @Phone)", new { Phone });

        var both = Assert.Single((await host.GetAsync("2402")).Customer.Keys, link => link.Key.Phone == Phone);
        Assert.Equal((false, true), (alone.Shared, both.Shared));
        Assert.True(Assert.Single((await host.GetAsync("2403")).Customer.Keys, link => link.Key.Phone == Phone).Shared);
        Administration("DELETE FROM contact_point WHERE debtor_no = '2403' AND value = @Phone", new { Phone });
        await host.GetAsync("2403");
        Assert.False(Assert.Single((await host.GetAsync("2402")).Customer.Keys, link => link.Key.Phone == Phone).Shared);
        Assert.Equal([1L, 2L, 3L], Contents().LinkRevisions.Where(link => link.Customer == "2402" && link.KeyValue == Phone).Select(link => link.Revision));
    }

    [ServerFact]
    public async Task An_unlinked_key_stays_unlinked_whatever_its_source_says()
    {
        const string Phone = "+31600009404";
        Administration("INSERT INTO contact_point (debtor_no, medium, value) VALUES ('2404', 'PHONE', @Phone)", new { Phone });
        var link = Assert.Single((await host.GetAsync("2404")).Customer.Keys, link => link.Key.Phone == Phone);
        var unlink = new UnlinkCustomerKeyRequest { Customer = "customers/2404", Key = link.Key, Etag = link.Etag, RequestId = Agreed.NewId() };
        var unlinked = await host.Dossiers.UnlinkCustomerKeyAsync(unlink, Calls.Webcare);
        var before = Contents().ToString();

        foreach (var _ in Enumerable.Range(0, 3))
        {
            Assert.Equal(KeyLink.Types.State.Unlinked, (await host.GetAsync("2404")).Customer.Keys.Single(link => link.Key.Phone == Phone).State);
        }

        Assert.DoesNotContain((await ResolveAsync(link.Key)).Candidates, candidate => candidate.Customer == "customers/2404");
        Assert.Equal(unlinked, await host.Dossiers.UnlinkCustomerKeyAsync(unlink, Calls.Webcare));
        Assert.Equal(before, Contents().ToString());
        Assert.Equal(("systems/webcare", "daan"), (unlinked.Link.Origin, unlinked.Link.Agent));
        var stale = await Refused.ByAsync(async () => await host.Dossiers.UnlinkCustomerKeyAsync(
            new UnlinkCustomerKeyRequest { Customer = "customers/2404", Key = link.Key, Etag = link.Etag, RequestId = Agreed.NewId() }, Calls.Webcare));
        Assert.Equal((StatusCode.NotFound, "RESOURCE_NOT_FOUND"), (stale.Code, stale.Reason));

        var back = await LinkAsync("2404", link.Key);
        Assert.Equal("customers/2404", Assert.Single((await ResolveAsync(link.Key)).Candidates).Customer);
        var twice = await Refused.ByAsync(() => LinkAsync("2404", link.Key));
        Assert.Equal(("KEY_ALREADY_LINKED", back.Link.Etag), (twice.Reason, twice.Info.Metadata["etag"]));
        Assert.Equal([1L, 2L, 3L], Contents().LinkRevisions.Where(link => link.Customer == "2404" && link.KeyValue == Phone).Select(link => link.Revision));
    }

    [ServerFact]
    public async Task One_call_is_its_customers_by_an_agents_word()
    {
        // A withheld number, and somebody else's call: no key of 2405 finds them.
        var calls = vendor.Servers.Query<string>("SELECT call_id FROM call WHERE number IS NULL ORDER BY started_at, call_id", null, "telephony").Take(2)
            .Concat(vendor.Servers.Query<string>("SELECT call_id FROM call WHERE number = '0350001045' ORDER BY started_at, call_id", null, "telephony").Take(1))
            .ToList();
        Assert.Equal(3, calls.Count);
        var before = await ListAsync("2405");
        var links = new List<KeyLink>();
        foreach (var call in calls)
        {
            Assert.Equal(StatusCode.NotFound, (await Refused.ByAsync(() => GetAsync("2405", call))).Code);
            links.Add((await LinkAsync("2405", Call(call))).Link);
            Assert.Equal(Call(call), links[^1].Key);
        }

        foreach (var size in (int[])[1, 2, 3, 200])
        {
            var listed = await ListAsync("2405", size);
            Assert.Equal(before.Select(interaction => interaction.Name).Concat(calls.Select(call => Name("2405", call))).Order(), listed.Select(interaction => interaction.Name).Order());
            Assert.Equal(listed.OrderByDescending(interaction => interaction.OccurTime).Select(interaction => interaction.OccurTime), listed.Select(interaction => interaction.OccurTime));
            Assert.Equal(before, listed.Where(interaction => !calls.Exists(call => interaction.Name == Name("2405", call))));
        }

        var dossier = (await host.Dossiers.GetDossierAsync(new GetDossierRequest { Name = "customers/2405/dossier", InteractionCount = 200 })).Dossier;
        foreach (var call in calls)
        {
            Assert.Single(dossier.Interactions, interaction => interaction.Name == Name("2405", call));
            Assert.Equal(Name("2405", call), (await GetAsync("2405", call)).Name);
            Assert.Equal(StatusCode.NotFound, (await Refused.ByAsync(() => GetAsync("2406", call))).Code);
        }

        foreach (var link in links)
        {
            await host.Dossiers.UnlinkCustomerKeyAsync(
                new UnlinkCustomerKeyRequest { Customer = "customers/2405", Key = link.Key, Etag = link.Etag, RequestId = Agreed.NewId() }, Calls.Webcare);
        }

        Assert.Equal(before, await ListAsync("2405", 2));
        Assert.Equal(StatusCode.NotFound, (await Refused.ByAsync(() => GetAsync("2405", calls[0]))).Code);
        Contents();
    }

    [ServerFact]
    public async Task A_call_that_its_number_finds_too_is_there_once()
    {
        var all = await ListAsync("2407");
        var own = all.First(interaction => interaction.Source == "sources/telephony");
        var call = own.Name[(own.Name.LastIndexOf('/') + 1)..];
        await LinkAsync("2407", Call(call));

        foreach (var size in (int[])[1, 3, 200])
        {
            Assert.Equal(all, await ListAsync("2407", size));
        }
    }

    [ServerFact]
    public async Task A_call_of_two_customers_is_possible_at_both()
    {
        var call = vendor.Servers.Query<string>("SELECT call_id FROM call WHERE number IS NULL ORDER BY started_at DESC, call_id", null, "telephony")[0];
        await LinkAsync("2408", Call(call));
        Assert.Contains((await PossibleAsync("2408")).Interactions, interaction => interaction.Name == Name("2408", call));
        var second = await LinkAsync("2409", Call(call));

        Assert.True(second.Link.Shared);
        foreach (var customer in (string[])["2408", "2409"])
        {
            var dossier = await PossibleAsync(customer);
            Assert.DoesNotContain(dossier.Interactions, interaction => interaction.Name.EndsWith(call, StringComparison.Ordinal));
            Assert.Single(dossier.PossibleInteractions, interaction => interaction.Name.EndsWith(call, StringComparison.Ordinal));
            Assert.True(dossier.Customer.Keys.Single(link => link.Key.Equals(Call(call))).Shared);
        }
    }

    [ServerFact]
    public async Task An_interaction_that_is_not_there_is_not_found_and_a_store_that_takes_none_says_so()
    {
        var before = Contents().ToString();
        foreach (var key in (CustomerKey[])[Call("no-such-call"), new CustomerKey { Interaction = "sources/nowhere/interactions/1" }])
        {
            var missing = await Refused.ByAsync(() => LinkAsync("2410", key));
            Assert.Equal((StatusCode.NotFound, "RESOURCE_NOT_FOUND"), (missing.Code, missing.Reason));
        }

        var nobody = await Refused.ByAsync(() => LinkAsync("no-such-customer", Call(vendor.Servers.Query<string>("SELECT MIN(call_id) FROM call", null, "telephony")[0])));
        Assert.Equal((StatusCode.NotFound, "CUSTOMER_NOT_FOUND"), (nobody.Code, nobody.Reason));

        using var folder = TemporaryFolder.Empty();
        var file = Database.SqlText.Read($"sources/telephony/queries.{vendor.Servers.Vendor.Folder}.sql");
        await File.WriteAllTextAsync(folder["find.sql"], file[..file.IndexOf("-- name: interactions", StringComparison.Ordinal)]);
        await using var finding = await vendor.Servers.StartAsync(("Sources:telephony:Queries", folder["find.sql"]));
        var none = await Refused.ByAsync(async () => await finding.Dossiers.LinkCustomerKeyAsync(
            new LinkCustomerKeyRequest { Customer = "customers/2410", Key = Call("no-such-call"), RequestId = Agreed.NewId() }, Calls.Webcare));
        BadFieldsTests.AssertFields(none, "key.interaction");
        Assert.Equal(before, Contents().ToString());
    }

    private static CustomerKey Call(string id) => new() { Interaction = $"sources/telephony/interactions/{id}" };

    private static string Name(string customer, string call) => $"customers/{customer}/sources/telephony/interactions/{call}";

    private RegistryContents Contents() => RegistryContents.Of(vendor.Servers).IsSound();

    private void Administration(string sql, object parameters)
    {
        using var owner = vendor.Servers.Open(vendor.Servers.StoreOwner("administration"));
        owner.Execute(sql, parameters);
    }

    private async Task<ResolveCustomerResponse> ResolveAsync(CustomerKey key) => await host.Dossiers.ResolveCustomerAsync(new ResolveCustomerRequest { Keys = { key } });

    private async Task<Interaction> GetAsync(string customer, string call) =>
        (await host.Dossiers.GetInteractionAsync(new GetInteractionRequest { Name = Name(customer, call) })).Interaction;

    private async Task<V1.Dossier> PossibleAsync(string customer) => (await host.Dossiers.GetDossierAsync(
        new GetDossierRequest { Name = $"customers/{customer}/dossier", InteractionCount = 200, IncludePossibleInteractions = true })).Dossier;

    private Task<List<Interaction>> ListAsync(string customer, int size = 200) =>
        host.ListAsync(new ListInteractionsRequest { Parent = $"customers/{customer}" }, size);

    private async Task<LinkCustomerKeyResponse> LinkAsync(string customer, CustomerKey key) => await host.Dossiers.LinkCustomerKeyAsync(
        new LinkCustomerKeyRequest { Customer = $"customers/{customer}", Key = key, RequestId = Agreed.NewId() }, Calls.Webcare);
}

public sealed class SqliteKeyLinkTests(VendorHost<SqliteServers> vendor) : KeyLinkConformance<SqliteServers>(vendor);

[NeedsServer(PostgresDatabase.Variable, alsoInCI: true)]
public sealed class PostgresKeyLinkTests(VendorHost<PostgresServers> vendor) : KeyLinkConformance<PostgresServers>(vendor);

[NeedsServer(SqlServerServers.Variable, alsoInCI: false)]
public sealed class SqlServerKeyLinkTests(VendorHost<SqlServerServers> vendor) : KeyLinkConformance<SqlServerServers>(vendor);
