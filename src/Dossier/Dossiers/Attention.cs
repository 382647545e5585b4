using Dossier.Agreements;
using Dossier.V1;
using Google.Protobuf.WellKnownTypes;

namespace Dossier.Dossiers;

/// <summary>What an agent must know before the greeting is over: at most five lines, most important first. Pure.</summary>
public static class Attention
{
    private const int MostLines = 5;
    private const int MostText = 200;
    private static readonly TimeSpan Recent = TimeSpan.FromDays(14);

    public static IReadOnlyList<AttentionLine> Lines(V1.Dossier dossier, DateTimeOffset now, TimeZoneInfo zone) =>
        [.. FromConflicts(dossier)
            .Concat(FromAgreements(dossier, now, zone))
            .Concat(FromNotices(dossier, zone))
            .Concat(FromContacts(dossier, now, zone))
            .Take(MostLines)];

    private static IEnumerable<AttentionLine> FromConflicts(V1.Dossier dossier) => dossier.Conflicts.Where(conflict => conflict.State != Conflict.Types.State.Closed).Select(conflict => Line(
        AttentionLine.Types.Kind.Conflict,
        $"{Title(conflict.Kind)}: {string.Join(" / ", conflict.Evidence.Select(evidence => $"{Short(evidence.Resource)}: {evidence.Text.TrimEnd('.')}"))}.",
        null,
        [conflict.Name, .. conflict.Subjects.Select(subject => subject.Id)]));

    private static IEnumerable<AttentionLine> FromAgreements(V1.Dossier dossier, DateTimeOffset now, TimeZoneInfo zone) => dossier.Agreements
        .Where(agreement => AgreementRules.Binds(agreement, now, zone))
        .OrderByDescending(agreement => agreement.EffectiveTime)
        .Select(agreement => Line(
            AttentionLine.Types.Kind.BindingAgreement,
            $"Agreed on {Days.DayOf(agreement.EffectiveTime.ToDateTimeOffset(), zone).Text()}"
                + (agreement.Origin?.Channel is { Length: > 0 } channel ? $" ({channel})" : "")
                + $": {string.Join("; ", agreement.Effects.Where(effect => effect.KindCase != Effect.KindOneofCase.Remark).Select(Describe))}.",
            agreement.EffectiveTime,
            [agreement.Name, .. agreement.Effects.SelectMany(effect => effect.Subjects).Select(subject => subject.Id).Distinct(StringComparer.Ordinal)]));

    private static IEnumerable<AttentionLine> FromNotices(V1.Dossier dossier, TimeZoneInfo zone)
    {
        var open = Open(dossier);
        return dossier.DunningNotices
            .Where(notice => notice.Invoices.Any(open.Contains))
            .GroupBy(notice => string.Join(',', notice.Invoices), StringComparer.Ordinal)
            .Select(notices => notices.OrderByDescending(notice => Days.Number(notice.IssueDate)).ThenByDescending(notice => notice.Stage).First())
            .Select(notice => Line(
                AttentionLine.Types.Kind.DunningUnderWay,
                $"{notice.Stage.Word()} of {notice.IssueDate.ToDateOnly()?.Text()} for {string.Join(", ", notice.Invoices)} is under way.",
                notice.IssueDate.ToDateOnly() is { } day ? Timestamp.FromDateTimeOffset(Days.StartOf(day, zone)) : null,
                [notice.Id, .. notice.Invoices]));
    }

    /// <summary>
    /// The same subject: the contact names an open invoice or a subject of a binding agreement, an agreement was made in
    /// it, or another contact of these days has the same subject line.
    /// </summary>
    private static IEnumerable<AttentionLine> FromContacts(V1.Dossier dossier, DateTimeOffset now, TimeZoneInfo zone)
    {
        var recent = dossier.Interactions
            .Where(interaction => interaction.Direction != Direction.Outbound || interaction.ChannelKind != ChannelKind.Letter)
            .Where(interaction => interaction.OccurTime.ToDateTimeOffset() is var time && time <= now && now - time <= Recent)
            .ToList();
        var matters = Open(dossier)
            .Concat(dossier.Agreements.Where(agreement => AgreementRules.Binds(agreement, now, zone))
                .SelectMany(agreement => agreement.Effects).SelectMany(effect => effect.Subjects)
                .Where(subject => subject.Type != SubjectType.Customer).Select(subject => subject.Id))
            .ToHashSet(StringComparer.Ordinal);
        return recent
            .Where(interaction => matters.Any(matter => Names(interaction, matter))
                || dossier.Agreements.Any(agreement => agreement.Origin?.Interaction == interaction.Name)
                || (interaction.Subject.Length > 0 && recent.Any(other => !ReferenceEquals(other, interaction) && other.Subject == interaction.Subject)))
            .Select(interaction => Line(
                AttentionLine.Types.Kind.RecentContact,
                $"Contact by {interaction.Channel} on {Days.DayOf(interaction.OccurTime.ToDateTimeOffset(), zone).Text()}: {First(interaction.Subject, interaction.Summary)}.",
                interaction.OccurTime,
                [interaction.Name]));
    }

    private static HashSet<string> Open(V1.Dossier dossier) => dossier.Invoices
        .Where(invoice => invoice.OpenAmount is { } open && open.ToDecimal() > 0)
        .Select(invoice => invoice.Number)
        .ToHashSet(StringComparer.Ordinal);

    private static bool Names(Interaction interaction, string matter) =>
        interaction.Subject.Contains(matter, StringComparison.Ordinal)
        || interaction.Summary.Contains(matter, StringComparison.Ordinal)
        || interaction.Messages.Any(message => message.Text.Contains(matter, StringComparison.Ordinal));

    private static string Describe(Effect effect) =>
        $"{AgreementRules.KindOf(effect).Word()} on {string.Join(", ", effect.Subjects.Take(3).Select(subject => subject.Id))}"
        + (AgreementRules.UntilOf(effect).ToDateOnly() is { } until ? $" until {until.Text()}" : "");

    private static string Title(Conflict.Types.Kind kind) => kind switch
    {
        Conflict.Types.Kind.DuplicateCharge => "Charged twice",
        Conflict.Types.Kind.BillContradictsAgreement => "Bill against agreement",
        Conflict.Types.Kind.ActionAfterAgreement => "Action after agreement",
        Conflict.Types.Kind.AgreementsContradict => "Agreements contradict each other",
        Conflict.Types.Kind.AmountMismatch => "Amounts do not fit",
        Conflict.Types.Kind.SubjectUnknown => "Agreed on what is not there",
        Conflict.Types.Kind.AcknowledgementOverdue => "Not taken over in time",
        Conflict.Types.Kind.AcknowledgementRejected => "Refused by a system",
        Conflict.Types.Kind.CustomerNotInformed => "Customer not told",
        _ => kind.Word(),
    };

    private static string First(string one, string other) => one.Length > 0 ? one : other.Length > 0 ? other : "no subject";

    private static string Short(string resource) =>
        ResourceNames.TryAgreement(resource, out _, out var id) ? $"agreement {id[..8]}"
        : resource.Split('/') is ["customers", _, "actions", { Length: > 8 } action] ? $"action {action[..8]}"
        : resource;

    // Half a surrogate pair cannot be written as UTF-8.
    private static string Cut(string text) =>
        text.Length <= MostText ? text : text[..(MostText - (char.IsHighSurrogate(text[MostText - 2]) ? 2 : 1))] + "…";

    private static AttentionLine Line(AttentionLine.Types.Kind kind, string text, Timestamp? time, IEnumerable<string> resources) => new()
    {
        Kind = kind,
        Text = Cut(text),
        Time = time,
        Resources = { resources },
    };
}
