using System.Collections.Frozen;
using System.Data.Common;
using Dossier.V1;

namespace Dossier.Sources;

/// <summary>What the rows of one block must hold, and how they become messages. db/README.md is its documentation.</summary>
public sealed class BlockContract(string name, Section section, Column[] columns, Action<Row, SourceFacts> read)
{
    public string Name { get; } = name;

    /// <summary>The section of the dossier that the block fills; UNSPECIFIED for blocks that serve other calls.</summary>
    public Section Section { get; } = section;

    public Column[] Columns { get; } = columns;

    public void Read(Row row, SourceFacts facts) => read(row, facts);

    /// <summary>Where each column of the contract stands in a result; -1 for an optional one that is left out.</summary>
    /// <exception cref="RowException">A column is missing, there twice or surplus.</exception>
    public int[] Ordinals(DbDataReader reader)
    {
        var ordinals = new int[Columns.Length];
        Array.Fill(ordinals, -1);
        for (var ordinal = 0; ordinal < reader.FieldCount; ordinal++)
        {
            var found = reader.GetName(ordinal);
            var column = Array.FindIndex(Columns, candidate => candidate.Name == found);
            if (column < 0)
            {
                throw new RowException($"block '{Name}' has a surplus column '{found}'; it must have {string.Join(", ", Columns.Select(Describe))}");
            }

            if (ordinals[column] >= 0)
            {
                throw new RowException($"block '{Name}' has the column '{found}' twice");
            }

            ordinals[column] = ordinal;
        }

        for (var column = 0; column < Columns.Length; column++)
        {
            if (ordinals[column] < 0 && !Columns[column].Nullable)
            {
                throw new RowException($"block '{Name}' lacks the column '{Columns[column].Name}'; it must have {string.Join(", ", Columns.Select(Describe))}");
            }
        }

        return ordinals;
    }

    private static string Describe(Column column) => column.Nullable ? column.Name + "?" : column.Name;
}

/// <summary>The columns of one result, found by name once and compared at every read: a view may change under a running service.</summary>
public sealed class BlockColumns
{
    private readonly string[] names;

    private BlockColumns(int[] ordinals, string[] names) => (Ordinals, this.names) = (ordinals, names);

    /// <summary>Where each column of the contract stands in the result; -1 for an optional one that is left out.</summary>
    public int[] Ordinals { get; }

    /// <param name="contract">What the columns must be.</param>
    /// <param name="reader">A result, at its start.</param>
    /// <param name="typed">The result says its columns' types.</param>
    /// <exception cref="RowException">A column is missing, there twice, surplus or of another type.</exception>
    public static BlockColumns Of(BlockContract contract, DbDataReader reader, bool typed)
    {
        var ordinals = contract.Ordinals(reader);
        return typed && ColumnTypes.Problem(contract, reader, ordinals) is { } problem
            ? throw new RowException(problem)
            : new BlockColumns(ordinals, [.. Enumerable.Range(0, reader.FieldCount).Select(reader.GetName)]);
    }

    public bool Fits(DbDataReader reader)
    {
        if (reader.FieldCount != names.Length)
        {
            return false;
        }

        for (var ordinal = 0; ordinal < names.Length; ordinal++)
        {
            if (reader.GetName(ordinal) != names[ordinal])
            {
                return false;
            }
        }

        return true;
    }
}

/// <summary>The row contracts of every block. The second number in a reader is the column's place in the list beside it.</summary>
public static class RowContracts
{
    private static readonly Column[] InteractionColumns =
    [
        Text("id"), Moment("occur_time"), Moment("end_time?"), Moment("record_time?"), Text("channel"), Text("direction?"), Bool("public?"),
        Text("subject?"), Text("summary?"), Text("agent?"), Text("team?"), Text("participant?"), Text("related_id?"), Text("relation?"), Any("page_time?"),
    ];

    private static readonly Column[] MessageColumns =
        [Text("interaction_id"), Text("id"), Moment("occur_time"), Text("author"), Text("author_name?"), Text("text"), Bool("public?")];

    public static FrozenDictionary<string, BlockContract> All { get; } = new BlockContract[]
    {
        new(
            "customer",
            Section.Customer,
            [Text("display_name"), Text("kind"), Text("place?"), Bool("confidential?"), Text("representative_kind?"), Text("representative_name?")],
            (row, facts) => facts.Customer = new Customer
            {
                DisplayName = row.Text(0),
                Kind = row.Word(1, Words.CustomerKinds),
                Place = row.OrEmpty(2),
                Confidential = row.Flag(3),
                Representative = row.OptionalText(4) is null
                    ? null
                    : new Representative { Kind = row.Word(4, Words.Representatives), DisplayName = row.OrEmpty(5) },
            }),
        new(
            "contact_persons",
            Section.Customer,
            [Text("display_name"), Text("role?")],
            (row, facts) => facts.ContactPersons.Add(new ContactPerson { DisplayName = row.Text(0), Role = row.OrEmpty(1) })),
        new(
            "keys",
            Section.Customer,
            [Text("key_type"), Text("value"), Text("platform?"), Text("page?"), Text("handle?"), Bool("shared?")],
            (row, facts) => facts.Keys.Add(new FoundKey(Key(row.Word(0, Words.ToldKeyTypes), row.Text(1), row.OrEmpty(2), row.OrEmpty(3), row.OrEmpty(4)), row.Flag(5)))),
        new(
            "find",
            Section.Unspecified,
            [Text("customer_number?"), Text("display_name?"), Text("place?"), Text("key_type"), Text("value"), Text("platform?"), Text("page?")],
            (row, facts) => facts.Persons.Add(new FoundPerson(
                row.OptionalText(0), row.OrEmpty(1), row.OrEmpty(2), Key(row.Word(3, Words.KeyTypes), row.Text(4), row.OrEmpty(5), row.OrEmpty(6), "")))),
        new(
            "subjects",
            Section.Unspecified,
            [Text("subject_type"), Text("subject_id"), Text("customer_number"), Text("invoice?"), Text("billing_account?"), Amount("amount?"), Text("currency?")],
            (row, facts) => facts.Subjects.Add(new FoundSubject(
                row.Word(0, Words.SubjectTypes), row.Text(1), row.Text(2), row.OptionalText(3), row.OptionalText(4), row.Amount(5, 6)))),
        new("interactions", Section.Interactions, InteractionColumns, Interaction),
        new("interaction", Section.Unspecified, InteractionColumns, Interaction),
        new("messages", Section.Messages, MessageColumns, Message),
        new("interaction_messages", Section.Unspecified, MessageColumns, Message),
        new(
            "products",
            Section.Products,
            [Text("id"), Text("display_name"), Text("status?"), Day("start_date?"), Day("end_date?"), Text("billing_account?")],
            (row, facts) => facts.Products.Add(new Product
            {
                Id = row.Text(0),
                DisplayName = row.Text(1),
                Status = row.OrEmpty(2),
                StartDate = row.Day(3),
                EndDate = row.Day(4),
                BillingAccount = row.OrEmpty(5),
                Source = facts.SourceName,
            })),
        new(
            "invoices",
            Section.Invoices,
            [
                Text("number"), Text("type"), Text("corrects?"), Day("invoice_date"), Day("due_date?"), Day("period_start?"), Day("period_end?"),
                Amount("total"), Amount("open_amount?"), Text("currency"), Text("billing_account?"),
            ],
            (row, facts) => facts.Invoices.Add(new Invoice
            {
                Number = row.Text(0),
                Type = row.Word(1, Words.InvoiceTypes),
                Corrects = row.OrEmpty(2),
                InvoiceDate = row.Day(3),
                DueDate = row.Day(4),
                PeriodStart = row.Day(5),
                PeriodEnd = row.Day(6),
                Total = row.Amount(7, 9),
                OpenAmount = row.Amount(8, 9),
                BillingAccount = row.OrEmpty(10),
                Source = facts.SourceName,
            })),
        new(
            "invoice_lines",
            Section.Invoices,
            [
                Text("invoice_number"), Text("id"), Text("description?"), Amount("amount"), Amount("vat?"), Text("currency"), Day("period_start?"),
                Day("period_end?"), Text("product?"), Bool("recurring?"),
            ],
            (row, facts) => Of(facts.InvoiceLines, row.Text(0)).Add(new InvoiceLine
            {
                Id = row.Text(1),
                Description = row.OrEmpty(2),
                Amount = row.Amount(3, 5),
                Vat = row.Amount(4, 5),
                PeriodStart = row.Day(6),
                PeriodEnd = row.Day(7),
                Product = row.OrEmpty(8),
                Recurring = row.Flag(9),
            })),
        new(
            "dunning_notices",
            Section.DunningNotices,
            [
                Text("id"), Text("stage"), Day("issue_date"), Day("deliver_date?"), Text("delivery_channel?"), List("invoices?"), Amount("amount?"),
                Amount("fee?"), Text("currency"),
            ],
            (row, facts) => facts.DunningNotices.Add(new DunningNotice
            {
                Id = row.Text(0),
                Stage = row.Word(1, Words.DunningStages),
                IssueDate = row.Day(2),
                DeliverDate = row.Day(3),
                DeliveryChannel = row.OrEmpty(4),
                Invoices = { row.Words(5) },
                Amount = row.Amount(6, 8),
                Fee = row.Amount(7, 8),
                Source = facts.SourceName,
            })),
        new(
            "payments",
            Section.Payments,
            [
                Text("id"), Day("payment_date"), Text("method?"), Amount("amount"), Text("currency"), List("invoices?"), Day("return_date?"),
                Text("returned_reason?"),
            ],
            (row, facts) => facts.Payments.Add(new Payment
            {
                Id = row.Text(0),
                PaymentDate = row.Day(1),
                Method = row.OrEmpty(2),
                Amount = row.Amount(3, 4),
                Invoices = { row.Words(5) },
                ReturnDate = row.Day(6),
                ReturnedReason = row.OrEmpty(7),
                Source = facts.SourceName,
            })),
    }.ToFrozenDictionary(block => block.Name, StringComparer.Ordinal);

    private static void Interaction(Row row, SourceFacts facts)
    {
        var channel = row.Text(4);
        facts.Interactions.Add(new FoundInteraction(
            new Interaction
            {
                OccurTime = row.Moment(1),
                EndTime = row.Moment(2),
                RecordTime = row.Moment(3),
                Channel = channel,
                ChannelKind = Channels.KindOf(channel),
                Direction = row.Word(5, Words.Directions),
                Public = row.Flag(6),
                Subject = row.OrEmpty(7),
                Summary = row.OrEmpty(8),
                Agent = row.OrEmpty(9),
                Team = row.OrEmpty(10),
                Participant = row.OrEmpty(11),
                Source = facts.SourceName,
            },
            row.Text(0),
            row.PageTime(14) ?? row.PageTime(1)!,
            row.OptionalText(12),
            row.Word(13, Words.Relations)));
    }

    private static void Message(Row row, SourceFacts facts) => Of(facts.Messages, row.Text(0)).Add(new InteractionMessage
    {
        Id = row.Text(1),
        OccurTime = row.Moment(2),
        Author = row.Word(3, Words.Authors),
        AuthorName = row.OrEmpty(4),
        Text = row.Text(5),
        Public = row.Flag(6),
    });

    private static CustomerKey Key(KeyType type, string value, string platform, string page, string handle) => type switch
    {
        KeyType.CustomerNumber => new CustomerKey { CustomerNumber = value },
        KeyType.BillingAccount => new CustomerKey { BillingAccount = value },
        KeyType.Email => new CustomerKey { Email = value },
        KeyType.Phone => new CustomerKey { Phone = value },
        _ => new CustomerKey { SocialId = new SocialId { Platform = platform, Page = page, Id = value, Handle = Keys.Label(handle) } },
    };

    private static List<T> Of<T>(Dictionary<string, List<T>> lists, string key)
    {
        if (!lists.TryGetValue(key, out var list))
        {
            lists.Add(key, list = []);
        }

        return list;
    }

    private static Column Text(string name) => Make(name, ColumnKind.Text);

    private static Column Moment(string name) => Make(name, ColumnKind.Moment);

    private static Column Day(string name) => Make(name, ColumnKind.Day);

    private static Column Amount(string name) => Make(name, ColumnKind.Amount);

    private static Column Bool(string name) => Make(name, ColumnKind.Bool);

    private static Column List(string name) => Make(name, ColumnKind.Words);

    private static Column Any(string name) => Make(name, ColumnKind.Any);

    private static Column Make(string name, ColumnKind kind) => new(name.TrimEnd('?'), kind, name.EndsWith('?'));
}
