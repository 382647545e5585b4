using System.Data;
using System.Data.Common;
using System.Diagnostics;
using Dossier.Database;
using Dossier.V1;

namespace Dossier.Sources;

/// <summary>Runs the blocks of one source one by one, as the service would, and says of each what it gave and how long it took.</summary>
internal sealed class SourceCheckRun(SourceCheck check, DbConnection connection, QueryFile queries)
{
    // What later blocks are asked with comes from earlier ones: an interaction, an invoice.
    private static readonly string[] Order =
    [
        "customer", "contact_persons", "keys", "interactions", "messages", "interaction", "interaction_messages", "products", "invoices", "invoice_lines",
        "dunning_notices", "payments", "subjects", "find",
    ];

    private static readonly TimeSpan Fast = TimeSpan.FromMilliseconds(10);
    private readonly SourceFacts facts = new(check.Name);

    /// <summary>A query with one key of every kind: the store need not know them for its plan to be the usual one.</summary>
    public static SourceQuery Example(string source)
    {
        var keys = new KeySet();
        keys.Add(KeyType.CustomerNumber, "1");
        keys.Add(KeyType.BillingAccount, "1");
        keys.Add(KeyType.Email, "somebody@example.org");
        keys.Add(KeyType.Phone, "+31600000000");
        keys.Add(KeyType.SocialId, Sources.Keys.Encode(new CustomerKey { SocialId = new SocialId { Platform = "facebook", Page = "page", Id = "1" } }));
        keys.Add(KeyType.Interaction, $"{source}/1");
        return new SourceQuery { Customer = "1", Keys = keys, Blocks = [], InteractionId = "1", SubjectIds = ["1"] };
    }

    /// <summary>The keys that the store tells of a customer.</summary>
    public IReadOnlyList<FoundKey> Keys(string customer)
    {
        var keys = new KeySet();
        keys.Add(KeyType.CustomerNumber, customer);
        Run(queries.Blocks["keys"], new SourceQuery { Customer = customer, Keys = keys, Blocks = [] }, facts);
        return facts.Keys;
    }

    /// <param name="query">The customer and the keys.</param>
    /// <param name="tell">Say of every block how many rows it gave and how fast.</param>
    public void Blocks(SourceQuery query, bool tell)
    {
        var all = TimeSpan.Zero;
        foreach (var block in queries.Blocks.Values.Where(block => !check.IsBroken(block)).OrderBy(block => Array.IndexOf(Order, block.Contract.Name)))
        {
            var asked = query with { InteractionId = facts.Interactions.FirstOrDefault()?.Id, SubjectIds = Subjects() };
            if (Run(block, asked, facts) is not var (rows, elapsed))
            {
                continue;
            }

            // The first time counts what the service has done long before its first caller: loading code, preparing the statement.
            if (tell && elapsed > Fast && Run(block, asked, new SourceFacts(check.Name)) is var (_, again) && again < elapsed)
            {
                elapsed = again;
            }

            all += elapsed;
            if (tell)
            {
                check.Add(FindingLevel.Note, $"block '{block.Contract.Name}' gave {rows} {(rows == 1 ? "row" : "rows")} in {elapsed.TotalMilliseconds:0.0} ms");
            }

            if (block.Contract.Name == "interactions" && facts.Interactions.Count > 0)
            {
                NextPage(block, asked);
            }
        }

        if (tell && all > check.Options.Deadline)
        {
            check.Add(FindingLevel.Warning, $"all blocks took {all.TotalMilliseconds:0} ms one by one, which is more than Sources:{check.Name}:Deadline, {check.Options.Deadline.TotalMilliseconds:0} ms");
        }
    }

    private List<string> Subjects() =>
    [
        .. facts.Invoices.Select(invoice => invoice.Number).Take(1),
        .. facts.Products.Select(product => product.Id).Take(1),
        .. facts.InvoiceLines.Values.SelectMany(lines => lines).Select(line => line.Id).Take(1),
    ];

    /// <summary>The page after the first one must not begin with what was given already.</summary>
    private void NextPage(QueryBlock block, SourceQuery asked)
    {
        var given = facts.Interactions.Select(interaction => interaction.Id).ToHashSet(StringComparer.Ordinal);
        var last = facts.Interactions[^1];
        var next = new SourceFacts(check.Name);
        if (Run(block, asked with { After = new PagePosition(last.PageTime, last.Id) }, next) is not null
            && next.Interactions.Exists(interaction => given.Contains(interaction.Id)))
        {
            check.Broken(block, $"block '{block.Contract.Name}' gives an interaction of the page before again: compare page_time and id with @before_time and @before_id, and order by both");
        }
    }

    /// <summary>The number of rows, and the time; null if the block failed, which is said.</summary>
    private (int Rows, TimeSpan Elapsed)? Run(QueryBlock block, SourceQuery query, SourceFacts into)
    {
        var pool = check.Pool;
        var started = Stopwatch.GetTimestamp();
        try
        {
            pool.BeginRead(connection);
            int rows;
            using (var command = connection.CreateCommand())
            {
                command.CommandText = pool.Batch([block.Text]);
                new SourceParameters(pool.Vendor, check.Options, check.Name, check.Country, query, block.Parameters).AddTo(command);
                using var reader = command.ExecuteReader();
                rows = Read(reader, block, query, into);
            }

            pool.EndRead(connection);
            return (rows, Stopwatch.GetElapsedTime(started));
        }
        catch (RowException wrong)
        {
            check.Broken(block, wrong.Message);
            pool.EndRead(connection);
        }
        catch (DbException failed) when (connection.State == ConnectionState.Open)
        {
            check.Broken(block, $"block '{block.Contract.Name}': {pool.Vendor.Explain(failed)}");
            pool.Recover(connection, failed);
            pool.EndRead(connection);
        }

        return null;
    }

    private int Read(DbDataReader reader, QueryBlock block, SourceQuery query, SourceFacts into)
    {
        var most = block.Most(query);
        var row = new Row(reader, BlockColumns.Of(block.Contract, reader, check.Pool.Vendor.TypesColumns).Ordinals, block.Contract);
        var count = 0;
        for (; reader.Read(); count++)
        {
            if (count == most)
            {
                if (block.IsWhole)
                {
                    throw new RowException($"block '{block.Contract.Name}' gives more than {most} rows for one customer");
                }

                check.Add(FindingLevel.Warning, $"{check.Options.Queries}: block '{block.Contract.Name}' gives more than the {most} rows of its @limit: it lacks LIMIT @limit");
                break;
            }

            block.Contract.Read(row, into);
        }

        while (reader.NextResult())
        {
            // The driver tells what went wrong in the rest of the batch only when it is read.
        }

        return count;
    }
}
