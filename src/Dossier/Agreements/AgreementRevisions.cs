using Dossier.Registry;
using Dossier.V1;
using Grpc.Core;

namespace Dossier.Agreements;

/// <summary>A revision as it lies in the transaction: what the caller gets, and what is written once its sequence is known.</summary>
public sealed record WrittenRevision(Agreement Answer, RegistryChange Change, Action<long> Write)
{
    public PendingChange<Agreement> Pending => new(Answer, Change, Write);
}

/// <summary>How agreements are read for a change, and written as their next revision with the obligations that follow.</summary>
public sealed class AgreementRevisions(DossierOptions options, TimeProvider clock)
{
    public const string NameRule = "must be customers/{customer}/agreements/{agreement} with {agreement} a UUID in lower case";

    /// <summary>Checks what every change of an agreement has; gives its customer and id.</summary>
    public static (string Customer, string Id) Named(string name, string etag, Violations violations)
    {
        if (!ResourceNames.TryAgreement(name, out var customer, out var id))
        {
            violations.Add("name", NameRule);
        }

        if (etag.Length == 0)
        {
            violations.Add("etag", "is required: the agreement's etag, as GetAgreement gives it");
        }

        return (customer, id);
    }

    public static void Ending(string reason, CustomerInformed? informed, Violations violations)
    {
        Requests.Text(reason, "reason", 1, 2_000, violations);
        if (informed is null)
        {
            violations.Add("customer_informed", "is required: whether and how the customer was told");
            return;
        }

        Requests.Slug(informed.Channel, "customer_informed.channel", required: false, violations);
        Requests.Moment(informed.InformTime, "customer_informed.inform_time", violations);
    }

    /// <summary>The agreement for a change, in one of the states from which the change may be made.</summary>
    /// <exception cref="DossierException">It is not there, has changed, or is in another state.</exception>
    public static Agreement Load(RegistrySession session, string customer, string id, string etag, DateTimeOffset now, string verb, params AgreementState[] from)
    {
        var name = ResourceNames.Agreement(customer, id);
        var row = session.Agreement(customer, id) ?? throw Refusal.ResourceNotFound(name);
        var agreement = AgreementContent.Join(row, []);
        if (agreement.Etag != etag)
        {
            throw Refusal.EtagMismatch(name, agreement.Etag);
        }

        Require(agreement, now, verb, from);
        return agreement;
    }

    public static void Require(Agreement agreement, DateTimeOffset now, string verb, params AgreementState[] from)
    {
        var state = AgreementRules.StateAt(agreement, now);
        if (from.Length > 0 && !from.Contains(state))
        {
            throw new DossierException(
                StatusCode.FailedPrecondition,
                ErrorReason.StateNotAllowed,
                $"An agreement that is {state.Word()} cannot be {verb}; only {string.Join(" and ", from.Select(allowed => allowed.Word()))} can.",
                metadata: new Dictionary<string, string>(StringComparer.Ordinal) { ["state"] = state.Word() });
        }
    }

    public static AgreementEnd End(RegistryWriting session, Mutation mutation, string reason, CustomerInformed? informed) => new()
    {
        Reason = reason,
        CustomerInformed = informed,
        System = ResourceNames.System(mutation.System),
        Agent = mutation.Agent,
        EndTime = Moments.FromMicros(session.Now),
    };

    /// <summary>The first revision.</summary>
    public WrittenRevision Insert(RegistryWriting session, Mutation mutation, string id, Agreement agreement)
    {
        session.InsertAgreement(mutation.Customer, id, (int)agreement.State, agreement.ExpireTime?.ToMicros(), mutation.System);
        foreach (var subject in agreement.Effects.SelectMany(effect => effect.Subjects).Select(subject => (subject.Type, subject.Id)).Distinct())
        {
            session.InsertSubject(mutation.Customer, id, (long)subject.Type, subject.Id);
        }

        return Write(session, mutation, id, agreement, ChangeKind.AgreementCreated, binding: true);
    }

    /// <summary>The next revision of an agreement that the caller has changed.</summary>
    /// <param name="session">The transaction.</param>
    /// <param name="mutation">Who asked; its customer's row is locked.</param>
    /// <param name="id">The agreement's id.</param>
    /// <param name="agreement">As it is to be.</param>
    /// <param name="kind">What happened to it.</param>
    /// <param name="binding">What binds has changed: systems must take it over.</param>
    public WrittenRevision Next(RegistryWriting session, Mutation mutation, string id, Agreement agreement, ChangeKind kind, bool binding)
    {
        var before = agreement.BindingRevision;
        agreement.Revision++;
        agreement.BindingRevision = binding ? agreement.Revision : agreement.BindingRevision;
        agreement.UpdateTime = Moments.FromMicros(session.Now);
        session.UpdateAgreement(mutation.Customer, id, (int)agreement.State, agreement.Revision, agreement.BindingRevision, agreement.ExpireTime?.ToMicros());
        return Write(session, mutation, id, agreement, kind, binding, before);
    }

    /// <summary>
    /// FULFILLED by what systems have said: a new binding revision, for which their word stands, so that nobody has to say it
    /// again and the guard knows when each applied it.
    /// </summary>
    public WrittenRevision Fulfil(RegistryWriting session, Mutation mutation, string id, Agreement agreement, IEnumerable<AcknowledgementRow> said)
    {
        var before = agreement.BindingRevision;
        agreement.Revision++;
        agreement.BindingRevision = agreement.Revision;
        agreement.UpdateTime = Moments.FromMicros(session.Now);
        session.UpdateAgreement(mutation.Customer, id, (int)agreement.State, agreement.Revision, agreement.BindingRevision, agreement.ExpireTime?.ToMicros());
        foreach (var row in said)
        {
            session.PutAcknowledgement(
                mutation.Customer, id, agreement.BindingRevision, row.System, row.DueTime, row.Outcome, row.OutcomeTime, row.EvidenceId, row.Reason);
        }

        return Write(session, mutation, id, agreement, ChangeKind.AgreementFulfilled, binding: false, before);
    }

    /// <summary>The answer as it was: the saved revision, with what systems have said of it since.</summary>
    public Agreement Replay(RegistrySession session, RequestRow row)
    {
        ResourceNames.TryAgreement(row.Name, out var customer, out var id);
        return At(session, customer, id, row.Revision) ?? throw Refusal.ResourceNotFound(row.Name);
    }

    public Agreement? At(RegistrySession session, string customer, string id, long revision)
    {
        if (session.AgreementAt(customer, id, revision) is not { } stored)
        {
            return null;
        }

        var agreement = AgreementContent.Join(stored, []);
        return AgreementRules.At(AgreementContent.Join(stored, session.Acknowledgements(customer, id, agreement.BindingRevision)), clock.GetUtcNow());
    }

    /// <summary>What nobody was to take over, because it was never in force, need not be taken back either.</summary>
    private static bool WasInForce(Agreement agreement) =>
        agreement.State is not (AgreementState.Proposed or AgreementState.Rejected)
        && (agreement.State == AgreementState.Active || agreement.NeedsApproval.Count == 0 || agreement.Approval is not null);

    /// <summary>What a change row records of an agreement, by which the feed filters.</summary>
    /// <param name="kind">What happened.</param>
    /// <param name="name">The agreement's name.</param>
    /// <param name="agreement">As it is after it.</param>
    /// <param name="obliged">Systems that must acknowledge it, or had to before.</param>
    public static RegistryChange Changed(ChangeKind kind, string name, Agreement agreement, IEnumerable<string> obliged) => new(
        kind,
        name,
        agreement.Revision,
        agreement.BindingRevision,
        [.. agreement.Effects.Select(effect => AgreementRules.KindOf(effect).Word()).Distinct(StringComparer.Ordinal)],
        [.. obliged.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)],
        ResourceNames.TrySystem(agreement.Origin.System, out var origin) ? origin : "");

    private WrittenRevision Write(
        RegistryWriting session, Mutation mutation, string id, Agreement agreement, ChangeKind kind, bool binding, long before = 0)
    {
        var now = Moments.ToMoment(session.Now);
        var obliged = binding && WasInForce(agreement) ? AgreementRules.Obliged(agreement, options.Systems) : [];
        foreach (var (system, within) in obliged)
        {
            session.InsertAcknowledgement(mutation.Customer, id, agreement.BindingRevision, system, now.Add(within).ToMicros());
        }

        var (content, freeText) = AgreementContent.Split(agreement);
        var row = new AgreementRow { Customer = mutation.Customer, Id = id, Content = content, FreeText = freeText };
        var acknowledgements = session.Acknowledgements(mutation.Customer, id, agreement.BindingRevision).ToList();
        var earlier = before > 0 && before != agreement.BindingRevision ? session.Acknowledgements(mutation.Customer, id, before) : [];
        var answer = AgreementRules.At(AgreementContent.Join(row, acknowledgements), now);
        var name = answer.Name;
        if (mutation.ValidateOnly)
        {
            // What would happen has no etag to send back, and what would be created has no name.
            answer.Etag = "";
            answer.Name = kind == ChangeKind.AgreementCreated ? "" : name;
        }

        return new WrittenRevision(
            answer,
            Changed(kind, name, agreement, acknowledgements.Concat(earlier).Select(said => said.System)),
            sequence => session.InsertRevision(mutation.Customer, id, agreement.Revision, sequence, mutation.System, mutation.Agent, content, freeText));
    }
}
