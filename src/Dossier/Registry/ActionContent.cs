using Dossier.V1;

namespace Dossier.Registry;

/// <summary>Stored actions as they are at a moment: one that was confirmed is under way until its time has passed.</summary>
public static class ActionContent
{
    /// <summary>How far back an action is still of use to whoever talks with the customer.</summary>
    private static readonly TimeSpan Recent = TimeSpan.FromDays(14);

    public static ActionRecord At(ActionRow row, DateTimeOffset now)
    {
        var record = ActionRecord.Parser.ParseFrom(row.Content);
        if (record.State == ActionState.UnderWay && record.UnderWayTime.ToDateTimeOffset() <= now)
        {
            record.State = ActionState.Lapsed;
        }

        return record;
    }

    /// <summary>What may be leaving now.</summary>
    public static IEnumerable<ActionRecord> UnderWay(IEnumerable<ActionRecord> actions) => actions.Where(action => action.State == ActionState.UnderWay);

    /// <summary>What has left, was held back, failed or lapsed in the last 14 days.</summary>
    public static IEnumerable<ActionRecord> Lately(IEnumerable<ActionRecord> actions, DateTimeOffset now) => actions.Where(action =>
        action.State != ActionState.UnderWay && (action.ActionTime ?? action.ConfirmTime)?.ToDateTimeOffset() > now - Recent);
}
