using Dossier.V1;

namespace Dossier.Registry;

/// <summary>A key that a source has told of a customer.</summary>
public sealed record ToldKey(KeyType Type, string Value, string? Handle, bool Shared, string Origin);

/// <summary>The links between keys and customers: remembered from sources, so that the next dossier does not depend on them.</summary>
public static class KeyLinks
{
    /// <summary>The state of a revision by which a source stopped telling of a key; such a link has no row any more.</summary>
    private const long Forgotten = 3;

    // In one transaction: what a customer with a thousand new keys needs does not fit its deadline, and would be begun anew by every reading.
    private const int MostAtOnce = 100;

    /// <summary>Whether what sources told differs from what is remembered. Pure.</summary>
    /// <param name="links">What the registry holds of the customer.</param>
    /// <param name="told">What the sources told.</param>
    /// <param name="answered">The sources that answered: a key of theirs that they no longer give is forgotten.</param>
    public static bool Differ(IReadOnlyList<KeyLinkRow> links, IReadOnlyCollection<ToldKey> told, IReadOnlySet<string> answered)
    {
        var known = links.ToDictionary(link => (link.Type, link.KeyValue));
        return told.Any(key => !known.TryGetValue((key.Type, key.Value), out var link) || SharingChanged(link, key))
            || NoLongerTold(links, told, answered).Any();
    }

    /// <summary>Remembers what sources told, a hundred changes at most, and gives the links as they are then. Each link that changes is a change of the registry.</summary>
    public static Task<IReadOnlyList<KeyLinkRow>> LearnAsync(
        this RegistryDatabase registry, string customer, IReadOnlyCollection<ToldKey> told, IReadOnlySet<string> answered, TimeSpan within, CancellationToken caller) =>
        registry.WriteAsync(session => Learn(session, customer, told, answered), commit: true, within, caller);

    private static IReadOnlyList<KeyLinkRow> Learn(RegistryWriting session, string customer, IReadOnlyCollection<ToldKey> told, IReadOnlySet<string> answered)
    {
        session.LockCustomer(customer);
        var links = session.KeysOf(customer);
        var changes = new List<(ChangeKind Kind, KeyLinkRow Link, long State)>();
        foreach (var link in NoLongerTold(links, told, answered).Take(MostAtOnce))
        {
            var revision = session.LastKeyRevision(customer, link.KeyType, link.KeyValue) + 1;
            session.ForgetKey(customer, link.KeyType, link.KeyValue);
            changes.Add((ChangeKind.KeyForgotten, Row(customer, link.Type, link.KeyValue, link.Shared, link.Origin, "", revision), Forgotten));
        }

        var known = links.ToDictionary(link => (link.Type, link.KeyValue));
        foreach (var key in told)
        {
            if (changes.Count >= MostAtOnce)
            {
                break;
            }

            if (!known.TryGetValue((key.Type, key.Value), out var link))
            {
                var revision = session.LastKeyRevision(customer, (long)key.Type, key.Value) + 1;
                var row = Row(customer, key.Type, key.Value, key.Shared, key.Origin, "", revision);
                session.PutKey(customer, row.KeyType, row.KeyValue, key.Handle, row.State, row.Shared, row.Origin, "", revision);
                changes.Add((ChangeKind.KeyLearned, row, row.State));
                known.Add((key.Type, key.Value), row);
            }
            else if (SharingChanged(link, key))
            {
                var row = Row(customer, key.Type, key.Value, key.Shared, link.Origin, link.Agent, session.LastKeyRevision(customer, (long)key.Type, key.Value) + 1);
                session.ShareKey(customer, row.KeyType, row.KeyValue, row.Shared, row.Revision);
                changes.Add((ChangeKind.KeyLearned, row, link.State));
            }
        }

        foreach (var (kind, link, state) in changes)
        {
            var sequence = session.NextSequence();
            session.InsertKeyRevision(link, state, sequence);
            session.InsertChange(sequence, new RegistryChange(kind, ResourceNames.Customer(customer), link.Revision, 0, [], []), customer, "");
        }

        return session.KeysOf(customer);
    }

    public static KeyLink ToMessage(this KeyLinkRow row, Func<KeyType, string, string?, CustomerKey> decode) => new()
    {
        Key = decode(row.Type, row.KeyValue, row.Handle),
        State = (KeyLink.Types.State)row.State,
        Shared = row.Shared,
        Origin = row.Origin,
        Agent = row.Agent,
        LinkTime = Moments.FromMicros(row.LinkTime.Micros),
        Etag = Etag(row),
    };

    public static string Etag(KeyLinkRow row) => AgreementContent.Etag($"{row.Customer}|{row.KeyType}|{row.KeyValue}", row.Revision);

    private static KeyLinkRow Row(string customer, KeyType type, string value, bool shared, string origin, string agent, long revision) => new()
    {
        Customer = customer,
        KeyType = (long)type,
        KeyValue = value,
        State = (long)KeyLink.Types.State.Linked,
        Shared = shared,
        ToldShared = shared,
        Origin = origin,
        Agent = agent,
        Revision = revision,
    };

    // Any source may say that others have the key too; only the one whose link it is may take that back.
    private static bool SharingChanged(KeyLinkRow link, ToldKey key) =>
        key.Shared ? !link.ToldShared && link.Linked : link.ToldShared && link.Linked && link.Origin == key.Origin;

    private static IEnumerable<KeyLinkRow> NoLongerTold(IReadOnlyList<KeyLinkRow> links, IReadOnlyCollection<ToldKey> told, IReadOnlySet<string> answered)
    {
        // A handful is looked through sooner than it is hashed; of a thousand each would be compared with each.
        const int Handful = 16;
        var still = told.Count > Handful ? told.Select(key => (key.Type, key.Value)).ToHashSet() : null;
        return links.Where(link => link.Linked && answered.Contains(link.Origin)
            && !(still?.Contains((link.Type, link.KeyValue)) ?? told.Any(key => key.Type == link.Type && key.Value == link.KeyValue)));
    }
}
