using System.Buffers.Text;
using Dossier.Tests.Fixtures;
using Dossier.V1;
using Google.Protobuf.WellKnownTypes;

namespace Dossier.Tests.ServiceTests;

/// <summary>A page token is for the query it was given for, and nobody but the service can make one.</summary>
public sealed class PageTokenTests(SharedHost shared) : IClassFixture<SharedHost>
{
    private readonly DossierHost host = shared.Host;

    [Fact]
    public async Task A_token_of_another_customer_or_filter_is_refused()
    {
        var token = await TokenAsync(new ListInteractionsRequest { Parent = "customers/2100", PageSize = 5 });
        ListInteractionsRequest[] wrong =
        [
            new() { Parent = "customers/2200" },
            new() { Parent = "customers/2100", Channels = { "phone" } },
            new() { Parent = "customers/2100", StartTime = new Timestamp { Seconds = 1 } },
            new() { Parent = "customers/2100", EndTime = new Timestamp { Seconds = 1_800_000_000 } },
        ];

        foreach (var request in wrong)
        {
            request.PageToken = token;
            await AssertRefusedAsync(request);
        }
    }

    [Fact]
    public async Task A_token_given_for_a_filter_is_refused_without_it()
    {
        var filtered = new ListInteractionsRequest { Parent = "customers/2100", PageSize = 5, Channels = { "phone", "letter" } };
        var token = await TokenAsync(filtered);

        await AssertRefusedAsync(new ListInteractionsRequest { Parent = "customers/2100", PageToken = token });
        await AssertRefusedAsync(new ListInteractionsRequest { Parent = "customers/2100", PageToken = token, Channels = { "phone" } });
        var other = new ListInteractionsRequest { Parent = "customers/2100", PageToken = token, Channels = { "letter", "phone" } };
        Assert.NotEmpty((await host.Dossiers.ListInteractionsAsync(other)).Interactions);
    }

    [Theory]
    [InlineData("x")]
    [InlineData("0")]
    [InlineData("not a token")]
    [InlineData("';--")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAHt9")]
    [InlineData("😀😀😀😀")]
    [InlineData("====")]
    public async Task Garbage_is_refused(string token)
    {
        await AssertRefusedAsync(new ListInteractionsRequest { Parent = "customers/2100", PageToken = token });
        await AssertRefusedAsync(new ListInteractionsRequest { Parent = "customers/2100", PageToken = string.Concat(Enumerable.Repeat(token, 1_000)) });
    }

    [Theory]
    [InlineData(8_192, "is not a token that this service gave")]
    [InlineData(8_193, "must be at most 8192 characters, not 8193")]
    [InlineData(1_000_000, "must be at most 8192 characters")]
    public async Task A_token_that_is_too_long_is_refused_before_it_is_looked_at(int length, string why)
    {
        var refused = await Refused.ByAsync(async () => await host.Dossiers.ListInteractionsAsync(
            new ListInteractionsRequest { Parent = "customers/2100", PageToken = new string('A', length) }));

        Assert.Equal("INVALID_PAGE_TOKEN", refused.Reason);
        Assert.Contains(why, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_forged_token_is_refused()
    {
        var token = Base64Url.DecodeFromChars(await TokenAsync(new ListInteractionsRequest { Parent = "customers/2100", PageSize = 5 }));

        for (var place = 0; place < token.Length; place += 5)
        {
            var forged = token.ToArray();
            forged[place] ^= 1;
            await AssertRefusedAsync(new ListInteractionsRequest { Parent = "customers/2100", PageToken = Base64Url.EncodeToString(forged) });
        }
    }

    [Fact]
    public async Task A_token_of_another_registry_is_refused()
    {
        await using var other = await Patient.StartAsync();
        var token = (await other.Dossiers.ListInteractionsAsync(new ListInteractionsRequest { Parent = "customers/2100", PageSize = 5 })).NextPageToken;

        await AssertRefusedAsync(new ListInteractionsRequest { Parent = "customers/2100", PageToken = token });
    }

    [Fact]
    public async Task Sources_are_listed_page_by_page()
    {
        var names = new List<string>();
        var request = new ListSourcesRequest { PageSize = 1 };
        do
        {
            var page = await host.Dossiers.ListSourcesAsync(request);
            names.Add(Assert.Single(page.Sources).Name);
            request.PageToken = page.NextPageToken;
        }
        while (request.PageToken.Length > 0);

        Assert.Equal(["sources/registry", "sources/administration", "sources/telephony", "sources/webcare"], names);
    }

    private async Task<string> TokenAsync(ListInteractionsRequest request)
    {
        var token = (await host.Dossiers.ListInteractionsAsync(request)).NextPageToken;
        Assert.NotEmpty(token);
        return token;
    }

    private async Task AssertRefusedAsync(ListInteractionsRequest request) =>
        BadFieldsTests.AssertFields(
            await Refused.ByAsync(async () => await host.Dossiers.ListInteractionsAsync(request)), ErrorReason.InvalidPageToken, "page_token");
}
