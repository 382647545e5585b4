using Dapper;
using Dossier.Registry;
using Dossier.Tests.Fixtures;
using Dossier.Tests.ServiceTests;
using Dossier.V1;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using Kind = Dossier.V1.Conflict.Types.Kind;
using State = Dossier.V1.Conflict.Types.State;

namespace Dossier.Tests.ConformanceTests;

/// <summary>Conflicts that are found without anybody looking: by one instance at a time, on what can be read.</summary>
/// <typeparam name="TServers">The vendor's databases.</typeparam>
public abstract class SweepConformance<TServers> : IDisposable
    where TServers : Servers, new()
{
    private static readonly Metadata Administration = DossierHost.As("administration", "sanne");
    private readonly Lazy<TServers> lazy = new(() => new TServers());

    private Servers Servers => lazy.Value;

    public void Dispose()
    {
        if (lazy.IsValueCreated)
        {
            lazy.Value.Dispose();
        }

        GC.SuppressFinalize(this);
    }

    [ServerFact]
    public async Task What_nobody_looks_at_is_found_by_the_sweep_and_closed_when_its_facts_are_gone()
    {
        await using var host = await StartAsync();
        await host.Agreements.CreateAgreementAsync(Credit("1045", "202607-003045"), Calls.Webcare);

        await Eventually.TrueAsync(async () => (await OpenAsync(host, Kind.BillContradictsAgreement)).Contains("1045"), "the bill is found");
        await Eventually.TrueAsync(async () => (await OpenAsync(host, Kind.AcknowledgementOverdue)).Contains("1045"), "the overdue acknowledgement is found");
        Servers.CreditInvoice("202607-003045", "CN-1045");
        await Eventually.TrueAsync(async () => !(await OpenAsync(host, Kind.BillContradictsAgreement)).Contains("1045"), "the credit note closes it");
        Assert.NotEmpty(Servers.Query<string>("SELECT owner FROM sweep_lease WHERE complete_time IS NOT NULL"));
    }

    [ServerFact]
    public async Task A_sweep_leaves_a_record_of_its_own_and_one_that_reads_nobody_none()
    {
        await using var host = await StartAsync();
        await Eventually.TrueAsync(() => Task.FromResult(Servers.Query<string>("SELECT owner FROM sweep_lease WHERE complete_time IS NOT NULL").Count > 0), "it has swept");
        Assert.Empty(Servers.Query<string>("SELECT method FROM access_record"));

        await host.Agreements.CreateAgreementAsync(Agreed.DunningBlock("1045"), Calls.Webcare);

        var access = new AccessService.AccessServiceClient(host.Channel);
        AccessRecord? sweep = null;
        await Eventually.TrueAsync(
            async () => (sweep = (await access.ListAccessRecordsAsync(new ListAccessRecordsRequest { Parent = "customers/-" })).AccessRecords.FirstOrDefault(record => record.Method == "ConflictSweep")) is not null,
            "the sweep is recorded");
        Assert.Equal(("systems/dossier", "", "conflict-sweep"), (sweep!.System, sweep.Agent, sweep.Purpose));
        Assert.Contains(Section.Invoices, sweep.Sections);
        Assert.Equal(
            ["sources/administration", "sources/registry", "sources/telephony", "sources/webcare"], sweep.Sources.Order(StringComparer.Ordinal));
    }

    [ServerFact]
    public async Task A_pending_subject_is_looked_up_again_and_one_that_is_not_there_is_a_conflict()
    {
        await using var host = await StartAsync();
        await host.Dossiers.PauseSourceAsync(new PauseSourceRequest { Name = "sources/administration", RequestId = Agreed.NewId() }, Administration);
        var real = (await host.Agreements.CreateAgreementAsync(Credit("1046", "202607-003046"), Calls.Webcare)).Agreement;
        var unreal = (await host.Agreements.CreateAgreementAsync(Credit("1047", "202607-999999"), Calls.Webcare)).Agreement;
        var others = (await host.Agreements.CreateAgreementAsync(Credit("1048", "202607-003046"), Calls.Webcare)).Agreement;
        Assert.All([real, unreal, others], agreement => Assert.Equal(Verification.Pending, agreement.Effects[0].Subjects[0].Verification));

        await host.Dossiers.ResumeSourceAsync(new ResumeSourceRequest { Name = "sources/administration", RequestId = Agreed.NewId() }, Administration);

        await Eventually.TrueAsync(async () => (await OpenAsync(host, Kind.SubjectUnknown)) is var found && found.Contains("1047") && found.Contains("1048"), "the unknown are found");
        await Eventually.TrueAsync(async () => (await ReadAsync(host, real)).Effects[0].Subjects[0].Verification == Verification.Verified, "the real one is verified");
        var verified = await ReadAsync(host, real);
        Assert.Equal((2, 1, "BA-001046"), (verified.Revision, verified.BindingRevision, verified.Effects[0].Subjects[0].Parents.Single().Id));
        Assert.Equal(real.Acknowledgements.Count, verified.Acknowledgements.Count);
        Assert.Equal(1, (await ReadAsync(host, unreal)).Revision);
        var revisions = (await host.Agreements.ListAgreementRevisionsAsync(new ListAgreementRevisionsRequest { Name = real.Name })).Revisions;
        Assert.Equal(["", "systems/webcare"], revisions.Select(revision => revision.System));

        // The dossier cannot look it up, and shows it all the same.
        Assert.Contains((await host.GetAsync("1047")).Conflicts, conflict => conflict is { Kind: Kind.SubjectUnknown, State: State.Open, Owner: "systems/webcare" });
    }

    [ServerFact]
    public async Task One_instance_sweeps_at_a_time_and_another_goes_on_where_it_was()
    {
        // By one clock: a lease ends by it.
        var clock = ConformanceTests.Servers.Clock;
        await using var one = await DossierHost.StartAsync(clock, Servers.Settings());
        await using var other = await DossierHost.StartAsync(clock, Servers.Settings());
        var (mine, theirs) = (one.Services.GetRequiredService<RegistryDatabase>(), other.Services.GetRequiredService<RegistryDatabase>());

        Assert.NotNull(await Write(mine, session => session.TakeSweep("one", Later(session, 60), Later(session, 120))));
        Assert.Null(await Write(theirs, session => session.TakeSweep("other", Later(session, 60), Later(session, 120))));
        Assert.Null(await Write(theirs, session => session.KeepSweep("other", Later(session, 60), "x", null)));
        Assert.Equal("1050", (await Write(mine, session => session.KeepSweep("one", Later(session, 60), "1050", null)))!.Position);

        // It has stopped: its time ends at once.
        await Write(mine, session => session.KeepSweep("one", session.Now, "1050", null));
        var taken = await Write(theirs, session => session.TakeSweep("other", Later(session, 60), Later(session, 120)));
        Assert.Equal(("other", "1050"), (taken!.Owner, taken.Position));
        Assert.Null(await Write(mine, session => session.KeepSweep("one", Later(session, 60), "1051", null)));
    }

    [ServerFact]
    public async Task An_instance_that_is_told_to_stop_hands_the_sweep_over_where_it_is()
    {
        var clock = ConformanceTests.Servers.Clock;
        await using var other = await DossierHost.StartAsync(clock, Servers.Settings());
        foreach (var customer in Enumerable.Range(2320, 10))
        {
            await other.Agreements.CreateAgreementAsync(Agreed.DunningBlock($"{customer}"), Calls.Webcare);
        }

        var registry = other.Services.GetRequiredService<RegistryDatabase>();
        await using (var one = await DossierHost.StartAsync(clock, Servers.Settings().Concat([("Sweep:Interval", "00:00:00.200"), ("Sweep:CustomersPerSecond", "1")])))
        {
            await Eventually.TrueAsync(
                () => registry.ReadAsync(session => session.SweepLease().Owner.Length > 0, CancellationToken.None), "it sweeps");
            Assert.Null(await Write(registry, session => session.TakeSweep("other", Later(session, 60), Later(session, 120))));
        }

        Assert.NotNull(await Write(registry, session => session.TakeSweep("other", Later(session, 60), Later(session, 120))));
    }

    [ServerFact]
    public async Task A_customer_whom_the_registry_cannot_write_keeps_the_sweep_from_no_other()
    {
        await using (var host = await Servers.StartAsync(("Sweep:Interval", "00:00:00")))
        {
            foreach (var (customer, invoice) in new[] { ("1045", "202607-003045"), ("1046", "202607-003046") })
            {
                await host.Agreements.CreateAgreementAsync(Credit(customer, invoice), Calls.Webcare);
            }
        }

        using (var owner = Servers.Open(Servers.RegistryOwner))
        {
            await owner.ExecuteAsync(Servers.Vendor.Name == "Sqlite"
                ? "CREATE TRIGGER odd BEFORE INSERT ON conflict WHEN NEW.customer = '1045' BEGIN SELECT RAISE(ABORT, 'odd'); END"
                : "ALTER TABLE conflict ADD CONSTRAINT odd CHECK (customer <> '1045')");
        }

        await using var sweeping = await StartAsync();

        await Eventually.TrueAsync(() => Task.FromResult(Servers.Query<string>("SELECT owner FROM sweep_lease WHERE complete_time IS NOT NULL").Count > 0), "it has swept");
        Assert.Contains("1046", await OpenAsync(sweeping, Kind.BillContradictsAgreement));
        Assert.DoesNotContain("1045", await OpenAsync(sweeping, Kind.BillContradictsAgreement));
    }

    [ServerFact]
    public async Task A_clock_that_was_a_year_ahead_keeps_nobody_from_sweeping()
    {
        const int Year = 365 * 86_400;
        await using (var host = await Servers.StartAsync(("Sweep:Interval", "00:00:00")))
        {
            var registry = host.Services.GetRequiredService<RegistryDatabase>();
            await Write(registry, session => session.TakeSweep("ahead", Later(session, Year), Later(session, 120)));
            Assert.NotNull(await Write(registry, session => session.KeepSweep("ahead", Later(session, Year), "", Later(session, Year))));
        }

        await using var sweeping = await StartAsync();

        await Eventually.TrueAsync(() => Task.FromResult(Servers.Query<string>("SELECT owner FROM sweep_lease WHERE owner <> 'ahead'").Count > 0), "another one sweeps");
        var swept = sweeping.Services.GetRequiredService<RegistryDatabase>();
        await Eventually.TrueAsync(
            () => swept.ReadAsync(session => session.SweepLease().CompleteTime is { } last && last.Micros <= ConformanceTests.Servers.Clock.GetUtcNow().AddDays(1).ToMicros(), CancellationToken.None),
            "it is done, and says when");
    }

    [ServerFact]
    public async Task What_is_open_overdue_and_swept_is_measured()
    {
        var measured = new System.Collections.Concurrent.ConcurrentDictionary<string, double>(StringComparer.Ordinal);
        using var listener = new System.Diagnostics.Metrics.MeterListener
        {
            InstrumentPublished = (instrument, listening) =>
            {
                if (instrument.Meter.Name == Telemetry.Name)
                {
                    listening.EnableMeasurementEvents(instrument);
                }
            },
        };
        var swept = 0;
        void Seen(string name, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            var words = string.Join(' ', tags.ToArray().Select(tag => tag.Value));
            if ((name, words) == ("dossier.sweep.customers", "False"))
            {
                Interlocked.Increment(ref swept);
            }

            measured[$"{name} {words}".TrimEnd()] = value;
        }

        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Seen(instrument.Name, value, tags));
        listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Seen(instrument.Name, value, tags));
        listener.Start();
        await using var host = await StartAsync(
            ("Systems:shop:MustAcknowledge:0", "DUNNING_BLOCK"), ("Systems:shop:Within", "00:00:00"), ("Systems:local:MustAcknowledge:0", "DUNNING_BLOCK"));
        await host.Agreements.CreateAgreementAsync(Credit("1045", "202607-003045"), Calls.Webcare);
        await host.Agreements.CreateAgreementAsync(Credit("1046", "202607-003046"), Calls.Webcare);
        await host.Agreements.CreateAgreementAsync(Agreed.DunningBlock("2330"), Calls.Webcare);
        var withdraw = Agreed.Withdraw((await host.Agreements.CreateAgreementAsync(Agreed.DunningBlock("2331"), Calls.Webcare)).Agreement);
        withdraw.CustomerInformed = new CustomerInformed();
        await host.Agreements.WithdrawAgreementAsync(withdraw, Calls.Webcare);

        string[] expected =
        [
            "dossier.acknowledgement.overdue administration 4",
            "dossier.acknowledgement.overdue local 0",
            "dossier.acknowledgement.overdue shop 2",
            "dossier.conflicts.open ACKNOWLEDGEMENT_OVERDUE administration 4",
            "dossier.conflicts.open ACKNOWLEDGEMENT_OVERDUE shop 2",
            "dossier.conflicts.open BILL_CONTRADICTS_AGREEMENT administration 2",
            "dossier.conflicts.open CUSTOMER_NOT_INFORMED webcare 1",
        ];
        string[] figures = [];
        await Eventually.TrueAsync(
            () =>
            {
                // What is no longer said is no longer so.
                measured.Clear();
                listener.RecordObservableInstruments();
                figures =
                [
                    .. measured.Where(one => one.Key.StartsWith("dossier.conflicts.open", StringComparison.Ordinal) || one.Key.StartsWith("dossier.acknowledgement.overdue", StringComparison.Ordinal))
                        .Select(one => $"{one.Key} {one.Value}").Order(StringComparer.Ordinal),
                ];
                return Task.FromResult(figures.SequenceEqual(expected) && measured.TryGetValue("dossier.sweep.age", out var age) && age is >= 0 and < 60 && swept > 0);
            },
            () => $"these are measured: {string.Join(", ", figures)}");
    }

    [ServerFact]
    public async Task Of_many_that_take_the_sweep_at_once_one_has_it()
    {
        await using var host = await Servers.StartAsync();
        var registry = host.Services.GetRequiredService<RegistryDatabase>();

        var taken = await Calls.AtOnceAsync(16, number => Write(registry, session => session.TakeSweep($"instance-{number}", Later(session, 60), Later(session, 120))));

        Assert.Single(taken, lease => lease is not null);
    }

    [ServerFact]
    public async Task A_page_of_customers_holds_each_once_those_with_agreements_and_those_with_open_conflicts()
    {
        await using var host = await Servers.StartAsync();
        await host.GetAsync("1042");
        foreach (var customer in new[] { "2310", "2311", "2312" })
        {
            await host.Agreements.CreateAgreementAsync(Agreed.DunningBlock(customer), Calls.Webcare);
            await host.Agreements.CreateAgreementAsync(Agreed.DunningBlock(customer), Calls.Webcare);
        }

        var registry = host.Services.GetRequiredService<RegistryDatabase>();
        var seen = new List<string>();
        IReadOnlyList<string> page;
        do
        {
            page = await registry.ReadAsync(session => session.SweepCustomers(seen.LastOrDefault() ?? "", long.MaxValue / 4_000, 2), CancellationToken.None);
            seen.AddRange(page);
        }
        while (page.Count == 2);

        Assert.Equal(["1042", "2310", "2311", "2312"], seen);
    }

    private static Moment Later(RegistryWriting session, int seconds) => session.Now + (seconds * 1_000_000L);

    private static Task<SweepLeaseRow?> Write(RegistryDatabase registry, Func<RegistryWriting, SweepLeaseRow?> work) =>
        registry.WriteAsync(work, commit: true, TimeSpan.FromSeconds(30), CancellationToken.None);

    private static CreateAgreementRequest Credit(string customer, string invoice) =>
        Agreed.Create(customer, new Effect { CreditInvoice = new CreditInvoice(), Subjects = { Agreed.Invoice(invoice) } });

    private static async Task<IReadOnlyCollection<string>> OpenAsync(DossierHost host, Kind kind) =>
        [.. (await host.Agreements.ListConflictsAsync(new ListConflictsRequest { Parent = "customers/-", Kinds = { kind }, State = State.Open })).Conflicts
            .Select(conflict => conflict.Name.Split('/')[1])];

    private static async Task<Agreement> ReadAsync(DossierHost host, Agreement agreement) =>
        (await host.Agreements.GetAgreementAsync(new GetAgreementRequest { Name = agreement.Name })).Agreement;

    /// <summary>Sweeps all the time; an acknowledgement is due at once.</summary>
    private Task<DossierHost> StartAsync(params (string Key, string Value)[] more) => Servers.StartAsync(
    [
        ("Sweep:Interval", "00:00:00.200"), ("Sweep:CustomersPerSecond", "1000"), ("Systems:administration:MustAcknowledge:0", "*"), ("Systems:administration:Within", "00:00:00"),
        ("Systems:webcare:Within", "1.00:00:00"), ("Systems:local:Within", "1.00:00:00"), .. more,
    ]);
}

public sealed class SqliteSweepTests : SweepConformance<SqliteServers>;

[NeedsServer(PostgresDatabase.Variable, alsoInCI: true)]
public sealed class PostgresSweepTests : SweepConformance<PostgresServers>;

[NeedsServer(SqlServerServers.Variable, alsoInCI: false)]
public sealed class SqlServerSweepTests : SweepConformance<SqlServerServers>;
