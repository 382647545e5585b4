using Dossier.Sources;
using Dossier.V1;

namespace Dossier.Agreements;

/// <summary>What looking up the subjects of an agreement gave.</summary>
/// <param name="Found">Subjects by id, from the sources that own them.</param>
/// <param name="Complete">Every source that owns subjects answered.</param>
/// <param name="CustomerKnown">The customer source knows the customer; null if it could not be read.</param>
public sealed record SubjectFacts(ILookup<string, FoundSubject> Found, bool Complete, bool? CustomerKnown);

/// <summary>Looks the subjects of an agreement up in the sources that own them.</summary>
public sealed class SubjectLookup(SourceCatalogue sources)
{
    public async Task<SubjectFacts> FindAsync(string customer, Agreement agreement, Budget budget, CancellationToken caller)
    {
        var ids = agreement.Effects.SelectMany(effect => effect.Subjects)
            .Where(subject => subject.Type != SubjectType.Customer)
            .Select(subject => subject.Id)
            .ToHashSet(StringComparer.Ordinal);
        var owners = sources.Stores.Where(store => store.CustomerSource || store.Queries is null || store.Queries.Blocks.ContainsKey("subjects")).ToList();
        var reads = await Task.WhenAll(owners.Select(store => store.ReadAsync(
            new SourceQuery
            {
                Customer = customer,
                Blocks = ids.Count > 0 ? ["customer", "subjects"] : ["customer"],
                SubjectIds = ids,
                Patient = budget.IsPatient,
            },
            budget.Left,
            caller)));
        var deciding = reads.Where(read => read.Store.CustomerSource).ToList();
        return new SubjectFacts(
            reads.SelectMany(read => read.Facts.Subjects).ToLookup(subject => subject.Id, StringComparer.Ordinal),
            reads.All(read => read.State == SourceState.Ok),
            deciding.Exists(read => read.Facts.Customer is not null) ? true
                : deciding.Count > 0 && deciding.TrueForAll(read => read.Answered("customer")) ? false
                : null);
    }

    /// <summary>Fills in what was found; names what is not there or is someone else's. Pure.</summary>
    public static void Apply(Agreement agreement, string customer, SubjectFacts facts, Violations violations)
    {
        for (var effect = 0; effect < agreement.Effects.Count; effect++)
        {
            for (var index = 0; index < agreement.Effects[effect].Subjects.Count; index++)
            {
                var subject = agreement.Effects[effect].Subjects[index];
                subject.Amount = null;
                if (subject.Type == SubjectType.Customer)
                {
                    subject.Parents.Clear();
                    subject.Verification = facts.CustomerKnown is true ? Verification.Verified : Verification.Pending;
                    continue;
                }

                var field = $"agreement.effects[{effect}].subjects[{index}].id";
                var (mine, ofOther) = Look(subject, customer, facts);
                if (mine is not null)
                {
                    Verify(subject, mine);
                }
                else if (ofOther)
                {
                    violations.Add(field, $"{subject.Type.Word()} '{subject.Id}' is another customer's", ErrorReason.SubjectOfOtherCustomer);
                }
                else if (facts.Complete)
                {
                    violations.Add(field, $"{subject.Type.Word()} '{subject.Id}' is not in the source that owns it", ErrorReason.SubjectNotFound);
                }
                else
                {
                    subject.Verification = Verification.Pending;
                }
            }
        }
    }

    /// <summary>
    /// Fills in what was found of an agreement's PENDING subjects; gives those that are not there or another customer's. What could
    /// still not be read stays PENDING. Pure.
    /// </summary>
    public static IReadOnlyList<Conflicts.UnknownSubject> LookAgain(Agreement agreement, string customer, SubjectFacts facts)
    {
        var unknown = new List<Conflicts.UnknownSubject>();
        foreach (var subject in agreement.Effects.SelectMany(effect => effect.Subjects).Where(subject => subject.Verification == Verification.Pending))
        {
            var (mine, ofOther) = Look(subject, customer, facts);
            if (subject.Type == SubjectType.Customer)
            {
                subject.Verification = facts.CustomerKnown is true ? Verification.Verified : Verification.Pending;
            }
            else if (mine is not null)
            {
                Verify(subject, mine);
            }
            else if (ofOther || facts.Complete)
            {
                unknown.Add(new Conflicts.UnknownSubject(agreement.Name, new SubjectRef { Type = subject.Type, Id = subject.Id }, ofOther));
            }
        }

        return unknown;
    }

    private static (FoundSubject? Mine, bool OfOther) Look(Subject subject, string customer, SubjectFacts facts)
    {
        var candidates = facts.Found[subject.Id].Where(found => found.Type == subject.Type).ToList();
        var mine = candidates.Find(found => found.Customer == customer);
        return (mine, mine is null && candidates.Count > 0);
    }

    private static void Verify(Subject subject, FoundSubject found)
    {
        subject.Verification = Verification.Verified;
        subject.Amount = found.Amount;
        subject.Parents.Clear();
        if (found.Invoice is not null && subject.Type == SubjectType.InvoiceLine)
        {
            subject.Parents.Add(new SubjectRef { Type = SubjectType.Invoice, Id = found.Invoice });
        }

        if (found.BillingAccount is not null && subject.Type is SubjectType.Invoice or SubjectType.InvoiceLine)
        {
            subject.Parents.Add(new SubjectRef { Type = SubjectType.BillingAccount, Id = found.BillingAccount });
        }
    }
}
