using Dossier.V1;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Trace = Dossier.V1.Trace;

namespace Dossier.Tracing;

/// <summary>Recent traces over gRPC.</summary>
public sealed class TraceService(RecentTraces traces) : V1.TraceService.TraceServiceBase
{
    private const string Prefix = "traces/";

    public override Task<ListTracesResponse> ListTraces(ListTracesRequest request, ServerCallContext context)
    {
        var violations = new Violations();
        var size = Requests.PageSize(request.PageSize, violations);
        if (request.Source.Length > 0 && !(request.Source.StartsWith("sources/", StringComparison.Ordinal) && ResourceNames.IsSlug(request.Source["sources/".Length..])))
        {
            violations.Add("source", "must look like sources/webcare");
        }

        if (request.MinDuration is { } least && (least.Seconds is < 0 or > 86_400 || least.Nanos is < 0 or > 999_999_999))
        {
            violations.Add("min_duration", "must be 0 s to 24 h");
        }

        violations.Throw();
        var longEnough = request.MinDuration?.ToTimeSpan() ?? TimeSpan.Zero;
        var found = traces.Newest()
            .Where(trace => request.Method.Length == 0 || string.Equals(trace.Method.Split('/')[^1], request.Method, StringComparison.OrdinalIgnoreCase))
            .Where(trace => request.Source.Length == 0 || trace.FailedSources.Contains(request.Source))
            .Where(trace => trace.Duration.ToTimeSpan() >= longEnough)
            .Take(size);
        return Task.FromResult(new ListTracesResponse
        {
            Traces = { found.Select(WithoutSpans) },
            KeptCount = traces.Count,
            SlowThreshold = Duration.FromTimeSpan(traces.SlowerThan),
        });
    }

    public override async Task<GetTraceResponse> GetTrace(GetTraceRequest request, ServerCallContext context)
    {
        var id = request.Name.StartsWith(Prefix, StringComparison.Ordinal) ? request.Name[Prefix.Length..] : "";
        if (id.Length != 32 || !id.All(char.IsAsciiHexDigitLower))
        {
            throw Refusal.InvalidField("name", "must look like traces/ and the 32 hexadecimal digits of x-dossier-trace");
        }

        return await traces.FindAsync(id, context.CancellationToken) is { } found
            ? new GetTraceResponse { Trace = found }
            : throw Refusal.ResourceNotFound(request.Name);
    }

    private static Trace WithoutSpans(Trace trace)
    {
        var head = trace.Clone();
        head.Spans.Clear();
        return head;
    }
}
