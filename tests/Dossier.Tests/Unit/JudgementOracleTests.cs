using Dossier.Guard;
using Dossier.V1;

namespace Dossier.Tests.UnitTests;

/// <summary>
/// Every effect with every action in every state, relation and moment, against a second judge that is written from the words
/// of the table and its rules alone. One agreement with one effect on one subject, one subject asked.
/// </summary>
/// <remarks>The five dimensions are taken from the contract, so that a new kind or state is asked about on the day that it is added.</remarks>
public sealed class JudgementOracleTests
{
    private static readonly DateTimeOffset Begin = new(2026, 9, 4, 12, 0, 0, TimeSpan.Zero);

    // 10 October 2026 ends in Amsterdam at 22:00 UTC.
    private static readonly DateTimeOffset End = new(2026, 10, 10, 22, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset Applied = new(2026, 9, 10, 12, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset[] Times = [Begin.AddMicroseconds(-1), Begin, Applied, End.AddMicroseconds(-1), End];
    private static readonly string?[] Amounts = [null, "EUR 55", "EUR 5", "USD 55"];
    private static readonly AgreementState[] States = [.. System.Enum.GetValues<AgreementState>(), (AgreementState)99];
    private static readonly EffectKind[] Effects = [.. System.Enum.GetValues<EffectKind>(), WrittenTable.UnknownEffect];
    private static readonly ActionKind[] Actions = [.. System.Enum.GetValues<ActionKind>(), WrittenTable.UnknownAction];


    /// <summary>Subjects of one customer, each with the way down to it: a wider one is the beginning of a narrower one's.</summary>
    private static readonly (string Way, Subject Subject)[] Tree =
    [
        ("customer", Given.Whole()),
        ("customer/product P1", Given.Product()),
        ("customer/product P2", Given.Product("P2")),
        ("customer/account A1", Given.Account()),
        ("customer/account A1/invoice I1", Given.Invoice("I1", 20)),
        ("customer/account A1/invoice I1/line L1", Given.Line("L1", "I1", 20)),
        ("customer/account A1/invoice I1/line L2", Given.Line("L2", "I1", 20)),
        ("customer/account A1/invoice I2", Given.Invoice("I2", 20)),
        ("customer/account A2", Given.Account("A2")),
        ("customer/account A2/invoice I3", Given.Invoice("I3", 20, "A2")),
    ];

    /// <summary>When it is asked, and for when.</summary>
    private enum Plan
    {
        NotPlanned,
        ShouldHaveGoneBefore,
        ForNow,
        ForLater,
    }

    private enum Lies
    {
        Same,
        Wider,
        Narrower,
        NarrowerOfUnknownAmount,
        Unrelated,
    }

    private sealed record Case(
        EffectKind Effect, ActionKind Action, AgreementState State, Lies Lies, DateTimeOffset T, string? Amount, DateTimeOffset? AmountAsOf,
        string StopChannel = "letter", ContactPurpose StopPurpose = ContactPurpose.Unspecified,
        string Channel = "letter", ContactPurpose Purpose = ContactPurpose.Service, Plan Plan = Plan.ForLater)
    {
        /// <summary>Other subjects than those that stand for how one lies to the other.</summary>
        public Subject? Agreed { get; init; }

        public Subject? Asked { get; init; }
    }

    [Fact]
    public void Every_verdict_is_the_one_that_the_written_table_and_its_rules_give() => Check(
        from effect in Effects
        from action in Actions
        from state in States
        from lies in System.Enum.GetValues<Lies>()
        from t in Times
        from amount in Amounts
        from asOf in state == AgreementState.Fulfilled ? new DateTimeOffset?[] { null, Applied.AddMicroseconds(-1), Applied } : [null]
        from plan in amount == "EUR 55" ? System.Enum.GetValues<Plan>() : [Plan.ForLater]
        select new Case(effect, action, state, lies, t, amount, asOf, Plan: plan), atLeast: 180_000);

    /// <summary>Every type of subject with every other, on the same branch and beside it.</summary>
    [Fact]
    public void Every_scope_covers_what_lies_below_it_and_nothing_else() => Check(
        from effect in Effects
        from action in Actions
        from state in States
        from agreed in Tree
        from asked in Tree
        from t in new[] { Begin.AddMicroseconds(-1), Begin, End }
        select new Case(effect, action, state, Below(agreed, asked), t, "EUR 55", Applied.AddMicroseconds(-1)) { Agreed = agreed.Subject, Asked = asked.Subject },
        atLeast: 250_000);

    private static Lies Below((string Way, Subject Subject) agreed, (string Way, Subject Subject) asked) =>
        agreed.Way == asked.Way ? Lies.Same
        : asked.Way.StartsWith(agreed.Way + "/", StringComparison.Ordinal) ? Lies.Wider
        : !agreed.Way.StartsWith(asked.Way + "/", StringComparison.Ordinal) ? Lies.Unrelated
        : agreed.Subject.Amount is null ? Lies.NarrowerOfUnknownAmount : Lies.Narrower;

    [Fact]
    public void Every_contact_stop_is_what_its_two_cells_say() => Check(
        from action in Actions
        from state in new[] { AgreementState.Active, AgreementState.Proposed, AgreementState.Fulfilled, AgreementState.Withdrawn }
        from lies in new[] { Lies.Same, Lies.Wider, Lies.Narrower, Lies.Unrelated }
        from t in new[] { Begin, End }
        from stopChannel in new[] { "", "letter", "phone" }
        from stopPurpose in System.Enum.GetValues<ContactPurpose>()
        from channel in new[] { "", "letter", "phone" }
        from purpose in System.Enum.GetValues<ContactPurpose>()
        select new Case(EffectKind.ContactStop, action, state, lies, t, null, null, stopChannel, stopPurpose, channel, purpose), atLeast: 30_000);

    private static void Check(IEnumerable<Case> cases, int atLeast)
    {
        var count = 0;
        var wrong = new List<string>();
        foreach (var one in cases)
        {
            count++;
            var expected = Expect(one);
            var actual = Judge(one);
            if (expected != actual && wrong.Count < 20)
            {
                wrong.Add($"{one}: {expected} was expected, {actual} was given");
            }
        }

        Assert.Empty(wrong);
        Assert.True(count >= atLeast, $"only {count} cases");
    }

    private static (Verdict Verdict, decimal? Allowed) Judge(Case one)
    {
        var subject = one.Agreed?.Clone() ?? one.Lies switch
        {
            Lies.Same => Given.Invoice("I1", 27.50m),
            Lies.Wider => Given.Account(),
            Lies.Narrower => Given.Line("L1", "I1", 20),
            Lies.NarrowerOfUnknownAmount => Given.Line("L1", "I1"),
            _ => Given.Invoice("I2", 27.50m),
        };
        var effect = one.Effect == EffectKind.Unspecified ? new Effect { Subjects = { subject } } : Given.Effect(one.Effect, subject);
        var agreement = Given.Agreement(WithUntil(effect, one)).In(one.State).From(Begin);
        if (one.State == AgreementState.Fulfilled)
        {
            agreement.AppliedAt(Applied);
        }

        var asked = (one.Asked ?? Given.Invoice("I1")).Asked(one.Amount is { } text ? decimal.Parse(text[4..]) : null, one.Amount?[..3] ?? "EUR");
        var action = Given.Action(one.Action, one.AmountAsOf is { } read ? asked.ReadAt(read) : asked);
        action.Channel = one.Channel;
        action.Purpose = one.Purpose;

        // The moment that counts is now for a run that should have gone before, and the planned one for a run to come.
        var now = one.Plan == Plan.ForLater ? one.T.AddDays(-40) : one.T;
        var planned = one.Plan == Plan.NotPlanned ? action : action.PlannedAt(one.Plan == Plan.ShouldHaveGoneBefore ? one.T.AddDays(-40) : one.T);
        var decision = Judgement.Judge(planned, [agreement], now, Given.Amsterdam);
        return (decision.Verdict, decision.AllowedAmount?.ToDecimal());
    }

    private static Effect WithUntil(Effect effect, Case one)
    {
        var until = Given.Day(2026, 10, 10);
        switch (effect.KindCase)
        {
            case Effect.KindOneofCase.DeferPayment:
                effect.DeferPayment.Until = until;
                break;
            case Effect.KindOneofCase.DunningBlock:
                effect.DunningBlock.Until = until;
                break;
            case Effect.KindOneofCase.SuspensionBlock:
                effect.SuspensionBlock.Until = until;
                break;
            case Effect.KindOneofCase.ContactStop:
                (effect.ContactStop.Until, effect.ContactStop.Channel, effect.ContactStop.Purpose) = (until, one.StopChannel, one.StopPurpose);
                break;
            case Effect.KindOneofCase.InstalmentPlan:
                effect.InstalmentPlan.Instalments.Add(new InstalmentPlan.Types.Instalment { DueDate = until, Amount = Given.Euro(27.50m) });
                break;
        }

        return effect;
    }

    /// <summary>The second judge.</summary>
    private static (Verdict Verdict, decimal? Allowed) Expect(Case one)
    {
        var hasEnd = one.Effect is EffectKind.DeferPayment or EffectKind.DunningBlock or EffectKind.SuspensionBlock or EffectKind.ContactStop;
        var says = Says(one);
        if (one.Action is ActionKind.Unspecified or WrittenTable.UnknownAction)
        {
            return (Verdict.Review, null);
        }

        if (one.T < Begin || (hasEnd && one.T >= End) || one.Lies == Lies.Unrelated || says == "ALLOW")
        {
            return (Verdict.Allow, null);
        }

        var narrower = one.Lies is Lies.Narrower or Lies.NarrowerOfUnknownAmount;
        switch (one.State)
        {
            case AgreementState.Active:
                break;
            case AgreementState.Proposed:
                return (Verdict.Review, null);
            case AgreementState.Fulfilled when one.Effect == EffectKind.CreditInvoice && !narrower:
                break;
            case AgreementState.Fulfilled when one.Effect is EffectKind.CreditInvoice or EffectKind.CreditAmount or EffectKind.WaiveFee:
                if (one.AmountAsOf is null)
                {
                    return (Verdict.Review, null);
                }

                if (one.AmountAsOf >= Applied)
                {
                    return (Verdict.Allow, null);
                }

                break;
            default:
                return (Verdict.Allow, null);
        }

        var euros = one.Amount is { } text && text.StartsWith("EUR", StringComparison.Ordinal) ? decimal.Parse(text[4..]) : (decimal?)null;
        return says switch
        {
            "REVIEW" => (Verdict.Review, null),
            "REDUCE" => one.Lies == Lies.Wider ? (Verdict.Review, null) : Less(euros, 10),
            "BLOCK" when one.Lies == Lies.Narrower => Less(euros, 20),
            "BLOCK" when one.Lies == Lies.NarrowerOfUnknownAmount => (Verdict.Review, null),
            "BLOCK" => (Verdict.Block, null),
            _ => throw new InvalidOperationException(says),
        };
    }

    private static (Verdict Verdict, decimal? Allowed) Less(decimal? asked, decimal off) =>
        asked is not { } amount ? (Verdict.Review, null)
        : amount <= off ? (Verdict.Block, null)
        : (Verdict.Reduce, amount - off);

    /// <summary>The cell, with its conditions looked up: ALLOW, REDUCE, REVIEW or BLOCK.</summary>
    private static string Says(Case one)
    {
        var cell = WrittenTable.Cells[(one.Effect, one.Action)];
        var over = one.StopChannel.Length == 0 || one.Channel.Length == 0 || one.StopChannel == one.Channel;
        if (cell.StartsWith("BLOCK until an instalment is due", StringComparison.Ordinal))
        {
            return one.T < End ? "BLOCK" : "REVIEW";
        }

        if (cell.StartsWith("REVIEW over its channel", StringComparison.Ordinal))
        {
            return over && one.StopPurpose != ContactPurpose.Marketing ? "REVIEW" : "ALLOW";
        }

        if (cell.StartsWith("BLOCK over its channel", StringComparison.Ordinal))
        {
            return !over ? "ALLOW"
                : one.Purpose == ContactPurpose.Unspecified ? "REVIEW"
                : one.StopPurpose == one.Purpose ? "BLOCK"
                : one.StopPurpose == ContactPurpose.Unspecified && one.Purpose != ContactPurpose.Statutory ? "BLOCK"
                : "ALLOW";
        }

        return cell;
    }
}
