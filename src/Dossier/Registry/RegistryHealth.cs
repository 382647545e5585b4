using Dossier.Database;

namespace Dossier.Registry;

/// <summary>How reads and changes of the primary went, for operators.</summary>
/// <param name="LastSuccess">When one succeeded.</param>
/// <param name="LastFailureTime">When one failed.</param>
/// <param name="LastFailure">Why: a word, then what the driver said.</param>
/// <param name="Cause">The last failure of a call that was made; others were refused because of it.</param>
public sealed record RegistryHealth(DateTimeOffset? LastSuccess, DateTimeOffset? LastFailureTime, string LastFailure, string Cause)
{
    public static readonly RegistryHealth Unknown = new(null, null, "", "");

    internal RegistryHealth After(LaneException failed, DateTimeOffset now)
    {
        var refused = failed.Failure is LaneFailure.BreakerOpen or LaneFailure.LaneFull;
        var detail = refused ? Cause.Length > 0 ? $"after {Cause}" : ""
            : failed.Failure != LaneFailure.Failed ? ""
            : failed.Message;
        var words = detail.Length > 0 ? $"{failed.Failure.Word()}: {detail}" : failed.Failure.Word();
        return this with { LastFailureTime = now, LastFailure = words, Cause = refused ? Cause : words };
    }
}
