using System.Text;
using Dossier.Tests.Fixtures;
using Dossier.V1;
using Google.Protobuf;
using Grpc.Core;

namespace Dossier.Tests.ServiceTests;

/// <summary>What an operator writes about a source: where its connection string comes from, what is read of it, and what a mistake says.</summary>
[Collection(ProcessesCollection.Name)]
public sealed class AttachedSourceTests
{
    private const string Secret = "N0oit-in-een-logboek";

    [Fact]
    public async Task A_connection_string_comes_from_the_settings_a_file_or_an_environment_variable()
    {
        using var desk = new OperatorsFolder();
        desk.Write(
            desk.Crm(),
            desk.NotesSource(),
            desk.Source("variable", ("ConnectionStringVariable", "NOTES_OF_A_TEST"), ("Queries", "notes.sql")),
            desk.Source("given", ("ConnectionString", $"Data Source={desk["notes.db"]}"), ("Queries", "notes.sql")));
        await using var service = await desk.StartAsync(("NOTES_OF_A_TEST", $"Data Source={desk["notes.db"]}"));

        var dossier = await OpenAsync(service, "1042");

        Assert.Empty(dossier.Unreachable);
        Assert.Equal(
            ["sources/given", "sources/notes", "sources/variable"],
            dossier.Interactions.Where(interaction => interaction.Summary == "gesprek van 1042").Select(interaction => interaction.Source).Order());
    }

    [Fact]
    public async Task Each_mistake_disables_its_own_source_with_one_line_that_names_it()
    {
        using var desk = new OperatorsFolder();
        var there = ("ConnectionString", $"Data Source={desk["notes.db"]}");
        var queries = ("Queries", "notes.sql");
        var mistakes = new (string Source, (string Key, string Value)[] Settings, string Says)[]
        {
            ("two-set", [there, ("ConnectionStringFile", "x"), queries], "Sources:two-set: set one of ConnectionString, ConnectionStringFile and ConnectionStringVariable"),
            ("no-file", [("ConnectionStringFile", "gone.secret"), queries], "Sources:no-file:ConnectionStringFile 'gone.secret' cannot be read"),
            ("no-variable", [("ConnectionStringVariable", "NOT_SET_BY_A_TEST"), queries], "Sources:no-variable:ConnectionStringVariable 'NOT_SET_BY_A_TEST' is not set"),
            ("no-place", [queries], "Sources:no-place:ConnectionString lacks the place of the database; it must look like 'Data Source=path/to/store.db'"),
            ("typing-error", [("Provider", "PostgreSql"), ("ConnectionString", $"Hots=db;Pasword={Secret}"), queries], "Sources:typing-error:ConnectionString cannot be read; it must look like"),
            ("provider", [("Provider", "Oracle"), there, queries], "Sources:provider:Provider 'Oracle' is not known; use Sqlite, PostgreSql, SqlServer"),
            ("key-type", [there, queries, ("KeyTypes:phone", "number")], "Sources:key-type:KeyTypes:phone 'number' is not known"),
            ("key-word", [there, queries, ("KeyTypes:telephone", "text")], "Sources:key-word:KeyTypes:telephone 'text' is not known; the key must be customer_number, billing_account, email, phone"),
            ("spelling", [there, queries, ("KeySpellings:phone:0", "e.164")], "Sources:spelling:KeySpellings must be 'phone' with e164, national or digits"),
            ("section", [there, queries, ("Sections:0", "letters")], "Sources:section:Sections 'letters' is not a section; use customer, interactions, messages, products"),
            ("connections", [there, queries, ("MaxConnections", "0")], "Sources:connections:MaxConnections must be 1-256"),
            ("deadline", [there, queries, ("Deadline", "00:00:00.001")], "Sources:deadline:Deadline must be between 00:00:00.010 and 00:01:00"),
            ("no-time", [there, queries, ("Deadline", "soon")], "'Sources:no-time:Deadline'"),
            ("unknown", [there, ("Querys", "notes.sql")], "Sources:unknown:Querys is not a setting; use Provider, ConnectionString, ConnectionStringFile, ConnectionStringVariable, Queries"),
            ("one-spelling", [there, queries, ("KeySpellings:phone", "national")], "Sources:one-spelling:KeySpellings:phone must not be a single text"),
            ("one-section", [there, queries, ("Sections", "invoices")], "Sources:one-section:Sections must not be a single text"),
            ("no-query-file", [there, ("Queries", "nowhere.sql")], "Query file 'nowhere.sql' is not there."),
            ("no-table", [there, ("Queries", "no-table.sql")], "no-table.sql: block 'customer': SQLite Error 1: 'no such table: nowhere'"),
            ("Shouting", [there, queries], "Sources:Shouting must be 1-32 of [a-z0-9-] and not 'registry'"),
        };
        await File.WriteAllTextAsync(desk["no-table.sql"], "-- name: customer\nSELECT name AS display_name, 'CONSUMER' AS kind FROM nowhere WHERE number = @customer_number\n");
        desk.Write(desk.Crm(), desk.NotesSource());
        var settings = mistakes.SelectMany(mistake => mistake.Settings.Select(setting => ($"DOSSIER_Sources__{mistake.Source}__{setting.Key.Replace(":", "__", StringComparison.Ordinal)}", setting.Value))).ToArray();
        await using var service = await desk.StartAsync(settings);

        var dossier = await OpenAsync(service, "1042");
        Assert.Equal(mistakes.Select(mistake => $"sources/{mistake.Source}").Order(StringComparer.Ordinal), dossier.Unreachable.Order(StringComparer.Ordinal));
        Assert.Contains(dossier.Interactions, interaction => interaction.Source == "sources/notes");
        var sources = (await service.Dossiers.ListSourcesAsync(new ListSourcesRequest { PageSize = 100 })).Sources;
        foreach (var mistake in mistakes)
        {
            var source = sources.Single(source => source.Name == $"sources/{mistake.Source}");
            Assert.Equal((mistake.Source, SourceState.Disabled), (mistake.Source, source.State));
            Assert.Contains(mistake.Says, source.LastFailure, StringComparison.Ordinal);
            Assert.Contains(mistake.Says, Assert.Single(desk.Lines(service, $"Source {mistake.Source} is")), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_password_is_in_no_log_no_answer_no_span_and_no_error()
    {
        await using var sink = await OtlpSink.StartAsync();
        using var desk = new OperatorsFolder();
        await File.WriteAllTextAsync(desk["pg.secret"], $"Host=127.0.0.1;Port=1;Database=x;Username=reader;Password={Secret}");
        var wrong = new[]
        {
            desk.Source("refused", ("Provider", "PostgreSql"), ("ConnectionStringFile", desk["pg.secret"]), ("Queries", "db/sources/webcare/queries.postgres.sql")),
            desk.Source("typing-error", ("Provider", "PostgreSql"), ("ConnectionString", $"Host=db;Pasword={Secret}"), ("Queries", "notes.sql")),
            desk.Source("no-number", ("Provider", "PostgreSql"), ("ConnectionString", $"Host=db;Password=x;Port={Secret}"), ("Queries", "notes.sql")),
            desk.Source("no-server", ("Provider", "SqlServer"), ("ConnectionString", $"Server=tcp:127.0.0.1,1;User ID=reader;Password={Secret};Connect Timeout=1"), ("Queries", "db/sources/webcare/queries.sqlserver.sql")),
            desk.Source("typing-error-too", ("Provider", "SqlServer"), ("ConnectionString", $"Server=db;Pasword={Secret}"), ("Queries", "notes.sql")),
            desk.Source("typing-error-again", ("ConnectionString", $"Data Source=x.db;Pasword={Secret}"), ("Queries", "notes.sql")),
            desk.Source("unquoted", ("ConnectionString", $"{Secret}"), ("Queries", "notes.sql")),
            desk.Source("two-set", ("ConnectionString", $"Password={Secret}"), ("ConnectionStringFile", desk["pg.secret"]), ("Queries", "notes.sql")),
        };
        desk.Write([desk.Crm(), .. wrong]);
        await using var service = await desk.StartAsync(("OTEL_EXPORTER_OTLP_ENDPOINT", sink.HttpAddress), ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"));
        var answers = new List<string>();

        await ReadAllAsync();
        desk.Write([desk.Crm(("MaxConnections", "3")), .. wrong.Select(source => source.Replace("\"Queries\"", "\"MaxConnections\":\"7\",\"Queries\"", StringComparison.Ordinal))]);
        await desk.InForceAsync(service, "crm", source => source.MaxConnections == 3, TimeSpan.FromSeconds(30));
        await ReadAllAsync();
        await File.WriteAllTextAsync(desk["appsettings.json"], $$"""{ "Sources": { "crm": { "ConnectionString": "Password={{Secret}}" {{Secret}} """);
        await desk.SaysAsync(service, "cannot be used");
        var (ended, _) = await service.TerminateAsync();

        Assert.All(answers, answer => Assert.DoesNotContain(Secret, answer, StringComparison.Ordinal));
        Assert.DoesNotContain(Secret, ended.Output + ended.Error, StringComparison.Ordinal);
        Assert.NotEmpty(sink.Got.Traces);
        Assert.NotEmpty(sink.Got.Logs);
        Assert.All(sink.Got.Traces.Concat(sink.Got.Metrics).Concat(sink.Got.Logs), sent => Assert.Equal(-1, sent.AsSpan().IndexOf(Encoding.UTF8.GetBytes(Secret))));

        async Task ReadAllAsync()
        {
            answers.Add((await OpenAsync(service, "1042")).ToString());
            var sources = (await service.Dossiers.ListSourcesAsync(new ListSourcesRequest { PageSize = 100 })).Sources;
            Assert.Equal(wrong.Length + 2, sources.Count);
            Assert.Equal(wrong.Length, sources.Count(source => source.LastFailure.Length > 0));
            answers.AddRange(sources.Select(source => Encoding.UTF8.GetString(source.ToByteArray())));
            var unknown = service.Dossiers.GetDossierAsync(new GetDossierRequest { Name = "customers/nobody/dossier" });
            var refused = await Assert.ThrowsAsync<RpcException>(async () => await unknown);
            answers.Add(refused + string.Join(' ', refused.Trailers.Select(trailer => trailer.IsBinary ? Encoding.UTF8.GetString(trailer.ValueBytes) : trailer.Value)));
        }
    }

    [Fact]
    public async Task Only_the_sections_of_the_settings_are_read()
    {
        using var desk = new OperatorsFolder();
        desk.Write(desk.Crm(), desk.NotesSource(), desk.Source(
            "bills", ("ConnectionString", $"Data Source={desk["administration.db"]}"), ("Queries", "db/sources/administration/queries.sqlite.sql"), ("Sections:0", "invoices"), ("Deadline", "00:00:05")));
        await using var service = await desk.StartAsync();

        Assert.Equal([Section.Customer, Section.Invoices], (await desk.SourceAsync(service, "bills"))!.Sections);
        var dossier = await OpenAsync(service, "1042");
        Assert.Contains(dossier.Invoices, invoice => invoice.Source == "sources/bills");
        Assert.Contains(dossier.Payments, payment => payment.Source == "sources/crm");
        Assert.DoesNotContain("sources/bills", string.Concat(dossier.Payments) + string.Concat(dossier.Interactions) + string.Concat(dossier.DunningNotices) + string.Concat(dossier.Products), StringComparison.Ordinal);
        Assert.Equal([Section.Customer, Section.Invoices], dossier.Sources.Single(status => status.Source == "sources/bills").Sections.Select(section => section.Section));
    }

    private static async Task<V1.Dossier> OpenAsync(DossierProcess service, string customer) =>
        (await service.Dossiers.GetDossierAsync(new GetDossierRequest { Name = $"customers/{customer}/dossier" })).Dossier;
}
