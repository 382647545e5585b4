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
}
