namespace Dossier.Tests.ConformanceTests;

/// <summary>What stands in a vendor's registry, read past the service while nobody writes.</summary>
public sealed class RegistryContents
{
    private const long Forgotten = 3;
    
    // What sources tell: keys, and conflicts that are seen.
    private static readonly long[] BySources = [5, 6, 17, 18, 19, 21];

    private RegistryContents(Servers servers)
    {
        Sequence = servers.Query<long>("SELECT value FROM change_counter").Single();
        Changes = servers.Query<Change>("SELECT sequence, kind, customer, resource, revision, system FROM change ORDER BY sequence");
        Requests = servers.Query<Request>("SELECT system, request_id AS requestId, name, revision, sequence FROM request ORDER BY sequence");
        Agreements = servers.Query<Agreement>("SELECT customer, id, revision FROM agreement");
        Revisions = servers.Query<Revision>("SELECT customer, id, revision AS number, sequence FROM agreement_revision ORDER BY sequence");
        Links = servers.Query<Link>("SELECT customer, key_type AS keyType, key_value AS keyValue, state, revision FROM key_link");
        LinkRevisions = servers.Query<Link>(
            "SELECT customer, key_type AS keyType, key_value AS keyValue, state, revision, sequence, origin FROM key_link_revision ORDER BY sequence");
    }

    public long Sequence { get; }

    public IReadOnlyList<Change> Changes { get; }

    public IReadOnlyList<Request> Requests { get; }

    public IReadOnlyList<Agreement> Agreements { get; }

    public IReadOnlyList<Revision> Revisions { get; }

    public IReadOnlyList<Link> Links { get; }

    public IReadOnlyList<Link> LinkRevisions { get; }

    public static RegistryContents Of(Servers servers) => new(servers);

    /// <summary>How many rows there are of each kind, and the sequence: equal before and after what must store nothing.</summary>
    public override string ToString() =>
        $"sequence={Sequence} changes={Changes.Count} requests={Requests.Count} agreements={Agreements.Count} revisions={Revisions.Count} links={Links.Count} link revisions={LinkRevisions.Count}";

    /// <summary>What is true after every change, whoever made it and however it ended.</summary>
    public RegistryContents IsSound()
    {
        // No gap and nothing twice: 1 to the counter.
        Assert.Equal(Enumerable.Range(1, (int)Sequence).Select(number => (long)number), Changes.Select(change => change.Sequence));

        // A request makes one change; only what sources tell is changed without one.
        Assert.Equal(
            Changes.Where(change => !BySources.Contains(change.Kind)).Select(change => (change.Sequence, change.System, change.Resource, change.Revision)),
            Requests.Select(request => (request.Sequence, request.System, request.Name, request.Revision)));

        // A change makes one revision, under its sequence.
        Assert.Equal(
            Changes.Where(change => change.Kind is 1 or 2 or (>= 9 and <= 13) or 21).Select(change => (change.Sequence, change.Customer, change.Resource, change.Revision)),
            Revisions.Select(revision => (revision.Sequence, revision.Customer, $"customers/{revision.Customer}/agreements/{revision.Id}", revision.Number)));
        Assert.Equal(
            Changes.Where(change => change.Kind is 3 or 4 or 5 or 6).Select(change => (change.Sequence, change.Resource, change.Revision)),
            LinkRevisions.Select(link => (link.Sequence, $"customers/{link.Customer}", link.Revision)));

        // Revisions count from 1 in the order of their sequences, and the present row is the last of them.
        foreach (var history in Revisions.GroupBy(revision => (revision.Customer, revision.Id)))
        {
            Assert.Equal(Enumerable.Range(1, history.Count()).Select(number => (long)number), history.Select(revision => revision.Number));
            Assert.Equal(history.Last().Number, Agreements.Single(agreement => (agreement.Customer, agreement.Id) == history.Key).Revision);
        }

        foreach (var history in LinkRevisions.GroupBy(link => link.Identity))
        {
            Assert.Equal(Enumerable.Range(1, history.Count()).Select(number => (long)number), history.Select(link => link.Revision));
            var now = Links.SingleOrDefault(link => link.Identity == history.Key);
            (long Revision, long State)? last = history.Last().State == Forgotten ? null : (history.Last().Revision, history.Last().State);
            (long Revision, long State)? present = now is null ? null : (now.Revision, now.State);
            Assert.Equal(last, present);
        }

        Assert.Equal(Agreements.Count, Revisions.Count(revision => revision.Number == 1));
        Assert.Equal(Links.Count, Links.Count(link => LinkRevisions.Any(known => known.Identity == link.Identity)));
        return this;
    }

    public sealed class Change
    {
        public long Sequence { get; init; }

        public long Kind { get; init; }

        public string Customer { get; init; } = "";

        public string Resource { get; init; } = "";

        public long Revision { get; init; }

        public string System { get; init; } = "";
    }

    public sealed class Request
    {
        public string System { get; init; } = "";

        public string RequestId { get; init; } = "";

        public string Name { get; init; } = "";

        public long Revision { get; init; }

        public long Sequence { get; init; }
    }

    public sealed class Agreement
    {
        public string Customer { get; init; } = "";

        public string Id { get; init; } = "";

        public long Revision { get; init; }
    }

    public sealed class Revision
    {
        public string Customer { get; init; } = "";

        public string Id { get; init; } = "";

        public long Number { get; init; }

        public long Sequence { get; init; }
    }

    public sealed class Link
    {
        public string Customer { get; init; } = "";

        public long KeyType { get; init; }

        public string KeyValue { get; init; } = "";

        public long State { get; init; }

        public long Revision { get; init; }

        public long Sequence { get; init; }

        public string Origin { get; init; } = "";

        public (string, long, string) Identity => (Customer, KeyType, KeyValue);
    }
}
