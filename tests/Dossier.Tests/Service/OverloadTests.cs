using System.Globalization;
using Dossier.Tests.Fixtures;
using Dossier.V1;
using Google.Rpc;
using Grpc.Core;
using RpcStatus = Google.Rpc.Status;

namespace Dossier.Tests.ServiceTests;

/// <summary>A call too many is refused before any work, and the limits of one system leave the others their places.</summary>
[Collection(Alone.Name)]
public sealed class OverloadTests
{
    [Fact]
    public async Task A_system_that_has_all_its_places_is_refused_before_any_work_and_others_are_served()
    {
        using var settings = new SourceSettings().AddFile("slow", "telephony", DeadlineTests.Slow).Set("slow", "Deadline", "00:01:00");
        await using var host = await DossierHost.StartAsync(settings.DataDirectory, [.. settings.All, ("Limits:PerCaller", "2"), ("Limits:Reads", "3")]);
        using var done = new CancellationTokenSource();
        var running = new[] { Read(host, "webcare", done.Token), Read(host, "webcare", done.Token) };
        var refused = await FullAsync(host, "webcare");

        Assert.Equal((StatusCode.ResourceExhausted, "TOO_MANY_CALLS"), (refused.StatusCode, refused.Trailers.GetValue("dossier-reason")));
        Assert.Equal(("reads", "caller"), Which(refused));
        var delay = RpcStatus.Parser.ParseFrom(refused.Trailers.GetValueBytes("grpc-status-details-bin")).Details.Single(detail => detail.Is(RetryInfo.Descriptor)).Unpack<RetryInfo>().RetryDelay;
        Assert.InRange(delay.ToTimeSpan(), TimeSpan.FromMilliseconds(100), TimeSpan.FromMilliseconds(500));
        Assert.NotEmpty(refused.Trailers.GetValue("x-dossier-trace")!);

        // Another system has the third place of all, and nobody has a fourth; what is not a read has places of its own.
        running = [.. running, Read(host, "telephony", done.Token)];
        Assert.Equal(("reads", "service"), Which(await FullAsync(host, "telephony")));
        Assert.Equal(Verdict.Allow, (await host.Guard.CheckActionAsync(
            new CheckActionRequest { Action = Agreed.Letter("1042", Agreed.Bill("202609-003201", "BA-001042")) }, DossierHost.As("webcare"))).Decision.Verdict);

        await done.CancelAsync();
        foreach (var call in running)
        {
            Assert.Equal(StatusCode.Cancelled, (await Assert.ThrowsAsync<RpcException>(() => call)).StatusCode);
        }

        // The places are there again: what is wrong with a request is looked at.
        await Eventually.TrueAsync(
            async () => (await Assert.ThrowsAsync<RpcException>(() => ReadNothing(host, "webcare"))).StatusCode == StatusCode.InvalidArgument, "webcare has its places again");
    }

    [Fact]
    public async Task Calls_that_wait_for_their_systems_turn_are_all_answered_and_say_in_their_trace_that_they_waited()
    {
        await using var host = await DossierHost.StartAsync(("Limits:AtWork", "1"), ("Traces:SlowerThan", "00:00:00"), ("Traces:Keep", "1000"));
        using var left = new CancellationTokenSource();
        await host.Dossiers.GetDossierAsync(new GetDossierRequest { Name = "customers/1042/dossier" }, DossierHost.As("telephony"));
        var leaving = Enumerable.Range(0, 20).Select(_ => Read(host, "webcare", left.Token)).ToList();
        var asking = Enumerable.Range(0, 60).Select(index => Read(host, index % 2 == 0 ? "webcare" : "telephony", CancellationToken.None)).ToList();
        await left.CancelAsync();

        Assert.All(await Task.WhenAll(asking), answer => Assert.Empty(answer.Dossier.Unreachable));
        await Task.WhenAll(leaving).ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        await Read(host, "webcare", CancellationToken.None);

        await Eventually.TrueAsync(
            async () =>
            {
                var traces = new TraceService.TraceServiceClient(host.Channel);
                var kept = await traces.ListTracesAsync(new ListTracesRequest { PageSize = 200, Method = "GetDossier" });
                var waited = 0.0;
                foreach (var one in kept.Traces)
                {
                    var whole = (await traces.GetTraceAsync(new GetTraceRequest { Name = one.Name })).Trace;
                    waited += whole.Spans[0].Attributes.TryGetValue("dossier.waited_ms", out var its) ? double.Parse(its, CultureInfo.InvariantCulture) : 0;
                }

                return waited > 0;
            },
            "a trace says how long its call waited");
    }

    [Fact]
    public async Task A_watcher_too_many_is_refused_until_one_ends_and_others_may_watch()
    {
        await using var host = await DossierHost.StartAsync(("Limits:WatchersPerCaller", "2"));
        using var first = await WatchAsync(host, "webcare");
        using var second = await WatchAsync(host, "webcare");

        var refused = await Assert.ThrowsAsync<RpcException>(() => WatchAsync(host, "webcare"));

        Assert.Equal((StatusCode.ResourceExhausted, "TOO_MANY_WATCHERS"), (refused.StatusCode, refused.Trailers.GetValue("dossier-reason")));
        Assert.Equal(("watches", "caller"), Which(refused));
        using var others = await WatchAsync(host, "telephony");
        second.Dispose();
        AsyncServerStreamingCall<WatchAgreementsResponse>? next = null;
        await Eventually.TrueAsync(
            async () =>
            {
                try
                {
                    next = await WatchAsync(host, "webcare");
                    return true;
                }
                catch (RpcException full) when (full.StatusCode == StatusCode.ResourceExhausted)
                {
                    return false;
                }
            },
            "the place of the watcher who went away is free");
        next!.Dispose();
    }

    [Theory]
    [InlineData("Limits:Reads", "0", "must be 1-100000")]
    [InlineData("Limits:AtWork", "-1", "must be 0-100000")]
    [InlineData("Limits:WatchersPerCaller", "100001", "must be 1-100000")]
    [InlineData("Limits:Deadline", "00:00:00.099", "must be between")]
    [InlineData("Traces:Keep", "-1", "must be 0-10000")]
    public async Task A_limit_that_is_none_stops_the_start_with_its_name(string setting, string value, string why)
    {
        var wrong = await Assert.ThrowsAsync<InvalidOperationException>(() => DossierHost.StartAsync((setting, value)));

        Assert.StartsWith(setting, wrong.Message, StringComparison.Ordinal);
        Assert.Contains(why, wrong.Message, StringComparison.Ordinal);
    }

    /// <summary>A refusal for the number of calls; a malformed request shows that nothing else was looked at.</summary>
    private static async Task<RpcException> FullAsync(DossierHost host, string system)
    {
        RpcException? refused = null;
        await Eventually.TrueAsync(
            async () => (refused = await Assert.ThrowsAsync<RpcException>(() => ReadNothing(host, system))).StatusCode == StatusCode.ResourceExhausted, "there is no place left");
        return refused!;
    }

    private static Task<GetDossierResponse> ReadNothing(DossierHost host, string system) =>
        host.Dossiers.GetDossierAsync(new GetDossierRequest { Name = "nobody" }, DossierHost.As(system)).ResponseAsync;

    /// <summary>A read that does not end by itself. One that asks whether there is a place may have the last one for a moment: then it is asked for again.</summary>
    private static async Task<GetDossierResponse> Read(DossierHost host, string system, CancellationToken done)
    {
        while (true)
        {
            try
            {
                return await host.Dossiers.GetDossierAsync(
                    new GetDossierRequest { Name = "customers/1042/dossier" }, DossierHost.As(system), TimeProvider.System.GetUtcNow().UtcDateTime.AddMinutes(2), done);
            }
            catch (RpcException full) when (full.StatusCode == StatusCode.ResourceExhausted)
            {
                await Task.Delay(20, done);
            }
        }
    }

    /// <summary>A watch that is open: its first mark has come.</summary>
    private static async Task<AsyncServerStreamingCall<WatchAgreementsResponse>> WatchAsync(DossierHost host, string system)
    {
        var watch = host.Agreements.WatchAgreements(new WatchAgreementsRequest { Parent = "customers/-" }, DossierHost.As(system));
        Assert.True(await watch.ResponseStream.MoveNext(CancellationToken.None));
        return watch;
    }

    private static (string Kind, string Limit) Which(RpcException refused)
    {
        var info = Refused.Of(refused).Info;
        return (info.Metadata["kind"], info.Metadata["limit"]);
    }
}
