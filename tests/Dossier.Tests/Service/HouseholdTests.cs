using Dossier.Tests.Fixtures;
using Dossier.V1;

namespace Dossier.Tests.ServiceTests;

/// <summary>Anja (1045) and Pieter (1046) IJzerman have one landline and one mail address: neither sees the other's letters.</summary>
public sealed class HouseholdTests(SharedHost shared) : IClassFixture<SharedHost>
{
    private static readonly string[] OnTheLandline = ["20251112-00188", "20260205-00290"];
    private readonly DossierHost host = shared.Host;

    [Theory]
    [InlineData("1045", "20260616-00221", "20260701-00175")]
    [InlineData("1046", "20260701-00175", "20260616-00221")]
    public async Task A_shared_key_feeds_no_fact(string customer, string own, string others)
    {
        // The first dossier learns the keys, the second one remembers them.
        for (var time = 1; time <= 2; time++)
        {
            var dossier = await host.GetAsync(customer);
            var ids = dossier.Interactions.Select(Id).ToList();
            Assert.Contains(own, ids);
            Assert.DoesNotContain(others, ids);
            Assert.DoesNotContain(ids, OnTheLandline.Contains);
            Assert.Empty(dossier.PossibleInteractions);
            Assert.Equal(
                ["+31350001045", "familie.ijzerman@example.org"],
                dossier.Customer.Keys.Where(link => link.Shared).Select(link => link.Key.Phone + link.Key.Email).Order());
        }
    }

    [Theory]
    [InlineData("1045")]
    [InlineData("1046")]
    public async Task What_a_shared_key_finds_is_possible_if_the_caller_asks(string customer)
    {
        for (var time = 1; time <= 2; time++)
        {
            var dossier = (await host.Dossiers.GetDossierAsync(
                new GetDossierRequest { Name = $"customers/{customer}/dossier", IncludePossibleInteractions = true })).Dossier;

            var possible = dossier.PossibleInteractions.Select(Id).ToList();
            Assert.Contains("20251112-00188", possible);
            Assert.Contains("20260205-00290", possible);
            Assert.DoesNotContain(dossier.Interactions.Select(Id), OnTheLandline.Contains);
            Assert.Empty(possible.Intersect(dossier.Interactions.Select(Id)));
        }
    }

    [Fact]
    public async Task Listing_interactions_keeps_the_household_apart_too()
    {
        var listed = await host.Dossiers.ListInteractionsAsync(new ListInteractionsRequest { Parent = "customers/1046" });

        Assert.DoesNotContain(listed.Interactions.Select(Id), OnTheLandline.Contains);
        Assert.DoesNotContain(listed.Interactions, interaction => interaction.Participant == "Anja IJzerman");
    }

    [Fact]
    public async Task The_landline_finds_both_and_opens_neither()
    {
        foreach (var key in (CustomerKey[])[new CustomerKey { Phone = "035 000 1045" }, new CustomerKey { Email = "Familie.IJzerman@example.org" }])
        {
            var found = await host.Dossiers.LookUpDossierAsync(new LookUpDossierRequest { Key = key });

            Assert.Equal(["customers/1045", "customers/1046"], found.Candidates.Select(candidate => candidate.Customer));
            Assert.All(found.Candidates, candidate => Assert.Equal(MatchGrade.Possible, candidate.Grade));
            Assert.Equal(["Anja IJzerman", "Pieter IJzerman"], found.Candidates.Select(candidate => candidate.DisplayName));
            Assert.All(found.Candidates, candidate => Assert.NotEmpty(candidate.Place));
            Assert.Null(found.Dossier);
        }
    }

    [Fact]
    public async Task A_mobile_number_of_their_own_opens_one()
    {
        var found = await host.Dossiers.LookUpDossierAsync(new LookUpDossierRequest { Key = new CustomerKey { Phone = "+31600001046" } });

        Assert.Equal(("customers/1046", MatchGrade.Certain), (Assert.Single(found.Candidates).Customer, found.Candidates[0].Grade));
        Assert.Equal("Pieter IJzerman", found.Dossier.Customer.DisplayName);
    }

    private static string Id(Interaction interaction) => interaction.Name[(interaction.Name.LastIndexOf('/') + 1)..];
}
