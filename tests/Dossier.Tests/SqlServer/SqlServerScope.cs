namespace Dossier.Tests.SqlServerTests;

/// <summary>What one FROM has in sight, and what stands around it.</summary>
internal sealed class Scope(Scope? outer)
{
    public Scope? Outer => outer;

    public List<Source> Sources { get; } = [];
}

/// <summary>A table, view, CTE or list in FROM; without columns, it was not found and has them all.</summary>
internal sealed record Source(string Alias, IReadOnlySet<string>? Columns)
{
    public bool Is(string name) => string.Equals(Alias, name, StringComparison.OrdinalIgnoreCase);

    public bool Has(string column) => Columns?.Contains(column) != false;
}
