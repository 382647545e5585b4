using Spectre.Console;

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

        // Two lines each, so that no name is broken in a terminal of 80 columns.
        var table = Screen.Table("due", "system", "what");
        foreach (var pending in all)
        {
            var said = pending.Acknowledgement;
            table.AddRow(
                Screen.Lines(Moments.Brief(said.DueTime), pending.Overdue ? "OVERDUE" : ""),
                Screen.Lines(Names.Short(said.System), said.Outcome == Acknowledgement.Types.Outcome.Received ? "received" : "nothing yet"),
                Screen.Lines(
                    $"{Names.Short(pending.Agreement.Name)}, made by {Names.Short(pending.Agreement.Origin.System)}",
                    string.Join("; ", pending.Agreement.Effects.Select(AgreementPage.Effect))));
        }

        screen.Write(table, indent, width);
    }
}
