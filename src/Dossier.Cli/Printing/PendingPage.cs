namespace Dossier.Cli.Printing;

/// <summary>What systems have not taken over yet.</summary>
internal sealed class PendingPage(Screen screen)
{
    public void Print(IReadOnlyCollection<PendingAcknowledgement> all, int indent = 0, int? width = null)
    {
        if (all.Count == 0)
        {
            screen.Paragraph("Nothing is pending.", indent);
            return;
        }

        var table = Screen.Table("due", "system", "said", "agreement", "made by", "what");
        foreach (var pending in all)
        {
            var said = pending.Acknowledgement;
            table.Row(
                Moments.Brief(said.DueTime) + (pending.Overdue ? " OVERDUE" : ""),
                said.System.Split('/')[^1],
                said.Outcome == Acknowledgement.Types.Outcome.Received ? "received" : "nothing yet",
                Names.Short(pending.Agreement.Name),
                pending.Agreement.Origin.System.Split('/')[^1],
                string.Join("; ", pending.Agreement.Effects.Select(AgreementPage.Effect)));
        }

        screen.Write(table, indent, width);
    }
}
