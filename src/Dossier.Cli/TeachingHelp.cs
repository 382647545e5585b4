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
        var command = parseResult.CommandResult.Command;
        var output = parseResult.InvocationConfiguration.Output;
        using var page = new StringWriter();
        parseResult.InvocationConfiguration.Output = page;
        var result = usual.Invoke(parseResult);
        parseResult.InvocationConfiguration.Output = output;
        output.Write(AsTyped(page.ToString(), command));
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

    /// <summary>
    /// The page as commands are typed. The library shows each argument of a listed command as one that must be given, and of a command below
    /// another that one's arguments too (`source <source> pause <source>`).
    /// </summary>
    private static string AsTyped(string page, Command command)
    {
        foreach (var listed in command.Subcommands)
        {
            foreach (var argument in listed.Arguments.Where(argument => argument.Arity.MinimumNumberOfValues == 0))
            {
                var name = argument.HelpName ?? argument.Name;
                page = page.Replace($" {listed.Name} <{name}>", $" {listed.Name} [{name}]", StringComparison.Ordinal);
            }
        }

        foreach (var parent in command.Parents.OfType<Command>())
        {
            foreach (var argument in parent.Arguments)
            {
                page = page.Replace($" {parent.Name} <{argument.HelpName ?? argument.Name}> {command.Name} ", $" {parent.Name} {command.Name} ", StringComparison.Ordinal);
            }
        }

        return page;
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
