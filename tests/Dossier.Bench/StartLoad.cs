using System.Diagnostics;
using System.Globalization;
using Dossier.Bench.Load;
using Dossier.Database;
using Dossier.Sample;
using Dossier.V1;
using Grpc.Core;
using Grpc.Net.Client;
using Npgsql;

namespace Dossier.Bench;

/// <summary>
/// From the start of the process until its first dossier is there, as a caller who asks without pause sees it: published as it is built, and with
/// ReadyToRun. They take turns, so that what else the machine does meets both.
/// </summary>
internal static class StartLoad
{
    private const string Variable = "DOSSIER_TEST_POSTGRES";
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(5);

    public static async Task RunAsync(int rounds, CancellationToken stop)
    {
        var root = Root();
        var programs = new List<(string Name, string Program)>();
        foreach (var (name, ready) in new[] { ("as built", "false"), ("ReadyToRun", "true") })
        {
            await Console.Error.WriteLineAsync($"publishing {name}");
            programs.Add((name, await PublishAsync(root, ready, stop)));
        }

        var folder = Directory.CreateTempSubdirectory("dossier-start-").FullName;
        var server = Environment.GetEnvironmentVariable(Variable);
        var database = "dossier_bench_" + Guid.NewGuid().ToString("N")[..12];
        try
        {
            SampleStores.Create(folder);
            List<(string Name, string[] Settings)> registries = [("SQLite", [])];
            if (!string.IsNullOrEmpty(server))
            {
                registries.Add(("PostgreSQL, registry and webcare", OnServer(server, database, folder)));
            }
            else
            {
                await Console.Error.WriteLineAsync($"{Variable} is not set: SQLite alone.");
            }

            Console.WriteLine($"Process start to first dossier, {rounds} starts each in turn");
            Console.WriteLine();
            Console.WriteLine("| stores | program | median ms | smallest | largest |");
            Console.WriteLine("|---|---|---|---|---|");
            foreach (var (registry, settings) in registries)
            {
                var times = programs.ToDictionary(program => program.Name, _ => new List<double>(), StringComparer.Ordinal);
                for (var round = 0; round <= rounds; round++)
                {
                    foreach (var (name, program) in round % 2 == 0 ? programs : Enumerable.Reverse(programs))
                    {
                        var took = await OnceAsync(program, folder, settings, stop);

                        // The first one reads the program from the disk.
                        if (round > 0)
                        {
                            times[name].Add(took.TotalMilliseconds);
                        }
                    }
                }

                foreach (var (name, all) in times)
                {
                    all.Sort();
                    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {registry} | {name} | {all[all.Count / 2]:0} | {all[0]:0} | {all[^1]:0} |"));
                }
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
            if (!string.IsNullOrEmpty(server))
            {
                Execute(server, $"DROP DATABASE IF EXISTS {database} WITH (FORCE)");
                Execute(server, $"DROP DATABASE IF EXISTS {database}_registry WITH (FORCE)");
            }
        }
    }

    private static async Task<TimeSpan> OnceAsync(string program, string folder, string[] settings, CancellationToken stop)
    {
        var address = $"http://127.0.0.1:{BenchService.FreePort()}";
        var started = Stopwatch.GetTimestamp();
        using var process = Process.Start(new ProcessStartInfo("dotnet", ["exec", program, "--Listen", address, "--DataDirectory", folder, .. settings])
        {
            RedirectStandardOutput = true,
            UseShellExecute = false,
            WorkingDirectory = folder,
        })!;
        try
        {
            while (true)
            {
                // A channel that was refused waits longer and longer.
                using var channel = GrpcChannel.ForAddress(address);
                try
                {
                    await new DossierService.DossierServiceClient(channel).GetDossierAsync(new GetDossierRequest { Name = "customers/1043/dossier" }, cancellationToken: stop);
                    return Stopwatch.GetElapsedTime(started);
                }
                catch (RpcException notYet) when (notYet.StatusCode == StatusCode.Unavailable && !process.HasExited)
                {
                    await Task.Delay(Pause, TimeProvider.System, stop);
                }
            }
        }
        finally
        {
            process.Kill();
            await process.WaitForExitAsync(CancellationToken.None);
        }
    }

    /// <summary>The registry and one store on a server, the others as they are.</summary>
    private static string[] OnServer(string server, string database, string folder)
    {
        Execute(server, $"CREATE DATABASE {database}");
        Execute(server, $"CREATE DATABASE {database}_registry");
        string On(string name) => new NpgsqlConnectionStringBuilder(server) { Database = name, Pooling = false }.ConnectionString;
        SampleCopy.Copy("webcare", Path.Combine(folder, "webcare.db"), Vendor.Find("PostgreSql")!, On(database));
        Registry.RegistrySchema.Migrate(Vendor.Find("PostgreSql")!, On(database + "_registry"), TimeProvider.System);
        return
        [
            "--Registry:Provider", "PostgreSql", "--Registry:ConnectionString", On(database + "_registry"),
            "--Sources:webcare:Provider", "PostgreSql", "--Sources:webcare:ConnectionString", On(database), "--Sources:webcare:Queries", "db/sources/webcare/queries.postgres.sql",
            "--Sources:telephony:ConnectionString", $"Data Source={Path.Combine(folder, "telephony.db")}", "--Sources:telephony:Queries", "db/sources/telephony/queries.sqlite.sql",
            "--Sources:telephony:KeySpellings:phone:0", "national",
            "--Sources:administration:ConnectionString", $"Data Source={Path.Combine(folder, "administration.db")}", "--Sources:administration:Queries", "db/sources/administration/queries.sqlite.sql",
            "--Sources:administration:CustomerSource", "true",
        ];
    }

    private static async Task<string> PublishAsync(string root, string ready, CancellationToken stop)
    {
        var output = Path.Combine(root, "artifacts", "bench-start", ready);
        var (code, told) = await Tools.RunAsync(
            "dotnet",
            [
                "publish", Path.Combine(root, "src", "Dossier"), "-c", "Release", "-r", System.Runtime.InteropServices.RuntimeInformation.RuntimeIdentifier, "--self-contained", "false",
                $"-p:PublishReadyToRun={ready}", "-p:RunAnalyzers=false", "-o", output, "--nologo", "-v", "q",
            ],
            null,
            stop);
        return code == 0 ? Path.Combine(output, "Dossier.dll") : throw new InvalidOperationException($"dotnet publish ended with {code}: {told}");
    }

    private static string Root()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Dossier.sln")))
            {
                return folder.FullName;
            }
        }

        throw new InvalidOperationException("Dossier.sln is not above the bench: run it from the repository.");
    }

    private static void Execute(string server, string sql)
    {
        using var connection = new NpgsqlConnection(server);
        connection.Open();
        using var command = new NpgsqlCommand(sql, connection);
        command.ExecuteNonQuery();
    }
}
