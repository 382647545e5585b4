using System.Text.Json.Nodes;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;
using YamlDotNet.Serialization;

namespace Dossier.Tests.Fixtures;

/// <summary>YAML files, read as JSON whose values are all texts.</summary>
internal static class Yaml
{
    /// <summary>The documents of a file of the repository.</summary>
    public static IReadOnlyList<JsonObject> Documents(params string[] path)
    {
        using var reader = new StringReader(Repository.Read(path));
        var parser = new Parser(reader);
        var deserializer = new DeserializerBuilder().WithDuplicateKeyChecking().Build();
        var documents = new List<JsonObject>();
        parser.Consume<StreamStart>();
        while (parser.Accept<DocumentStart>(out _))
        {
            documents.Add(Assert.IsType<JsonObject>(ToJson(deserializer.Deserialize(parser))));
        }

        return documents;
    }

    public static JsonObject Document(params string[] path) => Assert.Single(Documents(path));

    /// <summary>What stands at a place: <c>spec:template:spec:containers:0</c>.</summary>
    public static JsonNode At(this JsonNode? node, string place)
    {
        var found = node;
        foreach (var step in place.Split(':'))
        {
            found = found is JsonArray list && int.TryParse(step, out var index) ? list[index] : found?[step];
            Assert.True(found is not null, $"there is no {place}: {step} is missing");
        }

        return found!;
    }

    public static string Text(this JsonNode? node, string place) => node.At(place).GetValue<string>();

    public static int Number(this JsonNode? node, string place) => int.Parse(node.Text(place), System.Globalization.CultureInfo.InvariantCulture);

    public static List<string> Texts(this JsonNode? node, string place) => [.. ((JsonArray)node.At(place)).Select(value => value!.GetValue<string>())];

    public static IEnumerable<JsonNode> Items(this JsonNode? node, string place) => ((JsonArray)node.At(place)).Select(item => item!);

    private static JsonNode? ToJson(object? value) => value switch
    {
        Dictionary<object, object> map => new JsonObject(map.Select(entry => KeyValuePair.Create((string)entry.Key, ToJson(entry.Value)))),
        List<object> list => new JsonArray([.. list.Select(ToJson)]),
        null => null,
        _ => JsonValue.Create((string)value),
    };
}
