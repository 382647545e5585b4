using System.Data.Common;
using Dapper;

namespace Dossier.Tests.Fixtures;

/// <summary>What stands in a registry of any vendor, read past the service in one transaction.</summary>
public sealed class RegistryTables
{
    public RegistryTables(DbConnection connection)
    {
        using var snapshot = connection.BeginTransaction(System.Data.IsolationLevel.Serializable);
        Sequence = connection.QuerySingle<long>("SELECT value FROM change_counter", transaction: snapshot);
        Changes = [.. connection.Query<Row>("SELECT sequence, resource AS name, revision FROM change ORDER BY sequence", transaction: snapshot)];
        Requests = [.. connection.Query<Request>("SELECT system, request_id AS requestId, name, revision, sequence FROM request ORDER BY sequence", transaction: snapshot)];
        Agreements = [.. connection.Query<string>("SELECT 'customers/' || customer || '/agreements/' || id FROM agreement", transaction: snapshot)];
        Revisions = [.. connection.Query<Row>(
            "SELECT sequence, 'customers/' || customer || '/agreements/' || id AS name, revision FROM agreement_revision ORDER BY sequence", transaction: snapshot)];
        snapshot.Rollback();
    }

    public long Sequence { get; }

    public IReadOnlyList<Row> Changes { get; }

    public IReadOnlyList<Request> Requests { get; }

    public IReadOnlyList<string> Agreements { get; }

    public IReadOnlyList<Row> Revisions { get; }

    /// <summary>What is true after every change, whoever made it and however it ended.</summary>
    public void IsSound()
    {
        // No gap and nothing twice: 1 to the counter.
        Assert.Equal(Enumerable.Range(1, (int)Sequence).Select(number => (long)number), Changes.Select(change => change.Sequence));

        // Every change of an agreement is one revision and one request's; what else changes (learned keys) nobody asked for by id.
        var changes = Changes.Where(change => change.Name.Contains("/agreements/", StringComparison.Ordinal)).ToList();
        Assert.Equal(changes, Revisions);
        Assert.Equal(changes, Requests.Where(request => request.Name.Contains("/agreements/", StringComparison.Ordinal)).Select(request => new Row(request.Sequence, request.Name, request.Revision)));
        Assert.Equal(Agreements.Order(StringComparer.Ordinal), Revisions.Where(revision => revision.Revision == 1).Select(revision => revision.Name).Order(StringComparer.Ordinal));
    }

    public sealed record Row(long Sequence, string Name, long Revision)
    {
        // For a table without rows, of which SQLite tells no types.
        private Row()
            : this(0, "", 0)
        {
        }
    }

    public sealed record Request(string System, string RequestId, string Name, long Revision, long Sequence)
    {
        private Request()
            : this("", "", "", 0, 0)
        {
        }
    }
}
