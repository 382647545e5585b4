using Dossier.Tests.Fixtures;
using Dossier.Tests.ServiceTests;
using Dossier.V1;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;

namespace Dossier.Tests.ConformanceTests;

/// <summary>A source that people pause is read by no instance until they resume it or its time has come.</summary>
/// <typeparam name="TServers">The vendor's databases.</typeparam>
public abstract class PauseConformance<TServers>(VendorHost<TServers> vendor) : IClassFixture<VendorHost<TServers>>
    where TServers : Servers, new()
{
    private readonly DossierHost host = vendor.Host;

    private DateTimeOffset Now => host.Services.GetRequiredService<TimeProvider>().GetUtcNow();

    [ServerFact]
    public async Task A_paused_source_is_named_and_read_by_no_instance_until_it_is_resumed()
    {
        await using var other = await vendor.Servers.StartAsync();
        Assert.Empty((await other.GetAsync("1042")).Unreachable);

        var paused = await PauseAsync("telephony");

        Assert.Equal(("sources/telephony", true, null, "systems/webcare", "daan"), (paused.Pause.Source, paused.Pause.Paused, paused.Pause.UntilTime, paused.Pause.System, paused.Pause.Agent));
        await IsPausedAsync(host);
        await Eventually.TrueAsync(async () => StateOf(await other.GetAsync("1042")) == SourceState.Paused, "the other instance has paused it too", TimeSpan.FromSeconds(10));
        await IsPausedAsync(other);
        var source = (await host.Dossiers.GetSourceAsync(new GetSourceRequest { Name = "sources/telephony" })).Source;
        Assert.Equal((SourceState.Paused, paused.Pause), (source.State, source.Pause));

        // Whoever starts while it is paused does not read it either.
        await using (var late = await vendor.Servers.StartAsync())
        {
            await Eventually.TrueAsync(async () => StateOf(await late.GetAsync("1042")) == SourceState.Paused, "a new instance has paused it", TimeSpan.FromSeconds(10));
        }

        var resumed = await ResumeAsync("telephony");
        Assert.Equal((false, paused.RegistrySequence + 1), (resumed.Pause.Paused, resumed.RegistrySequence));
        Assert.Equal(SourceState.Ok, StateOf(await host.GetAsync("1042")));
        await Eventually.TrueAsync(async () => StateOf(await other.GetAsync("1042")) == SourceState.Ok, "the other instance reads it again", TimeSpan.FromSeconds(10));
        Assert.Null((await host.Dossiers.GetSourceAsync(new GetSourceRequest { Name = "sources/telephony" })).Source.Pause);
    }

    [ServerFact]
    public async Task A_pause_ends_by_itself_at_its_moment()
    {
        var until = Timestamp.FromDateTimeOffset(Now.AddMinutes(10));
        until.Nanos = 123_456_789;
        var far = new Timestamp { Seconds = 253_402_300_799, Nanos = 999_999_999 };

        Assert.Equal((far.Seconds, 999_999_000), (await PauseAsync("webcare", far)).Pause.UntilTime is { } kept ? (kept.Seconds, kept.Nanos) : default);
        Assert.Equal(SourceState.Paused, StateOf(await host.GetAsync("1042"), "webcare"));
        var paused = await PauseAsync("webcare", until);
        Assert.Equal(123_456_000, paused.Pause.UntilTime.Nanos);

        // An instance whose clock is past that moment reads it.
        await using var later = await DossierHost.StartAsync(new Sample.DemoClock(Sample.SampleSetup.DefaultNow.AddHours(2)), vendor.Servers.Settings());
        await Task.Delay(TimeSpan.FromSeconds(2), TimeProvider.System);
        Assert.Equal(SourceState.Ok, StateOf(await later.GetAsync("1042"), "webcare"));
        Assert.Equal(SourceState.Paused, StateOf(await host.GetAsync("1042"), "webcare"));
        await ResumeAsync("webcare");
    }

    [ServerFact]
    public async Task A_repeated_pause_gives_its_first_answer_and_pauses_nothing_again()
    {
        var request = new PauseSourceRequest { Name = "sources/administration", RequestId = Agreed.NewId(), UntilTime = Timestamp.FromDateTimeOffset(Now.AddDays(1)) };
        var first = await host.Dossiers.PauseSourceAsync(request, Calls.Webcare);
        await ResumeAsync("administration");
        var before = RegistryContents.Of(vendor.Servers).IsSound().ToString();

        Assert.Equal(first, await host.Dossiers.PauseSourceAsync(request, Calls.Webcare));

        Assert.Equal(SourceState.Ok, StateOf(await host.GetAsync("1042"), "administration"));
        Assert.Equal(before, RegistryContents.Of(vendor.Servers).ToString());
        request.UntilTime = null;
        Assert.Equal("REQUEST_ID_REUSED", (await Refused.ByAsync(async () => await host.Dossiers.PauseSourceAsync(request, Calls.Webcare))).Reason);
    }

    [ServerFact]
    public async Task A_pause_that_is_wrong_or_only_validated_pauses_nothing()
    {
        // The first dossier remembers keys, which is a change too.
        await host.GetAsync("1042");
        var before = RegistryContents.Of(vendor.Servers).ToString();
        var past = Timestamp.FromDateTimeOffset(Now.AddHours(-1));
        BadFieldsTests.AssertFields(await Refused.ByAsync(() => PauseAsync("webcare", past)), "until_time");
        BadFieldsTests.AssertFields(await Refused.ByAsync(() => PauseAsync("registry")), "name");
        var unknown = await Refused.ByAsync(() => PauseAsync("nowhere"));
        Assert.Equal((StatusCode.NotFound, "RESOURCE_NOT_FOUND"), (unknown.Code, unknown.Reason));
        var nobody = await Refused.ByAsync(async () => await host.Dossiers.PauseSourceAsync(
            new PauseSourceRequest { Name = "sources/webcare", RequestId = Agreed.NewId() }, DossierHost.As("webcare", agent: null)));
        Assert.Equal(StatusCode.InvalidArgument, nobody.Code);

        var would = await host.Dossiers.PauseSourceAsync(new PauseSourceRequest { Name = "sources/webcare", RequestId = Agreed.NewId(), ValidateOnly = true }, Calls.Webcare);

        Assert.True(would.Pause.Paused);
        Assert.Equal(SourceState.Ok, StateOf(await host.GetAsync("1042"), "webcare"));
        Assert.Equal(before, RegistryContents.Of(vendor.Servers).ToString());
    }

    private static async Task IsPausedAsync(DossierHost instance)
    {
        var dossier = await instance.GetAsync("1042");
        Assert.Equal(SourceState.Paused, StateOf(dossier));
        Assert.Equal(["sources/telephony"], dossier.Unreachable);
        Assert.DoesNotContain(dossier.Interactions, interaction => interaction.Source == "sources/telephony");
        Assert.NotEmpty(dossier.Invoices);
    }

    private static SourceState StateOf(V1.Dossier dossier, string source = "telephony") => dossier.Sources.Single(status => status.Source == $"sources/{source}").State;

    private async Task<PauseSourceResponse> PauseAsync(string source, Timestamp? until = null) => await host.Dossiers.PauseSourceAsync(
        new PauseSourceRequest { Name = $"sources/{source}", UntilTime = until, RequestId = Agreed.NewId() }, Calls.Webcare);

    private async Task<ResumeSourceResponse> ResumeAsync(string source) => await host.Dossiers.ResumeSourceAsync(
        new ResumeSourceRequest { Name = $"sources/{source}", RequestId = Agreed.NewId() }, Calls.Webcare);
}

public sealed class SqlitePauseTests(VendorHost<SqliteServers> vendor) : PauseConformance<SqliteServers>(vendor);

[NeedsServer(PostgresDatabase.Variable, alsoInCI: true)]
public sealed class PostgresPauseTests(VendorHost<PostgresServers> vendor) : PauseConformance<PostgresServers>(vendor);

[NeedsServer(SqlServerServers.Variable, alsoInCI: false)]
public sealed class SqlServerPauseTests(VendorHost<SqlServerServers> vendor) : PauseConformance<SqlServerServers>(vendor);
