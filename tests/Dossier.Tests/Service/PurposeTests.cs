using Dossier.Tests.Fixtures;
using Dossier.V1;
using Grpc.Core;

namespace Dossier.Tests.ServiceTests;

/// <summary>A stated purpose narrows every method, not the dossier alone: what it may not see is not told another way.</summary>
public sealed class PurposeTests : IAsyncLifetime
{
    private DossierHost host = null!;

    public async Task InitializeAsync() => host = await DossierHost.StartAsync(
        [("Purposes:only-bills:Sections:0", "INVOICES"), ("Purposes:promises:Sections:0", "AGREEMENTS"),
        ("Purposes:contradictions:Sections:0", "INVOICES"), ("Purposes:contradictions:Sections:1", "CONFLICTS"),
        .. Sections().Select(section => ($"Purposes:{section[0]}:Sections:0".ToLowerInvariant().Replace('_', '-'), (string)section[0]))]);

    public static IEnumerable<object[]> Sections() => Enum.GetValues<Section>().Where(section => section != Section.Unspecified).Select(section => new object[] { section.Word() });

    public async Task DisposeAsync() => await host.DisposeAsync();

    private static Metadata For(string purpose) => [.. DossierHost.As("webcare", "sofie"), new Metadata.Entry("x-dossier-purpose", purpose)];

    [Fact]
    public async Task Under_a_purpose_that_may_not_see_agreements_no_method_shows_or_changes_one()
    {
        var made = (await host.Agreements.CreateAgreementAsync(Agreed.DunningBlock("1042"), DossierHost.As("webcare"))).Agreement;
        var bills = For("only-bills");
        var calls = new Dictionary<string, (Func<Task> Call, string Section)>(StringComparer.Ordinal)
        {
            ["get"] = (async () => await host.Agreements.GetAgreementAsync(new GetAgreementRequest { Name = made.Name }, bills), "AGREEMENTS"),
            ["list"] = (async () => await host.Agreements.ListAgreementsAsync(new ListAgreementsRequest { Parent = "customers/1042" }, bills), "AGREEMENTS"),
            ["revisions"] = (async () => await host.Agreements.ListAgreementRevisionsAsync(new ListAgreementRevisionsRequest { Name = made.Name }, bills), "AGREEMENTS"),
            ["pending"] = (async () => await host.Agreements.ListPendingAcknowledgementsAsync(new ListPendingAcknowledgementsRequest(), bills), "AGREEMENTS"),
            ["create"] = (async () => await host.Agreements.CreateAgreementAsync(Agreed.Remark("1042", "x"), bills), "AGREEMENTS"),
            ["withdraw"] = (async () => await host.Agreements.WithdrawAgreementAsync(Agreed.Withdraw(made), bills), "AGREEMENTS"),
            ["watch"] = (async () => await host.Agreements.WatchAgreements(new WatchAgreementsRequest { Parent = "customers/-" }, bills).ResponseStream.MoveNext(CancellationToken.None), "AGREEMENTS"),
            ["conflicts"] = (async () => await host.Agreements.ListConflictsAsync(new ListConflictsRequest { Parent = "customers/1042" }, bills), "CONFLICTS"),
            ["resolve"] = (async () => await host.Agreements.ResolveConflictAsync(new ResolveConflictRequest { Name = "customers/1042/conflicts/1" }, bills), "CONFLICTS"),
        };

        foreach (var (what, (call, section)) in calls)
        {
            var refused = await Refused.ByAsync(call);
            Assert.Equal(
                (what, StatusCode.PermissionDenied, "PURPOSE_TOO_NARROW", section, "only-bills"),
                (what, refused.Code, refused.Reason, refused.Info.Metadata["section"], refused.Info.Metadata["purpose"]));
        }

        Assert.Equal(made, (await host.Agreements.GetAgreementAsync(new GetAgreementRequest { Name = made.Name }, For("promises"))).Agreement);
        Assert.NotEmpty((await host.Agreements.ListSystemsAsync(new ListSystemsRequest(), bills)).Systems);
    }

    [Fact]
    public async Task The_guard_says_no_without_the_wording()
    {
        var promise = Agreed.DunningBlock("1042");
        promise.Agreement.CustomerWording.Add(new LocalizedText { Language = "nl", Text = "Wij zoeken het uit" });
        await host.Agreements.CreateAgreementAsync(promise, DossierHost.As("webcare"));
        var check = new CheckActionRequest { Action = Agreed.Letter("1042", Agreed.Bill("202609-003201", "BA-001042")) };

        var bare = (await host.Guard.CheckActionAsync(check, For("only-bills"))).Decision;
        var worded = (await host.Guard.CheckActionAsync(check, For("promises"))).Decision;

        Assert.Equal((Verdict.Block, Verdict.Block), (bare.Verdict, worded.Verdict));
        Assert.All(bare.Reasons.Concat(bare.Subjects.SelectMany(subject => subject.Reasons)), reason => Assert.Empty(reason.Wording));
        Assert.Contains(worded.Reasons.Concat(worded.Subjects.SelectMany(subject => subject.Reasons)), reason => reason.Wording.ToString().Contains("Wij zoeken het uit", StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Sections))]
    public async Task Under_a_purpose_of_one_section_the_dossier_has_that_section_and_what_follows_from_it(string section)
    {
        await host.Agreements.CreateAgreementAsync(Agreed.DunningBlock("1042"), DossierHost.As("webcare"));
        var all = await host.GetAsync("1042");
        var one = (await host.Dossiers.GetDossierAsync(new GetDossierRequest { Name = "customers/1042/dossier" }, For(section.ToLowerInvariant().Replace('_', '-')))).Dossier;

        var counted = new Dictionary<string, Func<V1.Dossier, int>>(StringComparer.Ordinal)
        {
            ["CUSTOMER"] = dossier => dossier.Customer is null ? 0 : 1,
            ["INTERACTIONS"] = dossier => dossier.Interactions.Count,
            ["MESSAGES"] = dossier => dossier.Interactions.Sum(interaction => interaction.Messages.Count),
            ["AGREEMENTS"] = dossier => dossier.Agreements.Count + dossier.ActionsUnderWay.Count + dossier.RecentActions.Count,
            ["CONFLICTS"] = dossier => dossier.Conflicts.Count,
            ["PRODUCTS"] = dossier => dossier.Products.Count,
            ["INVOICES"] = dossier => dossier.Invoices.Count,
            ["DUNNING_NOTICES"] = dossier => dossier.DunningNotices.Count,
            ["PAYMENTS"] = dossier => dossier.Payments.Count,
        };
        Assert.Equal(Sections().Select(each => (string)each[0]).Order(), counted.Keys.Order());
        Assert.All(counted, each => Assert.True(each.Value(all) > 0 || each.Key is "MESSAGES" or "PAYMENTS", each.Key));
        Assert.All(counted, each => Assert.Equal(each.Key == section && each.Key is not ("MESSAGES" or "CONFLICTS") ? each.Value(all) : 0, each.Value(one)));
        var follows = section switch
        {
            "AGREEMENTS" => AttentionLine.Types.Kind.BindingAgreement,
            "DUNNING_NOTICES" => AttentionLine.Types.Kind.DunningUnderWay,
            "INTERACTIONS" => AttentionLine.Types.Kind.RecentContact,
            _ => AttentionLine.Types.Kind.Unspecified,
        };
        Assert.All(one.Attention, line => Assert.Equal(follows, line.Kind));
    }

    [Fact]
    public async Task Who_sees_a_part_of_the_facts_closes_no_conflict_for_all()
    {
        var bill = (await host.GetAsync("1042")).Invoices[0].Number;
        var made = (await host.Agreements.CreateAgreementAsync(Agreed.Create("1042", new Effect { CreditInvoice = new CreditInvoice(), Subjects = { Agreed.Invoice(bill) } }), DossierHost.As("webcare"))).Agreement;
        await host.Agreements.AcknowledgeAgreementAsync(
            new AcknowledgeAgreementRequest { Name = made.Name, BindingRevision = made.BindingRevision, Rejected = new() { Reason = "Onbekend" }, RequestId = Agreed.NewId() }, DossierHost.As("administration"));
        var all = (await host.GetAsync("1042")).Conflicts;

        var part = (await host.Dossiers.GetDossierAsync(new GetDossierRequest { Name = "customers/1042/dossier" }, For("contradictions"))).Dossier.Conflicts;

        Assert.Contains(all, conflict => conflict.Kind == Conflict.Types.Kind.AcknowledgementRejected);
        Assert.Contains(all, conflict => conflict.Kind == Conflict.Types.Kind.DuplicateCharge);
        Assert.Contains(part, conflict => conflict.Kind == Conflict.Types.Kind.DuplicateCharge);
        var listed = await host.Agreements.ListConflictsAsync(new ListConflictsRequest { Parent = "customers/1042", State = Conflict.Types.State.Open });
        Assert.Equal(all.Select(conflict => conflict.Name).Order(), listed.Conflicts.Select(conflict => conflict.Name).Order());
    }

    [Fact]
    public async Task Look_ups_and_interactions_show_the_sections_of_the_purpose_alone()
    {
        var bills = For("only-bills");
        var found = await host.Dossiers.LookUpDossierAsync(new LookUpDossierRequest { Key = new CustomerKey { Phone = "+31600001042" } }, bills);
        var listed = await host.Dossiers.ListInteractionsAsync(new ListInteractionsRequest { Parent = "customers/1042" }, bills);
        var name = (await host.GetAsync("1042")).Interactions[0].Name;
        var refused = await Refused.ByAsync(async () => await host.Dossiers.GetInteractionAsync(new GetInteractionRequest { Name = name }, bills));

        Assert.Equal(("customers/1042", ""), (Assert.Single(found.Candidates).Customer, found.Candidates[0].DisplayName));
        Assert.Null(found.Dossier.Customer);
        Assert.Empty(found.Dossier.Agreements);
        Assert.Empty(listed.Interactions);
        Assert.Equal(("PURPOSE_TOO_NARROW", "INTERACTIONS"), (refused.Reason, refused.Info.Metadata["section"]));
        var resolved = await host.Dossiers.ResolveCustomerAsync(new ResolveCustomerRequest { Keys = { new CustomerKey { Phone = "+31600001042" } } }, bills);
        Assert.All(resolved.Candidates, candidate => Assert.Equal("", candidate.DisplayName + candidate.Place));
    }
}
