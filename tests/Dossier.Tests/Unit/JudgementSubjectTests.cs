using Dossier.Guard;
using Dossier.V1;
using Code = Dossier.V1.DecisionReason.Types.Code;

namespace Dossier.Tests.UnitTests;

/// <summary>How the subject of an agreement lies to the subject of an action: a wider one covers it, a narrower one never gives ALLOW, another one says nothing.</summary>
public sealed class JudgementSubjectTests
{
    private static Decision Block(Subject agreed, ActionSubject asked) => Judgement.Judge(
        Given.Action(ActionKind.SendDunningNotice, asked), [Given.Agreement(Given.Effect(EffectKind.DunningBlock, agreed))], Given.Now, Given.Amsterdam);

    private static readonly Subject[] Covering = [Given.Line("L1", "I1"), Given.Invoice("I1"), Given.Account(), Given.Whole()];

    [Fact]
    public void The_same_and_every_wider_subject_covers()
    {
        for (var agreed = 0; agreed < Covering.Length; agreed++)
        {
            for (var asked = 0; asked <= agreed; asked++)
            {
                Assert.Equal(Verdict.Block, Block(Covering[agreed], Covering[asked].Asked(55)).Verdict);
            }
        }

        Assert.Equal(Verdict.Block, Block(Given.Whole(), Given.Product().Asked()).Verdict);
        Assert.Equal(Verdict.Block, Block(Given.Product(), Given.Product().Asked()).Verdict);
    }

    [Fact]
    public void A_narrower_subject_of_which_nothing_more_is_known_is_for_a_person()
    {
        for (var asked = 1; asked < Covering.Length; asked++)
        {
            for (var agreed = 0; agreed < asked; agreed++)
            {
                var decision = Block(Covering[agreed], Covering[asked].Asked(55));
                Assert.Equal(Verdict.Review, decision.Verdict);
                Assert.Equal(Code.PartAmountUnknown, Assert.Single(decision.Reasons).Code);
            }
        }

        Assert.Equal(Verdict.Review, Block(Given.Product(), Given.Whole().Asked(55)).Verdict);
    }

    [Fact]
    public void A_narrower_subject_whose_amount_is_known_is_taken_off()
    {
        var decision = Block(Given.Invoice("I1", 27.50m), Given.Account().Asked(55));
        Assert.Equal(Verdict.Reduce, decision.Verdict);
        Assert.Equal(Given.Euro(27.50m), decision.AllowedAmount);
        Assert.Equal(Code.PartOfSubject, Assert.Single(decision.Reasons).Code);
    }

    [Fact]
    public void Another_subject_of_the_same_type_says_nothing()
    {
        Assert.Equal(Verdict.Allow, Block(Given.Line("L2", "I1"), Given.Line("L1", "I1").Asked(5)).Verdict);
        Assert.Equal(Verdict.Allow, Block(Given.Invoice("I2"), Given.Invoice("I1").Asked(5)).Verdict);
        Assert.Equal(Verdict.Allow, Block(Given.Account("A2"), Given.Account().Asked(5)).Verdict);
        Assert.Equal(Verdict.Allow, Block(Given.Product("P2"), Given.Product().Asked(5)).Verdict);
    }

    [Fact]
    public void A_subject_of_another_branch_says_nothing()
    {
        Assert.Equal(Verdict.Allow, Block(Given.Invoice("I2", account: "A2"), Given.Account().Asked(5)).Verdict);
        Assert.Equal(Verdict.Allow, Block(Given.Line("L9", "I2"), Given.Invoice("I1").Asked(5)).Verdict);
        Assert.Equal(Verdict.Allow, Block(Given.Account("A2"), Given.Invoice("I1").Asked(5)).Verdict);
        Assert.Equal(Verdict.Allow, Block(Given.Product(), Given.Account().Asked(5)).Verdict);
        Assert.Equal(Verdict.Allow, Block(Given.Account(), Given.Product().Asked(5)).Verdict);
    }

    [Theory]
    [InlineData("i1")]
    [InlineData("I1 ")]
    [InlineData(" I1")]
    [InlineData("Ⅰ1")]
    public void Ids_are_compared_byte_for_byte(string other) =>
        Assert.Equal(Verdict.Allow, Block(Given.Invoice(other), Given.Invoice("I1").Asked(5)).Verdict);

    [Fact]
    public void The_same_id_of_another_type_is_another_subject() =>
        Assert.Equal(Verdict.Allow, Block(Given.Product("A1"), Given.Account("A1").Asked(5)).Verdict);

    [Fact]
    public void A_pending_subject_of_which_no_parent_is_known_may_lie_below()
    {
        Assert.Equal(Verdict.Review, Block(Given.Invoice("I1").Pending(), Given.Account().Asked(55)).Verdict);
        Assert.Equal(Verdict.Review, Block(Given.Line("L1", "I1").Pending(), Given.Account().Asked(55)).Verdict);
        Assert.Equal(Verdict.Review, Block(Given.Line("L1", "I1").Pending(), Given.Invoice("I1").Asked(55)).Verdict);
        Assert.Equal(Verdict.Review, Block(Given.Invoice("I1").Pending(), Given.Whole().Asked(55)).Verdict);
    }

    [Fact]
    public void A_pending_subject_whose_parent_of_that_type_was_not_told_may_lie_below()
    {
        var line = Given.Line("L1", "I1").Pending(Given.Ref(SubjectType.Invoice, "I1"));
        Assert.Equal(Verdict.Review, Block(line, Given.Account().Asked(55)).Verdict);
        Assert.Equal(Verdict.Review, Block(line, Given.Invoice("I1").Asked(55)).Verdict);
        Assert.Equal(Verdict.Allow, Block(line, Given.Invoice("I2").Asked(55)).Verdict);

        line = Given.Line("L1", "I1").Pending(Given.Ref(SubjectType.BillingAccount, "A1"));
        Assert.Equal(Verdict.Review, Block(line, Given.Invoice("I1").Asked(55)).Verdict);
        Assert.Equal(Verdict.Allow, Block(line, Given.Account("A2").Asked(55)).Verdict);
    }

    [Fact]
    public void A_verified_subject_whose_source_did_not_tell_the_parent_may_lie_below()
    {
        // billing_account may be left out of a store's subjects: then its invoices stand below no account that we know.
        var invoice = Given.Invoice("I1", 27.50m);
        invoice.Parents.Clear();
        Assert.NotEqual(Verdict.Allow, Block(invoice, Given.Account().Asked(55)).Verdict);
    }

    [Fact]
    public void A_pending_subject_does_not_lie_below_what_cannot_hold_it()
    {
        Assert.Equal(Verdict.Allow, Block(Given.Invoice("I2").Pending(), Given.Invoice("I1").Asked(55)).Verdict);
        Assert.Equal(Verdict.Allow, Block(Given.Account("A2").Pending(), Given.Account().Asked(55)).Verdict);
        Assert.Equal(Verdict.Allow, Block(Given.Product().Pending(), Given.Account().Asked(55)).Verdict);
        Assert.Equal(Verdict.Allow, Block(Given.Invoice("I1").Pending(), Given.Product().Asked(55)).Verdict);
        Assert.Equal(Verdict.Allow, Block(Given.Invoice("I2").Pending(), Given.Line("L1", "I1").Asked(55)).Verdict);
    }

    [Fact]
    public void The_whole_decision_is_the_worst_of_its_subjects_in_their_order()
    {
        var agreements = new[]
        {
            Given.Agreement(Given.Effect(EffectKind.DunningBlock, Given.Invoice("I2"))).Named("block"),
            Given.Agreement(Given.Effect(EffectKind.CreditAmount, Given.Invoice("I3", 27.50m))).Named("credit"),
        };
        var decision = Judgement.Judge(
            Given.Action(ActionKind.SendDunningNotice, Given.Invoice("I1").Asked(27.50m), Given.Invoice("I2").Asked(27.50m), Given.Invoice("I3").Asked(27.50m)),
            agreements, Given.Now, Given.Amsterdam);
        Assert.Equal(Verdict.Block, decision.Verdict);
        Assert.Equal([Verdict.Allow, Verdict.Block, Verdict.Reduce], decision.Subjects.Select(subject => subject.Verdict));
        Assert.Equal(["I1", "I2", "I3"], decision.Subjects.Select(subject => subject.Subject.Id));
        Assert.Equal(["block", "credit"], decision.Reasons.Select(reason => reason.Resource.Split('/')[^1]));
        Assert.Null(decision.AllowedAmount);
        Assert.Equal(Given.Euro(17.50m), decision.Subjects[2].AllowedAmount);
    }

    [Fact]
    public void A_reason_that_several_subjects_share_is_told_once()
    {
        var decision = Judgement.Judge(
            Given.Action(ActionKind.SendDunningNotice, Given.Invoice("I1").Asked(), Given.Invoice("I2").Asked()),
            [Given.Agreement(Given.Effect(EffectKind.DunningBlock, Given.Account()))], Given.Now, Given.Amsterdam);
        Assert.Single(decision.Reasons);
        Assert.All(decision.Subjects, subject => Assert.Single(subject.Reasons));
    }

    [Fact]
    public void The_wording_of_an_agreement_is_told_once_however_many_subjects_it_binds()
    {
        var agreement = Given.Agreement([.. Enumerable.Range(0, 20).Select(_ => Given.Effect(EffectKind.DunningBlock, [.. Enumerable.Range(0, 50).Select(number => Given.Invoice($"I{number}"))]))]);
        agreement.CustomerWording.Add(new LocalizedText { Language = "nl", Text = new string('x', 4_000) });
        var subjects = Enumerable.Range(0, 200).Select(_ => Given.Whole().Asked()).ToArray();

        var decision = Judgement.Judge(Given.Action(ActionKind.SendDunningNotice, subjects), [agreement], Given.Now, Given.Amsterdam);

        Assert.Single(Assert.Single(decision.Reasons).Wording);
        Assert.All(decision.Subjects, subject => Assert.Empty(Assert.Single(subject.Reasons).Wording));
        Assert.InRange(decision.CalculateSize(), 4_000, 40_000);
    }

    [Fact]
    public void What_may_be_asked_in_all_is_the_sum_of_what_may_be_asked_of_each()
    {
        Decision Judge(params ActionSubject[] subjects) => Judgement.Judge(
            Given.Action(ActionKind.CollectPayment, subjects),
            [Given.Agreement(Given.Effect(EffectKind.CreditAmount, Given.Invoice("I1", 27.50m)))], Given.Now, Given.Amsterdam);

        var whole = Judge(Given.Invoice("I1").Asked(27.50m), Given.Invoice("I2").Asked(0.05m));
        Assert.Equal(Verdict.Reduce, whole.Verdict);
        Assert.Equal(Given.Euro(17.55m), whole.AllowedAmount);
        Assert.Null(whole.Subjects[1].AllowedAmount);

        // Without an amount of every subject, or with two currencies, there is no total.
        Assert.Null(Judge(Given.Invoice("I1").Asked(27.50m), Given.Invoice("I2").Asked()).AllowedAmount);
        Assert.Null(Judge(Given.Invoice("I1").Asked(27.50m), Given.Invoice("I2").Asked(5, "USD")).AllowedAmount);
    }
}
