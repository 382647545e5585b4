using System.CommandLine;
using System.Text.Json;
using Dossier.Cli.Commands;
using Dossier.Cli.Printing;
using Dossier.Sources;

namespace Dossier.Cli.Operating;

/// <summary><c>dossier check</c>: whether the configured stores can be read as the service would.</summary>
internal sealed class CheckCommand : OperatorVerb
{
    private static readonly JsonSerializerOptions Json = new() { WriteIndented = true, PropertyNamingPolicy = JsonNamingPolicy.CamelCase };

    private readonly Option<string?> _source = Arg.Text("--source", "Only this source", "name");
    private readonly Option<string?> _customer = Arg.Text("--customer", "Read every block of this customer, and say how many rows and how fast", "number");
    private readonly Option<bool> _contracts = Arg.Flag("--contracts", "Print what the columns of every block must be, and check nothing");
    private readonly Option<bool> _grants = Arg.Flag("--grants", "Print the GRANTs that the query files need: the output is a script for the store's owner");
    private readonly Option<bool> _plan = Arg.Flag("--plan", "Print how the store runs each block, with scans and conversions marked");

    public CheckCommand(GlobalOptions globals) : base(globals, "check",
        "Whether the stores can be read as the service would; needs no running service. Exit code 0 all fine, 1 something is wrong, 2 settings.",
        "dossier check", "dossier check --source crm --customer 1042 --plan", "dossier check --source crm --grants",
        "dossier check --contracts", "dossier check --source crm -- --Sources:crm:Provider PostgreSql --Sources:crm:Queries crm.sql")
    {
        foreach (Option option in new Option[] { _source, _customer, _contracts, _grants, _plan })
        {
            Options.Add(option);
        }
    }

    protected override async Task<int> RunAsync(Session session, ParseResult line, string[] settings, CancellationToken cancellation)
    {
        if (line.GetValue(_contracts))
        {
            return session.Answer(
                () => JsonSerializer.Serialize(Contracts().Select(block => new { block = block.Name, columns = block.Columns.Select(Column) }), Json),
                PrintContracts);
        }
        var customer = line.GetValue(_customer);
        if (customer is { Length: 0 })
        {
            throw CommandException.Usage("--customer: give a customer number");
        }
        var extent = new CheckExtent(customer, line.GetValue(_grants), line.GetValue(_plan));
        var report = await Operations.CheckAsync(settings, line.GetValue(_source), extent, cancellation);
        session.Answer(
            () => JsonSerializer.Serialize(
                new
                {
                    report.AllFine,
                    Findings = report.Findings.Select(found => new { found.Source, Level = Words.Code(found.Level), found.Text }),
                    report.Grants,
                    report.Plans,
                },
                Json),
            screen => Print(screen, report, extent));
        return report.AllFine ? ExitCode.Fine : ExitCode.Unexpected;
    }

    private static void Print(Screen screen, CheckReport report, CheckExtent extent)
    {
        // What is not a GRANT is a comment then: psql and sqlcmd can read all of it.
        var before = extent.Grants ? "-- " : "";
        foreach (var plan in report.Plans)
        {
            screen.Line($"{before}{plan.Source}: plan of block '{plan.Block}'");
            foreach (var step in plan.Steps)
            {
                screen.Verbatim($"{before}{new string('.', step.Depth * 2)}{step.Text}{(step.Mark is null ? "" : $"   <-- {step.Mark}")}", extent.Grants ? 0 : 2);
            }
        }
        foreach (var found in report.Findings)
        {
            screen.Line($"{before}{found.Source}: {Level(found.Level)}{found.Text}");
        }
        foreach (var grants in report.Grants)
        {
            screen.Line($"-- {grants.Source}: for the owner of the store to run");
            foreach (var statement in grants.Statements)
            {
                screen.Verbatim(statement, 0);
            }
        }
    }

    internal static string Level(FindingLevel level) => level switch
    {
        FindingLevel.Note => "",
        FindingLevel.Fine => "fine: ",
        _ => $"{Words.Code(level)}: ",
    };

    private static void PrintContracts(Screen screen)
    {
        foreach (var block in Contracts())
        {
            screen.Line($"-- name: {block.Name}");
            screen.Paragraph(string.Join(", ", block.Columns.Select(Column)), 4);
        }
        screen.Line();
        screen.Line("? may be null, and may be left out. What each block is asked with, and what the columns mean: db/README.md");
    }

    private static IEnumerable<BlockContract> Contracts() => RowContracts.All.Values.OrderBy(block => block.Name, StringComparer.Ordinal);

    private static string Column(Column column) => $"{column.Name} {Words.Of(column.Kind)}{(column.Nullable ? "?" : "")}";
}
