using Dossier.Registry;
using Dossier.Sources;
using Dossier.V1;

namespace Dossier.Dossiers;

/// <summary>One store's interactions in its own order, newest first.</summary>
/// <param name="Source">Name of the store.</param>
/// <param name="Found">What it gave.</param>
/// <param name="HasMore">It gave as many as were asked: there may be more behind them.</param>
public sealed record StoreFeed(string Source, IReadOnlyList<FoundInteraction> Found, bool HasMore);

/// <summary>Pure functions that put what the stores gave into one.</summary>
public static class Merge
{
    /// <summary>
    /// Merges by time descending, then source; keeps each source's own order. Stops where a source has handed out all it
    /// gave but has more: nothing older may pass it.
    /// </summary>
    public static IEnumerable<(string Source, FoundInteraction Found)> Interactions(IReadOnlyList<StoreFeed> streams)
    {
        var next = new int[streams.Count];
        while (true)
        {
            var best = -1;
            for (var index = 0; index < streams.Count; index++)
            {
                if (next[index] >= streams[index].Found.Count)
                {
                    if (streams[index].HasMore)
                    {
                        yield break;
                    }

                    continue;
                }

                if (best < 0 || Compare(streams[index], next[index], streams[best], next[best]) < 0)
                {
                    best = index;
                }
            }

            if (best < 0)
            {
                yield break;
            }

            yield return (streams[best].Source, streams[best].Found[next[best]++]);
        }
    }

    /// <summary>The interaction as the contract names it, with its messages.</summary>
    public static Interaction Named(string customer, SourceFacts facts, FoundInteraction found)
    {
        var interaction = found.Interaction;
        interaction.Name = ResourceNames.Interaction(customer, facts.Source, found.Id);
        if (found.RelatedId is { } related && interaction.Related.Count == 0)
        {
            interaction.Related.Add(new RelatedInteraction
            {
                Interaction = ResourceNames.Interaction(customer, facts.Source, related),
                Relation = found.Relation,
            });
        }

        if (facts.Messages.TryGetValue(found.Id, out var messages) && interaction.Messages.Count == 0)
        {
            interaction.Messages.AddRange(messages.Take(ChannelStore.SectionLimit));
        }

        return interaction;
    }

    /// <summary>Puts lines on their invoices and gives all, newest first; the store's order decides among equals.</summary>
    public static IEnumerable<Invoice> Invoices(IEnumerable<SourceFacts> facts) => facts
        .SelectMany(source => source.Invoices.Take(ChannelStore.SectionLimit).Select(invoice =>
        {
            if (invoice.Lines.Count == 0 && source.InvoiceLines.TryGetValue(invoice.Number, out var lines))
            {
                invoice.Lines.AddRange(lines);
            }

            return invoice;
        }))
        .OrderByDescending(invoice => Days.Number(invoice.InvoiceDate));

    /// <summary>Of several stores that tell who the customer is, the customer source; then by name of the store.</summary>
    public static Customer? Customer(string customer, IEnumerable<SourceRead> reads, IReadOnlyList<KeyLinkRow> links, bool withKeys)
    {
        var telling = reads.Where(read => read.Facts.Customer is not null)
            .OrderByDescending(read => read.Store.CustomerSource)
            .Select(read => read.Facts)
            .FirstOrDefault();
        if (telling is null && links.Count == 0)
        {
            return null;
        }

        var message = telling?.Customer ?? new Customer();
        message.Name = ResourceNames.Customer(customer);
        if (telling is not null && message.ContactPersons.Count == 0)
        {
            message.ContactPersons.AddRange(telling.ContactPersons);
        }

        if (withKeys)
        {
            message.Keys.AddRange(links.Select(link => link.ToMessage(Keys.Decode)));
        }

        return message;
    }

    private static int Compare(StoreFeed one, int first, StoreFeed other, int second)
    {
        var byTime = other.Found[second].Interaction.OccurTime.CompareTo(one.Found[first].Interaction.OccurTime);
        return byTime != 0 ? byTime : string.CompareOrdinal(one.Source, other.Source);
    }
}
