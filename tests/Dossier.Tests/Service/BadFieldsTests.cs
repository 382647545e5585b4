using Dossier.Tests.Fixtures;
using Dossier.V1;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace Dossier.Tests.ServiceTests;

/// <summary>A request that is wrong is INVALID_ARGUMENT, and every bad field is named at once.</summary>
public sealed class BadFieldsTests(SharedHost shared) : IClassFixture<SharedHost>
{
    private readonly DossierHost host = shared.Host;

    [Theory]
    [InlineData("")]
    [InlineData("customers/1042")]
    [InlineData("customers//dossier")]
    [InlineData("customers/dossier")]
    [InlineData("customers/10 42/dossier")]
    [InlineData("customers/10/42/dossier")]
    [InlineData("customers/1042/dossier/")]
    [InlineData("customers/1042\n/dossier")]
    [InlineData("customers/1042\0/dossier")]
    [InlineData("customers/１０４２/dossier")]
    [InlineData("Customers/1042/dossier")]
    [InlineData("customers/12345678901234567890123456789012345678901234567890123456789012345/dossier")]
    public async Task A_malformed_dossier_name_is_refused(string name)
    {
        var refused = await Refused.ByAsync(async () => await host.Dossiers.GetDossierAsync(new GetDossierRequest { Name = name }));

        AssertFields(refused, "name");
    }

    [Theory]
    [InlineData("customers/1042/sources/webcare/interactions/")]
    [InlineData("customers/1042/sources/webcare/interactions/a b")]
    [InlineData("customers/1042/sources/webcare/interactions/~")]
    [InlineData("customers/1042/sources/webcare/interactions/~!!!")]
    [InlineData("customers/1042/sources/webcare/interactions/~Y252LTAwMDIxNA")]
    [InlineData("customers/1042/sources/webcare/interactions/~gICA")]
    [InlineData("customers/1042/sources/Webcare/interactions/cnv-000214")]
    [InlineData("customers/1042/sources//interactions/cnv-000214")]
    [InlineData("customers/1042/interactions/cnv-000214")]
    public async Task A_malformed_interaction_name_is_refused(string name)
    {
        var refused = await Refused.ByAsync(async () => await host.Dossiers.GetInteractionAsync(new GetInteractionRequest { Name = name }));

        AssertFields(refused, "name");
    }

    [Theory]
    [InlineData("customers/1043/agreements/")]
    [InlineData("customers/1043/agreements/1")]
    [InlineData("customers/1043/agreements/01890A5D-AC96-774B-BCCE-B302099A8057")]
    [InlineData("customers/1043/agreements/01890a5dac96774bbcceb302099a8057")]
    [InlineData("agreements/01890a5d-ac96-774b-bcce-b302099a8057")]
    public async Task A_malformed_agreement_name_is_refused(string name)
    {
        var refused = await Refused.ByAsync(async () => await host.Agreements.GetAgreementAsync(new GetAgreementRequest { Name = name, MinRegistrySequence = -1 }));

        AssertFields(refused, "name", "min_registry_sequence");
    }

    [Fact]
    public async Task GetDossier_names_every_bad_field()
    {
        var request = new GetDossierRequest
        {
            Name = "customers/*/dossier",
            View = DossierView.Full,
            Sections = { Section.Payments, Section.Unspecified, (Section)77, Section.Payments },
            InteractionCount = 201,
            MinRegistrySequence = -1,
        };

        var refused = await Refused.ByAsync(async () => await host.Dossiers.GetDossierAsync(request));

        AssertFields(refused, "name", "min_registry_sequence", "interaction_count", "view", "sections[1]", "sections[2]", "sections[3]");
        Assert.Contains("AGREEMENTS", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_unknown_view_or_a_negative_count_is_refused()
    {
        var request = new GetDossierRequest { Name = "customers/1042/dossier", View = (DossierView)9, InteractionCount = -1 };

        AssertFields(await Refused.ByAsync(async () => await host.Dossiers.GetDossierAsync(request)), "interaction_count", "view");
    }

    [Fact]
    public async Task LookUpDossier_names_every_bad_field()
    {
        var request = new LookUpDossierRequest { View = (DossierView)9, TimeBudget = new Duration { Seconds = -1 } };

        AssertFields(await Refused.ByAsync(async () => await host.Dossiers.LookUpDossierAsync(request)), "key", "view", "time_budget");
    }

    [Fact]
    public async Task ListInteractions_names_every_bad_field()
    {
        var request = new ListInteractionsRequest
        {
            Parent = "customers/",
            PageSize = -1,
            PageToken = "not-a-token",
            Channels = { "phone", "", "Face book" },
            StartTime = new Timestamp { Seconds = 2 },
            EndTime = new Timestamp { Seconds = 2 },
        };

        var refused = await Refused.ByAsync(async () => await host.Dossiers.ListInteractionsAsync(request));

        AssertFields(refused, ErrorReason.InvalidPageToken, "parent", "page_size", "channels[1]", "channels[2]", "end_time", "page_token");
    }

    [Fact]
    public async Task A_moment_that_is_none_is_refused()
    {
        var request = new ListInteractionsRequest
        {
            Parent = "customers/1042",
            StartTime = new Timestamp { Seconds = long.MinValue },
            EndTime = new Timestamp { Seconds = 1, Nanos = -1 },
        };

        AssertFields(await Refused.ByAsync(async () => await host.Dossiers.ListInteractionsAsync(request)), "start_time", "end_time");
    }

    [Fact]
    public async Task ResolveCustomer_names_every_bad_key()
    {
        var request = new ResolveCustomerRequest
        {
            Keys =
            {
                new CustomerKey { Phone = "12" },
                new CustomerKey { Email = "nobody" },
                new CustomerKey(),
                new CustomerKey { CustomerNumber = "a b" },
                new CustomerKey { BillingAccount = "" },
                new CustomerKey { SocialId = new SocialId { Platform = "Face Book", Page = "", Id = "" } },
                new CustomerKey { Phone = "0600001042" },
            },
        };

        var refused = await Refused.ByAsync(async () => await host.Dossiers.ResolveCustomerAsync(request));

        AssertFields(
            refused, "keys[0].phone", "keys[1].email", "keys[2]", "keys[3].customer_number", "keys[4].billing_account", "keys[5].social_id.platform",
            "keys[5].social_id.page", "keys[5].social_id.id");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(11)]
    public async Task ResolveCustomer_takes_one_to_ten_keys(int count)
    {
        var request = new ResolveCustomerRequest { Keys = { Enumerable.Repeat(new CustomerKey { Phone = "0600001042" }, count) } };

        AssertFields(await Refused.ByAsync(async () => await host.Dossiers.ResolveCustomerAsync(request)), "keys");
    }

    [Fact]
    public async Task LinkCustomerKey_and_UnlinkCustomerKey_name_every_bad_field()
    {
        var key = new CustomerKey { CustomerNumber = "1042" };

        var link = await Refused.ByAsync(async () => await host.Dossiers.LinkCustomerKeyAsync(
            new LinkCustomerKeyRequest { Customer = "1042", Key = key, RequestId = "1" }, DossierHost.As("webcare")));
        var unlink = await Refused.ByAsync(async () => await host.Dossiers.UnlinkCustomerKeyAsync(
            new UnlinkCustomerKeyRequest { Customer = "1042", Key = key, RequestId = "1" }, DossierHost.As("webcare")));

        AssertFields(link, "customer", "request_id", "key.customer_number");
        AssertFields(unlink, "customer", "request_id", "key.customer_number", "etag");
    }

    [Fact]
    public async Task ListAgreements_names_every_bad_field()
    {
        var request = new ListAgreementsRequest
        {
            Parent = "1042",
            PageSize = -5,
            PageToken = "🙂",
            States = { AgreementState.Active, AgreementState.Unspecified, (AgreementState)99 },
            MinRegistrySequence = -1,
        };

        var refused = await Refused.ByAsync(async () => await host.Agreements.ListAgreementsAsync(request));

        AssertFields(refused, ErrorReason.InvalidPageToken, "parent", "page_size", "min_registry_sequence", "states[1]", "states[2]", "page_token");
    }

    [Fact]
    public async Task WithdrawAgreement_names_every_bad_field()
    {
        var request = new WithdrawAgreementRequest { Name = "customers/1043/agreements/x", Reason = new string('a', 2_001) };

        var refused = await Refused.ByAsync(async () => await host.Agreements.WithdrawAgreementAsync(request, DossierHost.As("webcare")));

        AssertFields(refused, "name", "etag", "reason", "customer_informed", "request_id");
    }

    [Fact]
    public async Task ListSources_and_GetSource_refuse_what_they_do_not_know()
    {
        AssertFields(
            await Refused.ByAsync(async () => await host.Dossiers.ListSourcesAsync(new ListSourcesRequest { PageSize = -1, PageToken = "x" })),
            ErrorReason.InvalidPageToken, "page_size", "page_token");
        AssertFields(await Refused.ByAsync(async () => await host.Dossiers.GetSourceAsync(new GetSourceRequest { Name = "webcare" })), "name");
        var unknown = await Refused.ByAsync(async () => await host.Dossiers.GetSourceAsync(new GetSourceRequest { Name = "sources/nowhere" }));
        Assert.Equal((StatusCode.NotFound, "RESOURCE_NOT_FOUND"), (unknown.Code, unknown.Reason));
    }

    [Fact]
    public async Task CheckAction_names_every_bad_field()
    {
        var request = new CheckActionRequest
        {
            Action = new PlannedAction
            {
                Customer = "",
                Channel = "By Post",
                PlannedTime = new Timestamp { Nanos = int.MaxValue },
                Subjects =
                {
                    new ActionSubject { Amount = new Google.Type.Money { CurrencyCode = "eur", Units = 1 }, AmountAsOf = new Timestamp { Nanos = -1 } },
                    new ActionSubject { Type = SubjectType.BillingAccount, Id = "BA-001043", Amount = new Google.Type.Money { CurrencyCode = "EUR", Units = -1 } },
                },
            },
        };

        var refused = await Refused.ByAsync(async () => await host.Guard.CheckActionAsync(request));

        AssertFields(
            refused, "action.customer", "action.channel", "action.planned_time", "action.subjects[0].type", "action.subjects[0].id", "action.subjects[0].amount",
            "action.subjects[0].amount_as_of", "action.subjects[1].amount");
        AssertFields(await Refused.ByAsync(async () => await host.Guard.CheckActionAsync(new CheckActionRequest())), "action");
    }

    [Fact]
    public async Task A_page_size_over_the_maximum_is_the_maximum_and_a_token()
    {
        var page = await host.Dossiers.ListInteractionsAsync(new ListInteractionsRequest { Parent = "customers/2100", PageSize = 100_000 });

        Assert.Equal(200, page.Interactions.Count);
        Assert.NotEmpty(page.NextPageToken);
    }

    [Fact]
    public async Task No_page_size_is_fifty()
    {
        var page = await host.Dossiers.ListInteractionsAsync(new ListInteractionsRequest { Parent = "customers/2100" });

        Assert.Equal(50, page.Interactions.Count);
        Assert.NotEmpty(page.NextPageToken);
    }

    internal static void AssertFields(Refused refused, params string[] fields) => AssertFields(refused, ErrorReason.InvalidField, fields);

    internal static void AssertFields(Refused refused, ErrorReason reason, params string[] fields)
    {
        Assert.Equal(StatusCode.InvalidArgument, refused.Code);
        Assert.Equal(fields.Order(StringComparer.Ordinal), refused.Fields.Order(StringComparer.Ordinal));
        Assert.Equal(reason.Word(), refused.Reason);
        Assert.Matches("^[0-9a-f]{32}$", refused.Trace);
    }
}
