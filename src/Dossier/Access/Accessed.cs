using Dossier.Registry;
using Dossier.V1;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace Dossier.Access;

/// <summary>Whose data a call has read or changed, by its request and its answer. Pure.</summary>
public static class Accessed
{
    /// <summary>The source that is no store.</summary>
    public const string Registry = "registry";

    // The guard records its checks itself, those of a stream as they are answered; what names no customer (sources, systems) has nothing to record.
    private static readonly HashSet<string> Unrecorded = new(StringComparer.Ordinal)
    {
        "CheckAction", "CheckActionBatch", "CheckActions", "ListSources", "GetSource", "PauseSource", "ResumeSource", "ListSystems",
    };

    private static readonly Dictionary<string, Section> Changed = new(StringComparer.Ordinal)
    {
        ["LinkCustomerKey"] = Section.Customer,
        ["UnlinkCustomerKey"] = Section.Customer,
        ["ResolveConflict"] = Section.Conflicts,
        ["CreateAgreement"] = Section.Agreements,
        ["WithdrawAgreement"] = Section.Agreements,
        ["UpdateAgreement"] = Section.Agreements,
        ["ApproveAgreement"] = Section.Agreements,
        ["RejectAgreement"] = Section.Agreements,
        ["SupersedeAgreement"] = Section.Agreements,
        ["FulfillAgreement"] = Section.Agreements,
        ["AcknowledgeAgreement"] = Section.Agreements,
        ["ConfirmAction"] = Section.Agreements,
        ["ConfirmActionBatch"] = Section.Agreements,
        ["ReportAction"] = Section.Agreements,
        ["ReportActionBatch"] = Section.Agreements,
    };

    /// <param name="Customer">Whose; `-` for all.</param>
    /// <param name="Sections">What of.</param>
    /// <param name="Sources">Where it came from, by name.</param>
    public sealed record Access(string Customer, IReadOnlyCollection<Section> Sections, IReadOnlyCollection<string> Sources);

    /// <summary>Leaves a record at all.</summary>
    public static bool IsRecorded(string method) => !Unrecorded.Contains(method);

    /// <summary>What a method that changes has changed of a customer; null for any other method.</summary>
    public static Access? OfChange(string method, string customer) => Changed.TryGetValue(method, out var section) ? new Access(customer, [section], [Registry]) : null;

    public static IReadOnlyList<Access> Of(IMessage request, IMessage? response) => response switch
    {
        GetDossierResponse read => [OfDossier(read.Dossier)],
        LookUpDossierResponse found => [.. found.Candidates.Select(one => one.Customer).Where(name => name.Length > 0 && name != Prefix(found.Dossier?.Name))
            .Select(name => new Access(Number(name), [Section.Customer], Read(found.Sources))), .. found.Dossier is null ? [] : new[] { OfDossier(found.Dossier) }],
        ResolveCustomerResponse found => [.. found.Candidates.Select(one => one.Customer).Where(name => name.Length > 0).Distinct(StringComparer.Ordinal)
            .Select(name => new Access(Number(name), [Section.Customer], Read(found.Sources)))],
        ListInteractionsResponse listed => [new Access(Number(Named(request)!), [Section.Interactions, .. OfMessages(listed.Interactions)], Read(listed.Sources))],
        GetInteractionResponse one => [new Access(Number(one.Interaction.Name), [Section.Interactions, Section.Messages], [one.Interaction.Source.Split('/')[^1]])],
        LinkCustomerKeyResponse or UnlinkCustomerKeyResponse => [new Access(Number(Named(request)!), [Section.Customer], [Registry])],
        ListAccessRecordsResponse => [new Access(Number(Named(request)!), [], [Registry])],
        ListConflictsResponse or ResolveConflictResponse => OfResources(request, response, Section.Conflicts),
        _ => OfResources(request, response, Section.Agreements),
    };

    private static Access OfDossier(V1.Dossier dossier) => new(
        Number(dossier.Name),
        [
            .. dossier.Sources.SelectMany(source => source.Sections).Where(section => section.State == SourceState.Ok).Select(section => section.Section)
                .Concat(dossier.Conflicts.Count > 0 ? [Section.Conflicts] : [])
                .Concat(OfMessages(dossier.Interactions))
                .Concat(dossier.Attention.Select(line => SectionOf(line.Kind)))
                .Distinct().Order(),
        ],
        [.. dossier.Sources.Where(source => source.State is SourceState.Ok or SourceState.Partial).Select(source => source.Source.Split('/')[^1])]);

    private static IEnumerable<Section> OfMessages(IEnumerable<Interaction> interactions) => interactions.Any(interaction => interaction.Messages.Count > 0) ? [Section.Messages] : [];

    // A line for an agent tells of a section that the answer itself may leave out.
    private static Section SectionOf(AttentionLine.Types.Kind kind) => kind switch
    {
        AttentionLine.Types.Kind.Conflict => Section.Conflicts,
        AttentionLine.Types.Kind.BindingAgreement => Section.Agreements,
        AttentionLine.Types.Kind.DunningUnderWay => Section.DunningNotices,
        _ => Section.Interactions,
    };

    private static List<string> Read(IEnumerable<SourceStatus> sources) =>
        [.. sources.Where(source => source.State is SourceState.Ok or SourceState.Partial).Select(source => source.Source.Split('/')[^1])];

    /// <summary>The customer that the request names; of a list over all customers, or a batch, those whom the answer names.</summary>
    private static List<Access> OfResources(IMessage request, IMessage? response, Section section)
    {
        var named = Named(request);
        var customers = named is not null && Number(named) is not "-" and var one ? [one]
            : response is null ? (named is null ? [] : ["-"])
            : Names(request).Concat(Names(response)).Select(Number).Where(customer => customer != "-").Distinct(StringComparer.Ordinal);
        return [.. customers.Select(customer => new Access(customer, [section], [Registry]))];
    }

    private static string? Named(IMessage message) => Texts(message).FirstOrDefault(IsCustomers);

    // Six levels hold every name there is: the answer, its results, a result's answer, the decision in that, a subject, and its reason.
    private static IEnumerable<string> Names(IMessage message, int depth = 6)
    {
        foreach (var text in Texts(message).Where(IsCustomers))
        {
            yield return text;
        }

        if (depth > 1)
        {
            foreach (var name in Below(message).SelectMany(below => Names(below, depth - 1)))
            {
                yield return name;
            }
        }
    }

    private static IEnumerable<string> Texts(IMessage message) => message.Descriptor.Fields.InDeclarationOrder()
        .Where(field => field is { FieldType: FieldType.String, IsRepeated: false } && field.Name is "name" or "parent" or "customer" or "agreement" or "resource")
        .Select(field => (string)field.Accessor.GetValue(message));

    private static IEnumerable<IMessage> Below(IMessage message)
    {
        foreach (var field in message.Descriptor.Fields.InDeclarationOrder().Where(field => field.FieldType == FieldType.Message && !field.IsMap))
        {
            if (field.IsRepeated)
            {
                foreach (var item in ((System.Collections.IList)field.Accessor.GetValue(message)).OfType<IMessage>())
                {
                    yield return item;
                }
            }
            else if (field.Accessor.GetValue(message) is IMessage one)
            {
                yield return one;
            }
        }
    }

    // What a caller says is looked at here before the method has looked at it, and in a batch one item may be refused and the others not: what is
    // no customer's name may be anything, and a record keeps it for ever.
    private static bool IsCustomers(string text) => text.StartsWith("customers/", StringComparison.Ordinal) && Number(text) is var number && (number == "-" || ResourceNames.IsCustomerNumber(number));

    private static string Number(string name) => name.Split('/', 3)[1];

    private static string Prefix(string? dossier) => dossier is null ? "" : ResourceNames.Customer(Number(dossier));
}
