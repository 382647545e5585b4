using System.CommandLine;
using Dossier.Bench.Floors;
using Dossier.Bench.Peers;
using Dossier.Bench.Seeding;
using Npgsql;

namespace Dossier.Bench.Load;

/// <summary>`dossier`: GetDossier beside what it can cost at least, and beside what people would use instead.</summary>
internal static class DossierCommand
{
    private const int NeededConnections = 300;

    public static Command Create()
    {
        var into = new Option<string>("--into") { Description = "sqlite, postgres or both.", DefaultValueFactory = _ => "sqlite" };
        into.AcceptOnlyFromAmong("sqlite", "postgres", "both");
        var callers = new Option<int[]>("--callers") { Description = "Concurrent callers, one step each.", DefaultValueFactory = _ => [1, 16, 64], AllowMultipleArgumentsPerToken = true };
        var rounds = new Option<int>("--rounds") { Description = "Rounds of each step; in each every program is measured once. The table has the medians.", DefaultValueFactory = _ => 5 };
        var seconds = new Option<int>("--seconds") { Description = "How long a program is measured in a round.", DefaultValueFactory = _ => 5 };
        var warm = new Option<int>("--warm-up") { Description = "How long each program is loaded at most before the first round, in seconds; until it gets no faster.", DefaultValueFactory = _ => 45 };
        var customers = new Option<int>("--customers") { Description = "How many stand in the stores; they are seeded if they are not there.", DefaultValueFactory = _ => 100_000 };
        var data = new Option<string>("--data") { Description = "Folder of the SQLite files; data/seed-<customers> if not given." };
        var connection = new Option<string>("--connection")
        {
            Description = "PostgreSQL server, with a login that may create databases; DOSSIER_TEST_POSTGRES if not given.",
            DefaultValueFactory = _ => Environment.GetEnvironmentVariable("DOSSIER_TEST_POSTGRES") ?? "",
        };
        var prefix = new Option<string>("--prefix") { Description = "What the names of the PostgreSQL databases begin with.", DefaultValueFactory = _ => "dossier_seed" };
        var only = new Option<string[]>("--only")
        {
            Description = "Programs to measure beside dossier, which always is: " + string.Join(", ", Measured.All.Select(one => one.Name)) + ".", AllowMultipleArgumentsPerToken = true,
        };
        only.AcceptOnlyFromAmong([.. Measured.All.Select(one => one.Name)]);
        var output = new Option<string>("--out") { Description = "Folder for dossier.md and dossier.svg.", DefaultValueFactory = _ => Path.Combine("artifacts", "bench") };
        var command = new Command(
            "dossier",
            """
            GetDossier (who it is, the last 20 interactions, invoices, notices, live agreements: 5-6 KB) of many customers, interleaved with the same answer from gRPC alone, from
            ADO.NET by hand, from EF Core, from a REST service of one's own and from PostGraphile, on the same data. Needs h2load (nghttp2-client); taskset, to give programs
            and load a core each; Node for PostGraphile. Measure on a machine that does nothing else.
            Example: -- dossier --callers 64        All of it: tests/with-postgres.sh dotnet run -c Release --project tests/Dossier.Bench -- dossier --into both
            A quick look: -- dossier --customers 10000 --callers 16 --rounds 1 --seconds 2 --warm-up 9 --only floor2 ef
            """)
        {
            into, callers, rounds, seconds, warm, customers, data, connection, prefix, only, output,
        };
        command.SetAction(async (result, stop) =>
        {
            var count = result.GetValue(customers);
            var run = new DossierRun
            {
                Callers = result.GetValue(callers)!,
                Rounds = result.GetValue(rounds),
                Length = TimeSpan.FromSeconds(result.GetValue(seconds)),
                WarmUp = TimeSpan.FromSeconds(result.GetValue(warm)),
                Customers = count,
                Programs = result.GetValue(only) is { Length: > 0 } chosen ? [.. Measured.All.Where(one => one.Name == Measured.Ours || chosen.Contains(one.Name))] : Measured.All,
            };
            try
            {
                var samples = new List<Sample>();
                if (result.GetValue(into) is not "postgres")
                {
                    samples.AddRange(await OnSqliteAsync(run, Path.GetFullPath(result.GetValue(data) ?? Path.Combine("data", $"seed-{count}")), stop));
                }

                if (result.GetValue(into) is not "sqlite")
                {
                    samples.AddRange(await OnPostgresAsync(run, result.GetValue(connection)!, result.GetValue(prefix)!, stop));
                }

                await WriteAsync(samples, result.GetValue(output)!);
                return 0;
            }
            catch (Exception failed) when (failed is InvalidOperationException or IOException or NpgsqlException or OperationCanceledException)
            {
                await Console.Error.WriteLineAsync(failed is OperationCanceledException ? "Stopped." : failed.Message);
                return 1;
            }
        });
        return command;
    }

    /// <summary>The service writes access records: the registry is a copy, and what was seeded stays as it is.</summary>
    private static async Task<IReadOnlyList<Sample>> OnSqliteAsync(DossierRun run, string folder, CancellationToken stop)
    {
        await SeedCommand.SqliteAsync(folder, run.Customers, stop);
        var own = Directory.CreateTempSubdirectory("dossier-bench-").FullName;
        try
        {
            var registry = Path.Combine(own, "registry.db");
            File.Copy(SqliteSeed.FileOf(folder, "registry"), registry);
            return await run.RunAsync(new StoreAddresses("sqlite", Of("webcare"), Of("telephony"), Of("administration"), $"Data Source={registry}"), null, own, stop);
        }
        finally
        {
            Directory.Delete(own, recursive: true);
        }

        string Of(string store) => $"Data Source={SqliteSeed.FileOf(folder, store)}";
    }

    private static async Task<IReadOnlyList<Sample>> OnPostgresAsync(DossierRun run, string server, string prefix, CancellationToken stop)
    {
        if (server.Length == 0)
        {
            throw new InvalidOperationException("PostgreSQL needs --connection, or DOSSIER_TEST_POSTGRES. A throw-away server: tests/with-postgres.sh dotnet run …");
        }

        await SeedCommand.PostgresAsync(server, prefix, run.Customers, stop);
        if (run.Programs.Any(program => program.Kind.Length == 0))
        {
            await PostGraphile.InstallAsync(stop);
        }

        var (registry, own) = ($"{prefix}_bench_registry", Directory.CreateTempSubdirectory("dossier-bench-").FullName);
        await ExecuteAsync($"DROP DATABASE IF EXISTS \"{registry}\" WITH (FORCE)");
        await ExecuteAsync($"CREATE DATABASE \"{registry}\" TEMPLATE \"{PostgresSeed.NameOf(prefix, "registry")}\"");
        try
        {
            return await run.RunAsync(
                new StoreAddresses("postgres", Of("webcare"), Of("telephony"), Of("administration"), new NpgsqlConnectionStringBuilder(server) { Database = registry }.ConnectionString),
                server,
                own,
                stop);
        }
        finally
        {
            await ExecuteAsync($"DROP DATABASE \"{registry}\" WITH (FORCE)");
            Directory.Delete(own, recursive: true);
        }

        string Of(string store) => PostgresSeed.ConnectionString(server, prefix, store);

        async Task ExecuteAsync(string sql)
        {
            await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(server) { Pooling = false, CommandTimeout = 0 }.ConnectionString);
            await connection.OpenAsync(stop);
            await using (var limit = new NpgsqlCommand("SELECT current_setting('max_connections')::int", connection))
            {
                if ((int)(await limit.ExecuteScalarAsync(stop))! is var most and < NeededConnections)
                {
                    throw new InvalidOperationException($"The server has max_connections = {most}; all programs together need {NeededConnections}.");
                }
            }

            await using var command = new NpgsqlCommand(sql, connection);
            await command.ExecuteNonQueryAsync(stop);
        }
    }

    private static async Task WriteAsync(List<Sample> samples, string folder)
    {
        var results = Result.Of(samples);
        var table = Result.Markdown(results);
        Console.WriteLine();
        Console.WriteLine(table);
        Directory.CreateDirectory(folder);
        await File.WriteAllTextAsync(Path.Combine(folder, "dossier.md"), table);
        await File.WriteAllTextAsync(Path.Combine(folder, "dossier.svg"), Picture.Of(results));
        Console.WriteLine($"Written to {Path.Combine(folder, "dossier.md")} and {Path.Combine(folder, "dossier.svg")}.");
    }
}
