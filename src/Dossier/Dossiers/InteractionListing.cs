using Dossier.Host;
using Dossier.Registry;
using Dossier.Sources;
using Dossier.V1;

namespace Dossier.Dossiers;

/// <summary>The interactions of one customer, page by page across stores, and one of them.</summary>
public sealed class InteractionListing(CustomerReader reader, SourceCatalogue sources, RegistryIdentity identity)
{
    // A filter that matches little reads on, but not for ever: an empty page with a token is an answer too.
    private const int MostRounds = 10;

    public async Task<ListInteractionsResponse> ListAsync(ListInteractionsRequest request, Permitted permitted, Budget budget, CancellationToken caller)
    {
        var violations = new Violations();
        var customer = Requests.Customer(request.Parent, "parent", violations);
        var size = Requests.PageSize(request.PageSize, violations);
        var filter = Filter(request, violations);
        var query = InteractionPage.Query(customer, filter);
        var position = PageToken.Decode(request.PageToken, query, identity.Epoch, identity.SigningKey, violations);
        violations.Throw();

        var failed = new List<string>(position?.Unreachable.Select(ResourceNames.Source) ?? []);
        var shown = new List<Interaction>();
        for (var round = 1; ; round++)
        {
            var reading = await ReadAsync(customer, filter, position, InteractionPage.Limit(size, filter), permitted, budget, caller);
            if (position is null)
            {
                reading.ThrowIfUnknown();
            }

            var page = InteractionPage.Take(reading, size - shown.Count, filter, position);
            shown.AddRange(page.Interactions);
            failed.AddRange(reading.Unreachable);
            position = page.Next;
            if (position is null || shown.Count == size || round == MostRounds || page.Consumed == 0 || budget.Left < TimeSpan.FromMilliseconds(100))
            {
                return Answer(reading, permitted, shown, failed, position is null ? "" : (position with { Query = query, Epoch = identity.Epoch }).Encode(identity.SigningKey), position);
            }
        }
    }

    public async Task<GetInteractionResponse> GetAsync(GetInteractionRequest request, Caller asker, Budget budget, CancellationToken caller)
    {
        if (!ResourceNames.TryInteraction(request.Name, out var customer, out var source, out var id))
        {
            throw Refusal.InvalidField("name", "must be customers/{customer}/sources/{source}/interactions/{id}");
        }

        if (sources.Find(source) is null)
        {
            throw Refusal.ResourceNotFound(request.Name);
        }

        if (!asker.Reading.IsOfPurpose(Section.Interactions))
        {
            throw Caller.TooNarrow(asker.Purpose, Section.Interactions, request.Name);
        }

        if (!asker.Reading.Allows(Section.Interactions, source))
        {
            throw Caller.Denied(asker.System, $"{Scopes.DossierRead}:{Scopes.NameOf(Section.Interactions)}@{source}", request.Name);
        }

        var reading = await reader.ReadAsync(
            new ReadingRequest
            {
                Customer = customer,
                Permitted = asker.Reading,
                Blocks = store => store.Name == source ? ["interaction", "interaction_messages"] : [],
                InteractionId = id,
            },
            budget,
            caller);
        var read = reading.Reads.Single(read => read.Store.Name == source);
        if (read.Facts.Interactions.FirstOrDefault(found => found.Id == id) is { } found)
        {
            return new GetInteractionResponse { Interaction = Merge.Named(customer, read.Facts, found), RegistrySequence = reading.Registry.Sequence };
        }

        throw CustomerReading.IsFailure(read.State) ? Refusal.SourceUnreachable(source) : Refusal.ResourceNotFound(request.Name);
    }

    private Task<CustomerReading> ReadAsync(
        string customer, InteractionFilter filter, PageToken? position, int limit, Permitted permitted, Budget budget, CancellationToken caller) => reader.ReadAsync(
        new ReadingRequest
        {
            Customer = customer,
            Blocks = store => position?.Done.Contains(store.Name) == true ? []
                : filter.Messages ? ["interactions", "messages"]
                : ["interactions"],
            Limit = limit,
            Permitted = permitted,
            After = source => position?.Positions.GetValueOrDefault(source)?.ToPosition(),
            Skip = position?.Unreachable.ToHashSet(StringComparer.Ordinal) ?? [],

            // By no fewer keys than the page before: a replica that is behind would leave out what a new one finds.
            MinSequence = position?.Sequence ?? 0,
        },
        budget,
        caller);

    private static ListInteractionsResponse Answer(CustomerReading reading, Permitted permitted, List<Interaction> shown, IEnumerable<string> failed, string token, PageToken? next)
    {
        var response = new ListInteractionsResponse { Interactions = { shown }, NextPageToken = token, RegistrySequence = reading.Registry.Sequence };
        foreach (var read in reading.Reads)
        {
            var status = SourceStates.Of(read);
            if (!permitted.Allows(Section.Interactions, read.Store.Name))
            {
                status.State = SourceState.NotPermitted;
                status.Sections.Add(new SectionStatus { Section = Section.Interactions, State = SourceState.NotPermitted });
            }
            else if (read.Store.Queries?.Blocks.ContainsKey("interactions") == true)
            {
                status.Sections.Add(new SectionStatus
                {
                    Section = Section.Interactions,
                    State = read.State == SourceState.Partial && !read.Failed.Contains("interactions") ? SourceState.Ok : read.State,
                    ItemCount = shown.Count(item => item.Source == status.Source),
                    More = next is not null && !next.Done.Contains(read.Store.Name) && !next.Unreachable.Contains(read.Store.Name),
                });
            }

            response.Sources.Add(status);
        }

        response.Sources.Add(SourceStates.Registry(reading.Registry, null));
        response.Unreachable.AddRange(failed.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal));
        return response;
    }

    private static InteractionFilter Filter(ListInteractionsRequest request, Violations violations)
    {
        for (int index = 0, most = Requests.AtMost(Requests.MostInFilter, request.Channels.Count, "channels", violations); index < most; index++)
        {
            Requests.Slug(request.Channels[index], $"channels[{index}]", required: true, violations);
        }

        var start = Requests.Moment(request.StartTime, "start_time", violations);
        var end = Requests.Moment(request.EndTime, "end_time", violations);
        if (start >= end)
        {
            violations.Add("end_time", "must be after start_time");
        }

        return new InteractionFilter(request.Channels.ToHashSet(StringComparer.Ordinal), start, end, request.IncludeMessages);
    }
}
