using System.Security.Cryptography;
using System.Text;
using Dossier.Database;
using Dossier.Sample;
using Microsoft.Data.Sqlite;

namespace Dossier.Tests.Unit;

/// <summary>The sample stores in a folder of their own, read as the service reads them: by the query files, read-only.</summary>
public sealed class SampleFolder : IDisposable
{
    private readonly Dictionary<string, SqliteConnection> connections = new(StringComparer.Ordinal);

    public SampleFolder()
    {
        Created = SampleStores.Create(Path);
    }

    public string Path { get; } = Directory.CreateTempSubdirectory("dossier-sample-").FullName;

    public IReadOnlyList<string> Created { get; }

    public static IReadOnlyDictionary<string, string> Blocks(string source)
    {
        var file = $"sources/{source}/queries.sqlite.sql";
        return SqlText.Blocks(SqlText.Read(file), file);
    }

    public SqliteConnection Open(string source)
    {
        if (!connections.TryGetValue(source, out var connection))
        {
            var file = System.IO.Path.Combine(Path, source + ".db");
            connections.Add(source, connection = new SqliteConnection($"Data Source={file};Mode=ReadOnly;Pooling=False"));
            connection.Open();
        }

        return connection;
    }

    /// <summary>The rows of a block, or of its plan; a parameter that is not given is null, a list that is not given is empty.</summary>
    public List<Dictionary<string, object?>> Rows(string source, string block, object parameters, string before = "")
    {
        using var command = Open(source).CreateCommand();
        command.CommandText = before + Blocks(source)[block];
        var given = parameters.GetType().GetProperties().ToDictionary(property => property.Name, property => property.GetValue(parameters));
        foreach (var name in (string[])["customer_number", "before_time", "before_id", "interaction_id"])
        {
            command.Parameters.AddWithValue("@" + name, given.GetValueOrDefault(name) ?? DBNull.Value);
        }

        foreach (var name in (string[])["billing_accounts", "emails", "phones", "social_ids", "subject_ids", "interaction_ids"])
        {
            command.Parameters.AddWithValue("@" + name, given.GetValueOrDefault(name) ?? "[]");
        }

        command.Parameters.AddWithValue("@limit", given.GetValueOrDefault("limit") ?? 201);
        using var reader = command.ExecuteReader();
        var rows = new List<Dictionary<string, object?>>();
        while (reader.Read())
        {
            rows.Add(Enumerable.Range(0, reader.FieldCount).ToDictionary(
                reader.GetName, index => reader.IsDBNull(index) ? null : reader.GetValue(index), StringComparer.Ordinal));
        }

        return rows;
    }

    /// <summary>One column of those rows.</summary>
    public object?[] Column(string source, string block, string column, object parameters) =>
        [.. Rows(source, block, parameters).Select(row => row[column])];

    public void Dispose()
    {
        foreach (var connection in connections.Values)
        {
            connection.Dispose();
        }

        Directory.Delete(Path, recursive: true);
    }
}

public sealed class SampleStoresTests(SampleFolder folder) : IClassFixture<SampleFolder>
{
    private const string Marloes = """[{"platform":"facebook","page":"voorbeeldtelecom","id":"61550000001042"}]""";
    private const string Youssef = """[{"platform":"facebook","page":"voorbeeldtelecom","id":"61550000001043"}]""";

    [Fact]
    public void Two_creations_give_the_same_rows()
    {
        using var other = new SampleFolder();
        Assert.Equal(SampleStores.Names, other.Created);
        foreach (var name in SampleStores.Names)
        {
            Assert.Equal(Fingerprint(folder, name), Fingerprint(other, name));
        }
    }

    [Fact]
    public void A_store_that_exists_is_never_touched_and_a_missing_one_is_made()
    {
        using var other = new SampleFolder();
        var webcare = Path.Combine(other.Path, "webcare.db");
        var telephony = Path.Combine(other.Path, "telephony.db");
        var administration = Path.Combine(other.Path, "administration.db");
        File.Delete(telephony);
        File.WriteAllText(administration, "somebody's own file");
        var (bytes, time) = (SHA256.HashData(File.ReadAllBytes(webcare)), File.GetLastWriteTimeUtc(webcare));

        Assert.Equal(["telephony"], SampleStores.Create(other.Path));
        Assert.Empty(SampleStores.Create(other.Path));

        Assert.Equal(bytes, SHA256.HashData(File.ReadAllBytes(webcare)));
        Assert.Equal(time, File.GetLastWriteTimeUtc(webcare));
        Assert.Equal("somebody's own file", File.ReadAllText(administration));
        Assert.Equal(Fingerprint(folder, "telephony"), Fingerprint(other, "telephony"));
    }

    [Fact]
    public void What_a_killed_process_left_is_removed_after_an_hour_and_never_taken_for_a_store()
    {
        using var other = new SampleFolder();
        File.Delete(Path.Combine(other.Path, "webcare.db"));
        var fresh = Path.Combine(other.Path, "webcare.db.1.partial");
        var old = Path.Combine(other.Path, "webcare.db.2.partial");
        File.WriteAllText(fresh, "half");
        File.WriteAllText(old, "half");
        File.SetLastWriteTimeUtc(old, TimeProvider.System.GetUtcNow().UtcDateTime.AddHours(-2));

        Assert.Equal(["webcare"], SampleStores.Create(other.Path));

        Assert.True(File.Exists(fresh));
        Assert.False(File.Exists(old));
    }

    [Fact]
    public void Only_whole_stores_in_journal_mode_delete_are_left_in_the_folder()
    {
        Assert.Equal(
            SampleStores.Names.Select(name => name + ".db").Order(StringComparer.Ordinal),
            Directory.GetFiles(folder.Path).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        foreach (var name in SampleStores.Names)
        {
            Assert.Equal("delete", Scalar(name, "PRAGMA journal_mode"));
            Assert.Equal("ok", Scalar(name, "PRAGMA integrity_check"));
            Assert.Null(Scalar(name, "PRAGMA foreign_key_check"));
        }
    }

    [Fact]
    public void Marloes_was_billed_twice_for_August_and_dunned_for_the_second_invoice()
    {
        var invoices = folder.Rows("administration", "invoices", new { customer_number = "1042" })
            .Where(row => Equals(row["period_start"], "2026-08-01")).ToList();
        Assert.Equal(["202608-004217", "202608-003184"], invoices.Select(row => row["number"]));
        Assert.Equal(["2026-08-06", "2026-08-03"], invoices.Select(row => row["invoice_date"]));
        Assert.Equal(["2026-08-20", "2026-08-17"], invoices.Select(row => row["due_date"]));
        Assert.Equal([27.5, 27.5], invoices.Select(row => row["total"]));
        Assert.Equal([27.5, 0.0], invoices.Select(row => row["open_amount"]));
        Assert.All(invoices, row => Assert.Equal("BA-001042", row["billing_account"]));

        var lines = folder.Rows("administration", "invoice_lines", new { customer_number = "1042" })
            .Where(row => Equals(row["period_start"], "2026-08-01")).ToList();
        Assert.Equal(2, lines.Count);
        Assert.All(lines,
            row => Assert.Equal(("SIM-001042", 1L, 27.5, 4.77), (row["product"], row["recurring"], row["amount"], row["vat"])));

        var notices = folder.Rows("administration", "dunning_notices", new { customer_number = "1042" });
        Assert.Equal(["FINAL_NOTICE", "REMINDER"], notices.Select(row => row["stage"]));
        Assert.Equal(["2026-09-03", "2026-08-27"], notices.Select(row => row["issue_date"]));
        Assert.Equal(["letter", "email"], notices.Select(row => row["delivery_channel"]));
        Assert.Equal([40.0, 0.0], notices.Select(row => row["fee"]));
        Assert.Equal("2026-09-05", notices[0]["deliver_date"]);
        Assert.All(notices, row => Assert.Equal("""["202608-004217"]""", row["invoices"]));

        var paid = folder.Rows("administration", "payments", new { customer_number = "1042" })
            .Single(row => Equals(row["invoices"], """["202608-003184"]"""));
        Assert.Equal(("2026-08-14", "ideal", 27.5), (paid["payment_date"], paid["method"], paid["amount"]));
    }

    [Fact]
    public void What_Marloes_was_told_stands_in_three_stores()
    {
        var conversation = folder.Rows("webcare", "interaction", new { social_ids = Marloes, interaction_id = "cnv-000214" }).Single();
        Assert.Equal(("facebook", "INBOUND", 1L), (conversation["channel"], conversation["direction"], conversation["public"]));
        Assert.Equal(("2026-08-11T17:42:00Z", "2026-08-11T18:21:00Z"), (conversation["occur_time"], conversation["end_time"]));
        var posts = folder.Rows("webcare", "interaction_messages", new { social_ids = Marloes, interaction_id = "cnv-000214" });
        Assert.Equal(
            "Hoi, ik heb voor augustus twee facturen gekregen, van 3 en van 6 augustus, allebei € 27,50. Dat klopt toch niet? 🤔",
            posts[0]["text"]);
        Assert.StartsWith("Hoi Marloes, dat is zeker niet de bedoeling!", (string)posts[1]["text"]!, StringComparison.Ordinal);
        Assert.Equal(
            "Gevonden! Door de verlenging is augustus dubbel gefactureerd. De tweede factuur (202608-004217) mag je als niet verzonden "
            + "beschouwen, die hoef je dus niet te betalen. Fijne avond! ^Daan",
            posts[3]["text"]);
        Assert.Equal([1L, 1L, 0L, 0L], posts.Select(row => row["public"]));

        var call = folder.Rows("telephony", "interactions", new { phones = """["0600001042"]""", limit = 1 }).Single();
        Assert.Equal(("2026-09-07T08:12:00Z", "2026-09-07T08:31:00Z"), (call["occur_time"], call["end_time"]));
        Assert.Equal("Factuur augustus; 6:40 gewacht; doorverbonden met administratie; opgehangen", call["subject"]);
        Assert.Equal(
            "Klant zegt via Facebook afspraak te hebben over factuur aug. Kan niets terugvinden. Uitgelegd dat factuur openstaat.",
            call["summary"]);

        var letter = folder.Rows("administration", "messages", new { customer_number = "1042" })[^1];
        Assert.Equal("UIT-2026-002264", letter["interaction_id"]);
        Assert.StartsWith("Ondanks onze betalingsherinnering van 27 augustus 2026", (string)letter["text"]!, StringComparison.Ordinal);
        Assert.EndsWith("Dan kunt u deze brief als niet verzonden beschouwen.", (string)letter["text"]!, StringComparison.Ordinal);
    }

    [Fact]
    public void Youssef_was_billed_twice_for_September_and_nothing_was_sent_yet()
    {
        var invoices = folder.Rows("administration", "invoices", new { customer_number = "1043" })
            .Where(row => Equals(row["period_start"], "2026-09-01")).ToList();
        Assert.Equal(["202609-004388", "202609-003201"], invoices.Select(row => row["number"]));
        Assert.Equal(["2026-09-07", "2026-09-03"], invoices.Select(row => row["invoice_date"]));
        Assert.Equal([27.5, 0.0], invoices.Select(row => row["open_amount"]));
        Assert.Equal("2026-09-21", invoices[0]["due_date"]);
        Assert.All(invoices, row => Assert.Equal(("BA-001043", 27.5), (row["billing_account"], row["total"])));
        Assert.Equal(["SIM-001043"], folder.Column("administration", "products", "id", new { customer_number = "1043" }));
        Assert.Empty(folder.Rows("administration", "dunning_notices", new { customer_number = "1043" }));

        var conversation = folder.Rows("webcare", "interactions", new { social_ids = Youssef, limit = 1 }).Single();
        Assert.Equal("cnv-000289", conversation["id"]);
        Assert.Equal(("2026-10-07T18:05:00Z", "facebook"), (conversation["occur_time"], conversation["channel"]));
        Assert.Equal(["61550000001043"], folder.Column("webcare", "keys", "value", new { customer_number = "1043" }));
    }

    [Fact]
    public void Anja_and_Pieter_share_a_landline_and_a_mail_address_and_nothing_else()
    {
        foreach (var customer in (string[])["1045", "1046"])
        {
            var keys = folder.Rows("administration", "keys", new { customer_number = customer });
            Assert.Equal(["+31350001045", "familie.ijzerman@example.org"],
                keys.Where(row => Equals(row["shared"], 1L)).Select(row => (string)row["value"]!).Order(StringComparer.Ordinal));
            Assert.Contains(keys, row => Equals(row["value"], "BA-00" + customer) && Equals(row["shared"], 0L));
        }

        Assert.Equal(["1045", "1046"], folder.Column("administration", "find", "customer_number", new { phones = """["+31350001045"]""" }));
    }

    [Fact]
    public void The_direct_debit_of_Jan_Willem_was_reversed_and_dunned_while_the_double_one_is_paid()
    {
        var reversed = folder.Rows("administration", "payments", new { customer_number = "1044" })
            .Single(row => row["returned_reason"] is not null);
        Assert.Equal(("2026-08-24", "2026-08-28", "MD06", """["202608-003219"]"""),
            (reversed["payment_date"], reversed["return_date"], reversed["returned_reason"], reversed["invoices"]));
        var open = folder.Rows("administration", "invoices", new { customer_number = "1044" })
            .ToDictionary(row => (string)row["number"]!, row => row["open_amount"]);
        Assert.Equal((32.5, 0.0), (open["202608-003219"], open["202608-004226"]));
        Assert.All(folder.Column("administration", "dunning_notices", "invoices", new { customer_number = "1044" }),
            numbers => Assert.Equal("""["202608-003219"]""", numbers));
    }

    [Theory]
    [InlineData("1050", "Bakkerij 't Hoekje", "BUSINESS", null)]
    [InlineData("1051", "Rinus Oldenkamp", "CONSUMER", "ADMINISTRATOR")]
    [InlineData("1052", "Truus van der Ploeg", "CONSUMER", "HEIR")]
    [InlineData("1047", "Noëlle Çelik", "CONSUMER", null)]
    public void A_customer_has_a_name_a_kind_and_perhaps_somebody_who_acts_for_them(string number, string name, string kind, string? acts)
    {
        var customer = folder.Rows("administration", "customer", new { customer_number = number }).Single();
        Assert.Equal((name, kind, acts), (customer["display_name"], customer["kind"], customer["representative_kind"]));
        Assert.Equal(number == "1050" ? 2 : 0, folder.Rows("administration", "contact_persons", new { customer_number = number }).Count);
    }

    [Fact]
    public void The_cookie_question_of_Noelle_was_handed_over_three_times_and_ended_in_a_credit()
    {
        var conversations = folder.Rows("webcare", "interactions", new { emails = """["noelle.celik@example.org"]""" });
        Assert.Equal(["ANSWERS", "PRECEDES", "HANDOVER", "HANDOVER", "HANDOVER", null], conversations.Select(row => row["relation"]));
        Assert.All(conversations.Where(row => row["related_id"] is not null),
            row => Assert.Contains(conversations, other => Equals(other["id"], row["related_id"])));
        var said = folder.Column("webcare", "messages", "text", new { emails = """["noelle.celik@example.org"]""" });
        Assert.Contains("Ik kan u niet helpen hiermee.", said);
        var credit = folder.Rows("administration", "invoices", new { customer_number = "1047" })
            .Single(row => Equals(row["type"], "CREDIT_NOTE"));
        Assert.Equal(-10.0, credit["total"]);
    }

    [Fact]
    public void Nobody_in_the_stores_can_exist()
    {
        AssertNone("administration", "debtor WHERE substr(postcode, -3) NOT IN (' SA', ' SD', ' SS')");
        AssertNone("administration", "contact_point WHERE medium = 'EMAIL' AND value NOT GLOB '*@example.org'");
        AssertNone("administration", """
            contact_point WHERE medium = 'PHONE' AND value NOT GLOB '+31600*' AND value NOT GLOB '+31[1-9]*00[0-9][0-9][0-9][0-9]'
            """);
        AssertNone("administration", "account WHERE iban NOT GLOB 'NL[0-9][0-9]TEST*'");
        Assert.Equal(500L, Scalar("administration", "SELECT count(*) FROM debtor WHERE debtor_no BETWEEN '2001' AND '2500'"));
    }

    [Fact]
    public void Nothing_in_the_stores_lies_outside_their_eighteen_months()
    {
        AssertNone("webcare", "post WHERE posted_at NOT BETWEEN '2025-04-08' AND '2026-10-09'");
        AssertNone("webcare", "thread WHERE opened_at < '2025-04-08' OR max(stored_at, coalesce(closed_at, '')) > '2026-10-09'");
        AssertNone("telephony", "call WHERE started_at < unixepoch('2025-04-08') OR wrapped_at > unixepoch('2026-10-09')");
        AssertNone("administration", "correspondence WHERE written_at < '2025-04-08' OR registered_at > '2026-10-09'");
        AssertNone("administration", "invoice WHERE dated NOT BETWEEN '2025-04-08' AND '2026-10-08'");
        AssertNone("administration", "receipt WHERE max(booked_on, coalesce(returned_on, '')) > '2026-10-08'");
    }

    private void AssertNone(string source, string rows) => Assert.Equal(0L, Scalar(source, "SELECT count(*) FROM " + rows));

    private object? Scalar(string source, string sql)
    {
        using var command = folder.Open(source).CreateCommand();
        command.CommandText = sql;
        return command.ExecuteScalar();
    }

    private static string Fingerprint(SampleFolder folder, string source)
    {
        using var command = folder.Open(source).CreateCommand();
        command.CommandText = "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name";
        var tables = new List<string>();
        using (var reader = command.ExecuteReader())
        {
            while (reader.Read())
            {
                tables.Add(reader.GetString(0));
            }
        }

        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var table in tables)
        {
            command.CommandText = $"SELECT * FROM \"{table}\"";
            using var reader = command.ExecuteReader();
            var values = new object[reader.FieldCount];
            while (reader.Read())
            {
                reader.GetValues(values);
                hash.AppendData(Encoding.UTF8.GetBytes(string.Join('\u001f', values) + "\n"));
            }
        }

        return Convert.ToHexString(hash.GetHashAndReset());
    }
}
