using System.Collections.Concurrent;
using System.Data.Common;
using System.Globalization;
using System.Text.Json;
using Dossier.Registry;
using Dossier.V1;
using Google.Protobuf.WellKnownTypes;
using Google.Type;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Dossier.Bench.Floors;

/// <summary>Floor 2 on SQLite: a set of four connections for each call that runs, last in, first out; one transaction a store.</summary>
internal sealed class SqliteHandWritten(StoreAddresses stores) : HandWritten, IDisposable
{
    private readonly ConcurrentStack<Session> idle = new();

    protected override Task ReadAsync(Facts facts)
    {
        if (!idle.TryPop(out var session))
        {
            session = new Session(stores);
        }

        ReadRegistry(session.Registry, facts);
        ReadAdministration(session.Administration, facts);
        var linked = JsonSerializer.Serialize(Array.Empty<string>());
        session.Telephony.Read("interactions", reader => Interactions(reader, facts.Customer, "telephony", ends: true, facts.Calls), [
            JsonSerializer.Serialize(facts.Keys(KeyType.Phone).Select(phone => Sources.Keys.Spell(phone, "national", "31"))), DBNull.Value, DBNull.Value, linked, Facts.MostInteractions + 1,
        ]);
        session.Webcare.Read("interactions", reader => Interactions(reader, facts.Customer, "webcare", ends: true, facts.Conversations), [
            JsonSerializer.Serialize(facts.SocialIds().Select(social => new { platform = social.Platform, page = social.Page, id = social.Id })),
            JsonSerializer.Serialize(facts.Keys(KeyType.Email)), DBNull.Value, DBNull.Value, linked, Facts.MostInteractions + 1,
        ]);
        idle.Push(session);
        return Task.CompletedTask;
    }

    public void Dispose()
    {
        while (idle.TryPop(out var session))
        {
            session.Dispose();
        }
    }

    protected override Timestamp Time(DbDataReader reader, int column)
    {
        // 2026-08-27T07:15:00Z
        var text = reader.GetString(column);
        var moment = new DateTimeOffset(Number(text, 0, 4), Number(text, 5, 2), Number(text, 8, 2), Number(text, 11, 2), Number(text, 14, 2), Number(text, 17, 2), TimeSpan.Zero);
        return new Timestamp { Seconds = moment.ToUnixTimeSeconds() };
    }

    protected override Date Day(DbDataReader reader, int column)
    {
        var text = reader.GetString(column);
        return new Date { Year = Number(text, 0, 4), Month = Number(text, 5, 2), Day = Number(text, 8, 2) };
    }

    protected override Money Euros(DbDataReader reader, int column)
    {
        var cents = (long)Math.Round(reader.GetDouble(column) * 100);
        return new Money { CurrencyCode = "EUR", Units = cents / 100, Nanos = (int)(cents % 100) * 10_000_000 };
    }

    protected override bool Flag(DbDataReader reader, int column) => reader.GetInt64(column) != 0;

    protected override IEnumerable<string> List(DbDataReader reader, int column) => JsonSerializer.Deserialize<string[]>(reader.GetString(column))!;

    protected override Moment Micros(DbDataReader reader, int column) => reader.GetInt64(column);

    private void ReadRegistry(Store registry, Facts facts)
    {
        registry.Begin();
        registry.Read("sequence", reader => facts.Sequence = reader.Read() ? reader.GetInt64(0) : 0, []);
        registry.Read("keys_of_customer", reader => Links(reader, facts), [facts.Customer]);
        registry.Read("agreements_of_customer", reader => Agreements(reader, facts), [facts.Customer, DBNull.Value, Facts.MostItems]);
        registry.Read("acknowledgements_of_customer", reader => Acknowledgements(reader, facts), [facts.Customer]);
        registry.Read("actions_of_customer", reader => Actions(reader, facts), [facts.Customer, DBNull.Value, Facts.MostItems]);
        registry.End();
    }

    private void ReadAdministration(Store administration, Facts facts)
    {
        administration.Begin();
        administration.Read("customer", reader => Who(reader, facts), [facts.Customer]);
        administration.Read("contact_persons", reader => ContactPersons(reader, facts), [facts.Customer]);
        administration.Read("interactions", reader => Interactions(reader, facts.Customer, "administration", ends: false, facts.Letters), [
            facts.Customer, DBNull.Value, DBNull.Value, "[]", Facts.MostInteractions + 1,
        ]);
        administration.Read("invoices", reader => Invoices(reader, facts), [facts.Customer, Facts.MostItems + 1]);
        administration.Read("invoice_lines", reader => Lines(reader, facts), [facts.Customer, Facts.MostItems + 1]);
        administration.Read("dunning_notices", reader => Notices(reader, facts), [facts.Customer, Facts.MostItems + 1]);
        administration.End();
    }

    private static int Number(string text, int from, int count) => int.Parse(text.AsSpan(from, count), NumberStyles.None, CultureInfo.InvariantCulture);

    /// <summary>Four connections and their statements.</summary>
    private sealed class Session(StoreAddresses stores) : IDisposable
    {
        private const string Statements = "registry/sqlite/statements.sql";

        public Store Registry { get; } = new Store(stores.Registry)
            .With(Statements, "sequence")
            .With(Statements, "keys_of_customer", "customer")
            .With(Statements, "agreements_of_customer", "customer", "before_id", "limit")
            .With(Statements, "acknowledgements_of_customer", "customer")
            .With(Statements, "actions_of_customer", "customer", "before_id", "limit");

        public Store Administration { get; } = new Store(stores.Administration)
            .With(Of("administration"), "customer", "customer_number")
            .With(Of("administration"), "contact_persons", "customer_number")
            .With(Of("administration"), "interactions", "customer_number", "before_time", "before_id", "interaction_ids", "limit")
            .With(Of("administration"), "invoices", "customer_number", "limit")
            .With(Of("administration"), "invoice_lines", "customer_number", "limit")
            .With(Of("administration"), "dunning_notices", "customer_number", "limit");

        public Store Telephony { get; } = new Store(stores.Telephony).With(Of("telephony"), "interactions", "phones", "before_time", "before_id", "interaction_ids", "limit");

        public Store Webcare { get; } = new Store(stores.Webcare).With(Of("webcare"), "interactions", "social_ids", "emails", "before_time", "before_id", "interaction_ids", "limit");

        public void Dispose()
        {
            foreach (var store in new[] { Registry, Administration, Telephony, Webcare })
            {
                store.Dispose();
            }
        }

        private static string Of(string store) => $"sources/{store}/queries.sqlite.sql";
    }

    private sealed class Store : IDisposable
    {
        private readonly SqliteConnection connection;
        private readonly Dictionary<string, SqliteCommand> commands = new(StringComparer.Ordinal);
        private readonly SqliteCommand begin;
        private readonly SqliteCommand end;

        public Store(string connectionString)
        {
            connection = new SqliteConnection(new SqliteConnectionStringBuilder(connectionString) { Mode = SqliteOpenMode.ReadOnly, Pooling = false }.ToString());
            connection.Open();

            // As the service has it: else SQLite looks at the value of each bound LIMIT, and prepares the statement again for it.
            raw.sqlite3_db_config(connection.Handle, raw.SQLITE_DBCONFIG_ENABLE_QPSG, 1, out _);
            (begin, end) = (Prepare("BEGIN"), Prepare("COMMIT"));
        }

        public Store With(string file, string block, params string[] parameters)
        {
            commands.Add(block, Prepare(Text(file, block), parameters));
            return this;
        }

        public void Begin() => begin.ExecuteNonQuery();

        public void End() => end.ExecuteNonQuery();

        public void Read(string block, Action<SqliteDataReader> rows, ReadOnlySpan<object> values)
        {
            var command = commands[block];
            for (var index = 0; index < values.Length; index++)
            {
                command.Parameters[index].Value = values[index];
            }

            using var reader = command.ExecuteReader();
            rows(reader);
        }

        public void Dispose()
        {
            foreach (var command in commands.Values.Append(begin).Append(end))
            {
                command.Dispose();
            }

            connection.Dispose();
        }

        private SqliteCommand Prepare(string text, params string[] parameters)
        {
            var command = new SqliteCommand(text, connection);
            foreach (var name in parameters)
            {
                command.Parameters.Add(new SqliteParameter { ParameterName = "@" + name, Value = DBNull.Value });
            }

            command.Prepare();
            return command;
        }
    }
}
