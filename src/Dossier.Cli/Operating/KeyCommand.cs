using System.CommandLine;
using System.Text.Json;
using Dossier.Cli.Commands;

namespace Dossier.Cli.Operating;

/// <summary><c>dossier keys new</c>: makes an API key; the service's settings get its hash alone.</summary>
internal sealed class NewKeyCommand : Verb
{
    private readonly Argument<string> _system = new("system") { Description = "The calling system: a slug such as webcare" };

    public NewKeyCommand(GlobalOptions globals) : base(globals, "new",
        "Makes an API key for a calling system and prints it once, beside the line for the service's settings. Nothing is stored.",
        "dossier keys new webcare", "dossier keys new administration --json") =>
        Arguments.Add(_system);

    protected override Task<int> RunAsync(Session session, ParseResult line, CancellationToken cancellation)
    {
        var system = line.GetValue(_system)!;
        if (system.Length is < 1 or > 32 || !system.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-'))
        {
            throw CommandException.Usage($"{system}: a system is 1-32 of [a-z0-9-]");
        }
        var (key, hash) = KeyMaking.New();
        return Task.FromResult(session.Answer(
            () => JsonSerializer.Serialize(new { system, key, hash }),
            screen =>
            {
                screen.Line($"key       {key}");
                screen.Line($"setting   Systems:{system}:Keys:0 = {hash}");
                screen.Line();
                screen.Paragraph($"Give the key to {system} (metadata x-dossier-key; this command: DOSSIER_KEY or --key-file). It is not shown again. "
                    + $"The setting goes into the service's file or its environment, beside Systems:{system}:Scopes.");
            }));
    }
}

/// <summary>Loads the service's own code when it is needed, and not before.</summary>
internal static class KeyMaking
{
    public static (string Key, string Hash) New()
    {
        var key = Host.Authentication.NewKey();
        return (key, Host.Authentication.HashOf(key));
    }
}
