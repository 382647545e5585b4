using System.Collections.Concurrent;
using System.Globalization;
using Dossier.Tests.Fixtures;
using Dossier.V1;
using Grpc.Core;
using Xunit.Abstractions;

namespace Dossier.Tests.RobustnessTests;

/// <summary>
/// The process is killed with SIGKILL in the middle of writes, again and again on the same registry. Every caller keeps its own
/// book of what it asked and what it was answered; afterwards the registry is held against the books.
/// </summary>
public abstract class KilledProcessTests<TRegistry>(ITestOutputHelper report)
    where TRegistry : SharedRegistry, new()
{
    private const int Writers = 8;

    // The callers list everything now and then: after each kill it would take longer with every round.
    private const int ListedEvery = 10;

    private static readonly int Kills = int.Parse(
        Environment.GetEnvironmentVariable("DOSSIER_TEST_KILLS") ?? (ServerFactAttribute.IsCI ? "50" : "15"), CultureInfo.InvariantCulture);

    private static readonly string[] Customers = [.. Enumerable.Range(2001, 24).Select(number => $"{number}")];

    private readonly ConcurrentDictionary<string, Write> book = new(StringComparer.Ordinal);
    private TaskCompletionSource writing = new(TaskCreationOptions.RunContinuationsAsynchronously);

    [ServerFact]
    public async Task Every_acknowledged_agreement_is_there_after_every_kill_and_none_twice()
    {
        var seed = Environment.TickCount;
        report.WriteLine($"seed {seed}, {Kills} kills");
        var random = new Random(seed);
        using var registry = new TRegistry();
        var service = await registry.StartAsync();
        try
        {
            for (var kill = 0; kill < Kills; kill++)
            {
                await WriteUntilKilledAsync(service, TimeSpan.FromMilliseconds(random.Next(500)), random.Next());
                HoldAgainstBook(registry.RequestsAsKilled());
                var restarted = await service.RestartAsync();
                await service.DisposeAsync();
                service = restarted;
                await RepeatAsync(service, kill);
            }

            await ListAsync(service);
            await service.TerminateAsync();
            HoldAgainstBook(registry.RequestsAsKilled());
        }
        finally
        {
            await service.DisposeAsync();
        }

        Assert.All(book.Values, write => Assert.NotNull(write.Answer));
        Assert.Equal(book.Count, book.Values.Select(write => write.Answer!.Sequence).Distinct().Count());
        report.WriteLine($"{book.Count} writes, {book.Values.Count(write => write.Repeated)} of them without an answer at first and repeated");
        Assert.Contains(book.Values, write => write.Repeated);
        Assert.Contains(book.Values, write => write.Withdrawal is not null);
    }

    private async Task WriteUntilKilledAsync(DossierProcess service, TimeSpan after, int seed)
    {
        using var killed = new CancellationTokenSource();
        writing = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var writers = Enumerable.Range(0, Writers).Select(writer => Task.Run(() => WriteAsync(service, new Random(seed + writer), killed.Token))).ToArray();
        await writing.Task.WaitAsync(DossierProcess.Patience);
        await Task.Delay(after, TimeProvider.System);

        // First, or the writers would fill their books with what they ask of a dead process.
        await killed.CancelAsync();
        await service.KillAsync();
        await Task.WhenAll(writers).WaitAsync(DossierProcess.Patience);
    }

    private async Task WriteAsync(DossierProcess service, Random random, CancellationToken killed)
    {
        var mine = new List<Agreement>();
        while (!killed.IsCancellationRequested)
        {
            var write = mine.Count > 0 && random.Next(4) == 0 ? Withdrawal(mine[^1]) : Creation(Customers[random.Next(Customers.Length)]);
            mine.RemoveAll(agreement => agreement.Name == write.Withdrawal?.Name);
            book[write.RequestId] = write;
            try
            {
                await write.SendAsync(service);
                writing.TrySetResult();
            }
            catch (RpcException failed)
            {
                // Whether it was done is not known. Nothing but the broken connection may be the reason.
                Assert.True(failed.Trailers.GetValue("dossier-reason") is null or "REGISTRY_UNAVAILABLE", failed.ToString());
                continue;
            }

            if (write.Creation is not null)
            {
                mine.Add(write.Answer!.Agreement);
            }
        }
    }

    /// <summary>After the restart: what had no answer is repeated with its id and must succeed; what had one gives it again.</summary>
    private async Task RepeatAsync(DossierProcess service, int kill)
    {
        foreach (var write in book.Values.Where(write => write.Answer is null))
        {
            write.Repeated = true;
            await write.SendAsync(service);
        }

        foreach (var write in book.Values.OrderBy(write => write.RequestId, StringComparer.Ordinal).Where((_, index) => index % 50 == kill % 50))
        {
            var first = write.Answer!;
            await write.SendAsync(service);
            Assert.Equal(first, write.Answer);
        }

        if (kill % ListedEvery == 0)
        {
            await ListAsync(service);
        }
    }

    /// <summary>What callers read: each agreement once, in the state that was answered.</summary>
    private async Task ListAsync(DossierProcess service)
    {
        var listed = new List<Agreement>();
        foreach (var customer in Customers)
        {
            var request = new ListAgreementsRequest { Parent = $"customers/{customer}", PageSize = 200 };
            do
            {
                var page = await service.Agreements.ListAgreementsAsync(request);
                listed.AddRange(page.Agreements);
                request.PageToken = page.NextPageToken;
            }
            while (request.PageToken.Length > 0);
        }

        var withdrawn = book.Values.Where(write => write.Withdrawal is not null).Select(write => write.Withdrawal!.Name).ToHashSet(StringComparer.Ordinal);
        Assert.Equal(
            book.Values.Where(write => write.Withdrawal is null)
                .Select(write => (write.Answer!.Agreement.Name, withdrawn.Contains(write.Answer.Agreement.Name) ? AgreementState.Withdrawn : AgreementState.Active))
                .Order(),
            listed.Select(agreement => (agreement.Name, agreement.State)).Order());
    }

    /// <summary>The registry as the kill left it: every acknowledged write once, with the sequence that was answered.</summary>
    private void HoldAgainstBook(IReadOnlyList<RegistryTables.Request> succeeded)
    {
        var requests = succeeded.Where(request => request.System == "webcare").ToDictionary(request => request.RequestId, StringComparer.Ordinal);
        foreach (var write in book.Values.Where(write => write.Answer is not null))
        {
            Assert.True(requests.TryGetValue(write.RequestId, out var row), $"an acknowledged {(write.Creation is null ? "withdrawal" : "agreement")} is lost");
            Assert.Equal((write.Answer!.Agreement.Name, write.Answer.Agreement.Revision, write.Answer.Sequence), (row.Name, row.Revision, row.Sequence));
        }

        Assert.All(requests.Keys, id => Assert.True(book.ContainsKey(id), "a request that nobody made"));
    }

    private static Write Creation(string customer)
    {
        var id = Guid.NewGuid().ToString();
        return new Write(id)
        {
            Creation = new CreateAgreementRequest
            {
                Parent = $"customers/{customer}",
                RequestId = id,
                Agreement = new Agreement
                {
                    Effects =
                    {
                        new Effect
                        {
                            DunningBlock = new DunningBlock { Reason = DunningBlock.Types.Reason.Disputed },
                            Subjects = { new Subject { Type = SubjectType.Customer, Id = customer } },
                        },
                    },
                    CustomerWording = { new LocalizedText { Language = "nl", Text = $"Afspraak {id}" } },
                },
            },
        };
    }

    private static Write Withdrawal(Agreement agreement)
    {
        var id = Guid.NewGuid().ToString();
        return new Write(id)
        {
            Withdrawal = new WithdrawAgreementRequest
            {
                Name = agreement.Name,
                Etag = agreement.Etag,
                Reason = "Entered twice.",
                CustomerInformed = new CustomerInformed { Informed = true, Channel = "phone" },
                RequestId = id,
            },
        };
    }

    private sealed class Write(string requestId)
    {
        public string RequestId => requestId;

        public CreateAgreementRequest? Creation { get; init; }

        public WithdrawAgreementRequest? Withdrawal { get; init; }

        /// <summary>Null as long as nobody knows whether it was done.</summary>
        public Answered? Answer { get; private set; }

        public bool Repeated { get; set; }

        public async Task SendAsync(DossierProcess service)
        {
            if (Creation is not null)
            {
                var created = await service.Agreements.CreateAgreementAsync(Creation, DossierHost.As("webcare", "daan"));
                Answer = new Answered(created.Agreement, created.RegistrySequence);
            }
            else
            {
                var withdrawn = await service.Agreements.WithdrawAgreementAsync(Withdrawal, DossierHost.As("webcare", "daan"));
                Answer = new Answered(withdrawn.Agreement, withdrawn.RegistrySequence);
            }
        }
    }

    private sealed record Answered(Agreement Agreement, long Sequence);
}

// Not among the ProcessesCollection: they mostly wait for a start and measure no time, and after all others they kept CI waiting with an idle core.
public sealed class SqliteKilledProcessTests(ITestOutputHelper report) : KilledProcessTests<SqliteSharedRegistry>(report);

[NeedsServer(PostgresDatabase.Variable, alsoInCI: true)]
public sealed class PostgresKilledProcessTests(ITestOutputHelper report) : KilledProcessTests<PostgresSharedRegistry>(report);
