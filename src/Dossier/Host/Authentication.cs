using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Dossier.V1;
using Grpc.Core;

namespace Dossier.Host;

/// <summary>Who a call was proved to come from.</summary>
/// <param name="System">The configured system.</param>
/// <param name="Scopes">What it may do.</param>
/// <param name="Agent">The person, where a token's claim proves it.</param>
/// <param name="Until">When the credential ends; null for a key, which does not.</param>
public sealed record Identity(string System, Scopes Scopes, string? Agent, DateTimeOffset? Until);

/// <summary>
/// Proves which system calls: by API key, by token or by client certificate. As soon as one system has credentials nobody is served
/// without. A credential in the metadata counts before a certificate: a proxy may have one of its own.
/// </summary>
public sealed class Authentication : IDisposable
{
    public const string KeyKey = "x-dossier-key";
    public const string KeyPrefix = "dsk_";
    private const string Bearer = "Bearer ";
    private readonly List<(byte[] Hash, string System)> keys = [];
    private readonly Dictionary<string, Scopes> scopes;
    private readonly TokenProof? tokens;
    private readonly CertificateProof certificates;

    public Authentication(DossierOptions options, ILogger<Authentication> log)
    {
        foreach (var (name, system) in options.Systems)
        {
            keys.AddRange(system.Keys.Select(key => (Convert.FromHexString(key[KeyHashPrefix.Length..]), name)));
        }

        scopes = options.Systems.ToDictionary(system => system.Key, system => Scopes.Of(system.Value.Scopes), StringComparer.Ordinal);
        tokens = options.Jwt.Issuer.Length > 0 ? new TokenProof(options, log) : null;
        certificates = new CertificateProof(options);
        Open = !IsConfigured(options);
    }

    /// <summary>How the configuration writes a key: this and 64 hexadecimal digits.</summary>
    public static string KeyHashPrefix => "sha256:";

    /// <summary>No system has credentials: whoever can reach the listener, which is loopback then, is served.</summary>
    public bool Open { get; }

    public static bool IsConfigured(DossierOptions options) => options.Systems.Values.Any(HasCredentials);

    public static bool HasCredentials(SystemOptions system) =>
        system.Keys.Count + system.Clients.Count + system.Certificates.Count + system.Thumbprints.Count > 0;

    /// <summary>How the configuration writes a key: its hash, from which nobody gets the key.</summary>
    public static string HashOf(string key) => KeyHashPrefix + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key)));

    /// <summary>A new key of 256 random bits.</summary>
    public static string NewKey() => KeyPrefix + Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)).TrimEnd('=').Replace('+', '-').Replace('/', '_');

    /// <exception cref="DossierException">There is no credential, or it proves nothing.</exception>
    public async ValueTask<Identity> IdentifyAsync(HttpContext context, CancellationToken caller)
    {
        var key = context.Request.Headers[KeyKey].LastOrDefault();
        var authorization = context.Request.Headers.Authorization.LastOrDefault();
        if (key is not null && authorization is not null)
        {
            throw Invalid($"Send {KeyKey} or authorization, not both.");
        }

        if (key is not null)
        {
            return Of(SystemOf(key) ?? throw Invalid($"The key in {KeyKey} is not known."), null, null);
        }

        if (authorization is not null)
        {
            return await OfTokenAsync(authorization, caller);
        }

        return context.Connection.ClientCertificate is { } certificate ? Of(certificates.SystemOf(certificate), null, new DateTimeOffset(certificate.NotAfter)) : throw Missing();
    }

    /// <summary>
    /// Which system a call comes from, where that can be told at once: by its key, or as it says itself where no credentials are asked for.
    /// Null if it takes a token or a certificate, or if nothing is proved.
    /// </summary>
    public string? SystemAtOnce(IHeaderDictionary headers) =>
        Open ? (headers.TryGetValue(Caller.SystemKey, out var said) && said.Count == 1 ? scopes.ContainsKey(said[0]!) ? said[0] : null : scopes.ContainsKey(Caller.DefaultSystem) ? Caller.DefaultSystem : null)
        : headers.TryGetValue(KeyKey, out var key) && key.Count == 1 && !headers.ContainsKey("authorization") ? SystemOf(key[0]!)
        : null;

    public void Dispose()
    {
        tokens?.Dispose();
        certificates.Dispose();
    }

    internal static DossierException Invalid(string message) => new(StatusCode.Unauthenticated, ErrorReason.CredentialsInvalid, message);

    private async ValueTask<Identity> OfTokenAsync(string authorization, CancellationToken caller)
    {
        if (tokens is null || !authorization.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase))
        {
            throw Invalid(tokens is null
                ? "This service takes no tokens: Jwt:Issuer is not configured."
                : "authorization must be Bearer and a token.");
        }

        var (system, agent, until) = await tokens.ProveAsync(authorization[Bearer.Length..].Trim(), caller);
        return Of(system, agent, until);
    }

    private Identity Of(string system, string? agent, DateTimeOffset? until) => new(system, scopes[system], agent, until);

    private string? SystemOf(string key)
    {
        // Every hash is compared, and each in constant time: how long it takes tells nothing.
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes(key));
        string? found = null;
        foreach (var (known, system) in keys)
        {
            if (CryptographicOperations.FixedTimeEquals(known, hash))
            {
                found = system;
            }
        }

        return found;
    }

    private DossierException Missing()
    {
        var ways = new List<string>();
        if (keys.Count > 0)
        {
            ways.Add($"an API key in {KeyKey}");
        }

        if (tokens is not null)
        {
            ways.Add("a token in authorization");
        }

        if (certificates.Any)
        {
            ways.Add("a client certificate");
        }

        return new DossierException(StatusCode.Unauthenticated, ErrorReason.CredentialsMissing, $"Say who calls: {string.Join(", or ", ways)}.");
    }
}

/// <summary>Client certificates: by a name in them that a configured authority vouches for, by their thumbprint, or by both.</summary>
internal sealed class CertificateProof : IDisposable
{
    private const int MostKnown = 1_000;
    private static readonly TimeSpan Refused = TimeSpan.FromMinutes(1);
    private const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";
    private readonly Dictionary<string, SystemOptions> systems;
    private readonly X509Certificate2Collection authorities = [];
    private readonly Lock gate = new();

    // Building a chain takes a millisecond or more, and a caller shows the same certificate with each call.
    // What was found holds until a certificate of its chain ends; what nobody vouches for is looked at again.
    private readonly Dictionary<string, (string? System, string Why, DateTime Until)> known = new(StringComparer.Ordinal);
    private readonly TimeProvider time;

    public CertificateProof(DossierOptions options, TimeProvider? time = null)
    {
        this.time = time ?? TimeProvider.System;
        systems = options.Systems.Where(system => system.Value.Certificates.Count + system.Value.Thumbprints.Count > 0)
            .ToDictionary(system => system.Key, system => system.Value, StringComparer.Ordinal);
        if (options.Tls.ClientAuthority.Length > 0)
        {
            authorities.ImportFromPemFile(options.Tls.ClientAuthority);
        }
    }

    public bool Any => systems.Count > 0;

    /// <exception cref="DossierException">It is nobody's.</exception>
    public string SystemOf(X509Certificate2 certificate)
    {
        var thumbprint = certificate.GetCertHashString(HashAlgorithmName.SHA256).ToLowerInvariant();
        var now = time.GetUtcNow().UtcDateTime;
        if (now < certificate.NotBefore.ToUniversalTime() || now > certificate.NotAfter.ToUniversalTime())
        {
            throw Authentication.Invalid("The client certificate is not valid at this time.");
        }

        (string? System, string Why, DateTime Until) found;
        lock (gate)
        {
            // A refusal that holds for longer than any was made by a clock that was ahead.
            if (!known.TryGetValue(thumbprint, out found) || now > found.Until || (found.System is null && found.Until > now + Refused))
            {
                found = Find(certificate, thumbprint, now);
                if (known.Count >= MostKnown)
                {
                    known.Clear();
                }

                known[thumbprint] = found;
            }
        }

        return found.System ?? throw Authentication.Invalid(found.Why);
    }

    public void Dispose()
    {
        foreach (var authority in authorities)
        {
            authority.Dispose();
        }
    }

    /// <summary>The names that a certificate vouches for, as the configuration writes them: <c>dns:…</c>, <c>uri:…</c>.</summary>
    internal static IReadOnlySet<string> Names(X509Certificate2 certificate)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var extension in certificate.Extensions.Where(extension => extension.Oid?.Value == "2.5.29.17"))
        {
            var sequence = new System.Formats.Asn1.AsnReader(extension.RawData, System.Formats.Asn1.AsnEncodingRules.DER).ReadSequence();
            while (sequence.HasData)
            {
                var tag = sequence.PeekTag();
                if (tag is { TagClass: System.Formats.Asn1.TagClass.ContextSpecific, TagValue: 2 or 6 })
                {
                    var text = sequence.ReadCharacterString(System.Formats.Asn1.UniversalTagNumber.IA5String, tag);
                    names.Add(tag.TagValue == 2 ? "dns:" + text.ToLowerInvariant() : "uri:" + text);
                }
                else
                {
                    sequence.ReadEncodedValue();
                }
            }
        }

        return names;
    }

    private (string? System, string Why, DateTime Until) Find(X509Certificate2 certificate, string thumbprint, DateTime now)
    {
        var names = ReadableNames(certificate);
        var vouched = new Lazy<DateTime?>(() => VouchedForUntil(certificate, now));
        foreach (var (name, system) in systems)
        {
            var pinned = system.Thumbprints.Count == 0 || system.Thumbprints.Contains(thumbprint, StringComparer.OrdinalIgnoreCase);
            if (pinned && system.Certificates.Count == 0)
            {
                return (name, "", DateTime.MaxValue);
            }

            if (pinned && system.Certificates.Any(names.Contains) && vouched.Value is { } until)
            {
                return (name, "", until);
            }
        }

        return (null, systems.Values.Any(system => system.Certificates.Any(names.Contains)) && vouched.Value is null
            ? "The client certificate is not from the configured authority."
            : "The client certificate is not in the list of any system.", now + Refused);
    }

    /// <summary>Anybody can show a certificate whose names cannot be read: it has none then.</summary>
    private static IReadOnlySet<string> ReadableNames(X509Certificate2 certificate)
    {
        try
        {
            return Names(certificate);
        }
        catch (Exception unreadable) when (unreadable is System.Formats.Asn1.AsnContentException or CryptographicException)
        {
            return new HashSet<string>(StringComparer.Ordinal);
        }
    }

    /// <summary>When the first certificate of its chain ends; null if there is no chain to a configured authority that holds now.</summary>
    private DateTime? VouchedForUntil(X509Certificate2 certificate, DateTime now)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(authorities);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        chain.ChainPolicy.ApplicationPolicy.Add(new Oid(ClientAuthentication));
        chain.ChainPolicy.VerificationTime = now.ToLocalTime();
        return authorities.Count > 0 && chain.Build(certificate) ? chain.ChainElements.Min(element => element.Certificate.NotAfter).ToUniversalTime() : null;
    }
}
