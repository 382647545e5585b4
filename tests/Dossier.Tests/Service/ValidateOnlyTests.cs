using Dossier.Tests.Fixtures;
using Dossier.V1;
using Grpc.Core;

namespace Dossier.Tests.ServiceTests;

/// <summary>validate_only answers what would happen and stores nothing.</summary>
public sealed class ValidateOnlyTests(SharedHost shared) : IClassFixture<SharedHost>
{
    private static readonly Metadata Webcare = DossierHost.As("webcare", "daan");
    private readonly DossierHost host = shared.Host;

    [Fact]
    public async Task A_creation_that_is_only_validated_is_not_there_and_its_id_is_free()
    {
        var request = StoryTests.CreditOf("1043", "202609-004388");
        request.ValidateOnly = true;
        var before = Rows.Written(host);

        var would = await host.Agreements.CreateAgreementAsync(request, Webcare);

        Assert.Equal(before, Rows.Written(host));
        Assert.Equal(AgreementState.Active, would.Agreement.State);
        Assert.Equal(Verification.Verified, would.Agreement.Effects[0].Subjects[0].Verification);
        Assert.Equal("systems/administration", Assert.Single(would.Agreement.Acknowledgements).System);
        Assert.Equal(Rows.One(host, "SELECT value FROM change_counter"), would.RegistrySequence);
        Assert.Empty(would.Agreement.Name + would.Agreement.Etag);
        request.ValidateOnly = false;
        Assert.Equal(would.RegistrySequence + 1, (await host.Agreements.CreateAgreementAsync(request, Webcare)).RegistrySequence);
    }

    [Fact]
    public async Task A_creation_that_would_be_refused_is_refused()
    {
        var request = StoryTests.CreditOf("1043", "no-such-invoice");
        request.ValidateOnly = true;

        var refused = await Refused.ByAsync(async () => await host.Agreements.CreateAgreementAsync(request, Webcare));

        Assert.Equal("SUBJECT_NOT_FOUND", refused.Reason);
    }

    [Fact]
    public async Task A_withdrawal_that_is_only_validated_leaves_the_agreement_as_it_is()
    {
        var created = (await host.Agreements.CreateAgreementAsync(Agreed.DunningBlock("2021"), Webcare)).Agreement;
        var request = Agreed.Withdraw(created);
        request.ValidateOnly = true;
        var before = Rows.Written(host);

        var would = await host.Agreements.WithdrawAgreementAsync(request, Webcare);

        Assert.Equal(before, Rows.Written(host));
        Assert.Equal((AgreementState.Withdrawn, 2L), (would.Agreement.State, would.Agreement.Revision));
        Assert.Equal(created, (await host.Agreements.GetAgreementAsync(new GetAgreementRequest { Name = created.Name })).Agreement);
        request.Etag = "stale";
        Assert.Equal("ETAG_MISMATCH", (await Refused.ByAsync(async () => await host.Agreements.WithdrawAgreementAsync(request, Webcare))).Reason);
    }

    [Fact]
    public async Task A_link_and_an_unlink_that_are_only_validated_change_no_key()
    {
        var keys = (await host.GetAsync("1044")).Customer.Keys;
        var before = Rows.Written(host);
        var phone = keys.Single(link => link.Key.Phone.Length > 0);

        var linked = await host.Dossiers.LinkCustomerKeyAsync(
            new LinkCustomerKeyRequest { Customer = "customers/1044", Key = new CustomerKey { Phone = "0600009044" }, RequestId = Agreed.NewId(), ValidateOnly = true },
            Webcare);
        var unlinked = await host.Dossiers.UnlinkCustomerKeyAsync(
            new UnlinkCustomerKeyRequest { Customer = "customers/1044", Key = phone.Key, Etag = phone.Etag, RequestId = Agreed.NewId(), ValidateOnly = true }, Webcare);

        Assert.Equal(KeyLink.Types.State.Linked, linked.Link.State);
        Assert.Equal("systems/webcare", linked.Link.Origin);
        Assert.Equal(KeyLink.Types.State.Unlinked, unlinked.Link.State);
        Assert.Equal(before, Rows.Written(host));
        Assert.Equal(keys, (await host.GetAsync("1044")).Customer.Keys);
    }
}
