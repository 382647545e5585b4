namespace Dossier.Cli.Printing;

/// <summary>Conflicts: what contradicts, who must solve it, the facts of both sides, and how it was closed.</summary>
internal sealed class ConflictPage(Screen screen)
{
    public void Print(IEnumerable<Conflict> conflicts, int indent = 0, int? width = null)
    {
        var table = Screen.Facts(3);
        foreach (var conflict in conflicts)
        {
            var about = string.Join(", ", conflict.Subjects.Select(AgreementPage.Subject));
            var closed = conflict.State == Conflict.Types.State.Closed;
            var owner = closed ? "closed" : conflict.Owner.Length > 0 ? $"{Names.Short(conflict.Owner)} must solve it" : "";
            table.Row(closed ? Screen.Bold : Screen.Warn, Words.Phrase(conflict.Kind), owner, about);
            table.Row("", "name", Names.Short(conflict.Name));
            foreach (var evidence in conflict.Evidence)
            {
                table.Row("", Names.Short(evidence.Source), $"{Names.Short(evidence.Resource)}: {evidence.Text}");
            }
            if (conflict.Resolution is { } resolution)
            {
                var who = resolution.Agent.Length > 0 ? $"{resolution.Agent} ({Names.Short(resolution.System)})" : "by itself";
                table.Row("", "closed", $"{Moments.Moment(resolution.CloseTime)}, {who}: {resolution.Note}");
            }
        }
        screen.Write(table, indent, width);
    }
}
