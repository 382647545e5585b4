using Dossier.Sources;
using Dossier.V1;

namespace Dossier.Tests.UnitTests;

/// <summary>Each type of a row contract from every type that a driver hands out; a wrong one is named by block and column, never by its value.</summary>
public sealed class RowTests
{
    private static readonly BlockContract Contract = new(
        "block",
        Section.Unspecified,
        [.. System.Enum.GetValues<ColumnKind>().Select(kind => new Column($"{kind}".ToLowerInvariant(), kind, Nullable: true)), new Column("currency", ColumnKind.Text, Nullable: true)],
        (_, _) => { });

    private static readonly int Currency = Contract.Columns.Length - 1;

    private static Row Of(ColumnKind kind, object? value)
    {
        var values = Contract.Columns.Select(column => (column.Name, column.Kind == kind && column.Name != "currency" ? value : column.Name == "currency" ? "EUR" : null)).ToArray();
        return new Row(new FakeReader(values), [.. Enumerable.Range(0, values.Length)], Contract);
    }

    private static void Refused(ColumnKind kind, object value, Action<Row, int> read)
    {
        var refused = Assert.Throws<RowException>(() => read(Of(kind, value), (int)kind));
        Assert.StartsWith($"block 'block', column '{kind.ToString().ToLowerInvariant()}' is ", refused.Message, StringComparison.Ordinal);
        if (value is string { Length: > 3 } text)
        {
            Assert.DoesNotContain(text, refused.Message, StringComparison.Ordinal);
        }
    }

    public static TheoryData<object, string> Texts => new()
    {
        { "x", "x" }, { "", "" }, { 42L, "42" }, { 42, "42" }, { 27.5, "27.5" }, { 27.50m, "27.50" },
        { Guid.Parse("0198a0b6-0000-7000-8000-000000000001"), "0198a0b6-0000-7000-8000-000000000001" },
    };

    [Theory]
    [MemberData(nameof(Texts))]
    public void A_text_may_be_a_number(object value, string text)
    {
        Assert.Equal(text, Of(ColumnKind.Text, value).Text((int)ColumnKind.Text));
        Assert.Equal(text, Of(ColumnKind.Text, value).OrEmpty((int)ColumnKind.Text));
    }

    [Theory]
    [InlineData(32_000, 32_000)]
    [InlineData(32_001, 32_001)]
    [InlineData(4_000_000, 32_001)]
    public void A_text_ends_after_32000_characters(int length, int kept) => Assert.Equal(kept, Of(ColumnKind.Text, new string('x', length)).Text((int)ColumnKind.Text).Length);

    [Fact]
    public void Bytes_are_no_text() => Refused(ColumnKind.Text, new byte[] { 1 }, (row, column) => row.Text(column));

    [Theory]
    [InlineData("2024-02-29T23:59:59Z")]
    [InlineData("2026-08-03T00:00:00Z")]
    [InlineData("2026-08-03 10:30:07Z")]
    [InlineData("1969-12-31T23:59:59Z")]
    [InlineData("0001-01-01T00:00:00Z")]
    [InlineData("9999-12-31T23:59:59Z")]
    [InlineData("2026-08-03T10:30:07+02:00")]
    [InlineData("2026-08-03T10:30:07.25Z")]
    public void A_moment_is_the_one_that_the_framework_reads(string text) => Assert.Equal(
        DateTimeOffset.Parse(text, System.Globalization.CultureInfo.InvariantCulture), Of(ColumnKind.Moment, text).Moment((int)ColumnKind.Moment)!.ToDateTimeOffset());

    [Theory]
    [InlineData("2026-02-29T10:00:00Z")]
    [InlineData("2026-08-32T10:00:00Z")]
    [InlineData("2026-08-03T10:60:00Z")]
    [InlineData("2026-08-03T25:00:00Z")]
    [InlineData("2026-08-0xT10:00:00Z")]
    public void A_moment_that_is_in_no_calendar_is_refused(string text) => Refused(ColumnKind.Moment, text, (row, column) => row.Moment(column));

    [Theory]
    [InlineData("2026-02-29")]
    [InlineData("2026-00-10")]
    [InlineData("2026-10-00")]
    [InlineData("0000-10-10")]
    [InlineData("2026-1o-10")]
    [InlineData("2026-10-101")]
    public void A_day_that_is_in_no_calendar_is_refused(string text) => Refused(ColumnKind.Day, text, (row, column) => row.Day(column));

    public static TheoryData<object, bool> Flags => new()
    {
        { true, true }, { false, false }, { 1L, true }, { 0L, false }, { 1, true }, { 0, false }, { (short)1, true }, { (byte)1, true }, { (byte)0, false }, { 2L, true }, { -1, true },
    };

    [Theory]
    [MemberData(nameof(Flags))]
    public void A_bool_may_be_a_number(object value, bool flag) => Assert.Equal(flag, Of(ColumnKind.Bool, value).Flag((int)ColumnKind.Bool));

    [Fact]
    public void What_is_no_bool_is_refused() => Assert.All<object>(
        ["1", "true", "J", 1.0, 1m, 'J', new byte[] { 1 }], value => Refused(ColumnKind.Bool, value, (row, column) => row.Flag(column)));

    public static TheoryData<object> MomentsOfOneMinute => new()
    {
        "2026-08-11T20:21:00+02:00", "2026-08-11T18:21:00Z", "2026-08-11 20:21:00+02:00", "2026-08-11 18:21:00", "2026-08-11T18:21:00", "2026-08-11T18:21:00.000000Z", "2026-08-11T18:21Z",
        new DateTimeOffset(2026, 8, 11, 20, 21, 0, TimeSpan.FromHours(2)),
        new DateTime(2026, 8, 11, 18, 21, 0, DateTimeKind.Utc), new DateTime(2026, 8, 11, 18, 21, 0, DateTimeKind.Unspecified),
    };

    [Theory]
    [MemberData(nameof(MomentsOfOneMinute))]
    public void A_moment_is_one_moment_however_the_store_writes_it_and_without_a_zone_it_is_UTC(object value) =>
        Assert.Equal(DateTimeOffset.Parse("2026-08-11T18:21:00Z"), Of(ColumnKind.Moment, value).Moment((int)ColumnKind.Moment)!.ToDateTimeOffset());

    [Fact]
    public void A_moment_keeps_its_fractions_and_a_day_alone_is_its_first_moment()
    {
        Assert.Equal(
            DateTimeOffset.Parse("2026-08-11T18:21:00.123456Z"), Of(ColumnKind.Moment, "2026-08-11T18:21:00.123456Z").Moment((int)ColumnKind.Moment)!.ToDateTimeOffset());
        Assert.Equal(DateTimeOffset.Parse("2026-08-11T00:00:00Z"), Of(ColumnKind.Moment, "2026-08-11").Moment((int)ColumnKind.Moment)!.ToDateTimeOffset());
    }

    [Fact]
    public void What_is_no_moment_is_refused() => Assert.All<object>(
        [
            "", "yesterday", "10:30", "08/11/2026", "11/08/2026 20:21", "11-08-2026 20:21", "Aug 11, 2026", "11 August 2026", "2026-08", "2026",
            "2026-13-01T00:00:00Z", "2026-02-30T00:00:00Z", "2026-08-11T25:00:00Z", "20260811", "1786472460", 1786472460L, 27.5, new byte[] { 1 },
        ],
        value => Refused(ColumnKind.Moment, value, (row, column) => row.Moment(column)));

    [Fact]
    public void A_day_may_be_the_vendors_own_type() => Assert.All<object>(
        ["2026-08-03", new DateOnly(2026, 8, 3), new DateTime(2026, 8, 3), new DateTime(2026, 8, 3, 23, 59, 0)],
        value => Assert.Equal(Given.Day(2026, 8, 3), Of(ColumnKind.Day, value).Day((int)ColumnKind.Day)));

    [Fact]
    public void What_is_no_day_is_refused() => Assert.All<object>(
        ["", "2026-8-3", "03-08-2026", "2026-02-30", "2026-08-03T00:00:00Z", "20260803", 20260803L],
        value => Refused(ColumnKind.Day, value, (row, column) => row.Day(column)));

    [Fact]
    public void An_amount_may_be_every_kind_of_number() => Assert.All<object>(
        [27.5, 27.50m, "27.50", "27.5", "+27.5"],
        value => Assert.Equal(Given.Euro(27.50m), Of(ColumnKind.Amount, value).Amount((int)ColumnKind.Amount, Currency)));

    [Fact]
    public void An_amount_may_be_whole_negative_and_without_the_noise_of_a_double()
    {
        Assert.All<object>([27L, 27, "27"], value => Assert.Equal(Given.Euro(27), Of(ColumnKind.Amount, value).Amount((int)ColumnKind.Amount, Currency)));
        Assert.All<object>([-27.5, "-27.50"], value => Assert.Equal(Given.Euro(-27.50m), Of(ColumnKind.Amount, value).Amount((int)ColumnKind.Amount, Currency)));
        Assert.Equal(Given.Euro(0.3m), Of(ColumnKind.Amount, 0.1 + 0.2).Amount((int)ColumnKind.Amount, Currency));
        for (var cents = 0; cents < 100_000; cents += 7)
        {
            Assert.Equal(Given.Euro(cents / 100m), Of(ColumnKind.Amount, cents / 100.0).Amount((int)ColumnKind.Amount, Currency));
        }
    }

    [Fact]
    public void What_is_no_amount_is_refused() => Assert.All<object>(
        ["", "27,50", "1,000.00", "€27.50", "27.50 EUR", "1e3", "NaN", double.NaN, double.PositiveInfinity, 1e15, "1000000000000000", decimal.MaxValue, long.MaxValue, long.MinValue, true],
        value => Refused(ColumnKind.Amount, value, (row, column) => row.Amount(column, Currency)));

    [Fact]
    public void Words_are_a_JSON_array_or_the_vendors_own()
    {
        Assert.All<object>(["""["a","b"]""", """ [ "a" , "b" ] """, new[] { "a", "b" }], value => Assert.Equal(["a", "b"], Of(ColumnKind.Words, value).Words((int)ColumnKind.Words)));
        Assert.Empty(Of(ColumnKind.Words, "[]").Words((int)ColumnKind.Words));
        Assert.Empty(Of(ColumnKind.Words, null).Words((int)ColumnKind.Words));
    }

    [Fact]
    public void What_are_no_words_is_refused() => Assert.All<object>(
        ["", "a,b", "[1,2]", """["a",null]""", """{"a":1}""", "\"a\"", """["a" """, 1L, new string?[] { "a", null }],
        value => Refused(ColumnKind.Words, value, (row, column) => row.Words(column)));

    [Fact]
    public void What_is_null_is_not_there()
    {
        Assert.Null(Of(ColumnKind.Text, null).OptionalText((int)ColumnKind.Text));
        Assert.Equal("", Of(ColumnKind.Text, null).OrEmpty((int)ColumnKind.Text));
        Assert.False(Of(ColumnKind.Bool, null).Flag((int)ColumnKind.Bool));
        Assert.Null(Of(ColumnKind.Moment, null).Moment((int)ColumnKind.Moment));
        Assert.Null(Of(ColumnKind.Day, null).Day((int)ColumnKind.Day));
        Assert.Null(Of(ColumnKind.Amount, null).Amount((int)ColumnKind.Amount, Currency));
        Assert.Null(Of(ColumnKind.Any, null).PageTime((int)ColumnKind.Any));
        Assert.Equal("is null", Assert.Throws<RowException>(() => Of(ColumnKind.Text, null).Text((int)ColumnKind.Text)).Message[^7..]);
    }
}
