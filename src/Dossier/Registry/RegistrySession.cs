using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Data.Common;
using System.Text.Json;
using Dapper;
using Dossier.Database;

namespace Dossier.Registry;

/// <summary>The registry's named statements on one connection, inside one transaction.</summary>
public class RegistrySession(DbConnection connection, DbTransaction? transaction, FrozenDictionary<string, string> statements)
{
    protected DbConnection Connection => connection;

    protected DbTransaction? Transaction => transaction;

    public long Sequence() => One<long>("sequence");

    public IReadOnlyList<SchemaStep> SchemaSteps() => [.. All<SchemaStep>("schema_steps", null)];

    /// <summary>The changes after a sequence, in order. What is there is without gaps: commits are in the order of their sequences.</summary>
    public IReadOnlyList<ChangeRow> ChangesAfter(long after, int limit) => [.. All<ChangeRow>("changes_after", new { after, limit })];

    /// <summary>The first change that is kept; 0 if there is none.</summary>
    public long OldestChange() => One<long>("oldest_change");

    /// <summary>The registry's epoch as it is now.</summary>
    public string Epoch() => All<RegistryIdentity>("registry", null).Single().Epoch;

    public IEnumerable<AgreementRow> AgreementsOf(string customer, string? beforeId, int limit) =>
        Often<AgreementRow>("agreements_of_customer", new { customer, before_id = beforeId, limit });

    public IEnumerable<AcknowledgementRow> AcknowledgementsOf(string customer) =>
        Often<AcknowledgementRow>("acknowledgements_of_customer", new { customer });

    public AgreementRow? Agreement(string customer, string id) =>
        All<AgreementRow>("agreement", new { customer, id }).FirstOrDefault();

    public AgreementRow? AgreementAt(string customer, string id, long revision) =>
        All<AgreementRow>("agreement_at_revision", new { customer, id, revision }).FirstOrDefault();

    public IEnumerable<AcknowledgementRow> Acknowledgements(string customer, string id, long bindingRevision) =>
        All<AcknowledgementRow>("agreement_acknowledgements", new { customer, id, binding_revision = bindingRevision });

    public IEnumerable<AgreementRow> BindingAgreements(IEnumerable<string> customers) =>
        Often<AgreementRow>("binding_agreements", new { customers = new TextList([.. customers]) });

    public IEnumerable<AcknowledgementRow> BindingAcknowledgements(IEnumerable<string> customers) =>
        Often<AcknowledgementRow>("binding_acknowledgements", new { customers = new TextList([.. customers]) });

    public IReadOnlyList<AccessRow> AccessRecords(string customer, string? beforeId, int limit) =>
        [.. All<AccessRow>("access_records", new { customer, before_id = beforeId, limit })];

    /// <summary>What a report said of an action; null if it was made before reports were kept.</summary>
    public byte[]? ActionReport(string customer, string id, long sequence) => All<byte[]>("action_report", new { customer, id, sequence }).FirstOrDefault();

    public bool KnowsCustomer(string customer) => One<bool>("knows_customer", new { customer });

    /// <summary>Agreements of all customers, newest first.</summary>
    public IEnumerable<AgreementRow> AllAgreements(string? beforeId, long? startTime, long? endTime, int limit) =>
        All<AgreementRow>("all_agreements", new { before_id = beforeId, start_time = Micros(startTime), end_time = Micros(endTime), limit });

    public IEnumerable<AgreementRow> AgreementsAbout(long subjectType, string subjectId, string? beforeId, int limit) =>
        All<AgreementRow>("agreements_about_subject", new { subject_type = subjectType, subject_id = subjectId, before_id = beforeId, limit });

    public IReadOnlyList<RevisionRow> Revisions(string customer, string id, long before, int limit) =>
        [.. All<RevisionRow>("agreement_revisions", new { customer, id, before, limit })];

    /// <summary>What systems owe, by due time; after a place in that order.</summary>
    public IReadOnlyList<AcknowledgementRow> Pending(string? obliged, string? originSystem, long? overdueAt, long? afterDue, string afterKey, int limit) =>
        [.. All<AcknowledgementRow>("pending_acknowledgements", new
        {
            obliged, origin_system = originSystem, overdue_at = Micros(overdueAt), after_due = Micros(afterDue), after_key = afterKey, limit,
        })];

    public IReadOnlyList<OwedRow> Overdue(Moment now) => [.. All<OwedRow>("overdue_acknowledgements", new { now })];

    public IReadOnlyList<OwedRow> Owed(Moment now) => [.. All<OwedRow>("owed_acknowledgements", new { now })];

    public ActionRow? Action(string customer, string id) => All<ActionRow>("action", new { customer, id }).FirstOrDefault();

    /// <summary>The newest first; of all customers if none is named.</summary>
    public IReadOnlyList<ActionRow> Actions(string? customer, string? beforeId, int limit) => customer is null
        ? [.. All<ActionRow>("all_actions", new { before_id = beforeId, limit })]
        : Often<ActionRow>("actions_of_customer", new { customer, before_id = beforeId, limit });

    public IReadOnlyList<ConflictRow> ConflictsOf(string customer) => Often<ConflictRow>("conflicts_of_customer", new { customer });

    /// <summary>The newest first, of all customers; after a place in that order.</summary>
    public IReadOnlyList<ConflictRow> AllConflicts(int? state, long? beforeTime, string afterKey, int limit) =>
        [.. All<ConflictRow>("all_conflicts", new { state, before_time = Micros(beforeTime), after_key = afterKey, limit })];

    public ConflictRow? ConflictAt(string customer, string id, long revision) =>
        All<ConflictRow>("conflict_at_revision", new { customer, id, revision }).FirstOrDefault();

    /// <summary>How many are open, by kind and owner.</summary>
    public IReadOnlyList<OpenConflictsRow> OpenConflicts() => [.. All<OpenConflictsRow>("open_conflicts", null)];

    /// <summary>Customers that the sweep looks at, after one of them.</summary>
    public IReadOnlyList<string> SweepCustomers(string position, Moment since, int limit) =>
        [.. All<string>("sweep_customers", new { position, since, limit })];

    public SweepLeaseRow SweepLease() => All<SweepLeaseRow>("sweep_lease", null).Single();

    public IReadOnlyList<KeyLinkRow> KeysOf(string customer) => Often<KeyLinkRow>("keys_of_customer", new { customer });

    public KeyLinkRow? Key(string customer, long keyType, string keyValue) =>
        All<KeyLinkRow>("key_link", new { customer, key_type = keyType, key_value = keyValue }).FirstOrDefault();

    /// <summary>Everyone to whom a key is or was linked; unlinked rows too.</summary>
    public IEnumerable<KeyLinkRow> CustomersBy(long keyType, string keyValue) =>
        All<KeyLinkRow>("customers_by_key", new { key_type = keyType, key_value = keyValue });

    public IReadOnlyList<SourcePauseRow> Pauses() => [.. All<SourcePauseRow>("source_pauses", null)];

    public RequestRow? Request(string system, string requestId) =>
        All<RequestRow>("request", new { system, request_id = requestId }).FirstOrDefault();

    private static Moment? Micros(long? micros) => micros is { } known ? new Moment(known) : null;

    protected void Run(string statement, object parameters) => connection.Execute(statements[statement], parameters, transaction);

    protected T One<T>(string statement, object? parameters = null) => connection.QuerySingle<T>(statements[statement], parameters, transaction);

    protected IEnumerable<T> All<T>(string statement, object? parameters) => connection.Query<T>(statements[statement], parameters, transaction);

    /// <summary>
    /// The same for what every dossier reads. Such a statement gives the same columns for ever, each of a table or never null: Dapper would
    /// look at the name and the type of each at every read, which SQLite answers with new texts.
    /// </summary>
    private List<T> Often<T>(string statement, object? parameters)
    {
        using var reader = (DbDataReader)connection.ExecuteReader(statements[statement], parameters, transaction);
        if (!reader.Read())
        {
            return [];
        }

        // Made beside a row: an expression does not say its type without one.
        var parsers = Parsers<T>.Known;
        if (!parsers.TryGetValue((connection.GetType(), statement), out var parse))
        {
            parsers[(connection.GetType(), statement)] = parse = reader.GetRowParser<T>();
        }

        var rows = new List<T>();
        do
        {
            rows.Add(parse(reader));
        }
        while (reader.Read());
        return rows;
    }

    private static class Parsers<T>
    {
        public static readonly ConcurrentDictionary<(Type Connection, string Statement), Func<DbDataReader, T>> Known = new();
    }
}

/// <summary>The registry's statements that write, inside one write transaction.</summary>
public sealed class RegistryWriting(
    DbConnection connection, DbTransaction? transaction, FrozenDictionary<string, string> statements, long now, ConnectionPool pool)
    : RegistrySession(connection, transaction, statements)
{
    private readonly HashSet<string> locked = new(StringComparer.Ordinal);

    /// <summary>The moment of the transaction, in microseconds.</summary>
    public long Now => now;

    private Moment Moment => now;

    /// <summary>Locks a customer's row to the end of the transaction; it is made if there is none.</summary>
    public void LockCustomer(string customer)
    {
        if (locked.Add(customer))
        {
            Run("lock_customer", new { customer, now = Moment });
        }
    }

    /// <summary>Begins a part of the transaction that can be undone.</summary>
    public void Save() => pool.Save(Connection, Transaction);

    /// <summary>Undoes what was written since <see cref="Save"/>.</summary>
    public void Undo() => pool.Undo(Connection, Transaction);

    /// <summary>Keeps what was written since <see cref="Save"/>.</summary>
    public void Keep() => pool.Keep(Connection, Transaction);

    public void InsertAgreement(string customer, string id, int state, Moment? expireTime, string originSystem) =>
        Run("insert_agreement", new { customer, id, state, expire_time = expireTime, origin_system = originSystem, now = Moment });

    public void InsertSubject(string customer, string id, long subjectType, string subjectId) =>
        Run("insert_agreement_subject", new { customer, id, subject_type = subjectType, subject_id = subjectId });

    public void UpdateAgreement(string customer, string id, int state, long revision, long bindingRevision, Moment? expireTime) =>
        Run("update_agreement", new { customer, id, state, revision, binding_revision = bindingRevision, expire_time = expireTime, now = Moment });

    public void InsertRevision(string customer, string id, long revision, long sequence, string system, string agent, byte[] content, string freeText) =>
        Run("insert_agreement_revision", new { customer, id, revision, sequence, system, agent, now = Moment, content, free_text = freeText });

    public void InsertAcknowledgement(string customer, string id, long bindingRevision, string obliged, Moment dueTime) =>
        Run("insert_acknowledgement", new { customer, id, binding_revision = bindingRevision, obliged, due_time = dueTime });

    /// <summary>The last revision that a link has had, be it forgotten since; 0 if it is new.</summary>
    public long LastKeyRevision(string customer, long keyType, string keyValue) =>
        One<long>("last_key_revision", new { customer, key_type = keyType, key_value = keyValue });

    public void PutAcknowledgement(string customer, string id, long bindingRevision, string obliged, Moment dueTime, long outcome, Moment? outcomeTime, string? evidenceId, string? reason) =>
        Run("put_acknowledgement", new
        {
            customer, id, binding_revision = bindingRevision, obliged, due_time = dueTime, outcome, outcome_time = outcomeTime, evidence_id = evidenceId, reason,
        });

    public void PutKey(string customer, long keyType, string keyValue, string? handle, long state, bool shared, string origin, string agent, long revision) =>
        Run("put_key_link", new { customer, key_type = keyType, key_value = keyValue, handle, state, shared, origin, agent, revision, now = Moment });

    public void ShareKey(string customer, long keyType, string keyValue, bool shared, long revision) =>
        Run("share_key_link", new { customer, key_type = keyType, key_value = keyValue, shared, revision });

    public void ForgetKey(string customer, long keyType, string keyValue) =>
        Run("forget_key_link", new { customer, key_type = keyType, key_value = keyValue });

    public void InsertKeyRevision(KeyLinkRow link, long state, long sequence) => Run("insert_key_link_revision", new
    {
        customer = link.Customer,
        key_type = link.KeyType,
        key_value = link.KeyValue,
        revision = link.Revision,
        sequence,
        state,
        shared = link.Shared,
        origin = link.Origin,
        agent = link.Agent,
        now = Moment,
    });

    public void PutPause(string source, bool paused, Moment? until, string system, string agent, long revision) =>
        Run("put_source_pause", new { source, paused, until_time = until, system, agent, revision, now = Moment });

    public void PutAction(string customer, string id, long state, string system, Moment? underWay, Moment? actionTime, long sequence, byte[] content) =>
        Run("put_action", new { customer, id, state, system, under_way_time = underWay, action_time = actionTime, sequence, content, now = Moment });

    public void InsertActionReport(string customer, string id, long sequence, byte[] content) =>
        Run("insert_action_report", new { customer, id, sequence, content });

    public void PutConflict(ConflictRow row) => Run("put_conflict", new
    {
        customer = row.Customer,
        id = row.Id,
        kind = row.Kind,
        owner = row.Owner,
        state = row.State,
        revision = row.Revision,
        first_seen_time = row.FirstSeenTime,
        last_seen_time = row.LastSeenTime,
        fingerprint = row.Fingerprint,
    });

    public void InsertConflictRevision(ConflictRow row, long sequence, string system, string agent) => Run("insert_conflict_revision", new
    {
        customer = row.Customer, id = row.Id, revision = row.Revision, sequence, system, agent, now = Moment, content = row.Content, note = row.Note,
    });

    /// <summary>Writes many with one command: one by one, each is a round trip to a server.</summary>
    public void InsertAccesses(IEnumerable<AccessRow> rows) => Run("insert_access_records", new
    {
        rows = JsonSerializer.Serialize(rows.Select(row => new object[]
        {
            row.Customer, row.Id, row.AccessTime.Micros, row.System, row.Agent, row.Purpose, row.Method, row.Sections, row.Sources, row.TraceId,
        })),
    });

    /// <summary>Takes or keeps the sweep for an instance until a moment; null if another one has it, until a moment that is not later than the latest that can be.</summary>
    public SweepLeaseRow? TakeSweep(string owner, Moment until, Moment latest) =>
        All<SweepLeaseRow>("take_sweep", new { owner, until_time = until, now = Moment, latest }).FirstOrDefault();

    /// <summary>Where the sweep stands; null if another instance has it.</summary>
    public SweepLeaseRow? KeepSweep(string owner, Moment until, string position, Moment? complete) =>
        All<SweepLeaseRow>("keep_sweep", new { owner, until_time = until, position, complete_time = complete, now = Moment }).FirstOrDefault();

    public void InsertDecision(object decision) => Run("insert_decision", decision);

    /// <summary>Takes the next sequence. Everything but change and request rows must stand before it: its lock orders commits.</summary>
    public long NextSequence() => Advance(1);

    /// <summary>Takes so many sequences at once; the last one is given.</summary>
    public long Advance(int count)
    {
        Advanced = true;
        return One<long>("advance_sequence", new { count });
    }

    /// <summary>There is a change that others will read.</summary>
    public bool Advanced { get; private set; }

    /// <param name="sequence">Its place.</param>
    /// <param name="change">What it was.</param>
    /// <param name="customer">Whose.</param>
    /// <param name="system">Who made it.</param>
    /// <param name="firstSequence">That of the first change of the same request; null if it is this one.</param>
    public void InsertChange(long sequence, RegistryChange change, string customer, string system, long? firstSequence = null) => Run("insert_change", new
    {
        sequence,
        kind = (long)change.Kind,
        customer,
        resource = change.Name,
        revision = change.Revision,
        binding_revision = change.BindingRevision,
        system,
        effect_kinds = string.Join(' ', change.EffectKinds),
        obliged_systems = string.Join(' ', change.ObligedSystems),
        origin_system = change.OriginSystem,
        first_sequence = firstSequence ?? sequence,
        now = Moment,
    });

    public void InsertRequest(string system, string requestId, string method, byte[] fingerprint, string name, long revision, long sequence) =>
        Run("insert_request", new { system, request_id = requestId, method, fingerprint, name, revision, sequence, now = Moment });
}

/// <summary>What a mutation did, for its change row.</summary>
public sealed record RegistryChange(
    ChangeKind Kind,
    string Name,
    long Revision,
    long BindingRevision,
    IReadOnlyCollection<string> EffectKinds,
    IReadOnlyCollection<string> ObligedSystems,
    string OriginSystem = "");
