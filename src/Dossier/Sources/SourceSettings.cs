using Dossier.Database;
using Dossier.V1;

namespace Dossier.Sources;

/// <summary>Checks the settings of one source; what is wrong disables it with one line that names the setting.</summary>
internal static class SourceSettings
{
    private static readonly string[] KeyWords = ["customer_number", "billing_account", "email", "phone", "interaction", "subject"];

    public static string? Problem(string name, SourceOptions source)
    {
        if (!ResourceNames.IsSlug(name) || name == "registry")
        {
            return $"Sources:{name} must be 1-32 of [a-z0-9-] and not 'registry'";
        }

        if (source.Problem is { } unread)
        {
            return unread;
        }

        if (Vendor.Find(source.Provider) is not { } vendor)
        {
            return $"Sources:{name}:Provider '{source.Provider}' is not known; use {Vendor.Names}";
        }

        if (vendor.Problem(source.ConnectionString) is { } wrong)
        {
            return $"Sources:{name}:ConnectionString {wrong}";
        }

        if (source.KeySpellings.Keys.Any(key => !string.Equals(key, "phone", StringComparison.OrdinalIgnoreCase))
            || source.KeySpellings.Values.SelectMany(spellings => spellings).Any(spelling => spelling is not ("e164" or "national" or "digits")))
        {
            return $"Sources:{name}:KeySpellings must be 'phone' with e164, national or digits";
        }

        if (source.KeyTypes.FirstOrDefault(type => !KeyWords.Contains(type.Key, StringComparer.Ordinal) || !KeyColumns.Types.Contains(type.Value, StringComparer.Ordinal)) is { Key: not null } type)
        {
            return $"Sources:{name}:KeyTypes:{type.Key} '{type.Value}' is not known; the key must be {string.Join(", ", KeyWords)} and the type {string.Join(", ", KeyColumns.Types)}";
        }

        if (source.Sections.Find(word => !Known(word)) is { } section)
        {
            return $"Sources:{name}:Sections '{section}' is not a section; use {string.Join(", ", Stored.Select(known => known.Word().ToLowerInvariant()))}";
        }

        return source.MaxConnections is < 1 or > 256 ? $"Sources:{name}:MaxConnections must be 1-256"
            : source.Deadline < TimeSpan.FromMilliseconds(10) || source.Deadline > TimeSpan.FromMinutes(1) ? $"Sources:{name}:Deadline must be between 00:00:00.010 and 00:01:00"
            : null;
    }

    private static IEnumerable<Section> Stored => Enum.GetValues<Section>().Where(section => section is not (Section.Unspecified or Section.Agreements or Section.Conflicts));

    private static bool Known(string word) => Stored.Any(section => section.Word().Equals(word, StringComparison.OrdinalIgnoreCase));
}
