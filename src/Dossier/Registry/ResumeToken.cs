using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Dossier.V1;
using Grpc.Core;

namespace Dossier.Registry;

/// <summary>
/// Where a watch stands: a sequence of one registry in one epoch, and a hash of what is watched, signed with the registry's key.
/// </summary>
/// <param name="Sequence">Everything that matches up to here was sent.</param>
/// <param name="Epoch">The registry's epoch.</param>
/// <param name="Watched">What is watched: parent and filters.</param>
public sealed record ResumeToken(long Sequence, string Epoch, string Watched)
{
    private const byte Version = 1;
    private const int HashLength = 12;
    private const int SignatureLength = 16;
    private const int BodyLength = 1 + 8 + HashLength + HashLength;

    public string Encode(byte[] key)
    {
        Span<byte> bytes = stackalloc byte[BodyLength + SignatureLength];
        bytes[0] = Version;
        BinaryPrimitives.WriteInt64BigEndian(bytes[1..], Sequence);
        Hash(Epoch, bytes.Slice(9, HashLength));
        Hash(Watched, bytes.Slice(9 + HashLength, HashLength));
        Sign(key, bytes[..BodyLength], bytes[BodyLength..]);
        return Base64Url.EncodeToString(bytes);
    }

    /// <summary>The sequence of a token of this registry, this epoch and this watch.</summary>
    /// <exception cref="DossierException">It is none.</exception>
    public static long Decode(string token, string epoch, string watched, byte[] key)
    {
        var bytes = new byte[BodyLength + SignatureLength];
        if (token.Length != Base64Url.GetEncodedLength(bytes.Length) || !Base64Url.TryDecodeFromChars(token, bytes, out var length)
            || length != bytes.Length || bytes[0] != Version)
        {
            throw Refusal.InvalidField("resume_token", "is not a token that WatchAgreements gave; list again and watch from the list's registry_sequence", ErrorReason.ResumeTokenInvalid);
        }

        Span<byte> expected = stackalloc byte[SignatureLength];
        Sign(key, bytes.AsSpan(0, BodyLength), expected);
        if (!CryptographicOperations.FixedTimeEquals(expected, bytes.AsSpan(BodyLength)))
        {
            throw Refusal.InvalidField("resume_token", "was given by another registry", ErrorReason.ResumeTokenForeign);
        }

        Span<byte> hash = stackalloc byte[HashLength];
        Hash(epoch, hash);
        if (!hash.SequenceEqual(bytes.AsSpan(9, HashLength)))
        {
            throw Resuming.RegistryRestored(null);
        }

        Hash(watched, hash);
        return hash.SequenceEqual(bytes.AsSpan(9 + HashLength, HashLength))
            ? BinaryPrimitives.ReadInt64BigEndian(bytes.AsSpan(1))
            : throw Refusal.InvalidField("resume_token", "was given for a watch with another parent or filter", ErrorReason.ResumeTokenForeign);
    }

    private static void Hash(string text, Span<byte> to) => SHA256.HashData(Encoding.UTF8.GetBytes(text)).AsSpan(0, HashLength).CopyTo(to);

    private static void Sign(byte[] key, ReadOnlySpan<byte> body, Span<byte> to) => HMACSHA256.HashData(key, body).AsSpan(0, SignatureLength).CopyTo(to);
}

/// <summary>The ends of a watch. Those under way carry the token of the last message that was sent.</summary>
public static class Resuming
{
    public static DossierException Expired(long oldest) => new(
        StatusCode.OutOfRange,
        ErrorReason.ResumeTokenExpired,
        $"Changes before sequence {oldest} are no longer kept. List again and watch from the list's registry_sequence.");

    public static DossierException Future(long asked, long present) => Refusal.InvalidField(
        "resume_token", $"stands at {asked}, and this registry at {present}: it was restored or is another one; list again", ErrorReason.ResumeTokenFuture);

    public static DossierException RegistryRestored(string? token) => new(
        StatusCode.FailedPrecondition,
        ErrorReason.RegistryRestored,
        "The registry was restored from a backup; changes after it are gone. List again and watch from the list's registry_sequence.",
        metadata: With(token));

    public static DossierException TooSlow(TimeSpan waited, string token) => new(
        StatusCode.ResourceExhausted,
        ErrorReason.WatchTooSlow,
        $"The watcher did not read for {waited.TotalSeconds:0.#} s. Resume from metadata[\"resume_token\"] and read faster, or hand changes over to a queue of your own.",
        metadata: With(token));

    public static DossierException ShuttingDown(string token) => new(
        StatusCode.Unavailable,
        ErrorReason.ShuttingDown,
        "This instance stops. Resume from metadata[\"resume_token\"] at another one, or here when it is back.",
        metadata: With(token));

    public static DossierException CredentialsEnded(string token) => new(
        StatusCode.Unavailable,
        ErrorReason.CredentialsEnded,
        "The token or certificate that proved who watches has ended. Resume from metadata[\"resume_token\"] with a new one.",
        metadata: With(token));

    private static Dictionary<string, string>? With(string? token) =>
        token is null ? null : new Dictionary<string, string>(StringComparer.Ordinal) { ["resume_token"] = token };
}
