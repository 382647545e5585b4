using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Dossier;

/// <summary>
/// Every span source and instrument. Names hold neither content nor customer number: trace id and access record join them.
/// </summary>
public static class Telemetry
{
    public const string Name = "Dossier";

    private static readonly ActivitySource Spans = new(Name);

    private static readonly Meter Meter = new(Name);

    // Without these an SDK takes its own, which are made for milliseconds: all that takes less than 5 s is one bucket, and no p99 can be told.
    private static readonly InstrumentAdvice<double> ShortTimes = new() { HistogramBucketBoundaries = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] };

    private static readonly InstrumentAdvice<double> Waits = new() { HistogramBucketBoundaries = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60] };

    // A minute, ten, an hour, four; a day, two, three; one week, two, four.
    private static readonly InstrumentAdvice<double> LongTimes = new() { HistogramBucketBoundaries = [60, 600, 3_600, 14_400, 86_400, 172_800, 259_200, 604_800, 1_209_600, 2_419_200] };

    private static readonly Histogram<double> CallDuration = Meter.CreateHistogram(
        "dossier.call.duration", "s", "Duration of a call by method and status code.", tags: null, advice: ShortTimes);

    private static readonly Histogram<double> SourceDuration = Meter.CreateHistogram(
        "dossier.source.duration", "s", "Duration of one read of a source by source and outcome.", tags: null, advice: ShortTimes);

    private static readonly Histogram<double> RegistryDuration = Meter.CreateHistogram(
        "dossier.registry.duration",
        "s",
        "Duration of a use of the registry by operation (read and change; poll is a read that no call asked for) and outcome.",
        tags: null,
        advice: ShortTimes);

    private static readonly Counter<long> Rejected = Meter.CreateCounter<long>(
        "dossier.calls.rejected", "{call}", "Calls that were refused because too many ran, by kind, system and limit (caller or service).");

    private static readonly Counter<long> Dossiers = Meter.CreateCounter<long>(
        "dossier.dossiers", "{dossier}", "Dossiers given, by whether a source was missing.");

    private static readonly Counter<long> Verdicts = Meter.CreateCounter<long>(
        "dossier.guard.verdicts", "{decision}", "Decisions by action, verdict and the system that asked; UNKNOWN is what it must make of an error.");

    private static readonly Counter<long> Conflicts = Meter.CreateCounter<long>(
        "dossier.registry.conflicts", "{transaction}", "Changes of the registry that lost against another one and were tried again.");

    private static readonly Histogram<double> AcknowledgementLag = Meter.CreateHistogram(
        "dossier.acknowledgement.lag", "s", "Time from a binding revision until a system had applied it, by system.", tags: null, advice: LongTimes);

    private static readonly UpDownCounter<long> Watchers = Meter.CreateUpDownCounter<long>("dossier.watch.open", "{watcher}", "Watchers that are open.");

    private static readonly Histogram<double> WatchLag = Meter.CreateHistogram(
        "dossier.watch.lag", "s", "Time from a change until it was sent to a watcher.", tags: null, advice: Waits);

    private static readonly Counter<long> AccessRecords = Meter.CreateCounter<long>(
        "dossier.access.records", "{record}", "Access records that this instance has written.");

    private static readonly Counter<long> SweptCustomers = Meter.CreateCounter<long>(
        "dossier.sweep.customers", "{customer}", "Customers that this instance has swept for conflicts, by whether a source was missing.");

    private static readonly ConcurrentDictionary<Watched<IEnumerable<(string Source, int Abandoned, bool Open)>>, byte> Lanes = new();

    private static readonly ConcurrentDictionary<Watched<long>, byte> Queues = new();

    private static Figures figures = new([], [], null, 0);

    private static long sequence;

    static Telemetry()
    {
        Meter.CreateObservableGauge(
            "dossier.registry.sequence", () => Interlocked.Read(ref sequence), "{change}", "The last change that this instance has made or read.");
        Meter.CreateObservableGauge(
            "dossier.conflicts.open",
            () => Volatile.Read(ref figures).Open.Select(row => new Measurement<long>(row.Number, new("dossier.conflict.kind", row.Kind), new("dossier.system", row.Owner))),
            "{conflict}",
            "Open conflicts by kind and by the system that must solve them.");
        Meter.CreateObservableGauge(
            "dossier.acknowledgement.overdue",
            () => Volatile.Read(ref figures).Overdue.Select(row => new Measurement<long>(row.Number, new KeyValuePair<string, object?>("dossier.system", row.System))),
            "{acknowledgement}",
            "Acknowledgements whose time has passed, by the system that owes them.");
        Meter.CreateObservableGauge(
            "dossier.sweep.age",
            () => Volatile.Read(ref figures) is { Age: { } age, Read: var read } ? [new Measurement<double>((age + Stopwatch.GetElapsedTime(read)).TotalSeconds)] : Enumerable.Empty<Measurement<double>>(),
            "s",
            "Time since the last sweep for conflicts was complete, by whichever instance.");
        Meter.CreateObservableGauge(
            "dossier.access.waiting", () => Queues.Keys.Sum(queue => queue.Read()), "{record}", "Access records that wait to be written.");
        Meter.CreateObservableGauge(
            "dossier.source.abandoned", () => Measure(lane => lane.Abandoned), "{call}", "Reads of a source that are past their deadline and have not come back.");
        Meter.CreateObservableGauge(
            "dossier.source.breaker", () => Measure(lane => lane.Open ? 1 : 0), "{state}", "The breaker of a source: 1 open (it is not asked for 500 ms), 0 closed.");
    }

    /// <summary>
    /// A span of what a call waits for; null beside calls. The feed, the sweep and the checks of sources would each make traces of their own,
    /// many a second; their figures and log lines tell of them.
    /// </summary>
    public static Activity? InCall(string name) => Activity.Current is null ? null : Spans.StartActivity(name, ActivityKind.Client);

    public static void CustomerSwept(bool complete) => SweptCustomers.Add(1, new KeyValuePair<string, object?>("dossier.partial", !complete));

    /// <summary>What the registry holds, as this instance has read it last.</summary>
    /// <param name="open">Open conflicts by kind and owner.</param>
    /// <param name="overdue">Overdue acknowledgements by system.</param>
    /// <param name="age">Time since the last sweep was complete; null if none was.</param>
    public static void Swept(
        IReadOnlyList<(string Kind, string Owner, long Number)> open, IReadOnlyList<(string System, long Number)> overdue, TimeSpan? age) =>
        Volatile.Write(ref figures, new Figures(open, overdue, age, Stopwatch.GetTimestamp()));

    public static void CallEnded(string method, string status, TimeSpan elapsed) =>
        CallDuration.Record(elapsed.TotalSeconds, new("rpc.method", method), new("rpc.response.status_code", status));

    public static void CallRejected(string kind, string system, string limit) =>
        Rejected.Add(1, new("dossier.call.kind", kind), new("dossier.system", system), new("dossier.limit", limit));

    public static void SourceRead(string source, string outcome, TimeSpan elapsed) =>
        SourceDuration.Record(elapsed.TotalSeconds, new("dossier.source", source), new("dossier.outcome", outcome));

    /// <summary>
    /// A source that is not asked at all leaves a call as incomplete as one that does not answer, and whoever looks for why finds it in the same
    /// places: a span that failed, and a read of no length.
    /// </summary>
    public static void SourceLeftOut(string source, string outcome, string why)
    {
        using var span = InCall($"read {source}");
        span?.SetTag("dossier.source", source);
        span?.SetTag("dossier.outcome", outcome);
        span?.SetTag("error.type", outcome);
        span?.SetStatus(ActivityStatusCode.Error, why);
        SourceRead(source, outcome, TimeSpan.Zero);
    }

    public static void RegistryUsed(string operation, string outcome, TimeSpan elapsed) =>
        RegistryDuration.Record(elapsed.TotalSeconds, new("dossier.operation", operation), new("dossier.outcome", outcome));

    public static void RegistryConflict() => Conflicts.Add(1);

    public static void AcknowledgementApplied(string system, TimeSpan lag) => AcknowledgementLag.Record(lag.TotalSeconds, new KeyValuePair<string, object?>("dossier.system", system));

    public static void DossierGiven(bool partial) => Dossiers.Add(1, new KeyValuePair<string, object?>("dossier.partial", partial));

    /// <param name="action">What was asked; a number that the contract does not know is OTHER: they would never end.</param>
    /// <param name="verdict">What was answered.</param>
    /// <param name="system">Who asked.</param>
    public static void Judged(V1.ActionKind action, V1.Verdict verdict, string system) => Verdicts.Add(
        1, new("dossier.action", Enum.IsDefined(action) ? action.Word() : "OTHER"), new("dossier.verdict", verdict.Word()), new("dossier.system", system));

    /// <summary>
    /// Each series begins with nought: a run is over within one interval of export, and a series that is born at three thousand has no rate.
    /// </summary>
    public static void BeginVerdicts(IEnumerable<string> systems)
    {
        foreach (var system in systems)
        {
            foreach (var action in Enum.GetValues<V1.ActionKind>().Skip(1).Select(action => action.Word()).Append("OTHER"))
            {
                foreach (var verdict in Enum.GetValues<V1.Verdict>().Skip(1))
                {
                    Verdicts.Add(0, new("dossier.action", action), new("dossier.verdict", verdict.Word()), new("dossier.system", system));
                }
            }
        }
    }

    /// <summary>A call for verdicts that ended before any was given, which is one UNKNOWN, of nobody knows how many; nothing for any other call.</summary>
    /// <param name="method">As HTTP/2 names it.</param>
    /// <param name="system">Who asked.</param>
    public static void NotJudged(string method, string system)
    {
        if (method.StartsWith("/dossier.v1.GuardService/CheckAction", StringComparison.Ordinal))
        {
            Judged((V1.ActionKind)(-1), V1.Verdict.Unknown, system);
        }
    }

    /// <summary>Counts a watcher until it is disposed.</summary>
    public static IDisposable WatchOpened()
    {
        Watchers.Add(1);
        return new Ending(() => Watchers.Add(-1));
    }

    public static void AccessRecorded(int count) => AccessRecords.Add(count);

    public static void WatchSent(TimeSpan lag) => WatchLag.Record(lag.TotalSeconds);

    public static void SequenceSeen(long seen)
    {
        var known = Interlocked.Read(ref sequence);
        while (seen > known && Interlocked.CompareExchange(ref sequence, seen, known) is var other && other != known)
        {
            known = other;
        }
    }

    /// <summary>Lanes to read when metrics are collected; dispose what is given back to read them no more.</summary>
    /// <param name="lanes">Source, calls past their deadline that have not come back, and whether the breaker is open.</param>
    public static IDisposable WatchLanes(Func<IEnumerable<(string Source, int Abandoned, bool Open)>> lanes) => Watch(Lanes, lanes);

    /// <summary>A queue of access records to look at when metrics are collected; dispose what is given back to look no more.</summary>
    public static IDisposable WatchQueue(Func<long> waiting) => Watch(Queues, waiting);

    private static IEnumerable<Measurement<int>> Measure(Func<(string Source, int Abandoned, bool Open), int> value) => Lanes.Keys
        .SelectMany(watched => watched.Read())
        .Select(lane => new Measurement<int>(value(lane), new KeyValuePair<string, object?>("dossier.source", lane.Source)));

    private static Ending Watch<T>(ConcurrentDictionary<Watched<T>, byte> all, Func<T> read)
    {
        var watched = new Watched<T>(read);
        all.TryAdd(watched, 0);
        return new Ending(() => all.TryRemove(watched, out _));
    }

    private sealed class Ending(Action end) : IDisposable
    {
        public void Dispose() => end();
    }

    private sealed record Figures(
        IReadOnlyList<(string Kind, string Owner, long Number)> Open, IReadOnlyList<(string System, long Number)> Overdue, TimeSpan? Age, long Read);

    // By reference: two that read the same are two.
    private sealed class Watched<T>(Func<T> read)
    {
        public T Read() => read();
    }
}
