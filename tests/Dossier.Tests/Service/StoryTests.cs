using Dossier.Tests.Fixtures;
using Dossier.V1;
using Google.Type;

namespace Dossier.Tests.ServiceTests;

/// <summary>The story that the product is for, over a real socket with the real client.</summary>
public sealed class StoryTests
{
    [Fact]
    public async Task Customer_1042_as_it_went_wrong_shows_its_conflicting_facts_in_one_call()
    {
        await using var host = await DossierHost.StartAsync();

        var dossier = await host.GetAsync("1042");

        Assert.Equal("Marloes de Wit", dossier.Customer.DisplayName);
        var august = dossier.Invoices.Where(invoice => invoice.PeriodStart is { Year: 2026, Month: 8 }).ToList();
        Assert.Equal(["202608-004217", "202608-003184"], august.Select(invoice => invoice.Number));
        Assert.All(august, invoice => Assert.Equal(new Money { CurrencyCode = "EUR", Units = 27, Nanos = 500_000_000 }, invoice.Total));
        Assert.Contains(dossier.Payments, payment => payment.Invoices.Contains("202608-003184") && payment.Method == "ideal");
        Assert.Equal(
            [DunningStage.FinalNotice, DunningStage.Reminder],
            dossier.DunningNotices.Where(notice => notice.Invoices.Contains("202608-004217")).Select(notice => notice.Stage));
        var facebook = Assert.Single(dossier.Interactions, interaction => interaction.Channel == "facebook");
        Assert.Contains(facebook.Messages, message => message.Text.Contains("die hoef je dus niet te betalen", StringComparison.Ordinal));
        Assert.Contains(dossier.Interactions, interaction => interaction.Channel == "phone" && interaction.Summary.Contains("Kan niets terugvinden", StringComparison.Ordinal));
        Assert.Empty(dossier.Agreements);
        var conflict = Assert.Single(dossier.Conflicts);
        Assert.Equal(Conflict.Types.Kind.DuplicateCharge, conflict.Kind);
        Assert.Equal(["administration", "registry", "telephony", "webcare"], dossier.Sources.Select(source => source.Source["sources/".Length..]).Order());
        Assert.All(dossier.Sources, source => Assert.Equal(SourceState.Ok, source.State));
        Assert.Empty(dossier.Unreachable);
        Assert.Equal(AttentionLine.Types.Kind.Conflict, dossier.Attention[0].Kind);
        Assert.Contains(dossier.Attention, line => line.Kind == AttentionLine.Types.Kind.DunningUnderWay);
    }

    [Fact]
    public async Task Customer_1043_as_it_should_go_gets_no_letter()
    {
        await using var host = await DossierHost.StartAsync();

        var before = await Check(host, ("202609-004388", 27.50m));
        Assert.Equal(Verdict.Allow, before.Verdict);

        var created = await host.Agreements.CreateAgreementAsync(CreditOf("1043", "202609-004388"), DossierHost.As("webcare", "daan"));
        Assert.Equal(AgreementState.Active, created.Agreement.State);
        Assert.Equal("systems/webcare", created.Agreement.Origin.System);
        Assert.Equal(Verification.Verified, created.Agreement.Effects[0].Subjects[0].Verification);
        Assert.Equal("systems/administration", Assert.Single(created.Agreement.Acknowledgements).System);
        Assert.Equal(SyncState.Pending, created.Agreement.SyncState);

        var blocked = await Check(host, ("202609-004388", 27.50m));
        Assert.Equal(Verdict.Block, blocked.Verdict);
        Assert.Equal(created.Agreement.Name, blocked.Reasons[0].Resource);
        Assert.Contains(blocked.Reasons[0].Wording, text => text.Language == "nl");
        Assert.Equal(created.RegistrySequence, blocked.RegistrySequence);
        Assert.Equal(Verdict.Allow, (await Check(host, ("202609-003201", 27.50m))).Verdict);

        var letter = await host.Guard.CheckActionAsync(new CheckActionRequest
        {
            Action = new PlannedAction
            {
                Customer = "customers/1043",
                Action = ActionKind.SendDunningNotice,
                Stage = DunningStage.Reminder,
                Channel = "letter",
                Subjects = { new ActionSubject { Type = SubjectType.BillingAccount, Id = "BA-001043", Amount = Eur(55) } },
            },
        });
        Assert.Equal(Verdict.Reduce, letter.Decision.Verdict);
        Assert.Equal(Eur(27.50m), letter.Decision.AllowedAmount);

        var call = await host.Dossiers.LookUpDossierAsync(
            new LookUpDossierRequest { Key = new CustomerKey { Phone = "06 00001043" }, View = DossierView.Full }, DossierHost.As("telephony"));
        Assert.Equal("customers/1043", Assert.Single(call.Candidates).Customer);
        Assert.Equal(MatchGrade.Certain, call.Candidates[0].Grade);
        Assert.Contains(call.Dossier.Interactions, interaction => interaction.Channel == "facebook"
            && interaction.Messages.Any(message => message.Text.Contains("202609-004388", StringComparison.Ordinal)));
        Assert.Equal("U hoeft factuur 202609-004388 niet te betalen.", Assert.Single(call.Dossier.Agreements).CustomerWording[0].Text);
        Assert.Contains(call.Dossier.Attention, line => line.Kind == AttentionLine.Types.Kind.BindingAgreement);
    }

    internal static CreateAgreementRequest CreditOf(string customer, string invoice, string? requestId = null) => new()
    {
        Parent = $"customers/{customer}",
        RequestId = requestId ?? Guid.NewGuid().ToString(),
        Agreement = new Agreement
        {
            Origin = new Origin { Channel = "facebook" },
            Effects = { new Effect { CreditInvoice = new CreditInvoice(), Subjects = { new Subject { Type = SubjectType.Invoice, Id = invoice } } } },
            CustomerWording = { new LocalizedText { Language = "nl", Text = $"U hoeft factuur {invoice} niet te betalen." } },
        },
    };

    internal static Money Eur(decimal amount) => Amounts.ToMoney(amount, "EUR");

    private static async Task<Decision> Check(DossierHost host, params (string Invoice, decimal Amount)[] invoices)
    {
        var action = new PlannedAction { Customer = "customers/1043", Action = ActionKind.SendDunningNotice, Stage = DunningStage.Reminder, Channel = "letter" };
        foreach (var (invoice, amount) in invoices)
        {
            action.Subjects.Add(new ActionSubject
            {
                Type = SubjectType.Invoice,
                Id = invoice,
                Amount = Eur(amount),
                Parents = { new SubjectRef { Type = SubjectType.BillingAccount, Id = "BA-001043" } },
            });
        }

        return (await host.Guard.CheckActionAsync(new CheckActionRequest { Action = action })).Decision;
    }
}
