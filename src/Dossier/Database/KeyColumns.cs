using System.Globalization;

namespace Dossier.Database;

/// <summary>The types of a store's key columns that a source may declare, so that parameters have the same and indexes are used.</summary>
public static class KeyColumns
{
    public static IReadOnlyList<string> Types { get; } = ["text", "varchar", "nvarchar", "char", "integer", "bigint", "uuid"];

    public static bool IsNumber(string? type) => type is "integer" or "bigint";

    /// <summary>
    /// The key as a whole number; null if it is none, or is written otherwise than the store would write it: no such row can be
    /// there, and 01042 is not customer 1042.
    /// </summary>
    public static long? Number(string text) =>
        text is "0" or not ['0', ..] && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    public static long[] Numbers(IEnumerable<string> texts) => [.. texts.Select(Number).OfType<long>()];

    public static int[] Integers(IEnumerable<string> texts) => [.. Numbers(texts).Where(number => number <= int.MaxValue).Select(number => (int)number)];

    /// <summary>The key as a uuid; null if it is none.</summary>
    public static Guid? Uuid(string text) => Guid.TryParseExact(text, "D", out var uuid) ? uuid : null;

    /// <summary>The same for a server that writes uuids in lower case: customer 0190A5D0-… is not customer 0190a5d0-….</summary>
    public static Guid? LowerUuid(string text) => Uuid(text) is { } uuid && uuid.ToString("D") == text ? uuid : null;

    public static Guid[] LowerUuids(IEnumerable<string> texts) => [.. texts.Select(LowerUuid).OfType<Guid>()];
}
