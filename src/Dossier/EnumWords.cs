using System.Collections.Concurrent;
using System.Text;

namespace Dossier;

/// <summary>Enum values as people and settings write them: CreditInvoice is CREDIT_INVOICE.</summary>
public static class EnumWords
{
    public static string UpperSnake(string pascal)
    {
        var words = new StringBuilder(pascal.Length + 4);
        var before = ' ';
        foreach (var c in pascal)
        {
            if (char.IsUpper(c) && char.IsLower(before))
            {
                words.Append('_');
            }

            words.Append(char.ToUpperInvariant(c));
            before = c;
        }

        return words.ToString();
    }

    public static string Word<T>(this T value)
        where T : struct, Enum
    {
        if (Known<T>.Words.TryGetValue(value, out var known))
        {
            return known;
        }

        var word = UpperSnake(value.ToString());
        if (Enum.IsDefined(value))
        {
            Known<T>.Words[value] = word;
        }

        return word;
    }

    private static class Known<T>
        where T : struct, Enum
    {
        // Not the numbers that callers may send instead of a value: they would never end.
        public static readonly ConcurrentDictionary<T, string> Words = new();
    }
}
