using System.CommandLine;
using Dossier.Cli.Commands;

namespace Dossier.Cli.Demonstration;

/// <summary><c>dossier demo</c>: plays the story of customer 1043 against the running service.</summary>
internal sealed class DemoCommand : Verb
{
    private readonly Option<bool> _untilAgreed = Arg.Flag(
        "--until-agreed", "Stop after step 4, before administration takes the agreement over: up to there --reset can take it back");
    private readonly Option<bool> _reset = Arg.Flag(
        "--reset", "Take the agreement of an earlier demo back first; not possible once administration has applied it, which the whole demo does");
    private readonly Option<bool> _slow = Arg.Flag("--slow", "Wait a few seconds after each step, to read along");

    public DemoCommand(GlobalOptions globals) : base(globals, "demo",
        "Plays the story of sample customer 1043 as webcare, administration and telephony, and prints what each of them sees. "
            + "Played again it goes on where it was broken off; played to its end it shows how things stand.",
        "dossier demo", "dossier demo --slow", "dossier demo --until-agreed", "dossier demo --until-agreed --reset")
    {
        Options.Add(_untilAgreed);
        Options.Add(_reset);
        Options.Add(_slow);
    }

    protected override async Task<int> RunAsync(Session session, ParseResult line, CancellationToken cancellation)
    {
        if (session.Json)
        {
            throw CommandException.Usage("the demo is prose; the commands that it prints take --json");
        }
        var pause = line.GetValue(_slow) ? TimeSpan.FromSeconds(4) : TimeSpan.Zero;
        var story = new Story(session, new StoryPage(session.Screen), pause);
        return await story.PlayAsync(line.GetValue(_reset), line.GetValue(_untilAgreed), cancellation);
    }
}
