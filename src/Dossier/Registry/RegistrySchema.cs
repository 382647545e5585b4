using System.Data.Common;
using System.Globalization;
using System.Security.Cryptography;
using Dapper;
using Dossier.Database;
using Microsoft.Data.SqlClient;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace Dossier.Registry;

/// <summary>What the registry says of itself: the epoch that tokens carry and the key that signs decisions.</summary>
public sealed class RegistryIdentity
{
    public string Epoch { get; init; } = "";

    public byte[] SigningKey { get; init; } = [];
}

/// <summary>A step that was applied to a registry.</summary>
public sealed class SchemaStep
{
    public long Number { get; init; }

    /// <summary>The program that can work with it, and every newer one.</summary>
    public string OldestProgram { get; init; } = "";
}

/// <summary>Brings a registry's schema up to date with the numbered steps in db/registry, under a lock, in one transaction.</summary>
public static class RegistrySchema
{
    private const string OldestProgramLine = "-- oldest program:";

    /// <summary>Creates the registry if it is not there and applies the missing steps.</summary>
    /// <returns>The names of the steps that were applied now.</returns>
    /// <exception cref="InvalidOperationException">The registry was written by a newer program that this one cannot work with.</exception>
    public static IReadOnlyList<string> Migrate(Vendor vendor, string connectionString, TimeProvider clock)
    {
        using var connection = Open(vendor, connectionString);
        var statements = RegistryDatabase.Statements(vendor);
        var now = new Moment(clock.GetUtcNow().ToMicros());
        var made = new List<string>();
        using var transaction = Begin(vendor, connection);
        if (statements.TryGetValue("migration_lock", out var turn))
        {
            connection.Execute(turn, transaction: transaction, commandTimeout: 60);
        }

        connection.Execute(statements["create_schema_steps"], transaction: transaction);
        var applied = connection.Query<SchemaStep>(statements["schema_steps"], transaction: transaction).ToList();
        RefuseNewer(vendor, applied);
        foreach (var (number, path, text) in Steps(vendor).Where(step => !applied.Exists(done => done.Number == step.Number)))
        {
            var name = Path.GetFileName(path);
            Run(connection, transaction, text);
            connection.Execute(statements["insert_schema_step"], new { number, name, oldest_program = OldestProgram(text), now }, transaction);
            made.Add(name);
        }

        connection.Execute(
            statements["create_registry"], new { epoch = NewEpoch(), signing_key = RandomNumberGenerator.GetBytes(32), now }, transaction);
        transaction.Commit();
        return made;
    }

    /// <summary>Creates and migrates, for the embedded default; gives the registry's identity.</summary>
    public static RegistryIdentity Apply(string connectionString, TimeProvider clock, out DateTimeOffset? latest)
    {
        var sqlite = Vendor.Find("Sqlite")!;
        Migrate(sqlite, connectionString, clock);
        return Check(sqlite, connectionString, out latest);
    }

    /// <summary>Reads the identity of a registry that must be up to date.</summary>
    /// <exception cref="InvalidOperationException">It is not, or it was written by a newer program that this one cannot work with.</exception>
    public static RegistryIdentity Check(Vendor vendor, string connectionString, out DateTimeOffset? latest)
    {
        using var connection = Open(vendor, connectionString);
        var statements = RegistryDatabase.Statements(vendor);
        var lacking = Lacking(vendor, connection);
        if (lacking.Count > 0)
        {
            throw new InvalidOperationException($"the registry lacks the schema step {string.Join(", ", lacking)}. Apply it: ./dossier migrate");
        }

        latest = connection.Query<Moment>(statements["latest_moment"]).Select(moment => (DateTimeOffset?)Moments.ToMoment(moment.Micros)).FirstOrDefault();
        return connection.QuerySingle<RegistryIdentity>(statements["registry"]);
    }

    /// <summary>Why this program cannot work with a registry of these steps; null if it can.</summary>
    public static string? Misfit(Vendor vendor, IReadOnlyList<SchemaStep> applied)
    {
        var lacking = Files(vendor).Where(step => applied.All(done => done.Number != step.Number)).Select(step => Path.GetFileName(step.Path)).ToList();
        return NeedsNewer(vendor, applied) ?? (lacking.Count > 0 ? $"It lacks the schema step {string.Join(", ", lacking)}. Apply it: ./dossier migrate" : null);
    }

    /// <summary>The steps that a registry lacks.</summary>
    /// <exception cref="InvalidOperationException">It has none at all, or was written by a newer program that this one cannot work with.</exception>
    public static IReadOnlyList<string> Lacking(Vendor vendor, DbConnection connection)
    {
        RegistryTypes.Register();
        List<SchemaStep> applied;
        try
        {
            applied = [.. connection.Query<SchemaStep>(RegistryDatabase.Statements(vendor)["schema_steps"])];
        }
        catch (DbException missing) when (missing.SqlState == "42P01" || missing is SqlException { Number: 208 })
        {
            throw new InvalidOperationException("the registry's database has no Dossier schema yet. Create it: ./dossier migrate", missing);
        }

        catch (SqliteException missing) when (missing.SqliteErrorCode == SQLitePCL.raw.SQLITE_ERROR)
        {
            // A file without tables is brought up to date by the start.
            applied = [];
        }

        RefuseNewer(vendor, applied);
        return [.. Steps(vendor).Where(step => !applied.Exists(done => done.Number == step.Number)).Select(step => Path.GetFileName(step.Path))];
    }

    /// <summary>Ends the restoring of a backup: tokens of before are refused from now on.</summary>
    /// <returns>The new epoch.</returns>
    public static string RenewEpoch(Vendor vendor, string connectionString)
    {
        using var connection = Open(vendor, connectionString);
        var epoch = NewEpoch();
        return connection.Execute(RegistryDatabase.Statements(vendor)["renew_epoch"], new { epoch }) == 1
            ? epoch
            : throw new InvalidOperationException("the database holds no registry. Restore it first, or create one: ./dossier migrate");
    }

    private static string NewEpoch() => Guid.CreateVersion7().ToString("D");

    private static DbConnection Open(Vendor vendor, string connectionString)
    {
        RegistryTypes.Register();
        DbConnection connection = vendor switch
        {
            PostgresVendor => new NpgsqlConnection(new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false, ApplicationName = "dossier/migrate" }.ConnectionString),
            SqlServerVendor => new SqlConnection(new SqlConnectionStringBuilder(connectionString) { Pooling = false, ApplicationName = "dossier/migrate" }.ConnectionString),
            _ => new SqliteConnection(SqliteFile(connectionString)),
        };
        try
        {
            connection.Open();
            if (connection is SqliteConnection sqlite)
            {
                SqliteConnections.Execute(sqlite, "PRAGMA busy_timeout=10000; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL");
            }

            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    private static string SqliteFile(string connectionString)
    {
        var builder = new SqliteConnectionStringBuilder(connectionString) { Mode = SqliteOpenMode.ReadWriteCreate, Pooling = false };
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(builder.DataSource))!);
        return builder.ToString();
    }

    // On SQLite not deferred: BEGIN IMMEDIATE, the write lock at once.
    private static DbTransaction Begin(Vendor vendor, DbConnection connection) =>
        vendor is SqliteVendor ? ((SqliteConnection)connection).BeginTransaction(deferred: false) : connection.BeginTransaction();

    private static void Run(DbConnection connection, DbTransaction transaction, string text)
    {
        using var command = connection.CreateCommand();
        command.Transaction = transaction;
        command.CommandText = text;
        command.CommandTimeout = 600;
        command.ExecuteNonQuery();
    }

    private static IEnumerable<(long Number, string Path, string Text)> Steps(Vendor vendor) => Files(vendor).Select(step => (step.Number, step.Path, SqlText.Read(step.Path)));

    private static IEnumerable<(long Number, string Path)> Files(Vendor vendor)
    {
        foreach (var path in SqlText.List($"registry/{vendor.Folder}/"))
        {
            var file = Path.GetFileName(path);
            if (long.TryParse(file.Split('_')[0], NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            {
                yield return (number, path);
            }
        }
    }

    private static void RefuseNewer(Vendor vendor, IReadOnlyList<SchemaStep> applied)
    {
        if (NeedsNewer(vendor, applied) is { } problem)
        {
            throw new InvalidOperationException(problem);
        }
    }

    private static string? NeedsNewer(Vendor vendor, IReadOnlyList<SchemaStep> applied)
    {
        // Every step of a newer program counts, not only the last: each says what it needs itself.
        var known = Files(vendor).Select(step => step.Number).ToHashSet();
        var oldest = applied.Where(step => !known.Contains(step.Number)).Select(step => Version.Parse(step.OldestProgram)).Max();
        var mine = typeof(RegistrySchema).Assembly.GetName().Version!;
        return oldest is not null && mine < oldest
            ? $"The registry needs Dossier {oldest} or newer; this is {mine.ToString(3)}. Upgrade this instance, or point Registry:ConnectionString at another registry."
            : null;
    }

    private static string OldestProgram(string text) => text.Split('\n')
        .First(line => line.StartsWith(OldestProgramLine, StringComparison.Ordinal))[OldestProgramLine.Length..].Trim();
}
