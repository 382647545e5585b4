using Dossier.Agreements;
using Dossier.V1;
using Kind = Dossier.V1.Conflict.Types.Kind;

namespace Dossier.Tests.UnitTests;

/// <summary>Facts that contradict each other.</summary>
public sealed class ConflictsTests
{
    private static IReadOnlyList<Conflict> Find(IReadOnlyList<Agreement> agreements, IReadOnlyList<Invoice> invoices, params DunningNotice[] notices) =>
        Find(Given.Customer, agreements, invoices, notices);

    private static IReadOnlyList<Conflict> Find(string customer, IReadOnlyList<Agreement> agreements, IReadOnlyList<Invoice> invoices, params DunningNotice[] notices) =>
        Conflicts.Find(new Conflicts.Facts
        {
            Customer = customer, Agreements = agreements, Invoices = invoices, Notices = notices, Systems = ["administration", "webcare"], Now = Given.Now, Zone = Given.Amsterdam,
        });

    private static Invoice Bill(string number, decimal open = 27.50m, string date = "2026-08-03", string account = "A1", params InvoiceLine[] lines) => new()
    {
        Number = number,
        Type = Invoice.Types.Type.Invoice,
        InvoiceDate = Given.Day(date),
        Total = Given.Euro(27.50m),
        OpenAmount = Given.Euro(open),
        BillingAccount = account,
        Source = "sources/administration",
        Lines = { lines },
    };

    private static Invoice CreditNote(string number, string corrects) => new()
    {
        Number = number,
        Type = Invoice.Types.Type.CreditNote,
        Corrects = corrects,
        InvoiceDate = Given.Day(2026, 9, 1),
        Total = Given.Euro(-27.50m),
        Source = "sources/administration",
    };

    private static InvoiceLine Charge(string id, string product = "P1", string from = "2026-08-01", string to = "2026-08-31", string text = "Internet", decimal amount = 27.50m) => new()
    {
        Id = id,
        Product = product,
        Description = text,
        Amount = Given.Euro(amount),
        PeriodStart = Given.Day(from),
        PeriodEnd = Given.Day(to),
        Recurring = true,
    };

    private static DunningNotice Notice(string id, string issued, params string[] invoices) => new()
    {
        Id = id,
        Stage = DunningStage.Reminder,
        IssueDate = Given.Day(issued),
        Invoices = { invoices },
        Source = "sources/administration",
    };

    private static Agreement Credit(string invoice = "I1") => Given.Agreement(Given.Effect(EffectKind.CreditInvoice, Given.Invoice(invoice)));

    private static Agreement Agreed(string day, params Effect[] effects) => Given.Agreement(effects).From(DateTimeOffset.Parse(day + "T10:00:00Z"));

    private static Effect Deferred(string until)
    {
        var effect = Given.Effect(EffectKind.DeferPayment, Given.Invoice("I1"));
        effect.DeferPayment.Until = Given.Day(until);
        return effect;
    }

    // The bill against the agreement.
    [Fact]
    public void A_credited_invoice_that_stands_without_a_credit_note_contradicts_the_agreement()
    {
        var conflict = Assert.Single(Find([Credit()], [Bill("I1"), Bill("I2")]));
        Assert.Equal(Kind.BillContradictsAgreement, conflict.Kind);
        Assert.Equal("systems/administration", conflict.Owner);
        Assert.Equal([Given.Ref(SubjectType.Invoice, "I1")], conflict.Subjects);
        Assert.Equal(["sources/registry", "sources/administration"], conflict.Evidence.Select(evidence => evidence.Source));
        Assert.StartsWith("customers/1042/conflicts/", conflict.Name, StringComparison.Ordinal);
    }

    [Fact]
    public void It_closes_on_the_credit_note_that_names_the_invoice_and_on_no_other() => Assert.All(
        new[] { ("I1", 0), ("I2", 1), ("", 1), ("i1", 1) },
        one => Assert.Equal(one.Item2, Find([Credit()], [Bill("I1"), CreditNote("C1", one.Item1)]).Count));

    [Fact]
    public void It_does_not_close_when_nothing_is_open_any_more() => Assert.Single(Find([Credit()], [Bill("I1", open: 0)]));

    [Fact]
    public void It_needs_both_sides()
    {
        Assert.Empty(Find([], [Bill("I1")]));
        Assert.Empty(Find([Credit()], [Bill("I2")]));
        Assert.Empty(Find([Given.Agreement(Given.Effect(EffectKind.CreditAmount, Given.Invoice("I1")))], [Bill("I1")]));
    }

    [Theory]
    [InlineData(AgreementState.Active, 1)]
    [InlineData(AgreementState.Fulfilled, 1)]
    [InlineData(AgreementState.Proposed, 0)]
    [InlineData(AgreementState.Withdrawn, 0)]
    [InlineData(AgreementState.Superseded, 0)]
    [InlineData(AgreementState.Rejected, 0)]
    public void A_bill_contradicts_only_what_binds(AgreementState state, int count) => Assert.Equal(count, Find([Credit().In(state)], [Bill("I1")]).Count);

    // The action after the agreement.
    [Theory]
    [InlineData("2026-09-05", 0)] // before
    [InlineData("2026-09-10", 0)] // on the same day: nobody knows which came first
    [InlineData("2026-09-11", 1)]
    public void A_notice_of_a_later_day_came_after_the_agreement(string issued, int count) =>
        Assert.Equal(count, Find([Agreed("2026-09-10", Deferred("2026-09-30"))], [Bill("I1")], Notice("N1", issued, "I1")).Count);

    [Fact]
    public void The_day_of_the_agreement_is_a_day_in_Amsterdam()
    {
        // 22:30 UTC on the 9th is half past midnight on the 10th.
        var agreement = Given.Agreement(Deferred("2026-09-30")).From(DateTimeOffset.Parse("2026-09-09T22:30:00Z"));
        Assert.Empty(Find([agreement], [Bill("I1")], Notice("N1", "2026-09-10", "I1")));
        Assert.Single(Find([agreement], [Bill("I1")], Notice("N1", "2026-09-11", "I1")));
    }

    [Theory]
    [InlineData("2026-09-30", 1)] // the last day
    [InlineData("2026-10-01", 0)]
    public void A_notice_after_the_last_day_is_no_conflict(string issued, int count)
    {
        Assert.Equal(count, Find([Agreed("2026-09-10", Deferred("2026-09-30"))], [Bill("I1")], Notice("N1", issued, "I1")).Count);
        Assert.Equal(count, Find([Agreed("2026-09-10", Deferred("2026-09-30")).In(AgreementState.Expired)], [Bill("I1")], Notice("N1", issued, "I1")).Count);
    }

    [Fact]
    public void A_notice_of_another_invoice_is_no_conflict() =>
        Assert.Empty(Find([Agreed("2026-09-10", Deferred("2026-09-30"))], [Bill("I1"), Bill("I2")], Notice("N1", "2026-09-11", "I2")));

    [Fact]
    public void A_notice_of_several_invoices_is_a_conflict_if_one_of_them_is_covered()
    {
        var conflict = Assert.Single(Find([Agreed("2026-09-10", Deferred("2026-09-30"))], [Bill("I1"), Bill("I2")], Notice("N1", "2026-09-11", "I2", "I1")));
        Assert.Equal(Kind.ActionAfterAgreement, conflict.Kind);
        Assert.Equal(["I2", "I1"], conflict.Subjects.Select(subject => subject.Id));
    }

    [Fact]
    public void An_agreement_on_the_account_or_the_customer_covers_the_invoices_below_it()
    {
        Assert.Single(Find([Agreed("2026-09-10", Given.Effect(EffectKind.DunningBlock, Given.Whole()))], [Bill("I1")], Notice("N1", "2026-09-11", "I1")));
        Assert.Single(Find([Agreed("2026-09-10", Given.Effect(EffectKind.DunningBlock, Given.Account()))], [Bill("I1")], Notice("N1", "2026-09-11", "I1")));
        Assert.Empty(Find([Agreed("2026-09-10", Given.Effect(EffectKind.DunningBlock, Given.Account("A2")))], [Bill("I1")], Notice("N1", "2026-09-11", "I1")));
        Assert.Empty(Find([Agreed("2026-09-10", Given.Effect(EffectKind.DunningBlock, Given.Product()))], [Bill("I1")], Notice("N1", "2026-09-11", "I1")));
    }

    [Theory]
    [InlineData("2026-09-20", 1)] // the day on which the first instalment can still be paid
    [InlineData("2026-09-21", 0)]
    public void An_instalment_plan_forbids_notices_until_its_first_instalment_is_due(string issued, int count)
    {
        var plan = Given.Effect(EffectKind.InstalmentPlan, Given.Invoice("I1"));
        plan.InstalmentPlan.Instalments.Add(new InstalmentPlan.Types.Instalment { DueDate = Given.Day(2026, 9, 20), Amount = Given.Euro(13.75m) });
        plan.InstalmentPlan.Instalments.Add(new InstalmentPlan.Types.Instalment { DueDate = Given.Day(2026, 10, 20), Amount = Given.Euro(13.75m) });
        Assert.Equal(count, Find([Agreed("2026-09-10", plan)], [Bill("I1")], Notice("N1", issued, "I1")).Count);
    }

    [Fact]
    public void Only_effects_that_forbid_notices_are_contradicted_by_one() => Assert.All(System.Enum.GetValues<EffectKind>(), kind =>
    {
        var found = Find([Agreed("2026-09-10", Given.Effect(kind, Given.Invoice("I1")))], [Bill("I1"), CreditNote("C1", "I1")], Notice("N1", "2026-09-11", "I1"));
        Assert.Equal(kind is EffectKind.CreditInvoice or EffectKind.DunningBlock or EffectKind.DeferPayment ? 1 : 0, found.Count);
    });

    [Theory]
    [InlineData(AgreementState.Proposed)]
    [InlineData(AgreementState.Withdrawn)]
    [InlineData(AgreementState.Superseded)]
    [InlineData(AgreementState.Rejected)]
    public void A_notice_contradicts_only_what_bound(AgreementState state) =>
        Assert.Empty(Find([Agreed("2026-09-10", Deferred("2026-09-30")).In(state)], [Bill("I1")], Notice("N1", "2026-09-11", "I1")));

    // The duplicate charge.
    [Fact]
    public void A_connection_that_is_charged_twice_for_one_period_is_charged_twice()
    {
        var conflict = Assert.Single(Find([], [Bill("I1", lines: Charge("L1")), Bill("I2", lines: Charge("L2"))]));
        Assert.Equal(Kind.DuplicateCharge, conflict.Kind);
        Assert.Equal(["L1", "L2"], conflict.Subjects.Select(subject => subject.Id));
        Assert.All(conflict.Subjects, subject => Assert.Equal(SubjectType.InvoiceLine, subject.Type));
        Assert.Equal(["I1", "I2"], conflict.Evidence.Select(evidence => evidence.Resource));
    }

    [Theory]
    [InlineData("I1")]
    [InlineData("I2")]
    public void A_credit_note_on_either_of_them_closes_it(string corrected) =>
        Assert.Empty(Find([], [Bill("I1", lines: Charge("L1")), Bill("I2", lines: Charge("L2")), CreditNote("C1", corrected)]));

    [Fact]
    public void A_credit_notes_own_lines_are_no_charge()
    {
        var note = CreditNote("C1", "I9");
        note.Lines.Add(Charge("L2", amount: -27.50m));
        Assert.Empty(Find([], [Bill("I1", lines: Charge("L1")), note]));
    }

    [Fact]
    public void Another_product_period_or_charge_is_no_duplicate()
    {
        int With(InvoiceLine other) => Find([], [Bill("I1", lines: Charge("L1")), Bill("I2", lines: other)]).Count;
        Assert.Equal(0, With(Charge("L2", product: "P2")));
        Assert.Equal(0, With(Charge("L2", from: "2026-09-01", to: "2026-09-30")));
        Assert.Equal(1, With(Charge("L2", from: "2026-08-31", to: "2026-09-30")));
        Assert.Equal(0, With(Charge("L2", text: "Telephony", amount: 5)));
        Assert.Equal(1, With(Charge("L2", text: "Internet August", amount: 27.50m)));
        Assert.Equal(1, With(Charge("L2", amount: 5)));
        var once = Charge("L2");
        once.Recurring = false;
        Assert.Equal(0, With(once));
        Assert.Equal(0, With(Charge("L2", product: "")));
        var endless = Charge("L2");
        endless.PeriodEnd = null;
        Assert.Equal(0, With(endless));
    }

    [Fact]
    public void Two_lines_of_one_invoice_with_the_same_text_are_a_duplicate_and_two_different_charges_are_not()
    {
        Assert.Single(Find([], [Bill("I1", lines: [Charge("L1"), Charge("L2")])]));
        Assert.Empty(Find([], [Bill("I1", lines: [Charge("L1"), Charge("L2", text: "Television", amount: 27.50m)])]));
        Assert.Empty(Find([], [Bill("I1", lines: [Charge("L1", to: "2026-08-14"), Charge("L2", from: "2026-08-15")])]));
        Assert.Empty(Find([], [Bill("I1", lines: [Charge("L1"), Charge("L2")]), CreditNote("C1", "I1")]));
    }

    // One conflict, one name.
    [Fact]
    public void The_same_conflict_has_the_same_name_however_it_is_seen()
    {
        var forth = Find([Credit(), Agreed("2026-09-10", Deferred("2026-09-30"))], [Bill("I1", lines: Charge("L1")), Bill("I2", lines: Charge("L2"))], Notice("N1", "2026-09-11", "I1"));
        var back = Find([Agreed("2026-09-10", Deferred("2026-09-30")), Credit()], [Bill("I2", open: 0, lines: Charge("L2")), Bill("I1", open: 0, lines: Charge("L1"))], Notice("N1", "2026-09-11", "I1"));
        Assert.Equal(
            [Kind.BillContradictsAgreement, Kind.ActionAfterAgreement, Kind.DuplicateCharge, Kind.AgreementsContradict], forth.Select(conflict => conflict.Kind).Order());
        Assert.Equal(forth.Select(conflict => conflict.Name).Order(), back.Select(conflict => conflict.Name).Order());
    }

    [Fact]
    public void Two_conflicts_have_two_names()
    {
        var found = Find(
            [Credit(), Credit("I2")],
            [Bill("I1", lines: Charge("L1")), Bill("I2", lines: Charge("L2")), Bill("I3", lines: Charge("L3"))],
            Notice("N1", "2026-09-11", "I1"), Notice("N2", "2026-09-11", "I1"));
        Assert.Equal(2 + 2 + 3, found.Count);
        Assert.Equal(found.Count, found.Select(conflict => conflict.Name).Distinct(StringComparer.Ordinal).Count());
        Assert.NotEqual(
            Find([Credit()], [Bill("I1")])[0].Name,
            Find("1043", [Credit()], [Bill("I1")])[0].Name);
    }

    [Fact]
    public void A_conflict_that_two_agreements_or_two_effects_show_is_one_with_the_evidence_of_both()
    {
        var bills = Find([Credit().Named("a"), Credit().Named("b")], [Bill("I1")]);
        Assert.Equal(["a", "I1", "b"], Assert.Single(bills).Evidence.Select(evidence => evidence.Resource.Split('/')[^1]));

        var notices = Find(
            [Agreed("2026-09-10", Deferred("2026-09-30"), Given.Effect(EffectKind.DunningBlock, Given.Invoice("I1")))], [Bill("I1")], Notice("N1", "2026-09-11", "I1"));
        Assert.Equal(2, Assert.Single(notices).Evidence.Count);
    }
}
