namespace Grpc.Core;

/// <summary>What a handler's call hands on to the calls made from it.</summary>
public class ContextPropagationOptions
{
    /// <summary>Both the deadline and the cancellation.</summary>
    public static readonly ContextPropagationOptions Default = new();

    /// <summary>Chooses what is handed on.</summary>
    public ContextPropagationOptions(bool propagateDeadline = true, bool propagateCancellation = true)
    {
        IsPropagateDeadline = propagateDeadline;
        IsPropagateCancellation = propagateCancellation;
    }

    /// <summary>Whether the deadline is handed on.</summary>
    public bool IsPropagateDeadline { get; }

    /// <summary>Whether the cancellation is handed on.</summary>
    public bool IsPropagateCancellation { get; }
}

/// <summary>Opaque: made by the server for a call it serves, read by the client of the same stack.</summary>
public abstract class ContextPropagationToken
{
    private protected ContextPropagationToken()
    {
    }
}
