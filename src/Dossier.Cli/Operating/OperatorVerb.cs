using System.CommandLine;
using System.CommandLine.Parsing;
using Dossier.Cli.Commands;

namespace Dossier.Cli.Operating;

/// <summary>
/// A command for operators: it works on the service's own settings (appsettings.json in this folder, DOSSIER_ variables, and
/// settings after <c>--</c>), beside the service or without it. Only these commands load the service's own code.
/// </summary>
internal abstract class OperatorVerb : Verb
{
    private readonly Argument<string[]> _settings = new("settings")
    {
        Description = "Settings as the service takes them, after --: -- --Sources:crm:Provider PostgreSql",
        Arity = ArgumentArity.ZeroOrMore,
    };

    protected OperatorVerb(GlobalOptions globals, string name, string description, params string[] examples) : base(globals, name, description, examples) =>
        Arguments.Add(_settings);

    protected sealed override async Task<int> RunAsync(Session session, ParseResult line, CancellationToken cancellation)
    {
        try
        {
            return await RunAsync(session, line, Settings(line, line.GetValue(_settings) ?? []), cancellation);
        }
        catch (OperationException failed)
        {
            throw new CommandException(failed.Settings ? ExitCode.Usage : ExitCode.Unexpected, failed.Message);
        }
    }

    protected abstract Task<int> RunAsync(Session session, ParseResult line, string[] settings, CancellationToken cancellation);

    protected static Option<string?> OwnersConnection() =>
        Arg.Text("--connection-string", "Of the registry's owner, who may create tables; the service's own if not given", "text");

    // The reader of settings passes over what it does not understand: a slip would be a check of something else.
    private static string[] Settings(ParseResult line, string[] words)
    {
        var behind = line.Tokens.Reverse().TakeWhile(token => token.Type != TokenType.DoubleDash).Count();
        if (words.Length > (behind == line.Tokens.Count ? 0 : behind))
        {
            throw CommandException.Usage($"{words[0]} is not an option of this command; settings of the service come after --");
        }
        for (var i = 0; i < words.Length; i++)
        {
            if (words[i] == Dossier.Settings.DevelopmentSwitch)
            {
                continue;
            }
            if (!words[i].StartsWith("--", StringComparison.Ordinal) || words[i].Length == 2)
            {
                throw CommandException.Usage("after -- come settings: -- --Sources:crm:Provider PostgreSql");
            }
            if (!words[i].Contains('=', StringComparison.Ordinal) && ++i == words.Length)
            {
                throw CommandException.Usage($"{words[^1]} has no value");
            }
        }
        return words;
    }
}

/// <summary>Commands that belong together under one word.</summary>
internal sealed class VerbGroup : Command
{
    public VerbGroup(string name, string description, params Verb[] verbs) : base(name, description)
    {
        foreach (var verb in verbs)
        {
            Subcommands.Add(verb);
        }
    }
}
