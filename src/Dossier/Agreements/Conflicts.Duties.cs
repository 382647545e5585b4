using Dossier.V1;
using Outcome = Dossier.V1.Acknowledgement.Types.Outcome;

namespace Dossier.Agreements;

/// <content>What systems and people still owe an agreement.</content>
public static partial class Conflicts
{
    private static IEnumerable<Conflict> UnknownSubjects(Facts facts) =>
        from unknown in facts.Unknown
        join agreement in facts.Agreements on unknown.Agreement equals agreement.Name
        select Make(
            facts.Customer,
            Conflict.Types.Kind.SubjectUnknown,
            NameOf(agreement.Origin.System),
            [unknown.Subject],
            [
                new ConflictEvidence { Source = ResourceNames.Registry, Resource = agreement.Name, Text = $"Agreed on {unknown.Subject.Type.Word()} {unknown.Subject.Id} while it could not be looked up." },
                new ConflictEvidence
                {
                    Source = ResourceNames.Registry,
                    Resource = unknown.Subject.Id,
                    Text = unknown.OfOtherCustomer ? "It is another customer's." : "It is not in the source that owns it.",
                },
            ],
            agreement.Name);

    /// <summary>
    /// Overdue belongs to the system that owes it, a refusal to the one that made the agreement. Of an agreement that the clock has
    /// ended nothing is left to take over.
    /// </summary>
    private static IEnumerable<Conflict> Unacknowledged(Facts facts)
    {
        foreach (var agreement in facts.Agreements)
        {
            foreach (var said in agreement.Acknowledgements)
            {
                var rejected = said.Outcome == Outcome.Rejected;
                var overdue = said.Outcome is Outcome.Unspecified or Outcome.Received && said.DueTime.ToDateTimeOffset() <= facts.Now && agreement.State != AgreementState.Expired;
                if (!rejected && !overdue)
                {
                    continue;
                }

                yield return Make(
                    facts.Customer,
                    rejected ? Conflict.Types.Kind.AcknowledgementRejected : Conflict.Types.Kind.AcknowledgementOverdue,
                    rejected ? NameOf(agreement.Origin.System) : NameOf(said.System),
                    SubjectsOf(agreement),
                    [
                        new ConflictEvidence { Source = ResourceNames.Registry, Resource = agreement.Name, Text = $"Revision {said.BindingRevision} must be taken over." },
                        new ConflictEvidence
                        {
                            Source = ResourceNames.Registry,
                            Resource = said.System,
                            Text = rejected
                                ? $"Refused on {DayOf(facts, said.OutcomeTime ?? said.DueTime)}."
                                : $"{(said.Outcome == Outcome.Received ? "Received" : "Nothing was said")}; it was due on {DayOf(facts, said.DueTime)}.",
                        },
                    ],
                    $"{agreement.Name}|{said.System}");
            }
        }
    }

    private static IEnumerable<Conflict> Uninformed(Facts facts) =>
        from agreement in facts.Agreements
        where agreement.State is AgreementState.Withdrawn or AgreementState.Rejected or AgreementState.Superseded && agreement.End?.CustomerInformed is { Informed: false }
        select Make(
            facts.Customer,
            Conflict.Types.Kind.CustomerNotInformed,
            NameOf(agreement.Origin.System),
            SubjectsOf(agreement),
            [
                new ConflictEvidence { Source = ResourceNames.Registry, Resource = agreement.Name, Text = $"{agreement.State.Word()} on {DayOf(facts, agreement.End.EndTime)} by {NameOf(agreement.End.System)}." },
                new ConflictEvidence { Source = ResourceNames.Registry, Resource = ResourceNames.Customer(facts.Customer), Text = "The customer was not told." },
            ],
            agreement.Name);

    private static IReadOnlyList<SubjectRef> SubjectsOf(Agreement agreement) =>
        [.. agreement.Effects.SelectMany(effect => effect.Subjects).Select(subject => new SubjectRef { Type = subject.Type, Id = subject.Id }).Distinct()];

    private static string DayOf(Facts facts, Google.Protobuf.WellKnownTypes.Timestamp moment) => Days.DayOf(moment.ToDateTimeOffset(), facts.Zone).Text();
}
