using System.Data.Common;

namespace Dossier.Sources;

/// <summary>
/// Which of a driver's types a column of each kind may have: what <see cref="Row"/> reads, told before there is a row. Not for
/// SQLite, whose columns have no types.
/// </summary>
internal static class ColumnTypes
{
    /// <summary>The first column whose type cannot be read, in words; null if all can.</summary>
    public static string? Problem(BlockContract contract, DbDataReader reader, int[] ordinals)
    {
        for (var column = 0; column < ordinals.Length; column++)
        {
            if (ordinals[column] >= 0 && !Fits(contract.Columns[column].Kind, reader.GetFieldType(ordinals[column])))
            {
                return $"block '{contract.Name}', column '{contract.Columns[column].Name}' is {reader.GetDataTypeName(ordinals[column])}; it must be {Word(contract.Columns[column].Kind)}";
            }
        }

        return null;
    }

    public static bool Fits(ColumnKind kind, Type type) => type == typeof(object) || kind switch
    {
        ColumnKind.Text => type == typeof(string) || typeof(IFormattable).IsAssignableFrom(type),
        ColumnKind.Moment => type == typeof(DateTimeOffset) || type == typeof(DateTime) || type == typeof(string),
        ColumnKind.Day => type == typeof(DateOnly) || type == typeof(DateTime) || type == typeof(string),
        ColumnKind.Amount => type == typeof(decimal) || type == typeof(long) || type == typeof(int) || type == typeof(double) || type == typeof(string),
        ColumnKind.Bool => type == typeof(bool) || type == typeof(long) || type == typeof(int) || type == typeof(short) || type == typeof(byte),

        // Npgsql says Array of every array.
        ColumnKind.Words => type == typeof(string) || type == typeof(string[]) || type == typeof(Array),
        _ => type == typeof(string) || type == typeof(long) || type == typeof(int) || type == typeof(double) || type == typeof(DateTimeOffset) || type == typeof(DateTime),
    };

    public static string Word(ColumnKind kind) => kind switch
    {
        ColumnKind.Text => "a text",
        ColumnKind.Moment => "a moment (a timestamp, or ISO 8601 text)",
        ColumnKind.Day => "a day (a date, or text as 2026-08-03)",
        ColumnKind.Amount => "an amount (a number: 27.50)",
        ColumnKind.Bool => "a bool (a boolean, or 0 and 1)",
        ColumnKind.Words => "words (an array of texts, or a JSON array)",
        _ => "a moment, a number or a text, by which a page can be continued",
    };
}
