using Dossier.Sample;
using Dossier.Tests.Fixtures;
using Dossier.V1;

namespace Dossier.Tests.ServiceTests;

/// <summary>
/// A store file that is deleted, replaced, cut short, locked or full of nonsense while the service runs: the dossier comes without
/// it and says so, nothing comes from a file that is gone, and it is read again when it is back.
/// </summary>
public sealed class StoreFaultTests(SharedHost shared) : IClassFixture<SharedHost>
{
    private readonly DossierHost host = shared.Host;

    private static readonly string[] Faults =
    [
        "deleted", "replaced by another store", "replaced by a folder", "cut to half", "cut to 100 bytes", "cut to nothing", "nonsense", "nonsense after the first page", "locked",
    ];

    public static TheoryData<string, string> All
    {
        get
        {
            var data = new TheoryData<string, string>();
            foreach (var store in SampleStores.Names)
            {
                foreach (var fault in Faults)
                {
                    data.Add(store, fault);
                }
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(All))]
    public async Task A_broken_store_is_missing_and_named_and_the_others_are_there(string store, string fault)
    {
        var source = $"sources/{store}";
        var whole = await Soon.BecomesAsync(() => host.GetAsync("1042"), dossier => dossier.Unreachable.Count == 0);
        Assert.Contains(whole.Interactions, interaction => interaction.Source == source);

        using (Strike(store, fault))
        {
            // More calls than it takes to open the breaker, some at once.
            var broken = new List<V1.Dossier> { await host.GetAsync("1042") };
            broken.AddRange(await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => host.GetAsync("1042"))));
            broken.Add(await host.GetAsync("1042"));
            Assert.All(broken, dossier => AssertWithout(source, whole, dossier));
            var status = (await host.Dossiers.GetSourceAsync(new GetSourceRequest { Name = source })).Source;
            Assert.NotEqual(SourceState.Ok, status.State);
            Assert.NotEmpty(status.LastFailure);
            Assert.DoesNotContain("1042", status.LastFailure, StringComparison.Ordinal);
        }

        var back = await Soon.BecomesAsync(() => host.GetAsync("1042"), dossier => dossier.Unreachable.Count == 0);
        Assert.Equal(whole.Interactions, back.Interactions);
        Assert.Equal(whole.Invoices, back.Invoices);
        Assert.Equal(whole.Customer, back.Customer);
    }

    [Theory]
    [InlineData("webcare")]
    [InlineData("administration")]
    public async Task A_store_replaced_by_a_new_one_is_read_from_the_new_one_at_once(string store)
    {
        var whole = await Soon.BecomesAsync(() => host.GetAsync("1042"), dossier => dossier.Unreachable.Count == 0);
        using (StoreFault.Replaced(host, store, (path, away) =>
        {
            File.Copy(away, path);
            Rows.Execute(path, store == "webcare" ? "DELETE FROM post; DELETE FROM thread" : "DELETE FROM correspondence_text; DELETE FROM correspondence");
        }))
        {
            var dossier = await host.GetAsync("1042");
            Assert.Empty(dossier.Unreachable);
            Assert.DoesNotContain(dossier.Interactions, interaction => interaction.Source == $"sources/{store}");
        }

        Assert.Equal(whole.Interactions, (await host.GetAsync("1042")).Interactions);
    }

    [Fact]
    public async Task A_block_that_cannot_be_read_leaves_the_others_standing()
    {
        await using var own = await Patient.StartAsync();
        await own.GetAsync("1042");
        Rows.Execute(own.FileOf("administration"), "ALTER TABLE receipt RENAME TO receipts_of_yesteryear");

        var dossier = await own.GetAsync("1042");

        var administration = dossier.Sources.Single(source => source.Source == "sources/administration");
        Assert.Equal(SourceState.Partial, administration.State);
        Assert.Equal(["sources/administration"], dossier.Unreachable);
        Assert.Equal(SourceState.Unreachable, administration.Sections.Single(section => section.Section == Section.Payments).State);
        Assert.All(administration.Sections.Where(section => section.Section != Section.Payments), section => Assert.Equal(SourceState.Ok, section.State));
        Assert.Empty(dossier.Payments);
        Assert.NotEmpty(dossier.Invoices);
        var status = (await own.Dossiers.GetSourceAsync(new GetSourceRequest { Name = "sources/administration" })).Source;
        Assert.Contains("payments", status.LastFailure, StringComparison.Ordinal);
    }

    [Fact]
    public async Task All_stores_at_once_leave_what_the_registry_holds()
    {
        await using var own = await Patient.StartAsync();
        await own.Agreements.CreateAgreementAsync(StoryTests.CreditOf("1043", "202609-004388"), DossierHost.As("webcare"));
        using var webcare = StoreFault.Overwritten(own, "webcare", 0);
        using var telephony = StoreFault.Cut(own, "telephony", length => length / 3);
        using var administration = StoreFault.MovedAway(own, "administration");

        var dossier = await own.GetAsync("1043");

        Assert.Single(dossier.Agreements);
        Assert.Empty(dossier.Interactions);
        Assert.Equal(["sources/administration", "sources/telephony", "sources/webcare"], dossier.Unreachable.Order());
        Assert.Contains(dossier.Attention, line => line.Kind == AttentionLine.Types.Kind.BindingAgreement);
    }

    private static void AssertWithout(string source, V1.Dossier whole, V1.Dossier broken)
    {
        Assert.Equal([source], broken.Unreachable);
        foreach (var status in broken.Sources)
        {
            var expected = status.Source == source ? (SourceState[])[SourceState.Unreachable, SourceState.Partial] : [SourceState.Ok];
            Assert.Contains(status.State, expected);
        }

        Assert.Equal(whole.Interactions.Where(interaction => interaction.Source != source), broken.Interactions);
        Assert.Equal(source == "sources/administration" ? 0 : whole.Invoices.Count, broken.Invoices.Count);
        Assert.Equal(source == "sources/administration" ? "" : "Marloes de Wit", broken.Customer.DisplayName);
    }

    private StoreFault Strike(string store, string fault) => fault switch
    {
        "deleted" => StoreFault.MovedAway(host, store),
        "replaced by another store" => StoreFault.Replaced(host, store, (path, _) => File.Copy(host.FileOf(store == "webcare" ? "telephony" : "webcare"), path)),
        "replaced by a folder" => StoreFault.Replaced(host, store, (path, _) => Directory.CreateDirectory(path)),
        "cut to half" => StoreFault.Cut(host, store, length => length / 2),
        "cut to 100 bytes" => StoreFault.Cut(host, store, _ => 100),
        "cut to nothing" => StoreFault.Cut(host, store, _ => 0),
        "nonsense" => StoreFault.Overwritten(host, store, 0),
        "nonsense after the first page" => StoreFault.Overwritten(host, store, 4_096),
        "locked" => StoreFault.Locked(host, store),
        _ => throw new ArgumentOutOfRangeException(nameof(fault)),
    };
}
