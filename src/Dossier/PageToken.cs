using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using Dossier.Sources;
using Dossier.V1;

namespace Dossier;

/// <summary>
/// Where a listing stands: for each source the last (time, id) handed out, as that source gave it. Signed with the
/// registry's key, so that what it binds to a store's statement is what the store once gave.
/// </summary>
public sealed record PageToken
{
    /// <summary>Characters of a token: a place in each of some fifty sources.</summary>
    public const int Longest = 8_192;

    private const int SignatureLength = 16;

    /// <summary>What the token is for: the method, the customer and its filters.</summary>
    [JsonPropertyName("q")]
    public required string Query { get; init; }

    /// <summary>The registry's epoch: a restored registry gives new tokens.</summary>
    [JsonPropertyName("e")]
    public required string Epoch { get; init; }

    /// <summary>Positions by source.</summary>
    [JsonPropertyName("p")]
    public Dictionary<string, Position> Positions { get; init; } = new(StringComparer.Ordinal);

    /// <summary>Sources that have no more.</summary>
    [JsonPropertyName("d")]
    public List<string> Done { get; init; } = [];

    /// <summary>Sources that failed on a page before, the registry too.</summary>
    [JsonPropertyName("u")]
    public List<string> Unreachable { get; init; } = [];

    /// <summary>The moment by which clock states are judged, in microseconds, and the first page's sequence.</summary>
    [JsonPropertyName("n")]
    public long Now { get; init; }

    [JsonPropertyName("s")]
    public long Sequence { get; init; }

    public string Encode(byte[] key)
    {
        var body = JsonSerializer.SerializeToUtf8Bytes(this);
        var token = new byte[SignatureLength + body.Length];
        Sign(key, body).CopyTo(token, 0);
        body.CopyTo(token, SignatureLength);
        return Base64Url.EncodeToString(token);
    }

    /// <summary>Null where there is none, and where it is not one of this registry or is of another query: that is a violation.</summary>
    public static PageToken? Decode(string text, string query, string epoch, byte[] key, Violations violations)
    {
        if (text.Length == 0)
        {
            return null;
        }

        if (text.Length > Longest)
        {
            violations.Add("page_token", $"must be at most {Longest} characters, not {text.Length}", ErrorReason.InvalidPageToken);
            return null;
        }

        PageToken? token = null;
        try
        {
            var bytes = Base64Url.DecodeFromChars(text);
            if (bytes.Length > SignatureLength
                && CryptographicOperations.FixedTimeEquals(Sign(key, bytes.AsSpan(SignatureLength)), bytes.AsSpan(0, SignatureLength)))
            {
                token = JsonSerializer.Deserialize<PageToken>(bytes.AsSpan(SignatureLength));
            }
        }
        catch (Exception malformed) when (malformed is FormatException or JsonException)
        {
        }

        var problem = token is null ? "is not a token that this service gave; start again without one"
            : token.Epoch != epoch ? "was given before the registry was restored; start again without one"
            : token.Query != query ? "was given for another query; only page_size may change between pages"
            : null;
        if (problem is null)
        {
            return token;
        }

        violations.Add("page_token", problem, ErrorReason.InvalidPageToken);
        return null;
    }

    private static byte[] Sign(byte[] key, ReadOnlySpan<byte> body) => HMACSHA256.HashData(key, body)[..SignatureLength];

    /// <summary>A store's own (time, id); the time keeps the store's type.</summary>
    public sealed record Position
    {
        [JsonPropertyName("i")]
        public required string Id { get; init; }

        [JsonPropertyName("t")]
        public string? Text { get; init; }

        [JsonPropertyName("l")]
        public long? Whole { get; init; }

        [JsonPropertyName("r")]
        public double? Real { get; init; }

        [JsonPropertyName("m")]
        public DateTimeOffset? Moment { get; init; }

        [JsonPropertyName("c")]
        public DateTime? Clock { get; init; }

        public static Position Of(FoundInteraction found) => found.PageTime switch
        {
            string text => new Position { Id = found.Id, Text = text },
            long integer => new Position { Id = found.Id, Whole = integer },
            int integer => new Position { Id = found.Id, Whole = integer },
            double real => new Position { Id = found.Id, Real = real },
            DateTimeOffset moment => new Position { Id = found.Id, Moment = moment },
            DateTime clock => new Position { Id = found.Id, Clock = clock },
            _ => throw new RowException($"column 'page_time' holds a {found.PageTime.GetType().Name}, by which no page can be continued"),
        };

        public PagePosition ToPosition() => new((object?)Text ?? (object?)Whole ?? (object?)Real ?? (object?)Moment ?? Clock!, Id);
    }
}
