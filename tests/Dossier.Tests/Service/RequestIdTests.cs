using Dossier.Tests.Fixtures;
using Dossier.V1;
using Grpc.Core;

namespace Dossier.Tests.ServiceTests;

/// <summary>A change carries a request_id: the same id and content gives the first answer again, whatever has happened since.</summary>
public sealed class RequestIdTests(SharedHost shared) : IClassFixture<SharedHost>
{
    private static readonly Metadata Webcare = DossierHost.As("webcare", "daan");
    private readonly DossierHost host = shared.Host;

    [Theory]
    [InlineData("")]
    [InlineData("1")]
    [InlineData("01890a5dac96774bbcceb302099a8057")]
    [InlineData("{01890a5d-ac96-774b-bcce-b302099a8057}")]
    [InlineData(" 01890a5d-ac96-774b-bcce-b302099a8057")]
    [InlineData("01890a5d-ac96-774b-bcce-b302099a805g")]
    public async Task A_change_without_a_uuid_is_refused_by_every_method_and_changes_nothing(string id)
    {
        var before = Rows.Written(host);
        var agreement = new Agreement { Name = "customers/2001/agreements/01890a5d-ac96-774b-bcce-b302099a8057", Etag = "e" };
        var key = new CustomerKey { Phone = "0600009001" };
        Func<Task>[] changes =
        [
            async () => await host.Agreements.CreateAgreementAsync(With(Agreed.Remark("2001", "x"), id), Webcare),
            async () => await host.Agreements.WithdrawAgreementAsync(With(Agreed.Withdraw(agreement), id), Webcare),
            async () => await host.Dossiers.LinkCustomerKeyAsync(new LinkCustomerKeyRequest { Customer = "customers/2001", Key = key, RequestId = id }, Webcare),
            async () => await host.Dossiers.UnlinkCustomerKeyAsync(new UnlinkCustomerKeyRequest { Customer = "customers/2001", Key = key, Etag = "e", RequestId = id }, Webcare),
        ];

        foreach (var change in changes)
        {
            BadFieldsTests.AssertFields(await Refused.ByAsync(change), "request_id");
        }

        Assert.Equal(before, Rows.Written(host));
    }

    [Fact]
    public async Task The_same_id_and_content_gives_the_first_answer_and_one_agreement()
    {
        var request = StoryTests.CreditOf("2002", await InvoiceOfAsync("2002"));

        var first = await host.Agreements.CreateAgreementAsync(request, Webcare);
        var before = Rows.Written(host);
        var second = await host.Agreements.CreateAgreementAsync(request, Webcare);
        request.RequestId = request.RequestId.ToUpperInvariant();
        var third = await host.Agreements.CreateAgreementAsync(request, Webcare);

        Assert.Equal(first, second);
        Assert.Equal(first, third);
        Assert.Equal(before, Rows.Written(host));
        Assert.Single((await host.Agreements.ListAgreementsAsync(new ListAgreementsRequest { Parent = "customers/2002" })).Agreements);
    }

    [Fact]
    public async Task The_first_answer_comes_again_after_the_agreement_was_withdrawn()
    {
        var request = Agreed.DunningBlock("2003");
        var first = await host.Agreements.CreateAgreementAsync(request, Webcare);
        var withdrawal = Agreed.Withdraw(first.Agreement);
        var withdrawn = await host.Agreements.WithdrawAgreementAsync(withdrawal, Webcare);

        Assert.Equal(first, await host.Agreements.CreateAgreementAsync(request, Webcare));
        Assert.Equal(withdrawn, await host.Agreements.WithdrawAgreementAsync(withdrawal, Webcare));
        Assert.Equal(AgreementState.Withdrawn, (await host.Agreements.GetAgreementAsync(new GetAgreementRequest { Name = first.Agreement.Name })).Agreement.State);
    }

    [Fact]
    public async Task The_first_answer_comes_again_while_the_source_that_owns_the_subjects_is_down()
    {
        var request = StoryTests.CreditOf("2004", await InvoiceOfAsync("2004"));
        var first = await host.Agreements.CreateAgreementAsync(request, Webcare);
        using var fault = StoreFault.MovedAway(host, "administration");

        Assert.Equal(first, await host.Agreements.CreateAgreementAsync(request, Webcare));
    }

    [Fact]
    public async Task The_first_answer_comes_again_after_its_invoice_has_left_administration()
    {
        await using var own = await Patient.StartAsync();
        var request = StoryTests.CreditOf("1043", "202609-004388");
        var first = await own.Agreements.CreateAgreementAsync(request, Webcare);
        Rows.Execute(own.FileOf("administration"), "UPDATE invoice SET invoice_no = 'archived' WHERE invoice_no = '202609-004388'");

        Assert.Equal(first, await own.Agreements.CreateAgreementAsync(request, Webcare));
        request.RequestId = Agreed.NewId();
        Assert.Equal("SUBJECT_NOT_FOUND", (await Refused.ByAsync(async () => await own.Agreements.CreateAgreementAsync(request, Webcare))).Reason);
    }

    [Fact]
    public async Task The_same_id_with_other_content_already_exists_and_changes_nothing()
    {
        var request = Agreed.Remark("2005", "Wij bellen u morgen.");
        var first = await host.Agreements.CreateAgreementAsync(request, Webcare);
        var before = Rows.Written(host);
        var other = Agreed.Remark("2005", "Wij bellen u overmorgen.");
        other.RequestId = request.RequestId;
        var elsewhere = request.Clone();
        elsewhere.Parent = "customers/2006";
        elsewhere.Agreement.Effects[0].Subjects[0].Id = "2006";
        var link = new LinkCustomerKeyRequest { Customer = "customers/2005", Key = new CustomerKey { Phone = "0600009005" }, RequestId = request.RequestId };

        foreach (var reuse in (Func<Task>[])
        [
            async () => await host.Agreements.CreateAgreementAsync(other, Webcare),
            async () => await host.Agreements.CreateAgreementAsync(elsewhere, Webcare),
            async () => await host.Agreements.WithdrawAgreementAsync(With(Agreed.Withdraw(first.Agreement), request.RequestId), Webcare),
            async () => await host.Dossiers.LinkCustomerKeyAsync(link, Webcare),
        ])
        {
            var refused = await Refused.ByAsync(reuse);
            Assert.Equal((StatusCode.AlreadyExists, "REQUEST_ID_REUSED"), (refused.Code, refused.Reason));
        }

        Assert.Equal(before, Rows.Written(host));
    }

    [Fact]
    public async Task A_request_id_belongs_to_the_calling_system()
    {
        var request = Agreed.Remark("2007", "Eerst gezien door webcare.");
        var other = Agreed.Remark("2007", "Eerst gezien door telefonie.");
        other.RequestId = request.RequestId;

        var webcare = await host.Agreements.CreateAgreementAsync(request, Webcare);
        var telephony = await host.Agreements.CreateAgreementAsync(other, DossierHost.As("telephony"));

        Assert.NotEqual(webcare.Agreement.Name, telephony.Agreement.Name);
        Assert.Equal(telephony, await host.Agreements.CreateAgreementAsync(other, DossierHost.As("telephony")));
        Assert.Equal(webcare, await host.Agreements.CreateAgreementAsync(request, Webcare));
    }

    [Fact]
    public async Task A_refused_call_leaves_no_row_and_may_be_mended_and_repeated_with_its_id()
    {
        var request = StoryTests.CreditOf("2008", "no-such-invoice");
        var before = Rows.Written(host);

        var refused = await Refused.ByAsync(async () => await host.Agreements.CreateAgreementAsync(request, Webcare));
        Assert.Equal("SUBJECT_NOT_FOUND", refused.Reason);
        Assert.Equal(before, Rows.Written(host));
        request.Agreement.Effects[0].Subjects[0].Id = await InvoiceOfAsync("2008");

        Assert.Equal(AgreementState.Active, (await host.Agreements.CreateAgreementAsync(request, Webcare)).Agreement.State);
    }

    [Fact]
    public async Task A_stale_withdrawal_may_be_repeated_with_its_id_and_the_present_etag()
    {
        var created = await host.Agreements.CreateAgreementAsync(Agreed.Remark("2009", "x"), Webcare);
        var withdrawal = Agreed.Withdraw(created.Agreement);
        withdrawal.Etag = "stale";

        var refused = await Refused.ByAsync(async () => await host.Agreements.WithdrawAgreementAsync(withdrawal, Webcare));
        withdrawal.Etag = refused.Info.Metadata["etag"];

        Assert.Equal(AgreementState.Withdrawn, (await host.Agreements.WithdrawAgreementAsync(withdrawal, Webcare)).Agreement.State);
    }

    private async Task<string> InvoiceOfAsync(string customer) => (await host.GetAsync(customer, Section.Invoices)).Invoices[0].Number;

    private static CreateAgreementRequest With(CreateAgreementRequest request, string id)
    {
        request.RequestId = id;
        return request;
    }

    private static WithdrawAgreementRequest With(WithdrawAgreementRequest request, string id)
    {
        request.RequestId = id;
        return request;
    }
}
