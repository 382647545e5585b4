namespace Dossier.Bench.Seeding;

/// <summary>One table that is filled: its columns in the order of the generated values.</summary>
internal sealed record SeedTable(string Name, params string[] Columns);

/// <summary>The tables of the sample stores and the registry that are filled, those that others refer to first.</summary>
internal static class SeedTables
{
    /// <summary>Goes up when the generated rows change: what an older one made is made anew.</summary>
    public const int Generator = 1;

    public static readonly SeedTable Contact = new("contact", "contact_id", "display_name", "town", "email", "customer_no");

    public static readonly SeedTable Profile = new("profile", "network", "page", "external_id", "contact_id", "handle");

    public static readonly SeedTable Thread = new(
        "thread", "thread_id", "contact_id", "channel", "opened_by", "on_page", "opened_at", "closed_at", "stored_at", "topic", "summary", "agent", "team", "solved",
        "previous_thread", "previous_is");

    public static readonly SeedTable Post = new("post", "thread_id", "posted_at", "post_id", "author", "author_name", "on_page", "body");

    public static readonly SeedTable KnownCaller = new("known_caller", "number", "name", "customer_no", "noted_by", "noted_at");

    public static readonly SeedTable Call = new(
        "call", "call_id", "number", "way", "started_at", "waited_s", "ended_at", "wrapped_at", "queue", "agent", "caller_name", "reason", "outcome", "put_through_to", "note",
        "earlier_call", "earlier_is");

    public static readonly SeedTable Debtor = new(
        "debtor", "debtor_no", "kind", "first_name", "particle", "surname", "company_name", "street", "house_no", "postcode", "city", "secret", "since");

    public static readonly SeedTable ContactPoint = new("contact_point", "debtor_no", "medium", "value");

    public static readonly SeedTable Account = new("account", "account_no", "debtor_no", "pay_by", "iban", "opened_on");

    public static readonly SeedTable Connection = new("connection", "debtor_no", "starts_on", "connection_no", "account_no", "description", "state", "ends_on");

    public static readonly SeedTable Invoice = new(
        "invoice", "debtor_no", "dated", "invoice_no", "account_no", "credits", "is_credit", "due", "period_from", "period_to", "net_cents", "vat_cents", "total_cents", "open_cents");

    public static readonly SeedTable InvoiceLine = new(
        "invoice_line", "invoice_no", "line_no", "line_id", "connection_no", "description", "monthly", "period_from", "period_to", "vat_cents", "total_cents");

    public static readonly SeedTable Receipt = new("receipt", "debtor_no", "booked_on", "receipt_no", "method", "amount_cents", "returned_on", "return_code");

    public static readonly SeedTable ReceiptItem = new("receipt_item", "receipt_no", "invoice_no", "cents");

    public static readonly SeedTable Dunning = new("dunning", "debtor_no", "issued_on", "dunning_no", "level", "delivered_on", "sent_by", "asked_cents", "fee_cents");

    public static readonly SeedTable DunningItem = new("dunning_item", "dunning_no", "invoice_no");

    public static readonly SeedTable Correspondence = new(
        "correspondence", "debtor_no", "written_at", "document_no", "way", "medium", "registered_at", "subject", "remark", "clerk", "department", "person", "reply_to");

    public static readonly SeedTable CorrespondenceText = new("correspondence_text", "document_no", "body");

    public static readonly SeedTable Customer = new("customer", "customer", "create_time");

    public static readonly SeedTable Agreement = new("agreement", "customer", "id", "state", "revision", "binding_revision", "expire_time", "update_time");

    public static readonly SeedTable Revision = new(
        "agreement_revision", "customer", "id", "revision", "sequence", "system", "agent", "change_time", "content", "free_text");

    public static readonly SeedTable Acknowledgement = new("acknowledgement", "customer", "id", "binding_revision", "system", "due_time", "outcome");

    public static readonly SeedTable KeyLink = new(
        "key_link", "customer", "key_type", "key_value", "handle", "state", "shared", "origin", "agent", "link_time", "revision");

    public static readonly SeedTable KeyRevision = new(
        "key_link_revision", "customer", "key_type", "key_value", "revision", "sequence", "state", "shared", "origin", "agent", "change_time");

    public static readonly SeedTable Request = new("request", "system", "request_id", "method", "fingerprint", "name", "revision", "sequence", "create_time");

    public static readonly SeedTable Change = new(
        "change", "sequence", "kind", "customer", "resource", "revision", "binding_revision", "system", "effect_kinds", "obliged_systems", "change_time");

    /// <summary>The databases, the largest first: they are filled beside each other.</summary>
    public static IReadOnlyList<string> Stores { get; } = ["administration", "webcare", "registry", "telephony"];

    public static IReadOnlyList<SeedTable> Of(string store) => store switch
    {
        "webcare" => [Contact, Profile, Thread, Post],
        "telephony" => [KnownCaller, Call],
        "administration" =>
        [
            Debtor, ContactPoint, Account, Connection, Invoice, InvoiceLine, Receipt, ReceiptItem, Dunning, DunningItem, Correspondence, CorrespondenceText,
        ],
        _ => [Customer, Agreement, Revision, Acknowledgement, KeyLink, KeyRevision, Request, Change],
    };
}

/// <summary>The rows of some customers for one store, by table. Values are text, long, bool, DateOnly, DateTime in UTC, bytes or null.</summary>
internal sealed class SeedChunk(string store)
{
    private readonly Dictionary<SeedTable, List<object?[]>> rows = SeedTables.Of(store).ToDictionary(table => table, _ => new List<object?[]>());

    public int Customers { get; set; }

    public IEnumerable<(SeedTable Table, List<object?[]> Rows)> Tables => SeedTables.Of(store).Select(table => (table, rows[table]));

    public void Add(SeedTable table, params object?[] values)
    {
        if (values.Length != table.Columns.Length)
        {
            throw new ArgumentException($"{table.Name} has {table.Columns.Length} columns, not {values.Length}.", nameof(values));
        }

        rows[table].Add(values);
    }
}
