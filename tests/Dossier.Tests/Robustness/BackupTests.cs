using System.Collections.Concurrent;
using System.Data.Common;
using Dapper;
using Dossier.Database;
using Dossier.Registry;
using Dossier.Tests.Fixtures;
using Dossier.Tests.ServiceTests;
using Dossier.V1;
using Google.Rpc;
using Grpc.Core;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace Dossier.Tests.RobustnessTests;

/// <summary>A backup is taken while the service writes, and restored as docs/operating.md says.</summary>
[Collection(ProcessesCollection.Name)]
public abstract class BackupRehearsal : IDisposable
{
    private const int Enough = 40;
    private static readonly string[] Customers = ["2301", "2302", "2303"];
    private readonly ConcurrentBag<(CreateAgreementRequest Request, CreateAgreementResponse Answer)> book = [];

    protected TemporaryFolder Folder { get; } = TemporaryFolder.WithStores();

    public virtual void Dispose()
    {
        Folder.Dispose();
        GC.SuppressFinalize(this);
    }

    [ServerFact]
    public async Task A_backup_taken_while_the_service_writes_is_restored_whole_and_makes_an_end_of_what_was_after_it()
    {
        string token;
        await using (var service = await StartAsync())
        {
            using var stop = new CancellationTokenSource();
            var writers = Customers.Select(customer => WriteAsync(service, customer, stop.Token)).ToList();
            await WrittenAsync(Enough);
            await BackUpAsync();
            await WrittenAsync(book.Count + Enough);
            await stop.CancelAsync();
            await Task.WhenAll(writers);
            token = (await service.Agreements.ListAgreementsAsync(List(Customers[0], 5))).NextPageToken;
            await service.TerminateAsync();
        }

        await RestoreAsync();
        RegistrySchema.RenewEpoch(Vendor, ConnectionString);
        var restored = Tables();
        restored.IsSound();
        var (kept, lost) = (book.Where(write => write.Answer.RegistrySequence <= restored.Sequence).ToList(), book.Where(write => write.Answer.RegistrySequence > restored.Sequence).ToList());
        Assert.True(kept.Count >= Enough / 2 && lost.Count >= Enough / 2, $"{kept.Count} kept, {lost.Count} lost");
        Assert.Equal(
            kept.Select(write => write.Request.RequestId).Order(StringComparer.Ordinal),
            restored.Requests.Where(request => request.System == "webcare").Select(request => request.RequestId).Order(StringComparer.Ordinal));

        await using var again = await StartAsync();
        await AssertRestoredAsync(again, token);
        foreach (var customer in Customers)
        {
            var listed = await again.Agreements.ListAgreementsAsync(List(customer, 200));
            Assert.Equal(
                kept.Where(write => write.Request.Parent == $"customers/{customer}").Select(write => write.Answer.Agreement).OrderByDescending(agreement => agreement.Name, StringComparer.Ordinal),
                listed.Agreements);
        }

        // What the backup holds is answered as it was; what it lost is new, with the next sequences.
        Assert.Equal(kept[0].Answer, await SendAsync(again, kept[0].Request));
        var next = restored.Sequence;
        foreach (var (request, answer) in lost.Take(5))
        {
            var anew = await SendAsync(again, request);
            Assert.Equal(++next, anew.RegistrySequence);
            Assert.NotEqual(answer.Agreement.Name, anew.Agreement.Name);
        }

        Tables().IsSound();
    }

    protected abstract Vendor Vendor { get; }

    /// <summary>The registry's connection string for its owner.</summary>
    protected abstract string ConnectionString { get; }

    protected abstract Task<DossierProcess> StartAsync();

    protected abstract Task BackUpAsync();

    /// <summary>With the service stopped.</summary>
    protected abstract Task RestoreAsync();

    protected abstract DbConnection Open();

    private static ListAgreementsRequest List(string customer, int size) => new() { Parent = $"customers/{customer}", PageSize = size };

    private static async Task<CreateAgreementResponse> SendAsync(DossierProcess service, CreateAgreementRequest request) =>
        await service.Agreements.CreateAgreementAsync(request, DossierHost.As("webcare"));

    private static async Task AssertRestoredAsync(DossierProcess service, string token)
    {
        Assert.NotEmpty(token);
        var request = List(Customers[0], 5);
        request.PageToken = token;
        var error = await Assert.ThrowsAsync<RpcException>(async () => await service.Agreements.ListAgreementsAsync(request));
        Assert.Equal("INVALID_PAGE_TOKEN", Refused.Of(error).Reason);
        var status = Google.Rpc.Status.Parser.ParseFrom(error.Trailers.GetValueBytes("grpc-status-details-bin"));
        var violation = Assert.Single(status.Details.Single(detail => detail.Is(BadRequest.Descriptor)).Unpack<BadRequest>().FieldViolations);
        Assert.Contains("restored", violation.Description, StringComparison.Ordinal);
    }

    private async Task WriteAsync(DossierProcess service, string customer, CancellationToken stop)
    {
        for (var number = 0; !stop.IsCancellationRequested && number < 180; number++)
        {
            var request = Agreed.Remark(customer, $"Remark {number}");
            book.Add((request, await SendAsync(service, request)));
        }
    }

    private Task WrittenAsync(int count) => Eventually.TrueAsync(() => Task.FromResult(book.Count >= count), $"{count} agreements are written");

    private RegistryTables Tables()
    {
        using var connection = Open();
        return new RegistryTables(connection);
    }
}

/// <summary>SQLite, copied by another program beside the service.</summary>
public abstract class SqliteBackup : BackupRehearsal
{
    protected override Vendor Vendor => Vendor.Find("Sqlite")!;

    protected override string ConnectionString => $"Data Source={Folder["registry.db"]};Pooling=False";

    protected string Copy => Folder["backup.db"];

    protected override Task<DossierProcess> StartAsync() => DossierProcess.StartAsync(Folder.Path, ("DOSSIER_Registry__Deadline", "00:00:20"));

    protected override Task RestoreAsync()
    {
        // The write-ahead log belongs to the file that is replaced.
        File.Delete(Folder["registry.db-wal"]);
        File.Delete(Folder["registry.db-shm"]);
        File.Move(Copy, Folder["registry.db"], overwrite: true);
        return Task.CompletedTask;
    }

    protected override SqliteConnection Open()
    {
        var connection = new SqliteConnection(ConnectionString);
        connection.Open();
        return connection;
    }
}

public sealed class VacuumIntoTests : SqliteBackup
{
    protected override async Task BackUpAsync()
    {
        await using var connection = Open();
        await connection.ExecuteAsync("VACUUM INTO @Copy", new { Copy });
    }
}

public sealed class OnlineBackupTests : SqliteBackup
{
    protected override async Task BackUpAsync()
    {
        await using var connection = Open();
        await using var copy = new SqliteConnection($"Data Source={Copy};Pooling=False");
        await copy.OpenAsync();
        connection.BackupDatabase(copy);
    }
}

[NeedsServer(PostgresStandby.Variable, alsoInCI: true)]
public sealed class PostgresDumpTests : BackupRehearsal
{
    private readonly Lazy<PostgresDatabase> registry = new(PostgresDatabase.Registry);

    protected override Vendor Vendor => Vendor.Find("PostgreSql")!;

    protected override string ConnectionString => registry.Value.Owner;

    private string Dump => Folder["registry.dump"];

    public override void Dispose()
    {
        if (registry.IsValueCreated)
        {
            registry.Value.Dispose();
        }

        base.Dispose();
    }

    protected override Task<DossierProcess> StartAsync() => DossierProcess.StartAsync(
        Folder.Path,
        ("DOSSIER_Registry__Provider", "PostgreSql"),
        ("DOSSIER_Registry__ConnectionString", registry.Value.Service),
        ("DOSSIER_Registry__Deadline", "00:00:20"));

    protected override Task BackUpAsync() => RunAsync("pg_dump", "-Fc", "-f", Dump, registry.Value.Name);

    protected override async Task RestoreAsync()
    {
        await RunAsync("dropdb", registry.Value.Name);
        await RunAsync("createdb", registry.Value.Name);
        await RunAsync("pg_restore", "--exit-on-error", "-d", registry.Value.Name, Dump);
    }

    protected override NpgsqlConnection Open() => registry.Value.Open();

    private static Task<string> RunAsync(string program, params string[] arguments)
    {
        var server = new NpgsqlConnectionStringBuilder(PostgresDatabase.Server);
        var path = Path.Combine(Environment.GetEnvironmentVariable(PostgresStandby.Variable)!, program);
        return Tool.RunAsync(path, ["-h", server.Host!, "-p", $"{server.Port}", "-U", server.Username!, .. arguments]);
    }
}
