using Dossier.Tests.Fixtures;
using Dossier.Tests.ServiceTests;
using Dossier.V1;

namespace Dossier.Tests.ConformanceTests;

/// <summary>Who may be behind a key, and how sure that is.</summary>
/// <typeparam name="TServers">The vendor's databases.</typeparam>
public abstract class IdentityConformance<TServers>(SampleHosts<TServers> hosts) : IClassFixture<SampleHosts<TServers>>
    where TServers : Servers, new()
{
    private static CustomerKey[] KeysOf1042 =>
    [
        new() { Phone = "0600001042" },
        new() { Phone = "+31 6 0000 1042" },
        new() { Phone = "0031600001042" },
        new() { Email = "MARLOES.dewit@example.org " },
        new() { BillingAccount = "BA-001042" },
        new() { CustomerNumber = "1042" },
        new() { SocialId = new SocialId { Platform = "facebook", Page = "voorbeeldtelecom", Id = "61550000001042" } },
    ];

    private static CustomerKey[] Others =>
    [
        new() { Phone = "0350001045" },
        new() { Email = "Familie.IJzerman@example.org" },
        new() { Phone = "0600002102" },
        new() { Phone = "0600002119" },
        new() { Phone = "0600008888" },
        new() { CustomerNumber = "9999" },
        new() { BillingAccount = "ba-001042" },
        new() { SocialId = new SocialId { Platform = "facebook", Page = "Voorbeeldtelecom", Id = "61550000001042" } },
    ];

    [ServerFact]
    public async Task A_key_of_one_customer_is_certain_and_opens_the_dossier()
    {
        await hosts.Host.GetAsync("1042");
        foreach (var key in KeysOf1042)
        {
            var found = await hosts.Host.Dossiers.LookUpDossierAsync(new LookUpDossierRequest { Key = key });

            var candidate = Assert.Single(found.Candidates);
            Assert.Equal(("customers/1042", MatchGrade.Certain, "Marloes de Wit", "Utrecht"), (candidate.Customer, candidate.Grade, candidate.DisplayName, candidate.Place));
            Assert.Equal(key.KeyCase, Assert.Single(candidate.MatchedKeys).KeyCase);
            Assert.Equal(candidate, Assert.Single((await ResolveAsync(hosts.Host, key)).Candidates));
            Assert.Equal("customers/1042/dossier", found.Dossier.Name);
            Assert.Empty(found.Unreachable);
        }
    }

    [ServerFact]
    public async Task A_households_key_is_possible_and_opens_nobodys_dossier()
    {
        foreach (var key in Others[..2])
        {
            var found = await hosts.Host.Dossiers.LookUpDossierAsync(new LookUpDossierRequest { Key = key });

            Assert.Equal(["customers/1045", "customers/1046"], found.Candidates.Select(candidate => candidate.Customer));
            Assert.All(found.Candidates, candidate => Assert.Equal((MatchGrade.Possible, key.KeyCase), (candidate.Grade, Assert.Single(candidate.MatchedKeys).KeyCase)));
            Assert.Null(found.Dossier);
        }
    }

    [ServerFact]
    public async Task What_only_the_call_centre_knows_is_probable_and_cannot_be_opened()
    {
        var found = await hosts.Host.Dossiers.LookUpDossierAsync(new LookUpDossierRequest { Key = Others[2] });

        var candidate = Assert.Single(found.Candidates);
        Assert.Equal(("", MatchGrade.Probable, "Jan-Peter Müller"), (candidate.Customer, candidate.Grade, candidate.DisplayName));
        Assert.Equal(new CustomerKey { Phone = "+31600002102" }, Assert.Single(candidate.MatchedKeys));
        Assert.Null(found.Dossier);
    }

    [ServerFact]
    public async Task Keys_of_several_people_give_all_of_them_best_first()
    {
        var resolved = await ResolveAsync(hosts.Host, Others[0], KeysOf1042[0], Others[2], KeysOf1042[4]);

        Assert.Equal(
            [("customers/1042", MatchGrade.Certain), ("", MatchGrade.Probable), ("customers/1045", MatchGrade.Possible), ("customers/1046", MatchGrade.Possible)],
            resolved.Candidates.Select(candidate => (candidate.Customer, candidate.Grade)));
        Assert.Equal(2, resolved.Candidates[0].MatchedKeys.Count);
    }

    [ServerFact]
    public async Task Every_key_finds_whom_it_finds_on_SQLite()
    {
        foreach (var key in KeysOf1042.Concat(Others))
        {
            var (reference, found) = (await ResolveAsync(hosts.Sqlite, key), await ResolveAsync(hosts.Host, key));
            Assert.Equal(reference.Candidates, found.Candidates);
            Assert.Equal(reference.Sources.Select(source => (source.Source, source.State)), found.Sources.Select(source => (source.Source, source.State)));
            Assert.Empty(found.Unreachable);

            var (opened, same) = (await LookUpAsync(hosts.Sqlite, key), await LookUpAsync(hosts.Host, key));
            Assert.Equal(opened.Candidates, same.Candidates);
            Assert.Equal(opened.Dossier?.Interactions.ToList(), same.Dossier?.Interactions.ToList());
            Assert.Equal(opened.Dossier?.Attention.ToList(), same.Dossier?.Attention.ToList());
        }
    }

    [ServerFact]
    public async Task A_person_whom_only_the_call_centre_knows_is_certain_once_an_agent_has_linked_the_number()
    {
        var key = new CustomerKey { Phone = "0600002182" };
        Assert.DoesNotContain((await ResolveAsync(hosts.Host, key)).Candidates, candidate => candidate.Customer.Length > 0);

        await hosts.Host.Dossiers.LinkCustomerKeyAsync(new LinkCustomerKeyRequest { Customer = "customers/2047", Key = key, RequestId = Agreed.NewId() }, Calls.Webcare);

        var candidate = Assert.Single((await ResolveAsync(hosts.Host, key)).Candidates);
        Assert.Equal(("customers/2047", MatchGrade.Certain), (candidate.Customer, candidate.Grade));
        Assert.Equal("customers/2047/dossier", (await LookUpAsync(hosts.Host, key)).Dossier.Name);
        await hosts.Host.Dossiers.LinkCustomerKeyAsync(new LinkCustomerKeyRequest { Customer = "customers/2048", Key = key, RequestId = Agreed.NewId() }, Calls.Webcare);
        Assert.Equal(
            [("customers/2047", MatchGrade.Possible), ("customers/2048", MatchGrade.Possible)],
            (await ResolveAsync(hosts.Host, key)).Candidates.Select(both => (both.Customer, both.Grade)));
        Assert.Null((await LookUpAsync(hosts.Host, key)).Dossier);
    }

    private static async Task<ResolveCustomerResponse> ResolveAsync(DossierHost host, params CustomerKey[] keys) =>
        await host.Dossiers.ResolveCustomerAsync(new ResolveCustomerRequest { Keys = { keys } });

    private static async Task<LookUpDossierResponse> LookUpAsync(DossierHost host, CustomerKey key) =>
        await host.Dossiers.LookUpDossierAsync(new LookUpDossierRequest { Key = key });
}

public sealed class SqliteIdentityTests(SampleHosts<SqliteServers> hosts) : IdentityConformance<SqliteServers>(hosts);

[NeedsServer(PostgresDatabase.Variable, alsoInCI: true)]
public sealed class PostgresIdentityTests(SampleHosts<PostgresServers> hosts) : IdentityConformance<PostgresServers>(hosts);

[NeedsServer(SqlServerServers.Variable, alsoInCI: false)]
public sealed class SqlServerIdentityTests(SampleHosts<SqlServerServers> hosts) : IdentityConformance<SqlServerServers>(hosts);
