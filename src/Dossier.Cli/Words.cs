using System.Text;

namespace Dossier.Cli;

/// <summary>The words of the contract's enums, as people type them (send-dunning-notice) and as programs print them.</summary>
internal static class Words
{
    /// <summary>TimedOut as timed-out.</summary>
    public static string Of<T>(T value) where T : struct, Enum
    {
        var name = value.ToString();
        var word = new StringBuilder(name.Length + 4);
        for (var i = 0; i < name.Length; i++)
        {
            if (i > 0 && char.IsAsciiLetterUpper(name[i]))
            {
                word.Append('-');
            }
            word.Append(char.ToLowerInvariant(name[i]));
        }
        return word.ToString();
    }

    /// <summary>TimedOut as TIMED_OUT.</summary>
    public static string Code<T>(T value) where T : struct, Enum => Of(value).ToUpperInvariant().Replace('-', '_');

    /// <summary>TimedOut as "timed out".</summary>
    public static string Phrase<T>(T value) where T : struct, Enum => Of(value).Replace('-', ' ');

    /// <summary>Reads a word; the unspecified value is not one.</summary>
    public static T Parse<T>(string text, string option) where T : struct, Enum
    {
        var word = text.Trim().ToLowerInvariant().Replace('_', '-');
        foreach (var value in Allowed<T>())
        {
            if (Of(value) == word)
            {
                return value;
            }
        }
        throw CommandException.Usage($"{option} {text}: choose from {List<T>()}");
    }

    public static string List<T>() where T : struct, Enum => string.Join(", ", Allowed<T>().Select(Of));

    private static IEnumerable<T> Allowed<T>() where T : struct, Enum =>
        Enum.GetValues<T>().Where(value => !EqualityComparer<T>.Default.Equals(value, default));
}
