using Dossier.Database;
using Dossier.Tests.Fixtures;
using Microsoft.SqlServer.TransactSql.ScriptDom;

namespace Dossier.Tests.SqlServerTests;

/// <summary>The SQL Server files of db/, read by Microsoft's own parser of SQL Server 2019's language.</summary>
internal static class SqlServerText
{
    private static string Db => Path.Combine(Repository.Root, "db");

    /// <summary>Every SQL Server file below db/, by its path there.</summary>
    public static IReadOnlyList<string> Files =>
    [
        .. Directory.GetFiles(Db, "*.sql", SearchOption.AllDirectories)
            .Where(file => file.EndsWith(".sqlserver.sql", StringComparison.Ordinal) || Path.GetFileName(Path.GetDirectoryName(file)) == "sqlserver")
            .Select(file => Path.GetRelativePath(Db, file).Replace('\\', '/'))
            .Order(StringComparer.Ordinal),
    ];

    public static string Read(string file) => File.ReadAllText(Path.Combine(Db, file));

    /// <summary>The named blocks of a file; a file without any is one block without a name.</summary>
    public static IReadOnlyDictionary<string, string> Blocks(string file)
    {
        var text = Read(file);
        return text.Split('\n').Any(line => line.StartsWith("-- name:", StringComparison.Ordinal))
            ? SqlText.Blocks(text, file)
            : new Dictionary<string, string>(StringComparer.Ordinal) { [""] = text };
    }

    /// <summary>The schema steps of the registry, in their order.</summary>
    public static IReadOnlyList<string> RegistrySteps =>
        [.. Files.Where(file => file.StartsWith("registry/sqlserver/", StringComparison.Ordinal) && char.IsAsciiDigit(Path.GetFileName(file)[0]))];

    /// <summary>What the parser finds wrong, each with its line.</summary>
    public static IReadOnlyList<string> Errors(string text)
    {
        Parse(text, out var errors);
        return [.. errors.Select(error => $"line {error.Line}: {error.Message}")];
    }

    /// <summary>The tree of a text that must be right.</summary>
    public static TSqlFragment Parse(string text)
    {
        var tree = Parse(text, out var errors);
        return errors.Count == 0 ? tree : throw new FormatException(string.Join('\n', errors.Select(error => $"line {error.Line}: {error.Message}")));
    }

    /// <summary>The parameters that a text names, without the @; not what it declares itself.</summary>
    public static IReadOnlySet<string> Parameters(TSqlFragment tree)
    {
        var names = new Variables();
        tree.Accept(names);
        return names.Parameters;
    }

    private static TSqlFragment Parse(string text, out IList<ParseError> errors) =>
        new TSql150Parser(initialQuotedIdentifiers: true).Parse(new StringReader(text), out errors);

    private sealed class Variables : TSqlFragmentVisitor
    {
        private readonly SortedSet<string> named = new(StringComparer.Ordinal);
        private readonly HashSet<string> own = new(StringComparer.Ordinal);

        public IReadOnlySet<string> Parameters => named.Where(name => !own.Contains(name)).ToHashSet(StringComparer.Ordinal);

        public override void Visit(VariableReference node) => named.Add(node.Name.TrimStart('@'));

        public override void Visit(DeclareVariableElement node) => own.Add(node.VariableName.Value.TrimStart('@'));

        // The left side of EXEC procedure @Name = value is the procedure's.
        public override void ExplicitVisit(ExecuteParameter node) => node.ParameterValue?.Accept(this);
    }
}
