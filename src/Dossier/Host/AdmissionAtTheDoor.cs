using System.Diagnostics;
using Dossier.Database;
using Dossier.V1;
using Grpc.Core;

namespace Dossier.Host;

/// <summary>
/// Refuses a call that is one too many before the gRPC library reads its message, where the caller is known at once. At thrice the load two of
/// three answers are refusals, and reading and parsing is most of what one costs. A call that must wait for its turn waits here too, where it
/// is little more than its headers: of one that waits in its handler the collector keeps the answer a generation too long, for each of 64
/// calls (young collections of 11 to 16 ms on one core, and 5 with them here). Of who cannot prove who he is no message is read at all: 4 MiB of it
/// can be hundreds of MB of objects.
/// </summary>
internal static class AdmissionAtTheDoor
{
    private static readonly object Held = new();
    private static readonly object Proved = new();

    public static void UseAdmission(this WebApplication app)
    {
        var admission = app.Services.GetRequiredService<Admission>();
        var authentication = app.Services.GetRequiredService<Authentication>();
        var shares = app.Services.GetRequiredService<FairShare>();
        var log = app.Services.GetRequiredService<ILogger<CallInterceptor>>();
        app.Use((context, next) => !Admission.KindOfMethods.ContainsKey(context.Request.Path.Value ?? "") ? AskAsync(context, next, admission)
            : authentication.SystemAtOnce(context.Request.Headers) is { } system ? EnterAsync(context, next, admission, shares, system)
            : authentication.Open ? next(context)
            : ProveAsync(context, next, admission, shares, authentication, log));
    }

    /// <summary>Who calls, where that was proved here.</summary>
    public static Identity? IdentityOf(HttpContext context) => context.Items.TryGetValue(Proved, out var identity) ? (Identity?)identity : null;

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

    /// <summary>Whoever shows a token or a certificate, or nothing that proves anything.</summary>
    private static async Task ProveAsync(
        HttpContext context, RequestDelegate next, Admission admission, FairShare shares, Authentication authentication, ILogger<CallInterceptor> log)
    {
        var started = Stopwatch.GetTimestamp();
        using var within = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        if (GrpcTimeout.Of(context.Request.Headers) is { } most && most < TimeSpan.FromDays(1))
        {
            within.CancelAfter(most);
        }

        Identity identity;
        try
        {
            identity = await authentication.IdentifyAsync(context, within.Token);
        }
        catch (OperationCanceledException)
        {
            if (!context.RequestAborted.IsCancellationRequested)
            {
                GrpcTimeout.Set(context.Request.Headers, TimeSpan.Zero);
                await next(context);
            }

            return;
        }
        catch (DossierException unproved)
        {
            var method = context.Request.Path.Value!;
            Refuse(context, StatusMap.Write(unproved, delays: 1));
            Log.CallRefused(log, method, unproved.Code, unproved.Reason.Word());
            Tell(method, null, unproved.Code, unproved.Reason, started);
            return;
        }

        context.Items[Proved] = identity;
        await EnterAsync(context, next, admission, shares, identity.System);
    }

    /// <summary>What is asked without a credential: health, reflection, and what does not exist.</summary>
    private static async Task AskAsync(HttpContext context, RequestDelegate next, Admission admission)
    {
        using var place = admission.EnterOpen(context.Request.Path.Value ?? "") ?? default;
        if (place.Written is { } full)
        {
            Refuse(context, full);
            return;
        }

        await next(context);
    }

    private static void Refuse(HttpContext context, WrittenRefusal written)
    {
        StatusMap.Refuse(context.Response, written);
        context.Response.Headers[CallInterceptor.TraceTrailer] = Activity.Current?.TraceId.ToHexString() ?? ActivityTraceId.CreateRandom().ToHexString();
    }

    private static async Task EnterAsync(HttpContext context, RequestDelegate next, Admission admission, FairShare shares, string system)
    {
        var started = Stopwatch.GetTimestamp();
        var method = context.Request.Path.Value!;
        using var place = admission.Enter(method, system);
        if (place.Refusal is { } full)
        {
            Refuse(context, place.Written!);
            Tell(method, system, full.Code, full.Reason, started);
            Telemetry.NotJudged(method, system);
            return;
        }

        var waits = Admission.TakesTurns(method);
        using var turn = waits ? await WaitAsync(context, shares, system) : null;
        if (waits && turn is null)
        {
            Telemetry.NotJudged(method, system);
        }

        if (context.RequestAborted.IsCancellationRequested)
        {
            // Read, its message would be an error in the log of the library, with all its stack: callers leave every day.
            Tell(method, system, StatusCode.Cancelled, ErrorReason.Cancelled, started);
            return;
        }

        context.Items[Held] = turn;
        await next(context);
    }

    private static void Tell(string method, string? system, StatusCode code, ErrorReason reason, long started)
    {
        var activity = Activity.Current;
        activity?.SetTag("rpc.system.name", "grpc");
        activity?.SetTag("rpc.method", method[1..]);
        activity?.SetTag("dossier.system", system);
        activity?.SetTag("dossier.reason", reason.Word());
        activity?.SetTag("rpc.response.status_code", code.Word());
        if (code == StatusCode.Unavailable)
        {
            activity?.SetStatus(ActivityStatusCode.Error, code.Word());
        }

        Telemetry.CallEnded(method[1..], code.Word(), Stopwatch.GetElapsedTime(started));
    }
}
