using Dossier.Tests.Fixtures;
using Dossier.V1;
using Grpc.Core;

namespace Dossier.Tests.ServiceTests;

/// <summary>Whatever a caller writes is text: it comes back as it was, or is refused by name.</summary>
public sealed class HostileTextTests(SharedHost shared) : IClassFixture<SharedHost>
{
    private const string Injection = "';-- DROP TABLE agreement; \" ` \\ %s {0} @customer";
    private const string RightToLeft = "\u202eabc\u200f \u05e9\u05dc\u05d5\u05dd \u2066x\u2069";
    private const string Emoji = "👩‍👩‍👧‍👦🇳🇱 𠮷 e\u0301";
    private static readonly Metadata Webcare = DossierHost.As("webcare", "daan");
    private readonly DossierHost host = shared.Host;

    public static TheoryData<string> Texts =>
    [
        Injection, RightToLeft, Emoji, "\ufeff\ufffd\uffff", "regel 1\r\nregel 2\ttab", new string('é', 2_000), "\u0130\u0131ß",
    ];

    [Theory]
    [MemberData(nameof(Texts))]
    public async Task Text_comes_back_as_it_was(string text)
    {
        var request = Agreed.Remark("2081", text);
        request.Agreement.CustomerWording.Add(new LocalizedText { Language = "nl", Text = text });
        var made = await host.Agreements.CreateAgreementAsync(request, Webcare);
        var withdrawal = Agreed.Withdraw(made.Agreement);
        withdrawal.Reason = text;
        await host.Agreements.WithdrawAgreementAsync(withdrawal, Webcare);

        var read = (await host.Agreements.GetAgreementAsync(new GetAgreementRequest { Name = made.Agreement.Name })).Agreement;

        Assert.Equal(text, read.Effects[0].Remark.Text);
        Assert.Equal(text, read.CustomerWording[0].Text);
        Assert.Equal(text, read.End.Reason);
    }

    [Theory]
    [InlineData("\0")]
    [InlineData("a\0b")]
    [InlineData("\u001b[31mrood")]
    [InlineData("\u0085")]
    public async Task Control_characters_are_refused_by_name(string text)
    {
        var request = Agreed.Remark("2081", text);
        request.Agreement.CustomerWording.Add(new LocalizedText { Language = "nl", Text = text });
        request.Agreement.Evidence.Add(text);

        var refused = await Refused.ByAsync(async () => await host.Agreements.CreateAgreementAsync(request, Webcare));

        BadFieldsTests.AssertFields(refused, "agreement.effects[0].remark.text", "agreement.customer_wording[0].text", "agreement.evidence[0]");
    }

    [Theory]
    [InlineData("';--")]
    [InlineData("x' OR '1'='1")]
    [InlineData("%")]
    [InlineData("\"]},{\"a\":[\"")]
    [InlineData("👩‍👩‍👧‍👦")]
    [InlineData("\u202e1042")]
    [InlineData("202608-004217\u200f")]
    public async Task An_id_that_nobody_has_is_found_nowhere(string id)
    {
        var credit = await Refused.ByAsync(async () => await host.Agreements.CreateAgreementAsync(StoryTests.CreditOf("1042", id), Webcare));
        var found = await host.Dossiers.ResolveCustomerAsync(new ResolveCustomerRequest
        {
            Keys =
            {
                new CustomerKey { BillingAccount = id },
                new CustomerKey { SocialId = new SocialId { Platform = "facebook", Page = id, Id = id } },
            },
        });
        var judged = await host.Guard.CheckActionAsync(new CheckActionRequest { Action = Agreed.Letter("1042", Agreed.Bill(id, id)) });

        Assert.Equal("SUBJECT_NOT_FOUND", credit.Reason);
        Assert.Empty(found.Candidates);
        Assert.Empty(found.Unreachable);
        Assert.Equal(Verdict.Allow, judged.Decision.Verdict);
    }

    [Fact]
    public async Task Keys_with_any_text_are_linked_and_found_byte_for_byte()
    {
        foreach (var id in (string[])[Injection, Emoji, "a/b%2Fc", "A", "a", "á", "a\u0301"])
        {
            var key = new CustomerKey { SocialId = new SocialId { Platform = "forum", Page = "';--", Id = id, Handle = Emoji } };
            var linked = await host.Dossiers.LinkCustomerKeyAsync(
                new LinkCustomerKeyRequest { Customer = "customers/2082", Key = key, RequestId = Agreed.NewId() }, Webcare);
            Assert.Equal(key, linked.Link.Key);
        }

        var found = await host.Dossiers.ResolveCustomerAsync(new ResolveCustomerRequest
        {
            Keys = { new CustomerKey { SocialId = new SocialId { Platform = "forum", Page = "';--", Id = "a/b%2Fc" } } },
        });
        Assert.Equal("customers/2082", Assert.Single(found.Candidates).Customer);
        var keys = (await host.GetAsync("2082")).Customer.Keys.Where(link => link.Key.SocialId?.Platform == "forum").ToList();
        Assert.Equal(7, keys.Count);
        Assert.All(keys, link => Assert.Equal(Emoji, link.Key.SocialId.Handle));
    }

    [Fact]
    public async Task Ten_thousand_characters_are_refused_wherever_they_stand_and_never_break_the_answer()
    {
        var long1 = new string('a', 10_000);
        var encoded = "~" + System.Buffers.Text.Base64Url.EncodeToString(System.Text.Encoding.UTF8.GetBytes(long1));
        Func<Task>[] calls =
        [
            async () => await host.Dossiers.GetDossierAsync(new GetDossierRequest { Name = $"customers/{long1}/dossier" }),
            async () => await host.Dossiers.ListInteractionsAsync(new ListInteractionsRequest { Parent = $"customers/{long1}", PageToken = long1, Channels = { long1 } }),
            async () => await host.Dossiers.GetInteractionAsync(new GetInteractionRequest { Name = $"customers/1042/sources/webcare/interactions/{long1}" }),
            async () => await host.Dossiers.GetInteractionAsync(new GetInteractionRequest { Name = $"customers/1042/sources/webcare/interactions/{encoded}" }),
            async () => await host.Dossiers.GetSourceAsync(new GetSourceRequest { Name = $"sources/{long1}" }),
            async () => await host.Dossiers.ResolveCustomerAsync(new ResolveCustomerRequest { Keys = { new CustomerKey { Phone = long1 }, new CustomerKey { Email = $"a@{long1}" } } }),
            async () => await host.Dossiers.LookUpDossierAsync(new LookUpDossierRequest { Key = new CustomerKey { SocialId = new SocialId { Platform = "x", Page = long1, Id = long1, Handle = long1 } } }),
            async () => await host.Agreements.GetAgreementAsync(new GetAgreementRequest { Name = $"customers/{long1}/agreements/{long1}" }),
            async () => await host.Agreements.CreateAgreementAsync(StoryTests.CreditOf("1042", long1), Webcare),
            async () => await host.Agreements.WithdrawAgreementAsync(
                new WithdrawAgreementRequest { Name = long1, Etag = long1, Reason = long1, RequestId = long1, CustomerInformed = new CustomerInformed { Channel = long1 } }, Webcare),
            async () => await host.Guard.CheckActionAsync(new CheckActionRequest { Action = Agreed.Letter(long1, Agreed.Bill(long1, long1)) }),
        ];

        foreach (var call in calls)
        {
            var refused = await Refused.ByAsync(call);
            Assert.Contains(refused.Code, (StatusCode[])[StatusCode.InvalidArgument, StatusCode.NotFound]);
            Assert.InRange(refused.Message.Length, 1, 2_000);
        }
    }

    [Fact]
    public async Task A_stale_etag_of_any_text_is_only_stale()
    {
        var made = await host.Agreements.CreateAgreementAsync(Agreed.Remark("2083", "x"), Webcare);
        foreach (var etag in (string[])["\0", Injection, Emoji, new string('a', 10_000)])
        {
            var request = Agreed.Withdraw(made.Agreement);
            request.Etag = etag;
            Assert.Equal("ETAG_MISMATCH", (await Refused.ByAsync(async () => await host.Agreements.WithdrawAgreementAsync(request, Webcare))).Reason);
        }
    }

    [Fact]
    public async Task Ids_that_differ_by_case_or_by_a_trailing_blank_are_different()
    {
        await using var own = await Patient.StartAsync();
        Rows.Execute(
            own.FileOf("administration"),
            "INSERT INTO invoice (debtor_no, dated, invoice_no, account_no, is_credit, net_cents, vat_cents, total_cents, open_cents) VALUES ('1042', '2026-10-01', 'Fa-1', 'BA-001042', 0, 100, 0, 100, 100), ('1042', '2026-10-01', 'FA-1', 'BA-001042', 0, 200, 0, 200, 200)");
        await own.Agreements.CreateAgreementAsync(StoryTests.CreditOf("1042", "Fa-1"), Webcare);
        async Task<Verdict> Judge(string id) =>
            (await own.Guard.CheckActionAsync(new CheckActionRequest { Action = Agreed.Letter("1042", Agreed.Bill(id, "BA-001042", 1)) })).Decision.Verdict;

        Assert.Equal(Verdict.Block, await Judge("Fa-1"));
        Assert.Equal(Verdict.Allow, await Judge("FA-1"));
        Assert.Equal(Verdict.Allow, await Judge("fa-1"));
        Assert.Equal("SUBJECT_NOT_FOUND", (await Refused.ByAsync(async () => await own.Agreements.CreateAgreementAsync(StoryTests.CreditOf("1042", "fa-1"), Webcare))).Reason);

        // A blank at an end is refused by name: "Fa-1 " is never taken for "Fa-1", nor judged as an invoice that nobody knows.
        BadFieldsTests.AssertFields(await Refused.ByAsync(() => Judge("Fa-1 ")), "action.subjects[0].id");
        BadFieldsTests.AssertFields(
            await Refused.ByAsync(async () => await own.Agreements.CreateAgreementAsync(StoryTests.CreditOf("1042", "Fa-1 "), Webcare)),
            "agreement.effects[0].subjects[0].id");
    }

    [Fact]
    public async Task Customers_that_differ_by_case_are_different()
    {
        await using var own = await Patient.StartAsync();
        Rows.Execute(
            own.FileOf("administration"),
            "INSERT INTO debtor SELECT 'Klant.x', kind, 'Groot', NULL, 'Schrift', company_name, street, house_no, postcode, city, secret, since FROM debtor WHERE debtor_no = '1042'; INSERT INTO debtor SELECT 'klant.x', kind, 'Klein', NULL, 'Schrift', company_name, street, house_no, postcode, city, secret, since FROM debtor WHERE debtor_no = '1042'");
        await own.Agreements.CreateAgreementAsync(Agreed.DunningBlock("Klant.x"), Webcare);

        Assert.Equal("Groot Schrift", (await own.GetAsync("Klant.x")).Customer.DisplayName);
        Assert.Equal("Klein Schrift", (await own.GetAsync("klant.x")).Customer.DisplayName);
        Assert.Empty((await own.GetAsync("klant.x")).Agreements);
        Assert.Equal(
            Verdict.Allow, (await own.Guard.CheckActionAsync(new CheckActionRequest { Action = Agreed.Letter("klant.x", Agreed.Bill("i", "b")) })).Decision.Verdict);
        Assert.Equal(StatusCode.NotFound, (await Refused.ByAsync(() => own.GetAsync("KLANT.X"))).Code);
    }
}
