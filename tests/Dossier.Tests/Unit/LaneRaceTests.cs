using System.Diagnostics;
using Dossier.Database;
using Dossier.V1;
using Grpc.Core;

namespace Dossier.Tests.UnitTests;

/// <summary>What a call says in the very moment in which it is given up.</summary>
public sealed class LaneRaceTests
{
    [Fact]
    public async Task A_call_is_late_or_tells_its_own_word_whichever_moment_it_ends_in()
    {
        var deadline = TimeSpan.FromMilliseconds(5);
        var lane = new Lane(8, TimeSpan.FromMinutes(1));
        var random = new Random(5);
        var said = 0;
        for (var round = 0; round < 400; round++)
        {
            var calls = Enumerable.Range(0, 4).Select(_ =>
            {
                var until = deadline + TimeSpan.FromMilliseconds((random.NextDouble() * 2) - 0.5);
                var began = Stopwatch.GetTimestamp();
                return lane.RunAsync<int>(
                    _ =>
                    {
                        SpinWait.SpinUntil(() => Stopwatch.GetElapsedTime(began) >= until);
                        throw new DossierException(StatusCode.NotFound, ErrorReason.CustomerNotFound, "Nobody.");
                    },
                    deadline,
                    CancellationToken.None);
            }).ToList();
            foreach (var call in calls)
            {
                var ended = await Record.ExceptionAsync(() => call);
                said += ended is DossierException ? 1 : 0;
                Assert.True(ended is DossierException or LaneException { Failure: LaneFailure.TimedOut or LaneFailure.LaneFull }, $"{ended}");
            }
        }

        Assert.InRange(said, 1, 1599);
    }
}
