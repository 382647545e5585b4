using Dossier.Registry;
using Dossier.Sources;
using Dossier.V1;
using Google.Protobuf.WellKnownTypes;

namespace Dossier.Dossiers;

/// <summary>The sources and how they are, for operators.</summary>
public sealed class SourceListing(SourceCatalogue sources, SourceTrials trials, RegistryDatabase registry)
{
    public async Task<ListSourcesResponse> ListAsync(ListSourcesRequest request, CancellationToken caller)
    {
        var violations = new Violations();
        var size = Requests.PageSize(request.PageSize, violations);
        var all = new List<Source> { await RegistryAsync(caller) };
        all.AddRange(await Task.WhenAll(sources.Stores.Select(store => OfAsync(store, caller))));
        var start = request.PageToken.Length == 0 ? 0 : all.FindIndex(source => source.Name == request.PageToken);
        if (start < 0)
        {
            violations.Add("page_token", "is not a token that this method gave; start again without one", ErrorReason.InvalidPageToken);
        }

        violations.Throw();
        return new ListSourcesResponse
        {
            Sources = { all.Skip(start).Take(size) },
            NextPageToken = start + size < all.Count ? all[start + size].Name : "",
        };
    }

    public async Task<GetSourceResponse> GetAsync(GetSourceRequest request, CancellationToken caller)
    {
        if (!ResourceNames.TrySource(request.Name, out var name))
        {
            throw Refusal.InvalidField("name", "must be sources/{source} with {source} 1-32 of [a-z0-9-]");
        }

        return new GetSourceResponse
        {
            Source = request.Name == ResourceNames.Registry ? await RegistryAsync(caller)
                : sources.Find(name) is { } store ? await OfAsync(store, caller)
                : throw Refusal.ResourceNotFound(request.Name),
        };
    }

    internal static IEnumerable<SourceStatus> Statuses(Resolved resolved) =>
        resolved.Reads.Select(SourceStates.Of).Append(SourceStates.Registry(resolved.Registry, null));

    private async Task<Source> OfAsync(ChannelStore store, CancellationToken caller)
    {
        await trials.TryAsync(store, caller);
        var health = store.Health;
        return new Source
        {
            Name = ResourceNames.Source(store.Name),
            State = store is { Disabled: false, Paused: true } ? SourceState.Paused : health.State,
            Provider = store.Provider,
            CustomerSource = store.CustomerSource,
            Sections = { store.Queries?.Sections ?? [] },
            KeyTypes = { store.Queries?.KeyTypes.Order() ?? Enumerable.Empty<KeyType>() },
            GivesKeys = store.Queries?.GivesKeys == true,
            Deadline = Duration.FromTimeSpan(store.Deadline),
            MaxConnections = store.MaxConnections,
            AbandonedReads = store.Abandoned,
            LastSuccessTime = health.LastSuccess is { } success ? Timestamp.FromDateTimeOffset(success) : null,
            LastFailureTime = health.LastFailureTime is { } failure ? Timestamp.FromDateTimeOffset(failure) : null,
            LastFailure = health.LastFailure,
            Pause = store.Paused ? store.Pause : null,
            BreakerOpen = store.BreakerOpen,
            CutOffReads = store.CutOff,
        };
    }

    private async Task<Source> RegistryAsync(CancellationToken caller)
    {
        var state = await registry.IsReadyAsync(caller) ? SourceState.Ok : SourceState.Unreachable;
        var health = registry.Health;
        return new Source
        {
            Name = ResourceNames.Registry,
            State = state,
            Provider = registry.Vendor.Name,
            Sections = { Section.Agreements },
            Deadline = Duration.FromTimeSpan(registry.Deadline),
            MaxConnections = registry.MaxConnections,
            AbandonedReads = registry.Abandoned,
            LastSuccessTime = health.LastSuccess is { } success ? Timestamp.FromDateTimeOffset(success) : null,
            LastFailureTime = health.LastFailureTime is { } failure ? Timestamp.FromDateTimeOffset(failure) : null,
            LastFailure = health.LastFailure,
            BreakerOpen = registry.BreakerOpen,
        };
    }
}
