using System.Diagnostics;
using Dossier.Access;
using Dossier.Database;
using Dossier.Registry;
using Dossier.V1;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Core.Interceptors;

namespace Dossier.Host;

/// <summary>Around every call: who calls, a place for it, the trace trailer, errors as statuses, duration.</summary>
public sealed class CallInterceptor(
    DossierOptions options, Authentication authentication, Admission admission, FairShare shares, AccessLog accesses, ILogger<CallInterceptor> log) : Interceptor
{
    internal const string TraceTrailer = "x-dossier-trace";

    public override async Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
    {
        TResponse? response = null;
        await AroundAsync(context, async () =>
        {
            var changed = Change(context);
            using (await TurnAsync(context))
            {
                response = await continuation(request, context);
            }

            await RecordAsync((IMessage)request, (IMessage)response, context, changed);
        });
        return response ?? Nothing<TResponse>.Instance;
    }

    public override Task<TResponse> ClientStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream, ServerCallContext context, ClientStreamingServerMethod<TRequest, TResponse> continuation) =>
        throw new NotSupportedException("The contract has no method in which only the client streams.");

    public override Task ServerStreamingServerHandler<TRequest, TResponse>(
        TRequest request, IServerStreamWriter<TResponse> responseStream, ServerCallContext context, ServerStreamingServerMethod<TRequest, TResponse> continuation) =>
        AroundAsync(context, async () =>
        {
            await RecordAsync((IMessage)request, null, context);
            await continuation(request, responseStream, context);
        });

    public override Task DuplexStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream,
        IServerStreamWriter<TResponse> responseStream,
        ServerCallContext context,
        DuplexStreamingServerMethod<TRequest, TResponse> continuation) =>
        AroundAsync(context, () => continuation(requestStream, responseStream, context));

    private async Task AroundAsync(ServerCallContext context, Func<Task> call)
    {
        var started = Stopwatch.GetTimestamp();
        var code = StatusCode.OK;
        var activity = Activity.Current;
        var place = default(Admission.Place);
        context.ResponseTrailers.Add(TraceTrailer, activity?.TraceId.ToHexString() ?? ActivityTraceId.CreateRandom().ToHexString());
        activity?.SetTag("rpc.system.name", "grpc");
        activity?.SetTag("rpc.method", context.Method.TrimStart('/'));
        try
        {
            // Health and reflection have no customers in them; they serve whoever can connect.
            if (context.Method.StartsWith("/dossier.", StringComparison.Ordinal))
            {
                await Caller.IdentifyAsync(context, authentication, options);
                CallOf.Begin(Caller.Of(context).System);
                activity?.SetTag("dossier.system", Caller.Of(context).System);
                activity?.SetTag("dossier.purpose", Caller.Of(context).Purpose);
                place = AdmissionAtTheDoor.HasPlace(context.GetHttpContext()) ? default : admission.Enter(context.Method, Caller.Of(context).System);
            }

            if (place.Refusal is { } full)
            {
                code = full.Code;
                Log.CallRefused(log, context.Method, full.Code, full.Reason.Word());
                activity?.SetTag("dossier.reason", full.Reason.Word());
                StatusMap.Refuse(context, full);
                Telemetry.NotJudged(context.Method, Caller.Of(context).System);
                return;
            }

            await call();
        }
        catch (RpcException told)
        {
            code = told.StatusCode;
            throw;
        }
        catch (Exception thrown)
        {
            var refusal = StatusMap.Refuse(thrown, HasPassed(context));
            code = refusal.Code;
            Tell(context, thrown, refusal);
            activity?.SetTag("dossier.reason", refusal.Reason.Word());
            throw StatusMap.ToRpcException(refusal);
        }
        finally
        {
            place.Dispose();
            activity?.SetTag("rpc.response.status_code", code.Word());
            if (code is StatusCode.Internal or StatusCode.Unknown or StatusCode.Unavailable or StatusCode.DeadlineExceeded)
            {
                activity?.SetStatus(ActivityStatusCode.Error, code.Word());
            }

            Telemetry.CallEnded(context.Method.TrimStart('/'), code.Word(), Stopwatch.GetElapsedTime(started));
        }
    }

    private async ValueTask<FairShare.Turn?> TurnAsync(ServerCallContext context)
    {
        if (!Admission.TakesTurns(context.Method))
        {
            return null;
        }

        var turn = AdmissionAtTheDoor.TurnOf(context.GetHttpContext())
            ?? await shares.EnterAsync(Caller.Of(context).System, Timeout.InfiniteTimeSpan, context.CancellationToken);
        CallOf.IsAtWork(turn);
        if (turn.Waited > TimeSpan.Zero)
        {
            Activity.Current?.SetTag("dossier.waited_ms", turn.Waited.TotalMilliseconds);
        }

        return turn;
    }

    /// <summary>What a call that changes commits of itself with the change; null for any other call.</summary>
    private ChangeRecord? Change(ServerCallContext context)
    {
        var method = context.Method.Split('/')[^1];
        if (Accessed.OfChange(method, "") is null)
        {
            return null;
        }

        var caller = Caller.Of(context);
        return ChangeRecord.Begin(customer => accesses.Row(Accessed.OfChange(method, customer)!, caller, context.Method["/dossier.v1.".Length..]));
    }

    /// <summary>Before the answer leaves: an access without a record is none.</summary>
    private async Task RecordAsync(IMessage request, IMessage? response, ServerCallContext context, ChangeRecord? changed = null)
    {
        var method = context.Method.Split('/')[^1];
        if (context.Method.StartsWith("/dossier.", StringComparison.Ordinal) && Accessed.IsRecorded(method))
        {
            var read = Accessed.Of(request, response);
            await accesses.RecordAsync(changed is null ? read : [.. read.Where(access => !changed.Has(access.Customer))], Caller.Of(context), context.Method["/dossier.v1.".Length..], context.CancellationToken);
        }
    }

    private void Tell(ServerCallContext context, Exception thrown, DossierException refusal)
    {
        if (refusal.Reason == ErrorReason.Internal)
        {
            Log.CallFailed(log, new Withheld(thrown), context.Method);
        }
        else
        {
            Log.CallRefused(log, context.Method, refusal.Code, refusal.Reason.Word());
        }
    }

    // The deadline is a moment of the machine's clock, not of the demo's.
    private static bool HasPassed(ServerCallContext context) =>
        context.Deadline != DateTime.MaxValue && context.Deadline <= TimeProvider.System.GetUtcNow().UtcDateTime;

    /// <summary>The library wants a message beside a status that refuses; this one is empty.</summary>
    private static class Nothing<T>
    {
        public static readonly T Instance = Activator.CreateInstance<T>();
    }
}
