using System.Buffers.Text;
using System.Security.Cryptography;
using Dossier.V1;
using Google.Protobuf;

namespace Dossier.Guard;

/// <summary>
/// A decision id: what was judged, signed with the registry's key, so that it can be confirmed and reported later
/// without every ALLOW being stored. An action with many subjects is held by its hash: the token stays a token.
/// </summary>
public static class DecisionToken
{
    private const int SignatureLength = 16;
    private const int LargestBody = 1_400;

    /// <param name="id">UUIDv7 of the decision, in which its time stands too.</param>
    /// <param name="action">What was judged.</param>
    /// <param name="verdict">The verdict.</param>
    /// <param name="sequence">The registry's sequence of which it is true.</param>
    /// <param name="expire">When the decision is void, in microseconds.</param>
    /// <param name="key">The registry's signing key.</param>
    public static string Encode(Guid id, PlannedAction action, Verdict verdict, long sequence, long expire, byte[] key)
    {
        var judged = action.ToByteArray();
        var whole = judged.Length <= LargestBody;
        using var body = new MemoryStream();
        using (var writer = new BinaryWriter(body))
        {
            writer.Write((byte)1);
            writer.Write(id.ToByteArray(bigEndian: true));
            writer.Write((byte)verdict);
            writer.Write(sequence);
            writer.Write(expire);
            writer.Write(whole);
            writer.Write(whole ? judged : SHA256.HashData(judged));
        }

        var bytes = body.ToArray();
        return Base64Url.EncodeToString([.. HMACSHA256.HashData(key, bytes)[..SignatureLength], .. bytes]);
    }

    /// <summary>What a token holds; null if it is none of this registry's.</summary>
    public static Judged? Decode(string token, byte[] key)
    {
        byte[] bytes;
        try
        {
            bytes = token.Length is > 0 and <= 4_096 ? Base64Url.DecodeFromChars(token) : [];
        }
        catch (FormatException)
        {
            return null;
        }

        if (bytes.Length <= SignatureLength + HeadLength
            || !CryptographicOperations.FixedTimeEquals(HMACSHA256.HashData(key, bytes.AsSpan(SignatureLength)).AsSpan(0, SignatureLength), bytes.AsSpan(0, SignatureLength)))
        {
            return null;
        }

        using var reader = new BinaryReader(new MemoryStream(bytes, SignatureLength, bytes.Length - SignatureLength));
        reader.ReadByte();
        var id = new Guid(reader.ReadBytes(16), bigEndian: true);
        var verdict = (Verdict)reader.ReadByte();
        reader.ReadInt64();
        var expire = reader.ReadInt64();
        var whole = reader.ReadBoolean();
        var rest = bytes[(SignatureLength + HeadLength)..];
        return new Judged(id, verdict, expire, whole ? PlannedAction.Parser.ParseFrom(rest) : null, whole ? null : rest);
    }

    // Version, id, verdict, sequence, expiry, whole.
    private const int HeadLength = 1 + 16 + 1 + 8 + 8 + 1;

    /// <param name="Id">The decision's id.</param>
    /// <param name="Verdict">Its verdict.</param>
    /// <param name="Expire">When it is void, in microseconds.</param>
    /// <param name="Action">What was judged; null if the token holds its hash only.</param>
    /// <param name="Hash">SHA-256 of what was judged, if the token holds no more.</param>
    public sealed record Judged(Guid Id, Verdict Verdict, long Expire, PlannedAction? Action, byte[]? Hash)
    {
        /// <summary>What was judged: as the token holds it, or as the caller says it if that is the very same; else null.</summary>
        public PlannedAction? Is(PlannedAction? said) =>
            Action ?? (said is not null && Hash!.AsSpan().SequenceEqual(SHA256.HashData(said.ToByteArray())) ? said : null);
    }
}
