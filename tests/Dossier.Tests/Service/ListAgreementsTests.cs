using Dossier.Tests.Fixtures;
using Dossier.V1;
using Grpc.Core;

namespace Dossier.Tests.ServiceTests;

/// <summary>The agreements of one customer, newest first, page by page, by the clock of the first page.</summary>
public sealed class ListAgreementsTests(SharedHost shared) : IClassFixture<SharedHost>
{
    private static readonly Metadata Webcare = DossierHost.As("webcare", "daan");
    private readonly DossierHost host = shared.Host;

    [Fact]
    public async Task Pages_of_any_size_give_each_agreement_once_newest_first()
    {
        var made = new List<string>();
        for (var number = 1; number <= 7; number++)
        {
            made.Insert(0, (await host.Agreements.CreateAgreementAsync(Agreed.Remark("2041", $"{number}"), Webcare)).Agreement.Name);
        }

        var pages = await PagesAsync("2041", [2, 1, 3, 2]);

        Assert.Equal(made, pages.SelectMany(page => page.Agreements).Select(agreement => agreement.Name));
        Assert.Equal([2, 1, 3, 1], pages.Select(page => page.Agreements.Count));
    }

    [Fact]
    public async Task A_state_filter_reads_past_what_it_hides()
    {
        var active = (await host.Agreements.CreateAgreementAsync(Agreed.DunningBlock("2042"), Webcare)).Agreement;
        var ended = (await host.Agreements.CreateAgreementAsync(Agreed.Ended("2042"), Webcare)).Agreement;
        var gone = (await host.Agreements.CreateAgreementAsync(Agreed.DunningBlock("2042"), Webcare)).Agreement;
        gone = (await host.Agreements.WithdrawAgreementAsync(Agreed.Withdraw(gone), Webcare)).Agreement;
        var second = (await host.Agreements.CreateAgreementAsync(Agreed.DunningBlock("2042"), Webcare)).Agreement;

        Assert.Equal([second, gone, ended, active], await AllAsync("2042"));
        Assert.Equal([second, active], await AllAsync("2042", AgreementState.Active));
        Assert.Equal([ended], await AllAsync("2042", AgreementState.Expired));
        Assert.Equal([gone, ended], await AllAsync("2042", AgreementState.Expired, AgreementState.Withdrawn));
        Assert.Empty(await AllAsync("2042", AgreementState.Fulfilled));
    }

    [Fact]
    public async Task Later_pages_keep_the_sequence_and_the_moment_of_the_first()
    {
        for (var number = 1; number <= 3; number++)
        {
            await host.Agreements.CreateAgreementAsync(Agreed.Remark("2043", $"{number}"), Webcare);
        }

        var request = new ListAgreementsRequest { Parent = "customers/2043", PageSize = 2 };
        var first = await host.Agreements.ListAgreementsAsync(request);
        await host.Agreements.CreateAgreementAsync(Agreed.Remark("2043", "4"), Webcare);
        request.PageToken = first.NextPageToken;
        var second = await host.Agreements.ListAgreementsAsync(request);

        Assert.Equal((first.RegistrySequence, first.AsOf), (second.RegistrySequence, second.AsOf));
        Assert.Equal("1", Assert.Single(second.Agreements).Effects[0].Remark.Text);
    }

    [Fact]
    public async Task A_page_size_over_the_maximum_is_the_maximum_and_a_token()
    {
        await Parallel.ForEachAsync(Enumerable.Range(0, 201), async (number, stop) =>
            await host.Agreements.CreateAgreementAsync(Agreed.Remark("2044", $"{number}"), Webcare, cancellationToken: stop));

        var pages = await PagesAsync("2044", [10_000]);

        Assert.Equal([200, 1], pages.Select(page => page.Agreements.Count));
        Assert.Equal(201, pages.SelectMany(page => page.Agreements).Select(agreement => agreement.Name).Distinct().Count());
        Assert.Equal(50, (await host.Agreements.ListAgreementsAsync(new ListAgreementsRequest { Parent = "customers/2044" })).Agreements.Count);
        var dossier = await host.GetAsync("2044", Section.Agreements);
        var section = Assert.Single(dossier.Sources.Single(source => source.Source == "sources/registry").Sections);
        Assert.Equal((50, 50, true), (dossier.Agreements.Count, section.ItemCount, section.Truncated));
    }

    [Fact]
    public async Task A_token_of_another_customer_filter_or_method_is_refused()
    {
        await host.Agreements.CreateAgreementAsync(Agreed.Remark("2045", "1"), Webcare);
        await host.Agreements.CreateAgreementAsync(Agreed.Remark("2045", "2"), Webcare);
        var token = (await host.Agreements.ListAgreementsAsync(new ListAgreementsRequest { Parent = "customers/2045", PageSize = 1 })).NextPageToken;
        var interactions = (await host.Dossiers.ListInteractionsAsync(new ListInteractionsRequest { Parent = "customers/2100", PageSize = 1 })).NextPageToken;
        ListAgreementsRequest[] wrong =
        [
            new() { Parent = "customers/2046", PageToken = token },
            new() { Parent = "customers/2045", PageToken = token, States = { AgreementState.Active } },
            new() { Parent = "customers/2100", PageToken = interactions },
            new() { Parent = "customers/2045", PageToken = token + "A" },
            new() { Parent = "customers/2045", PageToken = "garbage" },
        ];

        foreach (var request in wrong)
        {
            var refused = await Refused.ByAsync(async () => await host.Agreements.ListAgreementsAsync(request));
            BadFieldsTests.AssertFields(refused, ErrorReason.InvalidPageToken, "page_token");
        }
    }

    private async Task<List<Agreement>> AllAsync(string customer, params AgreementState[] states) =>
        [.. (await PagesAsync(customer, [1], states)).SelectMany(page => page.Agreements)];

    private async Task<List<ListAgreementsResponse>> PagesAsync(string customer, int[] sizes, params AgreementState[] states)
    {
        var pages = new List<ListAgreementsResponse>();
        var request = new ListAgreementsRequest { Parent = $"customers/{customer}", States = { states } };
        do
        {
            request.PageSize = sizes[pages.Count % sizes.Length];
            pages.Add(await host.Agreements.ListAgreementsAsync(request));
            request.PageToken = pages[^1].NextPageToken;
        }
        while (request.PageToken.Length > 0);
        return pages;
    }
}
