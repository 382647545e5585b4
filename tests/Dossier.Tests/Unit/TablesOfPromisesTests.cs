using System.Collections;
using System.ComponentModel;
using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;
using Dossier.Host;
using Dossier.Tests.Fixtures;
using Dossier.V1;
using Google.Protobuf.Reflection;
using Grpc.Core;

namespace Dossier.Tests.UnitTests;

/// <summary>What README.md promises in tables, compared with the code.</summary>
public sealed partial class TablesOfPromisesTests
{
    private static readonly string Readme = Repository.Read("README.md");

    private sealed record Setting(string Key, string Default, string Description);

    [Fact]
    public void The_table_of_settings_is_what_the_options_say()
    {
        var written = SourceTree.Table(Readme, "| setting | default | what it does |").Skip(1)
            .Select(row => new Setting(row[0].Trim('`'), row[1].Trim('`'), row[2]));
        Assert.Equal(Settings(typeof(DossierOptions), "", new DossierOptions()).OrderBy(setting => setting.Key), written.OrderBy(setting => setting.Key));
    }

    /// <summary>Every value that can be set, with its default and its description; a group is its values.</summary>
    private static IEnumerable<Setting> Settings(Type options, string prefix, object defaults)
    {
        foreach (var property in options.GetProperties())
        {
            var value = property.GetValue(defaults);
            var description = property.GetCustomAttribute<DescriptionAttribute>()?.Description;
            Assert.False(string.IsNullOrEmpty(description), $"{prefix}{property.Name} has no description");
            if (Group(property.PropertyType) is not { } group)
            {
                yield return new Setting(prefix + property.Name, Text(value), description);
            }
            else
            {
                var named = value is IDictionary;
                foreach (var inner in Settings(group, $"{prefix}{property.Name}:{(named ? "<name>:" : "")}", named ? Activator.CreateInstance(group)! : value!))
                {
                    yield return inner;
                }
            }
        }
    }

    private static Type? Group(Type type)
    {
        var inner = type.IsGenericType && type.GetGenericTypeDefinition() == typeof(Dictionary<,>) ? type.GenericTypeArguments[1] : type;
        return inner.Assembly == typeof(DossierOptions).Assembly ? inner : null;
    }

    private static string Text(object? value) => value switch
    {
        null => "none",
        string text => text.Length == 0 ? "\"\"" : text,
        bool flag => flag ? "true" : "false",
        TimeSpan time => time.ToString("c", CultureInfo.InvariantCulture),
        ICollection { Count: 0 } => "none",
        IFormattable other => other.ToString(null, CultureInfo.InvariantCulture),
        _ => throw new InvalidOperationException($"How does README write a default of {value.GetType()}?"),
    };

    /// <summary>The code of a reason, as the first word of its comment in errors.proto.</summary>
    private static Dictionary<string, string> Reasons() => ReasonInProto().Matches(Repository.Read("protos", "dossier", "v1", "errors.proto"))
        .ToDictionary(match => match.Groups["name"].Value, match => match.Groups["code"].Value, StringComparer.Ordinal);

    [GeneratedRegex("// (?<code>[A-Z_]+)\\.[^\\n]*\\n(?:\\s*//[^\\n]*\\n)*\\s*ERROR_REASON_(?<name>[A-Z_]+) =")]
    private static partial Regex ReasonInProto();

    [Fact]
    public void The_table_of_reasons_is_what_the_contract_says()
    {
        var rows = SourceTree.Table(Readme, "| reason | code |").Skip(1).ToDictionary(row => row[0].Trim('`'), row => row[1].Trim('`'), StringComparer.Ordinal);
        Assert.Equal(Reasons().OrderBy(reason => reason.Key), rows.OrderBy(reason => reason.Key));
        Assert.Equal(
            System.Enum.GetValues<ErrorReason>().Where(reason => reason != ErrorReason.Unspecified).Select(reason => reason.Word()).Order(),
            rows.Keys.Order());
        Assert.All(rows.Values, code => Assert.Contains(code, System.Enum.GetValues<StatusCode>().Select(value => value.Word())));
    }

    [Fact]
    public void Every_reason_of_the_contract_is_given_somewhere_and_with_its_code()
    {
        var source = string.Join('\n', SourceTree.CSharp("src/Dossier").Values);
        var codes = Reasons();
        foreach (var reason in System.Enum.GetValues<ErrorReason>().Where(reason => reason != ErrorReason.Unspecified))
        {
            Assert.True(source.Contains($"ErrorReason.{reason}", StringComparison.Ordinal), $"nothing gives {reason.Word()}");
        }

        // Where a refusal is made in one place, its code stands before its reason.
        foreach (Match match in RefusalInCode().Matches(source))
        {
            var reason = System.Enum.Parse<ErrorReason>(match.Groups["reason"].Value);
            Assert.Equal(codes[reason.Word()], System.Enum.Parse<StatusCode>(match.Groups["code"].Value).Word());
        }

        Assert.True(RefusalInCode().Count(source) >= 12, "the refusals are no longer found");
    }

    [GeneratedRegex("StatusCode\\.(?<code>[A-Za-z]+),\\s*(?:V1\\.)?ErrorReason\\.(?<reason>[A-Za-z]+)")]
    private static partial Regex RefusalInCode();

    public static IReadOnlyList<ServiceDescriptor> Services =>
        [.. new[] { DossierServiceReflection.Descriptor, AgreementServiceReflection.Descriptor, GuardServiceReflection.Descriptor, AccessServiceReflection.Descriptor, TraceServiceReflection.Descriptor }.SelectMany(file => file.Services)];

    [Fact]
    public void Every_service_of_the_contract_is_one_of_these() => Assert.Equal(
        Directory.GetFiles(Path.Combine(Repository.Root, "protos", "dossier", "v1"), "*.proto")
            .SelectMany(file => ServiceInProto().Matches(File.ReadAllText(file))).Select(match => match.Groups["name"].Value).Order(),
        Services.Select(service => service.Name).Order());

    [GeneratedRegex("^service (?<name>\\w+)", RegexOptions.Multiline)]
    private static partial Regex ServiceInProto();

    [Fact]
    public void Every_method_of_the_contract_is_implemented()
    {
        var implemented = typeof(global::Dossier.Service).Assembly.GetTypes().Where(type => type.Name.EndsWith("Service", StringComparison.Ordinal)).ToList();
        foreach (var method in Services.SelectMany(service => service.Methods))
        {
            var service = implemented.Single(type => type.BaseType?.DeclaringType?.Name == method.Service.Name);
            Assert.True(service.GetMethod(method.Name)!.DeclaringType == service, $"{method.FullName} is not implemented");
        }
    }

    [Fact]
    public void Every_method_that_README_names_is_in_the_contract()
    {
        var methods = Services.SelectMany(service => service.Methods).Select(method => method.Name).ToHashSet(StringComparer.Ordinal);
        foreach (Match match in MethodInReadme().Matches(Readme))
        {
            Assert.Contains(match.Groups["name"].Value, methods);
        }
    }

    [GeneratedRegex("`(?<name>(?:Get|List|Create|Withdraw|Link|Unlink|Resolve|LookUp|Check)[A-Z][A-Za-z]+)`")]
    private static partial Regex MethodInReadme();

    [Fact]
    public void Every_metric_that_README_names_is_made_and_no_other()
    {
        var written = MetricInReadme().Matches(Readme).Select(match => match.Groups["name"].Value).Except(Scopes.Names).ToHashSet(StringComparer.Ordinal);
        var made = MetricInCode().Matches(Repository.Read("src", "Dossier", "Telemetry.cs")).Select(match => match.Groups["name"].Value).ToHashSet(StringComparer.Ordinal);
        Assert.Equal(made.Order(), written.Order());
    }

    [GeneratedRegex("`(?<name>dossier\\.[a-z]+(?:\\.[a-z]+)*)`")]
    private static partial Regex MetricInReadme();

    [GeneratedRegex("Create\\w+(?:<\\w+>)?\\(\\s*\"(?<name>dossier\\.[a-z.]+)\"")]
    private static partial Regex MetricInCode();

    [Fact]
    public void Every_package_that_README_names_for_the_brief_is_there_in_that_version()
    {
        var versions = PackageVersion().Matches(Repository.Read("Directory.Packages.props"))
            .ToDictionary(match => match.Groups["name"].Value, match => match.Groups["version"].Value, StringComparer.Ordinal);
        foreach (var row in SourceTree.Table(Readme, "| of the brief | used here |").Skip(1))
        {
            var used = row[1].Split(' ');
            var (name, version) = char.IsAsciiDigit(used[0][0]) ? (row[0], used[0]) : (used[0], used[1]);
            Assert.Equal((name, versions.GetValueOrDefault(name)), (name, version));
        }
    }

    [GeneratedRegex("<(?:Global)?Package(?:Version|Reference) Include=\"(?<name>[^\"]+)\" Version=\"(?<version>[^\"]+)\"")]
    private static partial Regex PackageVersion();
}
