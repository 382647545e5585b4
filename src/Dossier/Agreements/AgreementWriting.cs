using Dossier.Host;
using Dossier.Registry;
using Dossier.V1;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace Dossier.Agreements;

/// <summary>The changes of agreements: checked, looked up, and written in one transaction.</summary>
public sealed class AgreementWriting(
    RegistryDatabase registry, Mutations mutations, AgreementRevisions revisions, SubjectLookup subjects, DossierOptions options, TimeZoneInfo zone, TimeProvider clock)
{
    private const string CreateMethod = nameof(V1.AgreementService.AgreementServiceBase.CreateAgreement);
    private const int MostActions = 200;
    private const int MostBinding = 1_000;
    private const string SupersedeMethod = nameof(V1.AgreementService.AgreementServiceBase.SupersedeAgreement);

    public async Task<CreateAgreementResponse> CreateAsync(CreateAgreementRequest request, Caller caller, Budget budget, CancellationToken gone)
    {
        var now = clock.GetUtcNow();
        var violations = new Violations();
        var customer = Requests.Customer(request.Parent, "parent", violations);
        var id = Requests.RequestId(request.RequestId, violations);
        AgreementCheck.Check(request.Agreement, customer, now, zone, violations);
        caller.RequireAgent(violations);
        violations.Throw();

        var mutation = new Mutation(
            caller.System, caller.Agent, CreateMethod, id,
            Mutation.FingerprintOf(CreateMethod, request.Without(copy => copy.RequestId = "")), customer, request.ValidateOnly);

        // A retry of what succeeded never fails: the saved answer comes before any source is asked.
        if (await mutations.SavedAsync(mutation, ReplayCreated, gone) is not { } outcome)
        {
            var agreement = Draft(request.Agreement, caller, now);
            await VerifyAsync(agreement, customer, budget, gone);
            outcome = await mutations.RunAsync(mutation, session => Create(session, mutation, agreement, now), ReplayCreated, gone);
        }

        Telemetry.SequenceSeen(outcome.Sequence);
        outcome.Answer.RegistrySequence = outcome.Sequence;
        return outcome.Answer;
    }

    /// <summary>Replaces an agreement: at once if the new one needs no approval, else when it gets it.</summary>
    public async Task<SupersedeAgreementResponse> SupersedeAsync(SupersedeAgreementRequest request, Caller caller, Budget budget, CancellationToken gone)
    {
        var now = clock.GetUtcNow();
        var violations = new Violations();
        var (customer, oldId) = AgreementRevisions.Named(request.Name, request.Etag, violations);
        AgreementRevisions.Ending(request.Reason, request.CustomerInformed, violations);
        var id = Requests.RequestId(request.RequestId, violations);
        AgreementCheck.Check(request.Agreement, customer, now, zone, violations);
        caller.RequireAgent(violations);
        violations.Throw();

        var mutation = new Mutation(
            caller.System, caller.Agent, SupersedeMethod, id,
            Mutation.FingerprintOf(SupersedeMethod, request.Without(copy => copy.RequestId = "")), customer, request.ValidateOnly);
        Outcome<SupersedeAgreementResponse> outcome;
        if (await mutations.SavedAsync(mutation, ReplaySuperseded, gone) is { } saved)
        {
            outcome = saved;
        }
        else
        {
            var agreement = Draft(request.Agreement, caller, now);
            await VerifyAsync(agreement, customer, budget, gone);
            outcome = await mutations.RunAsync(mutation, session => Supersede(session, mutation, oldId, agreement, request, now), ReplaySuperseded, gone);
        }

        Telemetry.SequenceSeen(outcome.Sequence);
        outcome.Answer.RegistrySequence = outcome.Sequence;
        return outcome.Answer;
    }

    private static Agreement Draft(Agreement asked, Caller caller, DateTimeOffset now)
    {
        var moment = Moments.FromMicros(now.ToMicros());
        var agreement = new Agreement
        {
            State = AgreementState.Active,
            Origin = new Origin
            {
                Interaction = asked.Origin?.Interaction ?? "",
                Channel = asked.Origin?.Channel ?? "",
                System = ResourceNames.System(caller.System),
                Agent = caller.Agent,
                AgentSource = caller.AgentProved ? AgentSource.Token : AgentSource.Asserted,
            },
            EffectiveTime = asked.EffectiveTime is { } effective ? Moments.CutToMicros(effective) : moment,
            Revision = 1,
            BindingRevision = 1,
            CreateTime = moment,
            UpdateTime = moment,
        };
        agreement.Effects.AddRange(asked.Effects.Select(effect => effect.Clone()));
        agreement.CustomerWording.AddRange(asked.CustomerWording.Select(wording => wording.Clone()));
        agreement.Evidence.AddRange(asked.Evidence);
        return agreement;
    }

    private async Task VerifyAsync(Agreement agreement, string customer, Budget budget, CancellationToken gone)
    {
        var facts = await subjects.FindAsync(customer, agreement, budget, gone);
        var violations = new Violations();
        SubjectLookup.Apply(agreement, customer, facts, violations);
        violations.Throw();
        if (facts.CustomerKnown is false
            && !await registry.ReadAsync(session => session.KnowsCustomer(customer), gone))
        {
            throw Refusal.CustomerNotFound(customer);
        }

        agreement.ExpireTime = AgreementRules.ExpireTime(agreement, zone) is { } end ? Timestamp.FromDateTimeOffset(end) : null;
    }

    private PendingChange<CreateAgreementResponse> Create(RegistryWriting session, Mutation mutation, Agreement agreement, DateTimeOffset now)
    {
        var binding = session.BindingAgreements([mutation.Customer]).ToList();
        if (binding.Count >= MostBinding)
        {
            throw new DossierException(
                StatusCode.FailedPrecondition,
                ErrorReason.TooManyAgreements,
                $"{MostBinding} agreements bind this customer already: each change and each check reads them all. Withdraw or supersede what is made twice.");
        }

        var made = revisions.Insert(session, mutation, Guid.CreateVersion7(now).ToString("D"), Granted(agreement.Clone(), mutation));
        return new PendingChange<CreateAgreementResponse>(Told(session, mutation.Customer, made.Answer, binding), made.Change, made.Write);
    }

    private CreateAgreementResponse ReplayCreated(RegistrySession session, RequestRow row)
    {
        ResourceNames.TryAgreement(row.Name, out var customer, out _);
        return Told(session, customer, revisions.Replay(session, row), [.. session.BindingAgreements([customer])]);
    }

    /// <summary>
    /// The agreement, with what the agent must know before the customer hangs up: what is on its way about its subjects, and what was
    /// agreed before that excludes it.
    /// </summary>
    private CreateAgreementResponse Told(RegistrySession session, string customer, Agreement agreement, IReadOnlyList<AgreementRow> binding)
    {
        var now = clock.GetUtcNow();
        var about = agreement.Effects.SelectMany(effect => effect.Subjects).ToList();
        var actions = session.Actions(customer, null, MostActions).Select(row => ActionContent.At(row, now))
            .Where(action => action.Action.Subjects.Any(acted => about.Exists(subject => Touches(subject, acted))))
            .ToList();
        var others = binding
            .Select(row => AgreementRules.At(AgreementContent.Join(row, []), now))
            .Where(other => other.Name != agreement.Name);
        return new CreateAgreementResponse
        {
            Agreement = agreement,
            ActionsUnderWay = { ActionContent.UnderWay(actions) },
            RecentActions = { ActionContent.Lately(actions, now) },
            Contradictions = { Conflicts.Between(customer, agreement, [.. others], now, zone) },
        };
    }

    /// <summary>The same subject, or one of the two holds the other.</summary>
    private static bool Touches(Subject subject, ActionSubject acted) =>
        subject.Type == SubjectType.Customer || acted.Type == SubjectType.Customer
        || (subject.Type == acted.Type && subject.Id == acted.Id)
        || acted.Parents.Any(parent => parent.Type == subject.Type && parent.Id == subject.Id)
        || subject.Parents.Any(parent => parent.Type == acted.Type && parent.Id == acted.Id);

    private PendingChange<SupersedeAgreementResponse> Supersede(
        RegistryWriting session, Mutation mutation, string oldId, Agreement draft, SupersedeAgreementRequest request, DateTimeOffset now)
    {
        var old = AgreementRevisions.Load(
            session, mutation.Customer, oldId, request.Etag, clock.GetUtcNow(), "superseded", AgreementState.Proposed, AgreementState.Active);
        var id = Guid.CreateVersion7(now).ToString("D");
        var agreement = Granted(draft.Clone(), mutation);
        agreement.Supersedes = old.Name;

        agreement.PendingEnd = agreement.State == AgreementState.Proposed ? AgreementRevisions.End(session, mutation, request.Reason, request.CustomerInformed) : null;
        var made = revisions.Insert(session, mutation, id, agreement);
        var answer = new SupersedeAgreementResponse { Agreement = made.Answer };
        if (agreement.State == AgreementState.Proposed)
        {
            answer.Superseded = AgreementRules.At(AgreementContent.Join(session.Agreement(mutation.Customer, oldId)!, session.Acknowledgements(mutation.Customer, oldId, old.BindingRevision)), now);
            return new PendingChange<SupersedeAgreementResponse>(answer, made.Change, made.Write);
        }

        old.State = AgreementState.Superseded;
        old.SupersededBy = ResourceNames.Agreement(mutation.Customer, id);
        old.End = AgreementRevisions.End(session, mutation, request.Reason, request.CustomerInformed);
        var ended = revisions.Next(session, mutation, oldId, old, ChangeKind.AgreementSuperseded, binding: true);
        answer.Superseded = ended.Answer;
        return new PendingChange<SupersedeAgreementResponse>(answer, made.Change, made.Write) { Also = [(ended.Change, ended.Write)] };
    }

    /// <summary>ACTIVE if its system may grant it by itself, else PROPOSED, and why.</summary>
    private Agreement Granted(Agreement agreement, Mutation mutation)
    {
        var exceeded = options.Systems.TryGetValue(mutation.System, out var system) ? ApprovalLimits.Exceeded(agreement, system) : [];
        agreement.NeedsApproval.AddRange(exceeded);
        agreement.State = exceeded.Count > 0 ? AgreementState.Proposed : AgreementState.Active;
        return agreement;
    }

    private SupersedeAgreementResponse ReplaySuperseded(RegistrySession session, RequestRow row)
    {
        var agreement = revisions.Replay(session, row);
        ResourceNames.TryAgreement(agreement.Supersedes, out var customer, out var oldId);

        // The old one as it is: what was answered first was its state then, which is past unless nothing has happened since.
        return new SupersedeAgreementResponse
        {
            Agreement = agreement,
            Superseded = session.Agreement(customer, oldId) is { } old ? revisions.At(session, customer, oldId, AgreementContent.Join(old, []).Revision) : null,
        };
    }
}
