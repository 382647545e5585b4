using Dossier.Cli.Csv;

namespace Dossier.Cli.Nightly;

/// <summary>What the guard answered on a letter, as cells: verdict, allowed_amount, reasons, decision_id.</summary>
internal static class VerdictRows
{
    public static readonly string[] Columns = ["letter_id", "customer", "verdict", "allowed_amount", "reasons", "decision_id"];

    public const string Unknown = "UNKNOWN";
    public const string NotAsked = "not asked: the service did not answer the batches before";

    public static string[] Cells(GuardAnswer answer) =>
    [
        Words.Code(answer.Verdict),
        answer.AllowedAmount is { } amount ? Amounts.Typed(amount) : "",
        answer.Unknown ?? Reasons(answer.Decision!),
        answer.Decision?.DecisionId ?? "",
    ];

    public static string[] NoCells(string why) => [Unknown, "", why, ""];

    /// <summary>The rows of a file of verdicts by letter.</summary>
    public static Dictionary<string, CsvLine> Read(string path, string option)
    {
        if (!File.Exists(path))
        {
            throw CommandException.Usage($"{path} is not there: it is what guard-run writes without --confirm and --report; {option} names another file");
        }

        var byLetter = new Dictionary<string, CsvLine>(StringComparer.Ordinal);
        foreach (var line in CsvFile.Read(path, ["letter_id", "customer", "verdict", "decision_id"], optional: null, tornEnd: true).Lines)
        {
            byLetter[line["letter_id"]] = line;
        }

        return byLetter;
    }

    /// <summary>EFFECT_BLOCKS CREDIT_INVOICE 1043/ID; the worst first.</summary>
    private static string Reasons(Decision decision) => string.Join("; ", decision.Reasons.Select(reason => string.Join(
        ' ', new[] { Words.Code(reason.Code), reason.Effect == EffectKind.Unspecified ? "" : Words.Code(reason.Effect), Names.Short(reason.Resource) }
            .Where(word => word.Length > 0))));
}
