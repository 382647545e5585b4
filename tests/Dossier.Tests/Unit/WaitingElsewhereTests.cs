using Dossier.Database;

namespace Dossier.Tests.UnitTests;

/// <summary>Whose core is free while his call waits for a database; one call of each system at work, and one thread for files.</summary>
public sealed class WaitingElsewhereTests
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(20);

    // Stands still: nobody is let in because a call has been at work for long.
    private readonly HandClock clock = new();

    [Fact]
    public async Task A_call_leaves_its_core_to_others_while_it_waits_for_a_server()
    {
        using var shares = new FairShare(1, clock);
        var turn = await Enter(shares);
        CallOf.Begin("run");
        CallOf.IsAtWork(turn);
        var next = Enter(shares);
        var lane = new Lane(1, Long);

        Assert.True(await lane.RunAsync(_ => SpinWait.SpinUntil(() => next.IsCompleted, Long / 2), Long, CancellationToken.None));

        turn.Dispose();
        (await next).Dispose();
    }

    [Fact]
    public async Task A_call_that_reads_a_file_keeps_its_core_until_the_file_is_silent_while_others_wait_for_its_thread()
    {
        using var shares = new FairShare(1, clock);
        using var workers = new Workers("test files", 1);
        var turn = await Enter(shares);
        CallOf.Begin("run");
        CallOf.IsAtWork(turn);
        var next = Enter(shares);
        var lane = new Lane(2, Long, null, workers);

        Assert.False(await lane.RunAsync(_ => SpinWait.SpinUntil(() => next.IsCompleted, TimeSpan.FromMilliseconds(100)), Long, CancellationToken.None));
        var silent = lane.RunAsync(_ => SpinWait.SpinUntil(() => next.IsCompleted, Long / 2), Long, CancellationToken.None);
        var behind = lane.RunAsync(_ => true, Long, CancellationToken.None);

        Assert.True(await silent);
        Assert.True(await behind);
        turn.Dispose();
        (await next).Dispose();
    }

    private static Task<FairShare.Turn> Enter(FairShare shares) => shares.EnterAsync("run", Timeout.InfiniteTimeSpan, CancellationToken.None).AsTask();
}
