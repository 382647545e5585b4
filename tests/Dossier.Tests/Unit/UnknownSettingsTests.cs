using Microsoft.Extensions.Configuration;

namespace Dossier.Tests.UnitTests;

/// <summary>A name that is none of the settings is found wherever it was meant for the service.</summary>
public sealed class UnknownSettingsTests
{
    private static IConfiguration Of(params (string Key, string Value)[] settings) =>
        new ConfigurationBuilder().AddInMemoryCollection(settings.ToDictionary(one => one.Key, one => (string?)one.Value, StringComparer.Ordinal)).Build();

    [Theory]
    [InlineData("Systms:telephony:Keys:0", "Systms")]
    [InlineData("Lisen", "Lisen")]
    [InlineData("Tls:Certificat", "Tls:Certificat")]
    [InlineData("Access:Requird", "Access:Requird")]
    [InlineData("Health:Listn", "Health:Listn")]
    public void A_name_of_the_file_that_is_misspelt_is_found(string written, string told)
    {
        var file = Of((written, "x"), ("Logging:LogLevel:Default", "Warning"), ("AllowedHosts", "*"), ("listen", "http://127.0.0.1:5080"), ("Sources:crm:Queries", "crm.sql"));
        Assert.Equal([told], UnknownSettings.Of(file, file));
    }

    [Fact]
    public void Of_the_environment_what_has_more_below_it_was_meant_for_the_service()
    {
        var environment = Of(("KEY", "dsk_x"), ("TOKEN", "y"), ("ADDRESS", "http://127.0.0.1:5080"), ("Systms:telephony:Scopes:0", "guard"), ("Limits:Read", "5"));
        Assert.Equal(["Limits:Read", "Systms"], UnknownSettings.Of(environment, Of()).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData(null, "--Listen", "http://127.0.0.1:5081", "--Access:Required=true", "Listen=x")]
    [InlineData("'extra' belongs to no setting", "--Listen", "x", "extra")]
    [InlineData("'-Listen' belongs to no setting", "-Listen", "x")]
    [InlineData("--Listen has no value", "--DataDirectory", "x", "--Listen")]
    public void A_word_of_the_command_line_that_would_be_passed_over_is_named(string? told, params string[] words)
    {
        var stray = UnknownSettings.Stray(words);
        Assert.Equal(told is null, stray is null);
        Assert.StartsWith(told ?? "", stray ?? "", StringComparison.Ordinal);
    }
}
