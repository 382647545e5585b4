namespace Dossier.Cli.Printing;

/// <summary>What is on its way to the customer, and what left lately: a reminder may be in the post.</summary>
internal sealed class ActionPage(Screen screen)
{
    public void Print(IReadOnlyList<ActionRecord> underWay, IReadOnlyList<ActionRecord> lately)
    {
        if (underWay.Count + lately.Count == 0)
        {
            return;
        }
        screen.Heading("Actions");
        var table = Screen.Facts(3);
        foreach (var action in underWay)
        {
            table.Row(Screen.Warn, What(action), "under way since " + Moments.Moment(action.ConfirmTime), About(action));
        }
        foreach (var action in lately)
        {
            table.Row(What(action), $"{Words.Phrase(action.State)} {Moments.Moment(action.ActionTime ?? action.ConfirmTime)}", About(action));
        }
        screen.Write(table);
    }

    private static string What(ActionRecord action) =>
        Words.Phrase(action.Action.Action) + (action.Action.Stage == DunningStage.Unspecified ? "" : $" ({Words.Phrase(action.Action.Stage)})");

    private static string About(ActionRecord action) =>
        $"{string.Join(", ", action.Action.Subjects.Select(subject => AgreementPage.Subject(subject.Type, subject.Id)))}, by {Names.Short(action.System)}"
        + (action.Against.Count > 0 ? ", against what was agreed" : "");
}
