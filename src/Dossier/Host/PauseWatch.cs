using Dossier.Registry;
using Dossier.Sources;

namespace Dossier.Host;

/// <summary>Takes over what other instances have paused or resumed: the registry is asked once a second. If it is down, what was known holds.</summary>
internal sealed class PauseWatch(RegistryDatabase registry, SourceCatalogue sources, ILogger<PauseWatch> log) : BackgroundService
{
    private static readonly TimeSpan Poll = TimeSpan.FromSeconds(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            await Beside.TryAsync("watch over pauses", TakeOverAsync, log, stoppingToken);
            await Task.Delay(Poll, TimeProvider.System, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task TakeOverAsync(CancellationToken stop)
    {
        try
        {
            var (sequence, rows) = await registry.ReadAsync(session => (session.Sequence(), session.Pauses()), stop);
            var pauses = rows.ToDictionary(pause => pause.Source, StringComparer.Ordinal);
            foreach (var store in sources.Stores)
            {
                store.TakeOver(pauses.TryGetValue(store.Name, out var row) && row.Paused ? row.ToMessage() : null, sequence);
            }
        }
        catch (Exception down) when (down is DossierException or OperationCanceledException)
        {
            // The registry's own state says so.
        }
    }
}
