using Dossier.Database;

namespace Dossier.Tests.UnitTests;

/// <summary>Whose core is free while his call is on its way to a database; one call of each system at work.</summary>
public sealed class WaitingElsewhereTests
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(20);

    [Theory]
    [InlineData(false, true)]
    [InlineData(true, false)]
    public async Task A_call_leaves_its_core_to_others_while_it_waits_for_a_server_and_not_while_it_reads_a_file(bool inFile, bool leaves)
    {
        using var shares = new FairShare(1, TimeProvider.System);
        await shares.EnterAsync("agents", Timeout.InfiniteTimeSpan, CancellationToken.None);
        using var turn = await shares.EnterAsync("run", Timeout.InfiniteTimeSpan, CancellationToken.None);
        var next = shares.EnterAsync("run", Timeout.InfiniteTimeSpan, CancellationToken.None).AsTask();
        CallOf.Begin("run");
        CallOf.IsAtWork(turn);
        var lane = new Lane(1, Long, inFile: inFile);

        // A tenth of a second after it began it is held to wait for something, whatever that is.
        var most = leaves ? Long / 2 : TimeSpan.FromMilliseconds(30);
        Assert.Equal(leaves, await lane.RunAsync(_ => SpinWait.SpinUntil(() => next.IsCompleted, most), Long, CancellationToken.None));

        turn.Dispose();
        (await next.WaitAsync(Long)).Dispose();
    }
}
