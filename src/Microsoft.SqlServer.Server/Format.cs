namespace Microsoft.SqlServer.Server;

/// <summary>How a user-defined type is stored; the numbers are those of the official enum.</summary>
public enum Format
{
    /// <summary>Not said.</summary>
    Unknown = 0,

    /// <summary>The runtime's own layout of the fields.</summary>
    Native = 1,

    /// <summary>The type writes and reads itself: <see cref="IBinarySerialize"/>.</summary>
    UserDefined = 2,
}
