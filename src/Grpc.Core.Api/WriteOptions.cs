namespace Grpc.Core;

/// <summary>How a message is to be written.</summary>
[Flags]
public enum WriteFlags
{
    /// <summary>More will follow soon: the transport may wait with the flush.</summary>
    BufferHint = 1,

    /// <summary>Do not compress this message, whatever the call says.</summary>
    NoCompress = 2,
}

/// <summary>The options of a write; does not change once made.</summary>
public class WriteOptions
{
    /// <summary>No flag set.</summary>
    public static readonly WriteOptions Default = new();

    /// <summary>Options with these flags.</summary>
    public WriteOptions(WriteFlags flags = default) => Flags = flags;

    /// <summary>The flags.</summary>
    public WriteFlags Flags { get; }
}
