namespace Grpc.Core;

/// <summary>What the four call types share: headers, status, trailers and the end of the call, behind functions.</summary>
internal sealed class CallState
{
    private readonly object _state;
    private readonly Func<object, Task<Metadata>> _responseHeaders;
    private readonly Func<object, Status> _status;
    private readonly Func<object, Metadata> _trailers;
    private readonly Action<object> _dispose;

    public CallState(
        Func<object, Task<Metadata>> responseHeaders,
        Func<object, Status> status,
        Func<object, Metadata> trailers,
        Action<object> dispose,
        object state)
    {
        _responseHeaders = Guard.NotNull(responseHeaders, nameof(responseHeaders));
        _status = Guard.NotNull(status, nameof(status));
        _trailers = Guard.NotNull(trailers, nameof(trailers));
        _dispose = Guard.NotNull(dispose, nameof(dispose));
        _state = state;
    }

    public CallState(Task<Metadata> responseHeaders, Func<Status> status, Func<Metadata> trailers, Action dispose)
        : this(
            static state => ((Plain)state).ResponseHeaders,
            static state => ((Plain)state).Status(),
            static state => ((Plain)state).Trailers(),
            static state => ((Plain)state).Dispose(),
            new Plain(responseHeaders, status, trailers, dispose))
    {
    }

    public Task<Metadata> ResponseHeadersAsync => _responseHeaders(_state);

    public Status GetStatus() => _status(_state);

    public Metadata GetTrailers() => _trailers(_state);

    public void Dispose() => _dispose(_state);

    private sealed class Plain(Task<Metadata> responseHeaders, Func<Status> status, Func<Metadata> trailers, Action dispose)
    {
        public Task<Metadata> ResponseHeaders { get; } = responseHeaders;

        public Func<Status> Status { get; } = status;

        public Func<Metadata> Trailers { get; } = trailers;

        public Action Dispose { get; } = dispose;
    }
}
