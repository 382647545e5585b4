using System.Globalization;
using System.Net;
using System.Text;

namespace Dossier.Bench.Load;

/// <summary>The results as an SVG: for each database a bar for each program, as long as the processor time of one answer.</summary>
internal static class Picture
{
    private const int Width = 900;
    private const int Left = 270;
    private const int Right = 200;
    private const int Row = 26;
    private const int Head = 44;

    public static string Of(IReadOnlyList<Result> results)
    {
        var callers = results.Max(result => result.Callers);
        var shown = results.Where(result => result.Callers == callers).GroupBy(result => result.Provider).ToList();
        var height = shown.Sum(group => Head + (Row * group.Count())) + 60;
        var text = new StringBuilder();
        text.AppendLine($"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {Width} {height}" width="{Width}" height="{height}" font-family="system-ui, sans-serif" font-size="13">""");
        text.AppendLine("""  <rect width="100%" height="100%" fill="#ffffff"/>""");
        var y = 0;
        foreach (var group in shown)
        {
            Label(text, 16, y += Head - 14, Result.Title(group.Key, callers) + ": processor time of one dossier, and dossiers a second", "start", "600");
            y += 14;
            var longest = group.Max(one => one.ServerMicros + one.DatabaseMicros);
            foreach (var one in group)
            {
                var (server, database) = (Length(one.ServerMicros, longest), Length(one.DatabaseMicros, longest));
                var ours = one.Program.Name.StartsWith(Measured.Ours, StringComparison.Ordinal);
                Label(text, Left - 10, y + 17, one.Program.Title.Replace("**", "", StringComparison.Ordinal), "end", ours ? "600" : "400");
                Bar(text, Left, y, server, ours ? "#1f6f54" : "#8a94a0");
                Bar(text, Left + server, y, database, ours ? "#7fc0a8" : "#c9d0d6");
                Label(
                    text,
                    Left + server + database + 8,
                    y + 17,
                    string.Create(CultureInfo.InvariantCulture, $"{(one.ServerMicros + one.DatabaseMicros) / 1000:0.00} ms · {one.PerSecond:0}/s · ×{one.CpuBesideOurs:0.00}"),
                    "start",
                    "400");
                y += Row;
            }
        }

        Label(text, 16, y + 34, "dark: the program; light: the database server's part. × is the processor time, Dossier = 1. One core for program and database.", "start", "400");
        return text.AppendLine("</svg>").ToString();
    }

    private static double Length(double value, double longest) => value / longest * (Width - Left - Right);

    private static void Bar(StringBuilder text, double x, int y, double length, string colour) =>
        text.AppendLine(string.Create(CultureInfo.InvariantCulture, $"""  <rect x="{x:0.0}" y="{y + 4}" width="{length:0.0}" height="18" fill="{colour}"/>"""));

    private static void Label(StringBuilder text, double x, int y, string words, string anchor, string weight) =>
        text.AppendLine(string.Create(CultureInfo.InvariantCulture, $"""  <text x="{x:0.0}" y="{y}" text-anchor="{anchor}" font-weight="{weight}" fill="#1d2328">{WebUtility.HtmlEncode(words)}</text>"""));
}
