using System.Data.Common;
using System.Text.Json;
using System.Text.RegularExpressions;
using Dapper;
using Dossier.Bench.Seeding;
using Dossier.Database;
using Dossier.Registry;
using Dossier.Sources;
using Dossier.Tests.Fixtures;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace Dossier.Tests.ConformanceTests;

/// <summary>
/// The plans of every read of a customer, on stores with enough customers for the planner to care: no table is read from end to
/// end. SQLite says SCAN; of PostgreSQL, with its default settings, Seq Scan on more than 1,000 rows counts.
/// </summary>
public abstract partial class ReadPlans(SeededCrowd crowd)
{
    protected const int Customers = 5_000;
    private const string Id = "01990000-0000-7000-8000-000000000000";

    protected SeededCrowd Crowd { get; } = crowd;

    protected abstract Vendor Vendor { get; }

    [ServerFact]
    public async Task Every_block_of_the_sample_stores_finds_a_customer_by_an_index()
    {
        var wrong = new List<string>();
        foreach (var source in Servers.Sources)
        {
            var file = $"sources/{source}/queries.{Vendor.Folder}.sql";
            var queries = QueryFile.Parse(SqlText.Read(file), file);
            await using var connection = await OpenAsync(source);
            foreach (var block in queries.Blocks.Values)
            {
                foreach (var page in new[] { false, true })
                {
                    await using var command = Explaining(connection, block.Text);
                    Bind(command, block, source, page);
                    wrong.AddRange((await ScansAsync(connection, command, block.Text)).Select(scan => $"{source} {block.Contract.Name}: {scan}"));
                }
            }
        }

        Assert.True(wrong.Count == 0, string.Join('\n', wrong.Distinct(StringComparer.Ordinal)));
    }

    [ServerFact]
    public async Task Every_statement_of_the_registry_that_is_about_a_customer_or_a_request_uses_an_index()
    {
        var (wrong, seen) = (new List<string>(), 0);
        await using var connection = await OpenAsync("registry");
        foreach (var (name, text) in RegistryDatabase.Statements(Vendor))
        {
            // A lock is two statements on PostgreSQL; what only inserts reads nothing.
            foreach (var statement in text.Split(";\n").Where(part => Reads().IsMatch(part)))
            {
                await using var command = Explaining(connection, statement);
                foreach (var parameter in Parameter().Matches(statement).Select(match => match.Value[1..]).Distinct(StringComparer.Ordinal))
                {
                    command.Parameters.Add(Registry(command, parameter));
                }

                seen++;
                wrong.AddRange((await ScansAsync(connection, command, statement)).Select(scan => $"{name}: {scan}"));
            }
        }

        Assert.True(seen >= 15, $"{seen} statements");
        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

    protected abstract Task<DbConnection> OpenAsync(string store);

    protected abstract string Explain { get; }

    /// <summary>What is read from end to end.</summary>
    protected abstract Task<IEnumerable<string>> ScansAsync(DbConnection connection, DbCommand command, string text);

    private static object? Value(string parameter) => parameter switch
    {
        "customer" => Bench.Seeding.Crowd.NumberOf(77),
        "customers" => new TextList([Bench.Seeding.Crowd.NumberOf(77), Bench.Seeding.Crowd.NumberOf(4_000)]),
        "key_type" => 2L,
        "key_value" => Bench.Seeding.Crowd.Email(Bench.Seeding.Crowd.NumberOf(77)),
        "id" or "request_id" => Id,
        "before_id" => null,
        "limit" => 200,
        "handle" => "x",
        "shared" or "paused" => false,
        "now" or "link_time" or "expire_time" or "until_time" => new Moment(1_780_000_000_000_000),
        "state" or "outcome" => 1,
        "system" or "agent" or "origin" or "source" or "epoch" => "webcare",
        _ => 1L,
    };

    /// <summary>As Dapper would carry it.</summary>
    private static DbParameter Registry(DbCommand command, string name)
    {
        var parameter = command.CreateParameter();
        parameter.ParameterName = name;
        switch (Value(name))
        {
            case Moment moment when parameter is NpgsqlParameter:
                parameter.Value = Moments.ToMoment(moment.Micros).UtcDateTime;
                break;
            case Moment moment:
                parameter.Value = moment.Micros;
                break;
            case TextList list:
                parameter.Value = parameter is NpgsqlParameter ? list.Texts.ToArray() : JsonSerializer.Serialize(list.Texts);
                break;
            case { } value:
                parameter.Value = value;
                break;
            default:
                parameter.Value = DBNull.Value;
                break;
        }

        return parameter;
    }

    private DbCommand Explaining(DbConnection connection, string text)
    {
        var command = connection.CreateCommand();
        command.CommandText = Explain + text;
        return command;
    }

    private void Bind(DbCommand command, QueryBlock block, string source, bool nextPage)
    {
        var number = Bench.Seeding.Crowd.NumberOf(1_234);
        var phone = Bench.Seeding.Crowd.Phone(number);
        foreach (var name in block.Parameters)
        {
            object? value = name switch
            {
                "customer_number" => number,
                "billing_accounts" => new[] { Bench.Seeding.Crowd.Account(number) },
                "emails" => new[] { Bench.Seeding.Crowd.Email(number) },
                "phones" => new[] { source == "telephony" ? "0" + phone[3..] : phone },
                "social_ids" => JsonSerializer.Serialize(new[] { new { platform = "facebook", page = "voorbeeldtelecom", id = Bench.Seeding.Crowd.Social(number) } }),
                "subject_ids" => new[] { Bench.Seeding.Crowd.Invoice(number, 3), Bench.Seeding.Crowd.Account(number) },
                "interaction_ids" => nextPage ? new[] { $"cnv-{number}-2" } : Array.Empty<string>(),
                "interaction_id" => $"cnv-{number}-2",
                "before_id" => nextPage ? "x" : null,
                "before_time" => nextPage ? Before(source) : null,
                _ => 51,
            };
            Vendor.AddParameter(command, name, new SqlValue(value));
        }
    }

    private object Before(string source) => (Vendor, source) switch
    {
        (PostgresVendor, _) => new DateTime(2026, 6, 1, 0, 0, 0, DateTimeKind.Utc),
        (_, "telephony") => 1_780_000_000L,
        (_, "administration") => "2026-06-01 00:00:00",
        _ => "2026-06-01T00:00:00Z",
    };

    [GeneratedRegex("^\\s*(--[^\\n]*\\n\\s*)*(SELECT|UPDATE|DELETE|WITH)\\b[^;]*@(customer|customers|key_value|request_id)\\b")]
    private static partial Regex Reads();

    [GeneratedRegex("@[a-z_]+")]
    private static partial Regex Parameter();
}

public sealed partial class SqliteReadPlansTests(SeededCrowd crowd) : ReadPlans(crowd), IClassFixture<SeededCrowd>
{
    protected override Vendor Vendor => Vendor.Find("Sqlite")!;

    protected override string Explain => "EXPLAIN QUERY PLAN ";

    protected override async Task<DbConnection> OpenAsync(string store)
    {
        var connection = new SqliteConnection($"Data Source={SqliteSeed.FileOf(await Crowd.FilesAsync(Customers), store)};Pooling=False;Mode=ReadOnly");
        await connection.OpenAsync();
        return connection;
    }

    protected override async Task<IEnumerable<string>> ScansAsync(DbConnection connection, DbCommand command, string text)
    {
        var own = With().Matches(text).Select(match => match.Groups["name"].Value).ToHashSet(StringComparer.Ordinal);
        var steps = new List<string>();
        await using (var reader = await command.ExecuteReaderAsync())
        {
            while (await reader.ReadAsync())
            {
                steps.Add(reader.GetString(3));
            }
        }

        // One row each, a list that the caller gave, or what the statement itself has made.
        var scans = steps.Where(step => Scan().Match(step) is { Success: true } scan
            && scan.Groups["what"].Value is var what && !own.Contains(what) && what is not ("json_each" or "CONSTANT" or "change_counter") && what[0] != '(');
        Assert.NotEmpty(steps);
        return scans;
    }

    [GeneratedRegex("\\b(?<name>\\w+) AS (MATERIALIZED )?\\(|\\) (AS )?(?<name>known|hit|found)\\b")]
    private static partial Regex With();

    [GeneratedRegex("^SCAN (?<what>\\S+)")]
    private static partial Regex Scan();
}

[NeedsServer(PostgresDatabase.Variable, alsoInCI: true)]
public sealed class PostgresReadPlansTests(SeededCrowd crowd) : ReadPlans(crowd), IClassFixture<SeededCrowd>
{
    private const long Small = 1_000;

    protected override Vendor Vendor => Vendor.Find("PostgreSql")!;

    protected override string Explain => "EXPLAIN (FORMAT JSON) ";

    protected override async Task<DbConnection> OpenAsync(string store)
    {
        var connection = new NpgsqlConnection(PostgresSeed.ConnectionString(PostgresDatabase.Server, await Crowd.DatabasesAsync(Customers), store) + ";Pooling=False");
        await connection.OpenAsync();
        return connection;
    }

    protected override async Task<IEnumerable<string>> ScansAsync(DbConnection connection, DbCommand command, string text)
    {
        var plan = (string)(await command.ExecuteScalarAsync())!;
        var large = (await connection.QueryAsync<string>("SELECT relname::text FROM pg_class WHERE relkind = 'r' AND reltuples > @Small", new { Small })).ToHashSet(StringComparer.Ordinal);
        using var json = JsonDocument.Parse(plan);
        return [.. Nodes(json.RootElement[0].GetProperty("Plan"))
            .Where(node => node.GetProperty("Node Type").GetString() == "Seq Scan" && large.Contains(node.GetProperty("Relation Name").GetString()!))
            .Select(node => $"Seq Scan on {node.GetProperty("Relation Name").GetString()}")];
    }

    private static IEnumerable<JsonElement> Nodes(JsonElement node) => node.TryGetProperty("Plans", out var below)
        ? below.EnumerateArray().SelectMany(Nodes).Prepend(node)
        : [node];
}

/// <summary>Stores with many customers, made by the bench's own seed when the first test asks.</summary>
public sealed class SeededCrowd : IAsyncLifetime
{
    private readonly string prefix = "dossier_plans_" + Guid.NewGuid().ToString("N")[..8];
    private TemporaryFolder? folder;
    private bool databases;

    public async Task<string> FilesAsync(int customers)
    {
        if (folder is null)
        {
            folder = TemporaryFolder.Empty();
            await SqliteSeed.FillAsync(folder.Path, customers, new SeedProgress("", customers, show: false), CancellationToken.None);
        }

        return folder.Path;
    }

    public async Task<string> DatabasesAsync(int customers)
    {
        if (!databases)
        {
            databases = true;
            await PostgresSeed.FillAsync(PostgresDatabase.Server, prefix, customers, new SeedProgress("", customers, show: false), CancellationToken.None);
        }

        return prefix;
    }

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        folder?.Dispose();
        if (databases)
        {
            await PostgresSeed.DropAsync(PostgresDatabase.Server, prefix);
        }
    }
}
