using System.Collections;
using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Dossier.Database;
using Dossier.Host;
using Dossier.Tests.Fixtures;
using Microsoft.Extensions.Configuration;

namespace Dossier.Tests.UnitTests;

/// <summary>
/// deploy/: what cannot be run where the tests run (containers, a cluster, a proxy, a service manager) is read as a whole here, and must agree with
/// the program, with the projects and with itself.
/// </summary>
public sealed partial class DeployFilesTests
{
    /// <summary>How long the last traces may hold the end up (OpenTelemetryExport).</summary>
    private static readonly TimeSpan Flush = TimeSpan.FromSeconds(5);

    private static readonly JsonObject Production = Json("appsettings.production.json");

    private static readonly string Unit = Repository.Read("deploy", "dossier.service");

    public static JsonObject Json(string name) => JsonNode.Parse(Repository.Read("deploy", name))!.AsObject();

    /// <summary>The files of deploy/, without the secrets that somebody may have made there.</summary>
    private static List<string> Files() => [.. Directory.GetFiles(Repository.PathOf("deploy"), "*", SearchOption.AllDirectories)
        .Select(file => Path.GetRelativePath(Repository.Root, file).Replace('\\', '/'))
        .Where(file => !file.StartsWith("deploy/secrets/", StringComparison.Ordinal))];

    [Fact]
    public void Every_file_of_deploy_can_be_read()
    {
        var files = Files();
        Assert.All(files.Where(file => file.EndsWith(".yaml", StringComparison.Ordinal)), file => Assert.NotEmpty(Yaml.Documents(file)));
        Assert.All(files.Where(file => file.EndsWith(".json", StringComparison.Ordinal)), file => Assert.NotNull(JsonNode.Parse(Repository.Read(file))));
        Assert.Contains("deploy/compose.yaml", files);
        Assert.Contains("deploy/kubernetes/dossier.yaml", files);
    }

    [Fact]
    public void Every_variable_and_setting_that_a_file_sets_is_one_that_the_service_reads()
    {
        var variables = Files().SelectMany(file => Variable().Matches(Repository.Read(file)).Select(match => (file, Setting: match.Groups["setting"].Value.Replace("__", ":", StringComparison.Ordinal)))).ToList();
        Assert.All(variables, variable => Assert.True(IsSetting(typeof(DossierOptions), variable.Setting.Split(':')), $"{variable.file}: {variable.Setting}"));
        Assert.True(variables.Count > 10, "the variables are no longer found");

        foreach (var name in new[] { "appsettings.production.json", "appsettings.compose.json" })
        {
            var keys = new ConfigurationBuilder().AddJsonFile(Repository.PathOf("deploy", name)).Build().AsEnumerable().Select(entry => entry.Key).ToList();
            Assert.All(keys, key => Assert.True(IsSetting(typeof(DossierOptions), key.Split(':')), $"{name}: {key}"));
        }
    }

    [GeneratedRegex("DOSSIER_(?<setting>[A-Za-z0-9_%]+)")]
    private static partial Regex Variable();

    private static bool IsSetting(Type options, string[] path)
    {
        if (path.Length == 0)
        {
            return true;
        }

        if (typeof(IDictionary).IsAssignableFrom(options))
        {
            return IsSetting(options.GenericTypeArguments[1], [.. path.Skip(1)]);
        }

        return typeof(IList).IsAssignableFrom(options)
            ? int.TryParse(path[0], CultureInfo.InvariantCulture, out _) && path.Length == 1
            : options.GetProperty(path[0]) is { } setting && IsSetting(setting.PropertyType, [.. path.Skip(1)]);
    }

    [Fact]
    public void The_settings_for_production_are_accepted_with_the_secrets_that_the_example_names()
    {
        using var folder = TemporaryFolder.Empty();
        foreach (var (name, value) in Secrets())
        {
            File.WriteAllText(folder[name], value);
        }

        var text = Repository.Read("deploy", "appsettings.production.json").Replace("/run/secrets/dossier/", folder.Path + "/", StringComparison.Ordinal);
        File.WriteAllText(folder["appsettings.json"], text);
        var options = Settings.Read(new ConfigurationBuilder().AddJsonFile(folder["appsettings.json"]).Build());

        Assert.NotEqual(TimeSpan.Zero, options.Drain.Delay);
        Assert.True(Settings.IsSecure(options.Listen));
        Assert.True(options.Sources.Count > 1 && options.Sources.Values.Count(source => source.CustomerSource) == 1);
        foreach (var (name, source) in options.Sources)
        {
            Assert.Null(source.Problem);
            Assert.Null(Vendor.Find(source.Provider)!.Problem(File.ReadAllText(source.ConnectionStringFile)));
            Assert.NotEmpty(SqlText.Read(source.Queries["db/".Length..]));
            Assert.StartsWith("db/sources/" + name, source.Queries, StringComparison.Ordinal);
        }

        // Every way to prove who one is, and no key that anybody has.
        Assert.Contains(options.Systems.Values, system => system.Clients.Count > 0);
        Assert.Contains(options.Systems.Values, system => system.Certificates.Count > 0);
        Assert.All(options.Systems.Values.SelectMany(system => system.Keys), key => Assert.Equal(Authentication.KeyHashPrefix + new string('0', 64), key));
        Assert.All(options.Systems.Values, system => Assert.NotEmpty(system.Scopes));
    }

    /// <summary>Every file that Kubernetes' Secrets hold for the service.</summary>
    private static IEnumerable<KeyValuePair<string, string>> Secrets() => Yaml.Documents("deploy", "kubernetes", "secrets.example.yaml")
        .Where(secret => secret.Text("metadata:name") != "dossier-owner")
        .SelectMany(secret => secret.At("stringData").AsObject())
        .Select(entry => KeyValuePair.Create(entry.Key, entry.Value!.GetValue<string>()));

    [Fact]
    public void The_settings_in_the_cluster_are_those_for_production() => Assert.True(
        JsonNode.DeepEquals(Production, JsonNode.Parse(Yaml.Document("deploy", "kubernetes", "settings.yaml").Text("data:appsettings.json"))));

    [Fact]
    public void Every_secret_that_the_settings_name_is_given_to_the_process()
    {
        var named = SecretFile().Matches(Production.ToJsonString()).Select(match => match.Groups["file"].Value).Order(StringComparer.Ordinal).ToList();
        Assert.Equal(7, named.Count);
        Assert.Equal(named, Secrets().Select(secret => secret.Key).Order(StringComparer.Ordinal));

        // systemd gives them elsewhere, so each setting that names one is set anew.
        var given = Credential().Matches(Unit).Select(match => match.Groups["name"].Value).ToList();
        Assert.Equal(named, given.Order(StringComparer.Ordinal));
        var paths = new ConfigurationBuilder().AddJsonFile(Repository.PathOf("deploy", "appsettings.production.json")).Build().AsEnumerable()
            .Where(entry => entry.Value?.StartsWith("/run/secrets/dossier/", StringComparison.Ordinal) == true)
            .Select(entry => $"Environment=DOSSIER_{entry.Key.Replace(":", "__", StringComparison.Ordinal)}=%d/{Path.GetFileName(entry.Value)}");
        Assert.All(paths, line => Assert.Contains(line, Unit.Split('\n')));
    }

    [GeneratedRegex("/run/secrets/dossier/(?<file>[a-z.-]+)")]
    private static partial Regex SecretFile();

    [GeneratedRegex("^LoadCredential=(?<name>[a-z.-]+):/etc/dossier/secrets/\\k<name>$", RegexOptions.Multiline)]
    private static partial Regex Credential();

    [Fact]
    public void All_name_the_ports_that_the_settings_open()
    {
        var (listen, health) = (Settings.Endpoint(Production.Text("Listen")).Port, Settings.Endpoint(Production.Text("Health:Listen")).Port);
        var compose = Json("appsettings.compose.json");
        Assert.Equal((listen, health), (Settings.Endpoint(compose.Text("Listen")).Port, Settings.Endpoint(compose.Text("Health:Listen")).Port));
        var image = XDocument.Load(Repository.PathOf("src", "Dossier", "Dossier.csproj")).Descendants("ContainerPort").Single().Attribute("Include")!.Value;
        Assert.Equal($"{listen};{health}", image);

        var container = KubernetesFilesTests.Container;
        Assert.Equal(
            [("grpc", listen), ("health", health)], container.Items("ports").Select(port => (port.Text("name"), port.Number("containerPort"))));
        foreach (var probe in new[] { "startupProbe", "readinessProbe", "livenessProbe" })
        {
            Assert.Equal(health, container.Number($"{probe}:grpc:port"));
        }

        // Probes alone reach the port without credentials.
        var port = Assert.Single(KubernetesFilesTests.Service.Items("spec:ports"));
        Assert.Equal((listen, "grpc"), (port.Number("port"), port.Text("targetPort")));
        Assert.Equal([listen], KubernetesFilesTests.NetworkPolicy.Items("spec:ingress:0:ports").Select(allowed => allowed.Number("port")));
        Assert.Equal([$"127.0.0.1:{listen}:{listen}"], Yaml.Document("deploy", "compose.yaml").Texts("services:dossier:ports"));
        Assert.Equal(("dossier", listen), EnvoyFilesTests.Upstream);
    }

    [Fact]
    public void Whoever_stops_an_instance_waits_for_as_long_as_its_settings_promise()
    {
        var needed = TimeSpan.Parse(Production.Text("Drain:Delay"), CultureInfo.InvariantCulture) + Drain.InFlight + Flush;
        Assert.True(TimeSpan.FromSeconds(KubernetesFilesTests.Pod.Number("terminationGracePeriodSeconds")) >= needed);
        Assert.True(TimeSpan.FromSeconds(int.Parse(StopTimeout().Match(Unit).Groups["seconds"].Value, CultureInfo.InvariantCulture)) >= needed);
        var composed = TimeSpan.Parse(Json("appsettings.compose.json").Text("Drain:Delay"), CultureInfo.InvariantCulture);
        var grace = Yaml.Document("deploy", "compose.yaml").Text("services:dossier:stop_grace_period");
        Assert.True(TimeSpan.FromSeconds(int.Parse(grace.TrimEnd('s'), CultureInfo.InvariantCulture)) >= composed + Drain.InFlight + Flush);

        // And whoever spreads calls has heard of it before they are no longer served.
        Assert.True(EnvoyFilesTests.HearsOfAnEndWithin < composed, "Envoy sends calls to an instance that serves none any more");
    }

    [GeneratedRegex("^TimeoutStopSec=(?<seconds>[0-9]+)$", RegexOptions.Multiline)]
    private static partial Regex StopTimeout();

    [Fact]
    public void The_images_and_the_program_are_those_that_the_projects_make()
    {
        var version = XDocument.Load(Repository.PathOf("Directory.Build.props")).Descendants("Version").Single().Value;
        var (service, command) = (Image("Dossier"), Image("Dossier.Cli"));
        Assert.Equal(service, KubernetesFilesTests.Container.Text("image"));
        Assert.Equal(command, KubernetesFilesTests.Migration.Text("spec:template:spec:containers:0:image"));
        Assert.EndsWith("-" + version.Replace('.', '-'), KubernetesFilesTests.Migration.Text("metadata:name"), StringComparison.Ordinal);
        var compose = Yaml.Document("deploy", "compose.yaml");
        Assert.Equal((service, command), (compose.Text("services:dossier:image"), compose.Text("services:migrate:image")));

        var program = XDocument.Load(Repository.PathOf("src", "Dossier", "Dossier.csproj")).Descendants("AssemblyName").Single().Value;
        Assert.Contains($"\nExecStart=/opt/dossier/{program}\n", Unit, StringComparison.Ordinal);
        Assert.Contains("-o /opt/dossier ", Unit, StringComparison.Ordinal);

        // The command runs the service's code for `migrate`: an image without ASP.NET Core would not start it.
        var frameworks = XDocument.Load(Repository.PathOf("src", "Dossier.Cli", "Dossier.Cli.csproj")).Descendants("FrameworkReference").Select(framework => framework.Attribute("Include")!.Value);
        Assert.Contains("Microsoft.AspNetCore.App", frameworks);

        string Image(string project) =>
            $"{XDocument.Load(Repository.PathOf("src", project, project + ".csproj")).Descendants("ContainerRepository").Single().Value}:{version}";
    }

    [Fact]
    public void Under_systemd_the_program_has_no_rights_and_writes_to_its_own_folder_alone()
    {
        foreach (var line in new[] { "User=dossier", "NoNewPrivileges=yes", "CapabilityBoundingSet=", "ProtectSystem=strict", "ProtectHome=yes", "UMask=0077", "StateDirectory=dossier", "Restart=on-failure" })
        {
            Assert.Contains(line, Unit.Split('\n'));
        }

        // It would end at its first compiled method.
        Assert.DoesNotContain("\nMemoryDenyWriteExecute", Unit, StringComparison.Ordinal);
    }

    [Fact]
    public void Documentation_names_files_of_deploy_that_are_there()
    {
        var text = string.Join('\n', new[] { "README.md", Path.Combine("docs", "operating.md"), "CHANGELOG.md" }.Select(file => Repository.Read(file)));
        var named = DeployFile().Matches(text).Select(match => match.Groups["file"].Value.TrimEnd('.', ',')).Where(file => !file.Contains("/secrets", StringComparison.Ordinal)).Distinct(StringComparer.Ordinal).ToList();
        Assert.Contains("deploy/compose.yaml", named);
        Assert.All(named, file => Assert.True(Path.Exists(Repository.PathOf(file)), file));
    }

    [GeneratedRegex("(?<![a-z/])(?<file>deploy/[a-z/.-]+)")]
    private static partial Regex DeployFile();
}
