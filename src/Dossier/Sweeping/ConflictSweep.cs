using Dossier.Access;
using Dossier.Database;
using Dossier.Host;
using Dossier.Registry;
using Dossier.Sources;
using Dossier.V1;

namespace Dossier.Sweeping;

/// <summary>
/// Keeps ListConflicts true without anybody looking: goes over the customers with agreements or open conflicts, one after the other,
/// so that no store has more than one read of it at a time. One instance does so; when it stops, another goes on where it was.
/// </summary>
internal sealed class ConflictSweep(
    RegistryDatabase registry, CustomerSweep customers, SourceCatalogue sources, AccessLog accesses, DossierOptions options, TimeProvider clock, ILogger<ConflictSweep> log) : BackgroundService
{
    private const int Page = 100;

    // Who has read all those customers, in the access records: the service itself.
    private static readonly Caller Itself = new("dossier", "", "conflict-sweep");

    // How soon another instance goes on after one has died; and how often it is said that one lives.
    private static readonly TimeSpan Lease = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Keep = TimeSpan.FromSeconds(15);

    // What lies further ahead was written by a clock that was wrong, and holds nobody.
    private static readonly TimeSpan Longest = 2 * Lease;

    // So many customers in a row that cannot be read or written are no customers' faults.
    private const int MostSkipped = 5;

    // The figures of every instance are at most this old.
    private static readonly TimeSpan LongestTick = TimeSpan.FromSeconds(15);

    // Where a million acknowledgements are overdue they take seconds to count: they get them, and then nothing is counted for twenty times as long.
    private static readonly TimeSpan LongCount = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan CountPatience = TimeSpan.FromSeconds(30);
    private const int CountRest = 20;

    // An agreement that ended lately may not have been taken back, or the customer not told.
    private static readonly TimeSpan Lately = TimeSpan.FromDays(90);
    private readonly string owner = Guid.CreateVersion7().ToString("D");
    private readonly DateTimeOffset started = clock.GetUtcNow();
    private (long Ended, TimeSpan Pause) counted;
    private int skipped;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var interval = options.Sweep.Interval;
        var tick = interval > TimeSpan.Zero && interval < LongestTick ? interval : LongestTick;
        while (!stoppingToken.IsCancellationRequested)
        {
            await Task.Delay(tick, TimeProvider.System, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await TryAsync(CountAsync, Log.FiguresNotCounted, stoppingToken);
            if (interval > TimeSpan.Zero)
            {
                await TryAsync(SweepIfDueAsync, Log.SweepFailed, stoppingToken);
            }
        }
    }

    /// <summary>A part of the round: what cannot be counted must not keep the sweep from what it is for.</summary>
    private async Task TryAsync(Func<CancellationToken, Task> part, Action<ILogger, string> failed, CancellationToken stop)
    {
        try
        {
            await part(stop);
        }
        catch (Exception down) when (down is DossierException or LaneException)
        {
            failed(log, down is DossierException { InnerException: LaneException lane } ? lane.Message : down.Message);
        }
        catch (OperationCanceledException)
        {
            // Told to stop; where it stands was said.
        }
        catch (Exception fault)
        {
            Log.PartFaulted(log, "sweep for conflicts", new Withheld(fault));
        }
    }

    private async Task SweepIfDueAsync(CancellationToken stop)
    {
        if (IsDue(await registry.ReadAsync(session => session.SweepLease(), stop)))
        {
            await SweepAsync(stop);
        }
    }

    private bool IsDue(SweepLeaseRow lease)
    {
        var now = clock.GetUtcNow();
        var until = Moments.ToMoment(lease.UntilTime.Micros);
        var free = lease.Owner == owner || until <= now || until > now + Longest;

        // What another one has left half-way goes on at once; the very first sweep waits, so that a start is not the busiest moment.
        var last = lease.CompleteTime is { } complete ? Moments.ToMoment(complete.Micros) : started;
        return free && (lease.Position.Length > 0 || last + options.Sweep.Interval <= now || last > now + Longest);
    }

    /// <summary>The figures that the sweep keeps.</summary>
    private async Task CountAsync(CancellationToken stop)
    {
        if (counted.Pause > TimeProvider.System.GetElapsedTime(counted.Ended))
        {
            return;
        }

        var (now, began) = (clock.GetUtcNow(), TimeProvider.System.GetTimestamp());
        IReadOnlyList<OpenConflictsRow> open;
        IReadOnlyList<OwedRow> overdue;
        SweepLeaseRow lease;
        try
        {
            (open, overdue, lease) = await registry.ReadAsync(
                session => (session.OpenConflicts(), session.Overdue(now.ToMicros()), session.SweepLease()), CountPatience, stop);
        }
        finally
        {
            var took = TimeProvider.System.GetElapsedTime(began);
            counted = (TimeProvider.System.GetTimestamp(), took > LongCount ? took * CountRest : TimeSpan.Zero);
        }

        Telemetry.Swept(
            [.. open.Select(row => (((Conflict.Types.Kind)row.Kind).Word(), row.Owner, row.Number))],
            [.. overdue.Select(row => (row.System, row.Overdue))],
            lease.CompleteTime is { } complete ? now - Moments.ToMoment(complete.Micros) : null);
    }

    private async Task SweepAsync(CancellationToken stop)
    {
        if (await registry.WriteAsync(session => session.TakeSweep(owner, Until(session), session.Now + Micros(Longest)), commit: true, stop) is not { } lease)
        {
            return;
        }

        var position = lease.Position;
        try
        {
            var (since, kept) = ((clock.GetUtcNow() - Lately).ToMicros(), TimeProvider.System.GetTimestamp());
            IReadOnlyList<string> page;
            var recorded = false;
            do
            {
                page = await registry.ReadAsync(session => session.SweepCustomers(position, since, Page), stop);
                if (!recorded && page.Count > 0)
                {
                    recorded = true;
                    await accesses.RecordAsync([AllCustomers()], Itself, nameof(ConflictSweep), stop);
                }

                foreach (var customer in page)
                {
                    await OneAsync(customer, stop);
                    position = customer;
                    if (skipped >= MostSkipped)
                    {
                        skipped = 0;
                        throw Refusal.RegistryUnavailable();
                    }

                    if (TimeProvider.System.GetElapsedTime(kept) >= Keep)
                    {
                        kept = TimeProvider.System.GetTimestamp();
                        if (await registry.WriteAsync(session => session.KeepSweep(owner, Until(session), position, null), commit: true, stop) is null)
                        {
                            return;
                        }
                    }
                }
            }
            while (page.Count == Page);
            await registry.WriteAsync(session => session.KeepSweep(owner, session.Now, "", session.Now), commit: true, stop);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Another instance need not wait until the lease has passed.
            await registry.WriteAsync(session => session.KeepSweep(owner, session.Now, position, null), commit: true, CancellationToken.None);
            throw;
        }
        catch (DossierException) when (position != lease.Position)
        {
            // Or the next one would begin with the same customers again, and stop there too.
            await registry.WriteAsync(session => session.KeepSweep(owner, Until(session), position, null), commit: true, stop);
            throw;
        }
    }

    /// <summary>One record for a sweep, as for a watch over all customers: one for each of them at each sweep would be millions a day that tell nothing more.</summary>
    private Accessed.Access AllCustomers() => new("-", CustomerSweep.Reads, [.. sources.Stores.Select(store => store.Name), Accessed.Registry]);

    private static Moment Until(RegistryWriting session) => session.Now + Micros(Lease);

    private static long Micros(TimeSpan length) => (long)length.TotalMilliseconds * 1_000;

    private async Task OneAsync(string customer, CancellationToken stop)
    {
        var began = TimeProvider.System.GetTimestamp();
        try
        {
            Telemetry.CustomerSwept(await customers.LookAsync(customer, stop));
            skipped = 0;
        }
        catch (DossierException unread)
        {
            if (!await registry.IsReadyAsync(stop))
            {
                throw;
            }

            // One whom the registry cannot read or write, while it is there, must not keep the sweep from all others either.
            skipped++;
            Log.SweepSkipped(log, unread.InnerException?.Message ?? unread.Message);
            Telemetry.CustomerSwept(complete: false);
        }
        catch (Exception fault) when (fault is not (DossierException or OperationCanceledException))
        {
            // One customer whose facts trip over a fault of ours must not keep the sweep from all others, nor end the service.
            Log.SweepFaulted(log, new Withheld(fault));
            Telemetry.CustomerSwept(complete: false);
        }

        var pause = TimeSpan.FromSeconds(1.0 / options.Sweep.CustomersPerSecond) - TimeProvider.System.GetElapsedTime(began);
        if (pause > TimeSpan.Zero)
        {
            await Task.Delay(pause, TimeProvider.System, stop);
        }
    }
}
