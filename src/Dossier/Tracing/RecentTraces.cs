using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Dossier.Host;
using Dossier.V1;
using Google.Protobuf.WellKnownTypes;
using Trace = Dossier.V1.Trace;

namespace Dossier.Tracing;

/// <summary>
/// The last calls that were slow, incomplete or failed, in bounded memory: as many as `Traces:Keep`, none of them with more than 64 spans
/// and 16,000 characters. While a store is down every call is incomplete; so where there is no more room, the oldest of the most
/// frequent kind goes, and what is rare stays. It listens beside the exporter and takes nothing from it: what is not sampled is not
/// exported for its sake.
/// </summary>
public sealed class RecentTraces : IDisposable
{
    private const int MostSpans = 64;
    private const int MostCharacters = 16_000;
    private const int MostText = 300;
    private const string Server = "Microsoft.AspNetCore";
    private static readonly TimeSpan Between = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(1);
    private readonly ConcurrentDictionary<Activity, Spans> open = new(ReferenceEqualityComparer.Instance);
    private readonly List<(string Kind, Trace Trace)> kept = [];
    private readonly Dictionary<string, int> kinds = new(StringComparer.Ordinal);
    private readonly Lock gate = new();
    private readonly int most;
    private readonly ActivityListener? listener;
    private long count;

    public RecentTraces(DossierOptions options)
    {
        (most, SlowerThan) = (options.Traces.Keep, options.Traces.SlowerThan);
        if (most == 0)
        {
            return;
        }

        listener = new ActivityListener
        {
            ShouldListenTo = static source => source.Name is Telemetry.Name or Server or DriverSpans.Source,

            // Its data, and no word that it is recorded: that is the sampler's to say.
            Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStarted = Started,
            ActivityStopped = Stopped,
        };
        ActivitySource.AddActivityListener(listener);
    }

    public TimeSpan SlowerThan { get; }

    /// <summary>How many were kept since the start.</summary>
    public long Count => Interlocked.Read(ref count);

    /// <summary>The kept traces, the newest first.</summary>
    public IReadOnlyList<Trace> Newest()
    {
        lock (gate)
        {
            return [.. kept.Select(entry => entry.Trace).Reverse()];
        }
    }

    /// <summary>
    /// The kept trace of that id. A caller has the answer of a call a moment before its last span ends; so while a call of that trace
    /// runs, other than the one that asks, it is waited for, at most a second.
    /// </summary>
    public async Task<Trace?> FindAsync(string id, CancellationToken cancellation)
    {
        var asking = Activity.Current is { } current ? CallOf(current) : null;
        for (var waited = Stopwatch.StartNew(); ; await Task.Delay(Between, cancellation))
        {
            // In this order: a call is kept before it is no longer open.
            var runs = open.Any(pair => pair.Key.TraceId.ToHexString() == id && !ReferenceEquals(pair.Key, asking));
            if (Newest().FirstOrDefault(trace => trace.Name == "traces/" + id) is { } found)
            {
                return found;
            }

            if (!runs || waited.Elapsed >= LongestWait)
            {
                return null;
            }
        }
    }

    public void Dispose() => listener?.Dispose();

    private void Started(Activity activity)
    {
        if (activity.Source.Name == Server && activity.Kind == ActivityKind.Server)
        {
            open.TryAdd(activity, new Spans());
        }
    }

    private void Stopped(Activity activity)
    {
        var call = CallOf(activity);

        // A span of no call, or one that ends after its call, is nobody's.
        if (!open.TryGetValue(call, out var spans))
        {
            return;
        }

        if (!ReferenceEquals(call, activity))
        {
            spans.Add(activity);
            return;
        }

        if (IsWorthKeeping(call, spans))
        {
            Keep(Told(call, spans));
        }

        open.TryRemove(call, out _);
    }

    private static Activity CallOf(Activity span)
    {
        while (span.Parent is { } above)
        {
            span = above;
        }

        return span;
    }

    private bool IsWorthKeeping(Activity call, Spans spans)
    {
        if (Method(call) is not { } method || !method.StartsWith("dossier.", StringComparison.Ordinal))
        {
            return false;
        }

        // What the caller did wrong, and what was refused for its number, is counted in the metrics; here it would take the room of faults.
        return spans.Failed
            || call.GetTagItem("rpc.response.status_code") is "UNAVAILABLE" or "DEADLINE_EXCEEDED" or "INTERNAL" or "UNKNOWN" or "DATA_LOSS"
            || (call.Duration >= SlowerThan && !Fallbacks.IsStream("/" + method));
    }

    private void Keep(Trace trace)
    {
        var kind = $"{trace.Method} {trace.Status} {string.Join(' ', trace.FailedSources)}";
        lock (gate)
        {
            kept.Add((kind, trace));
            kinds[kind] = kinds.GetValueOrDefault(kind) + 1;
            if (kept.Count > most)
            {
                var frequent = kinds.MaxBy(pair => pair.Value).Key;
                kept.RemoveAt(kept.FindIndex(entry => entry.Kind == frequent));
                if (--kinds[frequent] == 0)
                {
                    kinds.Remove(frequent);
                }
            }
        }

        Interlocked.Increment(ref count);
    }

    private static string? Method(Activity call) => call.GetTagItem("rpc.method") as string;

    private static Trace Told(Activity call, Spans spans)
    {
        var (children, omitted) = spans.All();
        var room = MostCharacters;
        var trace = new Trace
        {
            Name = "traces/" + call.TraceId.ToHexString(),
            StartTime = Timestamp.FromDateTime(call.StartTimeUtc),
            Duration = Duration.FromTimeSpan(call.Duration),
            Method = Method(call)!["dossier.v1.".Length..],
            System = call.GetTagItem("dossier.system") is string system ? ResourceNames.System(system) : "",
            Status = call.GetTagItem("rpc.response.status_code") as string ?? "",
            Reason = call.GetTagItem("dossier.reason") as string ?? "",
            OmittedSpanCount = omitted,
            Spans = { Told(call, call, ref room) },
        };
        foreach (var child in children.OrderBy(child => child.StartTimeUtc))
        {
            trace.Spans.Add(Told(child, call, ref room));
        }

        trace.FailedSources.AddRange(children.Where(child => child.Status == ActivityStatusCode.Error)
            .Select(child => child.GetTagItem("dossier.source") as string).OfType<string>().Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).Select(ResourceNames.Source));
        return trace;
    }

    private static TraceSpan Told(Activity activity, Activity call, ref int room)
    {
        var offset = activity.StartTimeUtc - call.StartTimeUtc;
        var span = new TraceSpan
        {
            SpanId = activity.SpanId.ToHexString(),
            ParentSpanId = ReferenceEquals(activity, call) ? "" : activity.ParentSpanId.ToHexString(),
            Name = Short(ReferenceEquals(activity, call) ? Method(call)!.Split('/')[^1] : activity.DisplayName),
            StartOffset = Duration.FromTimeSpan(offset > TimeSpan.Zero ? offset : TimeSpan.Zero),
            Duration = Duration.FromTimeSpan(activity.Duration),
            Failed = activity.Status == ActivityStatusCode.Error,
            Failure = Short(activity.StatusDescription ?? ""),
        };
        foreach (var (key, value) in activity.EnumerateTagObjects())
        {
            if ((activity.Source.Name != DriverSpans.Source || DriverSpans.IsTold(key)) && Convert.ToString(value, CultureInfo.InvariantCulture) is { Length: > 0 } text && (room -= key.Length + Math.Min(text.Length, MostText)) > 0)
            {
                span.Attributes[key] = Short(text);
            }
        }

        return span;
    }

    private static string Short(string text) => text.Length <= MostText ? text : text[..MostText] + "…";

    /// <summary>The ended spans of a call that runs.</summary>
    private sealed class Spans
    {
        private readonly List<Activity> ended = new(8);
        private int omitted;

        public bool Failed { get; private set; }

        public void Add(Activity span)
        {
            lock (ended)
            {
                Failed |= span.Status == ActivityStatusCode.Error;
                if (ended.Count < MostSpans - 1)
                {
                    ended.Add(span);
                }
                else
                {
                    omitted++;
                }
            }
        }

        public (IReadOnlyList<Activity> Ended, int Omitted) All()
        {
            lock (ended)
            {
                return ([.. ended], omitted);
            }
        }
    }
}
