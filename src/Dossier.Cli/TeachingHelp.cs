using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace Dossier.Cli;

/// <summary>Help that teaches: the usual page, then examples that can be pasted; at the root the exit codes too.</summary>
internal sealed class TeachingHelp(HelpAction usual) : SynchronousCommandLineAction
{
    private static readonly string[] FirstSteps =
    [
        "dossier demo",
        "dossier get 1042",
        "dossier look-up --phone +31600001043",
        "dossier agree 1042 --help",
    ];

    public override bool ClearsParseErrors => true;

    public override int Invoke(ParseResult parseResult)
    {
        var result = usual.Invoke(parseResult);
        var command = parseResult.CommandResult.Command;
        var output = parseResult.InvocationConfiguration.Output;
        var isRoot = !command.Parents.Any();
        output.WriteLine(isRoot ? "First steps:" : "Examples:");
        foreach (var example in isRoot ? FirstSteps : ExamplesOf(command))
        {
            output.WriteLine($"  {Example.Of(example)}");
        }
        output.WriteLine();
        if (isRoot)
        {
            output.WriteLine("Exit codes:");
            foreach (var (codes, meaning) in ExitCode.Table)
            {
                output.WriteLine($"  {codes,-4} {meaning}");
            }
            output.WriteLine();
        }
        return result;
    }

    private static IEnumerable<string> ExamplesOf(Command command) =>
        ((command as Verb)?.Examples ?? []).Concat(command.Subcommands.SelectMany(ExamplesOf));
}

/// <summary>A command line that is printed to be pasted.</summary>
internal static class Example
{
    // The root script says how it was typed, so that what is printed in a fresh clone runs there.
    private static readonly string TypedAs = Environment.GetEnvironmentVariable("DOSSIER_TYPED_AS") is { Length: > 0 } typed
        ? typed
        : "dossier";

    /// <summary>The example as this user would type it; it starts with "dossier".</summary>
    public static string Of(string example) => TypedAs + example["dossier".Length..];
}
