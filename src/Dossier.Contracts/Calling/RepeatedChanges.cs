using Google.Protobuf;
using Google.Protobuf.Reflection;
using Grpc.Core;

namespace Dossier.V1;

/// <summary>
/// Changes that are repeated with the same request_id while the service cannot be reached or has no place for them: the registry does each once, however
/// often it is asked. Nothing else is ever repeated, and nothing after the caller's deadline.
/// </summary>
public static class RepeatedChanges
{
    private const string RequestId = "request_id";

    /// <summary>
    /// Makes a change: <c>RepeatedChanges.CallAsync(agreements.CreateAgreementAsync, request, options)</c>. Repeats on UNAVAILABLE,
    /// on DEADLINE_EXCEEDED while there is time left, and where too many calls ran (TOO_MANY_CALLS), and where the connection ended, after 100 ms to 5 s; any other error is thrown as it comes, and when the time
    /// is over the last one.
    /// </summary>
    /// <param name="call">The method of the generated client.</param>
    /// <param name="request">A request with a request_id; an empty one is given a new UUID, in a copy.</param>
    /// <param name="options">Who calls; the deadline of all tries together (10 s if there is none); the caller's cancellation.</param>
    /// <param name="attempt">The longest that one try may take, so that an instance that hangs does not use up all the time; none if not set.</param>
    /// <exception cref="ArgumentException">The request has no request_id: repeating it might do it twice.</exception>
    /// <exception cref="RpcException">The service refused it, or the time was over.</exception>
    public static async Task<TResponse> CallAsync<TRequest, TResponse>(
        Func<TRequest, CallOptions, AsyncUnaryCall<TResponse>> call, TRequest request, CallOptions options = default, TimeSpan? attempt = null)
        where TRequest : class, IMessage<TRequest>
    {
        _ = call ?? throw new ArgumentNullException(nameof(call));
        var once = WithRequestId(request ?? throw new ArgumentNullException(nameof(request)));
        var bounded = Waiting.Bounded(options);
        var until = bounded.Deadline!.Value.ToUniversalTime();
        for (var failures = 1; ; failures++)
        {
            try
            {
                using var answer = call(once, Attempt(bounded, until, attempt));
                return await answer.ResponseAsync.ConfigureAwait(false);
            }
            catch (RpcException failed) when (IsRepeated(failed) && !options.CancellationToken.IsCancellationRequested)
            {
                var pause = Waiting.BackOff(failures);
                if (Waiting.Now + pause >= until)
                {
                    throw;
                }

                await Waiting.PauseAsync(pause, options.CancellationToken).ConfigureAwait(false);
            }
        }
    }

    // An instance that stops may end a connection in its first moment, which the client library tells as INTERNAL, from the exception of the
    // connection; what a service says itself comes without one.
    private static bool IsConnections(RpcException failed) =>
        failed.StatusCode is StatusCode.Internal or StatusCode.Unknown && failed.Status.DebugException is HttpRequestException { InnerException: IOException };

    // DEADLINE_EXCEEDED of the last try comes when no time is left, and is thrown for that.
    private static bool IsRepeated(RpcException failed) =>
        failed.StatusCode is StatusCode.Unavailable or StatusCode.DeadlineExceeded
        || (failed.StatusCode == StatusCode.ResourceExhausted && failed.Trailers.GetValue("dossier-reason") == "TOO_MANY_CALLS")
        || IsConnections(failed);

    private static CallOptions Attempt(CallOptions options, DateTime until, TimeSpan? attempt) =>
        attempt is { } longest && Waiting.Now + longest < until ? options.WithDeadline(Waiting.Now + longest) : options;

    /// <summary>The same content with an id in each place that the contract has for one: in the request, or in each item of its batch.</summary>
    private static TRequest WithRequestId<TRequest>(TRequest request)
        where TRequest : class, IMessage<TRequest>
    {
        var once = request.Clone();
        return Fill(once) ? once : throw new ArgumentException($"{request.Descriptor.Name} has no {RequestId}: repeating it might do it twice.", nameof(request));
    }

    private static bool Fill(IMessage message)
    {
        if (message.Descriptor.FindFieldByName(RequestId) is { FieldType: FieldType.String } id)
        {
            if (id.Accessor.GetValue(message) is not string { Length: > 0 })
            {
                id.Accessor.SetValue(message, Guid.NewGuid().ToString());
            }

            return true;
        }

        var items = message.Descriptor.Fields.InDeclarationOrder().FirstOrDefault(field =>
            field.IsRepeated && !field.IsMap && field.FieldType == FieldType.Message && field.MessageType.FindFieldByName(RequestId) is not null);
        return items is not null && ((System.Collections.IEnumerable)items.Accessor.GetValue(message)).Cast<IMessage>().All(Fill);
    }
}
