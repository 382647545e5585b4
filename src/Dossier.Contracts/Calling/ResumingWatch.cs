using Grpc.Core;

namespace Dossier.V1;

/// <summary>
/// A watch over agreements that resumes by itself: when the service restarts, stops, is not reached or lets the watcher go for being
/// slow, it comes back after 100 ms to 5 s and goes on after the last message that was handed over. Messages come in order, one at a
/// time and once each for as long as this lives. Each holds its changes together with the token to go on from: store both in one
/// transaction, start the next watch from the stored token (<see cref="WatchAgreementsRequest.ResumeToken"/>), and each change takes
/// effect once although the process may die at any moment.
/// </summary>
public sealed class ResumingWatch
{
    private readonly AgreementService.AgreementServiceClient agreements;
    private readonly WatchAgreementsRequest request;
    private long? completeThrough;

    /// <summary>Prepares a watch; <see cref="RunAsync"/> starts it.</summary>
    /// <param name="agreements">The client.</param>
    /// <param name="request">What to watch and where to begin; later changes of this message do not matter.</param>
    public ResumingWatch(AgreementService.AgreementServiceClient agreements, WatchAgreementsRequest request)
    {
        this.agreements = agreements ?? throw new ArgumentNullException(nameof(agreements));
        this.request = (request ?? throw new ArgumentNullException(nameof(request))).Clone();
    }

    /// <summary>
    /// How long the service may say nothing before the connection counts as lost; 15 s if not set. It says something at least every
    /// 5 s, and a network that swallows everything does not tell.
    /// </summary>
    public TimeSpan Silence { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>Told of each interruption before it is waited out: what ended the connection, and how long the pause is. For a log.</summary>
    public Action<RpcException, TimeSpan>? Interrupted { get; set; }

    /// <summary>
    /// Watches until the caller cancels, <paramref name="handOver"/> fails, or an end comes that needs people:
    /// RESUME_TOKEN_EXPIRED, _FUTURE, _FOREIGN, _INVALID, REGISTRY_RESTORED, SEQUENCE_NOT_REACHED, INVALID_FIELD, INVALID_METADATA,
    /// PERMISSION_DENIED and everything else that waiting does not mend.
    /// </summary>
    /// <param name="handOver">
    /// Given each message with something new: changes, or a mark (no changes) whose token is further on. The next one is not read before
    /// it is done. If it throws, that message counts as not handed over, and this ends with its exception.
    /// </param>
    /// <param name="options">Who calls, and the caller's cancellation. A watch has no deadline.</param>
    /// <exception cref="OperationCanceledException">The caller cancelled.</exception>
    /// <exception cref="RpcException">An end that needs people.</exception>
    public async Task RunAsync(Func<WatchAgreementsResponse, CancellationToken, Task> handOver, CallOptions options = default)
    {
        _ = handOver ?? throw new ArgumentNullException(nameof(handOver));
        if (options.Deadline is not null)
        {
            throw new ArgumentException("A watch has no deadline: it ends when it is cancelled.", nameof(options));
        }

        var caller = options.CancellationToken;
        for (var failures = 0; ;)
        {
            caller.ThrowIfCancellationRequested();
            var ended = await UntilItEndsAsync(handOver, options, () => failures = 0).ConfigureAwait(false);
            caller.ThrowIfCancellationRequested();
            failures++;
            var pause = Waiting.BackOff(failures);
            Interrupted?.Invoke(ended, pause);
            await Waiting.PauseAsync(pause, caller).ConfigureAwait(false);
        }
    }

    /// <summary>One connection: hands over what comes, and gives what ended it if that can be waited out.</summary>
    private async Task<RpcException> UntilItEndsAsync(Func<WatchAgreementsResponse, CancellationToken, Task> handOver, CallOptions options, Action alive)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(options.CancellationToken);
        using var call = agreements.WatchAgreements(request, options.WithCancellationToken(ended.Token));
        while (true)
        {
            try
            {
                ended.CancelAfter(Silence);
                if (!await call.ResponseStream.MoveNext(ended.Token).ConfigureAwait(false))
                {
                    return new RpcException(new Status(StatusCode.Unavailable, "The service ended the watch without a reason."));
                }
            }
            catch (RpcException failed) when (IsWaitedOut(failed) && !options.CancellationToken.IsCancellationRequested)
            {
                return ended.IsCancellationRequested ? Silent() : failed;
            }
            catch (OperationCanceledException) when (!options.CancellationToken.IsCancellationRequested)
            {
                return Silent();
            }
            catch (RpcException failed) when (options.CancellationToken.IsCancellationRequested)
            {
                throw new OperationCanceledException("The watch was cancelled.", failed, options.CancellationToken);
            }

            // Whoever takes long over a message is not silence of the service.
            ended.CancelAfter(Timeout.InfiniteTimeSpan);
            alive();
            await HandOverAsync(call.ResponseStream.Current, handOver, options.CancellationToken).ConfigureAwait(false);
        }
    }

    private async Task HandOverAsync(
        WatchAgreementsResponse message, Func<WatchAgreementsResponse, CancellationToken, Task> handOver, CancellationToken caller)
    {
        // A mark where this stands already: the first message after resuming, and the sign of life of a quiet service.
        if (completeThrough is { } seen && message.CompleteThroughSequence <= seen)
        {
            return;
        }

        await handOver(message.Clone(), caller).ConfigureAwait(false);
        completeThrough = message.CompleteThroughSequence;
        request.ResumeToken = message.ResumeToken;
    }

    private RpcException Silent() => new(new Status(StatusCode.Unavailable, $"The service said nothing for {Silence}."));

    /// <summary>
    /// What passes by itself: the service stops or is away, or the watcher was too slow; and what is no word of the service at all but of
    /// the connection, which has no reason: a stream that was reset comes as INTERNAL, UNKNOWN or CANCELLED.
    /// </summary>
    private static bool IsWaitedOut(RpcException failed) => failed.StatusCode switch
    {
        StatusCode.Unavailable or StatusCode.ResourceExhausted or StatusCode.DeadlineExceeded => true,
        StatusCode.Internal or StatusCode.Unknown or StatusCode.Cancelled => Waiting.ReasonOf(failed) is null or "CANCELLED",
        _ => false,
    };
}
