namespace Grpc.Core;

/// <summary>Messages that arrive one after the other.</summary>
public interface IAsyncStreamReader<out T>
{
    /// <summary>The message the last successful <see cref="MoveNext"/> arrived at.</summary>
    T Current { get; }

    /// <summary>Waits for the next message; false at the end of the stream. One call at a time.</summary>
    Task<bool> MoveNext(CancellationToken cancellationToken);
}

/// <summary>Messages that are sent one after the other.</summary>
public interface IAsyncStreamWriter<in T>
{
    /// <summary>The options of the next write; null means those of the call.</summary>
    WriteOptions? WriteOptions { get; set; }

    /// <summary>Sends a message. One call at a time.</summary>
    Task WriteAsync(T message);

#if NET
    /// <summary>Sends a message unless cancelled first. An implementation that cannot be cancelled takes no live token.</summary>
    Task WriteAsync(T message, CancellationToken cancellationToken)
        => cancellationToken.CanBeCanceled
            ? throw new NotSupportedException("This stream does not support cancelling a write.")
            : WriteAsync(message);
#endif
}

/// <summary>The client's side of a stream of requests.</summary>
public interface IClientStreamWriter<in T> : IAsyncStreamWriter<T>
{
    /// <summary>Says that no request follows.</summary>
    Task CompleteAsync();
}

/// <summary>The server's side of a stream of responses; it ends when the handler returns.</summary>
public interface IServerStreamWriter<in T> : IAsyncStreamWriter<T>
{
}

/// <summary>Shorthand for readers.</summary>
public static class AsyncStreamReaderExtensions
{
    /// <summary>Waits for the next message without a way to cancel.</summary>
    public static Task<bool> MoveNext<T>(this IAsyncStreamReader<T> streamReader)
        where T : class
        => Guard.NotNull(streamReader, nameof(streamReader)).MoveNext(CancellationToken.None);
}
