using System.Collections.Frozen;
using Dossier.V1;

namespace Dossier.Guard;

/// <summary>What one kind of effect does to one kind of action while it is in force and covers the subject.</summary>
public enum Rule
{
    /// <summary>Nothing.</summary>
    Allow,

    /// <summary>Takes its amount off.</summary>
    Reduce,

    /// <summary>A person must look.</summary>
    Review,

    /// <summary>Forbids.</summary>
    Block,

    /// <summary>Forbids until the first instalment is due; then a person must look.</summary>
    BlockUntilInstalmentDue,

    /// <summary>A person must look if it goes over the stopped channel and the stop is not for marketing.</summary>
    ReviewOverChannel,

    /// <summary>Forbids contact over its channel for its purpose; never STATUTORY unless it says so.</summary>
    BlockContact,
}

/// <summary>The decision table: README.md shows it, a test compares the two.</summary>
public static class DecisionTable
{
    private static readonly ActionKind[] Actions =
    [
        ActionKind.SendDunningNotice, ActionKind.AddFee, ActionKind.CollectPayment, ActionKind.SuspendService, ActionKind.ReferToCollectionAgency,
        ActionKind.Contact,
    ];

    private static readonly FrozenDictionary<EffectKind, Rule[]> Rows = new Dictionary<EffectKind, Rule[]>
    {
        [EffectKind.CreditInvoice] = [Rule.Block, Rule.Block, Rule.Block, Rule.Block, Rule.Block, Rule.Allow],
        [EffectKind.CreditAmount] = [Rule.Reduce, Rule.Review, Rule.Reduce, Rule.Review, Rule.Reduce, Rule.Allow],
        [EffectKind.WaiveFee] = [Rule.Reduce, Rule.Block, Rule.Reduce, Rule.Review, Rule.Reduce, Rule.Allow],
        [EffectKind.DeferPayment] = [Rule.Block, Rule.Block, Rule.Block, Rule.Block, Rule.Block, Rule.Allow],
        [EffectKind.DunningBlock] = [Rule.Block, Rule.Block, Rule.Allow, Rule.Block, Rule.Block, Rule.Allow],
        [EffectKind.InstalmentPlan] =
        [
            Rule.BlockUntilInstalmentDue, Rule.BlockUntilInstalmentDue, Rule.BlockUntilInstalmentDue, Rule.BlockUntilInstalmentDue,
            Rule.BlockUntilInstalmentDue, Rule.Allow,
        ],
        [EffectKind.Refund] = [Rule.Review, Rule.Review, Rule.Review, Rule.Review, Rule.Review, Rule.Allow],
        [EffectKind.SuspensionBlock] = [Rule.Allow, Rule.Allow, Rule.Allow, Rule.Block, Rule.Allow, Rule.Allow],
        [EffectKind.ContactStop] = [Rule.ReviewOverChannel, Rule.Allow, Rule.Allow, Rule.Allow, Rule.Allow, Rule.BlockContact],
        [EffectKind.Remark] = [Rule.Allow, Rule.Allow, Rule.Allow, Rule.Allow, Rule.Allow, Rule.Allow],
    }.ToFrozenDictionary();

    /// <summary>The cell of an effect and an action; REVIEW where either is not known or not set.</summary>
    public static Rule Of(EffectKind effect, ActionKind action) =>
        Rows.TryGetValue(effect, out var row) && Array.IndexOf(Actions, action) is var column and >= 0 ? row[column] : Rule.Review;

    public static bool Knows(ActionKind action) => Actions.Contains(action);
}
