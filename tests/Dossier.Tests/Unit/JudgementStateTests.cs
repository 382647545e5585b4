using Dossier.Guard;
using Dossier.V1;
using Code = Dossier.V1.DecisionReason.Types.Code;

namespace Dossier.Tests.UnitTests;

/// <summary>Which states of an agreement bind, and when.</summary>
public sealed class JudgementStateTests
{
    private static readonly DateTimeOffset Now = Given.Now;

    private static Decision Judge(PlannedAction action, params Agreement[] agreements) => Judgement.Judge(action, agreements, Now, Given.Amsterdam);

    private static Verdict Collect(Agreement agreement) => Judge(Given.Action(ActionKind.CollectPayment, Given.Invoice("I1").Asked(27.50m)), agreement).Verdict;

    [Fact]
    public void Where_no_agreement_is_in_force_every_known_action_is_allowed() => Assert.All(
        System.Enum.GetValues<ActionKind>().Skip(1),
        kind =>
        {
            var decision = Judge(Given.Action(kind, Given.Invoice("I1").Asked(27.50m)));
            Assert.Equal(Verdict.Allow, decision.Verdict);
            Assert.Empty(decision.Reasons);
            Assert.Null(decision.AllowedAmount);
        });

    [Theory]
    [InlineData(ActionKind.Unspecified)]
    [InlineData(WrittenTable.UnknownAction)]
    public void An_action_that_is_not_known_is_for_a_person_even_without_agreements(ActionKind action)
    {
        var decision = Judge(Given.Action(action, Given.Invoice("I1").Asked()));
        Assert.Equal(Verdict.Review, decision.Verdict);
        Assert.Equal(Code.ActionUnknown, Assert.Single(decision.Reasons).Code);
    }

    [Fact]
    public void An_effect_of_a_kind_that_is_not_known_is_for_a_person()
    {
        var unknown = Given.Unknown();
        Assert.Equal(Effect.KindOneofCase.None, unknown.KindCase);
        Assert.True(unknown.CalculateSize() > 0, "the unknown field is kept");
        unknown.Subjects.Add(Given.Invoice("I1"));

        Assert.All(System.Enum.GetValues<ActionKind>().Skip(1), kind =>
        {
            var decision = Judge(Given.Action(kind, Given.Invoice("I1").Asked(27.50m)), Given.Agreement(unknown));
            Assert.Equal(Verdict.Review, decision.Verdict);
            Assert.Equal(Code.EffectUnknown, Assert.Single(decision.Reasons).Code);
        });
        Assert.Equal(Verdict.Allow, Judge(Given.Action(ActionKind.AddFee, Given.Invoice("I2").Asked()), Given.Agreement(unknown)).Verdict);
    }

    [Theory]
    [InlineData(AgreementState.Withdrawn)]
    [InlineData(AgreementState.Superseded)]
    [InlineData(AgreementState.Rejected)]
    [InlineData(AgreementState.Expired)]
    [InlineData(AgreementState.Unspecified)]
    public void A_state_that_binds_nobody_says_nothing(AgreementState state) =>
        Assert.Equal(Verdict.Allow, Collect(Given.Agreement(Given.Effect(EffectKind.CreditInvoice, Given.Invoice("I1"))).In(state)));

    [Theory]
    [InlineData(EffectKind.CreditInvoice)]
    [InlineData(EffectKind.CreditAmount)]
    [InlineData(EffectKind.Refund)]
    public void A_proposed_agreement_is_at_most_for_a_person(EffectKind kind)
    {
        var decision = Judge(
            Given.Action(ActionKind.CollectPayment, Given.Invoice("I1").Asked(27.50m)),
            Given.Agreement(Given.Effect(kind, Given.Invoice("I1", 27.50m))).In(AgreementState.Proposed));
        Assert.Equal(Verdict.Review, decision.Verdict);
        Assert.Equal(Code.AgreementProposed, Assert.Single(decision.Reasons).Code);
        Assert.Null(decision.AllowedAmount);
    }

    [Fact]
    public void A_proposed_agreement_says_nothing_of_what_the_table_allows()
    {
        var proposed = Given.Agreement(Given.Effect(EffectKind.DunningBlock, Given.Invoice("I1"))).In(AgreementState.Proposed);
        Assert.Equal(Verdict.Allow, Collect(proposed));
    }

    [Fact]
    public void A_proposed_credit_takes_no_amount_off()
    {
        var proposed = Given.Agreement(Given.Effect(EffectKind.CreditAmount, Given.Invoice("I1"))).In(AgreementState.Proposed);
        var active = Given.Agreement(Given.Effect(EffectKind.CreditAmount, Given.Invoice("I1")));
        var decision = Judge(Given.Action(ActionKind.CollectPayment, Given.Invoice("I1").Asked(15)), proposed, active, proposed);
        Assert.Equal(Verdict.Review, decision.Verdict);
    }

    [Fact]
    public void A_fulfilled_credit_of_an_invoice_still_blocks_whenever_the_amount_was_read()
    {
        var applied = Now.AddDays(-2);
        Agreement Credit() => Given.Agreement(Given.Effect(EffectKind.CreditInvoice, Given.Invoice("I1", 27.50m))).AppliedAt(applied);
        foreach (var asked in new[] { Given.Invoice("I1").Asked(27.50m), Given.Invoice("I1").Asked(27.50m).ReadAt(applied.AddDays(-1)), Given.Invoice("I1").Asked(27.50m).ReadAt(Now), Given.Line("L1", "I1").Asked(5).ReadAt(Now) })
        {
            Assert.Equal(Verdict.Block, Judge(Given.Action(ActionKind.CollectPayment, asked), Credit()).Verdict);
        }
    }

    [Theory]
    [InlineData(EffectKind.CreditAmount)]
    [InlineData(EffectKind.WaiveFee)]
    public void A_fulfilled_amount_is_taken_off_what_was_read_before_it_was_applied(EffectKind kind)
    {
        var applied = Now.AddDays(-2);
        Decision At(DateTimeOffset? read) => Judge(
            Given.Action(ActionKind.CollectPayment, read is { } moment ? Given.Invoice("I1").Asked(27.50m).ReadAt(moment) : Given.Invoice("I1").Asked(27.50m)),
            Given.Agreement(Given.Effect(kind, Given.Invoice("I1", 27.50m))).AppliedAt(applied));

        var before = At(applied.AddTicks(-10));
        Assert.Equal(Verdict.Reduce, before.Verdict);
        Assert.Equal(Given.Euro(17.50m), before.AllowedAmount);
        Assert.Equal(Verdict.Allow, At(applied).Verdict);
        Assert.Equal(Verdict.Allow, At(Now).Verdict);

        var unknown = At(null);
        Assert.Equal(Verdict.Review, unknown.Verdict);
        Assert.Equal(Code.AmountAsOfMissing, Assert.Single(unknown.Reasons).Code);
    }

    [Fact]
    public void An_amount_over_an_account_no_longer_holds_an_invoice_whose_credit_note_was_booked_before_it_was_read()
    {
        var applied = Now.AddDays(-2);
        Decision At(DateTimeOffset read) => Judge(
            Given.Action(ActionKind.SendDunningNotice, Given.Account().Asked(55).ReadAt(read)),
            Given.Agreement(Given.Effect(EffectKind.CreditInvoice, Given.Invoice("I1", 27.50m))).AppliedAt(applied));

        Assert.Equal(Given.Euro(27.50m), At(applied.AddDays(-1)).AllowedAmount);
        Assert.Equal(Verdict.Allow, At(Now).Verdict);
    }

    [Fact]
    public void What_was_fulfilled_was_applied_when_the_last_system_applied_it()
    {
        var agreement = Given.Agreement(Given.Effect(EffectKind.CreditAmount, Given.Invoice("I1"))).AppliedAt(Now.AddDays(-5)).AppliedAt(Now.AddDays(-2));
        var decision = Judge(Given.Action(ActionKind.CollectPayment, Given.Invoice("I1").Asked(27.50m).ReadAt(Now.AddDays(-3))), agreement);
        Assert.Equal(Verdict.Reduce, decision.Verdict);
    }

    [Fact]
    public void Where_nobody_had_to_apply_it_the_moment_of_fulfilment_counts()
    {
        var agreement = Given.Agreement(Given.Effect(EffectKind.CreditAmount, Given.Invoice("I1"))).AppliedAt(Now.AddDays(-2));
        agreement.Acknowledgements.Clear();
        Verdict At(DateTimeOffset read) =>
            Judge(Given.Action(ActionKind.CollectPayment, Given.Invoice("I1").Asked(27.50m).ReadAt(read)), agreement).Verdict;
        Assert.Equal(Verdict.Reduce, At(Now.AddDays(-3)));
        Assert.Equal(Verdict.Allow, At(Now.AddDays(-1)));
    }

    [Theory]
    [InlineData(EffectKind.DeferPayment)]
    [InlineData(EffectKind.InstalmentPlan)]
    [InlineData(EffectKind.Refund)]
    public void Every_other_effect_ends_when_its_agreement_is_fulfilled(EffectKind kind) =>
        Assert.Equal(Verdict.Allow, Collect(Given.Agreement(Given.Effect(kind, Given.Invoice("I1"))).AppliedAt(Now.AddDays(-1))));

    [Theory]
    [InlineData(Acknowledgement.Types.Outcome.Unspecified)]
    [InlineData(Acknowledgement.Types.Outcome.Rejected)]
    public void A_missing_or_rejected_acknowledgement_changes_nothing(Acknowledgement.Types.Outcome outcome)
    {
        var agreement = Given.Agreement(Given.Effect(EffectKind.CreditInvoice, Given.Invoice("I1")));
        agreement.Acknowledgements.Add(new Acknowledgement { System = "systems/administration", Outcome = outcome });
        Assert.Equal(Verdict.Block, Collect(agreement));
    }

    [Fact]
    public void The_worst_reason_wins_and_comes_first()
    {
        var subject = Given.Invoice("I1", 27.50m);
        var decision = Judge(
            Given.Action(ActionKind.CollectPayment, Given.Invoice("I1").Asked(27.50m)),
            Given.Agreement(Given.Effect(EffectKind.CreditAmount, subject)).Named("a"),
            Given.Agreement(Given.Effect(EffectKind.Refund, subject)).Named("b"),
            Given.Agreement(Given.Effect(EffectKind.DeferPayment, subject)).Named("c"),
            Given.Agreement(Given.Effect(EffectKind.Remark, subject)).Named("d"));
        Assert.Equal(Verdict.Block, decision.Verdict);
        Assert.Equal([Verdict.Block, Verdict.Review, Verdict.Reduce], decision.Reasons.Select(reason => reason.Verdict));
        Assert.Equal(["c", "b", "a"], decision.Reasons.Select(reason => reason.Resource.Split('/')[^1]));
        Assert.Null(decision.AllowedAmount);

        decision = Judge(
            Given.Action(ActionKind.CollectPayment, Given.Invoice("I1").Asked(27.50m)),
            Given.Agreement(Given.Effect(EffectKind.CreditAmount, subject), Given.Effect(EffectKind.Refund, subject)));
        Assert.Equal(Verdict.Review, decision.Verdict);
        Assert.Null(decision.AllowedAmount);
    }

    [Fact]
    public void A_reason_names_the_agreement_its_effect_and_what_the_customer_was_told()
    {
        var agreement = Given.Agreement(Given.Effect(EffectKind.CreditInvoice, Given.Invoice("I1")));
        agreement.CustomerWording.Add(new LocalizedText { Language = "nl", Text = "U hoeft deze niet te betalen." });
        var reason = Assert.Single(Judge(Given.Action(ActionKind.CollectPayment, Given.Invoice("I1").Asked()), agreement).Reasons);
        Assert.Equal(agreement.Name, reason.Resource);
        Assert.Equal(EffectKind.CreditInvoice, reason.Effect);
        Assert.Equal(Code.EffectBlocks, reason.Code);
        Assert.Equal(agreement.CustomerWording, reason.Wording);
    }
}
