using Microsoft.SqlServer.TransactSql.ScriptDom;

namespace Dossier.Tests.SqlServerTests;

/// <summary>Every name in the SQL Server files exists, and each block takes and gives what it does on SQLite.</summary>
public sealed class SqlServerFilesTests
{
    private static readonly string[] Stores = ["webcare", "telephony", "administration"];

    public static TheoryData<string> Sources => [.. Stores];

    private static string Schema(string source, string vendor) => SqlServerText.Read($"sources/{source}/schema.{vendor}.sql");

    private static IReadOnlyDictionary<string, string> Queries(string source, string vendor) =>
        SqlServerText.Blocks($"sources/{source}/queries.{vendor}.sql");

    private static IReadOnlyDictionary<string, string> Statements(string vendor) => SqlServerText.Blocks($"registry/{vendor}/statements.sql");

    private static SqlServerTables Registry() => SqlServerTables.Of(
        SqlServerText.RegistrySteps.Select(SqlServerText.Read).Append(Statements("sqlserver")["create_schema_steps"]));

    [Theory]
    [MemberData(nameof(Sources))]
    public void Every_name_in_a_query_file_exists(string source) => AssertBinds(SqlServerTables.Of(Schema(source, "sqlserver")), Queries(source, "sqlserver"));

    [Theory]
    [MemberData(nameof(Sources))]
    public void A_query_file_has_the_blocks_that_it_has_on_SQLite(string source) =>
        Assert.Equal(Queries(source, "sqlite").Keys.Order(), Queries(source, "sqlserver").Keys.Order());

    [Theory]
    [MemberData(nameof(Sources))]
    public void Every_block_takes_and_gives_what_it_does_on_SQLite(string source)
    {
        using var sqlite = new SqliteModel(Schema(source, "sqlite"));
        var tables = SqlServerTables.Of(Schema(source, "sqlserver"));
        foreach (var (name, block) in Queries(source, "sqlserver"))
        {
            var (columns, parameters) = sqlite.Describe(Queries(source, "sqlite")[name]);
            Assert.Equal((name, string.Join(' ', columns)), (name, string.Join(' ', Assert.Single(SqlServerBinder.Bind(tables, block).Results))));
            Assert.Equal((name, Words(parameters)), (name, Words(SqlServerText.Parameters(SqlServerText.Parse(block)))));
        }
    }

    [Theory]
    [MemberData(nameof(Sources))]
    public void A_store_has_the_tables_and_columns_that_it_has_on_SQLite(string source)
    {
        using var sqlite = new SqliteModel(Schema(source, "sqlite"));
        AssertSameTables(sqlite, SqlServerTables.Of(Schema(source, "sqlserver")));
    }

    [Fact]
    public void Every_name_in_the_registry_s_statements_exists() => AssertBinds(Registry(), Statements("sqlserver"));

    public static TheoryData<string> BlockFiles =>
    [
        .. SqlServerText.Files.Where(file => file.EndsWith("/queries.sqlserver.sql", StringComparison.Ordinal) || file.EndsWith("/statements.sql", StringComparison.Ordinal)),
    ];

    [Theory]
    [MemberData(nameof(BlockFiles))]
    public void A_text_is_compared_in_its_column_s_type_and_collation(string file) => Assert.Empty(
        SqlServerText.Blocks(file).SelectMany(block => SqlServerComparisons.Doubtful(block.Value).Select(doubtful => $"{block.Key}: {doubtful}")));

    [Theory]
    [InlineData("SELECT id FROM t WHERE t.id = @id", "t.id = @id")]
    [InlineData("SELECT id FROM t WHERE @id = id", "@id = id")]
    [InlineData("SELECT t.id FROM OPENJSON(@ids) WITH (value varchar(9) '$') AS w INNER JOIN t ON t.id = w.value", "t.id = w.value")]
    [InlineData("SELECT id FROM t WHERE t.id IN (SELECT value FROM OPENJSON(@ids) WITH (value varchar(9) '$') AS w)", "t.id IN a list without COLLATE")]
    public void A_comparison_in_another_type_or_collation_is_found(string wrong, string doubtful) =>
        Assert.Equal([doubtful], SqlServerComparisons.Doubtful(wrong));

    [Theory]
    [InlineData("SELECT id FROM t WHERE id = CAST(@id AS varchar(9)) AND revision = @revision - 1 AND binding_revision = @binding_revision")]
    [InlineData("SELECT t.id FROM OPENJSON(@ids) WITH (value varchar(9) '$') AS w INNER JOIN t ON t.id = w.value COLLATE Latin1_General_100_BIN2")]
    public void A_comparison_in_the_column_s_type_and_collation_passes(string right) => Assert.Empty(SqlServerComparisons.Doubtful(right));

    /// <summary>The check is not blind anywhere: one letter too many in any one of a file's names, and it says so.</summary>
    [Theory]
    [InlineData("webcare")]
    [InlineData("telephony")]
    [InlineData("administration")]
    [InlineData("registry")]
    public void A_name_that_is_misspelt_anywhere_is_found(string source)
    {
        var tables = source == "registry" ? Registry() : SqlServerTables.Of(Schema(source, "sqlserver"));
        var tried = 0;
        foreach (var (name, block) in source == "registry" ? Statements("sqlserver") : Queries(source, "sqlserver"))
        {
            var names = new Names();
            SqlServerText.Parse(block).Accept(names);
            foreach (var end in names.Ends)
            {
                var wrong = block.Insert(end, "x");
                Assert.True(SqlServerBinder.Bind(tables, wrong).Problems.Count > 0, $"{name}: {wrong[..(end + 1)].Split('\n')[^1]} is not found");
                tried++;
            }
        }

        Assert.True(tried > 20, $"{tried} names");
    }

    [Fact]
    public void The_registry_has_the_tables_and_columns_that_it_has_on_SQLite()
    {
        using var sqlite = SqliteModel.Registry();
        AssertSameTables(sqlite, Registry());
    }

    [Fact]
    public void The_registry_has_the_statements_that_it_has_on_PostgreSQL_and_SQLite()
    {
        Assert.Equal(Statements("postgres").Keys.Order(), Statements("sqlserver").Keys.Order());
        Assert.Empty(Statements("sqlite").Keys.Except(Statements("sqlserver").Keys));
    }

    [Fact]
    public void Every_statement_takes_and_gives_what_it_does_on_SQLite()
    {
        using var sqlite = SqliteModel.Registry();
        var tables = Registry();
        foreach (var (name, model) in Statements("sqlite"))
        {
            var (columns, parameters) = sqlite.Describe(model);
            var results = SqlServerBinder.Bind(tables, Statements("sqlserver")[name]).Results;
            Assert.True(results.Count == (columns.Count > 0 ? 1 : 0), $"{name} has {results.Count} results");

            // One value may come without a name.
            Assert.Equal(
                (name, string.Join(' ', columns)),
                (name, string.Join(' ', results.SelectMany(result => result.Select((column, at) => column ?? (result.Count == 1 ? columns[at] : "?"))))));
            Assert.Equal((name, Words(parameters)), (name, Words(SqlServerText.Parameters(SqlServerText.Parse(Statements("sqlserver")[name])))));
        }
    }

    [Fact]
    public void The_reader_of_the_stores_has_the_rights_that_the_query_files_need_and_no_other()
    {
        var needed = Stores.SelectMany(source => Rights(SqlServerTables.Of(Schema(source, "sqlserver")), Queries(source, "sqlserver")));
        Assert.Equal(needed.Distinct().Order(StringComparer.Ordinal), Granted("sources/permissions.sqlserver.sql", "dossier_reading"));
    }

    [Fact]
    public void The_service_has_the_rights_that_its_statements_need_and_no_other()
    {
        string[] owners = ["create_registry", "renew_epoch", "migration_lock", "create_schema_steps", "insert_schema_step"];
        var statements = Statements("sqlserver").Where(statement => !owners.Contains(statement.Key));
        Assert.Equal(Rights(Registry(), statements), Granted("registry/sqlserver/permissions.sql", "dossier_service"));
    }

    private static IEnumerable<string> Rights(SqlServerTables tables, IEnumerable<KeyValuePair<string, string>> blocks) =>
        blocks.SelectMany(block => SqlServerBinder.Bind(tables, block.Value).Rights).Distinct().Order(StringComparer.Ordinal);

    private static IEnumerable<string> Granted(string file, string principal)
    {
        var grants = new Grants();
        SqlServerText.Parse(SqlServerText.Read(file)).Accept(grants);
        return grants.All.Where(grant => grant.Principal == principal).Select(grant => grant.Right).Order(StringComparer.Ordinal);
    }

    private static void AssertBinds(SqlServerTables tables, IReadOnlyDictionary<string, string> blocks)
    {
        var problems = blocks.SelectMany(block => SqlServerBinder.Bind(tables, block.Value).Problems.Select(problem => $"{block.Key}: {problem}"));
        Assert.Empty(problems.Concat(tables.Problems));
    }

    private static void AssertSameTables(SqliteModel sqlite, SqlServerTables tables) => Assert.Equal(
        sqlite.Columns().Order(StringComparer.Ordinal),
        tables.All.SelectMany(table => table.Value.Select(column => $"{table.Key}.{column}")).Except(tables.Computed).Order(StringComparer.Ordinal));

    private static string Words(IEnumerable<string> names) => string.Join(' ', names.Order(StringComparer.Ordinal));

    /// <summary>Where the names of columns and tables end, behind each of their parts.</summary>
    private sealed class Names : TSqlFragmentVisitor
    {
        public List<int> Ends { get; } = [];

        public override void Visit(ColumnReferenceExpression node) => Add(node.MultiPartIdentifier?.Identifiers ?? []);

        public override void Visit(NamedTableReference node) => Add([node.SchemaObject.BaseIdentifier]);

        private void Add(IEnumerable<Identifier> parts) =>
            Ends.AddRange(parts.Select(part => part.StartOffset + part.FragmentLength - (part.QuoteType == QuoteType.NotQuoted ? 0 : 1)));
    }

    private sealed class Grants : TSqlFragmentVisitor
    {
        public List<(string Principal, string Right)> All { get; } = [];

        public override void Visit(GrantStatement node) => All.AddRange(
            from principal in node.Principals
            from permission in node.Permissions
            let target = node.SecurityTargetObject?.ObjectName.MultiPartIdentifier.Identifiers[^1].Value
            select (principal.Identifier.Value, $"{string.Join(' ', permission.Identifiers.Select(word => word.Value.ToUpperInvariant()))} {target}"));
    }
}
