using System.Diagnostics;
using Dapper;
using Dossier.Tests.Fixtures;
using Dossier.Tests.ServiceTests;
using Dossier.V1;
using Grpc.Core;

namespace Dossier.Tests.RobustnessTests;

/// <summary>A registry with a read connection, on a real hot standby with streaming replication.</summary>
[Collection(Alone.Name)]
[NeedsServer(PostgresStandby.Variable, alsoInCI: true)]
public sealed class ReadReplicaTests(OneStandby shared) : IClassFixture<OneStandby>, IAsyncLifetime
{
    private const string Down = "read connection cannot be read";
    private const string Back = "read connection is back";
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Quarter = Deadline / 4;

    // Who has waited for the standby has waited so long; who has not, less.
    private static readonly TimeSpan Waited = Quarter - TimeSpan.FromMilliseconds(20);

    // Two cores carry a service, two servers and their caller.
    private static readonly TimeSpan Slack = TimeSpan.FromMilliseconds(450);
    private readonly TemporaryFolder folder = TemporaryFolder.WithStores();
    private PostgresStandby standby = null!;
    private PostgresDatabase registry = null!;
    private DossierProcess service = null!;

    public async Task InitializeAsync()
    {
        standby = await shared.StandbyAsync();
        registry = PostgresDatabase.Registry();
        await standby.CatchUpAsync();
        service = await DossierProcess.StartAsync(
            folder.Path,
            ("DOSSIER_Registry__Provider", "PostgreSql"),
            ("DOSSIER_Registry__ConnectionString", registry.Service),
            ("DOSSIER_Registry__ReadConnectionString", standby.Of(registry)),
            ("DOSSIER_Registry__Deadline", Deadline.ToString("c")));

        // Compiled and connected: what is measured below is the replica.
        var made = await CreateAsync("2001");
        await standby.CatchUpAsync();
        for (var number = 0; number < 5; number++)
        {
            await GetAsync(made.Agreement.Name);
            await GetDossierAsync("2001");
        }
    }

    public async Task DisposeAsync()
    {
        if (service is not null)
        {
            await service.DisposeAsync();
            await standby.ResumeReplayAsync();
            registry.Dispose();
        }

        folder.Dispose();
    }

    [ServerFact]
    public async Task Get_and_List_are_answered_by_the_standby()
    {
        var before = await CreateAsync("2010");
        await standby.PauseReplayAsync();
        var after = await CreateAsync("2010");

        Assert.Equal(before.Agreement, (await GetAsync(before.Agreement.Name)).Agreement);
        Assert.Equal("RESOURCE_NOT_FOUND", (await Refused.ByAsync(() => GetAsync(after.Agreement.Name))).Reason);
        var listed = await service.Agreements.ListAgreementsAsync(new ListAgreementsRequest { Parent = "customers/2010" });
        Assert.Equal([before.Agreement], listed.Agreements);
        Assert.Equal(before.RegistrySequence, listed.RegistrySequence);
        var dossier = await GetDossierAsync("2010");
        Assert.Equal([before.Agreement], dossier.Agreements);
        Assert.Equal(before.RegistrySequence, dossier.RegistrySequence);
        Assert.Equal(["dossier/registry-read"], await VisitorsAsync());
    }

    [ServerFact]
    public async Task A_read_waits_for_the_sequence_it_asks_for_at_most_a_quarter_of_the_deadline_and_then_asks_the_primary()
    {
        await standby.PauseReplayAsync();
        var made = await CreateAsync("2011");

        var started = Stopwatch.GetTimestamp();
        var read = await GetAsync(made.Agreement.Name, made.RegistrySequence);
        Assert.InRange(Stopwatch.GetElapsedTime(started), Waited, Quarter + Slack);
        Assert.Equal(made.Agreement, read.Agreement);

        var listed = await service.Agreements.ListAgreementsAsync(new ListAgreementsRequest { Parent = "customers/2011", MinRegistrySequence = made.RegistrySequence });
        Assert.Equal([made.Agreement], listed.Agreements);
        Assert.Equal(StatusCode.FailedPrecondition, (await Refused.ByAsync(() => GetAsync(made.Agreement.Name, made.RegistrySequence + 1000))).Code);

        // The standby catches up while it is waited for.
        var waiting = GetAsync(made.Agreement.Name, made.RegistrySequence);
        await Task.Delay(100);
        await standby.ResumeReplayAsync();
        Assert.Equal(made.Agreement, (await waiting).Agreement);
        Assert.DoesNotContain(Down, service.Output, StringComparison.Ordinal);
    }

    [ServerFact]
    public async Task A_dossier_is_as_new_as_it_is_asked_to_be_and_learns_each_key_once()
    {
        await standby.PauseReplayAsync();
        var made = await CreateAsync("2012");
        for (var number = 0; number < 5; number++)
        {
            Assert.Empty((await GetDossierAsync("2012")).Agreements);
        }

        var dossier = await GetDossierAsync("2012", made.RegistrySequence);
        Assert.Equal([made.Agreement], dossier.Agreements);
        Assert.True(dossier.RegistrySequence >= made.RegistrySequence);
        Assert.Empty(dossier.Unreachable);
        await using var connection = registry.Open();
        var learned = (await connection.QueryAsync<(string Key, long Times)>("SELECT key_type || key_value, count(*) FROM key_link_revision WHERE customer = '2012' GROUP BY 1")).ToList();
        Assert.NotEmpty(learned);
        Assert.All(learned, key => Assert.Equal(1, key.Times));
    }

    [ServerFact]
    public async Task Pages_leave_nothing_out_although_the_standby_is_older_than_the_first_one()
    {
        var names = new List<string> { (await CreateAsync("2013")).Agreement.Name, (await CreateAsync("2013")).Agreement.Name };
        await standby.PauseReplayAsync();
        CreateAgreementResponse last = null!;
        for (var number = 0; number < 5; number++)
        {
            last = await CreateAsync("2013");
            names.Add(last.Agreement.Name);
        }

        var (seen, request) = (new List<string>(), new ListAgreementsRequest { Parent = "customers/2013", PageSize = 2, MinRegistrySequence = last.RegistrySequence });
        do
        {
            var page = await service.Agreements.ListAgreementsAsync(request);
            seen.AddRange(page.Agreements.Select(agreement => agreement.Name));
            (request.PageToken, request.MinRegistrySequence) = (page.NextPageToken, 0);
        }
        while (request.PageToken.Length > 0);

        Assert.Equal(Enumerable.Reverse(names), seen);
    }

    [ServerFact]
    public async Task The_guard_and_every_write_leave_the_standby_alone_and_see_the_truth()
    {
        await standby.PauseReplayAsync();
        var used = await UsedAsync();
        var guard = new GuardService.GuardServiceClient(service.Channel);
        var letter = Agreed.Letter("2014", Agreed.Bill("202609-002014", "BA-002014"));
        Assert.Equal(Verdict.Allow, (await guard.CheckActionAsync(new CheckActionRequest { Action = letter }, DossierHost.As("administration"))).Decision.Verdict);

        var request = Agreed.DunningBlock("2014");
        var made = await service.Agreements.CreateAgreementAsync(request, DossierHost.As("webcare"));
        var decision = await guard.CheckActionAsync(new CheckActionRequest { Action = letter }, DossierHost.As("administration"));
        Assert.Equal((Verdict.Block, made.RegistrySequence), (decision.Decision.Verdict, decision.RegistrySequence));
        var batch = await guard.CheckActionBatchAsync(new CheckActionBatchRequest { Actions = { letter, letter } }, DossierHost.As("administration"));
        Assert.All(batch.Results, result => Assert.Equal(Verdict.Block, result.Decision.Verdict));

        Assert.Equal(made, await service.Agreements.CreateAgreementAsync(request, DossierHost.As("webcare")));
        await service.Agreements.WithdrawAgreementAsync(Agreed.Withdraw(made.Agreement), DossierHost.As("webcare"));
        await service.Dossiers.LinkCustomerKeyAsync(
            new LinkCustomerKeyRequest { Customer = "customers/2014", Key = new CustomerKey { Email = "new@example.com" }, RequestId = Agreed.NewId() }, DossierHost.As("webcare"));
        Assert.Equal(Verdict.Allow, (await guard.CheckActionAsync(new CheckActionRequest { Action = letter }, DossierHost.As("administration"))).Decision.Verdict);

        Assert.Equal(used, await UsedAsync());
        Assert.Equal(["dossier/registry-read"], await VisitorsAsync());
    }

    [ServerFact]
    public async Task A_dead_standby_costs_one_line_of_the_log_and_one_more_when_it_is_back()
    {
        var made = await CreateAsync("2015");
        await standby.CatchUpAsync();
        await standby.StopAsync();
        try
        {
            await Task.WhenAll(Enumerable.Range(0, 16).Select(async _ =>
            {
                for (var number = 0; number < 20; number++)
                {
                    Assert.Equal(made.Agreement, (await GetAsync(made.Agreement.Name)).Agreement);
                    Assert.Equal([made.Agreement], (await GetDossierAsync("2015")).Agreements);
                }
            }));
        }
        finally
        {
            await standby.RestartAsync();
        }

        await BackAsync(made.Agreement.Name);
    }

    [ServerFact]
    public async Task A_frozen_standby_costs_a_call_at_most_a_quarter_of_the_deadline_and_the_next_ones_nothing()
    {
        var made = await CreateAsync("2016");
        await standby.CatchUpAsync();
        await GetAsync(made.Agreement.Name);
        await standby.FreezeAsync();
        try
        {
            var first = await TimeAsync(() => GetAsync(made.Agreement.Name));
            Assert.InRange(first, Waited, Quarter + Slack);
            var next = new List<TimeSpan>();
            for (var number = 0; number < 40; number++)
            {
                next.Add(await TimeAsync(() => GetAsync(made.Agreement.Name)));
                await Task.Delay(25);
            }

            Assert.All(next, took => Assert.InRange(took, TimeSpan.Zero, Waited));
            Assert.Equal([made.Agreement], (await GetDossierAsync("2016")).Agreements);
        }
        finally
        {
            await standby.ThawAsync();
        }

        await BackAsync(made.Agreement.Name);
    }

    [ServerFact]
    public async Task A_standby_that_freezes_under_dossiers_alone_is_left_alone_too()
    {
        await standby.FreezeAsync();
        try
        {
            // Each gives it 95 ms: a quarter of what the registry has of a second.
            await GetDossierAsync("2001", within: TimeSpan.FromSeconds(1));
            await Eventually.TrueAsync(() => Task.FromResult(Count(Down) == 1), "the log says that it is down");
            var list = new ListAgreementsRequest { Parent = "customers/2001" };
            Assert.InRange(await TimeAsync(async () => await service.Agreements.ListAgreementsAsync(list)), TimeSpan.Zero, Waited);
        }
        finally
        {
            await standby.ThawAsync();
        }

        await BackAsync(null);
    }

    private static async Task<TimeSpan> TimeAsync(Func<Task> call)
    {
        var started = Stopwatch.GetTimestamp();
        await call();
        return Stopwatch.GetElapsedTime(started);
    }

    private async Task BackAsync(string? name)
    {
        await Eventually.TrueAsync(
            async () =>
            {
                await (name is null ? GetDossierAsync("2001") : (Task)GetAsync(name));
                return Count(Back) == 1;
            },
            "the log says that it is back");
        Assert.Equal((1, 1), (Count(Down), Count(Back)));
    }

    private int Count(string message) => service.Output.Split('\n').Count(line => line.Contains(message, StringComparison.Ordinal));

    private async Task<CreateAgreementResponse> CreateAsync(string customer) =>
        await service.Agreements.CreateAgreementAsync(Agreed.Remark(customer, "Noted"), DossierHost.As("webcare"));

    private async Task<GetAgreementResponse> GetAsync(string name, long min = 0) =>
        await service.Agreements.GetAgreementAsync(new GetAgreementRequest { Name = name, MinRegistrySequence = min });

    private async Task<V1.Dossier> GetDossierAsync(string customer, long min = 0, TimeSpan? within = null)
    {
        var dossier = (await service.Dossiers.GetDossierAsync(
            new GetDossierRequest { Name = $"customers/{customer}/dossier", MinRegistrySequence = min }, deadline: within is { } left ? TimeProvider.System.GetUtcNow().UtcDateTime + left : null)).Dossier;
        Assert.Equal(SourceState.Ok, dossier.Sources.Single(source => source.Source == "sources/registry").State);
        return dossier;
    }

    /// <summary>Who is connected to the registry's copy.</summary>
    private Task<IReadOnlyList<string>> VisitorsAsync() => standby.QueryAsync<string>(
        "SELECT DISTINCT application_name FROM pg_stat_activity WHERE datname = @Name", new { registry.Name });

    /// <summary>When its connections were last used.</summary>
    private async Task<string> UsedAsync() =>
        (await standby.QueryAsync<string>("SELECT count(*) || ' ' || max(state_change) FROM pg_stat_activity WHERE datname = @Name", new { registry.Name })).Single();
}

/// <summary>One standby for all tests of a class, started when the first of them asks.</summary>
public sealed class OneStandby : IAsyncLifetime
{
    private PostgresStandby? standby;

    public async Task<PostgresStandby> StandbyAsync() => standby ??= await PostgresStandby.StartAsync();

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        if (standby is not null)
        {
            await standby.DisposeAsync();
        }
    }
}
