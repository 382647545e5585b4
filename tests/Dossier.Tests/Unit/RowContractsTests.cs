using System.Data;
using Dossier.Sources;
using Dossier.Tests.Fixtures;
using Dossier.V1;

namespace Dossier.Tests.UnitTests;

/// <summary>What the rows of a block must hold: db/README.md is the documentation, and here it is compared with the code.</summary>
public sealed partial class RowContractsTests
{
    private sealed record Documented(string Name, ColumnKind Kind, bool Nullable, IReadOnlyList<string> Words);

    /// <summary>The row contracts as db/README.md writes them: `name` type, or `name` and the words that it may hold; `?` = may be null.</summary>
    private static Dictionary<string, List<Documented>> Written()
    {
        var contracts = new Dictionary<string, List<Documented>>(StringComparer.Ordinal);
        foreach (var row in SourceTree.Table(Repository.Read("db", "README.md"), "| block | by | columns |").Skip(1))
        {
            var block = row[0].Trim('`');
            var cell = row[2].Split(" — ")[0];
            contracts.Add(block, cell.StartsWith("as `", StringComparison.Ordinal)
                ? contracts[cell["as `".Length..].TrimEnd('`')]
                : [.. ColumnInWords().Matches(cell).Select(match => Column(match.Groups["name"].Value, match.Groups["rest"].Value))]);
        }

        return contracts;
    }

    private static Documented Column(string name, string rest)
    {
        var told = rest.IndexOf('(', StringComparison.Ordinal) is var bracket and >= 0 ? rest[..bracket] : rest;
        var nullable = told.Contains('?', StringComparison.Ordinal);
        told = told.Replace("?", "", StringComparison.Ordinal).Trim().TrimEnd(',').Trim();
        var words = Word().Matches(told).Select(match => match.Value).ToList();
        var kind = words.Count > 0 || told.Length == 0 ? ColumnKind.Text : System.Enum.Parse<ColumnKind>(told, ignoreCase: true);
        return new Documented(name, kind, nullable, words);
    }

    [System.Text.RegularExpressions.GeneratedRegex("`(?<name>[a-z_]+)`(?<rest>(?:[^`(]|\\([^)]*\\))*)")]
    private static partial System.Text.RegularExpressions.Regex ColumnInWords();

    [System.Text.RegularExpressions.GeneratedRegex("\\b[A-Z][A-Z_]+\\b")]
    private static partial System.Text.RegularExpressions.Regex Word();

    public static TheoryData<string> Blocks => [.. RowContracts.All.Keys.Order(StringComparer.Ordinal)];

    [Fact]
    public void The_documented_blocks_are_those_of_the_code() =>
        Assert.Equal(RowContracts.All.Keys.Order(StringComparer.Ordinal), Written().Keys.Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(Blocks))]
    public void The_documented_columns_are_those_of_the_code(string block) => Assert.Equal(
        Written()[block].Select(column => (column.Name, column.Kind, column.Nullable)).OrderBy(column => column.Name, StringComparer.Ordinal),
        RowContracts.All[block].Columns.Select(column => (column.Name, column.Kind, column.Nullable)).OrderBy(column => column.Name, StringComparer.Ordinal));

    [Fact]
    public async Task The_check_command_prints_the_documented_columns()
    {
        using var output = new StringWriter();
        using var error = new StringWriter();

        Assert.Equal(0, await Cli.DossierCommand.RunAsync(["check", "--contracts"], output, error));

        var printed = output.ToString().Split("-- name: ").Skip(1).ToDictionary(
            block => block.Split('\n')[0].Trim(),
            block => string.Join(' ', block.Split('\n').Skip(1).TakeWhile(line => line.StartsWith("    ", StringComparison.Ordinal)).Select(line => line.Trim())),
            StringComparer.Ordinal);
        Assert.Equal(
            Written().OrderBy(block => block.Key, StringComparer.Ordinal).Select(block => (block.Key, Columns: InWords(block.Value))),
            printed.OrderBy(block => block.Key, StringComparer.Ordinal).Select(block => (block.Key, Columns: block.Value.Split(", ").Order(StringComparer.Ordinal).Aggregate((all, one) => $"{all}, {one}"))));

        static string InWords(IEnumerable<Documented> columns) => string.Join(
            ", ", columns.Select(column => $"{column.Name} {column.Kind.ToString().ToLowerInvariant()}{(column.Nullable ? "?" : "")}").Order(StringComparer.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Blocks))]
    public void A_column_of_words_takes_every_documented_word_and_no_other(string block)
    {
        foreach (var column in Written()[block].Where(column => column.Words.Count > 0))
        {
            Assert.All(column.Words, word => Read(block, (column.Name, word)));
            var refused = Assert.Throws<RowException>(() => Read(block, (column.Name, "SECRET")));
            Assert.Equal($"block '{block}', column '{column.Name}' is not one of {string.Join(", ", column.Words.Order(StringComparer.Ordinal))}", Sorted(refused.Message));
            Assert.Throws<RowException>(() => Read(block, (column.Name, column.Words[0].ToLowerInvariant())));
        }

        static string Sorted(string message)
        {
            var parts = message.Split(" is not one of ");
            return $"{parts[0]} is not one of {string.Join(", ", parts[1].Split(", ").Order(StringComparer.Ordinal))}";
        }
    }

    [Theory]
    [MemberData(nameof(Blocks))]
    public void A_row_of_the_required_columns_alone_is_enough(string block)
    {
        var contract = RowContracts.All[block];
        var required = contract.Columns.Where(column => !column.Nullable).Select(column => column.Name).ToHashSet(StringComparer.Ordinal);
        Read(block, only: required);
        Assert.All(required, column => Assert.Contains(
            $"lacks the column '{column}'", Assert.Throws<RowException>(() => Read(block, only: [.. required.Where(name => name != column)])).Message, StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Blocks))]
    public void Only_a_column_with_a_question_mark_may_be_null(string block)
    {
        foreach (var column in RowContracts.All[block].Columns)
        {
            if (column.Nullable && column.Name != "currency")
            {
                Read(block, (column.Name, null));
            }
            else if (!column.Nullable)
            {
                var refused = Assert.Throws<RowException>(() => Read(block, (column.Name, null)));
                Assert.Equal($"block '{block}', column '{column.Name}' is null", refused.Message);
            }
        }
    }

    [Fact]
    public void An_amount_without_a_currency_is_refused() => Assert.Equal(
        "block 'subjects', column 'currency' is null", Assert.Throws<RowException>(() => Read("subjects", ("currency", null))).Message);

    [Theory]
    [MemberData(nameof(Blocks))]
    public void A_surplus_column_and_one_that_is_there_twice_are_refused(string block)
    {
        var columns = RowContracts.All[block].Columns.Select(column => column.Name).ToList();
        Assert.Contains("surplus column 'bsn'", Assert.Throws<RowException>(() => Ordinals(block, [.. columns, "bsn"])).Message, StringComparison.Ordinal);
        Assert.Contains($"surplus column '{columns[0].ToUpperInvariant()}'", Assert.Throws<RowException>(() => Ordinals(block, [columns[0].ToUpperInvariant(), .. columns[1..]])).Message, StringComparison.Ordinal);
        Assert.Contains($"has the column '{columns[^1]}' twice", Assert.Throws<RowException>(() => Ordinals(block, [.. columns, columns[^1]])).Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Blocks))]
    public void Columns_are_found_by_name_in_any_order(string block)
    {
        var columns = RowContracts.All[block].Columns.Select(column => column.Name).ToList();
        Assert.Equal(Enumerable.Range(0, columns.Count).Reverse(), Ordinals(block, [.. columns.AsEnumerable().Reverse()]));
    }

    [Fact]
    public void Every_column_of_an_interaction_lands_in_its_field()
    {
        var found = Read("interactions").Interactions.Single();
        Assert.Equal("id", found.Id);
        Assert.Equal("related_id", found.RelatedId);
        Assert.Equal(RelatedInteraction.Types.Relation.Precedes, found.Relation);
        Assert.Equal("page_time", found.PageTime);
        var interaction = found.Interaction;
        Assert.Equal(
            ("channel", "subject", "summary", "agent", "team", "participant", "sources/crm", Direction.Inbound, true),
            (interaction.Channel, interaction.Subject, interaction.Summary, interaction.Agent, interaction.Team, interaction.Participant, interaction.Source, interaction.Direction, interaction.Public));
        Assert.Equal(DateTimeOffset.Parse("2026-08-11T18:21:00Z"), interaction.OccurTime.ToDateTimeOffset());
        Assert.Equal(ChannelKind.Letter, Read("interactions", ("channel", "letter")).Interactions.Single().Interaction.ChannelKind);
    }

    [Fact]
    public void An_interaction_without_a_page_time_pages_by_its_occur_time_as_the_store_gave_it() =>
        Assert.Equal("2026-08-11T20:21:00+02:00", Read("interactions", ("page_time", null)).Interactions.Single().PageTime);

    [Fact]
    public void A_page_time_by_which_no_page_can_be_continued_is_refused_where_it_stands()
    {
        foreach (var time in new object[] { new byte[] { 1 }, 1.5m, Guid.Empty, true })
        {
            var refused = Assert.Throws<RowException>(() => Read("interactions", ("page_time", time)));
            Assert.StartsWith("block 'interactions', column 'page_time' ", refused.Message, StringComparison.Ordinal);
        }

        Assert.All<object>(["x", 1L, 1, 1.5, DateTimeOffset.UnixEpoch, DateTime.UnixEpoch], time => Read("interactions", ("page_time", time)));
    }

    [Fact]
    public void Every_column_of_an_invoice_lands_in_its_field()
    {
        var invoice = Read("invoices").Invoices.Single();
        Assert.Equal(("number", "corrects", "billing_account", "sources/crm"), (invoice.Number, invoice.Corrects, invoice.BillingAccount, invoice.Source));
        Assert.Equal((27.50m, 27.50m, "text"), (invoice.Total.ToDecimal(), invoice.OpenAmount.ToDecimal(), invoice.Total.CurrencyCode[..4]));
        Assert.All([invoice.InvoiceDate, invoice.DueDate, invoice.PeriodStart, invoice.PeriodEnd], day => Assert.Equal(Given.Day(2026, 8, 3), day));

        var line = Read("invoice_lines").InvoiceLines["invoice_number"].Single();
        Assert.Equal(("id", "description", "product", true), (line.Id, line.Description, line.Product, line.Recurring));
    }

    [Fact]
    public void Every_column_of_a_notice_and_a_payment_lands_in_its_field()
    {
        var notice = Read("dunning_notices").DunningNotices.Single();
        Assert.Equal(("id", DunningStage.Reminder, "delivery_channel", "sources/crm"), (notice.Id, notice.Stage, notice.DeliveryChannel, notice.Source));
        Assert.Equal(["a", "b"], notice.Invoices);
        var payment = Read("payments").Payments.Single();
        Assert.Equal(("id", "method", "returned_reason", "sources/crm"), (payment.Id, payment.Method, payment.ReturnedReason, payment.Source));
        Assert.Equal(["a", "b"], payment.Invoices);
    }

    private static int[] Ordinals(string block, IReadOnlyList<string> columns)
    {
        using var reader = new FakeReader([.. columns.Select(column => (column, (object?)null))]);
        return RowContracts.All[block].Ordinals(reader);
    }

    /// <summary>Reads one good row of a block, with one value changed.</summary>
    private static SourceFacts Read(string block, (string Column, object? Value)? change = null, HashSet<string>? only = null)
    {
        var contract = RowContracts.All[block];
        using var reader = new FakeReader([.. contract.Columns
            .Where(column => only?.Contains(column.Name) != false)
            .Select(column => (column.Name, change is { } one && one.Column == column.Name ? one.Value : Good(block, column)))]);
        var facts = new SourceFacts("crm");
        contract.Read(new Row(reader, contract.Ordinals(reader), contract), facts);
        return facts;
    }

    private static object Good(string block, Column column) => column.Kind switch
    {
        ColumnKind.Moment => "2026-08-11T20:21:00+02:00",
        ColumnKind.Day => "2026-08-03",
        ColumnKind.Amount => 27.5,
        ColumnKind.Bool => 1L,
        ColumnKind.Words => """["a","b"]""",
        ColumnKind.Any => column.Name,
        _ when Written()[block].Find(written => written.Name == column.Name)?.Words is { Count: > 0 } words => words[0],
        _ when column.Name == "currency" => "text",
        _ when column.Name == "platform" => "facebook",
        _ => column.Name,
    };
}
