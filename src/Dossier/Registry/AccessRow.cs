namespace Dossier.Registry;

/// <summary>Who read or changed what of a customer; ids alone.</summary>
public sealed record AccessRow
{
    /// <summary>`-` for a watch over all customers.</summary>
    public string Customer { get; init; } = "";

    public string Id { get; init; } = "";

    public Moment AccessTime { get; init; }

    public string System { get; init; } = "";

    public string Agent { get; init; } = "";

    public string Purpose { get; init; } = "";

    /// <summary>Service and method: DossierService/GetDossier.</summary>
    public string Method { get; init; } = "";

    /// <summary>Numbers of dossier.v1.Section with spaces between them.</summary>
    public string Sections { get; init; } = "";

    /// <summary>Names of sources with spaces between them.</summary>
    public string Sources { get; init; } = "";

    public string TraceId { get; init; } = "";
}
