using System.ComponentModel;
using System.Diagnostics;

namespace Dossier.Bench.Load;

/// <summary>Other people's programs that a measurement needs.</summary>
internal static class Tools
{
    public static bool IsThere(string name) => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
        .Any(folder => folder.Length > 0 && File.Exists(Path.Combine(folder, name)));

    /// <summary>Runs a program to its end.</summary>
    /// <param name="name">The program.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="core">The cores to run on, as taskset writes them; null for any.</param>
    /// <param name="stop">Ends it.</param>
    /// <param name="folder">Where it runs; null for here.</param>
    /// <returns>Its exit code, and what it wrote on both outputs.</returns>
    public static async Task<(int Code, string Output)> RunAsync(string name, IReadOnlyList<string> arguments, string? core, CancellationToken stop, string? folder = null)
    {
        using var process = Start(name, arguments, core, folder, input: false);
        var output = process.StandardOutput.ReadToEndAsync(stop);
        var errors = process.StandardError.ReadToEndAsync(stop);
        try
        {
            await process.WaitForExitAsync(stop);
            return (process.ExitCode, await output + await errors);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }
    }

    /// <summary>Starts a program that goes on running. taskset becomes the program, so that the process is the program's own.</summary>
    public static Process Start(string name, IReadOnlyList<string> arguments, string? core, string? folder, bool input, IReadOnlyDictionary<string, string>? environment = null)
    {
        var start = core is null ? new ProcessStartInfo(name, arguments) : new ProcessStartInfo("taskset", ["-c", core, name, .. arguments]);
        (start.RedirectStandardOutput, start.RedirectStandardError, start.RedirectStandardInput, start.UseShellExecute) = (true, true, input, false);
        start.WorkingDirectory = folder ?? "";
        foreach (var (variable, value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[variable] = value;
        }

        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception missing)
        {
            throw new InvalidOperationException($"{start.FileName} cannot be started ({missing.Message}).", missing);
        }
    }
}
