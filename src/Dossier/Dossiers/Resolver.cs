using System.Diagnostics;
using Dossier.Database;
using Dossier.Host;
using Dossier.Registry;
using Dossier.Sources;
using Dossier.V1;

namespace Dossier.Dossiers;

/// <summary>Who may be behind some keys, and which sources were asked.</summary>
public sealed record Resolved(IReadOnlyList<Candidate> Candidates, IReadOnlyList<SourceRead> Reads, RegistryRead Registry)
{
    public IEnumerable<string> Unreachable => Reads.Where(read => CustomerReading.IsFailure(read.State)).Select(read => ResourceNames.Source(read.Store.Name))
        .Concat(CustomerReading.IsFailure(Registry.State) ? [ResourceNames.Registry] : []);
}

/// <summary>Finds customers by keys: in the registry and in every source that can find by such a key.</summary>
public sealed class Resolver(RegistryDatabase registry, SourceCatalogue sources, DossierOptions options, TimeProvider clock)
{
    private const int MostCandidates = 50;

    public async Task<Resolved> ResolveAsync(IReadOnlyList<CustomerKey> keys, Permitted permitted, Budget budget, CancellationToken caller)
    {
        var wanted = new KeySet();
        foreach (var key in keys)
        {
            wanted.Add(Keys.TypeOf(key), Keys.Encode(key));
        }

        var links = ReadRegistryAsync(wanted, budget, caller);
        var reads = await Task.WhenAll(sources.Stores.Select(store => store.ReadAsync(
            new SourceQuery
            {
                Customer = wanted.Of(KeyType.CustomerNumber).FirstOrDefault(),
                Keys = wanted,
                Blocks = store.Queries?.FindsBy.Any(wanted.Has) == true ? ["find"] : [],
            },
            budget.Left,
            caller)));
        var (registryRead, known) = await links;

        // Who it may be is told to whoever may read dossiers; their name and place are content.
        var nameless = reads.Select(read => read.Store.Name).Where(store => !permitted.Allows(Section.Customer, store)).ToHashSet(StringComparer.Ordinal);
        return new Resolved(Candidates(wanted, known, reads, nameless), reads, registryRead);
    }

    private async Task<(RegistryRead Read, IReadOnlyList<KeyLinkRow> Known)> ReadRegistryAsync(KeySet wanted, Budget budget, CancellationToken caller)
    {
        var started = Stopwatch.GetTimestamp();
        var asOf = clock.GetUtcNow();
        try
        {
            var (sequence, known) = await registry.ReadSinceAsync(
                0,
                (session, sequence) =>
                {
                    IReadOnlyList<KeyLinkRow> rows = [.. wanted.All.SelectMany(key => key.Type == KeyType.CustomerNumber
                        ? (session.KnowsCustomer(key.Value) ? [Self(key.Value)] : [])
                        : session.CustomersBy((long)key.Type, key.Value))];
                    return (sequence, rows);
                },
                budget.Share(0.4, registry.Deadline),
                caller);
            return (new RegistryRead(SourceState.Ok, sequence, known.Count > 0, known, [], asOf, Stopwatch.GetElapsedTime(started)), known);
        }
        catch (LaneException down)
        {
            var state = down.Failure == LaneFailure.TimedOut ? SourceState.TimedOut : SourceState.Unreachable;
            return (new RegistryRead(state, 0, false, [], [], null, Stopwatch.GetElapsedTime(started)), []);
        }
    }

    private static KeyLinkRow Self(string customer) => new()
    {
        Customer = customer,
        KeyType = (long)KeyType.CustomerNumber,
        KeyValue = customer,
        State = (long)KeyLink.Types.State.Linked,
    };

    private List<Candidate> Candidates(KeySet wanted, IReadOnlyList<KeyLinkRow> known, IReadOnlyList<SourceRead> reads, HashSet<string> nameless)
    {
        var matches = known.Where(link => link.Linked).Select(link => new Match(link.Customer, (link.Type, link.KeyValue), link.Shared, Certain: true, "", "")).ToList();
        var unlinked = known.Where(link => !link.Linked).Select(link => (link.Customer, (link.Type, link.KeyValue))).ToHashSet();
        foreach (var read in reads)
        {
            foreach (var person in read.Facts.Persons)
            {
                // A number that is none of ours (blanks, zero bytes of a padded column) names nobody: as a person without one it is seen.
                var customer = ResourceNames.IsCustomerNumber(person.Customer ?? "") ? person.Customer! : "";
                if (Keys.Normalise(person.Key, "key", options.Phone.DefaultCountry, new Violations()) is { } key
                    && (Keys.TypeOf(key), Keys.Encode(key)) is var encoded && wanted.All.Contains(encoded)
                    && !unlinked.Contains((customer, encoded)))
                {
                    matches.Add(new Match(customer, encoded, false, read.Store.CustomerSource, nameless.Contains(read.Store.Name) ? "" : person.DisplayName, nameless.Contains(read.Store.Name) ? "" : person.Place));
                }
            }
        }

        var shared = matches.Where(match => match.Customer.Length > 0)
            .GroupBy(match => match.Key)
            .Where(group => group.Any(match => match.Shared) || group.Select(match => match.Customer).Distinct(StringComparer.Ordinal).Count() > 1)
            .Select(group => group.Key)
            .ToHashSet();
        var identified = matches.Where(match => match.Customer.Length > 0).Select(match => match.Key).ToHashSet();
        return [.. matches
            .Where(match => match.Customer.Length > 0 || !identified.Contains(match.Key))
            .GroupBy(match => match.Customer.Length > 0 ? match.Customer : $"?{match.DisplayName}|{match.Key}", StringComparer.Ordinal)
            .Select(group => ToCandidate([.. group], shared))
            .OrderBy(candidate => candidate.Grade)
            .ThenBy(candidate => candidate.Customer, StringComparer.Ordinal)
            .Take(MostCandidates)];
    }

    private static Candidate ToCandidate(IReadOnlyList<Match> matches, HashSet<(KeyType, string)> shared)
    {
        var named = matches.OrderByDescending(match => match.Certain).FirstOrDefault(match => match.DisplayName.Length > 0);
        return new Candidate
        {
            Customer = matches[0].Customer.Length > 0 ? ResourceNames.Customer(matches[0].Customer) : "",
            Grade = matches.All(match => shared.Contains(match.Key)) ? MatchGrade.Possible
                : matches[0].Customer.Length > 0 && matches.Any(match => match.Certain && !shared.Contains(match.Key)) ? MatchGrade.Certain
                : MatchGrade.Probable,
            DisplayName = named?.DisplayName ?? "",
            Place = named?.Place ?? "",
            MatchedKeys = { matches.Select(match => match.Key).Distinct().Select(key => Keys.Decode(key.Type, key.Value)) },
        };
    }

    private sealed record Match(string Customer, (KeyType Type, string Value) Key, bool Shared, bool Certain, string DisplayName, string Place);
}
