using Dossier.Tests.ServiceTests;
using Dossier.V1;
using Google.Type;

namespace Dossier.Tests.UnitTests;

/// <summary>Only a verdict that is known and whole is one; everything else is UNKNOWN, with the reason.</summary>
public sealed class GuardAnswerTests
{
    [Theory]
    [InlineData(Verdict.Allow, true)]
    [InlineData(Verdict.Review, false)]
    [InlineData(Verdict.Block, false)]
    public void A_clear_verdict_is_handed_on_with_its_decision(Verdict verdict, bool mayAct)
    {
        var answer = GuardAnswer.Of(new Decision { Verdict = verdict, DecisionId = "token" });

        Assert.Equal((verdict, "token", mayAct, (string?)null), (answer.Verdict, answer.Decision!.DecisionId, answer.MayAct, answer.Unknown));
        Assert.Null(answer.AllowedAmount);
    }

    [Fact]
    public void A_reduction_may_be_acted_on_up_to_its_amount()
    {
        var answer = GuardAnswer.Of(new Decision { Verdict = Verdict.Reduce, AllowedAmount = StoryTests.Eur(27.50m) });

        Assert.True(answer.MayAct);
        Assert.Equal(StoryTests.Eur(27.50m), answer.AllowedAmount);
    }

    [Theory]
    [InlineData(Verdict.Unspecified)]
    [InlineData(Verdict.Unknown)]
    [InlineData((Verdict)6)]
    [InlineData((Verdict)(-1))]
    public void A_verdict_that_is_not_set_or_not_known_is_unknown_with_a_reason(Verdict verdict)
    {
        var answer = GuardAnswer.Of(new Decision { Verdict = verdict });

        Assert.Equal((Verdict.Unknown, false), (answer.Verdict, answer.MayAct));
        Assert.NotEmpty(answer.Unknown!);
    }

    [Fact]
    public void A_reduction_without_a_whole_amount_is_unknown()
    {
        foreach (var amount in new[] { null, new Money { Units = 1 }, new Money { CurrencyCode = "EUR", Units = 1, Nanos = -1 } })
        {
            var answer = GuardAnswer.Of(new Decision { Verdict = Verdict.Reduce, AllowedAmount = amount });

            Assert.Equal((Verdict.Unknown, false), (answer.Verdict, answer.MayAct));
            Assert.Null(answer.AllowedAmount);
            Assert.StartsWith("MALFORMED_ANSWER", answer.Unknown, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void No_decision_is_unknown_too() => Assert.Equal(Verdict.Unknown, GuardAnswer.Of(null).Verdict);
}
