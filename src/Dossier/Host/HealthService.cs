using Dossier.Registry;
using Grpc.Core;
using Grpc.Health.V1;

namespace Dossier.Host;

/// <summary>
/// grpc.health.v1: ready is the registry and nothing else. A channel store that is down is not a reason to take traffic
/// away, because a dossier without it is the product.
/// </summary>
public sealed class HealthService(RegistryDatabase registry, IHostApplicationLifetime lifetime) : Health.HealthBase
{
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(500);

    private static readonly HashSet<string> Services = new(StringComparer.Ordinal)
    {
        "", "dossier.v1.DossierService", "dossier.v1.AgreementService", "dossier.v1.GuardService", "dossier.v1.AccessService",
    };

    public override async Task<HealthCheckResponse> Check(HealthCheckRequest request, ServerCallContext context) =>
        Services.Contains(request.Service)
            ? new HealthCheckResponse { Status = await StatusAsync(context.CancellationToken) }
            : throw new RpcException(new Status(StatusCode.NotFound, $"There is no service '{request.Service}' here."));

    public override async Task Watch(HealthCheckRequest request, IServerStreamWriter<HealthCheckResponse> responseStream, ServerCallContext context)
    {
        // Watch ends with the process: an open stream would hold the shutdown for 30 s.
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, lifetime.ApplicationStopping);
        HealthCheckResponse.Types.ServingStatus? told = null;
        try
        {
            while (true)
            {
                var status = Services.Contains(request.Service) ? await StatusAsync(stop.Token) : HealthCheckResponse.Types.ServingStatus.ServiceUnknown;
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

    private async Task<HealthCheckResponse.Types.ServingStatus> StatusAsync(CancellationToken stop) =>
        !lifetime.ApplicationStopping.IsCancellationRequested && await registry.IsReadyAsync(stop)
            ? HealthCheckResponse.Types.ServingStatus.Serving
            : HealthCheckResponse.Types.ServingStatus.NotServing;
}
