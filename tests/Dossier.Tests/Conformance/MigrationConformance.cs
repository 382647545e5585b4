using Dapper;
using Dossier.Database;
using Dossier.Registry;
using Dossier.Tests.Fixtures;

namespace Dossier.Tests.ConformanceTests;

/// <summary>A registry's schema is made once, by whoever is first, and refused by a program that is too old for it.</summary>
/// <typeparam name="TServers">The vendor's databases.</typeparam>
public abstract class MigrationConformance<TServers> : IDisposable
    where TServers : Servers, new()
{
    private readonly Lazy<TServers> servers = new(() => new TServers());

    protected Servers Servers => servers.Value;

    private Vendor Vendor => Servers.Vendor;

    public void Dispose()
    {
        if (servers.IsValueCreated)
        {
            servers.Value.Dispose();
        }

        GC.SuppressFinalize(this);
    }

    [ServerFact]
    public async Task Four_starters_at_once_apply_every_step_once_and_a_later_one_none()
    {
        var database = Servers.NewDatabase();
        var steps = SqlText.List($"registry/{Vendor.Folder}/").Select(path => Path.GetFileName(path)!).Where(file => char.IsAsciiDigit(file[0])).Order(StringComparer.Ordinal).ToList();
        Assert.NotEmpty(steps);

        var made = await Calls.AtOnceAsync(4, _ => Task.Run(() => RegistrySchema.Migrate(Vendor, database, TimeProvider.System)));

        Assert.Equal(steps, Assert.Single(made, names => names.Count > 0));
        var identity = RegistrySchema.Check(Vendor, database, out var latest);
        Assert.Null(latest);
        Assert.Empty(RegistrySchema.Migrate(Vendor, database, TimeProvider.System));
        var again = RegistrySchema.Check(Vendor, database, out _);
        Assert.Equal((identity.Epoch, Convert.ToHexString(identity.SigningKey)), (again.Epoch, Convert.ToHexString(again.SigningKey)));
        using var connection = Servers.Open(database);
        Assert.Equal(steps, await connection.QueryAsync<string>("SELECT name FROM schema_step ORDER BY number"));
    }

    [ServerFact]
    public void A_registry_of_a_newer_program_serves_until_a_step_says_otherwise()
    {
        var database = Servers.NewDatabase();
        RegistrySchema.Migrate(Vendor, database, TimeProvider.System);
        var identity = RegistrySchema.Check(Vendor, database, out _);
        using var connection = Servers.Open(database);
        connection.Execute("INSERT INTO schema_step (number, name, oldest_program, apply_time) SELECT 900, '900_later.sql', '0.0.1', apply_time FROM schema_step WHERE number = 1");

        Assert.Empty(RegistrySchema.Migrate(Vendor, database, TimeProvider.System));
        Assert.Equal(identity.Epoch, RegistrySchema.Check(Vendor, database, out _).Epoch);
        connection.Execute("INSERT INTO schema_step (number, name, oldest_program, apply_time) SELECT 901, '901_later.sql', '99.0.0', apply_time FROM schema_step WHERE number = 1");

        foreach (var use in (Action[])[() => RegistrySchema.Migrate(Vendor, database, TimeProvider.System), () => RegistrySchema.Check(Vendor, database, out _)])
        {
            Assert.Contains("needs Dossier 99.0.0 or newer", Assert.Throws<InvalidOperationException>(use).Message, StringComparison.Ordinal);
        }

        Assert.Equal(901, connection.QuerySingle<int>("SELECT MAX(number) FROM schema_step"));
    }

    [ServerFact]
    public async Task A_registry_without_a_schema_is_made_when_it_is_a_file_and_says_what_to_do_when_it_is_a_server()
    {
        var start = () => DossierHost.StartAsync(Servers.Clock, Servers.Settings().Append(("Registry:ConnectionString", Servers.NewDatabase())));
        if (Vendor is SqliteVendor)
        {
            await using var host = await start();
            Assert.NotEmpty((await host.GetAsync("1042")).Invoices);
        }
        else
        {
            var refused = await Assert.ThrowsAsync<InvalidOperationException>(start);
            Assert.EndsWith("has no Dossier schema yet. Create it: ./dossier migrate", refused.Message, StringComparison.Ordinal);
        }
    }

    [ServerFact]
    public void A_registry_that_lacks_a_step_names_it_and_is_mended_by_migrating()
    {
        var database = Servers.NewDatabase();
        RegistrySchema.Migrate(Vendor, database, TimeProvider.System);
        using (var connection = Servers.Open(database))
        {
            connection.Execute("DROP TABLE key_link_revision");
            connection.Execute("DROP TABLE source_pause");
            connection.Execute("DELETE FROM schema_step WHERE number = 2");
        }

        var refused = Assert.Throws<InvalidOperationException>(() => RegistrySchema.Check(Vendor, database, out _));
        Assert.Equal("the registry lacks the schema step 002_keys_and_pauses.sql. Apply it: ./dossier migrate", refused.Message);
        Assert.Equal(["002_keys_and_pauses.sql"], RegistrySchema.Migrate(Vendor, database, TimeProvider.System));
        RegistrySchema.Check(Vendor, database, out _);
    }
}

public sealed class SqliteMigrationTests : MigrationConformance<SqliteServers>;

[NeedsServer(PostgresDatabase.Variable, alsoInCI: true)]
public sealed class PostgresMigrationTests : MigrationConformance<PostgresServers>;

[NeedsServer(SqlServerServers.Variable, alsoInCI: false)]
public sealed class SqlServerMigrationTests : MigrationConformance<SqlServerServers>;
