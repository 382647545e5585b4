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

    public static readonly ActivitySource Spans = new(Name);

    private static readonly Meter Meter = new(Name);

    private static readonly Histogram<double> CallDuration = Meter.CreateHistogram<double>(
        "dossier.call.duration", "s", "Duration of a call by method and status code.");

    private static readonly Counter<long> Rejected = Meter.CreateCounter<long>(
        "dossier.calls.rejected", "{call}", "Calls that were refused because too many ran, by kind, system and limit (caller or service).");

    private static readonly Histogram<double> SourceDuration = Meter.CreateHistogram<double>(
        "dossier.source.duration", "s", "Duration of one read of a source by source and outcome.");

    private static readonly Histogram<double> RegistryDuration = Meter.CreateHistogram<double>(
        "dossier.registry.duration", "s", "Duration of a read or change of the registry by operation and outcome.");

    private static readonly Counter<long> Dossiers = Meter.CreateCounter<long>(
        "dossier.dossiers", "{dossier}", "Dossiers given, by whether a source was missing.");

    private static readonly Counter<long> Verdicts = Meter.CreateCounter<long>(
        "dossier.guard.verdicts", "{decision}", "Decisions by action and verdict.");

    private static readonly Counter<long> Conflicts = Meter.CreateCounter<long>(
        "dossier.registry.conflicts", "{transaction}", "Changes of the registry that lost against another one and were tried again.");

    private static readonly Histogram<double> AcknowledgementLag = Meter.CreateHistogram<double>(
        "dossier.acknowledgement.lag", "s", "Time from a binding revision until a system had applied it, by system.");

    private static readonly UpDownCounter<long> Watchers = Meter.CreateUpDownCounter<long>("dossier.watch.open", "{watcher}", "Watchers that are open.");

    private static readonly Histogram<double> WatchLag = Meter.CreateHistogram<double>(
        "dossier.watch.lag", "s", "Time from a change until it was sent to a watcher.");

    private static readonly Counter<long> AccessRecords = Meter.CreateCounter<long>(
        "dossier.access.records", "{record}", "Access records that this instance has written.");

    private static readonly Counter<long> SweptCustomers = Meter.CreateCounter<long>(
        "dossier.sweep.customers", "{customer}", "Customers that this instance has swept for conflicts, by whether a source was missing.");

    private static readonly ConcurrentDictionary<Watched, byte> Lanes = new();

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
            "dossier.source.abandoned", () => Measure(lane => lane.Abandoned), "{call}", "Reads of a source that are past their deadline and have not come back.");
        Meter.CreateObservableGauge(
            "dossier.source.breaker", () => Measure(lane => lane.Open ? 1 : 0), "{state}", "The breaker of a source: 1 open (it is not asked for 500 ms), 0 closed.");
    }

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

    public static void RegistryUsed(string operation, string outcome, TimeSpan elapsed) =>
        RegistryDuration.Record(elapsed.TotalSeconds, new("dossier.operation", operation), new("dossier.outcome", outcome));

    public static void RegistryConflict() => Conflicts.Add(1);

    public static void AcknowledgementApplied(string system, TimeSpan lag) => AcknowledgementLag.Record(lag.TotalSeconds, new KeyValuePair<string, object?>("dossier.system", system));

    public static void DossierGiven(bool partial) => Dossiers.Add(1, new KeyValuePair<string, object?>("dossier.partial", partial));

    public static void Judged(string action, string verdict) =>
        Verdicts.Add(1, new("dossier.action", action), new("dossier.verdict", verdict));

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
    public static IDisposable WatchLanes(Func<IEnumerable<(string Source, int Abandoned, bool Open)>> lanes)
    {
        var watched = new Watched(lanes);
        Lanes.TryAdd(watched, 0);
        return watched;
    }

    private static IEnumerable<Measurement<int>> Measure(Func<(string Source, int Abandoned, bool Open), int> value) => Lanes.Keys
        .SelectMany(watched => watched.Read())
        .Select(lane => new Measurement<int>(value(lane), new KeyValuePair<string, object?>("dossier.source", lane.Source)));

    private sealed class Ending(Action end) : IDisposable
    {
        public void Dispose() => end();
    }

    private sealed record Figures(
        IReadOnlyList<(string Kind, string Owner, long Number)> Open, IReadOnlyList<(string System, long Number)> Overdue, TimeSpan? Age, long Read);

    private sealed class Watched(Func<IEnumerable<(string Source, int Abandoned, bool Open)>> read) : IDisposable
    {
        public IEnumerable<(string Source, int Abandoned, bool Open)> Read() => read();

        public void Dispose() => Lanes.TryRemove(this, out _);
    }
}
