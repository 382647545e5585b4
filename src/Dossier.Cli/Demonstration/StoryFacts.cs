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
    public const string AdministrationName = "systems/administration";

    /// <summary>The number of the e-mail in administration, and that of the credit note.</summary>
    public const string EmailNumber = "UIT-2026-002518";
    public const string CreditNote = "C202610-000118";

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

    /// <summary>May the same go out by e-mail, now?</summary>
    public static CheckActionRequest ReminderByEmail(ActionSubject subject)
    {
        var request = Reminder(subject);
        request.Action.Channel = "email";
        request.Action.PlannedTime = null;
        return request;
    }

    public ActionSubject Letter(Invoice invoice) => new()
    {
        Type = SubjectType.Invoice,
        Id = invoice.Number,
        Parents = { new SubjectRef { Type = SubjectType.BillingAccount, Id = invoice.BillingAccount } },
        Amount = invoice.Total,
        AmountAsOf = Dossier.AssembleTime,
    };

    public ActionSubject LetterOverAccount(Timestamp counted) => new()
    {
        Type = SubjectType.BillingAccount,
        Id = Wrong.BillingAccount,
        Amount = WholeAccount,
        AmountAsOf = counted,
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

    /// <summary>Whether an action is the reminder by e-mail.</summary>
    public static bool IsEmail(ActionRecord record) =>
        record.Action is { Action: ActionKind.SendDunningNotice, Channel: "email" } action
        && action.Subjects.Any(subject => subject.Type == SubjectType.Invoice && subject.Id == WrongInvoice);

    /// <summary>The conflict that an action is evidence of, open or closed.</summary>
    public static Conflict? ConflictOf(V1.Dossier dossier, ActionRecord? action) => dossier.Conflicts.FirstOrDefault(conflict =>
        conflict.Kind == Conflict.Types.Kind.ActionAfterAgreement
        && conflict.Evidence.Any(evidence => evidence.Resource == action?.Name));

    /// <summary>Administration's word on what binds of an agreement; the same word has the same request_id.</summary>
    public static AcknowledgeAgreementRequest Word(Agreement agreement, string word) => new()
    {
        Name = agreement.Name,
        BindingRevision = agreement.BindingRevision,
        RequestId = RequestId($"{agreement.Name}/{agreement.BindingRevision}/{word}"),
    };

    /// <summary>A request_id that follows from what the request comes after.</summary>
    internal static string RequestId(string after)
    {
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes($"dossier demo/{WrongInvoice}/{after}"))[..16];
        hash[6] = (byte)((hash[6] & 0x0F) | 0x80);
        hash[8] = (byte)((hash[8] & 0x3F) | 0x80);
        return new Guid(hash, bigEndian: true).ToString();
    }
}
