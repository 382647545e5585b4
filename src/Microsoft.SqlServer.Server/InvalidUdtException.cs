namespace Microsoft.SqlServer.Server;

/// <summary>A class is not a well-formed user-defined type.</summary>
[Serializable]
public sealed class InvalidUdtException : SystemException
{
    private InvalidUdtException(string message)
        : base(message)
    {
    }

    /// <summary>The exception for this type, with the reason.</summary>
    public static InvalidUdtException Create(Type udtType, string resourceReason)
        => new($"'{udtType}' is not a valid user-defined type: {resourceReason}");
}
