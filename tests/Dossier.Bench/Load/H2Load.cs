using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Dossier.Bench.Load;

/// <summary>One question, and how many bytes its right answer has.</summary>
/// <param name="Url">Where it is asked.</param>
/// <param name="Body">What is posted; null for a GET.</param>
/// <param name="AnswerBytes">The answer's body, a gRPC message with the five bytes before it; 0 if it is not known.</param>
internal sealed record Ask(string Url, byte[]? Body, long AnswerBytes);

/// <summary>What one run of the load was answered.</summary>
/// <param name="Requests">All of them.</param>
/// <param name="PerSecond">The sum over the processes: each one's requests by the time in which it was asking.</param>
/// <param name="Milliseconds">How long each took, in order.</param>
/// <param name="Bytes">All answers' bodies.</param>
/// <param name="Wrong">Answers that were refused, broken off or too short, as far as can be told.</param>
internal sealed record Loaded(long Requests, double PerSecond, double[] Milliseconds, long Bytes, long Wrong)
{
    public double At(double part) => Milliseconds.Length == 0 ? 0 : Milliseconds[Math.Min(Milliseconds.Length - 1, (int)(Milliseconds.Length * part))];
}

/// <summary>
/// Load by h2load: a client in .NET costs ten times as much as h2load does, and would take the machine from the service that is measured.
/// One h2load asks one question again and again, so up to 16 run beside each other, each for about half a second and then another one with
/// the next question: many different customers. Every caller has a connection of its own and waits for its answer.
/// h2load counts a refused gRPC call as HTTP 200. So the bytes count: a refused call has none.
/// </summary>
internal sealed partial class H2Load : IDisposable
{
    private const int MostProcesses = 16;

    // What stands in an answer of how long things took changes its length by a few bytes.
    private const double Tolerance = 0.005;
    private static readonly TimeSpan Slice = TimeSpan.FromMilliseconds(500);
    private readonly string folder = Directory.CreateTempSubdirectory("dossier-h2load-").FullName;
    private readonly IReadOnlyList<Ask> asks;
    private readonly string[] fixedArguments;
    private readonly string? core;
    private int next;

    /// <param name="asks">The questions, in turn.</param>
    /// <param name="headers">Sent with each: `name: value`.</param>
    /// <param name="http1">HTTP/1.1; else HTTP/2 without TLS.</param>
    /// <param name="core">The cores to run on, as taskset writes them; null for any.</param>
    /// <exception cref="InvalidOperationException">h2load is not installed.</exception>
    public H2Load(IReadOnlyList<Ask> asks, IReadOnlyList<string> headers, bool http1, string? core)
    {
        (this.asks, this.core) = (asks, core);
        fixedArguments = [.. http1 ? ["--h1"] : Array.Empty<string>(), .. headers.SelectMany(header => new[] { "-H", header })];
        for (var index = 0; index < asks.Count; index++)
        {
            if (asks[index].Body is { } body)
            {
                File.WriteAllBytes(BodyOf(index), body);
            }
        }

        if (!Tools.IsThere("h2load"))
        {
            throw new InvalidOperationException("h2load is not there. Debian and Ubuntu: apt-get install nghttp2-client; macOS: brew install nghttp2");
        }
    }

    /// <summary>gRPC's own headers, for an address that speaks it.</summary>
    public static IReadOnlyList<string> Grpc { get; } = ["content-type: application/grpc", "te: trailers"];

    /// <summary>A message as it stands in a gRPC request: not compressed, and its length before it.</summary>
    public static byte[] Frame(ReadOnlySpan<byte> message)
    {
        var frame = new byte[5 + message.Length];
        System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(1), message.Length);
        message.CopyTo(frame.AsSpan(5));
        return frame;
    }

    /// <param name="callers">How many ask at once.</param>
    /// <param name="length">How long; what is begun then is finished.</param>
    /// <param name="stop">Ends it.</param>
    public async Task<Loaded> RunAsync(int callers, TimeSpan length, CancellationToken stop)
    {
        var processes = Math.Min(MostProcesses, callers);
        var all = await Task.WhenAll(Enumerable.Range(0, processes).Select(slot =>
            SlotAsync((callers / processes) + (slot < callers % processes ? 1 : 0), slot, length, stop)));
        return new Loaded(
            all.Sum(one => one.Requests),
            all.Sum(one => one.PerSecond),
            [.. all.SelectMany(one => one.Milliseconds).Order()],
            all.Sum(one => one.Bytes),
            all.Sum(one => one.Wrong));
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);

    /// <summary>One h2load after the other, as many requests each as fit into a slice: one that was told a time instead would break its last calls off.</summary>
    private async Task<Loaded> SlotAsync(int clients, int slot, TimeSpan length, CancellationToken stop)
    {
        var (requests, bytes, wrong, asking) = (0L, 0L, 0L, TimeSpan.Zero);
        var times = new List<double>();
        var count = clients * 8;
        for (var started = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(started) < length;)
        {
            var index = (int)((uint)Interlocked.Increment(ref next) % (uint)asks.Count);
            var one = await OnceAsync(index, clients, count, Path.Combine(folder, $"times-{slot}"), stop);
            (requests, bytes, wrong, asking) = (requests + count, bytes + one.Bytes, wrong + one.Wrong, asking + one.Asking);
            times.AddRange(one.Milliseconds);
            count = Math.Max(clients, (int)(count / one.Asking.TotalSeconds * Slice.TotalSeconds));
        }

        return new Loaded(requests, requests / asking.TotalSeconds, [.. times], bytes, wrong);
    }

    private async Task<(TimeSpan Asking, double[] Milliseconds, long Bytes, long Wrong)> OnceAsync(int index, int clients, int count, string log, CancellationToken stop)
    {
        var ask = asks[index];
        File.Delete(log);
        string[] arguments =
        [
            "-n", $"{count}", "-c", $"{clients}", "-m", "1", "--log-file", log, .. fixedArguments, .. ask.Body is null ? Array.Empty<string>() : ["-d", BodyOf(index)], ask.Url,
        ];
        var (code, output) = await Tools.RunAsync("h2load", arguments, core, stop);
        if (code != 0 || Traffic().Match(output) is not { Success: true } traffic || Statuses().Match(output) is not { Success: true } statuses)
        {
            throw new InvalidOperationException($"h2load ended with {code}: {output}");
        }

        // Each line: begun (microseconds of the clock), status, how long it took (microseconds).
        var lines = (await File.ReadAllLinesAsync(log, stop)).Select(line => line.Split('\t')).Select(parts => (Begun: Whole(parts[0]), Took: Whole(parts[2]))).ToList();
        var bytes = Whole(traffic.Groups["bytes"].Value);
        var good = Whole(statuses.Groups["good"].Value);
        var wrong = count - good;
        if (ask.AnswerBytes > 0 && bytes < good * ask.AnswerBytes * (1 - Tolerance))
        {
            wrong += (long)Math.Ceiling(good - ((double)bytes / ask.AnswerBytes));
        }

        // From the first request: connecting is not asking.
        var asking = lines.Count == 0 ? TimeSpan.FromMilliseconds(1) : TimeSpan.FromMicroseconds(lines.Max(line => line.Begun + line.Took) - lines.Min(line => line.Begun));
        return (asking, [.. lines.Select(line => line.Took / 1_000.0)], bytes, wrong);
    }

    private string BodyOf(int index) => Path.Combine(folder, $"body-{index}");

    private static long Whole(string text) => long.Parse(text, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^traffic: .*\((?<bytes>\d+)\) data", RegexOptions.Multiline | RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Traffic();

    [GeneratedRegex(@"^status codes: (?<good>\d+) 2xx", RegexOptions.Multiline | RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Statuses();
}
