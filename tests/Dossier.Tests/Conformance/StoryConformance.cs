using Dossier.Tests.Fixtures;
using Dossier.Tests.ServiceTests;
using Dossier.V1;

namespace Dossier.Tests.ConformanceTests;

/// <summary>The sample company on every vendor: what a dossier holds does not depend on where it is stored.</summary>
/// <typeparam name="TServers">The vendor's databases.</typeparam>
public abstract class StoryConformance<TServers>(SampleHosts<TServers> hosts) : IClassFixture<SampleHosts<TServers>>
    where TServers : Servers, new()
{
    [ServerFact]
    public async Task Every_source_is_read_without_a_fault()
    {
        await hosts.Host.Dossiers.ResolveCustomerAsync(new ResolveCustomerRequest { Keys = { new CustomerKey { CustomerNumber = "1042" } } });
        var sources = (await hosts.Host.Dossiers.ListSourcesAsync(new ListSourcesRequest())).Sources;
        Assert.All(sources, source => Assert.Equal((SourceState.Ok, hosts.Servers.Vendor.Name, ""), (source.State, source.Provider, source.LastFailure)));
    }

    [ServerFact]
    public async Task Every_dossier_of_the_story_is_the_one_that_SQLite_gives()
    {
        foreach (var customer in Enumerable.Range(1042, 11).Concat([2001, 2002, 2003, 2100, 2200]).Select(number => $"{number}"))
        {
            Assert.Equal(Bare(await hosts.Sqlite.GetAsync(customer)).ToString(), Bare(await hosts.Host.GetAsync(customer)).ToString());
        }
    }

    /// <summary>Without what the moment and the order of events make.</summary>
    private static V1.Dossier Bare(V1.Dossier dossier)
    {
        Assert.Empty(dossier.Unreachable);
        dossier.AssembleTime = null;
        dossier.NextPageToken = dossier.NextPageToken.Length > 0 ? "more" : "";
        dossier.RegistrySequence = 0;
        foreach (var source in dossier.Sources)
        {
            (source.AsOf, source.Elapsed) = (null, null);
        }

        foreach (var conflict in dossier.Conflicts)
        {
            (conflict.FirstSeenTime, conflict.LastSeenTime) = (null, null);
        }

        foreach (var key in dossier.Customer.Keys)
        {
            key.LinkTime = null;
        }

        return dossier;
    }
}

/// <summary>A service on the vendor's databases, and one on the SQLite stores that they were copied from.</summary>
public sealed class SampleHosts<TServers> : IAsyncLifetime
    where TServers : Servers, new()
{
    private TServers? servers;
    private SqliteServers? sqlite;

    public Servers Servers => servers!;

    public DossierHost Host { get; private set; } = null!;

    public DossierHost Sqlite { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        (servers, sqlite) = (new TServers(), new SqliteServers());
        Host = await servers.StartAsync();
        Sqlite = await sqlite.StartAsync();
    }

    public async Task DisposeAsync()
    {
        // A server that is not there has made nothing.
        if (sqlite is not null)
        {
            await Host.DisposeAsync();
            await Sqlite.DisposeAsync();
            sqlite.Dispose();
        }

        servers?.Dispose();
    }
}

public sealed class SqliteStoryTests(SampleHosts<SqliteServers> hosts) : StoryConformance<SqliteServers>(hosts);

[NeedsServer(PostgresDatabase.Variable, alsoInCI: true)]
public sealed class PostgresStoryTests(SampleHosts<PostgresServers> hosts) : StoryConformance<PostgresServers>(hosts);

[NeedsServer(SqlServerServers.Variable, alsoInCI: false)]
public sealed class SqlServerStoryTests(SampleHosts<SqlServerServers> hosts) : StoryConformance<SqlServerServers>(hosts);
