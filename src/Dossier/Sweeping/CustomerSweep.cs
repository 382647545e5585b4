using Dossier.Agreements;
using Dossier.Dossiers;
using Dossier.Registry;
using Dossier.V1;

namespace Dossier.Sweeping;

/// <summary>One customer's part of the sweep: reads the facts as a dossier does, looks PENDING subjects up again, and stores what contradicts.</summary>
public sealed class CustomerSweep(
    CustomerReader reader, SubjectLookup subjects, AgreementRevisions revisions, RegistryDatabase registry, DossierOptions options, TimeZoneInfo zone, TimeProvider clock)
{
    // Nobody waits for it; the stores have deadlines of their own.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private static readonly HashSet<Section> Told = [Section.Invoices, Section.DunningNotices];

    /// <summary>What it reads of a customer.</summary>
    public static IReadOnlyList<Section> Reads { get; } = [Section.Agreements, Section.Invoices, Section.DunningNotices, Section.Conflicts];

    /// <returns>False if something could not be read: of that nothing is closed.</returns>
    /// <exception cref="DossierException">The registry cannot be read or written.</exception>
    public async Task<bool> LookAsync(string customer, CancellationToken stop)
    {
        var reading = await reader.ReadAsync(
            new ReadingRequest { Customer = customer, Blocks = store => SectionBlocks.Of(store, Told), Limit = 1, Agreements = true, Conflicts = true, ForChange = true }, new Budget(Patience), stop);
        if (reading.Registry.State != SourceState.Ok)
        {
            throw Refusal.RegistryUnavailable();
        }

        var (unknown, all) = await LookAgainAsync(customer, reading.Registry.Agreements, stop);
        var seen = Sightings.Of(reading, options.Systems.Keys, clock.GetUtcNow(), zone, unknown, all);
        if (SeenConflicts.Differ(seen, reading.Registry.Conflicts))
        {
            await registry.SeeAsync(customer, seen, registry.Deadline, stop);
        }

        return seen.Judged.Count == Enum.GetValues<Conflict.Types.Kind>().Length - 1;
    }

    private async Task<(IReadOnlyList<Conflicts.UnknownSubject> Unknown, bool All)> LookAgainAsync(string customer, IReadOnlyList<Agreement> agreements, CancellationToken stop)
    {
        var (unknown, all) = (new List<Conflicts.UnknownSubject>(), true);
        foreach (var agreement in agreements.Where(agreement => agreement.State is AgreementState.Proposed or AgreementState.Active && IsPending(agreement)))
        {
            var facts = await subjects.FindAsync(customer, agreement, new Budget(Patience), stop);
            var looked = agreement.Clone();
            var missing = SubjectLookup.LookAgain(looked, customer, facts);
            unknown.AddRange(missing);
            all &= facts.Complete;
            if (!looked.Effects.Equals(agreement.Effects))
            {
                await VerifyAsync(customer, agreement.Name, facts, stop);
            }
        }

        return (unknown, all);
    }

    /// <summary>
    /// A revision of its own: revisions are kept as they were, the guard reads the present one, and who saw the agreement unverified
    /// must be able to see that. It obliges nobody anew, because nothing else was agreed.
    /// </summary>
    private Task<long> VerifyAsync(string customer, string name, SubjectFacts facts, CancellationToken stop) => registry.WriteAsync(
        session =>
        {
            ResourceNames.TryAgreement(name, out _, out var id);
            session.LockCustomer(customer);
            var agreement = AgreementContent.Join(session.Agreement(customer, id)!, []);
            var before = agreement.Effects.Clone();
            SubjectLookup.LookAgain(agreement, customer, facts);
            if (agreement.State is not (AgreementState.Proposed or AgreementState.Active) || agreement.Effects.Equals(before))
            {
                return session.Sequence();
            }

            var mutation = new Mutation("", "", nameof(ChangeKind.SubjectsVerified), "", [], customer, ValidateOnly: false);
            var verified = revisions.Next(session, mutation, id, agreement, ChangeKind.SubjectsVerified, binding: false);
            var sequence = session.NextSequence();
            verified.Write(sequence);
            session.InsertChange(sequence, verified.Change, customer, "");
            return sequence;
        },
        commit: true,
        stop);

    private static bool IsPending(Agreement agreement) => agreement.Effects.Any(effect => effect.Subjects.Any(subject => subject.Verification == Verification.Pending));
}
