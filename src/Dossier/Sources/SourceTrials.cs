using System.Diagnostics;
using Dossier.V1;

namespace Dossier.Sources;

/// <summary>
/// Asks a source that failed, for whoever wants to know how it is now. What is known of a source is how its last read went; where nobody
/// calls, at night or because of that failure, one that was mended would be ill for as long as nobody does.
/// </summary>
public sealed class SourceTrials
{
    // The health service answers whoever can connect: he can have each source asked once a second, and waits no longer than this.
    private static readonly TimeSpan Again = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(500);
    private readonly Lock gate = new();
    private readonly Dictionary<ChannelStore, Trial> last = [];

    /// <summary>When it comes back the source says how it is; one that still is silent says what it was before.</summary>
    /// <param name="store">The source.</param>
    /// <param name="caller">Whoever asked went away.</param>
    public async Task TryAsync(ChannelStore store, CancellationToken caller)
    {
        if (store.Disabled || store.Paused || (!store.BreakerOpen && store.Health.State is SourceState.Ok or SourceState.Partial))
        {
            return;
        }

        Task read;
        lock (gate)
        {
            if (!last.TryGetValue(store, out var trial) || (trial.Read.IsCompleted && Stopwatch.GetElapsedTime(trial.Since) >= Again))
            {
                last[store] = trial = new Trial(Stopwatch.GetTimestamp(), Start(store));
                Forget(store);
            }

            read = trial.Read;
        }

        await Task.WhenAny(read, Task.Delay(Patience, TimeProvider.System, caller));
        caller.ThrowIfCancellationRequested();
    }

    private static Task<SourceRead> Start(ChannelStore store)
    {
        // With a key of every kind: what is slow for want of an index is quick where nothing is asked. Nobody sees what it gives.
        var query = SourceCheckRun.Example(store.Name) with { Blocks = [.. store.Queries!.Blocks.Keys] };

        // In nobody's trace and turn: whoever asked may be gone before the source answers.
        using (ExecutionContext.SuppressFlow())
        {
            return Task.Run(() => store.ReadAsync(query, store.Deadline, CancellationToken.None));
        }
    }

    // New settings make a new store of the same name.
    private void Forget(ChannelStore current)
    {
        foreach (var old in last.Keys.Where(store => store != current && store.Name == current.Name).ToList())
        {
            last.Remove(old);
        }
    }

    private readonly record struct Trial(long Since, Task Read);
}
