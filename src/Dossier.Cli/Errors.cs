using System.Net.Sockets;
using System.Security.Authentication;
using System.Text;
using Dossier.Cli.Printing;
using Google.Protobuf;
using Google.Rpc;
using Grpc.Core;

namespace Dossier.Cli;

/// <summary>
/// What the command's exit code says.
/// <code>
/// 0   fine; of check-action: ALLOW
/// 1   unexpected: INTERNAL, UNIMPLEMENTED, CANCELLED, a fault of the command itself; of check: something is wrong; of doctor: a warning
/// 2   wrong usage: nothing was sent; of check and migrate: settings that cannot be used; of doctor: something is wrong
/// 3   not found: NOT_FOUND
/// 4   no answer: the service cannot be reached, UNAVAILABLE, DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED; of guard-run: more letters
///     without an answer than --max-unknown
/// 5   refused: INVALID_ARGUMENT, FAILED_PRECONDITION, ABORTED, ALREADY_EXISTS, PERMISSION_DENIED, UNAUTHENTICATED
/// 10  check-action: BLOCK
/// 11  check-action: REVIEW
/// 12  check-action: REDUCE
/// 13  check-action: UNKNOWN, or a verdict that this program does not know
/// </code>
/// A dossier of which a source is missing is an answer: exit code 0, and a warning on standard error.
/// </summary>
public static class ExitCode
{
    public const int Fine = 0;
    public const int Unexpected = 1;
    public const int Usage = 2;
    public const int NotFound = 3;
    public const int NoAnswer = 4;
    public const int Refused = 5;
    public const int Block = 10;
    public const int Review = 11;
    public const int Reduce = 12;
    public const int Unknown = 13;

    internal static readonly (string Codes, string Meaning)[] Table =
    [
        ("0", "fine (a dossier with a warning on standard error too); of check-action and confirm: ALLOW"),
        ("1", "unexpected; of check: something is wrong; of doctor: a warning"),
        ("2", "wrong usage or settings; nothing was sent; of doctor: something is wrong"),
        ("3", "not found"),
        ("4", "no answer: the service cannot be reached, is unavailable or was too late; of guard-run: more UNKNOWN than --max-unknown"),
        ("5", "refused by the service"),
        ("10", "confirm and check-action: BLOCK"),
        ("11", "confirm and check-action: REVIEW"),
        ("12", "confirm and check-action: REDUCE"),
        ("13", "confirm and check-action: UNKNOWN, do not act now"),
    ];

    public static int Of(StatusCode status) => status switch
    {
        StatusCode.OK => Fine,
        StatusCode.NotFound => NotFound,
        StatusCode.Unavailable or StatusCode.DeadlineExceeded or StatusCode.ResourceExhausted => NoAnswer,
        StatusCode.InvalidArgument or StatusCode.FailedPrecondition or StatusCode.Aborted or StatusCode.AlreadyExists
            or StatusCode.PermissionDenied or StatusCode.Unauthenticated or StatusCode.OutOfRange => Refused,
        _ => Unexpected,
    };

    /// <summary>Of a call that failed: one that never came to the service has no answer, whatever the client calls it.</summary>
    public static int Of(RpcException failed) => Unreached.Says(failed) ? NoAnswer : Of(failed.StatusCode);

    public static int Of(Verdict verdict) => verdict switch
    {
        Verdict.Allow => Fine,
        Verdict.Block => Block,
        Verdict.Review => Review,
        Verdict.Reduce => Reduce,
        _ => Unknown,
    };
}

/// <summary>The command cannot go on: the line that says why, and the exit code.</summary>
internal sealed class CommandException(int exitCode, string message) : Exception(message)
{
    public int ExitCode { get; } = exitCode;

    public static CommandException Usage(string message) => new(Cli.ExitCode.Usage, message);
}

/// <summary>A failed call in one line: what the service said, its reason, each bad field, the trace.</summary>
internal static class ErrorLine
{
    public static string Of(RpcException failed, Session session) =>
        Of(failed, session.Address, session.Timeout, session.SentRequestId);

    public static string Of(RpcException failed, Uri address, TimeSpan timeout, string? sentRequestId)
    {
        var status = DetailsOf(failed.Trailers);
        var reason = ReasonOf(failed.Trailers, status);
        var line = new StringBuilder("error: ");
        line.Append(reason is null ? Unanswered(failed, address, timeout) : $"{failed.Status.Detail} ({reason})");
        if (status is not null)
        {
            AppendFacts(line, status, failed.Status.Detail);
        }
        if (reason == "CREDENTIALS_MISSING")
        {
            line.Append(" Here: --key-file or DOSSIER_KEY, --token-file or DOSSIER_TOKEN, --certificate.");
        }
        if (sentRequestId is not null && ExitCode.Of(failed.StatusCode) == ExitCode.NoAnswer && !NeverSent(failed))
        {
            line.Append(" It may or may not have been stored: repeat it with --request-id ").Append(sentRequestId).Append('.');
        }
        if (ValueOf(failed.Trailers, "x-dossier-trace") is { Length: > 0 } trace)
        {
            line.Append(" [trace ").Append(trace).Append(']');
        }
        return Plain.Line(line.ToString());
    }

    private static string Unanswered(RpcException failed, Uri address, TimeSpan timeout) => failed.StatusCode switch
    {
        _ when Unreached.Says(failed) => Unreached.Explain(failed, address),
        StatusCode.Unavailable when !NeverSent(failed) => $"{address} ended the call without an answer{(address.Scheme == Uri.UriSchemeHttp ? " (is it https there, or did it stop?)" : "")}: {failed.Status.Detail}",
        StatusCode.Unavailable => $"The service cannot be reached at {address}. Start it with `dotnet run --project src/Dossier`, "
            + "or choose another address with --address or DOSSIER_ADDRESS.",
        StatusCode.DeadlineExceeded => $"No answer from {address} within {Moments.Span(timeout)}; --timeout gives it longer.",
        StatusCode.Unimplemented => $"What listens at {address} does not know this method: is it the dossier service, and as new as this command?",
        _ => $"{failed.Status.Detail} ({failed.StatusCode})",
    };

    // Grpc.Net.Client gives the socket's fault for http and for https what HttpClient made of it.
    private static bool NeverSent(RpcException failed) => failed.Status.DebugException is SocketException
        or HttpRequestException
        {
            HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError,
        };

    private static void AppendFacts(StringBuilder line, Google.Rpc.Status status, string said)
    {
        var fields = (Find(status, BadRequest.Parser)?.FieldViolations ?? [])
            .Select(violation => $"{violation.Field}: {violation.Description}")
            .Where(field => !said.Contains(field, StringComparison.Ordinal))
            .ToList();
        if (fields.Count > 0)
        {
            line.Append(": ").AppendJoin("; ", fields);
        }
        if (Find(status, ErrorInfo.Parser) is { Metadata.Count: > 0 } info)
        {
            var facts = info.Metadata.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => $"{pair.Key} {pair.Value}");
            line.Append(" {").AppendJoin(", ", facts).Append('}');
        }
    }

    private static Google.Rpc.Status? DetailsOf(Metadata trailers)
    {
        var entry = trailers.FirstOrDefault(entry => entry.IsBinary && entry.Key == "grpc-status-details-bin");
        try
        {
            return entry is null ? null : Google.Rpc.Status.Parser.ParseFrom(entry.ValueBytes);
        }
        catch (InvalidProtocolBufferException)
        {
            return null;
        }
    }

    private static T? Find<T>(Google.Rpc.Status status, MessageParser<T> parser)
        where T : class, IMessage<T>, new()
    {
        var kind = "/" + new T().Descriptor.FullName;
        var found = status.Details.FirstOrDefault(detail => detail.TypeUrl.EndsWith(kind, StringComparison.Ordinal));
        try
        {
            return found is null ? null : parser.ParseFrom(found.Value);
        }
        catch (InvalidProtocolBufferException)
        {
            return null;
        }
    }

    /// <summary>The reason that the service gave; null if it gave none.</summary>
    public static string? Reason(RpcException failed) => ReasonOf(failed.Trailers, DetailsOf(failed.Trailers));

    // By number: field 1 of ErrorInfo is `reason`, and `type` in older packages.
    private static string? ReasonOf(Metadata trailers, Google.Rpc.Status? status) =>
        ValueOf(trailers, "dossier-reason")
        ?? (status is not null && Find(status, ErrorInfo.Parser) is { } info
            ? ErrorInfo.Descriptor.FindFieldByNumber(1).Accessor.GetValue(info) as string
            : null);

    private static string? ValueOf(Metadata trailers, string key) =>
        trailers.FirstOrDefault(entry => !entry.IsBinary && entry.Key == key)?.Value;
}

/// <summary>A call that found no service, because one side speaks TLS and the other does not, or because a certificate is not trusted.</summary>
internal static class Unreached
{
    // INTERNAL with such a cause is the client's own word: the service's has trailers and no cause here. What exactly breaks when TLS meets
    // none depends on who gives up first.
    public static bool Says(RpcException failed) => failed.Status.DebugException is HttpRequestException or IOException
        && (failed.StatusCode == StatusCode.Internal || Untrusted(failed) || NoTls(failed));

    public static string Explain(RpcException failed, Uri address)
    {
        var why = failed.Status.DebugException!.GetBaseException().Message.TrimEnd('.');
        return Untrusted(failed)
            ? $"This machine does not trust the certificate that is shown at {address}. Give the file of its authority with --authority, if it is the right one; "
                + $"`{Example.Of($"dossier doctor --address {address.AbsoluteUri.TrimEnd('/')}")}` says what is wrong with it."
            : address.Scheme != Uri.UriSchemeHttps ? $"What listens at {address} did not answer in HTTP/2 without TLS ({why}): is it https there, or another program?"
            : NoTls(failed) ? $"What listens at {address} speaks no TLS ({why}): is it http there, or another program?"
            : $"What listens at {address} broke the call off: {why}.";
    }

    private static bool Untrusted(RpcException failed) => Causes(failed).Any(cause => cause is AuthenticationException && cause.Message.Contains("certificate", StringComparison.OrdinalIgnoreCase));

    private static bool NoTls(RpcException failed) => failed.Status.DebugException is HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError };

    private static IEnumerable<Exception> Causes(RpcException failed)
    {
        for (var cause = failed.Status.DebugException; cause is not null; cause = cause.InnerException)
        {
            yield return cause;
        }
    }
}
