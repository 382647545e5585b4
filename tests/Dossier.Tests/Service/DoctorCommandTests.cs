using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Dossier.Deployment;
using Dossier.Host;
using Dossier.Sources;
using Dossier.Tests.Fixtures;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Configuration;

namespace Dossier.Tests.ServiceTests;

/// <summary><c>dossier doctor</c> on the settings of a deployment: what is broken is one line that says what to do, and the exit code says how bad.</summary>
public sealed class DoctorCommandTests : IDisposable
{
    private const string Secret = "geheim-4711";
    private static readonly DateTimeOffset Now = TimeProvider.System.GetUtcNow();
    private readonly TemporaryFolder folder = TemporaryFolder.WithStores();

    [Fact]
    public async Task A_sound_deployment_ends_with_0_and_says_what_was_looked_at()
    {
        await using var issuer = await Issuer.StartAsync();
        Assert.Equal(0, (await Typed.RunAsync(["migrate", .. Settings()])).ExitCode);
        var authority = Write("authority.pem", new Authority("Company CA").Certificate.ExportCertificatePem());

        var ran = await DoctorAsync([.. Certified(Now), ("Tls:ClientAuthority", authority), ("Jwt:Issuer", issuer.Address), ("Jwt:Audience", "dossier"), .. Open]);

        Assert.Equal((0, ""), (ran.ExitCode, ran.Error));
        Assert.Equal("All is fine.", ran.Lines[^1]);
        foreach (var about in new[] { "settings", "certificate", "key", "callers", "secrets", "issuer", "registry", "disk", "sources/crm", "limits" })
        {
            Assert.Contains(ran.Lines, line => line.StartsWith($"{about}: fine: ", StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task Before_the_first_start_nothing_is_wrong_and_nothing_is_made()
    {
        using var empty = TemporaryFolder.Empty();

        var ran = await Typed.RunAsync(["doctor", .. Typed.Settings(("DataDirectory", empty["data"]))]);

        Assert.Equal((0, ""), (ran.ExitCode, ran.Error));
        Assert.Contains(ran.Lines, line => line.StartsWith("registry: ", StringComparison.Ordinal) && line.Contains("is not there yet", StringComparison.Ordinal));
        Assert.Contains(ran.Lines, line => line.StartsWith("sources: none is configured", StringComparison.Ordinal));
        Assert.Empty(Directory.GetFileSystemEntries(empty.Path));
    }

    [Fact]
    public async Task A_store_of_the_sample_that_is_gone_after_the_first_start_is_wrong()
    {
        await using (await DossierProcess.StartAsync(folder.Path))
        {
        }

        Assert.Equal(0, (await Typed.RunAsync(["doctor", .. Typed.Settings(("DataDirectory", folder.Path))])).ExitCode);
        File.Delete(folder["webcare.db"]);
        Is("sources/webcare", "WRONG", "is not there", await Typed.RunAsync(["doctor", .. Typed.Settings(("DataDirectory", folder.Path))]), 2);
    }

    [Theory]
    [InlineData(-91, 2, "WRONG", "ended on ")]
    [InlineData(-70, 1, "WARNING", "ends on ")]
    [InlineData(2, 2, "WRONG", "is valid from ")]
    public async Task A_certificate_that_ended_or_is_near_its_end_is_named_with_its_day(int made, int exitCode, string level, string words) =>
        Is("certificate", level, words, await DoctorAsync(Certified(Now.AddDays(made))), exitCode);

    [Fact]
    public async Task A_key_that_does_not_belong_to_the_certificate_or_is_none_is_wrong()
    {
        var other = DevelopmentCertificate.Ready(folder["other"], Now).Key;
        Is("key", "WRONG", $"'{other}' is not the key of ", await DoctorAsync([.. Certified(Now), ("Tls:Key", other)]), 2);
        Is("key", "WRONG", "holds no private key in PEM", await DoctorAsync([.. Certified(Now), ("Tls:Key", Write("no.key", "secret"))]), 2);
        using var key = System.Security.Cryptography.ECDsa.Create();
        var encrypted = key.ExportEncryptedPkcs8PrivateKeyPem(Secret, new(System.Security.Cryptography.PbeEncryptionAlgorithm.Aes256Cbc, System.Security.Cryptography.HashAlgorithmName.SHA256, 1));
        Is("key", "WRONG", "is encrypted", await DoctorAsync([.. Certified(Now), ("Tls:Key", Write("encrypted.key", encrypted))]), 2);
    }

    [Fact]
    public async Task A_certificate_file_or_an_authority_without_a_certificate_is_wrong()
    {
        var none = Write("none.pem", "nothing");
        Is("callers", "WRONG", "holds no certificate", await DoctorAsync(("Tls:ClientAuthority", none)), 2);
        var ran = await DoctorAsync([.. Certified(Now), ("Tls:Certificate", none)]);
        Assert.Equal(2, ran.ExitCode);
        Assert.Contains(ran.Lines, line => line.StartsWith($"certificate: WRONG: Tls:Certificate '{none}' cannot be read", StringComparison.Ordinal));
        var near = Write("near.pem", await File.ReadAllTextAsync(DevelopmentCertificate.AuthorityIn(Made(Now.AddDays(-80)))));
        Is("callers", "WARNING", "Add its successor to the file", await DoctorAsync(("Tls:ClientAuthority", near)), 1);
    }

    [Fact]
    public async Task A_secret_that_everybody_can_read_is_a_warning()
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        var secret = Write("crm.secret", $"Data Source={folder["administration.db"]}");
        File.SetUnixFileMode(secret, (UnixFileMode)0b110_100_100);
        Is("secrets", "WARNING", $"'{secret}' holds a secret", await DoctorAsync(("Sources:crm:ConnectionString", ""), ("Sources:crm:ConnectionStringFile", secret)), 1);
        File.SetUnixFileMode(secret, (UnixFileMode)0b110_000_000);
        Assert.Equal(0, (await DoctorAsync(("Sources:crm:ConnectionString", ""), ("Sources:crm:ConnectionStringFile", secret))).ExitCode);

        // Each setting that names such a file.
        File.SetUnixFileMode(secret, (UnixFileMode)0b110_100_100);
        var options = new[] { new DossierOptions(), new DossierOptions(), new DossierOptions() };
        options[0].Registry.ConnectionStringFile = options[1].Registry.ReadConnectionStringFile = options[2].Tls.Key = secret;
        Assert.All(options, one => Assert.Equal(FindingLevel.Warning, Assert.Single(FilesCheck.Secrets(one, new ConfigurationBuilder().Build(), "")).Level));
    }

    [Theory]
    [InlineData(2, "settings", "WRONG", "TimeZone 'Mars/Olympus' is not known", "TimeZone", "Mars/Olympus")]
    [InlineData(2, "settings", "WRONG", "no system has credentials", "Listen", "https://0.0.0.0:5443", "Tls:Certificate", "/etc/hosts", "Tls:Key", "/etc/hosts")]
    [InlineData(2, "settings", "WRONG", "Registry:Deadlin is not a setting", "Registry:Deadlin", "00:00:01")]
    [InlineData(2, "settings", "WRONG", "Acces is not a setting", "Acces:Required", "true")]
    [InlineData(2, "sources/crm", "WRONG", "dossier check --source crm", "Sources:crm:Queries", "absent.sql")]
    [InlineData(2, "sources/crm", "WRONG", "Sources:crm:Deadline", "Sources:crm:Deadline", "400ms")]
    [InlineData(2, "issuer", "WRONG", "callers with tokens are refused", "Jwt:Issuer", "http://127.0.0.1:PORT", "Jwt:Audience", "dossier")]
    [InlineData(2, "registry", "WRONG", "Does the server run", "Registry:Provider", "PostgreSql", "Registry:ConnectionString", "Host=127.0.0.1;Port=PORT;Database=registry;Username=x;Password=" + Secret)]
    [InlineData(2, "registry", "WRONG", "Does the server run", "Registry:Provider", "SqlServer", "Registry:ConnectionString", "Server=127.0.0.1,PORT;Database=registry;User ID=x;Encrypt=False;Connect Timeout=1;Password=" + Secret)]
    [InlineData(1, "replica", "WARNING", "The primary answers in its place", "Registry:ReadConnectionString", "Data Source=absent.db")]
    public async Task What_is_broken_is_one_line_that_names_it_without_a_password(int exitCode, string about, string level, string words, params string[] settings)
    {
        Assert.Equal(0, (await Typed.RunAsync(["migrate", .. Settings()])).ExitCode);

        var ran = await DoctorAsync([.. settings.Chunk(2).Select(pair => (pair[0], pair[1].Replace("PORT", NobodyListens(), StringComparison.Ordinal)))]);

        Is(about, level, words, ran, exitCode);
        Assert.DoesNotContain(Secret, ran.All, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_issuer_that_calls_itself_otherwise_is_wrong()
    {
        await using var issuer = await Issuer.StartAsync();
        Is("issuer", "WRONG", $"calls itself {issuer.Address}: every token is refused", await DoctorAsync(("Jwt:Issuer", issuer.Address + "/"), ("Jwt:Audience", "dossier")), 2);
    }

    [Fact]
    public async Task A_registry_of_a_newer_program_is_wrong_and_of_an_older_one_is_brought_up_to_date_by_the_start()
    {
        Assert.Equal(0, (await Typed.RunAsync(["migrate", .. Settings()])).ExitCode);
        Registry("DELETE FROM schema_step WHERE number = 8;");
        var older = await DoctorAsync();
        Assert.Equal(0, older.ExitCode);
        Assert.Contains("schema: lacks 008_action_reports.sql: the next start brings it up to date", older.Lines);

        Registry("INSERT INTO schema_step (number, name, oldest_program, apply_time) VALUES (900, '900_x.sql', '99.0.0', 0);");
        Is("schema", "WRONG", "The registry needs Dossier 99.0.0 or newer", await DoctorAsync(), 2);
    }

    [Fact]
    public async Task A_service_for_other_machines_without_a_drain_and_a_port_for_probes_is_warned_of_both()
    {
        var ran = await DoctorAsync([.. Certified(Now), ("Listen", "https://0.0.0.0:5443"), .. Caller]);
        Assert.Equal((1, "Wrong: 0. Warnings: 2."), (ran.ExitCode, ran.Lines[^1]));
        Assert.Contains(ran.Lines, line => line.StartsWith("stopping: WARNING: Drain:Delay is 0", StringComparison.Ordinal));
        Assert.Contains(ran.Lines, line => line.StartsWith("probes: WARNING: Health:Listen is not set", StringComparison.Ordinal));
        Assert.Equal(0, (await DoctorAsync([.. Certified(Now), .. Caller, .. Open])).ExitCode);
    }

    [Fact]
    public async Task Json_holds_the_same_findings()
    {
        var ran = await Typed.RunAsync(["doctor", "--json", .. Settings(("Sources:crm:Queries", "absent.sql"))]);

        using var document = JsonDocument.Parse(ran.Output);
        Assert.Equal((2, false), (ran.ExitCode, document.RootElement.GetProperty("allFine").GetBoolean()));
        var found = document.RootElement.GetProperty("findings").EnumerateArray().Single(found => found.GetProperty("level").GetString() == "WRONG");
        Assert.Equal("sources/crm", found.GetProperty("about").GetString());
        Assert.Contains("absent.sql", found.GetProperty("text").GetString(), StringComparison.Ordinal);
    }

    public void Dispose() => folder.Dispose();

    private static (string, string)[] Caller =>
        [("Systems:crm:Keys:0", Authentication.HashOf("dsk_x")), ("Systems:crm:Scopes:0", "guard")];

    private static (string, string)[] Open =>
        [("Listen", "https://0.0.0.0:5443"), .. Caller, ("Drain:Delay", "00:00:05"), ("Health:Listen", "http://127.0.0.1:5081")];

    private Task<Typed> DoctorAsync(params (string Key, string Value)[] settings) => Typed.RunAsync(["doctor", .. Settings(settings)]);

    private string[] Settings(params (string Key, string Value)[] settings) => Typed.Settings(
        [("DataDirectory", folder.Path), ("Sources:crm:ConnectionString", $"Data Source={folder["administration.db"]}"), ("Sources:crm:Queries", "db/sources/administration/queries.sqlite.sql"), .. settings]);

    /// <summary>A folder with a certificate that was made at that time, for 90 days.</summary>
    private string Made(DateTimeOffset then)
    {
        var made = folder["tls-" + Guid.NewGuid()];
        DevelopmentCertificate.Ready(made, then);
        return made;
    }

    private (string, string)[] Certified(DateTimeOffset then) =>
        DevelopmentCertificate.Ready(Made(then), then) is var files ? [("Listen", "https://127.0.0.1:5443"), ("Tls:Certificate", files.Certificate), ("Tls:Key", files.Key)] : [];

    private string Write(string name, string text)
    {
        File.WriteAllText(folder[name], text);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(folder[name], UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }

        return folder[name];
    }

    private void Registry(string statement)
    {
        using var connection = new SqliteConnection($"Data Source={folder["registry.db"]};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = statement;
        command.ExecuteNonQuery();
    }

    /// <summary>One line is not fine, and it is this one.</summary>
    private static void Is(string about, string level, string words, Typed ran, int exitCode)
    {
        Assert.True(ran.Error.Length == 0, ran.Error);
        Assert.Equal(exitCode, ran.ExitCode);
        var line = Assert.Single(ran.Lines, line => line.Contains(": WRONG: ", StringComparison.Ordinal) || line.Contains(": WARNING: ", StringComparison.Ordinal));
        Assert.StartsWith($"{about}: {level}: ", line, StringComparison.Ordinal);
        Assert.Contains(words, line, StringComparison.Ordinal);
    }

    private static string NobodyListens()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port.ToString();
    }
}
