using Dossier.Tests.Fixtures;
using Dossier.V1;
using Google.Rpc;
using Grpc.Core;
using Grpc.Health.V1;

namespace Dossier.Tests.ServiceTests;

/// <summary>What every answer and every error carries: a trace, and of an error its reason, twice.</summary>
public sealed class EveryAnswerTests(SharedHost shared) : IClassFixture<SharedHost>
{
    private static readonly Metadata Webcare = DossierHost.As("webcare", "daan");
    private readonly DossierHost host = shared.Host;

    [Fact]
    public async Task Every_answer_carries_a_trace()
    {
        var link = new LinkCustomerKeyRequest { Customer = "customers/1042", Key = new CustomerKey { Phone = "0600007001" }, RequestId = Agreed.NewId() };
        var linked = (await host.Dossiers.LinkCustomerKeyAsync(link, Webcare)).Link;
        var agreement = (await host.Agreements.CreateAgreementAsync(Agreed.Remark("1042", "x"), Webcare)).Agreement;
        var found = (await host.GetAsync("1042")).Interactions[0];
        Metadata[] all =
        [
            await Answered.TrailersAsync(host.Dossiers.GetDossierAsync(new GetDossierRequest { Name = "customers/1042/dossier" })),
            await Answered.TrailersAsync(host.Dossiers.LookUpDossierAsync(new LookUpDossierRequest { Key = linked.Key })),
            await Answered.TrailersAsync(host.Dossiers.ListInteractionsAsync(new ListInteractionsRequest { Parent = "customers/1042" })),
            await Answered.TrailersAsync(host.Dossiers.GetInteractionAsync(new GetInteractionRequest { Name = found.Name })),
            await Answered.TrailersAsync(host.Dossiers.ResolveCustomerAsync(new ResolveCustomerRequest { Keys = { linked.Key } })),
            await Answered.TrailersAsync(host.Dossiers.LinkCustomerKeyAsync(link, Webcare)),
            await Answered.TrailersAsync(host.Dossiers.UnlinkCustomerKeyAsync(
                new UnlinkCustomerKeyRequest { Customer = "customers/1042", Key = linked.Key, Etag = linked.Etag, RequestId = Agreed.NewId() }, Webcare)),
            await Answered.TrailersAsync(host.Dossiers.ListSourcesAsync(new ListSourcesRequest())),
            await Answered.TrailersAsync(host.Dossiers.GetSourceAsync(new GetSourceRequest { Name = "sources/webcare" })),
            await Answered.TrailersAsync(host.Agreements.CreateAgreementAsync(Agreed.Remark("1042", "x"), Webcare)),
            await Answered.TrailersAsync(host.Agreements.GetAgreementAsync(new GetAgreementRequest { Name = agreement.Name })),
            await Answered.TrailersAsync(host.Agreements.ListAgreementsAsync(new ListAgreementsRequest { Parent = "customers/1042" })),
            await Answered.TrailersAsync(host.Agreements.WithdrawAgreementAsync(Agreed.Withdraw(agreement), Webcare)),
            await Answered.TrailersAsync(host.Guard.CheckActionAsync(new CheckActionRequest { Action = Agreed.Letter("1042", Agreed.Bill("x", "y")) })),
            await Answered.TrailersAsync(host.Guard.CheckActionBatchAsync(new CheckActionBatchRequest { Actions = { new PlannedAction() } })),
            await Answered.TrailersAsync(new Health.HealthClient(host.Channel).CheckAsync(new HealthCheckRequest())),
        ];

        Assert.All(all, trailers =>
        {
            Assert.Matches("^[0-9a-f]{32}$", trailers.GetValue("x-dossier-trace"));
            Assert.Null(trailers.GetValue("dossier-reason"));
        });
        Assert.Equal(all.Length, all.Select(trailers => trailers.GetValue("x-dossier-trace")).Distinct().Count());
    }

    [Fact]
    public async Task Every_method_refuses_an_empty_request_with_reason_fields_and_trace()
    {
        Func<Task>[] calls =
        [
            async () => await host.Dossiers.GetDossierAsync(new GetDossierRequest()),
            async () => await host.Dossiers.LookUpDossierAsync(new LookUpDossierRequest()),
            async () => await host.Dossiers.ListInteractionsAsync(new ListInteractionsRequest()),
            async () => await host.Dossiers.GetInteractionAsync(new GetInteractionRequest()),
            async () => await host.Dossiers.ResolveCustomerAsync(new ResolveCustomerRequest()),
            async () => await host.Dossiers.LinkCustomerKeyAsync(new LinkCustomerKeyRequest(), Webcare),
            async () => await host.Dossiers.UnlinkCustomerKeyAsync(new UnlinkCustomerKeyRequest(), Webcare),
            async () => await host.Dossiers.GetSourceAsync(new GetSourceRequest()),
            async () => await host.Agreements.CreateAgreementAsync(new CreateAgreementRequest(), Webcare),
            async () => await host.Agreements.GetAgreementAsync(new GetAgreementRequest()),
            async () => await host.Agreements.ListAgreementsAsync(new ListAgreementsRequest()),
            async () => await host.Agreements.WithdrawAgreementAsync(new WithdrawAgreementRequest(), Webcare),
            async () => await host.Agreements.ListConflictsAsync(new ListConflictsRequest()),
            async () => await host.Agreements.ResolveConflictAsync(new ResolveConflictRequest(), Webcare),
            async () => await host.Guard.CheckActionAsync(new CheckActionRequest()),
            async () => await host.Guard.CheckActionBatchAsync(new CheckActionBatchRequest()),
        ];

        foreach (var call in calls)
        {
            // Refused itself compares ErrorInfo with the plain trailer and the status.
            var refused = await Refused.ByAsync(call);
            Assert.Equal((StatusCode.InvalidArgument, "INVALID_FIELD"), (refused.Code, refused.Reason));
            Assert.NotEmpty(refused.Fields);
            Assert.Matches("^[0-9a-f]{32}$", refused.Trace);
        }
    }

    [Fact]
    public async Task The_callers_trace_is_continued()
    {
        const string Trace = "4bf92f3577b34da6a3ce929d0e0e4736";
        var trailers = await Answered.TrailersAsync(host.Dossiers.ListSourcesAsync(
            new ListSourcesRequest(), new Metadata { { "traceparent", $"00-{Trace}-00f067aa0ba902b7-01" } }));

        Assert.Equal(Trace, trailers.GetValue("x-dossier-trace"));
    }

    [Fact]
    public async Task Unavailable_says_when_to_try_again()
    {
        using var fault = StoreFault.MovedAway(host, "administration");

        var error = await Assert.ThrowsAsync<RpcException>(() => host.GetAsync("9999"));

        var status = Google.Rpc.Status.Parser.ParseFrom(error.Trailers.GetValueBytes("grpc-status-details-bin"));
        Assert.True(status.Details.Single(detail => detail.Is(RetryInfo.Descriptor)).Unpack<RetryInfo>().RetryDelay.ToTimeSpan() > TimeSpan.Zero);
    }

    [Fact]
    public async Task An_error_with_very_many_bad_fields_still_fits_what_other_clients_take()
    {
        // Java and Python clients refuse trailers of more than 8 KB: the caller would see a broken call, not the reason.
        var effects = Enumerable.Range(0, 20).Select(_ => new Effect { Subjects = { Enumerable.Repeat(new Subject { Id = "\0" }, 50) } });

        var error = await Assert.ThrowsAsync<RpcException>(
            async () => await host.Agreements.CreateAgreementAsync(Agreed.Create("1042", [.. effects]), Webcare));

        Assert.NotEmpty(Refused.Of(error).Fields);
        Assert.InRange(error.Trailers.Sum(Size) + (error.Status.Detail.Length * 3 / 2), 1, 8_192 - 512);
    }

    private static int Size(Metadata.Entry entry) => 32 + entry.Key.Length + (entry.IsBinary ? (entry.ValueBytes.Length + 2) / 3 * 4 : entry.Value.Length);
}
