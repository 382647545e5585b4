using Google.Type;

namespace Dossier.V1;

/// <summary>The guard's answer on one action, in which everything that is not a clear verdict is UNKNOWN.</summary>
public sealed class GuardAnswer
{
    private GuardAnswer(Verdict verdict, Decision? decision, string? unknown, bool unanswered = false)
    {
        Unanswered = unanswered;
        Verdict = verdict;
        Decision = decision;
        Unknown = unknown;
    }

    /// <summary>ALLOW, REDUCE, REVIEW, BLOCK or UNKNOWN, and nothing else.</summary>
    public Verdict Verdict { get; }

    /// <summary>The decision as it came, with its reasons and its decision_id; null if none came.</summary>
    public Decision? Decision { get; }

    /// <summary>Why the verdict is UNKNOWN, as a line that starts with a word: <c>UNAVAILABLE: …</c>; null if it is not.</summary>
    public string? Unknown { get; }

    /// <summary>
    /// The call as a whole failed, so that nothing was judged: UNKNOWN for every action of its batch. Asking again may help.
    /// </summary>
    public bool Unanswered { get; }

    /// <summary>It may be done now: ALLOW, or REDUCE for no more than <see cref="AllowedAmount"/>.</summary>
    public bool MayAct => Verdict is Verdict.Allow or Verdict.Reduce;

    /// <summary>With REDUCE: what may be asked over all subjects; else null.</summary>
    public Money? AllowedAmount => Verdict == Verdict.Reduce ? Decision!.AllowedAmount : null;

    /// <summary>Reads a decision; one that says nothing clear is UNKNOWN.</summary>
    public static GuardAnswer Of(Decision? decision) => decision?.Verdict switch
    {
        null => UnknownBecause("MALFORMED_ANSWER: there is no decision in it"),
        Verdict.Reduce when !MoneyDecimals.IsAmount(decision.AllowedAmount) => new(Verdict.Unknown, decision, "MALFORMED_ANSWER: REDUCE without an amount"),
        Verdict.Allow or Verdict.Reduce or Verdict.Review or Verdict.Block => new(decision.Verdict, decision, null),
        Verdict.Unknown => new(Verdict.Unknown, decision, "UNKNOWN: the service could not judge it"),
        _ => new(Verdict.Unknown, decision, $"UNKNOWN_VERDICT: {(int)decision.Verdict}"),
    };

    /// <summary>An answer that is none.</summary>
    /// <param name="why">A word and a line about it.</param>
    public static GuardAnswer UnknownBecause(string why) => new(Verdict.Unknown, null, why);

    internal static GuardAnswer NoAnswer(string why) => new(Verdict.Unknown, null, why, unanswered: true);
}
