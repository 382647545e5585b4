using System.Diagnostics;
using Dossier.Tests.Fixtures;
using Dossier.V1;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace Dossier.Tests.ServiceTests;

/// <summary>A source that does not answer in time is TIMED_OUT in time, and the caller's own deadline is kept.</summary>
[Collection(Alone.Name)]
public sealed class DeadlineTests
{
    // Counts for minutes as soon as a customer is asked for; at the start, when none is, it ends at once.
    internal const string Slow = """
        -- name: interactions
        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000000000)
        SELECT 'slow' AS id, '2026-01-01T00:00:00Z' AS occur_time, 'letter' AS channel
        FROM n WHERE i < 0 AND @customer_number IS NOT NULL LIMIT @limit
        """;

    [Fact]
    public async Task A_slow_source_is_timed_out_near_its_deadline_and_the_rest_is_there()
    {
        using var settings = new SourceSettings().AddFile("slow", "telephony", Slow).Set("slow", "Deadline", "00:00:00.300");
        await using var host = await settings.StartAsync();
        await host.GetAsync("1042");

        var started = Stopwatch.GetTimestamp();
        var dossier = await host.GetAsync("1042");
        var elapsed = Stopwatch.GetElapsedTime(started);

        Assert.Equal(SourceState.TimedOut, StateOf(dossier, "slow"));
        Assert.Equal(["sources/slow"], dossier.Unreachable);
        Assert.Equal(9, dossier.Interactions.Count);
        Assert.InRange(elapsed, TimeSpan.FromMilliseconds(290), TimeSpan.FromMilliseconds(1_500));
        Assert.InRange(
            dossier.Sources.Single(source => source.Source == "sources/slow").Elapsed.ToTimeSpan(), TimeSpan.FromMilliseconds(290), TimeSpan.FromMilliseconds(1_500));
        var status = (await host.Dossiers.GetSourceAsync(new GetSourceRequest { Name = "sources/slow" })).Source;
        Assert.Equal(SourceState.TimedOut, status.State);
        Assert.StartsWith("TIMED_OUT", status.LastFailure, StringComparison.Ordinal);
        await Soon.BecomesAsync(async () => (await host.Dossiers.GetSourceAsync(new GetSourceRequest { Name = "sources/slow" })).Source.AbandonedReads == 0);
    }

    [Fact]
    public async Task A_source_that_is_quick_again_is_read_again()
    {
        // Slow for as long as the store holds a call of this name.
        const string Sometimes = """
            -- name: interactions
            WITH RECURSIVE n(i) AS (
                SELECT 1 UNION ALL SELECT i + 1 FROM n
                WHERE i < (SELECT CASE WHEN EXISTS (SELECT 1 FROM known_caller WHERE name = 'slow') THEN 2000000000 ELSE 1 END))
            SELECT 'quick' AS id, '2026-10-08T12:00:00Z' AS occur_time, 'letter' AS channel
            FROM n WHERE i = 1 AND @customer_number IS NOT NULL AND @before_id IS NULL
            """;
        using var settings = new SourceSettings().AddFile("slow", "telephony", Sometimes).Set("slow", "Deadline", "00:00:00.200").Set("slow", "MaxConnections", "2");
        await using var host = await settings.StartAsync();
        var store = Path.Combine(settings.DataDirectory, "telephony.db");
        Rows.Execute(store, "INSERT INTO known_caller (number, name, noted_at) VALUES ('0', 'slow', 0)");

        var slow = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => host.GetAsync("1042")));
        Assert.All(slow, dossier => Assert.Contains(StateOf(dossier, "slow"), (SourceState[])[SourceState.TimedOut, SourceState.Unreachable]));
        Assert.All(slow, dossier => Assert.Equal(SourceState.Ok, StateOf(dossier, "administration")));
        Rows.Execute(store, "DELETE FROM known_caller WHERE name = 'slow'");

        var back = await Soon.BecomesAsync(() => host.GetAsync("1042"), dossier => StateOf(dossier, "slow") == SourceState.Ok);
        Assert.Single(back.Interactions, interaction => interaction.Source == "sources/slow");
    }

    [Fact]
    public async Task A_callers_short_deadline_is_kept_whatever_a_source_may_take()
    {
        using var settings = new SourceSettings().AddFile("slow", "telephony", Slow).Set("slow", "Deadline", "00:00:02");
        await using var host = await settings.StartAsync();
        await host.GetAsync("1042");
        await host.GetAsync("1043");

        var dossier = await WithinAsync(host, TimeSpan.FromMilliseconds(300), "1042", "1043", "1042", "1043", "1042");

        Assert.Equal(SourceState.TimedOut, StateOf(dossier, "slow"));
        Assert.Contains(dossier.Interactions, interaction => interaction.Source == "sources/telephony");
    }

    [Fact]
    public async Task A_slow_source_does_not_take_the_time_of_those_whose_keys_have_just_been_told()
    {
        using var settings = new SourceSettings().AddFile("slow", "telephony", Slow).Set("slow", "Deadline", "00:00:05");
        await using var host = await settings.StartAsync();
        await host.GetAsync("1042");

        // Nothing is remembered of these: telephony can be read only after administration has told the number.
        var dossier = await WithinAsync(host, TimeSpan.FromMilliseconds(1_500), "1043", "1044", "1047");

        Assert.Equal(SourceState.Ok, StateOf(dossier, "telephony"));
        Assert.Equal(["sources/slow"], dossier.Unreachable);
        Assert.Contains(dossier.Interactions, interaction => interaction.Source == "sources/telephony");
    }

    [Fact]
    public async Task A_look_up_keeps_its_time_budget()
    {
        using var settings = new SourceSettings().AddFile("slow", "telephony", Slow).Set("slow", "Deadline", "00:00:02");
        await using var host = await settings.StartAsync();
        await host.GetAsync("1042");
        await host.Dossiers.LookUpDossierAsync(new LookUpDossierRequest { Key = new CustomerKey { Phone = "0600001042" } });

        var started = Stopwatch.GetTimestamp();
        var found = await host.Dossiers.LookUpDossierAsync(
            new LookUpDossierRequest { Key = new CustomerKey { Phone = "0600001042" }, TimeBudget = Duration.FromTimeSpan(TimeSpan.FromMilliseconds(400)) });

        Assert.InRange(Stopwatch.GetElapsedTime(started), TimeSpan.Zero, TimeSpan.FromMilliseconds(1_500));
        Assert.Equal("customers/1042/dossier", found.Dossier.Name);
        Assert.Equal(["sources/slow"], found.Dossier.Unreachable);
    }

    [Fact]
    public async Task A_registry_that_somebody_else_writes_to_does_not_hold_a_first_dossier_up()
    {
        await using var host = await Patient.StartAsync();
        await host.GetAsync("1042");
        using var fault = StoreFault.Locked(host, "registry");

        // The keys that administration tells of 1043 cannot be remembered now.
        var dossier = await WithinAsync(host, TimeSpan.FromMilliseconds(1_500), "1043", "1044", "1047");

        Assert.Empty(dossier.Unreachable);
        Assert.Contains(dossier.Interactions, interaction => interaction.Source == "sources/telephony");
    }

    [Fact]
    public async Task The_guard_gives_its_verdict_in_time_while_somebody_else_writes_to_the_registry()
    {
        await using var host = await DossierHost.StartAsync();
        await host.Agreements.CreateAgreementAsync(StoryTests.CreditOf("1043", "202609-004388"), DossierHost.As("webcare"));
        var request = new CheckActionRequest { Action = Agreed.Letter("1043", Agreed.Bill("202609-004388", "BA-001043")) };
        await host.Guard.CheckActionAsync(request);
        using var fault = StoreFault.Locked(host, "registry");

        var decision = (await host.Guard.CheckActionAsync(request, deadline: In(TimeSpan.FromMilliseconds(1_500)))).Decision;

        Assert.Equal(Verdict.Block, decision.Verdict);
    }

    [Fact]
    public async Task A_deadline_that_has_passed_is_deadline_exceeded()
    {
        await using var host = await DossierHost.StartAsync();

        var error = await Assert.ThrowsAsync<RpcException>(async () => await host.Dossiers.GetDossierAsync(
            new GetDossierRequest { Name = "customers/1042/dossier" }, deadline: In(TimeSpan.FromMilliseconds(-1))));

        Assert.Equal(StatusCode.DeadlineExceeded, error.StatusCode);
    }

    [Fact]
    public async Task A_read_whose_caller_gave_no_deadline_has_the_services()
    {
        using var settings = new SourceSettings().AddFile("slow", "telephony", Slow).Set("slow", "Deadline", "00:00:50");
        await using var host = await DossierHost.StartAsync(settings.DataDirectory, [.. settings.All, ("Limits:Deadline", "00:00:06")]);

        var dossier = await host.GetAsync("1042");

        // Longer than a read has where nobody says a deadline, and shorter than the source may take.
        Assert.Equal(SourceState.TimedOut, StateOf(dossier, "slow"));
        Assert.InRange(dossier.Sources.Single(source => source.Source == "sources/slow").Elapsed.ToTimeSpan(), TimeSpan.FromSeconds(4), TimeSpan.FromSeconds(40));
    }

    [Fact]
    public async Task A_watch_and_a_stream_of_checks_outlive_the_services_deadline()
    {
        await using var host = await DossierHost.StartAsync(("Limits:Deadline", "00:00:01"), ("Registry:Deadline", "00:01:00"));
        using var watcher = await Watcher.OpenAsync(host.Agreements, new WatchAgreementsRequest { Parent = "customers/-" });
        using var checks = host.Guard.CheckActions(DossierHost.As("administration"));
        var check = new CheckActionsRequest { CorrelationId = "1", Action = Agreed.Letter("1042", Agreed.Bill("202609-003201", "BA-001042")) };
        await checks.RequestStream.WriteAsync(check);
        Assert.True(await checks.ResponseStream.MoveNext(CancellationToken.None));

        // A call that begins after them ends at that deadline.
        using (StoreFault.Locked(host, "registry"))
        {
            var late = await Assert.ThrowsAsync<RpcException>(async () => await host.Agreements.CreateAgreementAsync(Agreed.Remark("1042", "te laat"), DossierHost.As("webcare")));
            Assert.Equal(StatusCode.DeadlineExceeded, late.StatusCode);
        }

        AgreementChange? made = null;
        await Eventually.TrueAsync(
            async () => (await host.Agreements.CreateAgreementAsync(Agreed.Remark("1043", "op tijd"), DossierHost.As("webcare"), In(DossierProcess.Patience))).Agreement.Name.Length > 0, "the registry takes changes");
        while (made?.Agreement.StartsWith("customers/1043/", StringComparison.Ordinal) != true)
        {
            made = (await watcher.ChangesAsync())[^1];
        }

        check.CorrelationId = "2";
        await checks.RequestStream.WriteAsync(check);
        await checks.RequestStream.CompleteAsync();
        Assert.True(await checks.ResponseStream.MoveNext(CancellationToken.None));
        Assert.Equal(("2", Verdict.Allow), (checks.ResponseStream.Current.CorrelationId, checks.ResponseStream.Current.Result.Decision.Verdict));
        Assert.False(await checks.ResponseStream.MoveNext(CancellationToken.None));
    }

    [Fact]
    public async Task A_change_whose_caller_gave_no_deadline_ends_at_the_services_with_its_reason_and_changes_nothing()
    {
        await using var host = await DossierHost.StartAsync(("Limits:Deadline", "00:00:00.700"), ("Registry:Deadline", "00:01:00"));
        var request = Agreed.Remark("1042", "te laat");
        RpcException late;
        using (StoreFault.Locked(host, "registry"))
        {
            late = await Assert.ThrowsAsync<RpcException>(async () => await host.Agreements.CreateAgreementAsync(request, DossierHost.As("webcare")));
        }

        Assert.Equal((StatusCode.DeadlineExceeded, "DEADLINE_EXCEEDED"), (late.StatusCode, Refused.Of(late).Reason));
        await Eventually.TrueAsync(
            async () => (await host.Agreements.CreateAgreementAsync(request, DossierHost.As("webcare"), In(DossierProcess.Patience))).Agreement.Name.Length > 0, "it can be repeated");
        Assert.Single((await host.GetAsync("1042")).Agreements);
    }

    private static SourceState StateOf(V1.Dossier dossier, string source) => dossier.Sources.Single(status => status.Source == $"sources/{source}").State;

    private static System.DateTime In(TimeSpan time) => (TimeProvider.System.GetUtcNow() + time).UtcDateTime;

    /// <summary>The first of several dossiers that comes before the caller's deadline: a busy machine may take one, a promise broken takes all.</summary>
    private static async Task<V1.Dossier> WithinAsync(DossierHost host, TimeSpan deadline, params string[] customers)
    {
        foreach (var customer in customers)
        {
            try
            {
                return (await host.Dossiers.GetDossierAsync(new GetDossierRequest { Name = $"customers/{customer}/dossier" }, deadline: In(deadline))).Dossier;
            }
            catch (RpcException late) when (late.StatusCode == StatusCode.DeadlineExceeded)
            {
            }
        }

        throw new Xunit.Sdk.XunitException($"None of {customers.Length} dossiers came within {deadline.TotalMilliseconds} ms.");
    }
}
