using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Text.RegularExpressions;
using Dossier.Database;
using Dossier.V1;

namespace Dossier.Sources;

/// <summary>One statement of a query file.</summary>
/// <param name="Contract">What its rows must hold.</param>
/// <param name="Text">The statement.</param>
/// <param name="Parameters">The parameters that it names, without the @.</param>
public sealed record QueryBlock(BlockContract Contract, string Text, FrozenSet<string> Parameters)
{
    /// <summary>The most rows that it may give in one read.</summary>
    internal int Most(SourceQuery query) => Contract.Section == Section.Interactions ? query.Limit
        : !IsWhole ? ChannelStore.SectionLimit + 1
        : Contract.Name == "keys" ? ChannelStore.MostKeys
        : ChannelStore.MostRows;

    /// <summary>It must give all that there is: more than it may is a fault of the store, and not the end of a page.</summary>
    internal bool IsWhole => Contract.Section != Section.Interactions && (!Parameters.Contains("section_limit") || Contract.Name == "invoice_lines");
}

/// <summary>Blocks of one command, and the parameters that they name.</summary>
internal sealed record BlockBatch(QueryBlock[] Blocks, string Text, string[] Parameters);

/// <summary>The named blocks of one source: what it offers and by which keys it is read.</summary>
public sealed partial class QueryFile
{
    private static readonly FrozenDictionary<string, KeyType> KeyParameters = new Dictionary<string, KeyType>(StringComparer.Ordinal)
    {
        ["customer_number"] = KeyType.CustomerNumber,
        ["billing_accounts"] = KeyType.BillingAccount,
        ["emails"] = KeyType.Email,
        ["phones"] = KeyType.Phone,
        ["social_ids"] = KeyType.SocialId,
        ["interaction_ids"] = KeyType.Interaction,
    }.ToFrozenDictionary(StringComparer.Ordinal);

    private static readonly FrozenSet<string> OtherParameters =
        new[] { "before_time", "before_id", "limit", "interaction_id", "subject_ids" }.ToFrozenSet(StringComparer.Ordinal);

    private readonly ConcurrentDictionary<string, BlockBatch> batches = new(StringComparer.Ordinal);

    private QueryFile(FrozenDictionary<string, QueryBlock> blocks)
    {
        Blocks = blocks;
        Sections = [.. blocks.Values.Select(block => block.Contract.Section).Where(section => section != Section.Unspecified).Distinct().Order()];
        var reading = blocks.TryGetValue("interactions", out var interactions) ? [interactions] : blocks.Values.Where(block => block.Contract.Name != "find");
        KeyTypes = reading.SelectMany(block => block.Parameters)
            .Where(KeyParameters.ContainsKey)
            .Select(name => KeyParameters[name])
            .ToFrozenSet();
    }

    public FrozenDictionary<string, QueryBlock> Blocks { get; }

    /// <summary>An agent may link single interactions of this store to a customer.</summary>
    public bool TakesInteractions => KeyTypes.Contains(KeyType.Interaction);

    /// <summary>The same file without the blocks of other sections.</summary>
    public QueryFile Only(IReadOnlySet<Section> sections) => sections.Count == 0
        ? this
        : new QueryFile(Blocks.Where(block => block.Value.Contract.Section is Section.Unspecified or Section.Customer || sections.Contains(block.Value.Contract.Section))
            .ToFrozenDictionary(StringComparer.Ordinal));

    /// <summary>The kinds of key that decide what is read of a customer.</summary>
    public FrozenSet<KeyType> KeyTypes { get; }

    public bool GivesKeys => Blocks.ContainsKey("keys");

    /// <summary>It can say of a customer number alone whether it knows the customer.</summary>
    public bool TakesCustomerNumber => Blocks.Values.Any(block =>
        block.Contract.Name is not ("find" or "interaction" or "interaction_messages") && block.Parameters.Contains("customer_number"));

    public IReadOnlyList<Section> Sections { get; }

    public IReadOnlyList<KeyType> FindsBy => Blocks.TryGetValue("find", out var find)
        ? [.. find.Parameters.Where(KeyParameters.ContainsKey).Select(name => KeyParameters[name]).Order()]
        : [];

    /// <summary>Blocks that go to the database in one command; there are few sets of them, for the sections that callers ask for.</summary>
    internal BlockBatch BatchOf(ReadOnlySpan<string> names, ConnectionPool pool)
    {
        var key = names.Length == 1 ? names[0] : string.Join(' ', names);
        if (!batches.TryGetValue(key, out var batch))
        {
            QueryBlock[] parts = [.. key.Split(' ').Select(name => Blocks[name])];
            batches[key] = batch = new BlockBatch(
                parts, pool.Batch(parts.Select(block => block.Text)), [.. parts.SelectMany(block => block.Parameters).Distinct(StringComparer.Ordinal)]);
        }

        return batch;
    }

    /// <summary>Reads a query file.</summary>
    /// <exception cref="FormatException">The file is wrong: names the file, the block and what is wrong.</exception>
    public static QueryFile Parse(string text, string file)
    {
        var blocks = new Dictionary<string, QueryBlock>(StringComparer.Ordinal);
        foreach (var (name, statement) in SqlText.Blocks(text, file))
        {
            if (!RowContracts.All.TryGetValue(name, out var contract))
            {
                throw new FormatException($"{file}: block '{name}' is not known. Known blocks: {string.Join(", ", RowContracts.All.Keys.Order(StringComparer.Ordinal))}.");
            }

            var bare = Bare().Replace(statement, " ");
            if (Holds(bare, ';') || Holds(BareInPostgres().Replace(statement, " "), ';'))
            {
                throw new FormatException($"{file}: block '{name}' holds more than one statement.");
            }

            if (!ReadsOnly().IsMatch(bare))
            {
                throw new FormatException($"{file}: block '{name}' must begin with SELECT or WITH: a query file never writes.");
            }

            if (SessionLock().Match(bare) is { Success: true } held)
            {
                throw new FormatException($"{file}: block '{name}' calls {held.Value}, whose lock outlives the read: a query file holds nothing.");
            }

            var parameters = Parameter().Matches(bare).Select(match => match.Groups["name"].Value).ToFrozenSet(StringComparer.Ordinal);
            foreach (var parameter in parameters)
            {
                if (!KeyParameters.ContainsKey(parameter) && !OtherParameters.Contains(parameter))
                {
                    throw new FormatException($"{file}: block '{name}' names @{parameter}, which is not a parameter.");
                }
            }

            blocks.Add(name, OwnLimit(new QueryBlock(contract, statement, parameters)));
        }

        return blocks.Count > 0
            ? new QueryFile(blocks.ToFrozenDictionary(StringComparer.Ordinal))
            : throw new FormatException($"{file}: there is no block. A block starts with a line '-- name: <block>'.");
    }

    private static bool Holds(string bare, char separator) => bare.AsSpan().TrimEnd("; \t\r\n").Contains(separator);

    // Blocks share one command and its parameters: what a page of interactions is limited to is not what a section is limited to.
    private static QueryBlock OwnLimit(QueryBlock block) =>
        !block.Parameters.Contains("limit") || block.Contract.Section is Section.Interactions or Section.Messages ? block
        : block with
        {
            Text = Limits().Replace(block.Text, match => match.Groups["limit"].Success ? "@section_limit" : match.Value),
            Parameters = block.Parameters.Select(name => name == "limit" ? "section_limit" : name).ToFrozenSet(StringComparer.Ordinal),
        };

    [GeneratedRegex("--[^\n]*|/\\*.*?\\*/|'(?:[^']|'')*'|\"[^\"]*\"|(?<limit>@limit\\b)", RegexOptions.Singleline)]
    private static partial Regex Limits();

    [GeneratedRegex("--[^\n]*|/\\*.*?\\*/|'(?:[^']|'')*'|\"[^\"]*\"", RegexOptions.Singleline)]
    private static partial Regex Bare();

    // What PostgreSQL and its driver take for text, and the other pattern does not, could hide a second statement from it:
    // $$'$$ …; $$'$$ and E'\'' …; ''. Where either of the two shows a semicolon it is one too many.
    [GeneratedRegex("--[^\n]*|/\\*.*?\\*/|\\b[eE]'(?:[^'\\\\]|\\\\.|'')*'|'(?:[^']|'')*'|\"[^\"]*\"|\\$(?<tag>[A-Za-z_]?[A-Za-z_0-9]*)\\$.*?\\$\\k<tag>\\$", RegexOptions.Singleline)]
    private static partial Regex BareInPostgres();

    [GeneratedRegex("\\bpg_(?:try_)?advisory_lock(?:_shared)?\\b", RegexOptions.IgnoreCase)]
    private static partial Regex SessionLock();

    [GeneratedRegex("^\\s*(?:SELECT|WITH)\\b", RegexOptions.IgnoreCase)]
    private static partial Regex ReadsOnly();

    [GeneratedRegex("@(?<name>[a-zA-Z_][a-zA-Z0-9_]*)")]
    private static partial Regex Parameter();
}
