using Spectre.Console;

namespace Dossier.Cli.Printing;

/// <summary>The guard's answer: the verdict in words, then each subject, then what the customer was told.</summary>
internal sealed class DecisionPage(Screen screen)
{
    public void Print(Decision? decision, int indent = 0, bool wording = true)
    {
        var verdict = decision?.Verdict ?? Verdict.Unknown;
        screen.Write(Screen.Cell(Headline(decision), VerdictStyle(verdict)), indent);
        if (decision is null)
        {
            return;
        }
        if (decision.Subjects.Count > 1)
        {
            screen.Write(Subjects(decision), indent);
        }
        foreach (var reason in decision.Reasons.Where(_ => decision.Subjects.Count <= 1))
        {
            screen.Paragraph($"Because: {Why(reason)} ({Names.Short(reason.Resource)})", indent);
        }
        foreach (var told in decision.Reasons.SelectMany(reason => reason.Wording).Where(_ => wording).Distinct())
        {
            screen.Paragraph($"The customer was told ({told.Language}): “{told.Text}”", indent);
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
        var effect = reason.Effect == EffectKind.Unspecified ? "agreement" : Words.Phrase(reason.Effect);
        return reason.Code switch
        {
            DecisionReason.Types.Code.EffectBlocks => $"{effect} forbids it",
            DecisionReason.Types.Code.EffectReduces => $"{effect} lowers the amount",
            DecisionReason.Types.Code.EffectNeedsReview => $"{effect}: a person must look",
            DecisionReason.Types.Code.AgreementProposed => $"{effect} is only proposed",
            DecisionReason.Types.Code.PartOfSubject => $"{effect} of a part: that is taken off",
            DecisionReason.Types.Code.PartAmountUnknown => $"{effect} of a part of unknown amount",
            DecisionReason.Types.Code.AmountNotComparable => $"{effect}: what to take off cannot be counted",
            DecisionReason.Types.Code.AmountAsOfMissing => $"{effect} was applied; is the amount from before that?",
            DecisionReason.Types.Code.NothingLeft => $"{effect} leaves nothing to ask",
            DecisionReason.Types.Code.InstalmentDue => "an instalment has fallen due; was it paid?",
            DecisionReason.Types.Code.ActionUnknown => "the action is not known",
            DecisionReason.Types.Code.EffectUnknown => "an effect that the service does not know",
            _ => $"{effect}: {Words.Phrase(reason.Code)}",
        };
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
