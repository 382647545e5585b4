using Dossier.Agreements;
using Dossier.Host;
using Dossier.V1;
using Google.Type;

namespace Dossier.Guard;

/// <summary>
/// Judges a planned action against the agreements of the customer. Pure: the same agreements, action and moment give the
/// same verdict.
/// </summary>
public static class Judgement
{
    /// <summary>How an agreement's subject lies to an action's subject.</summary>
    private enum Relation
    {
        Unrelated,
        Same,
        Wider,
        Narrower,

        /// <summary>Nobody told the agreement's parent of this type: it may lie below.</summary>
        PerhapsNarrower,
    }

    /// <summary>What was promised to a customer is read by those who may read agreements; the verdict is for everyone who may ask.</summary>
    public static void KeepWordingFor(Caller caller, Decision decision)
    {
        if (!caller.Scopes.Has(Scopes.AgreementsRead) || !caller.Reading.IsOfPurpose(Section.Agreements))
        {
            foreach (var reason in decision.Reasons.Concat(decision.Subjects.SelectMany(subject => subject.Reasons)))
            {
                reason.Wording.Clear();
            }
        }
    }

    /// <param name="action">Checked before: its subjects name their parents.</param>
    /// <param name="agreements">All agreements of the customer that can bind: PROPOSED, ACTIVE, FULFILLED.</param>
    /// <param name="now">The present moment.</param>
    /// <param name="zone">The company's time zone.</param>
    public static Decision Judge(PlannedAction action, IEnumerable<Agreement> agreements, DateTimeOffset now, TimeZoneInfo zone)
    {
        var planned = action.PlannedTime?.ToDateTimeOffset() ?? now;
        var t = planned > now ? planned : now;
        var binding = agreements.Where(agreement => agreement.State is AgreementState.Proposed or AgreementState.Active or AgreementState.Fulfilled).ToList();
        var decision = new Decision();
        foreach (var subject in action.Subjects)
        {
            decision.Subjects.Add(JudgeSubject(action, subject, binding, t, zone));
        }

        decision.Verdict = decision.Subjects.Select(subject => subject.Verdict).DefaultIfEmpty(Verdict.Allow).Max();
        decision.Reasons.AddRange(decision.Subjects.SelectMany(subject => subject.Reasons).DistinctBy(Same).OrderByDescending(reason => reason.Verdict).Select(reason => reason.Clone()));
        foreach (var reason in decision.Subjects.SelectMany(subject => subject.Reasons))
        {
            // Once is enough: 200 subjects under one agreement would have its wording 200 times.
            reason.Wording.Clear();
        }

        if (decision.Verdict == Verdict.Reduce)
        {
            decision.AllowedAmount = Total(action, decision);
        }

        return decision;
    }

    private static SubjectDecision JudgeSubject(PlannedAction action, ActionSubject subject, List<Agreement> agreements, DateTimeOffset t, TimeZoneInfo zone)
    {
        var reasons = new List<DecisionReason>();
        var reductions = new Reductions(subject.Amount);
        if (!DecisionTable.Knows(action.Action))
        {
            reasons.Add(new DecisionReason { Code = DecisionReason.Types.Code.ActionUnknown, Verdict = Verdict.Review });
        }
        else
        {
            foreach (var agreement in agreements)
            {
                foreach (var effect in agreement.Effects.Where(effect => AgreementRules.InForce(agreement, effect, t, zone)))
                {
                    foreach (var covered in effect.Subjects)
                    {
                        Weigh(action, subject, agreement, effect, covered, t, zone, reasons, reductions);
                    }
                }
            }
        }

        if (reductions.Any && reductions.Left() <= 0)
        {
            reasons.Add(new DecisionReason { Code = DecisionReason.Types.Code.NothingLeft, Verdict = Verdict.Block });
        }

        var decision = new SubjectDecision
        {
            Subject = new SubjectRef { Type = subject.Type, Id = subject.Id },
            Verdict = reasons.Select(reason => reason.Verdict).DefaultIfEmpty(Verdict.Allow).Max(),
            Reasons = { reasons.DistinctBy(Same).OrderByDescending(reason => reason.Verdict) },
        };
        if (decision.Verdict == Verdict.Reduce)
        {
            decision.AllowedAmount = Amounts.ToMoney(reductions.Left(), subject.Amount.CurrencyCode);
        }

        return decision;
    }

    /// <summary>By what two reasons are one: an agreement has one wording, which is long to compare.</summary>
    private static (string, DecisionReason.Types.Code, EffectKind, Verdict) Same(DecisionReason reason) => (reason.Resource, reason.Code, reason.Effect, reason.Verdict);

    private static void Weigh(
        PlannedAction action, ActionSubject subject, Agreement agreement, Effect effect, Subject covered, DateTimeOffset t, TimeZoneInfo zone,
        List<DecisionReason> reasons, Reductions reductions)
    {
        var relation = RelationOf(covered, subject, action.Action);
        if (relation == Relation.Unrelated)
        {
            return;
        }

        var kind = AgreementRules.KindOf(effect);
        var (verdict, code) = Verdicts(action, kind, effect, t, zone);
        if (verdict == Verdict.Allow)
        {
            return;
        }

        if (agreement.State == AgreementState.Proposed)
        {
            // Nobody has granted it yet: a person must look, but no amount is taken off and nothing is forbidden.
            (verdict, code) = (Verdict.Review, DecisionReason.Types.Code.AgreementProposed);
        }
        else if (agreement.State == AgreementState.Fulfilled && Fulfilled(kind, relation, agreement, subject, ref verdict, ref code))
        {
            return;
        }

        if (relation == Relation.PerhapsNarrower && verdict is Verdict.Reduce or Verdict.Block)
        {
            (verdict, code) = (Verdict.Review, DecisionReason.Types.Code.PartAmountUnknown);
        }
        else if (verdict == Verdict.Reduce)
        {
            (verdict, code) = Reduce(kind, effect, covered, relation, reductions);
        }
        else if (verdict == Verdict.Block && relation == Relation.Narrower)
        {
            (verdict, code) = reductions.TakeWhole(covered)
                ? (Verdict.Reduce, DecisionReason.Types.Code.PartOfSubject)
                : (Verdict.Review, DecisionReason.Types.Code.PartAmountUnknown);
        }

        reasons.Add(new DecisionReason { Resource = agreement.Name, Code = code, Effect = kind, Verdict = verdict, Wording = { agreement.CustomerWording } });
    }

    private static (Verdict Verdict, DecisionReason.Types.Code Code) Verdicts(PlannedAction action, EffectKind kind, Effect effect, DateTimeOffset t, TimeZoneInfo zone)
    {
        var review = (Verdict.Review, DecisionReason.Types.Code.EffectNeedsReview);
        var block = (Verdict.Block, DecisionReason.Types.Code.EffectBlocks);
        switch (DecisionTable.Of(kind, action.Action))
        {
            case Rule.Allow:
                return (Verdict.Allow, DecisionReason.Types.Code.Unspecified);
            case Rule.Reduce:
                return (Verdict.Reduce, DecisionReason.Types.Code.EffectReduces);
            case Rule.Block:
                return block;
            case Rule.BlockUntilInstalmentDue:
                // An instalment is due when its day has ended: until then it can be paid in time.
                var first = effect.InstalmentPlan.Instalments.Select(instalment => Days.EndOf(instalment.DueDate, zone)).Min();
                return first is { } due && t < due ? block : (Verdict.Review, DecisionReason.Types.Code.InstalmentDue);
            case Rule.ReviewOverChannel:
                return effect.ContactStop.Purpose != ContactPurpose.Marketing && OverChannel(action, effect.ContactStop)
                    ? review
                    : (Verdict.Allow, DecisionReason.Types.Code.Unspecified);
            case Rule.BlockContact:
                return Contact(action, effect.ContactStop);
            default:
                return (Verdict.Review, kind == EffectKind.Unspecified ? DecisionReason.Types.Code.EffectUnknown : DecisionReason.Types.Code.EffectNeedsReview);
        }
    }

    private static (Verdict Verdict, DecisionReason.Types.Code Code) Contact(PlannedAction action, ContactStop stop)
    {
        if (!OverChannel(action, stop))
        {
            return (Verdict.Allow, DecisionReason.Types.Code.Unspecified);
        }

        if (action.Purpose == ContactPurpose.Unspecified || !Enum.IsDefined(action.Purpose) || !Enum.IsDefined(stop.Purpose))
        {
            return (Verdict.Review, DecisionReason.Types.Code.EffectNeedsReview);
        }

        var stopped = stop.Purpose == action.Purpose || (stop.Purpose == ContactPurpose.Unspecified && action.Purpose != ContactPurpose.Statutory);
        return stopped ? (Verdict.Block, DecisionReason.Types.Code.EffectBlocks) : (Verdict.Allow, DecisionReason.Types.Code.Unspecified);
    }

    private static bool OverChannel(PlannedAction action, ContactStop stop) =>
        stop.Channel.Length == 0 || action.Channel.Length == 0 || stop.Channel == action.Channel;

    /// <summary>A fulfilled agreement: a credited invoice still blocks, a credited amount counts for amounts read before, the rest has ended.</summary>
    /// <returns>True if it no longer says anything.</returns>
    private static bool Fulfilled(EffectKind kind, Relation relation, Agreement agreement, ActionSubject subject, ref Verdict verdict, ref DecisionReason.Types.Code code)
    {
        switch (kind)
        {
            case EffectKind.CreditInvoice when relation is Relation.Same or Relation.Wider:
                return false;

            // What is asked over an account no longer holds the invoice once its credit note is booked: taking it off
            // again would take it off twice. So an amount counts by when it was read.
            case EffectKind.CreditInvoice or EffectKind.CreditAmount or EffectKind.WaiveFee:
                if (subject.AmountAsOf is null)
                {
                    (verdict, code) = (Verdict.Review, DecisionReason.Types.Code.AmountAsOfMissing);
                    return false;
                }

                return AppliedTime(agreement) is { } applied && subject.AmountAsOf.ToDateTimeOffset() >= applied;
            default:
                return true;
        }
    }

    private static DateTimeOffset? AppliedTime(Agreement agreement)
    {
        var applied = agreement.Acknowledgements
            .Where(said => said.Outcome == Acknowledgement.Types.Outcome.Applied && said.OutcomeTime is not null)
            .Select(said => said.OutcomeTime.ToDateTimeOffset())
            .ToList();
        return applied.Count > 0 ? applied.Max() : agreement.FulfillTime?.ToDateTimeOffset();
    }

    private static (Verdict Verdict, DecisionReason.Types.Code Code) Reduce(EffectKind kind, Effect effect, Subject covered, Relation relation, Reductions reductions)
    {
        var amount = kind == EffectKind.CreditAmount ? effect.CreditAmount.Amount : effect.WaiveFee.Amount;

        // An amount that was agreed once for several subjects cannot be shared out among them.
        return relation != Relation.Wider && effect.Subjects.Count == 1 && reductions.Take(covered, amount, fee: kind == EffectKind.WaiveFee)
            ? (Verdict.Reduce, relation == Relation.Narrower ? DecisionReason.Types.Code.PartOfSubject : DecisionReason.Types.Code.EffectReduces)
            : (Verdict.Review, DecisionReason.Types.Code.AmountNotComparable);
    }

    private static Relation RelationOf(Subject agreed, ActionSubject asked, ActionKind action)
    {
        if (agreed.Type == asked.Type && agreed.Id == asked.Id)
        {
            return Relation.Same;
        }

        // A customer has one customer: everything else lies below it.
        if (agreed.Type == SubjectType.Customer || asked.Parents.Any(parent => parent.Type == agreed.Type && parent.Id == agreed.Id))
        {
            return Relation.Wider;
        }

        if (asked.Type == SubjectType.Customer || agreed.Parents.Any(parent => parent.Type == asked.Type && parent.Id == asked.Id))
        {
            return Relation.Narrower;
        }

        // Not looked up yet, or its source does not tell: it may well lie below the account or invoice that is asked about.
        return MayLieBelow(agreed.Type, asked.Type) && !agreed.Parents.Any(parent => parent.Type == asked.Type) ? Relation.PerhapsNarrower : Relation.Unrelated;
    }

    private static bool MayLieBelow(SubjectType agreed, SubjectType asked) => (agreed, asked) is
        (SubjectType.InvoiceLine, SubjectType.Invoice) or (SubjectType.InvoiceLine, SubjectType.BillingAccount) or (SubjectType.Invoice, SubjectType.BillingAccount);

    private static Money? Total(PlannedAction action, Decision decision)
    {
        var amounts = action.Subjects.Zip(decision.Subjects, (asked, judged) => judged.AllowedAmount ?? asked.Amount).ToList();
        return amounts.TrueForAll(amount => amount is not null) && amounts.Select(amount => amount.CurrencyCode).Distinct(StringComparer.Ordinal).Count() == 1
            ? Amounts.ToMoney(amounts.Sum(amount => amount.ToDecimal()), amounts[0].CurrencyCode)
            : null;
    }
}
