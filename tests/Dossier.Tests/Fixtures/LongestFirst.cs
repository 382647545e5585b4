using Dossier.Tests.Fixtures;
using Xunit.Abstractions;

[assembly: TestCollectionOrderer($"Dossier.Tests.Fixtures.{nameof(LongestFirst)}", "Dossier.Tests")]

namespace Dossier.Tests.Fixtures;

/// <summary>Begins with what takes minutes one after the other. Begun last, it went on for four minutes beside an idle core.</summary>
public sealed class LongestFirst : ITestCollectionOrderer
{
    private static readonly string[] Long = ["KilledProcessTests", RacesCollection.Name, ProcessesCollection.Name, "WatchEndsTests"];

    public IEnumerable<ITestCollection> OrderTestCollections(IEnumerable<ITestCollection> testCollections) => testCollections.OrderBy(collection =>
        Array.FindIndex(Long, name => collection.DisplayName.EndsWith(name, StringComparison.Ordinal)) is var place && place < 0 ? Long.Length : place);
}
