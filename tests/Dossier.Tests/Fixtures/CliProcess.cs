using System.Collections.Concurrent;
using System.Diagnostics;

namespace Dossier.Tests.Fixtures;

/// <summary>The built command as a process of its own, for what only a process has: signals and a kill.</summary>
public sealed class CliProcess : IAsyncDisposable
{
    private readonly Process process;

    private CliProcess(IEnumerable<string> args)
    {
        // From its own folder: that of the tests lacks what the tests' framework brings.
        var here = new DirectoryInfo(AppContext.BaseDirectory);
        var program = Path.Combine(here.Parent!.Parent!.FullName, "Dossier.Cli", here.Name, "Dossier.Cli.dll");
        var dotnet = Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";
        process = new Process
        {
            StartInfo = new ProcessStartInfo(InterruptIsIgnored ? "env" : dotnet, [.. InterruptIsIgnored ? ["--default-signal=INT", dotnet] : Array.Empty<string>(), "exec", program, .. args])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                UseShellExecute = false,
            },
        };
        process.OutputDataReceived += (_, line) => Heard(Lines, line.Data);
        process.ErrorDataReceived += (_, line) => Heard(Errors, line.Data);
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    /// <summary>
    /// Whoever starts the tests in a shell's background (<c>.ci/run &amp;</c>) has them inherit an ignored SIGINT, and with them every command: Ctrl-C
    /// would do nothing, and two tests waited for it in vain.
    /// </summary>
    private static bool InterruptIsIgnored { get; } = File.Exists("/proc/self/status")
        && File.ReadLines("/proc/self/status").FirstOrDefault(line => line.StartsWith("SigIgn:", StringComparison.Ordinal)) is { } ignored
        && (Convert.ToUInt64(ignored["SigIgn:".Length..].Trim(), 16) & (1UL << 1)) != 0;

    public ConcurrentQueue<string> Lines { get; } = [];

    public ConcurrentQueue<string> Errors { get; } = [];

    public static CliProcess Start(IEnumerable<string> args) => new(args);

    /// <summary>Ctrl-C, and the exit code that comes of it.</summary>
    public async Task<int> InterruptAsync()
    {
        using (var kill = Process.Start(new ProcessStartInfo("kill", ["-INT", $"{process.Id}"]) { UseShellExecute = false })!)
        {
            await kill.WaitForExitAsync();
        }

        await process.WaitForExitAsync().WaitAsync(DossierProcess.Patience);
        return process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited)
        {
            process.Kill();
        }

        await process.WaitForExitAsync();
        process.Dispose();
    }

    private static void Heard(ConcurrentQueue<string> lines, string? line)
    {
        if (line is not null)
        {
            lines.Enqueue(line);
        }
    }
}
