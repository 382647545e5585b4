using System.Collections.Frozen;
using System.Data.Common;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Google.Protobuf.WellKnownTypes;
using Google.Type;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Dossier.Sources;

/// <summary>What a column must hold.</summary>
public enum ColumnKind
{
    Text,
    Moment,
    Day,
    Amount,
    Bool,
    Words,
    Any,
}

/// <summary>One column of a row contract.</summary>
public sealed record Column(string Name, ColumnKind Kind, bool Nullable);

/// <summary>A row or its columns are not as the contract says. Holds no value of the row.</summary>
public sealed class RowException(string message) : Exception(message);

/// <summary>
/// One row of a block, read by the position of its columns in the contract. What is usual on SQLite (days, moments, words and currencies
/// as texts, amounts and flags as numbers) is read where it stands: the driver makes an object of each value first, 10 of 142 KB a dossier.
/// </summary>
public readonly struct Row(DbDataReader reader, int[] ordinals, BlockContract contract)
{
    private const int LongestUsual = 32;

    // A message with its pictures in it makes an answer that no client takes.
    private const int LongestText = 32_000;
    private static readonly int Epoch = DateOnly.FromDateTime(System.DateTime.UnixEpoch).DayNumber;
    private readonly sqlite3_stmt? statement = (reader as SqliteDataReader)?.Handle;

    public string Text(int column) => OptionalText(column) ?? throw Wrong(column, "is null");

    public string OrEmpty(int column) => OptionalText(column) ?? "";

    public string? OptionalText(int column) => Value(column) switch
    {
        null => null,
        string { Length: > LongestText } text => string.Concat(text.AsSpan(0, char.IsHighSurrogate(text[LongestText - 1]) ? LongestText - 1 : LongestText), "…"),
        string text => text,
        IFormattable other => other.ToString(null, CultureInfo.InvariantCulture),
        _ => throw Wrong(column, "is not a text"),
    };

    public bool Flag(int column) => TypeOf(column) == raw.SQLITE_INTEGER ? raw.sqlite3_column_int64(statement!, ordinals[column]) != 0 : Value(column) switch
    {
        null => false,
        bool flag => flag,
        long number => number != 0,
        int number => number != 0,
        short number => number != 0,
        byte number => number != 0,
        _ => throw Wrong(column, "is not a bool (0 or 1)"),
    };

    public Timestamp? Moment(int column)
    {
        Span<char> space = stackalloc char[LongestUsual];
        if (Usual(Short(column, space)) is { } found)
        {
            return found;
        }

        switch (Value(column))
        {
            case null:
                return null;
            case DateTimeOffset moment:
                return Timestamp.FromDateTimeOffset(moment);
            case System.DateTime moment:
                return Timestamp.FromDateTime(moment.Kind == DateTimeKind.Local ? moment.ToUniversalTime() : System.DateTime.SpecifyKind(moment, DateTimeKind.Utc));
            case string text when Usual(text) is { } usual:
                return usual;
            case string text when IsIso(text) && DateTimeOffset.TryParse(
                text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var moment):
                return Timestamp.FromDateTimeOffset(moment);
            default:
                throw Wrong(column, "is not a moment (ISO 8601 with offset or Z)");
        }
    }

    public Date? Day(int column)
    {
        Span<char> space = stackalloc char[LongestUsual];
        return TryDay(Short(column, space), out var found) ? DayOf(found) : Value(column) switch
        {
            null => null,
            DateOnly day => DayOf(day),
            System.DateTime day => DayOf(DateOnly.FromDateTime(day)),
            string text when TryDay(text, out var day) => DayOf(day),
            _ => throw Wrong(column, "is not a day (2026-08-03)"),
        };
    }

    public Money? Amount(int column, int currency)
    {
        var type = TypeOf(column);
        if (type == raw.SQLITE_FLOAT && raw.sqlite3_column_double(statement!, ordinals[column]) is var real && Math.Abs(real) < 1e12)
        {
            return AmountOf(column, Math.Round((decimal)real, 6), currency);
        }

        if (type == raw.SQLITE_INTEGER)
        {
            return AmountOf(column, raw.sqlite3_column_int64(statement!, ordinals[column]), currency);
        }

        return Value(column) switch
        {
            null => null,
            decimal number => AmountOf(column, number, currency),
            long number => AmountOf(column, number, currency),
            int number => AmountOf(column, number, currency),
            double number when Math.Abs(number) < 1e12 => AmountOf(column, Math.Round((decimal)number, 6), currency),
            string text when decimal.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) =>
                AmountOf(column, number, currency),
            _ => throw Wrong(column, "is not an amount (27.50)"),
        };
    }

    public IReadOnlyList<string> Words(int column)
    {
        if (Value(column) is not { } value)
        {
            return [];
        }

        try
        {
            var words = value switch
            {
                string[] given => given,
                string text => JsonSerializer.Deserialize<string[]>(text),
                _ => null,
            };
            return words is not null && Array.TrueForAll(words, word => word is not null) ? words : throw Wrong(column, "is not a JSON array of texts");
        }
        catch (JsonException)
        {
            throw Wrong(column, "is not a JSON array of texts");
        }
    }

    /// <summary>The value as the store gave it, to page by.</summary>
    public object? PageTime(int column) => Value(column) is var time and (null or string or long or int or double or DateTimeOffset or System.DateTime)
        ? time
        : throw Wrong(column, "is not a text, a number or a moment, by which a page can be continued");

    /// <summary>One of the words that the contract lists for the column; its zero value if it is null.</summary>
    public T Word<T>(int column, FrozenDictionary<string, T> words)
        where T : struct
    {
        Span<char> space = stackalloc char[LongestUsual];
        var found = Short(column, space);
        if (found.Length > 0 && words.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(found, out var word))
        {
            return word;
        }

        var text = OptionalText(column);
        return text is null ? default : words.TryGetValue(text, out var value) ? value : throw Wrong(column, $"is not one of {string.Join(", ", words.Keys)}");
    }

    // As nearly every store spells it: the framework's parsers, which take any spelling, were a thirtieth of a dossier.
    private static Timestamp? Usual(ReadOnlySpan<char> text) =>
        text is [_, _, _, _, '-', _, _, '-', _, _, 'T' or ' ', _, _, ':', _, _, ':', _, _, 'Z'] && TryDay(text[..10], out var day)
            && Number(text.Slice(11, 2)) is >= 0 and < 24 and var hour && Number(text.Slice(14, 2)) is >= 0 and < 60 and var minute
            && Number(text.Slice(17, 2)) is >= 0 and < 60 and var second
            ? new Timestamp { Seconds = ((day.DayNumber - Epoch) * 86_400L) + (hour * 3_600) + (minute * 60) + second }
            : null;

    private static bool TryDay(ReadOnlySpan<char> text, out DateOnly found)
    {
        if (text is [_, _, _, _, '-', _, _, '-', _, _] && Number(text[..4]) is > 0 and var year && Number(text.Slice(5, 2)) is > 0 and <= 12 and var month
            && Number(text[8..]) is > 0 and var day && day <= System.DateTime.DaysInMonth(year, month))
        {
            found = new DateOnly(year, month, day);
            return true;
        }

        found = default;
        return false;
    }

    /// <summary>The number that digits spell; -1 if there is something else.</summary>
    private static int Number(ReadOnlySpan<char> digits)
    {
        var number = 0;
        foreach (var digit in digits)
        {
            if (!char.IsAsciiDigit(digit))
            {
                return -1;
            }

            number = (number * 10) + digit - '0';
        }

        return number;
    }

    private static Date DayOf(DateOnly day) => new() { Year = day.Year, Month = day.Month, Day = day.Day };

    private Money AmountOf(int column, decimal amount, int currency) =>
        Math.Abs(amount) < 1_000_000_000_000m ? Amounts.ToMoney(amount, Currency(currency)) : throw Wrong(column, "is not an amount (27.50)");

    private string Currency(int column)
    {
        Span<char> space = stackalloc char[LongestUsual];
        return Short(column, space) is "EUR" ? "EUR" : Text(column);
    }

    /// <summary>SQLite's word for a value's type; 0 on another database, and for a column that is left out.</summary>
    private int TypeOf(int column) => statement is null || ordinals[column] < 0 ? 0 : raw.sqlite3_column_type(statement, ordinals[column]);

    /// <summary>A short text of ASCII as SQLite keeps it; empty for everything else, which the driver is asked for.</summary>
    private ReadOnlySpan<char> Short(int column, Span<char> space)
    {
        if (TypeOf(column) != raw.SQLITE_TEXT)
        {
            return [];
        }

        // The bytes of a database in UTF-16 are none of what is looked for: each second one is zero.
        var bytes = raw.sqlite3_column_blob(statement!, ordinals[column]);
        return bytes.Length <= space.Length && Ascii.ToUtf16(bytes, space, out var length) == System.Buffers.OperationStatus.Done ? space[..length] : [];
    }

    /// <summary>The driver is asked once: on SQLite each question is two calls of the library. Null where an optional column has nothing.</summary>
    private object? Value(int column)
    {
        object value = ordinals[column] < 0 ? DBNull.Value : reader.GetValue(ordinals[column]);
        return value is not DBNull ? value : contract.Columns[column].Nullable ? null : throw Wrong(column, "is null");
    }

    // .NET reads 10:30 as today and 03/08 as a day in March too.
    private static bool IsIso(string text) => text.Length >= 10 && char.IsAsciiDigit(text[0]) && text[4] == '-' && text[7] == '-';

    private RowException Wrong(int column, string what) => new($"block '{contract.Name}', column '{contract.Columns[column].Name}' {what}");
}
