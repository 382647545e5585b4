using System.Globalization;
using Dossier.Database;
using Dossier.V1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;
using RpcStatus = Google.Rpc.Status;

namespace Dossier.Host;

/// <summary>The one place where exceptions become what goes over the wire. Nothing internal passes.</summary>
public static class StatusMap
{
    public const string Domain = "dossier";
    public const string ReasonTrailer = "dossier-reason";
    public const string DetailsTrailer = "grpc-status-details-bin";

    // Of one refusal: those who are refused together are told that many moments to come back at.
    private const int WrittenDelays = 32;

    // Java and Python clients take 8 KB of trailers in all, and show a broken call above that. Details go base64.
    private const int LargestMessage = 600;
    private const int LargestFields = 3_600;

    /// <summary>Turns anything that a call threw into a refusal that callers may see.</summary>
    /// <param name="thrown">What was thrown.</param>
    /// <param name="deadlinePassed">The call's deadline has passed.</param>
    public static DossierException Refuse(Exception thrown, bool deadlinePassed) => thrown switch
    {
        DossierException refusal => refusal,
        LaneException lane => Refusal.RegistryUnavailable(lane),
        OperationCanceledException when deadlinePassed => new DossierException(
            StatusCode.DeadlineExceeded, ErrorReason.DeadlineExceeded, "The call's deadline passed before there was an answer.", cause: thrown),
        OperationCanceledException => new DossierException(StatusCode.Cancelled, ErrorReason.Cancelled, "The caller went away.", cause: thrown),
        _ => new DossierException(
            StatusCode.Internal, ErrorReason.Internal, "The service failed. The trailer x-dossier-trace finds the call in the traces.", cause: thrown),
    };

    /// <summary>The refusal as google.rpc.Status: ErrorInfo always, BadRequest where fields are wrong, RetryInfo where a retry helps.</summary>
    public static RpcStatus ToStatus(DossierException refusal)
    {
        // Field 1 of google.rpc.ErrorInfo is `reason`; this package's C# class still has its first name.
        var info = new ErrorInfo { Domain = Domain, Type = refusal.Reason.Word() };
        foreach (var (key, value) in refusal.Metadata)
        {
            info.Metadata.Add(key, value);
        }

        var status = new RpcStatus { Code = (int)refusal.Code, Message = Short(refusal.Message), Details = { Any.Pack(info) } };
        if (refusal.Fields.Count > 0)
        {
            status.Details.Add(Any.Pack(ToBadRequest(refusal.Fields)));
        }

        if (RetryAfter(refusal) is { } delay)
        {
            status.Details.Add(Any.Pack(new RetryInfo { RetryDelay = Duration.FromTimeSpan(delay) }));
        }

        return status;
    }

    public static RpcException ToRpcException(DossierException refusal)
    {
        var trailers = new Metadata
        {
            { ReasonTrailer, refusal.Reason.Word() },
            { DetailsTrailer, ToStatus(refusal).ToByteArray() },
        };
        return new RpcException(new Grpc.Core.Status(refusal.Code, Short(refusal.Message)), trailers);
    }

    /// <summary>Puts a refusal into the answer of a call without throwing it: at thrice the load most answers are such ones.</summary>
    public static void Refuse(ServerCallContext context, DossierException refusal)
    {
        context.Status = new Grpc.Core.Status(refusal.Code, Short(refusal.Message));
        context.ResponseTrailers.Add(ReasonTrailer, refusal.Reason.Word());
        context.ResponseTrailers.Add(DetailsTrailer, ToStatus(refusal).ToByteArray());
    }

    /// <summary>The same as an answer that is all head, before the gRPC library has read the message.</summary>
    public static void Refuse(HttpResponse response, WrittenRefusal written)
    {
        response.ContentType = "application/grpc";
        response.Headers["grpc-status"] = written.Code;
        response.Headers["grpc-message"] = written.Message;
        response.Headers[ReasonTrailer] = written.Reason;
        response.Headers[DetailsTrailer] = written.Details[Random.Shared.Next(written.Details.Length)];
    }

    /// <summary>Writes a refusal that will be given many times, or, with one delay, once.</summary>
    public static WrittenRefusal Write(DossierException refusal, int delays = WrittenDelays) => new(
        ((int)refusal.Code).ToString(CultureInfo.InvariantCulture),
        Uri.EscapeDataString(Short(refusal.Message)),
        refusal.Reason.Word(),
        [.. Enumerable.Range(0, delays).Select(_ => Details(refusal))]);

    /// <summary>The refusal as the text that a binary header holds.</summary>
    public static string Details(DossierException refusal) => Convert.ToBase64String(ToStatus(refusal).ToByteArray()).TrimEnd('=');

    // Those who were refused together must not come back together.
    private static TimeSpan? RetryAfter(DossierException refusal) =>
        refusal.Code == StatusCode.Unavailable ? TimeSpan.FromMilliseconds(500)
        : refusal.Reason is ErrorReason.TooManyCalls or ErrorReason.TooManyWatchers ? TimeSpan.FromMilliseconds(Random.Shared.Next(100, 500))
        : null;

    private static BadRequest ToBadRequest(IEnumerable<FieldViolation> fields)
    {
        var bad = new BadRequest();
        var left = LargestFields;
        foreach (var field in fields)
        {
            var violation = new BadRequest.Types.FieldViolation { Field = field.Field, Description = field.Description };
            left -= violation.CalculateSize() + 4;
            if (left < 0)
            {
                break;
            }

            bad.FieldViolations.Add(violation);
        }

        return bad;
    }

    private static string Short(string message) => message.Length <= LargestMessage ? message : message[..LargestMessage] + "…";
}

/// <summary>A refusal as its headers say it, and its details with one delay or another in them.</summary>
public sealed record WrittenRefusal(string Code, string Message, string Reason, string[] Details);
