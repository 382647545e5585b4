using Dossier.V1;
using Grpc.Core;

namespace Dossier.Host;

/// <summary>
/// Before the gRPC library: a deadline for a call that has none, and a reason where the library itself refuses a call, which no
/// interceptor sees.
/// </summary>
internal static class Fallbacks
{
    private const string Timeout = "grpc-timeout";

    /// <summary>The methods that end by themselves: a watch does not.</summary>
    private static readonly HashSet<string> Bounded = new[]
        {
            DossierServiceReflection.Descriptor, AgreementServiceReflection.Descriptor, GuardServiceReflection.Descriptor, AccessServiceReflection.Descriptor,
            TraceServiceReflection.Descriptor,
        }
        .SelectMany(file => file.Services).SelectMany(service => service.Methods).Where(method => !method.IsServerStreaming && !method.IsClientStreaming)
        .Select(method => $"/{method.Service.FullName}/{method.Name}").ToHashSet(StringComparer.Ordinal);

    /// <summary>Of our methods, those whose length says nothing: a watch is open for hours.</summary>
    public static bool IsStream(string method) => !Bounded.Contains(method);

    public static void UseDeadlines(this WebApplication app, DossierOptions options)
    {
        var deadline = $"{(long)options.Limits.Deadline.TotalMilliseconds}m";
        app.Use((context, next) =>
        {
            var headers = context.Request.Headers;
            if (!headers.ContainsKey(Timeout) && Bounded.Contains(context.Request.Path.Value ?? ""))
            {
                // As if the caller had said it: then the library holds it to everything, the answer's writing too.
                headers[Timeout] = deadline;
            }

            return next(context);
        });
    }

    public static void UseFallbacks(this WebApplication app) => app.Use((context, next) =>
    {
        context.Response.OnStarting(Explain, context.Response);
        return next(context);
    });

    /// <summary>A refusal without a message is all head; what our own code refuses has its reason there already.</summary>
    private static Task Explain(object state)
    {
        var headers = ((HttpResponse)state).Headers;
        if (headers.TryGetValue("grpc-status", out var status) && !headers.ContainsKey(StatusMap.ReasonTrailer)
            && Enum.TryParse<StatusCode>(status.ToString(), out var code) && ReasonOf(code) is { } reason)
        {
            headers[StatusMap.ReasonTrailer] = reason.Word();
            headers[StatusMap.DetailsTrailer] = StatusMap.Details(new DossierException(code, reason, Uri.UnescapeDataString(headers["grpc-message"].ToString())));
        }

        return Task.CompletedTask;
    }

    private static ErrorReason? ReasonOf(StatusCode code) => code switch
    {
        StatusCode.ResourceExhausted => ErrorReason.MessageTooLarge,
        StatusCode.Unimplemented => ErrorReason.MethodUnknown,
        StatusCode.DeadlineExceeded => ErrorReason.DeadlineExceeded,
        StatusCode.Cancelled => ErrorReason.Cancelled,
        StatusCode.Internal or StatusCode.Unknown => ErrorReason.Internal,
        _ => null,
    };
}
