using System.Diagnostics;

namespace Dossier.Bench.Load;

/// <summary>Who runs on which cores, as taskset writes them: what is measured on the first, whoever asks on the others.</summary>
internal sealed record Cores(string? Servers, string? Load)
{
    public static Cores Divide()
    {
        if (Environment.ProcessorCount < 2 || !Tools.IsThere("taskset"))
        {
            Console.Error.WriteLine("There is one core, or no taskset: programs and load run on the same cores, and take time from each other.");
            return new Cores(null, null);
        }

        return new Cores("0", Environment.ProcessorCount == 2 ? "1" : $"1-{Environment.ProcessorCount - 1}");
    }

    /// <summary>Puts a server and what it starts on the servers' core until this is disposed.</summary>
    public async Task<IDisposable?> PinAsync(int process, CancellationToken stop)
    {
        if (Servers is null)
        {
            return null;
        }

        // All of its processes that are alive; new ones inherit.
        foreach (var one in Cpu.All(process))
        {
            await Tools.RunAsync("taskset", ["-acp", Servers, $"{one}"], null, stop);
        }

        return new Pinned(process);
    }

    private sealed class Pinned(int process) : IDisposable
    {
        public void Dispose()
        {
            foreach (var one in Cpu.All(process))
            {
                using var taskset = Process.Start(new ProcessStartInfo("taskset", ["-acp", $"0-{Environment.ProcessorCount - 1}", $"{one}"]) { RedirectStandardOutput = true, UseShellExecute = false });
                taskset?.WaitForExit();
            }
        }
    }
}
