using Dossier.Tests.Fixtures;
using Dossier.Tests.ServiceTests;
using Dossier.V1;
using Grpc.Core;
using Grpc.Net.Client;

namespace Dossier.Tests.RobustnessTests;

/// <summary>A caller whose machine or network is gone says nothing, not even that his connection has ended.</summary>
public sealed class VanishedCallersTests
{
    [Fact]
    public async Task His_stream_and_its_place_are_given_back()
    {
        await using var host = await DossierHost.StartAsync(("Limits:WatchersPerCaller", "1"));
        await using var between = TroubledProxy.Before(new Uri(host.Address).Port);
        using var channel = GrpcChannel.ForAddress($"http://127.0.0.1:{between.Port}");
        using var watch = await Watcher.OpenAsync(new AgreementService.AgreementServiceClient(channel), Everything);
        Assert.Equal("TOO_MANY_WATCHERS", (await Watcher.RefusedAsync(host.Agreements, Everything)).Reason);

        between.Freeze();

        // He is asked for a sign after 30 s, and has 20 s to give it.
        await Eventually.TrueAsync(IsFreeAsync, "the place of who has vanished is free", TimeSpan.FromMinutes(3));

        async Task<bool> IsFreeAsync()
        {
            try
            {
                using var next = await Watcher.OpenAsync(host.Agreements, Everything);
                return true;
            }
            catch (RpcException full) when (full.StatusCode == StatusCode.ResourceExhausted)
            {
                return false;
            }
        }
    }

    private static WatchAgreementsRequest Everything => new() { Parent = "customers/-" };
}
