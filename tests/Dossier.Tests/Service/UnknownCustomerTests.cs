using Dossier.Tests.Fixtures;
using Dossier.V1;
using Grpc.Core;

namespace Dossier.Tests.ServiceTests;

/// <summary>Nobody knows the customer: NOT_FOUND only if everyone who could know has answered.</summary>
public sealed class UnknownCustomerTests(SharedHost shared) : IClassFixture<SharedHost>
{
    private readonly DossierHost host = shared.Host;

    [Fact]
    public async Task A_customer_that_no_source_knows_is_not_found()
    {
        var refused = await Refused.ByAsync(() => host.GetAsync("9999"));

        Assert.Equal((StatusCode.NotFound, "CUSTOMER_NOT_FOUND"), (refused.Code, refused.Reason));
    }

    [Fact]
    public async Task Every_call_that_needs_the_customer_says_so()
    {
        var before = Rows.Written(host);
        Func<Task>[] calls =
        [
            async () => await host.Dossiers.ListInteractionsAsync(new ListInteractionsRequest { Parent = "customers/9999" }),
            async () => await host.Dossiers.LinkCustomerKeyAsync(
                new LinkCustomerKeyRequest { Customer = "customers/9999", Key = new CustomerKey { Phone = "0600009999" }, RequestId = $"{Guid.NewGuid()}" },
                DossierHost.As("webcare")),
            async () => await host.Agreements.CreateAgreementAsync(Agreed.Remark("9999", "Hallo"), DossierHost.As("webcare")),
        ];

        foreach (var call in calls)
        {
            var refused = await Refused.ByAsync(call);
            Assert.Equal((StatusCode.NotFound, "CUSTOMER_NOT_FOUND"), (refused.Code, refused.Reason));
        }

        Assert.Equal(before, Rows.Written(host));
        Assert.Equal(0, Rows.One(host, "SELECT COUNT(*) FROM customer WHERE customer = '9999'"));
    }

    [Theory]
    [InlineData("administration")]
    [InlineData("webcare")]
    [InlineData("registry")]
    public async Task While_one_that_could_know_is_down_it_is_unavailable_and_never_not_found(string down)
    {
        Refused refused;
        using (StoreFault.MovedAway(host, down))
        {
            refused = await Refused.ByAsync(() => host.GetAsync("9999"));
        }

        Assert.Equal((StatusCode.Unavailable, "SOURCES_INCOMPLETE"), (refused.Code, refused.Reason));
        Assert.Equal($"sources/{down}", refused.Info.Metadata["unreachable"]);
        await Soon.BecomesAsync(async () => (await Refused.ByAsync(() => host.GetAsync("9999"))).Code == StatusCode.NotFound);
    }

    [Fact]
    public async Task A_store_that_cannot_know_customers_by_number_does_not_keep_it_open()
    {
        using var fault = StoreFault.MovedAway(host, "telephony");

        Assert.Equal(StatusCode.NotFound, (await Refused.ByAsync(() => host.GetAsync("9999"))).Code);
    }

    [Fact]
    public async Task A_customer_whom_only_the_registry_knows_has_a_dossier()
    {
        using (StoreFault.MovedAway(host, "administration"))
        {
            await host.Agreements.CreateAgreementAsync(Agreed.Remark("only-here", "Wij bellen terug."), DossierHost.As("webcare"));
        }

        var dossier = await Soon.BecomesAsync(() => host.GetAsync("only-here"), dossier => dossier.Unreachable.Count == 0);

        Assert.Single(dossier.Agreements);
        Assert.Null(dossier.Customer);
    }

    [Fact]
    public async Task A_customer_without_agreements_has_an_empty_list_of_them()
    {
        var listed = await host.Agreements.ListAgreementsAsync(new ListAgreementsRequest { Parent = "customers/9999" });

        Assert.Empty(listed.Agreements);
        Assert.Empty(listed.NextPageToken);
    }
}
