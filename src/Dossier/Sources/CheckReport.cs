using Dossier.Database;

namespace Dossier.Sources;

/// <summary>What a check says of one thing.</summary>
public enum FindingLevel
{
    /// <summary>A fact: rows and time of a block.</summary>
    Note,

    Fine,

    /// <summary>It works, and will be slow, cut off or less safe than it could be.</summary>
    Warning,

    Wrong,
}

/// <summary>One line of a check.</summary>
public sealed record Finding(string Source, FindingLevel Level, string Text);

/// <summary>The plan of one block.</summary>
public sealed record BlockPlan(string Source, string Block, IReadOnlyList<PlanStep> Steps);

/// <summary>The rights that one source's file needs, as statements for the store's owner.</summary>
public sealed record SourceGrants(string Source, IReadOnlyList<string> Statements);

/// <summary>All that one check found.</summary>
public sealed record CheckReport(IReadOnlyList<Finding> Findings, IReadOnlyList<SourceGrants> Grants, IReadOnlyList<BlockPlan> Plans)
{
    public bool AllFine => Findings.All(finding => finding.Level != FindingLevel.Wrong);
}

/// <summary>What a check looks at beside settings, connection and columns.</summary>
/// <param name="Customer">Read every block of this customer; null for none.</param>
/// <param name="Grants">Tell the rights that the files need.</param>
/// <param name="Plans">Tell how the store would run each block.</param>
public sealed record CheckExtent(string? Customer, bool Grants, bool Plans);
