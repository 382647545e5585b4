using Dossier.Database;

namespace Dossier.Tests.UnitTests;

/// <summary>Who of those that wait for a database is next; the clock is the test's own.</summary>
public sealed class TurnsTests
{
    private readonly HandClock clock = new();
    private readonly SystemUse use;
    private readonly Turns<string> turns;

    public TurnsTests() => turns = new Turns<string>(use = new SystemUse(clock));

    private string Next() => turns.TryTake(out var next) ? next : "nobody";

    private string Next(int pieces) => string.Join(' ', Enumerable.Range(0, pieces).Select(_ => Next()));

    private void Wait(string system, int pieces) => Enumerable.Range(1, pieces).ToList().ForEach(piece => turns.Add(system, system + piece));

    [Fact]
    public void Within_a_system_it_is_first_come_first_served()
    {
        Wait("run", 3);
        Assert.Equal(3, turns.Count);
        Assert.Equal("run1 run2 run3 nobody", Next(4));
        Assert.Equal(0, turns.Count);
    }

    [Fact]
    public void Systems_that_have_had_the_same_take_turns()
    {
        Wait("run", 3);
        Wait("agents", 2);
        Assert.Equal("run1 agents1 run2 agents2 run3 nobody", Next(6));
    }

    [Fact]
    public void The_system_that_has_had_least_of_late_goes_first_and_who_waits_is_passed_over_four_times_at_most()
    {
        use.Add("run", TimeSpan.FromSeconds(1));
        use.Add("agents", TimeSpan.FromMilliseconds(10));
        Wait("run", 3);
        Wait("agents", 10);
        Assert.Equal("agents1 agents2 agents3 agents4 run1", Next(5));

        // Their turn, and four more.
        Assert.Equal("agents5 agents6 agents7 agents8 agents9 run2", Next(6));
        Assert.Equal("agents10 run3 nobody", Next(3));
    }

    [Fact]
    public void One_of_many_systems_is_not_passed_over_for_ever()
    {
        use.Add("run", TimeSpan.FromSeconds(1));
        Wait("run", 2);
        for (var system = 0; system < 20; system++)
        {
            Wait($"other{system}-", 1);
        }

        Assert.Contains("run1", Next(5), StringComparison.Ordinal);
    }

    [Fact]
    public void What_was_had_a_quarter_of_a_second_ago_counts_half()
    {
        use.Add("run", TimeSpan.FromSeconds(1));
        clock.Pass(TimeSpan.FromMilliseconds(250));
        Assert.Equal(0.5, use.Of("run"), 6);
        use.Add("run", TimeSpan.FromSeconds(1));
        clock.Pass(TimeSpan.FromMilliseconds(500));
        Assert.Equal(0.375, use.Of("run"), 6);
        Assert.Equal(0, use.Of("agents"));
    }

    [Fact]
    public void It_is_shared_for_a_second_after_two_systems_have_had_some_and_what_the_service_does_by_itself_is_not_one()
    {
        use.Add("run", TimeSpan.FromSeconds(1));
        use.Add("", TimeSpan.FromSeconds(1));
        use.Add("run", TimeSpan.FromSeconds(1));
        Assert.False(use.IsShared);

        clock.Pass(TimeSpan.FromSeconds(5));
        use.Add("agents", TimeSpan.FromSeconds(1));
        Assert.True(use.IsShared);
        use.Add("run", TimeSpan.FromSeconds(1));
        clock.Pass(TimeSpan.FromMilliseconds(900));
        use.Add("run", TimeSpan.FromSeconds(1));
        Assert.True(use.IsShared);
        clock.Pass(TimeSpan.FromMilliseconds(100));
        Assert.False(use.IsShared);
    }
}
