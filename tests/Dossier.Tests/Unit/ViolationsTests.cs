namespace Dossier.Tests.UnitTests;

public sealed class ViolationsTests
{
    [Fact]
    public void All_are_counted_and_a_hundred_are_kept()
    {
        var violations = new Violations();
        for (var number = 0; number < 4_000; number++)
        {
            violations.Add($"list[{number}]", "is not right");
        }

        var refusal = violations.ToException();

        Assert.Equal((4_000, 100), (violations.Count, refusal.Fields.Count));
        Assert.Equal("list[99]", refusal.Fields[^1].Field);
        Assert.EndsWith("; and 3995 more.", refusal.Message, StringComparison.Ordinal);
    }
}
