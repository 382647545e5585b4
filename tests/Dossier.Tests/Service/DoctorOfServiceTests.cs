using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Dapper;
using Dossier.Host;
using Dossier.Tests.Fixtures;
using Microsoft.Data.Sqlite;

namespace Dossier.Tests.ServiceTests;

/// <summary><c>dossier doctor --address</c>: a running service as one caller sees it, and why it is not seen.</summary>
public sealed class DoctorOfServiceTests(GuardedHost host) : IClassFixture<GuardedHost>
{
    [Fact]
    public async Task A_caller_who_may_all_sees_that_all_is_fine()
    {
        var ran = await AsAsync("all");

        Assert.Equal((0, ""), (ran.ExitCode, ran.Error));
        Assert.Equal(
            ["tls: fine", "service: fine", "health: fine", "credentials: fine", "sources/registry: fine", "sources/administration: fine", "sources/telephony: fine", "sources/webcare: fine", "acknowledgements: fine", "All is fine."],
            ran.Lines.Select(line => string.Join(": ", line.Split(": ")[..Math.Min(2, line.Split(": ").Length)])));
        Assert.Contains($"this caller may {string.Join(", ", Scopes.Names.Order(StringComparer.Ordinal))}\n", Sorted(ran), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Each_scope_that_a_caller_has_is_told_and_no_other()
    {
        foreach (var scope in Scopes.Names)
        {
            var ran = await AsAsync(scope);
            Assert.Equal((0, ""), (ran.ExitCode, ran.Error));
            Assert.Contains($"credentials: fine: this caller may {scope}; not ", ran.Output, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Nothing_is_read_changed_or_recorded_of_a_customer()
    {
        var (before, records) = (Count("change", "request", "decision"), Count("access_record"));
        Assert.Equal(0, (await AsAsync("all")).ExitCode);
        Assert.Equal(before, Count("change", "request", "decision"));

        // Records are written beside the calls, in order: what comes after the doctor's calls is the first one.
        Assert.Equal(0, (await Typed.RunAsync(["get", "1042", .. At(), "--key-file", Key(host.Keys["all"])])).ExitCode);
        await Eventually.TrueAsync(() => Task.FromResult(Count("access_record") > records), "the dossier that was read is recorded");
        Assert.Equal(records + 1, Count("access_record"));
    }

    [Fact]
    public async Task Without_the_scope_operate_the_sources_of_these_settings_are_asked_of_health()
    {
        var ran = await AsAsync("guard", "--", "--DataDirectory", host.Folder, "--Sources:webcare:ConnectionString", $"Data Source={Path.Combine(host.Folder, "webcare.db")}",
            "--Sources:webcare:Queries", "db/sources/webcare/queries.sqlite.sql", "--Sources:shop:ConnectionString", $"Data Source={Path.Combine(host.Folder, "webcare.db")}", "--Sources:shop:Queries", "db/sources/webcare/queries.sqlite.sql");

        Assert.Equal(1, ran.ExitCode);
        Assert.Contains("sources/webcare: fine: SERVING", ran.Lines);
        Assert.Single(ran.Lines, line => line.Contains(": WARNING: ", StringComparison.Ordinal) && line.StartsWith("sources/shop: WARNING: this folder's settings have it and the running service has not", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_wrong_key_and_no_key_are_named()
    {
        Is("credentials", "The key in x-dossier-key is not known. See --key-file", await DoctorAsync([.. At(), "--key-file", Key("dsk_nobody")]));
        Is("credentials", "Say who calls: an API key in x-dossier-key", await DoctorAsync(At()));
    }

    [Fact]
    public async Task A_certificate_that_is_not_trusted_or_is_for_another_name_is_named()
    {
        var foreign = Path.Combine(host.Folder, "foreign.pem");
        await File.WriteAllTextAsync(foreign, host.Foreign.Certificate.ExportCertificatePem());
        using var folder = TemporaryFolder.WithStores();
        var named = host.Authority.Issue("dossier.example", names => names.AddDnsName("dossier.example"), TimeSpan.FromDays(60));
        await File.WriteAllTextAsync(folder["service.pem"], named.ExportCertificatePem());
        await File.WriteAllTextAsync(folder["service.key"], named.GetRSAPrivateKey()!.ExportPkcs8PrivateKeyPem());
        await using var elsewhere = await DossierHost.StartAsync(folder.Path, ("Listen", "https://127.0.0.1:0"), ("Tls:Certificate", folder["service.pem"]), ("Tls:Key", folder["service.key"]));

        Is("tls", "nobody whom this machine trusts vouches for its certificate (issued by CN=Company CA): give its authority's file with --authority", await DoctorAsync("--address", host.Address));
        Is("tls", "the authority in --authority does not vouch for its certificate", await DoctorAsync("--address", host.Address, "--authority", foreign));
        Is("tls", "its certificate is for dossier.example and not for 127.0.0.1", await DoctorAsync("--address", elsewhere.Address, "--authority", At()[3]));
    }

    [Fact]
    public async Task A_certificate_that_has_ended_is_named_with_its_day_and_one_near_its_end_is_a_warning()
    {
        foreach (var (days, exitCode, words) in new[] { (-91, 2, "tls: WRONG: its certificate ended on "), (-70, 1, "tls: WARNING: its certificate ends on ") })
        {
            using var folder = TemporaryFolder.WithStores();
            var files = DevelopmentCertificate.Ready(folder.Path, TimeProvider.System.GetUtcNow().AddDays(days));
            await using var service = await DossierHost.StartAsync(folder.Path, ("Listen", "https://127.0.0.1:0"), ("Tls:Certificate", files.Certificate), ("Tls:Key", files.Key));

            var ran = await DoctorAsync("--address", service.Address, "--authority", DevelopmentCertificate.AuthorityIn(folder.Path));

            Assert.Equal(exitCode, ran.ExitCode);
            Assert.StartsWith(words, Assert.Single(ran.Lines, line => line.StartsWith("tls: ", StringComparison.Ordinal)), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task What_is_not_there_or_speaks_otherwise_is_named()
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        var nobody = $"http://{silent.LocalEndpoint}";
        Is("service", $"{nobody} took the call and gave no answer in time", await DoctorAsync("--address", nobody, "--timeout", "300ms"));
        silent.Stop();
        Is("service", $"nothing listens at {nobody}: is the service started there", await DoctorAsync("--address", nobody));
        Is("service", "the name nowhere.invalid is not known here", await DoctorAsync("--address", "http://nowhere.invalid:5080"));
        Is("service", "is it https there", await DoctorAsync("--address", host.Address.Replace("https", "http", StringComparison.Ordinal)));

        await using var plain = await DossierHost.StartAsync();
        Is("tls", "is it http there", await DoctorAsync("--address", plain.Address.Replace("http", "https", StringComparison.Ordinal)));
        await using var other = await ScriptedService.StartAsync();
        Is("service", "is not the dossier service", await DoctorAsync("--address", other.Address));
        Is("credentials", "must be a configured system", await DoctorAsync("--address", plain.Address, "--system", "nosuch"));
    }

    [Fact]
    public async Task A_source_that_is_paused_or_disabled_and_what_a_system_owes_too_long_are_named_without_a_customer()
    {
        await using var service = await DossierHost.StartAsync(("Systems:administration:MustAcknowledge:0", "CREDIT_INVOICE"), ("Systems:administration:Within", "00:00:00.001"), ("Systems:local:Within", "01:00:00"), ("Systems:webcare:Within", "01:00:00"));
        string[] at = ["--address", service.Address, "--timeout", "30s"];
        await service.Agreements.CreateAgreementAsync(StoryTests.CreditOf("1043", "202609-004388"), DossierHost.As("webcare"));
        Assert.Equal(0, (await Typed.RunAsync(["source", "pause", "telephony", .. at])).ExitCode);
        File.Delete(service.FileOf("webcare"));
        await service.GetAsync("1043");

        var ran = await Typed.RunAsync(["doctor", .. at, "--", "--DataDirectory", service.DataDirectory]);

        Assert.Equal(2, ran.ExitCode);
        Assert.Contains(ran.Lines, line => line.StartsWith("sources/telephony: WARNING: paused until it is resumed, by local ", StringComparison.Ordinal));
        Assert.Contains(ran.Lines, line => line.StartsWith("sources/webcare: WRONG: UNREACHABLE (", StringComparison.Ordinal) && line.Contains("./dossier check --source webcare", StringComparison.Ordinal));
        Assert.Contains(ran.Lines, line => line.StartsWith("systems/administration: WARNING: 1 acknowledgement is overdue", StringComparison.Ordinal) && line.EndsWith("./dossier pending --overdue --of administration", StringComparison.Ordinal));
        Assert.Contains(ran.Lines, line => line.StartsWith("conflicts: ", StringComparison.Ordinal) && line.Contains("administration", StringComparison.Ordinal));
        Assert.DoesNotContain("1043", ran.All, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_service_whose_registry_is_away_says_NOT_SERVING()
    {
        await using var service = await DossierHost.StartAsync(("Registry:Deadline", "00:00:00.300"));
        using (StoreFault.MovedAway(service, "registry"))
        {
            var ran = await DoctorAsync("--address", service.Address, "--timeout", "30s");

            Assert.Equal(2, ran.ExitCode);
            Assert.Contains(ran.Lines, line => line.StartsWith("health: WRONG: NOT_SERVING", StringComparison.Ordinal));
            Assert.Contains(ran.Lines, line => line.StartsWith("sources/registry: WRONG: UNREACHABLE", StringComparison.Ordinal));
        }
    }

    private static Task<Typed> DoctorAsync(params string[] typed) => Typed.RunAsync(["doctor", .. typed]);

    private static void Is(string about, string words, Typed ran)
    {
        Assert.Equal((2, ""), (ran.ExitCode, ran.Error));
        var line = Assert.Single(ran.Lines, line => line.Contains(": WRONG: ", StringComparison.Ordinal) || line.Contains(": WARNING: ", StringComparison.Ordinal));
        Assert.StartsWith($"{about}: WRONG: ", line, StringComparison.Ordinal);
        Assert.Contains(words, line, StringComparison.Ordinal);
    }

    /// <summary>The output with the scopes in order.</summary>
    private static string Sorted(Typed ran) => string.Join('\n', ran.Lines.Select(line => line.Split(" may ") is [var before, var scopes]
        ? $"{before} may {string.Join(", ", scopes.Split(", ").Order(StringComparer.Ordinal))}" : line));

    private string[] At() => ["--address", host.Address, "--authority", Path.Combine(host.Folder, "authority.pem"), "--timeout", "30s"];

    private string Key(string key)
    {
        var file = Path.Combine(host.Folder, Guid.NewGuid() + ".key");
        File.WriteAllText(file, key);
        return file;
    }

    private Task<Typed> AsAsync(string scope, params string[] more) => DoctorAsync([.. At(), "--key-file", Key(host.Keys[scope]), .. more]);

    private long Count(params string[] tables)
    {
        using var connection = new SqliteConnection($"Data Source={Path.Combine(host.Folder, "registry.db")};Mode=ReadOnly;Pooling=False");
        return tables.Sum(table => connection.QuerySingle<long>($"SELECT COUNT(*) FROM {table}"));
    }
}
