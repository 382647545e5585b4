using Dossier.Registry;
using Dossier.Tests.Fixtures;
using Dossier.Tests.ServiceTests;
using Dossier.V1;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Kind = Dossier.V1.AgreementChange.Types.Kind;

namespace Dossier.Tests.ConformanceTests;

/// <summary>Watchers hear of every change that their filter lets through: in order, once, whole, and from where they left off.</summary>
public abstract class WatchConformance<TServers>(LifeHost<TServers> life) : IClassFixture<LifeHost<TServers>>
    where TServers : Servers, new()
{
    private readonly DossierHost host = life.Host;

    private AgreementService.AgreementServiceClient Agreements => host.Agreements;

    [ServerFact]
    public async Task Whoever_watches_from_now_hears_what_comes_with_who_made_it_and_what_must_be_taken_over()
    {
        var before = await CreateAsync("2001");
        using var watcher = await Watcher.OpenAsync(Agreements, new WatchAgreementsRequest { Parent = "customers/2001" });
        Assert.Equal(before.RegistrySequence, watcher.Last.CompleteThroughSequence);

        var made = await CreateAsync("2001");
        var change = Assert.Single(await watcher.ChangesAsync());

        Assert.Equal(
            (made.Agreement.Name, Kind.Created, 1L, 1L, made.RegistrySequence, "systems/webcare"),
            (change.Agreement, change.Kind, change.Revision, change.BindingRevision, change.Sequence, change.System));
        Assert.InRange(change.ChangeTime.ToDateTimeOffset(), made.Agreement.CreateTime.ToDateTimeOffset(), made.Agreement.CreateTime.ToDateTimeOffset().AddMinutes(1));
        Assert.Equal(made.RegistrySequence, watcher.Last.CompleteThroughSequence);
    }

    [ServerFact]
    public async Task Every_way_of_changing_an_agreement_is_told_by_its_kind()
    {
        var start = await SequenceAsync();
        var shop = DossierHost.As("shop", "els");
        var told = new CustomerInformed { Informed = true, Channel = "phone" };
        var proposed = (await Agreements.CreateAgreementAsync(Agreed.DunningBlock("2002", Agreed.Day(2026, 12, 1)), shop)).Agreement;
        var active = (await Agreements.ApproveAgreementAsync(new ApproveAgreementRequest { Name = proposed.Name, Etag = proposed.Etag, RequestId = Agreed.NewId() }, Calls.Webcare)).Agreement;
        await Agreements.AcknowledgeAgreementAsync(
            new AcknowledgeAgreementRequest { Name = active.Name, BindingRevision = active.BindingRevision, Received = new(), RequestId = Agreed.NewId() }, DossierHost.As("administration", "batch"));
        var replaced = await Agreements.SupersedeAgreementAsync(
            new SupersedeAgreementRequest
            {
                Name = active.Name, Etag = active.Etag, Agreement = Agreed.DunningBlock("2002", Agreed.Day(2026, 12, 31)).Agreement,
                Reason = "Langer nodig", CustomerInformed = told, RequestId = Agreed.NewId(),
            },
            Calls.Webcare);
        var ended = await Agreements.FulfillAgreementAsync(new FulfillAgreementRequest { Name = replaced.Agreement.Name, Etag = replaced.Agreement.Etag, RequestId = Agreed.NewId() }, Calls.Webcare);
        var rejected = (await Agreements.CreateAgreementAsync(Agreed.DunningBlock("2002"), shop)).Agreement;
        await Agreements.RejectAgreementAsync(new RejectAgreementRequest { Name = rejected.Name, Etag = rejected.Etag, Reason = "Geen grond", CustomerInformed = told, RequestId = Agreed.NewId() }, Calls.Webcare);
        var withdrawn = (await CreateAsync("2002")).Agreement;
        await Agreements.WithdrawAgreementAsync(Agreed.Withdraw(withdrawn), Calls.Webcare);

        using var watcher = await Watcher.OpenAsync(Agreements, new WatchAgreementsRequest { Parent = "customers/2002", AfterSequence = start });
        var changes = await watcher.ChangesAsync(10);

        Assert.Equal(
            [Kind.Created, Kind.Approved, Kind.Acknowledged, Kind.Created, Kind.Superseded, Kind.Fulfilled, Kind.Created, Kind.Rejected, Kind.Created, Kind.Withdrawn],
            Ordered(changes));
        Assert.Equal(changes.Select(change => change.Sequence).Order(), changes.Select(change => change.Sequence));
        Assert.Equal("systems/administration", changes.Single(change => change.Kind == Kind.Acknowledged).System);
        Assert.Equal(ended.RegistrySequence, changes.Single(change => change.Kind == Kind.Fulfilled).Sequence);
    }

    [ServerFact]
    public async Task What_one_request_changed_comes_in_one_message()
    {
        var old = (await CreateAsync("2003")).Agreement;
        using var watcher = await Watcher.OpenAsync(Agreements, new WatchAgreementsRequest { Parent = "customers/2003" });

        var answer = await Agreements.SupersedeAgreementAsync(
            new SupersedeAgreementRequest
            {
                Name = old.Name, Etag = old.Etag, Agreement = Agreed.Remark("2003", "nieuw").Agreement, Reason = "Anders",
                CustomerInformed = new CustomerInformed { Informed = true, Channel = "phone" }, RequestId = Agreed.NewId(),
            },
            Calls.Webcare);

        var changes = await watcher.ChangesAsync();
        Assert.Equal([answer.Agreement.Name, old.Name], changes.OrderBy(change => change.Kind).Select(change => change.Agreement));
        Assert.Equal([Kind.Created, Kind.Superseded], changes.Select(change => change.Kind).Order());
        Assert.Equal(answer.RegistrySequence, watcher.Last.CompleteThroughSequence);
    }

    [ServerFact]
    public async Task From_any_message_s_token_a_watch_goes_on_as_if_it_had_never_ended()
    {
        var start = await SequenceAsync();
        var made = new List<long>();
        for (var number = 0; number < 12; number++)
        {
            made.Add((await CreateAsync("2004")).RegistrySequence);
        }

        var request = new WatchAgreementsRequest { Parent = "customers/2004", AfterSequence = start };
        var heard = new List<long>();
        while (heard.Count < made.Count)
        {
            using var watcher = await Watcher.OpenAsync(Agreements, request);
            heard.AddRange((await watcher.ChangesAsync()).Select(change => change.Sequence));
            request.ResumeToken = watcher.Last.ResumeToken;
        }

        Assert.Equal(made, heard);
    }

    [ServerFact]
    public async Task A_list_s_sequence_continues_the_list_without_a_gap_and_zero_is_the_beginning()
    {
        var list = await Agreements.ListAgreementsAsync(new ListAgreementsRequest { Parent = "customers/2005" });
        var made = await CreateAsync("2005");
        foreach (var after in new[] { list.RegistrySequence, 0 })
        {
            using var watcher = await Watcher.OpenAsync(Agreements, new WatchAgreementsRequest { Parent = "customers/2005", AfterSequence = after });
            Assert.Equal(made.Agreement.Name, (await watcher.ChangesAsync())[0].Agreement);
        }

        using var all = await Watcher.OpenAsync(Agreements, new WatchAgreementsRequest { Parent = "customers/-", AfterSequence = 0 });
        var last = 0L;
        while (last < made.RegistrySequence)
        {
            last = (await all.ChangesAsync())[^1].Sequence;
        }
    }

    [ServerFact]
    public async Task Filters_look_at_effects_at_who_made_it_and_at_who_must_or_had_to_acknowledge()
    {
        var start = await SequenceAsync();
        var block = (await Agreements.CreateAgreementAsync(Agreed.DunningBlock("2006"), Calls.Webcare)).Agreement;
        var remark = (await Agreements.CreateAgreementAsync(Agreed.Remark("2006", "mondeling"), DossierHost.As("telephony", "tom"))).Agreement;
        await Agreements.WithdrawAgreementAsync(Agreed.Withdraw(block), Calls.Webcare);
        await Agreements.WithdrawAgreementAsync(Agreed.Withdraw(remark), Calls.Webcare);
        var request = new WatchAgreementsRequest { Parent = "customers/2006", AfterSequence = start };

        Assert.Equal([block.Name, block.Name], await FirstTwoAsync(request, filter => filter.EffectKinds.Add(EffectKind.DunningBlock)));
        Assert.Equal([block.Name, block.Name], await FirstTwoAsync(request, filter => filter.ObligedSystems.Add("systems/administration")));
        Assert.Equal([remark.Name, remark.Name], await FirstTwoAsync(request, filter => filter.OriginSystems.Add("systems/telephony")));
        Assert.Equal([remark.Name, remark.Name], await FirstTwoAsync(request, filter => filter.EffectKinds.Add([EffectKind.Remark, EffectKind.Refund])));
    }

    [ServerFact]
    public async Task A_filter_that_matches_nothing_is_told_by_marks_how_far_it_was_looked()
    {
        using var watcher = await Watcher.OpenAsync(Agreements, new WatchAgreementsRequest { Parent = "customers/nobody-at-all", OriginSystems = { "systems/nobody" } });
        var made = await CreateAsync("2007");
        while ((await watcher.NextAsync()).CompleteThroughSequence < made.RegistrySequence)
        {
            Assert.Empty(watcher.Last.Changes);
        }

        using var resumed = await Watcher.OpenAsync(
            Agreements, new WatchAgreementsRequest { Parent = "customers/nobody-at-all", OriginSystems = { "systems/nobody" }, ResumeToken = watcher.Last.ResumeToken });
        Assert.Equal(watcher.Last.CompleteThroughSequence, resumed.Last.CompleteThroughSequence);
    }

    [ServerFact]
    public async Task A_token_that_is_not_of_this_watch_is_refused_with_its_reason()
    {
        await CreateAsync("2008");
        string token;
        using (var watcher = await Watcher.OpenAsync(Agreements, new WatchAgreementsRequest { Parent = "customers/2008", EffectKinds = { EffectKind.Remark, EffectKind.Refund } }))
        {
            token = watcher.Last.ResumeToken;
        }

        var identity = host.Services.GetRequiredService<RegistryIdentity>();
        var watched = "agreements|2008|REFUND,REMARK||";
        string Token(long sequence, string? epoch = null, byte[]? key = null) => new ResumeToken(sequence, epoch ?? identity.Epoch, watched).Encode(key ?? identity.SigningKey);
        foreach (var (wrong, code, reason) in new[]
        {
            ("x", StatusCode.InvalidArgument, "RESUME_TOKEN_INVALID"),
            (token[..^1], StatusCode.InvalidArgument, "RESUME_TOKEN_INVALID"),
            (token + "A", StatusCode.InvalidArgument, "RESUME_TOKEN_INVALID"),
            (new string('x', 1_000_000), StatusCode.InvalidArgument, "RESUME_TOKEN_INVALID"),
            (Token(1, key: new byte[32]), StatusCode.InvalidArgument, "RESUME_TOKEN_FOREIGN"),
            (Token(1_000_000), StatusCode.InvalidArgument, "RESUME_TOKEN_FUTURE"),
            (Token(1, epoch: Guid.NewGuid().ToString()), StatusCode.FailedPrecondition, "REGISTRY_RESTORED"),
        })
        {
            var refused = await Watcher.RefusedAsync(
                Agreements, new WatchAgreementsRequest { Parent = "customers/2008", EffectKinds = { EffectKind.Refund, EffectKind.Remark }, ResumeToken = wrong });
            Assert.Equal((code, reason), (refused.Code, refused.Reason));
        }

        // The same filters in another order are the same watch; any other is not.
        using (await Watcher.OpenAsync(Agreements, new WatchAgreementsRequest { Parent = "customers/2008", EffectKinds = { EffectKind.Refund, EffectKind.Remark }, ResumeToken = token }))
        {
        }

        foreach (var other in new[]
        {
            new WatchAgreementsRequest { Parent = "customers/2009", EffectKinds = { EffectKind.Refund, EffectKind.Remark } },
            new WatchAgreementsRequest { Parent = "customers/2008", EffectKinds = { EffectKind.Refund } },
        })
        {
            other.ResumeToken = token;
            Assert.Equal("RESUME_TOKEN_FOREIGN", (await Watcher.RefusedAsync(Agreements, other)).Reason);
        }
    }

    [ServerFact]
    public async Task Wrong_fields_are_all_named_and_a_sequence_that_was_not_given_out_is_refused()
    {
        var refused = await Watcher.RefusedAsync(Agreements, new WatchAgreementsRequest
        {
            Parent = "customer/1", AfterSequence = -1, EffectKinds = { (EffectKind)99 }, ObligedSystems = { "administration" }, OriginSystems = { "systems/" },
        });
        Assert.Equal(["parent", "effect_kinds[0]", "obliged_systems[0]", "origin_systems[0]", "after_sequence"], refused.Fields);

        var future = await Watcher.RefusedAsync(Agreements, new WatchAgreementsRequest { Parent = "customers/-", AfterSequence = 1_000_000 });
        Assert.Equal((StatusCode.FailedPrecondition, "SEQUENCE_NOT_REACHED"), (future.Code, future.Reason));
    }

    [ServerFact]
    public async Task What_another_instance_changes_is_heard_here()
    {
        await using var other = await life.Servers.StartAsync();
        using var watcher = await Watcher.OpenAsync(Agreements, new WatchAgreementsRequest { Parent = "customers/2010" });
        for (var number = 0; number < 5; number++)
        {
            var made = await other.Agreements.CreateAgreementAsync(Agreed.Remark("2010", "van hiernaast"), Calls.Webcare);
            Assert.Equal(made.RegistrySequence, Assert.Single(await watcher.ChangesAsync()).Sequence);
        }
    }

    [ServerFact]
    public async Task An_instance_that_stops_ends_its_watchers_with_the_token_to_go_on_from()
    {
        await using var other = await life.Servers.StartAsync();
        using var watcher = await Watcher.OpenAsync(other.Agreements, new WatchAgreementsRequest { Parent = "customers/2011" });
        await other.Agreements.CreateAgreementAsync(Agreed.Remark("2011", "voor het einde"), Calls.Webcare);
        await watcher.ChangesAsync();

        other.Services.GetRequiredService<IHostApplicationLifetime>().StopApplication();

        var end = await watcher.EndAsync();
        Assert.Equal((StatusCode.Unavailable, "SHUTTING_DOWN", watcher.Last.ResumeToken), (end.Code, end.Reason, end.Info.Metadata["resume_token"]));
        var made = await CreateAsync("2011");
        using var resumed = await Watcher.OpenAsync(Agreements, new WatchAgreementsRequest { Parent = "customers/2011", ResumeToken = end.Info.Metadata["resume_token"] });
        Assert.Equal(made.RegistrySequence, Assert.Single(await resumed.ChangesAsync()).Sequence);
    }

    private static Kind[] Ordered(List<AgreementChange> changes)
    {
        // Of the two changes of one request either may stand first.
        var kinds = changes.Select(change => change.Kind).ToArray();
        if (kinds is [_, _, _, Kind.Superseded, Kind.Created, ..])
        {
            (kinds[3], kinds[4]) = (kinds[4], kinds[3]);
        }

        return kinds;
    }

    private async Task<IEnumerable<string>> FirstTwoAsync(WatchAgreementsRequest request, Action<WatchAgreementsRequest> filter)
    {
        var filtered = request.Clone();
        filter(filtered);
        using var watcher = await Watcher.OpenAsync(Agreements, filtered);
        return (await watcher.ChangesAsync(2)).Select(change => change.Agreement);
    }

    private async Task<long> SequenceAsync() => (await Agreements.ListAgreementsAsync(new ListAgreementsRequest { Parent = "customers/nobody" })).RegistrySequence;

    private async Task<CreateAgreementResponse> CreateAsync(string customer) => await Agreements.CreateAgreementAsync(Agreed.Remark(customer, "afgesproken"), Calls.Webcare);
}

public sealed class SqliteWatchTests(LifeHost<SqliteServers> life) : WatchConformance<SqliteServers>(life);

[NeedsServer(PostgresDatabase.Variable, alsoInCI: true)]
public sealed class PostgresWatchTests(LifeHost<PostgresServers> life) : WatchConformance<PostgresServers>(life);

[NeedsServer(SqlServerServers.Variable, alsoInCI: false)]
public sealed class SqlServerWatchTests(LifeHost<SqlServerServers> life) : WatchConformance<SqlServerServers>(life);
