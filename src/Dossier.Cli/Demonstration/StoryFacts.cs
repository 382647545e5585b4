using System.Security.Cryptography;
using System.Text;
using Google.Protobuf.WellKnownTypes;

namespace Dossier.Cli.Demonstration;

/// <summary>What the story of customer 1043 rests on, as the service shows it, and the calls that follow from it.</summary>
internal sealed class StoryFacts
{
    public const string Customer = "customers/1043";
    public const string Phone = "+31600001043";
    public const string WrongInvoice = "202609-004388";
    public const string PaidInvoice = "202609-003201";
    public const string WordingNl = $"U hoeft factuur {WrongInvoice} niet te betalen. U ontvangt een creditfactuur.";
    public const string WordingEn = $"You do not have to pay invoice {WrongInvoice}. You will receive a credit note.";

    public static readonly Caller Telephony = new("telephony", "fatima", null);
    public static readonly Caller Webcare = new("webcare", "daan", null);
    public static readonly Caller Administration = new("administration", "dunning-run", null);

    /// <summary>The dunning run of Fri 9 Oct 2026 12:00 in Amsterdam.</summary>
    public static readonly Timestamp DunningRun = Moments.ParseMoment("2026-10-09T12:00+02:00", "the dunning run");

    private StoryFacts(V1.Dossier dossier, Invoice wrong, Invoice paid, Interaction conversation)
    {
        Dossier = dossier;
        Wrong = wrong;
        Paid = paid;
        Conversation = conversation;
    }

    public V1.Dossier Dossier { get; }
    public Invoice Wrong { get; }
    public Invoice Paid { get; }
    public Interaction Conversation { get; }

    /// <summary>The bills for the same month, and what corrects them.</summary>
    public IEnumerable<Invoice> Invoices => Dossier.Invoices.Where(invoice =>
        invoice.Number is WrongInvoice or PaidInvoice || invoice.Corrects == WrongInvoice);

    /// <summary>When it was agreed: at the end of the conversation.</summary>
    public Timestamp AgreedTime => Conversation.EndTime ?? Conversation.OccurTime;

    /// <summary>What a letter over the whole account would ask.</summary>
    public Money WholeAccount => Amounts.Of(Amounts.Value(Wrong.Total) + Amounts.Value(Paid.Total), Wrong.Total.CurrencyCode);

    public static StoryFacts Of(LookUpDossierResponse seen)
    {
        var dossier = seen.Dossier;
        var wrong = dossier?.Invoices.FirstOrDefault(invoice => invoice.Number == WrongInvoice);
        var paid = dossier?.Invoices.FirstOrDefault(invoice => invoice.Number == PaidInvoice);
        var conversation = dossier?.Interactions.FirstOrDefault(interaction => interaction.Channel == "facebook");
        if (dossier is not null && wrong is { Total: not null } && paid is { Total: not null } && conversation is not null)
        {
            return new StoryFacts(dossier, wrong, paid, conversation);
        }
        var missing = seen.Unreachable.Concat(dossier?.Unreachable ?? []).Select(Names.Short).Distinct(StringComparer.Ordinal).ToList();
        throw missing.Count > 0
            ? new CommandException(ExitCode.NoAnswer, $"the story cannot be told while these sources cannot be read: {string.Join(", ", missing)}")
            : new CommandException(ExitCode.Refused, "this service does not show the sample data (customer 1043): the demo needs the embedded "
                + "default, `dotnet run --project src/Dossier` without configuration");
    }

    /// <summary>May this letter go out?</summary>
    public static CheckActionRequest Reminder(ActionSubject subject) => new()
    {
        Action = new PlannedAction
        {
            Customer = Customer,
            Action = ActionKind.SendDunningNotice,
            Stage = DunningStage.Reminder,
            Channel = "letter",
            PlannedTime = DunningRun,
            Subjects = { subject },
        },
    };

    public ActionSubject Letter(Invoice invoice) => new()
    {
        Type = SubjectType.Invoice,
        Id = invoice.Number,
        Parents = { new SubjectRef { Type = SubjectType.BillingAccount, Id = invoice.BillingAccount } },
        Amount = invoice.Total,
        AmountAsOf = Dossier.AssembleTime,
    };

    public ActionSubject LetterOverAccount() => new()
    {
        Type = SubjectType.BillingAccount,
        Id = Wrong.BillingAccount,
        Amount = WholeAccount,
        AmountAsOf = Dossier.AssembleTime,
    };

    /// <summary>
    /// The agreement. Its request_id follows from the invoice and from the last agreement on it, so that a demo that is repeated
    /// gives the same agreement, and one that is played after a withdrawal gives a new one.
    /// </summary>
    public CreateAgreementRequest Agreement(string lastAgreement) => new()
    {
        Parent = Customer,
        RequestId = RequestId(lastAgreement),
        Agreement = new Agreement
        {
            Origin = new Origin { Interaction = Conversation.Name, Channel = "facebook" },
            EffectiveTime = AgreedTime,
            Effects =
            {
                new Effect
                {
                    CreditInvoice = new CreditInvoice(),
                    Subjects = { new Subject { Type = SubjectType.Invoice, Id = WrongInvoice } },
                },
            },
            CustomerWording =
            {
                new LocalizedText { Language = "nl", Text = WordingNl },
                new LocalizedText { Language = "en", Text = WordingEn },
            },
        },
    };

    /// <summary>Whether an agreement credits the invoice of the story.</summary>
    public static bool IsOnWrongInvoice(Agreement agreement) => agreement.Effects.Any(effect =>
        effect.KindCase == Effect.KindOneofCase.CreditInvoice
        && effect.Subjects.Any(subject => subject.Type == SubjectType.Invoice && subject.Id == WrongInvoice));

    internal static string RequestId(string lastAgreement)
    {
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes($"dossier demo/{WrongInvoice}/{lastAgreement}"))[..16];
        hash[6] = (byte)((hash[6] & 0x0F) | 0x80);
        hash[8] = (byte)((hash[8] & 0x3F) | 0x80);
        return new Guid(hash, bigEndian: true).ToString();
    }
}
