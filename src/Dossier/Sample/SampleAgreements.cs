using Dossier.Agreements;
using Dossier.Host;
using Dossier.V1;
using Google.Protobuf.WellKnownTypes;
using Google.Type;

namespace Dossier.Sample;

/// <summary>
/// The agreements that the story's other customers have: made through the same code as any other, with fixed request ids.
/// Every start asks for them: it finds its own again, and completes a first start that was killed half-way. 1042 and
/// 1043 have none on purpose.
/// </summary>
internal static class SampleAgreements
{
    public static async Task CreateAsync(IServiceProvider services, Started started)
    {
        if (!started.Sample)
        {
            return;
        }

        var writing = services.GetRequiredService<AgreementWriting>();
        foreach (var request in Agreed())
        {
            try
            {
                // With patience: a store that is late on a busy machine, when nothing is warm, would leave the subjects of these PENDING.
                await writing.CreateAsync(request, new Caller("local", "sample", "service"), new Budget(Budget.Start, patient: true), CancellationToken.None);
            }
            catch (DossierException)
            {
                // Somebody has put other files in the sample's place, or the data is of an older version: the service serves
                // what is there.
            }
        }
    }

    private static IEnumerable<CreateAgreementRequest> Agreed()
    {
        yield return Request(
            "1047", "0000a047", "phone", new DateTimeOffset(2026, 6, 5, 14, 5, 0, TimeSpan.FromHours(2)),
            "U krijgt EUR 10,00 terug op uw volgende factuur.", "You will get EUR 10.00 back on your next invoice.",
            new Effect
            {
                CreditAmount = new CreditAmount { Amount = Eur(10), Ground = CreditAmount.Types.Ground.Goodwill },
                Subjects = { Customer("1047") },
            });
        yield return Request(
            "1050", "0000a050", "phone", new DateTimeOffset(2026, 9, 24, 11, 20, 0, TimeSpan.FromHours(2)),
            "U betaalt in drie delen: op 15 oktober, 15 november en 15 december.", "You pay in three parts: on 15 October, 15 November and 15 December.",
            new Effect
            {
                InstalmentPlan = new InstalmentPlan
                {
                    Instalments =
                    {
                        new InstalmentPlan.Types.Instalment { DueDate = Day(2026, 10, 15), Amount = Eur(137.50m) },
                        new InstalmentPlan.Types.Instalment { DueDate = Day(2026, 11, 15), Amount = Eur(137.50m) },
                        new InstalmentPlan.Types.Instalment { DueDate = Day(2026, 12, 15), Amount = Eur(137.50m) },
                    },
                },
                Subjects = { new Subject { Type = SubjectType.Invoice, Id = "202607-003050" } },
            });
        yield return Request(
            "1051", "0000a051", "letter", new DateTimeOffset(2026, 6, 12, 10, 0, 0, TimeSpan.FromHours(2)),
            "Wij sturen geen herinneringen zolang uw bewindvoerder met ons overlegt.", "We send no reminders while your administrator talks with us.",
            new Effect
            {
                DunningBlock = new DunningBlock { Until = Day(2027, 6, 30), Reason = DunningBlock.Types.Reason.DebtAssistance },
                Subjects = { Customer("1051") },
            });
        yield return Request(
            "1052", "0000a052", "letter", new DateTimeOffset(2026, 8, 31, 9, 30, 0, TimeSpan.FromHours(2)),
            "Wij sturen geen herinneringen meer.", "We send no more reminders.",
            new Effect
            {
                DunningBlock = new DunningBlock { Reason = DunningBlock.Types.Reason.Deceased },
                Subjects = { Customer("1052") },
            });
    }

    private static CreateAgreementRequest Request(string customer, string id, string channel, DateTimeOffset agreed, string dutch, string english, Effect effect) => new()
    {
        Parent = ResourceNames.Customer(customer),
        RequestId = $"{id}-0000-4000-8000-000000000000",
        Agreement = new Agreement
        {
            Effects = { effect },
            EffectiveTime = Timestamp.FromDateTimeOffset(agreed),
            Origin = new Origin { Channel = channel },
            CustomerWording = { new LocalizedText { Language = "nl", Text = dutch }, new LocalizedText { Language = "en", Text = english } },
        },
    };

    private static Subject Customer(string customer) => new() { Type = SubjectType.Customer, Id = customer };

    private static Money Eur(decimal amount) => Amounts.ToMoney(amount, "EUR");

    private static Date Day(int year, int month, int day) => new() { Year = year, Month = month, Day = day };
}
