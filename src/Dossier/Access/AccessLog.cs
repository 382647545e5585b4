using System.Diagnostics;
using System.Threading.Channels;
using Dossier.Host;
using Dossier.Registry;

namespace Dossier.Access;

/// <summary>
/// Writes access records in groups, off the callers' path: what is recorded is in the registry within 100 ms, or as soon as the registry
/// can be written. Nothing is dropped: a full queue holds calls back until there is room, or until they give up. When `Access:Required`
/// is set an answer waits for its record.
/// </summary>
public sealed class AccessLog(RegistryDatabase registry, DossierOptions options, TimeProvider clock, ILogger<AccessLog> log) : BackgroundService
{
    private const int Group = 500;

    // Records of a moment go together: one commit for all of them. A crash loses what was not written, so it is short.
    private static readonly TimeSpan Gather = TimeSpan.FromMilliseconds(30);
    private static readonly TimeSpan Again = TimeSpan.FromMilliseconds(250);
    private readonly Channel<Entry> queue = Channel.CreateBounded<Entry>(new BoundedChannelOptions(options.Access.Queue) { SingleReader = true });
    private int writing;
    private bool down;

    /// <summary>Records accesses; waits for room, and for the registry where records are required.</summary>
    /// <exception cref="DossierException">It could not be recorded within the registry's deadline: without a record there is no answer.</exception>
    /// <exception cref="OperationCanceledException">The caller gave up.</exception>
    public ValueTask RecordAsync(IReadOnlyList<Accessed.Access> accesses, Caller caller, string method, CancellationToken gone)
    {
        var now = clock.GetUtcNow();
        var trace = Activity.Current?.TraceId.ToHexString() ?? "";
        var written = options.Access.Required ? new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously) : null;
        var entries = new Entry[accesses.Count];
        for (var index = 0; index < entries.Length; index++)
        {
            entries[index] = new Entry(Row(accesses[index], caller, method, trace, now), index == entries.Length - 1 ? written : null);
        }

        var queued = 0;
        while (queued < entries.Length && queue.Writer.TryWrite(entries[queued]))
        {
            queued++;
        }

        return entries.Length == 0 || (queued == entries.Length && written is null) ? ValueTask.CompletedTask : WaitAsync(entries[queued..], written, gone);
    }

    /// <summary>The record of one access in the present trace, for whoever commits it himself.</summary>
    public AccessRow Row(Accessed.Access access, Caller caller, string method) => Row(access, caller, method, Activity.Current?.TraceId.ToHexString() ?? "", clock.GetUtcNow());

    private static AccessRow Row(Accessed.Access access, Caller caller, string method, string trace, DateTimeOffset now) => new()
    {
        Customer = access.Customer,
        Id = Guid.CreateVersion7(now).ToString("D"),
        AccessTime = now.ToMicros(),
        System = caller.System,
        Agent = caller.Agent,
        Purpose = caller.Purpose,
        Method = method,
        Sections = string.Join(' ', access.Sections.Select(section => (int)section)),
        Sources = string.Join(' ', access.Sources),
        TraceId = trace,
    };

    private async ValueTask WaitAsync(Entry[] left, TaskCompletionSource? written, CancellationToken gone)
    {
        using var within = CancellationTokenSource.CreateLinkedTokenSource(gone);
        within.CancelAfter(options.Registry.Deadline);
        try
        {
            foreach (var entry in left)
            {
                await queue.Writer.WriteAsync(entry, within.Token);
            }

            if (written is not null)
            {
                await written.Task.WaitAsync(within.Token);
            }
        }
        catch (OperationCanceledException) when (!gone.IsCancellationRequested)
        {
            throw Refusal.RegistryUnavailable();
        }
    }

    /// <summary>Goes on after the last call: the host stops its services when nobody is served any more, and what is queued is written.</summary>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var watched = Telemetry.WatchQueue(() => queue.Reader.Count + Volatile.Read(ref writing));
        var group = new List<Entry>(Group);
        while (true)
        {
            if (!queue.Reader.TryPeek(out _))
            {
                try
                {
                    await queue.Reader.WaitToReadAsync(stoppingToken);
                    await Task.Delay(Gather, TimeProvider.System, stoppingToken);
                }
                catch (OperationCanceledException)
                {
                    if (!queue.Reader.TryPeek(out _))
                    {
                        return;
                    }
                }
            }

            while (group.Count < Group && queue.Reader.TryRead(out var entry))
            {
                group.Add(entry);
            }

            Volatile.Write(ref writing, group.Count);
            if (!await WriteAsync(group, stoppingToken))
            {
                return;
            }

            group.Clear();
            Volatile.Write(ref writing, 0);
        }
    }

    /// <returns>False if the service stops and the registry cannot be written.</returns>
    private async Task<bool> WriteAsync(List<Entry> group, CancellationToken stop)
    {
        while (true)
        {
            try
            {
                await registry.WriteAsync(
                    session =>
                    {
                        session.InsertAccesses(group.Select(entry => entry.Row));
                        return group.Count;
                    },
                    commit: true,
                    CancellationToken.None);
                foreach (var entry in group)
                {
                    entry.Written?.SetResult();
                }

                Telemetry.AccessRecorded(group.Count);
                if (down)
                {
                    down = false;
                    Log.AccessRecordsBack(log);
                }

                return true;
            }
            catch (DossierException failed)
            {
                if (!down)
                {
                    down = true;
                    Log.AccessRecordsWait(log, failed.InnerException?.Message ?? failed.Message);
                }

                if (stop.IsCancellationRequested)
                {
                    Log.AccessRecordsLost(log, group.Count + queue.Reader.Count);
                    return false;
                }

                await Task.Delay(Again, TimeProvider.System, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private sealed record Entry(AccessRow Row, TaskCompletionSource? Written);
}
