using System.Text.Json.Nodes;
using Dossier.Tests.Fixtures;

namespace Dossier.Tests.UnitTests;

/// <summary>deploy/kubernetes: instances are replaced and moved without a break, with no right that they do not need.</summary>
public sealed class KubernetesFilesTests
{
    private static readonly IReadOnlyList<JsonObject> Objects = Yaml.Documents("deploy", "kubernetes", "dossier.yaml");

    public static JsonNode Pod => Of("Deployment").At("spec:template:spec");

    public static JsonNode Container => Assert.Single(Pod.Items("containers"));

    public static JsonNode Service => Of("Service");

    public static JsonNode NetworkPolicy => Yaml.Document("deploy", "kubernetes", "network-policy.yaml");

    public static JsonNode Migration => Yaml.Document("deploy", "kubernetes", "migrate.yaml");

    private static JsonObject Of(string kind) => Objects.Single(item => item.Text("kind") == kind);

    [Fact]
    public void No_upgrade_and_no_eviction_takes_more_than_one_instance_away()
    {
        var deployment = Of("Deployment");
        Assert.Equal("RollingUpdate", deployment.Text("spec:strategy:type"));
        Assert.Equal(0, deployment.Number("spec:strategy:rollingUpdate:maxUnavailable"));
        Assert.True(deployment.Number("spec:strategy:rollingUpdate:maxSurge") > 0);
        Assert.True(deployment.Number("spec:replicas") > Of("PodDisruptionBudget").Number("spec:maxUnavailable"));
    }

    [Fact]
    public void All_that_selects_the_instances_selects_the_same()
    {
        var labels = Of("Deployment").At("spec:template:metadata:labels");
        Assert.All(
            [
                Of("Deployment").At("spec:selector:matchLabels"), Service.At("spec:selector"), Of("PodDisruptionBudget").At("spec:selector:matchLabels"),
                NetworkPolicy.At("spec:podSelector:matchLabels"), Pod.At("topologySpreadConstraints:0:labelSelector:matchLabels"),
            ],
            selector => Assert.True(JsonNode.DeepEquals(labels, selector), selector.ToJsonString()));
        Assert.False(JsonNode.DeepEquals(labels, Migration.At("spec:template:metadata:labels")), "the migration would get calls");

        // Each call its own instance: a name that gives every address.
        Assert.Equal("None", Service.Text("spec:clusterIP"));
        Assert.Equal("dossier", Service.Text("metadata:name"));
    }

    [Fact]
    public void Readiness_is_the_registry_and_a_registry_that_is_down_restarts_nobody()
    {
        Assert.Null(Container.At("readinessProbe:grpc")["service"]);
        Assert.Equal("live", Container.Text("livenessProbe:grpc:service"));
        Assert.Equal("live", Container.Text("startupProbe:grpc:service"));
    }

    [Fact]
    public void Every_container_is_an_ordinary_user_who_can_change_nothing_on_its_disk()
    {
        foreach (var pod in new[] { Pod, Migration.At("spec:template:spec") })
        {
            Assert.Equal("true", pod.Text("securityContext:runAsNonRoot"));
            Assert.Equal("RuntimeDefault", pod.Text("securityContext:seccompProfile:type"));
            Assert.Equal("false", pod.Text("automountServiceAccountToken"));
            var rights = Assert.Single(pod.Items("containers")).At("securityContext");
            Assert.Equal(("false", "true"), (rights.Text("allowPrivilegeEscalation"), rights.Text("readOnlyRootFilesystem")));
            Assert.Equal(["ALL"], rights.Texts("capabilities:drop"));
        }
    }

    [Fact]
    public void Every_volume_that_is_mounted_is_there_and_holds_what_is_read_from_it()
    {
        foreach (var pod in new[] { Pod, Migration.At("spec:template:spec") })
        {
            Assert.Equal(
                pod.Items("volumes").Select(volume => volume.Text("name")).Order(StringComparer.Ordinal),
                pod.Items("containers:0:volumeMounts").Select(mount => mount.Text("name")).Order(StringComparer.Ordinal));
        }

        var secrets = Yaml.Documents("deploy", "kubernetes", "secrets.example.yaml").ToDictionary(secret => secret.Text("metadata:name"), StringComparer.Ordinal);
        var projected = Pod.Items("volumes").Single(volume => volume.Text("name") == "secrets").Items("projected:sources").Select(source => source.Text("secret:name")).ToList();
        Assert.Equal(secrets.Keys.Where(name => name != "dossier-owner").Order(StringComparer.Ordinal), projected.Order(StringComparer.Ordinal));

        // The settings are read from the current folder, and the folder is the ConfigMap.
        Assert.Equal(Container.Text("workingDir"), Mount("settings"));
        Assert.Equal("/run/secrets/dossier", Mount("secrets"));
        Assert.Equal(
            Yaml.Document("deploy", "kubernetes", "settings.yaml").Text("metadata:name"),
            Pod.Items("volumes").Single(volume => volume.Text("name") == "settings").Text("configMap:name"));

        // The owner's login is the migration's alone.
        var owner = Migration.Items("spec:template:spec:volumes").Single(volume => volume.Text("name") == "owner").Text("secret:secretName");
        var file = Migration.Items("spec:template:spec:containers:0:env").Single(variable => variable.Text("name") == "DOSSIER_Registry__ConnectionStringFile").Text("value");
        Assert.Equal(Migration.Items("spec:template:spec:containers:0:volumeMounts").Single(mount => mount.Text("name") == "owner").Text("mountPath"), Path.GetDirectoryName(file));
        Assert.Contains(Path.GetFileName(file), secrets[owner].At("stringData").AsObject().Select(entry => entry.Key));

        static string Mount(string name) => Container.Items("volumeMounts").Single(mount => mount.Text("name") == name).Text("mountPath");
    }

    [Fact]
    public void What_is_applied_as_a_whole_are_the_files_that_are_there()
    {
        var kustomization = Yaml.Document("deploy", "kubernetes", "kustomization.yaml");
        Assert.Equal(
            Directory.GetFiles(Repository.PathOf("deploy", "kubernetes")).Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal),
            kustomization.Texts("resources").Concat(["kustomization.yaml", "migrate.yaml", "secrets.example.yaml"]).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Every_database_and_the_telemetry_can_be_reached()
    {
        var open = NetworkPolicy.Items("spec:egress").SelectMany(rule => rule.Items("ports")).Select(port => port.Number("port")).ToList();
        var telemetry = new Uri(Container.Items("env").Single(variable => variable.Text("name") == "OTEL_EXPORTER_OTLP_ENDPOINT").Text("value"));
        Assert.Contains(telemetry.Port, open);
        foreach (var source in DeployFilesTests.Json("appsettings.production.json").At("Sources").AsObject())
        {
            Assert.Contains(source.Value.Text("Provider") == "SqlServer" ? 1433 : 5432, open);
        }
    }
}
