using Dossier.Registry;
using Dossier.V1;

namespace Dossier.Sources;

/// <summary>
/// What is known of a customer's keys at one moment of a call: the links of the registry and what sources have just told. Pure.
/// Shared is shared whoever says so: wrongly kept apart costs a line in possible_interactions, wrongly joined shows a
/// neighbour's letters.
/// </summary>
public static class RegistryKeys
{
    /// <summary>The keys that feed facts: linked or just told, and nobody else's.</summary>
    public static KeySet Exclusive(string customer, IReadOnlyList<KeyLinkRow> links, IEnumerable<FoundKey> told)
    {
        var keys = new KeySet();
        keys.Add(KeyType.CustomerNumber, customer);
        foreach (var (key, shared) in Known(links, told))
        {
            if (!shared)
            {
                keys.Add(key.Type, key.Value);
            }
        }

        return keys;
    }

    /// <summary>The keys that other customers have too: what they find is possible, not certain.</summary>
    public static KeySet Shared(IReadOnlyList<KeyLinkRow> links, IEnumerable<FoundKey> told)
    {
        var keys = new KeySet();
        foreach (var (key, shared) in Known(links, told))
        {
            if (shared)
            {
                keys.Add(key.Type, key.Value);
            }
        }

        return keys;
    }

    private static Dictionary<(KeyType Type, string Value), bool> Known(IReadOnlyList<KeyLinkRow> links, IEnumerable<FoundKey> told)
    {
        var known = new Dictionary<(KeyType, string), bool>();
        var unlinked = new HashSet<(KeyType, string)>();
        foreach (var link in links)
        {
            if (link.Linked)
            {
                known[(link.Type, link.KeyValue)] = link.Shared;
            }
            else
            {
                unlinked.Add((link.Type, link.KeyValue));
            }
        }

        foreach (var found in told)
        {
            var key = (Keys.TypeOf(found.Key), Keys.Encode(found.Key));
            if (!unlinked.Contains(key))
            {
                known[key] = found.Shared || known.GetValueOrDefault(key);
            }
        }

        return known;
    }
}
