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
