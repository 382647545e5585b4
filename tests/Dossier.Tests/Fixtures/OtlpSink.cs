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

        public IReadOnlySet<string> MetricNames => Metrics
            .SelectMany(bytes => ExportMetricsRequest.Parser.ParseFrom(bytes).ResourceMetrics)
            .SelectMany(resource => resource.ScopeMetrics)
            .SelectMany(scope => scope.Metrics)
            .Select(metric => metric.Name)
            .ToHashSet(StringComparer.Ordinal);

        public IReadOnlyList<LogRecord> LogRecords => [.. Logs
            .SelectMany(bytes => ExportLogsRequest.Parser.ParseFrom(bytes).ResourceLogs)
            .SelectMany(resource => resource.ScopeLogs)
            .SelectMany(scope => scope.LogRecords)];

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

internal static class LoopbackPorts
{
    public static void ListenLocalhostPort(this KestrelServerOptions kestrel, HttpProtocols protocols) =>
        kestrel.Listen(System.Net.IPAddress.Loopback, 0, listen => listen.Protocols = protocols);
}
