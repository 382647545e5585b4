using System.Collections.Frozen;
using System.Data.Common;
using System.Globalization;

namespace Dossier.Database;

/// <summary>A table or view as the server knows it.</summary>
public sealed record Relation(string Schema, string Name);

/// <summary>Who is logged in, where, and what that login may do beside reading.</summary>
public sealed record LoginRights(string Login, string Database, IReadOnlyList<string> Harms);

/// <summary>One step of a plan.</summary>
/// <param name="Depth">How deep it stands below the first step.</param>
/// <param name="Text">What it does.</param>
/// <param name="Mark">Why it will be slow on a large table; null if nothing is seen.</param>
public sealed record PlanStep(int Depth, string Text, string? Mark);

/// <summary>What a store can be asked about itself before its blocks are run: db/reading/check.&lt;vendor&gt;.sql.</summary>
public abstract class Inspection(Vendor vendor)
{
    /// <summary>Said of a step that reads a whole table.</summary>
    protected const string Scan = "SCAN: reads all of it, no index fits";

    private FrozenDictionary<string, string>? statements;

    public Vendor Vendor { get; } = vendor;

    /// <summary>A login that may do more than read is refused, not only told.</summary>
    public virtual bool RefusesHarm => false;

    protected FrozenDictionary<string, string> Statements =>
        statements ??= SqlText.Blocks(SqlText.Read($"reading/check.{Vendor.Folder}.sql"), $"db/reading/check.{Vendor.Folder}.sql");

    /// <summary>The table or view of a name; null if there is none that the login can see.</summary>
    public abstract Relation? Find(DbConnection connection, TableReference reference);

    /// <param name="connection">Logged in as the service would be.</param>
    /// <param name="relations">What the query file reads.</param>
    public abstract LoginRights Login(DbConnection connection, IReadOnlyCollection<Relation> relations);

    /// <summary>The statements that let a login read these tables and views and no more.</summary>
    public abstract IEnumerable<string> Grants(string login, string database, IReadOnlyCollection<Relation> relations);

    /// <summary>How the store would run a block.</summary>
    /// <param name="connection">Logged in as the service would be.</param>
    /// <param name="block">The block.</param>
    /// <param name="parameters">Puts its parameters on a command.</param>
    /// <param name="tables">The names by which the block calls tables; what else it scans is its own making.</param>
    public abstract IReadOnlyList<PlanStep> Plan(DbConnection connection, string block, Action<DbCommand> parameters, IReadOnlySet<string> tables);

    /// <summary>What the login may do to a table that is only ever added to, beside adding; empty if nothing.</summary>
    public abstract IReadOnlyList<string> Rewrites(DbConnection connection, string table);

    /// <summary>The rights that the login has not, of those that it needs; empty too where the server does not tell.</summary>
    public virtual IReadOnlyList<string> Lacks(DbConnection connection, IReadOnlyList<(string Table, string Right)> needed) => [];

    /// <summary>What the server's clock says; null where there is no server.</summary>
    public virtual DateTimeOffset? Clock(DbConnection connection) => null;

    protected DateTimeOffset ReadClock(DbConnection connection) =>
        DateTimeOffset.FromUnixTimeMilliseconds(long.Parse(Read(connection, Statements["clock"])[0][0], CultureInfo.InvariantCulture));

    protected static void Execute(DbConnection connection, string statement)
    {
        using var command = connection.CreateCommand();
        command.CommandText = statement;
        command.ExecuteNonQuery();
    }

    /// <summary>All rows of a statement, as texts.</summary>
    protected List<string[]> Read(DbConnection connection, string statement, params (string Name, string? Value)[] parameters) =>
        Read(connection, statement, command =>
        {
            foreach (var (name, value) in parameters)
            {
                Vendor.AddParameter(command, name, new SqlValue(value));
            }
        });

    protected static List<string[]> Read(DbConnection connection, string statement, Action<DbCommand> parameters)
    {
        using var command = connection.CreateCommand();
        command.CommandText = statement;
        parameters(command);
        using var reader = command.ExecuteReader();
        var rows = new List<string[]>();
        while (reader.Read())
        {
            rows.Add([.. Enumerable.Range(0, reader.FieldCount).Select(column => reader.IsDBNull(column) ? "" : Convert.ToString(reader.GetValue(column)) ?? "")]);
        }

        return rows;
    }
}
