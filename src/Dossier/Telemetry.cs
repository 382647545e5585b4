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

    private static readonly Histogram<double> SourceDuration = Meter.CreateHistogram<double>(
        "dossier.source.duration", "s", "Duration of one read of a source by source and outcome.");

    private static readonly Histogram<double> RegistryDuration = Meter.CreateHistogram<double>(
        "dossier.registry.duration", "s", "Duration of a read or change of the registry by operation and outcome.");

    private static readonly Counter<long> Dossiers = Meter.CreateCounter<long>(
        "dossier.dossiers", "{dossier}", "Dossiers given, by whether a source was missing.");

    private static readonly Counter<long> Verdicts = Meter.CreateCounter<long>(
        "dossier.guard.verdicts", "{decision}", "Decisions by action and verdict.");

    private static long sequence;

    static Telemetry() => Meter.CreateObservableGauge(
        "dossier.registry.sequence", () => Interlocked.Read(ref sequence), "{change}", "The last change that this instance has made or read.");

    public static void CallEnded(string method, string status, TimeSpan elapsed) =>
        CallDuration.Record(elapsed.TotalSeconds, new("rpc.method", method), new("rpc.response.status_code", status));

    public static void SourceRead(string source, string outcome, TimeSpan elapsed) =>
        SourceDuration.Record(elapsed.TotalSeconds, new("dossier.source", source), new("dossier.outcome", outcome));

    public static void RegistryUsed(string operation, string outcome, TimeSpan elapsed) =>
        RegistryDuration.Record(elapsed.TotalSeconds, new("dossier.operation", operation), new("dossier.outcome", outcome));

    public static void DossierGiven(bool partial) => Dossiers.Add(1, new KeyValuePair<string, object?>("dossier.partial", partial));

    public static void Judged(string action, string verdict) =>
        Verdicts.Add(1, new("dossier.action", action), new("dossier.verdict", verdict));

    public static void SequenceSeen(long seen)
    {
        var known = Interlocked.Read(ref sequence);
        while (seen > known && Interlocked.CompareExchange(ref sequence, seen, known) is var other && other != known)
        {
            known = other;
        }
    }

    /// <summary>The breaker of a source, read when metrics are collected: 1 open, 0 closed.</summary>
    public static void WatchLanes(Func<IEnumerable<Measurement<int>>> abandoned) => Meter.CreateObservableGauge(
        "dossier.source.abandoned", abandoned, "{call}", "Reads of a source that are past their deadline and have not come back.");
}
