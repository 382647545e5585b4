using System.Data.Common;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Dossier.Database;

/// <summary>PostgreSQL: a role that may write is told, since default_transaction_read_only is a setting that a session may change.</summary>
internal sealed partial class PostgresInspection(Vendor vendor) : Inspection(vendor)
{
    public override Relation? Find(DbConnection connection, TableReference reference) => !reference.Function
        && Read(connection, Statements["relation"], ("name", reference.Name[^1]), ("schema", reference.Name.Count > 1 ? reference.Name[^2] : null)) is [[var schema, var name], ..]
        ? new Relation(schema, name)
        : null;

    public override LoginRights Login(DbConnection connection, IReadOnlyCollection<Relation> relations)
    {
        var login = Read(connection, Statements["login"])[0];
        var harms = new List<string>();
        if (string.Equals(login[2], "True", StringComparison.OrdinalIgnoreCase))
        {
            harms.Add("is a superuser");
        }
        else
        {
            foreach (var relation in relations)
            {
                var rights = Read(connection, Statements["rights"], ("schema", relation.Schema), ("name", relation.Name));
                if (rights.Count > 0)
                {
                    harms.Add($"may {string.Join(", ", rights.Select(right => right[0]))} in {relation.Schema}.{relation.Name}");
                }
            }
        }

        return new LoginRights(login[0], login[1], harms);
    }

    public override IReadOnlyList<string> Rewrites(DbConnection connection, string table) =>
        Find(connection, new TableReference([table], null, Function: false)) is not { } relation ? []
        : string.Equals(Read(connection, Statements["login"])[0][2], "True", StringComparison.OrdinalIgnoreCase) ? ["is a superuser"]
        : Read(connection, Statements["rights"], ("schema", relation.Schema), ("name", relation.Name)).Select(right => right[0]).Where(right => right != "INSERT").ToList() is { Count: > 0 } more
            ? [$"may {string.Join(", ", more)} in {relation.Name}"]
            : [];

    public override IReadOnlyList<string> Lacks(DbConnection connection, IReadOnlyList<(string Table, string Right)> needed) =>
    [
        .. Read(connection, Statements["lacks"], command =>
        {
            Vendor.AddParameter(command, "tables", new SqlValue(needed.Select(right => right.Table).ToList()));
            Vendor.AddParameter(command, "rights", new SqlValue(needed.Select(right => right.Right).ToList()));
        }).Select(right => right[0]),
    ];

    public override DateTimeOffset? Clock(DbConnection connection) => ReadClock(connection);

    public override IEnumerable<string> Grants(string login, string database, IReadOnlyCollection<Relation> relations)
    {
        yield return Of("grant_connect", ("database", Quote(database)), ("login", Quote(login)));
        foreach (var schema in relations.GroupBy(relation => relation.Schema, StringComparer.Ordinal))
        {
            yield return Of("grant_schema", ("schema", Quote(schema.Key)), ("login", Quote(login)));
            var tables = string.Join(", ", schema.Select(relation => $"{Quote(relation.Schema)}.{Quote(relation.Name)}"));
            yield return Of("grant_tables", ("tables", tables), ("login", Quote(login)));
        }
    }

    public override IReadOnlyList<PlanStep> Plan(DbConnection connection, string block, Action<DbCommand> parameters, IReadOnlySet<string> tables)
    {
        Execute(connection, Statements["plan_begin"]);
        try
        {
            var rows = Read(connection, Statements["plan"].Replace("{block}", block, StringComparison.Ordinal), parameters);
            return Steps(string.Concat(rows.Select(row => row[0])));
        }
        finally
        {
            Execute(connection, Statements["plan_end"]);
        }
    }

    /// <summary>The steps of EXPLAIN (FORMAT JSON).</summary>
    internal static IReadOnlyList<PlanStep> Steps(string json)
    {
        using var document = JsonDocument.Parse(json);
        var steps = new List<PlanStep>();
        foreach (var statement in document.RootElement.EnumerateArray())
        {
            Add(statement.GetProperty("Plan"), 0, steps);
        }

        return steps;
    }

    private static void Add(JsonElement node, int depth, List<PlanStep> steps)
    {
        var type = Of(node, "Node Type")!;
        var text = new StringBuilder(type);
        Append(text, " using ", Of(node, "Index Name"));
        Append(text, " on ", Of(node, "Relation Name"));
        var filter = Of(node, "Filter");
        var condition = Of(node, "Index Cond");
        Append(text, ": ", condition);
        Append(text, condition is null ? ": filter " : ", filter ", filter);

        // A plan without an index condition walks through the whole index and throws away what it does not want.
        var whole = type.EndsWith("Seq Scan", StringComparison.Ordinal) || (Of(node, "Index Name") is not null && condition is null);
        var converted = whole && filter is not null ? Converted().Match(filter) : Match.Empty;
        steps.Add(new PlanStep(depth, text.ToString(), !whole ? null : converted.Success ? $"{Scan}; CONVERSION: {converted.Value} is compared, see KeyTypes" : Scan));
        if (node.TryGetProperty("Plans", out var plans))
        {
            foreach (var plan in plans.EnumerateArray())
            {
                Add(plan, depth + 1, steps);
            }
        }
    }

    private static string? Of(JsonElement node, string name) => node.TryGetProperty(name, out var value) ? value.GetString() : null;

    private static void Append(StringBuilder text, string before, string? what)
    {
        if (what is not null)
        {
            text.Append(before).Append(what);
        }
    }

    private string Of(string statement, params (string Name, string Value)[] values) =>
        values.Aggregate(Statements[statement], (text, value) => text.Replace($"{{{value.Name}}}", value.Value, StringComparison.Ordinal)) + ";";

    private static string Quote(string name) => $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    [GeneratedRegex("\\(\"?\\w+\"?\\)::[a-z ]+")]
    private static partial Regex Converted();
}
