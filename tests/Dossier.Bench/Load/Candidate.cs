using System.Diagnostics;
using System.Globalization;
using System.Threading.Channels;
using Dossier.Bench.Floors;
using Dossier.Bench.Peers;

namespace Dossier.Bench.Load;

/// <summary>A program that is measured.</summary>
/// <param name="Name">As --only takes it.</param>
/// <param name="Title">As the table calls it.</param>
/// <param name="Kind">As `serve` takes it; empty for what is not ours to serve.</param>
/// <param name="Providers">Where it can read.</param>
internal sealed record Measured(string Name, string Title, string Kind, params string[] Providers)
{
    public const string Ours = "dossier";

    public static IReadOnlyList<Measured> All { get; } =
    [
        new("floor1", "gRPC alone, a fixed answer (floor 1)", "floor1", "sqlite", "postgres"),
        new("floor2", "ADO.NET by hand (floor 2)", "floor2", "sqlite", "postgres"),
        new(Ours, "**Dossier**", "dossier", "sqlite", "postgres"),
        new("dossier-all", "**Dossier**, keys and telemetry on", "dossier", "sqlite", "postgres"),
        new("ef", "EF Core 10", "ef", "sqlite", "postgres"),
        new("rest", "REST, Dapper and JSON", "rest", "sqlite", "postgres"),
        new("postgraphile", "PostGraphile 5", "", "postgres"),
    ];

    public bool IsGrpc => Kind is not ("rest" or "");
}

/// <summary>One program that runs, in a process of its own.</summary>
internal sealed class Candidate : IAsyncDisposable
{
    private readonly Process process;
    private readonly Channel<string> figures = Channel.CreateUnbounded<string>();

    private Candidate(Measured program, Process process, string address)
    {
        (Program, this.process, Address) = (program, process, address);

        // What it says otherwise, of a source that was slow for example, is for people; it must not wait until somebody has read it.
        _ = ListenAsync();
        process.ErrorDataReceived += (_, said) => Take(said.Data ?? "");
        process.BeginErrorReadLine();
    }

    public Measured Program { get; }

    public string Address { get; }

    public TimeSpan CpuTime => Cpu.Of(process.Id);

    public int Id => process.Id;

    /// <param name="program">What.</param>
    /// <param name="stores">Where the facts stand.</param>
    /// <param name="folder">A folder of its own.</param>
    /// <param name="settings">More for `serve`.</param>
    /// <param name="environment">Variables.</param>
    /// <param name="stop">Ends it.</param>
    public static async Task<Candidate> StartAsync(
        Measured program, StoreAddresses stores, string folder, IEnumerable<string> settings, IReadOnlyDictionary<string, string> environment, CancellationToken stop)
    {
        Directory.CreateDirectory(folder);
        var child = program.Kind.Length == 0
            ? Tools.Start("node", [PostGraphile.ServerIn(PostGraphile.Folder)], null, PostGraphile.Folder, input: true, PostGraphile.Environment(stores))
            : Tools.Start(
                "dotnet",
                ["exec", Path.Combine(AppContext.BaseDirectory, "Dossier.Bench.dll"), "serve", "--kind", program.Kind, .. stores.Arguments, .. settings],
                null,
                folder,
                input: true,
                environment);
        while (await child.StandardOutput.ReadLineAsync(stop) is { } line)
        {
            if (line.StartsWith(ServeCommand.Listens, StringComparison.Ordinal))
            {
                return new Candidate(program, child, line[ServeCommand.Listens.Length..]);
            }
        }

        throw new InvalidOperationException($"{program.Name} did not start: {await child.StandardError.ReadToEndAsync(stop)}");
    }

    /// <summary>The bytes that it has allocated since it started; null if it cannot tell.</summary>
    public async Task<long?> AllocatedAsync(CancellationToken stop)
    {
        if (Program.Kind.Length == 0)
        {
            return null;
        }

        await process.StandardInput.WriteLineAsync(ServeCommand.Figures.TrimEnd().AsMemory(), stop);
        await process.StandardInput.FlushAsync(stop);
        return long.Parse(await figures.Reader.ReadAsync(stop), CultureInfo.InvariantCulture);
    }

    public async ValueTask DisposeAsync()
    {
        process.StandardInput.Close();
        try
        {
            await process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(10));
        }
        catch (TimeoutException)
        {
            process.Kill(entireProcessTree: true);
        }

        process.Dispose();
    }

    private async Task ListenAsync()
    {
        while (await process.StandardOutput.ReadLineAsync() is { } line)
        {
            Take(line);
        }

        figures.Writer.TryComplete();
    }

    private void Take(string line)
    {
        if (line.StartsWith(ServeCommand.Figures, StringComparison.Ordinal))
        {
            figures.Writer.TryWrite(line[ServeCommand.Figures.Length..]);
        }
        else if (line.Length > 0)
        {
            Console.Error.WriteLine($"\r{Program.Name}: {line}");
        }
    }
}
