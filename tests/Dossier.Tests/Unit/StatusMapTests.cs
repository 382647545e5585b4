using Dossier.Database;
using Dossier.Host;
using Dossier.V1;
using Google.Rpc;
using Grpc.Core;
using RpcStatus = Google.Rpc.Status;

namespace Dossier.Tests.UnitTests;

/// <summary>What a call throws becomes what goes over the wire, and nothing internal passes.</summary>
public sealed class StatusMapTests
{
    private static DossierException Refuse(Exception thrown, bool deadlinePassed = false) => StatusMap.Refuse(thrown, deadlinePassed);

    private static T? Detail<T>(RpcStatus status)
        where T : class, Google.Protobuf.IMessage<T>, new() => status.Details.FirstOrDefault(detail => detail.Is(new T().Descriptor))?.Unpack<T>();

    [Fact]
    public void A_fault_of_the_service_says_nothing_of_itself()
    {
        foreach (var fault in new Exception[] { new InvalidOperationException("SECRET"), new InvalidDataException("SECRET"), new AggregateException(new IOException("SECRET")) })
        {
            var told = StatusMap.ToRpcException(Refuse(fault));
            Assert.Equal(StatusCode.Internal, told.StatusCode);
            Assert.Equal("INTERNAL", told.Trailers.GetValue("dossier-reason"));
            Assert.DoesNotContain("SECRET", told.ToString() + StatusMap.ToStatus(Refuse(fault)), StringComparison.Ordinal);
            Assert.Same(fault, Refuse(fault).InnerException);
        }
    }

    [Fact]
    public void A_refusal_stays_what_it_is()
    {
        var refusal = Refusal.EtagMismatch("x", "e");
        Assert.Same(refusal, Refuse(refusal, deadlinePassed: true));
    }

    [Fact]
    public void A_call_that_ended_by_its_deadline_is_told_from_a_caller_who_went_away()
    {
        Assert.Equal((StatusCode.DeadlineExceeded, ErrorReason.DeadlineExceeded), Of(Refuse(new TaskCanceledException(), deadlinePassed: true)));
        Assert.Equal((StatusCode.Cancelled, ErrorReason.Cancelled), Of(Refuse(new OperationCanceledException())));
        Assert.Equal((StatusCode.Unavailable, ErrorReason.RegistryUnavailable), Of(Refuse(new LaneException(LaneFailure.TimedOut, counts: true))));

        static (StatusCode, ErrorReason) Of(DossierException refusal) => (refusal.Code, refusal.Reason);
    }

    [Fact]
    public void Every_error_carries_its_reason_twice_and_its_metadata()
    {
        var told = StatusMap.ToRpcException(Refusal.EtagMismatch("customers/1042/agreements/x", "the-etag"));
        Assert.Equal("ETAG_MISMATCH", told.Trailers.GetValue("dossier-reason"));
        var status = RpcStatus.Parser.ParseFrom(told.Trailers.GetValueBytes("grpc-status-details-bin"));
        Assert.Equal((int)StatusCode.Aborted, status.Code);
        Assert.Equal(told.Status.Detail, status.Message);
        var info = Detail<ErrorInfo>(status)!;
        Assert.Equal(("dossier", "ETAG_MISMATCH", "the-etag"), (info.Domain, info.Type, info.Metadata["etag"]));
        Assert.Null(Detail<RetryInfo>(status));
        Assert.Null(Detail<BadRequest>(status));
    }

    [Fact]
    public void Where_a_retry_helps_it_is_said()
    {
        Assert.NotNull(Detail<RetryInfo>(StatusMap.ToStatus(Refusal.RegistryUnavailable())));
        Assert.NotNull(Detail<RetryInfo>(StatusMap.ToStatus(Refusal.SourcesIncomplete("1042", ["sources/administration"]))));
    }

    [Fact]
    public void Those_who_are_refused_together_are_told_to_come_back_at_different_moments()
    {
        var written = StatusMap.Write(new DossierException(StatusCode.ResourceExhausted, ErrorReason.TooManyCalls, "Too many."));
        var delays = written.Details.Select(text => Convert.FromBase64String(text.PadRight((text.Length + 3) / 4 * 4, '=')))
            .Select(bytes => Detail<RetryInfo>(Google.Rpc.Status.Parser.ParseFrom(bytes))!.RetryDelay.ToTimeSpan().TotalMilliseconds).ToList();
        Assert.All(delays, delay => Assert.InRange(delay, 100, 500));
        Assert.True(delays.Distinct().Count() > 16, $"{delays.Distinct().Count()} moments");
    }

    [Fact]
    public void Every_wrong_field_is_named_as_long_as_the_trailers_have_room()
    {
        var few = new Violations();
        few.Add("a.b", "is required");
        few.Add("c", "must be x");
        Assert.Equal(["a.b", "c"], Detail<BadRequest>(StatusMap.ToStatus(few.ToException()))!.FieldViolations.Select(field => field.Field));

        var many = new Violations();
        for (var field = 0; field < 5_000; field++)
        {
            many.Add($"agreement.effects[{field}].subjects[{field}].parents[{field}].id", "must be 1-64 characters without control characters or blanks at its ends");
        }

        var told = StatusMap.ToRpcException(many.ToException());
        Assert.True(Detail<BadRequest>(StatusMap.ToStatus(many.ToException()))!.FieldViolations.Count > 10);

        // In all at most 8 KB, base64 and percent signs included.
        var size = told.Trailers.Sum(entry => entry.Key.Length + 40 + (entry.IsBinary ? entry.ValueBytes.Length * 4 / 3 : entry.Value.Length)) + Uri.EscapeDataString(told.Status.Detail).Length;
        Assert.True(size < 8_192, $"{size} bytes of trailers");
    }
}
