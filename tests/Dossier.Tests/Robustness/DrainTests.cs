using System.Collections.Concurrent;
using System.Globalization;
using Dapper;
using Dossier.Tests.Fixtures;
using Dossier.Tests.ServiceTests;
using Dossier.V1;
using Grpc.Core;
using Grpc.Health.V1;
using Grpc.Net.Client;

namespace Dossier.Tests.RobustnessTests;

/// <summary>SIGTERM under load: whoever looks at the health loses nothing.</summary>
public sealed class DrainTests
{
    private const int Watchers = 100;
    private const int Callers = 16;

    // Over what is promised: a machine that does other things may be late. On a quiet one: DOSSIER_TEST_LATE_MS=0.
    private static readonly TimeSpan Grace = TimeSpan.FromMilliseconds(
        Environment.GetEnvironmentVariable("DOSSIER_TEST_LATE_MS") is { Length: > 0 } late ? int.Parse(late, CultureInfo.InvariantCulture) : 10_000);

    [Fact]
    public async Task Who_heeds_the_health_has_no_call_fail_and_every_watcher_ends_with_its_token()
    {
        using var folder = TemporaryFolder.WithStores();
        await using var service = await DossierProcess.StartAsync(folder.Path, ("DOSSIER_Drain__Delay", "00:00:03"));

        // As many streams as one connection may have is 100, and the callers need places too.
        var channels = Enumerable.Range(0, 5).Select(_ => GrpcChannel.ForAddress(service.Address)).ToList();
        var watching = new List<Task<(RpcException End, string Token)>>();
        for (var number = 0; number < Watchers; number++)
        {
            var client = new AgreementService.AgreementServiceClient(channels[number % channels.Count]);
            var call = client.WatchAgreements(new WatchAgreementsRequest { Parent = "customers/-" });
            Assert.True(await call.ResponseStream.MoveNext(CancellationToken.None));
            watching.Add(ToTheEndAsync(call, call.ResponseStream.Current.ResumeToken));
        }

        using var leave = new CancellationTokenSource();
        var health = LeaveWhenToldAsync(service.Health, leave);
        var failures = new ConcurrentBag<string>();
        var dossiers = 0;
        var calls = Enumerable.Range(0, Callers).Select(async caller =>
        {
            while (!leave.IsCancellationRequested)
            {
                try
                {
                    if (caller % 4 == 0)
                    {
                        await service.Agreements.CreateAgreementAsync(Agreed.Remark($"{2001 + caller}", "x"), DossierHost.As("webcare"));
                    }
                    else
                    {
                        await service.Dossiers.GetDossierAsync(new GetDossierRequest { Name = "customers/1043/dossier", Sections = { Section.Invoices } }, DossierHost.As("webcare"));
                        Interlocked.Increment(ref dossiers);
                    }
                }
                catch (RpcException failed)
                {
                    failures.Add(failed.ToString());
                }
            }
        }).ToList();
        await Eventually.TrueAsync(() => Task.FromResult(Volatile.Read(ref dossiers) > 50), "the callers are served");

        var (ended, took) = await service.TerminateAsync();

        await Task.WhenAll(calls);
        Assert.Empty(failures);
        Assert.Equal(HealthCheckResponse.Types.ServingStatus.NotServing, await health);
        Assert.Equal(0, ended.ExitCode);
        Assert.InRange(took, TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(3 + 5) + Grace);
        foreach (var (end, token) in await Task.WhenAll(watching))
        {
            var refused = Refused.Of(end);
            Assert.Equal((StatusCode.Unavailable, "SHUTTING_DOWN", token), (refused.Code, refused.Reason, refused.Info.Metadata["resume_token"]));
        }

        // And what was answered was recorded, to the last one.
        await using (var registry = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={folder["registry.db"]}"))
        {
            Assert.Equal(dossiers, await registry.ExecuteScalarAsync<int>("SELECT count(*) FROM access_record WHERE customer = '1043' AND method = 'DossierService/GetDossier'"));
        }

        await using var next = await service.RestartAsync();
        using var resumed = await Watcher.OpenAsync(next.Agreements, new WatchAgreementsRequest { Parent = "customers/-", ResumeToken = (await watching[0]).Token });
        channels.ForEach(channel => channel.Dispose());
    }

    [Fact]
    public async Task A_stream_of_checks_that_is_open_is_answered_what_it_asked_and_told_that_the_service_stops()
    {
        using var folder = TemporaryFolder.WithStores();
        await using var service = await DossierProcess.StartAsync(folder.Path);
        using var checks = new GuardService.GuardServiceClient(service.Channel).CheckActions(DossierHost.As("administration"));
        await checks.RequestStream.WriteAsync(new CheckActionsRequest { CorrelationId = "1", Action = Agreed.Letter("1042", Agreed.Bill("202609-003201", "BA-001042")) });
        Assert.True(await checks.ResponseStream.MoveNext(CancellationToken.None));
        var more = checks.ResponseStream.MoveNext(CancellationToken.None);

        var (ended, took) = await service.TerminateAsync();

        var refused = Refused.Of(await Assert.ThrowsAsync<RpcException>(() => more));
        Assert.Equal((StatusCode.Unavailable, "SHUTTING_DOWN"), (refused.Code, refused.Reason));
        Assert.Equal(0, ended.ExitCode);
        Assert.InRange(took, TimeSpan.Zero, TimeSpan.FromSeconds(5) + Grace);
    }

    [Fact]
    public async Task Who_asks_in_a_stream_and_reads_no_answer_does_not_hold_up_the_end()
    {
        using var folder = TemporaryFolder.WithStores();
        await using var service = await DossierProcess.StartAsync(folder.Path);
        using var checks = new GuardService.GuardServiceClient(service.Channel).CheckActions(DossierHost.As("administration"));
        var asked = 0;
        var asking = Task.Run(async () =>
        {
            while (true)
            {
                await checks.RequestStream.WriteAsync(new CheckActionsRequest { CorrelationId = "1", Action = Agreed.Letter("1042", Agreed.Bill("202609-003201", "BA-001042")) });
                Interlocked.Increment(ref asked);
            }
        });

        // Until the windows of the connection are full, both ways, and nobody gets on.
        var before = 0;
        await Eventually.TrueAsync(
            async () =>
            {
                before = Volatile.Read(ref asked);
                await Task.Delay(TimeSpan.FromSeconds(2));
                return before > 0 && before == Volatile.Read(ref asked);
            },
            () => $"the stream stands still, after {asked}");

        var (ended, took) = await service.TerminateAsync();

        await Assert.ThrowsAnyAsync<Exception>(() => asking);
        Assert.Equal(0, ended.ExitCode);
        Assert.InRange(took, TimeSpan.Zero, TimeSpan.FromSeconds(5) + Grace);
    }

    [Fact]
    public async Task Who_asks_what_the_service_offers_and_keeps_the_stream_open_does_not_hold_up_the_end()
    {
        using var folder = TemporaryFolder.WithStores();
        await using var service = await DossierProcess.StartAsync(folder.Path);
        using var offered = new Grpc.Reflection.V1.ServerReflection.ServerReflectionClient(service.Channel).ServerReflectionInfo();
        await offered.RequestStream.WriteAsync(new Grpc.Reflection.V1.ServerReflectionRequest { ListServices = "" });
        Assert.True(await offered.ResponseStream.MoveNext(CancellationToken.None));

        var (ended, took) = await service.TerminateAsync();

        Assert.Equal(0, ended.ExitCode);
        Assert.InRange(took, TimeSpan.Zero, TimeSpan.FromSeconds(5) + Grace);
    }

    [Fact]
    public async Task A_watcher_whose_message_is_under_way_when_the_service_stops_gets_it_and_then_the_end_with_its_token()
    {
        const int Changes = 1_600;
        using var folder = TemporaryFolder.WithStores();
        await using var service = await DossierProcess.StartAsync(folder.Path, ("DOSSIER_Limits__Changes", "64"));
        await Parallel.ForEachAsync(Enumerable.Range(0, Changes), new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (number, stop) =>
            await service.Agreements.CreateAgreementAsync(Agreed.Remark($"{2001 + (number % 300)}", "x"), DossierHost.As("webcare"), cancellationToken: stop));
        using var call = service.Agreements.WatchAgreements(new WatchAgreementsRequest { Parent = "customers/-", AfterSequence = 0 });
        Assert.True(await call.ResponseStream.MoveNext(CancellationToken.None));

        // The windows of the connection are full, and its next message cannot leave.
        await Task.Delay(TimeSpan.FromSeconds(1));
        using var health = service.Health.Watch(new HealthCheckRequest());
        Assert.True(await health.ResponseStream.MoveNext(CancellationToken.None));
        var ending = service.TerminateAsync();
        Assert.True(await health.ResponseStream.MoveNext(CancellationToken.None));
        Assert.Equal(HealthCheckResponse.Types.ServingStatus.NotServing, health.ResponseStream.Current.Status);

        // Watches end in the same moment, and he reads on soon after.
        await Task.Delay(TimeSpan.FromMilliseconds(100));
        var end = await ToTheEndAsync(call, call.ResponseStream.Current.ResumeToken);
        var refused = Refused.Of(end.End);
        Assert.Equal((StatusCode.Unavailable, "SHUTTING_DOWN", end.Token), (refused.Code, refused.Reason, refused.Info.Metadata["resume_token"]));
        Assert.Equal(0, (await ending).Ended.ExitCode);
    }

    [Fact]
    public async Task A_call_that_still_runs_when_watches_have_ended_is_answered()
    {
        using var settings = new SourceSettings().AddFile("slow", "telephony", DeadlineTests.Slow).Set("slow", "Deadline", "00:00:08");
        await using var service = await DossierProcess.StartAsync(
            settings.DataDirectory,
            [("DOSSIER_Drain__Delay", "00:00:00"), ("DOSSIER_Limits__Reads", "1"), .. settings.All.Select(setting => ("DOSSIER_" + setting.Key.Replace(":", "__", StringComparison.Ordinal), setting.Value))]);
        using var watcher = await Watcher.OpenAsync(service.Agreements, new WatchAgreementsRequest { Parent = "customers/-" });

        // There is a place for one: as soon as one of two is refused, the other runs.
        Task<GetDossierResponse>[] calls = [DossierAsync(service.Dossiers), DossierAsync(service.Dossiers)];
        var refused = await Task.WhenAny(calls);
        Assert.Equal("TOO_MANY_CALLS", (await Refused.ByAsync(() => refused)).Reason);
        var running = calls.Single(call => call != refused);

        var ending = service.TerminateAsync();

        Assert.Equal("SHUTTING_DOWN", (await watcher.EndAsync()).Reason);
        Assert.False(running.IsCompleted);
        Assert.Equal(["sources/slow"], (await running).Dossier.Unreachable);
        Assert.Equal(0, (await ending).Ended.ExitCode);
    }

    [Fact]
    public async Task Who_does_not_heed_the_health_is_served_all_the_same_until_the_delay_is_over()
    {
        using var folder = TemporaryFolder.WithStores();
        await using var service = await DossierProcess.StartAsync(folder.Path, ("DOSSIER_Drain__Delay", "00:00:10"));
        using var watcher = await Watcher.OpenAsync(service.Agreements, new WatchAgreementsRequest { Parent = "customers/-" });
        async Task<bool> IsLeavingAsync() => (await service.Health.CheckAsync(new HealthCheckRequest())).Status == HealthCheckResponse.Types.ServingStatus.NotServing;

        var ending = service.TerminateAsync();
        await Eventually.TrueAsync(IsLeavingAsync, "the health says that it will stop");

        Assert.NotEmpty((await DossierAsync(service.Dossiers)).Dossier.Invoices);
        var made = (await service.Agreements.CreateAgreementAsync(Agreed.Remark("1043", "x"), DossierHost.As("webcare"))).Agreement;
        Assert.Equal(made.Name, (await watcher.ChangesAsync())[0].Agreement);
        using (var late = GrpcChannel.ForAddress(service.Address))
        {
            Assert.NotEmpty((await DossierAsync(new DossierService.DossierServiceClient(late))).Dossier.Invoices);
        }

        Assert.True(await IsLeavingAsync());
        Assert.False(ending.IsCompleted);
        Assert.Equal("SHUTTING_DOWN", (await watcher.EndAsync()).Reason);
        Assert.Equal(0, (await ending).Ended.ExitCode);
    }

    [Fact]
    public async Task A_watcher_who_reads_nothing_does_not_hold_the_end_up()
    {
        using var folder = TemporaryFolder.WithStores();
        await using var service = await DossierProcess.StartAsync(folder.Path);
        using var idle = service.Agreements.WatchAgreements(new WatchAgreementsRequest { Parent = "customers/-" });
        using var reader = await Watcher.OpenAsync(service.Agreements, new WatchAgreementsRequest { Parent = "customers/-" });
        const int Changes = 800;
        await Task.WhenAll(Enumerable.Range(0, 8).Select(async writer =>
        {
            for (var number = 0; number < Changes / 8; number++)
            {
                await service.Agreements.CreateAgreementAsync(Agreed.Remark($"{2001 + writer}", "x"), DossierHost.As("webcare"));
            }
        }));
        await reader.ChangesAsync(Changes);

        var (ended, took) = await service.TerminateAsync();

        Assert.Equal(0, ended.ExitCode);
        Assert.InRange(took, TimeSpan.Zero, TimeSpan.FromSeconds(9));
    }

    [Fact]
    public async Task Each_source_has_a_health_of_its_own_and_none_of_them_is_readiness()
    {
        await using var host = await DossierHost.StartAsync();
        var health = new Health.HealthClient(host.Channel);
        async Task<HealthCheckResponse.Types.ServingStatus> Of(string name) => (await health.CheckAsync(new HealthCheckRequest { Service = name })).Status;
        Assert.Equal(HealthCheckResponse.Types.ServingStatus.Serving, await Of("sources/webcare"));

        File.Delete(host.FileOf("webcare"));
        await host.GetAsync("1042");

        Assert.Equal(HealthCheckResponse.Types.ServingStatus.NotServing, await Of("sources/webcare"));
        Assert.Equal(HealthCheckResponse.Types.ServingStatus.Serving, await Of("sources/telephony"));
        Assert.Equal(HealthCheckResponse.Types.ServingStatus.Serving, await Of(""));
        Assert.Equal(StatusCode.NotFound, (await Assert.ThrowsAsync<RpcException>(async () => await Of("sources/fax"))).StatusCode);
    }

    private static Task<GetDossierResponse> DossierAsync(DossierService.DossierServiceClient dossiers) =>
        dossiers.GetDossierAsync(new GetDossierRequest { Name = "customers/1043/dossier" }, DossierHost.As("webcare")).ResponseAsync;

    private static async Task<(RpcException End, string Token)> ToTheEndAsync(AsyncServerStreamingCall<WatchAgreementsResponse> watch, string token)
    {
        try
        {
            while (await watch.ResponseStream.MoveNext(CancellationToken.None))
            {
                token = watch.ResponseStream.Current.ResumeToken;
            }

            throw new InvalidOperationException("The watch ended without a reason.");
        }
        catch (RpcException end)
        {
            return (end, token);
        }
    }

    /// <summary>What a load balancer does.</summary>
    private static async Task<HealthCheckResponse.Types.ServingStatus> LeaveWhenToldAsync(Health.HealthClient health, CancellationTokenSource leave)
    {
        using var watch = health.Watch(new HealthCheckRequest());
        while (await watch.ResponseStream.MoveNext(CancellationToken.None))
        {
            if (watch.ResponseStream.Current.Status != HealthCheckResponse.Types.ServingStatus.Serving)
            {
                await leave.CancelAsync();
                return watch.ResponseStream.Current.Status;
            }
        }

        throw new InvalidOperationException("The health ended without a word.");
    }
}
