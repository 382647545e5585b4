using Dossier.Tests.Fixtures;

namespace Dossier.Tests.ServiceTests;

/// <summary>The sample stores as settings, so that other sources can stand beside them, and query files of a test.</summary>
internal sealed class SourceSettings : IDisposable
{
    private readonly List<(string Key, string Value)> settings = [];

    public SourceSettings()
    {
        DataDirectory = DossierHost.NewDataDirectory();
        foreach (var store in Dossier.Sample.SampleStores.Names)
        {
            Add(store, store, $"db/sources/{store}/queries.sqlite.sql");
            Set(store, "Deadline", "00:00:02");
        }

        Set("administration", "CustomerSource", "true");
        Set("telephony", "KeySpellings:phone:0", "national");
    }

    public string DataDirectory { get; }

    public IReadOnlyList<(string Key, string Value)> All => settings;

    /// <summary>A source with a query file of its own, on a store of the sample.</summary>
    public SourceSettings AddFile(string name, string store, string queries)
    {
        var file = Path.Combine(DataDirectory, name + ".sql");
        File.WriteAllText(file, queries);
        return Add(name, store, file);
    }

    public SourceSettings Add(string name, string store, string queries)
    {
        Set(name, "ConnectionString", $"Data Source={Path.Combine(DataDirectory, store + ".db")}");
        return Set(name, "Queries", queries);
    }

    public SourceSettings Set(string name, string setting, string value)
    {
        settings.Add(($"Sources:{name}:{setting}", value));
        return this;
    }

    public Task<DossierHost> StartAsync() => DossierHost.StartAsync(DataDirectory, [.. settings]);

    public void Dispose() => Directory.Delete(DataDirectory, recursive: true);
}
