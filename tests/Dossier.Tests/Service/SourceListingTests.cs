using Dossier.Tests.Fixtures;
using Dossier.V1;

namespace Dossier.Tests.ServiceTests;

/// <summary>What operators see of the sources.</summary>
public sealed class SourceListingTests(SharedHost shared) : IClassFixture<SharedHost>
{
    private readonly DossierHost host = shared.Host;

    [Fact]
    public async Task Every_source_says_what_it_offers_and_by_which_keys_it_is_read()
    {
        await using var own = await Patient.StartAsync();
        await own.GetAsync("1042");
        var sources = (await own.Dossiers.ListSourcesAsync(new ListSourcesRequest())).Sources.ToDictionary(source => source.Name);

        var administration = sources["sources/administration"];
        Assert.True(administration.CustomerSource && administration.GivesKeys);
        Assert.Equal([KeyType.CustomerNumber, KeyType.Interaction], administration.KeyTypes);
        Assert.Equal(
            [Section.Customer, Section.Interactions, Section.Messages, Section.Products, Section.Invoices, Section.DunningNotices, Section.Payments],
            administration.Sections);
        var telephony = sources["sources/telephony"];
        Assert.False(telephony.CustomerSource || telephony.GivesKeys);
        Assert.Equal([KeyType.Phone, KeyType.Interaction], telephony.KeyTypes);
        Assert.Equal([KeyType.Email, KeyType.SocialId, KeyType.Interaction], sources["sources/webcare"].KeyTypes);
        Assert.Equal([Section.Agreements], sources["sources/registry"].Sections);
        Assert.Equal(4, sources.Count);
        Assert.All(sources.Values, source =>
        {
            Assert.Equal((SourceState.Ok, "Sqlite", ""), (source.State, source.Provider, source.LastFailure));
            Assert.True(source.Deadline.ToTimeSpan() > TimeSpan.Zero && source.MaxConnections > 0);
            Assert.Equal(0, source.AbandonedReads);
        });
        foreach (var source in sources.Values)
        {
            var again = (await own.Dossiers.GetSourceAsync(new GetSourceRequest { Name = source.Name })).Source;

            // The service looks at the registry by itself too.
            again.LastSuccessTime = source.LastSuccessTime;
            Assert.Equal(source, again);
        }

        Assert.NotNull(telephony.LastSuccessTime);
        Assert.Null(telephony.LastFailureTime);
    }

    [Fact]
    public async Task A_failure_says_why_and_when_and_stays_to_be_read_after_it_has_passed()
    {
        await host.GetAsync("1042");
        using (StoreFault.MovedAway(host, "telephony"))
        {
            await host.GetAsync("1042");
            var failing = await SourceAsync();
            Assert.Equal(SourceState.Unreachable, failing.State);
            Assert.Equal("FAILED: The database file is not there.", failing.LastFailure);
            Assert.NotNull(failing.LastFailureTime);
        }

        await Soon.BecomesAsync(async () => (await host.GetAsync("1042")).Unreachable.Count == 0);
        var back = await SourceAsync();
        Assert.Equal(SourceState.Ok, back.State);
        Assert.True(back.LastSuccessTime > back.LastFailureTime);
        Assert.StartsWith("FAILED", back.LastFailure, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_breaker_that_is_open_is_said_to_be()
    {
        await host.GetAsync("1042");
        using (StoreFault.MovedAway(host, "webcare"))
        {
            await Soon.BecomesAsync(async () =>
            {
                await host.GetAsync("1042");
                return (await host.Dossiers.GetSourceAsync(new GetSourceRequest { Name = "sources/webcare" })).Source.LastFailure.StartsWith("BREAKER_OPEN: after FAILED", StringComparison.Ordinal);
            });
        }

        await Soon.BecomesAsync(async () => (await host.GetAsync("1042")).Unreachable.Count == 0);
    }

    [Fact]
    public async Task A_store_that_was_not_there_at_the_start_is_read_as_soon_as_it_comes()
    {
        using var settings = new SourceSettings();
        var path = Path.Combine(settings.DataDirectory, "telephony.db");
        File.Move(path, path + ".later");
        await using var own = await settings.StartAsync();
        Assert.Equal(["sources/telephony"], (await own.GetAsync("1042")).Unreachable);

        File.Move(path + ".later", path);

        var dossier = await Soon.BecomesAsync(() => own.GetAsync("1042"), dossier => dossier.Unreachable.Count == 0);
        Assert.Contains(dossier.Interactions, interaction => interaction.Source == "sources/telephony");
    }

    [Fact]
    public async Task Businesses_representatives_and_secrecy_reach_the_customer_section()
    {
        var bakery = (await host.GetAsync("1050", Section.Customer)).Customer;
        Assert.Equal((CustomerKind.Business, "Bakkerij 't Hoekje", 2), (bakery.Kind, bakery.DisplayName, bakery.ContactPersons.Count));
        var represented = (await host.GetAsync("1051", Section.Customer)).Customer;
        Assert.Equal(Representative.Types.Kind.Administrator, represented.Representative.Kind);
        Assert.NotEmpty(represented.Representative.DisplayName);
        Assert.Equal(Representative.Types.Kind.Heir, (await host.GetAsync("1052", Section.Customer)).Customer.Representative?.Kind);
        Assert.Null((await host.GetAsync("1042", Section.Customer)).Customer.Representative);
    }

    private async Task<Source> SourceAsync() => (await host.Dossiers.GetSourceAsync(new GetSourceRequest { Name = "sources/telephony" })).Source;
}
