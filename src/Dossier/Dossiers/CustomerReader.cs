using System.Diagnostics;
using Dossier.Database;
using Dossier.Host;
using Dossier.Registry;
using Dossier.Sources;
using Dossier.V1;

namespace Dossier.Dossiers;

/// <summary>What one reading asks.</summary>
public sealed record ReadingRequest
{
    public required string Customer { get; init; }

    /// <summary>The blocks to run in each store; those that tell of customer and keys are added.</summary>
    public required Func<ChannelStore, IReadOnlyCollection<string>> Blocks { get; init; }

    public int Limit { get; init; } = 50;

    public Func<string, PagePosition?> After { get; init; } = _ => null;

    /// <summary>Stores that are not to be read: they failed on a page before.</summary>
    public IReadOnlySet<string> Skip { get; init; } = new HashSet<string>(StringComparer.Ordinal);

    public string? InteractionId { get; init; }

    public bool Agreements { get; init; }

    /// <summary>With the agreements also what is remembered of conflicts.</summary>
    public bool Conflicts { get; init; }

    public bool Shared { get; init; }

    public long MinSequence { get; init; }

    /// <summary>What the caller may read; everything where the service reads for a rule of its own.</summary>
    public Permitted Permitted { get; init; } = Permitted.All;

    /// <summary>A change is decided by what is read: the registry's primary is asked, never a replica.</summary>
    public bool ForChange { get; init; }
}

/// <summary>What the registry gave for one reading.</summary>
public sealed record RegistryRead(
    SourceState State, long Sequence, bool KnowsCustomer, IReadOnlyList<KeyLinkRow> Links, IReadOnlyList<Agreement> Agreements, DateTimeOffset? AsOf, TimeSpan Elapsed)
{
    /// <summary>With the agreements: actions that left or were about to, as they were stored, and the conflicts as they were seen.</summary>
    public IReadOnlyList<ActionRow> Actions { get; init; } = [];

    public IReadOnlyList<ConflictRow> Conflicts { get; init; } = [];
}

/// <summary>What one reading gave: every store's read, and the keys it was read by.</summary>
public sealed record CustomerReading(
    string Customer, RegistryRead Registry, IReadOnlyList<SourceRead> Reads, IReadOnlyList<SourceRead> SharedReads)
{
    /// <summary>A source or the registry holds something of the customer.</summary>
    public bool IsKnown => Registry.KnowsCustomer || Registry.Agreements.Count > 0 || Reads.Any(read => read.Facts.HasTrace);

    /// <summary>Sources that failed, the registry too.</summary>
    public IEnumerable<string> Unreachable => Reads.Where(read => IsFailure(read.State)).Select(read => ResourceNames.Source(read.Store.Name))
        .Concat(IsFailure(Registry.State) ? [ResourceNames.Registry] : []);

    /// <summary>Sources that could have known the customer by number and did not answer.</summary>
    public IEnumerable<string> Silent => Reads
        .Where(read => read.State is not (SourceState.Ok or SourceState.NoKey or SourceState.KeysUnknown)
            && (read.Store.CustomerSource || read.Store.Queries?.TakesCustomerNumber != false))
        .Select(read => ResourceNames.Source(read.Store.Name))
        .Concat(Registry.State == SourceState.Ok ? [] : [ResourceNames.Registry]);

    /// <summary>Every source of a section answered with all that it has: what is not there is not.</summary>
    public bool IsComplete(Section section, Func<SourceFacts, int> count) => Reads.All(read => read.Store.Queries is { } queries
        && (read.State == SourceState.NoKey
            || queries.Blocks.Values.Where(block => block.Contract.Section == section).All(block => read.Answered(block.Contract.Name)))
        && count(read.Facts) <= ChannelStore.SectionLimit);

    public static bool IsFailure(SourceState state) => state is not (SourceState.Ok or SourceState.NoKey or SourceState.NotPermitted);

    /// <exception cref="DossierException">Nobody knows the customer, or somebody who might did not answer.</exception>
    public void ThrowIfUnknown()
    {
        if (!IsKnown)
        {
            throw Silent.Any() ? Refusal.SourcesIncomplete(Customer, Silent) : Refusal.CustomerNotFound(Customer);
        }
    }
}

/// <summary>
/// Reads what the stores hold of one customer: keys from the registry, then all sources in parallel; where a source told
/// of a key that the registry lacks, the sources that take it are read again within what is left of the budget.
/// </summary>
public sealed class CustomerReader(RegistryDatabase registry, SourceCatalogue sources, DossierOptions options, TimeProvider clock, ILogger<CustomerReader> log)
{
    private static readonly HashSet<string> None = new(StringComparer.Ordinal);

    public async Task<CustomerReading> ReadAsync(ReadingRequest request, Budget budget, CancellationToken caller)
    {
        var known = await ReadRegistryAsync(request, budget, caller);
        var keys = RegistryKeys.Exclusive(request.Customer, known.Links, []);
        var stores = sources.Stores;
        var first = stores.Select(store => ReadStoreAsync(store, request, keys, budget, caller)).ToList();

        // Only who tells of keys is waited for: what a slow source takes is not taken from those that are read by new keys.
        var telling = await Task.WhenAll(first.Where((_, index) => stores[index].Queries?.GivesKeys == true));
        var told = telling.SelectMany(Told).ToList();
        var answered = telling.Where(read => read.Answered("keys")).Select(read => ResourceNames.Source(read.Store.Name)).ToHashSet(StringComparer.Ordinal);
        var links = await RememberAsync(request.Customer, known, told, answered, budget.Share(0.25, registry.Deadline), caller);
        known = known with { Links = links };

        var found = told.Select(key => new FoundKey(Keys.Decode(key.Type, key.Value), key.Shared)).ToList();
        var all = RegistryKeys.Exclusive(request.Customer, links, found);
        var again = await Task.WhenAll(first.Select(async reading =>
        {
            var read = await reading;
            return NeedsMore(read, request, keys, all) ? await ReadStoreAsync(read.Store, request, all, budget, caller) : read;
        }));
        var complete = stores.Where(store => store.Queries?.GivesKeys == true).All(store => answered.Contains(ResourceNames.Source(store.Name)));
        IReadOnlyList<SourceRead> judged = [.. again.Select(read => JudgeKeys(read, all, complete))];
        var shared = request.Shared ? await ReadSharedAsync(request, RegistryKeys.Shared(links, found), budget, caller) : [];
        return new CustomerReading(request.Customer, known, judged, shared);
    }

    /// <summary>What a read told of keys, normalised; a key that is none is left out.</summary>
    public IEnumerable<ToldKey> Told(SourceRead read)
    {
        foreach (var found in read.Facts.Keys)
        {
            if (Keys.Normalise(found.Key, "key", options.Phone.DefaultCountry, new Violations()) is { } key)
            {
                yield return new ToldKey(Keys.TypeOf(key), Keys.Encode(key), key.SocialId?.Handle, found.Shared, ResourceNames.Source(read.Store.Name));
            }
        }
    }

    private async Task<RegistryRead> ReadRegistryAsync(ReadingRequest request, Budget budget, CancellationToken caller)
    {
        var started = Stopwatch.GetTimestamp();
        var asOf = clock.GetUtcNow();
        try
        {
            var asked = new CustomerAsked(request.Customer, request.Agreements, request.Conflicts);
            var rows = await registry.ReadCustomerAsync(asked, request.ForChange ? null : request.MinSequence, budget.Share(0.4, registry.Deadline), caller);
            Telemetry.SequenceSeen(rows.Sequence);
            var agreements = AgreementContent.JoinAll(rows.Agreements, rows.Acknowledgements);
            return new RegistryRead(SourceState.Ok, rows.Sequence, rows.IsKnown, rows.Links, agreements, asOf, Stopwatch.GetElapsedTime(started))
            {
                Actions = rows.Actions,
                Conflicts = rows.Conflicts,
            };
        }
        catch (LaneException down)
        {
            Log.RegistryDown(log, $"{down.Failure.Word()}: {down.Message}");
            var state = down.Failure == LaneFailure.TimedOut ? SourceState.TimedOut : SourceState.Unreachable;
            return new RegistryRead(state, 0, false, [], [], null, Stopwatch.GetElapsedTime(started));
        }
    }

    private static Task<SourceRead> ReadStoreAsync(ChannelStore store, ReadingRequest request, KeySet keys, Budget budget, CancellationToken caller)
    {
        if (request.Skip.Contains(store.Name))
        {
            return Task.FromResult(new SourceRead(store, SourceState.Unreachable, new SourceFacts(store.Name), [], None, null, TimeSpan.Zero));
        }

        var blocks = Blocks(store, request, CanRead(store, keys));
        return store.ReadAsync(
            new SourceQuery
            {
                Customer = request.Customer,
                Keys = keys,
                Blocks = blocks,
                After = request.After(store.Name),
                Limit = request.Limit,
                InteractionId = request.InteractionId,
            },
            budget.Left,
            caller);
    }

    private static HashSet<string> Blocks(ChannelStore store, ReadingRequest request, bool canRead)
    {
        // Whoever can tell that the customer exists, or by which keys, is always asked: one row each.
        var blocks = new HashSet<string>(StringComparer.Ordinal) { "keys" };
        if (store.CustomerSource)
        {
            blocks.Add("customer");
        }

        if (canRead)
        {
            blocks.UnionWith(request.Blocks(store).Where(block => IsPermitted(store, block, request)));
        }

        return blocks;
    }

    private static bool IsPermitted(ChannelStore store, string block, ReadingRequest request) =>
        store.Queries?.Blocks.TryGetValue(block, out var found) != true
        || (found!.Contract.Section is var section && (section == Section.Unspecified || request.Permitted.Allows(section, store.Name)));

    private static bool CanRead(ChannelStore store, KeySet keys) => store.Queries?.KeyTypes.Any(type => keys.Has(type, store.Name)) == true;

    private static bool NeedsMore(SourceRead read, ReadingRequest request, KeySet before, KeySet now) =>
        !read.Store.Disabled && read.Store.Queries is { } queries && !request.Skip.Contains(read.Store.Name)
        && read.State is SourceState.Ok or SourceState.Partial
        && CanRead(read.Store, now)
        && !before.SameFor(queries.KeyTypes, now)
        && request.Blocks(read.Store).Any(queries.Blocks.ContainsKey);

    private static SourceRead JudgeKeys(SourceRead read, KeySet keys, bool complete) =>
        read.State != SourceState.Ok || CanRead(read.Store, keys) ? read
        : read with { State = complete ? SourceState.NoKey : SourceState.KeysUnknown };

    private async Task<IReadOnlyList<KeyLinkRow>> RememberAsync(
        string customer, RegistryRead known, IReadOnlyCollection<ToldKey> told, HashSet<string> answered, TimeSpan within, CancellationToken caller)
    {
        if (known.State != SourceState.Ok || !KeyLinks.Differ(known.Links, told, answered))
        {
            return known.Links;
        }

        try
        {
            return await registry.LearnAsync(customer, told, answered, within, caller);
        }
        catch (DossierException down)
        {
            Log.KeysNotRemembered(log, down.InnerException?.Message ?? down.Message);
            return known.Links;
        }
    }

    private async Task<IReadOnlyList<SourceRead>> ReadSharedAsync(ReadingRequest request, KeySet shared, Budget budget, CancellationToken caller) =>
        await Task.WhenAll(sources.Stores
            .Where(store => store.Queries is { } queries && queries.KeyTypes.Any(shared.Has) && queries.Blocks.ContainsKey("interactions")
                && request.Permitted.Allows(Section.Interactions, store.Name))
            .Select(store => store.ReadAsync(
                new SourceQuery
                {
                    Keys = shared,
                    Blocks = request.Permitted.Allows(Section.Messages, store.Name) ? ["interactions", "messages"] : ["interactions"],
                    Limit = request.Limit,
                },
                budget.Left,
                caller)));
}
