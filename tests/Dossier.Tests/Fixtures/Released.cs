using System.Diagnostics;

namespace Dossier.Tests.Fixtures;

/// <summary>The last released program, built from its commit by tests/released.sh; where a clone has no history, this one.</summary>
internal static class Released
{
    private static readonly Lazy<string?> Built = new(Build);

    /// <summary>Its Dossier.dll.</summary>
    public static string Program => Built.Value ?? Launch.Present;

    private static string? Build()
    {
        using var process = Process.Start(new ProcessStartInfo("bash", [Repository.PathOf("tests", "released.sh")]) { UseShellExecute = false, RedirectStandardOutput = true })!;
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        const int NoHistory = 3;
        Assert.True(process.ExitCode is 0 or NoHistory, $"tests/released.sh ended with {process.ExitCode}, and said why on standard error: {output}");
        return process.ExitCode == 0 ? output.Trim() : null;
    }
}
