using Microsoft.SqlServer.TransactSql.ScriptDom;

namespace Dossier.Tests.SqlServerTests;

/// <summary>
/// Resolves every table and column that statements name against the tables that schema steps make, as a server would when it
/// compiles them. What it does not know how to read is a problem too: nothing passes unseen.
/// </summary>
internal sealed partial class SqlServerBinder(SqlServerTables tables) : TSqlFragmentVisitor
{
    private static readonly TableHintKind[] DirtyReads = [TableHintKind.ReadPast, TableHintKind.NoLock, TableHintKind.ReadUncommitted];
    private static readonly HashSet<string> DateParts = new(StringComparer.OrdinalIgnoreCase) { "day", "second", "microsecond" };

    private Scope scope = new(null);
    private Dictionary<string, IReadOnlyList<string>> ctes = new(StringComparer.OrdinalIgnoreCase);

    public List<string> Problems { get; } = [];

    /// <summary>The columns of each result, by name; null where one has none.</summary>
    public List<IReadOnlyList<string?>> Results { get; } = [];

    /// <summary>The rights that the statements need: <c>SELECT customer</c>.</summary>
    public SortedSet<string> Rights { get; } = new(StringComparer.Ordinal);

    public static SqlServerBinder Bind(SqlServerTables tables, string text)
    {
        var binder = new SqlServerBinder(tables);
        SqlServerText.Parse(text).Accept(binder);
        return binder;
    }

    public override void ExplicitVisit(SelectStatement node)
    {
        Define(node.WithCtesAndXmlNamespaces);
        var columns = Bind(node.QueryExpression);
        if (columns.Count > 0)
        {
            Results.Add(columns);
        }
    }

    // Its columns are SqlServerTables' to look at.
    public override void ExplicitVisit(CreateTableStatement node)
    {
    }

    public override void ExplicitVisit(QuerySpecification node) => Bind(node);

    public override void ExplicitVisit(BinaryQueryExpression node) => Bind(node);

    // The first is a part of a date, not a column.
    public override void ExplicitVisit(FunctionCall node)
    {
        if (!node.FunctionName.Value.Equals("DATEADD", StringComparison.OrdinalIgnoreCase))
        {
            base.ExplicitVisit(node);
            return;
        }

        if (node.Parameters[0] is not ColumnReferenceExpression { MultiPartIdentifier: { Count: 1 } part } || !DateParts.Contains(part.Identifiers[0].Value))
        {
            Problems.Add("DATEADD adds no part of a date");
        }

        foreach (var parameter in node.Parameters.Skip(1))
        {
            parameter.Accept(this);
        }
    }

    public override void ExplicitVisit(ColumnReferenceExpression node)
    {
        if (node.ColumnType == ColumnType.Wildcard)
        {
            return;
        }

        var names = node.MultiPartIdentifier.Identifiers;
        var (qualifier, column) = (names.Count > 1 ? names[^2].Value : null, names[^1].Value);
        for (var here = scope; here is not null; here = here.Outer)
        {
            var found = here.Sources.Where(source => qualifier is null ? source.Has(column) : source.Is(qualifier)).ToList();
            if (found.Count > 1)
            {
                Problems.Add($"{column} is ambiguous: {string.Join(", ", found.Select(source => source.Alias))}");
            }

            if (found.Count > 0)
            {
                if (!found[0].Has(column))
                {
                    Problems.Add($"{qualifier}.{column} is not there");
                }

                return;
            }
        }

        Problems.Add(qualifier is null ? $"{column} is not there" : $"{qualifier} (of {qualifier}.{column}) is not there");
    }

    private void Define(WithCtesAndXmlNamespaces? with)
    {
        ctes = new Dictionary<string, IReadOnlyList<string>>(StringComparer.OrdinalIgnoreCase);
        foreach (var cte in with?.CommonTableExpressions ?? [])
        {
            var columns = Bind(cte.QueryExpression);
            ctes[cte.ExpressionName.Value] = cte.Columns.Count > 0 ? [.. cte.Columns.Select(column => column.Value)] : Named(cte.ExpressionName.Value, columns);
        }
    }

    private IReadOnlyList<string?> Bind(QueryExpression query)
    {
        if (query is QueryParenthesisExpression inner)
        {
            return Bind(inner.QueryExpression);
        }

        if (query is BinaryQueryExpression both)
        {
            var (first, second) = (Bind(both.FirstQueryExpression), Bind(both.SecondQueryExpression));
            if (first.Count != second.Count)
            {
                Problems.Add($"{both.BinaryQueryExpressionType} of {first.Count} and {second.Count} columns");
            }

            Order(both.OrderByClause, first);
            return first;
        }

        IReadOnlyList<string?> columns = [];
        Inside(new Scope(scope), () => columns = BindHere((QuerySpecification)query));
        return columns;
    }

    private List<string?> BindHere(QuerySpecification query)
    {
        query.TopRowFilter?.Accept(this);
        foreach (var table in query.FromClause?.TableReferences ?? [])
        {
            From(table, lateral: false);
        }

        var columns = Columns(query.SelectElements);
        query.WhereClause?.Accept(this);
        query.GroupByClause?.Accept(this);
        query.HavingClause?.Accept(this);
        Order(query.OrderByClause, columns);
        query.OffsetClause?.Accept(this);
        return columns;
    }

    private List<string?> Columns(IEnumerable<SelectElement> elements)
    {
        var columns = new List<string?>();
        foreach (var element in elements)
        {
            element.Accept(this);
            if (element is SelectScalarExpression scalar)
            {
                columns.Add(scalar.ColumnName?.Value ?? (scalar.Expression as ColumnReferenceExpression)?.MultiPartIdentifier.Identifiers[^1].Value);
            }
            else if (element is SelectStarExpression)
            {
                Problems.Add("SELECT * is there");
            }
        }

        return columns;
    }

    /// <summary>ORDER BY may name a column of the result, or any other that is in sight.</summary>
    private void Order(OrderByClause? order, IReadOnlyList<string?> columns)
    {
        foreach (var element in order?.OrderByElements ?? [])
        {
            if (element.Expression is not ColumnReferenceExpression { MultiPartIdentifier.Count: 1 } column
                || !columns.Contains(column.MultiPartIdentifier.Identifiers[0].Value, StringComparer.OrdinalIgnoreCase))
            {
                element.Expression.Accept(this);
            }
        }
    }

    /// <param name="table">What stands in FROM.</param>
    /// <param name="lateral">It stands behind APPLY and sees what stands before it.</param>
    private void From(TableReference table, bool lateral)
    {
        switch (table)
        {
            case QualifiedJoin join:
                From(join.FirstTableReference, lateral);
                From(join.SecondTableReference, lateral);
                join.SearchCondition.Accept(this);
                break;
            case UnqualifiedJoin join:
                From(join.FirstTableReference, lateral);
                From(join.SecondTableReference, join.UnqualifiedJoinType is UnqualifiedJoinType.CrossApply or UnqualifiedJoinType.OuterApply);
                break;
            case NamedTableReference named:
                Hints(named);
                Add(named.Alias?.Value ?? Name(named), Columns(named));
                break;
            case OpenJsonTableReference json:
                json.Variable.Accept(this);
                var declared = json.SchemaDeclarationItems.Select(item => item.ColumnDefinition.ColumnIdentifier.Value).ToList();
                Add(json.Alias?.Value ?? "OPENJSON", declared.Count > 0 ? declared : ["key", "value", "type"]);
                break;
            case QueryDerivedTable derived:
                IReadOnlyList<string?> columns = [];
                Inside(lateral ? scope : scope.Outer ?? new Scope(null), () => columns = Bind(derived.QueryExpression));
                Add(derived.Alias.Value, derived.Columns.Count > 0 ? derived.Columns.Select(column => column.Value) : Named(derived.Alias.Value, columns));
                break;
            default:
                Problems.Add($"{table.GetType().Name} in FROM is not read");
                break;
        }
    }

    private void Add(string alias, IEnumerable<string>? columns)
    {
        if (scope.Sources.Exists(source => source.Is(alias)))
        {
            Problems.Add($"{alias} is there twice in FROM");
        }

        scope.Sources.Add(new Source(alias, columns?.ToHashSet(StringComparer.OrdinalIgnoreCase)));
    }

    /// <summary>The columns of a table, view or CTE; null, which has them all, after a problem was noted.</summary>
    private IEnumerable<string>? Columns(NamedTableReference table)
    {
        var name = Name(table);
        if (table.SchemaObject.Count == 1 && ctes.TryGetValue(name, out var defined))
        {
            return defined;
        }

        Rights.Add($"SELECT {name}");
        return Known(name);
    }

    private HashSet<string>? Known(string name)
    {
        if (tables.All.TryGetValue(name, out var columns))
        {
            return columns;
        }

        Problems.Add($"table {name} is not there");
        return null;
    }

    private void Hints(NamedTableReference table) =>
        Problems.AddRange(table.TableHints.Where(hint => DirtyReads.Contains(hint.HintKind)).Select(hint => $"{hint.HintKind} on {Name(table)}"));

    private IReadOnlyList<string> Named(string table, IReadOnlyList<string?> columns)
    {
        if (columns.Contains(null))
        {
            Problems.Add($"{table} has a column without a name");
        }

        return [.. columns.OfType<string>()];
    }

    private void Inside(Scope inner, Action work)
    {
        var outer = scope;
        scope = inner;
        work();
        scope = outer;
    }

    private static string Name(TableReference table) => ((NamedTableReference)table).SchemaObject.BaseIdentifier.Value;
}
