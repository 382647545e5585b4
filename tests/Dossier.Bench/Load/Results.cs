using System.Globalization;
using System.Text;

namespace Dossier.Bench.Load;

/// <summary>One round of one program with so many callers.</summary>
/// <param name="Provider">sqlite or postgres.</param>
/// <param name="Callers">How many asked at once.</param>
/// <param name="Round">Rounds of one number are beside each other in time.</param>
/// <param name="Program">What.</param>
/// <param name="PerSecond">Requests.</param>
/// <param name="P50">Milliseconds.</param>
/// <param name="P99">Milliseconds.</param>
/// <param name="ServerMicros">Processor time of the program, for each request.</param>
/// <param name="DatabaseMicros">The same of the database server; 0 where there is none.</param>
/// <param name="Allocated">Bytes, for each request; null if it cannot be told.</param>
/// <param name="AnswerBytes">The answer's body.</param>
/// <param name="Wrong">Answers that were refused or too short.</param>
internal sealed record Sample(
    string Provider, int Callers, int Round, Measured Program, double PerSecond, double P50, double P99, double ServerMicros, double DatabaseMicros, double? Allocated, double AnswerBytes, long Wrong)
{
    public double Micros => ServerMicros + DatabaseMicros;
}

/// <summary>Medians of the rounds, and each program beside Dossier: the ratio is taken within a round, and of those the median.</summary>
internal sealed record Result(
    string Provider, int Callers, Measured Program, double PerSecond, double P50, double P99, double ServerMicros, double DatabaseMicros, double? Allocated, double AnswerBytes, long Wrong,
    double CpuBesideOurs)
{
    public static IReadOnlyList<Result> Of(IReadOnlyCollection<Sample> samples) =>
    [
        .. samples.GroupBy(sample => (sample.Provider, sample.Callers, sample.Program)).Select(group => new Result(
            group.Key.Provider,
            group.Key.Callers,
            group.Key.Program,
            Median(group.Select(sample => sample.PerSecond)),
            Median(group.Select(sample => sample.P50)),
            Median(group.Select(sample => sample.P99)),
            Median(group.Select(sample => sample.ServerMicros)),
            Median(group.Select(sample => sample.DatabaseMicros)),
            group.First().Allocated is null ? null : Median(group.Select(sample => sample.Allocated!.Value)),
            Median(group.Select(sample => sample.AnswerBytes)),
            group.Sum(sample => sample.Wrong),
            Median(group.Select(sample => sample.Micros / samples.First(ours => (ours.Provider, ours.Callers, ours.Round, ours.Program.Name)
                == (sample.Provider, sample.Callers, sample.Round, Measured.Ours)).Micros)))),
    ];

    public static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return sorted.Length % 2 == 1 ? sorted[sorted.Length / 2] : (sorted[(sorted.Length / 2) - 1] + sorted[sorted.Length / 2]) / 2;
    }

    /// <summary>A table for each database and number of callers, and at the end how we stand against what we aim at.</summary>
    public static string Markdown(IReadOnlyList<Result> results)
    {
        var text = new StringBuilder();
        foreach (var step in results.GroupBy(result => (result.Provider, result.Callers)))
        {
            text.AppendLine(Title(step.Key.Provider, step.Key.Callers)).AppendLine();
            text.AppendLine("| | requests/s | p50 ms | p99 ms | CPU µs each | of it the database | KB allocated each | KB answered each | CPU, Dossier = 1 |");
            text.AppendLine("|---|---|---|---|---|---|---|---|---|");
            foreach (var one in step)
            {
                text.AppendLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"| {one.Program.Title} | {one.PerSecond:0} | {one.P50:0.00} | {one.P99:0.00} | {one.ServerMicros + one.DatabaseMicros:0} | {one.DatabaseMicros:0} | {(one.Allocated is { } bytes ? (bytes / 1000).ToString("0.0", CultureInfo.InvariantCulture) : "–")} | {one.AnswerBytes / 1000:0.0} | {one.CpuBesideOurs:0.00} |"));
            }

            text.AppendLine();
            foreach (var wrong in step.Where(one => one.Wrong > 0))
            {
                text.AppendLine($"{wrong.Program.Title}: {wrong.Wrong} answers were refused or too short.").AppendLine();
            }
        }

        return text.Append(Aims(results)).ToString();
    }

    public static string Title(string provider, int callers) => $"{(provider == "sqlite" ? "SQLite" : "PostgreSQL")}, {callers} {(callers == 1 ? "caller" : "callers")}";

    private static string Aims(IReadOnlyList<Result> results)
    {
        var most = results.Max(result => result.Callers);
        var lines = new List<string>();
        foreach (var provider in results.Select(result => result.Provider).Distinct(StringComparer.Ordinal))
        {
            var known = results.Where(result => result.Provider == provider && result.Callers == most).ToDictionary(result => result.Program.Name, StringComparer.Ordinal);
            var sqlite = provider == "sqlite";
            Ratio("CPU, ours / ADO.NET by hand (floor 2)", Over(known, "dossier", "floor2"), "at most 1.15");
            Ratio("CPU, ours with keys and telemetry on / floor 2", Over(known, "dossier-all", "floor2"), sqlite ? "at most 1.3" : "");
            Ratio("CPU, ours / gRPC alone (floor 1)", Over(known, "dossier", "floor1"), sqlite ? "at most 7" : "");
            Ratio("CPU, EF Core / ours", Over(known, "ef", "dossier"), sqlite ? "at least 7" : "at least 3.3");
            Ratio("CPU, REST / ours", Over(known, "rest", "dossier"), sqlite ? "" : "at least 2");
            Ratio("CPU, PostGraphile / ours", Over(known, "postgraphile", "dossier"), "at least 3.6");
            Ratio("requests/s, ours / PostGraphile", known.TryGetValue("postgraphile", out var graph) ? known["dossier"].PerSecond / graph.PerSecond : null, "at least 5");
            Ratio("KB allocated a dossier, keys and telemetry on", known.TryGetValue("dossier-all", out var all) ? all.Allocated / 1000 : null, sqlite ? "at most 32" : "");

            void Ratio(string figure, double? value, string aim)
            {
                if (value is { } there)
                {
                    lines.Add(string.Create(CultureInfo.InvariantCulture, $"| {Title(provider, most)}: {figure} | {there:0.00} | {aim} |"));
                }
            }
        }

        return $"| ratio of one run | here | aim |\n|---|---|---|\n{string.Join('\n', lines)}\n";
    }

    private static double? Over(Dictionary<string, Result> known, string one, string other) =>
        known.TryGetValue(one, out var first) && known.TryGetValue(other, out var second) ? first.CpuBesideOurs / second.CpuBesideOurs : null;
}
