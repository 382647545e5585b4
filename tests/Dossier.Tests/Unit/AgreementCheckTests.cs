using Dossier.Agreements;
using Dossier.V1;
using Google.Protobuf.WellKnownTypes;
using Google.Type;

namespace Dossier.Tests.UnitTests;

/// <summary>The syntax of an agreement: every limit holds at the limit and not one past it, and every wrong field is named.</summary>
public sealed class AgreementCheckTests
{
    private static readonly DateTimeOffset Now = Given.Now;

    private static IReadOnlyList<string> Wrong(Agreement? agreement) => [.. Check(agreement).Select(field => field.Field)];

    private static IReadOnlyList<FieldViolation> Check(Agreement? agreement)
    {
        var violations = new Violations();
        AgreementCheck.Check(agreement, Given.Customer, Now, Given.Amsterdam, violations);
        return violations.ToException().Fields;
    }

    /// <summary>What a caller sends: no output fields, one good effect.</summary>
    private static Agreement Asked(Action<Agreement>? change = null)
    {
        var agreement = new Agreement { Effects = { Credit() } };
        change?.Invoke(agreement);
        return agreement;
    }

    private static Agreement With(Effect effect, Action<Effect>? change = null)
    {
        effect.Subjects.Add(new Subject { Type = SubjectType.Invoice, Id = "I1" });
        change?.Invoke(effect);
        return new Agreement { Effects = { effect } };
    }

    private static Effect Credit(string id = "I1") =>
        new() { CreditInvoice = new CreditInvoice(), Subjects = { new Subject { Type = SubjectType.Invoice, Id = id } } };

    private static Agreement Plan(int count, Action<InstalmentPlan>? change = null)
    {
        var plan = new InstalmentPlan();
        plan.Instalments.AddRange(Enumerable.Range(0, count).Select(index => new InstalmentPlan.Types.Instalment
        {
            Amount = Given.Euro(5),
            DueDate = new DateOnly(2026, 9, 15).AddDays(index).ToDate(),
        }));
        change?.Invoke(plan);
        return With(new Effect { InstalmentPlan = plan });
    }

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

    [Fact]
    public void An_effect_must_say_what_it_does()
    {
        Assert.Equal(["agreement.effects[0]"], Wrong(With(new Effect())));
        Assert.Equal(["agreement.effects[0]"], Wrong(With(Given.Unknown())));
    }

    public static TheoryData<decimal, bool> Sums => new()
    {
        { 0.01m, true }, { 1_000_000_000m, true }, { 1_000_000_000.01m, false }, { 0, false }, { -0.01m, false }, { -5, false }, { 0.001m, false }, { 27.505m, false },
    };

    [Theory]
    [MemberData(nameof(Sums))]
    public void An_amount_is_above_zero_in_whole_cents(decimal amount, bool good)
    {
        var money = Given.Euro(amount);
        var agreements = new (string Field, Effect Effect)[]
        {
            ("credit_amount.amount", new Effect { CreditAmount = new CreditAmount { Amount = money, Ground = CreditAmount.Types.Ground.Correction } }),
            ("waive_fee.amount", new Effect { WaiveFee = new WaiveFee { Amount = money } }),
            ("refund.amount", new Effect { Refund = new Refund { Amount = money } }),
            ("instalment_plan.instalments[0].amount", new Effect { InstalmentPlan = new InstalmentPlan { Instalments = { new InstalmentPlan.Types.Instalment { Amount = money, DueDate = Given.Day(2026, 9, 30) } } } }),
        };
        Assert.All(agreements, one => Assert.Equal(good ? [] : [$"agreement.effects[0].{one.Field}"], Wrong(With(one.Effect))));
    }

    [Fact]
    public void An_amount_must_be_money()
    {
        void Refused(Money? money) => Assert.Equal(
            ["agreement.effects[0].waive_fee.amount"], Wrong(With(new Effect { WaiveFee = new WaiveFee { Amount = money } })));
        Refused(null);
        Refused(new Money { Units = 5 });
        Refused(new Money { Units = 5, CurrencyCode = "eur" });
        Refused(new Money { Units = 5, CurrencyCode = "EURO" });
        Refused(new Money { Units = 5, CurrencyCode = "E1R" });
        Refused(new Money { Units = 5, Nanos = -10_000_000, CurrencyCode = "EUR" });
        Refused(new Money { Units = -5, Nanos = 10_000_000, CurrencyCode = "EUR" });
        Refused(new Money { Nanos = 1_000_000_000, CurrencyCode = "EUR" });
        Refused(new Money { Nanos = int.MinValue, CurrencyCode = "EUR" });
        Refused(new Money { Nanos = int.MaxValue, CurrencyCode = "EUR" });
        Refused(new Money { Units = long.MinValue, CurrencyCode = "EUR" });
        Refused(new Money { Units = long.MaxValue, CurrencyCode = "EUR" });
    }

    [Theory]
    [InlineData("2026-09-15", true)] // the day from which it holds
    [InlineData("2026-09-14", false)]
    [InlineData("9999-12-31", true)]
    public void An_effect_does_not_end_before_the_day_from_which_it_holds(string until, bool good)
    {
        foreach (var kind in new[] { EffectKind.DeferPayment, EffectKind.DunningBlock, EffectKind.SuspensionBlock, EffectKind.ContactStop })
        {
            Assert.Equal(good ? [] : [$"agreement.effects[0].{kind.Word().ToLowerInvariant()}.until"], Wrong(With(Until(kind, Given.Day(until)))));
        }

        Assert.Equal(
            good ? [] : ["agreement.effects[0].instalment_plan.instalments[0].due_date"],
            Wrong(Plan(1, plan => plan.Instalments[0].DueDate = Given.Day(until))));
    }

    [Fact]
    public void The_day_from_which_it_holds_is_a_day_in_Amsterdam()
    {
        // 22:30 UTC on the 14th is half past midnight on the 15th.
        var agreement = With(Until(EffectKind.DeferPayment, Given.Day(2026, 9, 14)));
        agreement.EffectiveTime = Timestamp.FromDateTimeOffset(DateTimeOffset.Parse("2026-09-14T22:30:00Z"));
        Assert.Equal(["agreement.effects[0].defer_payment.until"], Wrong(agreement));
        agreement.EffectiveTime = Timestamp.FromDateTimeOffset(DateTimeOffset.Parse("2026-09-14T21:30:00Z"));
        Assert.Empty(Wrong(agreement));
    }

    [Fact]
    public void Only_a_deferral_must_say_until_when()
    {
        Assert.Equal(["agreement.effects[0].defer_payment.until"], Wrong(With(Until(EffectKind.DeferPayment, null))));
        Assert.All(
            [EffectKind.DunningBlock, EffectKind.SuspensionBlock, EffectKind.ContactStop],
            kind => Assert.Empty(Wrong(With(Until(kind, null)))));
    }

    [Theory]
    [InlineData(2026, 2, 29)]
    [InlineData(2026, 13, 1)]
    [InlineData(2026, 9, 0)]
    [InlineData(2026, 0, 0)]
    [InlineData(0, 9, 30)]
    [InlineData(10_000, 1, 1)]
    [InlineData(-1, -1, -1)]
    public void A_day_is_a_whole_day_that_there_is(int year, int month, int day) => Assert.Equal(
        ["agreement.effects[0].dunning_block.until"], Wrong(With(Until(EffectKind.DunningBlock, Given.Day(year, month, day)))));

    private static Effect Until(EffectKind kind, Date? until) => kind switch
    {
        EffectKind.DeferPayment => new Effect { DeferPayment = new DeferPayment { Until = until } },
        EffectKind.DunningBlock => new Effect { DunningBlock = new DunningBlock { Until = until, Reason = DunningBlock.Types.Reason.Disputed } },
        EffectKind.SuspensionBlock => new Effect { SuspensionBlock = new SuspensionBlock { Until = until } },
        _ => new Effect { ContactStop = new ContactStop { Until = until } },
    };

    [Fact]
    public void A_reason_a_ground_and_a_purpose_must_be_known()
    {
        Assert.All([0, 99], value =>
        {
            Assert.Equal(
                ["agreement.effects[0].dunning_block.reason"],
                Wrong(With(new Effect { DunningBlock = new DunningBlock { Reason = (DunningBlock.Types.Reason)value } })));
            Assert.Equal(
                ["agreement.effects[0].credit_amount.ground"],
                Wrong(With(new Effect { CreditAmount = new CreditAmount { Amount = Given.Euro(5), Ground = (CreditAmount.Types.Ground)value } })));
        });
        Assert.Equal(
            ["agreement.effects[0].contact_stop.purpose"],
            Wrong(With(new Effect { ContactStop = new ContactStop { Purpose = (ContactPurpose)99 } })));
    }

    [Fact]
    public void A_channel_is_a_slug()
    {
        Assert.Empty(Wrong(With(new Effect { ContactStop = new ContactStop { Channel = "web-portal" } })));
        Assert.Equal(["agreement.effects[0].contact_stop.channel"], Wrong(With(new Effect { ContactStop = new ContactStop { Channel = "Web portal" } })));
        Assert.Equal(["agreement.effects[0].contact_stop.channel"], Wrong(With(new Effect { ContactStop = new ContactStop { Channel = new string('a', 33) } })));
    }

    [Theory]
    [InlineData(0, false)]
    [InlineData(1, true)]
    [InlineData(60, true)]
    [InlineData(61, false)]
    public void A_plan_has_1_to_60_instalments(int count, bool good) =>
        Assert.Equal(good ? [] : ["agreement.effects[0].instalment_plan.instalments"], Wrong(Plan(count)));

    [Fact]
    public void Instalments_come_one_after_the_other_in_one_currency()
    {
        Assert.Equal(
            ["agreement.effects[0].instalment_plan.instalments[1].due_date"],
            Wrong(Plan(3, plan => plan.Instalments[1].DueDate = plan.Instalments[0].DueDate)));
        Assert.Equal(
            ["agreement.effects[0].instalment_plan.instalments[1].due_date"],
            Wrong(Plan(2, plan => plan.Instalments[1].DueDate = null)).Distinct());
        Assert.Equal(
            ["agreement.effects[0].instalment_plan.instalments[1].amount.currency_code"],
            Wrong(Plan(3, plan => plan.Instalments[1].Amount = Amounts.ToMoney(5, "USD"))));
    }

    [Theory]
    [InlineData(0, false)]
    [InlineData(1, true)]
    [InlineData(2_000, true)]
    [InlineData(2_001, false)]
    public void A_remark_has_1_to_2000_characters(int length, bool good) => Assert.Equal(
        good ? [] : ["agreement.effects[0].remark.text"], Wrong(With(new Effect { Remark = new Remark { Text = new string('x', length) } })));

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
        Assert.Equal(["agreement.origin.channel"], From("", "Face book"));
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
