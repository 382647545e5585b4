using Spectre.Console;

namespace Dossier.Cli.Printing;

/// <summary>The channel stores: how they are, and what became of each in one call.</summary>
internal sealed class SourcePage(Screen screen)
{
    public void Print(IReadOnlyList<Source> sources)
    {
        var table = Screen.Table("source", "state", "database", "offers", "takes", "deadline", "last read");
        foreach (var source in sources)
        {
            var offers = string.Join(", ", source.Sections.Select(Words.Phrase));
            var takes = string.Join(", ", source.KeyTypes.Select(Words.Phrase));
            table.AddRow(
                Screen.Cell(Names.Short(source.Name)), State(source.State), Screen.Cell(source.Provider), Screen.Cell(offers), Screen.Cell(takes),
                Screen.Cell(Moments.Milliseconds(source.Deadline)), Screen.Cell(Moments.Second(source.LastSuccessTime)));
        }
        screen.Write(table);
    }

    public void PrintOne(Source source)
    {
        screen.Write(Screen.Cell($"{Names.Short(source.Name)}: {Words.Code(source.State)}", Style(source.State)));
        var facts = Screen.Facts();
        facts.Row("database", source.Provider);
        facts.Row("offers", string.Join(", ", source.Sections.Select(Words.Phrase)));
        facts.Row("takes", string.Join(", ", source.KeyTypes.Select(Words.Phrase)));
        facts.Row("gives keys", source.GivesKeys ? "yes" : "no");
        facts.Row("customer source", source.CustomerSource ? "yes: it decides whether a customer exists" : "no");
        facts.Row("deadline", Moments.Milliseconds(source.Deadline));
        facts.Row("at once", $"{source.MaxConnections}, of which abandoned past their deadline {source.AbandonedReads}");
        if (source.Pause is { Paused: true } pause)
        {
            facts.Row("paused", Pause(pause));
        }
        facts.Row("breaker", source.BreakerOpen ? "open: it failed again and again and is left alone for a moment" : "closed");
        facts.Row("cut off", source.CutOffReads == 0 ? "0" : $"{source.CutOffReads} reads: a block lacks its LIMIT @limit");
        facts.Row("last read", Moments.Second(source.LastSuccessTime));
        facts.Row("last failure", Moments.Second(source.LastFailureTime));
        if (source.LastFailure.Length > 0)
        {
            facts.Row("because", source.LastFailure);
        }
        screen.Write(facts);
    }

    public static string Pause(SourcePause pause) =>
        $"paused {(pause.UntilTime is null ? "until it is resumed" : $"until {Moments.Second(pause.UntilTime)}")}, by {Names.Short(pause.System)} {pause.Agent}".TrimEnd();

    /// <summary>What became of every source in one call.</summary>
    public static Table Table(IEnumerable<SourceStatus> sources)
    {
        var table = Screen.Table("source", "state", "as of", "took", "gave");
        foreach (var source in sources)
        {
            table.AddRow(
                Screen.Cell(Names.Short(source.Source)), State(source.State), Screen.Cell(Moments.Second(source.AsOf)),
                Screen.Cell(Moments.Milliseconds(source.Elapsed)), Screen.Cell(string.Join(", ", source.Sections.Select(Gave))));
        }
        return table;
    }

    private static string Gave(SectionStatus section)
    {
        var name = Words.Phrase(section.Section);
        return section.State == SourceState.Ok
            ? $"{name} {section.ItemCount}{(section.More ? "+" : "")}{(section.Truncated ? " (cut off)" : "")}"
            : $"{name} {Words.Code(section.State)}";
    }

    private static Text State(SourceState state) => Screen.Cell(Words.Code(state), Style(state));

    private static Style Style(SourceState state) => state switch
    {
        SourceState.Ok or SourceState.NoKey => Screen.Good,
        SourceState.Partial or SourceState.NotPermitted or SourceState.Paused => Screen.Warn,
        _ => Screen.Bad,
    };
}
