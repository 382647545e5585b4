using System.Reflection;
using System.Text.RegularExpressions;

namespace Dossier.Tests.UnitTests;

/// <summary>The rules of the house that a program can check, read from the source.</summary>
public sealed partial class HouseRulesTests
{
    private static readonly string[] Features = ["Dossiers", "Agreements", "Guard"];

    /// <summary>Pure static classes, through which features may reach each other.</summary>
    private static readonly string[] Pure = ["AgreementRules", "AgreementCheck", "Conflicts", "Judgement"];

    private static readonly IReadOnlyDictionary<string, string> Service = SourceTree.CSharp("src/Dossier");

    private static readonly IReadOnlyDictionary<string, string> All = SourceTree.CSharp("src/Dossier", "src/Dossier.Cli");

    [Fact]
    public void No_file_has_more_than_400_lines() =>
        None(SourceTree.CSharp("src", "tests").Where(file => file.Value.Split('\n').Length > 401).Select(file => file.Key));

    [Fact]
    public void All_SQL_stands_in_db() => None(Found(All, SqlInText()));

    [GeneratedRegex("\"[^\"\\n]*\\b(SELECT .* FROM|INSERT INTO|UPDATE .* SET|DELETE FROM|CREATE (TABLE|INDEX|VIEW)|DROP TABLE|ALTER TABLE)\\b")]
    private static partial Regex SqlInText();

    [Fact]
    public void An_RpcException_is_made_and_caught_in_Host_alone() =>
        None(Found(Service, RpcExceptionName()).Where(found => !found.StartsWith("src/Dossier/Host/", StringComparison.Ordinal)));

    [GeneratedRegex("\\bRpcException\\b")]
    private static partial Regex RpcExceptionName();

    [Fact]
    public void Every_log_message_stands_in_one_file() =>
        None(Found(Service, LogCall()).Where(found => !found.StartsWith("src/Dossier/Log.cs", StringComparison.Ordinal)));

    [GeneratedRegex("\\.Log(Trace|Debug|Information|Warning|Error|Critical)?\\(|LoggerMessage")]
    private static partial Regex LogCall();

    [Fact]
    public void Features_reach_each_other_through_pure_functions_alone()
    {
        foreach (var feature in Features)
        {
            var names = TypesIn(Features.Except([feature])).Except(Pure).ToList();
            foreach (var (path, text) in Service.Where(file => file.Key.StartsWith($"src/Dossier/{feature}/", StringComparison.Ordinal)))
            {
                None(Uses(path, text, names, [.. Features.Except([feature])]));
            }
        }
    }

    [Fact]
    public void What_features_share_is_pure()
    {
        foreach (var name in Pure)
        {
            var type = typeof(global::Dossier.Service).Assembly.GetTypes().Single(type => type.Name == name);
            Assert.True(type is { IsAbstract: true, IsSealed: true }, $"{name} is not static");
            None(type.GetFields(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic).Where(field => field is { IsInitOnly: false, IsLiteral: false }));
        }
    }

    [Theory]
    [InlineData("Host", new[] { "Dossiers", "Agreements", "Guard", "Sample", "Sweeping" })]
    [InlineData("Registry", new[] { "Dossiers", "Agreements", "Guard", "Host", "Sample", "Sources", "Sweeping" })]
    [InlineData("Sources", new[] { "Dossiers", "Agreements", "Guard", "Host", "Sample", "Sweeping" })]
    [InlineData("Database", new[] { "Dossiers", "Agreements", "Guard", "Host", "Sample", "Registry", "Sources", "Sweeping" })]
    public void A_folder_knows_nothing_above_it(string folder, string[] above)
    {
        var names = TypesIn(above).ToList();
        foreach (var (path, text) in Service.Where(file => file.Key.StartsWith($"src/Dossier/{folder}/", StringComparison.Ordinal)))
        {
            None(Uses(path, text, names, above));
        }
    }

    [Fact]
    public void The_command_knows_the_contract_and_its_operator_s_part_alone_knows_the_service()
    {
        None(Found(SourceTree.CSharp("src/Dossier.Cli"), SqliteName()));
        None(Found(SourceTree.CSharp("src/Dossier.Cli"), ServiceName()).Where(found => !found.StartsWith("src/Dossier.Cli/Operating/", StringComparison.Ordinal)));
    }

    [GeneratedRegex("using Dossier\\.(?!Cli|V1)|(?<!\\w)Operations\\.")]
    private static partial Regex ServiceName();

    [GeneratedRegex("Sqlite|Dapper")]
    private static partial Regex SqliteName();

    [Fact]
    public void An_interface_is_there_only_where_two_implementations_ship()
    {
        foreach (var type in Types().Where(type => type.IsInterface))
        {
            var implementations = Types().Where(other => other is { IsInterface: false, IsAbstract: false } && type.IsAssignableFrom(other)).ToList();
            Assert.True(implementations.Count > 1, $"{type} has {implementations.Count}");
        }
    }

    [Fact]
    public void Names_are_nouns_of_the_field() => None(Types()
        .Select(type => type.Name.Split('`')[0])
        .Where(name => BadName().IsMatch(name)));

    [GeneratedRegex("(Manager|Helper|Helpers|Util|Utils|Handler|Repository|Impl|Dto|Mapper|Wrapper)$")]
    private static partial Regex BadName();

    [Fact]
    public void Only_gRPC_classes_end_in_Service() => None(Types()
        .Where(type => type.Name.EndsWith("Service", StringComparison.Ordinal) && type != typeof(global::Dossier.Service))
        .Where(type => type.BaseType?.GetCustomAttribute<Grpc.Core.BindServiceMethodAttribute>() is null)
        .Select(type => type.FullName));

    [Fact]
    public void Nothing_is_left_unfinished() => None(Found(All, Unfinished()));

    [GeneratedRegex("NotImplementedException|\\bTODO\\b|\\bFIXME\\b|\\bHACK\\b|Thread\\.Sleep|catch\\s*\\{\\s*\\}")]
    private static partial Regex Unfinished();

    [Fact]
    public void Program_cs_fits_a_page() => Assert.True(Service["src/Dossier/Program.cs"].Split('\n').Length <= 60);

    [Fact]
    public void A_test_is_named_by_what_it_promises()
    {
        var tests = typeof(HouseRulesTests).Assembly.GetTypes()
            .Where(type => type.Namespace?.StartsWith("Dossier.Tests", StringComparison.Ordinal) == true)
            .SelectMany(type => type.GetMethods())
            .Where(method => method.GetCustomAttributes().Any(attribute => attribute is FactAttribute));
        None(tests.Where(test => test.Name.Count(c => c == '_') < 2).Select(test => $"{test.DeclaringType!.Name}.{test.Name}"));
    }

    private static void None<T>(IEnumerable<T> broken)
    {
        var list = broken.ToList();
        Assert.True(list.Count == 0, string.Join('\n', list));
    }

    /// <summary>The types that are written by hand in the service and the command.</summary>
    private static IEnumerable<Type> Types() => new[] { typeof(global::Dossier.Service).Assembly, typeof(Cli.Session).Assembly }
        .SelectMany(assembly => assembly.GetTypes())
        .Where(type => type.Namespace is "Dossier" || type.Namespace?.StartsWith("Dossier.", StringComparison.Ordinal) == true)
        .Where(type => !type.Name.StartsWith('<') && type.GetCustomAttribute<System.Runtime.CompilerServices.CompilerGeneratedAttribute>() is null);

    private static IEnumerable<string> TypesIn(IEnumerable<string> folders) => folders
        .SelectMany(folder => Types().Where(type => type.Namespace == $"Dossier.{folder}" && !type.IsNested))
        .Select(type => type.Name.Split('`')[0]);

    private static IEnumerable<string> Found(IReadOnlyDictionary<string, string> files, Regex pattern) =>
        from file in files
        from line in file.Value.Split('\n').Select((text, index) => (Text: text, Number: index + 1))
        where pattern.IsMatch(line.Text)
        select $"{file.Key}:{line.Number}: {line.Text.Trim()}";

    /// <summary>Names of types from another folder, where that folder's namespace is open or named.</summary>
    private static IEnumerable<string> Uses(string path, string text, IReadOnlyCollection<string> names, IReadOnlyList<string> folders)
    {
        var code = Comments().Replace(text, "");
        foreach (var folder in folders)
        {
            foreach (Match match in Regex.Matches(code, $"(?<![\\w.])(?:Dossier\\.)?{folder}\\.(?<type>[A-Z]\\w*)"))
            {
                if (!Pure.Contains(match.Groups["type"].Value))
                {
                    yield return $"{path} uses {match.Value}";
                }
            }
        }

        if (folders.Any(folder => code.Contains($"using Dossier.{folder};", StringComparison.Ordinal)))
        {
            foreach (var name in names.Where(name => Regex.IsMatch(code, $"(?<![\\w.]){name}\\b")))
            {
                yield return $"{path} uses {name}";
            }
        }
    }

    [GeneratedRegex("//[^\\n]*|/\\*.*?\\*/|\"(?:[^\"\\\\\\n]|\\\\.)*\"", RegexOptions.Singleline)]
    private static partial Regex Comments();
}
