using Dossier.V1;

namespace Dossier.Registry;

/// <summary>A key that a source has told of a customer.</summary>
public sealed record ToldKey(KeyType Type, string Value, string? Handle, bool Shared, string Origin);

/// <summary>The links between keys and customers: remembered from sources, so that the next dossier does not depend on them.</summary>
public static class KeyLinks
{
    /// <summary>Whether what sources told differs from what is remembered. Pure.</summary>
    /// <param name="links">What the registry holds of the customer.</param>
    /// <param name="told">What the sources told.</param>
    /// <param name="answered">The sources that answered: a key of theirs that they no longer give is forgotten.</param>
    public static bool Differ(IReadOnlyList<KeyLinkRow> links, IReadOnlyCollection<ToldKey> told, IReadOnlySet<string> answered)
    {
        var known = links.ToDictionary(link => (link.Type, link.KeyValue));
        return told.Any(key => !known.TryGetValue((key.Type, key.Value), out var link) || (link.Linked && key.Shared && !link.Shared))
            || Forgotten(links, told, answered).Any();
    }

    /// <summary>Remembers what sources told and gives the links as they are then.</summary>
    public static Task<IReadOnlyList<KeyLinkRow>> LearnAsync(
        this RegistryDatabase registry, string customer, IReadOnlyCollection<ToldKey> told, IReadOnlySet<string> answered, TimeSpan within, CancellationToken caller) =>
        registry.WriteAsync(
            session =>
            {
                session.LockCustomer(customer);
                foreach (var link in Forgotten(session.KeysOf(customer), told, answered))
                {
                    session.ForgetKey(customer, link.KeyType, link.KeyValue, link.Origin);
                }

                foreach (var key in told)
                {
                    session.LearnKey(customer, (long)key.Type, key.Value, key.Handle, key.Shared, key.Origin);
                }

                return session.KeysOf(customer);
            },
            commit: true,
            within,
            caller);

    public static KeyLink ToMessage(this KeyLinkRow row, Func<KeyType, string, string?, CustomerKey> decode) => new()
    {
        Key = decode(row.Type, row.KeyValue, row.Handle),
        State = (KeyLink.Types.State)row.State,
        Shared = row.Shared,
        Origin = row.Origin,
        Agent = row.Agent,
        LinkTime = Moments.FromMicros(row.LinkTime),
        Etag = Etag(row),
    };

    public static string Etag(KeyLinkRow row) => AgreementContent.Etag($"{row.Customer}|{row.KeyType}|{row.KeyValue}", row.Revision);

    private static IEnumerable<KeyLinkRow> Forgotten(IReadOnlyList<KeyLinkRow> links, IReadOnlyCollection<ToldKey> told, IReadOnlySet<string> answered) =>
        links.Where(link => link.Linked && answered.Contains(link.Origin) && !told.Any(key => key.Type == link.Type && key.Value == link.KeyValue));
}
