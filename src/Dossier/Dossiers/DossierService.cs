using Dossier.Host;
using Dossier.Registry;
using Dossier.Sources;
using Dossier.V1;
using Grpc.Core;

namespace Dossier.Dossiers;

/// <summary>The read side over gRPC: checks requests and hands them on.</summary>
public sealed class DossierService(
    Assembler assembler, Resolver resolver, InteractionListing listing, KeyLinking linking, SourceListing sources, SourcePausing pausing, DossierOptions options)
    : V1.DossierService.DossierServiceBase
{
    public override async Task<GetDossierResponse> GetDossier(GetDossierRequest request, ServerCallContext context)
    {
        var violations = new Violations();
        if (!ResourceNames.TryDossier(request.Name, out var customer))
        {
            violations.Add("name", "must be customers/{customer}/dossier with {customer} 1-64 of [A-Za-z0-9._~-]");
        }

        Requests.Sequence(request.MinRegistrySequence, violations);
        var scope = Scope(request, violations);
        violations.Throw();
        return new GetDossierResponse
        {
            Dossier = await assembler.AssembleAsync(
                customer, scope, request.IncludePossibleInteractions, request.MinRegistrySequence, Caller.Of(context).Reading, context.ToBudget(), context.CancellationToken),
        };
    }

    public override async Task<LookUpDossierResponse> LookUpDossier(LookUpDossierRequest request, ServerCallContext context)
    {
        var violations = new Violations();
        var withheld = Keys.IsWithheld(request.Key);
        var key = withheld ? null : Keys.Normalise(request.Key, "key", options.Phone.DefaultCountry, violations);
        var scope = View(request.View, DossierView.Brief, 0, violations);
        var budget = LookUpBudget(request, context, violations);
        violations.Throw();
        if (withheld)
        {
            return new LookUpDossierResponse();
        }

        var resolved = await resolver.ResolveAsync([key!], Caller.Of(context).Reading, new Budget(budget.Left * 0.5), context.CancellationToken);
        var response = new LookUpDossierResponse
        {
            Candidates = { resolved.Candidates },
            Sources = { SourceListing.Statuses(resolved) },
            Unreachable = { resolved.Unreachable },
            RegistrySequence = resolved.Registry.Sequence,
        };
        if (resolved.Candidates is [{ Grade: MatchGrade.Certain } one] && ResourceNames.TryCustomer(one.Customer, out var customer))
        {
            await OpenAsync(response, customer, scope, Caller.Of(context).Reading, budget, context.CancellationToken);
        }

        return response;
    }

    public override async Task<ListInteractionsResponse> ListInteractions(ListInteractionsRequest request, ServerCallContext context) =>
        await listing.ListAsync(request, Caller.Of(context).Reading, context.ToBudget(), context.CancellationToken);

    public override async Task<GetInteractionResponse> GetInteraction(GetInteractionRequest request, ServerCallContext context) =>
        await listing.GetAsync(request, Caller.Of(context), context.ToBudget(), context.CancellationToken);

    public override async Task<ResolveCustomerResponse> ResolveCustomer(ResolveCustomerRequest request, ServerCallContext context)
    {
        var violations = new Violations();
        if (request.Keys.Count is < 1 or > 10)
        {
            violations.Add("keys", $"must be 1-10 keys, not {request.Keys.Count}");
        }

        var keys = request.Keys.Take(10)
            .Select((key, index) => Keys.Normalise(key, $"keys[{index}]", options.Phone.DefaultCountry, violations))
            .OfType<CustomerKey>()
            .ToList();
        violations.Throw();
        var resolved = await resolver.ResolveAsync(keys, Caller.Of(context).Reading, context.ToBudget(), context.CancellationToken);
        return new ResolveCustomerResponse
        {
            Candidates = { resolved.Candidates },
            Sources = { SourceListing.Statuses(resolved) },
            Unreachable = { resolved.Unreachable },
            RegistrySequence = resolved.Registry.Sequence,
        };
    }

    public override async Task<LinkCustomerKeyResponse> LinkCustomerKey(LinkCustomerKeyRequest request, ServerCallContext context) =>
        await linking.LinkAsync(request, Caller.Of(context), context.ToBudget(), context.CancellationToken);

    public override async Task<UnlinkCustomerKeyResponse> UnlinkCustomerKey(UnlinkCustomerKeyRequest request, ServerCallContext context) =>
        await linking.UnlinkAsync(request, Caller.Of(context), context.CancellationToken);

    public override async Task<ListSourcesResponse> ListSources(ListSourcesRequest request, ServerCallContext context) =>
        await sources.ListAsync(request, context.CancellationToken);

    public override async Task<GetSourceResponse> GetSource(GetSourceRequest request, ServerCallContext context) =>
        await sources.GetAsync(request, context.CancellationToken);

    public override async Task<PauseSourceResponse> PauseSource(PauseSourceRequest request, ServerCallContext context) =>
        await pausing.PauseAsync(request, Caller.Of(context), context.CancellationToken);

    public override async Task<ResumeSourceResponse> ResumeSource(ResumeSourceRequest request, ServerCallContext context) =>
        await pausing.ResumeAsync(request, Caller.Of(context), context.CancellationToken);

    private async Task OpenAsync(LookUpDossierResponse response, string customer, DossierScope scope, Permitted permitted, Budget budget, CancellationToken caller)
    {
        try
        {
            response.Dossier = await assembler.AssembleAsync(customer, scope, possible: false, 0, permitted, budget, caller);
            response.RegistrySequence = response.Dossier.RegistrySequence;
            if (response.Candidates[0].DisplayName.Length == 0 && response.Dossier.Customer is { } found)
            {
                (response.Candidates[0].DisplayName, response.Candidates[0].Place) = (found.DisplayName, found.Place);
            }
        }
        catch (DossierException unknown) when (unknown.Reason is ErrorReason.CustomerNotFound or ErrorReason.SourcesIncomplete)
        {
            // A look-up finds or does not find; who could not be asked stands in `unreachable`.
            var failed = unknown.Metadata.GetValueOrDefault("unreachable", "").Split(',', StringSplitOptions.RemoveEmptyEntries);
            response.Unreachable.AddRange(failed.Except(response.Unreachable, StringComparer.Ordinal).ToList());
        }
    }

    private static DossierScope Scope(GetDossierRequest request, Violations violations)
    {
        if (request.InteractionCount is < 0 or > Requests.LargestPageSize)
        {
            violations.Add("interaction_count", $"must be 0-{Requests.LargestPageSize}");
        }

        if (request.Sections.Count == 0)
        {
            return View(request.View, DossierView.Full, request.InteractionCount, violations);
        }

        if (request.View != DossierView.Unspecified)
        {
            violations.Add("view", "must not be set beside sections");
        }

        for (int index = 0, most = Requests.AtMost(Requests.MostInFilter, request.Sections.Count, "sections", violations); index < most; index++)
        {
            if (request.Sections[index] == Section.Unspecified || !Enum.IsDefined(request.Sections[index]))
            {
                violations.Add($"sections[{index}]", $"is not a section: use {string.Join(", ", Enum.GetValues<Section>().Skip(1).Select(section => section.Word()))}");
            }
            else if (request.Sections.IndexOf(request.Sections[index]) != index)
            {
                violations.Add($"sections[{index}]", "is there twice");
            }
        }

        return DossierScope.Of(request.Sections, request.InteractionCount);
    }

    private static DossierScope View(DossierView view, DossierView missing, int count, Violations violations)
    {
        switch (view == DossierView.Unspecified ? missing : view)
        {
            case DossierView.Brief:
                return DossierScope.Brief(count);
            case DossierView.Full:
                return DossierScope.Full(count);
            default:
                violations.Add("view", "must be BRIEF or FULL");
                return DossierScope.Full(count);
        }
    }

    private static Budget LookUpBudget(LookUpDossierRequest request, ServerCallContext context, Violations violations)
    {
        var budget = context.ToBudget();
        if (request.TimeBudget is not { } asked)
        {
            return budget;
        }

        if (asked.Seconds is < 0 or > 60 || asked.Nanos is < 0 or > 999_999_999 || (asked.Seconds == 0 && asked.Nanos == 0))
        {
            violations.Add("time_budget", "must be above zero and at most 60 seconds");
            return budget;
        }

        var limit = TimeSpan.FromSeconds(asked.Seconds) + TimeSpan.FromTicks(asked.Nanos / 100);
        var within = Budget.Within(limit);
        return within.Left < budget.Left ? within : budget;
    }
}
