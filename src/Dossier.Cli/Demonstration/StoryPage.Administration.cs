using Dossier.Cli.Printing;

namespace Dossier.Cli.Demonstration;

/// <content>The reminder that is ahead of the agreement, how administration takes the agreement over, and the end.</content>
internal sealed partial class StoryPage
{
    public void EmailConfirmed(StoryFacts facts, ConfirmActionResponse answer)
    {
        screen.Line();
        Say("The same reminder goes ahead by e-mail, now. Just before it leaves it is judged once more and confirmed:");
        new ActionPage(screen).PrintConfirmed(answer, Indent);
        Command($"dossier check-action 1043 --action send-dunning-notice --stage reminder --channel email {Typed(facts)} --system administration --json");
        Then("confirm DECISION_ID");
    }

    public void EmailBefore(ActionRecord email)
    {
        screen.Line();
        Say("The same reminder went ahead by e-mail in a demo before; nobody is reminded twice:");
        PrintAction(email);
    }

    public void EmailHeldBack(Decision decision)
    {
        screen.Line();
        Say("The same reminder by e-mail, now:");
        new DecisionPage(screen).Print(decision, Indent, wording: false);
        Say("It is held back.");
    }

    public void EmailReported(ActionRecord email)
    {
        screen.Line();
        Say("The e-mail was ahead of the agreement and has left. Administration says so; a fact is never refused:");
        new ActionPage(screen).PrintReported(email, Indent);
        Say("Nobody did anything wrong, but the customer has been told two things: a conflict, which a person must settle.");
        screen.Line();
        Then($"report DECISION_ID --outcome sent --evidence {StoryFacts.EmailNumber}");
    }

    public void EmailReportedBefore(ActionRecord email)
    {
        screen.Line();
        if (email.State == ActionState.Sent)
        {
            Say("The e-mail has left, as administration has said:");
            new ActionPage(screen).PrintReported(email, Indent);
            return;
        }
        Say("The e-mail was confirmed, and the demo that did so was broken off before it said what became of it:");
        PrintAction(email);
        Say("Nobody knows better, so it counts as having left: a conflict, which a person must settle.");
    }

    /// <summary>The close of a demo that stops before administration takes the agreement over.</summary>
    public void CloseAgreed(Agreement agreement)
    {
        screen.Line();
        screen.Paragraph("Here the demo stops, as --until-agreed says: administration has not taken the agreement over yet, so that it can still be "
            + $"taken back ({Example.Of("dossier demo --until-agreed --reset")}). How far it is, and the rest of the story:");
        screen.Verbatim($"$ {Example.Of($"dossier agreement {Names.Short(agreement.Name)}")}", 0);
        screen.Verbatim($"$ {Example.Of("dossier demo")}", 0);
        NotSent();
    }

    public void AdministrationTakesOver(IReadOnlyCollection<PendingAcknowledgement> all, Agreement agreement)
    {
        Step("5. ADMINISTRATION takes the agreement over");
        var pending = all.Where(one => one.Agreement.Name == agreement.Name).ToList();
        Say($"In its work list{(all.Count > pending.Count ? $", beside {all.Count - pending.Count} agreements with other customers" : "")}:");
        new PendingPage(screen).Print(pending, Indent, Width);
        Command("dossier pending --of administration --system administration");
    }

    public void Received(Agreement agreement)
    {
        screen.Line();
        Say("It is handed to somebody: RECEIVED. It stays pending, and its time runs on:");
        PrintTakenOver(agreement);
        Command($"dossier ack {Names.Short(agreement.Name)} --received --system administration");
    }

    public void Applied(Agreement agreement)
    {
        screen.Line();
        Say("The credit note is booked: APPLIED, with its number. That was the last word that was missing, so that the agreement is "
            + $"{Words.Code(agreement.State)} by itself:");
        PrintTakenOver(agreement);
        Command($"dossier ack {Names.Short(agreement.Name)} --applied {StoryFacts.CreditNote} --system administration");
    }

    public void TakenOverBefore(Agreement agreement)
    {
        Step("5. ADMINISTRATION has taken the agreement over");
        PrintTakenOver(agreement);
        Command($"dossier history {Names.Short(agreement.Name)}");
    }

    public void TelephonyAfter(StoryFacts facts, Conflict? conflict)
    {
        Step("6. TELEPHONY, when the customer phones");
        Say("One look-up by telephone number, and the agent has what matters, the agreement with its wording and who has applied it, "
            + "what left all the same, and the conversation:");
        PrintAttention(facts.Dossier);
        PrintAgreements(facts.Dossier);
        if (conflict is not null)
        {
            screen.Line();
            new ConflictPage(screen).Print([conflict], Indent, Width);
        }
        PrintConversation(facts, 2);
        Command($"dossier look-up --phone {StoryFacts.Phone} --full --system telephony");
    }

    public void Close(Conflict? conflict)
    {
        if (conflict is { State: Conflict.Types.State.Open })
        {
            screen.Line();
            screen.Paragraph("What has left cannot be called back: the agent tells the customer to ignore it. Then a person of "
                + $"{Names.Short(conflict.Owner)} closes that conflict. The others close by themselves when the credit note stands in "
                + "administration's store (the sample's stays as it is: the service only reads it).");
            screen.Verbatim($"$ {Example.Of("dossier conflicts 1043")}", 0);
            screen.Verbatim(
                $"$ {Example.Of($"dossier resolve {Names.Short(conflict.Name)} --note \"The customer was told to ignore the e-mail\" --system administration --agent sanne")}", 0);
        }
        NotSent();
    }

    /// <summary>What is done with the decision_id of a check; not to be pasted as it is.</summary>
    private void Then(string command) =>
        screen.Verbatim($"then, with its decision_id: {Example.Of($"dossier {command} --system administration")}", Indent);

    private void NotSent()
    {
        screen.Line();
        screen.Write(Screen.Cell($"The letter on invoice {StoryFacts.WrongInvoice} was not sent.", Screen.Good));
    }

    private void PrintAction(ActionRecord action)
    {
        var underWay = action.State == ActionState.UnderWay;
        new ActionPage(screen).PrintTable(underWay ? [action] : [], underWay ? [] : [action], Indent, Width);
    }

    private void PrintTakenOver(Agreement agreement)
    {
        var facts = Screen.Facts();
        facts.Row("state", Words.Code(agreement.State));
        foreach (var word in agreement.Acknowledgements)
        {
            facts.Row("taken over", AgreementPage.Acknowledged(word));
        }
        facts.Row("in all systems", Words.Code(agreement.SyncState));
        screen.Write(facts, Indent, Width);
    }
}
