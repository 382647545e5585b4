namespace Dossier.Tests.Fixtures;

/// <summary>
/// Tests that start processes and wait for them: one after the other, beside the others. They promise nothing about time; what does runs
/// alone, after all of them.
/// </summary>
[CollectionDefinition(Name)]
public sealed class ProcessesCollection
{
    public const string Name = "processes";
}
