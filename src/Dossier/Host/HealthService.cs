using Dossier.Registry;
using Dossier.Sources;
using Dossier.V1;
using Grpc.Core;
using Grpc.Health.V1;

namespace Dossier.Host;

/// <summary>
/// grpc.health.v1: ready is the registry, and that its schema fits the program, and nothing else. A channel store that is down is not a reason to take traffic
/// away, because a dossier without it is the product; each has a name of its own here (<c>sources/webcare</c>) for whoever looks after it.
/// <c>live</c> is the process alone, for whoever restarts it: a registry that is down is not mended by restarting every instance.
/// </summary>
public sealed class HealthService(RegistryDatabase registry, SourceCatalogue sources, SourceTrials trials, IHostApplicationLifetime lifetime) : Health.HealthBase
{
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(250);

    /// <summary>The name that serves for as long as the process answers.</summary>
    private const string Live = "live";

    private static readonly HashSet<string> Services = new(StringComparer.Ordinal)
    {
        "", "dossier.v1.DossierService", "dossier.v1.AgreementService", "dossier.v1.GuardService", "dossier.v1.AccessService", "dossier.v1.TraceService",
    };

    public override async Task<HealthCheckResponse> Check(HealthCheckRequest request, ServerCallContext context) =>
        await StatusAsync(request.Service, context.CancellationToken) is var status && status != HealthCheckResponse.Types.ServingStatus.ServiceUnknown
            ? new HealthCheckResponse { Status = status }
            : throw new RpcException(new Status(StatusCode.NotFound, $"There is no service '{request.Service[..Math.Min(request.Service.Length, 100)]}' here."));

    public override async Task Watch(HealthCheckRequest request, IServerStreamWriter<HealthCheckResponse> responseStream, ServerCallContext context)
    {
        // Watch ends with the process: an open stream would hold the shutdown for 30 s.
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, lifetime.ApplicationStopping);
        HealthCheckResponse.Types.ServingStatus? told = null;
        try
        {
            while (true)
            {
                var status = await StatusAsync(request.Service, stop.Token);
                if (status != told)
                {
                    await responseStream.WriteAsync(new HealthCheckResponse { Status = status }, stop.Token);
                    told = status;
                }

                await Task.Delay(Poll, TimeProvider.System, stop.Token);
            }
        }
        catch (OperationCanceledException) when (lifetime.ApplicationStopping.IsCancellationRequested)
        {
            if (!context.CancellationToken.IsCancellationRequested && told != HealthCheckResponse.Types.ServingStatus.NotServing)
            {
                await responseStream.WriteAsync(new HealthCheckResponse { Status = HealthCheckResponse.Types.ServingStatus.NotServing }, context.CancellationToken);
            }
        }
    }

    private async Task<HealthCheckResponse.Types.ServingStatus> StatusAsync(string service, CancellationToken stop)
    {
        if (service == Live)
        {
            return HealthCheckResponse.Types.ServingStatus.Serving;
        }

        var source = ResourceNames.TrySource(service, out var name) ? sources.Find(name) : null;
        if (source is null && !Services.Contains(service))
        {
            return HealthCheckResponse.Types.ServingStatus.ServiceUnknown;
        }

        return !lifetime.ApplicationStopping.IsCancellationRequested && (source is null ? await registry.IsReadyAsync(stop) : await ServesAsync(source, stop))
            ? HealthCheckResponse.Types.ServingStatus.Serving
            : HealthCheckResponse.Types.ServingStatus.NotServing;
    }

    private async Task<bool> ServesAsync(ChannelStore source, CancellationToken stop)
    {
        await trials.TryAsync(source, stop);
        return source is { Disabled: false, Paused: false, BreakerOpen: false } && source.Health.State is SourceState.Ok or SourceState.Partial;
    }
}
