using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using Dossier.Tests.Fixtures;
using Dossier.V1;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Dossier.Tests.ServiceTests;

/// <summary>
/// deploy/compose.yaml: its containers cannot be run here. Its secrets are made and the service is started with its settings, on a registry in
/// a file in the place of SQL Server's.
/// </summary>
public sealed class ComposeTests : IAsyncLifetime
{
    private static readonly JsonObject Compose = Yaml.Document("deploy", "compose.yaml");
    private readonly TemporaryFolder secrets = TemporaryFolder.Empty();

    public async Task InitializeAsync() => await Tool.RunAsync("sh", Repository.PathOf("deploy", "compose-secrets.sh"), secrets.Path);

    public Task DisposeAsync()
    {
        secrets.Dispose();
        return Task.CompletedTask;
    }

    [Fact]
    public async Task The_service_takes_the_settings_and_the_keys_and_certificate_that_were_made_for_it()
    {
        using var data = TemporaryFolder.WithStores();
        var settings = Settings().Where(setting => !setting.Key.StartsWith("Registry:", StringComparison.Ordinal) && setting.Key is not ("Listen" or "Health:Listen" or "DataDirectory"))
            .Append(KeyValuePair.Create("Listen", "https://127.0.0.1:0")).Append(KeyValuePair.Create("DataDirectory", data.Path));
        var (app, _) = await global::Dossier.Service.StartAsync([.. settings.Select(setting => $"--{setting.Key}={setting.Value}")]);
        await using (app)
        {
            var address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
            using var channel = GrpcChannel.ForAddress(address, new GrpcChannelOptions { HttpHandler = Trusting(secrets["ca.crt"]), DisposeHttpClient = true });
            var dossiers = new DossierService.DossierServiceClient(channel);
            var request = new GetDossierRequest { Name = "customers/1042/dossier" };
            foreach (var system in new[] { "administration", "webcare", "telephony" })
            {
                var key = (await File.ReadAllTextAsync(secrets[$"{system}.key"])).Trim();
                Assert.NotEmpty((await dossiers.GetDossierAsync(request, GuardedHost.ByKey(key))).Dossier.Invoices);
            }

            var refused = await Refused.ByAsync(async () => await dossiers.GetDossierAsync(request));
            Assert.Equal(StatusCode.Unauthenticated, refused.Code);
            await app.StopAsync();
        }
    }

    [Fact]
    public async Task Secrets_that_are_there_are_kept_and_their_folder_is_its_owner_s_alone()
    {
        var before = Contents();
        await Tool.RunAsync("sh", Repository.PathOf("deploy", "compose-secrets.sh"), secrets.Path);
        Assert.Equal(before, Contents());
        Assert.StartsWith("drwx------", await Tool.RunAsync("ls", "-ld", secrets.Path), StringComparison.Ordinal);

        // The registry's owner and the service have logins of their own.
        Assert.Contains("User ID=dossier_owner;", before["registry-owner"], StringComparison.Ordinal);
        Assert.Contains("User ID=dossier_service;", before["registry"], StringComparison.Ordinal);
        Assert.All(new[] { "registry", "registry-owner" }, file => Assert.Null(Database.Vendor.Find("SqlServer")!.Problem(before[file])));
        Assert.Contains($"SERVICE_PASSWORD={before["registry"].Trim().Split("Password=")[1]}", before["sqlserver.env"], StringComparison.Ordinal);

        SortedDictionary<string, string> Contents() =>
            new(Directory.GetFiles(secrets.Path).ToDictionary(file => Path.GetFileName(file)!, File.ReadAllText, StringComparer.Ordinal), StringComparer.Ordinal);
    }

    [Fact]
    public void Every_file_that_a_container_is_given_is_there()
    {
        var made = Compose.At("secrets").AsObject().ToDictionary(secret => secret.Key, secret => secret.Value.Text("file"), StringComparer.Ordinal);
        Assert.All(made.Values, file => Assert.True(File.Exists(secrets[Path.GetFileName(file)]), file));
        foreach (var (name, service) in Compose.At("services").AsObject())
        {
            foreach (var secret in service!["secrets"] as JsonArray ?? [])
            {
                Assert.Contains(secret is JsonObject ? secret.Text("source") : secret!.GetValue<string>(), made.Keys);
            }

            foreach (var mounted in service["volumes"] as JsonArray ?? [])
            {
                var source = mounted!.GetValue<string>().Split(':')[0];
                Assert.True(source.StartsWith('.') ? Path.Exists(Path.Combine(Repository.PathOf("deploy"), source)) : Compose.At("volumes").AsObject().ContainsKey(source), $"{name}: {source}");
            }

            if (service["env_file"] is JsonValue variables)
            {
                Assert.True(File.Exists(secrets[Path.GetFileName(variables.GetValue<string>())]), name);
            }

            foreach (var needed in service["depends_on"] is JsonObject conditions ? conditions.Select(condition => condition.Key) : service["depends_on"] is JsonArray names ? names.Select(other => other!.GetValue<string>()) : [])
            {
                Assert.True(Compose.At("services").AsObject().ContainsKey(needed), $"{name} needs {needed}");
            }
        }
    }

    [Fact]
    public void Every_secret_that_our_containers_read_is_one_that_they_are_given()
    {
        foreach (var name in new[] { "dossier", "migrate" })
        {
            var service = Compose.At($"services:{name}");
            var read = service.At("environment").AsObject().Select(variable => variable.Value!.GetValue<string>())
                .Concat(name == "dossier" ? DeployFiles().Select(setting => setting.Value!) : [])
                .Where(value => value.StartsWith("/run/secrets/", StringComparison.Ordinal)).Select(value => Path.GetFileName(value)!);
            Assert.Equal(service.Texts("secrets").Order(StringComparer.Ordinal), read.Order(StringComparer.Ordinal));
            Assert.Equal(("true", "ALL"), (service.Text("read_only"), service.Texts("cap_drop").Single()));
        }

        // Its settings are read from the current folder, and it writes where its settings say, as its own user.
        Assert.Contains($"./appsettings.compose.json:{Compose.Text("services:dossier:working_dir")}/appsettings.json:ro", Compose.Texts("services:dossier:volumes"));
        Assert.Contains(Compose.Texts("services:dossier:tmpfs"), folder => folder.StartsWith(DeployFiles().Single(setting => setting.Key == "DataDirectory").Value + ":uid=1654", StringComparison.Ordinal));
    }

    [Fact]
    public void What_the_service_sends_reaches_the_dashboards_and_the_alerts()
    {
        var collector = Yaml.Document("deploy", "observability", "collector.yaml");
        Assert.Equal($"http://collector:{collector.Text("receivers:otlp:protocols:grpc:endpoint").Split(':')[1]}", Compose.Text("services:dossier:environment:OTEL_EXPORTER_OTLP_ENDPOINT"));
        Assert.Equal(["logs", "metrics", "traces"], collector.At("service:pipelines").AsObject().Select(pipeline => pipeline.Key).Order(StringComparer.Ordinal));
        foreach (var (_, pipeline) in collector.At("service:pipelines").AsObject())
        {
            var exporter = collector.At("exporters").At(Assert.Single(pipeline.Texts("exporters")));
            Assert.True(Compose.At("services").AsObject().ContainsKey(exporter.Text("endpoint").Replace("http://", "", StringComparison.Ordinal).Split(':')[0]));
        }

        Assert.Contains("--web.enable-otlp-receiver", Compose.Texts("services:prometheus:command"));
        var rules = Path.GetDirectoryName(Yaml.Document("deploy", "observability", "prometheus.yaml").Texts("rule_files").Single());
        Assert.Contains($"./alerts:{rules}:ro", Compose.Texts("services:prometheus:volumes"));
        var shown = Yaml.Document("deploy", "observability", "dashboards.yaml").Text("providers:0:options:path");
        Assert.Contains($"./dashboards:{shown}:ro", Compose.Texts("services:grafana:volumes"));
        Assert.All(Yaml.Document("deploy", "observability", "datasources.yaml").Items("datasources"), source =>
            Assert.True(Compose.At("services").AsObject().ContainsKey(new Uri(source.Text("url")).Host)));
    }

    private static Dictionary<string, string?> DeployFiles() => new ConfigurationBuilder().AddJsonFile(Repository.PathOf("deploy", "appsettings.compose.json")).Build()
        .AsEnumerable().Where(setting => setting.Value is not null).ToDictionary(StringComparer.Ordinal);

    /// <summary>What the container's file and environment set, with its secrets in the test's folder.</summary>
    private Dictionary<string, string> Settings()
    {
        var settings = DeployFiles().ToDictionary(setting => setting.Key, setting => setting.Value!.Replace("/run/secrets/", secrets.Path + "/", StringComparison.Ordinal), StringComparer.Ordinal);
        foreach (var line in File.ReadLines(secrets["systems.env"]))
        {
            var (variable, value) = (line.Split('=')[0], line[(line.IndexOf('=', StringComparison.Ordinal) + 1)..]);
            settings[variable["DOSSIER_".Length..].Replace("__", ":", StringComparison.Ordinal)] = value;
        }

        return settings;
    }

    private static SocketsHttpHandler Trusting(string authority)
    {
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
        };
        policy.CustomTrustStore.Add(X509CertificateLoader.LoadCertificateFromFile(authority));
        return new SocketsHttpHandler { SslOptions = new SslClientAuthenticationOptions { CertificateChainPolicy = policy } };
    }
}
