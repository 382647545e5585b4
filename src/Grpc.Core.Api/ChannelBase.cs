namespace Grpc.Core;

/// <summary>A connection, or a group of them, to one target.</summary>
public abstract class ChannelBase
{
    /// <summary>A channel to this target.</summary>
    protected ChannelBase(string target) => Target = Guard.NotNull(target, nameof(target));

    /// <summary>Where the channel goes.</summary>
    public string Target { get; }

    /// <summary>What calls over this channel are made with.</summary>
    public abstract CallInvoker CreateCallInvoker();

    /// <summary>Ends the channel and the calls on it.</summary>
    public Task ShutdownAsync() => ShutdownAsyncCore();

    /// <summary>See <see cref="ShutdownAsync"/>; does nothing unless overridden.</summary>
    protected virtual Task ShutdownAsyncCore() => Task.CompletedTask;
}
