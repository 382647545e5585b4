using Dossier.V1;
using FsCheck;
using FsCheck.Fluent;
using Google.Protobuf.WellKnownTypes;
using Google.Type;

namespace Dossier.Tests.UnitTests;

/// <summary>Resource names, ids, days, amounts and budgets: what is accepted, and that it goes there and back.</summary>
public sealed class NamesAndAmountsTests
{
    [Theory]
    [InlineData("customers/1042", "1042")]
    [InlineData("customers/aB.9_~-", "aB.9_~-")]
    [InlineData("customers/", null)]
    [InlineData("customers/10 42", null)]
    [InlineData("customers/10/42", null)]
    [InlineData("customers/é", null)]
    [InlineData("Customers/1042", null)]
    [InlineData("1042", null)]
    [InlineData("", null)]
    [InlineData(" customers/1042", null)]
    [InlineData("customers/1042 ", null)]
    public void A_customer_is_named_by_its_number(string name, string? customer)
    {
        Assert.Equal(customer is not null, ResourceNames.TryCustomer(name, out var found));
        if (customer is not null)
        {
            Assert.Equal(customer, found);
            Assert.Equal(name, ResourceNames.Customer(found));
        }
    }

    [Fact]
    public void A_customer_number_has_at_most_64_characters()
    {
        Assert.True(ResourceNames.TryCustomer("customers/" + new string('1', 64), out _));
        Assert.False(ResourceNames.TryCustomer("customers/" + new string('1', 65), out _));
        Assert.True(ResourceNames.TryDossier("customers/1042/dossier", out var customer));
        Assert.Equal("1042", customer);
        Assert.False(ResourceNames.TryDossier("customers//dossier", out _));
        Assert.False(ResourceNames.TryDossier("customers/1042", out _));
        Assert.False(ResourceNames.TryDossier("customers/1042/dossiers", out _));
    }

    [Theory]
    [InlineData("0198a0b6-0000-7000-8000-00000000000a", true)]
    [InlineData("0198A0B6-0000-7000-8000-00000000000A", false)]
    [InlineData("0198a0b600007000800000000000000a", false)]
    [InlineData("{0198a0b6-0000-7000-8000-00000000000a}", false)]
    [InlineData("0198a0b6-0000-7000-8000-00000000000a ", false)]
    [InlineData(" 0198a0b6-0000-7000-8000-00000000000a", false)]
    [InlineData("0x98a0b6-0000-7000-8000-00000000000a", false)]
    [InlineData("+198a0b6-0000-7000-8000-00000000000a", false)]
    [InlineData("1", false)]
    [InlineData("", false)]
    public void An_agreement_is_named_by_a_UUID_in_lower_case(string id, bool good) =>
        Assert.Equal(good, ResourceNames.TryAgreement($"customers/1042/agreements/{id}", out _, out _));

    [Fact]
    public void An_agreement_is_below_its_customer()
    {
        const string Id = "0198a0b6-0000-7000-8000-00000000000a";
        Assert.False(ResourceNames.TryAgreement($"customers/10 42/agreements/{Id}", out _, out _));
        Assert.False(ResourceNames.TryAgreement($"customers/1042/agreements/{Id}/x", out _, out _));
        Assert.False(ResourceNames.TryAgreement($"customers/1042/conflicts/{Id}", out _, out _));
        Assert.True(ResourceNames.TryAgreement(ResourceNames.Agreement("1042", Id), out var customer, out var id));
        Assert.Equal(("1042", Id), (customer, id));
    }

    [Fact]
    public void The_name_of_an_interaction_leads_back_to_the_stores_own_id()
    {
        var ids = Gen.OneOf(
            Gen.Elements("a", "W-1", "2026.08_1", new string('x', 64), new string('x', 65), "~", "~YQ", "a/b", " ", "", "é", "🙂", "a\nb", "%2F", "..", "?", "#").Where(id => id.Length > 0),
            Gen.Elements("a", "/", "~", "é", "🙂", " ", "-").NonEmptyListOf().Select(string.Concat));
        Check.QuickThrowOnFailure(Prop.ForAll(ids.ToArbitrary(), id =>
        {
            var name = ResourceNames.Interaction("1042", "webcare", id);
            Assert.True(ResourceNames.TryInteraction(name, out var customer, out var source, out var back));
            Assert.Equal(("1042", "webcare", id), (customer, source, back));
            Assert.Matches("^customers/1042/sources/webcare/interactions/[A-Za-z0-9._~-]+$", name);
        }));
    }

    [Theory]
    [InlineData("customers/1042/sources/webcare/interactions/")]
    [InlineData("customers/1042/sources/webcare/interactions/~")]
    [InlineData("customers/1042/sources/webcare/interactions/~YQ")] // `a` needs no escape: one interaction has one name
    [InlineData("customers/1042/sources/webcare/interactions/~_w")] // no UTF-8
    [InlineData("customers/1042/sources/webcare/interactions/~w6l=")]
    [InlineData("customers/1042/sources/webcare/interactions/a b")]
    [InlineData("customers/1042/sources/Webcare/interactions/a")]
    [InlineData("customers/1042/sources//interactions/a")]
    [InlineData("customers/1042/source/webcare/interactions/a")]
    [InlineData("customers/1042/sources/webcare/interactions/a/b")]
    public void Another_name_is_no_interaction(string name) => Assert.False(ResourceNames.TryInteraction(name, out _, out _, out _));

    [Theory]
    [InlineData("webcare", true)]
    [InlineData("web-care-2", true)]
    [InlineData("Webcare", false)]
    [InlineData("web_care", false)]
    [InlineData("", false)]
    [InlineData("abcdefghijklmnopqrstuvwxyz012345", true)]
    [InlineData("abcdefghijklmnopqrstuvwxyz0123456", false)]
    public void A_source_is_named_by_a_slug(string slug, bool good)
    {
        Assert.Equal(good, ResourceNames.IsSlug(slug));
        Assert.Equal(good, ResourceNames.TrySource("sources/" + slug, out _));
    }

    [Theory]
    [InlineData(0, 50)]
    [InlineData(1, 1)]
    [InlineData(200, 200)]
    [InlineData(201, 200)]
    [InlineData(int.MaxValue, 200)]
    public void A_page_has_50_items_if_nothing_is_asked_and_200_at_most(int asked, int size)
    {
        var violations = new Violations();
        Assert.Equal(size, Requests.PageSize(asked, violations));
        Assert.False(violations.Any);
    }

    [Fact]
    public void A_negative_page_or_sequence_is_refused()
    {
        var violations = new Violations();
        Requests.PageSize(-1, violations);
        Requests.Sequence(-1, violations);
        Assert.Equal(["page_size", "min_registry_sequence"], violations.ToException().Fields.Select(field => field.Field));
    }

    [Theory]
    [InlineData("0198a0b6-0000-7000-8000-00000000000a", true)]
    [InlineData("0198A0B6-0000-7000-8000-00000000000A", true)]
    [InlineData("", false)]
    [InlineData("0198a0b600007000800000000000000a", false)]
    [InlineData(" 0198a0b6-0000-7000-8000-00000000000a", false)]
    [InlineData("0198a0b6-0000-7000-8000-00000000000g", false)]
    public void A_request_id_is_a_UUID_and_its_case_is_nothing(string id, bool good)
    {
        var violations = new Violations();
        Assert.Equal(good ? id.ToLowerInvariant() : "", Requests.RequestId(id, violations));
        Assert.Equal(!good, violations.Any);
    }

    [Fact]
    public void A_request_that_is_wrong_in_many_ways_says_five_and_names_all()
    {
        var violations = new Violations();
        for (var field = 0; field < 7; field++)
        {
            violations.Add($"field{field}", "is wrong", field == 3 ? ErrorReason.SubjectNotFound : ErrorReason.InvalidField);
        }

        var refusal = Assert.Throws<DossierException>(violations.Throw);
        Assert.Equal(ErrorReason.SubjectNotFound, refusal.Reason);
        Assert.Equal(7, refusal.Fields.Count);
        Assert.EndsWith("field4: is wrong; and 2 more.", refusal.Message, StringComparison.Ordinal);
        new Violations().Throw();
    }

    [Theory]
    [InlineData("CreditInvoice", "CREDIT_INVOICE")]
    [InlineData("Allow", "ALLOW")]
    [InlineData("ReferToCollectionAgency", "REFER_TO_COLLECTION_AGENCY")]
    [InlineData("OK", "OK")]
    [InlineData("", "")]
    public void An_enum_value_is_written_as_in_the_contract(string pascal, string word) => Assert.Equal(word, EnumWords.UpperSnake(pascal));

    [Fact]
    public void Every_word_of_the_contract_is_the_one_in_its_proto()
    {
        foreach (var descriptor in new[] { AgreementReflection.Descriptor, GuardServiceReflection.Descriptor, DossierReflection.Descriptor, KeyReflection.Descriptor, SourceReflection.Descriptor, ErrorsReflection.Descriptor }
            .SelectMany(file => file.EnumTypes.Concat(file.MessageTypes.SelectMany(message => message.EnumTypes))))
        {
            var prefix = EnumWords.UpperSnake(descriptor.Name) + "_";
            var names = System.Enum.GetNames(descriptor.ClrType);
            foreach (var value in descriptor.Values)
            {
                Assert.StartsWith(prefix, value.Name, StringComparison.Ordinal);
                Assert.Equal(value.Name[prefix.Length..], EnumWords.UpperSnake(System.Enum.GetName(descriptor.ClrType, value.Number)!));
            }

            Assert.Equal(descriptor.Values.Count, names.Length);
        }
    }

    [Theory]
    [InlineData("2026-03-29", "2026-03-28T23:00:00Z")]
    [InlineData("2026-03-30", "2026-03-29T22:00:00Z")]
    [InlineData("2026-10-25", "2026-10-24T22:00:00Z")]
    [InlineData("2026-10-26", "2026-10-25T23:00:00Z")]
    public void A_day_begins_at_midnight_in_Amsterdam(string day, string first)
    {
        var start = Days.StartOf(DateOnly.ParseExact(day, "yyyy-MM-dd"), Given.Amsterdam);
        Assert.Equal(DateTimeOffset.Parse(first), start);
        Assert.Equal(day, Days.DayOf(start, Given.Amsterdam).ToString("yyyy-MM-dd"));
        Assert.NotEqual(day, Days.DayOf(start.AddTicks(-10), Given.Amsterdam).ToString("yyyy-MM-dd"));
    }

    [Fact]
    public void A_day_ends_where_the_next_begins_also_where_the_clock_jumps_over_midnight()
    {
        // Cairo goes from 23:59:59 to 01:00 on the last Friday of April, and Havana has midnight twice in November.
        foreach (var zone in new[] { Given.Amsterdam, TimeZoneInfo.FindSystemTimeZoneById("Africa/Cairo"), TimeZoneInfo.FindSystemTimeZoneById("America/Havana"), TimeZoneInfo.Utc })
        {
            for (var day = new DateOnly(2026, 1, 1); day.Year == 2026; day = day.AddDays(1))
            {
                var (start, end) = (Days.StartOf(day, zone), Days.EndOf(day.ToDate(), zone)!.Value);
                Assert.Equal(Days.StartOf(day.AddDays(1), zone), end);
                Assert.InRange(end - start, TimeSpan.FromHours(23), TimeSpan.FromHours(25));
                Assert.Equal(day, Days.DayOf(start, zone));
                Assert.Equal(day, Days.DayOf(end.AddTicks(-1), zone));
                Assert.Equal(day.AddDays(-1), Days.DayOf(start.AddTicks(-1), zone));
            }
        }
    }

    [Fact]
    public void Days_are_ordered_and_one_that_is_not_set_comes_first()
    {
        Assert.Equal(0, Days.Number(null));
        Assert.True(Days.Number(Given.Day(2026, 9, 30)) < Days.Number(Given.Day(2026, 10, 1)));
        Assert.True(Days.Number(Given.Day(2026, 12, 31)) < Days.Number(Given.Day(2027, 1, 1)));
        Assert.Equal("3 August 2026", new DateOnly(2026, 8, 3).Text());
        Assert.Null(((Date?)null).ToDateOnly());
        Assert.Null(new Date { Year = 2026 }.ToDateOnly());
        Assert.Equal(new DateOnly(2028, 2, 29), Given.Day(2028, 2, 29).ToDateOnly());
    }

    [Fact]
    public void An_amount_goes_to_money_and_back()
    {
        var cents = Gen.Choose(-1_000_000_000, 1_000_000_000).Select(amount => amount / 100m).ToArbitrary();
        Check.QuickThrowOnFailure(Prop.ForAll(cents, amount =>
        {
            var money = Amounts.ToMoney(amount, "EUR");
            Assert.Equal(amount, money.ToDecimal());
            Assert.Equal(amount < 0 ? "must not be negative" : null, Amounts.Problem(money, aboveZero: false));
        }));
        Assert.Equal(new Money { CurrencyCode = "EUR", Units = -27, Nanos = -500_000_000 }, Amounts.ToMoney(-27.50m, "EUR"));
        Assert.Equal(new Money { CurrencyCode = "EUR", Nanos = -10_000_000 }, Amounts.ToMoney(-0.01m, "EUR"));
    }

    [Fact]
    public void A_moment_of_a_request_lies_between_the_years_1_and_9999()
    {
        DateTimeOffset? Moment(Timestamp? time, int wrong)
        {
            var violations = new Violations();
            var moment = Requests.Moment(time, "x", violations);
            Assert.Equal(wrong, violations.Count);
            return moment;
        }

        Assert.Null(Moment(null, wrong: 0));
        Assert.Equal(DateTimeOffset.MinValue, Moment(new Timestamp { Seconds = -62_135_596_800 }, wrong: 0));
        Assert.Equal(DateTimeOffset.MaxValue, Moment(new Timestamp { Seconds = 253_402_300_799, Nanos = 999_999_999 }, wrong: 0));
        Assert.Null(Moment(new Timestamp { Seconds = -62_135_596_801 }, wrong: 1));
        Assert.Null(Moment(new Timestamp { Seconds = 253_402_300_800 }, wrong: 1));
    }

    [Theory]
    [InlineData(10, 9)]
    [InlineData(200, 180)]
    [InlineData(1_000, 980)]
    [InlineData(60_000, 59_980)]
    public void Of_what_a_caller_waits_a_tenth_is_kept_for_the_answer_and_20_ms_at_most(int wait, int left) =>
        Assert.InRange(Budget.Within(TimeSpan.FromMilliseconds(wait)).Left.TotalMilliseconds, left * 0.5, left);

    [Fact]
    public void A_budget_is_the_callers_deadline_less_what_merging_and_sending_take()
    {
        static double Left(int? milliseconds) => Budget.Until(milliseconds is { } given ? TimeSpan.FromMilliseconds(given) : null).Left.TotalMilliseconds;
        Assert.InRange(Left(1_000), 800, 950);
        Assert.InRange(Left(200), 20, 150);
        Assert.InRange(Left(null), 2_500, 3_000);
        Assert.InRange(Left(int.MaxValue), 29_000, 30_000);

        // A deadline that is shorter than the reserve still leaves something, and never more than there is.
        Assert.InRange(Left(60), 1, 59);
        Assert.True(Left(0) <= 0);
        Assert.True(Left(-5_000) <= 0);

        var budget = new Budget(TimeSpan.FromSeconds(100));
        Assert.InRange(budget.Share(0.4, TimeSpan.FromSeconds(1_000)).TotalSeconds, 35, 40);
        Assert.Equal(TimeSpan.FromSeconds(2), budget.Share(0.4, TimeSpan.FromSeconds(2)));
    }
}
