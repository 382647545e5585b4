using Dossier.Guard;
using Dossier.V1;
using Code = Dossier.V1.DecisionReason.Types.Code;

namespace Dossier.Tests.UnitTests;

/// <summary>What is taken off an amount, and when it cannot be counted.</summary>
public sealed class JudgementAmountTests
{
    private static Decision Letter(ActionSubject asked, params Agreement[] agreements) =>
        Judgement.Judge(Given.Action(ActionKind.SendDunningNotice, asked), agreements, Given.Now, Given.Amsterdam);

    private static Agreement Credit(decimal amount, params Subject[] subjects)
    {
        var effect = Given.Effect(EffectKind.CreditAmount, subjects);
        effect.CreditAmount.Amount = Given.Euro(amount);
        return Given.Agreement(effect);
    }

    private static Agreement Waive(decimal amount, Subject subject)
    {
        var effect = Given.Effect(EffectKind.WaiveFee, subject);
        effect.WaiveFee.Amount = Given.Euro(amount);
        return Given.Agreement(effect);
    }

    private static Agreement CreditInvoice(params Subject[] subjects) => Given.Agreement(Given.Effect(EffectKind.CreditInvoice, subjects));

    private static void Reduced(decimal allowed, Decision decision)
    {
        Assert.Equal(Verdict.Reduce, decision.Verdict);
        Assert.Equal(Given.Euro(allowed), decision.AllowedAmount);
    }

    private static void NothingLeft(Decision decision)
    {
        Assert.Equal(Verdict.Block, decision.Verdict);
        Assert.Equal(Code.NothingLeft, decision.Reasons[0].Code);
        Assert.Null(decision.AllowedAmount);
    }

    private static void ForAPerson(Code code, Decision decision)
    {
        Assert.Equal(Verdict.Review, decision.Verdict);
        Assert.Equal(code, Assert.Single(decision.Reasons).Code);
        Assert.Null(decision.AllowedAmount);
    }

    [Fact]
    public void A_letter_of_55_over_an_account_of_which_an_invoice_of_27_50_is_credited_may_ask_27_50() =>
        Reduced(27.50m, Letter(Given.Account().Asked(55), CreditInvoice(Given.Invoice("I1", 27.50m))));

    [Fact]
    public void Two_credited_invoices_of_an_account_are_both_taken_off()
    {
        Reduced(10m, Letter(Given.Account().Asked(65), CreditInvoice(Given.Invoice("I1", 27.50m)), CreditInvoice(Given.Invoice("I2", 27.50m))));
        Reduced(10m, Letter(Given.Account().Asked(65), CreditInvoice(Given.Invoice("I1", 27.50m), Given.Invoice("I2", 27.50m))));
        NothingLeft(Letter(Given.Account().Asked(55), CreditInvoice(Given.Invoice("I1", 27.50m)), CreditInvoice(Given.Invoice("I2", 27.50m))));
    }

    [Fact]
    public void An_invoice_that_two_agreements_credit_is_taken_off_once()
    {
        var invoice = Given.Invoice("I1", 27.50m);
        Reduced(27.50m, Letter(Given.Account().Asked(55), CreditInvoice(invoice), CreditInvoice(invoice), Given.Agreement(Given.Effect(EffectKind.DunningBlock, invoice))));
    }

    [Fact]
    public void What_is_credited_on_or_within_a_credited_invoice_is_not_taken_off_again()
    {
        var invoice = Given.Invoice("I1", 27.50m);
        Reduced(27.50m, Letter(Given.Account().Asked(55), CreditInvoice(invoice), Credit(10, invoice)));
        Reduced(27.50m, Letter(Given.Account().Asked(55), Credit(10, invoice), CreditInvoice(invoice)));
        Reduced(27.50m, Letter(Given.Account().Asked(55), CreditInvoice(invoice), CreditInvoice(Given.Line("L1", "I1", 5))));
        Reduced(27.50m, Letter(Given.Account().Asked(55), CreditInvoice(Given.Line("L1", "I1", 5)), CreditInvoice(invoice)));
        Reduced(27.50m, Letter(Given.Account().Asked(55), Credit(2, Given.Line("L1", "I1", 5)), CreditInvoice(invoice)));
        Reduced(22.50m, Letter(Given.Account().Asked(55), CreditInvoice(Given.Line("L9", "I2", 5)), CreditInvoice(invoice)));
    }

    [Fact]
    public void Reductions_of_the_same_subject_add_up()
    {
        var invoice = Given.Invoice("I1", 27.50m);
        Reduced(27.49m, Letter(invoice.Asked(27.50m), Credit(0.01m, invoice)));
        Reduced(17.25m, Letter(invoice.Asked(27.50m), Credit(10, invoice), Credit(0.25m, invoice)));
        Reduced(0.01m, Letter(invoice.Asked(27.50m), Credit(10, invoice), Credit(17.49m, invoice)));
        Reduced(7.50m, Letter(invoice.Asked(27.50m), Credit(10, invoice), Waive(10, invoice)));
        Reduced(12.50m, Letter(invoice.Asked(27.50m), Credit(10, invoice), Credit(5, Given.Line("L1", "I1", 6))));
    }

    [Fact]
    public void Two_effects_of_one_agreement_add_up()
    {
        var invoice = Given.Invoice("I1", 27.50m);
        Reduced(7.50m, Letter(invoice.Asked(27.50m), Given.Agreement(Given.Effect(EffectKind.CreditAmount, invoice), Given.Effect(EffectKind.CreditAmount, invoice))));
    }

    [Fact]
    public void Where_the_reductions_leave_nothing_the_action_is_blocked()
    {
        var invoice = Given.Invoice("I1", 27.50m);
        NothingLeft(Letter(invoice.Asked(27.50m), Credit(27.50m, invoice)));
        NothingLeft(Letter(invoice.Asked(27.50m), Credit(10, invoice), Credit(17.50m, invoice)));
        NothingLeft(Letter(invoice.Asked(5), Credit(10, invoice)));
        NothingLeft(Letter(Given.Account().Asked(27.50m), CreditInvoice(invoice)));
    }

    [Fact]
    public void Where_the_reductions_leave_nothing_a_person_need_not_look()
    {
        var invoice = Given.Invoice("I1", 27.50m);
        var decision = Letter(invoice.Asked(27.50m), Credit(27.50m, invoice), Given.Agreement(Given.Effect(EffectKind.Refund, invoice)));
        Assert.Equal(Verdict.Block, decision.Verdict);
    }

    [Fact]
    public void A_waived_fee_comes_on_top_of_what_the_invoice_is_worth()
    {
        // Statutory collection costs of at least 40.00 on an invoice of 27.50: the fee is no part of the invoice's total.
        var invoice = Given.Invoice("I1", 27.50m);
        Reduced(27.50m, Letter(invoice.Asked(67.50m), Waive(40, invoice)));
        Reduced(27.50m, Letter(Given.Account().Asked(67.50m), Waive(40, invoice)));
        Reduced(17.50m, Letter(invoice.Asked(67.50m), Waive(40, invoice), Credit(10, invoice)));
        NothingLeft(Letter(Given.Account().Asked(67.50m), Waive(40, invoice), CreditInvoice(invoice)));
        NothingLeft(Letter(Given.Account().Asked(67.50m), CreditInvoice(invoice), Waive(40, invoice)));
    }

    [Fact]
    public void No_more_is_credited_of_an_invoice_than_it_is_worth()
    {
        var invoice = Given.Invoice("I1", 27.50m);
        Reduced(27.50m, Letter(Given.Account().Asked(55), Credit(20, invoice), Credit(20, invoice)));
    }

    [Fact]
    public void Without_an_amount_there_is_nothing_to_reduce()
    {
        ForAPerson(Code.AmountNotComparable, Letter(Given.Invoice("I1").Asked(), Credit(10, Given.Invoice("I1", 27.50m))));
        ForAPerson(Code.AmountNotComparable, Letter(Given.Invoice("I1").Asked(), Waive(10, Given.Invoice("I1", 27.50m))));
        ForAPerson(Code.PartAmountUnknown, Letter(Given.Account().Asked(), CreditInvoice(Given.Invoice("I1", 27.50m))));
    }

    [Fact]
    public void Another_currency_is_for_a_person()
    {
        ForAPerson(Code.AmountNotComparable, Letter(Given.Invoice("I1").Asked(27.50m, "USD"), Credit(10, Given.Invoice("I1", 27.50m))));
        ForAPerson(Code.PartAmountUnknown, Letter(Given.Account().Asked(55, "USD"), CreditInvoice(Given.Invoice("I1", 27.50m))));
    }

    [Fact]
    public void The_worth_of_a_subject_in_another_currency_does_not_cut_an_amount()
    {
        var invoice = Given.Invoice("I1");
        invoice.Amount = Amounts.ToMoney(5, "USD");
        Reduced(20, Letter(invoice.Asked(40), Credit(20, invoice)));
    }

    [Fact]
    public void An_amount_that_was_agreed_on_a_wider_subject_is_for_a_person()
    {
        ForAPerson(Code.AmountNotComparable, Letter(Given.Invoice("I1").Asked(27.50m), Credit(10, Given.Account())));
        ForAPerson(Code.AmountNotComparable, Letter(Given.Invoice("I1").Asked(27.50m), Waive(10, Given.Whole())));
        ForAPerson(Code.AmountNotComparable, Letter(Given.Line("L1", "I1").Asked(5), Credit(10, Given.Invoice("I1", 27.50m))));
    }

    [Fact]
    public void An_amount_that_was_agreed_once_for_two_invoices_is_for_a_person() =>
        ForAPerson(Code.AmountNotComparable, Letter(Given.Invoice("I1").Asked(27.50m), Credit(10, Given.Invoice("I1", 27.50m), Given.Invoice("I2", 27.50m))));

    [Fact]
    public void An_amount_that_was_agreed_on_a_narrower_subject_is_taken_off() =>
        Reduced(45, Letter(Given.Account().Asked(55), Credit(10, Given.Invoice("I1", 27.50m))));

    [Fact]
    public void What_can_be_counted_is_not_asked_where_something_else_cannot()
    {
        var decision = Letter(Given.Account().Asked(55), CreditInvoice(Given.Invoice("I1", 27.50m)), CreditInvoice(Given.Invoice("I2")));
        Assert.Equal(Verdict.Review, decision.Verdict);
        Assert.Equal([Code.PartAmountUnknown, Code.PartOfSubject], decision.Reasons.Select(reason => reason.Code));
        Assert.Null(decision.AllowedAmount);
        Assert.Null(Assert.Single(decision.Subjects).AllowedAmount);
    }

    [Fact]
    public void A_credit_note_that_was_taken_for_an_invoice_never_raises_what_may_be_asked()
    {
        // Administration gives credit notes as invoices with a negative total.
        var decision = Letter(Given.Account().Asked(55), CreditInvoice(Given.Invoice("C1", -27.50m)));
        ForAPerson(Code.PartAmountUnknown, decision);
        decision = Letter(Given.Account().Asked(55), Credit(10, Given.Invoice("C1", -27.50m)));
        Assert.True(decision.AllowedAmount is null || decision.AllowedAmount.ToDecimal() < 55, $"{decision.AllowedAmount}");
    }

    [Fact]
    public void Nothing_asked_and_something_credited_is_nothing_left() =>
        NothingLeft(Letter(Given.Invoice("I1").Asked(0), Credit(10, Given.Invoice("I1", 27.50m))));
}
