using System.Diagnostics;

namespace Dossier.Tests.Fixtures;

/// <summary>A program of the machine or of PostgreSQL, run to its end.</summary>
internal static class Tool
{
    /// <summary>Runs it and gives what it wrote; what it says on standard error is the failure of the test.</summary>
    public static async Task<string> RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments)
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var error = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, $"{program} {string.Join(' ', arguments)} ended with {process.ExitCode}: {output}{await error}");
        return output;
    }
}
