using Dapper;
using Dossier.Database;
using Dossier.Registry;
using Npgsql;
using NpgsqlTypes;

namespace Dossier.Bench.Seeding;

/// <summary>
/// Fills four databases of one PostgreSQL server by COPY, each in one transaction; foreign keys and secondary indexes are made
/// when the rows are there. The database's comment is the marker, set last.
/// </summary>
internal static class PostgresSeed
{
    /// <summary>What a customer takes on disk, in bytes; measured at 100,000.</summary>
    public const long BytesEach = 26_000;

    private const string Word = "dossier seed";

    public static async Task<bool> IsThereAsync(string server, string prefix, int customers)
    {
        await using var connection = await OpenAsync(server, null);
        foreach (var store in SeedTables.Stores)
        {
            if (await CommentAsync(connection, NameOf(prefix, store)) != Marker(customers))
            {
                return false;
            }
        }

        return true;
    }

    public static string NameOf(string prefix, string store) => $"{prefix}_{store}";

    public static string ConnectionString(string server, string prefix, string store) =>
        new NpgsqlConnectionStringBuilder(server) { Database = NameOf(prefix, store) }.ConnectionString;

    public static async Task FillAsync(string server, string prefix, int customers, SeedProgress progress, CancellationToken stop)
    {
        await using (var connection = await OpenAsync(server, null))
        {
            foreach (var name in SeedTables.Stores.Select(store => NameOf(prefix, store)))
            {
                if (await CommentAsync(connection, name) is { } comment && !comment.StartsWith(Word, StringComparison.Ordinal))
                {
                    throw new IOException($"The database {name} was not made by seed. Choose another --prefix.");
                }

                // Marked as ours before anything is in it: a killed run is told from somebody's data.
                await connection.ExecuteAsync($"DROP DATABASE IF EXISTS \"{name}\"");
                await connection.ExecuteAsync($"CREATE DATABASE \"{name}\" TEMPLATE template0 ENCODING 'UTF8'");
                await connection.ExecuteAsync($"COMMENT ON DATABASE \"{name}\" IS '{Word}, not complete'");
            }
        }

        await Task.WhenAll(SeedTables.Stores.Select(store => Task.Run(() => StoreAsync(server, prefix, store, customers, progress, stop), stop)));
        await using var marking = await OpenAsync(server, null);
        foreach (var store in SeedTables.Stores)
        {
            await marking.ExecuteAsync($"COMMENT ON DATABASE \"{NameOf(prefix, store)}\" IS '{Marker(customers)}'");
        }
    }

    public static async Task DropAsync(string server, string prefix)
    {
        await using var connection = await OpenAsync(server, null);
        foreach (var store in SeedTables.Stores)
        {
            await connection.ExecuteAsync($"DROP DATABASE IF EXISTS \"{NameOf(prefix, store)}\" WITH (FORCE)");
        }
    }

    public static async Task<long> SizeAsync(string server, string prefix)
    {
        await using var connection = await OpenAsync(server, null);
        return await connection.QuerySingleAsync<long>(
            "SELECT sum(pg_database_size(datname))::bigint FROM pg_database WHERE datname = ANY(@names)", new { names = SeedTables.Stores.Select(store => NameOf(prefix, store)).ToArray() });
    }

    /// <summary>Where the server keeps its files; null if it does not say or stands elsewhere.</summary>
    public static async Task<string?> FolderAsync(string server)
    {
        if (new NpgsqlConnectionStringBuilder(server).Host is not ("127.0.0.1" or "localhost" or "::1"))
        {
            return null;
        }

        await using var connection = await OpenAsync(server, null);
        try
        {
            return await connection.QuerySingleAsync<string>("SHOW data_directory;");
        }
        catch (PostgresException)
        {
            return null;
        }
    }

    private static string Marker(int customers) => $"{Word} {SeedTables.Generator}: {customers} customers";

    private static Task<string?> CommentAsync(NpgsqlConnection connection, string name) => connection.QuerySingleOrDefaultAsync<string?>(
        "SELECT coalesce(shobj_description(oid, 'pg_database'), '') FROM pg_database WHERE datname = @name", new { name });

    private static async Task<NpgsqlConnection> OpenAsync(string server, string? database)
    {
        var builder = new NpgsqlConnectionStringBuilder(server) { Pooling = false, CommandTimeout = 0, ApplicationName = "dossier/seed" };
        builder.Database = database ?? builder.Database;
        var connection = new NpgsqlConnection(builder.ConnectionString);
        await connection.OpenAsync();
        return connection;
    }

    private static async Task StoreAsync(string server, string prefix, string store, int customers, SeedProgress progress, CancellationToken stop)
    {
        if (store == "registry")
        {
            RegistrySchema.Migrate(Vendor.Find("PostgreSql")!, ConnectionString(server, prefix, store), TimeProvider.System);
        }

        await using var connection = await OpenAsync(server, NameOf(prefix, store));
        await using (var transaction = await connection.BeginTransactionAsync(stop))
        {
            if (store != "registry")
            {
                await connection.ExecuteAsync(SqlText.Read($"sources/{store}/schema.postgres.sql"));
            }

            var (drop, make) = await LaterAsync(connection);
            await connection.ExecuteAsync(drop);
            await foreach (var chunk in Crowd.Chunks(store, customers, stop).ReadAllAsync(stop))
            {
                foreach (var (table, rows) in chunk.Tables)
                {
                    await CopyAsync(connection, table, rows, stop);
                }

                progress.Done(chunk.Customers);
            }

            await connection.ExecuteAsync(make);
            if (store == "registry")
            {
                await connection.ExecuteAsync($"UPDATE change_counter SET value = {CrowdAgreements.Sequence(customers)}");
            }

            await transaction.CommitAsync(stop);
        }

        await connection.ExecuteAsync("VACUUM (ANALYZE)");
    }

    /// <summary>What is quicker made at once than kept up row by row: what takes it away, and what makes it again.</summary>
    private static async Task<(string Drop, string Make)> LaterAsync(NpgsqlConnection connection)
    {
        var keys = (await connection.QueryAsync<(string Table, string Name, string Text)>(
            "SELECT conrelid::regclass::text, quote_ident(conname), pg_get_constraintdef(oid) FROM pg_constraint WHERE contype = 'f'")).ToList();
        var indexes = (await connection.QueryAsync<(string Name, string Text)>(
            "SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid "
            + "WHERE relnamespace = current_schema()::regnamespace AND NOT indisunique")).ToList();
        return (
            string.Concat(keys.Select(key => $"ALTER TABLE {key.Table} DROP CONSTRAINT {key.Name};")) + string.Concat(indexes.Select(index => $"DROP INDEX {index.Name};")) + ";",
            string.Concat(indexes.Select(index => index.Text + ";")) + string.Concat(keys.Select(key => $"ALTER TABLE {key.Table} ADD CONSTRAINT {key.Name} {key.Text};")) + ";");
    }

    private static async Task CopyAsync(NpgsqlConnection connection, SeedTable table, List<object?[]> rows, CancellationToken stop)
    {
        var types = Types(connection, table);
        await using var writer = await connection.BeginBinaryImportAsync($"COPY \"{table.Name}\" ({string.Join(", ", table.Columns)}) FROM STDIN (FORMAT BINARY)", stop);
        foreach (var row in rows)
        {
            await writer.StartRowAsync(stop);
            for (var column = 0; column < row.Length; column++)
            {
                Write(writer, row[column], types[column]);
            }
        }

        await writer.CompleteAsync(stop);
    }

    private static void Write(NpgsqlBinaryImporter writer, object? value, NpgsqlDbType type)
    {
        switch (value)
        {
            case null:
                writer.WriteNull();
                break;
            case long number when type == NpgsqlDbType.Integer:
                writer.Write((int)number, type);
                break;
            case long number:
                writer.Write(number, type);
                break;
            case string text:
                writer.Write(text, type);
                break;
            case bool truth:
                writer.Write(truth, type);
                break;
            case DateOnly day:
                writer.Write(day, type);
                break;
            case DateTime moment:
                writer.Write(moment, type);
                break;
            default:
                writer.Write((byte[])value, type);
                break;
        }
    }

    private static readonly System.Collections.Concurrent.ConcurrentDictionary<SeedTable, NpgsqlDbType[]> Known = new();

    private static NpgsqlDbType[] Types(NpgsqlConnection connection, SeedTable table) => Known.GetOrAdd(table, _ =>
    {
        var types = connection.Query<(string Name, string Type)>(
            "SELECT column_name, data_type FROM information_schema.columns WHERE table_schema = current_schema() AND table_name = @Name", new { table.Name })
            .ToDictionary(column => column.Name, column => column.Type, StringComparer.Ordinal);
        return [.. table.Columns.Select(column => types[column] switch
        {
            "bigint" => NpgsqlDbType.Bigint,
            "integer" => NpgsqlDbType.Integer,
            "boolean" => NpgsqlDbType.Boolean,
            "date" => NpgsqlDbType.Date,
            "timestamp with time zone" => NpgsqlDbType.TimestampTz,
            "bytea" => NpgsqlDbType.Bytea,
            _ => NpgsqlDbType.Text,
        })];
    });
}
