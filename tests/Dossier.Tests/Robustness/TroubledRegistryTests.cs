using System.Collections.Concurrent;
using System.Diagnostics;
using Dapper;
using Dossier.Tests.ConformanceTests;
using Dossier.Tests.Fixtures;
using Dossier.Tests.ServiceTests;
using Dossier.V1;
using Grpc.Core;
using Grpc.Health.V1;

namespace Dossier.Tests.RobustnessTests;

/// <summary>
/// Each trouble that a server of the registry can have: the dossier comes without agreements and says so, nobody writes or judges,
/// nothing is half written, and a change that was refused is made once when it is asked again.
/// </summary>
[Collection(Alone.Name)]
[NeedsServer(PostgresDatabase.Variable, alsoInCI: true)]
public sealed class TroubledRegistryTests
{
    private const string Customer = "1043";
    private const int Callers = 16;
    private static readonly Metadata Webcare = DossierHost.As("webcare", "daan");
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(10);

    // A change asks the registry up to three times: known already, made, and, if that is unknown, made after all.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    [ServerFact]
    public Task Without_a_server_that_listens() => StrikeAsync(proxy => proxy.Refuse(), proxy => proxy.Restore(), [SourceState.Unreachable], "Connection refused");

    [ServerFact]
    public Task Without_a_server_that_speaks() => StrikeAsync(proxy => proxy.Freeze(), proxy => proxy.Restore(), [SourceState.TimedOut, SourceState.Unreachable], "TIMED_OUT");

    [ServerFact]
    public Task Without_a_server_that_keeps_its_connections() => StrikeAsync(proxy => proxy.CutAfter(20), proxy => proxy.Restore(), [SourceState.Unreachable], "FAILED");

    [ServerFact]
    public Task A_server_that_says_nothing_makes_the_service_NOT_SERVING_within_a_second_and_SERVING_when_it_speaks_again() => FreezeAsync(hurried: true, readers: 0);

    [ServerFact]
    public Task So_it_does_while_16_callers_wait_for_a_registry_that_has_longer() => FreezeAsync(hurried: false, readers: 16);

    private static async Task FreezeAsync(bool hurried, int readers)
    {
        await using var service = await RegistryBehind.StartAsync(hurried);
        using var enough = new CancellationTokenSource();
        var reading = Enumerable.Range(0, readers).Select(_ => ReadAsync(service.Host, enough.Token)).ToList();
        await AskHealthAsync(service);
        await enough.CancelAsync();
        await Task.WhenAll(reading);
    }

    // Whatever becomes of it.
    private static async Task ReadAsync(DossierHost host, CancellationToken enough)
    {
        while (!enough.IsCancellationRequested)
        {
            try
            {
                await host.Dossiers.GetDossierAsync(new GetDossierRequest { Name = $"customers/{Customer}/dossier" }, cancellationToken: enough);
            }
            catch (RpcException)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(10), CancellationToken.None);
            }
        }
    }

    private static async Task AskHealthAsync(RegistryBehind service)
    {
        var health = new Health.HealthClient(service.Host.Channel);
        using var watch = health.Watch(new HealthCheckRequest());
        Assert.True(await watch.ResponseStream.MoveNext(CancellationToken.None));
        Assert.Equal(HealthCheckResponse.Types.ServingStatus.Serving, watch.ResponseStream.Current.Status);

        // A busy machine may take a second by itself, and not five times.
        var soonest = TimeSpan.MaxValue;
        for (var times = 0; times < 5 && soonest > TimeSpan.FromSeconds(1); times++)
        {
            service.Proxy.Freeze();
            var frozen = Stopwatch.GetTimestamp();
            await Eventually.TrueAsync(async () => await AskedAsync(health) == HealthCheckResponse.Types.ServingStatus.NotServing, "a check within a second says NOT_SERVING");
            Assert.True(await watch.ResponseStream.MoveNext(CancellationToken.None));
            Assert.Equal(HealthCheckResponse.Types.ServingStatus.NotServing, watch.ResponseStream.Current.Status);
            var took = Stopwatch.GetElapsedTime(frozen);
            Assert.InRange(took, TimeSpan.Zero, TimeSpan.FromSeconds(5));
            soonest = took < soonest ? took : soonest;

            service.Proxy.Restore();
            Assert.True(await watch.ResponseStream.MoveNext(CancellationToken.None));
            Assert.Equal(HealthCheckResponse.Types.ServingStatus.Serving, watch.ResponseStream.Current.Status);
        }

        Assert.InRange(soonest, TimeSpan.Zero, TimeSpan.FromSeconds(1));
    }

    [ServerFact]
    public async Task A_server_that_was_restarted_refuses_nobody()
    {
        await using var service = await RegistryBehind.StartAsync();
        for (var round = 0; round < 3; round++)
        {
            // Connections for reads and for changes, all idle and none alive.
            await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => service.Host.GetAsync(Customer)));
            await Task.WhenAll(Enumerable.Range(0, 8).Select(number => WriteAsync(service.Host, Agreed.Remark($"{1044 + number}", "voor"))));
            service.Registry.Execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'dossier/registry' AND datname = current_database()");

            await WriteAsync(service.Host, Agreed.Remark(Customer, "na"));
            Assert.Empty((await service.Host.GetAsync(Customer)).Unreachable);
        }
    }

    [ServerFact]
    public async Task A_commit_of_access_records_whose_answer_is_lost_leaves_each_once_and_keeps_no_later_one_from_being_written()
    {
        await using var service = await RegistryBehind.StartAsync();
        const string Seen = "SELECT count(*) FROM access_record WHERE customer = @customer AND method = 'DossierService/GetDossier'";
        await Eventually.TrueAsync(() => Task.FromResult(service.Query<long>(Seen, new { customer = "1052" }).Single() == 1), "the records of the start are written");

        service.Proxy.CutAt("COMMIT\0");
        await service.Host.GetAsync("1043");
        await Eventually.TrueAsync(() => Task.FromResult(service.Query<long>(Seen, new { customer = "1043" }).Single() == 2), "what was committed is there, though nobody heard of it");
        service.Proxy.Restore();
        await service.Host.GetAsync("1044");

        await Eventually.TrueAsync(() => Task.FromResult(service.Query<long>(Seen, new { customer = "1044" }).Single() == 2), "a later record is written");
        Assert.Equal(2, service.Query<long>(Seen, new { customer = "1043" }).Single());
    }

    private static async Task StrikeAsync(Action<TroubledProxy> strike, Action<TroubledProxy> end, SourceState[] states, string because)
    {
        await using var service = await RegistryBehind.StartAsync(hurried: states.Contains(SourceState.TimedOut));
        var host = service.Host;
        var agreed = (await WriteAsync(host, StoryTests.CreditOf(Customer, "202609-004388"))).Agreement;
        var whole = await host.GetAsync(Customer);
        Assert.Empty(whole.Unreachable);
        var before = service.Held();

        strike(service.Proxy);
        var asked = new ConcurrentBag<CreateAgreementRequest>();
        var next = 0;
        await Task.WhenAll(Enumerable.Range(0, Callers).Select(_ => Task.Run(async () =>
        {
            for (var call = Interlocked.Increment(ref next); call <= TroubledService.Calls; call = Interlocked.Increment(ref next))
            {
                switch (call % 6)
                {
                    case 0:
                        var request = Agreed.Remark(Customer, $"nummer {call}");
                        asked.Add(request);
                        await UnavailableAsync(async () => await WriteAsync(host, request));
                        break;
                    case 1:
                        await UnavailableAsync(async () => await host.Guard.CheckActionAsync(Letter(), deadline: Late()));
                        break;
                    default:
                        AssertWithoutAgreements(whole, states, (await host.Dossiers.GetDossierAsync(new GetDossierRequest { Name = whole.Name }, deadline: Late())).Dossier);
                        break;
                }
            }
        })));
        var source = await RegistryAsync(host);
        Assert.Equal(SourceState.Unreachable, source.State);
        Assert.Contains(because, source.LastFailure, StringComparison.Ordinal);

        var ended = Stopwatch.GetTimestamp();
        end(service.Proxy);
        await Eventually.TrueAsync(async () => (await host.GetAsync(Customer)).Unreachable.Count == 0, "the registry is back", TimeSpan.FromSeconds(10));
        await Eventually.TrueAsync(
            async () => (await host.Guard.CheckActionAsync(Letter())).Decision.Verdict == Verdict.Block, "the guard judges again", TimeSpan.FromSeconds(10));
        await Eventually.TrueAsync(async () => (await WriteAsync(host, Agreed.Remark(Customer, "weer terug"))).RegistrySequence > 0, "changes are made again", TimeSpan.FromSeconds(10));
        Assert.True(Stopwatch.GetElapsedTime(ended) < TimeSpan.FromSeconds(10), "it took longer than 10 s to recover");
        service.IsSound();

        // Whatever became of the first asking, the second one gives one agreement, and a third one the same.
        foreach (var request in asked)
        {
            Assert.Equal(await WriteAsync(host, request), await WriteAsync(host, request));
        }

        service.IsSound();
        var kept = service.Query<string>("SELECT id FROM agreement WHERE customer = @Customer", new { Customer }).Count;
        Assert.Equal(asked.Count + 2, kept);
        Assert.Equal(agreed, (await host.Agreements.GetAgreementAsync(new GetAgreementRequest { Name = agreed.Name })).Agreement);
        Held after = null!;
        await Eventually.TrueAsync(
            async () => (await RegistryAsync(host)).AbandonedReads == 0 && (after = service.Held()).IsNoMoreThan(before, service.Places) && service.Proxy.Open <= service.Places,
            () => $"{after} is no more than {before}, and {service.Proxy.Open} connections no more than {service.Places}");
    }

    private static void AssertWithoutAgreements(V1.Dossier whole, SourceState[] states, V1.Dossier dossier)
    {
        Assert.Equal(["sources/registry"], dossier.Unreachable);
        Assert.Empty(dossier.Agreements);
        Assert.Equal(0, dossier.RegistrySequence);
        var registry = dossier.Sources.Single(source => source.Source == "sources/registry");
        Assert.Contains(registry.State, states);
        Assert.All(dossier.Sources.Where(source => !source.Equals(registry)), source => Assert.Equal(SourceState.Ok, source.State));
        Assert.Equal(whole.Interactions, dossier.Interactions);
        Assert.Equal(whole.Invoices, dossier.Invoices);
    }

    private static async Task UnavailableAsync(Func<Task> call)
    {
        var refused = await Refused.ByAsync(call);
        Assert.Equal((StatusCode.Unavailable, "REGISTRY_UNAVAILABLE"), (refused.Code, refused.Reason));
    }

    private static async Task<CreateAgreementResponse> WriteAsync(DossierHost host, CreateAgreementRequest request) =>
        await host.Agreements.CreateAgreementAsync(request, Webcare, deadline: TimeProvider.System.GetUtcNow().UtcDateTime + Patience);

    private static CheckActionRequest Letter() => new() { Action = Agreed.Letter(Customer, Agreed.Bill("202609-004388", "BA-001043")) };

    private static DateTime Late() => TimeProvider.System.GetUtcNow().UtcDateTime + Deadline;

    private static async Task<Source> RegistryAsync(DossierHost host) => (await host.Dossiers.GetSourceAsync(new GetSourceRequest { Name = "sources/registry" })).Source;

    /// <summary>A service on the sample's stores, and its registry on PostgreSQL behind a proxy.</summary>
    private sealed class RegistryBehind : IAsyncDisposable
    {
        private readonly SourceSettings settings = new();

        /// <summary>For reads and for changes.</summary>
        public int Places { get; } = 2 * new RegistryOptions().MaxConnections;

        public PostgresDatabase Registry { get; } = PostgresDatabase.Registry();

        public TroubledProxy Proxy { get; private set; } = null!;

        public DossierHost Host { get; private set; } = null!;

        /// <param name="hurried">The time is tested; else there is more of it than a busy machine takes.</param>
        public static async Task<RegistryBehind> StartAsync(bool hurried = false)
        {
            var service = new RegistryBehind();
            service.Proxy = TroubledProxy.Before(service.Registry.Service);
            service.Host = await DossierHost.StartAsync(
                Servers.Clock,
                [
                    ("Registry:Provider", "PostgreSql"), ("Registry:ConnectionString", service.Proxy.ConnectionString), ("Registry:Deadline", hurried ? "00:00:00.500" : "00:00:05"),
                    .. service.settings.All,
                ]);

            // Keys are learnt by the first dossier; without the registry nobody knows them.
            for (var number = 1042; number <= 1052; number++)
            {
                await service.Host.GetAsync($"{number}");
            }

            return service;
        }

        public IReadOnlyList<T> Query<T>(string sql, object? parameters = null)
        {
            using var connection = Registry.Open();
            return [.. connection.Query<T>(sql, parameters)];
        }

        /// <summary>Every change has its number, its revision and its request, or none of them.</summary>
        public void IsSound()
        {
            var counter = Query<long>("SELECT value FROM change_counter").Single();
            Assert.Equal(Enumerable.Range(1, (int)counter).Select(number => (long)number), Query<long>("SELECT sequence FROM change ORDER BY sequence"));
            Assert.Empty(Query<string>("SELECT id FROM agreement a WHERE NOT EXISTS (SELECT 1 FROM agreement_revision r WHERE r.id = a.id AND r.revision = a.revision)"));
            Assert.Empty(Query<string>("SELECT r.id FROM agreement_revision r WHERE NOT EXISTS (SELECT 1 FROM change c WHERE c.sequence = r.sequence)"));
            Assert.Equal(
                Query<long>("SELECT count(*) FROM agreement_revision").Single(),
                Query<long>("SELECT count(*) FROM request WHERE method = 'CreateAgreement'").Single());
        }

        public Held Held() => RobustnessTests.Held.Now(Proxy, settings.DataDirectory, Host.DataDirectory);

        public async ValueTask DisposeAsync()
        {
            await Host.DisposeAsync();
            await Proxy.DisposeAsync();
            Registry.Dispose();
            settings.Dispose();
        }
    }

    /// <summary>What a check says that waits a second at most; unknown if it says nothing.</summary>
    private static async Task<HealthCheckResponse.Types.ServingStatus> AskedAsync(Health.HealthClient health)
    {
        try
        {
            return (await health.CheckAsync(new HealthCheckRequest(), deadline: TimeProvider.System.GetUtcNow().UtcDateTime.AddSeconds(1))).Status;
        }
        catch (RpcException late) when (late.StatusCode == StatusCode.DeadlineExceeded)
        {
            return HealthCheckResponse.Types.ServingStatus.Unknown;
        }
    }
}
