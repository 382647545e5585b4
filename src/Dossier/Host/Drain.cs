namespace Dossier.Host;

/// <summary>
/// How the service stops: its health says NOT_SERVING at once, while calls are still served for `Drain:Delay`, so that whatever spreads the
/// calls looks elsewhere first; then watches end with their token, and what is in flight is finished.
/// </summary>
public sealed class Drain : IHostedLifecycleService, IDisposable
{
    /// <summary>What may take longest after the delay: a call without a deadline of its own.</summary>
    public static readonly TimeSpan InFlight = TimeSpan.FromSeconds(30);

    private readonly CancellationTokenSource ending = new();
    private readonly CancellationTokenRegistration stopping;
    private readonly Lock gate = new();
    private readonly TimeSpan delay;
    private Task? ended;

    public Drain(DossierOptions options, IHostApplicationLifetime lifetime)
    {
        delay = options.Drain.Delay;
        stopping = lifetime.ApplicationStopping.Register(() => _ = EndOnceAsync());
    }

    /// <summary>Watches end.</summary>
    public CancellationToken Ending => ending.Token;

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

        await ending.CancelAsync();
    }
}
