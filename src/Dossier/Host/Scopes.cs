using System.Collections.Frozen;
using Dossier.V1;

namespace Dossier.Host;

/// <summary>What a caller may do, as its system's configuration says it.</summary>
public sealed class Scopes
{
    public const string DossierRead = "dossier.read";
    public const string KeysWrite = "keys.write";
    public const string AgreementsRead = "agreements.read";
    public const string AgreementsWrite = "agreements.write";
    public const string AgreementsApprove = "agreements.approve";
    public const string Acknowledge = "acknowledge";
    public const string ConflictsResolve = "conflicts.resolve";
    public const string Guard = "guard";
    public const string Watch = "watch";
    public const string Privacy = "privacy";
    public const string Operate = "operate";

    /// <summary>Every scope, in the order of the README.</summary>
    public static readonly IReadOnlyList<string> Names =
        [DossierRead, KeysWrite, AgreementsRead, AgreementsWrite, AgreementsApprove, Acknowledge, ConflictsResolve, Guard, Watch, Privacy, Operate];

    /// <summary>The scope of each method; health and reflection have none.</summary>
    public static readonly FrozenDictionary<string, string> OfMethods = Table();

    /// <summary>The section that a method shows or changes as a whole; those of a dossier are left out of it one by one.</summary>
    public static readonly FrozenDictionary<string, Section> SectionOfMethods = OfMethods.Keys
        .Where(method => method.StartsWith("/dossier.v1.AgreementService/", StringComparison.Ordinal) && !method.EndsWith("/ListSystems", StringComparison.Ordinal))
        .ToFrozenDictionary(method => method, method => method.Contains("Conflict", StringComparison.Ordinal) ? Section.Conflicts : Section.Agreements, StringComparer.Ordinal);

    /// <summary>Whoever can reach the open loopback listener.</summary>
    public static readonly Scopes All = new(Names);

    private readonly FrozenSet<string> held;
    private readonly FrozenSet<(Section Section, string? Source)> parts;

    private Scopes(IEnumerable<string> written)
    {
        var list = written.ToList();
        held = list.Where(scope => !scope.Contains(':', StringComparison.Ordinal)).ToFrozenSet(StringComparer.Ordinal);
        parts = list.Select(Part).Where(part => part.Section != Section.Unspecified).ToFrozenSet();
    }

    /// <exception cref="ArgumentException">One is not a scope.</exception>
    public static Scopes Of(IEnumerable<string> written)
    {
        var list = written.ToList();
        return list.Find(scope => !IsScope(scope)) is { } wrong ? throw new ArgumentException($"'{wrong}' is not a scope.", nameof(written)) : new Scopes(list);
    }

    /// <summary>A scope by its name; dossier.read also by section, or by section and source: <c>dossier.read:interactions@webcare</c>.</summary>
    public static bool IsScope(string written) =>
        Names.Contains(written, StringComparer.Ordinal)
        || (Part(written) is var (section, source) && section != Section.Unspecified && (source is null || ResourceNames.IsSlug(source)));

    /// <summary>The name of a section in a scope: invoices, dunning_notices.</summary>
    public static string NameOf(Section section) => section.Word().ToLowerInvariant();

    public bool Has(string scope) => held.Contains(scope) || (scope == DossierRead && parts.Count > 0);

    /// <summary>May read a section of a source (of the registry: its agreements and conflicts).</summary>
    public bool Reads(Section section, string source) =>
        held.Contains(DossierRead) || parts.Contains((section, null)) || parts.Contains((section, source))
        || (section is Section.Agreements or Section.Conflicts && held.Contains(AgreementsRead));

    private static (Section Section, string? Source) Part(string written)
    {
        if (!written.StartsWith(DossierRead + ":", StringComparison.Ordinal))
        {
            return (Section.Unspecified, null);
        }

        var part = written[(DossierRead.Length + 1)..].Split('@', 2);
        var section = Enum.GetValues<Section>().Skip(1).FirstOrDefault(section => NameOf(section) == part[0]);
        return (section, part.Length == 2 ? part[1] : null);
    }

    private static FrozenDictionary<string, string> Table()
    {
        var table = new Dictionary<string, string>(StringComparer.Ordinal);
        void Add(string service, string scope, params string[] methods)
        {
            foreach (var method in methods)
            {
                table.Add($"/dossier.v1.{service}/{method}", scope);
            }
        }

        Add("DossierService", DossierRead, "GetDossier", "LookUpDossier", "ListInteractions", "GetInteraction", "ResolveCustomer");
        Add("DossierService", KeysWrite, "LinkCustomerKey", "UnlinkCustomerKey");
        Add("DossierService", Operate, "ListSources", "GetSource", "PauseSource", "ResumeSource");
        Add("AgreementService", AgreementsRead, "GetAgreement", "ListAgreements", "ListAgreementRevisions", "ListPendingAcknowledgements", "ListConflicts", "ListSystems");
        Add("AgreementService", AgreementsWrite, "CreateAgreement", "UpdateAgreement", "WithdrawAgreement", "SupersedeAgreement", "FulfillAgreement");
        Add("AgreementService", AgreementsApprove, "ApproveAgreement", "RejectAgreement");
        Add("AgreementService", Acknowledge, "AcknowledgeAgreement");
        Add("AgreementService", ConflictsResolve, "ResolveConflict");
        Add("AgreementService", Watch, "WatchAgreements");
        Add("GuardService", Guard, "CheckAction", "CheckActionBatch", "CheckActions", "ConfirmAction", "ConfirmActionBatch", "ReportAction", "ReportActionBatch", "ListActions");
        Add("AccessService", Privacy, "ListAccessRecords");
        Add("TraceService", Operate, "ListTraces", "GetTrace");
        return table.ToFrozenDictionary(StringComparer.Ordinal);
    }
}

/// <summary>What one call may read: its caller's scopes, within what its purpose may see.</summary>
public sealed class Permitted(Scopes scopes, IReadOnlySet<Section>? purpose)
{
    /// <summary>The service's own reading, for a rule or a change.</summary>
    public static readonly Permitted All = new(Scopes.All, null);

    /// <summary>The stated purpose may see the section, whatever the scopes are.</summary>
    public bool IsOfPurpose(Section section) => purpose?.Contains(section) != false;

    public bool Allows(Section section, string source) => IsOfPurpose(section) && scopes.Reads(section, source);

    /// <summary>Reads nothing of any section there.</summary>
    public bool Denies(IEnumerable<Section> sections, string source) => !sections.Any(section => Allows(section, source));
}
