using System.Diagnostics;
using System.Net;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using OpenTelemetry;

namespace Dossier.Host;

/// <summary>The ports: the service's own, one with TLS for development, one for probes that serves health and nothing else, and one for metrics.</summary>
internal static class Listeners
{
    /// <summary>Opened here, so that ASPNETCORE_URLS and its like are not read.</summary>
    public static void Open(KestrelServerOptions kestrel, DossierOptions options)
    {
        kestrel.Listen(Settings.Endpoint(options.Listen), listen =>
        {
            if (Settings.IsSecure(options.Listen))
            {
                kestrel.ApplicationServices.GetRequiredService<Tls>().Use(listen);
            }
        });
        if (options.Tls.Development)
        {
            var files = DevelopmentCertificate.Ready(options.DataDirectory, TimeProvider.System.GetUtcNow());
            var tls = new Tls(files, kestrel.ApplicationServices.GetRequiredService<ILogger<Tls>>());
            kestrel.Listen(Settings.DevelopmentEndpoint(options), tls.Use);
        }

        if (options.Health.Listen.Length > 0)
        {
            kestrel.Listen(Settings.Endpoint(options.Health.Listen), listen => listen.Use(next => connection =>
            {
                connection.Features.Set(new Probe());
                return next(connection);
            }));
        }

        if (options.Metrics.Listen.Length > 0)
        {
            kestrel.Listen(Settings.Endpoint(options.Metrics.Listen), listen =>
            {
                // Who fetches metrics speaks HTTP/1.1, and without TLS a port has one of the two.
                listen.Protocols = HttpProtocols.Http1;
                listen.Use(next => connection =>
                {
                    connection.Features.Set(new Fetched());
                    return next(connection);
                });
            });
        }
    }

    public static void UseProbesOnly(this WebApplication app) => app.Use((context, next) =>
    {
        if (context.Features.Get<Probe>() is null || context.Request.Path.StartsWithSegments("/grpc.health.v1.Health", StringComparison.Ordinal))
        {
            return next(context);
        }

        // Which gRPC's clients show as UNIMPLEMENTED.
        context.Response.StatusCode = (int)HttpStatusCode.NotFound;
        return Task.CompletedTask;
    });

    /// <summary>The port for metrics serves them, and the other ports do not.</summary>
    public static void UseMetrics(this WebApplication app) => app.MapWhen(
        context => context.Features.Get<Fetched>() is not null,
        fetched =>
        {
            fetched.Use((context, next) =>
            {
                // No call of a caller: a trace every few seconds of each who fetches.
                Activity.Current?.ActivityTraceFlags &= ~ActivityTraceFlags.Recorded;
                return next(context);
            });
            if (app.Services.GetService<OpenTelemetrySdk>() is { } telemetry)
            {
                fetched.UseOpenTelemetryPrometheusScrapingEndpoint(telemetry.MeterProvider, null, "/metrics", null, null);
            }

            fetched.Run(context =>
            {
                context.Response.StatusCode = (int)HttpStatusCode.NotFound;
                return context.Response.WriteAsync("The metrics are at /metrics.\n", context.RequestAborted);
            });
        });

    /// <summary>Marks a connection of the port for probes.</summary>
    private sealed class Probe;

    /// <summary>Marks a connection of the port for metrics.</summary>
    private sealed class Fetched;
}
