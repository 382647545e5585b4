using System.Diagnostics;
using System.Threading.Channels;
using Dossier.Host;
using Dossier.Registry;

namespace Dossier.Access;

/// <summary>
/// Writes access records in groups, off the callers' path: what is recorded is in the registry within 100 ms, or as soon as the registry
/// can be written. Nothing is dropped: a full queue holds calls back until there is room, or until they give up. When `Access:Required`
/// is set an answer waits for its record. A record that the registry refuses while it takes others is set aside, said in the log, and
/// tried again for as long as the service runs: what is wrong with one keeps no other from being written.
/// </summary>
public sealed class AccessLog(RegistryDatabase registry, DossierOptions options, TimeProvider clock, ILogger<AccessLog> log) : BackgroundService
{
    private const int Group = 500;
    private const int MostAside = 1_000;

    // Records of a moment go together: one commit for all of them. A crash loses what was not written, so it is short.
    private static readonly TimeSpan Gather = TimeSpan.FromMilliseconds(30);
    private static readonly TimeSpan Again = TimeSpan.FromMilliseconds(250);

    // How long a group is written one by one before it is tried as a whole again, and how often those aside are tried.
    private static readonly TimeSpan OneByOne = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Rarely = TimeSpan.FromSeconds(10);
    private readonly Channel<Entry> queue = Channel.CreateBounded<Entry>(new BoundedChannelOptions(options.Access.Queue) { SingleReader = true });
    private readonly List<Entry> aside = [];
    private long asideTried;
    private int writing;
    private bool down;

    /// <summary>Records accesses; waits for room, and for the registry where records are required.</summary>
    /// <exception cref="DossierException">It could not be recorded within the registry's deadline: without a record there is no answer.</exception>
    /// <exception cref="OperationCanceledException">The caller gave up.</exception>
    public ValueTask RecordAsync(IReadOnlyList<Accessed.Access> accesses, Caller caller, string method, CancellationToken gone)
    {
        var now = clock.GetUtcNow();
        var trace = Activity.Current?.TraceId.ToHexString() ?? "";
        var written = options.Access.Required ? new Awaited(accesses.Count) : null;
        var entries = new Entry[accesses.Count];
        for (var index = 0; index < entries.Length; index++)
        {
            entries[index] = new Entry(Row(accesses[index], caller, method, trace, now), written);
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

    private async ValueTask WaitAsync(Entry[] left, Awaited? written, CancellationToken gone)
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
        while (await GatherAsync(stoppingToken))
        {
            TakeInto(group, Group);
            if (!await WriteAsync(group, stoppingToken))
            {
                return;
            }

            await TryAsideAsync(stoppingToken);
            Volatile.Write(ref writing, aside.Count);
        }

        await TryAsideAsync(stoppingToken);
        if (aside.Count > 0)
        {
            Log.AccessRecordsLost(log, aside.Count);
        }
    }

    /// <summary>Waits for records, or until those aside are to be tried again.</summary>
    /// <returns>False if the service stops and there are none.</returns>
    private async Task<bool> GatherAsync(CancellationToken stop)
    {
        if (queue.Reader.TryPeek(out _))
        {
            return true;
        }

        using var within = CancellationTokenSource.CreateLinkedTokenSource(stop);
        if (aside.Count > 0)
        {
            within.CancelAfter(Rarely);
        }

        try
        {
            await queue.Reader.WaitToReadAsync(within.Token);
            await Task.Delay(Gather, TimeProvider.System, stop);
            return true;
        }
        catch (OperationCanceledException)
        {
            return !stop.IsCancellationRequested || queue.Reader.TryPeek(out _);
        }
    }

    private void TakeInto(List<Entry> group, int most)
    {
        while (group.Count < most && queue.Reader.TryRead(out var entry))
        {
            group.Add(entry);
        }

        Volatile.Write(ref writing, group.Count + aside.Count);
    }

    /// <summary>Writes a group, and empties it.</summary>
    /// <returns>False if the service stops and the registry cannot be written.</returns>
    private async Task<bool> WriteAsync(List<Entry> group, CancellationToken stop)
    {
        while (group.Count > 0)
        {
            if (await TryAsync(group) is not { } failed)
            {
                group.Clear();
                break;
            }

            // It may be one of them that the registry does not take, and not the registry that is away.
            if (group.Count > 1 && await registry.IsReadyAsync(CancellationToken.None) && await WriteOneByOneAsync(group))
            {
                continue;
            }

            if (!down)
            {
                down = true;
                Log.AccessRecordsWait(log, Told(failed));
            }

            if (stop.IsCancellationRequested)
            {
                Log.AccessRecordsLost(log, group.Count + aside.Count + queue.Reader.Count);
                return false;
            }

            await Task.Delay(Again, TimeProvider.System, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (group.Count == 1)
            {
                // Beside another one it shows whether it is this record that is refused, or all are.
                TakeInto(group, 2);
            }
        }

        if (down)
        {
            down = false;
            Log.AccessRecordsBack(log);
        }

        return true;
    }

    /// <summary>Sets aside what the registry refuses while it takes others.</summary>
    /// <returns>It has taken one: what is left in the group was not tried.</returns>
    private async Task<bool> WriteOneByOneAsync(List<Entry> group)
    {
        var began = Stopwatch.GetTimestamp();
        var (taken, refused) = (0, new List<(Entry Entry, DossierException Failure)>());
        var tried = 0;
        for (; tried < group.Count && Stopwatch.GetElapsedTime(began) < OneByOne; tried++)
        {
            if (await TryAsync([group[tried]]) is { } failed)
            {
                refused.Add((group[tried], failed));
            }
            else
            {
                taken++;
            }
        }

        group.RemoveRange(0, tried);
        if (taken == 0 || aside.Count + refused.Count > MostAside)
        {
            group.InsertRange(0, refused.Select(one => one.Entry));
            return false;
        }

        foreach (var (entry, failure) in refused)
        {
            aside.Add(entry);
            Log.AccessRecordAside(log, entry.Row.Method, entry.Row.System, entry.Row.TraceId, Told(failure));
        }

        asideTried = Stopwatch.GetTimestamp();
        return true;
    }

    private async Task TryAsideAsync(CancellationToken stop)
    {
        if (aside.Count == 0 || (Stopwatch.GetElapsedTime(asideTried) < Rarely && !stop.IsCancellationRequested))
        {
            return;
        }

        var before = aside.Count;
        var began = Stopwatch.GetTimestamp();
        for (var index = aside.Count - 1; index >= 0 && Stopwatch.GetElapsedTime(began) < OneByOne; index--)
        {
            if (await TryAsync([aside[index]]) is null)
            {
                aside.RemoveAt(index);
            }
        }

        asideTried = Stopwatch.GetTimestamp();
        if (before > 0 && aside.Count == 0)
        {
            Log.AccessRecordsBack(log);
        }
    }

    /// <returns>Null if they are written.</returns>
    private async Task<DossierException?> TryAsync(List<Entry> entries)
    {
        try
        {
            await registry.WriteAsync(
                session =>
                {
                    session.InsertAccesses(entries.Select(entry => entry.Row));
                    return entries.Count;
                },
                commit: true,
                CancellationToken.None);
        }
        catch (DossierException failed)
        {
            return failed;
        }

        foreach (var entry in entries)
        {
            entry.Written?.One();
        }

        Telemetry.AccessRecorded(entries.Count);
        return null;
    }

    private static string Told(DossierException failed) => failed.InnerException?.Message ?? failed.Message;

    private sealed record Entry(AccessRow Row, Awaited? Written);

    /// <summary>The records of one answer, which waits for all of them.</summary>
    private sealed class Awaited(int count)
    {
        private readonly TaskCompletionSource all = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int left = count;

        public Task Task => all.Task;

        public void One()
        {
            if (Interlocked.Decrement(ref left) == 0)
            {
                all.SetResult();
            }
        }
    }
}
