using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using System.Text.RegularExpressions;
using Dossier.Tests.Fixtures;

namespace Dossier.Tests.RobustnessTests;

/// <summary>docs/operating.md, "A first hour": TLS and two callers, a store that breaks, where one sees it, and that it recovers.</summary>
[Collection(ProcessesCollection.Name)]
public sealed class FirstHourTests
{
    [Fact]
    public async Task A_store_that_breaks_is_seen_in_the_dossier_the_traces_the_source_the_health_the_metric_and_the_log_and_so_is_its_recovery()
    {
        await using var sink = await OtlpSink.StartAsync();
        using var folder = TemporaryFolder.Empty();
        await TypeAsync(folder.Path, "openssl req");
        await TypeAsync(folder.Path, "chmod 600");

        var hashes = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var system in new[] { "telephony", "operations" })
        {
            var made = JsonDocument.Parse((await Typed.RunAsync("keys", "new", system, "--json")).Output).RootElement;
            hashes[system] = made.GetProperty("hash").GetString()!;
            await File.WriteAllTextAsync(folder[system + ".key"], made.GetProperty("key").GetString());
        }

        await File.WriteAllTextAsync(folder["appsettings.json"], $$"""
            {
              "Listen": "https://127.0.0.1:0",
              "Tls": { "Certificate": "service.pem", "Key": "service.key" },
              "Health": { "Listen": "http://127.0.0.1:0" },
              "Metrics": { "Listen": "http://127.0.0.1:0" },
              "Systems": {
                "telephony": { "Keys": ["{{hashes["telephony"]}}"], "Scopes": ["dossier.read", "agreements.read"] },
                "operations": { "Keys": ["{{hashes["operations"]}}"], "Scopes": ["operate", "agreements.read"] }
              }
            }
            """);
        await using var service = await DossierProcess.StartAsync(
            new Launch(folder.Path, [], [("OTEL_EXPORTER_OTLP_ENDPOINT", sink.GrpcAddress), ("OTEL_METRIC_EXPORT_INTERVAL", "200"), ("OTEL_BLRP_SCHEDULE_DELAY", "200")]),
            X509CertificateLoader.LoadCertificateFromFile(folder["service.pem"]));
        Task<Typed> As(string system, params string[] typed) =>
            Typed.RunAsync([.. typed, "--address", service.Address, "--authority", folder["service.pem"], "--key-file", folder[system + ".key"], "--timeout", "30s"]);

        var whole = await As("telephony", "get", "1042");
        Assert.True(whole.ExitCode == 0, whole.All);
        Assert.Contains("Marloes de Wit", whole.Output, StringComparison.Ordinal);
        Assert.Contains("SCOPE_MISSING", (await As("telephony", "traces")).Error, StringComparison.Ordinal);
        var looked = await As("operations", "doctor");
        Assert.Contains("All is fine.", looked.Output, StringComparison.Ordinal);

        File.Move(folder["data/webcare.db"], folder["data/webcare.db.away"]);
        await Eventually.TrueAsync(
            async () => (await As("telephony", "get", "1042")).All.Contains("webcare (UNREACHABLE)", StringComparison.Ordinal) && await HealthAsync("sources/webcare") == "NOT_SERVING", "the source is not served");
        Assert.Contains("UNREACHABLE", (await As("telephony", "get", "1042", "--json")).Output, StringComparison.Ordinal);
        Assert.Equal("SERVING", await HealthAsync(null));
        var traces = await As("operations", "traces", "--source", "webcare");
        Assert.Contains("webcare", traces.Output, StringComparison.Ordinal);
        var trace = traces.Output.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).First(word => word.Length == 32 && word.All(char.IsAsciiHexDigitLower));
        var waterfall = await As("operations", "traces", trace);
        Assert.Contains("webcare", waterfall.Output, StringComparison.Ordinal);
        Assert.Contains("UNREACHABLE", waterfall.Output, StringComparison.Ordinal);
        Assert.Contains("UNREACHABLE", (await As("operations", "source", "webcare")).Output, StringComparison.Ordinal);
        await Eventually.TrueAsync(
            () => Task.FromResult(sink.Got.Latest("dossier.source.duration", ("dossier.source", "webcare"), ("dossier.outcome", "UNREACHABLE")) >= 1), "the metric has the outcome");
        using var http = new HttpClient();
        var fetched = await http.GetStringAsync(service.Output.Split("fetches them: ")[1].Split((char[]?)null, 2)[0]);
        var sought = Line("curl -s").Split('\'')[1];
        Assert.Contains(fetched.Split('\n'), line => Regex.IsMatch(line, sought) && line.Contains("\"UNREACHABLE\"", StringComparison.Ordinal));
        await Eventually.TrueAsync(() => Task.FromResult(sink.Got.LogRecords.Any(line => line.Body.Text().Contains("webcare", StringComparison.Ordinal))), "the log has it");

        File.Move(folder["data/webcare.db.away"], folder["data/webcare.db"]);
        await Eventually.TrueAsync(async () => await HealthAsync("sources/webcare") == "SERVING", "its health is well again, and nobody has asked for a dossier");
        Assert.DoesNotContain("UNREACHABLE", (await As("telephony", "get", "1042", "--json")).Output, StringComparison.Ordinal);
        await Eventually.TrueAsync(() => Task.FromResult(service.Output.Contains("answers again", StringComparison.Ordinal)), "the log says so");

        async Task<string> HealthAsync(string? name)
        {
            string[] which = name is null ? [] : ["--service", name];
            return (await Typed.RunAsync(["health", .. which, "--address", service.Address, "--authority", folder["service.pem"], "--timeout", "30s"])).Output.Split(' ')[0];
        }
    }

    /// <summary>The line of the chapter that begins so, in a shell.</summary>
    private static Task<string> TypeAsync(string folder, string begins) =>
        Tool.RunAsync("bash", "-c", $"cd '{folder}' && {Line(begins)}");

    private static string Line(string begins) =>
        Repository.Read("docs", "operating.md").Split('\n').Select(line => line.Trim()).First(line => line.StartsWith(begins, StringComparison.Ordinal));
}
