using Dossier.V1;
using Google.Protobuf.WellKnownTypes;
using Google.Type;
using static Dossier.Tests.UnitTests.Asking;

namespace Dossier.Tests.UnitTests;

/// <summary>The syntax of what an agreement does: each kind of effect has what it needs, and nothing past its limits.</summary>
public sealed class EffectCheckTests
{
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
}
