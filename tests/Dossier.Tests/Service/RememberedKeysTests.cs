using Dossier.Tests.Fixtures;
using Dossier.V1;

namespace Dossier.Tests.ServiceTests;

/// <summary>Keys that a source has told are remembered, so that the next dossier does not depend on it.</summary>
public sealed class RememberedKeysTests
{
    [Fact]
    public async Task With_administration_gone_webcare_and_telephony_are_read_by_remembered_keys()
    {
        await using var host = await Patient.StartAsync();
        var whole = await host.GetAsync("1042");
        using var fault = StoreFault.MovedAway(host, "administration");

        var dossier = await host.GetAsync("1042");

        Assert.Equal(["sources/administration"], dossier.Unreachable);
        Assert.Equal(SourceState.Ok, StateOf(dossier, "webcare"));
        Assert.Equal(SourceState.Ok, StateOf(dossier, "telephony"));
        Assert.Equal(
            whole.Interactions.Where(interaction => interaction.Source != "sources/administration"),
            dossier.Interactions);
        Assert.Contains(dossier.Interactions, interaction => interaction.Source == "sources/telephony");
        Assert.Contains(dossier.Interactions, interaction => interaction.Source == "sources/webcare" && interaction.Channel == "email");
        Assert.Empty(dossier.Invoices);
        Assert.Equal(whole.Customer.Keys, dossier.Customer.Keys);
        var called = await host.Dossiers.LookUpDossierAsync(new LookUpDossierRequest { Key = new CustomerKey { Phone = "0600001042" } });
        Assert.Equal("customers/1042/dossier", called.Dossier.Name);
    }

    [Fact]
    public async Task With_administration_gone_and_nothing_remembered_the_keys_are_unknown_and_never_missing()
    {
        await using var host = await Patient.StartAsync();
        using (StoreFault.MovedAway(host, "administration"))
        {
            // Webcare has noted the customer number, so the customer is known; telephony reads by number only.
            var dossier = await host.GetAsync("1042");

            Assert.Equal(SourceState.Unreachable, StateOf(dossier, "administration"));
            Assert.Equal(SourceState.KeysUnknown, StateOf(dossier, "telephony"));
            Assert.Equal(SourceState.Ok, StateOf(dossier, "webcare"));
            Assert.Equal(["sources/administration", "sources/telephony"], dossier.Unreachable);
        }

        var back = await Soon.BecomesAsync(() => host.GetAsync("1042"), dossier => dossier.Unreachable.Count == 0);
        Assert.Contains(back.Interactions, interaction => interaction.Source == "sources/telephony");
    }

    [Fact]
    public async Task With_administration_and_the_registry_gone_the_keys_are_unknown_too()
    {
        await using var host = await Patient.StartAsync();
        await host.GetAsync("1042");
        using var administration = StoreFault.MovedAway(host, "administration");
        using var registry = StoreFault.MovedAway(host, "registry");

        var dossier = await host.GetAsync("1042");

        Assert.Equal(SourceState.KeysUnknown, StateOf(dossier, "telephony"));
        Assert.Equal(["sources/administration", "sources/registry", "sources/telephony"], dossier.Unreachable.Order());
    }

    [Fact]
    public async Task A_customer_without_a_telephone_has_no_key_when_every_source_of_keys_answers_and_unknown_ones_when_not()
    {
        await using var host = await Patient.StartAsync();

        // 2056: webcare knows the customer number, administration has no telephone.
        Assert.Equal(SourceState.NoKey, StateOf(await host.GetAsync("2056"), "telephony"));
        Assert.Empty((await host.GetAsync("2056")).Unreachable);
        foreach (var down in (string[])["administration", "webcare"])
        {
            using (StoreFault.MovedAway(host, down))
            {
                var dossier = await host.GetAsync("2056");
                Assert.Equal(SourceState.KeysUnknown, StateOf(dossier, "telephony"));
                Assert.Contains("sources/telephony", dossier.Unreachable);
            }

            await Soon.BecomesAsync(async () => StateOf(await host.GetAsync("2056"), "telephony") == SourceState.NoKey);
        }
    }

    [Fact]
    public async Task A_key_that_its_source_no_longer_tells_is_forgotten()
    {
        await using var host = await Patient.StartAsync();
        await host.GetAsync("1042");
        Rows.Execute(host.FileOf("administration"), "UPDATE contact_point SET value = '+31600009942' WHERE debtor_no = '1042' AND medium = 'PHONE'");

        var dossier = await host.GetAsync("1042");

        Assert.Equal("+31600009942", Assert.Single(dossier.Customer.Keys, link => link.Key.KeyCase == CustomerKey.KeyOneofCase.Phone).Key.Phone);
        Assert.DoesNotContain(dossier.Interactions, interaction => interaction.Source == "sources/telephony");
    }

    [Fact]
    public async Task Keys_are_remembered_by_the_next_process_too()
    {
        var folder = DossierHost.NewDataDirectory();
        try
        {
            await using (var first = Patient.Calm(await DossierHost.StartAsync(folder)))
            {
                await first.GetAsync("1042");
            }

            await File.WriteAllTextAsync(Path.Combine(folder, "administration.db"), "gone");
            await using var second = Patient.Calm(await DossierHost.StartAsync(folder));
            var dossier = await second.GetAsync("1042");
            Assert.Equal(["sources/administration"], dossier.Unreachable);
            Assert.Contains(dossier.Interactions, interaction => interaction.Source == "sources/telephony");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static SourceState StateOf(V1.Dossier dossier, string source) => dossier.Sources.Single(status => status.Source == $"sources/{source}").State;
}
