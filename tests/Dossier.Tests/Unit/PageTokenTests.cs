using Dossier.Dossiers;
using Dossier.Sources;
using Dossier.V1;

namespace Dossier.Tests.UnitTests;

/// <summary>A page token leads one listing on, and nothing else does.</summary>
public sealed class PageTokenTests
{
    private static readonly byte[] Key = [.. Enumerable.Repeat((byte)7, 32)];

    private static readonly PageToken Token = new()
    {
        Query = "q",
        Epoch = "e",
        Positions = new(StringComparer.Ordinal) { ["webcare"] = new PageToken.Position { Id = "W-1", Text = "2026-08-11 20:21:00" } },
        Done = ["telephony"],
        Unreachable = ["administration"],
        Now = 12,
        Sequence = 34,
    };

    private static PageToken Good(string text)
    {
        var violations = new Violations();
        var token = PageToken.Decode(text, "q", "e", Key, violations);
        Assert.False(violations.Any);
        return token!;
    }

    private static DossierException Refused(string text, string query = "q", string epoch = "e", byte[]? key = null)
    {
        var violations = new Violations();
        Assert.Null(PageToken.Decode(text, query, epoch, key ?? Key, violations));
        var refused = Assert.Throws<DossierException>(violations.Throw);
        Assert.Equal(Grpc.Core.StatusCode.InvalidArgument, refused.Code);
        Assert.Equal(ErrorReason.InvalidPageToken, refused.Reason);
        Assert.Equal("page_token", Assert.Single(refused.Fields).Field);
        return refused;
    }

    [Fact]
    public void No_token_begins_a_listing()
    {
        var violations = new Violations();
        Assert.Null(PageToken.Decode("", "q", "e", Key, violations));
        Assert.False(violations.Any);
    }

    [Fact]
    public void A_token_gives_back_what_it_was_made_of()
    {
        var back = PageToken.Decode(Token.Encode(Key), "q", "e", Key, new Violations())!;
        Assert.Equal(("q", "e", 12, 34), (back.Query, back.Epoch, back.Now, back.Sequence));
        Assert.Equal(Token.Positions, back.Positions);
        Assert.Equal(Token.Done, back.Done);
        Assert.Equal(Token.Unreachable, back.Unreachable);
    }

    public static TheoryData<object> Times => new()
    {
        "2026-08-11 20:21:00", "", "é\n\"\u0001🙂", long.MaxValue, long.MinValue, 0L, 0.1, -1e300, double.Epsilon,
        new DateTimeOffset(2026, 8, 11, 20, 21, 0, 123, 456, TimeSpan.FromHours(2)).AddTicks(7), DateTimeOffset.MaxValue,
        new DateTime(2026, 8, 11, 20, 21, 0, DateTimeKind.Unspecified).AddTicks(1), new DateTime(2026, 8, 11, 20, 21, 0, DateTimeKind.Utc),
    };

    [Theory]
    [MemberData(nameof(Times))]
    public void A_position_keeps_the_stores_own_time_in_its_own_type(object time)
    {
        var position = PageToken.Position.Of(new FoundInteraction(new Interaction(), "é/1 \n", time, null, default));
        var back = PageToken.Decode((Token with { Positions = new(StringComparer.Ordinal) { ["x"] = position } }).Encode(Key), "q", "e", Key, new Violations())!.Positions["x"].ToPosition();
        Assert.Equal(time, back.Time);
        Assert.Equal(time.GetType(), back.Time.GetType());
        Assert.Equal("é/1 \n", back.Id);
        if (time is DateTime clock)
        {
            Assert.Equal(clock.Kind, ((DateTime)back.Time).Kind);
        }
    }

    [Fact]
    public void A_token_that_was_changed_in_any_place_is_refused()
    {
        var good = Token.Encode(Key);

        // The last character holds bits that no byte uses; every other one counts.
        for (var place = 0; place < good.Length - 1; place++)
        {
            Refused(good[..place] + (good[place] == 'A' ? 'B' : 'A') + good[(place + 1)..]);
        }
    }

    [Fact]
    public void A_token_that_was_cut_or_lengthened_is_refused()
    {
        var good = Token.Encode(Key);
        for (var length = 1; length < good.Length; length++)
        {
            Refused(good[..length]);
        }

        Refused(good + "AAAA");
        Refused(good + good);
    }

    [Theory]
    [InlineData("x")]
    [InlineData("not a token at all")]
    [InlineData("////")]
    [InlineData("e30")]
    [InlineData("{\"q\":\"q\",\"e\":\"e\"}")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("é")]
    public void A_text_that_is_no_token_is_refused(string text) => Refused(text);

    [Fact]
    public void A_token_of_another_key_is_refused() => Refused(Token.Encode([.. Enumerable.Repeat((byte)8, 32)]));

    [Fact]
    public void A_token_of_another_query_or_of_a_registry_before_its_restore_says_so()
    {
        Assert.Contains("another query", Refused(Token.Encode(Key), query: "other").Message, StringComparison.Ordinal);
        Assert.Contains("restored", Refused(Token.Encode(Key), epoch: "other").Message, StringComparison.Ordinal);
        Assert.Contains("restored", Refused(Token.Encode(Key), query: "other", epoch: "other").Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_query_is_its_customer_and_its_filters_in_any_order()
    {
        var start = Given.Now;
        string Query(string customer = "1042", string channels = "", DateTimeOffset? from = null, DateTimeOffset? to = null, bool messages = true) =>
            InteractionPage.Query(customer, new InteractionFilter(channels.Split(',', StringSplitOptions.RemoveEmptyEntries), from, to, messages));

        Assert.Equal(Query(channels: "phone,letter"), Query(channels: "letter,phone"));
        Assert.Equal(Query(from: start), Query(from: start.ToOffset(TimeSpan.FromHours(2))));
        Assert.Equal(Query(), Query(messages: false));
        var all = new[]
        {
            Query(), Query("1043"), Query(channels: "phone"), Query(channels: "letter,phone"), Query(from: start), Query(to: start),
            Query(from: start, to: start.AddTicks(10)), Query(from: start.AddTicks(10)),
        };
        Assert.Equal(all.Length, all.Distinct(StringComparer.Ordinal).Count());
    }
}
