using System.Globalization;
using Google.Protobuf.WellKnownTypes;

namespace Dossier.Cli;

/// <summary>Days, moments and spans as they are typed and printed. Moments are shown in Europe/Amsterdam.</summary>
internal static class Moments
{
    // Without ICU (InvariantGlobalization) Windows knows its own name of the zone only.
    private static readonly TimeZoneInfo Zone =
        TimeZoneInfo.TryFindSystemTimeZoneById("Europe/Amsterdam", out var iana) ? iana
        : TimeZoneInfo.TryFindSystemTimeZoneById("W. Europe Standard Time", out var windows) ? windows
        : TimeZoneInfo.Utc;

    private static readonly string ZoneSuffix = Zone.Equals(TimeZoneInfo.Utc) ? " UTC" : "";

    private static readonly string[] MomentsWithOffset = ["yyyy-MM-dd'T'HH:mmzzz", "yyyy-MM-dd'T'HH:mm:sszzz", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFzzz"];
    private static readonly string[] MomentsWithZulu = ["yyyy-MM-dd'T'HH:mm'Z'", "yyyy-MM-dd'T'HH:mm:ss'Z'", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'"];
    private static readonly string[] MomentsHere = ["yyyy-MM-dd'T'HH:mm", "yyyy-MM-dd'T'HH:mm:ss"];

    public static Date ParseDay(string text, string option) =>
        DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day)
            ? new Date { Year = day.Year, Month = day.Month, Day = day.Day }
            : throw CommandException.Usage($"{option} {text}: write the day as 2026-11-01");

    /// <summary>Reads 2026-08-11T20:21+02:00; without an offset the moment is in Europe/Amsterdam.</summary>
    public static Timestamp ParseMoment(string text, string option)
    {
        var culture = CultureInfo.InvariantCulture;
        if (DateTimeOffset.TryParseExact(text, MomentsWithOffset, culture, DateTimeStyles.None, out var moment)
            || DateTimeOffset.TryParseExact(text, MomentsWithZulu, culture, DateTimeStyles.AssumeUniversal, out moment))
        {
            return Timestamp.FromDateTimeOffset(moment);
        }
        if (DateTime.TryParseExact(text, MomentsHere, culture, DateTimeStyles.None, out var here) && !Zone.IsInvalidTime(here))
        {
            return Timestamp.FromDateTimeOffset(new DateTimeOffset(here, Zone.GetUtcOffset(here)));
        }
        throw CommandException.Usage($"{option} {text}: write the moment as 2026-08-11T20:21+02:00 (without an offset: Europe/Amsterdam)");
    }

    /// <summary>Reads 500ms, 5s or 1m.</summary>
    public static TimeSpan ParseSpan(string text, string option)
    {
        var (number, unit) = text switch
        {
            _ when text.EndsWith("ms", StringComparison.Ordinal) => (text[..^2], 1d),
            _ when text.EndsWith('s') => (text[..^1], 1_000d),
            _ when text.EndsWith('m') => (text[..^1], 60_000d),
            _ => ("", 0d),
        };
        return double.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value)
            && value > 0 && value * unit is >= 1 and <= 3_600_000
            ? TimeSpan.FromMilliseconds(value * unit)
            : throw CommandException.Usage($"{option} {text}: write the time as 500ms, 5s or 1m, from 1ms to 60m");
    }

    /// <summary>Fri 14 Aug 2026; a dash where there is none.</summary>
    public static string Day(Date? day) => day switch
    {
        null => "–",
        { Year: >= 1 and <= 9999, Month: >= 1 and <= 12, Day: >= 1 } when day.Day <= DateTime.DaysInMonth(day.Year, day.Month) =>
            new DateOnly(day.Year, day.Month, day.Day).ToString("ddd d MMM yyyy", CultureInfo.InvariantCulture),
        _ => $"{day.Year:0000}-{day.Month:00}-{day.Day:00}",
    };

    /// <summary>1 Aug – 31 Aug 2026.</summary>
    public static string Period(Date? start, Date? end) => (start, end) switch
    {
        (null, null) => "–",
        ({ } from, { } to) when from.Year == to.Year && Short(from).EndsWith($" {from.Year}", StringComparison.Ordinal) =>
            $"{Short(from)[..^5]} – {Short(to)}",
        _ => $"{Short(start)} – {Short(end)}",
    };

    /// <summary>Tue 11 Aug 2026 20:21; a dash where there is none.</summary>
    public static string Moment(Timestamp? moment) => Format(moment, "ddd d MMM yyyy HH:mm");

    /// <summary>The same to the second.</summary>
    public static string Second(Timestamp? moment) => Format(moment, "ddd d MMM yyyy HH:mm:ss");

    /// <summary>11 Aug 20:21.</summary>
    public static string Brief(Timestamp? moment) => Format(moment, "d MMM HH:mm");

    /// <summary>2026-08-11T20:21+02:00, as it is typed.</summary>
    public static string Typed(Timestamp moment) => Here(moment).ToString(
        moment.Seconds % 60 == 0 ? "yyyy-MM-dd'T'HH:mmzzz" : "yyyy-MM-dd'T'HH:mm:sszzz", CultureInfo.InvariantCulture);

    public static string Span(TimeSpan span) =>
        span < TimeSpan.FromSeconds(1) ? $"{span.TotalMilliseconds:0}ms" : $"{span.TotalSeconds:0.###}s";

    public static string Milliseconds(Duration? elapsed) =>
        elapsed is null ? "–" : $"{elapsed.ToTimeSpan().TotalMilliseconds:0} ms";

    private static string Short(Date? day) => day is null ? "…" : Day(day).Split(' ', 2) is [_, var rest] ? rest : Day(day);

    private static string Format(Timestamp? moment, string format) =>
        moment is null ? "–" : Here(moment).ToString(format, CultureInfo.InvariantCulture) + ZoneSuffix;

    private static DateTimeOffset Here(Timestamp moment) => TimeZoneInfo.ConvertTime(moment.ToDateTimeOffset(), Zone);
}
