using System.Globalization;
using System.Text;

namespace Dossier.Cli.Printing;

/// <summary>
/// What customers and colleagues wrote, made fit for a terminal: one line, without what moves the cursor, changes colours,
/// sets the window's title (ESC …) or turns the reading direction round so that text seems to say something else.
/// </summary>
internal static class Plain
{
    public static string Line(string? text)
    {
        if (string.IsNullOrEmpty(text))
        {
            return "";
        }
        var line = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            switch (Rune.GetUnicodeCategory(rune))
            {
                case UnicodeCategory.Control when rune.Value is '\n' or '\r' or '\t' or '\v' or '\f' or 0x85:
                case UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator:
                    AppendSpace(line);
                    break;
                case UnicodeCategory.Control:
                case UnicodeCategory.Format when !PartOfEmojiOrScript(rune):
                    break;
                default:
                    line.Append(rune.ToString());
                    break;
            }
        }
        return line.ToString().Trim();
    }

    /// <summary>Breaks a text into lines of at most <paramref name="width"/> characters, between words; a long word stays whole.</summary>
    public static IEnumerable<string> Wrap(string? text, int width)
    {
        var line = new StringBuilder();
        foreach (var word in Line(text).Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.Length > 0 && line.Length + 1 + word.Length > width)
            {
                yield return line.ToString();
                line.Clear();
            }
            line.Append(line.Length > 0 ? " " : "").Append(word);
        }
        if (line.Length > 0)
        {
            yield return line.ToString();
        }
    }

    private static void AppendSpace(StringBuilder line)
    {
        if (line.Length > 0 && line[^1] != ' ')
        {
            line.Append(' ');
        }
    }

    // Joiners hold emoji families and Persian words together; tags spell the flags of Scotland and Wales.
    private static bool PartOfEmojiOrScript(Rune rune) => rune.Value is 0x200C or 0x200D or (>= 0xE0020 and <= 0xE007F);
}
