using Dapper;
using Microsoft.Data.Sqlite;

namespace Dossier.Tests.Fixtures;

/// <summary>What stands in a registry's file, read past the service.</summary>
public sealed class RegistryFile
{
    private RegistryFile(string path)
    {
        using var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Mode = SqliteOpenMode.ReadOnly, Pooling = false }.ToString());
        connection.Open();
        using var snapshot = connection.BeginTransaction(deferred: true);
        Sequence = connection.QuerySingle<long>("SELECT value FROM change_counter", transaction: snapshot);
        Changes = [.. connection.Query<Change>("SELECT sequence, kind, customer, resource, revision FROM change ORDER BY sequence", transaction: snapshot)];
        Watched = [.. connection.Query<WatchedChange>(
            """
            SELECT sequence, customer, resource, revision, origin_system AS originSystem, effect_kinds AS effectKinds, first_sequence AS firstSequence
            FROM change ORDER BY sequence
            """,
            transaction: snapshot)];
        Requests = [.. connection.Query<Request>("SELECT system, request_id AS requestId, method, name, revision, sequence FROM request ORDER BY sequence", transaction: snapshot)];
        Agreements = [.. connection.Query<string>("SELECT 'customers/' || customer || '/agreements/' || id FROM agreement", transaction: snapshot)];
        Revisions = [.. connection.Query<Revision>(
            "SELECT 'customers/' || customer || '/agreements/' || id AS name, revision AS number, sequence FROM agreement_revision ORDER BY sequence", transaction: snapshot)];
        Integrity = connection.QuerySingle<string>("PRAGMA integrity_check", transaction: snapshot);
    }

    public long Sequence { get; }

    public IReadOnlyList<Change> Changes { get; }

    /// <summary>What the feed filters and groups by.</summary>
    public IReadOnlyList<WatchedChange> Watched { get; }

    public IReadOnlyList<Request> Requests { get; }

    public IReadOnlyList<string> Agreements { get; }

    public IReadOnlyList<Revision> Revisions { get; }

    private string Integrity { get; }

    /// <summary>The registry in a data folder whose service may run.</summary>
    public static RegistryFile In(string folder) => new(Path.Combine(folder, "registry.db"));

    /// <summary>
    /// The registry in a data folder whose service was killed: read from a copy, so that the service itself must recover it
    /// when it starts again.
    /// </summary>
    public static RegistryFile AsKilled(string folder)
    {
        using var copy = TemporaryFolder.Empty();
        foreach (var file in new[] { "registry.db", "registry.db-wal" }.Where(file => File.Exists(Path.Combine(folder, file))))
        {
            File.Copy(Path.Combine(folder, file), copy[file]);
        }

        return In(copy.Path);
    }

    /// <summary>What is true after every change, whoever made it and however it ended.</summary>
    public void IsSound()
    {
        Assert.Equal("ok", Integrity);

        // No gap and nothing twice: 1 to the counter.
        Assert.Equal(Enumerable.Range(1, (int)Sequence).Select(number => (long)number), Changes.Select(change => change.Sequence));

        // One request makes one change and one revision.
        Assert.Equal(Changes.Select(change => (change.Sequence, change.Resource, change.Revision)), Requests.Select(request => (request.Sequence, request.Name, request.Revision)));
        var agreementChanges = Changes.Where(change => change.Resource.Contains("/agreements/", StringComparison.Ordinal));
        Assert.Equal(agreementChanges.Select(change => (change.Sequence, change.Resource, change.Revision)), Revisions.Select(revision => (revision.Sequence, revision.Name, revision.Number)));
        Assert.Equal(Agreements.Order(StringComparer.Ordinal), Revisions.Where(revision => revision.Number == 1).Select(revision => revision.Name).Order(StringComparer.Ordinal));
    }

    public sealed record Change(long Sequence, long Kind, string Customer, string Resource, long Revision);

    public sealed record WatchedChange(long Sequence, string Customer, string Resource, long Revision, string OriginSystem, string EffectKinds, long FirstSequence);

    public sealed record Request(string System, string RequestId, string Method, string Name, long Revision, long Sequence);

    public sealed record Revision(string Name, long Number, long Sequence);
}
