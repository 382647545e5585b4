using System.Globalization;
using System.Text.Json;

namespace Dossier.Tests.Unit;

/// <summary>The SQLite query files of the sample stores against the row contracts of db/README.md.</summary>
public sealed class SampleQueriesTests(SampleFolder folder) : IClassFixture<SampleFolder>
{
    private const string InteractionColumns =
        "id:text occur_time:moment end_time:moment? record_time:moment? channel:text direction:text? public:bool? subject:text? "
        + "summary:text? agent:text? team:text? participant:text? related_id:text? relation:text? page_time:any?";

    private const string MessageColumns =
        "interaction_id:text id:text occur_time:moment author:text author_name:text? text:text public:bool?";

    private static readonly Dictionary<string, string> Contracts = new(StringComparer.Ordinal)
    {
        ["customer"] = "display_name:text kind:text place:text? confidential:bool? representative_kind:text? representative_name:text?",
        ["contact_persons"] = "display_name:text role:text?",
        ["keys"] = "key_type:text value:text platform:text? page:text? handle:text? shared:bool?",
        ["find"] = "customer_number:text? display_name:text? place:text? key_type:text value:text platform:text? page:text?",
        ["subjects"] = "subject_type:text subject_id:text customer_number:text invoice:text? billing_account:text? "
            + "amount:amount? currency:text?",
        ["interactions"] = InteractionColumns,
        ["interaction"] = InteractionColumns,
        ["messages"] = MessageColumns,
        ["interaction_messages"] = MessageColumns,
        ["products"] = "id:text display_name:text status:text? start_date:day? end_date:day? billing_account:text?",
        ["invoices"] = "number:text type:text corrects:text? invoice_date:day due_date:day? period_start:day? period_end:day? total:amount "
            + "open_amount:amount? currency:text billing_account:text?",
        ["invoice_lines"] = "invoice_number:text id:text description:text? amount:amount vat:amount? currency:text period_start:day? "
            + "period_end:day? product:text? recurring:bool?",
        ["dunning_notices"] = "id:text stage:text issue_date:day deliver_date:day? delivery_channel:text? invoices:words? amount:amount? "
            + "fee:amount? currency:text",
        ["payments"] = "id:text payment_date:day method:text? amount:amount currency:text invoices:words? return_date:day? "
            + "returned_reason:text?",
    };

    public static TheoryData<string, string> Blocks
    {
        get
        {
            var blocks = new TheoryData<string, string>();
            foreach (var source in (string[])["webcare", "telephony", "administration"])
            {
                foreach (var block in SampleFolder.Blocks(source).Keys.Order(StringComparer.Ordinal))
                {
                    blocks.Add(source, block);
                }
            }

            return blocks;
        }
    }

    [Theory]
    [MemberData(nameof(Blocks))]
    public void A_block_gives_the_columns_of_its_contract_in_their_types(string source, string block)
    {
        var columns = Contracts[block].Split(' ').Select(column => column.Split(':')).ToDictionary(parts => parts[0], parts => parts[1]);
        var rows = Enumerable.Range(1042, 11).Concat(Enumerable.Range(2001, 60)).Append(2100).Append(2200)
            .Select(customer => Parameters(source, customer, interaction: Newest(source, customer)))
            .SelectMany(parameters => folder.Rows(source, block, parameters)).ToList();
        Assert.NotEmpty(rows);
        Assert.Empty(rows[0].Keys.Except(columns.Keys, StringComparer.Ordinal));
        var required = columns.Where(column => !column.Value.EndsWith('?')).Select(column => column.Key);
        Assert.Empty(required.Except(rows[0].Keys, StringComparer.Ordinal));
        Assert.All(rows, row => Assert.All(row, cell => AssertType(cell.Value, columns[cell.Key], cell.Key)));
    }

    [Theory]
    [MemberData(nameof(Blocks))]
    public void A_block_never_scans_a_table(string source, string block)
    {
        var plan = folder.Rows(source, block, Parameters(source, 2100), "EXPLAIN QUERY PLAN ").Select(row => (string)row["detail"]!);
        Assert.DoesNotContain(plan, step => step.StartsWith("SCAN ", StringComparison.Ordinal)
            && step is not ("SCAN page" or "SCAN person") && !step.StartsWith("SCAN json_each ", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("telephony", 2100, 1060)]
    [InlineData("webcare", 2200, 1060)]
    [InlineData("administration", 1042, 4)]
    public void Pages_give_every_interaction_exactly_once_and_newest_first(string source, int customer, int atLeast)
    {
        var size = atLeast > 50 ? 50 : 2;
        var seen = new List<(string Time, string Id)>();
        (object? Time, object? Id) before = (null, null);
        while (true)
        {
            var parameters = Parameters(source, customer, before.Time, before.Id, size);
            var page = folder.Rows(source, "interactions", parameters);
            var messages = SampleFolder.Blocks(source).ContainsKey("messages")
                ? folder.Column(source, "messages", "interaction_id", parameters)
                : [];
            Assert.Empty(messages.Except(page.Select(row => row["id"])));
            seen.AddRange(page.Select(row => ((string)row["occur_time"]!, (string)row["id"]!)));
            if (page.Count < size)
            {
                break;
            }

            before = (page[^1].GetValueOrDefault("page_time") ?? page[^1]["occur_time"], page[^1]["id"]);
        }

        var all = folder.Rows(source, "interactions", Parameters(source, customer, limit: 100_000));
        Assert.True(all.Count >= atLeast, $"{all.Count} interactions");
        Assert.Equal(all.Select(row => ((string)row["occur_time"]!, (string)row["id"]!)), seen);
        Assert.Equal(seen.Count, seen.DistinctBy(row => row.Id).Count());
        Assert.Equal(
            seen.OrderByDescending(row => row.Time, StringComparer.Ordinal).ThenByDescending(row => row.Id, StringComparer.Ordinal), seen);
        Assert.True(atLeast < 50 || seen.DistinctBy(row => row.Time).Count() < seen.Count, "some begin in the same second");
    }

    [Theory]
    [InlineData("webcare", "cnv-000214")]
    [InlineData("telephony", "20260907-00147")]
    [InlineData("administration", "UIT-2026-002264")]
    public void An_interaction_of_somebody_else_is_not_found(string source, string id)
    {
        Assert.Single(folder.Rows(source, "interaction", Parameters(source, 1042, interaction: id)));
        Assert.Empty(folder.Rows(source, "interaction", Parameters(source, 1043, interaction: id)));
        Assert.Empty(folder.Rows(source, "interaction", Parameters(source, 1042, interaction: id + " ")));
        Assert.Empty(folder.Rows(source, "interaction", Parameters(source, 1042, interaction: id + "1")));
    }

    private string? Newest(string source, int customer) =>
        (string?)folder.Rows(source, "interactions", Parameters(source, customer, limit: 1)).FirstOrDefault()?["id"];

    /// <summary>Every parameter that a block may name, as the service fills it for a customer.</summary>
    private object Parameters(
        string source, int customer, object? beforeTime = null, object? beforeId = null, int limit = 201, string? interaction = null)
    {
        var number = customer.ToString(CultureInfo.InvariantCulture);
        var keys = folder.Rows("administration", "keys", new { customer_number = number });
        var socials = folder.Rows("webcare", "keys", new { customer_number = number });
        string[] Values(string type) => [.. keys.Where(row => Equals(row["key_type"], type)).Select(row => (string)row["value"]!)];
        var phones = Values("PHONE").Select(phone => source == "telephony" ? "0" + phone[3..] : phone);
        var social = JsonSerializer.Serialize(
            socials.Select(row => new { platform = row["platform"], page = row["page"], id = row["value"] }));
        var (emails, accounts) = (JsonSerializer.Serialize(Values("EMAIL")), JsonSerializer.Serialize(Values("BILLING_ACCOUNT")));
        return new
        {
            customer_number = number,
            billing_accounts = accounts,
            emails,
            phones = JsonSerializer.Serialize(phones),
            social_ids = social,
            before_time = beforeTime,
            before_id = beforeId,
            limit,
            interaction_id = interaction,
            subject_ids = JsonSerializer.Serialize((string[])
                ["BA-00" + number, "SIM-00" + number, "INT-00" + number, $"202608-0{customer + 10000}", $"202608-00{customer + 2000}-1"]),
        };
    }

    private static void AssertType(object? value, string type, string column)
    {
        if (value is null)
        {
            Assert.True(type.EndsWith('?'), $"{column} is null");
            return;
        }

        var fits = type.TrimEnd('?') switch
        {
            "text" => value is string { Length: > 0 },
            "moment" => value is string text
                && DateTimeOffset.TryParseExact(text, "yyyy-MM-dd'T'HH:mm:ss'Z'", null, DateTimeStyles.AssumeUniversal, out _),
            "day" => value is string day && DateOnly.TryParseExact(day, "yyyy-MM-dd", out _),
            "amount" => value is double amount && Math.Round(amount, 2).Equals(amount),
            "bool" => value is 0L or 1L,
            "words" => value is string words && JsonSerializer.Deserialize<string[]>(words)!.Length > 0,
            _ => value is string or long,
        };
        Assert.True(fits, $"{column} is {value} ({value.GetType().Name}), not {type}");
    }
}
