using Dossier.Host;
using Dossier.Registry;
using Dossier.V1;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace Dossier.Agreements;

/// <summary>The changes of agreements: checked, looked up, and written in one transaction.</summary>
public sealed class AgreementWriting(
    RegistryDatabase registry, Mutations mutations, SubjectLookup subjects, DossierOptions options, TimeZoneInfo zone, TimeProvider clock)
{
    private const string CreateMethod = nameof(V1.AgreementService.AgreementServiceBase.CreateAgreement);
    private const string WithdrawMethod = nameof(V1.AgreementService.AgreementServiceBase.WithdrawAgreement);

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
        if (await mutations.SavedAsync(mutation, Replay, gone) is { } saved)
        {
            return new CreateAgreementResponse { Agreement = saved.Answer, RegistrySequence = saved.Sequence };
        }

        var agreement = Draft(request.Agreement, caller, now);
        await VerifyAsync(agreement, customer, budget, gone);
        var outcome = await mutations.RunAsync(mutation, session => Create(session, mutation, agreement, now), Replay, gone);
        Telemetry.SequenceSeen(outcome.Sequence);
        return new CreateAgreementResponse { Agreement = outcome.Answer, RegistrySequence = outcome.Sequence };
    }

    public async Task<WithdrawAgreementResponse> WithdrawAsync(WithdrawAgreementRequest request, Caller caller, CancellationToken gone)
    {
        var violations = new Violations();
        if (!ResourceNames.TryAgreement(request.Name, out var customer, out var agreementId))
        {
            violations.Add("name", "must be customers/{customer}/agreements/{agreement} with {agreement} a UUID in lower case");
        }

        if (request.Etag.Length == 0)
        {
            violations.Add("etag", "is required: the agreement's etag, as GetAgreement gives it");
        }

        Requests.Text(request.Reason, "reason", 1, 2_000, violations);
        if (request.CustomerInformed is null)
        {
            violations.Add("customer_informed", "is required: whether and how the customer was told");
        }
        else
        {
            Requests.Slug(request.CustomerInformed.Channel, "customer_informed.channel", required: false, violations);
            Requests.Moment(request.CustomerInformed.InformTime, "customer_informed.inform_time", violations);
        }

        var id = Requests.RequestId(request.RequestId, violations);
        caller.RequireAgent(violations);
        violations.Throw();

        var mutation = new Mutation(
            caller.System, caller.Agent, WithdrawMethod, id,
            Mutation.FingerprintOf(WithdrawMethod, request.Without(copy => copy.RequestId = "")), customer, request.ValidateOnly);
        var outcome = await mutations.RunAsync(mutation, session => Withdraw(session, mutation, agreementId, request), Replay, gone);
        Telemetry.SequenceSeen(outcome.Sequence);
        return new WithdrawAgreementResponse { Agreement = outcome.Answer, RegistrySequence = outcome.Sequence };
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
                AgentSource = AgentSource.Asserted,
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

    private PendingChange<Agreement> Create(RegistryWriting session, Mutation mutation, Agreement agreement, DateTimeOffset now)
    {
        var id = Guid.CreateVersion7(now).ToString("D");
        session.InsertAgreement(mutation.Customer, id, (int)agreement.State, 1, 1, agreement.ExpireTime?.ToMicros());
        return Written(session, mutation, id, agreement, ChangeKind.AgreementCreated, now);
    }

    private PendingChange<Agreement> Withdraw(RegistryWriting session, Mutation mutation, string id, WithdrawAgreementRequest request)
    {
        var now = clock.GetUtcNow();
        var row = session.Agreement(mutation.Customer, id) ?? throw Refusal.ResourceNotFound(request.Name);
        var agreement = AgreementContent.Join(row, []);
        if (agreement.Etag != request.Etag)
        {
            throw Refusal.EtagMismatch(request.Name, agreement.Etag);
        }

        var state = AgreementRules.StateAt(agreement, now);
        if (state is not (AgreementState.Active or AgreementState.Proposed))
        {
            throw new DossierException(
                StatusCode.FailedPrecondition,
                ErrorReason.StateNotAllowed,
                $"An agreement that is {state.Word()} cannot be withdrawn; only PROPOSED and ACTIVE can.",
                metadata: new Dictionary<string, string>(StringComparer.Ordinal) { ["state"] = state.Word() });
        }

        var moment = Moments.FromMicros(session.Now);
        agreement.State = AgreementState.Withdrawn;
        agreement.Revision++;
        agreement.BindingRevision = agreement.Revision;
        agreement.UpdateTime = moment;
        agreement.End = new AgreementEnd
        {
            Reason = request.Reason,
            CustomerInformed = request.CustomerInformed,
            System = ResourceNames.System(mutation.System),
            Agent = mutation.Agent,
            EndTime = moment,
        };
        session.UpdateAgreement(mutation.Customer, id, (int)agreement.State, agreement.Revision, agreement.BindingRevision, agreement.ExpireTime?.ToMicros());
        return Written(session, mutation, id, agreement, ChangeKind.AgreementWithdrawn, now);
    }

    /// <summary>Writes the obligations of a binding revision, and the revision as soon as its sequence is known.</summary>
    private PendingChange<Agreement> Written(
        RegistryWriting session, Mutation mutation, string id, Agreement agreement, ChangeKind kind, DateTimeOffset now)
    {
        var obliged = AgreementRules.Obliged(agreement, options.Systems);
        foreach (var (system, within) in obliged)
        {
            session.InsertAcknowledgement(mutation.Customer, id, agreement.BindingRevision, system, now.Add(within).ToMicros());
        }

        var (content, freeText) = AgreementContent.Split(agreement);
        var row = new AgreementRow { Customer = mutation.Customer, Id = id, Content = content, FreeText = freeText };
        var answer = AgreementRules.At(AgreementContent.Join(row, session.Acknowledgements(mutation.Customer, id, agreement.BindingRevision)), now);
        var name = answer.Name;
        if (mutation.ValidateOnly)
        {
            // What would happen has no etag to send back, and what would be created has no name.
            answer.Etag = "";
            answer.Name = kind == ChangeKind.AgreementCreated ? "" : name;
        }

        return new PendingChange<Agreement>(
            answer,
            new RegistryChange(
                kind,
                name,
                agreement.Revision,
                agreement.BindingRevision,
                [.. agreement.Effects.Select(effect => AgreementRules.KindOf(effect).Word()).Distinct(StringComparer.Ordinal)],
                [.. obliged.Select(system => system.System)]),
            sequence => session.InsertRevision(mutation.Customer, id, agreement.Revision, sequence, mutation.System, mutation.Agent, content, freeText));
    }

    /// <summary>The answer as it was: the saved revision, with what systems have said of it since.</summary>
    private Agreement Replay(RegistrySession session, RequestRow row)
    {
        ResourceNames.TryAgreement(row.Name, out var customer, out var id);
        var stored = session.AgreementAt(customer, id, row.Revision) ?? throw Refusal.ResourceNotFound(row.Name);
        var agreement = AgreementContent.Join(stored, []);
        return AgreementRules.At(AgreementContent.Join(stored, session.Acknowledgements(customer, id, agreement.BindingRevision)), clock.GetUtcNow());
    }
}
