using System.Data.Common;
using Dapper;
using Dossier.Agreements;
using Dossier.Bench.Floors;
using Dossier.Registry;
using Dossier.Sources;
using Dossier.V1;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Dossier.Bench.Peers;

/// <summary>
/// Peer 2: the REST service that a team writes for itself. A minimal API, Dapper as usually written (a query for each section, rows into
/// records, the driver's own pool), the stores read one after the other, and JSON. Npgsql prepares as its documentation advises.
/// </summary>
internal sealed class RestDossier(StoreAddresses stores)
{
    private readonly string startedAt = stores.IsSqlite ? "datetime({0}, 'unixepoch')" : "{0}";

    public static void AddTo(IServiceCollection services, StoreAddresses stores)
    {
        DefaultTypeMap.MatchNamesWithUnderscores = true;
        services.AddSingleton(new RestDossier(stores));
    }

    public static void MapTo(WebApplication app) => app.MapGet(
        "/customers/{number}/dossier",
        async (string number, RestDossier dossiers) => await dossiers.ReadAsync(number) is { } dossier ? Results.Ok(dossier) : Results.NotFound());

    private async Task<Answer?> ReadAsync(string number)
    {
        var (keys, agreements) = await RegistryAsync(number);
        await using var administration = Open(stores.Administration);
        var customer = await administration.QuerySingleOrDefaultAsync<Person>(
            "SELECT debtor_no, kind, first_name, particle, surname, company_name, city, secret FROM debtor WHERE debtor_no = @number", new { number });
        if (customer is null)
        {
            return null;
        }

        var contacts = await administration.QueryAsync<ContactPersonRow>("SELECT name, role FROM contact_person WHERE debtor_no = @number ORDER BY seq", new { number });
        var invoices = (await administration.QueryAsync<InvoiceRow>(
            """
            SELECT invoice_no, account_no, credits, is_credit, CAST(dated AS TEXT) AS dated, CAST(due AS TEXT) AS due, CAST(period_from AS TEXT) AS period_from,
                CAST(period_to AS TEXT) AS period_to, total_cents, open_cents
            FROM invoice WHERE debtor_no = @number ORDER BY invoice.dated DESC, invoice_no DESC LIMIT 200
            """,
            new { number })).ToList();
        var lines = (await administration.QueryAsync<LineRow>(
            $"""
            SELECT invoice_no, line_id, description, total_cents, vat_cents, connection_no, monthly, CAST(period_from AS TEXT) AS period_from, CAST(period_to AS TEXT) AS period_to
            FROM invoice_line WHERE invoice_no {In("numbers")} ORDER BY invoice_no, line_no
            """,
            new { numbers = invoices.Select(invoice => invoice.InvoiceNo).ToArray() })).ToLookup(line => line.InvoiceNo);
        var notices = (await administration.QueryAsync<NoticeRow>(
            """
            SELECT dunning_no, level, CAST(issued_on AS TEXT) AS issued_on, CAST(delivered_on AS TEXT) AS delivered_on, sent_by, asked_cents, fee_cents
            FROM dunning WHERE debtor_no = @number ORDER BY dunning.issued_on DESC, dunning_no DESC LIMIT 200
            """,
            new { number })).ToList();
        var items = (await administration.QueryAsync<ItemRow>(
            $"SELECT dunning_no, invoice_no FROM dunning_item WHERE dunning_no {In("numbers")}", new { numbers = notices.Select(notice => notice.DunningNo).ToArray() })).ToLookup(item => item.DunningNo);
        var interactions = (await administration.QueryAsync<InteractionRow>(
            """
            SELECT 'administration' AS source, document_no AS id, written_at AS occurred, registered_at AS recorded, medium AS channel, way AS direction, subject, remark AS summary,
                clerk AS agent, department AS team, person AS participant, reply_to AS related
            FROM correspondence WHERE debtor_no = @number ORDER BY written_at DESC, document_no DESC LIMIT 20
            """,
            new { number })).ToList();
        interactions.AddRange(await CallsAsync(keys));
        interactions.AddRange(await ConversationsAsync(keys));
        return new Answer(
            customer,
            contacts,
            keys.Select(key => key.KeyValue),
            agreements,
            invoices.Select(invoice => invoice with { Lines = lines[invoice.InvoiceNo] }),
            notices.Select(notice => notice with { Invoices = items[notice.DunningNo].Select(item => item.InvoiceNo) }),
            interactions.OrderByDescending(interaction => interaction.Occurred).Take(Facts.MostInteractions));
    }

    private async Task<IEnumerable<InteractionRow>> CallsAsync(List<KeyRow> keys)
    {
        await using var telephony = Open(stores.Telephony);
        return await telephony.QueryAsync<InteractionRow>(
            $"""
            SELECT 'telephony' AS source, call_id AS id, {At("started_at")} AS occurred, {At("ended_at")} AS ended, {At("wrapped_at")} AS recorded, 'phone' AS channel, way AS direction,
                reason AS subject, waited_s AS waited, outcome, put_through_to, note AS summary, agent, queue AS team, caller_name AS participant, earlier_call AS related
            FROM call WHERE number {In("phones")} ORDER BY call.started_at DESC, call_id DESC LIMIT 20
            """,
            new { phones = Of(keys, KeyType.Phone).Select(phone => Keys.Spell(phone, "national", "31")).ToArray() });
    }

    private async Task<IEnumerable<InteractionRow>> ConversationsAsync(List<KeyRow> keys)
    {
        await using var webcare = Open(stores.Webcare);
        var persons = (await webcare.QueryAsync<long>($"SELECT contact_id FROM contact WHERE lower(email) {In("emails")}", new { emails = Of(keys, KeyType.Email).ToArray() })).ToHashSet();
        foreach (var social in Of(keys, KeyType.SocialId).Select(value => Keys.Decode(KeyType.SocialId, value).SocialId))
        {
            persons.UnionWith(await webcare.QueryAsync<long>(
                "SELECT contact_id FROM profile WHERE network = @Platform AND page = @Page AND external_id = @Id", new { social.Platform, social.Page, social.Id }));
        }

        return await webcare.QueryAsync<InteractionRow>(
            $"""
            SELECT 'webcare' AS source, thread_id AS id, opened_at AS occurred, closed_at AS ended, stored_at AS recorded, channel, opened_by AS direction, topic AS subject, summary,
                agent, team, contact.display_name AS participant, previous_thread AS related
            FROM thread JOIN contact ON contact.contact_id = thread.contact_id
            WHERE thread.contact_id {In("persons")} ORDER BY opened_at DESC, thread_id DESC LIMIT 20
            """,
            new { persons = persons.ToArray() });
    }

    private async Task<(List<KeyRow> Keys, IEnumerable<AgreementAnswer> Agreements)> RegistryAsync(string number)
    {
        await using var registry = Open(stores.Registry);
        var keys = (await registry.QueryAsync<KeyRow>("SELECT key_type, key_value FROM key_link WHERE customer = @number AND state = 1 ORDER BY key_type, key_value", new { number })).ToList();
        var rows = await registry.QueryAsync<AgreementRow>(
            """
            SELECT a.customer, a.id, r.content, r.free_text
            FROM agreement a JOIN agreement_revision r ON r.customer = a.customer AND r.id = a.id AND r.revision = a.revision
            WHERE a.customer = @number ORDER BY a.id DESC LIMIT 50
            """,
            new { number });
        var now = TimeProvider.System.GetUtcNow();
        var agreements = AgreementContent.JoinAll(rows, []).Select(agreement => AgreementRules.At(agreement, now)).Where(agreement => AgreementRules.IsLive(agreement, now))
            .Select(agreement => new AgreementAnswer(
                agreement.Name,
                agreement.State,
                agreement.EffectiveTime.ToDateTimeOffset(),
                agreement.Origin.System,
                agreement.Origin.Agent,
                agreement.Origin.Channel,
                agreement.Effects.Select(effect => new EffectAnswer(effect.KindCase, effect.Remark?.Text, effect.Subjects.Select(subject => subject.Id))),
                agreement.CustomerWording.Select(wording => wording.Text)));
        return (keys, agreements);
    }

    private string At(string column) => startedAt.Replace("{0}", column, StringComparison.Ordinal);

    // Dapper writes a list out where the driver has no arrays.
    private string In(string list) => stores.IsSqlite ? $"IN @{list}" : $"= ANY(@{list})";

    private static IEnumerable<string> Of(List<KeyRow> keys, KeyType type) => keys.Where(key => key.KeyType == (int)type).Select(key => key.KeyValue);

    private DbConnection Open(string address) => stores.IsSqlite
        ? new SqliteConnection(address + ";Mode=ReadOnly")
        : new NpgsqlConnection($"{address};Maximum Pool Size={StoreAddresses.Connections}");

    private sealed record Answer(
        Person Customer,
        IEnumerable<ContactPersonRow> ContactPersons,
        IEnumerable<string> Keys,
        IEnumerable<AgreementAnswer> Agreements,
        IEnumerable<InvoiceRow> Invoices,
        IEnumerable<NoticeRow> DunningNotices,
        IEnumerable<InteractionRow> Interactions);

    private sealed record AgreementAnswer(
        string Name, AgreementState State, DateTimeOffset EffectiveTime, string System, string Agent, string Channel, IEnumerable<EffectAnswer> Effects, IEnumerable<string> Wording);

    private sealed record EffectAnswer(Effect.KindOneofCase Kind, string? Text, IEnumerable<string> Subjects);

    private sealed record Person
    {
        public string DebtorNo { get; init; } = "";

        public string Kind { get; init; } = "";

        public string? FirstName { get; init; }

        public string? Particle { get; init; }

        public string? Surname { get; init; }

        public string? CompanyName { get; init; }

        public string City { get; init; } = "";

        public bool Secret { get; init; }
    }

    private sealed record ContactPersonRow
    {
        public string Name { get; init; } = "";

        public string? Role { get; init; }
    }

    private sealed record KeyRow
    {
        public int KeyType { get; init; }

        public string KeyValue { get; init; } = "";
    }

    private sealed record InvoiceRow
    {
        public string InvoiceNo { get; init; } = "";

        public string AccountNo { get; init; } = "";

        public string? Credits { get; init; }

        public bool IsCredit { get; init; }

        public string Dated { get; init; } = "";

        public string? Due { get; init; }

        public string? PeriodFrom { get; init; }

        public string? PeriodTo { get; init; }

        public long TotalCents { get; init; }

        public long OpenCents { get; init; }

        public IEnumerable<LineRow> Lines { get; init; } = [];
    }

    private sealed record LineRow
    {
        public string InvoiceNo { get; init; } = "";

        public string LineId { get; init; } = "";

        public string Description { get; init; } = "";

        public long TotalCents { get; init; }

        public long VatCents { get; init; }

        public string? ConnectionNo { get; init; }

        public bool Monthly { get; init; }

        public string? PeriodFrom { get; init; }

        public string? PeriodTo { get; init; }
    }

    private sealed record NoticeRow
    {
        public string DunningNo { get; init; } = "";

        public int Level { get; init; }

        public string IssuedOn { get; init; } = "";

        public string? DeliveredOn { get; init; }

        public string SentBy { get; init; } = "";

        public long AskedCents { get; init; }

        public long FeeCents { get; init; }

        public IEnumerable<string> Invoices { get; init; } = [];
    }

    private sealed record ItemRow
    {
        public string DunningNo { get; init; } = "";

        public string InvoiceNo { get; init; } = "";
    }

    private sealed record InteractionRow
    {
        public string Source { get; init; } = "";

        public string Id { get; init; } = "";

        public DateTime Occurred { get; init; }

        public DateTime? Ended { get; init; }

        public DateTime? Recorded { get; init; }

        public string Channel { get; init; } = "";

        public string Direction { get; init; } = "";

        public string? Subject { get; init; }

        public int? Waited { get; init; }

        public string? Outcome { get; init; }

        public string? PutThroughTo { get; init; }

        public string? Summary { get; init; }

        public string? Agent { get; init; }

        public string? Team { get; init; }

        public string? Participant { get; init; }

        public string? Related { get; init; }
    }
}
