using System.Collections.Concurrent;
using System.Data.Common;
using System.Diagnostics;
using Dapper;
using Dossier.Database;
using Dossier.V1;

namespace Dossier.Sources;

/// <summary>
/// One channel store: its lane, its deadline and its query file. A read never throws but for a caller who went away; how
/// it went is its state, and why stands here for GetSource.
/// </summary>
public sealed partial class ChannelStore : IDisposable
{
    /// <summary>The most items of one section that one source gives; more is `truncated`.</summary>
    public const int SectionLimit = 200;

    /// <summary>
    /// The most rows of a block that is not limited by a page or a section: lines, messages, keys, people. The server is told
    /// to give no more, so that a block without a LIMIT costs a bounded read.
    /// </summary>
    public const int MostRows = ConnectionPool.MostRows;

    /// <summary>
    /// The most keys that one source may tell of one customer. Each is remembered, is compared with all others, and is asked for in every other
    /// store: a placeholder or a join that lacks its condition would make everybody's keys those of one.
    /// </summary>
    public const int MostKeys = 1_000;

    private readonly SourceOptions options;
    private readonly string defaultCountry;
    private readonly TimeProvider clock;
    private readonly ILogger log;
    private readonly ConnectionPool? pool;
    private readonly Lane lane;
    private readonly ConcurrentDictionary<string, BlockColumns> columns = new(StringComparer.Ordinal);
    private volatile StoreHealth health = new(SourceState.Ok, null, null, "");
    private readonly Lock pauses = new();
    private volatile string cause = "";
    private volatile bool harmless;
    private long cutOff;
    private long pauseSequence;

    public ChannelStore(string name, SourceOptions options, QueryFile? queries, string? problem, string defaultCountry, TimeProvider clock, ILogger log)
    {
        (Name, this.options, Queries, this.defaultCountry, this.clock, this.log) = (name, options, queries, defaultCountry, clock, log);
        // A width that makes no sense disables this source, not the service.
        var inFile = Vendor.Find(options.Provider)?.InFile == true;
        lane = new Lane(Math.Max(1, options.MaxConnections), options.Deadline, tried => cause = Failure(tried.Failure.Word(), Detail(tried)), inFile);
        try
        {
            pool = problem is not null ? null : Vendor.Find(options.Provider)!.Connect(
                new ConnectionSettings(options.ConnectionString, $"dossier/{name}", ReadOnly: true, options.MaxConnections, options.Deadline));
        }
        catch (InvalidOperationException refused)
        {
            problem = refused.Message;
        }

        if (problem is not null)
        {
            Disable(problem);
        }
    }

    public string Name { get; }

    /// <summary>Null if the file is wrong; the source is DISABLED then.</summary>
    public QueryFile? Queries { get; }

    public string Provider => Vendor.Find(options.Provider)?.Name ?? options.Provider;

    /// <summary>The query file's path, as it was configured.</summary>
    public string QueryFile => options.Queries;

    public bool CustomerSource => options.CustomerSource;

    public TimeSpan Deadline => options.Deadline;

    public int MaxConnections => options.MaxConnections;

    public int Abandoned => lane.Abandoned;

    public bool BreakerOpen => lane.IsOpen;

    /// <summary>Reads of a block that were stopped because it went on giving rows.</summary>
    public long CutOff => Interlocked.Read(ref cutOff);

    public StoreHealth Health => health;

    public bool Disabled => health.State == SourceState.Disabled;

    /// <summary>The pause that people have set; null if there is none.</summary>
    public SourcePause? Pause { get; set; }

    /// <summary>Takes a pause over as it was at a sequence of the registry; what was known of a later one holds.</summary>
    public void TakeOver(SourcePause? pause, long sequence)
    {
        lock (pauses)
        {
            if (sequence >= pauseSequence)
            {
                (Pause, pauseSequence) = (pause, sequence);
            }
        }
    }

    public bool Paused => Pause is { } pause && (pause.UntilTime is null || pause.UntilTime.ToDateTimeOffset() > clock.GetUtcNow());

    /// <summary>Runs blocks in one read-only transaction. A block that fails leaves the others standing.</summary>
    public async Task<SourceRead> ReadAsync(SourceQuery query, TimeSpan budget, CancellationToken caller)
    {
        var blocks = query.Blocks.Where(name => Queries?.Blocks.ContainsKey(name) == true).Order(StringComparer.Ordinal).ToArray();
        if (Disabled || blocks.Length == 0 || (Paused && !query.Patient))
        {
            if (Disabled)
            {
                Telemetry.SourceLeftOut(Name, SourceState.Disabled.Word(), health.LastFailure);
            }

            var without = Disabled ? SourceState.Disabled : Paused ? SourceState.Paused : SourceState.Ok;
            return new SourceRead(this, without, new SourceFacts(Name), blocks, new HashSet<string>(StringComparer.Ordinal), null, TimeSpan.Zero);
        }

        using var span = Telemetry.InCall($"read {Name}");
        span?.SetTag("db.system.name", pool!.Vendor.SystemName);
        span?.SetTag("db.namespace", pool!.Namespace);
        span?.SetTag("db.query.summary", $"read {Name}");
        span?.SetTag("server.address", pool!.Server);
        span?.SetTag("dossier.source", Name);
        var started = Stopwatch.GetTimestamp();
        var asOf = clock.GetUtcNow();
        try
        {
            var (facts, failures) = await lane.RunAsync(
                abandoned => Stale.Retry(pool!, again => Read(query, blocks, again, abandoned)),
                query.Patient ? budget : Smaller(budget, options.Deadline),
                caller,
                pool!.BlocksAtOnce == 1 ? null : abandoned => AwaitAsync(query, blocks, abandoned));
            var failed = failures.Keys.ToHashSet(StringComparer.Ordinal);
            var state = Disabled ? SourceState.Disabled
                : failed.Count == 0 ? SourceState.Ok
                : failed.Count == blocks.Length ? SourceState.Unreachable
                : SourceState.Partial;
            if (failures.Count == 0)
            {
                Succeeded();
            }
            else if (state != SourceState.Disabled && !(query.Patient && facts.Broken.Count > 0))
            {
                Failed("FAILED", string.Join("; ", failures.Select(failure => $"block '{failure.Key}': {failure.Value}")), state);
            }

            return Ended(state, facts, failed);
        }
        catch (LaneException gone)
        {
            var state = gone.Failure == LaneFailure.TimedOut ? SourceState.TimedOut : SourceState.Unreachable;
            Failed(gone.Failure.Word(), Detail(gone), state);

            // An abandoned read may still be filling its facts; nobody else may see them.
            return Ended(state, new SourceFacts(Name), blocks.ToHashSet(StringComparer.Ordinal));
        }

        SourceRead Ended(SourceState state, SourceFacts read, HashSet<string> failed)
        {
            var elapsed = Stopwatch.GetElapsedTime(started);
            Telemetry.SourceRead(Name, state.Word(), elapsed);
            span?.SetTag("dossier.outcome", state.Word());
            span?.SetTag("db.response.returned_rows", read.Rows);
            if (state is not SourceState.Ok)
            {
                span?.SetTag("error.type", state.Word());
                span?.SetStatus(ActivityStatusCode.Error, health.LastFailure);
            }

            return new SourceRead(this, state, read, blocks, failed, state is SourceState.Ok or SourceState.Partial ? asOf : null, elapsed);
        }
    }

    public void Dispose() => pool?.Dispose();

    /// <summary>The start found that a block breaks its contract, or that the login may write.</summary>
    public void Disable(string problem)
    {
        health = new StoreHealth(SourceState.Disabled, health?.LastSuccess, clock.GetUtcNow(), $"DISABLED: {problem}");
        Log.SourceDisabled(log, Name, problem);
    }

    private (SourceFacts Facts, Dictionary<string, string> Failures) Read(SourceQuery query, string[] blocks, bool again, CancellationToken abandoned)
    {
        var facts = new SourceFacts(Name);
        var failures = new Dictionary<string, string>(StringComparer.Ordinal);

        // A store that is locked must be UNREACHABLE before its deadline, not TIMED_OUT at it.
        using var rented = pool!.Rent(options.Deadline / 2);
        var connection = rented.Connection;
        SourceParameters? running = null;
        using var interrupt = new Interruption(pool, connection, abandoned, () => running?.Command);
        if (!harmless)
        {
            if (pool.Harm(connection) is { } harm)
            {
                Disable(harm);
                return (facts, blocks.ToDictionary(block => block, _ => harm, StringComparer.Ordinal));
            }

            harmless = true;
        }

        pool.BeginRead(connection);
        var (usable, renewed) = (true, false);
        for (var next = 0; next < blocks.Length && usable;)
        {
            abandoned.ThrowIfCancellationRequested();
            var batch = Queries!.BatchOf(pool.BlocksAtOnce == 1 ? blocks.AsSpan(next, 1) : blocks.AsSpan(next), pool);
            var parameters = running = new SourceParameters(pool.Vendor, options, Name, defaultCountry, query, batch.Parameters);
            var read = 0;
            try
            {
                ReadBatch(connection, batch, parameters, query, facts, failures, ref read, abandoned);
            }
            catch (DbException stale) when (pool.IsStale(stale) && !abandoned.IsCancellationRequested
                && (pool.Vendor.IsBroken(stale) ? !renewed : !again || next + read == 0))
            {
                // Whichever block it is: one changed table, or one restart, would else cost each pooled connection a PARTIAL answer. Plans
                // that no longer fit are made again on the same connection: another one of the pool would be as stale.
                usable = pool.Recover(connection, stale);
                if (!usable || !pool.Vendor.IsBroken(stale))
                {
                    throw;
                }

                (facts, next, renewed) = (new SourceFacts(Name), 0, true);
                failures.Clear();
                continue;
            }
            catch (DbException late) when (pool.Vendor.IsTimeout(late))
            {
                // The server's own time-out is the deadline: the state is the same whichever is first.
                throw new TimeoutException(late.Message, late);
            }
            catch (DbException failed) when (!abandoned.IsCancellationRequested)
            {
                if (read < batch.Blocks.Length)
                {
                    failures.TryAdd(batch.Blocks[read].Contract.Name, pool.Vendor.Explain(failed));
                    if (pool.Vendor.IsBroken(failed))
                    {
                        facts.Broken.Add($"block '{batch.Blocks[read].Contract.Name}': {pool.Vendor.Explain(failed)}");
                    }
                }

                read++;
                usable = pool.Recover(connection, failed);
            }

            next += Math.Max(1, read);
            if (!usable)
            {
                foreach (var rest in blocks.Skip(next))
                {
                    failures.TryAdd(rest, "the connection was lost");
                }
            }
        }

        if (usable)
        {
            pool.EndRead(connection);
        }

        rented.Healthy = usable && failures.Count == 0;
        return (facts, failures);
    }

    /// <param name="connection">Where to read.</param>
    /// <param name="batch">The blocks.</param>
    /// <param name="parameters">Their parameters.</param>
    /// <param name="query">What is asked.</param>
    /// <param name="facts">Where rows go.</param>
    /// <param name="failures">Where blocks go whose rows are not as the contract says.</param>
    /// <param name="read">The blocks that were read to their end, or failed by their rows.</param>
    /// <param name="abandoned">Nobody waits any more.</param>
    private void ReadBatch(
        DbConnection connection,
        BlockBatch batch,
        SourceParameters parameters,
        SourceQuery query,
        SourceFacts facts,
        Dictionary<string, string> failures,
        ref int read,
        CancellationToken abandoned)
    {
        using var wrapped = connection.ExecuteReader(new CommandDefinition(batch.Text, parameters));
        var reader = (DbDataReader)(wrapped is IWrappedDataReader own ? own.Reader : wrapped);
        while (true)
        {
            var before = facts.Mark();
            try
            {
                ReadBlock(connection, reader, batch.Blocks[read], query, facts, abandoned);
            }
            catch (Exception failed) when (failed is RowException or DbException)
            {
                // Half a section is none: an invoice without the credit note that was not read any more would be a conflict that is not there.
                facts.ReturnTo(before);
                if (failed is not RowException)
                {
                    throw;
                }

                failures.Add(batch.Blocks[read].Contract.Name, failed.Message);
            }

            read++;
            if (read == batch.Blocks.Length || !reader.NextResult())
            {
                return;
            }
        }
    }

    private void ReadBlock(DbConnection connection, DbDataReader reader, QueryBlock block, SourceQuery query, SourceFacts facts, CancellationToken abandoned)
    {
        var rows = new BlockRows(this, connection, reader, block, query, facts);
        while (reader.Read() && rows.Take(abandoned))
        {
        }
    }

    private BlockColumns Columns(BlockContract contract, DbDataReader reader, SourceFacts facts)
    {
        if (columns.TryGetValue(contract.Name, out var known) && known.Fits(reader))
        {
            return known;
        }

        // A store whose schema changed under a running service fails with this block; one that never fitted is not asked again.
        try
        {
            return columns[contract.Name] = BlockColumns.Of(contract, reader, pool!.Vendor.TypesColumns);
        }
        catch (RowException wrong)
        {
            facts.Broken.Add(wrong.Message);
            if (known is null)
            {
                Disable($"{options.Queries}: {wrong.Message}");
            }

            throw;
        }
    }

    /// <summary>What GetSource says: of a store that is not asked just now, why it is not.</summary>
    private string Detail(LaneException gone) => gone.Failure switch
    {
        LaneFailure.Failed => gone.Message,
        LaneFailure.BreakerOpen or LaneFailure.LaneFull when health.State != SourceState.Ok && cause.Length > 0 => $"after {cause}",
        _ => "",
    };

    private static TimeSpan Smaller(TimeSpan one, TimeSpan other) => one < other ? one : other;

    private static string Failure(string word, string detail) => detail.Length == 0 ? word : $"{word}: {detail}";

    private void Succeeded()
    {
        var known = health;
        health = known with { State = SourceState.Ok, LastSuccess = clock.GetUtcNow() };
        if (known.State != SourceState.Ok)
        {
            Log.SourceBack(log, Name);
        }
    }

    private void Failed(string word, string detail, SourceState state)
    {
        var failure = Failure(word, detail);
        if (word != LaneFailure.BreakerOpen.Word() && word != LaneFailure.LaneFull.Word())
        {
            cause = failure;
        }

        var known = health;
        health = known with { State = state, LastFailure = failure, LastFailureTime = clock.GetUtcNow() };
        if (known.State != state)
        {
            Log.SourceFailed(log, Name, state, failure);
        }
    }
}
