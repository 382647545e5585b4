using Dossier.Dossiers;
using Dossier.Sources;
using Dossier.V1;
using FsCheck;
using FsCheck.Fluent;
using Google.Protobuf.WellKnownTypes;
using Microsoft.Extensions.Logging.Abstractions;

namespace Dossier.Tests.UnitTests;

/// <summary>
/// Pages over random stores: random times with many equal ones, 1-4 stores whose positions have different types, page sizes
/// that change between pages, stores that fail at a random page. The pages go from one to the next by their token alone.
/// </summary>
public sealed class PagingTests
{
    private static readonly byte[] Key = [.. Enumerable.Range(0, 32).Select(number => (byte)number)];
    private static readonly string[] Names = ["administration", "chat", "telephony", "webcare"];
    private static readonly string[] Channels = ["phone", "letter", "facebook"];
    private static readonly Dictionary<string, ChannelStore> Stores = Names.ToDictionary(name => name, name => new ChannelStore(
        name, new SourceOptions { ConnectionString = "Data Source=not-opened.db" }, null, null, "31", TimeProvider.System, NullLogger.Instance));

    /// <summary>One row of a store: its time as a number of seconds, and its place among rows of the same time.</summary>
    private sealed record Row(string Source, int Time, int Order, string Channel)
    {
        public string Id => $"{Source}-{Order}";

        /// <summary>Each store pages by a type of its own.</summary>
        public object PageTime => Source switch
        {
            "administration" => $"t{Time:0000}",
            "chat" => (long)Time,
            "telephony" => Time / 7.0,
            _ => DateTimeOffset.UnixEpoch.AddSeconds(Time).AddTicks(Order),
        };

        public FoundInteraction Found() => new(
            new Interaction { OccurTime = new Timestamp { Seconds = Time }, Channel = Channel, Source = ResourceNames.Source(Source) }, Id, PageTime, null, default);
    }

    private sealed record Store(string Name, IReadOnlyList<Row> Rows, int? FailsAt);

    private sealed record Scenario(IReadOnlyList<Store> Stores, IReadOnlyList<int> Sizes, InteractionFilter Filter)
    {
        public override string ToString() =>
            string.Join("; ", Stores.Select(store => $"{store.Name}[{string.Join(',', store.Rows.Select(row => row.Time))}] fails at {store.FailsAt}"))
            + $"; sizes {string.Join(',', Sizes)}; {string.Join(',', Filter.Channels)} {Filter.Start:O} {Filter.End:O}";
    }

    private static Gen<Store> AStore(string name, int most) =>
        from count in Gen.Choose(0, most)
        from times in Gen.Choose(0, Math.Max(1, count / 2)).ListOf(count)
        from channels in Gen.Elements(Channels).ListOf(count)
        from failing in Gen.Choose(0, 8)
        select new Store(
            name,
            [.. times.OrderDescending().Select((time, index) => new Row(name, time, index, channels[index]))],
            failing < 4 ? failing : null);

    private static Arbitrary<Scenario> Scenarios(int most, bool filtered) => (
        from names in Gen.SubListOf(Names).Where(names => names.Count > 0)
        from stores in Gen.CollectToSequence(names.Select(name => AStore(name, most)))
        from sizes in Gen.Choose(1, Math.Max(3, most / 4)).NonEmptyListOf()
        from channels in Gen.SubListOf(Channels)
        from start in Gen.Choose(-1, most / 2)
        from length in Gen.Choose(-1, most / 2)
        select new Scenario(
            [.. stores],
            [.. sizes],
            filtered
                ? new InteractionFilter([.. channels], start < 0 ? null : DateTimeOffset.UnixEpoch.AddSeconds(start), length < 0 ? null : DateTimeOffset.UnixEpoch.AddSeconds(Math.Max(start, 0) + length), Messages: true)
                : InteractionFilter.None)).ToArbitrary();

    [Fact]
    public void Every_interaction_of_a_store_that_never_fails_comes_exactly_once_in_order() =>
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(400), Prop.ForAll(Scenarios(most: 14, filtered: false), Pages));

    [Fact]
    public void The_same_holds_behind_a_filter() =>
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(150), Prop.ForAll(Scenarios(most: 600, filtered: true), Pages));

    private static void Pages(Scenario scenario)
    {
        var shown = new List<Row>();
        var rows = scenario.Stores.SelectMany(store => store.Rows).ToDictionary(row => ResourceNames.Interaction(Given.Customer, row.Source, row.Id));
        var failed = new SortedSet<string>(StringComparer.Ordinal);
        var query = InteractionPage.Query(Given.Customer, scenario.Filter);
        PageToken? previous = null;
        for (var number = 0; ; number++)
        {
            Assert.True(number <= rows.Count + 10, "the pages do not come to an end");
            var size = scenario.Sizes[number % scenario.Sizes.Count];
            var reading = Read(scenario, previous, number, InteractionPage.Limit(size, scenario.Filter), failed);
            var page = InteractionPage.Take(reading, size, scenario.Filter, previous);
            Assert.True(page.Interactions.Count <= size, "more than page_size");
            shown.AddRange(page.Interactions.Select(interaction => rows[interaction.Name]));
            if (page.Next is not { } next)
            {
                break;
            }

            Assert.True(page.Consumed > 0 || failed.Count > 0 || scenario.Stores.Any(store => store.Rows.Count == 0), "a page that leads on has passed something");
            previous = PageToken.Decode((next with { Query = query, Epoch = "e" }).Encode(Key), query, "e", Key, new Violations())!;
            Assert.Superset(failed, previous.Unreachable.ToHashSet(StringComparer.Ordinal));
        }

        var everything = scenario.Stores.SelectMany(store => store.Rows)
            .OrderByDescending(row => row.Time).ThenBy(row => row.Source, StringComparer.Ordinal).ThenBy(row => row.Order)
            .Where(row => scenario.Filter.Shows(row.Found().Interaction))
            .ToList();
        Assert.Equal(everything.Where(row => !failed.Contains(row.Source)), shown.Where(row => !failed.Contains(row.Source)));

        // Of a store that failed: what came before, in the same order.
        Assert.Equal(everything.Where(shown.Contains), shown);
        foreach (var store in failed)
        {
            var mine = shown.Where(row => row.Source == store).ToList();
            Assert.Equal(everything.Where(row => row.Source == store).Take(mine.Count), mine);
        }
    }

    /// <summary>What the stores give for one page, each from the position that the token holds for it.</summary>
    private static CustomerReading Read(Scenario scenario, PageToken? previous, int page, int limit, SortedSet<string> failed)
    {
        var reads = new List<SourceRead>();
        foreach (var store in scenario.Stores)
        {
            var facts = new SourceFacts(store.Name);
            var state = SourceState.Ok;
            if (previous?.Unreachable.Contains(store.Name) == true)
            {
                state = SourceState.Unreachable;
            }
            else if (previous?.Done.Contains(store.Name) != true)
            {
                if (page == store.FailsAt)
                {
                    state = page % 2 == 0 ? SourceState.TimedOut : SourceState.Unreachable;
                    failed.Add(store.Name);
                }
                else
                {
                    facts.Interactions.AddRange(After(store, previous?.Positions.GetValueOrDefault(store.Name)?.ToPosition()).Take(limit).Select(row => row.Found()));
                }
            }

            reads.Add(new SourceRead(Stores[store.Name], state, facts, ["interactions"], new HashSet<string>(StringComparer.Ordinal), null, TimeSpan.Zero));
        }

        return new CustomerReading(Given.Customer, new RegistryRead(SourceState.Ok, 0, true, [], [], null, TimeSpan.Zero), reads, []);
    }

    private static IEnumerable<Row> After(Store store, PagePosition? position)
    {
        if (position is null)
        {
            return store.Rows;
        }

        var last = store.Rows.Single(row => row.Id == position.Id);
        Assert.Equal(last.PageTime, position.Time);
        return store.Rows.SkipWhile(row => row != last).Skip(1);
    }

    [Fact]
    public void One_more_than_the_page_is_asked_of_each_store_and_enough_to_get_past_a_filter()
    {
        Assert.Equal(51, InteractionPage.Limit(50, InteractionFilter.None));
        Assert.Equal(200, InteractionPage.Limit(50, InteractionFilter.None with { Channels = ["phone"] }));
        Assert.Equal(201, InteractionPage.Limit(200, InteractionFilter.None with { Start = DateTimeOffset.UnixEpoch }));
    }

    [Fact]
    public void Nothing_older_passes_a_store_that_has_more_to_give()
    {
        StoreFeed Feed(string source, bool more, params int[] times) =>
            new(source, [.. times.Select((time, index) => new Row(source, time, index, "phone").Found())], more);
        Assert.Equal([9, 8, 7], Merge.Interactions([Feed("a", more: true, 9, 7), Feed("b", more: false, 8, 6, 5)]).Select(one => one.Found.Interaction.OccurTime.Seconds));
        Assert.Equal([9, 8, 7, 6, 5], Merge.Interactions([Feed("a", more: false, 9, 7), Feed("b", more: false, 8, 6, 5)]).Select(one => one.Found.Interaction.OccurTime.Seconds));
        Assert.Empty(Merge.Interactions([Feed("a", more: true), Feed("b", more: false, 8)]));
        Assert.Equal(["a", "a", "b"], Merge.Interactions([Feed("b", more: false, 5), Feed("a", more: false, 5, 5)]).Select(one => one.Source));
    }
}
