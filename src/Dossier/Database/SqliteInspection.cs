using System.Data.Common;
using System.Text.RegularExpressions;

namespace Dossier.Database;

/// <summary>SQLite: who may read the file may read all of it, and nobody logs in.</summary>
internal sealed partial class SqliteInspection(Vendor vendor) : Inspection(vendor)
{
    public override Relation? Find(DbConnection connection, TableReference reference) =>
        !reference.Function && Read(connection, Statements["relation"], ("name", reference.Name[^1])) is [[var schema, var name], ..] ? new Relation(schema, name) : null;

    public override LoginRights Login(DbConnection connection, IReadOnlyCollection<Relation> relations) => new("", connection.DataSource, []);

    public override IReadOnlyList<string> Rewrites(DbConnection connection, string table) => [];

    public override IEnumerable<string> Grants(string login, string database, IReadOnlyCollection<Relation> relations) =>
        [$"-- SQLite has no GRANT: the user that the service runs as needs read permission on the file {Path.GetFileName(database)} (and on its folder, beside a WAL), and no more."];

    public override IReadOnlyList<PlanStep> Plan(DbConnection connection, string block, Action<DbCommand> parameters, IReadOnlySet<string> tables)
    {
        var depths = new Dictionary<string, int>(StringComparer.Ordinal) { ["0"] = -1 };
        var steps = new List<PlanStep>();
        foreach (var row in Read(connection, Statements["plan"].Replace("{block}", block, StringComparison.Ordinal), parameters))
        {
            // id, parent, (not used), detail
            var depth = depths.GetValueOrDefault(row[1], -1) + 1;
            depths[row[0]] = depth;
            var scanned = Scanned().Match(row[3]);
            steps.Add(new PlanStep(depth, row[3], scanned.Success && tables.Contains(scanned.Groups["name"].Value) ? Scan : null));
        }

        return steps;
    }

    [GeneratedRegex("^SCAN (?:TABLE )?\"?(?<name>\\w+)")]
    private static partial Regex Scanned();
}
