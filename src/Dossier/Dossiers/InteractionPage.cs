using System.Security.Cryptography;
using System.Text;
using Dossier.Sources;
using Dossier.V1;

namespace Dossier.Dossiers;

/// <summary>Which interactions a listing shows.</summary>
public sealed record InteractionFilter(IReadOnlyCollection<string> Channels, DateTimeOffset? Start, DateTimeOffset? End, bool Messages)
{
    public static readonly InteractionFilter None = new([], null, null, Messages: true);

    public bool IsOpen => Channels.Count == 0 && Start is null && End is null;

    public bool Shows(Interaction interaction) =>
        (Channels.Count == 0 || Channels.Contains(interaction.Channel))
        && (Start is not { } start || interaction.OccurTime.ToDateTimeOffset() >= start)
        && (End is not { } end || interaction.OccurTime.ToDateTimeOffset() < end);
}

/// <summary>One page of interactions across stores. Pure.</summary>
/// <param name="Interactions">What is shown.</param>
/// <param name="Next">Where the next page begins; null on the last.</param>
/// <param name="Consumed">How many interactions were passed, shown or not.</param>
public sealed record InteractionPage(IReadOnlyList<Interaction> Interactions, PageToken? Next, int Consumed)
{
    /// <summary>What a token is for: nothing but page_size may change beside it.</summary>
    public static string Query(string customer, InteractionFilter filter) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(
        $"interactions|{customer}|{string.Join(',', filter.Channels.Order(StringComparer.Ordinal))}|{filter.Start?.UtcTicks}|{filter.End?.UtcTicks}")).AsSpan(0, 12));

    /// <summary>Takes the next page out of what the stores gave.</summary>
    /// <param name="reading">Each store gave as many as were asked, one more than fit on the page, or all it has.</param>
    /// <param name="size">The most interactions to show.</param>
    /// <param name="filter">Which to show.</param>
    /// <param name="previous">The page before.</param>
    public static InteractionPage Take(CustomerReading reading, int size, InteractionFilter filter, PageToken? previous)
    {
        var facts = reading.Reads.ToDictionary(read => read.Store.Name, read => read.Facts, StringComparer.Ordinal);
        var limit = Limit(size, filter);
        var streams = reading.Reads
            .Where(read => previous?.Done.Contains(read.Store.Name) != true)
            .Select(read => new StoreFeed(read.Store.Name, read.Facts.Interactions, read.Facts.Interactions.Count >= limit))
            .ToList();
        var last = new Dictionary<string, FoundInteraction>(StringComparer.Ordinal);
        var passed = streams.ToDictionary(stream => stream.Source, _ => 0, StringComparer.Ordinal);
        var done = new SortedSet<string>(previous?.Done ?? [], StringComparer.Ordinal);
        var shown = new List<Interaction>();
        foreach (var (source, found) in Merge.Interactions(streams))
        {
            if (shown.Count == size)
            {
                break;
            }

            last[source] = found;
            passed[source]++;
            if (filter.Start is { } start && found.Interaction.OccurTime.ToDateTimeOffset() < start)
            {
                done.Add(source);
            }
            else if (filter.Shows(found.Interaction))
            {
                shown.Add(Merge.Named(reading.Customer, facts[source], found));
            }
        }

        // The registry is read again on every page, but stays named: by a key that it alone knows nothing was read on this one.
        var unreachable = reading.Unreachable.Select(name => name[ResourceNames.Source("").Length..])
            .Concat(previous?.Unreachable ?? []).Distinct(StringComparer.Ordinal).ToList();
        done.UnionWith(streams.Where(stream => !stream.HasMore && passed[stream.Source] == stream.Found.Count).Select(stream => stream.Source));
        var more = streams.Exists(stream => !done.Contains(stream.Source) && !unreachable.Contains(stream.Source));
        var positions = new Dictionary<string, PageToken.Position>(previous?.Positions ?? [], StringComparer.Ordinal);
        foreach (var (source, found) in last)
        {
            positions[source] = PageToken.Position.Of(found);
        }

        return new InteractionPage(
            shown,
            more ? new PageToken
            {
                Query = "",
                Epoch = "",
                Positions = positions,
                Done = [.. done],
                Unreachable = unreachable,
                Sequence = Math.Max(reading.Registry.Sequence, previous?.Sequence ?? 0),
            } : null,
            passed.Values.Sum());
    }

    /// <summary>How many interactions to ask of each store: one more than the page, and enough to get past a filter.</summary>
    public static int Limit(int size, InteractionFilter filter) => filter.IsOpen ? size + 1 : Math.Max(size + 1, 200);
}
