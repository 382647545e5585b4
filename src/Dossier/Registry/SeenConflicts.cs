using Dossier.V1;
using State = Dossier.V1.Conflict.Types.State;

namespace Dossier.Registry;

/// <summary>What a reading found contradicting of one customer.</summary>
/// <param name="Found">The conflicts, each with the fingerprint of its evidence.</param>
/// <param name="Judged">The kinds that the reading could judge: of these, what it did not find is not there.</param>
public sealed record Sighting(IReadOnlyList<(Conflict Conflict, string Fingerprint)> Found, IReadOnlySet<Conflict.Types.Kind> Judged);

/// <summary>
/// Conflicts are remembered as they are seen: one row each, opened, changed and closed under the customer's lock. What is known
/// already writes nothing.
/// </summary>
public static class SeenConflicts
{
    // In one transaction: a customer with a thousand that are new is written in parts, each by one reading, because all of them do not fit its deadline.
    private const int MostAtOnce = 100;
    private const string ByFacts = "closed by facts";

    /// <summary>
    /// The conflicts as they are told now, those that are open first: as found, with what is stored of them; and those that are
    /// stored as open of which the facts could not be judged. Pure.
    /// </summary>
    public static IEnumerable<Conflict> Told(Sighting seen, IReadOnlyList<ConflictRow> stored, DateTimeOffset now)
    {
        var known = stored.ToDictionary(row => row.Name, StringComparer.Ordinal);
        var found = seen.Found.Select(one => Next(known.GetValueOrDefault(one.Conflict.Name), one.Conflict, one.Fingerprint, now.ToMicros())?.Row ?? known[one.Conflict.Name]).ToList();
        var names = found.Select(row => row.Name).ToHashSet(StringComparer.Ordinal);
        return found.Concat(stored.Where(row => row.IsOpen && !names.Contains(row.Name) && !seen.Judged.Contains((Conflict.Types.Kind)row.Kind)))
            .OrderByDescending(row => row.IsOpen)
            .Select(row => row.ToMessage());
    }

    /// <summary>Whether what was seen differs from what is stored. Pure.</summary>
    public static bool Differ(Sighting seen, IReadOnlyList<ConflictRow> stored) => Changes(seen, stored, 0).Any();

    /// <summary>Stores what was seen, a hundred of them at most. Each conflict that changes is a change of the registry.</summary>
    /// <returns>What is stored then.</returns>
    public static Task<IReadOnlyList<ConflictRow>> SeeAsync(this RegistryDatabase registry, string customer, Sighting seen, TimeSpan within, CancellationToken caller) => registry.WriteAsync(
        session =>
        {
            session.LockCustomer(customer);
            var changes = Changes(seen, session.ConflictsOf(customer), session.Now).Take(MostAtOnce).ToList();
            changes.ForEach(change => session.PutConflict(change.Row));
            foreach (var (kind, row) in changes)
            {
                var sequence = session.NextSequence();
                session.InsertConflictRevision(row, sequence, "", "");
                session.InsertChange(sequence, new RegistryChange(kind, row.Name, row.Revision, 0, [], []), customer, "");
            }

            return session.ConflictsOf(customer);
        },
        commit: true,
        within,
        caller);

    private static IEnumerable<(ChangeKind Kind, ConflictRow Row)> Changes(Sighting seen, IReadOnlyList<ConflictRow> stored, long now)
    {
        var known = stored.ToDictionary(row => row.Name, StringComparer.Ordinal);
        foreach (var (conflict, fingerprint) in seen.Found)
        {
            if (Next(known.GetValueOrDefault(conflict.Name), conflict, fingerprint, now) is { } next)
            {
                yield return next;
            }
        }

        var found = seen.Found.Select(one => one.Conflict.Name).ToHashSet(StringComparer.Ordinal);
        foreach (var row in stored.Where(row => row.IsOpen && !found.Contains(row.Name) && seen.Judged.Contains((Conflict.Types.Kind)row.Kind)))
        {
            yield return (ChangeKind.ConflictClosed, row.Closed("", "", ByFacts, now));
        }
    }

    /// <summary>
    /// What becomes of a conflict that is seen; null if that is known. One that a person closed is open again when its evidence is
    /// another; one whose facts were gone, as soon as they are back.
    /// </summary>
    private static (ChangeKind Kind, ConflictRow Row)? Next(ConflictRow? row, Conflict conflict, string fingerprint, long now)
    {
        var byFacts = row is { IsOpen: false } && row.ToMessage().Resolution is not { System.Length: > 0 };
        if (row is not null && row.Fingerprint == fingerprint && !byFacts)
        {
            return null;
        }

        var open = conflict.Clone();
        open.State = State.Open;
        open.FirstSeenTime = Moments.FromMicros(row?.FirstSeenTime.Micros ?? now);
        open.LastSeenTime = Moments.FromMicros(now);
        return (row is { IsOpen: true } ? ChangeKind.ConflictChanged : ChangeKind.ConflictOpened, ConflictRow.Of(open, fingerprint, (row?.Revision ?? 0) + 1));
    }
}
