using System.Collections.Frozen;
using System.Text.Json;
using Dapper;
using Microsoft.Data.Sqlite;

namespace Dossier.Registry;

/// <summary>The registry's named statements on one connection, inside one transaction.</summary>
public class RegistrySession(SqliteConnection connection, FrozenDictionary<string, string> statements)
{
    public long Sequence() => One<long>("sequence");

    public IEnumerable<AgreementRow> AgreementsOf(string customer, string? beforeId, int limit) =>
        All<AgreementRow>("agreements_of_customer", new { customer, before_id = beforeId, limit });

    public IEnumerable<AcknowledgementRow> AcknowledgementsOf(string customer) =>
        All<AcknowledgementRow>("acknowledgements_of_customer", new { customer });

    public AgreementRow? Agreement(string customer, string id) =>
        All<AgreementRow>("agreement", new { customer, id }).FirstOrDefault();

    public AgreementRow? AgreementAt(string customer, string id, long revision) =>
        All<AgreementRow>("agreement_at_revision", new { customer, id, revision }).FirstOrDefault();

    public IEnumerable<AcknowledgementRow> Acknowledgements(string customer, string id, long bindingRevision) =>
        All<AcknowledgementRow>("agreement_acknowledgements", new { customer, id, binding_revision = bindingRevision });

    public IEnumerable<AgreementRow> BindingAgreements(IEnumerable<string> customers) =>
        All<AgreementRow>("binding_agreements", new { customers = JsonSerializer.Serialize(customers) });

    public IEnumerable<AcknowledgementRow> BindingAcknowledgements(IEnumerable<string> customers) =>
        All<AcknowledgementRow>("binding_acknowledgements", new { customers = JsonSerializer.Serialize(customers) });

    public bool KnowsCustomer(string customer) => One<bool>("knows_customer", new { customer });

    public IReadOnlyList<KeyLinkRow> KeysOf(string customer) => [.. All<KeyLinkRow>("keys_of_customer", new { customer })];

    public KeyLinkRow? Key(string customer, long keyType, string keyValue) =>
        All<KeyLinkRow>("key_link", new { customer, key_type = keyType, key_value = keyValue }).FirstOrDefault();

    /// <summary>Everyone to whom a key is or was linked; unlinked rows too.</summary>
    public IEnumerable<KeyLinkRow> CustomersBy(long keyType, string keyValue) =>
        All<KeyLinkRow>("customers_by_key", new { key_type = keyType, key_value = keyValue });

    public RequestRow? Request(string system, string requestId) =>
        All<RequestRow>("request", new { system, request_id = requestId }).FirstOrDefault();

    protected void Run(string statement, object parameters) => connection.Execute(statements[statement], parameters);

    protected T One<T>(string statement, object? parameters = null) => connection.QuerySingle<T>(statements[statement], parameters);

    private IEnumerable<T> All<T>(string statement, object parameters) => connection.Query<T>(statements[statement], parameters);
}

/// <summary>The registry's statements that write, inside one write transaction.</summary>
public sealed class RegistryWriting(SqliteConnection connection, FrozenDictionary<string, string> statements, long now)
    : RegistrySession(connection, statements)
{
    /// <summary>The moment of the transaction, in microseconds.</summary>
    public long Now => now;

    public void LockCustomer(string customer) => Run("lock_customer", new { customer, now });

    public void InsertAgreement(string customer, string id, int state, long revision, long bindingRevision, long? expireTime) =>
        Run("insert_agreement", new { customer, id, state, revision, binding_revision = bindingRevision, expire_time = expireTime, now });

    public void UpdateAgreement(string customer, string id, int state, long revision, long bindingRevision, long? expireTime) =>
        Run("update_agreement", new { customer, id, state, revision, binding_revision = bindingRevision, expire_time = expireTime, now });

    public void InsertRevision(string customer, string id, long revision, long sequence, string system, string agent, byte[] content, string freeText) =>
        Run("insert_agreement_revision", new { customer, id, revision, sequence, system, agent, now, content, free_text = freeText });

    public void InsertAcknowledgement(string customer, string id, long bindingRevision, string obliged, long dueTime) =>
        Run("insert_acknowledgement", new { customer, id, binding_revision = bindingRevision, obliged, due_time = dueTime });

    public void PutKey(string customer, long keyType, string keyValue, string? handle, long state, bool shared, string origin, string agent) =>
        Run("put_key_link", new { customer, key_type = keyType, key_value = keyValue, handle, state, shared, origin, agent, now });

    public void LearnKey(string customer, long keyType, string keyValue, string? handle, bool shared, string origin) =>
        Run("learn_key_link", new { customer, key_type = keyType, key_value = keyValue, handle, shared, origin, now });

    public void ForgetKey(string customer, long keyType, string keyValue, string origin) =>
        Run("forget_key_link", new { customer, key_type = keyType, key_value = keyValue, origin });

    public void InsertDecision(object decision) => Run("insert_decision", decision);

    /// <summary>Takes the next sequence. Everything but change and request rows must stand before it: its lock orders commits.</summary>
    public long NextSequence() => One<long>("next_sequence");

    public void InsertChange(long sequence, RegistryChange change, string customer, string system) => Run("insert_change", new
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
        now,
    });

    public void InsertRequest(string system, string requestId, string method, byte[] fingerprint, string name, long revision, long sequence) =>
        Run("insert_request", new { system, request_id = requestId, method, fingerprint, name, revision, sequence, now });
}

/// <summary>What a mutation did, for its change row.</summary>
public sealed record RegistryChange(
    ChangeKind Kind,
    string Name,
    long Revision,
    long BindingRevision,
    IReadOnlyCollection<string> EffectKinds,
    IReadOnlyCollection<string> ObligedSystems);
