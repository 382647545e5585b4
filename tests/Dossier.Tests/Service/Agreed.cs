using Dossier.V1;
using Google.Protobuf.WellKnownTypes;
using Google.Type;

namespace Dossier.Tests.ServiceTests;

/// <summary>Requests and subjects that many tests make.</summary>
internal static class Agreed
{
    public static string NewId() => Guid.NewGuid().ToString();

    public static CreateAgreementRequest Create(string customer, params Effect[] effects) =>
        new() { Parent = $"customers/{customer}", RequestId = NewId(), Agreement = new Agreement { Effects = { effects } } };

    public static CreateAgreementRequest Remark(string customer, string text) =>
        Create(customer, new Effect { Remark = new Remark { Text = text }, Subjects = { Whole(customer) } });

    public static CreateAgreementRequest DunningBlock(string customer, Date? until = null) => Create(customer, new Effect
    {
        DunningBlock = new DunningBlock { Reason = V1.DunningBlock.Types.Reason.Disputed, Until = until },
        Subjects = { Whole(customer) },
    });

    /// <summary>An agreement that has ended by the clock: it was made for two days of September 2025.</summary>
    public static CreateAgreementRequest Ended(string customer)
    {
        var request = DunningBlock(customer, Day(2025, 9, 2));
        request.Agreement.EffectiveTime = Timestamp.FromDateTimeOffset(new DateTimeOffset(2025, 9, 1, 9, 0, 0, TimeSpan.Zero));
        return request;
    }

    public static WithdrawAgreementRequest Withdraw(Agreement agreement) => new()
    {
        Name = agreement.Name,
        Etag = agreement.Etag,
        Reason = "Vergissing",
        CustomerInformed = new CustomerInformed { Informed = true, Channel = "phone" },
        RequestId = NewId(),
    };

    public static Subject Whole(string customer) => new() { Type = SubjectType.Customer, Id = customer };

    public static Subject Invoice(string number) => new() { Type = SubjectType.Invoice, Id = number };

    public static Date Day(int year, int month, int day) => new() { Year = year, Month = month, Day = day };

    public static PlannedAction Letter(string customer, params ActionSubject[] subjects) => new()
    {
        Customer = $"customers/{customer}",
        Action = ActionKind.SendDunningNotice,
        Stage = DunningStage.Reminder,
        Channel = "letter",
        Subjects = { subjects },
    };

    /// <summary>An invoice as an action names it: with the account that holds it.</summary>
    public static ActionSubject Bill(string number, string account, decimal? amount = 27.50m) => new()
    {
        Type = SubjectType.Invoice,
        Id = number,
        Parents = { new SubjectRef { Type = SubjectType.BillingAccount, Id = account } },
        Amount = amount is { } asked ? StoryTests.Eur(asked) : null,
    };
}
