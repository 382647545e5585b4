using System.Globalization;

namespace Dossier.Cli.Printing;

/// <summary>Traces as a table, and one as a waterfall: a bar for each span where it lay in the call.</summary>
internal sealed class TracePage(Screen screen)
{
    private const int BarWidth = 40;

    /// <param name="answer">The traces.</param>
    /// <param name="isFiltered">Only some of them were asked for.</param>
    public void Print(ListTracesResponse answer, bool isFiltered)
    {
        if (answer.Traces.Count == 0)
        {
            screen.Line(isFiltered
                ? $"No such call is kept; {Example.Of("dossier traces")} without options lists all that are."
                : $"No slow, incomplete or failed call is kept (slow: {Milliseconds(answer.SlowThreshold.ToTimeSpan())} or more).");
            return;
        }
        var table = Screen.Table("time", "method", "system", "status", "ms", "not OK", "trace");
        foreach (var trace in answer.Traces)
        {
            table.Row(
                trace.Status == "OK" ? trace.FailedSources.Count > 0 ? Screen.Warn : new Spectre.Console.Style() : Screen.Bad,
                Moments.Moment(trace.StartTime), trace.Method.Split('/')[^1], Names.Short(trace.System), Status(trace),
                Number(trace.Duration.ToTimeSpan()), string.Join(", ", trace.FailedSources.Select(Names.Short)), Id(trace));
        }
        screen.Write(table);
        screen.Line($"One of them: {Example.Of($"dossier traces {Id(answer.Traces[0])[..8]}")}");
    }

    public void Print(Trace trace)
    {
        var whole = trace.Duration.ToTimeSpan();
        screen.Line($"{trace.Method}  {Status(trace)}  {Milliseconds(whole)}  {Moments.Moment(trace.StartTime)}{(trace.System.Length > 0 ? $"  by {Names.Short(trace.System)}" : "")}");
        screen.Line($"trace {Id(trace)}");
        screen.Line();
        var table = Screen.Facts(5);
        var depths = Depths(trace);
        foreach (var span in trace.Spans)
        {
            var style = span.Failed ? Screen.Bad : new Spectre.Console.Style();
            table.Row(
                style,
                new string(' ', 2 * depths[span.SpanId]) + span.Name,
                Bar(span.StartOffset.ToTimeSpan(), span.Duration.ToTimeSpan(), whole),
                Number(span.Duration.ToTimeSpan()).PadLeft(8),
                Outcome(span),
                Where(span));
        }
        screen.Write(table);
        if (trace.OmittedSpanCount > 0)
        {
            screen.Line($"{trace.OmittedSpanCount} more spans are not kept.");
        }
        foreach (var failed in trace.Spans.Where(span => span.Failed && span.Failure.Length > 0))
        {
            screen.Line();
            screen.Paragraph($"{failed.Name}: {failed.Failure}");
        }
        if (Slowest(trace) is { } slowest)
        {
            screen.Line();
            screen.Line($"Longest: {slowest.Name}, {Milliseconds(slowest.Duration.ToTimeSpan())} of {Milliseconds(whole)}.");
        }
        foreach (var source in trace.FailedSources)
        {
            screen.Line($"Why it fails now: {Example.Of($"dossier source {Names.Short(source)}")}");
        }
    }

    /// <summary>Where a span lay in its call: at least one block, inside the call.</summary>
    internal static string Bar(TimeSpan start, TimeSpan length, TimeSpan whole)
    {
        var scale = whole > TimeSpan.Zero ? BarWidth / whole.TotalMilliseconds : 0;
        var from = Math.Clamp((int)(start.TotalMilliseconds * scale), 0, BarWidth - 1);
        var blocks = Math.Clamp((int)Math.Round(length.TotalMilliseconds * scale), 1, BarWidth - from);
        return new string('·', from) + new string('█', blocks) + new string('·', BarWidth - from - blocks);
    }

    private static Dictionary<string, int> Depths(Trace trace)
    {
        var depths = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var span in trace.Spans)
        {
            // A parent that is not kept, or comes later, is as good as the call.
            depths[span.SpanId] = span.ParentSpanId.Length == 0 ? 0 : depths.GetValueOrDefault(span.ParentSpanId) + 1;
        }
        return depths;
    }

    // Of the steps below the call, not what they are made of.
    private static TraceSpan? Slowest(Trace trace) => trace.Spans.Skip(1).MaxBy(span => span.Duration.ToTimeSpan());

    private static string Outcome(TraceSpan span) =>
        span.Attributes.TryGetValue("dossier.outcome", out var outcome)
            ? outcome + (span.Attributes.TryGetValue("db.response.returned_rows", out var rows) ? $", {rows} rows" : "")
            : span.Failed ? "failed" : "";

    private static string Where(TraceSpan span) => string.Join(' ',
        new[] { "db.system.name", "server.address", "db.namespace" }.Select(key => span.Attributes.GetValueOrDefault(key, "")).Where(text => text.Length > 0));

    private static string Status(Trace trace) => trace.Reason.Length > 0 ? $"{trace.Status} ({trace.Reason})" : trace.Status;

    private static string Id(Trace trace) => trace.Name["traces/".Length..];

    private static string Milliseconds(TimeSpan time) => $"{Number(time)} ms";

    private static string Number(TimeSpan time) => time.TotalMilliseconds.ToString("0.0", CultureInfo.InvariantCulture);
}
