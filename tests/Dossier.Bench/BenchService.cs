using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Dossier.Bench;

/// <summary>A service to measure: one that runs already, or a child process of our own on a folder of its own.</summary>
internal sealed class BenchService : IAsyncDisposable
{
    private readonly Process? process;
    private readonly string? folder;

    private readonly ConcurrentQueue<string> failures = new();

    private BenchService(string address, Process? process, string? folder) => (Address, this.process, this.folder) = (address, process, folder);

    public string Address { get; }

    /// <summary>What the service logged as an error, as far as it was started here; the first lines of it.</summary>
    public IReadOnlyCollection<string> Failures => failures;

    /// <summary>The process, where it was started here.</summary>
    public int ProcessId => process?.Id ?? throw new InvalidOperationException("Only of a service that was started here.");

    public static async Task<BenchService> OpenAsync(string? address, CancellationToken stop, params string[] settings)
    {
        if (address is not null)
        {
            return new BenchService(address, null, null);
        }

        var data = Directory.CreateTempSubdirectory("dossier-bench-").FullName;
        return await StartAsync(data, data, stop, settings);
    }

    /// <summary>On a folder that is there already, and stays.</summary>
    public static Task<BenchService> OnAsync(string folder, CancellationToken stop, params string[] settings) => StartAsync(folder, null, stop, settings);

    /// <summary>A second process on the same files.</summary>
    public async Task<BenchService> BesideAsync(CancellationToken stop, params string[] settings) =>
        await StartAsync(folder ?? throw new InvalidOperationException("Only beside a service that was started here."), null, stop, settings);

    private static async Task<BenchService> StartAsync(string data, string? toDelete, CancellationToken stop, params string[] settings)
    {
        var own = $"http://127.0.0.1:{FreePort()}";
        string[] arguments = ["exec", Path.Combine(AppContext.BaseDirectory, "Dossier.dll"), "--Listen", own, "--DataDirectory", data, .. settings];
        var child = Process.Start(new ProcessStartInfo("dotnet", arguments) { RedirectStandardOutput = true, UseShellExecute = false })!;
        while (await child.StandardOutput.ReadLineAsync(stop) is { } line)
        {
            if (line.Contains("listens on", StringComparison.Ordinal))
            {
                var service = new BenchService(own, child, toDelete);
                _ = service.DrainAsync();
                return service;
            }
        }

        throw new InvalidOperationException("The service did not start.");
    }

    /// <summary>Reads what it writes: a full pipe would stop it.</summary>
    private async Task DrainAsync()
    {
        const int Most = 200;
        var failed = false;
        while (await process!.StandardOutput.ReadLineAsync() is { } line)
        {
            failed = line.StartsWith("fail:", StringComparison.Ordinal) || line.StartsWith("crit:", StringComparison.Ordinal) || (failed && line.StartsWith(' '));
            if (failed && failures.Count < Most)
            {
                failures.Enqueue(line);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (process is not null)
        {
            process.Kill();
            await process.WaitForExitAsync();
            process.Dispose();
            if (folder is not null)
            {
                Directory.Delete(folder, recursive: true);
            }
        }
    }

    internal static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }
}
