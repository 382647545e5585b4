using System.Text;

namespace Dossier.Database;

/// <summary>A table, view or table function that a statement reads, as it is written there.</summary>
/// <param name="Name">Its parts, the last one is its own name.</param>
/// <param name="Alias">What the statement calls it; null if it has no other name.</param>
/// <param name="Function">It is followed by arguments.</param>
public sealed record TableReference(IReadOnlyList<string> Name, string? Alias, bool Function);

/// <summary>
/// Finds what stands after FROM, JOIN and APPLY, outside strings and comments and without the names that WITH gives. A small
/// reader, not a parser: what it finds is looked up on the server, which knows what is a table.
/// </summary>
public sealed class TableReferences
{
    private static readonly HashSet<string> NoAlias = new(StringComparer.OrdinalIgnoreCase)
    {
        "on", "using", "where", "join", "inner", "left", "right", "full", "cross", "natural", "outer", "group", "order", "having", "limit", "offset",
        "fetch", "union", "except", "intersect", "window", "for", "with", "tablesample", "indexed", "not", "option", "set", "select", "returning",
    };

    private static readonly HashSet<string> EndsFrom = new(StringComparer.OrdinalIgnoreCase)
    {
        "where", "group", "having", "order", "limit", "offset", "fetch", "union", "except", "intersect", "window", "select", "for", "option",
    };

    // FROM is a word of these functions' arguments too: extract(year FROM day).
    private static readonly HashSet<string> TakesFrom = new(StringComparer.OrdinalIgnoreCase) { "extract", "substring", "trim", "overlay", "position" };

    private readonly List<Token> tokens;
    private readonly bool postgres;
    private readonly List<(string Name, int Start, int End, bool Recursive)> named = [];

    private TableReferences(string statement, Vendor vendor)
    {
        postgres = vendor is PostgresVendor;
        tokens = Read(statement, brackets: !postgres);
    }

    public static IReadOnlyList<TableReference> Of(string statement, Vendor vendor) => new TableReferences(statement, vendor).Find();

    private List<TableReference> Find()
    {
        for (var i = 0; i < tokens.Count; i++)
        {
            if (tokens[i].Is("with"))
            {
                ReadNamed(i + 1);
            }
        }

        var found = new List<TableReference>();
        var levels = new Stack<(bool InFrom, string Function)>();
        var (inFrom, function, expected) = (false, "", false);
        for (var i = 0; i < tokens.Count; i++)
        {
            var token = tokens[i];
            if (token.Text == "(" && token.Kind == Kind.Symbol)
            {
                levels.Push((inFrom, function));
                var selects = i + 1 < tokens.Count && (tokens[i + 1].Is("select") || tokens[i + 1].Is("with") || tokens[i + 1].Is("values"));
                function = i > 0 && tokens[i - 1].Kind == Kind.Word ? tokens[i - 1].Text : "";
                expected = expected && !selects;
                inFrom = expected;
            }
            else if (token.Text == ")" && token.Kind == Kind.Symbol && levels.Count > 0)
            {
                (inFrom, function) = levels.Pop();
                expected = false;
            }
            else if (token.Is("from"))
            {
                if (!(i > 0 && tokens[i - 1].Is("distinct")) && !TakesFrom.Contains(function))
                {
                    (inFrom, expected) = (true, true);
                }
            }
            else if (token.Is("join") || token.Is("apply") || (token.Text == "," && token.Kind == Kind.Symbol && inFrom))
            {
                expected = true;
            }
            else if (expected && !token.Is("only") && !token.Is("lateral"))
            {
                expected = false;
                if (token.IsName)
                {
                    i = ReadName(i, found);
                }
            }
            else if (token.Kind == Kind.Word && EndsFrom.Contains(token.Text))
            {
                inFrom = false;
            }
        }

        return found;
    }

    private int ReadName(int start, List<TableReference> found)
    {
        var at = start;
        var parts = new List<string> { Fold(tokens[at]) };
        while (at + 2 < tokens.Count && tokens[at + 1].Text == "." && (tokens[at + 2].IsName || tokens[at + 2].Text == "."))
        {
            // SQL Server's database..table leaves the schema out.
            at += tokens[at + 2].IsName ? 2 : 1;
            parts.Add(tokens[at].IsName ? Fold(tokens[at]) : "");
        }

        if (at + 1 < tokens.Count && tokens[at + 1] is { Kind: Kind.Symbol, Text: "(" })
        {
            found.Add(new TableReference(parts, null, Function: true));
            return at;
        }

        var alias = at + 1 < tokens.Count && tokens[at + 1].Is("as") ? at + 2 : at + 1;
        var called = alias < tokens.Count && tokens[alias].IsName && !(tokens[alias].Kind == Kind.Word && NoAlias.Contains(tokens[alias].Text)) ? Fold(tokens[alias]) : null;
        if (parts.Count > 1 || !IsNamed(parts[0], start))
        {
            found.Add(new TableReference(parts, called, Function: false));
        }

        return at;
    }

    // On PostgreSQL a name that WITH gives means the table inside its own statement, unless it is RECURSIVE.
    private bool IsNamed(string name, int at) => named.Exists(given =>
        string.Equals(given.Name, name, postgres ? StringComparison.Ordinal : StringComparison.OrdinalIgnoreCase)
        && !(postgres && !given.Recursive && at > given.Start && at < given.End));

    private void ReadNamed(int at)
    {
        var recursive = at < tokens.Count && tokens[at].Is("recursive");
        for (at = recursive ? at + 1 : at; at < tokens.Count && tokens[at].IsName; at++)
        {
            var name = Fold(tokens[at++]);
            at = at < tokens.Count && tokens[at].Text == "(" ? Close(at) + 1 : at;
            if (at >= tokens.Count || !tokens[at].Is("as"))
            {
                return;
            }

            for (at++; at < tokens.Count && (tokens[at].Is("not") || tokens[at].Is("materialized")); at++)
            {
            }

            if (at >= tokens.Count || tokens[at].Text != "(")
            {
                return;
            }

            var end = Close(at);
            named.Add((name, at, end, recursive));
            at = end + 1;
            if (at >= tokens.Count || tokens[at].Text != ",")
            {
                return;
            }
        }
    }

    private int Close(int open)
    {
        var depth = 0;
        for (var i = open; i < tokens.Count; i++)
        {
            depth += tokens[i].Kind != Kind.Symbol ? 0 : tokens[i].Text == "(" ? 1 : tokens[i].Text == ")" ? -1 : 0;
            if (depth == 0)
            {
                return i;
            }
        }

        return tokens.Count;
    }

    private string Fold(Token token) => postgres && token.Kind == Kind.Word ? token.Text.ToLowerInvariant() : token.Text;

    private static List<Token> Read(string text, bool brackets)
    {
        var found = new List<Token>();
        for (var i = 0; i < text.Length;)
        {
            var c = text[i];
            if (char.IsWhiteSpace(c))
            {
                i++;
            }
            else if (At(text, i, "--"))
            {
                i = Next(text, i, "\n");
            }
            else if (At(text, i, "/*"))
            {
                i = Next(text, i + 2, "*/");
            }
            else if (c == '\'')
            {
                i = Quoted(text, i, '\'', out _);
                found.Add(new Token(Kind.Other, "'"));
            }
            else if (c == '"' || (c == '[' && brackets))
            {
                i = Quoted(text, i, c == '[' ? ']' : c, out var name);
                found.Add(new Token(Kind.Quoted, name));
            }
            else if (char.IsLetter(c) || c is '_' or '#')
            {
                var start = i;
                while (i < text.Length && (char.IsLetterOrDigit(text[i]) || text[i] is '_' or '$' or '#'))
                {
                    i++;
                }

                found.Add(new Token(Kind.Word, text[start..i]));
            }
            else if (c == '@')
            {
                for (i++; i < text.Length && (char.IsLetterOrDigit(text[i]) || text[i] == '_'); i++)
                {
                }

                found.Add(new Token(Kind.Other, "@"));
            }
            else if (c == '$' && Dollar(text, i) is { } tag)
            {
                i = Next(text, i + tag.Length, tag);
                found.Add(new Token(Kind.Other, "'"));
            }
            else
            {
                found.Add(new Token(char.IsDigit(c) ? Kind.Other : Kind.Symbol, c.ToString()));
                i++;
            }
        }

        return found;
    }

    private static bool At(string text, int at, string what) => string.CompareOrdinal(text, at, what, 0, what.Length) == 0;

    /// <summary>The place behind the next occurrence.</summary>
    private static int Next(string text, int from, string what)
    {
        var found = text.IndexOf(what, Math.Min(from, text.Length), StringComparison.Ordinal);
        return found < 0 ? text.Length : found + what.Length;
    }

    /// <summary>The place behind the closing quote; a doubled one is part of the text.</summary>
    private static int Quoted(string text, int open, char close, out string inside)
    {
        var read = new StringBuilder();
        for (var i = open + 1; i < text.Length; i++)
        {
            if (text[i] != close)
            {
                read.Append(text[i]);
            }
            else if (i + 1 < text.Length && text[i + 1] == close)
            {
                read.Append(text[i++]);
            }
            else
            {
                inside = read.ToString();
                return i + 1;
            }
        }

        inside = read.ToString();
        return text.Length;
    }

    // PostgreSQL's $tag$ text $tag$; $1 is none.
    private static string? Dollar(string text, int at)
    {
        var end = at + 1;
        while (end < text.Length && (char.IsLetter(text[end]) || text[end] == '_'))
        {
            end++;
        }

        return end < text.Length && text[end] == '$' ? text[at..(end + 1)] : null;
    }

    private enum Kind
    {
        Word,
        Quoted,
        Symbol,
        Other,
    }

    private readonly record struct Token(Kind Kind, string Text)
    {
        public bool IsName => Kind is Kind.Word or Kind.Quoted;

        public bool Is(string word) => Kind == Kind.Word && string.Equals(Text, word, StringComparison.OrdinalIgnoreCase);
    }
}
