using Dossier.Tests.Fixtures;
using Dossier.Tests.ServiceTests;
using Dossier.V1;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace Dossier.Tests.ConformanceTests;

/// <summary>Every change, and every list of the registry, leaves a record for the customer that it concerns, however the request names him.</summary>
public abstract class AccessOfChangesConformance<TServers>
    where TServers : Servers, new()
{
    private static readonly CustomerInformed Told = new() { Informed = true, Channel = "phone" };
    private static readonly Metadata Shop = DossierHost.As("shop", "eva");
    private static readonly Metadata Administration = DossierHost.As("administration", "petra");
    private static readonly ActionSubject Bill = Agreed.Bill("202609-003201", "BA-001042");

    [ServerFact]
    public async Task Every_change_and_every_list_leaves_a_record_however_it_names_the_customer()
    {
        using var servers = new TServers();
        await using var host = await servers.StartAsync(
            ("Systems:administration:MustAcknowledge:0", "*"), ("Systems:webcare:Within", "1.00:00:00"), ("Systems:shop:NeedsApproval:0", "DUNNING_BLOCK"));
        var (agreements, guard) = (host.Agreements, host.Guard);

        var link = (await host.Dossiers.LinkCustomerKeyAsync(
            new LinkCustomerKeyRequest { Customer = "customers/1042", Key = new CustomerKey { Email = "new@example.com" }, RequestId = Agreed.NewId() }, Calls.Webcare)).Link;
        await host.Dossiers.UnlinkCustomerKeyAsync(new UnlinkCustomerKeyRequest { Customer = "customers/1042", Key = link.Key, Etag = link.Etag, RequestId = Agreed.NewId() }, Calls.Webcare);

        var approved = (await agreements.CreateAgreementAsync(Agreed.DunningBlock("1042"), Shop)).Agreement;
        await agreements.ApproveAgreementAsync(new ApproveAgreementRequest { Name = approved.Name, Etag = approved.Etag, RequestId = Agreed.NewId() }, Calls.Webcare);
        var rejected = (await agreements.CreateAgreementAsync(Agreed.DunningBlock("1042"), Shop)).Agreement;
        await agreements.RejectAgreementAsync(new RejectAgreementRequest { Name = rejected.Name, Etag = rejected.Etag, Reason = "Nee", CustomerInformed = Told, RequestId = Agreed.NewId() }, Calls.Webcare);
        var made = (await agreements.CreateAgreementAsync(Agreed.DunningBlock("1042"), Calls.Webcare)).Agreement;
        await agreements.AcknowledgeAgreementAsync(
            new AcknowledgeAgreementRequest { Name = made.Name, BindingRevision = made.Revision, Applied = new AcknowledgeAgreementRequest.Types.Applied { EvidenceId = "B-1" }, RequestId = Agreed.NewId() }, Administration);
        await agreements.ListPendingAcknowledgementsAsync(new ListPendingAcknowledgementsRequest(), Calls.Webcare);
        await agreements.ListAgreementRevisionsAsync(new ListAgreementRevisionsRequest { Name = made.Name }, Calls.Webcare);
        await agreements.UpdateAgreementAsync(
            new UpdateAgreementRequest
            {
                Agreement = new Agreement { Name = made.Name, Etag = (await GetAsync(host, made.Name)).Etag, Evidence = { "brief 7" } },
                UpdateMask = FieldMask.FromString("evidence"),
                RequestId = Agreed.NewId(),
            },
            Calls.Webcare);
        var second = (await agreements.SupersedeAgreementAsync(
            new SupersedeAgreementRequest
            {
                Name = made.Name, Etag = (await GetAsync(host, made.Name)).Etag, Agreement = Agreed.DunningBlock("1042").Agreement, Reason = "Anders", CustomerInformed = Told, RequestId = Agreed.NewId(),
            },
            Calls.Webcare)).Agreement;
        await agreements.FulfillAgreementAsync(new FulfillAgreementRequest { Name = second.Name, Etag = second.Etag, Reason = "Gedaan", RequestId = Agreed.NewId() }, Calls.Webcare);

        // Nothing but the decision says whose letter it is.
        async Task<string> DecideAsync() => (await guard.CheckActionAsync(
            new CheckActionRequest { Action = Agreed.Letter("1042", Bill) }, Administration)).Decision.DecisionId;
        await guard.ConfirmActionAsync(new ConfirmActionRequest { DecisionId = await DecideAsync() }, Administration);
        await guard.ConfirmActionBatchAsync(new ConfirmActionBatchRequest { Confirmations = { new ConfirmActionRequest { DecisionId = await DecideAsync() } } }, Administration);
        await guard.ReportActionAsync(
            new ReportActionRequest { DecisionId = await DecideAsync(), Outcome = ActionState.Sent, EvidenceId = "L-1", RequestId = Agreed.NewId() }, Administration);
        await guard.ReportActionBatchAsync(
            new ReportActionBatchRequest { Reports = { new ReportActionRequest { DecisionId = await DecideAsync(), Outcome = ActionState.Sent, EvidenceId = "L-2", RequestId = Agreed.NewId() } } },
            Administration);
        await guard.ListActionsAsync(new ListActionsRequest { Parent = "customers/1042" }, Administration);

        var conflict = (await host.Dossiers.GetDossierAsync(new GetDossierRequest { Name = "customers/1042/dossier" }, Administration)).Dossier.Conflicts
            .First(shown => shown.State == Conflict.Types.State.Open);
        await agreements.ResolveConflictAsync(new ResolveConflictRequest { Name = conflict.Name, Etag = conflict.Etag, Note = "Gebeld", RequestId = Agreed.NewId() }, Administration);
        await new AccessService.AccessServiceClient(host.Channel).ListAccessRecordsAsync(new ListAccessRecordsRequest { Parent = "customers/1042" }, Administration);

        var expected = RecordedMethodsTests.Changes;
        HashSet<string> recorded = [];
        await Eventually.TrueAsync(
            () =>
            {
                recorded = [.. servers.Query<string>("SELECT method FROM access_record WHERE customer = '1042'")];
                return Task.FromResult(recorded.IsSupersetOf(expected));
            },
            () => $"there is a record of {string.Join(", ", expected.Except(recorded, StringComparer.Ordinal))}");

        // What is committed with the change is not recorded again with the answer.
        var each = servers.Query<string>("SELECT method FROM access_record WHERE customer = '1042'").CountBy(method => method, StringComparer.Ordinal).ToDictionary(StringComparer.Ordinal);
        Assert.All(expected, method => Assert.Equal((method, 1), (method, each[method])));
    }

    [ServerFact]
    public async Task A_change_whose_caller_has_left_has_its_record_all_the_same()
    {
        using var servers = new TServers();
        await using var host = await servers.StartAsync();
        var checks = new CheckActionBatchRequest { Actions = { Enumerable.Range(0, 300).Select(_ => Agreed.Letter("1042", Bill)) } };
        var judged = await host.Guard.CheckActionBatchAsync(checks, Administration);
        var reports = new ReportActionBatchRequest
        {
            Reports =
            {
                judged.Results.Select((result, number) => new ReportActionRequest
                {
                    DecisionId = result.Decision.DecisionId, Outcome = ActionState.Sent, EvidenceId = $"L-{number}", RequestId = Agreed.NewId(),
                }),
            },
        };

        using var leaves = new CancellationTokenSource();
        var calling = host.Guard.ReportActionBatchAsync(reports, Administration, cancellationToken: leaves.Token).ResponseAsync;
        await Eventually.TrueAsync(() => Task.FromResult(Reported() > 0), "the first of them is reported");
        await leaves.CancelAsync();
        await Assert.ThrowsAsync<RpcException>(() => calling);

        // Without one of it, there would be none for as long as one looks.
        await Task.Delay(TimeSpan.FromSeconds(1));
        Assert.InRange(Reported(), 1, 299);
        Assert.Equal(["administration"], servers.Query<string>("SELECT system FROM access_record WHERE customer = '1042' AND method = 'GuardService/ReportActionBatch'"));

        long Reported() => servers.Query<long>("SELECT COUNT(*) FROM action WHERE customer = '1042'").Single();
    }

    private static async Task<Agreement> GetAsync(DossierHost host, string name) => (await host.Agreements.GetAgreementAsync(new GetAgreementRequest { Name = name }, Calls.Webcare)).Agreement;
}

public sealed class SqliteAccessOfChangesTests : AccessOfChangesConformance<SqliteServers>;

[NeedsServer(PostgresDatabase.Variable, alsoInCI: true)]
public sealed class PostgresAccessOfChangesTests : AccessOfChangesConformance<PostgresServers>;

[NeedsServer(SqlServerServers.Variable, alsoInCI: false)]
public sealed class SqlServerAccessOfChangesTests : AccessOfChangesConformance<SqlServerServers>;
