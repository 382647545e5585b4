using Dossier.Guard;
using Dossier.V1;
using Code = Dossier.V1.DecisionReason.Types.Code;

namespace Dossier.Tests.UnitTests;

/// <summary>An effect is in force while effective_time ≤ t &lt; the end of its `until` day, t being the later of planned_time and now.</summary>
public sealed class JudgementTimeTests
{
    private static DateTimeOffset At(string moment) => DateTimeOffset.Parse(moment);

    private static Decision Judge(Agreement agreement, DateTimeOffset now, DateTimeOffset? planned = null, TimeZoneInfo? zone = null)
    {
        var action = Given.Action(ActionKind.CollectPayment, Given.Invoice("I1").Asked(27.50m));
        return Judgement.Judge(planned is { } moment ? action.PlannedAt(moment) : action, [agreement], now, zone ?? Given.Amsterdam);
    }

    private static Agreement Deferred(string? until, string from = "2026-01-01T00:00:00Z")
    {
        var effect = Given.Effect(EffectKind.DeferPayment, Given.Invoice("I1"));
        effect.DeferPayment.Until = Given.Day(until);
        return Given.Agreement(effect).From(At(from));
    }

    [Fact]
    public void A_run_that_was_planned_for_midnight_sees_an_agreement_of_nine()
    {
        var agreement = Deferred(null, from: "2026-09-15T07:00:00Z");
        Assert.Equal(Verdict.Block, Judge(agreement, now: At("2026-09-15T07:00:00Z"), planned: At("2026-09-14T22:00:00Z")).Verdict);
    }

    [Fact]
    public void A_run_that_is_planned_for_after_the_end_is_not_held_by_what_binds_now()
    {
        var agreement = Deferred("2026-09-15");
        Assert.Equal(Verdict.Block, Judge(agreement, now: At("2026-09-15T10:00:00Z")).Verdict);
        Assert.Equal(Verdict.Allow, Judge(agreement, now: At("2026-09-15T10:00:00Z"), planned: At("2026-09-15T22:00:00Z")).Verdict);
    }

    [Fact]
    public void An_effect_holds_from_its_first_moment_on()
    {
        var agreement = Deferred(null, from: "2026-09-15T09:00:00Z");
        Assert.Equal(Verdict.Allow, Judge(agreement, At("2026-09-15T08:59:59.999999Z")).Verdict);
        Assert.Equal(Verdict.Block, Judge(agreement, At("2026-09-15T09:00:00Z")).Verdict);
    }

    /// <summary>Amsterdam is two hours ahead of UTC in summer, one in winter; the last moment of the day is 23:59:59.999999 there.</summary>
    [Theory]
    [InlineData("2026-09-15", "2026-09-15T21:59:59.999999Z", "2026-09-15T22:00:00Z")]
    [InlineData("2026-09-30", "2026-09-30T21:59:59.999999Z", "2026-09-30T22:00:00Z")]
    [InlineData("2026-12-31", "2026-12-31T22:59:59.999999Z", "2026-12-31T23:00:00Z")]
    [InlineData("2026-03-28", "2026-03-28T22:59:59.999999Z", "2026-03-28T23:00:00Z")] // the day before 23 hours
    [InlineData("2026-03-29", "2026-03-29T21:59:59.999999Z", "2026-03-29T22:00:00Z")] // 23 hours
    [InlineData("2026-10-24", "2026-10-24T21:59:59.999999Z", "2026-10-24T22:00:00Z")] // the day before 25 hours
    [InlineData("2026-10-25", "2026-10-25T22:59:59.999999Z", "2026-10-25T23:00:00Z")] // 25 hours
    [InlineData("2028-02-29", "2028-02-29T22:59:59.999999Z", "2028-02-29T23:00:00Z")]
    public void An_effect_holds_to_the_last_moment_of_its_last_day_in_Amsterdam(string until, string last, string first)
    {
        Assert.Equal(Verdict.Block, Judge(Deferred(until), At(last)).Verdict);
        Assert.Equal(Verdict.Allow, Judge(Deferred(until), At(first)).Verdict);

        // A run that is planned for the one or the other moment is judged the same, whenever it is asked.
        foreach (var asked in (DateTimeOffset[])[At("2026-01-01T00:00:00Z"), At(last).AddDays(-7), At(last).AddMicroseconds(-1)])
        {
            Assert.Equal(Verdict.Block, Judge(Deferred(until), asked, planned: At(last)).Verdict);
            Assert.Equal(Verdict.Allow, Judge(Deferred(until), asked, planned: At(first)).Verdict);
        }
    }

    /// <summary>The day is the company's: elsewhere it ends at other moments, and where the clock is changed at midnight its end is moved.</summary>
    [Theory]
    [InlineData("America/New_York", "2026-03-08", "2026-03-09T04:00:00Z")] // 23 hours
    [InlineData("America/New_York", "2026-11-01", "2026-11-02T05:00:00Z")] // 25 hours
    [InlineData("America/Sao_Paulo", "2018-11-03", "2018-11-04T03:00:00Z")] // the next day begins at 01:00
    [InlineData("America/Sao_Paulo", "2018-02-17", "2018-02-18T03:00:00Z")] // its last hour comes twice
    [InlineData("America/Havana", "2020-10-31", "2020-11-01T04:00:00Z")] // the next day's first hour comes twice
    [InlineData("Asia/Kathmandu", "2026-09-30", "2026-09-30T18:15:00Z")]
    public void The_last_day_ends_at_midnight_of_the_companys_time_zone(string zone, string until, string midnight)
    {
        var (agreement, company) = (Deferred(until, from: "2018-01-01T00:00:00Z"), TimeZoneInfo.FindSystemTimeZoneById(zone));
        foreach (var (moment, expected) in new[] { (At(midnight).AddMicroseconds(-1), Verdict.Block), (At(midnight), Verdict.Allow) })
        {
            Assert.Equal(expected, Judge(agreement, now: moment, zone: company).Verdict);
            Assert.Equal(expected, Judge(agreement, now: At(midnight).AddDays(-3), planned: moment, zone: company).Verdict);
            Assert.Equal(expected, Judge(agreement, now: moment, planned: At(midnight).AddDays(-3), zone: company).Verdict);
        }
    }

    [Fact]
    public void An_effect_until_the_last_day_there_is_has_no_end() =>
        Assert.Equal(Verdict.Block, Judge(Deferred("9999-12-31"), At("9999-12-31T23:59:59Z")).Verdict);

    [Fact]
    public void Each_effect_ends_by_its_own_until()
    {
        var first = Given.Effect(EffectKind.DeferPayment, Given.Invoice("I1"));
        first.DeferPayment.Until = Given.Day(2026, 9, 1);
        var second = Given.Effect(EffectKind.DunningBlock, Given.Invoice("I1"));
        second.DunningBlock.Until = Given.Day(2026, 9, 30);
        var agreement = Given.Agreement(first, second);
        Assert.Equal(Verdict.Allow, Judge(agreement, At("2026-09-15T10:00:00Z")).Verdict);
        var letter = Given.Action(ActionKind.SendDunningNotice, Given.Invoice("I1").Asked(27.50m));
        Assert.Equal(Verdict.Block, Judgement.Judge(letter, [agreement], At("2026-09-15T10:00:00Z"), Given.Amsterdam).Verdict);
    }

    [Fact]
    public void An_instalment_plan_blocks_until_its_first_instalment_is_due_and_then_is_for_a_person()
    {
        var effect = Given.Effect(EffectKind.InstalmentPlan, Given.Invoice("I1"));
        effect.InstalmentPlan.Instalments.Add(new InstalmentPlan.Types.Instalment { DueDate = Given.Day(2026, 10, 25), Amount = Given.Euro(10) });
        effect.InstalmentPlan.Instalments.Add(new InstalmentPlan.Types.Instalment { DueDate = Given.Day(2026, 11, 25), Amount = Given.Euro(17.50m) });
        var agreement = Given.Agreement(effect);
        Assert.Equal(Verdict.Block, Judge(agreement, At("2026-10-25T22:59:59.999999Z")).Verdict);

        var due = Judge(agreement, At("2026-10-25T23:00:00Z"));
        Assert.Equal(Verdict.Review, due.Verdict);
        Assert.Equal(Code.InstalmentDue, Assert.Single(due.Reasons).Code);
        Assert.Equal(Verdict.Review, Judge(agreement, At("2030-01-01T00:00:00Z")).Verdict);
    }
}
