using Dossier.Tests.Fixtures;
using Dossier.V1;
using Google.Protobuf.WellKnownTypes;
using Google.Type;
using Grpc.Core;

namespace Dossier.Tests.ServiceTests;

/// <summary>An agreement that means nothing, or is about somebody else's invoice, is refused, and nothing of it is stored.</summary>
public sealed class RefusedAgreementTests(SharedHost shared) : IClassFixture<SharedHost>
{
    private const string At = "agreement.effects[0]";
    private static readonly Metadata Webcare = DossierHost.As("webcare", "daan");
    private readonly DossierHost host = shared.Host;

    /// <summary>What is wrong, the agreement's effect, and the fields that must be named.</summary>
    public static TheoryData<string, Effect, string[]> Wrong
    {
        get
        {
            var data = new TheoryData<string, Effect, string[]>();
            void Add(string what, Effect effect, params string[] fields) => data.Add(what, effect, fields);
            void On(string what, Effect effect, params string[] fields)
            {
                effect.Subjects.Add(Agreed.Whole("1043"));
                Add(what, effect, fields);
            }

            On("an effect that does nothing", new Effect(), At);
            Add("no subject", new Effect { Remark = new Remark { Text = "x" } }, $"{At}.subjects");
            Add(
                "51 subjects",
                new Effect { Remark = new Remark { Text = "x" }, Subjects = { Enumerable.Range(0, 51).Select(index => Agreed.Invoice($"i{index}")) } },
                $"{At}.subjects");
            Add("a subject twice", new Effect { Remark = new Remark { Text = "x" }, Subjects = { Agreed.Whole("1043"), Agreed.Whole("1043") } }, $"{At}.subjects[1]");
            Add("a subject without type and id", new Effect { Remark = new Remark { Text = "x" }, Subjects = { new Subject() } }, $"{At}.subjects[0].type", $"{At}.subjects[0].id");
            Add(
                "an unknown type and a control character",
                new Effect { Remark = new Remark { Text = "x" }, Subjects = { new Subject { Type = (SubjectType)42, Id = "a\u0007" } } },
                $"{At}.subjects[0].type",
                $"{At}.subjects[0].id");
            On("a credited customer", new Effect { CreditInvoice = new CreditInvoice() }, $"{At}.subjects[0].type");
            On("no amount and no ground", new Effect { CreditAmount = new CreditAmount() }, $"{At}.credit_amount.amount", $"{At}.credit_amount.ground");
            On("a negative amount", Credit(new Money { CurrencyCode = "EUR", Units = -10 }), $"{At}.credit_amount.amount");
            On("nothing", Credit(new Money { CurrencyCode = "EUR" }), $"{At}.credit_amount.amount");
            On("no currency", Credit(new Money { Units = 10 }), $"{At}.credit_amount.amount");
            On("a third decimal", Credit(new Money { CurrencyCode = "EUR", Nanos = 1_000_000 }), $"{At}.credit_amount.amount");
            On("nanos with another sign", Credit(new Money { CurrencyCode = "EUR", Units = 1, Nanos = -10_000_000 }), $"{At}.credit_amount.amount");
            On("the smallest nanos there are", Credit(new Money { CurrencyCode = "EUR", Nanos = int.MinValue }), $"{At}.credit_amount.amount");
            On("the smallest units there are", Credit(new Money { CurrencyCode = "EUR", Units = long.MinValue }), $"{At}.credit_amount.amount");
            On("the largest units there are", Credit(new Money { CurrencyCode = "EUR", Units = long.MaxValue }), $"{At}.credit_amount.amount");
            On("a negative fee", new Effect { WaiveFee = new WaiveFee { Amount = StoryTests.Eur(-40) } }, $"{At}.waive_fee.amount");
            On("a negative refund", new Effect { Refund = new Refund { Amount = StoryTests.Eur(-0.01m) } }, $"{At}.refund.amount");
            On("no until", new Effect { DeferPayment = new DeferPayment() }, $"{At}.defer_payment.until");
            On("an until before the start", new Effect { DeferPayment = new DeferPayment { Until = Agreed.Day(2026, 10, 8) } }, $"{At}.defer_payment.until");
            On("a day that is none", new Effect { DeferPayment = new DeferPayment { Until = Agreed.Day(2027, 2, 29) } }, $"{At}.defer_payment.until");
            On("half a day", new Effect { SuspensionBlock = new SuspensionBlock { Until = new Date { Year = 2027 } } }, $"{At}.suspension_block.until");
            On("a block without a reason", new Effect { DunningBlock = new DunningBlock { Until = Agreed.Day(1, 1, 1) } }, $"{At}.dunning_block.reason", $"{At}.dunning_block.until");
            On(
                "a stop of no known kind",
                new Effect { ContactStop = new ContactStop { Channel = "Post!", Purpose = (ContactPurpose)8 } },
                $"{At}.contact_stop.channel",
                $"{At}.contact_stop.purpose");
            On("no instalment", new Effect { InstalmentPlan = new InstalmentPlan() }, $"{At}.instalment_plan.instalments");
            On(
                "instalments in two currencies",
                Plan((Agreed.Day(2026, 11, 1), new Money { CurrencyCode = "EUR", Units = 5 }), (Agreed.Day(2026, 12, 1), new Money { CurrencyCode = "USD", Units = 5 })),
                $"{At}.instalment_plan.instalments[1].amount.currency_code");
            On(
                "instalments out of order",
                Plan((Agreed.Day(2026, 12, 1), StoryTests.Eur(5)), (Agreed.Day(2026, 11, 1), StoryTests.Eur(5))),
                $"{At}.instalment_plan.instalments[1].due_date");
            On("an empty remark", new Effect { Remark = new Remark() }, $"{At}.remark.text");
            On("a very long remark", new Effect { Remark = new Remark { Text = new string('a', 10_000) } }, $"{At}.remark.text");
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Wrong))]
    public async Task An_agreement_that_means_nothing_is_refused(string what, Effect effect, string[] fields)
    {
        Assert.NotEmpty(what);
        await AssertRefusedAsync(Agreed.Create("1043", effect), refused => BadFieldsTests.AssertFields(refused, fields));
    }

    [Fact]
    public async Task An_agreement_without_an_effect_or_with_too_many_is_refused()
    {
        await AssertRefusedAsync(Agreed.Create("1043"), refused => BadFieldsTests.AssertFields(refused, "agreement.effects"));
        var many = Enumerable.Range(0, 21).Select(_ => new Effect { Remark = new Remark { Text = "x" }, Subjects = { Agreed.Whole("1043") } });
        await AssertRefusedAsync(Agreed.Create("1043", [.. many]), refused => BadFieldsTests.AssertFields(refused, "agreement.effects"));
        await AssertRefusedAsync(
            new CreateAgreementRequest { Parent = "customers/1043", RequestId = Agreed.NewId() }, refused => BadFieldsTests.AssertFields(refused, "agreement"));
    }

    [Fact]
    public async Task A_malformed_customer_is_named_once()
    {
        var request = Agreed.Remark("1043", "x");
        request.Parent = "customers/1043 ";

        await AssertRefusedAsync(request, refused => BadFieldsTests.AssertFields(refused, "parent"));
    }

    [Fact]
    public async Task Wording_evidence_and_origin_are_checked_and_all_named_at_once()
    {
        var request = Agreed.Remark("1043", "x");
        request.RequestId = "";
        var agreement = request.Agreement;
        agreement.CustomerWording.Add(new LocalizedText { Language = "nl", Text = new string('a', 10_000) });
        agreement.CustomerWording.Add(new LocalizedText { Language = "NL", Text = "" });
        agreement.CustomerWording.Add(new LocalizedText { Language = "Nederlands!", Text = "goed" });
        agreement.Evidence.Add(new string('a', 257));
        agreement.Origin = new Origin { Channel = "Face book", Interaction = "customers/1042/sources/webcare/interactions/cnv-000214" };
        agreement.EffectiveTime = new Timestamp { Seconds = 253402300799 };

        await AssertRefusedAsync(request, refused => BadFieldsTests.AssertFields(
            refused,
            "request_id",
            "agreement.customer_wording[0].text",
            "agreement.customer_wording[1].language",
            "agreement.customer_wording[1].text",
            "agreement.customer_wording[2].language",
            "agreement.evidence[0]",
            "agreement.origin.channel",
            "agreement.origin.interaction",
            "agreement.effective_time"));
    }

    [Theory]
    [InlineData("no-such-invoice", "SUBJECT_NOT_FOUND")]
    [InlineData("202608-004217", "SUBJECT_OF_OTHER_CUSTOMER")]
    [InlineData("202609-004388-1", "SUBJECT_NOT_FOUND")]
    public async Task An_agreement_on_an_invoice_that_does_not_exist_or_is_someone_elses_is_refused(string invoice, string reason)
    {
        await AssertRefusedAsync(StoryTests.CreditOf("1043", invoice), refused =>
        {
            Assert.Equal((StatusCode.InvalidArgument, reason), (refused.Code, refused.Reason));
            Assert.Equal(["agreement.effects[0].subjects[0].id"], refused.Fields);
        });
    }

    [Fact]
    public async Task Every_subject_that_is_not_there_is_named()
    {
        var request = StoryTests.CreditOf("1043", "no-such-invoice");
        request.Agreement.Effects[0].Subjects.Add(Agreed.Invoice("202609-004388"));
        request.Agreement.Effects[0].Subjects.Add(Agreed.Invoice("nor-this-one"));

        await AssertRefusedAsync(request, refused => Assert.Equal(
            ["agreement.effects[0].subjects[0].id", "agreement.effects[0].subjects[2].id"], refused.Fields));
    }

    [Fact]
    public async Task Another_customer_as_a_whole_is_refused()
    {
        var request = Agreed.Remark("1043", "x");
        request.Agreement.Effects[0].Subjects[0].Id = "1042";

        await AssertRefusedAsync(request, refused => Assert.Equal("SUBJECT_OF_OTHER_CUSTOMER", refused.Reason));
    }

    [Theory]
    [InlineData("1042", SubjectType.Invoice, "202608-004217", "BA-001042")]
    [InlineData("1042", SubjectType.InvoiceLine, "202608-004217-1", "202608-004217,BA-001042")]
    [InlineData("1042", SubjectType.BillingAccount, "BA-001042", "")]
    [InlineData("1042", SubjectType.Product, "SIM-001042", "")]
    [InlineData("1042", SubjectType.Customer, "1042", "")]
    public async Task A_subject_that_is_there_is_verified_and_gets_its_true_parents(string customer, SubjectType type, string id, string parents)
    {
        var subject = new Subject { Type = type, Id = id, Parents = { new SubjectRef { Type = SubjectType.BillingAccount, Id = "BA-999999" } } };
        var request = Agreed.Create(customer, new Effect { Remark = new Remark { Text = "x" }, Subjects = { subject } });

        var made = (await host.Agreements.CreateAgreementAsync(request, Webcare)).Agreement.Effects[0].Subjects[0];

        Assert.Equal(Verification.Verified, made.Verification);
        Assert.Equal(parents, string.Join(',', made.Parents.Select(parent => parent.Id)));
    }

    [Fact]
    public async Task A_subject_that_cannot_be_looked_up_now_is_taken_as_pending_with_the_parents_that_were_given()
    {
        using var fault = StoreFault.MovedAway(host, "administration");
        var request = StoryTests.CreditOf("1049", "202609-000001");
        request.Agreement.Effects[0].Subjects[0].Parents.Add(new SubjectRef { Type = SubjectType.BillingAccount, Id = "BA-001049" });

        var made = (await host.Agreements.CreateAgreementAsync(request, Webcare)).Agreement.Effects[0].Subjects[0];

        Assert.Equal((Verification.Pending, "BA-001049"), (made.Verification, made.Parents.Single().Id));
    }

    private static Effect Credit(Money amount) => new() { CreditAmount = new CreditAmount { Amount = amount, Ground = CreditAmount.Types.Ground.Goodwill } };

    private static Effect Plan(params (Date Due, Money Amount)[] parts) => new()
    {
        InstalmentPlan = new InstalmentPlan { Instalments = { parts.Select(part => new InstalmentPlan.Types.Instalment { DueDate = part.Due, Amount = part.Amount }) } },
    };

    private async Task AssertRefusedAsync(CreateAgreementRequest request, Action<Refused> check)
    {
        var before = Rows.Written(host);
        var refused = await Refused.ByAsync(async () => await host.Agreements.CreateAgreementAsync(request, Webcare));
        Assert.Equal(before, Rows.Written(host));
        check(refused);
    }
}
