using Microsoft.SqlServer.TransactSql.ScriptDom;

namespace Dossier.Tests.SqlServerTests;

/// <summary>
/// Comparisons that a server would run slowly or refuse. A text parameter is nvarchar: next to a bare one, a varchar column is
/// converted row by row and its index is not used. A column of OPENJSON has the database's collation: next to a column of
/// another one, the server gives error 468 unless COLLATE decides.
/// </summary>
internal sealed class SqlServerComparisons : TSqlFragmentVisitor
{
    /// <summary>Numbers and moments, which the driver sends as the column has them.</summary>
    private static readonly string[] Numbers = ["@revision", "@binding_revision", "@before", "@after", "@subject_type", "@now", "@latest", "@sequence"];

    private readonly HashSet<string> lists = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<Func<string?>> doubts = [];

    public static IReadOnlyList<string> Doubtful(string block)
    {
        var comparisons = new SqlServerComparisons();
        SqlServerText.Parse(block).Accept(comparisons);
        return [.. comparisons.doubts.Select(doubt => doubt()).OfType<string>()];
    }

    public override void Visit(OpenJsonTableReference node) => lists.Add(node.Alias?.Value ?? "OPENJSON");

    public override void Visit(BooleanComparisonExpression node)
    {
        Look(node.FirstExpression, node.SecondExpression, node);
        Look(node.SecondExpression, node.FirstExpression, node);
    }

    public override void Visit(InPredicate node)
    {
        if (node.Subquery?.QueryExpression is QuerySpecification { FromClause.TableReferences: [OpenJsonTableReference] } list
            && list.SelectElements[0] is SelectScalarExpression { Expression: PrimaryExpression { Collation: null } })
        {
            doubts.Add(() => $"{Text(node.Expression)} IN a list without COLLATE");
        }
    }

    private void Look(ScalarExpression one, ScalarExpression other, TSqlFragment whole)
    {
        if (one is not ColumnReferenceExpression column)
        {
            return;
        }

        // The alias of a list may stand behind the comparison: looked up at the end.
        var bare = other is VariableReference variable && !Numbers.Contains(variable.Name, StringComparer.Ordinal);
        doubts.Add(() => bare || (IsList(column) && column.Collation is null && other is ColumnReferenceExpression { Collation: null } table && !IsList(table))
            ? Text(whole)
            : null);
    }

    private bool IsList(ColumnReferenceExpression column) =>
        column.MultiPartIdentifier.Count > 1 && lists.Contains(column.MultiPartIdentifier.Identifiers[^2].Value);

    private static string Text(TSqlFragment fragment) => string.Concat(
        fragment.ScriptTokenStream.Skip(fragment.FirstTokenIndex).Take(fragment.LastTokenIndex - fragment.FirstTokenIndex + 1).Select(token => token.Text));
}
