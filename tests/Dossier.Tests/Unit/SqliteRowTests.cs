using System.Data;
using Dossier.Sources;
using Microsoft.Data.Sqlite;

namespace Dossier.Tests.UnitTests;

/// <summary>What is read where SQLite keeps it is what the driver would have given, and what is wrong is refused in the same words.</summary>
public sealed class SqliteRowTests
{
    public static TheoryData<string, string> Rows
    {
        get
        {
            var rows = new TheoryData<string, string>();
            foreach (var encoding in new[] { "UTF-8", "UTF-16le" })
            {
                foreach (var values in new[]
                {
                    "'1', 'INVOICE', NULL, '2026-08-03', NULL, '0001-01-01', '9999-12-31', 27.5, 0.1, 'EUR', 'BA-1'",
                    "'1', 'CREDIT_NOTE', '', '2026-02-28', '2028-02-29', NULL, NULL, 27, '27.50', 'USD', NULL",
                    "'1', 'INVOICE', 'é', '2026-08-03', NULL, NULL, NULL, -1e11, -9007199254740993, 'EUR', 'é'",
                    "7, 'INVOICE', 8, '2026-08-03', NULL, NULL, NULL, 1, NULL, 'EUR', 9.5",
                    "'1', 'invoice', NULL, '2026-08-03', NULL, NULL, NULL, 1, 1, 'EUR', NULL",
                    "'1', NULL, NULL, '2026-08-03', NULL, NULL, NULL, 1, 1, 'EUR', NULL",
                    "'1', 'INVOICE', NULL, '2026-13-03', NULL, NULL, NULL, 1, 1, 'EUR', NULL",
                    "'1', 'INVOICE', NULL, '2026-8-3', NULL, NULL, NULL, 1, 1, 'EUR', NULL",
                    "'1', 'INVOICE', NULL, x'323032362d30382d3033', NULL, NULL, NULL, 1, 1, 'EUR', NULL",
                    "'1', 'INVOICE', NULL, 20260803, NULL, NULL, NULL, 1, 1, 'EUR', NULL",
                    "'1', 'INVOICE', NULL, '2026-08-03', NULL, NULL, NULL, 1e12, 1, 'EUR', NULL",
                    "'1', 'INVOICE', NULL, '2026-08-03', NULL, NULL, NULL, 9e99, 1, 'EUR', NULL",
                    "'1', 'INVOICE', NULL, '2026-08-03', NULL, NULL, NULL, 1000000000000, 1, 'EUR', NULL",
                    "'1', 'INVOICE', NULL, '2026-08-03', NULL, NULL, NULL, NULL, 1, 'EUR', NULL",
                    "'1', 'INVOICE', NULL, '2026-08-03', NULL, NULL, NULL, 1, 1, NULL, NULL",
                    "'1', 'INVOICE', NULL, '2026-08-03', NULL, NULL, NULL, 1, NULL, NULL, NULL",
                })
                {
                    rows.Add(encoding, values);
                }
            }

            return rows;
        }
    }

    [Theory]
    [MemberData(nameof(Rows))]
    public void An_invoice_is_the_same_however_it_is_read(string encoding, string values) => Same("invoices", encoding, values, facts => facts.Invoices);

    [Theory]
    [InlineData("UTF-8", "'a', '2026-08-27T07:15:00Z', '2026-08-27 07:15:59Z', '2026-08-27T07:15:00.5+02:00', 'email', 'INBOUND', 1, '', NULL, NULL, NULL, NULL, NULL, NULL, 1")]
    [InlineData("UTF-16le", "'a', '2026-08-27T07:15:00Z', '2026-08-27 07:15:59Z', '2026-08-27T07:15:00.5+02:00', 'email', 'INBOUND', 1, '', NULL, NULL, NULL, NULL, NULL, NULL, 1")]
    [InlineData("UTF-8", "'a', '2026-08-27T24:15:00Z', NULL, NULL, 'email', NULL, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'x'")]
    [InlineData("UTF-8", "'a', '2026-08-27T07:15:00', NULL, NULL, 'email', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'x'")]
    [InlineData("UTF-8", "'a', 1, NULL, NULL, 'email', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'x'")]
    [InlineData("UTF-8", "'a', NULL, NULL, NULL, 'email', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'x'")]
    [InlineData("UTF-8", "'a', '2026-08-27T07:15:00Z', NULL, NULL, 'email', 'IN', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'x'")]
    [InlineData("UTF-8", "'a', '2026-08-27T07:15:00Z', NULL, NULL, 'email', NULL, 'yes', NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'x'")]
    [InlineData("UTF-8", "'a', '2026-08-27T07:15:00Z', NULL, NULL, 'email', NULL, 1.5, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'x'")]
    [InlineData("UTF-8", "'a', '2026-08-27T07:15:00Z', NULL, NULL, 'email', 'INBOUND_AND_MUCH_LONGER_THAN_ANY_WORD', 7, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'x'")]
    public void An_interaction_is_the_same_however_it_is_read(string encoding, string values) =>
        Same("interactions", encoding, values, facts => facts.Interactions.Select(found => (found.Interaction, found.Id, found.PageTime, found.RelatedId, found.Relation)).ToList());

    private static void Same<T>(string block, string encoding, string values, Func<SourceFacts, List<T>> told)
    {
        var contract = RowContracts.All[block];
        using var connection = new SqliteConnection("Data Source=:memory:");
        connection.Open();
        using (var command = connection.CreateCommand())
        {
            // The columns have no type, so that each value stays what it is.
            command.CommandText =
                $"PRAGMA encoding = '{encoding}'; CREATE TABLE told ({string.Join(", ", contract.Columns.Select(column => column.Name))}); INSERT INTO told VALUES ({values})";
            command.ExecuteNonQuery();
        }

        using var asking = connection.CreateCommand();
        asking.CommandText = "SELECT * FROM told";
        using var reader = asking.ExecuteReader();
        Assert.True(reader.Read());
        using var copy = new DataTable();
        foreach (var column in contract.Columns)
        {
            copy.Columns.Add(column.Name, typeof(object));
        }

        copy.Rows.Add([.. Enumerable.Range(0, contract.Columns.Length).Select(reader.GetValue)]);
        using var driven = copy.CreateDataReader();
        Assert.True(driven.Read());

        var (facts, wrong) = Read(new Row(reader, contract.Ordinals(reader), contract), contract);
        var (expected, expectedWrong) = Read(new Row(driven, contract.Ordinals(driven), contract), contract);

        Assert.Equal(expectedWrong, wrong);
        Assert.Equal(told(expected), told(facts));
    }

    private static (SourceFacts Facts, string? Wrong) Read(Row row, BlockContract contract)
    {
        var facts = new SourceFacts("administration");
        try
        {
            contract.Read(row, facts);
            return (facts, null);
        }
        catch (RowException wrong)
        {
            return (facts, wrong.Message);
        }
    }
}
