namespace Dossier.Tests.Fixtures;

/// <summary>
/// Tests that start processes or keep both cores busy on purpose: they run one after the other, after all others, so that
/// they disturb neither each other nor a test that measures a deadline.
/// </summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class ProcessesCollection
{
    public const string Name = "processes";
}

/// <summary>
/// Tests that kill a process again and again, one after the other and beside all others: they mostly wait for a start, and measure no time.
/// (After the others they kept a quarter of CI waiting, with one core idle.)
/// </summary>
[CollectionDefinition(Name)]
public sealed class KillsCollection
{
    public const string Name = "kills";
}
