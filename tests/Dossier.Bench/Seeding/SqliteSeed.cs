using System.Text.Json;
using Dossier.Database;
using Dossier.Registry;
using Microsoft.Data.Sqlite;

namespace Dossier.Bench.Seeding;

/// <summary>Fills the four SQLite files of a folder: each beside its name, renamed when all are complete; the marker is the last.</summary>
internal static class SqliteSeed
{
    private const string Partial = ".partial";

    /// <summary>What a customer takes on disk, in bytes; measured at 100,000.</summary>
    public const long BytesEach = 16_000;

    public static bool IsThere(string folder, int customers) =>
        File.Exists(MarkerOf(folder)) && File.ReadAllText(MarkerOf(folder)) == Marker(customers) && SeedTables.Stores.All(store => File.Exists(FileOf(folder, store)));

    /// <summary>A service has run on it: keys, accesses and conflicts were added, and the marker is older than they are.</summary>
    public static bool WasServed(string folder) =>
        File.Exists(FileOf(folder, "registry") + "-wal") || File.GetLastWriteTimeUtc(FileOf(folder, "registry")) > File.GetLastWriteTimeUtc(MarkerOf(folder)).AddMinutes(1);

    public static string FileOf(string folder, string store) => Path.Combine(folder, store + ".db");

    public static async Task FillAsync(string folder, int customers, SeedProgress progress, CancellationToken stop)
    {
        Directory.CreateDirectory(folder);
        RefuseOthers(folder);
        File.Delete(MarkerOf(folder));
        foreach (var left in SeedTables.Stores.SelectMany(store => Directory.EnumerateFiles(folder, $"{store}.db*")).ToList())
        {
            File.Delete(left);
        }

        try
        {
            await Task.WhenAll(SeedTables.Stores.Select(store => Task.Run(() => StoreAsync(FileOf(folder, store) + Partial, store, customers, progress, stop), stop)));
        }
        catch
        {
            foreach (var left in SeedTables.Stores.SelectMany(store => Directory.EnumerateFiles(folder, $"{store}.db{Partial}*")).ToList())
            {
                File.Delete(left);
            }

            throw;
        }

        foreach (var store in SeedTables.Stores)
        {
            File.Move(FileOf(folder, store) + Partial, FileOf(folder, store));
        }

        await File.WriteAllTextAsync(MarkerOf(folder) + Partial, Marker(customers), CancellationToken.None);
        File.Move(MarkerOf(folder) + Partial, MarkerOf(folder), overwrite: true);
    }

    private static string MarkerOf(string folder) => Path.Combine(folder, "seed.json");

    private static string Marker(int customers) => JsonSerializer.Serialize(new { generator = SeedTables.Generator, customers });

    /// <summary>Files that no seed has made are somebody's data.</summary>
    private static void RefuseOthers(string folder)
    {
        var started = Path.Combine(folder, "seed.started");
        if (!File.Exists(started) && !File.Exists(MarkerOf(folder)) && SeedTables.Stores.FirstOrDefault(store => File.Exists(FileOf(folder, store))) is { } found)
        {
            throw new IOException($"{FileOf(folder, found)} was not made by seed. Choose another --directory.");
        }

        File.WriteAllText(started, "What stands here was made by seed and may be made anew.\n");
    }

    private static async Task StoreAsync(string path, string store, int customers, SeedProgress progress, CancellationToken stop)
    {
        if (store == "registry")
        {
            RegistrySchema.Migrate(Vendor.Find("Sqlite")!, $"Data Source={path}", TimeProvider.System);
        }

        await using var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Pooling = false }.ToString());
        await connection.OpenAsync(stop);
        Execute(connection, null, SqlText.Read("sample/filling.sqlite.sql"));
        await using (var transaction = (SqliteTransaction)await connection.BeginTransactionAsync(stop))
        {
            if (store != "registry")
            {
                Execute(connection, transaction, SqlText.Read($"sources/{store}/schema.sqlite.sql"));
            }

            var inserts = SeedTables.Of(store).ToDictionary(table => table, table => Prepare(connection, transaction, table));
            await foreach (var chunk in Crowd.Chunks(store, customers, stop).ReadAllAsync(stop))
            {
                foreach (var (table, rows) in chunk.Tables)
                {
                    Insert(inserts[table], rows, store);
                }

                progress.Done(chunk.Customers);
            }

            if (store == "registry")
            {
                Execute(connection, transaction, $"UPDATE change_counter SET value = {CrowdAgreements.Sequence(customers)}");
            }

            foreach (var insert in inserts.Values)
            {
                await insert.DisposeAsync();
            }

            await transaction.CommitAsync(stop);
        }

        Execute(connection, null, "ANALYZE");
        await connection.CloseAsync();
        await using var file = new FileStream(path, FileMode.Open, FileAccess.ReadWrite);
        file.Flush(flushToDisk: true);
    }

    private static SqliteCommand Prepare(SqliteConnection connection, SqliteTransaction transaction, SeedTable table)
    {
        var command = connection.CreateCommand();
        command.Transaction = transaction;
        command.CommandText = $"INSERT INTO \"{table.Name}\" ({string.Join(", ", table.Columns)}) VALUES ({string.Join(", ", table.Columns.Select(column => "@" + column))})";
        foreach (var column in table.Columns)
        {
            command.Parameters.Add(new SqliteParameter { ParameterName = "@" + column });
        }

        command.Prepare();
        return command;
    }

    private static void Insert(SqliteCommand command, List<object?[]> rows, string store)
    {
        foreach (var row in rows)
        {
            for (var column = 0; column < row.Length; column++)
            {
                command.Parameters[column].Value = row[column] switch
                {
                    null => DBNull.Value,
                    DateOnly day => day.ToString("yyyy-MM-dd"),
                    DateTime moment => Moment(moment, store),
                    var value => value,
                };
            }

            command.ExecuteNonQuery();
        }
    }

    /// <summary>As the store's own schema has it.</summary>
    private static object Moment(DateTime moment, string store) => store switch
    {
        "webcare" => moment.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'"),
        "telephony" => new DateTimeOffset(moment).ToUnixTimeSeconds(),
        "administration" => moment.ToString("yyyy-MM-dd HH:mm:ss"),
        _ => new DateTimeOffset(moment).ToMicros(),
    };

    private static void Execute(SqliteConnection connection, SqliteTransaction? transaction, string text)
    {
        using var command = connection.CreateCommand();
        command.Transaction = transaction;
        command.CommandText = text;
        command.CommandTimeout = 0;
        command.ExecuteNonQuery();
    }
}
