using Microsoft.SqlServer.TransactSql.ScriptDom;

namespace Dossier.Tests.SqlServerTests;

/// <summary>The tables and views that schema steps make, with their columns. Names compare as a server of the usual collation does.</summary>
internal sealed class SqlServerTables : TSqlFragmentVisitor
{
    private readonly Dictionary<string, HashSet<string>> columns = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Columns that are computed from others: what only this vendor has.</summary>
    public HashSet<string> Computed { get; } = new(StringComparer.Ordinal);

    public IReadOnlyDictionary<string, HashSet<string>> All => columns;

    /// <summary>The constraints and indexes name what is not there.</summary>
    public IReadOnlyList<string> Problems => [.. problems.Select(find => find()).OfType<string>()];

    // Looked up at the end: a step may name what a later line makes.
    private readonly List<Func<string?>> problems = [];

    public static SqlServerTables Of(params IEnumerable<string> steps)
    {
        var tables = new SqlServerTables();
        foreach (var step in steps)
        {
            SqlServerText.Parse(step).Accept(tables);
        }

        return tables;
    }

    public override void Visit(CreateTableStatement node) => Add(node.SchemaObjectName.BaseIdentifier.Value, node.Definition);

    public override void Visit(AlterTableAddTableElementStatement node) => Add(node.SchemaObjectName.BaseIdentifier.Value, node.Definition);

    public override void Visit(CreateViewStatement node)
    {
        var bound = new SqlServerBinder(this);
        node.SelectStatement.Accept(bound);
        problems.AddRange(bound.Problems.Select(problem => (Func<string?>)(() => problem)));
        var names = node.Columns.Count > 0 ? node.Columns.Select(column => column.Value) : bound.Results[0].OfType<string>();
        columns[node.SchemaObjectName.BaseIdentifier.Value] = names.ToHashSet(StringComparer.OrdinalIgnoreCase);
    }

    // A view must begin its batch; in a string that is executed it is one of its own.
    public override void Visit(ExecutableStringList node) =>
        SqlServerText.Parse(string.Concat(node.Strings.OfType<StringLiteral>().Select(part => part.Value))).Accept(this);

    public override void Visit(CreateIndexStatement node) => MustHave(
        node.OnName.BaseIdentifier.Value,
        node.Columns.Select(column => column.Column).Concat(node.IncludeColumns).Select(column => column.MultiPartIdentifier.Identifiers[^1].Value));

    private void Add(string table, TableDefinition definition)
    {
        if (!columns.TryGetValue(table, out var known))
        {
            columns.Add(table, known = new HashSet<string>(StringComparer.OrdinalIgnoreCase));
        }

        foreach (var column in definition.ColumnDefinitions)
        {
            known.Add(column.ColumnIdentifier.Value);
            if (column.ComputedColumnExpression is not null)
            {
                Computed.Add($"{table}.{column.ColumnIdentifier.Value}");
            }
        }

        foreach (var constraint in definition.TableConstraints.Concat(definition.ColumnDefinitions.SelectMany(column => column.Constraints)))
        {
            if (constraint is UniqueConstraintDefinition unique)
            {
                MustHave(table, unique.Columns.Select(column => column.Column.MultiPartIdentifier.Identifiers[^1].Value));
            }
            else if (constraint is ForeignKeyConstraintDefinition foreign)
            {
                MustHave(foreign.ReferenceTableName.BaseIdentifier.Value, foreign.ReferencedTableColumns.Select(column => column.Value));
                MustHave(table, foreign.Columns.Select(column => column.Value));
            }
        }
    }

    private void MustHave(string table, IEnumerable<string> names)
    {
        foreach (var name in names.ToList())
        {
            problems.Add(() => columns.TryGetValue(table, out var known) && known.Contains(name) ? null : $"{table}.{name} is not there");
        }
    }
}
