using Dossier.Tests.Fixtures;
using Dossier.Tests.Fixtures.Otlp;
using Dossier.V1;
using Grpc.Core;

namespace Dossier.Tests.ServiceTests;

/// <summary>What an operator sees in an observability backend, received as real OTLP from a real socket.</summary>
[Collection(ProcessesCollection.Name)]
public sealed class OneTraceTests
{
    private const int StatusError = 2;
    private static readonly string[] Sources = ["administration", "registry", "telephony", "webcare"];

    [Theory]
    [InlineData("http/protobuf")]
    [InlineData("grpc")]
    public async Task A_dossier_is_one_trace_with_the_callers_id_and_a_span_for_each_source(string protocol)
    {
        await using var sink = await OtlpSink.StartAsync();
        using var data = new DataFolder();
        var trace = await CallAsync(sink, protocol, data.Path);

        var spans = sink.Got.Spans.Where(span => Hex(span.TraceId) == trace.Id).ToList();
        var server = Assert.Single(spans, span => Hex(span.ParentSpanId) == trace.Parent);
        Assert.Equal("dossier.v1.DossierService/GetDossier", Attribute(server, "rpc.method"));
        Assert.Equal("OK", Attribute(server, "rpc.response.status_code"));
        Assert.Equal("telephony", Attribute(server, "dossier.system"));
        foreach (var source in Sources)
        {
            // A source whose keys have only just been told is read twice in the first dossier.
            var reads = spans.Where(span => Attribute(span, "dossier.source") == source).ToList();
            Assert.NotEmpty(reads);
            Assert.All(reads, span =>
            {
                Assert.Equal(server.SpanId, span.ParentSpanId);
                Assert.Equal("sqlite", Attribute(span, "db.system.name"));
                Assert.Equal("OK", Attribute(span, "dossier.outcome"));
                Assert.True(span.EndTimeUnixNano >= span.StartTimeUnixNano);
                Assert.NotEqual(StatusError, span.Status?.Code ?? 0);
            });
        }

        Assert.Superset(
            new HashSet<string>(StringComparer.Ordinal) { "dossier.call.duration", "dossier.source.duration", "dossier.registry.duration", "dossier.dossiers", "dossier.registry.sequence" },
            sink.Got.MetricNames.ToHashSet(StringComparer.Ordinal));
        NothingPersonal(sink);
    }

    [Fact]
    public async Task A_source_that_is_gone_is_the_only_span_with_an_error_and_its_log_line_has_the_trace()
    {
        await using var sink = await OtlpSink.StartAsync();
        using var data = new DataFolder();
        var trace = await CallAsync(sink, "http/protobuf", data.Path, whileRunning: () => File.Delete(Path.Combine(data.Path, "telephony.db")));

        var spans = sink.Got.Spans.Where(span => Hex(span.TraceId) == trace.Id).ToList();
        Assert.All(spans, span => Assert.Equal(Attribute(span, "dossier.source") == "telephony", span.Status?.Code == StatusError));
        Assert.Contains(spans, span => Attribute(span, "dossier.outcome") == "UNREACHABLE");
        Assert.Contains(sink.Got.LogRecords, record => Hex(record.TraceId) == trace.Id);
        NothingPersonal(sink);
    }

    /// <summary>Runs the service with the sink as its backend, makes one call with a trace of our own, and stops it, so that all is sent.</summary>
    private static async Task<(string Id, string Parent)> CallAsync(OtlpSink sink, string protocol, string data, Action? whileRunning = null)
    {
        var (id, parent) = (Guid.NewGuid().ToString("N"), Guid.NewGuid().ToString("N")[..16]);
        await using var service = await DossierProcess.StartAsync(
            data,
            ("OTEL_EXPORTER_OTLP_ENDPOINT", protocol == "grpc" ? sink.GrpcAddress : sink.HttpAddress),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", protocol));
        whileRunning?.Invoke();
        var call = service.Dossiers.GetDossierAsync(
            new GetDossierRequest { Name = "customers/1042/dossier" },
            new Metadata { { "traceparent", $"00-{id}-{parent}-01" }, { "x-dossier-system", "telephony" } });
        await call.ResponseAsync;
        Assert.Equal(id, call.GetTrailers().GetValue("x-dossier-trace"));
        await service.TerminateAsync();
        Assert.Empty(service.Error);
        return (id, parent);
    }

    private static void NothingPersonal(OtlpSink sink)
    {
        var everything = sink.Got.Everything;
        foreach (var personal in new[] { "Marloes", "de Wit", "600001042", "marloes.dewit", "customers/1042", "202608-004217" })
        {
            Assert.DoesNotContain(personal, everything, StringComparison.OrdinalIgnoreCase);
        }
    }

    private static string? Attribute(Span span, string key) => span.Attributes.FirstOrDefault(attribute => attribute.Key == key)?.Value.StringValue;

    private static string Hex(Google.Protobuf.ByteString bytes) => Convert.ToHexStringLower(bytes.Span);

    private sealed class DataFolder : IDisposable
    {
        public string Path { get; } = DossierHost.NewDataDirectory();

        public void Dispose() => Directory.Delete(Path, recursive: true);
    }
}
