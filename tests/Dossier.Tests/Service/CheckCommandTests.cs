using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Dossier.Tests.Fixtures;
using Microsoft.Data.Sqlite;

namespace Dossier.Tests.ServiceTests;

/// <summary><c>dossier check</c> on SQLite and on what cannot be reached at all: one line for what is wrong, and what is right beside it.</summary>
public sealed class CheckCommandTests : IDisposable
{
    private const string Secret = "geheim-4711";

    private const string Customer = "-- name: customer\nSELECT name AS display_name, 'CONSUMER' AS kind FROM client WHERE number = @customer_number\n";

    private const string Interactions = """
        -- name: interactions
        SELECT CAST(id AS TEXT) AS id, made_at AS occur_time, 'phone' AS channel, text AS summary
        FROM note
        WHERE client = @customer_number
          AND (@before_time IS NULL OR made_at < @before_time OR (made_at = @before_time AND id < CAST(@before_id AS INTEGER)))
        ORDER BY made_at DESC, note.id DESC
        LIMIT @limit
        """;

    private readonly TemporaryFolder folder = TemporaryFolder.Empty();

    public CheckCommandTests()
    {
        using var connection = new SqliteConnection($"Data Source={folder["crm.db"]};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = """
            CREATE TABLE client (number TEXT PRIMARY KEY, name TEXT);
            CREATE TABLE note (id INTEGER PRIMARY KEY, client TEXT, made_at TEXT, text TEXT);
            CREATE INDEX note_client ON note (client, made_at, id);
            INSERT INTO client VALUES ('7', 'Ans de Boer'), ('8', 'Piet Mus');
            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 60)
            INSERT INTO note SELECT i, '7', printf('2026-08-03T10:%02d:00Z', i - 1), 'gebeld' FROM n;
            INSERT INTO note VALUES (99, '8', 'gisteren', 'gebeld');
            """;
        command.ExecuteNonQuery();
    }

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task A_store_that_can_be_read_is_fine_and_for_a_customer_each_block_says_its_rows_and_time()
    {
        await File.WriteAllTextAsync(folder["crm.sql"], Customer + Interactions);

        var fine = await CheckAsync("crm.sql");
        Assert.Equal((0, ""), (fine.ExitCode, fine.Error));
        Assert.Matches(@"^crm: fine: .*crm\.sql: 2 blocks read Sqlite crm\.db", Assert.Single(fine.Lines));

        var read = await CheckAsync("crm.sql", "--customer", "7");
        Assert.Equal((0, ""), (read.ExitCode, read.Error));
        Assert.Collection(
            read.Lines,
            line => Assert.Matches(@"^crm: block 'customer' gave 1 row in \d+\.\d ms$", line),
            line => Assert.Matches(@"^crm: block 'interactions' gave 50 rows in \d+\.\d ms$", line),
            line => Assert.StartsWith("crm: fine: ", line, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("SELECT 1", "before the first", "-- name:")]
    [InlineData("-- name:\nSELECT 1", "no name")]
    [InlineData(Customer + "-- name: colours\nSELECT 1 AS colour", "'colours'", "not known")]
    [InlineData(Customer + Customer, "'customer'", "twice")]
    [InlineData("-- name: customer\nSELECT name AS display_name FROM client WHERE number = @customer_number", "'customer'", "lacks", "'kind'")]
    [InlineData("-- name: customer\nSELECT name AS display_name, 'CONSUMER' AS kind, 1 AS shoe FROM client WHERE number = @customer_number", "'customer'", "surplus", "'shoe'")]
    [InlineData(Customer + "-- name: payments\nDELETE FROM note", "'payments'", "SELECT or WITH")]
    [InlineData(Customer + "; DELETE FROM note", "'customer'", "more than one statement")]
    [InlineData("-- name: customer\nSELECT name AS display_name, 'CONSUMER' AS kind FROM client WHERE number = @nummer", "'customer'", "@nummer", "not a parameter")]
    [InlineData("-- name: customer\nSELECT naam AS display_name, 'CONSUMER' AS kind FROM client WHERE number = @customer_number", "'customer'", "naam")]
    [InlineData("-- name: customer\nSELEC name FROM client", "'customer'", "SELECT or WITH")]
    [InlineData("-- name: customer\nSELECT name AS display_name 'CONSUMER' AS kind FROM client", "'customer'", "syntax error")]
    [InlineData("-- name: customer\nWITH gone AS (SELECT 1) DELETE FROM note", "'customer'", "readonly")]
    public async Task A_query_file_that_is_wrong_is_one_line_with_file_and_block_and_the_others_are_checked(string text, params string[] words)
    {
        await File.WriteAllTextAsync(folder["bad.sql"], text);
        await File.WriteAllTextAsync(folder["crm.sql"], Customer + Interactions);
        var before = await File.ReadAllBytesAsync(folder["crm.db"]);

        var ran = await Typed.RunAsync(["check", .. Settings("bad", "bad.sql"), .. Settings("crm", "crm.sql").Skip(1)]);

        Assert.Equal((1, ""), (ran.ExitCode, ran.Error));
        Assert.Equal(2, ran.Lines.Count);
        Assert.StartsWith("bad: WRONG: ", ran.Lines[0], StringComparison.Ordinal);
        Assert.All(words.Append("bad.sql"), word => Assert.Contains(word, ran.Lines[0], StringComparison.Ordinal));
        Assert.StartsWith("crm: fine: ", ran.Lines[1], StringComparison.Ordinal);
        Assert.Equal(before, await File.ReadAllBytesAsync(folder["crm.db"]));
    }

    [Theory]
    [InlineData("Oracle", "Data Source=crm.db;Password=" + Secret, "Provider 'Oracle' is not known")]
    [InlineData("Sqlite", "Data Sorce=crm.db;Password=" + Secret, "ConnectionString cannot be read")]
    [InlineData("Sqlite", "Password=" + Secret, "ConnectionString lacks the place")]
    [InlineData("Sqlite", "Data Source=absent.db", "is not there")]
    [InlineData("PostgreSql", "Hosst=127.0.0.1;Password=" + Secret, "ConnectionString cannot be read")]
    [InlineData("PostgreSql", "Host=127.0.0.1;Port=PORT;Username=x;Database=y;Password=" + Secret, "PostgreSql 127.0.0.1:")]
    [InlineData("PostgreSql", "Host=nowhere.invalid;Username=x;Database=y;Password=" + Secret, "PostgreSql nowhere.invalid:")]
    [InlineData("SqlServer", "Servr=127.0.0.1;Password=" + Secret, "ConnectionString cannot be read")]
    [InlineData("SqlServer", "Server=127.0.0.1,PORT;User ID=x;Database=y;Encrypt=False;Password=" + Secret, "SqlServer 127.0.0.1,")]
    public async Task Settings_and_servers_that_are_wrong_are_one_line_without_the_password(string provider, string connectionString, string words)
    {
        await File.WriteAllTextAsync(folder["crm.sql"], Customer);

        var ran = await Typed.RunAsync(["check", .. Typed.Settings(
            ("Sources:crm:Provider", provider),
            ("Sources:crm:ConnectionString", connectionString.Replace("PORT", NobodyListens(), StringComparison.Ordinal)),
            ("Sources:crm:Queries", folder["crm.sql"]))]);

        Assert.Equal((1, ""), (ran.ExitCode, ran.Error));
        var line = Assert.Single(ran.Lines);
        Assert.StartsWith("crm: WRONG: ", line, StringComparison.Ordinal);
        Assert.Contains(words, line, StringComparison.Ordinal);
        Assert.DoesNotContain(Secret, ran.All, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("MaxConnections", "many")]
    [InlineData("MaxConnections", "0")]
    [InlineData("Deadline", "400ms")]
    [InlineData("CustomerSource", "sometimes")]
    [InlineData("KeyTypes:phone", "number")]
    [InlineData("KeySpellings:phone:0", "dutch")]
    [InlineData("Sections:0", "letters")]
    public async Task A_setting_of_a_source_that_cannot_be_read_is_one_line_that_names_it(string setting, string value)
    {
        await File.WriteAllTextAsync(folder["crm.sql"], Customer);

        var ran = await Typed.RunAsync(["check", .. Settings("crm", "crm.sql"), .. Settings("other", "crm.sql").Skip(1), $"--Sources:crm:{setting}", value]);

        Assert.Equal((1, ""), (ran.ExitCode, ran.Error));
        Assert.Equal(2, ran.Lines.Count);
        Assert.Matches($"^crm: WRONG: .*Sources:crm:{setting.Split(':')[0]}", ran.Lines[0]);
        Assert.StartsWith("other: fine: ", ran.Lines[1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_query_file_that_is_not_there_is_named()
    {
        var ran = await CheckAsync("absent.sql");

        Assert.Equal(1, ran.ExitCode);
        Assert.Matches(@"^crm: WRONG: .*absent\.sql' is not there", Assert.Single(ran.Lines));
    }

    [Theory]
    [InlineData("--source nosuch", "Sources:nosuch is not configured; there are crm")]
    [InlineData("--customer", "--customer")]
    [InlineData("--nonsense", "--nonsense")]
    [InlineData("nonsense", "nonsense is not an option")]
    [InlineData("-- nonsense", "after -- come settings")]
    [InlineData("-- --TimeZone Nowhere", "TimeZone 'Nowhere'")]
    [InlineData("-- --Registry:Provider Oracle", "Registry:Provider 'Oracle'")]
    [InlineData("-- --Registry:MaxConnections many", "many")]
    [InlineData("-- --Systems:webcare:Within soon", "Systems:webcare:Within")]
    [InlineData("-- --TimeZone", "no value")]
    public async Task What_is_typed_or_set_wrongly_as_a_whole_is_one_line_and_exit_code_2(string typed, string words)
    {
        await File.WriteAllTextAsync(folder["crm.sql"], Customer);
        var (before, after) = typed.Split("-- ", 2) is ["", var settings] ? ("", settings) : (typed, "");

        var ran = await Typed.RunAsync(["check", .. before.Split(' ', StringSplitOptions.RemoveEmptyEntries), .. Settings("crm", "crm.sql"), .. after.Split(' ', StringSplitOptions.RemoveEmptyEntries)]);

        Assert.Equal((2, ""), (ran.ExitCode, ran.Output));
        Assert.Contains(words, ran.Error, StringComparison.Ordinal);
        Assert.Single(ran.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public async Task A_column_of_another_type_is_named_from_the_rows_of_a_customer()
    {
        await File.WriteAllTextAsync(folder["crm.sql"], Customer + Interactions);

        var ran = await CheckAsync("crm.sql", "--customer", "8");

        Assert.Equal(1, ran.ExitCode);
        Assert.Contains(ran.Lines, line => line.StartsWith("crm: WRONG: ", StringComparison.Ordinal)
            && line.Contains("block 'interactions', column 'occur_time' is not a moment", StringComparison.Ordinal));
        Assert.DoesNotContain("gisteren", ran.All, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_block_without_its_limit_is_a_warning_and_one_that_repeats_a_page_is_wrong()
    {
        await File.WriteAllTextAsync(folder["crm.sql"], Customer + Interactions.Replace("LIMIT @limit", "", StringComparison.Ordinal));
        var unlimited = await CheckAsync("crm.sql", "--customer", "7");
        Assert.Equal(0, unlimited.ExitCode);
        Assert.Contains(unlimited.Lines, line => line.StartsWith("crm: WARNING: ", StringComparison.Ordinal) && line.Contains("'interactions' gives more than the 50 rows", StringComparison.Ordinal));

        await File.WriteAllTextAsync(folder["crm.sql"], Customer + string.Join('\n', Interactions.Split('\n').Where(line => !line.Contains("@before_time", StringComparison.Ordinal))));
        var repeating = await CheckAsync("crm.sql", "--customer", "7");
        Assert.Equal(1, repeating.ExitCode);
        Assert.Contains(repeating.Lines, line => line.StartsWith("crm: WRONG: ", StringComparison.Ordinal) && line.Contains("of the page before again", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_plan_marks_a_scan_of_a_table_and_nothing_else()
    {
        await File.WriteAllTextAsync(folder["crm.sql"], Customer + """
            -- name: interactions
            WITH page AS (SELECT n.id, n.made_at, n.text FROM note AS n WHERE n.client IN (SELECT value FROM json_each(@billing_accounts)))
            SELECT CAST(page.id AS TEXT) AS id, page.made_at AS occur_time, 'phone' AS channel FROM page ORDER BY page.made_at DESC LIMIT @limit
            -- name: products
            SELECT CAST(p.id AS TEXT) AS id, 'x' AS display_name FROM note AS p WHERE p.text = @customer_number LIMIT @limit
            """);

        var ran = await CheckAsync("crm.sql", "--plan");

        Assert.Equal(0, ran.ExitCode);
        var marked = ran.Lines.Where(line => line.Contains("<-- ", StringComparison.Ordinal)).ToList();
        Assert.Contains("SCAN p", Assert.Single(marked), StringComparison.Ordinal);
        Assert.Contains(ran.Lines, line => line.Contains("SEARCH n USING", StringComparison.Ordinal) && line.Contains("note_client", StringComparison.Ordinal));
        Assert.Single(ran.Lines, line => line.StartsWith("crm: WARNING: ", StringComparison.Ordinal) && line.Contains("block 'products': SCAN p", StringComparison.Ordinal));
    }

    [Fact]
    public async Task On_SQLite_the_grants_are_the_permission_to_read_the_file()
    {
        await File.WriteAllTextAsync(folder["crm.sql"], Customer);

        var ran = await CheckAsync("crm.sql", "--grants");

        Assert.Equal(0, ran.ExitCode);
        Assert.All(ran.Lines, line => Assert.StartsWith("--", line, StringComparison.Ordinal));
        Assert.Contains("read permission on the file crm.db", ran.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Json_holds_the_same_findings()
    {
        await File.WriteAllTextAsync(folder["crm.sql"], "-- name: customer\nSELECT 1 AS shoe FROM client WHERE number = @customer_number");

        var ran = await CheckAsync("crm.sql", "--json");

        using var document = JsonDocument.Parse(ran.Output);
        Assert.Equal(1, ran.ExitCode);
        Assert.False(document.RootElement.GetProperty("allFine").GetBoolean());
        var found = Assert.Single(document.RootElement.GetProperty("findings").EnumerateArray());
        Assert.Equal(("crm", "WRONG"), (found.GetProperty("source").GetString(), found.GetProperty("level").GetString()));
        Assert.Contains("'shoe'", found.GetProperty("text").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_sample_stores_are_fine_for_customers_of_the_story()
    {
        using var stores = TemporaryFolder.WithStores();

        var ran = await Typed.RunAsync(["check", "--customer", "1042", "--plan", .. Typed.Settings(("DataDirectory", stores.Path))]);

        Assert.Equal((0, ""), (ran.ExitCode, ran.Error));
        Assert.Equal(3, ran.Lines.Count(line => line.Contains(": fine: ", StringComparison.Ordinal)));
        Assert.Contains(ran.Lines, line => line.StartsWith("webcare: block 'interactions' gave 2 rows", StringComparison.Ordinal));
        Assert.DoesNotContain("WARNING", ran.Output, StringComparison.Ordinal);
    }

    private static string NobodyListens()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port.ToString();
    }

    private Task<Typed> CheckAsync(string file, params string[] args) => Typed.RunAsync(["check", .. args, .. Settings("crm", file)]);

    private string[] Settings(string name, string file) => Typed.Settings(
        ($"Sources:{name}:ConnectionString", $"Data Source={folder["crm.db"]}"), ($"Sources:{name}:Queries", folder[file]));
}
