using System.Globalization;
using Dossier.Bench.Floors;
using Dossier.Bench.Seeding;
using Dossier.Host;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Dossier.Bench.Load;

/// <summary>
/// All programs on one database: each in a process of its own, started, compared and warmed first, then measured in turn, round after round, so that
/// what the machine does beside falls on all of them. Programs and the database have one core, the load has the others.
/// </summary>
internal sealed class DossierRun
{
    private const int Asked = 256;
    private const double Steady = 1.03;
    private static readonly TimeSpan WarmStep = TimeSpan.FromSeconds(3);
    private const string ApiKey = "x-dossier-key";

    public required IReadOnlyList<int> Callers { get; init; }

    public required int Rounds { get; init; }

    public required TimeSpan Length { get; init; }

    public required TimeSpan WarmUp { get; init; }

    public required int Customers { get; init; }

    public required IReadOnlyList<Measured> Programs { get; init; }

    /// <param name="stores">Where the facts stand.</param>
    /// <param name="server">The PostgreSQL server; null for SQLite.</param>
    /// <param name="folder">A folder to write to.</param>
    /// <param name="stop">Ends it.</param>
    public async Task<IReadOnlyList<Sample>> RunAsync(StoreAddresses stores, string? server, string folder, CancellationToken stop)
    {
        var cores = Cores.Divide();
        var database = server is null ? null : await Cpu.OfServerAsync(server, stop);
        if (server is not null && database is null)
        {
            await Console.Error.WriteLineAsync("The PostgreSQL server runs elsewhere: its processor time cannot be counted.");
        }

        await using var sink = await SinkAsync(stop);
        var started = new List<(Candidate Candidate, Questions Questions)>();
        var loads = new List<(Candidate Candidate, H2Load Load)>();
        try
        {
            var asked = Questions.Spread(Customers, Asked);
            foreach (var program in Programs.Where(program => program.Providers.Contains(stores.Provider)).OrderByDescending(program => program.Name == Measured.Ours))
            {
                Say($"starting {program.Name}");
                started.Add(await StartAsync(program, stores, folder, sink.Urls.First(), started, stop));
            }

            var answers = await CompareAsync(started, asked, stop);
            loads.AddRange(started.OrderBy(one => Programs.ToList().IndexOf(one.Candidate.Program)).Select(one => (
                one.Candidate, new H2Load([.. asked.Select(index => one.Questions.Of(index, answers[(one.Candidate, index)]))], one.Questions.Headers, !one.Candidate.Program.IsGrpc, cores.Load))));
            foreach (var (candidate, load) in loads)
            {
                await WarmAsync(candidate, load, stop);
            }

            // Only now: a process that starts with one core has another garbage collector, and compiles in the time that it should serve.
            foreach (var (candidate, _) in started)
            {
                await cores.PinAsync(candidate.Id, stop);
            }

            using var pinned = database is { } postmaster ? await cores.PinAsync(postmaster, stop) : null;
            return await MeasureAsync(stores.Provider, loads, database, stop);
        }
        finally
        {
            loads.ForEach(one => one.Load.Dispose());
            foreach (var (candidate, questions) in started)
            {
                questions.Dispose();
                await candidate.DisposeAsync();
            }

            Say("");
        }
    }

    /// <summary>Until it gets no faster: the runtime watches what is called often and compiles it twice more.</summary>
    private async Task WarmAsync(Candidate candidate, H2Load load, CancellationToken stop)
    {
        var (best, steady) = (0.0, 0);
        for (var spent = TimeSpan.Zero; spent < WarmUp && steady < 3; spent += WarmStep)
        {
            Say($"warming {candidate.Program.Name}: {best:0}/s");
            var now = (await load.RunAsync(Callers.Max(), WarmStep, stop)).PerSecond;
            steady = now > best * Steady ? 0 : steady + 1;
            best = Math.Max(best, now);
        }
    }

    private async Task<List<Sample>> MeasureAsync(string provider, List<(Candidate Candidate, H2Load Load)> loads, int? database, CancellationToken stop)
    {
        var samples = new List<Sample>();
        for (var round = 1; round <= Rounds; round++)
        {
            foreach (var callers in Callers)
            {
                // To and fro: nobody is always after the same one.
                foreach (var (candidate, load) in round % 2 == 1 ? loads : Enumerable.Reverse(loads))
                {
                    Say($"{Result.Title(provider, callers)}, round {round} of {Rounds}: {candidate.Program.Name}");
                    samples.Add(await OnceAsync(provider, callers, round, candidate, load, database, stop));
                }
            }
        }

        return samples;
    }

    private async Task<Sample> OnceAsync(string provider, int callers, int round, Candidate candidate, H2Load load, int? database, CancellationToken stop)
    {
        var (cpu, beside, allocated) = (candidate.CpuTime, Database(), await candidate.AllocatedAsync(stop));
        var loaded = await load.RunAsync(callers, Length, stop);
        var sample = new Sample(
            provider,
            callers,
            round,
            candidate.Program,
            loaded.PerSecond,
            loaded.At(0.5),
            loaded.At(0.99),
            (candidate.CpuTime - cpu).TotalMicroseconds / loaded.Requests,
            (Database() - beside).TotalMicroseconds / loaded.Requests,
            await candidate.AllocatedAsync(stop) is { } after ? (double)(after - allocated!.Value) / loaded.Requests : null,
            (double)loaded.Bytes / loaded.Requests,
            loaded.Wrong);
        await Console.Error.WriteLineAsync(string.Create(
            CultureInfo.InvariantCulture,
            $"\r{Result.Title(provider, callers)}, round {round}: {candidate.Program.Name,-12} {sample.PerSecond,8:0}/s  p50 {sample.P50:0.00} ms  p99 {sample.P99:0.00} ms  {sample.Micros:0} µs each{(sample.Wrong > 0 ? $"  WRONG {sample.Wrong}" : "")}    "));
        return sample;

        TimeSpan Database() => database is { } server ? Cpu.OfAll(server) : TimeSpan.Zero;
    }

    private static async Task<(Candidate Candidate, Questions Questions)> StartAsync(
        Measured program, StoreAddresses stores, string folder, string sink, List<(Candidate Candidate, Questions Questions)> started, CancellationToken stop)
    {
        var (settings, credentials) = (new List<string>(), new List<string>());
        var environment = new Dictionary<string, string>(StringComparer.Ordinal);
        if (program.Kind == "dossier")
        {
            settings.AddRange(["--", $"--Listen=http://127.0.0.1:{BenchService.FreePort()}", $"--DataDirectory={folder}"]);
        }

        if (program.Name == "dossier-all")
        {
            var key = Authentication.NewKey();
            credentials.Add($"{ApiKey}: {key}");
            settings.AddRange([$"--Systems:telephony:Keys:0={Authentication.HashOf(key)}", "--Systems:telephony:Scopes:0=dossier.read", "--Systems:telephony:Scopes:1=agreements.read"]);
            (environment["OTEL_EXPORTER_OTLP_ENDPOINT"], environment["OTEL_EXPORTER_OTLP_PROTOCOL"]) = (sink, "http/protobuf");
        }

        if (program.Kind == "floor1")
        {
            // What the service answers to the first customer, as it stands.
            var answer = Path.Combine(folder, "answer.bin");
            await File.WriteAllBytesAsync(answer, (await started[0].Questions.AskAsync(0, stop))[5..], stop);
            settings.AddRange(["--answer", answer]);
        }

        var candidate = await Candidate.StartAsync(program, stores, Path.Combine(folder, program.Name), settings, environment, stop);
        return (candidate, new Questions(candidate, credentials));
    }

    /// <summary>Asks every program for every customer once: all must say the same as the service does. That warms them too.</summary>
    /// <returns>How long each answer is.</returns>
    /// <exception cref="InvalidOperationException">Somebody says something else.</exception>
    private static async Task<Dictionary<(Candidate Candidate, int Customer), long>> CompareAsync(
        List<(Candidate Candidate, Questions Questions)> started, IReadOnlyList<int> asked, CancellationToken stop)
    {
        var lengths = new Dictionary<(Candidate, int), long>();
        foreach (var index in asked)
        {
            Say($"comparing what they say of customer {Crowd.NumberOf(index)}");
            Answer? ours = null;
            foreach (var (candidate, questions) in started)
            {
                var body = await questions.AskAsync(index, stop);
                lengths.Add((candidate, index), body.Length);
                var answer = questions.Read(body);
                ours ??= answer;
                if (candidate.Program.Kind != "floor1" && answer.Differs(ours) is { } difference)
                {
                    throw new InvalidOperationException($"{candidate.Program.Name} says something else of customer {Crowd.NumberOf(index)} than the service: {difference}");
                }
            }
        }

        return lengths;
    }

    /// <summary>What takes the service's telemetry and throws it away; on the cores of the load.</summary>
    private static async Task<WebApplication> SinkAsync(CancellationToken stop)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        app.Run(async context =>
        {
            await context.Request.Body.CopyToAsync(Stream.Null, context.RequestAborted);
            context.Response.ContentType = "application/x-protobuf";
        });
        await app.StartAsync(stop);
        return app;
    }

    private static void Say(string what)
    {
        if (!Console.IsErrorRedirected)
        {
            Console.Error.Write("\r" + what.PadRight(90) + (what.Length == 0 ? "\r" : ""));
        }
    }
}
