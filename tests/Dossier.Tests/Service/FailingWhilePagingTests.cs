using Dossier.Tests.Fixtures;
using Dossier.V1;

namespace Dossier.Tests.ServiceTests;

/// <summary>What fails on one page is named on it and on all later ones, and is not read again in that listing.</summary>
public sealed class FailingWhilePagingTests(SharedHost shared) : IClassFixture<SharedHost>
{
    private readonly DossierHost host = shared.Host;

    [Theory]
    [InlineData("telephony")]
    [InlineData("webcare")]
    [InlineData("administration")]
    public async Task A_store_that_fails_on_page_two_is_out_of_the_listing_and_the_others_come_exactly_once(string store)
    {
        var source = $"sources/{store}";
        var whole = (await ListAsync(new ListInteractionsRequest { Parent = "customers/2172", PageSize = 200 }))[0].Interactions;
        var request = new ListInteractionsRequest { Parent = "customers/2172", PageSize = 7 };
        var first = await host.Dossiers.ListInteractionsAsync(request);
        Assert.Empty(first.Unreachable);
        request.PageToken = first.NextPageToken;
        ListInteractionsResponse second;
        using (StoreFault.MovedAway(host, store))
        {
            second = await host.Dossiers.ListInteractionsAsync(request);
        }

        await Soon.BecomesAsync(async () => (await host.GetAsync("2172")).Unreachable.Count == 0);
        request.PageToken = second.NextPageToken;
        var later = request.PageToken.Length > 0 ? await ListAsync(request) : [];

        foreach (var page in later.Prepend(second))
        {
            Assert.Equal([source], page.Unreachable);
            Assert.DoesNotContain(page.Interactions, interaction => interaction.Source == source);
            Assert.Equal(SourceState.Unreachable, page.Sources.Single(status => status.Source == source).State);
        }

        Assert.Equal(
            whole.Where((interaction, index) => index < 7 || interaction.Source != source).Select(interaction => interaction.Name),
            first.Interactions.Concat(second.Interactions).Concat(later.SelectMany(page => page.Interactions)).Select(interaction => interaction.Name));
    }

    [Fact]
    public async Task A_store_that_was_missing_in_the_dossier_stays_out_of_the_listing_that_continues_it()
    {
        await host.GetAsync("2172");
        V1.Dossier dossier;
        using (StoreFault.MovedAway(host, "telephony"))
        {
            dossier = (await host.Dossiers.GetDossierAsync(new GetDossierRequest { Name = "customers/2172/dossier", InteractionCount = 4 })).Dossier;
        }

        await Soon.BecomesAsync(async () => (await host.GetAsync("2172")).Unreachable.Count == 0);
        var rest = await ListAsync(new ListInteractionsRequest { Parent = "customers/2172", PageSize = 7, PageToken = dossier.NextPageToken });

        Assert.All(rest, page => Assert.Equal(["sources/telephony"], page.Unreachable));
        Assert.DoesNotContain(rest.SelectMany(page => page.Interactions), interaction => interaction.Source == "sources/telephony");
    }

    [Fact]
    public async Task A_registry_that_fails_on_page_two_is_named_on_all_later_pages_too()
    {
        await host.GetAsync("2172");
        var request = new ListInteractionsRequest { Parent = "customers/2172", PageSize = 7 };
        request.PageToken = (await host.Dossiers.ListInteractionsAsync(request)).NextPageToken;
        ListInteractionsResponse second;
        using (StoreFault.MovedAway(host, "registry"))
        {
            second = await host.Dossiers.ListInteractionsAsync(request);
        }

        await Soon.BecomesAsync(async () => (await host.GetAsync("2172")).Unreachable.Count == 0);
        request.PageToken = second.NextPageToken;
        var later = await ListAsync(request);

        // The keys that only the registry knows were not used on page two: what they find is missing from there on.
        Assert.Equal(["sources/registry"], second.Unreachable);
        Assert.All(later, page => Assert.Equal(["sources/registry"], page.Unreachable));
    }

    [Fact]
    public async Task A_new_listing_reads_everything_again()
    {
        using (StoreFault.MovedAway(host, "telephony"))
        {
            Assert.Equal(["sources/telephony"], (await host.Dossiers.ListInteractionsAsync(new ListInteractionsRequest { Parent = "customers/2172" })).Unreachable);
        }

        await Soon.BecomesAsync(async () =>
            (await host.Dossiers.ListInteractionsAsync(new ListInteractionsRequest { Parent = "customers/2172" })) is { Unreachable.Count: 0, Interactions.Count: 29 });
    }

    private async Task<List<ListInteractionsResponse>> ListAsync(ListInteractionsRequest request)
    {
        var pages = new List<ListInteractionsResponse>();
        do
        {
            pages.Add(await host.Dossiers.ListInteractionsAsync(request));
            request.PageToken = pages[^1].NextPageToken;
        }
        while (request.PageToken.Length > 0);
        return pages;
    }
}
