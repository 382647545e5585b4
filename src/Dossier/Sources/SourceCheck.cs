using System.Data.Common;
using System.Net.Sockets;
using Dossier.Database;

namespace Dossier.Sources;

/// <summary>
/// Looks at one source as an operator would before the service reads it: settings, query file, connection, login, the columns of
/// every block, and for a customer the rows. It opens connections of its own, with time enough for a cold store.
/// </summary>
internal sealed class SourceCheck : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private readonly SourceOptions options;
    private readonly string country;
    private readonly QueryFile? queries;
    private readonly ConnectionPool? pool;
    private readonly List<Finding> findings = [];
    private readonly HashSet<string> broken = new(StringComparer.Ordinal);
    private bool reached;

    public SourceCheck(string name, SourceOptions options, string country)
    {
        (Name, this.options, this.country) = (name, options, country);
        (queries, var problem) = SourceCatalogue.Read(name, options);
        try
        {
            pool = problem is not null
                ? null
                : Vendor.Find(options.Provider)!.Connect(new ConnectionSettings(options.ConnectionString, $"dossier/{name}", ReadOnly: true, MaxConnections: 2, Patience));
        }
        catch (InvalidOperationException refused)
        {
            problem = refused.Message;
        }

        if (problem is not null)
        {
            Wrong(problem);
        }
    }

    public string Name { get; }

    public IReadOnlyList<Finding> Findings => findings;

    public SourceGrants? Grants { get; private set; }

    public List<BlockPlan> Plans { get; } = [];

    /// <summary>The keys that the store told of the customer.</summary>
    public IReadOnlyList<FoundKey> Told { get; private set; } = [];

    private Inspection Inspection => pool!.Vendor.Inspection;

    /// <summary>Connects and looks at the login, the columns, the rights and, without a customer, the plans.</summary>
    public Task LookAsync(CheckExtent extent, CancellationToken stop) => OnConnectionAsync(
        connection =>
        {
            reached = true;
            var (relations, names) = Relations(connection);
            CheckLogin(connection, relations, extent);
            foreach (var block in queries!.Blocks.Values.OrderBy(block => block.Contract.Name, StringComparer.Ordinal))
            {
                Describe(connection, block);
            }

            if (extent.Customer is null && !pool!.Vendor.TypesColumns)
            {
                // Only a result tells the names of its columns here; without keys it has no rows.
                new SourceCheckRun(this, connection, queries).Blocks(new SourceQuery { Blocks = [] }, tell: false);
            }

            if (extent.Customer is { } customer && queries.GivesKeys)
            {
                Told = new SourceCheckRun(this, connection, queries).Keys(customer);
            }

            if (extent is { Plans: true, Customer: null })
            {
                Plan(connection, SourceCheckRun.Example(Name), names);
            }
        },
        stop);

    /// <summary>Reads every block of a customer, by the keys that all sources told.</summary>
    public Task ReadAsync(CheckExtent extent, KeySet keys, CancellationToken stop) => !reached ? Task.CompletedTask : OnConnectionAsync(
        connection =>
        {
            var query = new SourceQuery { Customer = extent.Customer, Keys = keys, Blocks = [] };
            new SourceCheckRun(this, connection, queries!).Blocks(query, tell: true);
            if (extent.Plans)
            {
                Plan(connection, query, Relations(connection).Names);
            }
        },
        stop);

    /// <summary>The last word, if nothing was wrong.</summary>
    public void Conclude(CheckExtent extent)
    {
        if (reached && findings.TrueForAll(finding => finding.Level != FindingLevel.Wrong))
        {
            var untyped = extent.Customer is null && !pool!.Vendor.TypesColumns ? "; --customer N compares the types of columns too" : "";
            var place = pool!.Server is { } server ? $"{pool.Namespace} at {server}" : pool.Namespace;
            findings.Add(new Finding(Name, FindingLevel.Fine, $"{options.Queries}: {queries!.Blocks.Count} blocks read {pool.Vendor.Name} {place}{untyped}"));
        }
    }

    public void Dispose() => pool?.Dispose();

    internal SourceOptions Options => options;

    internal string Country => country;

    internal ConnectionPool Pool => pool!;

    internal void Add(FindingLevel level, string text)
    {
        var finding = new Finding(Name, level, text);
        if (!findings.Contains(finding))
        {
            findings.Add(finding);
        }
    }

    /// <summary>Says what is wrong with a block, once.</summary>
    internal void Broken(QueryBlock block, string text)
    {
        if (broken.Add(block.Contract.Name))
        {
            Wrong($"{options.Queries}: {text}");
        }
    }

    internal bool IsBroken(QueryBlock block) => broken.Contains(block.Contract.Name);

    private void Wrong(string text) => Add(FindingLevel.Wrong, text);

    private async Task OnConnectionAsync(Action<DbConnection> work, CancellationToken stop)
    {
        if (pool is null)
        {
            return;
        }

        // A thread of its own and a clock of its own: drivers wait for a silent server longer than they were told.
        var looking = Task.Factory.StartNew(() => OnConnection(work), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        try
        {
            await looking.WaitAsync(Patience * 3, stop);
        }
        catch (TimeoutException)
        {
            reached = false;
            Wrong($"{pool.Vendor.Name} {pool.Server ?? pool.Namespace} gave no answer within {(Patience * 3).TotalSeconds:0} s");
        }
    }

    private void OnConnection(Action<DbConnection> work)
    {
        try
        {
            using var rented = pool!.Rent(Patience / 2);
            work(rented.Connection);
        }
        catch (Exception failed) when (failed is DbException or IOException or SocketException or TimeoutException or InvalidOperationException or NotSupportedException)
        {
            reached = false;
            var why = failed is DbException database ? pool!.Vendor.Explain(database) : failed.Message;
            Wrong($"{pool!.Vendor.Name} {pool.Server ?? pool.Namespace}: {why}");
        }
    }

    private void CheckLogin(DbConnection connection, IReadOnlyCollection<Relation> relations, CheckExtent extent)
    {
        var rights = Inspection.Login(connection, relations);
        if (rights.Harms.Count > 0)
        {
            Add(
                Inspection.RefusesHarm ? FindingLevel.Wrong : FindingLevel.Warning,
                $"login {rights.Login} {string.Join(" and ", rights.Harms)}; a login with SELECT and no more is safer: dossier check --grants");
        }

        if (extent.Grants)
        {
            // A login that may do more is somebody else's; rights are for one of the service's own.
            Grants = new SourceGrants(Name, [.. Inspection.Grants(rights.Harms.Count > 0 ? "dossier_reader" : rights.Login, rights.Database, relations)]);
        }
    }

    private void Describe(DbConnection connection, QueryBlock block)
    {
        try
        {
            using var described = pool!.Describe(connection, block.Text, new SourceParameters(pool.Vendor, options, Name, country, new SourceQuery { Blocks = [] }, block.Parameters).AddTo);
            if (described is not null)
            {
                BlockColumns.Of(block.Contract, described, typed: true);
            }
        }
        catch (RowException wrong)
        {
            Broken(block, wrong.Message);
        }
        catch (DbException failed) when (connection.State == System.Data.ConnectionState.Open)
        {
            Broken(block, $"block '{block.Contract.Name}': {pool!.Vendor.Explain(failed)}");
        }
    }

    private (IReadOnlyCollection<Relation> Relations, Dictionary<string, HashSet<string>> Names) Relations(DbConnection connection)
    {
        var relations = new SortedDictionary<string, Relation>(StringComparer.Ordinal);
        var names = new Dictionary<string, HashSet<string>>(StringComparer.Ordinal);
        foreach (var block in queries!.Blocks.Values)
        {
            names[block.Contract.Name] = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
            foreach (var reference in TableReferences.Of(block.Text, pool!.Vendor))
            {
                if (Inspection.Find(connection, reference) is { } relation)
                {
                    relations.TryAdd($"{relation.Schema}.{relation.Name}", relation);
                    names[block.Contract.Name].Add(reference.Alias ?? reference.Name[^1]);
                }
            }
        }

        return (relations.Values, names);
    }

    private void Plan(DbConnection connection, SourceQuery query, Dictionary<string, HashSet<string>> names)
    {
        foreach (var block in queries!.Blocks.Values.Where(block => !IsBroken(block)).OrderBy(block => block.Contract.Name, StringComparer.Ordinal))
        {
            try
            {
                var parameters = new SourceParameters(pool!.Vendor, options, Name, country, query, block.Parameters);
                var steps = Inspection.Plan(connection, block.Text, parameters.AddTo, names[block.Contract.Name]);
                Plans.Add(new BlockPlan(Name, block.Contract.Name, steps));
                foreach (var step in steps.Where(step => step.Mark is not null))
                {
                    Add(FindingLevel.Warning, $"{options.Queries}: block '{block.Contract.Name}': {step.Text.Split(':')[0]}: {step.Mark}");
                }
            }
            catch (DbException failed) when (connection.State == System.Data.ConnectionState.Open)
            {
                Add(FindingLevel.Warning, $"{options.Queries}: block '{block.Contract.Name}': its plan cannot be shown: {pool!.Vendor.Explain(failed)}");
            }
        }
    }
}
