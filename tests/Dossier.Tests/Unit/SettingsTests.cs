using System.Net;
using Dossier.V1;
using Microsoft.Extensions.Configuration;

namespace Dossier.Tests.UnitTests;

/// <summary>Settings: what is right is read, what is wrong is one sentence that names the setting.</summary>
public sealed class SettingsTests
{
    private static DossierOptions Read(params (string Key, string Value)[] settings) => Settings.Read(
        new ConfigurationBuilder().AddInMemoryCollection(settings.Select(setting => KeyValuePair.Create(setting.Key, (string?)setting.Value))).Build());

    private static string Refused(params (string Key, string Value)[] settings)
    {
        var message = Assert.Throws<InvalidOperationException>(() => Read(settings)).Message;
        Assert.DoesNotContain('\n', message);
        return message;
    }

    [Fact]
    public void A_setting_that_is_null_in_the_file_is_one_that_is_not_set()
    {
        const string File = """
            {
              "DataDirectory": "x", "Listen": null, "TimeZone": null, "Tls": { "Certificate": null }, "Registry": { "ConnectionString": null, "Deadline": null },
              "Systems": { "webcare": { "MustAcknowledge": null, "Clients": null } },
              "Sources": { "crm": { "ConnectionString": null, "ConnectionStringFile": "crm.secret", "Sections": null, "KeyTypes": null } }
            }
            """;
        var read = Settings.Read(new ConfigurationBuilder().AddJsonStream(new MemoryStream(System.Text.Encoding.UTF8.GetBytes(File))).Build());

        var defaults = new DossierOptions();
        Assert.Equal((defaults.Listen, defaults.TimeZone, defaults.Tls.Certificate, defaults.Registry.Deadline), (read.Listen, read.TimeZone, read.Tls.Certificate, read.Registry.Deadline));
        Assert.Equal($"Data Source={Path.Combine("x", "registry.db")}", read.Registry.ConnectionString);
        Assert.Empty(read.Systems["webcare"].Clients);
        Assert.Equal(("", "crm.secret", 0), (read.Sources["crm"].ConnectionString, read.Sources["crm"].ConnectionStringFile, read.Sources["crm"].Sections.Count));
    }

    [Fact]
    public void Without_settings_there_is_a_registry_below_the_data_folder_and_the_systems_of_the_sample()
    {
        var options = Read(("DataDirectory", "x"));
        Assert.Equal($"Data Source={Path.Combine("x", "registry.db")}", options.Registry.ConnectionString);
        Assert.Equal(["administration", "local", "partner", "shop", "telephony", "webcare"], options.Systems.Keys.Order());
        Assert.Equal(
            System.Enum.GetValues<EffectKind>().Select(kind => kind.Word()).Except(["UNSPECIFIED", "REMARK", "CONTACT_STOP", "SUSPENSION_BLOCK"]).Order(),
            options.Systems["administration"].MustAcknowledge.Order());
    }

    [Fact]
    public void What_is_set_is_read()
    {
        var options = Read(
            ("Listen", "http://[::1]:5081"), ("Registry:Deadline", "00:00:00.200"), ("Registry:MaxConnections", "256"), ("Sources:crm:Queries", "crm.sql"),
            ("Sources:crm:KeySpellings:phone:0", "national"), ("Systems:crm:MustAcknowledge:0", "*"), ("Systems:crm:Within", "04:00:00"), ("Purposes:conflict-sweep:Sections:0", "INVOICES"),
            ("Phone:DefaultCountry", "354"), ("Demo:Now", "2026-10-09T09:00:00+02:00"));
        Assert.Equal(TimeSpan.FromMilliseconds(200), options.Registry.Deadline);
        Assert.Equal(["national"], options.Sources["crm"].KeySpellings["PHONE"]);
        Assert.Equal(["crm"], options.Systems.Keys);
        Assert.Equal(TimeSpan.FromHours(4), options.Systems["crm"].Within);
        Assert.Equal(["INVOICES"], options.Purposes["conflict-sweep"].Sections);
        Assert.Equal(DateTimeOffset.Parse("2026-10-09T07:00:00Z"), options.Demo.Now);
    }

    [Theory]
    [InlineData("Registry:Provider", "Oracle")]
    [InlineData("Registry:ConnectionString", "Password=SECRET;x")]
    [InlineData("Registry:MaxConnections", "0")]
    [InlineData("Registry:MaxConnections", "257")]
    [InlineData("Registry:Group", "0")]
    [InlineData("Registry:Group", "257")]
    [InlineData("Registry:Deadline", "00:00:00.049")]
    [InlineData("Registry:Deadline", "00:01:00.001")]
    [InlineData("Registry:Deadline", "soon")]
    [InlineData("TimeZone", "Europe/Nowhere")]
    [InlineData("Phone:DefaultCountry", "+31")]
    [InlineData("Phone:DefaultCountry", "")]
    [InlineData("Phone:DefaultCountry", "0031")]
    [InlineData("Listen", "127.0.0.1:5080")]
    [InlineData("Listen", "https://127.0.0.1:5080")]
    [InlineData("Listen", "http://127.0.0.1:5080/path")]
    [InlineData("Listen", "http://0.0.0.0:5080")]
    [InlineData("Listen", "http://example.org:5080")]
    public void A_setting_that_is_wrong_is_named(string key, string value)
    {
        var message = Refused((key, value));
        Assert.Contains(key, message, StringComparison.Ordinal);
        Assert.DoesNotContain("SECRET", message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_system_a_purpose_and_an_effect_must_be_words()
    {
        Assert.Contains("Systems:Web Care", Refused(("Systems:Web Care:Within", "1:00:00")), StringComparison.Ordinal);
        Assert.Contains("Systems:crm:MustAcknowledge 'CREDIT'", Refused(("Systems:crm:MustAcknowledge:0", "CREDIT")), StringComparison.Ordinal);
        Assert.Contains("CREDIT_INVOICE", Refused(("Systems:crm:MustAcknowledge:0", "UNSPECIFIED")), StringComparison.Ordinal);
        Assert.Contains("Purposes 'Fun & games'", Refused(("Purposes:Fun & games:Sections:0", "INVOICES")), StringComparison.Ordinal);
    }

    [Fact]
    public void The_switch_for_TLS_takes_no_word_after_it_for_its_value()
    {
        var read = Settings.Read(Settings.Configuration(["--dev-tls", "--Listen", "http://[::1]:5081", "--DataDirectory", "x"]));
        Assert.Equal((true, "http://[::1]:5081", "x"), (read.Tls.Development, read.Listen, read.DataDirectory));
        Assert.Equal(new IPEndPoint(IPAddress.IPv6Loopback, 5082), Settings.DevelopmentEndpoint(read));
        Assert.False(Settings.Read(Settings.Configuration(["--Listen", "http://127.0.0.1:5081"])).Tls.Development);
    }

    [Theory]
    [InlineData("--dev-tls (Tls:Development) is for this machine alone", "Listen", "http://0.0.0.0:5080")]
    [InlineData("--dev-tls (Tls:Development) is for this machine alone", "Listen", "https://127.0.0.1:5080")]
    [InlineData("--dev-tls (Tls:Development) is for this machine alone", "Listen", "http://127.0.0.1:65535")]
    [InlineData("leave it out beside Tls:Certificate", "Tls:Certificate", "/etc/hosts", "Tls:Key", "/etc/hosts")]
    [InlineData("Health:Listen 'http://127.0.0.1:5081' has the port that --dev-tls", "Health:Listen", "http://127.0.0.1:5081")]
    [InlineData("Metrics:Listen 'http://127.0.0.1:5081' has the port that --dev-tls", "Metrics:Listen", "http://127.0.0.1:5081")]
    public void TLS_for_development_is_refused_where_it_cannot_be(string said, params string[] settings) => Assert.Contains(
        said, Refused([("Tls:Development", "true"), .. settings.Chunk(2).Select(pair => (pair[0], pair[1]))]), StringComparison.Ordinal);

    [Theory]
    [InlineData("Metrics:Listen 'http://127.0.0.1:5080' must be http and a port of its own", "Metrics:Listen", "http://127.0.0.1:5080")]
    [InlineData("Metrics:Listen 'https://127.0.0.1:9464' must be http", "Metrics:Listen", "https://127.0.0.1:9464")]
    [InlineData("Metrics:Listen 'http://127.0.0.1:5091' must be http and a port of its own", "Health:Listen", "http://127.0.0.1:5091", "Metrics:Listen", "http://127.0.0.1:5091")]
    public void A_port_beside_the_services_own_is_one_that_nobody_else_has(string said, params string[] settings) => Assert.Contains(
        said, Refused([.. settings.Chunk(2).Select(pair => (pair[0], pair[1]))]), StringComparison.Ordinal);

    [Theory]
    [InlineData("http://127.0.0.1:5080", "127.0.0.1", 5080)]
    [InlineData("http://localhost:0", "127.0.0.1", 0)]
    [InlineData("http://[::1]:81", "::1", 81)]
    [InlineData("http://127.8.9.1", "127.8.9.1", 80)]
    public void A_loopback_address_is_listened_on(string listen, string address, int port) =>
        Assert.Equal(new IPEndPoint(IPAddress.Parse(address), port), Settings.Endpoint(listen));
}
