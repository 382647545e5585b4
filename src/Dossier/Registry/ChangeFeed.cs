namespace Dossier.Registry;

/// <summary>
/// The registry's changes in the order of their commits, for every watcher of this process: one reader, which is woken by the changes
/// of this process, by the server's own word where it has one, and looks by itself ten times a second for those of others. The last
/// ones are kept; who is further behind reads from the registry. Watchers hold a place, not a queue: there is nothing to overflow.
/// </summary>
public sealed class ChangeFeed(RegistryDatabase registry, RegistryIdentity identity, ILogger<ChangeFeed> log) : BackgroundService
{
    /// <summary>Changes that are kept in memory, about 3 MB.</summary>
    public const int Kept = 8_192;

    /// <summary>The most changes of one read.</summary>
    public const int Page = 500;

    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan PollBesideNews = TimeSpan.FromMilliseconds(250);
    private readonly Lock gate = new();
    private readonly ChangeRow[] kept = new ChangeRow[Kept];
    private readonly SemaphoreSlim news = new(0, 1);
    private TaskCompletionSource advanced = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long head = -1;
    private long oldest;
    private bool down;

    /// <summary>The registry's epoch as it was last read.</summary>
    public string Epoch { get; private set; } = identity.Epoch;

    /// <summary>Counts how often the registry was found restored; a watcher that began under another one must end.</summary>
    public int Restored { get; private set; }

    /// <summary>The last sequence that was read; -1 before the first.</summary>
    public long Head
    {
        get
        {
            lock (gate)
            {
                return head;
            }
        }
    }

    /// <summary>This process has made a change.</summary>
    public void Wake()
    {
        if (news.CurrentCount == 0)
        {
            try
            {
                news.Release();
            }
            catch (SemaphoreFullException)
            {
                // Somebody else was as quick.
            }
        }
    }

    /// <summary>Ends when there is a change after a sequence, or when the registry was found restored.</summary>
    public Task After(long sequence)
    {
        lock (gate)
        {
            return head > sequence ? Task.CompletedTask : advanced.Task;
        }
    }

    /// <summary>The next changes after a sequence, whole requests only; none if there are none yet.</summary>
    /// <exception cref="DossierException">Changes after the sequence are no longer kept, or the registry cannot be read.</exception>
    public async Task<IReadOnlyList<ChangeRow>> ReadAsync(long after, CancellationToken caller)
    {
        if (Remembered(after) is { } known)
        {
            return known;
        }

        var rows = await registry.ReadAsync(session => session.ChangesAfter(after, Page), caller);
        return rows.Count == 0 || rows[0].Sequence == after + 1 ? Whole(rows) : throw Resuming.Expired(rows[0].Sequence);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // Nobody waits for it at the start: a registry that is down then is a reason to look again, not to stop.
        await Task.Yield();
        registry.WhenChanged(Wake);
        var listening = registry.ListenAsync(Wake, stoppingToken);
        var pause = registry.Vendor.TellsChanges ? PollBesideNews : Poll;
        while (!stoppingToken.IsCancellationRequested)
        {
            var more = false;
            await Beside.TryAsync("feed of changes", async stop => more = await CatchUpAsync(stop), log, stoppingToken);
            if (!more)
            {
                await ((Task)news.WaitAsync(pause, stoppingToken)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }

        await listening.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>Keeps whole requests only: those of the last one may go on after the page.</summary>
    private static IReadOnlyList<ChangeRow> Whole(IReadOnlyList<ChangeRow> rows)
    {
        if (rows.Count < Page)
        {
            return rows;
        }

        var last = rows[^1].Group;
        var whole = rows.TakeWhile(row => row.Group != last).ToList();
        return whole.Count > 0 ? whole : rows;
    }

    /// <summary>Reads one page on.</summary>
    /// <returns>There may be more.</returns>
    private async Task<bool> CatchUpAsync(CancellationToken stop)
    {
        var from = Head;
        try
        {
            var (sequence, epoch, rows) = await registry.ReadAsync(
                session => (session.Sequence(), session.Epoch(), from < 0 ? [] : session.ChangesAfter(from, Page)), stop);
            Telemetry.SequenceSeen(sequence);
            if (down)
            {
                down = false;
                Log.FeedBack(log);
            }

            if (from < 0 || sequence < from || epoch != Epoch)
            {
                Begin(sequence, epoch, restored: sequence < from || epoch != Epoch);
                return false;
            }

            return Append(Whole(rows)) && rows.Count == Page;
        }
        catch (DossierException failed)
        {
            if (!down)
            {
                down = true;
                Log.FeedDown(log, failed.Reason.Word());
            }

            return false;
        }
    }

    private void Begin(long sequence, string epoch, bool restored)
    {
        TaskCompletionSource waiting;
        lock (gate)
        {
            (head, oldest, Epoch) = (sequence, sequence + 1, epoch);
            Restored += restored ? 1 : 0;
            (waiting, advanced) = (advanced, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        }

        waiting.SetResult();
    }

    private bool Append(IReadOnlyList<ChangeRow> rows)
    {
        if (rows.Count == 0)
        {
            return false;
        }

        TaskCompletionSource waiting;
        lock (gate)
        {
            foreach (var row in rows)
            {
                if (row.Sequence != head + 1)
                {
                    // Cannot be, unless rows were deleted: what is kept must be without gaps, so it begins anew here.
                    oldest = row.Sequence;
                }

                kept[row.Sequence % Kept] = row;
                head = row.Sequence;
                oldest = Math.Max(oldest, head - Kept + 1);
            }

            (waiting, advanced) = (advanced, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        }

        waiting.SetResult();
        return true;
    }

    private List<ChangeRow>? Remembered(long after)
    {
        lock (gate)
        {
            if (head < 0 || after + 1 < oldest)
            {
                return null;
            }

            var rows = new List<ChangeRow>();
            for (var sequence = after + 1; sequence <= head; sequence++)
            {
                var row = kept[sequence % Kept];
                if (rows.Count >= Page && rows[^1].Group != row.Group)
                {
                    break;
                }

                rows.Add(row);
            }

            return rows;
        }
    }
}
