using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json;
using Dapper;
using Dossier.Database;
using Dossier.V1;
using Microsoft.Data.Sqlite;

namespace Dossier.Sources;

/// <summary>
/// One channel store: its lane, its deadline and its query file. A read never throws but for a caller who went away; how
/// it went is its state, and why stands here for GetSource.
/// </summary>
public sealed class ChannelStore : IDisposable
{
    private readonly SourceOptions options;
    private readonly string defaultCountry;
    private readonly TimeProvider clock;
    private readonly ILogger log;
    private readonly SqliteConnections? connections;
    private readonly Lane lane;
    private readonly ConcurrentDictionary<string, int[]> ordinals = new(StringComparer.Ordinal);
    private volatile StoreHealth health = new(SourceState.Ok, null, null, "");

    public ChannelStore(string name, SourceOptions options, QueryFile? queries, string? problem, string defaultCountry, TimeProvider clock, ILogger log)
    {
        (Name, this.options, Queries, this.defaultCountry, this.clock, this.log) = (name, options, queries, defaultCountry, clock, log);
        // A width that makes no sense disables this source, not the service.
        lane = new Lane(Math.Max(1, options.MaxConnections), options.Deadline);
        if (problem is null)
        {
            connections = new SqliteConnections(options.ConnectionString, readOnly: true);
        }
        else
        {
            Disable(problem);
        }
    }

    public string Name { get; }

    /// <summary>Null if the file is wrong; the source is DISABLED then.</summary>
    public QueryFile? Queries { get; }

    public string Provider => options.Provider;

    public bool CustomerSource => options.CustomerSource;

    public TimeSpan Deadline => options.Deadline;

    public int MaxConnections => options.MaxConnections;

    public int Abandoned => lane.Abandoned;

    public bool BreakerOpen => lane.IsOpen;

    public StoreHealth Health => health;

    public bool Disabled => health.State == SourceState.Disabled;

    /// <summary>Runs blocks in one read-only transaction. A block that fails leaves the others standing.</summary>
    public async Task<SourceRead> ReadAsync(SourceQuery query, TimeSpan budget, CancellationToken caller)
    {
        var facts = new SourceFacts(Name);
        var blocks = query.Blocks.Where(name => Queries?.Blocks.ContainsKey(name) == true).ToArray();
        if (Disabled || blocks.Length == 0)
        {
            return new SourceRead(this, Disabled ? SourceState.Disabled : SourceState.Ok, facts, blocks, new HashSet<string>(StringComparer.Ordinal), null, TimeSpan.Zero);
        }

        using var span = Telemetry.Spans.StartActivity($"read {Name}", ActivityKind.Client);
        span?.SetTag("db.system.name", "sqlite");
        span?.SetTag("db.namespace", Path.GetFileName(connections!.Path));
        span?.SetTag("db.query.summary", $"read {Name}");
        span?.SetTag("dossier.source", Name);
        var started = Stopwatch.GetTimestamp();
        var asOf = clock.GetUtcNow();
        try
        {
            var failures = await lane.RunAsync(abandoned => Read(query, blocks, facts, abandoned), query.Patient ? budget : Smaller(budget, options.Deadline), caller);
            var failed = failures.Keys.ToHashSet(StringComparer.Ordinal);
            var state = Disabled ? SourceState.Disabled
                : failed.Count == 0 ? SourceState.Ok
                : failed.Count == blocks.Length ? SourceState.Unreachable
                : SourceState.Partial;
            if (failures.Count == 0)
            {
                Succeeded();
            }
            else if (state != SourceState.Disabled)
            {
                Failed("FAILED", string.Join("; ", failures.Select(failure => $"block '{failure.Key}': {failure.Value}")), state);
            }

            return Ended(state, facts, failed);
        }
        catch (LaneException gone)
        {
            var state = gone.Failure == LaneFailure.TimedOut ? SourceState.TimedOut : SourceState.Unreachable;
            Failed(gone.Failure.Word(), gone.Failure == LaneFailure.Failed ? gone.Message : "", state);

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

    public void Dispose()
    {
        connections?.Dispose();
        lane.Dispose();
    }

    private Dictionary<string, string> Read(SourceQuery query, string[] blocks, SourceFacts facts, CancellationToken abandoned)
    {
        var failures = new Dictionary<string, string>(StringComparer.Ordinal);

        // A store that is locked must be UNREACHABLE before its deadline, not TIMED_OUT at it.
        var rented = connections!.Rent(options.Deadline / 2);
        var healthy = false;
        try
        {
            var connection = rented.Connection;
            using var interrupt = abandoned.Register(() => SqliteConnections.Interrupt(connection));

            // Reading the schema's version takes the read lock, so that what follows sees one state of the file.
            SqliteConnections.Execute(connection, "BEGIN; PRAGMA schema_version");
            foreach (var name in blocks)
            {
                abandoned.ThrowIfCancellationRequested();
                try
                {
                    Run(connection, Queries!.Blocks[name], query, facts);
                }
                catch (RowException wrong)
                {
                    failures.Add(name, wrong.Message);
                }
                catch (SqliteException failed) when (!abandoned.IsCancellationRequested)
                {
                    failures.Add(name, failed.Message);
                }
            }

            SqliteConnections.Execute(connection, "ROLLBACK");
            healthy = failures.Count == 0;
            return failures;
        }
        finally
        {
            if (healthy)
            {
                connections.Return(rented);
            }
            else
            {
                // A connection that met a damaged file may keep its pages; the next read opens its own.
                rented.Connection.Dispose();
            }
        }
    }

    private void Run(SqliteConnection connection, QueryBlock block, SourceQuery query, SourceFacts facts)
    {
        using var wrapped = connection.ExecuteReader(new CommandDefinition(block.Text, Parameters(block, query)));
        var reader = (System.Data.Common.DbDataReader)wrapped;
        if (!ordinals.TryGetValue(block.Contract.Name, out var columns))
        {
            try
            {
                ordinals[block.Contract.Name] = columns = block.Contract.Ordinals(reader);
            }
            catch (RowException wrong)
            {
                Disable($"{options.Queries}: {wrong.Message}");
                throw;
            }
        }

        var row = new Row(reader, columns, block.Contract);
        while (reader.Read())
        {
            facts.Rows++;
            block.Contract.Read(row, facts);
        }
    }

    private DynamicParameters Parameters(QueryBlock block, SourceQuery query)
    {
        var parameters = new DynamicParameters();
        foreach (var name in block.Parameters)
        {
            parameters.Add(name, name switch
            {
                "customer_number" => query.Customer ?? query.Keys.Of(KeyType.CustomerNumber).FirstOrDefault(),
                "billing_accounts" => JsonSerializer.Serialize(query.Keys.Of(KeyType.BillingAccount)),
                "emails" => JsonSerializer.Serialize(query.Keys.Of(KeyType.Email)),
                "phones" => JsonSerializer.Serialize(query.Keys.Of(KeyType.Phone).SelectMany(Spellings).Distinct(StringComparer.Ordinal)),
                "social_ids" => SocialIds(query.Keys),
                "before_time" => query.After?.Time,
                "before_id" => query.After?.Id,
                "limit" => block.Contract.Section is Section.Interactions or Section.Messages ? query.Limit : SectionLimit + 1,
                "interaction_id" => query.InteractionId,
                _ => JsonSerializer.Serialize(query.SubjectIds),
            });
        }

        return parameters;
    }

    /// <summary>The most items of one section that one source gives; more is `truncated`.</summary>
    public const int SectionLimit = 200;

    private IEnumerable<string> Spellings(string e164) =>
        options.KeySpellings.TryGetValue("phone", out var spellings) && spellings.Count > 0
            ? spellings.Select(spelling => Keys.Spell(e164, spelling, defaultCountry))
            : [e164];

    private static string SocialIds(KeySet keys) => JsonSerializer.Serialize(keys.Of(KeyType.SocialId).Select(value =>
    {
        var social = Keys.Decode(KeyType.SocialId, value).SocialId;
        return new { platform = social.Platform, page = social.Page, id = social.Id };
    }));

    private static TimeSpan Smaller(TimeSpan one, TimeSpan other) => one < other ? one : other;

    private void Succeeded() => health = health with { State = SourceState.Ok, LastSuccess = clock.GetUtcNow() };

    private void Failed(string word, string detail, SourceState state)
    {
        var failure = detail.Length == 0 ? word : $"{word}: {detail}";
        var known = health;
        health = known with { State = state, LastFailure = failure, LastFailureTime = clock.GetUtcNow() };
        if (known.State != state)
        {
            Log.SourceFailed(log, Name, state, failure);
        }
    }

    private void Disable(string problem)
    {
        health = new StoreHealth(SourceState.Disabled, health?.LastSuccess, clock.GetUtcNow(), $"DISABLED: {problem}");
        Log.SourceDisabled(log, Name, problem);
    }
}

/// <summary>How the last read of a store went.</summary>
public sealed record StoreHealth(SourceState State, DateTimeOffset? LastSuccess, DateTimeOffset? LastFailureTime, string LastFailure);
