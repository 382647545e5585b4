using Dossier.Guard;
using Dossier.V1;
using Google.Protobuf.WellKnownTypes;
using Google.Type;

namespace Dossier.Tests.UnitTests;

/// <summary>The syntax of a planned action: every wrong field is named.</summary>
public sealed class ActionCheckTests
{
    private static (string Customer, PlannedAction Action, DossierException Refusal) Check(PlannedAction? action)
    {
        var violations = new Violations();
        var (customer, judged) = ActionCheck.Check(action, "action", violations);
        return (customer, judged, violations.ToException());
    }

    private static IEnumerable<string> Wrong(PlannedAction? action) => Check(action).Refusal.Fields.Select(field => field.Field);

    private static PlannedAction With(params ActionSubject[] subjects) => Given.Action(ActionKind.CollectPayment, subjects);

    [Fact]
    public void A_good_action_is_good()
    {
        var action = With(Given.Line("L1", "I1").Asked(5), Given.Invoice("I1").Asked(0), Given.Account().Asked(), Given.Product().Asked(), Given.Whole().Asked());
        Assert.Empty(Wrong(action));
        Assert.Equal(Given.Customer, Check(action).Customer);
        Assert.Equal(action, Check(action).Action);
    }

    [Fact]
    public void An_action_must_be_there() => Assert.Equal(["action"], Wrong(null));

    [Theory]
    [InlineData(0, false)]
    [InlineData(1, true)]
    [InlineData(200, true)]
    [InlineData(201, false)]
    public void An_action_has_1_to_200_subjects(int count, bool good) => Assert.Equal(
        good ? [] : ["action.subjects"], Wrong(With([.. Enumerable.Range(0, count).Select(index => Given.Invoice($"I{index}").Asked())])));

    [Fact]
    public void A_contact_without_subjects_is_with_the_customer()
    {
        var action = Given.Action(ActionKind.Contact);
        var (_, judged, refusal) = Check(action);
        Assert.Empty(refusal.Fields);
        Assert.Equal([new ActionSubject { Type = SubjectType.Customer, Id = Given.Customer }], judged.Subjects);
        Assert.Empty(action.Subjects);
    }

    [Fact]
    public void A_contact_with_nobody_names_the_customer_alone()
    {
        var action = Given.Action(ActionKind.Contact);
        action.Customer = "1042";
        Assert.Equal(["action.customer"], Wrong(action));
    }

    [Fact]
    public void A_subject_without_its_parents_is_told_which()
    {
        var orphan = new ActionSubject { Type = SubjectType.InvoiceLine, Id = "L1" };
        Assert.Equal(ErrorReason.ParentMissing, Check(With(orphan)).Refusal.Reason);
        Assert.Equal(["action.subjects[0].parents", "action.subjects[0].parents"], Wrong(With(orphan)));
        orphan.Parents.Add(Given.Ref(SubjectType.Invoice, "I1"));
        Assert.Equal("must name the BILLING_ACCOUNT that holds it", Assert.Single(Check(With(orphan)).Refusal.Fields).Description);
        orphan.Parents.Add(Given.Ref(SubjectType.BillingAccount, "A1"));
        Assert.Empty(Wrong(With(orphan)));

        Assert.Equal(["action.subjects[0].parents"], Wrong(With(new ActionSubject { Type = SubjectType.Invoice, Id = "I1" })));
        Assert.Equal(["action.subjects[0].parents"], Wrong(With(new ActionSubject { Type = SubjectType.Invoice, Id = "I1", Parents = { Given.Ref(SubjectType.Product, "P1") } })));
    }

    [Fact]
    public void A_subject_has_at_most_4_parents_and_each_is_one()
    {
        var subject = Given.Invoice("I1").Asked();
        subject.Parents.AddRange(Enumerable.Repeat(Given.Ref(SubjectType.Product, "P1"), 3));
        Assert.Empty(Wrong(With(subject)));
        subject.Parents.Add(new SubjectRef());
        Assert.Equal(["action.subjects[0].parents"], Wrong(With(subject)));
        subject.Parents.RemoveAt(1);
        Assert.Equal(["action.subjects[0].parents[3].type", "action.subjects[0].parents[3].id"], Wrong(With(subject)));
    }

    [Fact]
    public void The_customer_is_the_customer_itself()
    {
        var (_, _, refusal) = Check(With(new ActionSubject { Type = SubjectType.Customer, Id = "1043" }));
        Assert.Equal(ErrorReason.SubjectOfOtherCustomer, refusal.Reason);
        Assert.Equal("action.subjects[0].id", Assert.Single(refusal.Fields).Field);
    }

    [Fact]
    public void An_amount_is_not_negative_and_a_moment_is_one()
    {
        Assert.Equal(["action.subjects[0].amount"], Wrong(With(Given.Invoice("I1").Asked(-0.01m))));
        Assert.Equal(["action.subjects[0].amount"], Wrong(With(Given.Invoice("I1").Asked(5, "euro"))));
        var subject = Given.Invoice("I1").Asked(5);
        subject.Amount = new Money { CurrencyCode = "EUR", Units = long.MinValue, Nanos = int.MinValue };
        subject.AmountAsOf = new Timestamp { Seconds = long.MaxValue };
        var action = With(subject);
        action.PlannedTime = new Timestamp { Nanos = -1 };
        action.Channel = "Brief";
        Assert.Equal(["action.channel", "action.planned_time", "action.subjects[0].amount", "action.subjects[0].amount_as_of"], Wrong(action));
    }

    [Fact]
    public void A_decision_id_is_a_token_of_at_most_2048_characters_that_the_key_signs()
    {
        var id = Guid.CreateVersion7();
        string Encode(PlannedAction action, byte key = 1, Verdict verdict = Verdict.Block) =>
            DecisionToken.Encode(id, action, verdict, 12, 34, [.. Enumerable.Repeat(key, 32)]);

        var small = With(Given.Invoice("I1").Asked(5));
        var large = With([.. Enumerable.Range(0, 200).Select(index => Given.Invoice(new string('x', 60) + index).Asked(5))]);
        foreach (var action in new[] { small, large })
        {
            Assert.Equal(Encode(action), Encode(action));
            Assert.InRange(Encode(action).Length, 50, 2_048);
            Assert.Matches("^[A-Za-z0-9_-]+$", Encode(action));
            Assert.NotEqual(Encode(action), Encode(action, key: 2));
            Assert.NotEqual(Encode(action), Encode(action, verdict: Verdict.Allow));
        }

        for (var count = 1; count < 60; count++)
        {
            Assert.InRange(Encode(With([.. Enumerable.Range(0, count).Select(index => Given.Invoice($"I{index}").Asked(5))])).Length, 50, 2_048);
        }

        var other = large.Clone();
        other.Subjects[199].Id = "y";
        Assert.NotEqual(Encode(large), Encode(other));
    }
}
