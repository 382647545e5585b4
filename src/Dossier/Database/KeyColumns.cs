using System.Globalization;

namespace Dossier.Database;

/// <summary>The types of a store's key columns that a source may declare, so that parameters have the same and indexes are used.</summary>
public static class KeyColumns
{
    public static IReadOnlyList<string> Types { get; } = ["text", "varchar", "nvarchar", "char", "integer", "bigint", "uuid"];

    public static bool IsNumber(string? type) => type is "integer" or "bigint";

    /// <summary>The key as a whole number; null if it is none: no such row can be there.</summary>
    public static long? Number(string text) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    public static long[] Numbers(IEnumerable<string> texts) => [.. texts.Select(Number).OfType<long>()];

    public static int[] Integers(IEnumerable<string> texts) => [.. Numbers(texts).Where(number => number <= int.MaxValue).Select(number => (int)number)];

    public static Guid? Uuid(string text) => Guid.TryParseExact(text, "D", out var uuid) ? uuid : null;

    public static Guid[] Uuids(IEnumerable<string> texts) => [.. texts.Select(Uuid).OfType<Guid>()];
}
