using Dossier.Tests.Fixtures;
using Microsoft.Extensions.Configuration;

namespace Dossier.Tests.UnitTests;

/// <summary>No login of the registry need stand in the settings: each may stand in a file.</summary>
public sealed class SecretFilesTests : IDisposable
{
    private const string Primary = "Host=primary;Database=registry;Username=dossier_service;Password=first-secret";
    private const string Replica = "Host=standby;Database=registry;Username=dossier_service;Password=second-secret";
    private readonly TemporaryFolder folder = TemporaryFolder.Empty();

    public SecretFilesTests()
    {
        File.WriteAllText(folder["primary"], Primary + "\n");
        File.WriteAllText(folder["replica"], Replica + "\n");
    }

    public void Dispose() => folder.Dispose();

    [Fact]
    public void The_registry_s_login_and_its_replica_s_are_read_from_files()
    {
        var registry = Read(("ConnectionStringFile", folder["primary"]), ("ReadConnectionStringFile", folder["replica"])).Registry;
        Assert.Equal((Primary, Replica), (registry.ConnectionString, registry.ReadConnectionString));
    }

    [Theory]
    [InlineData("Registry:ReadConnectionStringFile '{0}nothing' cannot be read.", "ReadConnectionStringFile", "{0}nothing")]
    [InlineData("Registry: set one of ReadConnectionString and ReadConnectionStringFile.", "ReadConnectionStringFile", "{0}replica", "ReadConnectionString", Replica)]
    public void A_replica_s_file_that_cannot_be_used_stops_the_start_with_a_sentence(string sentence, params string[] settings)
    {
        string Here(string text) => text.Replace("{0}", folder.Path + "/", StringComparison.Ordinal);
        var wrong = Assert.Throws<InvalidOperationException>(() => Read(
            [("ConnectionStringFile", folder["primary"]), .. settings.Chunk(2).Select(pair => (pair[0], Here(pair[1])))]));
        Assert.Equal(Here(sentence), wrong.Message);
    }

    private static DossierOptions Read(params (string Key, string Value)[] registry) => Settings.Read(new ConfigurationBuilder()
        .AddInMemoryCollection(registry.Append(("Provider", "PostgreSql")).Select(setting => KeyValuePair.Create("Registry:" + setting.Item1, (string?)setting.Item2)))
        .Build());
}
