using Dossier.Tests.Fixtures;
using Dossier.Tests.Fixtures.Otlp;
using Dossier.V1;
using Grpc.Core;
using Microsoft.Data.Sqlite;

namespace Dossier.Tests.ServiceTests;

/// <summary>What an operator sees in an observability backend, received as real OTLP from a real socket.</summary>
[Collection(Alone.Name)]
public sealed class OneTraceTests
{
    private const int Server = 2;
    private const int Client = 3;
    private const int StatusError = 2;
    private const int Warning = 13;
    private const string GetDossier = "dossier.v1.DossierService/GetDossier";
    private static readonly string[] Sources = ["administration", "registry", "telephony", "webcare"];

    [Theory]
    [InlineData("http/protobuf")]
    [InlineData("grpc")]
    public async Task A_dossier_is_one_trace_with_the_callers_id_and_a_span_for_each_source(string protocol)
    {
        await using var sink = await OtlpSink.StartAsync();
        using var folder = TemporaryFolder.WithStores();
        await using var service = await DossierProcess.StartAsync(
            folder.Path,
            ("OTEL_EXPORTER_OTLP_ENDPOINT", protocol == "grpc" ? sink.GrpcAddress : sink.HttpAddress),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", protocol));
        var trace = Trace.New();

        var call = service.Dossiers.GetDossierAsync(new GetDossierRequest { Name = "customers/1042/dossier" }, trace.AsTelephony());
        await call.ResponseAsync;
        await service.TerminateAsync();

        Assert.Empty(service.Error);
        Assert.Equal(trace.Id, call.GetTrailers().GetValue("x-dossier-trace"));
        var spans = SpansOf(sink, trace);
        var server = AssertOneTrace(spans, trace);
        foreach (var source in Sources)
        {
            // A source whose keys have only just been told is read twice in the first dossier.
            var reads = spans.Where(span => span.Attributes.Of("dossier.source") == source).ToList();
            Assert.NotEmpty(reads);
            Assert.All(reads, span =>
            {
                Assert.Equal(server.SpanId, span.ParentSpanId);
                Assert.Equal(("sqlite", "OK"), (span.Attributes.Of("db.system.name"), span.Attributes.Of("dossier.outcome")));
                Assert.NotEqual(StatusError, span.Status?.Code ?? 0);
            });
        }

        Assert.Superset(
            new HashSet<string>(StringComparer.Ordinal)
            {
                "dossier.call.duration", "dossier.source.duration", "dossier.registry.duration", "dossier.dossiers", "dossier.registry.sequence",
                "kestrel.active_connections", "http.server.active_requests", "dotnet.process.cpu.time", "dotnet.process.memory.working_set", "dotnet.gc.pause.time", "dotnet.thread_pool.queue.length",
            },
            sink.Got.MetricNames.ToHashSet(StringComparer.Ordinal));
        NothingPersonal(sink);
    }

    [Fact]
    public async Task Of_a_dossier_with_a_slow_and_a_failed_source_each_span_metric_and_log_line_says_which()
    {
        await using var sink = await OtlpSink.StartAsync();
        using var settings = new SourceSettings().Set("webcare", "Deadline", "00:01:00");
        await using var service = await DossierProcess.StartAsync(Launch.On(
            settings.DataDirectory,
            [
                ("OTEL_EXPORTER_OTLP_ENDPOINT", sink.GrpcAddress), ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"), ("OTEL_BSP_SCHEDULE_DELAY", "20"),
                .. settings.All.Select(setting => ("DOSSIER_" + setting.Key.Replace(":", "__", StringComparison.Ordinal), setting.Value)),
            ]));
        var request = new GetDossierRequest { Name = "customers/1042/dossier" };
        var trace = Trace.New();

        // Its keys are known after this one, which its caller wants no trace of.
        await service.Dossiers.GetDossierAsync(request, Trace.New().AsTelephony(sampled: false));
        File.Delete(Path.Combine(settings.DataDirectory, "telephony.db"));
        AsyncUnaryCall<GetDossierResponse> call;
        ulong released;
        await using (var held = new SqliteConnection($"Data Source={Path.Combine(settings.DataDirectory, "webcare.db")};Pooling=False"))
        {
            await held.OpenAsync();
            using var hold = held.CreateCommand();
            hold.CommandText = "BEGIN EXCLUSIVE";
            await hold.ExecuteNonQueryAsync();
            call = service.Dossiers.GetDossierAsync(request, trace.AsTelephony(), deadline: TimeProvider.System.GetUtcNow().UtcDateTime.AddMinutes(1));
            await Eventually.TrueAsync(
                () => Task.FromResult(Sources.Except(["webcare"]).All(source => SpansOf(sink, trace).Any(span => span.Attributes.Of("dossier.source") == source))),
                "all other sources have been read");
            released = (ulong)(TimeProvider.System.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks * 100;
        }

        var dossier = (await call).Dossier;
        await service.TerminateAsync();

        Assert.Empty(service.Error);
        Assert.Equal(["sources/telephony"], dossier.Unreachable);
        var spans = SpansOf(sink, trace);
        var server = AssertOneTrace(spans, trace);
        AssertSources(spans, server, released);
        AssertMetrics(sink.Got);

        var failed = spans.Single(span => span.Attributes.Of("dossier.source") == "telephony");
        var line = Assert.Single(sink.Got.LogRecords, record => record.TraceId.Hex() == trace.Id);
        Assert.Equal((failed.SpanId, Warning), (line.SpanId, line.SeverityNumber));
        Assert.Equal(("telephony", "Unreachable"), (line.Attributes.Of("Source"), line.Attributes.Of("State")));
        Assert.StartsWith("Source telephony is Unreachable: FAILED", line.Body.StringValue, StringComparison.Ordinal);
        NothingPersonal(sink);
    }

    private static void AssertSources(List<Span> spans, Span server, ulong released)
    {
        foreach (var span in spans.Where(span => span.SpanId != server.SpanId))
        {
            var source = span.Attributes.Of("dossier.source");
            Assert.Contains(source, Sources);
            Assert.Equal((server.SpanId, Client), (span.ParentSpanId, span.Kind));
            Assert.Equal(("sqlite", $"{source}.db"), (span.Attributes.Of("db.system.name"), span.Attributes.Of("db.namespace")));
            Assert.Equal(span.Name, span.Attributes.Of("db.query.summary"));
            Assert.EndsWith(source, span.Name, StringComparison.Ordinal);
            Assert.InRange(span.StartTimeUnixNano, server.StartTimeUnixNano, span.EndTimeUnixNano);
            Assert.InRange(span.EndTimeUnixNano, span.StartTimeUnixNano, server.EndTimeUnixNano);

            // The slow one is the one that was still read when all others had been.
            Assert.Equal(source == "webcare", span.EndTimeUnixNano >= released);
            var failed = source == "telephony";
            Assert.Equal(failed ? "UNREACHABLE" : "OK", span.Attributes.Of("dossier.outcome"));
            Assert.Equal(failed ? "UNREACHABLE" : "", span.Attributes.Of("error.type"));
            Assert.Equal(failed ? StatusError : 0, span.Status?.Code ?? 0);
            Assert.Equal(failed, span.Status?.Message.StartsWith("FAILED", StringComparison.Ordinal) ?? false);
            Assert.Equal(source is "administration" or "webcare", int.TryParse(span.Attributes.Of("db.response.returned_rows"), out var rows) && rows > 0);
        }

        // Read once each: the keys are known. A change of the registry remembers the conflicts that were seen.
        Assert.Equal(Sources, spans.Select(span => span.Name).Where(name => name.StartsWith("read ", StringComparison.Ordinal)).Select(name => name["read ".Length..]).Order());
        Assert.NotEqual(StatusError, server.Status?.Code ?? 0);
    }

    private static void AssertMetrics(OtlpSink.Received got)
    {
        Assert.Equal(2, got.Latest("dossier.call.duration", ("rpc.method", GetDossier), ("rpc.response.status_code", "OK")));
        Assert.Equal(1, got.Latest("dossier.source.duration", ("dossier.source", "telephony"), ("dossier.outcome", "UNREACHABLE")));
        Assert.Equal((1, 1), (got.Latest("dossier.dossiers", ("dossier.partial", "true")), got.Latest("dossier.dossiers", ("dossier.partial", "false"))));
        Assert.True(got.Latest("dossier.source.duration", ("dossier.source", "webcare"), ("dossier.outcome", "OK")) >= 2);
        Assert.True(got.Latest("dossier.registry.duration", ("dossier.operation", "read"), ("dossier.outcome", "OK")) >= 2);
        Assert.True(got.Latest("dossier.registry.duration", ("dossier.operation", "poll"), ("dossier.outcome", "OK")) >= 1);
        Assert.NotNull(got.Latest("dossier.registry.sequence"));
        Assert.Equal((0, 0), (got.Latest("dossier.source.breaker", ("dossier.source", "webcare")), got.Latest("dossier.source.abandoned", ("dossier.source", "registry"))));

        // A quantile of calls is told from these; those of the SDK are made for milliseconds and would hold all of ours in one.
        foreach (var name in new[] { "dossier.call.duration", "dossier.source.duration", "dossier.registry.duration" })
        {
            var metric = got.Measured.Last(metric => metric.Name == name);
            Assert.Equal("s", metric.Unit);
            Assert.All(metric.Histogram.DataPoints, point => Assert.Superset(new HashSet<double> { 0.01, 0.1, 0.5, 1 }, point.ExplicitBounds.ToHashSet()));
        }
    }

    /// <summary>Every span hangs below the server's, and that below the caller's.</summary>
    private static Span AssertOneTrace(List<Span> spans, Trace trace)
    {
        var server = Assert.Single(spans, span => span.ParentSpanId.Hex() == trace.Parent);
        Assert.Equal((Server, GetDossier), (server.Kind, server.Name));
        Assert.All(spans, span => Assert.True(ReferenceEquals(span, server) || spans.Exists(above => above.SpanId == span.ParentSpanId), $"{span.Name} hangs below nothing"));
        Assert.Equal((GetDossier, "OK", "telephony", "service"), (
            server.Attributes.Of("rpc.method"), server.Attributes.Of("rpc.response.status_code"), server.Attributes.Of("dossier.system"), server.Attributes.Of("dossier.purpose")));
        return server;
    }

    private static List<Span> SpansOf(OtlpSink sink, Trace trace) => [.. sink.Got.Spans.Where(span => span.TraceId.Hex() == trace.Id)];

    private static void NothingPersonal(OtlpSink sink)
    {
        var everything = sink.Got.Everything;
        foreach (var personal in new[] { "Marloes", "de Wit", "600001042", "marloes.dewit", "customers/1042", "202608-004217" })
        {
            Assert.DoesNotContain(personal, everything, StringComparison.OrdinalIgnoreCase);
        }
    }
}

/// <summary>A caller's own trace (W3C).</summary>
internal sealed record Trace(string Id, string Parent)
{
    public static Trace New() => new(Guid.NewGuid().ToString("N"), Guid.NewGuid().ToString("N")[..16]);

    public Metadata AsTelephony(bool sampled = true) => new() { { "traceparent", $"00-{Id}-{Parent}-{(sampled ? "01" : "00")}" }, { "x-dossier-system", "telephony" } };
}
