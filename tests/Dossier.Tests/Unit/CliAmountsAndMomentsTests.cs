using Dossier.Cli;
using Google.Protobuf.WellKnownTypes;
using Date = Google.Type.Date;
using Money = Google.Type.Money;

namespace Dossier.Cli.Tests;

/// <summary>Money and time are typed in one way and printed in one way.</summary>
public sealed class CliAmountsAndMomentsTests
{
    [Theory]
    [InlineData("27.50", 27, 500_000_000)]
    [InlineData("27.5", 27, 500_000_000)]
    [InlineData("40", 40, 0)]
    [InlineData("0.01", 0, 10_000_000)]
    [InlineData("999999999999.99", 999_999_999_999, 990_000_000)]
    public void An_amount_has_a_decimal_point(string text, long units, int nanos) =>
        Assert.Equal(new Money { CurrencyCode = "EUR", Units = units, Nanos = nanos }, Amounts.Parse(text, "--refund"));

    [Theory]
    [InlineData("27,50", "with a decimal point")]
    [InlineData("1,000.00", "with a decimal point")]
    [InlineData("1.000", "at most two decimals")]
    [InlineData("€27.50", "at most two decimals")]
    [InlineData("27.50 ", "at most two decimals")]
    [InlineData("1e3", "at most two decimals")]
    [InlineData("٢٧", "at most two decimals")]
    [InlineData("", "at most two decimals")]
    [InlineData("-5.00", "above zero")]
    [InlineData("0.00", "above zero")]
    public void Another_way_of_writing_an_amount_is_refused_with_the_right_one(string text, string expected)
    {
        var refused = Assert.Throws<CommandException>(() => Amounts.Parse(text, "--refund"));
        Assert.Equal(ExitCode.Usage, refused.ExitCode);
        Assert.StartsWith("--refund", refused.Message, StringComparison.Ordinal);
        Assert.Contains(expected, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Money_is_printed_with_its_currency_and_two_decimals()
    {
        Assert.Equal("EUR 27.50", Amounts.Text(new Money { CurrencyCode = "EUR", Units = 27, Nanos = 500_000_000 }));
        Assert.Equal("EUR -27.50", Amounts.Text(new Money { CurrencyCode = "EUR", Units = -27, Nanos = -500_000_000 }));
        Assert.Equal("EUR 0.00", Amounts.Text(new Money { CurrencyCode = "EUR" }));
        Assert.Equal("EUR 0.125", Amounts.Text(new Money { CurrencyCode = "EUR", Nanos = 125_000_000 }));
        Assert.Equal("–", Amounts.Text(null));
    }

    [Theory]
    [InlineData("2026-08-11T20:21+02:00")]
    [InlineData("2026-08-11T20:21:00+02:00")]
    [InlineData("2026-08-11T18:21Z")]
    [InlineData("2026-08-11T20:21")]
    public void A_moment_without_an_offset_is_in_Amsterdam(string text) =>
        Assert.Equal(new DateTime(2026, 8, 11, 18, 21, 0, DateTimeKind.Utc), Moments.ParseMoment(text, "--effective").ToDateTime());

    [Theory]
    [InlineData("11-08-2026 20:21")]
    [InlineData("2026-08-11")]
    [InlineData("2026-03-29T02:30")]
    [InlineData("yesterday")]
    public void A_moment_that_is_not_one_is_refused(string text) =>
        Assert.Contains("2026-08-11T20:21+02:00", Assert.Throws<CommandException>(() => Moments.ParseMoment(text, "--effective")).Message, StringComparison.Ordinal);

    [Fact]
    public void Moments_are_printed_in_Amsterdam_in_summer_and_in_winter()
    {
        Assert.Equal("Tue 11 Aug 2026 20:21", Moments.Moment(Utc(2026, 8, 11, 18, 21)));
        Assert.Equal("Wed 1 Jan 2025 00:30", Moments.Moment(Utc(2024, 12, 31, 23, 30)));
        Assert.Equal("2026-10-09T12:00+02:00", Moments.Typed(Utc(2026, 10, 9, 10, 0)));
        Assert.Equal("–", Moments.Moment(null));

        static Timestamp Utc(int year, int month, int day, int hour, int minute) =>
            Timestamp.FromDateTime(new DateTime(year, month, day, hour, minute, 0, DateTimeKind.Utc));
    }

    [Fact]
    public void Days_are_typed_and_printed()
    {
        Assert.Equal(new Date { Year = 2026, Month = 11, Day = 1 }, Moments.ParseDay("2026-11-01", "--until"));
        Assert.Throws<CommandException>(() => Moments.ParseDay("2026-02-30", "--until"));
        Assert.Equal("Fri 14 Aug 2026", Moments.Day(new Date { Year = 2026, Month = 8, Day = 14 }));
        Assert.Equal("2026-02-30", Moments.Day(new Date { Year = 2026, Month = 2, Day = 30 }));
        Assert.Equal("1 Aug – 31 Aug 2026", Moments.Period(On(2026, 8, 1), On(2026, 8, 31)));
        Assert.Equal("15 Dec 2026 – 14 Jan 2027", Moments.Period(On(2026, 12, 15), On(2027, 1, 14)));
        Assert.Equal("1 Aug 2026 – …", Moments.Period(On(2026, 8, 1), null));
        Assert.Equal("2026-02-30 – 2026-02-31", Moments.Period(On(2026, 2, 30), On(2026, 2, 31)));

        static Date On(int year, int month, int day) => new() { Year = year, Month = month, Day = day };
    }

    [Theory]
    [InlineData("500ms", 500)]
    [InlineData("5s", 5_000)]
    [InlineData("1.5s", 1_500)]
    [InlineData("1m", 60_000)]
    public void A_span_has_a_unit(string text, int milliseconds) =>
        Assert.Equal(TimeSpan.FromMilliseconds(milliseconds), Moments.ParseSpan(text, "--timeout"));

    [Theory]
    [InlineData("5")]
    [InlineData("0s")]
    [InlineData("-1s")]
    [InlineData("1h")]
    [InlineData("2000m")]
    [InlineData("s")]
    public void A_span_without_a_unit_or_out_of_bounds_is_refused(string text) =>
        Assert.Throws<CommandException>(() => Moments.ParseSpan(text, "--timeout"));
}
