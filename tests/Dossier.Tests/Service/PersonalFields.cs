using System.Data.Common;
using Dapper;

namespace Dossier.Tests.ServiceTests;

/// <summary>Which columns of the channel stores say something of a person, and a marker for each of them.</summary>
internal static class PersonalFields
{
    private static readonly string[] Stores = ["webcare", "telephony", "administration"];

    private static readonly Dictionary<string, string[]> Personal = new(StringComparer.Ordinal)
    {
        ["contact"] = ["display_name", "town", "email"],
        ["profile"] = ["external_id", "handle"],
        ["thread"] = ["topic", "summary", "agent"],
        ["post"] = ["author_name", "body"],
        ["known_caller"] = ["name", "noted_by"],
        ["call"] = ["caller_name", "reason", "note", "agent"],
        ["debtor"] = ["first_name", "particle", "surname", "company_name", "street", "house_no", "postcode", "city"],
        ["contact_person"] = ["name", "role"],
        ["representative"] = ["name", "street", "house_no", "postcode", "city"],
        ["contact_point"] = ["value"],
        ["account"] = ["iban"],
        ["connection"] = ["description"],
        ["invoice_line"] = ["description"],
        ["correspondence"] = ["subject", "remark", "person", "clerk"],
        ["correspondence_text"] = ["body"],
    };

    // Numbers of customers, documents and moments, and words of a list. A telephone number has its own digits for a marker: text is no number.
    private static readonly string[] NotPersonal =
    [
        "customer_no", "network", "page", "thread_id", "channel", "opened_by", "opened_at", "closed_at", "stored_at", "team", "previous_thread", "previous_is",
        "posted_at", "post_id", "author", "number", "call_id", "way", "queue", "outcome", "put_through_to", "earlier_call", "earlier_is", "debtor_no", "kind",
        "since", "ground", "medium", "account_no", "pay_by", "opened_on", "starts_on", "connection_no", "state", "ends_on", "dated", "invoice_no", "credits",
        "due", "period_from", "period_to", "line_id", "booked_on", "receipt_no", "method", "returned_on", "return_code", "issued_on", "dunning_no",
        "delivered_on", "sent_by", "written_at", "document_no", "registered_at", "department", "reply_to",
    ];

    public const string TextColumnsOfSqlite = "SELECT m.name, c.name FROM sqlite_master m JOIN pragma_table_info(m.name) c WHERE m.type = 'table' AND c.type = 'TEXT'";

    public const string TextColumnsOfPostgres = "SELECT c.table_name, c.column_name FROM information_schema.columns c JOIN information_schema.tables t USING (table_schema, table_name) WHERE c.table_schema = 'public' AND t.table_type = 'BASE TABLE' AND c.data_type = 'text'";

    /// <summary>Writes the marker into each of them.</summary>
    /// <param name="open">Makes a connection to a store that keeps to no foreign keys.</param>
    /// <param name="textColumns">Gives the tables and columns that hold text.</param>
    /// <param name="marker">Found nowhere else.</param>
    public static async Task MarkAsync(Func<string, DbConnection> open, string textColumns, string marker)
    {
        foreach (var store in Stores)
        {
            await using var connection = open(store);
            var columns = (await connection.QueryAsync<(string Table, string Column)>(textColumns)).ToList();
            Assert.NotEmpty(columns);
            foreach (var (table, column) in columns)
            {
                if (!Personal.TryGetValue(table, out var personal) || !personal.Contains(column, StringComparer.Ordinal))
                {
                    // A new column stands in one of the two lists.
                    Assert.Contains(column, NotPersonal);
                    continue;
                }

                // An address stays one, a number stays one, and an identifier has no space in it.
                var marked = (table, column) switch
                {
                    (_, "email") or ("contact_point", "value") => $"'{marker}.' || {column}",
                    ("profile", _) => $"{column} || '{marker}'",
                    _ => $"{column} || ' {marker}'",
                };
                var which = table == "contact_point" ? "medium = 'EMAIL'" : $"{column} IS NOT NULL";
                Assert.True(await connection.ExecuteAsync($"UPDATE {table} SET {column} = {marked} WHERE {which}") > 0, $"{table}.{column} is empty.");
            }
        }
    }
}
