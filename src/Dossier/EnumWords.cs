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
        where T : struct, Enum => UpperSnake(value.ToString());
}
