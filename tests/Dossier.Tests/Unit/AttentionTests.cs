using Dossier.Dossiers;
using Dossier.V1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Kind = Dossier.V1.AttentionLine.Types.Kind;

namespace Dossier.Tests.UnitTests;

/// <summary>What an agent must know before the greeting is over: at most five lines of at most 200 characters, most important first.</summary>
public sealed class AttentionTests
{
    private static readonly DateTimeOffset Now = Given.Now;

    private static IReadOnlyList<AttentionLine> Lines(V1.Dossier dossier) => Attention.Lines(dossier, Now, Given.Amsterdam);

    private static Interaction Contact(string id, int daysAgo, string subject = "", string summary = "") => new()
    {
        Name = $"customers/1042/sources/webcare/interactions/{id}",
        Channel = "facebook",
        ChannelKind = ChannelKind.Social,
        Direction = Direction.Inbound,
        OccurTime = Timestamp.FromDateTimeOffset(Now.AddDays(-daysAgo)),
        Subject = subject,
        Summary = summary,
    };

    private static Invoice Open(string number, decimal amount = 27.50m) => new() { Number = number, OpenAmount = Given.Euro(amount) };

    private static DunningNotice Notice(string id, string issued, DunningStage stage, params string[] invoices) =>
        new() { Id = id, Stage = stage, IssueDate = Given.Day(issued), Invoices = { invoices } };

    private static Conflict Contradiction(string resource = "I1") => new()
    {
        Name = "customers/1042/conflicts/abc",
        Kind = Conflict.Types.Kind.BillContradictsAgreement,
        Subjects = { Given.Ref(SubjectType.Invoice, resource) },
        Evidence =
        {
            new ConflictEvidence { Source = "sources/registry", Resource = "customers/1042/agreements/0198a0b6-0000-7000-8000-000000000001", Text = "Agreed that nothing is owed." },
            new ConflictEvidence { Source = "sources/administration", Resource = resource, Text = "Stands without a credit note." },
        },
    };

    /// <summary>One fact of each kind.</summary>
    private static V1.Dossier Full() => new()
    {
        Conflicts = { Contradiction() },
        Agreements = { Given.Agreement(Given.Effect(EffectKind.CreditInvoice, Given.Invoice("I1"))) },
        Invoices = { Open("I1") },
        DunningNotices = { Notice("N1", "2026-09-14", DunningStage.Reminder, "I1") },
        Interactions = { Contact("W1", 1, "Invoice I1") },
    };

    [Fact]
    public void The_order_is_conflict_agreement_dunning_and_contact() =>
        Assert.Equal([Kind.Conflict, Kind.BindingAgreement, Kind.DunningUnderWay, Kind.RecentContact], Lines(Full()).Select(line => line.Kind));

    [Fact]
    public void There_are_at_most_five_lines_and_the_least_important_are_left_out()
    {
        var dossier = Full();
        dossier.Interactions.AddRange(Enumerable.Range(2, 10).Select(index => Contact($"W{index}", 1, "Invoice I1")));
        Assert.Equal([Kind.Conflict, Kind.BindingAgreement, Kind.DunningUnderWay, Kind.RecentContact, Kind.RecentContact], Lines(dossier).Select(line => line.Kind));
        dossier.Conflicts.AddRange(Enumerable.Range(2, 10).Select(index => Contradiction($"I{index}")));
        Assert.Equal(Enumerable.Repeat(Kind.Conflict, 5), Lines(dossier).Select(line => line.Kind));
    }

    [Fact]
    public void What_left_against_an_agreement_is_named_in_short_as_the_agreement_is()
    {
        var dossier = new V1.Dossier { Conflicts = { Contradiction("customers/1042/actions/0198a0b7-0000-7000-8000-000000000002") } };
        Assert.Equal(
            "Bill against agreement: agreement 0198a0b6: Agreed that nothing is owed / action 0198a0b7: Stands without a credit note.", Assert.Single(Lines(dossier)).Text);
    }

    [Fact]
    public void A_quiet_customer_needs_no_attention()
    {
        Assert.Empty(Lines(new V1.Dossier()));
        Assert.Empty(Lines(new V1.Dossier { Invoices = { Open("I1") }, Interactions = { Contact("W1", 1, "Moving house") } }));
    }

    [Theory]
    [InlineData('x')]
    [InlineData('€')]
    public void A_line_has_at_most_200_characters(char filling)
    {
        var dossier = new V1.Dossier { Invoices = { Open("I1") }, Interactions = { Contact("W1", 1, "I1 " + new string(filling, 400)) } };
        var line = Assert.Single(Lines(dossier));
        Assert.Equal(200, line.Text.Length);
        Assert.EndsWith("…", line.Text, StringComparison.Ordinal);

        dossier.Interactions[0].Subject = "I1 " + new string(filling, 200 - (line.Text.IndexOf("I1", StringComparison.Ordinal) + 3) - 1);
        Assert.Equal(200, Assert.Single(Lines(dossier)).Text.Length);
        Assert.EndsWith($"{filling}.", Assert.Single(Lines(dossier)).Text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_line_is_not_cut_in_the_middle_of_a_character()
    {
        for (var length = 100; length < 200; length++)
        {
            var dossier = new V1.Dossier { Invoices = { Open("I1") }, Interactions = { Contact("W1", 1, "I1 " + new string('x', length) + "🙂🙂🙂🙂🙂🙂🙂🙂🙂🙂🙂🙂🙂🙂🙂🙂🙂🙂🙂🙂🙂🙂🙂🙂🙂🙂🙂🙂🙂🙂🙂🙂🙂🙂🙂🙂🙂🙂🙂🙂🙂🙂🙂🙂🙂🙂🙂🙂🙂🙂") } };
            var line = Assert.Single(Lines(dossier));
            Assert.True(line.Text.Length <= 200);
            Assert.Equal(line, AttentionLine.Parser.ParseFrom(line.ToByteArray()));
        }
    }

    [Theory]
    [InlineData("2026/0815")]
    [InlineData("F/1")]
    [InlineData("a/b/c")]
    [InlineData("/")]
    public void A_conflict_over_an_invoice_whose_number_has_a_slash_is_told(string number)
    {
        var line = Assert.Single(Lines(new V1.Dossier { Conflicts = { Contradiction(number) } }));
        Assert.Contains($"{number}: Stands", line.Text, StringComparison.Ordinal);
        Assert.Contains("agreement 0198a0b6: Agreed", line.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_line_names_what_it_is_about()
    {
        var lines = Lines(Full());
        Assert.Equal(["customers/1042/conflicts/abc", "I1"], lines[0].Resources);
        Assert.Equal(["customers/1042/agreements/0198a0b6-0000-7000-8000-000000000001", "I1"], lines[1].Resources);
        Assert.Equal(["N1", "I1"], lines[2].Resources);
        Assert.Equal(["customers/1042/sources/webcare/interactions/W1"], lines[3].Resources);
    }

    [Fact]
    public void Only_an_agreement_that_binds_is_a_line_and_the_latest_comes_first()
    {
        var dossier = new V1.Dossier();
        foreach (var state in System.Enum.GetValues<AgreementState>())
        {
            dossier.Agreements.Add(Given.Agreement(Given.Effect(EffectKind.DunningBlock, Given.Invoice("I1"))).In(state).Named($"{state}"));
        }

        dossier.Agreements.Add(Given.Agreement(Given.Effect(EffectKind.Remark, Given.Invoice("I1"))).Named("remark"));
        dossier.Agreements.Add(Given.Agreement(Given.Effect(EffectKind.DunningBlock, Given.Invoice("I1"))).From(Now.AddDays(-1)).Named("latest"));
        Assert.Equal(["latest", "Active"], Lines(dossier).Select(line => line.Resources[0].Split('/')[^1]));
    }

    [Fact]
    public void Dunning_is_under_way_while_an_invoice_of_the_notice_is_open()
    {
        V1.Dossier With(params Invoice[] invoices) => new() { Invoices = { invoices }, DunningNotices = { Notice("N1", "2026-09-14", DunningStage.Reminder, "I1", "I2") } };
        Assert.Single(Lines(With(Open("I1", 0), Open("I2"))));
        Assert.Empty(Lines(With(Open("I1", 0), Open("I2", -5), Open("I3"))));
        Assert.Empty(Lines(With()));
    }

    [Fact]
    public void Of_the_notices_of_the_same_invoices_the_last_is_told()
    {
        var line = Assert.Single(Lines(new V1.Dossier
        {
            Invoices = { Open("I1") },
            DunningNotices =
            {
                Notice("N1", "2026-08-20", DunningStage.Reminder, "I1"),
                Notice("N3", "2026-09-14", DunningStage.FinalNotice, "I1"),
                Notice("N2", "2026-09-01", DunningStage.Demand, "I1"),
            },
        }));
        Assert.Equal("N3", line.Resources[0]);
        Assert.Equal("FINAL_NOTICE of 14 September 2026 for I1 is under way.", line.Text);
        Assert.Equal(DateTimeOffset.Parse("2026-09-13T22:00:00Z"), line.Time.ToDateTimeOffset());
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(14, true)]
    [InlineData(15, false)]
    [InlineData(-1, false)] // still to come
    public void A_contact_is_recent_for_14_days(int daysAgo, bool told) => Assert.Equal(
        told ? 1 : 0, Lines(new V1.Dossier { Invoices = { Open("I1") }, Interactions = { Contact("W1", daysAgo, "I1") } }).Count);

    [Fact]
    public void A_contact_is_on_the_same_subject_if_it_names_an_open_invoice_or_a_subject_of_an_agreement_or_has_the_subject_of_another()
    {
        Assert.Single(Lines(new V1.Dossier { Invoices = { Open("I1") }, Interactions = { Contact("W1", 1, summary: "Asks about I1.") } }));

        var said = Contact("W1", 1);
        said.Messages.Add(new InteractionMessage { Text = "Why do I get I1 twice?" });
        Assert.Single(Lines(new V1.Dossier { Invoices = { Open("I1") }, Interactions = { said } }));

        var agreement = Given.Agreement(Given.Effect(EffectKind.DunningBlock, Given.Invoice("I7")));
        Assert.Equal(
            [Kind.BindingAgreement, Kind.RecentContact],
            Lines(new V1.Dossier { Agreements = { agreement }, Interactions = { Contact("W1", 1, "I7"), Contact("W2", 1, "else") } }).Select(line => line.Kind));

        agreement.Origin = new Origin { Interaction = Contact("W3", 1).Name };
        Assert.Equal(
            ["W3"],
            Lines(new V1.Dossier { Agreements = { agreement }, Interactions = { Contact("W3", 1), Contact("W2", 1) } }).Skip(1).Select(line => line.Resources[0].Split('/')[^1]));

        Assert.Equal(2, Lines(new V1.Dossier { Interactions = { Contact("W1", 1, "Moving"), Contact("W2", 13, "Moving"), Contact("W4", 1, "Else") } }).Count);
        Assert.Empty(Lines(new V1.Dossier { Interactions = { Contact("W1", 1, "Moving"), Contact("W2", 15, "Moving") } }));
    }

    [Fact]
    public void A_letter_that_we_sent_is_no_contact()
    {
        var letter = Contact("W1", 1, "I1");
        (letter.Channel, letter.ChannelKind, letter.Direction) = ("letter", ChannelKind.Letter, Direction.Outbound);
        Assert.Empty(Lines(new V1.Dossier { Invoices = { Open("I1") }, Interactions = { letter } }));
        letter.Direction = Direction.Inbound;
        Assert.Single(Lines(new V1.Dossier { Invoices = { Open("I1") }, Interactions = { letter } }));
    }
}
