namespace Grpc.Core;

/// <summary>A call that did not succeed: thrown to the caller on the client, thrown by a handler on the server.</summary>
public class RpcException : Exception
{
    /// <summary>A failure with a status only.</summary>
    public RpcException(Status status)
        : this(status, Metadata.Empty, status.ToString())
    {
    }

    /// <summary>A failure with a status and a message of its own for the exception.</summary>
    public RpcException(Status status, string message)
        : this(status, Metadata.Empty, message)
    {
    }

    /// <summary>A failure with a status and trailers.</summary>
    public RpcException(Status status, Metadata trailers)
        : this(status, trailers, status.ToString())
    {
    }

    /// <summary>A failure with a status, trailers and a message of its own for the exception.</summary>
    public RpcException(Status status, Metadata trailers, string message)
        : base(message, status.DebugException)
    {
        Status = status;
        Trailers = Guard.NotNull(trailers, nameof(trailers));
    }

    /// <summary>The status the call ended with.</summary>
    public Status Status { get; }

    /// <summary>The code of <see cref="Status"/>; handy in an exception filter.</summary>
    public StatusCode StatusCode => Status.StatusCode;

    /// <summary>The trailers that came, or are to go, with the status.</summary>
    public Metadata Trailers { get; }
}
