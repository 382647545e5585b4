using Dossier.Database;

namespace Dossier.Tests.UnitTests;

/// <summary>Two calls of each system at work; the clock is the test's own.</summary>
public sealed class FairShareTests : IDisposable
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(20);
    private readonly HandClock clock = new();
    private readonly FairShare shares;

    public FairShareTests() => shares = new FairShare(2, clock);

    public void Dispose() => shares.Dispose();

    private Task<FairShare.Turn> Enter(string system, CancellationToken gone = default) => shares.EnterAsync(system, Timeout.InfiniteTimeSpan, gone).AsTask();

    [Fact]
    public async Task A_systems_third_call_waits_until_one_has_ended_and_another_systems_call_does_not()
    {
        var first = await Enter("run");
        var second = await Enter("run");
        var third = Enter("run");
        var fourth = Enter("run");

        Assert.True(Enter("agents").IsCompletedSuccessfully);
        Assert.False(third.IsCompleted);
        clock.Pass(TimeSpan.FromMilliseconds(4));
        second.Dispose();

        Assert.Equal(TimeSpan.FromMilliseconds(4), (await third.WaitAsync(Long)).Waited);
        Assert.Equal(TimeSpan.Zero, first.Waited);
        Assert.False(fourth.IsCompleted);
        second.Dispose();
        Assert.False(fourth.IsCompleted);
        first.Dispose();
        await fourth.WaitAsync(Long);
    }

    [Fact]
    public async Task A_call_that_says_it_waits_for_an_answer_from_elsewhere_holds_no_other_up_until_it_has_it()
    {
        var first = await Enter("run");
        var second = await Enter("run");
        var third = Enter("run");
        var fourth = Enter("run");
        var fifth = Enter("run");

        // Two stores at once, and one of them has answered.
        first.Pause();
        first.Pause();
        first.Resume();
        await third.WaitAsync(Long);
        Assert.False(fourth.IsCompleted);

        // Three are at work now: the next one begins when two of them have ended.
        first.Resume();
        second.Dispose();
        Assert.False(fourth.IsCompleted);
        (await third).Dispose();
        await fourth.WaitAsync(Long);
        Assert.False(fifth.IsCompleted);

        // What ends late says so for nobody.
        second.Pause();
        Assert.False(fifth.IsCompleted);
        second.Resume();
        first.Dispose();
        await fifth.WaitAsync(Long);
        Assert.False(Enter("run").IsCompleted);
    }

    [Fact]
    public async Task A_call_that_is_at_work_for_a_tenth_of_a_second_holds_no_other_up()
    {
        await Enter("run");
        await Enter("run");
        var third = Enter("run");
        var fourth = Enter("run");
        var fifth = Enter("run");

        clock.Pass(TimeSpan.FromMilliseconds(150));

        await third.WaitAsync(Long);
        await fourth.WaitAsync(Long);
        Assert.False(fifth.IsCompleted);
        clock.Pass(TimeSpan.FromMilliseconds(150));
        await fifth.WaitAsync(Long);
    }

    [Fact]
    public async Task Who_gives_up_while_he_waits_is_told_so_and_his_turn_is_the_next_ones()
    {
        var first = await Enter("run");
        await Enter("run");
        using var gone = new CancellationTokenSource();
        var third = Enter("run", gone.Token);
        var fourth = Enter("run");

        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => third);
        Assert.False(fourth.IsCompleted);
        first.Dispose();

        await fourth.WaitAsync(Long);
        Assert.False(Enter("run").IsCompleted);
    }
}
