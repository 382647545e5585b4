using System.CommandLine;
using Dossier.Cli.Commands;

namespace Dossier.Cli.Demonstration;

/// <summary><c>dossier demo</c>: plays the story of customer 1043 against the running service.</summary>
internal sealed class DemoCommand : Verb
{
    private readonly Option<bool> _reset = Arg.Flag("--reset", "Take the agreement of an earlier demo back first, and play from the start");
    private readonly Option<bool> _slow = Arg.Flag("--slow", "Wait a few seconds after each step, to read along");

    public DemoCommand(GlobalOptions globals) : base(globals, "demo",
        "Plays the story of sample customer 1043 as webcare, administration and telephony, and prints what each of them sees.",
        "dossier demo", "dossier demo --reset", "dossier demo --slow")
    {
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
        return await new Story(session, new StoryPage(session.Screen), pause).PlayAsync(line.GetValue(_reset), cancellation);
    }
}
