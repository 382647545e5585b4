using System.Collections.Frozen;
using System.Data.Common;
using System.Diagnostics;
using Dossier.Database;

namespace Dossier.Registry;

/// <summary>
/// The registry's database. A read sees one snapshot, and takes the sequence first. A change is one transaction on the
/// primary; on SQLite changes go through a gate one after the other, because it has one writer (without the gate 16
/// writers waited up to 3.7 s in the driver's busy loop). With a read connection, Get and List read there.
/// </summary>
public sealed partial class RegistryDatabase : IDisposable
{
    private static readonly TimeSpan ReplicaPoll = TimeSpan.FromMilliseconds(5);

    // A replica that has not answered by then counts as failing, whatever was left of the call: a dossier gives it less than a quarter
    // of the registry's deadline, so that a frozen one never counted and cost every dossier that part.
    private static readonly TimeSpan ReplicaPatience = TimeSpan.FromMilliseconds(50);

    // While it is down no caller waits for it: it is tried beside a call. (The breaker opens at five failures in two seconds, which a
    // frozen replica does not reach at few calls: each of them cost a quarter of the deadline for as long as it lasted.)
    private static readonly TimeSpan ReplicaRetry = TimeSpan.FromMilliseconds(250);
    private readonly FrozenDictionary<string, string> statements;
    private readonly ConnectionPool primary;
    private readonly ConnectionPool? replica;
    private readonly Lane readers;
    private readonly Lane writers;
    private readonly Lane? replicaReaders;
    private readonly RegistryOptions options;
    private readonly TimeProvider clock;
    private readonly ILogger log;
    private readonly RegistryUse use;
    private readonly IDisposable watched;
    private Action? changed;
    private readonly Lock asking = new();
    private Task<bool> ready = Task.FromResult(false);
    private volatile RegistryHealth health = RegistryHealth.Unknown;
    private string? misfit;
    private int replicaDown;
    private long replicaTried;

    public RegistryDatabase(RegistryOptions options, TimeProvider clock, ILogger<RegistryDatabase> log)
    {
        RegistryTypes.Register();
        (this.options, this.clock, this.log) = (options, clock, log);
        Vendor = Vendor.Find(options.Provider)!;
        statements = Statements(Vendor);
        var writing = Vendor.ConcurrentWriters ? options.MaxConnections : 1;
        primary = Vendor.Connect(new ConnectionSettings(options.ConnectionString, "dossier/registry", ReadOnly: false, options.MaxConnections + writing, options.Deadline));
        readers = new Lane(options.MaxConnections, options.Deadline, inFile: Vendor.InFile);
        writers = new Lane(writing, options.Deadline);
        use = new RegistryUse(Vendor, primary.Namespace, primary.Server);
        watched = Telemetry.WatchLanes(() => [("registry", Abandoned, BreakerOpen)]);
        if (options.ReadConnectionString.Length > 0)
        {
            replica = Vendor.Connect(new ConnectionSettings(options.ReadConnectionString, "dossier/registry-read", ReadOnly: true, options.MaxConnections, options.Deadline));
            var quarter = options.Deadline / 4;
            replicaReaders = new Lane(options.MaxConnections, quarter < ReplicaPatience ? quarter : ReplicaPatience, inFile: Vendor.InFile);
        }
    }

    public Vendor Vendor { get; }

    /// <summary>How long one read or change may take.</summary>
    public TimeSpan Deadline => options.Deadline;

    public int MaxConnections => options.MaxConnections;

    /// <summary>The most changes of one transaction.</summary>
    public int Group => options.Group;

    /// <summary>Reads that are past their deadline and have not come back.</summary>
    public int Abandoned => readers.Abandoned + writers.Abandoned;

    /// <summary>Reads or changes failed again and again, and none is made but to try.</summary>
    public bool BreakerOpen => readers.IsOpen || writers.IsOpen;

    public RegistryHealth Health => health;

    internal RegistryUse Use => use;

    internal static FrozenDictionary<string, string> Statements(Vendor vendor)
    {
        var path = $"registry/{vendor.Folder}/statements.sql";
        return SqlText.Blocks(SqlText.Read(path), "db/" + path);
    }

    /// <summary>Reads one snapshot of the primary.</summary>
    /// <exception cref="LaneException">The registry cannot be read.</exception>
    public Task<T> ReadAsync<T>(Func<RegistrySession, T> work, TimeSpan deadline, CancellationToken caller) =>
        use.TellAsync(RegistryUse.Read, () => NotedAsync(OnAsync(readers, primary, connection => InSnapshot(primary, connection, work), deadline, caller)));

    /// <summary>Reads one snapshot of the primary.</summary>
    /// <exception cref="DossierException">The registry cannot be read.</exception>
    public async Task<T> ReadAsync<T>(Func<RegistrySession, T> work, CancellationToken caller)
    {
        try
        {
            return await ReadAsync(work, Deadline, caller);
        }
        catch (LaneException down)
        {
            throw Refusal.RegistryUnavailable(down);
        }
    }

    /// <summary>
    /// Reads one snapshot, of the replica if there is one, that is at least as new as a sequence that a change has answered:
    /// the replica is waited for at most a quarter of the deadline, then the primary is asked.
    /// </summary>
    /// <exception cref="DossierException">The sequence has not been given out.</exception>
    /// <exception cref="LaneException">The registry cannot be read.</exception>
    public Task<T> ReadSinceAsync<T>(long minSequence, Func<RegistrySession, long, T> work, TimeSpan deadline, CancellationToken caller) =>
        use.TellAsync(RegistryUse.Read, () => ReadEitherAsync(
            minSequence,
            (pool, connection) => InSnapshot(pool, connection, session => session.Sequence() is var sequence && sequence >= minSequence ? (sequence, work(session, sequence)) : (sequence, default(T)!)),
            null,
            deadline,
            caller));

    /// <summary>The same, within the registry's own deadline.</summary>
    /// <exception cref="DossierException">The sequence has not been given out, or the registry cannot be read.</exception>
    public async Task<T> ReadSinceAsync<T>(long minSequence, Func<RegistrySession, long, T> work, CancellationToken caller)
    {
        try
        {
            return await ReadSinceAsync(minSequence, work, Deadline, caller);
        }
        catch (LaneException down)
        {
            throw Refusal.RegistryUnavailable(down);
        }
    }

    /// <summary>Changes the registry in one transaction; tried again as a whole when it lost against another one.</summary>
    /// <param name="work">What to do; more than once if the transaction is tried again.</param>
    /// <param name="commit">False to see what would happen and undo it.</param>
    /// <param name="caller">The caller went away.</param>
    /// <exception cref="DossierException">The work refused, or the registry cannot be written.</exception>
    public Task<T> WriteAsync<T>(Func<RegistryWriting, T> work, bool commit, CancellationToken caller) => WriteAsync(work, commit, Deadline, caller);

    /// <summary>The same, for what a caller waits for and can do without: within a shorter time.</summary>
    /// <exception cref="DossierException">The work refused, or the registry cannot be written.</exception>
    public async Task<T> WriteAsync<T>(Func<RegistryWriting, T> work, bool commit, TimeSpan within, CancellationToken caller)
    {
        try
        {
            return await use.TellAsync(RegistryUse.Change, () => NotedAsync(writers.RunAsync(abandoned => Change(work, commit, within, abandoned), within, caller)));
        }
        catch (LaneException down)
        {
            throw Refusal.RegistryUnavailable(down);
        }
    }

    /// <summary>Calls back when the server says that there are changes, where it does; ends when it is stopped.</summary>
    public Task ListenAsync(Action heard, CancellationToken stop) => primary.ListenAsync(heard, stop);

    /// <summary>Calls back whenever this process has committed a change that has a sequence.</summary>
    public void WhenChanged(Action heard) => changed += heard;

    /// <summary>The registry can be read and its schema is one that this program can work with, for readiness.</summary>
    public Task<bool> IsReadyAsync(CancellationToken caller)
    {
        lock (asking)
        {
            // Whoever asks at the same time, and nobody must prove who he is for that, has the same answer.
            if (ready.IsCompleted)
            {
                ready = Task.Run(AskReadyAsync);
            }

            return ready.WaitAsync(caller);
        }
    }

    private async Task<bool> AskReadyAsync()
    {
        try
        {
            var steps = await OnAsync(
                readers, primary, connection => InSnapshot(primary, connection, session => session.SchemaSteps()), TimeSpan.FromMilliseconds(500), CancellationToken.None);
            var problem = RegistrySchema.Misfit(Vendor, steps);
            if (Interlocked.Exchange(ref misfit, problem) != problem)
            {
                Log.SchemaFit(log, problem);
            }

            return problem is null;
        }
        catch (LaneException down)
        {
            health = health.After(down, clock.GetUtcNow());
            return false;
        }
    }

    public void Dispose()
    {
        watched.Dispose();
        primary.Dispose();
        replica?.Dispose();
    }

    private async Task<T> NotedAsync<T>(Task<T> call)
    {
        try
        {
            var answer = await call;
            health = health with { LastSuccess = clock.GetUtcNow() };
            return answer;
        }
        catch (LaneException failed)
        {
            health = health.After(failed, clock.GetUtcNow());
            throw;
        }
    }

    private static Task<T> OnAsync<T>(
        Lane lane,
        ConnectionPool pool,
        Func<DbConnection, T> work,
        TimeSpan deadline,
        CancellationToken caller,
        Func<CancellationToken, ValueTask<(bool Done, T Value)>>? awaited = null) => lane.RunAsync(
        abandoned => Stale.Retry(
            pool,
            () => OnConnection(
                pool,
                connection =>
                {
                    using var interrupt = new Interruption(pool, connection, abandoned);
                    return work(connection);
                },
                deadline)),
        deadline,
        caller,
        awaited);

    private T InSnapshot<T>(ConnectionPool pool, DbConnection connection, Func<RegistrySession, T> work) => pool.InTransaction(
        connection, TransactionKind.Snapshot, transaction => work(new RegistrySession(connection, transaction, statements)), commit: false);

    private async Task<(bool Found, T? Value)> ReadReplicaAsync<T>(
        long minSequence,
        Func<ConnectionPool, DbConnection, (long Sequence, T Value)> read,
        AwaitedRead<T>? awaited,
        TimeSpan within,
        CancellationToken caller)
    {
        if (Volatile.Read(ref replicaDown) == 1)
        {
            TryReplica();
            return (false, default);
        }

        var started = Stopwatch.GetTimestamp();
        try
        {
            while (true)
            {
                var (sequence, value) = await OnAsync(
                    replicaReaders!,
                    replica!,
                    connection => read(replica!, connection),
                    within - Stopwatch.GetElapsedTime(started),
                    caller,
                    awaited is null ? null : abandoned => AwaitAsync(replica!, awaited, abandoned));
                var answer = sequence >= minSequence ? (true, value) : (false, default(T));
                if (answer.Item1 || Stopwatch.GetElapsedTime(started) + ReplicaPoll >= within)
                {
                    return answer;
                }

                await Task.Delay(ReplicaPoll, caller);
            }
        }
        catch (LaneException down)
        {
            // What the replica cannot give in time the primary gives; that a lagging one was in use is no failure of it.
            if (down.Counts && Interlocked.Exchange(ref replicaDown, 1) == 0)
            {
                Volatile.Write(ref replicaTried, Stopwatch.GetTimestamp());
                Log.ReplicaDown(log, $"{down.Failure.Word()}: {down.Message}");
            }

            return (false, default);
        }
    }

    /// <summary>Sees beside a call whether the replica is back; one try at a time.</summary>
    private void TryReplica()
    {
        var last = Volatile.Read(ref replicaTried);
        if (Stopwatch.GetElapsedTime(last) >= ReplicaRetry && Interlocked.CompareExchange(ref replicaTried, Stopwatch.GetTimestamp(), last) == last)
        {
            _ = TryAsync();
        }

        async Task TryAsync()
        {
            try
            {
                await OnAsync(
                    replicaReaders!,
                    replica!,
                    connection => InSnapshot(replica!, connection, session => session.Sequence()),
                    options.Deadline / 4,
                    CancellationToken.None);
                if (Interlocked.Exchange(ref replicaDown, 0) == 1)
                {
                    Log.ReplicaBack(log);
                }
            }
            catch (LaneException)
            {
                // Still down: that it is has been said.
            }
        }
    }

    private T Change<T>(Func<RegistryWriting, T> work, bool commit, TimeSpan within, CancellationToken abandoned)
    {
        // PostgreSQL looks for a deadlock after a second: half of the default deadline would be too soon to give up.
        var lastTry = within * 0.75;
        var started = Stopwatch.GetTimestamp();
        var (committing, renewed) = (false, false);
        RegistryWriting? written = null;
        while (true)
        {
            try
            {
                committing = false;
                var answered = OnConnection(
                    primary,
                    connection => primary.InTransaction(
                        connection,
                        TransactionKind.Change,
                        transaction =>
                        {
                            written = new RegistryWriting(connection, transaction, statements, clock.GetUtcNow().ToMicros(), primary);
                            var answer = work(written);

                            // A server that was silent for long may go on: whoever asked has been told that it was not done.
                            abandoned.ThrowIfCancellationRequested();
                            committing = commit;
                            return answer;
                        },
                        commit),
                    within);
                if (commit && written!.Advanced)
                {
                    changed?.Invoke();
                }

                return answered;
            }
            catch (DbException stale) when (!renewed && !committing && primary.IsStale(stale) && !abandoned.IsCancellationRequested)
            {
                // The server was restarted: nothing of this transaction is left there. Else every idle connection would refuse one change.
                renewed = true;
                primary.Clear();
            }
            catch (DbException lost) when (Vendor.IsConflict(lost) && !abandoned.IsCancellationRequested && Stopwatch.GetElapsedTime(started) < lastTry)
            {
                Telemetry.RegistryConflict();
            }
        }
    }

    private static T OnConnection<T>(ConnectionPool pool, Func<DbConnection, T> work, TimeSpan busy)
    {
        using var rented = pool.Rent(busy);
        try
        {
            var answer = work(rented.Connection);
            rented.Healthy = true;
            return answer;
        }
        catch (DossierException)
        {
            rented.Healthy = true;
            throw;
        }
    }
}
