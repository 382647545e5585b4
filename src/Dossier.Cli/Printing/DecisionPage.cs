using Spectre.Console;

namespace Dossier.Cli.Printing;

/// <summary>The guard's answer: the verdict in words, then each subject, then what the customer was told.</summary>
internal sealed class DecisionPage(Screen screen)
{
    public void Print(Decision? decision, int indent = 0)
    {
        var verdict = decision?.Verdict ?? Verdict.Unknown;
        screen.Write(Screen.Cell(Headline(decision), VerdictStyle(verdict)), indent);
        if (decision is null)
        {
            return;
        }
        if (decision.Subjects.Count > 0)
        {
            screen.Write(Subjects(decision), indent);
        }
        foreach (var reason in decision.Reasons)
        {
            foreach (var wording in reason.Wording)
            {
                screen.Paragraph($"The customer was told ({wording.Language}): “{wording.Text}”", indent);
            }
        }
    }

    /// <summary>The verdict and what to do.</summary>
    public static string Headline(Decision? decision) => decision?.Verdict switch
    {
        Verdict.Allow => "ALLOW: nothing that was agreed forbids it.",
        Verdict.Reduce => $"REDUCE: ask for {Amounts.Text(decision.AllowedAmount)}, not more.",
        Verdict.Review => "REVIEW: a person must look first.",
        Verdict.Block => "BLOCK: do not do it.",
        _ => "UNKNOWN: it could not be judged. Do not act now.",
    };

    private static Table Subjects(Decision decision)
    {
        var table = Screen.Table("subject", "verdict", "may be asked", "why", "agreement");
        foreach (var subject in decision.Subjects)
        {
            var reasons = subject.Reasons.Count > 0 ? subject.Reasons.Select(Why).Distinct(StringComparer.Ordinal) : ["–"];
            var agreements = subject.Reasons.Select(reason => Names.Short(reason.Resource)).Where(name => name.Length > 0)
                .Distinct(StringComparer.Ordinal);
            table.AddRow(
                Screen.Cell(subject.Subject is null ? "?" : AgreementPage.Subject(subject.Subject)),
                Screen.Cell(Code(subject.Verdict), VerdictStyle(subject.Verdict)),
                Screen.Cell(Allowed(subject)), Screen.Cell(string.Join("; ", reasons)), Screen.Cell(string.Join(", ", agreements)));
        }
        return table;
    }

    private static string Allowed(SubjectDecision subject) => subject.Verdict switch
    {
        Verdict.Reduce => Amounts.Text(subject.AllowedAmount),
        Verdict.Allow => "all",
        Verdict.Block => "nothing",
        _ => "–",
    };

    private static string Why(DecisionReason reason)
    {
        var effect = reason.Effect == EffectKind.Unspecified ? "" : $"{Words.Phrase(reason.Effect)}: ";
        return effect + Words.Phrase(reason.Code);
    }

    private static string Code(Verdict verdict) =>
        verdict is Verdict.Unspecified || !Enum.IsDefined(verdict) ? "UNKNOWN" : Words.Code(verdict);

    private static Style VerdictStyle(Verdict verdict) => verdict switch
    {
        Verdict.Allow => Screen.Good,
        Verdict.Reduce or Verdict.Review => Screen.Warn,
        _ => Screen.Bad,
    };
}
