using Dapper;
using Dossier.Tests.Fixtures;
using Dossier.Tests.ServiceTests;
using Dossier.V1;
using Google.Protobuf.WellKnownTypes;
using Google.Type;
using Grpc.Core;

namespace Dossier.Tests.ConformanceTests;

/// <summary>What is written comes back as it was, to the last character, cent and microsecond.</summary>
/// <typeparam name="TServers">The vendor's databases.</typeparam>
public abstract class TextConformance<TServers>(VendorHost<TServers> vendor) : IClassFixture<VendorHost<TServers>>
    where TServers : Servers, new()
{
    private const string Injection = "';-- DROP TABLE agreement; \" ` \\ %s {0} @customer $1 [x] ${y}";
    private readonly DossierHost host = vendor.Host;

    private static string[] Texts =>
    [
        Injection, "\u202eabc\u200f \u05e9\u05dc\u05d5\u05dd \u2066x\u2069", "👩‍👩‍👧‍👦🇳🇱 𠮷 e\u0301", "\ufeff\ufffd\uffff", "regel 1\r\nregel 2\ttab", "\u0130\u0131ß",
        " voor en na ", "{\"a\":null}", string.Concat(Enumerable.Repeat("𠮷", 1_000)),
    ];

    [ServerFact]
    public async Task Text_comes_back_as_it_was()
    {
        foreach (var text in Texts)
        {
            var request = Agreed.Remark("2081", text);
            request.Agreement.CustomerWording.Add(new LocalizedText { Language = "nl", Text = text });
            request.Agreement.Evidence.Add(text[..Math.Min(text.Length, 200)]);
            var made = (await host.Agreements.CreateAgreementAsync(request, Calls.Webcare)).Agreement;
            var withdrawal = Agreed.Withdraw(made);
            withdrawal.Reason = text;
            var withdrawn = (await host.Agreements.WithdrawAgreementAsync(withdrawal, Calls.Webcare)).Agreement;

            Assert.Equal((text, text), (made.Effects[0].Remark.Text, made.CustomerWording[0].Text));
            Assert.Equal(request.Agreement.Evidence, made.Evidence);
            Assert.Equal(text, withdrawn.End.Reason);
            Assert.Equal(withdrawn, (await host.Agreements.GetAgreementAsync(new GetAgreementRequest { Name = made.Name })).Agreement);
        }
    }

    [ServerFact]
    public async Task More_than_ten_thousand_characters_come_back_as_they_were()
    {
        var request = Agreed.Remark("2082", new string('é', 2_000));
        foreach (var language in (string[])["nl", "en", "fr", "de", "tr", "ar", "uk", "zh"])
        {
            request.Agreement.CustomerWording.Add(new LocalizedText { Language = language, Text = string.Concat(Enumerable.Repeat("𠮷'", 1_333)) });
        }

        var made = (await host.Agreements.CreateAgreementAsync(request, Calls.Webcare)).Agreement;

        Assert.Equal(request.Agreement.CustomerWording, made.CustomerWording);
        Assert.Equal(made, (await host.Agreements.GetAgreementAsync(new GetAgreementRequest { Name = made.Name })).Agreement);
    }

    [ServerFact]
    public async Task What_no_database_can_hold_is_refused_by_name_or_found_nowhere()
    {
        var nul = "~" + System.Buffers.Text.Base64Url.EncodeToString("a\0b"u8);
        var remark = Agreed.Remark("2083", "a\0b");
        BadFieldsTests.AssertFields(await Refused.ByAsync(async () => await host.Agreements.CreateAgreementAsync(remark, Calls.Webcare)), "agreement.effects[0].remark.text");
        BadFieldsTests.AssertFields(
            await Refused.ByAsync(() => LinkAsync("2083", new CustomerKey { SocialId = new SocialId { Platform = "forum", Page = "p", Id = "1", Handle = "a\0b" } })),
            "key.social_id.handle");

        foreach (var source in Servers.Sources)
        {
            await host.GetAsync("1042");
            var missing = await Refused.ByAsync(async () => await host.Dossiers.GetInteractionAsync(
                new GetInteractionRequest { Name = $"customers/1042/sources/{source}/interactions/{nul}" }));
            Assert.Equal((StatusCode.NotFound, "RESOURCE_NOT_FOUND"), (missing.Code, missing.Reason));
            var unlinked = await Refused.ByAsync(() => LinkAsync("1042", new CustomerKey { Interaction = $"sources/{source}/interactions/{nul}" }));
            Assert.Equal((StatusCode.NotFound, "RESOURCE_NOT_FOUND"), (unlinked.Code, unlinked.Reason));
        }

        Assert.All((await host.Dossiers.ListSourcesAsync(new ListSourcesRequest())).Sources, source => Assert.Equal((SourceState.Ok, ""), (source.State, source.LastFailure)));
    }

    [ServerFact]
    public async Task Keys_are_kept_and_found_byte_for_byte()
    {
        var ids = (string[])[Injection[..30], "👩‍👩‍👧‍👦", "a/b%2Fc", "a1", "A1", "a1 ", " a1", "á", "a\u0301"];
        for (var index = 0; index < ids.Length; index++)
        {
            await LinkAsync($"{2101 + index}", Forum(ids[index]));
        }

        for (var index = 0; index < ids.Length; index++)
        {
            var found = await host.Dossiers.ResolveCustomerAsync(new ResolveCustomerRequest { Keys = { Forum(ids[index]) } });
            Assert.Equal($"customers/{2101 + index}", Assert.Single(found.Candidates).Customer);
            var link = (await host.GetAsync($"{2101 + index}")).Customer.Keys.Single(link => link.Key.SocialId?.Platform == "forum");
            Assert.Equal((ids[index], ids[index].Trim(), false), (link.Key.SocialId.Id, link.Key.SocialId.Handle, link.Shared));
        }

        static CustomerKey Forum(string id) => new() { SocialId = new SocialId { Platform = "forum", Page = "Wij '; --", Id = id, Handle = id.Trim() } };
    }

    [ServerFact]
    public async Task Ids_that_differ_by_case_are_different()
    {
        using (var owner = vendor.Servers.Open(vendor.Servers.StoreOwner("administration")))
        {
            foreach (var (number, name) in ((string, string)[])[("a1", "Klein"), ("A1", "Groot")])
            {
                await owner.ExecuteAsync(
                    "INSERT INTO debtor SELECT @number, kind, @name, NULL, 'Schrift', company_name, street, house_no, postcode, city, secret, since FROM debtor WHERE debtor_no = '1042'",
                    new { number, name });
                await owner.ExecuteAsync(
                    "INSERT INTO account (account_no, debtor_no, pay_by, opened_on) SELECT @account, @number, pay_by, opened_on FROM account WHERE account_no = 'BA-001042'",
                    new { account = "ba-" + number, number });
            }
        }

        var small = (await host.Agreements.CreateAgreementAsync(Block("a1", "ba-a1"), Calls.Webcare)).Agreement;

        Assert.Equal(["Klein Schrift", "Groot Schrift"], [(await host.GetAsync("a1")).Customer.DisplayName, (await host.GetAsync("A1")).Customer.DisplayName]);
        Assert.Equal(small, Assert.Single((await host.GetAsync("a1")).Agreements));
        Assert.Empty((await host.GetAsync("A1")).Agreements);
        Assert.Equal(Verdict.Block, await JudgeAsync("a1", "ba-a1"));
        Assert.Equal(Verdict.Allow, await JudgeAsync("a1", "ba-A1"));
        Assert.Equal(Verdict.Allow, await JudgeAsync("A1", "ba-a1"));
        Assert.Equal("SUBJECT_NOT_FOUND", (await Refused.ByAsync(async () => await host.Agreements.CreateAgreementAsync(Block("a1", "BA-a1"), Calls.Webcare))).Reason);
        Assert.Equal("SUBJECT_OF_OTHER_CUSTOMER", (await Refused.ByAsync(async () => await host.Agreements.CreateAgreementAsync(Block("a1", "ba-A1"), Calls.Webcare))).Reason);
        BadFieldsTests.AssertFields(
            await Refused.ByAsync(async () => await host.Agreements.CreateAgreementAsync(Block("a1", "ba-a1 "), Calls.Webcare)), "agreement.effects[0].subjects[0].id");

        static CreateAgreementRequest Block(string customer, string account) => Agreed.Create(customer, new Effect
        {
            DunningBlock = new DunningBlock { Reason = DunningBlock.Types.Reason.Disputed },
            Subjects = { new Subject { Type = SubjectType.BillingAccount, Id = account } },
        });

        async Task<Verdict> JudgeAsync(string customer, string account) => (await host.Guard.CheckActionAsync(new CheckActionRequest
        {
            Action = Agreed.Letter(customer, new ActionSubject { Type = SubjectType.BillingAccount, Id = account, Amount = StoryTests.Eur(1) }),
        })).Decision.Verdict;
    }

    [ServerFact]
    public async Task Moments_are_whole_microseconds_cut_off_towards_the_past()
    {
        // 1969, the year 1, and the last microsecond before 1970.
        foreach (var (asked, kept) in ((Timestamp, Timestamp)[])
        [
            (At(-1, 999_999_999), At(-1, 999_999_000)),
            (At(-86_400, 1_999), At(-86_400, 1_000)),
            (At(-62_135_596_800, 999), At(-62_135_596_800, 0)),
            (At(1_790_000_000, 123_456_789), At(1_790_000_000, 123_456_000)),
        ])
        {
            var request = Agreed.DunningBlock("2084");
            request.Agreement.EffectiveTime = asked;
            var made = (await host.Agreements.CreateAgreementAsync(request, Calls.Webcare)).Agreement;

            Assert.Equal(kept, made.EffectiveTime);
            Assert.All((Timestamp[])[made.CreateTime, made.UpdateTime, made.Acknowledgements[0].DueTime], moment => Assert.Equal(0, moment.Nanos % 1_000));
            Assert.Equal(made, (await host.Agreements.GetAgreementAsync(new GetAgreementRequest { Name = made.Name })).Agreement);
            Assert.Equal(made, await host.Agreements.CreateAgreementAsync(request, Calls.Webcare).ResponseAsync.ContinueWith(answer => answer.Result.Agreement, TaskScheduler.Default));
        }

        static Timestamp At(long seconds, int nanos) => new() { Seconds = seconds, Nanos = nanos };
    }

    [ServerFact]
    public async Task Days_far_away_and_days_that_have_passed_are_kept()
    {
        foreach (var (until, ends) in ((Date?, string?)[])
        [
            (Agreed.Day(2262, 4, 12), "2262-04-12T22:00:00Z"),
            (Agreed.Day(2400, 2, 29), "2400-02-29T23:00:00Z"),
            (Agreed.Day(9999, 12, 30), "9999-12-30T23:00:00Z"),
            (Agreed.Day(9999, 12, 31), null),
            (null, null),
        ])
        {
            var made = (await host.Agreements.CreateAgreementAsync(Agreed.DunningBlock("2085", until), Calls.Webcare)).Agreement;
            Assert.Equal((until, ends), (made.Effects[0].DunningBlock.Until, made.ExpireTime?.ToDateTimeOffset().ToString("yyyy-MM-dd'T'HH:mm:ss'Z'")));
            Assert.Equal(made, (await host.Agreements.GetAgreementAsync(new GetAgreementRequest { Name = made.Name })).Agreement);
        }

        var ended = Agreed.DunningBlock("2085", Agreed.Day(1960, 2, 29));
        ended.Agreement.EffectiveTime = new Timestamp { Seconds = -500_000_000 };
        Assert.Equal(AgreementState.Expired, (await host.Agreements.CreateAgreementAsync(ended, Calls.Webcare)).Agreement.State);
    }

    [ServerFact]
    public async Task Amounts_are_kept_to_the_cent_and_what_was_not_given_stays_away()
    {
        foreach (var amount in (decimal[])[0.01m, 0.10m, 27.50m, 123_456_789.99m, 1_000_000_000m])
        {
            var money = Amounts.ToMoney(amount, "EUR");
            var made = (await host.Agreements.CreateAgreementAsync(
                Agreed.Create("2086", new Effect { Refund = new Refund { Amount = money }, Subjects = { Agreed.Whole("2086") } }), Calls.Webcare)).Agreement;

            var read = (await host.Agreements.GetAgreementAsync(new GetAgreementRequest { Name = made.Name })).Agreement;
            Assert.Equal(money, read.Effects[0].Refund.Amount);
            Assert.Equal((null, null, "", 0, 0), (read.End, read.ExpireTime, read.Origin.Interaction + read.Origin.Channel, read.CustomerWording.Count, read.Evidence.Count));
        }

        // A label that is empty is none; who says it later gives it.
        var bare = new CustomerKey { SocialId = new SocialId { Platform = "forum", Page = "p", Id = "leeg" } };
        await LinkAsync("2087", bare);
        Assert.Contains((await host.GetAsync("2087")).Customer.Keys, link => link.Key.Equals(bare));
    }

    private async Task<LinkCustomerKeyResponse> LinkAsync(string customer, CustomerKey key) => await host.Dossiers.LinkCustomerKeyAsync(
        new LinkCustomerKeyRequest { Customer = $"customers/{customer}", Key = key, RequestId = Agreed.NewId() }, Calls.Webcare);
}

public sealed class SqliteTextTests(VendorHost<SqliteServers> vendor) : TextConformance<SqliteServers>(vendor);

[NeedsServer(PostgresDatabase.Variable, alsoInCI: true)]
public sealed class PostgresTextTests(VendorHost<PostgresServers> vendor) : TextConformance<PostgresServers>(vendor);

[NeedsServer(SqlServerServers.Variable, alsoInCI: false)]
public sealed class SqlServerTextTests(VendorHost<SqlServerServers> vendor) : TextConformance<SqlServerServers>(vendor);
