namespace Dossier.Tests.SqlServerTests;

/// <summary>The binder finds what a server would refuse, and nothing else: a check that was never red proves nothing.</summary>
public sealed class SqlServerBinderTests
{
    private static readonly SqlServerTables Tables = SqlServerTables.Of(
        "CREATE TABLE person (id int NOT NULL PRIMARY KEY, name nvarchar(50) NULL, town nvarchar(50) NULL, name_lower AS LOWER(name));",
        "CREATE TABLE letter (id int NOT NULL PRIMARY KEY, person_id int NOT NULL REFERENCES person (id), body nvarchar(max) NULL);",
        "ALTER TABLE letter ADD sent_at datetimeoffset(0) NULL;",
        "EXEC (N'CREATE VIEW card AS SELECT id, coalesce(name, N''?'') AS title FROM person');");

    [Theory]
    [InlineData("SELECT id FROM persons", "table persons is not there")]
    [InlineData("SELECT nam FROM person", "nam is not there")]
    [InlineData("SELECT p.nam FROM person AS p", "p.nam is not there")]
    [InlineData("SELECT q.name FROM person AS p", "q (of q.name) is not there")]
    [InlineData("SELECT person.name FROM person AS p", "person (of person.name) is not there")]
    [InlineData("SELECT id FROM person INNER JOIN letter ON letter.person_id = person.id", "id is ambiguous: person, letter")]
    [InlineData("SELECT person.id FROM person INNER JOIN letter ON letter.owner = person.id", "letter.owner is not there")]
    [InlineData("SELECT id FROM person WHERE nam = 1", "nam is not there")]
    [InlineData("SELECT id FROM person ORDER BY nam", "nam is not there")]
    [InlineData("SELECT town FROM person GROUP BY twn", "twn is not there")]
    [InlineData("SELECT a.id FROM person AS a, letter AS a", "a is there twice in FROM")]
    [InlineData("SELECT name FROM card", "name is not there")]
    [InlineData("WITH page AS (SELECT id FROM person) SELECT page.name FROM page", "page.name is not there")]
    [InlineData("WITH page AS (SELECT nam FROM person) SELECT 1 AS one", "nam is not there")]
    [InlineData("WITH page (number) AS (SELECT id FROM person) SELECT id FROM page", "id is not there")]
    [InlineData("WITH page AS (SELECT COUNT(*) FROM person) SELECT 1 AS one FROM page", "page has a column without a name")]
    [InlineData("SELECT found.name FROM (SELECT id FROM person) AS found", "found.name is not there")]
    [InlineData("SELECT l.id FROM person AS p INNER JOIN (SELECT id FROM letter WHERE person_id = p.id) AS l ON l.id = p.id", "p (of p.id) is not there")]
    [InlineData("SELECT l.id FROM person AS p CROSS APPLY (SELECT id FROM letter WHERE person_id = p.nr) AS l", "p.nr is not there")]
    [InlineData("SELECT w.word FROM OPENJSON(@words) WITH (value varchar(9) '$') AS w", "w.word is not there")]
    [InlineData("SELECT id FROM person WHERE EXISTS (SELECT 1 FROM letter WHERE letter.person_id = person.nr)", "person.nr is not there")]
    [InlineData("SELECT id FROM person WHERE id IN (SELECT owner FROM letter)", "owner is not there")]
    [InlineData("SELECT id FROM person UNION ALL SELECT nr FROM letter", "nr is not there")]
    [InlineData("SELECT id, name FROM person UNION SELECT id FROM letter", "Union of 2 and 1 columns")]
    [InlineData("SELECT * FROM person", "SELECT * is there")]
    [InlineData("SELECT id FROM person WITH (NOLOCK)", "NoLock on person")]
    [InlineData("SELECT id FROM person WITH (READPAST, UPDLOCK)", "ReadPast on person")]
    [InlineData("SELECT id FROM person WITH (READUNCOMMITTED)", "ReadUncommitted on person")]
    [InlineData("INSERT INTO person (id, nam) VALUES (1, 'a')", "person.nam is not there")]
    [InlineData("INSERT INTO person (id, name) VALUES (1)", "INSERT person: 2 columns and 1 values")]
    [InlineData("INSERT INTO person (id, name) SELECT id FROM letter", "INSERT person: 2 columns and 1 values")]
    [InlineData("INSERT INTO persons (id) VALUES (1)", "table persons is not there")]
    [InlineData("INSERT INTO person (id) SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM person WHERE nr = 1)", "nr is not there")]
    [InlineData("INSERT INTO person VALUES (1, 'a', 'b')", "INSERT person has no list of columns")]
    [InlineData("UPDATE person SET nam = 1", "person.nam is not there")]
    [InlineData("UPDATE person SET name = town + nam", "nam is not there")]
    [InlineData("UPDATE person SET name = 'a' WHERE nr = 1", "nr is not there")]
    [InlineData("UPDATE person SET name = 'a' OUTPUT inserted.nam", "inserted.nam is not there")]
    [InlineData("UPDATE person SET name = 'a' OUTPUT name", "name is ambiguous: inserted, deleted")]
    [InlineData("UPDATE p SET name = l.bdy FROM person AS p INNER JOIN letter AS l ON l.person_id = p.id", "l.bdy is not there")]
    [InlineData("DELETE FROM person WHERE nr = 1", "nr is not there")]
    [InlineData("DELETE FROM person OUTPUT inserted.id", "inserted (of inserted.id) is not there")]
    [InlineData("MERGE person AS t USING letter AS s ON t.id = s.owner WHEN MATCHED THEN UPDATE SET name = s.body;", "s.owner is not there")]
    [InlineData("MERGE person AS t USING letter AS s ON t.id = s.id WHEN MATCHED THEN UPDATE SET nam = s.body;", "t.nam is not there")]
    [InlineData("MERGE person AS t USING letter AS s ON t.id = s.id WHEN NOT MATCHED THEN INSERT (nr) VALUES (s.id);", "t.nr is not there")]
    [InlineData("SELECT a.id FROM STRING_SPLIT('a b', ' ') AS a", "GlobalFunctionTableReference in FROM is not read")]
    [InlineData("IF EXISTS (SELECT 1 FROM persons) SELECT 1 AS one", "table persons is not there")]
    public void What_is_not_there_is_found(string wrong, string problem) => Assert.Equal(problem, SqlServerBinder.Bind(Tables, wrong).Problems.FirstOrDefault());

    [Theory]
    [InlineData("SELECT p.name AS who, COUNT(*) AS n FROM dbo.person AS p GROUP BY p.name ORDER BY who", "SELECT person")]
    [InlineData("SELECT id, name_lower FROM Person ORDER BY town", "SELECT Person")]
    [InlineData("SELECT title FROM card", "SELECT card")]
    [InlineData("WITH a AS (SELECT id AS nr FROM person), b AS (SELECT nr FROM a) SELECT nr FROM b", "SELECT person")]
    [InlineData("SELECT l.body FROM person CROSS APPLY (SELECT TOP (1) body FROM letter WHERE person_id = person.id ORDER BY sent_at) AS l", "SELECT letter, SELECT person")]
    [InlineData("SELECT id FROM person WHERE id IN (SELECT value FROM OPENJSON(@list) WITH (value int '$'))", "SELECT person")]
    [InlineData("SELECT [key], value, type FROM OPENJSON(@list)", "")]
    [InlineData("SELECT id FROM person UNION ALL SELECT id FROM letter ORDER BY id", "SELECT letter, SELECT person")]
    [InlineData("INSERT INTO person (id, name) SELECT @id, @name WHERE NOT EXISTS (SELECT 1 FROM person WITH (UPDLOCK, HOLDLOCK) WHERE id = @id)", "INSERT person, SELECT person")]
    [InlineData("INSERT INTO person (id) VALUES (@id)", "INSERT person")]
    [InlineData("UPDATE person SET id = id + 1 OUTPUT inserted.id", "SELECT person, UPDATE person")]
    [InlineData("DELETE FROM person WHERE id = @id", "DELETE person, SELECT person")]
    [InlineData("MERGE person WITH (HOLDLOCK) AS t USING (SELECT @id AS id) AS s ON t.id = s.id WHEN MATCHED THEN UPDATE SET name = @name WHEN NOT MATCHED THEN INSERT (id) VALUES (s.id);", "INSERT person, SELECT person, UPDATE person")]
    public void What_is_right_passes_and_shows_the_rights_that_it_needs(string right, string rights)
    {
        var bound = SqlServerBinder.Bind(Tables, right);
        Assert.Empty(bound.Problems);
        Assert.Equal(rights, string.Join(", ", bound.Rights));
    }

    [Fact]
    public void The_columns_of_a_result_are_named_by_their_aliases() => Assert.Equal(
        ["who", "town", null],
        SqlServerBinder.Bind(Tables, "SELECT p.name AS who, p.town, COUNT(*) FROM person AS p GROUP BY p.name, p.town").Results.Single());

    [Theory]
    [InlineData("CREATE TABLE a (id int NOT NULL, PRIMARY KEY (nr))", "a.nr is not there")]
    [InlineData("CREATE TABLE a (id int NOT NULL); CREATE INDEX a_by_nr ON a (id) INCLUDE (nr)", "a.nr is not there")]
    [InlineData("CREATE TABLE a (id int NOT NULL); CREATE INDEX b_by_id ON b (id)", "b.id is not there")]
    [InlineData("CREATE TABLE a (id int NOT NULL REFERENCES b (nr))", "b.nr is not there")]
    [InlineData("CREATE TABLE a (id int NOT NULL); EXEC (N'CREATE VIEW v AS SELECT nr FROM a')", "nr is not there")]
    public void A_schema_that_names_what_is_not_there_is_found(string schema, string problem) => Assert.Equal([problem], SqlServerTables.Of(schema).Problems);

    [Fact]
    public void Parameters_are_what_the_caller_gives_and_not_what_is_declared() => Assert.Equal(
        ["id", "name"],
        SqlServerText.Parameters(SqlServerText.Parse(
            "DECLARE @n int; EXEC @n = sp_getapplock @Resource = N'x', @LockMode = @name; SELECT @n AS n, @id AS id")).Order());
}
