using Google.Type;

namespace Dossier;

/// <summary>Days of the contract (google.type.Date) in the company's time zone. Pure.</summary>
public static class Days
{
    public static DateOnly? ToDateOnly(this Date? day) =>
        IsValid(day) && day is not null ? new DateOnly(day.Year, day.Month, day.Day) : null;

    public static bool IsValid(Date? day) =>
        day is not null && day.Year is >= 1 and <= 9999 && day.Month is >= 1 and <= 12
        && day.Day >= 1 && day.Day <= System.DateTime.DaysInMonth(day.Year, day.Month);

    public static Date ToDate(this DateOnly day) => new() { Year = day.Year, Month = day.Month, Day = day.Day };

    /// <summary>Orders days; a day that is not set comes first.</summary>
    public static int Number(Date? day) => day is null ? 0 : (day.Year * 10_000) + (day.Month * 100) + day.Day;

    /// <summary>The first moment of a day in the zone.</summary>
    public static DateTimeOffset StartOf(DateOnly day, TimeZoneInfo zone)
    {
        var midnight = day.ToDateTime(TimeOnly.MinValue, DateTimeKind.Unspecified);

        // Where the clock jumps over midnight the day begins at the first minute that there is.
        while (zone.IsInvalidTime(midnight))
        {
            midnight = midnight.AddMinutes(1);
        }

        // Where midnight comes twice the first one begins the day: the larger offset from UTC.
        var offset = zone.IsAmbiguousTime(midnight) ? zone.GetAmbiguousTimeOffsets(midnight).Max() : zone.GetUtcOffset(midnight);
        return new DateTimeOffset(midnight, offset).ToUniversalTime();
    }

    /// <summary>The first moment after a day: an `until` rules up to here. Null after the last day there is.</summary>
    public static DateTimeOffset? EndOf(Date? day, TimeZoneInfo zone) =>
        day.ToDateOnly() is { } date && date < DateOnly.MaxValue ? StartOf(date.AddDays(1), zone) : null;

    public static DateOnly DayOf(DateTimeOffset moment, TimeZoneInfo zone) => DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(moment, zone).DateTime);

    public static string Text(this DateOnly day) => day.ToString("d MMMM yyyy", System.Globalization.CultureInfo.InvariantCulture);
}
