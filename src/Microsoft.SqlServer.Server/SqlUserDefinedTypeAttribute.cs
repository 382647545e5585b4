namespace Microsoft.SqlServer.Server;

/// <summary>On a class or struct that is a user-defined type: how it is stored.</summary>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Struct, AllowMultiple = false, Inherited = true)]
public sealed class SqlUserDefinedTypeAttribute : Attribute
{
    /// <summary>A type stored this way; the format must be one of the two known ones.</summary>
    public SqlUserDefinedTypeAttribute(Format format)
    {
        if (format is not (Format.Native or Format.UserDefined))
        {
            throw new ArgumentOutOfRangeException(nameof(format), format, "Native or UserDefined.");
        }

        Format = format;
    }

    /// <summary>How it is stored.</summary>
    public Format Format { get; }

    /// <summary>Whether the stored bytes sort as the values do.</summary>
    public bool IsByteOrdered { get; set; }

    /// <summary>Whether every value takes the same number of bytes.</summary>
    public bool IsFixedLength { get; set; }

    /// <summary>The greatest number of bytes a value takes; -1 means up to 2 GB.</summary>
    public int MaxByteSize { get; set; }

    /// <summary>The name of the type.</summary>
    public string? Name { get; set; }

    /// <summary>The method that checks a value.</summary>
    public string? ValidationMethodName { get; set; }
}
