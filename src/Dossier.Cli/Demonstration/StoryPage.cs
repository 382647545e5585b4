using Dossier.Cli.Printing;
using Google.Protobuf.WellKnownTypes;

namespace Dossier.Cli.Demonstration;

/// <summary>What the story prints: who acts, what they see, and the command with which one does it oneself.</summary>
internal sealed partial class StoryPage(Screen screen)
{
    private const int Indent = 3;
    private const int Width = 110;

    public void Open(V1.Dossier dossier)
    {
        var name = dossier.Customer?.DisplayName ?? "customer 1043";
        screen.Write(Screen.Cell($"The story of {name}, customer 1043 (invented)", Screen.Bold));
        screen.Paragraph($"Billed twice for September, and on Facebook told that it will be put right. Does the reminder still go out? "
            + $"For the service it is {Moments.Moment(dossier.AssembleTime)}.");
    }

    public void PlayedBefore(Agreement standing)
    {
        screen.Line();
        var name = Names.Short(standing.Name);
        if (standing.State == AgreementState.Fulfilled)
        {
            screen.Paragraph($"This has been played before, to its end: agreement {name} is FULFILLED. Nothing is done again; this is how things stand. "
                + "To begin again, stop the service, delete its data folder and start it.");
            return;
        }
        screen.Paragraph($"This has been played before: agreement {name} stands ({Words.Code(standing.State)}), and the story goes on from it. "
            + "To take it back first:");
        screen.Verbatim($"$ {Example.Of("dossier demo --reset")}", 0);
    }

    public void Reset(Agreement withdrawn)
    {
        screen.Line();
        screen.Paragraph($"The agreement of the demo before, {Names.Short(withdrawn.Name)}, has been withdrawn. What was sent stays a fact: "
            + "an e-mail that has left cannot be taken back.");
    }

    public void TelephonyBefore(StoryFacts facts, Agreement? standing)
    {
        Step(standing is null ? "1. TELEPHONY, before anything is agreed" : "1. TELEPHONY, as it is now");
        Say($"If {StoryFacts.Phone} calls, the agent sees two invoices for September and a conversation with webcare:");
        PrintInvoices(facts);
        PrintConversation(facts, int.MaxValue);
        PrintAgreements(facts.Dossier);
        PrintAttention(facts.Dossier);
        Command($"dossier look-up --phone {StoryFacts.Phone} --full --system telephony");
    }

    public void AdministrationPlans(StoryFacts facts, Decision decision)
    {
        Step($"2. ADMINISTRATION plans the dunning run of {Moments.Moment(StoryFacts.DunningRun)}");
        Say($"May a reminder of {Amounts.Text(facts.Wrong.Total)} on invoice {StoryFacts.WrongInvoice} go out by letter?");
        new DecisionPage(screen).Print(decision, Indent);
        Say(decision.Verdict == Verdict.Allow
            ? "Nothing is agreed in the registry, so the letter is planned."
            : "The agreement stands already, so the letter would not even be planned.");
        Command(CheckOf(Typed(facts)));
    }

    public void WebcareAgrees(StoryFacts facts, CreateAgreementResponse answer)
    {
        Step("3. WEBCARE records what Daan agreed on Facebook");
        new AgreementPage(screen).Print(answer.Agreement, Indent, Width, brief: true);
        PrintActions(answer);
        Command($"dossier agree 1043 --credit-invoice {StoryFacts.WrongInvoice} --channel-made facebook "
            + $"--interaction {Names.Short(facts.Conversation.Name)} --effective {Moments.Typed(facts.AgreedTime)} "
            + $"--wording-nl \"{StoryFacts.WordingNl}\" --wording-en \"{StoryFacts.WordingEn}\" --system webcare --agent daan");
    }

    public void WebcareAgreedBefore(Agreement agreement)
    {
        Step("3. WEBCARE has recorded what Daan agreed on Facebook");
        new AgreementPage(screen).Print(agreement, Indent, Width, brief: true);
        Command($"dossier agreement {Names.Short(agreement.Name)}");
    }

    public void AdministrationSends(StoryFacts facts, Decision letter, Decision paid, Decision account, Timestamp counted)
    {
        Step("4. ADMINISTRATION asks again, just before the letters leave");
        Say($"The reminder on invoice {StoryFacts.WrongInvoice}:");
        new DecisionPage(screen).Print(letter, Indent);
        Say(letter.Verdict == Verdict.Block ? "The letter is not sent." : "The guard does not stop the letter.");
        Command(CheckOf(Typed(facts)));

        Ask($"One on invoice {StoryFacts.PaidInvoice}, which is not part of the agreement:", paid,
            CheckOf($"--invoice {StoryFacts.PaidInvoice}={Amounts.Typed(facts.Paid.Total)}"));

        Ask($"One of {Amounts.Text(facts.WholeAccount)} over the whole account, counted {Moments.Moment(counted)}:", account,
            CheckOf($"--account {facts.Wrong.BillingAccount}={Amounts.Typed(facts.WholeAccount)} --amount-as-of {Moments.Typed(counted)}"));
    }

    private static string CheckOf(string subject) =>
        $"dossier check-action 1043 --action send-dunning-notice --stage reminder --channel letter {subject} "
        + $"--planned {Moments.Typed(StoryFacts.DunningRun)} --system administration";

    private static string Typed(StoryFacts facts) => $"--invoice {StoryFacts.WrongInvoice}={Amounts.Typed(facts.Wrong.Total)}";

    private void Step(string text) => screen.Heading(text);

    private void Say(string text) => screen.Paragraph(text, Indent);

    private void Ask(string question, Decision decision, string command)
    {
        screen.Line();
        Say(question);
        new DecisionPage(screen).Print(decision, Indent, wording: false);
        Command(command);
    }

    private void Command(string example)
    {
        screen.Line();
        screen.Verbatim($"$ {Example.Of(example)}", Indent);
    }

    /// <summary>What whoever agrees must know: some of it cannot be stopped any more.</summary>
    private void PrintActions(CreateAgreementResponse answer)
    {
        if (answer.ActionsUnderWay.Count + answer.RecentActions.Count == 0)
        {
            return;
        }
        screen.Line();
        Say(answer.ActionsUnderWay.Count > 0
            ? "The answer names what is under way and cannot be stopped any more. Daan can tell the customer at once:"
            : "The answer names what left lately. Daan can tell the customer at once:");
        new ActionPage(screen).PrintTable(answer.ActionsUnderWay, answer.RecentActions, Indent, Width);
    }

    private void PrintInvoices(StoryFacts facts)
    {
        var table = Screen.Table("invoice", "date", "due", "total", "open");
        foreach (var invoice in facts.Invoices)
        {
            table.Row(
                invoice.Number, Moments.Day(invoice.InvoiceDate), Moments.Day(invoice.DueDate), Amounts.Text(invoice.Total),
                Amounts.Text(invoice.OpenAmount));
        }
        screen.Write(table, Indent, Width);
    }

    private void PrintConversation(StoryFacts facts, int messages)
    {
        var conversation = facts.Conversation.Clone();
        screen.Line();
        Say($"Facebook, {Moments.Moment(conversation.OccurTime)}: {InteractionPage.About(conversation)}");
        while (conversation.Messages.Count > messages)
        {
            conversation.Messages.RemoveAt(0);
        }
        if (conversation.Messages.Count > 0)
        {
            new InteractionPage(screen).PrintMessages(conversation, Indent + 2, Width);
        }
    }

    private void PrintAgreements(V1.Dossier dossier)
    {
        var standing = dossier.Agreements.Where(agreement => agreement.State is not AgreementState.Withdrawn).ToList();
        if (standing.Count == 0)
        {
            screen.Line();
            Say("Agreements: none.");
        }
        foreach (var agreement in standing)
        {
            screen.Line();
            new AgreementPage(screen).Print(agreement, Indent, Width, brief: true);
        }
    }

    private void PrintAttention(V1.Dossier dossier)
    {
        if (dossier.Attention.Count > 0)
        {
            screen.Line();
            screen.Write(DossierPage.AttentionTable(dossier.Attention), Indent, Width);
        }
    }
}
