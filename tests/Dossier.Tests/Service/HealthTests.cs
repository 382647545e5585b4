using Dapper;
using Dossier.Tests.Fixtures;
using Dossier.V1;
using Grpc.Core;
using Grpc.Health.V1;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using static Grpc.Health.V1.HealthCheckResponse.Types;

namespace Dossier.Tests.ServiceTests;

/// <summary>grpc.health.v1: ready is the registry. A channel store that is down takes no traffic away.</summary>
public sealed class HealthTests(SharedHost shared) : IClassFixture<SharedHost>
{
    private readonly DossierHost host = shared.Host;
    private readonly Health.HealthClient health = new(shared.Host.Channel);

    [Theory]
    [InlineData("")]
    [InlineData("dossier.v1.DossierService")]
    [InlineData("dossier.v1.AgreementService")]
    [InlineData("dossier.v1.GuardService")]
    [InlineData("dossier.v1.AccessService")]
    [InlineData("dossier.v1.TraceService")]
    public async Task Every_service_is_serving(string service)
    {
        Assert.Equal(ServingStatus.Serving, (await health.CheckAsync(new HealthCheckRequest { Service = service })).Status);
    }

    [Theory]
    [InlineData("dossier.v1.Nothing")]
    [InlineData("DossierService")]
    public async Task A_service_that_is_not_here_is_not_found_by_check_and_unknown_to_watch(string service)
    {
        var request = new HealthCheckRequest { Service = service };

        var error = await Assert.ThrowsAsync<RpcException>(async () => await health.CheckAsync(request));
        Assert.Equal(StatusCode.NotFound, error.StatusCode);
        Assert.Matches("^[0-9a-f]{32}$", error.Trailers.GetValue("x-dossier-trace"));
        using var watch = health.Watch(request);
        Assert.Equal(ServingStatus.ServiceUnknown, await NextAsync(watch));
    }

    [Fact]
    public async Task Watch_tells_when_the_registry_is_gone_and_when_it_is_back()
    {
        using var watch = health.Watch(new HealthCheckRequest());
        Assert.Equal(ServingStatus.Serving, await NextAsync(watch));

        using (StoreFault.MovedAway(host, "registry"))
        {
            Assert.Equal(ServingStatus.NotServing, await NextAsync(watch));
            Assert.Equal(ServingStatus.NotServing, (await health.CheckAsync(new HealthCheckRequest())).Status);
        }

        Assert.Equal(ServingStatus.Serving, await NextAsync(watch));
        Assert.Equal(ServingStatus.Serving, (await health.CheckAsync(new HealthCheckRequest())).Status);
    }

    [Fact]
    public async Task A_schema_that_needs_a_newer_program_is_not_ready_and_one_of_a_later_step_that_this_program_knows_to_be_safe_is()
    {
        await using var own = await DossierHost.StartAsync();
        await using var registry = new SqliteConnection($"Data Source={Path.Combine(own.DataDirectory, "registry.db")};Pooling=False");
        await registry.OpenAsync();
        var asking = new Health.HealthClient(own.Channel);
        const string step = "INSERT INTO schema_step (number, name, oldest_program, apply_time) SELECT 900, '900_later.sql', @oldest, apply_time FROM schema_step WHERE number = 1";

        await registry.ExecuteAsync(step, new { oldest = "0.0.1" });
        Assert.Equal(ServingStatus.Serving, (await asking.CheckAsync(new HealthCheckRequest())).Status);
        await registry.ExecuteAsync("DELETE FROM schema_step WHERE number = 900");
        await registry.ExecuteAsync(step, new { oldest = "99.0.0" });
        Assert.Equal(ServingStatus.NotServing, (await asking.CheckAsync(new HealthCheckRequest())).Status);
        Assert.Equal(ServingStatus.Serving, (await asking.CheckAsync(new HealthCheckRequest { Service = "live" })).Status);

        await registry.ExecuteAsync("DELETE FROM schema_step WHERE number = 900");
        Assert.Equal(ServingStatus.Serving, (await asking.CheckAsync(new HealthCheckRequest())).Status);
        await registry.ExecuteAsync("UPDATE schema_step SET number = 801 WHERE number = 8");
        Assert.Equal(ServingStatus.NotServing, (await asking.CheckAsync(new HealthCheckRequest())).Status);
    }

    [Fact]
    public async Task The_process_is_live_although_the_registry_is_gone()
    {
        using (StoreFault.MovedAway(host, "registry"))
        {
            Assert.Equal(ServingStatus.NotServing, (await health.CheckAsync(new HealthCheckRequest())).Status);
            Assert.Equal(ServingStatus.Serving, (await health.CheckAsync(new HealthCheckRequest { Service = "live" })).Status);
        }
    }

    [Fact]
    public async Task A_channel_store_that_is_down_changes_nothing()
    {
        using var fault = StoreFault.MovedAway(host, "administration");
        await host.GetAsync("1042");

        Assert.Equal(ServingStatus.Serving, (await health.CheckAsync(new HealthCheckRequest())).Status);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_source_that_was_mended_says_so_to_whoever_asks_how_it_is_although_nobody_asks_for_a_dossier(bool listed)
    {
        await using var own = await DossierHost.StartAsync();
        var asking = new Health.HealthClient(own.Channel);
        using (StoreFault.MovedAway(own, "webcare"))
        {
            for (var times = 0; times < 8; times++)
            {
                await own.GetAsync("1042");
            }

            Assert.False(await IsWellAsync());
        }

        await Eventually.TrueAsync(IsWellAsync, "the source is well again");
        Assert.Equal(ServingStatus.Serving, (await asking.CheckAsync(new HealthCheckRequest { Service = "sources/webcare" })).Status);
        Assert.Equal(SourceState.Ok, (await own.Dossiers.GetSourceAsync(new GetSourceRequest { Name = "sources/webcare" })).Source.State);

        async Task<bool> IsWellAsync() => listed
            ? (await own.Dossiers.ListSourcesAsync(new ListSourcesRequest())).Sources.Single(source => source.Name == "sources/webcare").State == SourceState.Ok
            : (await asking.CheckAsync(new HealthCheckRequest { Service = "sources/webcare" })).Status == ServingStatus.Serving;
    }

    [Fact]
    public async Task Watch_tells_a_service_that_stops_and_ends()
    {
        var own = await Patient.StartAsync();
        using var watch = new Health.HealthClient(own.Channel).Watch(new HealthCheckRequest());
        Assert.Equal(ServingStatus.Serving, await NextAsync(watch));
        var stopping = Task.Run(() => own.Services.GetRequiredService<Microsoft.Extensions.Hosting.IHostApplicationLifetime>().StopApplication());

        Assert.Equal(ServingStatus.NotServing, await NextAsync(watch));
        Assert.False(await watch.ResponseStream.MoveNext().WaitAsync(Soon.Deadline));
        await stopping;
        await own.DisposeAsync();
    }

    private static async Task<ServingStatus> NextAsync(AsyncServerStreamingCall<HealthCheckResponse> watch)
    {
        Assert.True(await watch.ResponseStream.MoveNext().WaitAsync(Soon.Deadline));
        return watch.ResponseStream.Current.Status;
    }
}
