using Dossier.Database;
using Dossier.V1;
using Grpc.Core;

namespace Dossier;

/// <summary>
/// A fault of ours as it may be logged: what kind it was, where, and its words where they can repeat nothing of a customer (<see cref="Vendor.Tell"/>).
/// </summary>
internal sealed class Withheld(Exception fault) : Exception($"{fault.GetType().Name}: {Vendor.Tell(fault)}", fault.InnerException is { } inner ? new Withheld(inner) : null)
{
    public override string? StackTrace => fault.StackTrace;

    // What the base makes of it names this class, which says nothing.
    public override string ToString() => string.Join(Environment.NewLine, new[] { Message, StackTrace, InnerException is { } cause ? $"because of {cause}" : null }.OfType<string>());
}

/// <summary>Every log message. They take ids of sources, methods and systems, never content or a customer number.</summary>
internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Warning, "Source {Source} is {State}: {Failure}")]
    public static partial void SourceFailed(ILogger log, string source, SourceState state, string failure);

    [LoggerMessage(2, LogLevel.Error, "Source {Source} is DISABLED until its configuration is mended: {Problem}")]
    public static partial void SourceDisabled(ILogger log, string source, string problem);

    [LoggerMessage(3, LogLevel.Warning, "The registry cannot be read: {Failure}")]
    public static partial void RegistryDown(ILogger log, string failure);

    [LoggerMessage(4, LogLevel.Warning, "Keys that sources gave could not be remembered; the next dossier tries again: {Failure}")]
    public static partial void KeysNotRemembered(ILogger log, string failure);

    [LoggerMessage(5, LogLevel.Error, "{Method} failed by a fault of the service")]
    public static partial void CallFailed(ILogger log, Withheld fault, string method);

    [LoggerMessage(6, LogLevel.Information, "{Method} was refused: {Code} {Reason}")]
    public static partial void CallRefused(ILogger log, string method, StatusCode code, string reason);

    [LoggerMessage(7, LogLevel.Warning, "A decision could not be stored: {Failure}")]
    public static partial void DecisionNotStored(ILogger log, string failure);

    [LoggerMessage(8, LogLevel.Warning, "The registry's read connection cannot be read; the primary answers until it is back: {Failure}")]
    public static partial void ReplicaDown(ILogger log, string failure);

    [LoggerMessage(9, LogLevel.Warning, "The registry's read connection is back")]
    public static partial void ReplicaBack(ILogger log);

    [LoggerMessage(10, LogLevel.Warning, "Settings were read again: {Changes}")]
    public static partial void SettingsReloaded(ILogger log, string changes);

    [LoggerMessage(11, LogLevel.Error, "Settings were changed but cannot be used; those from before stay in force: {Problem}")]
    public static partial void SettingsRefused(ILogger log, string problem);

    [LoggerMessage(12, LogLevel.Warning, "Source {Source} was paused until {Until} or resumed by {System}")]
    public static partial void SourcePaused(ILogger log, string source, string until, string system);

    [LoggerMessage(13, LogLevel.Warning, "Source {Source} answers again")]
    public static partial void SourceBack(ILogger log, string source);

    [LoggerMessage(15, LogLevel.Warning, "Watchers get no changes until the registry can be read: {Reason}")]
    public static partial void FeedDown(ILogger log, string reason);

    [LoggerMessage(16, LogLevel.Warning, "Watchers get changes again")]
    public static partial void FeedBack(ILogger log);

    [LoggerMessage(14, LogLevel.Warning, "Changed settings that take effect at the next start: {Settings}")]
    public static partial void RestartNeeded(ILogger log, string settings);

    [LoggerMessage(20, LogLevel.Warning, "Conflicts that were seen could not be remembered; the next dossier or sweep tries again: {Failure}")]
    public static partial void ConflictsNotRemembered(ILogger log, string failure);

    [LoggerMessage(21, LogLevel.Warning, "The sweep for conflicts stopped and goes on later: {Failure}")]
    public static partial void SweepFailed(ILogger log, string failure);

    [LoggerMessage(31, LogLevel.Warning, "Open conflicts and overdue acknowledgements could not be counted; their figures are the last ones: {Failure}")]
    public static partial void FiguresNotCounted(ILogger log, string failure);

    [LoggerMessage(22, LogLevel.Error, "The sweep for conflicts left a customer out by a fault of the service")]
    public static partial void SweepFaulted(ILogger log, Withheld fault);

    [LoggerMessage(26, LogLevel.Warning, "Access records wait until the registry can be written: {Failure}")]
    public static partial void AccessRecordsWait(ILogger log, string failure);

    [LoggerMessage(27, LogLevel.Warning, "Access records are written again")]
    public static partial void AccessRecordsBack(ILogger log);

    [LoggerMessage(33, LogLevel.Error, "The {Part} met a fault of the service; it goes on with its next turn")]
    public static partial void PartFaulted(ILogger log, string part, Withheld fault);

    [LoggerMessage(34, LogLevel.Warning, "The sweep for conflicts left a customer out, whom it could not read or write: {Failure}")]
    public static partial void SweepSkipped(ILogger log, string failure);

    [LoggerMessage(32, LogLevel.Error, "The registry takes other access records and not this one of {Method} by {System}, trace {Trace}; it waits and is tried again: {Failure}")]
    public static partial void AccessRecordAside(ILogger log, string method, string system, string trace, string failure);

    [LoggerMessage(28, LogLevel.Error, "The service stopped with {Count} access records that the registry could not take")]
    public static partial void AccessRecordsLost(ILogger log, int count);

    [LoggerMessage(23, LogLevel.Warning, "The keys of the tokens' issuer cannot be read: {Failure}")]
    public static partial void IssuerUnread(ILogger log, string failure);

    [LoggerMessage(24, LogLevel.Warning, "The service's certificate was renewed; it is valid until {Until:u}")]
    public static partial void CertificateRenewed(ILogger log, DateTime until);

    [LoggerMessage(25, LogLevel.Error, "The service's renewed certificate cannot be used, the one from before stays: {Failure}")]
    public static partial void CertificateNotRenewed(ILogger log, string failure);

    /// <summary>Told when it changes; no problem is that it fits again.</summary>
    public static void SchemaFit(ILogger log, string? problem)
    {
        if (problem is null)
        {
            SchemaFitsAgain(log);
        }
        else
        {
            SchemaDoesNotFit(log, problem);
        }
    }

    [LoggerMessage(29, LogLevel.Error, "Not ready: the registry's schema does not fit this program. {Problem}")]
    private static partial void SchemaDoesNotFit(ILogger log, string problem);

    [LoggerMessage(30, LogLevel.Warning, "Ready again: the registry's schema fits this program")]
    private static partial void SchemaFitsAgain(ILogger log);
}
