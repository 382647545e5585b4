using System.Net;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Dossier.Host;

/// <summary>The ports: the service's own, one with TLS for development, and one for probes that serves health and nothing else.</summary>
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

    /// <summary>Marks a connection of the port for probes.</summary>
    private sealed class Probe;
}
