using System.Diagnostics;
using Grpc.Core;

namespace Dossier.Tests.Fixtures;

/// <summary>Waits for what must come true, by asking again, with a deadline that a slow machine keeps.</summary>
public static class Eventually
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    /// <summary>Asks until it is true. A call that fails for now (UNAVAILABLE, DEADLINE_EXCEEDED) counts as not yet.</summary>
    public static Task TrueAsync(Func<Task<bool>> question, string what, TimeSpan? within = null) => TrueAsync(question, () => what, within);

    /// <summary>The same; what must come true is put into words at the end.</summary>
    public static async Task TrueAsync(Func<Task<bool>> question, Func<string> what, TimeSpan? within = null)
    {
        var started = Stopwatch.GetTimestamp();
        var limit = within ?? TimeSpan.FromSeconds(60);
        string? last = null;
        while (true)
        {
            try
            {
                if (await question())
                {
                    return;
                }
            }
            catch (RpcException notYet) when (notYet.StatusCode is StatusCode.Unavailable or StatusCode.DeadlineExceeded)
            {
                last = notYet.Message;
            }

            Assert.True(Stopwatch.GetElapsedTime(started) < limit, $"After {limit} it is still not true that {what()}. {last}");
            await Task.Delay(Pause, TimeProvider.System);
        }
    }
}
