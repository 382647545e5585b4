using System.Diagnostics;
using Dossier.Database;
using Dossier.V1;
using Grpc.Core;

namespace Dossier.Host;

/// <summary>
/// Refuses a call that is one too many before the gRPC library reads its message, where the caller is known at once. At thrice the load two of
/// three answers are refusals, and reading and parsing is most of what one costs. A call that must wait for its turn waits here too, where it
/// is little more than its headers: of one that waits in its handler the collector keeps the answer a generation too long, for each of 64
/// calls (young collections of 11 to 16 ms on one core, and 5 with them here). Whoever takes a token or a certificate is asked by the interceptor.
/// </summary>
internal static class AdmissionAtTheDoor
{
    private static readonly object Held = new();

    public static void UseAdmission(this WebApplication app)
    {
        var admission = app.Services.GetRequiredService<Admission>();
        var authentication = app.Services.GetRequiredService<Authentication>();
        var shares = app.Services.GetRequiredService<FairShare>();
        app.Use((context, next) => Admission.KindOfMethods.ContainsKey(context.Request.Path.Value ?? "") && authentication.SystemAtOnce(context.Request.Headers) is { } system
            ? EnterAsync(context, next, admission, shares, system)
            : next(context));
    }

    /// <summary>The call has its place already.</summary>
    public static bool HasPlace(HttpContext context) => context.Items.ContainsKey(Held);

    /// <summary>The turn that it got here; null if it did not wait here, or for as long as it had.</summary>
    public static FairShare.Turn? TurnOf(HttpContext context) => context.Items.TryGetValue(Held, out var turn) ? (FairShare.Turn?)turn : null;

    /// <summary>
    /// Waits for the call's turn within its deadline, of which the library knows nothing yet: what is left of it is written into its header.
    /// </summary>
    /// <returns>Null if its caller went away or its deadline passed, which the interceptor tells him.</returns>
    public static async ValueTask<FairShare.Turn?> WaitAsync(HttpContext context, FairShare shares, string system)
    {
        var deadline = GrpcTimeout.Of(context.Request.Headers);
        try
        {
            // A clock that rings has its limit, of weeks.
            var turn = await shares.EnterAsync(system, deadline is { } most && most < TimeSpan.FromDays(1) ? most : Timeout.InfiniteTimeSpan, context.RequestAborted);
            if (deadline is { } given && turn.Waited > TimeSpan.Zero)
            {
                GrpcTimeout.Set(context.Request.Headers, given - turn.Waited);
            }

            return turn;
        }
        catch (OperationCanceledException)
        {
            if (deadline is not null && !context.RequestAborted.IsCancellationRequested)
            {
                GrpcTimeout.Set(context.Request.Headers, TimeSpan.Zero);
            }

            return null;
        }
    }

    private static async Task EnterAsync(HttpContext context, RequestDelegate next, Admission admission, FairShare shares, string system)
    {
        var started = Stopwatch.GetTimestamp();
        var method = context.Request.Path.Value!;
        using var place = admission.Enter(method, system);
        if (place.Refusal is { } full)
        {
            StatusMap.Refuse(context.Response, place.Written!);
            context.Response.Headers[CallInterceptor.TraceTrailer] = Activity.Current?.TraceId.ToHexString() ?? ActivityTraceId.CreateRandom().ToHexString();
            Tell(method, system, full.Code, full.Reason, started);
            return;
        }

        using var turn = Admission.TakesTurns(method) ? await WaitAsync(context, shares, system) : null;
        if (context.RequestAborted.IsCancellationRequested)
        {
            // Read, its message would be an error in the log of the library, with all its stack: callers leave every day.
            Tell(method, system, StatusCode.Cancelled, ErrorReason.Cancelled, started);
            return;
        }

        context.Items[Held] = turn;
        await next(context);
    }

    private static void Tell(string method, string system, StatusCode code, ErrorReason reason, long started)
    {
        var activity = Activity.Current;
        activity?.SetTag("rpc.system.name", "grpc");
        activity?.SetTag("rpc.method", method[1..]);
        activity?.SetTag("dossier.system", system);
        activity?.SetTag("dossier.reason", reason.Word());
        activity?.SetTag("rpc.response.status_code", code.Word());
        Telemetry.CallEnded(method[1..], code.Word(), Stopwatch.GetElapsedTime(started));
    }
}
