using System.Data.Common;
using Dapper;
using Dossier.Database;
using Dossier.Registry;
using Dossier.Sample;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;

namespace Dossier.Tests.Fixtures;

/// <summary>One registry for several processes of the service beside each other, and the sample's stores.</summary>
public abstract class SharedRegistry : IDisposable
{
    // The deadline is not what is tested: two cores carry two services, a server and their callers.
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    protected TemporaryFolder Folder { get; } = TemporaryFolder.WithStores();

    protected abstract Vendor Vendor { get; }

    /// <summary>The connection string of the service.</summary>
    protected abstract string Service { get; }

    public Task<DossierProcess> StartAsync() => DossierProcess.StartAsync(Folder.Path, [.. Settings()]);

    /// <summary>The registry as one more instance of the service has it, in this process.</summary>
    public RegistryDatabase Instance() => new(
        new RegistryOptions { Provider = Vendor.Name, ConnectionString = Service, Deadline = Deadline }, TimeProvider.System, NullLogger<RegistryDatabase>.Instance);

    /// <summary>A connection of the owner, past the service.</summary>
    public abstract DbConnection Open();

    /// <summary>Takes what a change needs, for a moment, again and again: whatever waits then goes on in any order.</summary>
    public abstract Task HoldAsync(IReadOnlyList<string> customers, Random random, CancellationToken stop);

    /// <summary>How many deadlocks the server has had to break.</summary>
    public virtual long Deadlocks() => 0;

    /// <summary>What stands there, which must be sound.</summary>
    public RegistryTables Sound()
    {
        using var connection = Open();
        var tables = new RegistryTables(connection);
        tables.IsSound();
        return tables;
    }

    /// <summary>The same while the service is not running, and without doing its recovery for it: the requests that succeeded.</summary>
    public abstract IReadOnlyList<RegistryTables.Request> RequestsAsKilled();

    public abstract void Dispose();

    /// <summary>The sources are named, so that all instances go by the machine's clock: the sample's begins anew in each process.</summary>
    private IEnumerable<(string Key, string Value)> Settings()
    {
        // Hundreds of one system at once are the test; that there is a limit is another one's.
        yield return ("DOSSIER_Limits__PerCaller", "1000");
        yield return ("DOSSIER_Limits__Changes", "1000");
        yield return ("DOSSIER_Registry__Provider", Vendor.Name);
        yield return ("DOSSIER_Registry__ConnectionString", Service);
        yield return ("DOSSIER_Registry__Deadline", $"{Deadline}");
        foreach (var source in SampleStores.Names)
        {
            yield return ($"DOSSIER_Sources__{source}__ConnectionString", $"Data Source={Folder[source + ".db"]}");
            yield return ($"DOSSIER_Sources__{source}__Queries", $"db/sources/{source}/queries.sqlite.sql");
            yield return ($"DOSSIER_Sources__{source}__Deadline", "00:00:05");
        }

        yield return ("DOSSIER_Sources__administration__CustomerSource", "true");
    }

    protected static async Task HoldAsync(DbConnection connection, Func<DbTransaction, Task> take, TimeSpan moment)
    {
        await using var held = await connection.BeginTransactionAsync();
        await take(held);
        await Task.Delay(moment, TimeProvider.System);
        await held.RollbackAsync();
    }
}

public sealed class SqliteSharedRegistry : SharedRegistry
{
    protected override Vendor Vendor => Vendor.Find("Sqlite")!;

    protected override string Service => $"Data Source={Folder["registry.db"]}";

    public override DbConnection Open()
    {
        var connection = new SqliteConnection(Service + ";Pooling=False");
        connection.Open();
        return connection;
    }

    /// <summary>There is one lock, on the whole file.</summary>
    public override async Task HoldAsync(IReadOnlyList<string> customers, Random random, CancellationToken stop)
    {
        await using var connection = Open();
        while (!stop.IsCancellationRequested)
        {
            await HoldAsync(connection, _ => Task.CompletedTask, TimeSpan.FromMilliseconds(random.Next(1, 10)));
            await Task.Delay(random.Next(20, 60), CancellationToken.None);
        }
    }

    public override IReadOnlyList<RegistryTables.Request> RequestsAsKilled()
    {
        var file = RegistryFile.AsKilled(Folder.Path);
        file.IsSound();
        return [.. file.Requests.Select(request => new RegistryTables.Request(request.System, request.RequestId, request.Name, request.Revision, request.Sequence))];
    }

    public override void Dispose() => Folder.Dispose();
}

public sealed class PostgresSharedRegistry : SharedRegistry
{
    private readonly PostgresDatabase database = PostgresDatabase.Registry();

    protected override Vendor Vendor => Vendor.Find("PostgreSql")!;

    protected override string Service => database.Service;

    public override DbConnection Open() => database.Open();

    /// <summary>
    /// A customer's row: one change waits before it has read anything. The counter: many wait with all their work done. The table of
    /// requests: one waits with a sequence in its hands.
    /// </summary>
    public override async Task HoldAsync(IReadOnlyList<string> customers, Random random, CancellationToken stop)
    {
        await using var connection = database.Open();
        while (!stop.IsCancellationRequested)
        {
            var (sql, customer) = random.Next(3) switch
            {
                0 => ("SELECT 1 FROM customer WHERE customer = @customer FOR UPDATE", customers[random.Next(customers.Count)]),
                1 => ("SELECT 1 FROM change_counter FOR UPDATE", ""),
                _ => ("LOCK TABLE request IN SHARE MODE", ""),
            };
            await HoldAsync(connection, held => connection.ExecuteAsync(sql, new { customer }, held), TimeSpan.FromMilliseconds(random.Next(1, 20)));
            await Task.Delay(random.Next(1, 20), CancellationToken.None);
        }
    }

    public override long Deadlocks()
    {
        using var connection = database.Open();
        return connection.QuerySingle<long>("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()");
    }

    public override IReadOnlyList<RegistryTables.Request> RequestsAsKilled() => Sound().Requests;

    public override void Dispose()
    {
        database.Dispose();
        Folder.Dispose();
    }
}

/// <summary>Two processes of the service on one registry: callers do not see which one they talk to.</summary>
public sealed class TwoProcesses<TRegistry> : IAsyncLifetime
    where TRegistry : SharedRegistry, new()
{
    private TRegistry? registry;

    public SharedRegistry Registry => registry!;

    public IReadOnlyList<DossierProcess> Both { get; private set; } = [];

    public async Task InitializeAsync()
    {
        registry = new TRegistry();
        Both = await Task.WhenAll(registry.StartAsync(), registry.StartAsync());
    }

    public async Task DisposeAsync()
    {
        foreach (var service in Both)
        {
            await service.DisposeAsync();
        }

        registry?.Dispose();
    }
}
