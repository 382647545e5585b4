using Dossier.Agreements;
using Dossier.Host;
using Dossier.Registry;
using Dossier.Sources;
using Dossier.V1;

namespace Dossier.Dossiers;

/// <summary>What one reading of a customer shows contradicting, and which kinds it could judge. Pure.</summary>
public static class Sightings
{
    /// <summary>Nothing that conflicts rest on was kept from the reading: in a part of the facts others contradict each other than in all.</summary>
    public static bool IsWhole(CustomerReading reading, Permitted permitted) => permitted.Allows(Section.Agreements, SourceStates.RegistryName)
        && reading.Reads.All(read => permitted.Allows(Section.Invoices, read.Store.Name) && permitted.Allows(Section.DunningNotices, read.Store.Name));

    /// <param name="reading">With invoices, dunning notices, agreements and actions.</param>
    /// <param name="systems">The calling systems.</param>
    /// <param name="now">The present moment.</param>
    /// <param name="zone">The company's time zone.</param>
    /// <param name="unknown">PENDING subjects that were looked up again and are not there.</param>
    /// <param name="subjects">All of them could be looked up; false if nobody did.</param>
    public static Sighting Of(
        CustomerReading reading, IReadOnlyCollection<string> systems, DateTimeOffset now, TimeZoneInfo zone,
        IReadOnlyList<Conflicts.UnknownSubject>? unknown = null, bool subjects = false)
    {
        var facts = reading.Reads.Select(read => read.Facts).ToList();
        var cut = new HashSet<Conflict.Types.Kind>();
        var conflicts = new Conflicts.Facts
        {
            Customer = reading.Customer,
            Agreements = [.. reading.Registry.Agreements.Select(agreement => AgreementRules.At(agreement, now))],
            Invoices = [.. Merge.Invoices(facts)],
            Notices = [.. facts.SelectMany(source => source.DunningNotices.Take(ChannelStore.SectionLimit))],
            Actions = [.. reading.Registry.Actions.Select(row => ActionContent.At(row, now))],
            Unknown = unknown ?? [],
            Systems = systems,
            Now = now,
            Zone = zone,
        };
        var found = Conflicts.Find(conflicts, cut);
        var judged = Conflicts.Judged(
            reading.Registry.State == SourceState.Ok && reading.Registry.Agreements is { Count: < CustomerRows.Most },
            reading.IsComplete(Section.Invoices, source => source.Invoices.Count),
            reading.IsComplete(Section.DunningNotices, source => source.DunningNotices.Count) && reading.Registry.Actions is { Count: < CustomerRows.Most },
            subjects);
        return new Sighting([.. found.Select(conflict => (conflict, Conflicts.Fingerprint(conflict)))], judged.Except(cut).ToHashSet());
    }
}
