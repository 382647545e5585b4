using System.Net;
using System.Text.RegularExpressions;
using Dossier.Tests.Fixtures;
using Dossier.Tests.UnitTests;
using Dossier.V1;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;

namespace Dossier.Tests.ServiceTests;

/// <summary>Metrics without a backend: `Metrics:Listen`, for curl and for a Prometheus that fetches them.</summary>
public sealed partial class MetricsPortTests
{
    [Fact]
    public async Task A_store_that_breaks_is_seen_in_the_metrics_that_anybody_can_fetch_and_so_is_its_recovery()
    {
        using var folder = TemporaryFolder.WithStores();
        await using var service = await DossierProcess.StartAsync(folder.Path, ("DOSSIER_Metrics__Listen", "http://127.0.0.1:0"));
        using var http = new HttpClient();
        var address = service.Output.Split("fetches them: ")[1].Split((char[]?)null, 2)[0];
        await GetAsync();
        Assert.True(await CountAsync("OK") > 0);
        Assert.Equal(0, await CountAsync("UNREACHABLE"));

        File.Move(folder["webcare.db"], folder["webcare.db.away"]);
        await Eventually.TrueAsync(async () => (await GetAsync()).Unreachable.Count == 1 && await CountAsync("UNREACHABLE") > 0, "the outcome is in the metrics");

        File.Move(folder["webcare.db.away"], folder["webcare.db"]);
        var before = await CountAsync("OK");
        await Eventually.TrueAsync(async () => (await GetAsync()).Unreachable.Count == 0 && await CountAsync("OK") > before, "and its recovery");

        async Task<V1.Dossier> GetAsync() => (await service.Dossiers.GetDossierAsync(new GetDossierRequest { Name = "customers/1042/dossier" }, DossierHost.As("webcare"))).Dossier;

        async Task<int> CountAsync(string outcome) => Lines(await http.GetStringAsync(address))
            .Where(line => line.StartsWith("dossier_source_duration_seconds_count{", StringComparison.Ordinal)
                && line.Contains("dossier_source=\"webcare\"", StringComparison.Ordinal) && line.Contains($"dossier_outcome=\"{outcome}\"", StringComparison.Ordinal))
            .Sum(line => int.Parse(line.Split("} ")[1].Split(' ')[0], System.Globalization.CultureInfo.InvariantCulture));
    }

    [Fact]
    public async Task Their_names_are_those_of_the_dashboards_and_alerts()
    {
        await using var host = await DossierHost.StartAsync(("Metrics:Listen", "http://127.0.0.1:0"));
        using var http = new HttpClient { BaseAddress = new Uri(host.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Last()) };
        await host.GetAsync("1042");
        await host.Agreements.CreateAgreementAsync(Agreed.Remark("2001", "x"), DossierHost.As("webcare"));

        var names = Lines(await http.GetStringAsync("/metrics")).Select(line => Name().Match(line).Value).Where(name => name.StartsWith("dossier_", StringComparison.Ordinal)).Distinct().ToList();

        Assert.InRange(names.Count, 10, 100);
        Assert.Empty(names.Except(TelemetryFilesTests.Sent().Keys, StringComparer.Ordinal));
    }

    [Fact]
    public async Task The_port_serves_nothing_else_and_the_others_no_metrics()
    {
        await using var host = await DossierHost.StartAsync(("Metrics:Listen", "http://127.0.0.1:0"), ("Health:Listen", "http://127.0.0.1:0"));
        var addresses = host.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.ToList();
        using var http = new HttpClient();

        using var elsewhere = await http.GetAsync(addresses[^1] + "/dossier.v1.DossierService/GetDossier");
        Assert.Equal((HttpStatusCode.NotFound, "The metrics are at /metrics.\n"), (elsewhere.StatusCode, await elsewhere.Content.ReadAsStringAsync()));
        foreach (var other in addresses.SkipLast(1))
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, other + "/metrics") { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
            using var answer = await http.SendAsync(request);
            Assert.DoesNotContain("dossier_", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }
    }

    private static string[] Lines(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    [GeneratedRegex("^[a-z_0-9]+", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Name();
}
