using Dossier.Guard;
using Dossier.V1;

namespace Dossier.Agreements;

/// <content>What was done although an agreement forbade it.</content>
public static partial class Conflicts
{
    private static IEnumerable<Conflict> ActionsAfterAgreements(Facts facts)
    {
        var letters = NoticesAfterAgreements(facts).ToList();

        // A letter that was reported too is one conflict: the notice is its better half.
        var told = letters.SelectMany(conflict => conflict.Evidence).Select(evidence => evidence.Resource).ToHashSet(StringComparer.Ordinal);
        return letters.Concat(facts.Actions.Where(action => action.EvidenceId.Length == 0 || !told.Contains(action.EvidenceId)).SelectMany(action => ReportedAgainst(facts, action)));
    }

    /// <summary>A notice issued on a day after the one on which the agreement took effect, as long as it binds or was fulfilled.</summary>
    private static IEnumerable<Conflict> NoticesAfterAgreements(Facts facts)
    {
        foreach (var agreement in facts.Agreements.Where(agreement => agreement.State is AgreementState.Active or AgreementState.Fulfilled or AgreementState.Expired))
        {
            foreach (var effect in agreement.Effects)
            {
                foreach (var notice in facts.Notices)
                {
                    var issued = notice.IssueDate.ToDateOnly();
                    var agreed = Days.DayOf(agreement.EffectiveTime.ToDateTimeOffset(), facts.Zone);
                    if (issued is not { } day || day <= agreed || !Forbids(effect, day) || !Covers(effect, notice, facts.Invoices))
                    {
                        continue;
                    }

                    yield return Make(
                        facts.Customer,
                        Conflict.Types.Kind.ActionAfterAgreement,
                        facts.OwnerOf(notice.Source),
                        [.. notice.Invoices.Select(number => new SubjectRef { Type = SubjectType.Invoice, Id = number })],
                        [
                            new ConflictEvidence { Source = ResourceNames.Registry, Resource = agreement.Name, Text = $"Agreed on {agreed.Text()}." },
                            new ConflictEvidence { Source = notice.Source, Resource = notice.Id, Text = $"{notice.Stage.Word()} issued on {day.Text()}." },
                        ],
                        notice.Id);
                }
            }
        }
    }

    /// <summary>No dunning notice may go out on the day: as the decision table says.</summary>
    private static bool Forbids(Effect effect, DateOnly day) => AgreementRules.KindOf(effect) switch
    {
        EffectKind.CreditInvoice => true,
        EffectKind.DunningBlock or EffectKind.DeferPayment => AgreementRules.UntilOf(effect).ToDateOnly() is not { } until || day <= until,
        EffectKind.InstalmentPlan => effect.InstalmentPlan.Instalments.Select(instalment => instalment.DueDate.ToDateOnly()).Min() is { } due && day <= due,
        _ => false,
    };

    private static bool Covers(Effect effect, DunningNotice notice, IReadOnlyList<Invoice> invoices) => effect.Subjects.Any(subject => subject.Type switch
    {
        SubjectType.Customer => true,
        SubjectType.BillingAccount => invoices.Any(invoice => invoice.BillingAccount == subject.Id && notice.Invoices.Contains(invoice.Number)),
        SubjectType.Invoice => notice.Invoices.Contains(subject.Id),
        _ => false,
    });

    /// <summary>
    /// What left, or may have left once it was confirmed, against an agreement: named by the report, or entered since with an earlier
    /// date. What was sent without having been confirmed is one too where an agreement had anything to say about it; that a system
    /// reports and never asks is no conflict as long as nothing was agreed.
    /// </summary>
    private static IEnumerable<Conflict> ReportedAgainst(Facts facts, ActionRecord record)
    {
        var sent = record.State == ActionState.Sent;
        var time = sent ? record.ActionTime : record.State is ActionState.UnderWay or ActionState.Lapsed ? record.ConfirmTime : null;
        if (time is null)
        {
            yield break;
        }

        var done = record.Action.Clone();
        done.PlannedTime = null;

        // As of then: what has ended by the clock since held.
        var held = facts.Agreements.Select(agreement => agreement.State == AgreementState.Expired ? Active(agreement) : agreement);
        var unasked = sent && record.ConfirmTime is null;
        var against = Judgement.Judge(done, held, time.ToDateTimeOffset(), facts.Zone).Reasons
            .Where(reason => reason.Resource.Length > 0 && reason.Code != DecisionReason.Types.Code.AgreementProposed && (unasked || reason.Verdict == Verdict.Block))
            .Select(reason => reason.Resource)
            .Concat(record.Against)
            .Distinct(StringComparer.Ordinal)
            .ToList();
        if (against.Count == 0)
        {
            yield break;
        }

        var day = Days.DayOf(time.ToDateTimeOffset(), facts.Zone).Text();
        var what = $"{record.Action.Action.Word()} was {(sent ? "sent" : "confirmed")} on {day}{(unasked ? " without having been confirmed" : "")}.";
        yield return Make(
            facts.Customer,
            Conflict.Types.Kind.ActionAfterAgreement,
            NameOf(record.System),
            [.. record.Action.Subjects.Select(subject => new SubjectRef { Type = subject.Type, Id = subject.Id })],
            [
                .. against.Select(name => new ConflictEvidence { Source = ResourceNames.Registry, Resource = name, Text = AgreedOn(facts, name) }),
                new ConflictEvidence { Source = ResourceNames.Registry, Resource = record.Name, Text = what },
            ],
            record.Name);
    }

    private static Agreement Active(Agreement expired)
    {
        var copy = expired.Clone();
        copy.State = AgreementState.Active;
        return copy;
    }

    private static string AgreedOn(Facts facts, string name) => facts.Agreements.FirstOrDefault(agreement => agreement.Name == name) is { } agreement
        ? $"Agreed on {Days.DayOf(agreement.EffectiveTime.ToDateTimeOffset(), facts.Zone).Text()}."
        : "Bound when it was reported.";
}
