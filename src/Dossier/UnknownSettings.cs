namespace Dossier;

/// <summary>
/// Names that stand among the settings and are none. Passed over, a misspelt one would leave its default in force, and with Systems that is
/// a service that asks nobody who he is.
/// </summary>
internal static class UnknownSettings
{
    // What .NET reads in the same file.
    private static readonly string[] Others = ["Logging", "AllowedHosts", "Kestrel", "$schema"];

    /// <summary>One sentence, without its full stop.</summary>
    public static string Say(string path) => path.Contains(':', StringComparison.Ordinal)
        ? $"{path} is not a setting: is it misspelt? README lists all of them"
        : $"{path} is not a setting: use {string.Join(", ", typeof(DossierOptions).GetProperties().Select(setting => setting.Name).Order(StringComparer.Ordinal))}; README tells of each";

    /// <param name="all">The settings of the file, the environment and the command line.</param>
    /// <param name="written">Those in which every name was meant for the service: of the file, and of the command line.</param>
    public static IEnumerable<string> Of(IConfiguration all, params IConfiguration[] written)
    {
        // Variables of the command itself begin with DOSSIER_ too (DOSSIER_KEY); what has more below it was meant for the service.
        var top = written.SelectMany(one => one.GetChildren()).Concat(all.GetChildren().Where(section => section.GetChildren().Any())).Select(section => section.Key)
            .Distinct(StringComparer.OrdinalIgnoreCase).Where(name => !Others.Contains(name, StringComparer.OrdinalIgnoreCase) && Setting(typeof(DossierOptions), name) is null);
        return top.Concat(Below(all, typeof(DossierOptions), deep: false));
    }

    /// <summary>The first word of the command line that .NET would pass over: no name, or a name without a value; null if there is none.</summary>
    public static string? Stray(IReadOnlyList<string> words)
    {
        for (var at = 0; at < words.Count; at++)
        {
            if (words[at].Contains('=', StringComparison.Ordinal))
            {
                continue;
            }

            if (!words[at].StartsWith("--", StringComparison.Ordinal))
            {
                return $"'{words[at]}' belongs to no setting: write --Name value, for example --Listen http://127.0.0.1:5081";
            }

            if (++at == words.Count)
            {
                return $"{words[at - 1]} has no value: write {words[at - 1]} and its value";
            }
        }

        return null;
    }

    private static IEnumerable<string> Below(IConfiguration section, Type options, bool deep)
    {
        foreach (var child in section.GetChildren())
        {
            var type = Setting(options, child.Key);
            if (type is null)
            {
                if (deep)
                {
                    yield return child.Path;
                }
            }
            else if (type.Assembly == typeof(DossierOptions).Assembly)
            {
                foreach (var unknown in Below(child, type, deep: true))
                {
                    yield return unknown;
                }
            }
        }
    }

    private static Type? Setting(Type options, string name) =>
        options.GetProperties().FirstOrDefault(setting => setting.Name.Equals(name, StringComparison.OrdinalIgnoreCase))?.PropertyType;
}
