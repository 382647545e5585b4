using Dossier.Database;
using Dossier.Sources;
using Dossier.V1;

namespace Dossier.Tests.UnitTests;

/// <summary>A query file holds named blocks of one SELECT each; whatever is wrong is named with file and block.</summary>
public sealed class QueryFileTests
{
    private static QueryFile Parse(string text) => QueryFile.Parse(text, "crm.sql");

    private static string Refused(string text)
    {
        var message = Assert.Throws<FormatException>(() => Parse(text)).Message;
        Assert.StartsWith("crm.sql", message, StringComparison.Ordinal);
        return message;
    }

    private static QueryBlock Customer(string statement) => Parse("-- name: customer\n" + statement).Blocks["customer"];

    [Fact]
    public void A_block_is_its_statement_without_the_semicolon()
    {
        var file = Parse("-- The CRM.\n\n-- name: customer\nSELECT 1\n  FROM x;  \n\n-- name: keys\r\nWITH a AS (SELECT 1)\r\nSELECT * FROM a\r\n");
        Assert.Equal(["customer", "keys"], file.Blocks.Keys.Order());
        Assert.Equal("SELECT 1\n  FROM x", file.Blocks["customer"].Text);
        Assert.Equal("WITH a AS (SELECT 1)\nSELECT * FROM a", file.Blocks["keys"].Text);
    }

    [Theory]
    [InlineData("SELECT 1")]
    [InlineData("select 1")]
    [InlineData("WITH a AS (SELECT 1) SELECT * FROM a")]
    [InlineData("/* first */ -- second\nSELECT 1")]
    [InlineData("SELECT ';' AS a, \"b;c\" FROM x -- ; and so on")]
    [InlineData("SELECT 'it''s; fine' /* ; */")]
    [InlineData("SELECT '--' AS a, '/*' AS b, '*/' AS c")]
    [InlineData("SELECT '\n;\n'")]
    [InlineData("SELECT 1;")]
    [InlineData("SELECT 1 ; ;\n;")]
    [InlineData("SELECT 1; -- that is all")]
    [InlineData("SELECT 1;\n\n-- The keys of the customer:\n")]
    [InlineData("SELECT 1; /* that is all */")]
    public void One_statement_that_reads_is_good(string statement) => Assert.NotNull(Customer(statement));

    [Theory]
    [InlineData("DELETE FROM x")]
    [InlineData("INSERT INTO x VALUES (1)")]
    [InlineData("PRAGMA query_only=0")]
    [InlineData("ATTACH 'x' AS y")]
    [InlineData("-- SELECT\nUPDATE x SET y = 1")]
    [InlineData("/* SELECT */ DROP TABLE x")]
    [InlineData("'SELECT' DELETE")]
    [InlineData("SELECTION")]
    [InlineData("VALUES (1)")]
    public void A_statement_that_does_not_read_is_refused(string statement)
    {
        var message = Refused("-- name: customer\n" + statement);
        Assert.Contains("block 'customer' must begin with SELECT or WITH", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("SELECT 1; SELECT 2")]
    [InlineData("SELECT 1; DELETE FROM x")]
    [InlineData("SELECT 1;\n-- and then\nDELETE FROM x;")]
    [InlineData("SELECT '\n'; DELETE FROM x")]
    [InlineData("SELECT 'it''s'; DELETE FROM x --'")]
    [InlineData("SELECT \"a\"; DELETE FROM x --\"")]
    [InlineData("SELECT 1 /* ' */; DELETE FROM x /* ' */")]
    [InlineData("SELECT 1 -- '\n; DELETE FROM x -- '")]
    public void A_second_statement_is_refused_wherever_it_hides(string statement) =>
        Assert.Contains("block 'customer' holds more than one statement", Refused("-- name: customer\n" + statement), StringComparison.Ordinal);

    [Fact]
    public void Whatever_else_is_wrong_is_named()
    {
        Assert.Contains("crm.sql:1: a statement stands before the first", Refused("SELECT 1\n-- name: customer\nSELECT 1"), StringComparison.Ordinal);
        Assert.Contains("crm.sql:2: a block has no name", Refused("\n-- name:\nSELECT 1"), StringComparison.Ordinal);
        Assert.Contains("crm.sql:3: block 'keys' is there twice", Refused("-- name: keys\nSELECT 1\n-- name: keys\nSELECT 1"), StringComparison.Ordinal);
        Assert.Contains("block 'keys' holds no statement", Refused("-- name: keys\n\n-- nothing\n-- name: customer\nSELECT 1"), StringComparison.Ordinal);
        Assert.Contains("there is no block", Refused(""), StringComparison.Ordinal);
        Assert.Contains("there is no block", Refused("-- nothing yet\n"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_block_that_is_not_known_is_refused_with_those_that_are()
    {
        var message = Refused("-- name: customers\nSELECT 1");
        Assert.Contains("block 'customers' is not known", message, StringComparison.Ordinal);
        Assert.All(RowContracts.All.Keys, name => Assert.Contains(name, message, StringComparison.Ordinal));
    }

    [Fact]
    public void A_parameter_that_is_none_is_refused()
    {
        Assert.Contains("block 'customer' names @customer, which is not a parameter", Refused("-- name: customer\nSELECT @customer"), StringComparison.Ordinal);
        Assert.Contains("@Customer_Number", Refused("-- name: customer\nSELECT @Customer_Number"), StringComparison.Ordinal);
    }

    [Fact]
    public void The_parameters_of_a_block_are_those_outside_of_texts_and_comments()
    {
        Assert.Equal(["customer_number", "section_limit"], Customer("SELECT '@emails' -- @phones\n, @customer_number /* @social_ids */ FROM \"@x\" LIMIT @limit").Parameters.Order());
        Assert.Empty(Customer("SELECT 'jan@example.org'").Parameters);
    }

    [Fact]
    public void Every_parameter_that_the_documentation_lists_is_one()
    {
        var documented = SourceTree.Table(Fixtures.Repository.Read("db", "README.md"), "| parameter | type | holds |")
            .Skip(1).SelectMany(row => row[0].Replace("`", "", StringComparison.Ordinal).Split(", ")).ToList();
        Assert.Equal(11, documented.Count);
        Assert.Equal(
            documented.Select(name => name == "@limit" ? "section_limit" : name[1..]).Order(), Customer("SELECT " + string.Join(", ", documented)).Parameters.Order());
    }

    [Fact]
    public void A_source_takes_the_kinds_of_key_that_its_interactions_name_else_its_other_blocks()
    {
        Assert.Equal([KeyType.Phone], Parse("-- name: interactions\nSELECT @phones\n-- name: customer\nSELECT @customer_number").KeyTypes);
        Assert.Equal(
            [KeyType.CustomerNumber, KeyType.BillingAccount],
            Parse("-- name: customer\nSELECT @customer_number\n-- name: invoices\nSELECT @billing_accounts\n-- name: find\nSELECT @emails, @phones, @social_ids").KeyTypes.Order());
    }

    [Fact]
    public void A_source_says_what_it_offers_and_by_what_it_finds()
    {
        var file = Parse(
            "-- name: find\nSELECT @phones, @emails\n-- name: interactions\nSELECT @phones\n-- name: messages\nSELECT @phones\n-- name: keys\nSELECT @customer_number\n-- name: subjects\nSELECT @subject_ids");
        Assert.Equal([Section.Customer, Section.Interactions, Section.Messages], file.Sections);
        Assert.Equal([KeyType.Email, KeyType.Phone], file.FindsBy);
        Assert.True(file.GivesKeys);
        Assert.True(file.TakesCustomerNumber);
        Assert.False(Parse("-- name: find\nSELECT @customer_number\n-- name: interactions\nSELECT @phones").TakesCustomerNumber);
        Assert.Empty(Parse("-- name: customer\nSELECT @customer_number").FindsBy);
    }

    [Fact]
    public void Every_statement_file_of_the_program_has_its_blocks()
    {
        var paths = SqlText.List("sources/").Where(path => path.Contains("/queries.", StringComparison.Ordinal)).ToList();
        foreach (var path in paths)
        {
            Assert.NotEmpty(QueryFile.Parse(SqlText.Read(path), path).Blocks);
        }

        // Three sample stores on three vendors, and two products that live on PostgreSQL.
        Assert.Equal(11, paths.Count);
        Assert.Throws<FileNotFoundException>(() => SqlText.Read("sources/nobody/queries.sqlite.sql"));
    }
}
