using Dossier.Tests.Fixtures;

namespace Dossier.Tests.UnitTests;

/// <summary>The files of the project that the tests were built from.</summary>
internal static class SourceTree
{
    /// <summary>The hand-written C# files below a folder, by their path from the root, with forward slashes.</summary>
    public static IReadOnlyDictionary<string, string> CSharp(params string[] folders) => folders
        .SelectMany(folder => Directory.EnumerateFiles(Path.Combine(Repository.Root, folder), "*.cs", SearchOption.AllDirectories))
        .Select(file => (Path: Path.GetRelativePath(Repository.Root, file).Replace('\\', '/'), File: file))
        .Where(file => !file.Path.Contains("/obj/", StringComparison.Ordinal) && !file.Path.Contains("/bin/", StringComparison.Ordinal))
        .ToDictionary(file => file.Path, file => File.ReadAllText(file.File), StringComparer.Ordinal);

    /// <summary>The rows of the Markdown table whose header row starts as given, cells trimmed and without backticks; the header is the first row.</summary>
    public static IReadOnlyList<string[]> Table(string markdown, string header)
    {
        var lines = markdown.Split('\n').Select(line => line.Trim()).ToList();
        var first = lines.FindIndex(line => line.StartsWith(header, StringComparison.Ordinal));
        Assert.True(first >= 0, $"There is no table with the header {header}");
        return [.. lines.Skip(first).TakeWhile(line => line.StartsWith('|'))
            .Where((_, index) => index != 1)
            .Select(line => line.Trim('|').Replace("\\|", "\u0001", StringComparison.Ordinal).Split('|')
                .Select(cell => cell.Replace('\u0001', '|').Trim()).ToArray())];
    }
}
