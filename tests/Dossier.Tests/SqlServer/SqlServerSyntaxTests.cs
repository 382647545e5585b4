namespace Dossier.Tests.SqlServerTests;

/// <summary>The SQL Server files, as far as they can be proved right without a server: by the language of SQL Server 2019.</summary>
public sealed class SqlServerSyntaxTests
{
    public static TheoryData<string> Files => [.. SqlServerText.Files];

    [Theory]
    [MemberData(nameof(Files))]
    public void Every_file_and_block_parses_as_SQL_Server_2019(string file) => Assert.All(
        SqlServerText.Blocks(file),
        block => Assert.True(SqlServerText.Errors(block.Value).Count == 0, $"{file}, {block.Key}: {string.Join("; ", SqlServerText.Errors(block.Value))}"));

    [Theory]
    [InlineData("SELECT a b c FROM t")]
    [InlineData("SELECT 1 FROM t LIMIT 5")]
    [InlineData("SELECT a FROM t CROSS JOIN LATERAL (SELECT 1 AS b) x")]
    [InlineData("SELECT a FROM t WHERE (a, b) < (1, 2)")]
    [InlineData("SELECT a AS user FROM t ORDER BY a DESC,")]
    [InlineData("INSERT INTO t (a) VALUES (1) ON CONFLICT DO NOTHING")]
    [InlineData("UPDATE t SET a = 1 RETURNING a")]
    [InlineData("SELECT value FROM OPENJSON(@list) WITH (value '$')")]
    [InlineData("CREATE TABLE t (a int NOT NULL,, b int)")]
    [InlineData("SELECT CAST(a AS text[]) FROM t")]
    public void What_is_not_its_language_does_not_parse(string wrong) => Assert.NotEmpty(SqlServerText.Errors(wrong));

    [Fact]
    public void The_files_of_the_sample_stores_and_of_the_registry_are_among_them() => Assert.Superset(
        new HashSet<string>(StringComparer.Ordinal)
        {
            "registry/sqlserver/001_registry.sql",
            "registry/sqlserver/permissions.sql",
            "registry/sqlserver/statements.sql",
            "sources/administration/queries.sqlserver.sql",
            "sources/permissions.sqlserver.sql",
            "sources/telephony/schema.sqlserver.sql",
            "sources/webcare/queries.sqlserver.sql",
        },
        SqlServerText.Files.ToHashSet(StringComparer.Ordinal));
}
