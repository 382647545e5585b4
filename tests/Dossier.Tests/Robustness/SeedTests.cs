using Dossier.Bench.Seeding;
using Dossier.Tests.ConformanceTests;
using Dossier.Tests.Fixtures;
using Dossier.Tests.ServiceTests;
using Dossier.V1;

namespace Dossier.Tests.RobustnessTests;

/// <summary>The bench's seed: what it makes is a company that the service serves, and what was cut off is not taken for one.</summary>
public sealed class SeedTests
{
    private const int Customers = 40;

    [Fact]
    public async Task A_seeded_customer_has_the_dossier_of_a_whole_one()
    {
        using var folder = TemporaryFolder.Empty();
        await FillAsync(folder.Path, CancellationToken.None);
        await using var host = await DossierHost.StartAsync(Servers.Clock, Settings(folder.Path));
        foreach (var index in new[] { 0, 7, Customers - 1 })
        {
            var dossier = await host.GetAsync(Crowd.NumberOf(index));
            Assert.Empty(dossier.Unreachable);
            Assert.Equal((12, 2, 3), (dossier.Invoices.Count, dossier.DunningNotices.Count, dossier.Payments.Count));
            Assert.Equal(3, dossier.Interactions.Count(interaction => interaction.Source == "sources/webcare" && interaction.Messages.Count == 5));
            Assert.Equal(4, dossier.Interactions.Count(interaction => interaction.Source == "sources/telephony"));
            Assert.Equal(2, dossier.Interactions.Count(interaction => interaction.Source == "sources/administration"));
            Assert.Equal(2, dossier.Agreements.Count);

        }

        // Their keys are known: a first dossier remembers none. (What contradicts an agreement among the seeded bills, it does.)
        Assert.DoesNotContain(RegistryFile.In(folder.Path).Changes, change => change.Sequence > CrowdAgreements.Sequence(Customers) && change.Kind is >= 3 and <= 6);

        // The sequence goes on where the seeded changes end.
        var file = RegistryFile.In(folder.Path);
        var made = await host.Agreements.CreateAgreementAsync(Agreed.Remark(Crowd.NumberOf(3), "One more"), DossierHost.As("webcare"));
        Assert.Equal(file.Sequence + 1, made.RegistrySequence);
        Assert.Equal(Enumerable.Range(1, (int)file.Sequence).Select(number => (long)number), file.Changes.Select(change => change.Sequence));
    }

    [Fact]
    public async Task The_same_customers_are_the_same_every_time()
    {
        using var one = TemporaryFolder.Empty();
        using var other = TemporaryFolder.Empty();
        await FillAsync(one.Path, CancellationToken.None);
        await FillAsync(other.Path, CancellationToken.None);
        foreach (var store in Stores)
        {
            Assert.Equal(await File.ReadAllBytesAsync(SqliteSeed.FileOf(one.Path, store)), await File.ReadAllBytesAsync(SqliteSeed.FileOf(other.Path, store)));
        }
    }

    [Fact]
    public async Task What_was_cut_off_half_way_does_not_look_complete_and_is_made_anew()
    {
        using var folder = TemporaryFolder.Empty();
        using var stop = new CancellationTokenSource();
        var filling = FillAsync(folder.Path, stop.Token, customers: 200_000);
        await Eventually.TrueAsync(() => Task.FromResult(Directory.GetFiles(folder.Path, "*.partial").Length == 4), "all stores are being filled");
        Assert.False(SqliteSeed.IsThere(folder.Path, 200_000));
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => filling);
        Assert.Empty(Directory.GetFiles(folder.Path, "*.db"));

        // As a kill leaves it: some are renamed, the marker is not there.
        await File.WriteAllTextAsync(folder["webcare.db"], "half");
        await File.WriteAllTextAsync(folder["telephony.db.partial"], "half");
        Assert.False(SqliteSeed.IsThere(folder.Path, Customers));
        await FillAsync(folder.Path, CancellationToken.None);
        Assert.True(SqliteSeed.IsThere(folder.Path, Customers));
        Assert.False(SqliteSeed.IsThere(folder.Path, Customers + 1));
    }

    [Fact]
    public async Task Files_that_no_seed_has_made_are_left_alone()
    {
        using var folder = TemporaryFolder.WithStores();
        var before = await File.ReadAllBytesAsync(folder["webcare.db"]);
        var refused = await Assert.ThrowsAsync<IOException>(() => FillAsync(folder.Path, CancellationToken.None));
        Assert.Contains("was not made by seed", refused.Message, StringComparison.Ordinal);
        Assert.Equal(before, await File.ReadAllBytesAsync(folder["webcare.db"]));
    }

    [Fact]
    public void Too_little_free_space_is_said_before_anything_is_written()
    {
        var refused = Assert.Throws<IOException>(() => SeedCommand.Require("/data", 3_000_000_000, _ => 3_500_000_000));
        Assert.Contains("needs 4.0 GB free and has 3.5 GB", refused.Message, StringComparison.Ordinal);
        SeedCommand.Require("/data", 3_000_000_000, _ => 4_000_000_000);
    }

    [Theory]
    [InlineData("--customers 0", "--customers must be 1 to 1000000")]
    [InlineData("--customers 1000001", "--customers must be 1 to 1000000")]
    [InlineData("--into oracle", "oracle")]
    public void A_wrong_option_is_said_in_one_line(string line, string problem)
    {
        var result = SeedCommand.Create().Parse(line);
        Assert.Contains(problem, Assert.Single(result.Errors).Message, StringComparison.Ordinal);
        Assert.Empty(SeedCommand.Create().Parse("--into both").Errors);
    }

    private static IEnumerable<(string Key, string Value)> Settings(string folder)
    {
        yield return ("Registry:ConnectionString", $"Data Source={SqliteSeed.FileOf(folder, "registry")}");
        foreach (var store in Stores)
        {
            yield return ($"Sources:{store}:ConnectionString", $"Data Source={SqliteSeed.FileOf(folder, store)}");
            yield return ($"Sources:{store}:Queries", $"db/sources/{store}/queries.sqlite.sql");
            yield return ($"Sources:{store}:Deadline", "00:00:10");
        }

        yield return ("Sources:administration:CustomerSource", "true");
        yield return ("Sources:telephony:KeySpellings:phone:0", "national");
        yield return ("Registry:Deadline", "00:00:10");
    }

    private static IEnumerable<string> Stores => ["webcare", "telephony", "administration"];

    private static async Task FillAsync(string folder, CancellationToken stop, int customers = Customers)
    {
        await SqliteSeed.FillAsync(folder, customers, new SeedProgress("", customers, show: false), stop);
    }
}
