using System.Collections.Frozen;
using Dossier.V1;

namespace Dossier.Sources;

/// <summary>The words that a store's columns may hold, and what they mean in the contract.</summary>
internal static class Words
{
    public static readonly FrozenDictionary<string, CustomerKind> CustomerKinds = Of(CustomerKind.Consumer, CustomerKind.Business);

    public static readonly FrozenDictionary<string, Representative.Types.Kind> Representatives = Of(
        Representative.Types.Kind.Administrator, Representative.Types.Kind.Guardian, Representative.Types.Kind.Heir, Representative.Types.Kind.Authorised);

    public static readonly FrozenDictionary<string, KeyType> KeyTypes = Of(
        KeyType.CustomerNumber, KeyType.BillingAccount, KeyType.Email, KeyType.Phone, KeyType.SocialId);

    /// <summary>The kinds of key that a source tells of a customer: the number is the one that was asked for.</summary>
    public static readonly FrozenDictionary<string, KeyType> ToldKeyTypes = Of(KeyType.BillingAccount, KeyType.Email, KeyType.Phone, KeyType.SocialId);

    public static readonly FrozenDictionary<string, SubjectType> SubjectTypes = Of(
        SubjectType.InvoiceLine, SubjectType.Invoice, SubjectType.BillingAccount, SubjectType.Product);

    public static readonly FrozenDictionary<string, Invoice.Types.Type> InvoiceTypes = Of(Invoice.Types.Type.Invoice, Invoice.Types.Type.CreditNote);

    public static readonly FrozenDictionary<string, DunningStage> DunningStages = Of(DunningStage.Reminder, DunningStage.Demand, DunningStage.FinalNotice);

    public static readonly FrozenDictionary<string, Direction> Directions = Of(Direction.Inbound, Direction.Outbound);

    public static readonly FrozenDictionary<string, InteractionMessage.Types.Author> Authors = Of(
        InteractionMessage.Types.Author.Customer, InteractionMessage.Types.Author.Company, InteractionMessage.Types.Author.System);

    public static readonly FrozenDictionary<string, RelatedInteraction.Types.Relation> Relations = Of(
        RelatedInteraction.Types.Relation.Precedes, RelatedInteraction.Types.Relation.Handover, RelatedInteraction.Types.Relation.Answers);

    // CreditNote is written CREDIT_NOTE in a store.
    private static FrozenDictionary<string, T> Of<T>(params T[] values)
        where T : struct, Enum => values.ToFrozenDictionary(value => EnumWords.UpperSnake(value.ToString()), StringComparer.Ordinal);
}

/// <summary>The kinds of the channels that are known by their usual names; another channel's kind is not set.</summary>
public static class Channels
{
    private static readonly FrozenDictionary<string, ChannelKind> Kinds = new Dictionary<string, ChannelKind>(StringComparer.Ordinal)
    {
        ["phone"] = ChannelKind.Voice,
        ["email"] = ChannelKind.Email,
        ["facebook"] = ChannelKind.Social,
        ["instagram"] = ChannelKind.Social,
        ["x"] = ChannelKind.Social,
        ["forum"] = ChannelKind.Social,
        ["review-site"] = ChannelKind.Social,
        ["whatsapp"] = ChannelKind.Messaging,
        ["sms"] = ChannelKind.Messaging,
        ["chat"] = ChannelKind.Messaging,
        ["app"] = ChannelKind.Messaging,
        ["web-portal"] = ChannelKind.Web,
        ["contact-form"] = ChannelKind.Web,
        ["letter"] = ChannelKind.Letter,
        ["shop"] = ChannelKind.InPerson,
        ["partner"] = ChannelKind.Partner,
    }.ToFrozenDictionary(StringComparer.Ordinal);

    public static ChannelKind KindOf(string channel) => Kinds.GetValueOrDefault(channel);
}
