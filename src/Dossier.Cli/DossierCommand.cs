using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using Dossier.Cli.Commands;
using Dossier.Cli.Demonstration;
using Dossier.Cli.Nightly;
using Dossier.Cli.Operating;
using Dossier.Cli.Printing;

namespace Dossier.Cli;

/// <summary>The <c>dossier</c> command: its tree of commands, and one run of it.</summary>
public static class DossierCommand
{
    /// <summary>Runs one command line and gives its exit code (see <see cref="ExitCode"/>).</summary>
    public static async Task<int> RunAsync(string[] args, TextWriter output, TextWriter error)
    {
        ArgumentNullException.ThrowIfNull(args);
        ArgumentNullException.ThrowIfNull(output);
        ArgumentNullException.ThrowIfNull(error);
        try
        {
            var line = Parse(args);
            if (args.Length > 0 && line.Action is ParseErrorAction)
            {
                await error.WriteLineAsync(Plain.Line($"error: {Mistake(line)}"));
                return ExitCode.Usage;
            }
            var writers = new InvocationConfiguration { Output = output, Error = error, EnableDefaultExceptionHandler = false };
            if (args.Length == 0)
            {
                await Parse("--help").InvokeAsync(writers);
                return ExitCode.Usage;
            }
            return await line.InvokeAsync(writers);
        }
        // The last resort of a program: one line instead of a stack trace, and an exit code that says so.
        catch (Exception fault)
        {
            await error.WriteLineAsync(Plain.Line($"error: unexpected: {fault.GetType().Name}: {fault.Message}"));
            return ExitCode.Unexpected;
        }
    }

    /// <summary>Parses a command line against the whole tree.</summary>
    internal static ParseResult Parse(params string[] args) => Root().Parse(args, new ParserConfiguration
    {
        // Off, or `--remark "@daan looks into it"` would be read as the name of a file with arguments.
        ResponseFileTokenReplacer = null,
        EnablePosixBundling = false,
    });

    private static string Mistake(ParseResult line)
    {
        var command = line.CommandResult.Command;
        var path = Path(command);
        var mistakes = command is Verb
            ? string.Join(" ", line.Errors.Select(wrong => wrong.Message))
            : $"There is no command {(line.UnmatchedTokens is [var word, ..] ? word : "here")}: "
                + $"choose from {string.Join(", ", command.Subcommands.Select(sub => sub.Name))}.";
        return $"{mistakes} See: {Example.Of($"{path} --help")}";
    }

    /// <summary>What is typed for a command: <c>dossier source pause</c>.</summary>
    private static string Path(Command command) =>
        command.Parents.OfType<Command>().FirstOrDefault() is { } above ? $"{Path(above)} {command.Name}" : command.Name;

    internal static Command Root()
    {
        var globals = new GlobalOptions();
        var root = new Command("dossier", "Shows and changes what the company knows of a customer, across all its channels.")
        {
            new GetCommand(globals), new LookUpCommand(globals),
            new InteractionsCommand(globals), new InteractionCommand(globals),
            new FindCommand(globals), new LinkCommand(globals), new UnlinkCommand(globals),
            new AgreeCommand(globals), new AgreementsCommand(globals), new AgreementCommand(globals), new WithdrawCommand(globals),
            new ApproveCommand(globals), new RejectCommand(globals), new SupersedeCommand(globals),
            new FulfillCommand(globals), new HistoryCommand(globals),
            new AcknowledgeCommand(globals), new PendingCommand(globals),
            new ConflictsCommand(globals), new ResolveCommand(globals), new AccessesCommand(globals),
            new WatchCommand(globals),
            new CheckActionCommand(globals), new ConfirmCommand(globals), new ReportCommand(globals), new GuardRunCommand(globals),
            new SourcesCommand(globals), new SourceCommand(globals), new TracesCommand(globals), new HealthCommand(globals),
            new DoctorCommand(globals), new CheckCommand(globals), new MigrateCommand(globals),
            new VerbGroup("registry", "What is done to the registry as a whole: new-epoch.", new NewEpochCommand(globals)),
            new VerbGroup("keys", "API keys of calling systems: new.", new NewKeyCommand(globals)),
            new VerbGroup("sample", "The sample data: load.", new SampleLoadCommand(globals)),
            new DemoCommand(globals),
        };
        var help = new HelpOption { Recursive = true };
        help.Action = new TeachingHelp((HelpAction)help.Action!);
        root.Options.Add(help);
        root.Options.Add(new VersionOption());
        globals.AddTo(root);
        return root;
    }
}
