using Dossier.Tests.Fixtures;
using Dossier.V1;
using Google.Protobuf;

namespace Dossier.Tests.ServiceTests;

/// <summary>A dossier holds what was asked, says what became of every source, and begins with what matters.</summary>
public sealed class DossierViewTests(SharedHost shared) : IClassFixture<SharedHost>
{
    private static readonly string[] Everyone = ["sources/administration", "sources/registry", "sources/telephony", "sources/webcare"];
    private readonly DossierHost host = shared.Host;

    [Fact]
    public async Task The_full_view_has_every_section_and_at_most_twenty_interactions()
    {
        var dossier = await host.GetAsync("2100");

        Assert.Equal(20, dossier.Interactions.Count);
        Assert.NotEmpty(dossier.NextPageToken);
        Assert.NotEmpty(dossier.Invoices);
        Assert.All(dossier.Invoices, invoice => Assert.NotEmpty(invoice.Lines));
        Assert.NotEmpty(dossier.Products);
        Assert.NotEmpty(dossier.Payments);
        Assert.NotEmpty(dossier.Customer.Keys);
        Assert.Equal(Everyone, dossier.Sources.Select(source => source.Source).Order());
        Assert.Equal(
            [Section.Customer, Section.Interactions, Section.Messages, Section.Products, Section.Invoices, Section.DunningNotices, Section.Payments],
            SectionsOf(dossier, "administration"));
        Assert.Equal([Section.Interactions], SectionsOf(dossier, "telephony"));
        Assert.Equal([Section.Agreements], SectionsOf(dossier, "registry"));
        Assert.All(dossier.Sources, source =>
        {
            Assert.Equal(SourceState.Ok, source.State);
            Assert.NotNull(source.AsOf);
            Assert.NotNull(source.Elapsed);
        });
    }

    [Fact]
    public async Task What_a_source_says_it_gave_is_what_the_dossier_holds()
    {
        var dossier = await host.GetAsync("2100");

        foreach (var status in dossier.Sources)
        {
            foreach (var section in status.Sections)
            {
                var held = section.Section switch
                {
                    Section.Customer when status.Source == "sources/administration" => 1,
                    Section.Interactions => dossier.Interactions.Count(item => item.Source == status.Source),
                    Section.Messages => dossier.Interactions.Where(item => item.Source == status.Source).Sum(item => item.Messages.Count),
                    Section.Agreements => dossier.Agreements.Count,
                    Section.Products => dossier.Products.Count(item => item.Source == status.Source),
                    Section.Invoices => dossier.Invoices.Count(item => item.Source == status.Source),
                    Section.DunningNotices => dossier.DunningNotices.Count(item => item.Source == status.Source),
                    Section.Payments => dossier.Payments.Count(item => item.Source == status.Source),
                    _ => 0,
                };
                Assert.Equal((status.Source, section.Section, held), (status.Source, section.Section, section.ItemCount));
                Assert.False(section.Truncated);
                Assert.Equal(
                    (status.Source, section.Section == Section.Interactions),
                    (status.Source, section.More));
            }
        }
    }

    [Fact]
    public async Task The_brief_view_is_customer_attention_five_interactions_and_sources()
    {
        var dossier = (await host.Dossiers.GetDossierAsync(new GetDossierRequest { Name = "customers/1042/dossier", View = DossierView.Brief })).Dossier;

        Assert.Equal("Marloes de Wit", dossier.Customer.DisplayName);
        Assert.Empty(dossier.Customer.Keys);
        Assert.Equal(5, dossier.Interactions.Count);
        Assert.NotEmpty(dossier.NextPageToken);
        Assert.All(dossier.Interactions, interaction => Assert.Empty(interaction.Messages));
        Assert.Contains(dossier.Attention, line => line.Kind == AttentionLine.Types.Kind.Conflict);
        Assert.Contains(dossier.Attention, line => line.Kind == AttentionLine.Types.Kind.DunningUnderWay);
        Assert.Equal(0, dossier.Agreements.Count + dossier.Conflicts.Count + dossier.Invoices.Count + dossier.DunningNotices.Count + dossier.Payments.Count + dossier.Products.Count);
        Assert.Equal(Everyone, dossier.Sources.Select(source => source.Source).Order());
        Assert.Equal([Section.Customer, Section.Interactions], SectionsOf(dossier, "administration"));
        Assert.Empty(SectionsOf(dossier, "registry"));
    }

    [Theory]
    [InlineData(Section.Customer)]
    [InlineData(Section.Interactions)]
    [InlineData(Section.Messages)]
    [InlineData(Section.Agreements)]
    [InlineData(Section.Conflicts)]
    [InlineData(Section.Products)]
    [InlineData(Section.Invoices)]
    [InlineData(Section.DunningNotices)]
    [InlineData(Section.Payments)]
    public async Task A_section_asked_by_name_comes_alone(Section section)
    {
        var dossier = await host.GetAsync("1042", section);

        var filled = new Dictionary<Section, bool>
        {
            [Section.Customer] = dossier.Customer is not null,
            [Section.Interactions] = dossier.Interactions.Count > 0,
            [Section.Messages] = dossier.Interactions.Any(interaction => interaction.Messages.Count > 0),
            [Section.Agreements] = dossier.Agreements.Count > 0,
            [Section.Conflicts] = dossier.Conflicts.Count > 0,
            [Section.Products] = dossier.Products.Count > 0,
            [Section.Invoices] = dossier.Invoices.Count > 0,
            [Section.DunningNotices] = dossier.DunningNotices.Count > 0,
            [Section.Payments] = dossier.Payments.Count > 0,
        };
        List<Section> expected = section switch
        {
            Section.Messages => [Section.Interactions, Section.Messages],
            Section.Agreements => [],
            _ => [section],
        };
        Assert.Equal(expected, filled.Where(pair => pair.Value).Select(pair => pair.Key));
        Assert.Equal(Everyone, dossier.Sources.Select(source => source.Source).Order());
        Assert.Empty(dossier.Unreachable);
        Section[] told = section == Section.Messages ? [Section.Interactions, Section.Messages] : [section];
        Assert.All(dossier.Sources.SelectMany(source => source.Sections), status => Assert.Contains(status.Section, told));
    }

    [Fact]
    public async Task The_number_of_interactions_can_be_chosen()
    {
        var request = new GetDossierRequest { Name = "customers/1042/dossier", InteractionCount = 3 };
        var three = (await host.Dossiers.GetDossierAsync(request)).Dossier;
        request.InteractionCount = 200;
        var all = (await host.Dossiers.GetDossierAsync(request)).Dossier;

        Assert.Equal(3, three.Interactions.Count);
        Assert.NotEmpty(three.NextPageToken);
        Assert.Contains(three.Sources.SelectMany(source => source.Sections), section => section.More);
        Assert.Equal(9, all.Interactions.Count);
        Assert.Empty(all.NextPageToken);
        Assert.DoesNotContain(all.Sources.SelectMany(source => source.Sections), section => section.More);
        Assert.Equal(all.Interactions.Take(3), three.Interactions);
    }

    [Fact]
    public async Task Attention_is_at_most_five_short_lines_most_important_first()
    {
        for (var number = 0; number < 6; number++)
        {
            await host.Agreements.CreateAgreementAsync(Agreed.DunningBlock("1042"), DossierHost.As("webcare"));
        }

        var lines = (await host.GetAsync("1042")).Attention;

        Assert.Equal(5, lines.Count);
        Assert.Equal(lines.Select(line => line.Kind).Order(), lines.Select(line => line.Kind));
        Assert.Equal(AttentionLine.Types.Kind.Conflict, lines[0].Kind);
        Assert.Contains(lines, line => line.Kind == AttentionLine.Types.Kind.BindingAgreement);
        Assert.All(lines, line => Assert.InRange(line.Text.Length, 1, 200));
        Assert.All(lines, line => Assert.NotEmpty(line.Resources));
    }

    [Fact]
    public async Task A_recent_contact_on_the_same_subject_asks_for_attention()
    {
        // 1043 wrote on Wednesday 7 October about the invoice that is open; it is Friday.
        var lines = (await host.GetAsync("1043")).Attention;

        var line = Assert.Single(lines, line => line.Kind == AttentionLine.Types.Kind.RecentContact);
        Assert.Equal(["customers/1043/sources/webcare/interactions/cnv-000289"], line.Resources);
    }

    [Fact]
    public async Task A_dossier_is_read_anew_every_time()
    {
        await using var own = await Patient.StartAsync();
        await own.GetAsync("1042");
        Rows.Execute(own.FileOf("webcare"), "UPDATE thread SET topic = 'Zojuist veranderd' WHERE thread_id = 'cnv-000214'");

        var dossier = await own.GetAsync("1042");

        Assert.Equal("Zojuist veranderd", dossier.Interactions.Single(interaction => interaction.Name.EndsWith("cnv-000214", StringComparison.Ordinal)).Subject);
    }

    [Fact]
    public async Task Invoice_numbers_with_a_slash_are_numbers_like_any_other()
    {
        await using var own = await Patient.StartAsync();
        Rows.Execute(
            own.FileOf("administration"),
            "UPDATE invoice SET invoice_no = '26/1' WHERE invoice_no = '202608-004217'; UPDATE invoice_line SET invoice_no = '26/1' WHERE invoice_no = '202608-004217'");

        var dossier = await own.GetAsync("1042");

        var conflict = Assert.Single(dossier.Attention, line => line.Kind == AttentionLine.Types.Kind.Conflict);
        Assert.Contains("26/1", conflict.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task More_than_two_hundred_items_of_a_section_are_cut_off_and_said_to_be()
    {
        await using var own = await Patient.StartAsync();
        Rows.Execute(
            own.FileOf("administration"),
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 230) INSERT INTO receipt (debtor_no, booked_on, receipt_no, method, amount_cents) SELECT '1042', '2026-01-01', 'extra-' || i, 'ideal', 100 FROM n");

        var dossier = await own.GetAsync("1042", Section.Payments);

        Assert.Equal(200, dossier.Payments.Count);
        var section = Assert.Single(dossier.Sources.Single(source => source.Source == "sources/administration").Sections);
        Assert.Equal((Section.Payments, 200, true, false), (section.Section, section.ItemCount, section.Truncated, section.More));
    }

    [Fact]
    public async Task Two_dossiers_of_one_moment_are_equal()
    {
        // The first reading remembers keys, which takes sequences.
        await host.GetAsync("2172");
        var one = Bare(await host.GetAsync("2172"));
        var other = Bare(await host.GetAsync("2172"));

        Assert.Equal(one, other);
    }

    private static ByteString Bare(V1.Dossier dossier)
    {
        dossier.AssembleTime = null;
        foreach (var source in dossier.Sources)
        {
            source.AsOf = null;
            source.Elapsed = null;
        }

        return dossier.ToByteString();
    }

    private static IEnumerable<Section> SectionsOf(V1.Dossier dossier, string source) =>
        dossier.Sources.Single(status => status.Source == $"sources/{source}").Sections.Select(section => section.Section);
}
