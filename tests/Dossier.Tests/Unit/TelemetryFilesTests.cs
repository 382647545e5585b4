using System.Collections.Frozen;
using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.RegularExpressions;
using Dossier.Cli;
using Dossier.Tests.Fixtures;
using YamlDotNet.RepresentationModel;

namespace Dossier.Tests.UnitTests;

/// <summary>Dashboards and alerts in deploy/ ask for what the service sends, by the names that Prometheus gives it; and each alert has its chapter.</summary>
public sealed partial class TelemetryFilesTests
{
    private static readonly string[] Everywhere = ["instance", "job"];

    /// <summary>Of ASP.NET Core, Kestrel and the runtime. OneTraceTests receives each of them.</summary>
    private static readonly FrozenDictionary<string, string[]> OfThePlatform = new Dictionary<string, string[]>(StringComparer.Ordinal)
    {
        ["kestrel_active_connections"] = ["server_address", "server_port"],
        ["http_server_active_requests"] = ["http_request_method", "url_scheme"],
        ["dotnet_process_cpu_time_seconds_total"] = ["cpu_mode"],
        ["dotnet_process_memory_working_set_bytes"] = [],
        ["dotnet_gc_pause_time_seconds_total"] = [],
        ["dotnet_thread_pool_queue_length"] = [],
    }.ToFrozenDictionary(StringComparer.Ordinal);

    private static readonly FrozenSet<string> PromQL = new[]
    {
        "sum", "max", "min", "avg", "count", "by", "without", "on", "ignoring", "group_left", "group_right", "and", "or", "unless", "rate", "increase", "deriv",
        "histogram_quantile", "absent", "bool", "offset",
    }.ToFrozenSet(StringComparer.Ordinal);

    public static TheoryData<string> Dashboards => [.. Directory.GetFiles(Repository.PathOf("deploy", "dashboards"), "*.json").Select(file => Path.GetFileName(file)!)];

    [Theory]
    [MemberData(nameof(Dashboards))]
    public void A_dashboard_asks_for_what_the_service_sends_and_no_panel_lies_over_another(string file)
    {
        using var dashboard = JsonDocument.Parse(Repository.Read("deploy", "dashboards", file));
        var panels = dashboard.RootElement.GetProperty("panels").EnumerateArray().ToList();
        var taken = new HashSet<(int X, int Y)>();
        foreach (var panel in panels)
        {
            var at = panel.GetProperty("gridPos");
            int Of(string side) => at.GetProperty(side).GetInt32();
            Assert.InRange(Of("x") + Of("w"), 1, 24);
            Assert.All(
                from x in Enumerable.Range(Of("x"), Of("w")) from y in Enumerable.Range(Of("y"), Of("h")) select (x, y),
                place => Assert.True(taken.Add(place), $"{panel.GetProperty("title")} lies over another panel"));
            if (panel.GetProperty("type").GetString() != "row")
            {
                Assert.False(string.IsNullOrEmpty(panel.GetProperty("description").GetString()), $"{panel.GetProperty("title")} does not say what it shows");
                Assert.NotEmpty(panel.GetProperty("targets").EnumerateArray());
                Assert.All(panel.GetProperty("targets").EnumerateArray(), target => AssertKnown(target.GetProperty("expr").GetString()!, target.GetProperty("legendFormat").GetString()!));
            }
        }

        Assert.Equal(panels.Count, panels.Select(panel => panel.GetProperty("id").GetInt32()).Distinct().Count());
    }

    [Fact]
    public void Every_alert_asks_for_what_the_service_sends_and_says_how_bad_what_and_where_to_read_on()
    {
        foreach (var alert in Alerts())
        {
            AssertKnown(alert.Text("expr"), $"{alert.Text("annotations", "summary")} {alert.Text("annotations", "description")}");
            Assert.Contains(alert.Text("labels", "severity"), (string[])["critical", "warning"]);
            Assert.Contains(alert.Text("labels", "team"), (string[])["operations", "business"]);
            Assert.Matches("^[0-9]+[mh]$", alert.Text("for"));
            Assert.Equal($"docs/runbook.md#{alert.Text("alert").ToLowerInvariant()}", alert.Text("annotations", "runbook"));
            if (alert.Text("labels", "team") == "business")
            {
                Assert.Contains("{{ $labels.dossier_system }}", alert.Text("annotations", "summary"), StringComparison.Ordinal);
                Assert.Contains("by (dossier_system)", alert.Text("expr"), StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public void Every_metric_of_the_service_stands_on_a_dashboard()
    {
        var all = string.Join('\n', Directory.GetFiles(Repository.PathOf("deploy", "dashboards"), "*.json").Select(File.ReadAllText));
        Assert.All(Sent().Keys.Select(name => Histogram().Replace(name, "")).Distinct(), name => Assert.Matches($@"\b{name}(_bucket|_count|_sum)?\b", all));
    }

    [Fact]
    public void Every_alert_has_a_chapter_that_says_what_users_feel_and_a_first_command_that_is_one()
    {
        var chapters = Chapter().Matches(Repository.Read("docs", "runbook.md"))
            .ToDictionary(match => match.Groups["name"].Value, match => match.Groups["text"].Value, StringComparer.Ordinal);
        Assert.Equal(Alerts().Select(alert => alert.Text("alert")).Order(), chapters.Keys.Order());
        foreach (var (name, text) in chapters)
        {
            Assert.True(UsersFeel().IsMatch(text), $"{name} does not say what users feel");
            var first = FirstCommand().Match(text);
            Assert.True(first.Success, $"{name} has no first command");
            AssertCommand(first.Groups["line"].Value);
        }

        // Those that stand in sentences too; what is left open in them is not a mistake.
        foreach (Match command in CommandInText().Matches(Repository.Read("docs", "runbook.md")))
        {
            AssertCommand(command.Groups["line"].Value.Replace("--until …", "", StringComparison.Ordinal).Replace("\"…\"", "text", StringComparison.Ordinal));
        }
    }

    /// <summary>Every name in an expression is a metric, by the name that Prometheus gives it, or a word of PromQL; and every label is one of the metric's.</summary>
    private static void AssertKnown(string expression, string said)
    {
        var sent = Sent();
        var labels = new HashSet<string>(Everywhere, StringComparer.Ordinal);
        var metrics = 0;
        var bare = Ranges().Replace(Strings().Replace(expression, "\"\""), "");
        var grouped = Grouping().Matches(bare).SelectMany(match => match.Groups["labels"].Value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)).ToList();
        foreach (Match metric in NameAndMatchers().Matches(Grouping().Replace(bare, " ")))
        {
            var name = metric.Groups["name"].Value;
            if (PromQL.Contains(name))
            {
                continue;
            }

            Assert.True(sent.TryGetValue(name, out var its), $"'{name}' is sent by nobody: {expression}");
            metrics++;
            labels.UnionWith(its);
            Assert.All(
                LabelInMatchers().Matches(metric.Groups["matchers"].Value).Select(match => match.Value),
                label => Assert.True(its.Contains(label, StringComparer.Ordinal), $"{name} has no label {label}: {expression}"));
        }

        Assert.True(metrics > 0, $"No metric in {expression}");
        Assert.All(grouped, label => Assert.True(labels.Contains(label), $"No metric here has the label {label}: {expression}"));
        Assert.All(LabelInText().Matches(said).Select(match => match.Groups["name"].Value), label => Assert.True(grouped.Contains(label), $"{label} is said and is not in the result of {expression}"));
    }

    private static void AssertCommand(string line)
    {
        var words = Words().Matches(line).Select(match => match.Value.Trim('"')).Skip(1).ToArray();
        Assert.NotEmpty(words);
        var errors = DossierCommand.Parse(words).Errors.Select(error => error.Message);
        Assert.True(!errors.Any(), $"'{line}' is no command: {string.Join(' ', errors)}");
    }

    /// <summary>Names and labels as they are after OTLP: dots become underscores, the unit and _total are added, a histogram is three.</summary>
    internal static Dictionary<string, string[]> Sent()
    {
        var sent = new Dictionary<string, string[]>(OfThePlatform, StringComparer.Ordinal);
        var code = Repository.Read("src", "Dossier", "Telemetry.cs");
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, _) =>
        {
            if (instrument.Meter.Name != Telemetry.Name)
            {
                return;
            }

            var name = instrument.Name.Replace('.', '_') + (instrument.Unit == "s" ? "_seconds" : "");
            Assert.True(instrument.Unit is "s" || instrument.Unit?.StartsWith('{') == true, $"How does Prometheus write the unit {instrument.Unit} of {instrument.Name}?");
            var labels = Labels(code, instrument.Name);
            switch (instrument.GetType().Name)
            {
                case "Histogram`1":
                    sent[name + "_bucket"] = [.. labels, "le"];
                    sent[name + "_count"] = labels;
                    sent[name + "_sum"] = labels;
                    break;
                case "Counter`1":
                    sent[name + "_total"] = labels;
                    break;
                default:
                    sent[name] = labels;
                    break;
            }
        };
        RuntimeHelpers.RunClassConstructor(typeof(Telemetry).TypeHandle);
        listener.Start();
        return sent;
    }

    /// <summary>The attributes with which an instrument is recorded: in its own statement, in those of its field, or by what its statement calls.</summary>
    private static string[] Labels(string code, string instrument)
    {
        var made = Regex.Match(code, $@"^(?:.*\b(?<field>\w+) = )?\s*Meter\.Create\w+(?:<\w+>)?\(\s*""{Regex.Escape(instrument)}""(?<rest>[^;]*);", RegexOptions.Multiline);
        Assert.True(made.Success, $"{instrument} is not made as the others are");
        var statements = made.Groups["rest"].Value;
        if (made.Groups["field"].Success)
        {
            statements += string.Concat(Regex.Matches(code, $@"\b{made.Groups["field"].Value}\.(?:Record|Add)\([^;]*;").Select(match => match.Value));
        }

        if (statements.Contains("Measure(", StringComparison.Ordinal))
        {
            statements += Regex.Match(code, @"IEnumerable<Measurement<int>> Measure\([^;]*;").Value;
        }

        return [.. Attribute().Matches(statements).Select(match => match.Groups["name"].Value.Replace('.', '_')).Distinct(StringComparer.Ordinal)];
    }

    private static List<YamlMappingNode> Alerts()
    {
        var file = new YamlStream();
        using var text = new StringReader(Repository.Read("deploy", "alerts", "dossier.yaml"));
        file.Load(text);
        var groups = (YamlSequenceNode)file.Documents[0].RootNode["groups"];
        return [.. groups.SelectMany(group => (YamlSequenceNode)group["rules"]).Cast<YamlMappingNode>()];
    }

    [GeneratedRegex("\"(?:[^\"\\\\]|\\\\.)*\"")]
    private static partial Regex Strings();

    [GeneratedRegex("\\[[^\\]]*\\]")]
    private static partial Regex Ranges();

    [GeneratedRegex("\\b(?<name>[A-Za-z_]\\w*)(?:\\{(?<matchers>[^}]*)\\})?")]
    private static partial Regex NameAndMatchers();

    [GeneratedRegex("[a-z_]+(?=\\s*[=!])")]
    private static partial Regex LabelInMatchers();

    [GeneratedRegex("\\b(?:by|without|on|ignoring|group_left|group_right)\\s*\\((?<labels>[^)]*)\\)")]
    private static partial Regex Grouping();

    [GeneratedRegex("\\$labels\\.(?<name>\\w+)|\\{\\{(?<name>\\w+)\\}\\}")]
    private static partial Regex LabelInText();

    [GeneratedRegex("(?:KeyValuePair<string, object\\?>|new)\\(\"(?<name>[a-z_.]+)\"")]
    private static partial Regex Attribute();

    [GeneratedRegex("_(?:bucket|count|sum)$")]
    private static partial Regex Histogram();

    [GeneratedRegex("^## (?<name>\\w+)\\n(?<text>(?:(?!^## ).*\\n?)*)", RegexOptions.Multiline)]
    private static partial Regex Chapter();

    [GeneratedRegex("^\\*\\*Users feel:\\*\\* \\w.{20,}", RegexOptions.Multiline)]
    private static partial Regex UsersFeel();

    [GeneratedRegex("^\\*\\*First command:\\*\\*\\n```\\n(?<line>\\./dossier .+)\\n```", RegexOptions.Multiline)]
    private static partial Regex FirstCommand();

    [GeneratedRegex("`(?<line>(?:\\./)?dossier [a-z][^`]+)`")]
    private static partial Regex CommandInText();

    [GeneratedRegex("\"[^\"]*\"|\\S+")]
    private static partial Regex Words();
}

/// <summary>What stands in an alert.</summary>
file static class YamlValues
{
    public static string Text(this YamlNode node, params string[] path) => path.Aggregate(node, (inner, key) => inner[key]).ToString();
}
