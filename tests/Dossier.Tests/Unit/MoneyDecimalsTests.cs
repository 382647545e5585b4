using Dossier.V1;
using Google.Type;

namespace Dossier.Tests.UnitTests;

/// <summary>A caller's decimals become money and back without losing anything.</summary>
public sealed class MoneyDecimalsTests
{
    public static TheoryData<decimal, long, int> Pairs => new()
    {
        { 27.50m, 27, 500_000_000 },
        { 0m, 0, 0 },
        { -0.01m, 0, -10_000_000 },
        { -27.50m, -27, -500_000_000 },
        { 0.000000001m, 0, 1 },
        { 1.1000000000000m, 1, 100_000_000 },
        { 9223372036854775807.999999999m, long.MaxValue, 999_999_999 },
        { -9223372036854775808m, long.MinValue, 0 },
    };

    [Theory]
    [MemberData(nameof(Pairs))]
    public void An_amount_keeps_its_units_nanos_sign_and_currency(decimal amount, long units, int nanos)
    {
        var money = MoneyDecimals.ToMoney(amount, "EUR");

        Assert.Equal(("EUR", units, nanos), (money.CurrencyCode, money.Units, money.Nanos));
        Assert.Equal(amount, MoneyDecimals.ToDecimal(money));
        Assert.True(money.TryToDecimal(out var again));
        Assert.Equal(amount, again);
    }

    [Fact]
    public void What_does_not_fit_is_refused_and_never_rounded()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => MoneyDecimals.ToMoney(0.0000000001m, "EUR"));
        Assert.Throws<ArgumentOutOfRangeException>(() => MoneyDecimals.ToMoney(9223372036854775808m, "EUR"));
        Assert.Throws<ArgumentOutOfRangeException>(() => MoneyDecimals.ToMoney(decimal.MinValue, "EUR"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("eur")]
    [InlineData("EURO")]
    [InlineData("E R")]
    [InlineData(null)]
    public void A_currency_is_three_capital_letters(string? currency) =>
        Assert.Throws<ArgumentException>(() => MoneyDecimals.ToMoney(1m, currency!));

    [Theory]
    [InlineData(1, -1)]
    [InlineData(-1, 1)]
    [InlineData(0, 1_000_000_000)]
    [InlineData(0, int.MinValue)]
    public void Nanos_of_another_sign_or_of_a_whole_unit_are_no_amount(long units, int nanos)
    {
        var money = new Money { CurrencyCode = "EUR", Units = units, Nanos = nanos };

        Assert.Throws<ArgumentException>(() => MoneyDecimals.ToDecimal(money));
        Assert.False(money.TryToDecimal(out _));
        Assert.False(MoneyDecimals.TryToDecimal(null, out _));
    }
}
