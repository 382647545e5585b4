namespace Dossier.Cli;

/// <summary>Resource names, whole (customers/1042/agreements/0199…) or short (1042/0199…), as they are typed and printed.</summary>
internal static class Names
{
    public static string Customer(string text) => Whole(text, "customer", "1042", "customers");

    public static string Dossier(string text) => $"{Customer(text)}/dossier";

    public static string Agreement(string text) => Whole(text, "agreement", "1042/ID", "customers", "agreements");

    public static string Conflict(string text) => Whole(text, "conflict", "1042/ID", "customers", "conflicts");

    public static string Interaction(string text) => Whole(text, "interaction", "1042/SOURCE/ID", "customers", "sources", "interactions");

    /// <summary>The end of an interaction's name, which holds no customer: sources/telephony/interactions/ID.</summary>
    public static string StoredInteraction(string text)
    {
        var parts = text.Split('/');
        return Whole(
            parts is ["customers", _, ..] and { Length: 6 } ? string.Join('/', parts[2..]) : text, "interaction", "SOURCE/ID", "sources", "interactions");
    }

    public static string Source(string text) => Whole(text, "source", "webcare", "sources");

    /// <summary>customers/1042/agreements/0199… as 1042/0199…; what is not a resource name stays as it is.</summary>
    public static string Short(string name)
    {
        var parts = name.Split('/');
        return parts.Length % 2 == 0 && parts[0] is "customers" or "sources" or "systems"
            ? string.Join('/', parts.Where((_, i) => i % 2 == 1))
            : name;
    }

    private static string Whole(string text, string what, string shape, params string[] collections)
    {
        var parts = text.Split('/');
        if (parts.Length == collections.Length * 2 && collections.Where((collection, i) => parts[i * 2] != collection).Any() is false)
        {
            return text;
        }
        return parts.Length == collections.Length && parts.All(part => part.Length > 0)
            ? string.Join('/', collections.Zip(parts, (collection, part) => $"{collection}/{part}"))
            : throw CommandException.Usage($"{text} is not the name of one {what}: write it as {shape} or in full");
    }
}
