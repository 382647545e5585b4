using System.Globalization;
using Dossier.Tests.Fixtures;
using Dossier.Tests.ServiceTests;
using Dossier.V1;
using Grpc.Core;
using Xunit.Abstractions;

namespace Dossier.Tests.RobustnessTests;

/// <summary>
/// Twenty watchers, each with a filter of its own, break off and go on at random while thousands of changes are made and the service is
/// stopped and killed under them. Every message is recorded, and the histories are held against the registry afterwards.
/// </summary>
[Collection(ProcessesCollection.Name)]
public sealed class WatchHistoryTests(ITestOutputHelper report)
{
    private const int Watchers = 20;
    private const int Writers = 8;
    private const int Customers = 12;

    private static readonly int Changes = int.Parse(Environment.GetEnvironmentVariable("DOSSIER_TEST_CHANGES") ?? "5000", CultureInfo.InvariantCulture);
    private static readonly Metadata Webcare = DossierHost.As("webcare");
    private static readonly Metadata Shop = DossierHost.As("shop");

    private volatile DossierProcess service = null!;
    private int made;

    [Fact]
    public async Task Every_watcher_hears_each_change_of_its_filter_once_in_order_and_whole_whatever_happens_under_it()
    {
        var seed = Environment.TickCount;
        report.WriteLine($"seed {seed}, {Changes} changes");
        using var folder = TemporaryFolder.WithStores();
        service = await DossierProcess.StartAsync(folder.Path);
        try
        {
            using var done = new CancellationTokenSource();
            var start = RegistryFile.In(folder.Path).Sequence;
            var histories = Enumerable.Range(0, Watchers).Select(number => new History(Filter(number, start))).ToList();
            var watching = histories.Select((history, number) => Task.Run(() => WatchAsync(history, new Random(seed + number), done.Token))).ToList();
            var writing = Enumerable.Range(0, Writers).Select(number => Task.Run(() => WriteAsync(new Random(seed - 1 - number)))).ToList();
            for (var restart = 1; restart <= 4; restart++)
            {
                var until = Changes * restart / 5;
                await Eventually.TrueAsync(() => Task.FromResult(Volatile.Read(ref made) >= until), $"{until} changes were made", TimeSpan.FromMinutes(5));
                var before = service;
                await (restart % 2 == 0 ? before.KillAsync() : before.TerminateAsync());
                service = await before.RestartAsync();
                await before.DisposeAsync();
            }

            await Task.WhenAll(writing);
            var registry = RegistryFile.In(folder.Path);
            await Eventually.TrueAsync(
                () => Task.FromResult(histories.TrueForAll(history => history.CompleteThrough >= registry.Sequence)),
                "every watcher was told that it is complete",
                TimeSpan.FromMinutes(2));
            await done.CancelAsync();
            await Task.WhenAll(watching);
            foreach (var history in histories)
            {
                history.HoldAgainst(registry, start);
            }

            report.WriteLine($"{histories.Sum(history => history.Heard)} changes heard in {histories.Sum(history => history.Opened)} watches");
            Assert.True(histories.Sum(history => history.Opened) > 2 * Watchers, "nobody broke off");
        }
        finally
        {
            await service.DisposeAsync();
        }
    }

    private static WatchAgreementsRequest Filter(int number, long start)
    {
        var request = new WatchAgreementsRequest { Parent = number % 4 == 1 ? $"customers/{2001 + (number % Customers)}" : "customers/-", AfterSequence = start };
        if (number % 4 == 2)
        {
            request.OriginSystems.Add("systems/shop");
        }

        if (number % 4 == 3)
        {
            request.EffectKinds.Add(EffectKind.DunningBlock);
        }

        return request;
    }

    private async Task WriteAsync(Random random)
    {
        while (Volatile.Read(ref made) < Changes)
        {
            var customer = $"{2001 + random.Next(Customers)}";
            var who = random.Next(2) == 0 ? Webcare : Shop;
            var create = random.Next(2) == 0 ? Agreed.DunningBlock(customer) : Agreed.Remark(customer, "x");
            var agreement = (await AgainAsync(agreements => agreements.CreateAgreementAsync(create, who))).Agreement;
            Interlocked.Increment(ref made);
            switch (random.Next(4))
            {
                case 0:
                    var withdraw = Agreed.Withdraw(agreement);
                    await AgainAsync(agreements => agreements.WithdrawAgreementAsync(withdraw, who));
                    Interlocked.Increment(ref made);
                    break;
                case 1:
                    var supersede = new SupersedeAgreementRequest
                    {
                        Name = agreement.Name, Etag = agreement.Etag, Agreement = Agreed.DunningBlock(customer).Agreement, Reason = "Anders",
                        CustomerInformed = new CustomerInformed { Informed = true, Channel = "phone" }, RequestId = Agreed.NewId(),
                    };
                    await AgainAsync(agreements => agreements.SupersedeAgreementAsync(supersede, who));
                    Interlocked.Add(ref made, 2);
                    break;
            }
        }
    }

    /// <summary>The same request until it is answered.</summary>
    private async Task<T> AgainAsync<T>(Func<AgreementService.AgreementServiceClient, AsyncUnaryCall<T>> call)
    {
        while (true)
        {
            try
            {
                return await call(service.Agreements);
            }
            catch (Exception gone) when (gone is RpcException { StatusCode: StatusCode.Unavailable or StatusCode.Cancelled or StatusCode.Internal } or ObjectDisposedException)
            {
                await Task.Delay(50);
            }
        }
    }

    private async Task WatchAsync(History history, Random random, CancellationToken done)
    {
        while (!done.IsCancellationRequested)
        {
            var messages = random.Next(1, 1_500);
            try
            {
                using var call = service.Agreements.WatchAgreements(history.Request, cancellationToken: done);
                history.Opened++;
                while (messages-- > 0 && await call.ResponseStream.MoveNext(done))
                {
                    history.Hear(call.ResponseStream.Current);
                }
            }
            catch (Exception gone) when (gone is RpcException { StatusCode: StatusCode.Unavailable or StatusCode.Cancelled or StatusCode.Internal } or ObjectDisposedException or OperationCanceledException)
            {
                await Task.Delay(random.Next(20, 200), CancellationToken.None);
            }
        }
    }

    /// <summary>What one watcher was told, over all its watches.</summary>
    private sealed class History(WatchAgreementsRequest request)
    {
        private readonly WatchAgreementsRequest filter = request.Clone();
        private readonly List<IReadOnlyList<AgreementChange>> messages = [];
        private long completeThrough;

        public WatchAgreementsRequest Request { get; } = request;

        public int Opened { get; set; }

        public long CompleteThrough => Volatile.Read(ref completeThrough);

        public int Heard => messages.Sum(message => message.Count);

        public void Hear(WatchAgreementsResponse message)
        {
            Assert.True(message.CompleteThroughSequence >= completeThrough, "complete_through went back");
            Assert.All(message.Changes, change => Assert.InRange(change.Sequence, completeThrough + 1, message.CompleteThroughSequence));
            messages.Add([.. message.Changes]);
            Volatile.Write(ref completeThrough, message.CompleteThroughSequence);
            Request.ResumeToken = message.ResumeToken;
        }

        public void HoldAgainst(RegistryFile registry, long start)
        {
            var mine = registry.Watched.Where(change => change.Sequence > start && change.Resource.Contains("/agreements/", StringComparison.Ordinal)
                && (filter.Parent == "customers/-" || filter.Parent == $"customers/{change.Customer}")
                && (filter.OriginSystems.Count == 0 || change.OriginSystem == "shop")
                && (filter.EffectKinds.Count == 0 || change.EffectKinds == "DUNNING_BLOCK")).ToList();
            Assert.Equal(
                mine.Select(change => (change.Sequence, change.Resource, change.Revision)),
                messages.SelectMany(message => message).Select(change => (change.Sequence, change.Agreement, change.Revision)));

            // What one request changed came in one message.
            var groups = mine.GroupBy(change => change.FirstSequence).Select(group => string.Join(' ', group.Select(change => change.Sequence)));
            Assert.Equal(groups, messages.Where(message => message.Count > 0).Select(message => string.Join(' ', message.Select(change => change.Sequence))));
        }
    }
}
