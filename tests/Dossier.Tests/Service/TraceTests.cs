using Dossier.Tests.Fixtures;
using Dossier.V1;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace Dossier.Tests.ServiceTests;

/// <summary>An operator without a backend sees which store held a call up: the slow, the incomplete and the failed are kept, and no more.</summary>
[Collection(Alone.Name)]
public sealed class TraceTests
{
    // Takes a moment for one customer and minutes for another.
    private const string Slow = """
        -- name: interactions
        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < CASE @customer_number WHEN '1042' THEN 2000000000 ELSE 2 END)
        SELECT 'slow' AS id, '2026-01-01T00:00:00Z' AS occur_time, 'letter' AS channel
        FROM n WHERE i < 0 AND @customer_number IS NOT NULL LIMIT @limit
        """;

    [Fact]
    public async Task A_call_that_a_slow_store_held_up_is_shown_as_a_waterfall_that_names_the_store()
    {
        using var settings = new SourceSettings().AddFile("slow", "telephony", Slow).Set("slow", "Deadline", "00:00:00.400");
        await using var host = await settings.StartAsync();
        var call = host.Dossiers.GetDossierAsync(new GetDossierRequest { Name = "customers/1042/dossier" }, DossierHost.As("telephony"));
        Assert.Equal(["sources/slow"], (await call).Dossier.Unreachable);
        var id = call.GetTrailers().GetValue("x-dossier-trace")!;

        var trace = await KeptAsync(host, id);
        Assert.Equal(("DossierService/GetDossier", "systems/telephony", "OK", ""), (trace.Method, trace.System, trace.Status, trace.Reason));
        Assert.Equal(["sources/slow"], trace.FailedSources);
        Assert.InRange(trace.Duration.ToTimeSpan(), TimeSpan.FromMilliseconds(350), TimeSpan.FromMinutes(1));
        Assert.Equal("GetDossier", trace.Spans[0].Name);
        Assert.Equal("", trace.Spans[0].ParentSpanId);
        var reads = trace.Spans.Where(span => span.Name.StartsWith("read ", StringComparison.Ordinal)).ToList();
        Assert.Equal(["read administration", "read registry", "read slow", "read telephony", "read webcare"], reads.Select(span => span.Name).Distinct().Order());
        Assert.All(reads, span => Assert.Equal(trace.Spans[0].SpanId, span.ParentSpanId));
        var slow = Assert.Single(reads, span => span.Failed);
        Assert.Equal(("read slow", "TIMED_OUT"), (slow.Name, slow.Attributes["dossier.outcome"]));
        Assert.Equal(slow, reads.MaxBy(span => span.Duration.ToTimeSpan()));
        Assert.DoesNotContain(trace.Spans.SelectMany(span => span.Attributes.Values), value => value.Contains("1042", StringComparison.Ordinal));

        var list = await Typed.RunAsync("traces", "--source", "slow", "--address", host.Address);
        Assert.Contains(list.Lines, line => line.Contains("GetDossier", StringComparison.Ordinal) && line.Contains(id, StringComparison.Ordinal) && line.Contains("slow", StringComparison.Ordinal));
        Assert.DoesNotContain(id, (await Typed.RunAsync("traces", "--source", "webcare", "--address", host.Address)).Output, StringComparison.Ordinal);
        var shown = await Typed.RunAsync("traces", id, "--address", host.Address);
        Assert.Equal(0, shown.ExitCode);
        Assert.Contains(shown.Lines, line => line.Contains("read slow", StringComparison.Ordinal) && line.Contains("████████████████████", StringComparison.Ordinal) && line.Contains("TIMED_OUT", StringComparison.Ordinal));
        Assert.Contains(shown.Lines, line => line.StartsWith("Longest: read slow, ", StringComparison.Ordinal));
        Assert.Contains("Why it fails now: dossier source slow", shown.Output, StringComparison.Ordinal);
        Assert.Equal(shown.Output, (await Typed.RunAsync("traces", id[..8], "--address", host.Address)).Output);
    }

    [Fact]
    public async Task A_call_that_failed_is_kept_and_shown_with_its_status()
    {
        await using var host = await Patient.StartAsync(("Traces:SlowerThan", "00:10:00"), ("Registry:Deadline", "00:00:00.500"));
        Refused refused;
        using (StoreFault.MovedAway(host, "registry"))
        {
            refused = await Refused.ByAsync(async () => await host.Agreements.CreateAgreementAsync(Agreed.Remark("1042", "x"), DossierHost.As("webcare")));
            Assert.Equal((StatusCode.Unavailable, "REGISTRY_UNAVAILABLE"), (refused.Code, refused.Reason));

            // While the registry is away, which is when it is asked for.
            var trace = await KeptAsync(host, refused.Trace);
            Assert.Equal(
                ("AgreementService/CreateAgreement", "systems/webcare", "UNAVAILABLE", "REGISTRY_UNAVAILABLE"), (trace.Method, trace.System, trace.Status, trace.Reason));
            Assert.True(trace.Spans[0].Failed);
            Assert.DoesNotContain(trace.Spans.SelectMany(span => span.Attributes.Values.Append(span.Failure)), value => value.Contains("1042", StringComparison.Ordinal));
        }

        var list = await Typed.RunAsync("traces", "--address", host.Address);
        Assert.Contains(list.Lines, line => line.Contains("CreateAgreement", StringComparison.Ordinal) && line.Contains("UNAVAILABLE", StringComparison.Ordinal) && line.Contains(refused.Trace, StringComparison.Ordinal));
        var shown = await Typed.RunAsync("traces", refused.Trace, "--address", host.Address);
        Assert.Equal(0, shown.ExitCode);
        Assert.StartsWith("AgreementService/CreateAgreement  UNAVAILABLE", shown.Output, StringComparison.Ordinal);
        Assert.Contains("REGISTRY_UNAVAILABLE", shown.Lines[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_went_well_and_what_the_caller_did_wrong_is_not_kept()
    {
        await using var host = await Patient.StartAsync(("Traces:SlowerThan", "00:01:00"));
        await host.GetAsync("1042");
        await Assert.ThrowsAsync<RpcException>(() => host.GetAsync("nobody at all"));
        await Assert.ThrowsAsync<RpcException>(() => host.GetAsync("999999"));

        var listed = await Traces(host).ListTracesAsync(new ListTracesRequest());

        Assert.Empty(listed.Traces);
        Assert.Equal(0, listed.KeptCount);
        Assert.Equal(TimeSpan.FromMinutes(1), listed.SlowThreshold.ToTimeSpan());
        Assert.StartsWith("No slow, incomplete or failed call is kept", (await Typed.RunAsync("traces", "--address", host.Address)).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_call_is_slow_from_the_threshold_on_and_found_by_its_duration()
    {
        await using var host = await Patient.StartAsync(("Traces:SlowerThan", "00:00:00"));
        await host.GetAsync("1042");
        await Eventually.TrueAsync(async () => (await Traces(host).ListTracesAsync(new ListTracesRequest { Method = "GetDossier" })).Traces.Count == 1, "it is kept");

        Assert.Empty((await Traces(host).ListTracesAsync(new ListTracesRequest { Method = "GetDossier", MinDuration = Duration.FromTimeSpan(TimeSpan.FromHours(1)) })).Traces);
        Assert.Empty((await Traces(host).ListTracesAsync(new ListTracesRequest { Method = "GetSource" })).Traces);
    }

    [Fact]
    public async Task As_many_are_kept_as_may_be_and_what_is_frequent_does_not_displace_what_is_rare()
    {
        using var settings = new SourceSettings().AddFile("slow", "telephony", Slow).Set("slow", "Deadline", "00:00:00.050");
        await using var host = await DossierHost.StartAsync(settings.DataDirectory, [.. settings.All, ("Traces:Keep", "5"), ("Traces:SlowerThan", "00:10:00")]);
        await host.Dossiers.ListInteractionsAsync(new ListInteractionsRequest { Parent = "customers/1042" });
        for (var call = 0; call < 12; call++)
        {
            await host.GetAsync("1042");
        }

        ListTracesResponse listed = null!;
        await Eventually.TrueAsync(async () => (listed = await Traces(host).ListTracesAsync(new ListTracesRequest())).KeptCount == 13, "all 13 were kept for a while");
        Assert.Equal(5, listed.Traces.Count);
        Assert.Single(listed.Traces, trace => trace.Method == "DossierService/ListInteractions");
        Assert.All(listed.Traces, trace => Assert.Empty(trace.Spans));
        Assert.Equal(listed.Traces.OrderByDescending(trace => trace.StartTime.ToDateTimeOffset()), listed.Traces);
    }

    [Fact]
    public async Task A_call_that_lacks_a_source_which_cannot_be_used_at_all_names_it()
    {
        using var settings = new SourceSettings().AddFile("crm", "telephony", "-- name: interactoins\nSELECT 1");
        await using var host = await settings.StartAsync();
        var call = host.Dossiers.GetDossierAsync(new GetDossierRequest { Name = "customers/1042/dossier" }, DossierHost.As("telephony"));
        Assert.Equal(SourceState.Disabled, (await call).Dossier.Sources.Single(source => source.Source == "sources/crm").State);

        var trace = await KeptAsync(host, call.GetTrailers().GetValue("x-dossier-trace")!);

        Assert.Equal(["sources/crm"], trace.FailedSources);
        var span = Assert.Single(trace.Spans, span => span.Name == "read crm");
        Assert.Equal((true, "DISABLED"), (span.Failed, span.Attributes["dossier.outcome"]));
        Assert.Contains("interactoins", span.Failure, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_service_that_shall_keep_none_keeps_none()
    {
        await using var host = await Patient.StartAsync(("Traces:Keep", "0"), ("Traces:SlowerThan", "00:00:00"));
        await host.GetAsync("1042");

        Assert.Empty((await Traces(host).ListTracesAsync(new ListTracesRequest())).Traces);
    }

    [Fact]
    public async Task A_trace_that_is_not_kept_or_no_trace_is_said_to_be_so()
    {
        await using var host = await Patient.StartAsync();

        Assert.Equal("RESOURCE_NOT_FOUND", (await Refused.ByAsync(async () => await Traces(host).GetTraceAsync(new GetTraceRequest { Name = "traces/" + new string('0', 32) }))).Reason);
        Assert.Equal(["name"], (await Refused.ByAsync(async () => await Traces(host).GetTraceAsync(new GetTraceRequest { Name = "traces/x" }))).Fields);
        Assert.Equal(
            ["page_size", "source", "min_duration"],
            (await Refused.ByAsync(async () => await Traces(host).ListTracesAsync(
                new ListTracesRequest { PageSize = -1, Source = "webcare", MinDuration = new Duration { Seconds = -1 } }))).Fields);
        Assert.Contains("no kept trace begins with 0123", (await Typed.RunAsync("traces", "0123", "--address", host.Address)).Error, StringComparison.Ordinal);
    }

    private static TraceService.TraceServiceClient Traces(DossierHost host) => new(host.Channel);

    /// <summary>Asked for once: a call has its answer a moment before its trace is whole, and the service waits for it.</summary>
    private static async Task<V1.Trace> KeptAsync(DossierHost host, string id) =>
        (await Traces(host).GetTraceAsync(new GetTraceRequest { Name = "traces/" + id })).Trace;
}
