using System.Data.Common;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using Dapper;
using Dossier.Database;
using Dossier.Registry;
using Dossier.Sources;
using Microsoft.Data.Sqlite;

namespace Dossier.Deployment;

/// <summary>The registry as the service would find it: reached, up to date, with a login that may do what it must and no more, and with one clock.</summary>
internal sealed partial class RegistryCheck(RegistryOptions options, TimeProvider clock)
{
    private const string Name = "registry";
    private const long Little = 50L << 20;
    private const long NotMuch = 500L << 20;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    // What is only ever added to: a login that may change it can make history say something else.
    private static readonly string[] History = ["access_record", "agreement_revision", "change"];
    private readonly Vendor vendor = Vendor.Find(options.Provider)!;
    private readonly List<Finding> findings = [];

    public async Task<IReadOnlyList<Finding>> LookAsync(CancellationToken stop)
    {
        if (vendor is SqliteVendor && !LookAtFile(Path.GetFullPath(new SqliteConnectionStringBuilder(options.ConnectionString).DataSource)))
        {
            return findings;
        }

        await OnConnectionAsync(
            options.ConnectionString,
            Look,
            why => Add(FindingLevel.Wrong, Name, $"{why}. Without it nothing is agreed or judged. Does the server run, and are host, database and login of Registry:ConnectionString right?"),
            stop);
        if (options.ReadConnectionString.Length > 0)
        {
            await OnConnectionAsync(
                options.ReadConnectionString,
                (_, place) => Add(FindingLevel.Fine, "replica", $"{place} answers"),
                why => Add(FindingLevel.Warning, "replica", $"{why}. The primary answers in its place until it is back: see Registry:ReadConnectionString"),
                stop);
        }

        return findings;
    }

    /// <summary>Which of the two clocks goes wrong nobody can tell; both are named.</summary>
    internal static Finding Clocks(TimeSpan skew) => new(
        "clock",
        skew.Duration() > TimeSpan.FromSeconds(5) ? FindingLevel.Wrong : skew.Duration() > TimeSpan.FromSeconds(1) ? FindingLevel.Warning : FindingLevel.Fine,
        skew.Duration() > TimeSpan.FromSeconds(1)
            ? $"this machine is {skew.Duration().TotalSeconds:0.0} s {(skew > TimeSpan.Zero ? "ahead of" : "behind")} the registry's server: agreements begin and end at moments of this machine. Let both follow one time server (NTP)"
            : "this machine and the registry's server agree to a second");

    internal static Finding Disk(string folder, long free) => new(
        "disk",
        free < Little ? FindingLevel.Wrong : free < NotMuch ? FindingLevel.Warning : FindingLevel.Fine,
        free < NotMuch ? $"{free >> 20} MB are free where {folder} stands: when it is full, every change is refused. Make room, or move DataDirectory" : $"{free >> 20} MB are free for {folder}");

    internal static Finding? Network(string file, DriveType type, string format) => type != DriveType.Network ? null : new(
        Name,
        FindingLevel.Wrong,
        $"{file} stands on a network file system ({format}), where SQLite's locks do not hold: changes get lost. Put DataDirectory on a disk of this machine, or the registry on a server (docs/operating.md)");

    /// <summary>The rights that the script gives to the service's login, by table.</summary>
    internal static IEnumerable<(string Table, string Right)> Rights(string permissions) => Grant().Matches(permissions)
        .SelectMany(grant => grant.Groups["tables"].Value.Split(',').Select(table => (table.Trim(), grant.Groups["right"].Value)));

    /// <returns>Whether there is a file to look into.</returns>
    private bool LookAtFile(string file)
    {
        var folder = Path.GetDirectoryName(file)!;
        while (!Directory.Exists(folder))
        {
            // The first start makes it; what counts is the disk that it will stand on.
            folder = Path.GetDirectoryName(folder)!;
        }

        try
        {
            var drive = new DriveInfo(folder);
            findings.AddRange(new[] { Network(file, drive.DriveType, drive.DriveFormat), Disk(folder, drive.AvailableFreeSpace) }.OfType<Finding>());
        }
        catch (Exception untold) when (untold is IOException or UnauthorizedAccessException or ArgumentException)
        {
            Add(FindingLevel.Note, "disk", $"nothing is known of where {folder} stands: {untold.Message}");
        }

        if (!File.Exists(file))
        {
            Add(FindingLevel.Note, Name, $"{file} is not there yet: the service makes it at its first start");
        }

        return File.Exists(file);
    }

    private void Look(DbConnection connection, string place)
    {
        IReadOnlyList<string> lacking;
        try
        {
            lacking = RegistrySchema.Lacking(vendor, connection);
        }
        catch (InvalidOperationException wrong)
        {
            Add(FindingLevel.Wrong, "schema", wrong.Message);
            return;
        }

        if (lacking.Count > 0)
        {
            var steps = $"lacks {string.Join(", ", lacking)}";
            Add(
                vendor is SqliteVendor ? FindingLevel.Note : FindingLevel.Wrong,
                "schema",
                vendor is SqliteVendor ? $"{steps}: the next start brings it up to date" : $"{steps}: this program does not start on it. As the registry's owner: ./dossier migrate");
            return;
        }

        Add(FindingLevel.Fine, Name, $"{place} answers, and its schema is up to date");
        Login(connection);
        var before = clock.GetUtcNow();
        if (vendor.Inspection.Clock(connection) is { } server)
        {
            findings.Add(Clocks(before + ((clock.GetUtcNow() - before) / 2) - server));
        }

        var open = connection.Query<OpenConflictsRow>(RegistryDatabase.Statements(vendor)["open_conflicts"]).ToList();
        if (open.Count > 0)
        {
            var owners = open.GroupBy(row => row.Owner, StringComparer.Ordinal).OrderBy(owner => owner.Key, StringComparer.Ordinal);
            Add(FindingLevel.Note, "conflicts", $"{open.Sum(row => row.Number)} are open, to be solved by {string.Join(", ", owners.Select(owner => $"{owner.Key} {owner.Sum(row => row.Number)}"))}: ./dossier conflicts");
        }
    }

    private void Login(DbConnection connection)
    {
        var login = vendor.Inspection.Login(connection, []).Login;
        var harms = History.SelectMany(table => vendor.Inspection.Rewrites(connection, table)).Distinct(StringComparer.Ordinal).ToList();
        var lacks = vendor.Inspection.Lacks(connection, [.. Rights(SqlText.Read("registry/postgres/permissions.sql"))]);
        if (harms.Count > 0)
        {
            Add(FindingLevel.Warning, "login", $"{login} {string.Join(" and ", harms)}: so may an owner, and the service must not. Give it a login of its own with db/registry/{vendor.Folder}/permissions.sql");
        }

        if (lacks.Count > 0)
        {
            Add(FindingLevel.Wrong, "login", $"{login} lacks {string.Join(", ", lacks)}: calls that need it fail. As the registry's owner, after each migrate: db/registry/{vendor.Folder}/permissions.sql");
        }

        if (login.Length > 0 && harms.Count + lacks.Count == 0)
        {
            Add(FindingLevel.Fine, "login", $"{login} cannot rewrite history");
        }
    }

    private async Task OnConnectionAsync(string connectionString, Action<DbConnection, string> look, Action<string> failed, CancellationToken stop)
    {
        ConnectionPool connected;
        try
        {
            connected = vendor.Connect(new ConnectionSettings(connectionString, "dossier/doctor", ReadOnly: true, MaxConnections: 1, Patience));
        }
        catch (InvalidOperationException refused)
        {
            failed(refused.Message);
            return;
        }

        using var pool = connected;
        var place = $"{vendor.Name} {(pool.Server is { } server ? $"{pool.Namespace} at {server}" : pool.Namespace)}";

        // A thread of its own and a clock of its own: drivers wait for a silent server longer than they were told.
        var looking = Task.Factory.StartNew(() => OnConnection(pool, connection => look(connection, place)), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        try
        {
            if (await looking.WaitAsync(Patience * 3, stop) is { } why)
            {
                failed($"{place}: {why}");
            }
        }
        catch (TimeoutException)
        {
            failed($"{place} gave no answer within {(Patience * 3).TotalSeconds:0} s");
        }
    }

    private string? OnConnection(ConnectionPool pool, Action<DbConnection> look)
    {
        try
        {
            using var rented = pool.Rent(Patience);
            look(rented.Connection);
            return null;
        }
        catch (DbException database)
        {
            return vendor.Explain(database);
        }
        catch (Exception other) when (other is IOException or SocketException or TimeoutException or InvalidOperationException or NotSupportedException)
        {
            return other.Message;
        }
    }

    private void Add(FindingLevel level, string about, string text) => findings.Add(new Finding(about, level, text));

    [GeneratedRegex(@"GRANT (?<right>SELECT|INSERT|UPDATE|DELETE)(?: \(\w+\))? ON (?<tables>[\w,\s]+?) TO")]
    private static partial Regex Grant();
}
