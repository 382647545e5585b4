using Dossier.Agreements;
using Dossier.V1;
using Google.Protobuf.WellKnownTypes;
using Kind = Dossier.V1.Conflict.Types.Kind;
using Outcome = Dossier.V1.Acknowledgement.Types.Outcome;

namespace Dossier.Tests.UnitTests;

/// <summary>Agreements against each other, against amounts, against actions, and what is still owed to them.</summary>
public sealed class ConflictKindsTests
{
    private static readonly Agreement Nothing = Given.Agreement();

    private static IReadOnlyList<Conflict> Find(IReadOnlyList<Agreement> agreements, IReadOnlyList<Invoice>? invoices = null, params ActionRecord[] actions) => Conflicts.Find(new Conflicts.Facts
    {
        Customer = Given.Customer, Agreements = agreements, Invoices = invoices ?? [], Actions = actions, Systems = ["administration", "webcare", "billing"], Now = Given.Now, Zone = Given.Amsterdam,
    });

    private static int Count(Kind kind, IReadOnlyList<Agreement> agreements, IReadOnlyList<Invoice>? invoices = null, params ActionRecord[] actions) =>
        Find(agreements, invoices, actions).Count(conflict => conflict.Kind == kind);

    private static Agreement Agreed(string id, params Effect[] effects) => Given.Agreement(effects).Named(id);

    private static Effect Deferred(string until, string invoice = "I1")
    {
        var effect = Given.Effect(EffectKind.DeferPayment, Given.Invoice(invoice));
        effect.DeferPayment.Until = Given.Day(until);
        return effect;
    }

    private static Effect Plan(params decimal[] parts)
    {
        var effect = Given.Effect(EffectKind.InstalmentPlan, Given.Invoice("I1"));
        effect.InstalmentPlan.Instalments.AddRange(parts.Select((part, index) => new InstalmentPlan.Types.Instalment { DueDate = Given.Day(2026, 10, index + 1), Amount = Given.Euro(part) }));
        return effect;
    }

    private static Effect Amount(EffectKind kind, decimal amount)
    {
        var effect = Given.Effect(kind, Given.Invoice("I1"));
        if (kind == EffectKind.Refund)
        {
            effect.Refund.Amount = Given.Euro(amount);
        }
        else
        {
            effect.CreditAmount.Amount = Given.Euro(amount);
        }

        return effect;
    }

    private static Invoice Bill(decimal total = 100, decimal open = 100, string source = "sources/administration") => new()
    {
        Number = "I1", Type = Invoice.Types.Type.Invoice, Total = Given.Euro(total), OpenAmount = Given.Euro(open), Source = source, InvoiceDate = Given.Day(2026, 8, 1),
    };

    private static Invoice Note(decimal total, string date = "2026-09-14") => new()
    {
        Number = "C" + date, Type = Invoice.Types.Type.CreditNote, Corrects = "I1", Total = Given.Euro(-total), Source = "sources/administration", InvoiceDate = Given.Day(date),
    };

    private static ActionRecord Done(ActionState state, DateTimeOffset time, bool confirmed = true, ActionKind kind = ActionKind.SendDunningNotice) => new()
    {
        Name = "customers/1042/actions/a1",
        Action = Given.Action(kind, Given.Invoice("I1").Asked(100)),
        State = state,
        System = "systems/billing",
        ActionTime = state is ActionState.Sent or ActionState.Suppressed or ActionState.Failed ? Timestamp.FromDateTimeOffset(time) : null,
        ConfirmTime = confirmed ? Timestamp.FromDateTimeOffset(time) : null,
    };

    // Agreements against each other.
    public static TheoryData<EffectKind, EffectKind, bool> Pairs => new()
    {
        { EffectKind.CreditInvoice, EffectKind.CreditAmount, true },
        { EffectKind.CreditInvoice, EffectKind.DeferPayment, true },
        { EffectKind.CreditInvoice, EffectKind.InstalmentPlan, true },
        { EffectKind.CreditInvoice, EffectKind.Refund, true },
        { EffectKind.DeferPayment, EffectKind.InstalmentPlan, true },
        { EffectKind.CreditInvoice, EffectKind.CreditInvoice, false },
        { EffectKind.CreditInvoice, EffectKind.WaiveFee, false },
        { EffectKind.CreditInvoice, EffectKind.DunningBlock, false },
        { EffectKind.CreditAmount, EffectKind.CreditAmount, false },
        { EffectKind.CreditAmount, EffectKind.DeferPayment, false },
        { EffectKind.DeferPayment, EffectKind.DunningBlock, false },
        { EffectKind.DunningBlock, EffectKind.DunningBlock, false },
        { EffectKind.Refund, EffectKind.Refund, false },
        { EffectKind.Remark, EffectKind.CreditInvoice, false },
    };

    [Theory]
    [MemberData(nameof(Pairs))]
    public void Two_agreements_on_one_subject_exclude_each_other_as_the_table_says_in_either_order(EffectKind one, EffectKind other, bool exclude)
    {
        var (first, second) = (Agreed("a", Given.Effect(one, Given.Invoice("I1"))), Agreed("b", Given.Effect(other, Given.Invoice("I1"))));
        Assert.Equal(exclude ? 1 : 0, Count(Kind.AgreementsContradict, [first, second]));
        Assert.Equal(exclude ? 1 : 0, Count(Kind.AgreementsContradict, [second, first]));
        Assert.Equal(0, Count(Kind.AgreementsContradict, [first, Agreed("b", Given.Effect(other, Given.Invoice("I2")))]));
    }

    [Fact]
    public void Of_a_kind_as_many_are_found_as_are_told_and_it_is_said_that_there_are_more()
    {
        var cut = new HashSet<Kind>();
        var bills = Enumerable.Range(0, 150).Select(number => new Invoice(Bill()) { Number = $"I{number}" }).ToList();
        var credited = bills.Select((bill, number) => Given.Agreement(Given.Effect(EffectKind.CreditInvoice, Given.Invoice(bill.Number))).Named($"{number}")).ToList();
        Conflicts.Facts Of(int count) => new()
        {
            Customer = Given.Customer, Agreements = credited.Take(count).ToList(), Invoices = bills, Systems = ["administration"], Now = Given.Now, Zone = Given.Amsterdam,
        };

        Assert.Equal(100, Conflicts.Find(Of(100), cut).Count(conflict => conflict.Kind == Kind.BillContradictsAgreement));
        Assert.DoesNotContain(Kind.BillContradictsAgreement, cut);
        Assert.Equal(100, Conflicts.Find(Of(101), cut).Count(conflict => conflict.Kind == Kind.BillContradictsAgreement));
        Assert.Contains(Kind.BillContradictsAgreement, cut);
    }

    [Fact]
    public void The_same_arrangement_twice_excludes_nothing_and_another_one_does()
    {
        Assert.Equal(0, Count(Kind.AgreementsContradict, [Agreed("a", Deferred("2026-09-30")), Agreed("b", Deferred("2026-09-30"))]));
        Assert.Equal(1, Count(Kind.AgreementsContradict, [Agreed("a", Deferred("2026-09-30")), Agreed("b", Deferred("2026-10-31"))]));
        Assert.Equal(0, Count(Kind.AgreementsContradict, [Agreed("a", Plan(50, 50)), Agreed("b", Plan(50, 50))]));
        Assert.Equal(1, Count(Kind.AgreementsContradict, [Agreed("a", Plan(50, 50)), Agreed("b", Plan(40, 60))]));
    }

    [Fact]
    public void What_has_ended_or_is_only_proposed_excludes_nothing_and_a_booked_credit_still_does()
    {
        var credit = Agreed("a", Given.Effect(EffectKind.CreditInvoice, Given.Invoice("I1")));
        Assert.Equal(0, Count(Kind.AgreementsContradict, [credit, Agreed("b", Deferred("2026-09-14"))]));
        Assert.Equal(0, Count(Kind.AgreementsContradict, [credit, Agreed("b", Deferred("2026-09-30")).In(AgreementState.Withdrawn)]));
        Assert.Equal(0, Count(Kind.AgreementsContradict, [credit, Agreed("b", Deferred("2026-09-30")).In(AgreementState.Proposed)]));
        Assert.Equal(1, Count(Kind.AgreementsContradict, [credit.In(AgreementState.Fulfilled), Agreed("b", Deferred("2026-09-30"))]));
    }

    [Fact]
    public void What_was_paid_of_a_credited_invoice_may_go_back()
    {
        Agreement[] agreements = [Agreed("a", Given.Effect(EffectKind.CreditInvoice, Given.Invoice("I1"))), Agreed("b", Amount(EffectKind.Refund, 100))];
        Assert.Equal(1, Count(Kind.AgreementsContradict, agreements, [Bill(open: 100)]));
        Assert.Equal(0, Count(Kind.AgreementsContradict, agreements, [Bill(open: 0)]));
    }

    [Fact]
    public void The_later_of_two_agreements_has_the_owner()
    {
        var later = Agreed("a", Deferred("2026-10-31"));
        (later.Origin.System, later.CreateTime) = ("systems/billing", Timestamp.FromDateTimeOffset(Given.Now));
        Assert.Equal("systems/billing", Assert.Single(Find([Agreed("b", Deferred("2026-09-30")), later])).Owner);
    }

    // Amounts.
    [Theory]
    [InlineData(60, 40, 0)]
    [InlineData(60, 41, 1)]
    public void Credits_may_not_be_higher_than_their_invoice(decimal one, decimal other, int count) =>
        Assert.Equal(count, Count(Kind.AmountMismatch, [Agreed("a", Amount(EffectKind.CreditAmount, one)), Agreed("b", Amount(EffectKind.CreditAmount, other))], [Bill()]));

    [Theory]
    [InlineData(10_000, 0)]
    [InlineData(10_001, 1)]
    public void Refunds_may_not_be_higher_than_their_invoice(int cents, int count) =>
        Assert.Equal(count, Count(Kind.AmountMismatch, [Agreed("a", Amount(EffectKind.Refund, cents / 100m))], [Bill()]));

    [Theory]
    [InlineData(10, "2026-09-14", 0)]
    [InlineData(9, "2026-09-14", 1)]
    [InlineData(9, "2026-08-14", 0)] // booked before: for something else
    public void A_credit_note_of_another_amount_than_was_agreed_does_not_fit(decimal noted, string date, int count) =>
        Assert.Equal(count, Count(Kind.AmountMismatch, [Agreed("a", Amount(EffectKind.CreditAmount, 10)).In(AgreementState.Fulfilled)], [Bill(), Note(noted, date)]));

    [Theory]
    [InlineData(100, 0)]
    [InlineData(60, 1)]
    public void Credit_notes_of_a_whole_invoice_add_up_to_it(decimal noted, int count)
    {
        Agreement[] credited = [Agreed("a", Given.Effect(EffectKind.CreditInvoice, Given.Invoice("I1")))];
        Assert.Equal(count, Count(Kind.AmountMismatch, credited, [Bill(), Note(noted)]));
        Assert.Equal(0, Count(Kind.AmountMismatch, credited, [Bill(), Note(60), Note(40, "2026-09-15")]));
        Assert.Equal(0, Count(Kind.AmountMismatch, credited, [Bill()]));
    }

    [Theory]
    [InlineData(50, 50, 100, 0)]
    [InlineData(50, 50, 60, 0)] // one has been paid
    [InlineData(50, 40, 100, 1)]
    [InlineData(50, 60, 100, 1)]
    public void Instalments_cover_what_is_open_and_no_more_than_the_invoice(decimal first, decimal second, decimal open, int count) =>
        Assert.Equal(count, Count(Kind.AmountMismatch, [Agreed("a", Plan(first, second))], [Bill(open: open)]));

    [Fact]
    public void Amounts_in_another_currency_and_of_another_invoice_are_not_compared()
    {
        var dollars = Amount(EffectKind.CreditAmount, 500);
        dollars.CreditAmount.Amount.CurrencyCode = "USD";
        Assert.Equal(0, Count(Kind.AmountMismatch, [Agreed("a", dollars)], [Bill()]));
        Assert.Equal(0, Count(Kind.AmountMismatch, [Agreed("a", Amount(EffectKind.CreditAmount, 500)).In(AgreementState.Withdrawn)], [Bill()]));
    }

    [Theory]
    [InlineData("sources/billing", "systems/billing")]
    [InlineData("sources/erp", "systems/administration")]
    public void A_bill_belongs_to_the_system_that_is_named_as_its_source(string source, string owner) =>
        Assert.Equal(owner, Assert.Single(Find([Agreed("a", Amount(EffectKind.Refund, 101))], [Bill(source: source)])).Owner);

    // Actions.
    [Theory]
    [InlineData(ActionState.Sent, 1)]
    [InlineData(ActionState.UnderWay, 1)]
    [InlineData(ActionState.Lapsed, 1)]
    [InlineData(ActionState.Suppressed, 0)]
    [InlineData(ActionState.Failed, 0)]
    public void What_left_or_may_have_left_against_an_agreement_that_bound_then_is_a_conflict(ActionState state, int count)
    {
        var block = Agreed("a", Given.Effect(EffectKind.DunningBlock, Given.Invoice("I1")));
        Assert.Equal(count, Count(Kind.ActionAfterAgreement, [block], null, Done(state, Given.Now.AddDays(-1))));
        Assert.Equal(0, Count(Kind.ActionAfterAgreement, [block], null, Done(state, Given.Now.AddDays(-20))));
        Assert.Equal(0, Count(Kind.ActionAfterAgreement, [block], null, Done(state, Given.Now.AddDays(-1), kind: ActionKind.CollectPayment)));
        Assert.Equal(count, Count(Kind.ActionAfterAgreement, [block.In(AgreementState.Expired)], null, Done(state, Given.Now.AddDays(-1))));
    }

    [Fact]
    public void What_was_sent_unasked_is_a_conflict_where_an_agreement_had_anything_to_say()
    {
        var part = Agreed("a", Amount(EffectKind.CreditAmount, 10));
        Assert.Equal(0, Count(Kind.ActionAfterAgreement, [part], null, Done(ActionState.Sent, Given.Now, confirmed: true)));
        var conflict = Assert.Single(Find([part], null, Done(ActionState.Sent, Given.Now, confirmed: false)));
        Assert.Equal((Kind.ActionAfterAgreement, "systems/billing"), (conflict.Kind, conflict.Owner));
        Assert.Equal(0, Count(Kind.ActionAfterAgreement, [part.In(AgreementState.Proposed)], null, Done(ActionState.Sent, Given.Now, confirmed: false)));
        Assert.Equal(0, Count(Kind.ActionAfterAgreement, [Nothing], null, Done(ActionState.Sent, Given.Now, confirmed: false)));
    }

    [Fact]
    public void What_a_report_named_stays_a_conflict_whatever_has_become_of_the_agreement()
    {
        var sent = Done(ActionState.Sent, Given.Now);
        sent.Against.Add("customers/1042/agreements/gone");
        Assert.Equal(["customers/1042/agreements/gone", sent.Name], Assert.Single(Find([], null, sent)).Evidence.Select(evidence => evidence.Resource));
    }

    // What is owed.
    [Theory]
    [InlineData(Outcome.Unspecified, -1, AgreementState.Active, Kind.AcknowledgementOverdue, "systems/administration")]
    [InlineData(Outcome.Received, -1, AgreementState.Withdrawn, Kind.AcknowledgementOverdue, "systems/administration")]
    [InlineData(Outcome.Unspecified, 1, AgreementState.Active, null, null)]
    [InlineData(Outcome.Applied, -1, AgreementState.Active, null, null)]
    [InlineData(Outcome.NotApplicable, -1, AgreementState.Active, null, null)]
    [InlineData(Outcome.Unspecified, -1, AgreementState.Expired, null, null)]
    [InlineData(Outcome.Rejected, 1, AgreementState.Active, Kind.AcknowledgementRejected, "systems/webcare")]
    public void An_acknowledgement_that_is_late_or_refused_is_a_conflict_of_who_must_mend_it(Outcome outcome, int dueInHours, AgreementState state, Kind? kind, string? owner)
    {
        var agreement = Agreed("a", Given.Effect(EffectKind.DunningBlock, Given.Invoice("I1"))).In(state);
        agreement.Acknowledgements.Add(new Acknowledgement { System = "systems/administration", Outcome = outcome, DueTime = Timestamp.FromDateTimeOffset(Given.Now.AddHours(dueInHours)) });
        var found = Find([agreement]);
        Assert.Equal(kind is null ? [] : [(kind.Value, owner!)], found.Select(conflict => (conflict.Kind, conflict.Owner)));
    }

    [Theory]
    [InlineData(AgreementState.Withdrawn, false, 1)]
    [InlineData(AgreementState.Rejected, false, 1)]
    [InlineData(AgreementState.Superseded, false, 1)]
    [InlineData(AgreementState.Withdrawn, true, 0)]
    [InlineData(AgreementState.Fulfilled, false, 0)]
    public void A_customer_who_was_not_told_is_a_conflict_of_who_made_the_agreement(AgreementState state, bool informed, int count)
    {
        var agreement = Agreed("a", Given.Effect(EffectKind.DunningBlock, Given.Invoice("I1"))).In(state);
        agreement.End = new AgreementEnd { CustomerInformed = new CustomerInformed { Informed = informed }, System = "systems/administration", EndTime = Timestamp.FromDateTimeOffset(Given.Now) };
        var found = Find([agreement]).Where(conflict => conflict.Kind == Kind.CustomerNotInformed).ToList();
        Assert.Equal(Enumerable.Repeat("systems/webcare", count), found.Select(conflict => conflict.Owner));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_subject_that_is_not_there_is_a_conflict_of_who_made_the_agreement(bool ofOther)
    {
        var agreement = Agreed("a", Given.Effect(EffectKind.DunningBlock, Given.Invoice("I1")));
        var facts = new Conflicts.Facts
        {
            Customer = Given.Customer, Agreements = [agreement], Now = Given.Now, Zone = Given.Amsterdam,
            Unknown = [new Conflicts.UnknownSubject(agreement.Name, Given.Ref(SubjectType.Invoice, "I1"), ofOther)],
        };
        var conflict = Assert.Single(Conflicts.Find(facts));
        Assert.Equal((Kind.SubjectUnknown, "systems/webcare", "I1"), (conflict.Kind, conflict.Owner, conflict.Subjects.Single().Id));
        Assert.Contains(ofOther ? "another customer's" : "not in the source", conflict.Evidence[1].Text, StringComparison.Ordinal);
        Assert.Empty(Conflicts.Find(facts with { Unknown = [] }));
    }

    // What a reading can judge.
    [Fact]
    public void What_could_not_be_read_is_not_judged()
    {
        Assert.Equal(System.Enum.GetValues<Kind>().Length - 1, Conflicts.Judged(registry: true, bills: true, notices: true, subjects: true).Count);
        Assert.Equal([Kind.DuplicateCharge], Conflicts.Judged(registry: false, bills: true, notices: true, subjects: true));
        Assert.DoesNotContain(Kind.BillContradictsAgreement, Conflicts.Judged(registry: true, bills: false, notices: true, subjects: true));
        Assert.DoesNotContain(Kind.ActionAfterAgreement, Conflicts.Judged(registry: true, bills: true, notices: false, subjects: true));
        Assert.DoesNotContain(Kind.SubjectUnknown, Conflicts.Judged(registry: true, bills: true, notices: true, subjects: false));
    }
}
