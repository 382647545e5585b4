using Google.Protobuf;
using Grpc.Core;

namespace Dossier.V1;

/// <summary>
/// Guard calls that cannot fail: whatever goes wrong (nobody listens, no answer in time, a refusal, an answer that says nothing
/// clear) is the verdict UNKNOWN with its reason, which means: do not act now. The one exception that leaves them is an
/// <see cref="OperationCanceledException"/> when the caller's own token was cancelled.
/// </summary>
public static class FailSafeGuard
{
    /// <summary>How many actions go in one CheckActionBatch.</summary>
    public const int BatchSize = 1_000;

    private const string NoAction = "INVALID_FIELD: there is no action";

    /// <summary>Judges one planned action.</summary>
    /// <param name="guard">The client.</param>
    /// <param name="action">What is planned.</param>
    /// <param name="options">Who calls, in the headers; the deadline (10 s if there is none); the caller's cancellation.</param>
    public static async Task<GuardAnswer> CheckActionSafelyAsync(
        this GuardService.GuardServiceClient guard, PlannedAction action, CallOptions options = default)
    {
        _ = guard ?? throw new ArgumentNullException(nameof(guard));
        try
        {
            var request = new CheckActionRequest { Action = action };
            return GuardAnswer.Of((await guard.CheckActionAsync(request, Waiting.Bounded(options)).ConfigureAwait(false))?.Decision);
        }
        catch (Exception failed)
        {
            return Because(failed, options.CancellationToken);
        }
    }

    /// <summary>
    /// Judges planned actions, any number of them, in requests of at most 1,000, one after the other. The answers come in the order
    /// of the actions, one for each; a request that fails is UNKNOWN for its own actions and does not stop the rest.
    /// </summary>
    /// <param name="guard">The client.</param>
    /// <param name="actions">What is planned.</param>
    /// <param name="options">Who calls; the deadline of each request is what is left of this one (10 s each if there is none).</param>
    public static async Task<IReadOnlyList<GuardAnswer>> CheckActionBatchSafelyAsync(
        this GuardService.GuardServiceClient guard, IReadOnlyList<PlannedAction> actions, CallOptions options = default)
    {
        _ = guard ?? throw new ArgumentNullException(nameof(guard));
        var answers = new List<GuardAnswer>(actions?.Count ?? 0);
        for (var first = 0; first < (actions?.Count ?? 0); first += BatchSize)
        {
            var batch = actions!.Skip(first).Take(BatchSize).ToList();
            answers.AddRange(await BatchAsync(guard, batch, options).ConfigureAwait(false));
        }

        return answers;
    }

    private static async Task<IEnumerable<GuardAnswer>> BatchAsync(GuardService.GuardServiceClient guard, List<PlannedAction> batch, CallOptions options)
    {
        try
        {
            var request = new CheckActionBatchRequest();
            request.Actions.AddRange(batch.Select(action => action ?? new PlannedAction()));
            var answer = await guard.CheckActionBatchAsync(request, Waiting.Bounded(options)).ConfigureAwait(false);
            return answer.Results.Count == batch.Count
                ? [.. answer.Results.Select((result, index) => batch[index] is null ? GuardAnswer.UnknownBecause(NoAction) : Of(result))]
                : All(batch, GuardAnswer.UnknownBecause($"MALFORMED_ANSWER: {answer.Results.Count} results for {batch.Count} actions"));
        }
        catch (Exception failed)
        {
            return All(batch, Because(failed, options.CancellationToken));
        }
    }

    private static IEnumerable<GuardAnswer> All(List<PlannedAction> batch, GuardAnswer answer) => Enumerable.Repeat(answer, batch.Count);

    private static GuardAnswer Of(CheckActionResult result) => result.ResultCase switch
    {
        CheckActionResult.ResultOneofCase.Decision => GuardAnswer.Of(result.Decision),
        CheckActionResult.ResultOneofCase.Error => GuardAnswer.UnknownBecause($"{Word(result.Error.Code)}: {result.Error.Message}"),
        _ => GuardAnswer.UnknownBecause("MALFORMED_ANSWER: neither a decision nor an error"),
    };

    private static GuardAnswer Because(Exception failed, CancellationToken caller)
    {
        caller.ThrowIfCancellationRequested();
        return GuardAnswer.NoAnswer(failed switch
        {
            RpcException { InnerException: InvalidProtocolBufferException } or InvalidProtocolBufferException => $"MALFORMED_ANSWER: {failed.Message}",
            RpcException refused => $"{Waiting.ReasonOf(refused) ?? Word((int)refused.StatusCode)}: {refused.Status.Detail}",
            _ => $"{failed.GetType().Name}: {failed.Message}",
        });
    }

    /// <summary>The status code as the contract writes it: DEADLINE_EXCEEDED.</summary>
    private static string Word(int code)
    {
        var name = ((StatusCode)code).ToString();
        return string.Concat(name.Select((letter, index) => index > 0 && char.IsUpper(letter) ? $"_{letter}" : $"{letter}")).ToUpperInvariant();
    }
}
