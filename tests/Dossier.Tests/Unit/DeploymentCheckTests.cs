using System.Net;
using System.Net.Sockets;
using Dossier.Database;
using Dossier.Deployment;
using Dossier.Sources;
using Dossier.Tests.Fixtures;
using Microsoft.Extensions.Configuration;

namespace Dossier.Tests.UnitTests;

/// <summary>What <c>dossier doctor</c> thinks of things that a test cannot make wrong on this machine: its disk, its limits, its clock.</summary>
public sealed class DeploymentCheckTests
{
    [Theory]
    [InlineData(0.9, FindingLevel.Fine, "agree to a second")]
    [InlineData(-1.1, FindingLevel.Warning, "1.1 s behind the registry's server")]
    [InlineData(4.9, FindingLevel.Warning, "4.9 s ahead of the registry's server")]
    [InlineData(5.1, FindingLevel.Wrong, "NTP")]
    public void Clocks_that_differ_are_a_warning_from_one_second_on_and_wrong_from_five(double seconds, FindingLevel level, string words) =>
        Is(level, words, RegistryCheck.Clocks(TimeSpan.FromSeconds(seconds)));

    [Theory]
    [InlineData(40, FindingLevel.Wrong, "every change is refused")]
    [InlineData(400, FindingLevel.Warning, "Make room")]
    [InlineData(4_000, FindingLevel.Fine, "4000 MB are free")]
    public void A_disk_that_is_nearly_full_is_told(long megabytes, FindingLevel level, string words) => Is(level, words, RegistryCheck.Disk("/data", megabytes << 20));

    [Fact]
    public void SQLite_on_a_network_file_system_is_wrong()
    {
        Is(FindingLevel.Wrong, "/srv/registry.db stands on a network file system (nfs)", RegistryCheck.Network("/srv/registry.db", DriveType.Network, "nfs")!);
        Assert.Null(RegistryCheck.Network("/srv/registry.db", DriveType.Fixed, "ext4"));
    }

    [Theory]
    [InlineData("Max open files            256                  1024                 files     ", FindingLevel.Warning, "1024 files and connections")]
    [InlineData("Max open files            1024                 524288               files     ", FindingLevel.Fine, "524288 files")]
    [InlineData("Max open files            1024                 unlimited            files     ", FindingLevel.Fine, "unlimited files")]
    public void Few_open_files_are_a_warning(string line, FindingLevel level, string words) => Is(level, words, ReachCheck.OpenFiles(["Limit   Soft Limit   Hard Limit   Units", line])!);

    [Fact]
    public async Task A_telemetry_backend_that_does_not_listen_is_a_warning_that_names_its_variable()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var address = $"http://{listener.LocalEndpoint}";
        Is(FindingLevel.Fine, $"{address} listens (OTEL_EXPORTER_OTLP_ENDPOINT)", Assert.Single(await ReachCheck.TelemetryAsync([("OTEL_EXPORTER_OTLP_ENDPOINT", address + "/v1/traces")], default)));
        listener.Stop();
        Is(FindingLevel.Warning, $"{address} (OTEL_EXPORTER_OTLP_ENDPOINT)", Assert.Single(await ReachCheck.TelemetryAsync([("OTEL_EXPORTER_OTLP_ENDPOINT", address)], default)));
        Is(FindingLevel.Wrong, "'collector' is not an address", Assert.Single(await ReachCheck.TelemetryAsync([("OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", "collector")], default)));
        Is(FindingLevel.Note, "nothing leaves", Assert.Single(await ReachCheck.TelemetryAsync([], default)));
    }

    [Fact]
    public void A_settings_file_with_a_password_that_everybody_can_read_is_a_warning_without_the_password()
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        using var folder = TemporaryFolder.Empty();
        var path = folder["appsettings.json"];
        File.WriteAllText(path, """{ "Sources": { "crm": { "ConnectionString": "Host=db;Database=crm;Username=reader;Password=geheim-4711" } } }""");
        var file = new ConfigurationBuilder().AddJsonFile(path).Build();

        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.OtherRead);
        var open = Assert.Single(FilesCheck.Secrets(new DossierOptions(), file, path));
        Is(FindingLevel.Warning, $"'{path}' holds a secret and everybody on this machine can read it", open);
        Assert.DoesNotContain("geheim-4711", open.Text, StringComparison.Ordinal);

        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.GroupRead);
        Is(FindingLevel.Fine, path, Assert.Single(FilesCheck.Secrets(new DossierOptions(), file, path)));
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.OtherRead);
        Assert.Empty(FilesCheck.Secrets(new DossierOptions(), new ConfigurationBuilder().AddInMemoryCollection([new("Sources:crm:ConnectionString", "Host=db;Username=reader")]).Build(), path));
    }

    [Fact]
    public void The_rights_that_the_service_needs_are_those_of_its_permission_script()
    {
        var rights = RegistryCheck.Rights(SqlText.Read("registry/postgres/permissions.sql")).ToList();
        Assert.Equal(20, rights.Count(right => right.Right == "SELECT"));
        Assert.Contains(("action_report", "INSERT"), rights);
        Assert.Contains(("change_counter", "UPDATE"), rights);
        Assert.Equal([("key_link", "DELETE")], rights.Where(right => right.Right == "DELETE"));
    }

    [Fact]
    public void An_owner_of_the_registry_on_SQL_Server_is_known_by_what_it_may_do_to_history()
    {
        (string, string)[] service = [("the server", "CONNECT SQL"), ("the database", "CONNECT"), ("dbo.access_record", "SELECT"), ("dbo.access_record", "INSERT"), ("dbo.agreement", "UPDATE"), ("dbo.key_link", "DELETE")];
        Assert.Empty(SqlServerInspection.Rewrites(service, "access_record"));
        Assert.Equal(["may DELETE in dbo.access_record"], SqlServerInspection.Rewrites([.. service, ("dbo.access_record", "DELETE")], "access_record"));
        Assert.Equal(["may ALTER in schema dbo"], SqlServerInspection.Rewrites([.. service, ("schema dbo", "ALTER")], "access_record"));
    }

    private static void Is(FindingLevel level, string words, Finding found)
    {
        Assert.Equal(level, found.Level);
        Assert.Contains(words, found.Text, StringComparison.Ordinal);
    }
}
