using Dossier.Tests.Fixtures;
using Dossier.V1;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;

namespace Dossier.Tests.ServiceTests;

/// <summary>The guard over the wire: what it refuses, what it keeps, and batches whose bad items stop nobody.</summary>
public sealed class GuardTests(SharedHost shared) : IClassFixture<SharedHost>
{
    private static readonly Metadata Administration = DossierHost.As("administration", "dunning-run");
    private readonly DossierHost host = shared.Host;

    public static TheoryData<SubjectType, SubjectType[], string[]> Orphans => new()
    {
        { SubjectType.Invoice, [], ["BILLING_ACCOUNT"] },
        { SubjectType.Invoice, [SubjectType.Customer], ["BILLING_ACCOUNT"] },
        { SubjectType.InvoiceLine, [], ["INVOICE", "BILLING_ACCOUNT"] },
        { SubjectType.InvoiceLine, [SubjectType.Invoice], ["BILLING_ACCOUNT"] },
        { SubjectType.InvoiceLine, [SubjectType.BillingAccount], ["INVOICE"] },
    };

    [Theory]
    [MemberData(nameof(Orphans))]
    public async Task A_subject_without_its_parents_is_refused(SubjectType type, SubjectType[] parents, string[] missing)
    {
        var subject = new ActionSubject { Type = type, Id = "x" };
        subject.Parents.AddRange(parents.Select(parent => new SubjectRef { Type = parent, Id = parent == SubjectType.Customer ? "1043" : "p" }));

        var refused = await Refused.ByAsync(async () => await host.Guard.CheckActionAsync(new CheckActionRequest { Action = Agreed.Letter("1043", subject) }));

        BadFieldsTests.AssertFields(refused, ErrorReason.ParentMissing, [.. missing.Select(_ => "action.subjects[0].parents")]);
        Assert.All(missing, word => Assert.Contains(word, refused.Message, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(201)]
    public async Task An_action_has_one_to_two_hundred_subjects(int count)
    {
        var action = Agreed.Letter("1043", [.. Enumerable.Range(0, count).Select(number => Agreed.Bill($"i{number}", "BA-001043"))]);

        BadFieldsTests.AssertFields(
            await Refused.ByAsync(async () => await host.Guard.CheckActionAsync(new CheckActionRequest { Action = action })), "action.subjects");
    }

    [Fact]
    public async Task A_contact_without_subjects_is_about_the_customer()
    {
        var stop = Agreed.Create("2071", new Effect { ContactStop = new ContactStop { Channel = "phone" }, Subjects = { Agreed.Whole("2071") } });
        await host.Agreements.CreateAgreementAsync(stop, DossierHost.As("telephony"));

        async Task<Verdict> Judge(ContactPurpose purpose, string channel) => (await host.Guard.CheckActionAsync(new CheckActionRequest
        {
            Action = new PlannedAction { Customer = "customers/2071", Action = ActionKind.Contact, Purpose = purpose, Channel = channel },
        })).Decision.Verdict;

        Assert.Equal(Verdict.Block, await Judge(ContactPurpose.Marketing, "phone"));
        Assert.Equal(Verdict.Block, await Judge(ContactPurpose.Service, ""));
        Assert.Equal(Verdict.Allow, await Judge(ContactPurpose.Statutory, "phone"));
        Assert.Equal(Verdict.Allow, await Judge(ContactPurpose.Marketing, "email"));
        Assert.Equal(Verdict.Review, await Judge(ContactPurpose.Unspecified, "phone"));
    }

    [Fact]
    public async Task A_customer_without_agreements_is_allowed_known_or_not()
    {
        foreach (var customer in (string[])["2072", "nobody-knows"])
        {
            var decision = (await host.Guard.CheckActionAsync(new CheckActionRequest { Action = Agreed.Letter(customer, Agreed.Bill("i", "b")) })).Decision;

            Assert.Equal(Verdict.Allow, decision.Verdict);
            Assert.Empty(decision.Reasons);
            Assert.InRange(decision.DecisionId.Length, 1, 2_048);
            Assert.Equal(24, (decision.ExpireTime.ToDateTimeOffset() - host.Services.GetRequiredService<TimeProvider>().GetUtcNow()).TotalHours, 0.1);
        }
    }

    [Fact]
    public async Task An_action_that_is_not_known_is_for_a_person()
    {
        foreach (var kind in (ActionKind[])[ActionKind.Unspecified, (ActionKind)99])
        {
            var action = Agreed.Letter("2072", Agreed.Bill("i", "b"));
            action.Action = kind;

            Assert.Equal(Verdict.Review, (await host.Guard.CheckActionAsync(new CheckActionRequest { Action = action })).Decision.Verdict);
        }
    }

    [Fact]
    public async Task A_planned_time_in_the_past_counts_as_now_and_one_in_the_future_as_itself()
    {
        await host.Agreements.CreateAgreementAsync(Agreed.DunningBlock("2073", Agreed.Day(2026, 10, 31)), DossierHost.As("webcare"));
        async Task<Verdict> At(DateTimeOffset planned)
        {
            var action = Agreed.Letter("2073", Agreed.Bill("i", "b"));
            action.PlannedTime = Timestamp.FromDateTimeOffset(planned);
            return (await host.Guard.CheckActionAsync(new CheckActionRequest { Action = action })).Decision.Verdict;
        }

        Assert.Equal(Verdict.Block, await At(DateTimeOffset.UnixEpoch));
        Assert.Equal(Verdict.Block, await At(new DateTimeOffset(2026, 10, 31, 23, 59, 59, TimeSpan.FromHours(1))));
        Assert.Equal(Verdict.Allow, await At(new DateTimeOffset(2026, 11, 1, 0, 0, 0, TimeSpan.FromHours(1))));
        Assert.Equal(Verdict.Allow, await At(new DateTimeOffset(9999, 12, 31, 23, 59, 59, TimeSpan.Zero)));
    }

    [Fact]
    public async Task Verdicts_other_than_allow_are_stored_with_ids_only_and_allow_is_not()
    {
        var made = (await host.Agreements.CreateAgreementAsync(StoryTests.CreditOf("1043", "202609-004388"), DossierHost.As("webcare", "daan"))).Agreement;
        var before = Rows.Count(host, "decision");
        await host.Guard.CheckActionAsync(new CheckActionRequest { Action = Agreed.Letter("1043", Agreed.Bill("202609-003201", "BA-001043")) }, Administration);
        Assert.Equal(before, Rows.Count(host, "decision"));

        var sequence = Rows.One(host, "SELECT value FROM change_counter");
        var call = host.Guard.CheckActionAsync(new CheckActionRequest { Action = Agreed.Letter("1043", Agreed.Bill("202609-004388", "BA-001043")) }, Administration);
        var decision = (await call).Decision;

        Assert.Equal(Verdict.Block, decision.Verdict);
        Assert.Equal(before + 1, Rows.Count(host, "decision"));
        Assert.Equal(sequence, Rows.One(host, "SELECT value FROM change_counter"));
        Assert.Equal(1, Rows.One(
            host,
            $"SELECT COUNT(*) FROM decision WHERE customer = '1043' AND system = 'administration' AND agent = 'dunning-run' AND purpose = 'service' AND verdict = 4 AND subjects = 'INVOICE 202609-004388' AND agreements = '{made.Name}' AND trace_id = '{call.GetTrailers().GetValue("x-dossier-trace")}'"));
    }

    [Fact]
    public async Task A_bad_item_does_not_stop_the_rest_and_the_order_is_kept()
    {
        await host.Agreements.CreateAgreementAsync(Agreed.DunningBlock("2074"), DossierHost.As("webcare"));
        var orphan = new ActionSubject { Type = SubjectType.Invoice, Id = "i" };
        var batch = new CheckActionBatchRequest
        {
            Actions =
            {
                Agreed.Letter("2075", Agreed.Bill("i", "b")),
                Agreed.Letter("2075", orphan),
                Agreed.Letter("2074", Agreed.Bill("i", "b")),
                new PlannedAction(),
                Agreed.Letter("2074", Agreed.Bill("j", "b")),
            },
        };

        var answer = await host.Guard.CheckActionBatchAsync(batch, Administration);

        Assert.Equal(
            [Verdict.Allow, Verdict.Unspecified, Verdict.Block, Verdict.Unspecified, Verdict.Block],
            answer.Results.Select(result => result.Decision?.Verdict ?? Verdict.Unspecified));
        Assert.Equal(["i", "i", "j"], answer.Results.Where(result => result.Decision is not null).Select(result => result.Decision.Subjects[0].Subject.Id));
        Assert.All(answer.Results.Where(result => result.Decision is not null), result => Assert.Equal(answer.RegistrySequence, result.Decision.RegistrySequence));
        AssertError(answer.Results[1], "PARENT_MISSING", "actions[1].subjects[0].parents");
        AssertError(answer.Results[3], "INVALID_FIELD", "actions[3].customer", "actions[3].subjects");
        Assert.Equal(3, answer.Results.Select(result => result.Decision?.DecisionId).Where(id => id is not null).Distinct().Count());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1_001)]
    public async Task A_batch_has_one_to_a_thousand_actions(int count)
    {
        var batch = new CheckActionBatchRequest { Actions = { Enumerable.Repeat(Agreed.Letter("2075", Agreed.Bill("i", "b")), count) } };

        BadFieldsTests.AssertFields(await Refused.ByAsync(async () => await host.Guard.CheckActionBatchAsync(batch)), "actions");
    }

    [Fact]
    public async Task A_batch_of_a_thousand_customers_is_judged_and_kept()
    {
        await host.Agreements.CreateAgreementAsync(Agreed.DunningBlock("2076"), DossierHost.As("webcare"));
        var before = Rows.Count(host, "decision");
        var batch = new CheckActionBatchRequest
        {
            Actions = { Enumerable.Range(0, 1_000).Select(number => Agreed.Letter(number % 2 == 0 ? "2076" : $"c{number}", Agreed.Bill($"i{number}", "b"))) },
        };

        var answer = await host.Guard.CheckActionBatchAsync(batch, Administration);

        Assert.Equal(Enumerable.Range(0, 1_000).Select(number => $"i{number}"), answer.Results.Select(result => result.Decision.Subjects[0].Subject.Id));
        Assert.Equal(500, answer.Results.Count(result => result.Decision.Verdict == Verdict.Block));
        Assert.Equal(before + 500, Rows.Count(host, "decision"));
    }

    [Fact]
    public async Task The_decision_id_of_the_largest_action_is_still_a_token()
    {
        var subjects = Enumerable.Range(0, 200).Select(number => Agreed.Bill($"{number}-{new string('x', 60)}", new string('b', 64)));

        var decision = (await host.Guard.CheckActionAsync(new CheckActionRequest { Action = Agreed.Letter("2077", [.. subjects]) })).Decision;

        Assert.InRange(decision.DecisionId.Length, 1, 2_048);
        Assert.Equal(200, decision.Subjects.Count);
    }

    private static void AssertError(CheckActionResult result, string reason, params string[] fields)
    {
        Assert.Equal((int)StatusCode.InvalidArgument, result.Error.Code);
        Assert.NotEmpty(result.Error.Message);
        var info = result.Error.Details.Single(detail => detail.Is(ErrorInfo.Descriptor)).Unpack<ErrorInfo>();
        Assert.Equal(("dossier", reason), (info.Domain, info.Type));
        Assert.Equal(
            fields,
            result.Error.Details.Single(detail => detail.Is(BadRequest.Descriptor)).Unpack<BadRequest>().FieldViolations.Select(violation => violation.Field));
    }
}
