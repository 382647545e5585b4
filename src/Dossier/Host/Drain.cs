using Grpc.Core;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;

namespace Dossier.Host;

/// <summary>
/// How the service stops: its health says NOT_SERVING at once, while calls are still served for `Drain:Delay`, so that whatever spreads the
/// calls looks elsewhere first; then watches end with their token, and what is in flight is finished.
/// </summary>
public sealed class Drain : IHostedLifecycleService, IDisposable
{
    /// <summary>What may take longest after the delay: a call without a deadline of its own.</summary>
    public static readonly TimeSpan InFlight = TimeSpan.FromSeconds(30);

    // Of the 5 s that a stop may take beside what is in flight.
    private static readonly TimeSpan ForUnread = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Again = TimeSpan.FromMilliseconds(50);

    private readonly CancellationTokenSource ending = new();
    private readonly CancellationTokenSource unread = new();
    private readonly CancellationTokenRegistration stopping;
    private readonly Lock gate = new();
    private readonly TimeSpan delay;
    private readonly Admission admission;
    private Task? ended;
    private int leaving;

    public Drain(DossierOptions options, Admission admission, IHostApplicationLifetime lifetime)
    {
        this.admission = admission;
        delay = options.Drain.Delay;
        stopping = lifetime.ApplicationStopping.Register(() => _ = EndOnceAsync());
    }

    /// <summary>Watches end.</summary>
    public CancellationToken Ending => ending.Token;

    /// <summary>Answers of a stream that its caller has not read by now are not waited for.</summary>
    public CancellationToken Unread => unread.Token;

    /// <summary>
    /// Closes the connection of a caller whose stream was reset because he does not read, once all other calls have ended: the server would wait
    /// for the end of what he sends (30 s, until it is made to stop), and others of his calls may have the same connection.
    /// </summary>
    public async Task LeaveLastAsync(ServerCallContext call)
    {
        Interlocked.Increment(ref leaving);
        while (admission.InUse > Volatile.Read(ref leaving))
        {
            await Task.Delay(Again, TimeProvider.System);
        }

        // A place is given back a moment before the end of its answer is written.
        await Task.Delay(Again, TimeProvider.System);
        call.GetHttpContext().Features.GetRequiredFeature<IConnectionLifetimeFeature>().Abort();
    }

    /// <summary>Before the server stops listening.</summary>
    public Task StoppingAsync(CancellationToken cancellationToken) => EndOnceAsync();

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose()
    {
        stopping.Dispose();
        ending.Dispose();
        unread.Dispose();
    }

    private Task EndOnceAsync()
    {
        lock (gate)
        {
            return ended ??= EndAsync();
        }
    }

    private async Task EndAsync()
    {
        if (delay > TimeSpan.Zero)
        {
            await Task.Delay(delay, TimeProvider.System);
        }

        unread.CancelAfter(ForUnread);
        await ending.CancelAsync();
    }
}
