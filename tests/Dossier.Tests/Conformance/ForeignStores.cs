using Dossier.Tests.Fixtures;
using Dossier.V1;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Configuration;

namespace Dossier.Tests.ConformanceTests;

/// <summary>
/// Stores that this project did not design, attached with configuration and SQL alone beside the sample's administration:
/// Zammad and Open Klant on PostgreSQL, exactly as README says, and an invented repair shop on SQLite.
/// </summary>
public sealed class ForeignStores : IAsyncLifetime
{
    public const string Reader = "dossier_";
    private readonly string folder = DossierHost.NewDataDirectory();

    public PostgresDatabase Zammad { get; private set; } = null!;

    public PostgresDatabase OpenKlant { get; private set; } = null!;

    public DossierHost Host { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        Zammad = Of("zammad");
        OpenKlant = Of("open-klant");
        Host = await StartAsync(folder, Zammad, OpenKlant);
    }

    public async Task DisposeAsync()
    {
        if (Host is not null)
        {
            await Host.DisposeAsync();
        }

        Zammad?.Dispose();
        OpenKlant?.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    /// <summary>A product's database, with what its owner runs for the service: the permissions file, as it stands.</summary>
    public static PostgresDatabase Of(string product, string change = "")
    {
        var database = PostgresDatabase.Empty();
        database.Psql(Repository.PathOf("tests", "Dossier.Tests", "Foreign", product + ".schema.sql"));
        database.Psql(Repository.PathOf("tests", "Dossier.Tests", "Foreign", product + ".rows.sql"));
        database.Execute(change.Length > 0 ? change : "SELECT 1");
        database.Psql(Repository.PathOf("db", "sources", product, "permissions.postgres.sql"), ("connections", "300"));
        return database;
    }

    /// <summary>The service with README's own settings; only where the databases stand is put in.</summary>
    public static async Task<DossierHost> StartAsync(string folder, PostgresDatabase zammad, PostgresDatabase openKlant)
    {
        var secret = Path.Combine(folder, "zammad.secret");
        await File.WriteAllTextAsync(secret, zammad.For(Reader + "zammad") + "\n");
        var readme = new ConfigurationBuilder().AddJsonStream(new MemoryStream(System.Text.Encoding.UTF8.GetBytes(Readme()))).Build();
        var settings = readme.AsEnumerable().Where(setting => setting.Value is not null).ToDictionary(setting => setting.Key, setting => setting.Value!, StringComparer.Ordinal);
        Assert.Equal("Data Source=data/administration.db", settings["Sources:administration:ConnectionString"]);
        Assert.Equal("/run/secrets/zammad", settings["Sources:zammad:ConnectionStringFile"]);
        Assert.Contains("Username=dossier_open_klant", settings["Sources:open-klant:ConnectionString"], StringComparison.Ordinal);
        settings["Sources:administration:ConnectionString"] = $"Data Source={Path.Combine(folder, "administration.db")}";
        settings["Sources:zammad:ConnectionStringFile"] = secret;
        settings["Sources:open-klant:ConnectionString"] = openKlant.For(Reader + "open_klant");
        foreach (var (key, value) in RepairShop.Settings(folder))
        {
            settings[key] = value;
        }

        // Other tests run beside it on two cores.
        foreach (var source in new[] { "administration", "zammad", "open-klant", "repair-shop" })
        {
            settings[$"Sources:{source}:Deadline"] = "00:00:05";
        }

        return await DossierHost.StartAsync(Servers.Clock, settings.Select(setting => (setting.Key, setting.Value)));
    }

    private static string Readme()
    {
        var text = Repository.Read("README.md");
        var chapter = text[text.IndexOf("## Beside Zammad, beside Open Klant", StringComparison.Ordinal)..];
        var json = chapter[(chapter.IndexOf("```json", StringComparison.Ordinal) + "```json".Length)..];
        return json[..json.IndexOf("```", StringComparison.Ordinal)];
    }
}

/// <summary>A store whose times are integers and whose statuses are numbers.</summary>
public static class RepairShop
{
    public static IEnumerable<(string Key, string Value)> Settings(string folder)
    {
        var file = Path.Combine(folder, "repair-shop.db");
        using (var connection = new SqliteConnection($"Data Source={file};Pooling=False"))
        {
            connection.Open();
            foreach (var part in new[] { "schema", "rows" })
            {
                using var command = connection.CreateCommand();
                command.CommandText = Repository.Read("tests", "Dossier.Tests", "Foreign", $"repair-shop.{part}.sqlite.sql");
                command.ExecuteNonQuery();
            }
        }

        yield return ("Sources:repair-shop:ConnectionString", $"Data Source={file}");
        yield return ("Sources:repair-shop:Queries", Repository.PathOf("tests", "Dossier.Tests", "Foreign", "repair-shop.queries.sqlite.sql"));
        yield return ("Sources:repair-shop:KeySpellings:phone:0", "digits");
    }
}

/// <summary>What tests of foreign stores ask and how they read the answers.</summary>
internal static class ForeignReading
{
    public static async Task<V1.Dossier> OpenAsync(this DossierHost host, string customer, bool possible = false) =>
        (await host.Dossiers.GetDossierAsync(new GetDossierRequest
        {
            Name = $"customers/{customer}/dossier",
            InteractionCount = 200,
            IncludePossibleInteractions = possible,
        })).Dossier;

    /// <summary>The store's own ids, in the order of the answer.</summary>
    public static IEnumerable<string> Of(this IEnumerable<Interaction> interactions, string source) =>
        interactions.Where(interaction => interaction.Source == $"sources/{source}").Select(Id);

    public static Interaction One(this IEnumerable<Interaction> interactions, string source, string id) =>
        interactions.Single(interaction => interaction.Source == $"sources/{source}" && Id(interaction) == id);

    public static string Id(Interaction interaction) => interaction.Name[(interaction.Name.LastIndexOf('/') + 1)..];

    public static string Moment(Google.Protobuf.WellKnownTypes.Timestamp? time) => time is null ? "" : time.ToDateTimeOffset().ToString("yyyy-MM-ddTHH:mm:ss.ffffffZ", System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>Every interaction, page by page; the size changes between pages.</summary>
    public static async Task<List<Interaction>> AllAsync(this DossierHost host, string customer, params int[] sizes)
    {
        var all = new List<Interaction>();
        var request = new ListInteractionsRequest { Parent = $"customers/{customer}", IncludeMessages = true };
        for (var page = 0; ; page++)
        {
            request.PageSize = sizes[page % sizes.Length];
            var answer = await host.Dossiers.ListInteractionsAsync(request);
            Assert.Empty(answer.Unreachable);
            Assert.True(answer.Interactions.Count <= request.PageSize);
            all.AddRange(answer.Interactions);
            request.PageToken = answer.NextPageToken;
            if (request.PageToken.Length == 0)
            {
                return all;
            }
        }
    }
}
