using Dossier.Tests.Fixtures;
using Dossier.V1;
using Grpc.Core;

namespace Dossier.Tests.ServiceTests;

/// <summary>The system, the agent and the purpose come from the call's metadata, never from its body.</summary>
public sealed class CallerTests(SharedHost shared) : IClassFixture<SharedHost>
{
    private readonly DossierHost host = shared.Host;

    [Fact]
    public async Task A_change_without_an_agent_is_refused_by_every_method()
    {
        var before = Rows.Written(host);
        var agreement = new Agreement { Name = "customers/2001/agreements/01890a5d-ac96-774b-bcce-b302099a8057", Etag = "e" };
        var key = new CustomerKey { Phone = "0600009001" };
        var nobody = DossierHost.As("webcare", agent: null);
        Func<Task>[] changes =
        [
            async () => await host.Agreements.CreateAgreementAsync(Agreed.Remark("2001", "x"), nobody),
            async () => await host.Agreements.WithdrawAgreementAsync(Agreed.Withdraw(agreement), nobody),
            async () => await host.Dossiers.LinkCustomerKeyAsync(new LinkCustomerKeyRequest { Customer = "customers/2001", Key = key, RequestId = Agreed.NewId() }, nobody),
            async () => await host.Dossiers.UnlinkCustomerKeyAsync(
                new UnlinkCustomerKeyRequest { Customer = "customers/2001", Key = key, Etag = "e", RequestId = Agreed.NewId() }, nobody),
        ];

        foreach (var change in changes)
        {
            BadFieldsTests.AssertFields(await Refused.ByAsync(change), ErrorReason.AgentMissing, "metadata.x-dossier-agent");
        }

        Assert.Equal(before, Rows.Written(host));
    }

    [Fact]
    public async Task A_missing_agent_is_named_beside_the_other_bad_fields()
    {
        var request = Agreed.Create("2001");
        request.RequestId = "";

        var refused = await Refused.ByAsync(async () => await host.Agreements.CreateAgreementAsync(request, DossierHost.As("webcare", agent: null)));

        BadFieldsTests.AssertFields(refused, ErrorReason.AgentMissing, "metadata.x-dossier-agent", "request_id", "agreement.effects");
    }

    [Fact]
    public async Task A_read_needs_no_agent_and_no_system()
    {
        Assert.Equal("Marloes de Wit", (await host.GetAsync("1042")).Customer.DisplayName);
    }

    [Fact]
    public async Task A_change_without_a_system_is_made_by_the_local_one()
    {
        var created = await host.Agreements.CreateAgreementAsync(Agreed.Remark("2001", "x"), new Metadata { { "x-dossier-agent", "Daan.de-Vries_1@example" } });

        Assert.Equal(("systems/local", "Daan.de-Vries_1@example"), (created.Agreement.Origin.System, created.Agreement.Origin.Agent));
        Assert.Equal(AgentSource.Asserted, created.Agreement.Origin.AgentSource);
    }

    [Fact]
    public async Task What_the_body_says_of_system_agent_and_state_is_ignored()
    {
        var request = Agreed.Remark("2001", "x");
        request.Agreement.Name = "customers/9/agreements/x";
        request.Agreement.State = AgreementState.Fulfilled;
        request.Agreement.Origin = new Origin { System = "systems/administration", Agent = "baas", AgentSource = AgentSource.Token };
        request.Agreement.Revision = 7;
        request.Agreement.Etag = "e";
        request.Agreement.Effects[0].Subjects[0].Verification = Verification.Pending;
        request.Agreement.Acknowledgements.Add(new Acknowledgement { System = "systems/shop", Outcome = Acknowledgement.Types.Outcome.Applied });

        var made = (await host.Agreements.CreateAgreementAsync(request, DossierHost.As("webcare", "daan"))).Agreement;

        Assert.Equal(("systems/webcare", "daan", AgentSource.Asserted), (made.Origin.System, made.Origin.Agent, made.Origin.AgentSource));
        Assert.Equal((AgreementState.Active, 1L, Verification.Verified), (made.State, made.Revision, made.Effects[0].Subjects[0].Verification));
        Assert.StartsWith("customers/2001/agreements/", made.Name, StringComparison.Ordinal);
        Assert.Empty(made.Acknowledgements);
    }

    [Fact]
    public async Task Metadata_that_is_not_configured_or_malformed_is_refused_and_all_of_it_is_named()
    {
        var metadata = new Metadata { { "x-dossier-system", "crm" }, { "x-dossier-agent", "Daan de Vries" }, { "x-dossier-purpose", "curiosity" } };

        var read = await Refused.ByAsync(async () => await host.Dossiers.GetDossierAsync(new GetDossierRequest { Name = "customers/1042/dossier" }, metadata));
        var guard = await Refused.ByAsync(async () => await host.Guard.CheckActionAsync(new CheckActionRequest(), metadata));

        string[] named = ["metadata.x-dossier-system", "metadata.x-dossier-agent", "metadata.x-dossier-purpose"];
        BadFieldsTests.AssertFields(read, ErrorReason.InvalidMetadata, named);
        BadFieldsTests.AssertFields(guard, ErrorReason.InvalidMetadata, named);
    }

    [Theory]
    [InlineData("x-dossier-agent", "a/b")]
    [InlineData("x-dossier-agent", "12345678901234567890123456789012345678901234567890123456789012345")]
    [InlineData("x-dossier-system", "Webcare")]
    [InlineData("x-dossier-system", "webcare ;--")]
    [InlineData("x-dossier-purpose", "SERVICE")]
    public async Task One_bad_entry_is_named_alone(string key, string value)
    {
        var refused = await Refused.ByAsync(async () => await host.Dossiers.ListSourcesAsync(new ListSourcesRequest(), new Metadata { { key, value } }));

        BadFieldsTests.AssertFields(refused, ErrorReason.InvalidMetadata, $"metadata.{key}");
    }

    [Fact]
    public async Task A_configured_purpose_is_taken()
    {
        await using var other = await Patient.StartAsync(("Purposes:fraud-check:Sections:0", "CUSTOMER"));

        var dossier = await other.Dossiers.GetDossierAsync(
            new GetDossierRequest { Name = "customers/1042/dossier" }, new Metadata { { "x-dossier-purpose", "fraud-check" } });

        Assert.Equal("Marloes de Wit", dossier.Dossier.Customer.DisplayName);
    }
}
