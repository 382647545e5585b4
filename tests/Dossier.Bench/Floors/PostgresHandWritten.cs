using System.Collections.Concurrent;
using System.Data.Common;
using System.Text.Json;
using Dossier.Registry;
using Dossier.V1;
using Google.Protobuf.WellKnownTypes;
using Google.Type;
using Npgsql;
using NpgsqlTypes;

namespace Dossier.Bench.Floors;

/// <summary>
/// Floor 2 on PostgreSQL: eight sets of four connections, as many as the service has for each source. One round trip a store, its
/// statements prepared; the registry first, for the keys, then the stores beside each other.
/// </summary>
internal sealed class PostgresHandWritten(StoreAddresses stores) : HandWritten, IDisposable
{
    private readonly ConcurrentStack<Session> idle = new();
    private readonly SemaphoreSlim places = new(StoreAddresses.Connections);

    protected override async Task ReadAsync(Facts facts)
    {
        await places.WaitAsync();
        if (!idle.TryPop(out var session))
        {
            session = await Session.OpenAsync(stores);
        }

        try
        {
            await ReadRegistryAsync(session.Registry, facts);
            await Task.WhenAll(
                ReadAdministrationAsync(session.Administration, facts),
                ReadCallsAsync(session.Telephony, facts),
                ReadConversationsAsync(session.Webcare, facts));
        }
        finally
        {
            idle.Push(session);
            places.Release();
        }
    }

    public void Dispose() => places.Dispose();

    protected override Timestamp Time(DbDataReader reader, int column) => Timestamp.FromDateTime(reader.GetDateTime(column));

    protected override Date Day(DbDataReader reader, int column)
    {
        var day = reader.GetFieldValue<DateOnly>(column);
        return new Date { Year = day.Year, Month = day.Month, Day = day.Day };
    }

    protected override Money Euros(DbDataReader reader, int column)
    {
        var cents = (long)(reader.GetDecimal(column) * 100);
        return new Money { CurrencyCode = "EUR", Units = cents / 100, Nanos = (int)(cents % 100) * 10_000_000 };
    }

    protected override bool Flag(DbDataReader reader, int column) => reader.GetBoolean(column);

    protected override IEnumerable<string> List(DbDataReader reader, int column) => reader.GetFieldValue<string[]>(column);

    protected override Moment Micros(DbDataReader reader, int column) => new DateTimeOffset(reader.GetDateTime(column)).ToMicros();

    private async Task ReadRegistryAsync(NpgsqlBatch batch, Facts facts)
    {
        Set(batch, "customer", facts.Customer);
        await using var reader = await batch.ExecuteReaderAsync();
        facts.Sequence = await reader.ReadAsync() ? reader.GetInt64(0) : 0;
        await reader.NextResultAsync();
        Links(reader, facts);
        await reader.NextResultAsync();
        Agreements(reader, facts);
        await reader.NextResultAsync();
        Acknowledgements(reader, facts);
        await reader.NextResultAsync();
        Actions(reader, facts);
    }

    private async Task ReadAdministrationAsync(NpgsqlBatch batch, Facts facts)
    {
        Set(batch, "customer_number", facts.Customer);
        await using var reader = await batch.ExecuteReaderAsync();
        Who(reader, facts);
        await reader.NextResultAsync();
        ContactPersons(reader, facts);
        await reader.NextResultAsync();
        Interactions(reader, facts.Customer, "administration", ends: false, facts.Letters);
        await reader.NextResultAsync();
        Invoices(reader, facts);
        await reader.NextResultAsync();
        Lines(reader, facts);
        await reader.NextResultAsync();
        Notices(reader, facts);
    }

    private async Task ReadCallsAsync(NpgsqlBatch batch, Facts facts)
    {
        Set(batch, "phones", facts.Keys(KeyType.Phone).Select(phone => Sources.Keys.Spell(phone, "national", "31")).ToArray());
        await using var reader = await batch.ExecuteReaderAsync();
        Interactions(reader, facts.Customer, "telephony", ends: true, facts.Calls);
    }

    private async Task ReadConversationsAsync(NpgsqlBatch batch, Facts facts)
    {
        Set(batch, "social_ids", JsonSerializer.Serialize(facts.SocialIds().Select(social => new { platform = social.Platform, page = social.Page, id = social.Id })));
        Set(batch, "emails", facts.Keys(KeyType.Email).ToArray());
        await using var reader = await batch.ExecuteReaderAsync();
        Interactions(reader, facts.Customer, "webcare", ends: true, facts.Conversations);
    }

    private static void Set(NpgsqlBatch batch, string name, object value)
    {
        foreach (var command in batch.BatchCommands)
        {
            if (command.Parameters.Contains(name))
            {
                command.Parameters[name].Value = value;
            }
        }
    }

    /// <summary>Four connections, and on each a batch that stays prepared.</summary>
    private sealed record Session(NpgsqlBatch Registry, NpgsqlBatch Administration, NpgsqlBatch Telephony, NpgsqlBatch Webcare)
    {
        private const string Statements = "registry/postgres/statements.sql";

        public static async Task<Session> OpenAsync(StoreAddresses stores) => new(
            await PrepareAsync(
                stores.Registry,
                (Statements, "sequence", []),
                (Statements, "keys_of_customer", [OneText("customer")]),
                (Statements, "agreements_of_customer", [OneText("customer"), OneText("before_id"), Limit(Facts.MostItems)]),
                (Statements, "acknowledgements_of_customer", [OneText("customer")]),
                (Statements, "actions_of_customer", [OneText("customer"), OneText("before_id"), Limit(Facts.MostItems)])),
            await PrepareAsync(
                stores.Administration,
                (Of("administration"), "customer", [OneText("customer_number")]),
                (Of("administration"), "contact_persons", [OneText("customer_number")]),
                (Of("administration"), "interactions", [OneText("customer_number"), .. Page()]),
                (Of("administration"), "invoices", [OneText("customer_number"), Limit(Facts.MostItems + 1)]),
                (Of("administration"), "invoice_lines", [OneText("customer_number"), Limit(Facts.MostItems + 1)]),
                (Of("administration"), "dunning_notices", [OneText("customer_number"), Limit(Facts.MostItems + 1)])),
            await PrepareAsync(stores.Telephony, (Of("telephony"), "interactions", [Texts("phones"), .. Page()])),
            await PrepareAsync(stores.Webcare, (Of("webcare"), "interactions", [OneText("social_ids"), Texts("emails"), .. Page()])));

        private static string Of(string store) => $"sources/{store}/queries.postgres.sql";

        private static async Task<NpgsqlBatch> PrepareAsync(string connectionString, params (string File, string Block, NpgsqlParameter[] Parameters)[] statements)
        {
            var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false }.ConnectionString);
            await connection.OpenAsync();
            var batch = new NpgsqlBatch(connection);
            foreach (var (file, block, parameters) in statements)
            {
                var command = new NpgsqlBatchCommand(Text(file, block));
                command.Parameters.AddRange(parameters);
                batch.BatchCommands.Add(command);
            }

            await batch.PrepareAsync();
            return batch;
        }

        private static NpgsqlParameter[] Page() =>
        [
            new("before_time", NpgsqlDbType.TimestampTz) { Value = DBNull.Value }, OneText("before_id"), Texts("interaction_ids"), Limit(Facts.MostInteractions + 1),
        ];

        private static NpgsqlParameter OneText(string name) => new(name, NpgsqlDbType.Text) { Value = DBNull.Value };

        private static NpgsqlParameter Texts(string name) => new(name, NpgsqlDbType.Array | NpgsqlDbType.Text) { Value = Array.Empty<string>() };

        private static NpgsqlParameter Limit(int count) => new("limit", NpgsqlDbType.Integer) { Value = count };
    }
}
