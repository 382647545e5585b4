using System.Globalization;
using System.Security.Cryptography;
using Dapper;
using Dossier.Database;
using Microsoft.Data.Sqlite;

namespace Dossier.Registry;

/// <summary>What the registry says of itself: the epoch that tokens carry and the key that signs decisions.</summary>
public sealed class RegistryIdentity
{
    public string Epoch { get; init; } = "";

    public byte[] SigningKey { get; init; } = [];
}

/// <summary>Brings a registry's schema up to date with the numbered steps in db/registry, under the database's write lock.</summary>
public static class RegistrySchema
{
    private const string OldestProgramLine = "-- oldest program:";

    /// <summary>Creates the registry if it is not there, applies the missing steps and gives its identity.</summary>
    /// <exception cref="InvalidOperationException">The registry was written by a newer program that this one cannot work with.</exception>
    public static RegistryIdentity Apply(string connectionString, TimeProvider clock, out DateTimeOffset? latest)
    {
        DefaultTypeMap.MatchNamesWithUnderscores = true;
        var builder = new SqliteConnectionStringBuilder(connectionString) { Mode = SqliteOpenMode.ReadWriteCreate, Pooling = false };
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(builder.DataSource))!);
        var statements = SqlText.Blocks(SqlText.Read("registry/sqlite/statements.sql"), "db/registry/sqlite/statements.sql");
        using var connection = new SqliteConnection(builder.ToString());
        connection.Open();
        SqliteConnections.Execute(connection, "PRAGMA busy_timeout=10000; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL");
        SqliteConnections.Execute(connection, "BEGIN IMMEDIATE");
        var now = clock.GetUtcNow().ToMicros();
        connection.Execute(statements["create_schema_steps"]);
        var steps = connection.Query<(long Number, string OldestProgram)>(statements["schema_steps"]).ToList();
        RefuseNewer(steps);
        var applied = steps.Select(step => step.Number).ToHashSet();
        foreach (var (number, path, text) in Steps())
        {
            if (applied.Contains(number))
            {
                continue;
            }

            SqliteConnections.Execute(connection, text);
            connection.Execute(
                statements["insert_schema_step"],
                new { number, name = System.IO.Path.GetFileName(path), oldest_program = OldestProgram(text), now });
        }

        connection.Execute(
            statements["create_registry"],
            new { epoch = Guid.CreateVersion7().ToString("D"), signing_key = RandomNumberGenerator.GetBytes(32), now });
        SqliteConnections.Execute(connection, "COMMIT");
        var micros = connection.QuerySingle<long?>(statements["latest_moment"]);
        latest = micros is { } moment ? Moments.ToMoment(moment) : null;
        return connection.QuerySingle<RegistryIdentity>(statements["registry"]);
    }

    private static IEnumerable<(long Number, string Path, string Text)> Steps()
    {
        foreach (var path in SqlText.List("registry/sqlite/"))
        {
            var file = System.IO.Path.GetFileName(path);
            if (long.TryParse(file.Split('_')[0], NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            {
                yield return (number, path, SqlText.Read(path));
            }
        }
    }

    private static void RefuseNewer(IEnumerable<(long Number, string OldestProgram)> applied)
    {
        // Every step of a newer program counts, not only the last: each says what it needs itself.
        var known = Steps().Select(step => step.Number).ToHashSet();
        var oldest = applied.Where(step => !known.Contains(step.Number)).Select(step => Version.Parse(step.OldestProgram)).Max();
        var mine = typeof(RegistrySchema).Assembly.GetName().Version!;
        if (oldest is not null && mine < oldest)
        {
            throw new InvalidOperationException(
                $"The registry needs Dossier {oldest} or newer; this is {mine.ToString(3)}. Upgrade this instance, or point Registry:ConnectionString at another registry.");
        }
    }

    private static string OldestProgram(string text) => text.Split('\n')
        .First(line => line.StartsWith(OldestProgramLine, StringComparison.Ordinal))[OldestProgramLine.Length..].Trim();
}
