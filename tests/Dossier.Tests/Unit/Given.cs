using Dossier.V1;
using Google.Protobuf.WellKnownTypes;
using Google.Type;

namespace Dossier.Tests.UnitTests;

/// <summary>Short ways to write down agreements, actions and amounts.</summary>
internal static class Given
{
    public const string Customer = "1042";

    public static readonly TimeZoneInfo Amsterdam = TimeZoneInfo.FindSystemTimeZoneById("Europe/Amsterdam");

    public static readonly DateTimeOffset Now = new(2026, 9, 15, 10, 0, 0, TimeSpan.Zero);

    /// <summary>The kinds of effect, with what each must have; UNSPECIFIED is an effect of a kind that this program does not know.</summary>
    public static Effect Effect(EffectKind kind, params Subject[] subjects)
    {
        var effect = kind switch
        {
            EffectKind.CreditInvoice => new Effect { CreditInvoice = new CreditInvoice() },
            EffectKind.CreditAmount => new Effect { CreditAmount = new CreditAmount { Amount = Euro(10), Ground = CreditAmount.Types.Ground.Goodwill } },
            EffectKind.WaiveFee => new Effect { WaiveFee = new WaiveFee { Amount = Euro(10) } },
            EffectKind.DeferPayment => new Effect { DeferPayment = new DeferPayment() },
            EffectKind.DunningBlock => new Effect { DunningBlock = new DunningBlock { Reason = DunningBlock.Types.Reason.Disputed } },
            EffectKind.InstalmentPlan => new Effect { InstalmentPlan = new InstalmentPlan() },
            EffectKind.Refund => new Effect { Refund = new Refund { Amount = Euro(10) } },
            EffectKind.SuspensionBlock => new Effect { SuspensionBlock = new SuspensionBlock() },
            EffectKind.ContactStop => new Effect { ContactStop = new ContactStop() },
            EffectKind.Remark => new Effect { Remark = new Remark { Text = "Was told so." } },
            _ => Unknown(),
        };
        effect.Subjects.AddRange(subjects);
        return effect;
    }

    /// <summary>An effect whose oneof holds a field of a later version of the contract: number 99, length-delimited, empty.</summary>
    public static Effect Unknown() => V1.Effect.Parser.ParseFrom([0x9a, 0x06, 0x00]);

    public static Agreement Agreement(params Effect[] effects) => new()
    {
        Name = $"customers/{Customer}/agreements/0198a0b6-0000-7000-8000-000000000001",
        Origin = new Origin { System = "systems/webcare" },
        State = AgreementState.Active,
        EffectiveTime = Timestamp.FromDateTimeOffset(Now.AddDays(-10)),
        CreateTime = Timestamp.FromDateTimeOffset(Now.AddDays(-10)),
        UpdateTime = Timestamp.FromDateTimeOffset(Now.AddDays(-10)),
        Effects = { effects },
    };

    public static Agreement In(this Agreement agreement, AgreementState state)
    {
        agreement.State = state;
        return agreement;
    }

    public static Agreement Named(this Agreement agreement, string id)
    {
        agreement.Name = $"customers/{Customer}/agreements/{id}";
        return agreement;
    }

    public static Agreement From(this Agreement agreement, DateTimeOffset effective)
    {
        agreement.EffectiveTime = Timestamp.FromDateTimeOffset(effective);
        return agreement;
    }

    /// <summary>Fulfilled: administration has applied it at a moment.</summary>
    public static Agreement AppliedAt(this Agreement agreement, DateTimeOffset applied)
    {
        agreement.State = AgreementState.Fulfilled;
        agreement.FulfillTime = Timestamp.FromDateTimeOffset(applied);
        agreement.Acknowledgements.Add(new Acknowledgement
        {
            System = "systems/administration",
            Outcome = Acknowledgement.Types.Outcome.Applied,
            OutcomeTime = Timestamp.FromDateTimeOffset(applied),
        });
        return agreement;
    }

    public static PlannedAction Action(ActionKind kind, params ActionSubject[] subjects) => new()
    {
        Customer = $"customers/{Customer}",
        Action = kind,
        Subjects = { subjects },
    };

    public static PlannedAction PlannedAt(this PlannedAction action, DateTimeOffset planned)
    {
        action.PlannedTime = Timestamp.FromDateTimeOffset(planned);
        return action;
    }

    public static Subject Line(string id, string invoice, decimal? amount = null) =>
        Of(SubjectType.InvoiceLine, id, amount, Ref(SubjectType.Invoice, invoice), Ref(SubjectType.BillingAccount, "A1"));

    public static Subject Invoice(string id, decimal? amount = null, string account = "A1") =>
        Of(SubjectType.Invoice, id, amount, Ref(SubjectType.BillingAccount, account));

    public static Subject Account(string id = "A1") => Of(SubjectType.BillingAccount, id, null);

    public static Subject Product(string id = "P1") => Of(SubjectType.Product, id, null);

    public static Subject Whole() => Of(SubjectType.Customer, Customer, null);

    /// <summary>Accepted while the source that owns it could not be read: nothing is known of it but what the caller said.</summary>
    public static Subject Pending(this Subject subject, params SubjectRef[] parents)
    {
        subject.Verification = Verification.Pending;
        subject.Amount = null;
        subject.Parents.Clear();
        subject.Parents.AddRange(parents);
        return subject;
    }

    /// <summary>The same subject in an action, with all its parents.</summary>
    public static ActionSubject Asked(this Subject subject, decimal? amount = null, string currency = "EUR") => new()
    {
        Type = subject.Type,
        Id = subject.Id,
        Parents = { subject.Parents },
        Amount = amount is { } asked ? Amounts.ToMoney(asked, currency) : null,
    };

    public static ActionSubject ReadAt(this ActionSubject subject, DateTimeOffset read)
    {
        subject.AmountAsOf = Timestamp.FromDateTimeOffset(read);
        return subject;
    }

    public static SubjectRef Ref(SubjectType type, string id) => new() { Type = type, Id = id };

    public static Money Euro(decimal amount) => Amounts.ToMoney(amount, "EUR");

    public static Date Day(int year, int month, int day) => new() { Year = year, Month = month, Day = day };

    public static Date? Day(string? text) => text is null ? null : DateOnly.ParseExact(text, "yyyy-MM-dd").ToDate();

    private static Subject Of(SubjectType type, string id, decimal? amount, params SubjectRef[] parents) => new()
    {
        Type = type,
        Id = id,
        Amount = amount is { } known ? Euro(known) : null,
        Verification = Verification.Verified,
        Parents = { parents },
    };
}
