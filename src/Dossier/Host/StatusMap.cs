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

        var status = new RpcStatus { Code = (int)refusal.Code, Message = refusal.Message, Details = { Any.Pack(info) } };
        if (refusal.Fields.Count > 0)
        {
            status.Details.Add(Any.Pack(new BadRequest
            {
                FieldViolations =
                {
                    refusal.Fields.Take(100).Select(field => new BadRequest.Types.FieldViolation { Field = field.Field, Description = field.Description }),
                },
            }));
        }

        if (refusal.Code == StatusCode.Unavailable)
        {
            status.Details.Add(Any.Pack(new RetryInfo { RetryDelay = Duration.FromTimeSpan(TimeSpan.FromMilliseconds(500)) }));
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
        return new RpcException(new Grpc.Core.Status(refusal.Code, refusal.Message), trailers);
    }
}
