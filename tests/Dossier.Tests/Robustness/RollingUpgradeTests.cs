using System.Collections.Concurrent;
using Dapper;
using Dossier.Registry;
using Dossier.Tests.ConformanceTests;
using Dossier.Tests.Fixtures;
using Dossier.Tests.ServiceTests;
using Dossier.V1;
using Grpc.Core;

namespace Dossier.Tests.RobustnessTests;

/// <summary>
/// An upgrade without a break: the next release's schema comes first, and the program of before, which is the last released one, runs on with it,
/// in as many instances and for as long as it takes to replace them.
/// </summary>
public abstract class RollingUpgrade<TServers> : IDisposable
    where TServers : Servers, new()
{
    /// <summary>What a release may add without harm to the one before it. What the present one has not added by steps of its own is added as if by one more.</summary>
    private const string Additions = """
        CREATE TABLE promise (customer text NOT NULL, id text NOT NULL, agreement text NOT NULL, due date, PRIMARY KEY (customer, id));
        ALTER TABLE agreement ADD COLUMN promised text;
        """;

    /// <summary>A text in a field of dossier.v1.Agreement that this program does not know: number 1000, 5 bytes.</summary>
    private static readonly byte[] LaterField = [0xC2, 0x3E, 0x05, .. "later"u8];

    private const string Content = "SELECT content FROM agreement_revision WHERE customer = '2300' ORDER BY revision DESC LIMIT 1";

    private readonly TemporaryFolder folder = TemporaryFolder.Empty();
    private readonly TServers servers = new();
    private readonly ConcurrentBag<string> failures = [];
    private readonly ConcurrentDictionary<string, int> answered = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, bool> made = new(StringComparer.Ordinal);

    public void Dispose()
    {
        servers.Dispose();
        folder.Dispose();
        GC.SuppressFinalize(this);
    }

    [ServerFact]
    public async Task The_program_of_before_runs_on_with_the_next_schema_and_no_call_fails_while_its_instances_are_replaced()
    {
        var fleet = new Fleet();
        var released = Released.Program;
        var running = new List<DossierProcess>(await Task.WhenAll(StartAsync(released), StartAsync(released)));
        try
        {
            await Task.WhenAll(running.Select(fleet.AddAsync));
            var agreements = new AgreementService.AgreementServiceClient(fleet);
            var kept = (await agreements.CreateAgreementAsync(Agreed.DunningBlock("2300"), DossierHost.As("webcare"))).Agreement;
            using var stop = new CancellationTokenSource();
            using var enough = new CancellationTokenSource();
            var heard = new ConcurrentQueue<AgreementChange>();
            var watching = WatchAsync(agreements, heard, enough.Token);
            var calling = Calls(fleet).Select((call, number) => CallAsync(call.Name, call.Call, number, stop.Token)).ToList();
            await AllGoOnAsync("the callers are served");

            Add(Additions, "0.1.0");
            using (var next = servers.Open(servers.RegistryOwner))
            {
                // The next release writes beside them already.
                await next.ExecuteAsync("UPDATE agreement SET promised = 'later' WHERE customer = '2300'");
                var content = await next.QuerySingleAsync<byte[]>(Content);
                await next.ExecuteAsync("UPDATE agreement_revision SET content = @content WHERE customer = '2300'", new { content = (byte[])[.. content, .. LaterField] });
            }

            await AllGoOnAsync("the callers are served on the next schema");
            var replacements = await Task.WhenAll(StartAsync(Launch.Present), StartAsync(Launch.Present));
            running.AddRange(replacements);
            foreach (var (old, replacement) in running.Zip(replacements).ToList())
            {
                await fleet.AddAsync(replacement);
                Assert.Equal(0, (await old.TerminateAsync()).Ended.ExitCode);
                running.Remove(old);
                await old.DisposeAsync();
                Assert.Equal(2, fleet.Serving);
            }

            await AllGoOnAsync("the callers are served by the instances that have come since");
            await stop.CancelAsync();
            await Task.WhenAll(calling);
            Assert.Empty(failures);
            var ended = (await agreements.WithdrawAgreementAsync(Agreed.Withdraw(kept), DossierHost.As("webcare"))).Agreement;
            await Eventually.TrueAsync(() => Task.FromResult(made.Keys.All(name => heard.Any(change => change.Agreement == name)) && heard.Any(change => change.Agreement == kept.Name && change.Kind == AgreementChange.Types.Kind.Withdrawn)), "the watch has heard of every change");
            await enough.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => watching);
            await IsWholeAsync(heard, ended);
        }
        finally
        {
            foreach (var process in running)
            {
                await process.DisposeAsync();
            }
        }
    }

    [ServerFact]
    public async Task A_schema_that_needs_a_newer_program_refuses_the_start_of_an_older_one_in_a_sentence()
    {
        Add("CREATE TABLE promise (id text PRIMARY KEY);", "99.1.0");

        var refused = await DossierProcess.RunAsync(Launch.On(folder.Path, Environment()));
        var mine = typeof(RegistrySchema).Assembly.GetName().Version!.ToString(3);

        Assert.Equal(1, refused.ExitCode);
        Assert.Equal(
            $"Dossier cannot start: The registry needs Dossier 99.1.0 or newer; this is {mine}. Upgrade this instance, or point Registry:ConnectionString at another registry.",
            refused.Error.Trim());
    }

    /// <summary>As <c>dossier migrate</c> of the next release does it: in one transaction, with what the step says of itself.</summary>
    private void Add(string text, string oldestProgram)
    {
        // First the steps that the present release has and the one before has not.
        RegistrySchema.Migrate(servers.Vendor, servers.RegistryOwner, TimeProvider.System);
        using var connection = servers.Open(servers.RegistryOwner);
        using var transaction = connection.BeginTransaction();
        connection.Execute(text, transaction: transaction);
        connection.Execute(
            "INSERT INTO schema_step (number, name, oldest_program, apply_time) SELECT max(number) + 1, 'next_release.sql', @oldestProgram, max(apply_time) FROM schema_step",
            new { oldestProgram }, transaction);
        transaction.Commit();
    }

    private (string, string)[] Environment() =>
    [
        .. servers.Settings().Select(setting => ("DOSSIER_" + setting.Key.Replace(":", "__", StringComparison.Ordinal), setting.Value)),
        ("DOSSIER_Registry__Deadline", "00:00:20"), ("DOSSIER_Drain__Delay", "00:00:01"),
    ];

    private Task<DossierProcess> StartAsync(string program) => DossierProcess.StartAsync(Launch.On(folder.Path, Environment()) with { Program = program });

    private IEnumerable<(string Name, Func<int, Task> Call)> Calls(CallInvoker fleet)
    {
        var (dossiers, agreements, guard) = (new DossierService.DossierServiceClient(fleet), new AgreementService.AgreementServiceClient(fleet), new GuardService.GuardServiceClient(fleet));
        var webcare = DossierHost.As("webcare");
        yield return ("create", async turn => made[(await agreements.CreateAgreementAsync(Agreed.Remark($"{2301 + (turn % 9)}", $"Remark {turn}"), webcare)).Agreement.Name] = true);
        yield return ("withdraw", async turn =>
        {
            var agreement = (await agreements.CreateAgreementAsync(Agreed.DunningBlock($"{2311 + (turn % 9)}"), webcare)).Agreement;
            made[agreement.Name] = true;
            await agreements.WithdrawAgreementAsync(Agreed.Withdraw(agreement), webcare);
        });
        yield return ("read", async turn => await dossiers.GetDossierAsync(new GetDossierRequest { Name = $"customers/{2301 + (turn % 9)}/dossier" }, webcare));
        yield return ("list", async turn => await agreements.ListAgreementsAsync(new ListAgreementsRequest { Parent = $"customers/{2301 + (turn % 9)}" }, webcare));
        yield return ("judge", async turn => Assert.Equal(Verdict.Block, (await guard.CheckActionAsync(
            new CheckActionRequest { Action = Agreed.Letter("2300", Agreed.Bill("202609-002300", "BA-002300")) }, DossierHost.As("administration"))).Decision.Verdict));
    }

    private async Task CallAsync(string name, Func<int, Task> call, int number, CancellationToken stop)
    {
        for (var turn = number; !stop.IsCancellationRequested; turn++)
        {
            try
            {
                await call(turn);
                answered.AddOrUpdate(name, 1, (_, count) => count + 1);

                // A steady load: without a pause the callers take both cores from the starts.
                await Task.Delay(10, CancellationToken.None);
            }
            catch (RpcException failed)
            {
                failures.Add($"{name}: {failed}");
            }
        }
    }

    /// <summary>Each kind of call has been answered some more times.</summary>
    private async Task AllGoOnAsync(string what)
    {
        var before = answered.ToDictionary(StringComparer.Ordinal);
        await Eventually.TrueAsync(
            () => Task.FromResult(answered.Count == 5 && answered.All(count => count.Value >= before.GetValueOrDefault(count.Key) + 15)),
            () => $"{what}: {string.Join(", ", answered)}; {string.Join("; ", failures.Take(3))}");
    }

    private static Task WatchAsync(AgreementService.AgreementServiceClient agreements, ConcurrentQueue<AgreementChange> heard, CancellationToken enough) =>
        new ResumingWatch(agreements, new WatchAgreementsRequest { Parent = "customers/-", AfterSequence = 0 }).RunAsync(
            (message, _) =>
            {
                foreach (var change in message.Changes)
                {
                    heard.Enqueue(change);
                }

                return Task.CompletedTask;
            },
            new CallOptions(cancellationToken: enough));

    private async Task IsWholeAsync(IEnumerable<AgreementChange> heard, Agreement ended)
    {
        await using var connection = servers.Open(servers.RegistryOwner);
        var tables = new RegistryTables(connection);
        tables.IsSound();
        Assert.All(made.Keys, name => Assert.Contains(name, tables.Agreements));

        // The watch went over three instances, and heard of each change once and in order.
        var changes = tables.Changes.Where(change => change.Name.Contains("/agreements/", StringComparison.Ordinal)).Select(change => (change.Sequence, change.Name)).ToList();
        Assert.Equal(changes, heard.Select(change => (change.Sequence, change.Agreement)).Take(changes.Count));

        // What the next release had written is there after the program of before has changed the same agreement.
        Assert.Equal(AgreementState.Withdrawn, ended.State);
        Assert.Equal("later", await connection.QuerySingleAsync<string>("SELECT promised FROM agreement WHERE customer = '2300'"));
        var content = await connection.QuerySingleAsync<byte[]>(Content);
        Assert.True(content.AsSpan().IndexOf(LaterField) >= 0, "a field that a later release has written is gone: " + Convert.ToHexString(content));
    }
}

[Collection(ProcessesCollection.Name)]
public sealed class SqliteRollingUpgradeTests : RollingUpgrade<SqliteServers>;

[Collection(ProcessesCollection.Name)]
[NeedsServer(PostgresDatabase.Variable, alsoInCI: true)]
public sealed class PostgresRollingUpgradeTests : RollingUpgrade<PostgresServers>;
