using Dossier.Agreements;
using Dossier.V1;

namespace Dossier.Guard;

/// <summary>The syntax of a planned action. Pure.</summary>
public static class ActionCheck
{
    private const int MostSubjects = 200;

    /// <summary>The customer number and the action as it is judged.</summary>
    public static (string Customer, PlannedAction Action) Check(PlannedAction? asked, string field, Violations violations)
    {
        if (asked is null)
        {
            violations.Add(field, "is required");
            return ("", new PlannedAction());
        }

        var customer = Requests.Customer(asked.Customer, $"{field}.customer", violations);
        Requests.Slug(asked.Channel, $"{field}.channel", required: false, violations);
        Requests.Moment(asked.PlannedTime, $"{field}.planned_time", violations);
        var action = asked;
        if (asked is { Action: ActionKind.Contact, Subjects.Count: 0 })
        {
            if (customer.Length > 0)
            {
                action = asked.Clone();
                action.Subjects.Add(new ActionSubject { Type = SubjectType.Customer, Id = customer });
            }
        }
        else if (action.Subjects.Count is < 1 or > MostSubjects)
        {
            violations.Add($"{field}.subjects", $"must be 1-{MostSubjects} subjects, not {action.Subjects.Count}");
        }

        for (var index = 0; index < Math.Min(action.Subjects.Count, MostSubjects); index++)
        {
            Subject(action.Subjects[index], $"{field}.subjects[{index}]", customer, violations);
        }

        return (customer, action);
    }

    private static void Subject(ActionSubject subject, string field, string customer, Violations violations)
    {
        AgreementCheck.SubjectIdentity(subject.Type, subject.Id, field, customer, violations);
        if (subject.Parents.Count > 4)
        {
            violations.Add($"{field}.parents", $"must be at most 4, not {subject.Parents.Count}");
        }

        for (var index = 0; index < Math.Min(subject.Parents.Count, 4); index++)
        {
            AgreementCheck.SubjectIdentity(subject.Parents[index].Type, subject.Parents[index].Id, $"{field}.parents[{index}]", customer, violations);
        }

        SubjectType[] needed = subject.Type switch
        {
            SubjectType.InvoiceLine => [SubjectType.Invoice, SubjectType.BillingAccount],
            SubjectType.Invoice => [SubjectType.BillingAccount],
            _ => [],
        };
        foreach (var type in needed.Where(type => !subject.Parents.Any(parent => parent.Type == type)))
        {
            violations.Add($"{field}.parents", $"must name the {type.Word()} that holds it", ErrorReason.ParentMissing);
        }

        if (subject.Amount is not null && Amounts.Problem(subject.Amount, aboveZero: false) is { } problem)
        {
            violations.Add($"{field}.amount", problem);
        }

        Requests.Moment(subject.AmountAsOf, $"{field}.amount_as_of", violations);
    }
}
