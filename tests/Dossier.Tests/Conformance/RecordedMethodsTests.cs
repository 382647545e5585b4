using Dossier.Access;
using Dossier.Host;
using Dossier.Tests.UnitTests;

namespace Dossier.Tests.ConformanceTests;

/// <summary>Each method of the contract leaves an access record that a test looks for, or leaves none for a reason.</summary>
public sealed class RecordedMethodsTests
{
    /// <summary>Those that the guard records itself, of a stream as it is answered.</summary>
    private static readonly IReadOnlyList<string> Checks = ["GuardService/CheckAction", "GuardService/CheckActionBatch", "GuardService/CheckActions"];

    /// <summary>Those whose records AccessConformance looks for.</summary>
    public static readonly IReadOnlyList<string> Reads =
    [
        .. Checks,
        "AgreementService/WatchAgreements", "AgreementService/WithdrawAgreement", "AgreementService/ListConflicts", "AgreementService/ListAgreements",
        "AgreementService/GetAgreement", "AgreementService/CreateAgreement", "DossierService/GetInteraction", "DossierService/ListInteractions",
        "DossierService/ResolveCustomer", "DossierService/LookUpDossier", "DossierService/GetDossier",
    ];

    /// <summary>Those whose records AccessOfChangesConformance looks for.</summary>
    public static readonly IReadOnlyList<string> Changes =
    [
        "DossierService/LinkCustomerKey", "DossierService/UnlinkCustomerKey", "AgreementService/ApproveAgreement", "AgreementService/RejectAgreement",
        "AgreementService/AcknowledgeAgreement", "AgreementService/ListPendingAcknowledgements", "AgreementService/ListAgreementRevisions",
        "AgreementService/UpdateAgreement", "AgreementService/SupersedeAgreement", "AgreementService/FulfillAgreement", "AgreementService/ResolveConflict",
        "GuardService/ConfirmAction", "GuardService/ConfirmActionBatch", "GuardService/ReportAction", "GuardService/ReportActionBatch", "GuardService/ListActions",
        "AccessService/ListAccessRecords",
    ];

    private const string Source = "a source is no customer's";
    private const string Trace = "a trace holds neither content nor customer";

    /// <summary>Those that leave none, with the reason; AccessConformance sees that they do not.</summary>
    public static readonly IReadOnlyDictionary<string, string> Unrecorded = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["DossierService/ListSources"] = Source,
        ["DossierService/GetSource"] = Source,
        ["DossierService/PauseSource"] = Source,
        ["DossierService/ResumeSource"] = Source,
        ["AgreementService/ListSystems"] = "it counts what systems owe, and names no customer",
        ["TraceService/ListTraces"] = Trace,
        ["TraceService/GetTrace"] = Trace,
    };

    [Fact]
    public void Every_method_of_the_contract_is_looked_for_or_left_out_for_a_reason() => Assert.Equal(
        TablesOfPromisesTests.Services.SelectMany(service => service.Methods).Select(method => $"{method.Service.Name}/{method.Name}").Order(StringComparer.Ordinal),
        Reads.Concat(Changes).Concat(Unrecorded.Keys).Order(StringComparer.Ordinal));

    [Fact]
    public void The_record_of_a_change_is_committed_with_it()
    {
        string[] writing = [Scopes.KeysWrite, Scopes.AgreementsWrite, Scopes.AgreementsApprove, Scopes.Acknowledge, Scopes.ConflictsResolve];
        string[] acting = ["ConfirmAction", "ConfirmActionBatch", "ReportAction", "ReportActionBatch"];
        Assert.All(Scopes.OfMethods, method =>
        {
            var name = method.Key.Split('/')[^1];
            Assert.Equal((name, writing.Contains(method.Value) || acting.Contains(name)), (name, Accessed.OfChange(name, "1042") is not null));
        });
    }

    [Fact]
    public void Nothing_that_is_looked_for_is_passed_over() =>
        Assert.All(Reads.Concat(Changes), method => Assert.True(Accessed.IsRecorded(method.Split('/')[1]) != Checks.Contains(method), method));
}
