using System.Data.Common;
using Dapper;
using Dossier.Database;
using Dossier.Registry;
using Dossier.Sample;
using Dossier.Tests.Fixtures;
using Microsoft.Data.SqlClient;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace Dossier.Tests.ConformanceTests;

/// <summary>One vendor's registry and sample stores, each a database of its own, used as the service's roles use them.</summary>
public abstract class Servers : IDisposable
{
    public static IReadOnlyList<string> Sources { get; } = ["webcare", "telephony", "administration"];

    /// <summary>Friday 9 October 2026, 09:00: the sample's dates end the day before.</summary>
    public static TimeProvider Clock => new DemoClock(SampleSetup.DefaultNow);

    public abstract Vendor Vendor { get; }

    /// <summary>The registry's connection string for the service.</summary>
    public abstract string Registry { get; }

    /// <summary>The registry's connection string for its owner.</summary>
    public abstract string RegistryOwner { get; }

    /// <summary>A store's connection string for the service.</summary>
    public abstract string Store(string source);

    /// <summary>A store's connection string for its owner; what is changed there must be a store of the test's own.</summary>
    public abstract string StoreOwner(string source);

    /// <summary>All settings of a service on these databases. Its sources may take their time: other tests run beside it.</summary>
    public IEnumerable<(string Key, string Value)> Settings()
    {
        yield return ("Registry:Provider", Vendor.Name);
        yield return ("Registry:ConnectionString", Registry);
        foreach (var source in Sources)
        {
            yield return ($"Sources:{source}:Provider", Vendor.Name);
            yield return ($"Sources:{source}:ConnectionString", Store(source));
            yield return ($"Sources:{source}:Queries", $"db/sources/{source}/queries.{Vendor.Folder}.sql");
            yield return ($"Sources:{source}:Deadline", "00:00:05");
        }

        yield return ("Sources:administration:CustomerSource", "true");
        yield return ("Sources:telephony:KeySpellings:phone:0", "national");
    }

    public Task<DossierHost> StartAsync(params (string Key, string Value)[] more) => DossierHost.StartAsync(Clock, Settings().Concat(more));

    /// <summary>A connection of the owner, past the service.</summary>
    public DbConnection Open(string connectionString)
    {
        DbConnection connection = Vendor switch
        {
            PostgresVendor => new NpgsqlConnection(connectionString),
            SqlServerVendor => new SqlConnection(connectionString),
            _ => new SqliteConnection(connectionString),
        };
        connection.Open();
        return connection;
    }

    /// <summary>Reads the registry, or a store, past the service; SQL that every vendor understands.</summary>
    public IReadOnlyList<T> Query<T>(string sql, object? parameters = null, string? source = null)
    {
        using var connection = Open(source is null ? RegistryOwner : StoreOwner(source));
        return [.. connection.Query<T>(sql, parameters)];
    }

    /// <summary>The owner's connection string of one more database, empty; it goes with the others.</summary>
    public abstract string NewDatabase();

    public abstract void Dispose();
}

public sealed class SqliteServers : Servers
{
    private readonly string folder = DossierHost.NewDataDirectory();

    public SqliteServers() => RegistrySchema.Migrate(Vendor, RegistryOwner, TimeProvider.System);

    public override Vendor Vendor => Vendor.Find("Sqlite")!;

    public override string Registry => $"Data Source={Path.Combine(folder, "registry.db")}";

    public override string RegistryOwner => Registry + ";Pooling=False";

    public override string Store(string source) => $"Data Source={Path.Combine(folder, source + ".db")}";

    public override string StoreOwner(string source) => Store(source) + ";Pooling=False";

    public override string NewDatabase() => $"Data Source={Path.Combine(folder, Guid.NewGuid().ToString("N") + ".db")};Pooling=False";

    public override void Dispose() => Directory.Delete(folder, recursive: true);
}

public sealed class PostgresServers : Servers
{
    private readonly List<PostgresDatabase> more = [];
    private readonly PostgresDatabase registry = PostgresDatabase.Registry();
    private readonly Dictionary<string, PostgresDatabase> stores = Sources.ToDictionary(source => source, PostgresDatabase.Store, StringComparer.Ordinal);

    public override Vendor Vendor => Vendor.Find("PostgreSql")!;

    public string Host { get; } = new NpgsqlConnectionStringBuilder(PostgresDatabase.Server).Host!;

    public override string Registry => registry.Service;

    public override string RegistryOwner => registry.Owner;

    public override string Store(string source) => stores[source].Reader;

    public override string StoreOwner(string source) => stores[source].Owner;

    public override string NewDatabase()
    {
        more.Add(PostgresDatabase.Empty());
        return more[^1].Owner;
    }

    public override void Dispose()
    {
        registry.Dispose();
        foreach (var database in stores.Values.Concat(more))
        {
            database.Dispose();
        }
    }
}

/// <summary>Databases of their own on the SQL Server of DOSSIER_TEST_SQLSERVER, whose login may create databases.</summary>
public sealed class SqlServerServers : Servers
{
    public const string Variable = "DOSSIER_TEST_SQLSERVER";
    private readonly string prefix = "dossier_" + Guid.NewGuid().ToString("N")[..12];
    private readonly List<string> more = [];

    public SqlServerServers()
    {
        foreach (var name in Sources.Append("registry"))
        {
            Execute(Server, $"CREATE DATABASE [{prefix}_{name}]");
            Execute(Server, $"ALTER DATABASE [{prefix}_{name}] SET ALLOW_SNAPSHOT_ISOLATION ON");
        }

        RegistrySchema.Migrate(Vendor, RegistryOwner, TimeProvider.System);
        var folder = DossierHost.NewDataDirectory();
        foreach (var source in Sources)
        {
            SampleCopy.Copy(source, Path.Combine(folder, source + ".db"), Vendor, StoreOwner(source));
        }

        Directory.Delete(folder, recursive: true);
    }

    public override Vendor Vendor => Vendor.Find("SqlServer")!;

    public override string Registry => Of("registry");

    public override string RegistryOwner => Of("registry");

    private static string Server => Environment.GetEnvironmentVariable(Variable)!;

    public override string Store(string source) => Of(source);

    public override string StoreOwner(string source) => Of(source);

    public override string NewDatabase()
    {
        more.Add($"more{more.Count}");
        Execute(Server, $"CREATE DATABASE [{prefix}_{more[^1]}]");
        return Of(more[^1]);
    }

    public override void Dispose()
    {
        SqlConnection.ClearAllPools();
        foreach (var name in Sources.Append("registry").Concat(more))
        {
            Execute(Server, $"ALTER DATABASE [{prefix}_{name}] SET SINGLE_USER WITH ROLLBACK IMMEDIATE; DROP DATABASE [{prefix}_{name}]");
        }
    }

    private static void Execute(string connectionString, string sql)
    {
        using var connection = new SqlConnection(connectionString);
        connection.Open();
        connection.Execute(sql, commandTimeout: 120);
    }

    private string Of(string name) => new SqlConnectionStringBuilder(Server) { InitialCatalog = $"{prefix}_{name}" }.ConnectionString;
}
