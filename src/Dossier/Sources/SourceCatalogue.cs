using Dossier.Database;
using Dossier.V1;

namespace Dossier.Sources;

/// <summary>All channel stores, by name.</summary>
public sealed class SourceCatalogue : IDisposable
{
    private readonly IDisposable watched;

    public SourceCatalogue(DossierOptions options, TimeProvider clock, ILogger<SourceCatalogue> log)
    {
        Stores = [.. options.Sources.OrderBy(source => source.Key, StringComparer.Ordinal).Select(source => Open(source.Key, source.Value, options, clock, log))];
        watched = Telemetry.WatchLanes(() => Stores.Select(store => (store.Name, store.Abandoned, store.BreakerOpen)));
    }

    public IReadOnlyList<ChannelStore> Stores { get; }

    /// <summary>The sum of all lanes: the thread pool must have at least as many threads, or a deadline is none.</summary>
    public int Width => Stores.Sum(store => store.MaxConnections);

    public ChannelStore? Find(string name) => Stores.FirstOrDefault(store => store.Name == name);

    /// <summary>Runs every block of every store once with no key: finds files that break their contract and warms up.</summary>
    public async Task CheckAsync(CancellationToken stop) => await Task.WhenAll(Stores
        .Where(store => store.Queries is not null)
        .Select(store => store.ReadAsync(new SourceQuery { Blocks = [.. store.Queries!.Blocks.Keys], Patient = true }, TimeSpan.FromSeconds(10), stop)));

    public void Dispose()
    {
        watched.Dispose();
        foreach (var store in Stores)
        {
            store.Dispose();
        }
    }

    private static ChannelStore Open(string name, SourceOptions source, DossierOptions options, TimeProvider clock, ILogger log)
    {
        QueryFile? queries = null;
        var problem = Problem(name, source);
        if (problem is null)
        {
            try
            {
                queries = QueryFile.Parse(ReadFile(source.Queries), source.Queries);
            }
            catch (Exception wrong) when (wrong is FormatException or IOException or UnauthorizedAccessException)
            {
                problem = wrong.Message;
            }
        }

        return new ChannelStore(name, source, queries, problem, options.Phone.DefaultCountry, clock, log);
    }

    private static string? Problem(string name, SourceOptions source)
    {
        if (!ResourceNames.IsSlug(name) || name == "registry")
        {
            return $"Sources:{name} must be 1-32 of [a-z0-9-] and not 'registry'";
        }

        if (!string.Equals(source.Provider, "Sqlite", StringComparison.OrdinalIgnoreCase))
        {
            return $"Sources:{name}:Provider '{source.Provider}' is not supported by this version; use Sqlite";
        }

        try
        {
            if (new Microsoft.Data.Sqlite.SqliteConnectionStringBuilder(source.ConnectionString).DataSource.Length == 0)
            {
                return $"Sources:{name}:ConnectionString must have a Data Source";
            }
        }
        catch (ArgumentException)
        {
            // The driver's message repeats the connection string, which may hold a password.
            return $"Sources:{name}:ConnectionString cannot be read; it must look like 'Data Source=path/to/store.db'";
        }

        if (source.KeySpellings.Keys.Any(key => !string.Equals(key, "phone", StringComparison.OrdinalIgnoreCase))
            || source.KeySpellings.Values.SelectMany(spellings => spellings).Any(spelling => spelling is not ("e164" or "national" or "digits")))
        {
            return $"Sources:{name}:KeySpellings must be 'phone' with e164, national or digits";
        }

        return source.MaxConnections is < 1 or > 256 ? $"Sources:{name}:MaxConnections must be 1-256"
            : source.Deadline < TimeSpan.FromMilliseconds(10) || source.Deadline > TimeSpan.FromMinutes(1) ? $"Sources:{name}:Deadline must be between 00:00:00.010 and 00:01:00"
            : null;
    }

    private static string ReadFile(string path) =>
        File.Exists(path) ? File.ReadAllText(path)
        : path.StartsWith("db/", StringComparison.Ordinal) && SqlText.List("").Contains(path[3..], StringComparer.Ordinal) ? SqlText.Read(path[3..])
        : throw new FileNotFoundException($"Query file '{path}' is not there.");
}
