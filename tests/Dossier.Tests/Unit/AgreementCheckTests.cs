using Dossier.Agreements;
using Dossier.V1;
using Google.Protobuf.WellKnownTypes;
using static Dossier.Tests.UnitTests.Asking;

namespace Dossier.Tests.UnitTests;

/// <summary>The syntax of an agreement: every limit holds at the limit and not one past it, and every wrong field is named.</summary>
public sealed class AgreementCheckTests
{
    private static readonly DateTimeOffset Now = Given.Now;

    [Fact]
    public void A_good_agreement_is_good() => Assert.Empty(Wrong(Asked()));

    [Fact]
    public void An_agreement_must_be_there() => Assert.Equal(["agreement"], Wrong(null));

    [Theory]
    [InlineData(0, false)]
    [InlineData(1, true)]
    [InlineData(20, true)]
    [InlineData(21, false)]
    public void An_agreement_has_1_to_20_effects(int count, bool good)
    {
        var agreement = new Agreement();
        agreement.Effects.AddRange(Enumerable.Range(0, count).Select(index => Credit($"I{index}")));
        Assert.Equal(good ? [] : ["agreement.effects"], Wrong(agreement));
    }

    [Theory]
    [InlineData(0, false)]
    [InlineData(1, true)]
    [InlineData(50, true)]
    [InlineData(51, false)]
    public void An_effect_has_1_to_50_subjects(int count, bool good)
    {
        var effect = new Effect { CreditInvoice = new CreditInvoice() };
        effect.Subjects.AddRange(Enumerable.Range(0, count).Select(index => new Subject { Type = SubjectType.Invoice, Id = $"I{index}" }));
        Assert.Equal(good ? [] : ["agreement.effects[0].subjects"], Wrong(new Agreement { Effects = { effect } }));
    }

    [Fact]
    public void A_subject_is_there_once()
    {
        var effect = Credit();
        effect.Subjects.Add(new Subject { Type = SubjectType.Invoice, Id = "i1" });
        effect.Subjects.Add(new Subject { Type = SubjectType.InvoiceLine, Id = "I1" });
        Assert.Empty(Wrong(new Agreement { Effects = { effect } }));
        effect.Subjects.Add(new Subject { Type = SubjectType.Invoice, Id = "I1" });
        Assert.Equal(["agreement.effects[0].subjects[3]"], Wrong(new Agreement { Effects = { effect } }));
    }

    [Theory]
    [InlineData("x", true)]
    [InlineData("2026/0815 a", true)]
    [InlineData("", false)]
    [InlineData(" x", false)]
    [InlineData("x ", false)]
    [InlineData("a\u0001b", false)]
    [InlineData("a\nb", false)]
    public void A_subjects_id_is_as_a_system_prints_it(string id, bool good) =>
        Assert.Equal(good ? [] : ["agreement.effects[0].subjects[0].id"], Wrong(new Agreement { Effects = { Credit(id) } }));

    [Fact]
    public void A_subjects_id_has_at_most_64_characters()
    {
        Assert.Empty(Wrong(new Agreement { Effects = { Credit(new string('x', 64)) } }));
        Assert.Equal(["agreement.effects[0].subjects[0].id"], Wrong(new Agreement { Effects = { Credit(new string('x', 65)) } }));
    }

    [Theory]
    [InlineData(SubjectType.Unspecified)]
    [InlineData((SubjectType)99)]
    public void A_subjects_type_must_be_known(SubjectType type)
    {
        var effect = Given.Effect(EffectKind.DunningBlock, new Subject { Type = type, Id = "x" });
        Assert.Equal(["agreement.effects[0].subjects[0].type"], Wrong(new Agreement { Effects = { effect } }));
    }

    [Fact]
    public void The_customer_is_the_customer_itself()
    {
        Assert.Empty(Check(new Agreement { Effects = { Given.Effect(EffectKind.ContactStop, new Subject { Type = SubjectType.Customer, Id = Given.Customer }) } }));
        var violations = new Violations();
        AgreementCheck.Check(
            new Agreement { Effects = { Given.Effect(EffectKind.ContactStop, new Subject { Type = SubjectType.Customer, Id = "1043" }) } },
            Given.Customer, Now, Given.Amsterdam, violations);
        Assert.Equal(ErrorReason.SubjectOfOtherCustomer, violations.ToException().Reason);
    }

    [Fact]
    public void Only_an_invoice_or_a_line_of_it_can_be_credited_whole()
    {
        foreach (var type in System.Enum.GetValues<SubjectType>().Skip(1))
        {
            var effect = Given.Effect(EffectKind.CreditInvoice, new Subject { Type = type, Id = Given.Customer });
            Assert.Equal(
                type is SubjectType.Invoice or SubjectType.InvoiceLine ? [] : ["agreement.effects[0].subjects[0].type"],
                Wrong(new Agreement { Effects = { effect } }));
        }
    }

    [Fact]
    public void A_subject_has_at_most_4_parents_and_each_is_one()
    {
        Agreement Parents(params SubjectRef[] parents)
        {
            var effect = Credit();
            effect.Subjects[0].Parents.AddRange(parents);
            return new Agreement { Effects = { effect } };
        }

        var good = Given.Ref(SubjectType.BillingAccount, "A1");
        Assert.Empty(Wrong(Parents(good, good, good, good)));
        Assert.Equal(["agreement.effects[0].subjects[0].parents"], Wrong(Parents(good, good, good, good, good)));
        Assert.Equal(
            ["agreement.effects[0].subjects[0].parents[1].type", "agreement.effects[0].subjects[0].parents[1].id"],
            Wrong(Parents(good, new SubjectRef())));
    }

    [Theory]
    [InlineData(0, false)]
    [InlineData(1, true)]
    [InlineData(4_000, true)]
    [InlineData(4_001, false)]
    [InlineData(10_000, false)]
    public void A_wording_has_1_to_4000_characters(int length, bool good) => Assert.Equal(
        good ? [] : ["agreement.customer_wording[0].text"],
        Wrong(Asked(agreement => agreement.CustomerWording.Add(new LocalizedText { Language = "nl", Text = new string('x', length) }))));

    [Fact]
    public void A_wording_may_have_lines_but_no_control_characters()
    {
        IReadOnlyList<string> Text(string text) => Wrong(Asked(agreement => agreement.CustomerWording.Add(new LocalizedText { Language = "nl", Text = text })));
        Assert.Empty(Text("Beste Jan,\r\n\tU hoeft niets te doen 🙂"));
        Assert.Equal(["agreement.customer_wording[0].text"], Text("a\0b"));
        Assert.Equal(["agreement.customer_wording[0].text"], Text("a\u001bb"));
    }

    [Fact]
    public void There_is_one_wording_a_language_and_at_most_8()
    {
        IReadOnlyList<string> Languages(params string[] languages) => Wrong(Asked(agreement =>
            agreement.CustomerWording.AddRange(languages.Select(language => new LocalizedText { Language = language, Text = "x" }))));
        Assert.Empty(Languages("nl", "en", "nl-BE", "de", "fr", "tr", "pl", "ar"));
        Assert.Equal(["agreement.customer_wording"], Languages("nl", "en", "nl-BE", "de", "fr", "tr", "pl", "ar", "uk"));
        Assert.Equal(["agreement.customer_wording[1].language"], Languages("nl", "NL"));
        Assert.Equal(["agreement.customer_wording[0].language"], Languages("n"));
        Assert.Equal(["agreement.customer_wording[0].language"], Languages("n_l"));
        Assert.Empty(Languages(new string('a', 16)));
        Assert.Equal(["agreement.customer_wording[0].language"], Languages(new string('a', 17)));
    }

    [Fact]
    public void Evidence_is_at_most_10_of_1_to_256_characters()
    {
        IReadOnlyList<string> Evidence(params string[] evidence) => Wrong(Asked(agreement => agreement.Evidence.AddRange(evidence)));
        Assert.Empty(Evidence([.. Enumerable.Repeat(new string('x', 256), 10)]));
        Assert.Equal(["agreement.evidence"], Evidence([.. Enumerable.Repeat("x", 11)]));
        Assert.Equal(["agreement.evidence[0]", "agreement.evidence[1]"], Evidence(new string('x', 257), ""));
    }

    [Fact]
    public void An_agreement_begins_at_most_a_day_from_now()
    {
        IReadOnlyList<string> From(Timestamp moment) => Wrong(Asked(agreement => agreement.EffectiveTime = moment));
        Assert.Empty(From(Timestamp.FromDateTimeOffset(Now.AddDays(1))));
        Assert.Equal(["agreement.effective_time"], From(Timestamp.FromDateTimeOffset(Now.AddDays(1).AddTicks(10))));
        Assert.Empty(From(Timestamp.FromDateTimeOffset(DateTimeOffset.MinValue)));
        Assert.Equal(["agreement.effective_time"], From(new Timestamp { Seconds = long.MaxValue }));
        Assert.Equal(["agreement.effective_time"], From(new Timestamp { Seconds = long.MinValue }));
        Assert.Equal(["agreement.effective_time"], From(new Timestamp { Nanos = -1 }));
        Assert.Equal(["agreement.effective_time"], From(new Timestamp { Nanos = 1_000_000_000 }));
    }

    [Fact]
    public void Its_origin_is_an_interaction_of_the_customer()
    {
        IReadOnlyList<string> From(string interaction, string channel = "") =>
            Wrong(Asked(agreement => agreement.Origin = new Origin { Interaction = interaction, Channel = channel }));
        Assert.Empty(From(""));
        Assert.Empty(From("customers/1042/sources/webcare/interactions/W-1", "facebook"));
        Assert.Equal(["agreement.origin.interaction"], From("customers/1043/sources/webcare/interactions/W-1"));
        Assert.Equal(["agreement.origin.interaction"], From("W-1"));
        var mail = System.Buffers.Text.Base64Url.EncodeToString(new byte[1_049].Select(_ => (byte)'@').ToArray());
        Assert.Equal(1_399, mail.Length);
        Assert.Empty(From($"customers/1042/sources/webcare/interactions/~{mail}"));
        Assert.Equal(["agreement.origin.interaction"], From($"customers/1042/sources/webcare/interactions/~{mail}QEBA"));
        Assert.Equal(["agreement.origin.channel"], From("", "Face book"));
    }

    [Fact]
    public void A_parent_that_is_wrong_is_not_told_again_of_every_field_that_names_the_customer()
    {
        var violations = new Violations();
        var agreement = new Agreement { Effects = { Given.Effect(EffectKind.ContactStop, new Subject { Type = SubjectType.Customer, Id = "1042" }) } };
        agreement.Origin = new Origin { Interaction = "customers/1042/sources/webcare/interactions/W-1" };
        AgreementCheck.Check(agreement, Requests.Customer("customers/10 42", "parent", violations), Now, Given.Amsterdam, violations);
        Assert.Equal(ErrorReason.InvalidField, violations.ToException().Reason);
        Assert.Equal("parent", Assert.Single(violations.ToException().Fields).Field);
    }

    [Fact]
    public void Every_wrong_field_is_named_at_once()
    {
        var agreement = new Agreement { EffectiveTime = Timestamp.FromDateTimeOffset(Now.AddDays(2)), Evidence = { "" } };
        agreement.Effects.Add(new Effect());
        agreement.Effects.Add(new Effect { Refund = new Refund(), Subjects = { new Subject() } });
        agreement.CustomerWording.Add(new LocalizedText());
        Assert.Equal(
            [
                "agreement.effective_time", "agreement.effects[0].subjects", "agreement.effects[0]", "agreement.effects[1].subjects[0].type",
                "agreement.effects[1].subjects[0].id", "agreement.effects[1].refund.amount", "agreement.customer_wording[0].language",
                "agreement.customer_wording[0].text", "agreement.evidence[0]",
            ],
            Wrong(agreement));
    }
}
