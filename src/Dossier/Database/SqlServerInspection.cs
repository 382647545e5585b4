using System.Data;
using System.Data.Common;
using System.Text;
using System.Xml.Linq;
using Microsoft.Data.SqlClient;

namespace Dossier.Database;

/// <summary>SQL Server: it has no read-only session, so the login itself must be unable to write, and is refused otherwise.</summary>
internal sealed class SqlServerInspection(Vendor vendor) : Inspection(vendor)
{
    private static readonly string[] Scans = ["Table Scan", "Clustered Index Scan", "Index Scan"];

    public override bool RefusesHarm => true;

    public override Relation? Find(DbConnection connection, TableReference reference) =>
        Read(connection, Statements["relation"], ("name", string.Join('.', reference.Name.Select(Quote)))) is [[var schema, var name], ..] ? new Relation(schema, name) : null;

    public override LoginRights Login(DbConnection connection, IReadOnlyCollection<Relation> relations)
    {
        var login = Read(connection, Statements["login"])[0];
        return new LoginRights(login[0], login[1], Harms(Read(connection, Statements["rights"]).Select(row => (row[0], row[1]))));
    }

    public override IReadOnlyList<string> Rewrites(DbConnection connection, string table) => Rewrites(Read(connection, Statements["rights"]).Select(row => (row[0], row[1])), table);

    /// <summary>The rights that reach such a table: its own but for adding, and those of schema, database and server.</summary>
    internal static IReadOnlyList<string> Rewrites(IEnumerable<(string On, string Right)> rights, string table) =>
        Harms(rights.Where(held => held.On.EndsWith("." + table, StringComparison.OrdinalIgnoreCase) ? held.Right != "INSERT" : !held.On.Contains('.', StringComparison.Ordinal)));

    public override DateTimeOffset? Clock(DbConnection connection) => ReadClock(connection);

    /// <summary>The rights that let a login do more than look.</summary>
    internal static IReadOnlyList<string> Harms(IEnumerable<(string On, string Right)> rights) => [.. rights
        .Where(held => !(held.Right is "SELECT" or "SHOWPLAN" || held.Right.StartsWith("CONNECT", StringComparison.Ordinal) || held.Right.StartsWith("VIEW ", StringComparison.Ordinal)))
        .GroupBy(held => held.On, StringComparer.Ordinal)
        .Select(group => $"may {string.Join(", ", group.Select(held => held.Right).Distinct(StringComparer.Ordinal).Take(5))} in {group.Key}")];

    public override IEnumerable<string> Grants(string login, string database, IReadOnlyCollection<Relation> relations) => relations
        .Select(relation => Statements["grant_table"]
            .Replace("{schema}", Escape(relation.Schema), StringComparison.Ordinal)
            .Replace("{table}", Escape(relation.Name), StringComparison.Ordinal)
            .Replace("{login}", Escape(login), StringComparison.Ordinal) + ";")
        .Prepend(Statements["grant_connect"].Replace("{login}", Escape(login), StringComparison.Ordinal) + ";");

    public override IReadOnlyList<PlanStep> Plan(DbConnection connection, string block, Action<DbCommand> parameters, IReadOnlySet<string> tables)
    {
        Execute(connection, Statements["plan_begin"]);
        try
        {
            // A batch with declared variables, not a call with parameters: the server would show the plan of the call.
            using var typed = connection.CreateCommand();
            parameters(typed);
            return Steps(string.Concat(Read(connection, Declare(typed) + block, _ => { }).Select(row => row[0])));
        }
        finally
        {
            Execute(connection, Statements["plan_end"]);
        }
    }

    internal static string Declare(DbCommand command) => string.Concat(command.Parameters.Cast<SqlParameter>()
        .Select(parameter => $"DECLARE {parameter.ParameterName} {TypeOf(parameter)};\n"));

    /// <summary>The steps of a showplan.</summary>
    internal static IReadOnlyList<PlanStep> Steps(string xml)
    {
        var steps = new List<PlanStep>();
        foreach (var root in XDocument.Parse(xml).Descendants().Where(element => element.Name.LocalName == "QueryPlan"))
        {
            foreach (var step in root.Descendants().Where(element => element.Name.LocalName == "RelOp"))
            {
                // What stands below another step belongs to that one.
                var own = step.Descendants().Where(element => element.Name.LocalName != "RelOp" && Above(element) == step).ToList();
                var read = own.Find(element => element.Name.LocalName == "Object" && element.Attribute("Table") is not null);
                var operation = step.Attribute("PhysicalOp")?.Value ?? "";
                var text = new StringBuilder(operation).Append(read is null ? "" : $" on {read.Attribute("Schema")?.Value}.{read.Attribute("Table")!.Value} {read.Attribute("Index")?.Value}".TrimEnd());
                var marks = new List<string>();
                if (Scans.Contains(operation, StringComparer.Ordinal) && read is not null && !read.Attribute("Table")!.Value.StartsWith("[#", StringComparison.Ordinal))
                {
                    marks.Add(Scan);
                }

                var converted = own.Find(element => element.Attribute("ScalarString")?.Value.Contains("CONVERT_IMPLICIT", StringComparison.Ordinal) == true);
                if (converted is not null)
                {
                    marks.Add($"CONVERSION: {converted.Attribute("ScalarString")!.Value}, see KeyTypes");
                }

                var depth = step.Ancestors().Count(element => element.Name.LocalName == "RelOp");
                steps.Add(new PlanStep(depth, text.ToString(), marks.Count == 0 ? null : string.Join("; ", marks)));
            }
        }

        return steps;
    }

    private static XElement? Above(XElement element) => element.Ancestors().FirstOrDefault(above => above.Name.LocalName == "RelOp");

    private static string TypeOf(SqlParameter parameter) => parameter.SqlDbType switch
    {
        SqlDbType.NVarChar => parameter.Size < 0 ? "nvarchar(max)" : $"nvarchar({parameter.Size})",
        SqlDbType.VarChar => $"varchar({parameter.Size})",
        SqlDbType.BigInt => "bigint",
        SqlDbType.UniqueIdentifier => "uniqueidentifier",
        SqlDbType.DateTimeOffset => "datetimeoffset",
        SqlDbType.DateTime2 => "datetime2",
        var other => other.ToString().ToLowerInvariant(),
    };

    private static string Quote(string name) => name.Length == 0 ? "" : $"[{Escape(name)}]";

    private static string Escape(string name) => name.Replace("]", "]]", StringComparison.Ordinal);
}
