using Dossier.Tests.Fixtures;
using Dossier.V1;
using Google.Protobuf.WellKnownTypes;

namespace Dossier.Tests.ServiceTests;

/// <summary>Who may be behind a key; and the screen-pop, which opens the dossier when there is no doubt.</summary>
public sealed class ResolveCustomerTests(SharedHost shared) : IClassFixture<SharedHost>
{
    private static readonly string[] Everyone = ["sources/administration", "sources/registry", "sources/telephony", "sources/webcare"];
    private readonly DossierHost host = shared.Host;

    public static TheoryData<string, CustomerKey> KeysOf1042 => new()
    {
        { "national", new CustomerKey { Phone = "0600001042" } },
        { "E.164", new CustomerKey { Phone = "+31 6 0000 1042" } },
        { "international", new CustomerKey { Phone = "0031600001042" } },
        { "as people write it", new CustomerKey { Phone = "+31 (0)6 00 00 10 42" } },
        { "mail in another case", new CustomerKey { Email = "MARLOES.dewit@example.org " } },
        { "account", new CustomerKey { BillingAccount = "BA-001042" } },
        { "customer number", new CustomerKey { CustomerNumber = "1042" } },
        { "social id", new CustomerKey { SocialId = new SocialId { Platform = "facebook", Page = "voorbeeldtelecom", Id = "61550000001042" } } },
    };

    [Theory]
    [MemberData(nameof(KeysOf1042))]
    public async Task Every_kind_of_key_in_every_spelling_finds_the_customer(string spelling, CustomerKey key)
    {
        Assert.NotEmpty(spelling);
        await host.GetAsync("1042");
        var resolved = await host.Dossiers.ResolveCustomerAsync(new ResolveCustomerRequest { Keys = { key } });

        var candidate = Assert.Single(resolved.Candidates);
        Assert.Equal(("customers/1042", MatchGrade.Certain, "Marloes de Wit"), (candidate.Customer, candidate.Grade, candidate.DisplayName));
        Assert.Equal("Utrecht", candidate.Place);
        Assert.Equal(key.KeyCase, Assert.Single(candidate.MatchedKeys).KeyCase);
        Assert.Equal(Everyone, resolved.Sources.Select(source => source.Source).Order());
        Assert.Empty(resolved.Unreachable);
    }

    [Theory]
    [MemberData(nameof(KeysOf1042))]
    public async Task A_look_up_by_any_key_opens_the_dossier(string spelling, CustomerKey key)
    {
        Assert.NotEmpty(spelling);
        await host.GetAsync("1042");
        var found = await host.Dossiers.LookUpDossierAsync(new LookUpDossierRequest { Key = key });

        Assert.Equal("customers/1042/dossier", found.Dossier.Name);
        Assert.Equal(5, found.Dossier.Interactions.Count);
        Assert.Empty(found.Dossier.Invoices);
        Assert.NotEmpty(found.Dossier.Attention);
    }

    [Theory]
    [InlineData("anonymous")]
    [InlineData("Anonymous ")]
    [InlineData("private")]
    [InlineData("unknown")]
    [InlineData("unavailable")]
    [InlineData("restricted")]
    [InlineData("")]
    public async Task A_withheld_number_is_an_empty_answer_and_no_error(string phone)
    {
        var found = await host.Dossiers.LookUpDossierAsync(new LookUpDossierRequest { Key = new CustomerKey { Phone = phone } });

        Assert.Empty(found.Candidates);
        Assert.Null(found.Dossier);
    }

    [Fact]
    public async Task A_number_that_nobody_knows_is_an_empty_answer_that_says_who_was_asked()
    {
        var key = new CustomerKey { Phone = "0600008888" };

        var found = await host.Dossiers.LookUpDossierAsync(new LookUpDossierRequest { Key = key });
        var resolved = await host.Dossiers.ResolveCustomerAsync(new ResolveCustomerRequest { Keys = { key } });

        Assert.Empty(found.Candidates);
        Assert.Null(found.Dossier);
        Assert.Equal(Everyone, found.Sources.Select(source => source.Source).Order());
        Assert.Empty(found.Unreachable);
        Assert.Empty(resolved.Candidates);
    }

    [Fact]
    public async Task A_customer_number_that_nobody_knows_is_an_empty_answer_too()
    {
        var found = await host.Dossiers.LookUpDossierAsync(new LookUpDossierRequest { Key = new CustomerKey { CustomerNumber = "9999" } });

        Assert.Empty(found.Candidates);
        Assert.Null(found.Dossier);
    }

    [Fact]
    public async Task A_person_without_a_customer_number_is_found_and_not_opened()
    {
        // Only the call centre knows this caller.
        var key = new CustomerKey { Phone = "0600002102" };

        var found = await host.Dossiers.LookUpDossierAsync(new LookUpDossierRequest { Key = key });

        var candidate = Assert.Single(found.Candidates);
        Assert.Equal(("", MatchGrade.Probable, "Jan-Peter Müller"), (candidate.Customer, candidate.Grade, candidate.DisplayName));
        Assert.Equal(new CustomerKey { Phone = "+31600002102" }, Assert.Single(candidate.MatchedKeys));
        Assert.Null(found.Dossier);
    }

    [Fact]
    public async Task Keys_of_several_customers_give_several_candidates_best_first()
    {
        var resolved = await host.Dossiers.ResolveCustomerAsync(new ResolveCustomerRequest
        {
            Keys = { new CustomerKey { Phone = "0350001045" }, new CustomerKey { Phone = "0600001042" }, new CustomerKey { Phone = "0600002102" } },
        });

        Assert.Equal(["customers/1042", "", "customers/1045", "customers/1046"], resolved.Candidates.Select(candidate => candidate.Customer));
        Assert.Equal(
            [MatchGrade.Certain, MatchGrade.Probable, MatchGrade.Possible, MatchGrade.Possible],
            resolved.Candidates.Select(candidate => candidate.Grade));
    }

    [Fact]
    public async Task The_view_can_be_chosen()
    {
        var found = await host.Dossiers.LookUpDossierAsync(new LookUpDossierRequest { Key = new CustomerKey { CustomerNumber = "1042" }, View = DossierView.Full });

        Assert.NotEmpty(found.Dossier.Invoices);
        Assert.Equal(found.RegistrySequence, found.Dossier.RegistrySequence);
    }

    [Fact]
    public async Task A_source_that_is_down_while_looking_up_is_named()
    {
        using var fault = StoreFault.MovedAway(host, "telephony");

        var found = await host.Dossiers.LookUpDossierAsync(new LookUpDossierRequest { Key = new CustomerKey { Phone = "0600002119" } });

        Assert.Empty(found.Candidates);
        Assert.Equal(["sources/telephony"], found.Unreachable);
    }

    [Fact]
    public async Task A_budget_of_almost_nothing_is_an_answer_that_names_everyone()
    {
        var found = await host.Dossiers.LookUpDossierAsync(
            new LookUpDossierRequest { Key = new CustomerKey { Phone = "0600001042" }, TimeBudget = new Duration { Nanos = 1 } });

        Assert.Empty(found.Candidates);
        Assert.Equal(["sources/administration", "sources/registry", "sources/telephony"], found.Unreachable.Order());
    }
}
