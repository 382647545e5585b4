using System.Net;
using Dossier.Host;
using Dossier.Sources;

namespace Dossier.Deployment;

/// <summary>What was found of a deployment by its settings.</summary>
/// <param name="Findings">One line each; what is wrong says what to do.</param>
/// <param name="Sources">The names of its sources, for who asks the running service of them.</param>
public sealed record DeploymentReport(IReadOnlyList<Finding> Findings, IReadOnlyList<string> Sources);

/// <summary>Looks at all that the settings point at, as the service would find it, and changes nothing.</summary>
internal sealed class DeploymentCheck(DossierOptions options, IConfiguration configuration, IConfiguration file, bool sample, TimeProvider clock)
{
    public async Task<DeploymentReport> LookAsync(CancellationToken stop)
    {
        // What must be waited for is asked at once: a deployment that is wholly down takes as long as its slowest part.
        var registry = new RegistryCheck(options.Registry, clock).LookAsync(stop);
        var sources = SourcesAsync(stop);
        var issuer = ReachCheck.IssuerAsync(options.Jwt, stop);
        var telemetry = ReachCheck.TelemetryAsync(OpenTelemetryExport.Wanted ? OpenTelemetryExport.Endpoints : [], stop);
        var now = clock.GetUtcNow();
        return new DeploymentReport(
            [
                .. SettingsCheck.Unknown(configuration, file).DefaultIfEmpty(new Finding("settings", FindingLevel.Fine, "all of them can be read")),
                .. SettingsCheck.Listening(options),
                .. FilesCheck.Certificate(options.Tls, now), .. FilesCheck.Authorities(options.Tls, now), .. FilesCheck.Secrets(options, file, Settings.FilePath),
                .. await issuer, .. await registry, .. await sources, .. await telemetry, .. ReachCheck.OpenFiles(),
            ],
            [.. options.Sources.Keys.Order(StringComparer.Ordinal)]);
    }

    private async Task<IReadOnlyList<Finding>> SourcesAsync(CancellationToken stop)
    {
        // The first start makes the sample's files; before it there is nothing to look at, and after it one that is not there is missing.
        var begun = File.Exists(Path.Combine(options.DataDirectory, "registry.db"));
        var there = options.Sources.OrderBy(given => given.Key, StringComparer.Ordinal)
            .Where(given => !sample || begun || File.Exists(Path.Combine(options.DataDirectory, given.Key + ".db"))).ToList();
        var report = await Operations.CheckSourcesAsync(there, options.Phone.DefaultCountry, new CheckExtent(null, Grants: false, Plans: false), stop);
        var found = report.Findings.Select(one => one with
        {
            Source = ResourceNames.Source(one.Source),
            Text = one.Level == FindingLevel.Wrong ? $"{one.Text}. Dossiers come without it until that is mended: ./dossier check --source {one.Source}" : one.Text,
        });
        return [.. sample ? found.Prepend(new Finding("sources", FindingLevel.Note, $"none is configured: the sample stores are used, which the service makes in {options.DataDirectory}/ at its first start{(File.Exists(Settings.FilePath) ? "" : "; there is no appsettings.json in this folder")}")) : found];
    }
}

/// <summary>The settings themselves: slips that nobody is told of at the start, and choices that hurt outside one machine.</summary>
internal static class SettingsCheck
{
    /// <summary>What stands in the settings and is none, with which the service does not start.</summary>
    public static IEnumerable<Finding> Unknown(IConfiguration configuration, IConfiguration file) =>
        UnknownSettings.Of(configuration, file).Select(path => new Finding("settings", FindingLevel.Wrong, $"{UnknownSettings.Say(path)}. The service does not start with it"));

    public static IEnumerable<Finding> Listening(DossierOptions options)
    {
        if (options.Metrics.Listen.Length > 0 && !IPAddress.IsLoopback(Settings.Endpoint(options.Metrics.Listen).Address))
        {
            yield return new Finding("metrics", FindingLevel.Warning,
                $"Metrics:Listen {options.Metrics.Listen} asks nobody who he is: names of systems, methods and error rates. Let the network admit who collects them alone");
        }

        if (IPAddress.IsLoopback(Settings.Endpoint(options.Listen).Address))
        {
            yield break;
        }

        if (options.Drain.Delay == TimeSpan.Zero)
        {
            yield return new Finding("stopping", FindingLevel.Warning,
                "Drain:Delay is 0: calls that are sent while the service stops are refused. Set it to a little more than whatever spreads the calls needs to notice, for example 00:00:05");
        }

        if (options.Health.Listen.Length == 0)
        {
            yield return new Finding("probes", FindingLevel.Warning,
                "Health:Listen is not set: probes must come through TLS. Give them a port of their own, for example http://0.0.0.0:5081, which no caller can reach");
        }
    }
}
