using System.Diagnostics;
using Dossier.Database;

namespace Dossier.Registry;

/// <summary>Tells of each use of the registry: a span in the trace of the call, and its duration by operation and outcome.</summary>
internal sealed class RegistryUse(Vendor vendor, string databaseName, string? server)
{
    public const string Read = "read";
    public const string Change = "change";

    // What nobody asked for: else the feed's looks, many a second and all short, would hide what a call waits for.
    private const string Poll = "poll";

    /// <summary>Times the use, and shows it in the trace of the call that it is for.</summary>
    public async Task<T> TellAsync<T>(string operation, Func<Task<T>> use)
    {
        var started = Stopwatch.GetTimestamp();
        var told = operation == Read && Activity.Current is null ? Poll : operation;
        var outcome = "OK";
        try
        {
            return await ShowAsync(operation, use);
        }
        catch (Exception failed)
        {
            outcome = OutcomeOf(failed);
            throw;
        }
        finally
        {
            Telemetry.RegistryUsed(told, outcome, Stopwatch.GetElapsedTime(started));
        }
    }

    /// <summary>Shows it in the trace only: for a caller who waits for what others carry out with theirs.</summary>
    public async Task<T> ShowAsync<T>(string operation, Func<Task<T>> use)
    {
        using var span = Telemetry.InCall($"{operation} registry");
        if (span is null)
        {
            return await use();
        }

        span.SetTag("db.system.name", vendor.SystemName);
        span.SetTag("db.namespace", databaseName);
        span.SetTag("db.query.summary", $"{operation} registry");
        span.SetTag("server.address", server);
        span.SetTag("dossier.source", "registry");
        try
        {
            var answer = await use();
            span.SetTag("dossier.outcome", "OK");
            return answer;
        }
        catch (Exception failed)
        {
            var outcome = OutcomeOf(failed);
            span.SetTag("dossier.outcome", outcome);
            if (outcome is not ("REFUSED" or "CANCELLED"))
            {
                span.SetTag("error.type", outcome);
                span.SetStatus(ActivityStatusCode.Error, Down(failed)?.Failure.Word());
            }

            throw;
        }
    }

    private static string OutcomeOf(Exception failed) => failed switch
    {
        OperationCanceledException => "CANCELLED",
        _ when Down(failed) is { } down => (down.Failure == LaneFailure.TimedOut ? V1.SourceState.TimedOut : V1.SourceState.Unreachable).Word(),
        TimeoutException or DossierException { InnerException: TimeoutException } => V1.SourceState.TimedOut.Word(),

        // What the work itself says of the request: the registry has answered.
        DossierException => "REFUSED",
        _ => "FAILED",
    };

    private static LaneException? Down(Exception failed) => failed as LaneException ?? failed.InnerException as LaneException;
}
