using Dossier.Host;
using Dossier.Sources;
using Dossier.V1;
using Google.Protobuf.WellKnownTypes;

namespace Dossier.Dossiers;

/// <summary>Which blocks of a query file fill which sections.</summary>
internal static class SectionBlocks
{
    public static IReadOnlyCollection<string> Of(ChannelStore store, IReadOnlySet<Section> sections) => store.Queries is null
        ? []
        : [.. store.Queries.Blocks.Values
            .Where(block => block.Contract.Section != Section.Unspecified && sections.Contains(block.Contract.Section))
            .Select(block => block.Contract.Name)];
}

/// <summary>What became of every source, in the contract's words. Pure.</summary>
internal static class SourceStates
{
    /// <summary>The most agreements that a dossier shows; ListAgreements has them all.</summary>
    public const int MostAgreements = 50;

    /// <summary>The registry, where a source's name is asked.</summary>
    public const string RegistryName = "registry";

    public static IEnumerable<SourceStatus> Of(CustomerReading reading, IReadOnlySet<Section> sections, Permitted permitted, V1.Dossier dossier)
    {
        foreach (var read in reading.Reads)
        {
            var status = Of(read);
            var wanted = read.Store.Queries?.Sections.Where(sections.Contains).ToList() ?? [];
            foreach (var section in wanted)
            {
                status.Sections.Add(permitted.Allows(section, read.Store.Name)
                    ? SectionOf(read, section, dossier)
                    : new SectionStatus { Section = section, State = SourceState.NotPermitted });
            }

            if (wanted.Count > 0 && permitted.Denies(wanted, read.Store.Name))
            {
                status.State = SourceState.NotPermitted;
            }

            yield return status;
        }

        var registry = Registry(reading.Registry, sections.Contains(Section.Agreements) ? dossier.Agreements.Count : null);
        if (!permitted.Allows(Section.Agreements, RegistryName))
        {
            foreach (var status in registry.Sections)
            {
                (status.State, status.ItemCount, status.Truncated) = (SourceState.NotPermitted, 0, false);
            }
        }

        yield return registry;
    }

    public static SourceStatus Of(SourceRead read) => new()
    {
        Source = ResourceNames.Source(read.Store.Name),
        State = read.State,
        AsOf = read.AsOf is { } asOf ? Timestamp.FromDateTimeOffset(asOf) : null,
        Elapsed = Duration.FromTimeSpan(read.Elapsed),
    };

    public static SourceStatus Registry(RegistryRead registry, int? agreements)
    {
        var status = new SourceStatus
        {
            Source = ResourceNames.Registry,
            State = registry.State,
            AsOf = registry.AsOf is { } asOf ? Timestamp.FromDateTimeOffset(asOf) : null,
            Elapsed = Duration.FromTimeSpan(registry.Elapsed),
        };
        if (agreements is { } count)
        {
            status.Sections.Add(new SectionStatus { Section = Section.Agreements, State = registry.State, ItemCount = Math.Min(count, MostAgreements), Truncated = count > MostAgreements });
        }

        return status;
    }

    private static SectionStatus SectionOf(SourceRead read, Section section, V1.Dossier dossier)
    {
        var source = ResourceNames.Source(read.Store.Name);
        var facts = read.Facts;
        var (shown, given) = section switch
        {
            Section.Customer => (facts.Customer is null ? 0 : 1, 0),
            Section.Interactions => (dossier.Interactions.Count(item => item.Source == source), facts.Interactions.Count),
            Section.Messages => (dossier.Interactions.Where(item => item.Source == source).Sum(item => item.Messages.Count), 0),
            Section.Products => (facts.Products.Count, facts.Products.Count),
            Section.Invoices => (facts.Invoices.Count, facts.Invoices.Count),
            Section.DunningNotices => (facts.DunningNotices.Count, facts.DunningNotices.Count),
            Section.Payments => (facts.Payments.Count, facts.Payments.Count),
            _ => (0, 0),
        };
        var blocks = read.Store.Queries!.Blocks.Values.Where(block => block.Contract.Section == section).Select(block => block.Contract.Name);
        return new SectionStatus
        {
            Section = section,
            State = read.State switch
            {
                SourceState.Ok or SourceState.Partial => blocks.Any(read.Failed.Contains) ? SourceState.Unreachable : SourceState.Ok,
                var other => other,
            },
            ItemCount = Math.Min(shown, section is Section.Interactions or Section.Messages ? shown : ChannelStore.SectionLimit),
            More = section == Section.Interactions && given > shown,
            Truncated = section is not (Section.Interactions or Section.Messages) && given > ChannelStore.SectionLimit,
        };
    }
}
