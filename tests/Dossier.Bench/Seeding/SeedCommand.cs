using System.CommandLine;
using Npgsql;

namespace Dossier.Bench.Seeding;

/// <summary>`seed`: the sample's stores and registry with as many customers as a company has.</summary>
internal static class SeedCommand
{
    private const int Most = 1_000_000;

    public static Command Create()
    {
        var customers = new Option<int>("--customers") { Description = $"How many, 1 to {Most:N0}.", DefaultValueFactory = _ => 100_000 };
        customers.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() is < 1 or > Most)
            {
                result.AddError($"--customers must be 1 to {Most}.");
            }
        });
        var into = new Option<string>("--into") { Description = "sqlite, postgres or both.", DefaultValueFactory = _ => "sqlite" };
        into.AcceptOnlyFromAmong("sqlite", "postgres", "both");
        var directory = new Option<string>("--directory") { Description = "Folder of the SQLite files; data/seed-<customers> if not given, where the other commands look." };
        var connection = new Option<string>("--connection")
        {
            Description = "PostgreSQL server, with a login that may create databases; DOSSIER_TEST_POSTGRES if not given.",
            DefaultValueFactory = _ => Environment.GetEnvironmentVariable("DOSSIER_TEST_POSTGRES") ?? "",
        };
        var prefix = new Option<string>("--prefix") { Description = "What the names of the PostgreSQL databases begin with.", DefaultValueFactory = _ => "dossier_seed" };
        var seed = new Command("seed", "Fills stores and registry with many customers. Example: -- seed --customers 100000 --into both --connection \"Host=127.0.0.1;Username=postgres\"")
        {
            customers, into, directory, connection, prefix,
        };
        seed.SetAction(async (result, stop) =>
        {
            try
            {
                var (count, target) = (result.GetValue(customers), result.GetValue(into));
                if (target is not "sqlite" && result.GetValue(connection)!.Length == 0)
                {
                    throw new IOException("PostgreSQL needs --connection, or DOSSIER_TEST_POSTGRES. A throw-away server: tests/with-postgres.sh dotnet run …");
                }

                if (target is "sqlite" or "both")
                {
                    await SqliteAsync(Path.GetFullPath(result.GetValue(directory) ?? Path.Combine("data", $"seed-{count}")), count, stop);
                }

                if (target is "postgres" or "both")
                {
                    await PostgresAsync(result.GetValue(connection)!, result.GetValue(prefix)!, count, stop);
                }

                return 0;
            }
            catch (Exception failed) when (failed is IOException or NpgsqlException or OperationCanceledException or UnauthorizedAccessException)
            {
                await Console.Error.WriteLineAsync(failed is OperationCanceledException ? "Stopped; nothing looks complete. Run it again to start anew." : failed.Message);
                return 1;
            }
        });
        return seed;
    }

    /// <exception cref="IOException">There is less free than what will be written and a third more.</exception>
    internal static void Require(string folder, long bytes, Func<string, long> free)
    {
        var (wanted, there) = (bytes + (bytes / 3), free(folder));
        if (there < wanted)
        {
            throw new IOException($"{folder} needs {Size(wanted)} free and has {Size(there)}. Free some, choose another place, or seed fewer --customers.");
        }
    }

    internal static async Task SqliteAsync(string folder, int customers, CancellationToken stop)
    {
        if (SqliteSeed.IsThere(folder, customers))
        {
            Console.WriteLine($"SQLite: {customers:N0} customers are in {folder} already.");
            if (SqliteSeed.WasServed(folder))
            {
                Console.WriteLine("  Its registry has been written to since: remove the folder to measure on equal data.");
            }

            return;
        }

        Directory.CreateDirectory(folder);
        Require(folder, customers * SqliteSeed.BytesEach, Free);
        var progress = new SeedProgress("SQLite", customers, !Console.IsOutputRedirected);
        await SqliteSeed.FillAsync(folder, customers, progress, stop);
        progress.End();
        var size = SeedTables.Stores.Sum(store => new FileInfo(SqliteSeed.FileOf(folder, store)).Length);
        Console.WriteLine($"SQLite: {customers:N0} customers in {progress.Elapsed.TotalSeconds:0.0} s, {Size(size)} in {folder}");
        Console.WriteLine($"  Serve them: dotnet run -c Release --project src/Dossier -- --DataDirectory {folder}      customers/{Crowd.NumberOf(0)} to {Crowd.NumberOf(customers - 1)}");
    }

    internal static async Task PostgresAsync(string server, string prefix, int customers, CancellationToken stop)
    {
        if (await PostgresSeed.IsThereAsync(server, prefix, customers))
        {
            Console.WriteLine($"PostgreSQL: {customers:N0} customers are in {prefix}_* already.");
            return;
        }

        if (await PostgresSeed.FolderAsync(server) is { } folder && Directory.Exists(folder))
        {
            Require(folder, customers * PostgresSeed.BytesEach, Free);
        }
        else
        {
            Console.WriteLine($"PostgreSQL: how much is free on the server cannot be seen from here; it takes about {Size(customers * PostgresSeed.BytesEach)}.");
        }

        var progress = new SeedProgress("PostgreSQL", customers, !Console.IsOutputRedirected);
        await PostgresSeed.FillAsync(server, prefix, customers, progress, stop);
        progress.End();
        Console.WriteLine($"PostgreSQL: {customers:N0} customers in {progress.Elapsed.TotalSeconds:0.0} s, {Size(await PostgresSeed.SizeAsync(server, prefix))} in {prefix}_*");
        Console.WriteLine($"  Serve them: Registry:ConnectionString {prefix}_registry, and Sources with Provider PostgreSql on {prefix}_webcare, {prefix}_telephony (KeySpellings:phone national) and {prefix}_administration (CustomerSource)");
    }

    private static long Free(string folder) => new DriveInfo(folder).AvailableFreeSpace;

    private static string Size(long bytes) => bytes < 1_000_000_000 ? $"{bytes / 1e6:0} MB" : $"{bytes / 1e9:0.0} GB";
}
