using System.Collections.Concurrent;
using Dapper;
using Dossier.Registry;
using Dossier.Tests.Fixtures;
using Dossier.Tests.ServiceTests;
using Dossier.V1;
using Grpc.Core;
using Xunit.Abstractions;

namespace Dossier.Tests.RobustnessTests;

/// <summary>
/// Commits become visible in the order of their sequences: whoever reads "greater than the last one seen" loses nothing, although
/// sixteen write at two instances, transactions are held open and some are undone.
/// </summary>
public abstract class CommitOrderTests<TRegistry>(TwoProcesses<TRegistry> processes, ITestOutputHelper report) : IClassFixture<TwoProcesses<TRegistry>>
    where TRegistry : SharedRegistry, new()
{
    private const int Writers = 16;
    private const int CallsEach = 60;
    private const int TransactionsEach = 30;
    private static readonly string[] Customers = [.. Enumerable.Range(2001, 12).Select(number => $"{number}")];
    private static readonly Metadata Webcare = DossierHost.As("webcare");

    // A transaction is synchronous and is held on the thread that it has.
    private static readonly ManualResetEventSlim Never = new();
    private long end = long.MaxValue;

    protected SharedRegistry Registry => processes.Registry;

    protected ITestOutputHelper Report => report;

    [ServerFact]
    public async Task Through_the_writer_lanes_of_two_processes_no_change_is_missing_late_or_twice()
    {
        var seed = Environment.TickCount;
        foreach (var customer in Customers)
        {
            await processes.Both[0].Agreements.CreateAgreementAsync(Agreed.Remark(customer, "is known"), Webcare);
        }

        var start = Registry.Sound().Sequence;
        using var done = new CancellationTokenSource();
        var following = Task.Run(() => FollowAsync(Registry, "SELECT sequence FROM change WHERE sequence > @last ORDER BY sequence", start, done.Token));
        var holding = Registry.HoldAsync(Customers, new Random(seed), done.Token);
        var watching = processes.Both.Select(service => WatchAsync(service, start)).ToList();

        var answers = new ConcurrentBag<long>();
        await AtOnceAsync(async writer =>
        {
            var random = new Random(seed + 1 + writer);
            for (var call = 0; call < CallsEach; call++)
            {
                await CallAsync(writer, random, answers);
            }
        });
        await done.CancelAsync();
        await holding;
        var seen = await following;
        var after = Registry.Sound();

        report.WriteLine($"seed {seed}: {answers.Count} changes answered, {seen.Count} seen");
        Assert.Equal(Enumerable.Range(1, seen.Count).Select(number => start + number), seen);
        Assert.Equal(answers.Count, answers.Distinct().Count());
        Assert.Empty(answers.Except(seen));
        Assert.Equal(0, Registry.Deadlocks());

        // Who watches, at either process, hears the same in the same order; the next change tells him that this was all.
        Volatile.Write(ref end, after.Sequence);
        await processes.Both[0].Agreements.CreateAgreementAsync(Agreed.Remark(Customers[0], "is the last one"), Webcare);
        var agreements = after.Changes.Where(change => change.Sequence > start && change.Name.Contains("/agreements/", StringComparison.Ordinal)).ToList();
        foreach (var heard in await Task.WhenAll(watching))
        {
            Assert.Equal(agreements, heard.Where(change => change.Sequence <= end));
        }
    }

    [ServerFact]
    public async Task Without_the_writer_lane_too()
    {
        var seed = Environment.TickCount;
        using var one = Registry.Instance();
        using var other = Registry.Instance();
        var start = Registry.Sound().Sequence;

        var (committed, seen) = await HeldWritesAsync(
            seed,
            "SELECT sequence FROM change WHERE sequence > @last ORDER BY sequence",
            start,
            (writer, number, transaction) => (writer % 2 == 0 ? one : other).WriteAsync(
                session =>
                {
                    session.LockCustomer(Customers[(writer + number) % Customers.Length]);
                    Never.Wait(transaction.Before);
                    var sequence = session.NextSequence();
                    session.InsertChange(sequence, new RegistryChange(ChangeKind.SourcePaused, ResourceNames.Source($"held-{writer}-{number}"), 1, 0, [], []), "", "webcare");
                    Never.Wait(transaction.After);
                    return transaction.Undone ? throw Undone() : sequence;
                },
                commit: true,
                CancellationToken.None));

        Assert.Equal(Enumerable.Range(1, seen.Count).Select(number => start + number), seen);
        Assert.Equal(committed.Order(), Registry.Sound().Changes.Where(change => change.Name.StartsWith("sources/held-", StringComparison.Ordinal)).Select(change => change.Sequence));
    }

    /// <summary>
    /// Sixteen make short transactions, hold each one open before and after they have its number, and undo one in fifty; somebody
    /// follows the numbers.
    /// </summary>
    /// <returns>The numbers that were committed, and those that were seen, in their order.</returns>
    protected async Task<(IReadOnlyCollection<long> Committed, List<long> Seen)> HeldWritesAsync(
        int seed, string next, long start, Func<int, int, Transaction, Task<long>> write)
    {
        using var done = new CancellationTokenSource();
        var following = Task.Run(() => FollowAsync(Registry, next, start, done.Token));
        var committed = new ConcurrentBag<long>();
        await AtOnceAsync(async writer =>
        {
            var random = new Random(seed + writer);
            for (var number = 0; number < TransactionsEach; number++)
            {
                try
                {
                    committed.Add(await write(writer, number, new Transaction(random.Next(5), random.Next(5), Undone: random.Next(50) == 0)));
                }
                catch (DossierException undone) when (undone.Reason == ErrorReason.StateNotAllowed)
                {
                    // As it was meant.
                }
            }
        });
        await done.CancelAsync();
        var seen = await following;
        report.WriteLine($"seed {seed}: {committed.Count} committed of {Writers * TransactionsEach}, {seen.Count} seen");
        Assert.InRange(committed.Count, Writers * TransactionsEach / 2, (Writers * TransactionsEach) - 1);
        return (committed, seen);
    }

    protected static DossierException Undone() => new(StatusCode.FailedPrecondition, ErrorReason.StateNotAllowed, "It is undone.");

    private static Task AtOnceAsync(Func<int, Task> writer) =>
        Task.WhenAll(Enumerable.Range(0, Writers).Select(number => Task.Run(() => writer(number)))).WaitAsync(DossierProcess.Patience);

    /// <summary>Reads what is after the last one that it saw, until told to stop and once more.</summary>
    private static async Task<List<long>> FollowAsync(SharedRegistry registry, string next, long start, CancellationToken stop)
    {
        await using var connection = registry.Open();
        var seen = new List<long>();
        while (true)
        {
            // Asked before reading, so that the last reading is after the last change.
            var last = stop.IsCancellationRequested;
            seen.AddRange(await connection.QueryAsync<long>(next, new { last = seen.Count == 0 ? start : seen[^1] }));
            if (last)
            {
                return seen;
            }

            await Task.Delay(1, CancellationToken.None);
        }
    }

    private async Task<List<RegistryTables.Row>> WatchAsync(DossierProcess service, long start)
    {
        using var watcher = await Watcher.OpenAsync(service.Agreements, new WatchAgreementsRequest { Parent = "customers/-", AfterSequence = start });
        var heard = new List<RegistryTables.Row>();
        while (watcher.Last.CompleteThroughSequence < Volatile.Read(ref end))
        {
            heard.AddRange((await watcher.NextAsync()).Changes.Select(change => new RegistryTables.Row(change.Sequence, change.Agreement, change.Revision)));
        }

        return heard;
    }

    /// <summary>Most calls make an agreement, some take it back; one in fifty each is only tried, refused after its work began, or given up.</summary>
    private async Task CallAsync(int writer, Random random, ConcurrentBag<long> answers)
    {
        var (mine, others) = (processes.Both[writer % 2].Agreements, processes.Both[1 - (writer % 2)].Agreements);
        var request = Agreed.Remark(Customers[random.Next(Customers.Length)], $"From {writer}");
        switch (random.Next(50))
        {
            case 0:
                request.ValidateOnly = true;
                await mine.CreateAgreementAsync(request, Webcare);
                break;
            case 1:
                var stale = (await mine.CreateAgreementAsync(request, Webcare)).Agreement;
                answers.Add((await others.WithdrawAgreementAsync(Agreed.Withdraw(stale), Webcare)).RegistrySequence);
                Assert.Equal("ETAG_MISMATCH", (await Refused.ByAsync(async () => await mine.WithdrawAgreementAsync(Agreed.Withdraw(stale), Webcare))).Reason);
                break;
            case 2:
                using (var gone = new CancellationTokenSource(random.Next(1, 15)))
                {
                    try
                    {
                        await mine.CreateAgreementAsync(request, Webcare, cancellationToken: gone.Token);
                    }
                    catch (RpcException left) when (left.StatusCode == StatusCode.Cancelled)
                    {
                        // Done or not: the other process must know, and do it else.
                    }
                }

                answers.Add((await others.CreateAgreementAsync(request, Webcare)).RegistrySequence);
                break;
            default:
                var made = await mine.CreateAgreementAsync(request, Webcare);
                answers.Add(made.RegistrySequence);
                if (random.Next(4) == 0)
                {
                    answers.Add((await others.WithdrawAgreementAsync(Agreed.Withdraw(made.Agreement), Webcare)).RegistrySequence);
                }

                break;
        }
    }

    /// <param name="Before">Milliseconds that it is held before it has its number.</param>
    /// <param name="After">And afterwards.</param>
    /// <param name="Undone">It ends with ROLLBACK.</param>
    protected sealed record Transaction(int Before, int After, bool Undone);
}

[Collection(ProcessesCollection.Name)]
public sealed class SqliteCommitOrderTests(TwoProcesses<SqliteSharedRegistry> processes, ITestOutputHelper report)
    : CommitOrderTests<SqliteSharedRegistry>(processes, report);

[Collection(ProcessesCollection.Name)]
[NeedsServer(PostgresDatabase.Variable, alsoInCI: true)]
public sealed class PostgresCommitOrderTests(TwoProcesses<PostgresSharedRegistry> processes, ITestOutputHelper report)
    : CommitOrderTests<PostgresSharedRegistry>(processes, report)
{
    /// <summary>That the tests above can see a loss at all: the same transactions, numbered as one would do it first.</summary>
    [ServerFact]
    public async Task Whoever_follows_an_identity_column_loses_rows_of_the_same_transactions()
    {
        await using (var owner = Registry.Open())
        {
            await owner.ExecuteAsync("CREATE TABLE naive (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, writer bigint NOT NULL)");
        }

        var (committed, seen) = await HeldWritesAsync(Environment.TickCount, "SELECT id FROM naive WHERE id > @last ORDER BY id", 0, async (writer, _, held) =>
        {
            await using var connection = Registry.Open();
            await using var transaction = await connection.BeginTransactionAsync();
            await Task.Delay(held.Before);
            var id = await connection.QuerySingleAsync<long>("INSERT INTO naive (writer) VALUES (@writer) RETURNING id", new { writer = (long)writer }, transaction);
            await Task.Delay(held.After);
            if (held.Undone)
            {
                await transaction.RollbackAsync();
                throw Undone();
            }

            await transaction.CommitAsync();
            return id;
        });

        Report.WriteLine($"{committed.Except(seen).Count()} lost");
        Assert.NotEmpty(committed.Except(seen));
        Assert.NotEqual(Enumerable.Range(1, seen.Count).Select(number => (long)number), seen);
    }
}
