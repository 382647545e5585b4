using System.Text.Json;
using Dossier.Tests.Fixtures;
using Dossier.V1;
using Grpc.Core;
using Microsoft.Data.Sqlite;

namespace Dossier.Tests.ServiceTests;

/// <summary>
/// The folder of somebody who runs the service on stores of their own: an appsettings.json, two stores and a query file. The
/// source `crm` is the sample's administration; `notes` has one note for each customer.
/// </summary>
internal sealed class OperatorsFolder : IDisposable
{
    public const string Notes = """
        -- name: interactions
        SELECT CAST(id AS TEXT) AS id, made_at AS occur_time, 'note' AS channel, text AS summary
        FROM note
        WHERE customer = @customer_number
          AND (@before_time IS NULL OR made_at < @before_time OR (made_at = @before_time AND id < CAST(@before_id AS INTEGER)))
        ORDER BY made_at DESC, note.id DESC
        LIMIT @limit
        """;

    /// <summary>How soon a change must be in force: 3 s, and as much again for a machine that does other work.</summary>
    public static readonly TimeSpan Soon = TimeSpan.FromSeconds(6);

    private readonly TemporaryFolder folder = TemporaryFolder.WithStores();

    public OperatorsFolder()
    {
        MakeNotes("notes.db", "gesprek");
        Query("notes", Notes);
        File.WriteAllText(this["notes.secret"], $"Data Source={this["notes.db"]}");
    }

    public string this[string name] => folder[name];

    public void MakeNotes(string file, string word)
    {
        using var connection = new SqliteConnection($"Data Source={this[file]};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = $"""
            CREATE TABLE note (id INTEGER PRIMARY KEY, customer TEXT NOT NULL, made_at TEXT NOT NULL, text TEXT NOT NULL);
            CREATE INDEX note_by_customer ON note (customer, made_at, id);
            INSERT INTO note (customer, made_at, text)
            WITH RECURSIVE n (n) AS (SELECT 1042 UNION ALL SELECT n + 1 FROM n WHERE n < 1052) SELECT n, '2026-10-01T10:00:00Z', '{word} van ' || n FROM n;
            """;
        command.ExecuteNonQuery();
    }

    public void Query(string source, string text) => File.WriteAllText(this[source + ".sql"], text);

    /// <summary>Where all customers stand.</summary>
    public string Crm(params (string Key, string Value)[] settings) => Source("crm", [
        ("ConnectionString", $"Data Source={this["administration.db"]}"), ("Queries", "db/sources/administration/queries.sqlite.sql"), ("CustomerSource", "true"), ("Deadline", "00:00:05"), .. settings]);

    /// <summary>Its connection string stands in a file.</summary>
    public string NotesSource(params (string Key, string Value)[] settings) => Source("notes", [
        ("ConnectionStringFile", this["notes.secret"]), ("Queries", "notes.sql"), ("Deadline", "00:00:05"), .. settings]);

    public string Source(string name, params (string Key, string Value)[] settings) =>
        $"{JsonSerializer.Serialize(name)}: {JsonSerializer.Serialize(settings.GroupBy(setting => setting.Key, StringComparer.Ordinal).ToDictionary(same => same.Key, same => same.Last().Value, StringComparer.Ordinal))}";

    /// <summary>Writes appsettings.json as an editor does, in place; what begins with `"Phone"` and the like stands beside the sources.</summary>
    public void Write(params string[] parts)
    {
        var beside = parts.Where(part => part.TrimEnd().EndsWith(',')).ToList();
        var sources = string.Join(",\n", parts.Except(beside));
        File.WriteAllText(this["appsettings.json"], $"{{ {string.Concat(beside)} \"Sources\": {{\n{sources}\n}} }}");
    }

    public Task<DossierProcess> StartAsync(params (string Key, string Value)[] environment) => DossierProcess.StartAsync(Launch.On(folder.Path, environment));

    public async Task<Source?> SourceAsync(DossierProcess service, string name)
    {
        try
        {
            return (await service.Dossiers.GetSourceAsync(new GetSourceRequest { Name = $"sources/{name}" })).Source;
        }
        catch (RpcException gone) when (gone.StatusCode == StatusCode.NotFound)
        {
            return null;
        }
    }

    public Task InForceAsync(DossierProcess service, string name, Func<Source, bool> so, TimeSpan? within = null) => Eventually.TrueAsync(
        async () => await SourceAsync(service, name) is { } source && so(source), $"source {name} is as its settings say\n{service.Output}{service.Error}", within ?? Soon);

    public Task SaysAsync(DossierProcess service, string words) => Eventually.TrueAsync(
        () => Task.FromResult(Lines(service, words).Count > 0), $"a line says: {words}", Soon);

    /// <summary>Lines of the log with one of the words.</summary>
    public IReadOnlyList<string> Lines(DossierProcess service, params string[] words) =>
        [.. (service.Output + service.Error).Split('\n').Where(line => words.Any(word => line.Contains(word, StringComparison.Ordinal)))];

    public void Dispose() => folder.Dispose();
}
