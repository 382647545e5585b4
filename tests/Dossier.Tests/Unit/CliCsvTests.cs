using Dossier.Cli;
using Dossier.Cli.Commands;
using Dossier.Cli.Csv;
using Dossier.Cli.Nightly;
using Dossier.V1;

namespace Dossier.Cli.Tests;

/// <summary>CSV as the command reads and writes it, and what stands beside it on the command line.</summary>
public sealed class CliCsvTests
{
    [Theory]
    [InlineData("a", "b")]
    [InlineData("", "")]
    [InlineData("a,b", "\"", "\"\"", "een \"woord\"", ",")]
    [InlineData("é", "=1+1", " blank ")]
    public void What_is_written_is_read_again(params string[] cells)
    {
        var line = CsvText.Line(cells);

        Assert.EndsWith("\n", line, StringComparison.Ordinal);
        Assert.Equal(cells, CsvText.Cells(line.AsSpan().TrimEnd('\n'), out var wrong));
        Assert.Null(wrong);
    }

    [Fact]
    public void A_row_is_one_line_whatever_stands_in_its_cells() =>
        Assert.Equal("a b,c d,e\n", CsvText.Line("a\nb", "c\r\nd", "e"));

    [Theory]
    [InlineData("\"a")]
    [InlineData("\"a\"b,c")]
    [InlineData("a\"b")]
    [InlineData("a,\"")]
    public void A_quote_out_of_place_is_a_mistake(string line)
    {
        CsvText.Cells(line, out var wrong);

        Assert.NotNull(wrong);
    }

    [Theory]
    [InlineData("0", 0, 100, false)]
    [InlineData("0", 1, 100, true)]
    [InlineData("25", 25, 100, false)]
    [InlineData("25", 26, 100, true)]
    [InlineData("0.5%", 5, 1_000, false)]
    [InlineData("0.5%", 6, 1_000, true)]
    [InlineData("100%", 3, 3, false)]
    public void More_unknown_than_a_number_or_a_part_is_too_many(string typed, int unknown, int letters, bool tooMany) =>
        Assert.Equal(tooMany, MaxUnknown.Parse(typed).IsExceededBy(unknown, letters));

    [Theory]
    [InlineData("")]
    [InlineData("-1")]
    [InlineData("1.5")]
    [InlineData("0,5%")]
    [InlineData("101%")]
    [InlineData("many")]
    public void What_is_no_number_and_no_part_is_a_mistake(string typed) => Assert.Throws<CommandException>(() => MaxUnknown.Parse(typed));

    [Fact]
    public void Watch_reads_filters_and_where_to_begin()
    {
        var all = Watch("watch", "1043", "--effect", "credit-invoice", "--obliged", "administration", "--origin", "systems/webcare");
        Assert.Equal(
            ("customers/1043", EffectKind.CreditInvoice, "systems/administration", "systems/webcare"),
            (all.Parent, all.EffectKinds.Single(), all.ObligedSystems.Single(), all.OriginSystems.Single()));
        Assert.Equal(WatchAgreementsRequest.StartOneofCase.None, all.StartCase);
        Assert.Equal(("customers/-", 0), (Watch("watch", "--from", "beginning").Parent, Watch("watch", "--from", "beginning").AfterSequence));
        Assert.Equal(WatchAgreementsRequest.StartOneofCase.AfterSequence, Watch("watch", "--from", "beginning").StartCase);
        Assert.Equal(42, Watch("watch", "--from", "42").AfterSequence);
        Assert.Equal("token", Watch("watch", "--from", "token").ResumeToken);
        Assert.Equal(WatchAgreementsRequest.StartOneofCase.None, Watch("watch", "--from", "now").StartCase);
    }

    private static WatchAgreementsRequest Watch(params string[] args)
    {
        var line = DossierCommand.Parse(args);
        return ((WatchCommand)line.CommandResult.Command).Request(line);
    }
}
