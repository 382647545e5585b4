using Dapper;
using Dossier.Tests.Fixtures;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace Dossier.Tests.RobustnessTests;

/// <summary>A webcare store that a test may trouble as its owner.</summary>
internal abstract class TroubledStore(string provider, string connectionString) : IDisposable
{
    public string Provider => provider;

    /// <summary>The service's.</summary>
    public string ConnectionString => connectionString;

    public abstract string Folder { get; }

    public abstract void Execute(string sql);

    /// <summary>Connections that the service has to it.</summary>
    public abstract int Connections();

    public abstract void Dispose();
}

/// <summary>On PostgreSQL, behind a proxy.</summary>
internal sealed class TroubledServer : TroubledStore
{
    private readonly PostgresDatabase database;
    private readonly NpgsqlConnection owner;

    private TroubledServer(PostgresDatabase database, string login, TroubledProxy proxy)
        : base("PostgreSql", proxy.ConnectionString) => (this.database, Login, Proxy, owner) = (database, login, proxy, database.Open());

    public TroubledProxy Proxy { get; }

    /// <summary>Who reads the store.</summary>
    public string Login { get; }

    public override string Folder => "postgres";

    public static TroubledServer Create(string prepare)
    {
        var store = PostgresDatabase.Store("webcare");
        var login = "troubled_" + Guid.NewGuid().ToString("N")[..8];
        store.Execute($"{prepare}; CREATE ROLE {login} LOGIN; GRANT pg_read_all_data TO {login};");
        return new TroubledServer(store, login, TroubledProxy.Before(new NpgsqlConnectionStringBuilder(store.Owner) { Username = login }.ConnectionString));
    }

    public override void Execute(string sql) => database.Execute(sql);

    public override int Connections() =>
        owner.QuerySingle<int>("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'dossier/webcare' AND datname = current_database()");

    public override void Dispose()
    {
        owner.Dispose();
        database.Execute($"REASSIGN OWNED BY {Login} TO CURRENT_USER; DROP OWNED BY {Login}; DROP ROLE {Login}");
        database.Dispose();
    }
}

/// <summary>In a SQLite file.</summary>
internal sealed class TroubledFile(string path) : TroubledStore("Sqlite", $"Data Source={path}")
{
    private SqliteConnection? writer;

    public override string Folder => "sqlite";

    public override void Execute(string sql)
    {
        using var connection = Open();
        connection.Execute(sql);
    }

    /// <summary>Somebody writes, and is not done before he is told to.</summary>
    public void Lock()
    {
        writer = Open();
        writer.Execute("BEGIN EXCLUSIVE");
    }

    public void Unlock() => writer!.Dispose();

    public override int Connections() => Directory.Exists("/proc/self/fd") ? Directory.GetFiles("/proc/self/fd").Count(handle => Leads(handle, path)) : 0;

    public override void Dispose()
    {
    }

    private static bool Leads(string handle, string to)
    {
        try
        {
            return new FileInfo(handle).LinkTarget == to;
        }
        catch (IOException)
        {
            // It was closed since.
            return false;
        }
    }

    private SqliteConnection Open()
    {
        var connection = new SqliteConnection($"Data Source={path};Pooling=False");
        connection.Open();
        return connection;
    }
}
