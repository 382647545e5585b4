namespace Grpc.Core;

/// <summary>How the connection of a channel, or of a part of it, is doing.</summary>
public enum ConnectivityState
{
    /// <summary>Not connected and not trying to.</summary>
    Idle,

    /// <summary>Trying to connect.</summary>
    Connecting,

    /// <summary>Connected.</summary>
    Ready,

    /// <summary>Failed, and about to try again.</summary>
    TransientFailure,

    /// <summary>Closed for good.</summary>
    Shutdown,
}
