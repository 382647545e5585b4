using Dossier.Tests.Fixtures;
using Dossier.V1;
using Google.Protobuf.WellKnownTypes;

namespace Dossier.Tests.ServiceTests;

/// <summary>Pages across stores give every interaction exactly once, in one order, whatever the size of the pages.</summary>
public sealed class InteractionPagingTests(SharedHost shared) : IClassFixture<SharedHost>
{
    private readonly DossierHost host = shared.Host;

    // 2100 has more than a thousand calls, 2200 as many conversations; 2172 has interactions in all three stores.
    [Theory]
    [InlineData("2100", 1135)]
    [InlineData("2200", 1061)]
    [InlineData("2172", 29)]
    public async Task Pages_of_seven_give_what_pages_of_two_hundred_give(string customer, int atLeast)
    {
        var reference = await ListAsync(customer, 200);
        Assert.InRange(reference.Count, atLeast, int.MaxValue);
        Assert.Equal(reference.Count, reference.Select(interaction => interaction.Name).Distinct().Count());
        Assert.Equal(reference.OrderByDescending(interaction => interaction.OccurTime).Select(interaction => interaction.OccurTime), reference.Select(interaction => interaction.OccurTime));

        Assert.Equal(reference, await ListAsync(customer, 7));
    }

    [Theory]
    [InlineData("2100")]
    [InlineData("2172")]
    public async Task The_size_may_change_from_page_to_page(string customer)
    {
        Assert.Equal(await ListAsync(customer, 200), await ListAsync(customer, 3, 50, 1, 200, 17, 2));
    }

    [Theory]
    [InlineData("2100")]
    [InlineData("2172")]
    [InlineData("1042")]
    public async Task The_token_of_a_dossier_continues_exactly(string customer)
    {
        var reference = await ListAsync(customer, 200);
        foreach (var count in (int[])[1, 4, 20])
        {
            var dossier = (await host.Dossiers.GetDossierAsync(new GetDossierRequest { Name = $"customers/{customer}/dossier", InteractionCount = count })).Dossier;
            var rest = dossier.NextPageToken.Length == 0 ? [] : await ListFromAsync(dossier.NextPageToken, customer, 7);

            Assert.Equal(
                reference.Select(interaction => interaction.Name), dossier.Interactions.Concat(rest).Select(interaction => interaction.Name));
        }
    }

    [Fact]
    public async Task The_last_page_and_only_it_has_no_token()
    {
        var all = await ListAsync("2172", 200);
        var exact = await host.Dossiers.ListInteractionsAsync(new ListInteractionsRequest { Parent = "customers/2172", PageSize = all.Count });
        var short1 = await host.Dossiers.ListInteractionsAsync(new ListInteractionsRequest { Parent = "customers/2172", PageSize = all.Count - 1 });

        Assert.Equal(all.Count, exact.Interactions.Count);
        Assert.Empty(exact.NextPageToken);
        Assert.NotEmpty(short1.NextPageToken);
        Assert.Contains(short1.Sources.SelectMany(source => source.Sections), section => section.More);
        Assert.DoesNotContain(exact.Sources.SelectMany(source => source.Sections), section => section.More);
    }

    [Fact]
    public async Task Messages_come_if_asked_and_may_be_asked_on_a_later_page()
    {
        var request = new ListInteractionsRequest { Parent = "customers/1042", PageSize = 2 };
        var first = await host.Dossiers.ListInteractionsAsync(request);
        request.PageToken = first.NextPageToken;
        request.IncludeMessages = true;
        request.PageSize = 50;
        var second = await host.Dossiers.ListInteractionsAsync(request);

        Assert.All(first.Interactions, interaction => Assert.Empty(interaction.Messages));
        var facebook = second.Interactions.Single(interaction => interaction.Channel == "facebook");
        Assert.Contains(facebook.Messages, message => message.Text.Contains("twee facturen", StringComparison.Ordinal));
        Assert.Equal(facebook.Messages.OrderBy(message => message.OccurTime), facebook.Messages);
    }

    [Fact]
    public async Task A_channel_filter_shows_only_its_channels()
    {
        var all = await ListAsync("2172", 200);
        var channels = all.Select(interaction => interaction.Channel).Distinct().Take(2).ToList();

        foreach (var size in (int[])[200, 2])
        {
            Assert.Equal(
                all.Where(interaction => channels.Contains(interaction.Channel)),
                await ListAsync("2172", request => request.Channels.AddRange(channels), size));
        }

        Assert.Empty(await ListAsync("2172", request => request.Channels.Add("shop"), 200));
    }

    [Fact]
    public async Task A_channel_that_lies_behind_a_thousand_others_is_found()
    {
        var all = await ListAsync("2200", 200);
        var rare = all.Where(interaction => interaction.Channel != "whatsapp").ToList();
        Assert.InRange(rare.Count, 1, 10);

        Assert.Equal(rare, await ListAsync("2200", request => request.Channels.AddRange(rare.Select(interaction => interaction.Channel).Distinct()), 5));
    }

    [Theory]
    [InlineData("2100")]
    [InlineData("2172")]
    public async Task Start_and_end_time_bound_the_listing(string customer)
    {
        var all = await ListAsync(customer, 200);
        var (end, start) = (all[all.Count / 3].OccurTime, all[all.Count * 2 / 3].OccurTime);
        bool Within(Interaction interaction) => interaction.OccurTime >= start && interaction.OccurTime < end;
        void Bound(ListInteractionsRequest request) => (request.StartTime, request.EndTime) = (start, end);

        Assert.Contains(all, Within);
        Assert.Equal(all.Where(Within), await ListAsync(customer, Bound, 200));
        Assert.Equal(all.Where(Within), await ListAsync(customer, Bound, 7));
    }

    [Fact]
    public async Task A_listing_before_everything_is_empty()
    {
        Assert.Empty(await ListAsync("2100", request => request.EndTime = new Timestamp { Seconds = 1 }, 200));
    }

    private Task<List<Interaction>> ListAsync(string customer, params int[] sizes) => ListAsync(customer, _ => { }, sizes);

    private Task<List<Interaction>> ListAsync(string customer, Action<ListInteractionsRequest> filter, params int[] sizes)
    {
        var request = new ListInteractionsRequest { Parent = $"customers/{customer}" };
        filter(request);
        return ListAsync(request, sizes);
    }

    private Task<List<Interaction>> ListFromAsync(string token, string customer, params int[] sizes) =>
        ListAsync(new ListInteractionsRequest { Parent = $"customers/{customer}", PageToken = token }, sizes);

    private async Task<List<Interaction>> ListAsync(ListInteractionsRequest request, int[] sizes)
    {
        var listed = new List<Interaction>();
        var page = 0;
        do
        {
            request.PageSize = sizes[page++ % sizes.Length];
            var answer = await host.Dossiers.ListInteractionsAsync(request);
            Assert.InRange(answer.Interactions.Count, 0, request.PageSize);
            Assert.InRange(page, 1, 300);
            Assert.Empty(answer.Unreachable);
            listed.AddRange(answer.Interactions);
            request.PageToken = answer.NextPageToken;
        }
        while (request.PageToken.Length > 0);
        return listed;
    }
}
