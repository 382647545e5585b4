using System.Diagnostics;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Dossier.Host;

/// <summary>
/// Traces, metrics and logs by OTLP, set with the standard OTEL_* variables. Without an endpoint nothing is exported:
/// a newcomer's console stays free of connection errors. Metrics can be fetched too (`Metrics:Listen`).
/// </summary>
public static class OpenTelemetryExport
{
    private const string Driver = DriverSpans.Source;

    public static bool Wanted => !Disabled && Endpoints.Any();

    private static bool Disabled => string.Equals(Environment.GetEnvironmentVariable("OTEL_SDK_DISABLED"), "true", StringComparison.OrdinalIgnoreCase);

    /// <summary>The variables that say where to, as far as they are set.</summary>
    internal static IEnumerable<(string Variable, string Value)> Endpoints =>
        from name in new[] { "OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT" }
        let value = Environment.GetEnvironmentVariable(name)
        where !string.IsNullOrEmpty(value)
        select (name, value);

    public static void AddDossierTelemetry(this WebApplicationBuilder builder, DossierOptions options)
    {
        var fetched = options.Metrics.Listen.Length > 0 && !Disabled;
        if (!Wanted && !fetched)
        {
            return;
        }

        // OpenTelemetrySdk.Create does what AddOpenTelemetry() of the hosting package does, which does not restore here. Protocol, sampler and
        // intervals are the SDK's to read from OTEL_*: what is set here would win over them.
        var sdk = OpenTelemetrySdk.Create(telemetry =>
        {
            telemetry
                .ConfigureResource(resource => resource.AddService("dossier", serviceVersion: typeof(Telemetry).Assembly.GetName().Version?.ToString(3)).AddEnvironmentVariableDetector())
                .WithMetrics(metrics => (fetched ? metrics.AddPrometheusExporter() : metrics)
                    .AddMeter("Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "System.Runtime", Telemetry.Name));
            if (Wanted)
            {
                telemetry
                    .WithTracing(tracing => tracing.AddSource("Microsoft.AspNetCore", Driver, Telemetry.Name).AddProcessor(new OfCalls()))
                    .WithLogging(_ => { }, logs => (logs.IncludeScopes, logs.IncludeFormattedMessage) = (false, true))
                    .UseOtlpExporter();
            }
        });
        builder.Services.AddSingleton(sdk);
        if (!Wanted)
        {
            return;
        }

        builder.Services.AddHostedService<Flush>();
        builder.Logging.Services.AddSingleton<ILoggerProvider>(new Bridge(sdk.GetLoggerFactory()));
    }

    /// <summary>Makes of the spans of others what belongs in the trace of a call.</summary>
    private sealed class OfCalls : BaseProcessor<Activity>
    {
        public override void OnEnd(Activity data)
        {
            if (data.Source.Name == Driver)
            {
                // Each look of the feed, several a second, would be a trace of its own.
                if (data.ParentSpanId == default)
                {
                    data.ActivityTraceFlags &= ~ActivityTraceFlags.Recorded;
                }

                // The whole query file, up to 10 kB a span, and the connection string; the span above names the source.
                data.SetTag("db.query.text", null);
                data.SetTag("db.npgsql.data_source", null);
            }
            else if (data.GetTagItem("rpc.method") is string method)
            {
                // Else every call has the name of ASP.NET Core's own event.
                data.DisplayName = method;
            }
        }
    }

    /// <summary>Sends what is left when the service stops; a backend that does not answer must not hold up the end (13 s without this).</summary>
    private sealed class Flush(OpenTelemetrySdk sdk) : IHostedService
    {
        private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

        public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken)
        {
            var sent = Task.Run(sdk.Dispose, CancellationToken.None);
            return Task.WhenAny(sent, Task.Delay(Patience, TimeProvider.System, CancellationToken.None));
        }
    }

    /// <summary>Hands the host's log lines to the SDK's own factory.</summary>
    private sealed class Bridge(ILoggerFactory factory) : ILoggerProvider
    {
        public ILogger CreateLogger(string categoryName) => factory.CreateLogger(categoryName);

        public void Dispose()
        {
        }
    }
}
