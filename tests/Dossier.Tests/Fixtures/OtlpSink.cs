using System.Collections.Concurrent;
using Dossier.Tests.Fixtures.Otlp;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Dossier.Tests.Fixtures;

/// <summary>
/// An observability backend: takes OTLP from real sockets, over gRPC (HTTP/2) on one and over HTTP with protobuf on the
/// other, and keeps the raw bytes and what they mean.
/// </summary>
public sealed class OtlpSink : IAsyncDisposable
{
    private readonly WebApplication app;

    private OtlpSink(WebApplication app, Received received)
    {
        this.app = app;
        var addresses = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.ToList();
        (HttpAddress, GrpcAddress, Got) = (addresses[0], addresses[1], received);
    }

    public string HttpAddress { get; }

    public string GrpcAddress { get; }

    public Received Got { get; }

    public static async Task<OtlpSink> StartAsync()
    {
        var received = new Received();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton(received);
        builder.Services.AddGrpc();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.ListenLocalhostPort(HttpProtocols.Http1);
            kestrel.ListenLocalhostPort(HttpProtocols.Http2);
        });
        var built = builder.Build();
        built.MapPost("/v1/traces", (HttpRequest request) => TakeAsync(request, received.Traces));
        built.MapPost("/v1/metrics", (HttpRequest request) => TakeAsync(request, received.Metrics));
        built.MapPost("/v1/logs", (HttpRequest request) => TakeAsync(request, received.Logs));
        built.MapGrpcService<Traces>();
        built.MapGrpcService<Metrics>();
        built.MapGrpcService<Logs>();
        await built.StartAsync();
        return new OtlpSink(built, received);
    }

    public async ValueTask DisposeAsync()
    {
        await app.StopAsync();
        await app.DisposeAsync();
    }

    private static async Task TakeAsync(HttpRequest request, ConcurrentQueue<byte[]> queue)
    {
        using var body = new MemoryStream();
        await request.Body.CopyToAsync(body);
        queue.Enqueue(body.ToArray());
        request.HttpContext.Response.ContentType = "application/x-protobuf";
    }

    /// <summary>All that has arrived.</summary>
    public sealed class Received
    {
        public ConcurrentQueue<byte[]> Traces { get; } = new();

        public ConcurrentQueue<byte[]> Metrics { get; } = new();

        public ConcurrentQueue<byte[]> Logs { get; } = new();

        public IReadOnlyList<Span> Spans => [.. Traces
            .SelectMany(bytes => ExportTraceRequest.Parser.ParseFrom(bytes).ResourceSpans)
            .SelectMany(resource => resource.ScopeSpans)
            .SelectMany(scope => scope.Spans)];

        public IReadOnlySet<string> MetricNames => Measured.Select(metric => metric.Name).ToHashSet(StringComparer.Ordinal);

        /// <summary>Every metric of every export, the latest last.</summary>
        public IReadOnlyList<Metric> Measured => [.. Metrics
            .SelectMany(bytes => ExportMetricsRequest.Parser.ParseFrom(bytes).ResourceMetrics)
            .SelectMany(resource => resource.ScopeMetrics)
            .SelectMany(scope => scope.Metrics)];

        public IReadOnlyList<LogRecord> LogRecords => [.. Logs
            .SelectMany(bytes => ExportLogsRequest.Parser.ParseFrom(bytes).ResourceLogs)
            .SelectMany(resource => resource.ScopeLogs)
            .SelectMany(scope => scope.LogRecords)];

        /// <summary>The latest count or value of a metric with these attributes; null if it never came.</summary>
        public double? Latest(string metric, params (string Key, string Value)[] attributes)
        {
            bool Fits(IEnumerable<KeyValue> said) => attributes.All(wanted => said.Any(one => one.Key == wanted.Key && one.Value.Text() == wanted.Value));
            return Measured.Where(one => one.Name == metric).SelectMany(one => one.DataCase switch
            {
                Metric.DataOneofCase.Histogram => one.Histogram.DataPoints.Where(point => Fits(point.Attributes)).Select(point => (double?)point.Count),
                Metric.DataOneofCase.Sum => one.Sum.DataPoints.Where(point => Fits(point.Attributes)).Select(point => (double?)point.Number()),
                _ => one.Gauge.DataPoints.Where(point => Fits(point.Attributes)).Select(point => (double?)point.Number()),
            }).LastOrDefault();
        }

        /// <summary>Every byte that left the service, as one text.</summary>
        public string Everything => string.Concat(Traces.Concat(Metrics).Concat(Logs).Select(System.Text.Encoding.UTF8.GetString));
    }

    // Over gRPC the message's unknown fields are kept, so its bytes are what was sent.
    private sealed class Traces(Received received) : TraceService.TraceServiceBase
    {
        public override Task<ExportTraceResponse> Export(ExportTraceRequest request, ServerCallContext context)
        {
            received.Traces.Enqueue(request.ToByteArray());
            return Task.FromResult(new ExportTraceResponse());
        }
    }

    private sealed class Metrics(Received received) : MetricsService.MetricsServiceBase
    {
        public override Task<ExportMetricsResponse> Export(ExportMetricsRequest request, ServerCallContext context)
        {
            received.Metrics.Enqueue(request.ToByteArray());
            return Task.FromResult(new ExportMetricsResponse());
        }
    }

    private sealed class Logs(Received received) : LogsService.LogsServiceBase
    {
        public override Task<ExportLogsResponse> Export(ExportLogsRequest request, ServerCallContext context)
        {
            received.Logs.Enqueue(request.ToByteArray());
            return Task.FromResult(new ExportLogsResponse());
        }
    }
}

/// <summary>What was received, as tests compare it.</summary>
internal static class OtlpValues
{
    public static string Text(this AnyValue value) => value.ValueCase switch
    {
        AnyValue.ValueOneofCase.StringValue => value.StringValue,
        AnyValue.ValueOneofCase.BoolValue => value.BoolValue ? "true" : "false",
        AnyValue.ValueOneofCase.IntValue => $"{value.IntValue}",
        _ => $"{value.DoubleValue}",
    };

    public static double Number(this NumberDataPoint point) => point.ValueCase == NumberDataPoint.ValueOneofCase.AsInt ? point.AsInt : point.AsDouble;

    /// <summary>An attribute as text; empty if it is not there.</summary>
    public static string Of(this IEnumerable<KeyValue> attributes, string key) => attributes.FirstOrDefault(attribute => attribute.Key == key)?.Value.Text() ?? "";

    public static string Hex(this ByteString bytes) => Convert.ToHexStringLower(bytes.Span);
}

internal static class LoopbackPorts
{
    public static void ListenLocalhostPort(this KestrelServerOptions kestrel, HttpProtocols protocols) =>
        kestrel.Listen(System.Net.IPAddress.Loopback, 0, listen => listen.Protocols = protocols);
}
