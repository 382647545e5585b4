using Dossier.Cli;

namespace Dossier.Tests.Fixtures;

/// <summary>One run of the <c>dossier</c> command, as its process would end.</summary>
internal sealed record Typed(int ExitCode, string Output, string Error)
{
    /// <summary>Everything that was printed anywhere.</summary>
    public string All => Output + Error;

    public IReadOnlyList<string> Lines => Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    public static async Task<Typed> RunAsync(params string[] args)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var exitCode = await DossierCommand.RunAsync(args, output, error);
        return new Typed(exitCode, output.ToString().ReplaceLineEndings("\n"), error.ToString().ReplaceLineEndings("\n"));
    }

    /// <summary>Settings as they are typed after <c>--</c>.</summary>
    public static string[] Settings(params (string Key, string Value)[] settings) =>
        ["--", .. settings.SelectMany(setting => new[] { "--" + setting.Key, setting.Value })];
}
