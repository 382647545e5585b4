using System.Text;

namespace Dossier;

/// <summary>Enum values as people and settings write them: CreditInvoice is CREDIT_INVOICE.</summary>
public static class EnumWords
{
    public static string UpperSnake(string pascal)
    {
        var words = new StringBuilder(pascal.Length + 4);
        foreach (var c in pascal)
        {
            if (char.IsUpper(c) && words.Length > 0)
            {
                words.Append('_');
            }

            words.Append(char.ToUpperInvariant(c));
        }

        return words.ToString();
    }

    public static string Word<T>(this T value)
        where T : struct, Enum => UpperSnake(value.ToString());
}
