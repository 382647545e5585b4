using Microsoft.SqlServer.TransactSql.ScriptDom;

namespace Dossier.Tests.SqlServerTests;

/// <summary>INSERT, UPDATE, DELETE and MERGE.</summary>
internal sealed partial class SqlServerBinder
{
    public override void ExplicitVisit(InsertStatement node)
    {
        Define(node.WithCtesAndXmlNamespaces);
        var insert = node.InsertSpecification;
        var target = Target(insert.Target, "INSERT");
        foreach (var column in insert.Columns)
        {
            MustHave(target, column);
        }

        if (insert.Columns.Count == 0)
        {
            Problems.Add($"INSERT {target.Alias} has no list of columns");
        }

        if (insert.InsertSource is ValuesInsertSource values)
        {
            foreach (var row in values.RowValues)
            {
                Count(target, insert.Columns.Count, row.ColumnValues.Count);
                row.Accept(this);
            }
        }
        else if (insert.InsertSource is SelectInsertSource select)
        {
            Count(target, insert.Columns.Count, Bind(select.Select).Count);
        }
        else
        {
            Problems.Add($"INSERT {target.Alias} from {insert.InsertSource.GetType().Name} is not read");
        }

        Output(insert.OutputClause, target, "inserted");
    }

    public override void ExplicitVisit(UpdateStatement node)
    {
        Define(node.WithCtesAndXmlNamespaces);
        var update = node.UpdateSpecification;
        Change(update, update.FromClause, update.WhereClause, "UPDATE", target =>
        {
            Set(target, update.SetClauses);
            Output(update.OutputClause, target, "inserted", "deleted");
        });
    }

    public override void ExplicitVisit(DeleteStatement node)
    {
        Define(node.WithCtesAndXmlNamespaces);
        var delete = node.DeleteSpecification;
        Change(delete, delete.FromClause, delete.WhereClause, "DELETE", target => Output(delete.OutputClause, target, "deleted"));
    }

    public override void ExplicitVisit(MergeStatement node)
    {
        Define(node.WithCtesAndXmlNamespaces);
        var merge = node.MergeSpecification;
        Inside(new Scope(scope), () =>
        {
            var target = Target(merge.Target, "SELECT") with { Alias = merge.TableAlias?.Value ?? Name(merge.Target) };
            scope.Sources.Add(target);
            From(merge.TableReference, lateral: false);
            merge.SearchCondition.Accept(this);
            foreach (var clause in merge.ActionClauses)
            {
                clause.SearchCondition?.Accept(this);
                switch (clause.Action)
                {
                    case UpdateMergeAction update:
                        Rights.Add($"UPDATE {Name(merge.Target)}");
                        Set(target, update.SetClauses);
                        break;
                    case InsertMergeAction insert:
                        Rights.Add($"INSERT {Name(merge.Target)}");
                        insert.Columns.ToList().ForEach(column => MustHave(target, column));
                        insert.Source.Accept(this);
                        break;
                    default:
                        Rights.Add($"DELETE {Name(merge.Target)}");
                        break;
                }
            }

            Output(merge.OutputClause, target, "inserted", "deleted");
        });
    }

    private void Change(
        DataModificationSpecification change, FromClause? from, WhereClause? where, string right, Action<Source> work) => Inside(new Scope(scope), () =>
    {
        foreach (var table in from?.TableReferences ?? [])
        {
            From(table, lateral: false);
        }

        // UPDATE a SET … FROM agreement AS a names the alias.
        var target = scope.Sources.Find(source => source.Is(Name(change.Target)));
        if (target is null)
        {
            target = Target(change.Target, right);
            Rights.Add($"SELECT {Name(change.Target)}");
            scope.Sources.Add(target);
        }

        work(target);
        where?.Accept(this);
    });

    private Source Target(TableReference table, string right)
    {
        Hints((NamedTableReference)table);
        Rights.Add($"{right} {Name(table)}");
        return new Source(Name(table), Known(Name(table)));
    }

    private void Set(Source target, IEnumerable<SetClause> clauses)
    {
        foreach (var clause in clauses.Cast<AssignmentSetClause>())
        {
            MustHave(target, clause.Column);
            clause.NewValue.Accept(this);
        }
    }

    private void Output(OutputClause? output, Source target, params IEnumerable<string> images)
    {
        if (output is not null)
        {
            var seen = new Scope(null);
            seen.Sources.AddRange(images.Select(image => target with { Alias = image }));
            Rights.Add($"SELECT {target.Alias}");
            Inside(seen, () => Results.Add(Columns(output.SelectColumns)));
        }
    }

    private void MustHave(Source target, ColumnReferenceExpression column)
    {
        var name = column.MultiPartIdentifier.Identifiers[^1].Value;
        if (!target.Has(name))
        {
            Problems.Add($"{target.Alias}.{name} is not there");
        }
    }

    private void Count(Source target, int columns, int values)
    {
        if (columns != values)
        {
            Problems.Add($"INSERT {target.Alias}: {columns} columns and {values} values");
        }
    }
}
