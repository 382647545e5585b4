using System.Diagnostics;

namespace Dossier.Host;

/// <summary>
/// Refuses a call that is one too many before the gRPC library reads its message, where the caller is known at once. At thrice the load two of
/// three answers are refusals, and reading and parsing is most of what one costs. Whoever takes a token or a certificate is asked by the
/// interceptor.
/// </summary>
internal static class AdmissionAtTheDoor
{
    private static readonly object Held = new();

    public static void UseAdmission(this WebApplication app)
    {
        var admission = app.Services.GetRequiredService<Admission>();
        var authentication = app.Services.GetRequiredService<Authentication>();
        app.Use((context, next) => Admission.KindOfMethods.ContainsKey(context.Request.Path.Value ?? "") && authentication.SystemAtOnce(context.Request.Headers) is { } system
            ? EnterAsync(context, next, admission, system)
            : next(context));
    }

    /// <summary>The call has its place already.</summary>
    public static bool HasPlace(HttpContext context) => context.Items.ContainsKey(Held);

    private static async Task EnterAsync(HttpContext context, RequestDelegate next, Admission admission, string system)
    {
        var started = Stopwatch.GetTimestamp();
        var method = context.Request.Path.Value!;
        using var place = admission.Enter(method, system);
        if (place.Refusal is not { } full)
        {
            context.Items[Held] = Held;
            await next(context);
            return;
        }

        var activity = Activity.Current;
        StatusMap.Refuse(context.Response, full);
        context.Response.Headers[CallInterceptor.TraceTrailer] = activity?.TraceId.ToHexString() ?? ActivityTraceId.CreateRandom().ToHexString();
        activity?.SetTag("rpc.system.name", "grpc");
        activity?.SetTag("rpc.method", method[1..]);
        activity?.SetTag("dossier.system", system);
        activity?.SetTag("dossier.reason", full.Reason.Word());
        activity?.SetTag("rpc.response.status_code", full.Code.Word());
        Telemetry.CallEnded(method[1..], full.Code.Word(), Stopwatch.GetElapsedTime(started));
    }
}
