using Dapper;
using Dossier.Database;
using Dossier.Sources;
using Dossier.Tests.Fixtures;
using Dossier.V1;
using Npgsql;

namespace Dossier.Tests.ConformanceTests;

/// <summary>
/// Whatever type a store's key column has and however it spells telephone numbers: the row is found and its index is used. A key
/// that the column cannot hold finds nothing, and is no error.
/// </summary>
[NeedsServer(PostgresDatabase.Variable, alsoInCI: true)]
public sealed class PostgresKeyColumnTests : IDisposable
{
    private const string Number = "+31600004711";
    private const string Uuid = "0190a5d0-4711-7000-8000-000000000001";
    private static readonly string[] Spellings = ["e164", "national", "digits"];

    /// <summary>The setting, the column's type in DDL, and the key of row number n.</summary>
    private static readonly (string Type, string Column, string Key, string Cast)[] Columns =
    [
        ("text", "text COLLATE \"C\"", "'K' || n", "text"),
        ("varchar", "varchar(40)", "'K' || n", "text"),
        ("char", "char(40)", "'K' || n", "text"),
        ("integer", "integer", "n", "text"),
        ("bigint", "bigint", "3000000000 + n", "text"),
        ("uuid", "uuid", "('0190a5d0-4711-7000-8000-' || lpad(n::text, 12, '0'))::uuid", "text"),
    ];

    private readonly Lazy<PostgresDatabase> database = new(PostgresDatabase.Empty);
    private readonly Vendor vendor = Vendor.Find("PostgreSql")!;

    public void Dispose()
    {
        if (database.IsValueCreated)
        {
            database.Value.Dispose();
        }
    }

    [ServerFact]
    public async Task A_telephone_number_is_found_in_every_column_that_can_hold_it_and_by_its_index()
    {
        var expected = new Dictionary<string, bool>(StringComparer.Ordinal);
        using var folder = TemporaryFolder.Empty();
        var settings = new List<(string Key, string Value)>();
        foreach (var (type, column, _, _) in Columns)
        {
            foreach (var spelling in Spellings)
            {
                var name = $"{type}-{spelling}";
                var table = $"line_{type}_{spelling}";
                var stored = Keys.Spell(Number, spelling, "31");
                var numeric = KeyColumns.IsNumber(type);

                // A number cannot hold +31, an integer not 31600004711 either, and a uuid none of them.
                expected[name] = type != "uuid" && (!numeric || spelling == "national" || (spelling == "digits" && type == "bigint"));
                Fill(table, column, numeric ? "100000000 + n" : type == "uuid" ? Columns[^1].Key : "'06' || n");
                if (expected[name])
                {
                    database.Value.Execute($"INSERT INTO {table} (key, name) VALUES ({(numeric ? stored.TrimStart('0') : $"'{stored}'")}, '{name}')");
                }

                // The number comes back as the contract wants it, however it is kept.
                var prefix = spelling switch { "national" when numeric => "'0' || ", "digits" => "'+' || ", _ => "" };
                await File.WriteAllTextAsync(folder[name + ".sql"], $"-- name: find\nSELECT NULL AS customer_number, name AS display_name, 'PHONE' AS key_type, {prefix}rtrim(key::text) AS value FROM {table} WHERE key = ANY(@phones)\n");
                settings.AddRange(
                [
                    ($"Sources:{name}:Provider", "PostgreSql"), ($"Sources:{name}:ConnectionString", database.Value.Owner), ($"Sources:{name}:Queries", folder[name + ".sql"]),
                    ($"Sources:{name}:Deadline", "00:00:05"), ($"Sources:{name}:KeyTypes:phone", type), ($"Sources:{name}:KeySpellings:phone:0", spelling), ($"Sources:{name}:MaxConnections", "1"),
                ]);
                var plan = Plan($"SELECT name FROM {table} WHERE key = ANY(@phones)", "phones", new SqlValue(new List<string> { numeric ? stored.TrimStart('0') : stored, "+31600004712" }, type));
                Assert.True(plan.Contains($"{table}_by_key", StringComparison.Ordinal) && !plan.Contains("Seq Scan", StringComparison.Ordinal), $"{name}:\n{plan}");
            }
        }

        await using var host = await DossierHost.StartAsync(Servers.Clock, settings);
        foreach (var round in (string[])["first", "prepared", "again"])
        {
            var found = await host.Dossiers.ResolveCustomerAsync(new ResolveCustomerRequest { Keys = { new CustomerKey { Phone = Number } } });
            Assert.Empty(found.Unreachable);
            Assert.Equal(
                (round, string.Join(' ', expected.Where(source => source.Value).Select(source => source.Key).Order(StringComparer.Ordinal))),
                (round, string.Join(' ', found.Candidates.Select(candidate => candidate.DisplayName).Order(StringComparer.Ordinal))));
        }

        Assert.All(
            (await host.Dossiers.ListSourcesAsync(new ListSourcesRequest { PageSize = 200 })).Sources,
            source => Assert.Equal((SourceState.Ok, ""), (source.State, source.LastFailure)));
    }

    [ServerFact]
    public void A_key_is_found_in_a_column_of_its_type_and_by_its_index()
    {
        using var connection = database.Value.Open();
        foreach (var (type, column, key, cast) in Columns)
        {
            Fill("key_" + type, column, key);
            var wanted = connection.QuerySingle<string>($"SELECT rtrim(key::{cast}) FROM key_{type} WHERE name = 'row 4711'");

            foreach (var value in (object[])[wanted, new List<string> { wanted, "no such key", "' OR 1 = 1; --" }])
            {
                var where = value is string ? "key = @key" : "key = ANY(@key)";
                Assert.Equal(["row 4711"], Names($"SELECT name FROM key_{type} WHERE {where}", new SqlValue(value, type)));
                var plan = Plan($"SELECT name FROM key_{type} WHERE {where}", "key", new SqlValue(value, type));
                Assert.True(plan.Contains($"key_{type}_by_key", StringComparison.Ordinal) && !plan.Contains("Seq Scan", StringComparison.Ordinal), $"{type}:\n{plan}");
            }
        }
    }

    [ServerFact]
    public void A_key_that_a_column_cannot_hold_or_would_write_otherwise_finds_nothing()
    {
        foreach (var (type, column, key, _) in Columns)
        {
            Fill("other_" + type, column, key);
            foreach (var wrong in (string[])["no such key", "", "K", "k4711", "04711", "+4711", "4711.0", " 4711", "03000004711", "99999999999999999999", "-1", "٤٧١١", "a\0b", Uuid.Replace("-", "", StringComparison.Ordinal), $"{{{Uuid}}}", "0190A5D0-4711-7000-8000-000000004711", "' OR 1 = 1; --"])
            {
                Assert.Empty(Names($"SELECT name FROM other_{type} WHERE key = @key", new SqlValue(wrong, type)));
                Assert.Empty(Names($"SELECT name FROM other_{type} WHERE key = ANY(@key)", new SqlValue(new List<string> { wrong }, type)));
            }

            Assert.Empty(Names($"SELECT name FROM other_{type} WHERE key = ANY(@key)", new SqlValue(new List<string>(), type)));
            Assert.Empty(Names($"SELECT name FROM other_{type} WHERE key = @key", new SqlValue(null, type)));
        }
    }

    private void Fill(string table, string column, string key) => database.Value.Execute($"""
        CREATE TABLE {table} (key {column} NOT NULL, name text NOT NULL);
        INSERT INTO {table} SELECT {key}, 'row ' || n FROM generate_series(1, 20000) AS n;
        CREATE INDEX {table}_by_key ON {table} (key);
        ANALYZE {table};
        """);

    private List<string> Names(string sql, SqlValue value)
    {
        using var connection = database.Value.Open();
        using var reader = Run(connection, sql, "key", value);
        return Rows(reader);
    }

    /// <summary>The plan of the statement with the parameter that the service itself would give it.</summary>
    private string Plan(string sql, string name, SqlValue value)
    {
        using var connection = database.Value.Open();
        using var reader = Run(connection, "EXPLAIN " + sql, name, value);
        return string.Join('\n', Rows(reader));
    }

    private NpgsqlDataReader Run(NpgsqlConnection connection, string sql, string name, SqlValue value)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        vendor.AddParameter(command, name, value);
        return command.ExecuteReader();
    }

    private static List<string> Rows(NpgsqlDataReader reader)
    {
        var rows = new List<string>();
        while (reader.Read())
        {
            rows.Add(reader.GetString(0));
        }

        return rows;
    }
}
