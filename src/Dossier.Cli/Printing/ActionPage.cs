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
        PrintTable(underWay, lately);
    }

    /// <summary>The same without a heading, where something was said before it.</summary>
    public void PrintTable(IEnumerable<ActionRecord> underWay, IEnumerable<ActionRecord> lately, int indent = 0, int? width = null)
    {
        var table = Screen.Facts(3);
        foreach (var action in underWay)
        {
            table.Row(Screen.Warn, What(action), "under way since " + Moments.Moment(action.ConfirmTime), About(action));
        }
        foreach (var action in lately)
        {
            table.Row(What(action), $"{Words.Phrase(action.State)} {Moments.Moment(action.ActionTime ?? action.ConfirmTime)}", About(action));
        }
        screen.Write(table, indent, width);
    }

    /// <summary>Whether it may leave now.</summary>
    public void PrintConfirmed(ConfirmActionResponse answer, int indent = 0)
    {
        new DecisionPage(screen).Print(answer.Decision, indent);
        screen.Paragraph(
            answer.Confirmed && GuardAnswer.Of(answer.Decision).MayAct
                ? $"Confirmed: it may leave now, until {Moments.Second(answer.Action?.UnderWayTime)}; report it afterwards."
                : "Not confirmed: it must not leave.",
            indent);
    }

    /// <summary>What became of it, and which agreements forbade it.</summary>
    public void PrintReported(ActionRecord action, int indent = 0)
    {
        screen.Paragraph($"{Names.Short(action.Name)} is recorded as {Words.Code(action.State)}, {Moments.Second(action.ActionTime)}.", indent);
        foreach (var against in action.Against)
        {
            screen.Paragraph($"An agreement forbade it: {Names.Short(against)}", indent);
        }
    }

    private static string What(ActionRecord action)
    {
        var how = new[]
        {
            action.Action.Stage == DunningStage.Unspecified ? "" : Words.Phrase(action.Action.Stage),
            action.Action.Channel.Length > 0 ? $"by {action.Action.Channel}" : "",
        };
        var said = string.Join(" ", how.Where(part => part.Length > 0));
        return Words.Phrase(action.Action.Action) + (said.Length > 0 ? $" ({said})" : "");
    }

    private static string About(ActionRecord action) =>
        $"{string.Join(", ", action.Action.Subjects.Select(subject => AgreementPage.Subject(subject.Type, subject.Id)))}, by {Names.Short(action.System)}"
        + (action.Against.Count > 0 ? ", against what was agreed" : "");
}
