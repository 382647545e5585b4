using Dossier.Database;
using Dossier.Sources;
using Microsoft.Data.SqlClient;

namespace Dossier.Tests.UnitTests;

/// <summary>What a statement reads, what a plan says and what a login may, without a server: SQL Server's part can be tried only so here.</summary>
public sealed class InspectionTests
{
    [Theory]
    [InlineData("SELECT a FROM t", "t")]
    [InlineData("SELECT a FROM t AS x JOIN s.u y ON y.a = x.a, v", "t:x s.u:y v")]
    [InlineData("SELECT 'FROM a' FROM \"T b\" -- FROM c\n/* JOIN d */ WHERE x = '--'", "T b")]
    [InlineData("WITH page (a, b) AS (SELECT a, b FROM t), more AS MATERIALIZED (SELECT a FROM page) SELECT a FROM page JOIN more USING (a)", "t")]
    [InlineData("WITH t AS (SELECT a FROM t) SELECT a FROM t", "t")]
    [InlineData("WITH RECURSIVE n AS (SELECT 1 UNION ALL SELECT i FROM n) SELECT i FROM n", "")]
    [InlineData("SELECT a FROM (SELECT b, c FROM t) own, u WHERE a IN (SELECT d FROM w)", "t u w")]
    [InlineData("SELECT a FROM unnest(@phones) WITH ORDINALITY AS p(number, n) CROSS JOIN LATERAL (SELECT 1 FROM t LIMIT 1) x", "unnest() t")]
    [InlineData("SELECT extract(year FROM day), trim(BOTH 'x' FROM y) FROM t WHERE a IS DISTINCT FROM b", "t")]
    [InlineData("SELECT a FROM (t JOIN u ON t.a = u.a) ORDER BY a, b", "t u")]
    [InlineData("SELECT f(a, b), c FROM ONLY T ORDER BY x, y", "t")]
    [InlineData("SELECT $$ FROM a $$, $x$ JOIN b $x$ FROM t", "t")]
    [InlineData("SELECT a FROM t UNION ALL SELECT b FROM u WHERE EXISTS (SELECT FROM v, w)", "t u v w")]
    public void The_tables_that_a_statement_reads_are_found(string statement, string tables) => Assert.Equal(tables, InWords(statement, "PostgreSql"));

    [Theory]
    [InlineData("SELECT a FROM [dbo].[a b] AS x CROSS APPLY OPENJSON(@l) WITH (value varchar(9) '$') AS w OUTER APPLY dbo.fn(x.a) f", "dbo.a b:x OPENJSON() dbo.fn()")]
    [InlineData("WITH T AS (SELECT a FROM t) SELECT a FROM t", "")]
    [InlineData("SELECT a FROM crm..client WITH (INDEX(x)), [o]]k]", "crm..client o]k")]
    public void Brackets_and_table_functions_are_read_on_SQL_Server(string statement, string tables) => Assert.Equal(tables, InWords(statement, "SqlServer"));

    [Theory]
    [InlineData("administration", "sqlite")]
    [InlineData("administration", "postgres")]
    [InlineData("administration", "sqlserver")]
    [InlineData("telephony", "postgres")]
    [InlineData("telephony", "sqlserver")]
    [InlineData("webcare", "sqlite")]
    [InlineData("webcare", "postgres")]
    [InlineData("webcare", "sqlserver")]
    public void What_a_sample_s_file_reads_is_what_the_permission_scripts_grant(string source, string folder)
    {
        var vendor = Vendor.All.Single(vendor => vendor.Folder == folder);
        var file = QueryFile.Parse(SqlText.Read($"sources/{source}/queries.{folder}.sql"), source);
        var read = file.Blocks.Values.SelectMany(block => TableReferences.Of(block.Text, vendor)).Where(reference => !reference.Function)
            .Select(reference => reference.Name[^1].ToLowerInvariant()).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal);

        Assert.Equal(Granted(source).Order(StringComparer.Ordinal), read);
    }

    [Fact]
    public void A_login_of_SQL_Server_may_look_and_connect_and_nothing_else()
    {
        Assert.Empty(SqlServerInspection.Harms(
        [
            ("the server", "CONNECT SQL"), ("the server", "VIEW ANY DATABASE"), ("the database", "CONNECT"), ("dbo.call", "SELECT"), ("the database", "SHOWPLAN"),
            ("the database", "VIEW ANY COLUMN ENCRYPTION KEY DEFINITION"),
        ]));
        Assert.Equal(
            ["may INSERT, UPDATE in dbo.call", "may EXECUTE in dbo.tidy"],
            SqlServerInspection.Harms([("dbo.call", "SELECT"), ("dbo.call", "INSERT"), ("dbo.call", "UPDATE"), ("dbo.tidy", "EXECUTE")]));
    }

    [Fact]
    public void A_showplan_of_SQL_Server_marks_scans_and_conversions()
    {
        const string Plan = """
            <ShowPlanXML xmlns="http://schemas.microsoft.com/sqlserver/2004/07/showplan"><BatchSequence><Batch><Statements><StmtSimple><QueryPlan>
              <RelOp PhysicalOp="Nested Loops"><NestedLoops>
                <RelOp PhysicalOp="Table-valued function"><TableValuedFunction><Object Table="[OPENJSON_EXPLICIT]" /></TableValuedFunction></RelOp>
                <RelOp PhysicalOp="Clustered Index Scan"><IndexScan><Object Schema="[dbo]" Table="[call]" Index="[pk_call]" />
                  <Predicate><ScalarOperator ScalarString="CONVERT_IMPLICIT(nvarchar(20),[call].[number],0)=[@phone]" /></Predicate></IndexScan></RelOp>
                <RelOp PhysicalOp="Index Seek"><IndexScan><Object Schema="[dbo]" Table="[call]" Index="[call_number]" /></IndexScan></RelOp>
              </NestedLoops></RelOp>
            </QueryPlan></StmtSimple></Statements></Batch></BatchSequence></ShowPlanXML>
            """;

        var steps = SqlServerInspection.Steps(Plan);

        Assert.Equal([0, 1, 1, 1], steps.Select(step => step.Depth));
        Assert.Equal(["Nested Loops", "Clustered Index Scan on [dbo].[call] [pk_call]", "Index Seek on [dbo].[call] [call_number]"], steps.Where((_, index) => index != 1).Select(step => step.Text));
        Assert.Matches("^SCAN.*CONVERSION: CONVERT_IMPLICIT", Assert.Single(steps, step => step.Mark is not null).Mark);
    }

    [Fact]
    public void A_plan_of_SQL_Server_is_asked_with_the_parameters_own_types()
    {
        using var command = new SqlCommand();
        var vendor = Vendor.Find("SqlServer")!;
        vendor.AddParameter(command, "a", new SqlValue("1"));
        vendor.AddParameter(command, "b", new SqlValue("1", "varchar"));
        vendor.AddParameter(command, "c", new SqlValue("1", "bigint"));
        vendor.AddParameter(command, "d", new SqlValue(new List<string> { "1" }));
        vendor.AddParameter(command, "e", new SqlValue(50));

        Assert.Equal(
            "DECLARE @a nvarchar(4000);\nDECLARE @b varchar(8000);\nDECLARE @c bigint;\nDECLARE @d nvarchar(max);\nDECLARE @e int;\n", SqlServerInspection.Declare(command));
    }

    /// <summary>What the type check lets through is what a row can be read from.</summary>
    [Theory]
    [InlineData(ColumnKind.Text, new[] { typeof(string), typeof(int), typeof(Guid) }, new[] { typeof(bool), typeof(byte[]), typeof(string[]) })]
    [InlineData(ColumnKind.Moment, new[] { typeof(string), typeof(DateTime), typeof(DateTimeOffset) }, new[] { typeof(long), typeof(bool), typeof(DateOnly) })]
    [InlineData(ColumnKind.Day, new[] { typeof(string), typeof(DateTime), typeof(DateOnly) }, new[] { typeof(long), typeof(bool), typeof(DateTimeOffset) })]
    [InlineData(ColumnKind.Amount, new[] { typeof(string), typeof(decimal), typeof(long), typeof(int), typeof(double) }, new[] { typeof(bool), typeof(DateTime), typeof(float) })]
    [InlineData(ColumnKind.Bool, new[] { typeof(bool), typeof(int), typeof(short), typeof(byte) }, new[] { typeof(string), typeof(decimal) })]
    [InlineData(ColumnKind.Words, new[] { typeof(string), typeof(string[]), typeof(Array) }, new[] { typeof(int), typeof(bool) })]
    [InlineData(ColumnKind.Any, new[] { typeof(string), typeof(long), typeof(double), typeof(DateTime) }, new[] { typeof(bool), typeof(Guid) })]
    public void A_column_s_type_fits_if_a_row_can_be_read_from_it(ColumnKind kind, Type[] fitting, Type[] others)
    {
        Assert.All(fitting, type => Assert.True(ColumnTypes.Fits(kind, type), type.Name));
        Assert.All(others, type => Assert.False(ColumnTypes.Fits(kind, type), type.Name));
    }

    private static string InWords(string statement, string vendor) => string.Join(' ', TableReferences.Of(statement, Vendor.Find(vendor)!)
        .Select(reference => string.Join('.', reference.Name) + (reference.Function ? "()" : "") + (reference.Alias is { } alias ? ":" + alias : "")));

    /// <summary>The tables of the reader's script for PostgreSQL.</summary>
    private static IEnumerable<string> Granted(string source)
    {
        var script = SqlText.Read("sources/permissions.postgres.sql");
        var from = script[script.IndexOf($"if :is_{source}", StringComparison.Ordinal)..];
        var grant = from[from.IndexOf("GRANT SELECT ON", StringComparison.Ordinal)..];
        return System.Text.RegularExpressions.Regex.Matches(grant[..grant.IndexOf(';', StringComparison.Ordinal)], @":""schema""\.(?<name>\w+)").Select(match => match.Groups["name"].Value);
    }
}
