using System.Diagnostics;
using Dapper;
using Dossier.Database;
using Dossier.Registry;
using Dossier.Sample;
using Npgsql;

namespace Dossier.Tests.Fixtures;

/// <summary>
/// Databases of their own on the PostgreSQL server of DOSSIER_TEST_POSTGRES (tests/with-postgres.sh starts one): registries and
/// sample stores, used with the roles that an operator would give the service.
/// </summary>
public sealed class PostgresDatabase : IDisposable
{
    public const string Variable = "DOSSIER_TEST_POSTGRES";
    private static readonly Lock Turn = new();
    private static readonly HashSet<string> Templates = new(StringComparer.Ordinal);
    private readonly bool keep;

    private PostgresDatabase(string name, bool keep = false) => (Name, this.keep) = (name, keep);

    public static string Server => Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } server
        ? server
        : throw new InvalidOperationException($"{Variable} is not set. Run tests/with-postgres.sh dotnet test.");

    public string Name { get; }

    /// <summary>For who may do anything in it.</summary>
    public string Owner => As(null);

    /// <summary>The registry's runtime role: no DDL, no rewriting of history.</summary>
    public string Service => As("dossier_service");

    /// <summary>The role by which stores are read.</summary>
    public string Reader => As("dossier_reader");

    public static PostgresDatabase Empty() => Create(null);

    /// <summary>A registry, migrated, with the runtime role's rights.</summary>
    public static PostgresDatabase Registry() => Create(Template("registry", owner =>
    {
        RegistrySchema.Migrate(Vendor.Find("PostgreSql")!, owner, TimeProvider.System);
        Execute(owner, SqlText.Read("registry/postgres/permissions.sql"));
    }));

    /// <summary>A sample store with its rows, and the reader's rights.</summary>
    public static PostgresDatabase Store(string source) => Create(StoreTemplate(source));

    /// <summary>The same, not copied: for who only reads.</summary>
    public static PostgresDatabase SharedStore(string source) => new(StoreTemplate(source), keep: true);

    public NpgsqlConnection Open()
    {
        var connection = new NpgsqlConnection(Owner);
        connection.Open();
        return connection;
    }

    public void Execute(string sql) => Execute(Owner, sql);

    /// <summary>Runs a file as an operator does.</summary>
    public void Psql(string file, params (string Name, string Value)[] variables) => Psql(Owner, file, variables);

    /// <summary>For a role that the test has made.</summary>
    public string For(string role) => As(role);

    public void Dispose()
    {
        if (!keep)
        {
            Execute(Server, $"DROP DATABASE IF EXISTS \"{Name}\" WITH (FORCE)");
        }
    }

    private static string StoreTemplate(string source) => Template("store_" + source, owner =>
    {
        var folder = DossierHost.NewDataDirectory();
        SampleCopy.Copy(source, Path.Combine(folder, source + ".db"), Vendor.Find("PostgreSql")!, owner);
        Directory.Delete(folder, recursive: true);
        Psql(owner, Repository.PathOf("db", "sources", "permissions.postgres.sql"), ("store", source), ("connections", "300"));
    });

    private static PostgresDatabase Create(string? template)
    {
        var name = "dossier_" + Guid.NewGuid().ToString("N")[..12];
        lock (Turn)
        {
            Execute(Server, $"CREATE DATABASE \"{name}\"" + (template is null ? "" : $" TEMPLATE \"{template}\""));
        }

        return new PostgresDatabase(name);
    }

    /// <summary>A database that others are copied from; made once in a run.</summary>
    private static string Template(string kind, Action<string> fill)
    {
        lock (Turn)
        {
            var name = $"dossier_template_{kind}_{Environment.ProcessId}";
            if (Templates.Add(kind))
            {
                Execute(Server, $"CREATE DATABASE \"{name}\"");
                fill(new PostgresDatabase(name).Owner);
            }

            return name;
        }
    }

    private static void Execute(string connectionString, string sql)
    {
        using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false }.ConnectionString);
        connection.Open();
        connection.Execute(sql, commandTimeout: 120);
    }

    private static void Psql(string connectionString, string file, params (string Name, string Value)[] variables)
    {
        var given = new NpgsqlConnectionStringBuilder(connectionString);
        var start = new ProcessStartInfo("psql") { UseShellExecute = false, RedirectStandardError = true, RedirectStandardOutput = true };
        var set = variables.SelectMany(variable => new[] { "-v", $"{variable.Name}={variable.Value}" });
        foreach (var argument in (string[])["-X", "-q", "-v", "ON_ERROR_STOP=1", .. set, "-h", given.Host!, "-p", $"{given.Port}", "-U", given.Username!, "-d", given.Database!, "-f", file])
        {
            start.ArgumentList.Add(argument);
        }

        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, error);
    }

    private string As(string? role)
    {
        var builder = new NpgsqlConnectionStringBuilder(Server) { Database = Name, Pooling = false };
        if (role is not null)
        {
            builder.Username = role;
        }

        return builder.ConnectionString;
    }
}
