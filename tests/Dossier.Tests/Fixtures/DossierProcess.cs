using System.Collections.Concurrent;
using System.ComponentModel;
using System.Diagnostics;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.RegularExpressions;
using Dossier.V1;
using Grpc.Core;
using Grpc.Health.V1;
using Grpc.Net.Client;

namespace Dossier.Tests.Fixtures;

/// <summary>
/// The built service as a process of its own, started as a user starts it. It listens on a free port that it chooses itself,
/// so that two starts never ask for the same one. It is killed at the end of the test at the latest.
/// </summary>
public sealed partial class DossierProcess : IAsyncDisposable
{
    /// <summary>How long anything may take on a slow machine before the test gives up.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    private static readonly ConcurrentDictionary<int, Process> Running = new();

    private readonly Process process;
    private readonly Launch launch;
    private X509Certificate2? authority;
    private readonly StringBuilder output = new();
    private readonly StringBuilder error = new();
    private readonly TaskCompletionSource<string> address = new(TaskCreationOptions.RunContinuationsAsynchronously);

    static DossierProcess() => AppDomain.CurrentDomain.ProcessExit += (_, _) =>
    {
        foreach (var running in Running.Values)
        {
            Kill(running);
        }
    };

    private DossierProcess(Launch launch)
    {
        this.launch = launch;
        process = new Process { StartInfo = launch.ToStartInfo() };
        process.OutputDataReceived += (_, line) => Heard(output, line.Data);
        process.ErrorDataReceived += (_, line) => Heard(error, line.Data);
        process.Start();
        Running[process.Id] = process;
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    /// <summary>Where it listens, as it says itself.</summary>
    public string Address { get; private set; } = "";

    public GrpcChannel Channel { get; private set; } = null!;

    public DossierService.DossierServiceClient Dossiers { get; private set; } = null!;

    public AgreementService.AgreementServiceClient Agreements { get; private set; } = null!;

    public Health.HealthClient Health { get; private set; } = null!;

    /// <summary>What it has printed on standard output.</summary>
    public string Output => Text(output);

    /// <summary>What it has printed on standard error.</summary>
    public string Error => Text(error);

    /// <summary>Files and sockets that it has open.</summary>
    public int Handles
    {
        get
        {
            process.Refresh();
            return process.HandleCount;
        }
    }

    /// <summary>Starts it on a data folder and waits until it serves.</summary>
    public static Task<DossierProcess> StartAsync(string dataDirectory, params (string Key, string Value)[] environment) =>
        StartAsync(Launch.On(dataDirectory, environment));

    /// <summary>Starts it and waits until it serves.</summary>
    /// <param name="launch">How.</param>
    /// <param name="authority">Whose certificates are trusted, where it serves with TLS.</param>
    public static async Task<DossierProcess> StartAsync(Launch launch, X509Certificate2? authority = null)
    {
        var started = new DossierProcess(launch) { authority = authority };
        try
        {
            await started.ServesAsync();
            return started;
        }
        catch
        {
            await started.DisposeAsync();
            throw;
        }
    }

    /// <summary>Runs it to its end: for starts that it must refuse.</summary>
    public static async Task<Ended> RunAsync(Launch launch)
    {
        await using var started = new DossierProcess(launch);
        await started.EndsAsync(Patience);
        return new Ended(started.process.ExitCode, started.Output, started.Error);
    }

    /// <summary>SIGTERM as soon as it has a thread for signals, which is before it has a port.</summary>
    public static async Task<Ended> StopWhenItHeedsSignalsAsync(Launch launch)
    {
        await using var started = new DossierProcess(launch);
        var began = Stopwatch.GetTimestamp();
        while (!started.HasThread(".NET SigHandler") && !started.process.HasExited && Stopwatch.GetElapsedTime(began) < Patience)
        {
            await Task.Delay(2, CancellationToken.None);
        }

        return (await started.TerminateAsync()).Ended;
    }

    /// <summary>Starts it again with the same settings; the one before must have ended.</summary>
    public Task<DossierProcess> RestartAsync() => process.HasExited ? StartAsync(launch, authority) : throw new InvalidOperationException("It still runs.");

    /// <summary>SIGKILL: no handler runs, nothing is flushed.</summary>
    public async Task KillAsync()
    {
        Kill(process);
        await EndsAsync(Patience);
    }

    /// <summary>SIGTERM, as a service manager stops it.</summary>
    /// <returns>How it ended and how long that took.</returns>
    public async Task<(Ended Ended, TimeSpan Took)> TerminateAsync(TimeSpan? within = null)
    {
        var started = Stopwatch.GetTimestamp();
        using (var kill = Process.Start(new ProcessStartInfo("kill", ["-TERM", $"{process.Id}"]) { UseShellExecute = false })!)
        {
            await kill.WaitForExitAsync();
        }

        await EndsAsync(within ?? Patience);
        return (new Ended(process.ExitCode, Output, Error), Stopwatch.GetElapsedTime(started));
    }

    public async ValueTask DisposeAsync()
    {
        Channel?.Dispose();
        Kill(process);
        await process.WaitForExitAsync();
        Running.TryRemove(process.Id, out _);
        process.Dispose();
    }

    private async Task ServesAsync()
    {
        var ended = process.WaitForExitAsync();
        var first = await Task.WhenAny(address.Task, ended, Task.Delay(Patience, TimeProvider.System));
        if (first != address.Task)
        {
            throw new InvalidOperationException($"The service did not start.\n{Output}\n{Error}");
        }

        Address = await address.Task;
        Channel = authority is null ? GrpcChannel.ForAddress(Address) : GuardedHost.Connect(Address, authority);
        Dossiers = new DossierService.DossierServiceClient(Channel);
        Agreements = new AgreementService.AgreementServiceClient(Channel);
        Health = new Health.HealthClient(Channel);
        await Eventually.TrueAsync(
            async () => (await Health.CheckAsync(new HealthCheckRequest())).Status == HealthCheckResponse.Types.ServingStatus.Serving,
            "the service says that it serves");
    }

    private bool HasThread(string name)
    {
        try
        {
            return Directory.GetDirectories($"/proc/{process.Id}/task").Any(thread => File.ReadAllText(Path.Combine(thread, "comm")).TrimEnd() == name);
        }
        catch (IOException)
        {
            // One of them has ended meanwhile.
            return false;
        }
    }

    private async Task EndsAsync(TimeSpan within)
    {
        try
        {
            await process.WaitForExitAsync().WaitAsync(within);
        }
        catch (TimeoutException still)
        {
            throw new TimeoutException($"The service did not end within {within}.\n{Output}\n{Error}", still);
        }
    }

    private void Heard(StringBuilder heard, string? line)
    {
        if (line is null)
        {
            return;
        }

        lock (heard)
        {
            heard.Append(line).Append('\n');
        }

        if (ListensOn().Match(line) is { Success: true } found)
        {
            address.TrySetResult(found.Groups[1].Value);
        }
    }

    private static string Text(StringBuilder heard)
    {
        lock (heard)
        {
            return heard.ToString();
        }
    }

    private static void Kill(Process running)
    {
        try
        {
            running.Kill();
        }
        catch (Exception gone) when (gone is InvalidOperationException or Win32Exception)
        {
            // It has ended by itself.
        }
    }

    [GeneratedRegex("^Dossier listens on (https?://[^ ]+)")]
    private static partial Regex ListensOn();
}

/// <summary>How a process ended.</summary>
public sealed record Ended(int ExitCode, string Output, string Error);

/// <summary>How the service is started.</summary>
/// <param name="WorkingDirectory">Where the command is typed: appsettings.json is read there, and `data` appears there.</param>
/// <param name="Args">Its command line.</param>
/// <param name="Environment">Environment variables beside those of the test; no DOSSIER_, OTEL_ or ASPNETCORE_ variable of the test is handed on.</param>
public sealed record Launch(string WorkingDirectory, IReadOnlyList<string> Args, IReadOnlyList<(string Key, string Value)> Environment)
{
    private static readonly string[] NotHandedOn = ["DOSSIER_", "OTEL_", "ASPNETCORE_", "DOTNET_ENVIRONMENT", "Kestrel"];

    /// <summary>The program of these tests.</summary>
    public static string Present { get; } = Path.Combine(AppContext.BaseDirectory, "Dossier.dll");

    /// <summary>The Dossier.dll that is started.</summary>
    public string Program { get; init; } = Present;

    /// <summary>On a data folder and a free port.</summary>
    public static Launch On(string dataDirectory, params (string Key, string Value)[] environment) =>
        new(dataDirectory, ["--Listen", "http://127.0.0.1:0", "--DataDirectory", dataDirectory], environment);

    internal ProcessStartInfo ToStartInfo()
    {
        var start = new ProcessStartInfo(System.Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet", ["exec", Program, .. Args])
        {
            WorkingDirectory = WorkingDirectory,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        foreach (var inherited in start.Environment.Keys.Where(key => NotHandedOn.Any(key.StartsWith)).ToList())
        {
            start.Environment.Remove(inherited);
        }

        foreach (var (key, value) in Environment)
        {
            start.Environment[key] = value;
        }

        return start;
    }
}
