using Grpc.Core;

namespace Dossier.V1;

/// <summary>The clock, the pauses and the dice of the calls that repeat; netstandard2.0 has none of the newer ones.</summary>
internal static class Waiting
{
    private static readonly TimeSpan Usual = TimeSpan.FromSeconds(10);
    private static readonly Random Dice = new();

#if NET
    /// <summary>Now, by the clock with which gRPC compares deadlines.</summary>
    public static DateTime Now => TimeProvider.System.GetUtcNow().UtcDateTime;

    public static Task PauseAsync(TimeSpan pause, CancellationToken cancellation) => Task.Delay(pause, TimeProvider.System, cancellation);
#else
#pragma warning disable RS0030 // There is no TimeProvider here, and a deadline is on the machine's own clock anyway.
    /// <summary>Now, by the clock with which gRPC compares deadlines.</summary>
    public static DateTime Now => DateTime.UtcNow;
#pragma warning restore RS0030

    public static Task PauseAsync(TimeSpan pause, CancellationToken cancellation) => Task.Delay(pause, cancellation);
#endif

    /// <summary>The same options, with a deadline of 10 s if they had none: a service that hangs must not hang its callers.</summary>
    public static CallOptions Bounded(CallOptions options) => options.Deadline is null ? options.WithDeadline(Now + Usual) : options;

    /// <summary>
    /// How long to wait before the next try: 100 ms, doubled each time to 5 s at most, less up to half of it by chance, so that all
    /// callers of a service that restarts do not come back together.
    /// </summary>
    /// <param name="failures">How many tries have failed in a row, from 1.</param>
    public static TimeSpan BackOff(int failures)
    {
        var full = Math.Min(5_000, 100 * Math.Pow(2, Math.Min(failures, 10) - 1));
        lock (Dice)
        {
#pragma warning disable CA5394 // Nothing secret hangs on when a caller comes back.
            return TimeSpan.FromMilliseconds(full * (0.5 + (Dice.NextDouble() / 2)));
#pragma warning restore CA5394
        }
    }

    /// <summary>The service's own word for an error; null if it is not the service that says it.</summary>
    public static string? ReasonOf(RpcException failed) =>
        failed.Trailers.FirstOrDefault(entry => !entry.IsBinary && entry.Key == "dossier-reason")?.Value;
}
