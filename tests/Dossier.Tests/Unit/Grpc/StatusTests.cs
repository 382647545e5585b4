using Grpc.Core;

namespace Dossier.Tests.Unit.StandIns;

public class StatusTests
{
    [Fact]
    public void The_numbers_of_the_codes_are_those_on_the_wire()
        => Assert.Equal(
            [
                "OK", "Cancelled", "Unknown", "InvalidArgument", "DeadlineExceeded", "NotFound", "AlreadyExists", "PermissionDenied",
                "ResourceExhausted", "FailedPrecondition", "Aborted", "OutOfRange", "Unimplemented", "Internal", "Unavailable",
                "DataLoss", "Unauthenticated",
            ],
            Enumerable.Range(0, 17).Select(number => $"{(StatusCode)number}"));

    [Fact]
    public void A_status_holds_code_detail_and_cause()
    {
        var cause = new InvalidOperationException("broken");
        var status = new Status(StatusCode.Internal, "Sorry", cause);
        Assert.Equal(StatusCode.Internal, status.StatusCode);
        Assert.Equal("Sorry", status.Detail);
        Assert.Same(cause, status.DebugException);
        Assert.Null(new Status(StatusCode.Internal, "Sorry").DebugException);
    }

    [Fact]
    public void A_status_reads_well_in_a_log()
    {
        Assert.Equal("Status(StatusCode=\"NotFound\", Detail=\"No such case\")", $"{new Status(StatusCode.NotFound, "No such case")}");
        var status = new Status(StatusCode.Internal, "Sorry", new InvalidOperationException("broken"));
        Assert.StartsWith("Status(StatusCode=\"Internal\", Detail=\"Sorry\", DebugException=\"", $"{status}", StringComparison.Ordinal);
        Assert.Contains("System.InvalidOperationException: broken", $"{status}", StringComparison.Ordinal);
    }

    [Fact]
    public void Two_statuses_are_made_already()
    {
        Assert.Equal(StatusCode.OK, Status.DefaultSuccess.StatusCode);
        Assert.Equal("", Status.DefaultSuccess.Detail);
        Assert.Equal(StatusCode.Cancelled, Status.DefaultCancelled.StatusCode);
        Assert.Equal("", Status.DefaultCancelled.Detail);
    }

    [Fact]
    public void An_exception_with_a_status_alone_takes_its_message_from_it()
    {
        var cause = new InvalidOperationException("broken");
        var status = new Status(StatusCode.Internal, "Sorry", cause);
        var exception = new RpcException(status);
        Assert.Equal(status, exception.Status);
        Assert.Equal(StatusCode.Internal, exception.StatusCode);
        Assert.Equal($"{status}", exception.Message);
        Assert.Same(cause, exception.InnerException);
        Assert.Empty(exception.Trailers);
        Assert.True(exception.Trailers.IsReadOnly);
    }

    [Fact]
    public void An_exception_may_have_a_message_and_trailers_of_its_own()
    {
        var status = new Status(StatusCode.Aborted, "Lost");
        var trailers = new Metadata { { "retry", "1" } };
        Assert.Equal("Again", new RpcException(status, "Again").Message);
        Assert.Empty(new RpcException(status, "Again").Trailers);
        Assert.Same(trailers, new RpcException(status, trailers).Trailers);
        Assert.Equal($"{status}", new RpcException(status, trailers).Message);
        var exception = new RpcException(status, trailers, "Again");
        Assert.Equal("Again", exception.Message);
        Assert.Same(trailers, exception.Trailers);
        Assert.Equal(StatusCode.Aborted, exception.StatusCode);
        Assert.Throws<ArgumentNullException>(() => new RpcException(status, (Metadata)null!));
    }
}
