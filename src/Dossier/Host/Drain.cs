namespace Dossier.Host;

/// <summary>
/// How the service stops: its health says NOT_SERVING at once, while calls are still served for `Drain:Delay`, so that whatever spreads the
/// calls looks elsewhere first; then watches end with their token, and what is in flight is finished.
/// </summary>
public sealed class Drain(DossierOptions options) : IHostedLifecycleService, IDisposable
{
    /// <summary>What may take longest after the delay: a call without a deadline of its own.</summary>
    public static readonly TimeSpan InFlight = TimeSpan.FromSeconds(30);

    private readonly CancellationTokenSource ending = new();

    /// <summary>Watches end.</summary>
    public CancellationToken Ending => ending.Token;

    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        if (options.Drain.Delay > TimeSpan.Zero)
        {
            await Task.Delay(options.Drain.Delay, TimeProvider.System, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        await ending.CancelAsync();
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => ending.Dispose();
}
