using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.RegularExpressions;
using Dossier.Sources;

namespace Dossier.Deployment;

/// <summary>The files that settings name: certificates that end, keys that do not belong to them, secrets that everybody can read.</summary>
internal static partial class FilesCheck
{
    /// <summary>How long before its end a certificate is told of.</summary>
    public static readonly TimeSpan Near = TimeSpan.FromDays(30);

    public static IEnumerable<Finding> Certificate(TlsOptions tls, DateTimeOffset now) =>
        tls.Certificate.Length == 0 ? [] : [OfCertificate(tls, now), .. OfKey(tls)];

    public static IEnumerable<Finding> Authorities(TlsOptions tls, DateTimeOffset now)
    {
        if (tls.ClientAuthority.Length == 0)
        {
            return [];
        }

        var authorities = new X509Certificate2Collection();
        try
        {
            authorities.ImportFromPemFile(tls.ClientAuthority);
        }
        catch (Exception unread) when (unread is IOException or UnauthorizedAccessException or CryptographicException)
        {
            return [new Finding("callers", FindingLevel.Wrong, $"Tls:ClientAuthority '{tls.ClientAuthority}' cannot be read: {unread.Message}")];
        }

        var found = authorities.Count == 0
            ? new Finding("callers", FindingLevel.Wrong, $"Tls:ClientAuthority '{tls.ClientAuthority}' holds no certificate: put the PEM of whoever issues callers' certificates there, or leave the setting out")
            : authorities.FirstOrDefault(authority => !authorities.Any(other => other.SubjectName.RawData.AsSpan().SequenceEqual(authority.IssuerName.RawData))) is { } cut
                ? new Finding("callers", FindingLevel.Wrong, $"Tls:ClientAuthority lacks {cut.Issuer}, who issued {cut.Subject}: every certificate below is refused. The file must hold the whole chain, up to one that issued itself")
            : authorities.FirstOrDefault(authority => authority.NotAfter.ToUniversalTime() < now.UtcDateTime + Near) is { } near
                ? new Finding("callers", FindingLevel.Warning, $"Tls:ClientAuthority: {near.Subject} {Ends(near, now)}: the certificates that it vouches for are refused then. Add its successor to the file")
                : new Finding("callers", FindingLevel.Fine, $"Tls:ClientAuthority holds {string.Join(" and ", authorities.Select(authority => authority.Subject))}");
        foreach (var authority in authorities)
        {
            authority.Dispose();
        }

        return [found];
    }

    /// <param name="options">The settings.</param>
    /// <param name="file">The settings of the file alone: only what stands there can be read there.</param>
    /// <param name="path">That file.</param>
    public static IEnumerable<Finding> Secrets(DossierOptions options, IConfiguration file, string path)
    {
        if (OperatingSystem.IsWindows())
        {
            return [];
        }

        var secrets = options.Sources.Values.Select(source => source.ConnectionStringFile).Prepend(options.Registry.ReadConnectionStringFile).Prepend(options.Registry.ConnectionStringFile).Prepend(options.Tls.Key)
            .Append(file.AsEnumerable().Any(setting => setting.Key.EndsWith("ConnectionString", StringComparison.OrdinalIgnoreCase) && Password().IsMatch(setting.Value ?? "")) ? path : "")
            .Where(secret => secret.Length > 0 && File.Exists(secret)).Distinct(StringComparer.Ordinal).ToList();
        var open = secrets.Where(secret => IsOpenToAll(secret)).ToList();
        return secrets.Count == 0 ? []
            : open.Count == 0 ? [new Finding("secrets", FindingLevel.Fine, $"nobody but owner and group can read {string.Join(", ", secrets)}")]
            : open.Select(secret => new Finding("secrets", FindingLevel.Warning, $"'{secret}' holds a secret and everybody on this machine can read it: chmod 600, with the service's user as its owner"));
    }

    private static Finding OfCertificate(TlsOptions tls, DateTimeOffset now)
    {
        try
        {
            using var certificate = X509Certificate2.CreateFromPem(File.ReadAllText(tls.Certificate));
            const string Renew = "Put a renewed one and its key in the same place: a running service takes them over";
            if (certificate.NotBefore.ToUniversalTime() > now.UtcDateTime)
            {
                return new Finding("certificate", FindingLevel.Wrong, $"'{tls.Certificate}' is valid from {certificate.NotBefore.ToUniversalTime():yyyy-MM-dd HH:mm} UTC on and not before: is this machine's clock right?");
            }

            if (certificate.NotAfter.ToUniversalTime() - now.UtcDateTime is var left && left < Near)
            {
                return new Finding("certificate", left < TimeSpan.Zero ? FindingLevel.Wrong : FindingLevel.Warning, $"'{tls.Certificate}' {Ends(certificate, now)}: callers refuse it from then on. {Renew}");
            }

            var names = Names(certificate);
            return names.Count == 0
                ? new Finding("certificate", FindingLevel.Wrong, $"'{tls.Certificate}' names no host (subject alternative names): callers refuse it. Have one issued with the name by which they call")
                : new Finding("certificate", FindingLevel.Fine, $"'{tls.Certificate}' is for {string.Join(", ", names)} and {Ends(certificate, now)}");
        }
        catch (Exception unread) when (unread is IOException or UnauthorizedAccessException or CryptographicException)
        {
            return new Finding("certificate", FindingLevel.Wrong, $"Tls:Certificate '{tls.Certificate}' cannot be read: {unread.Message}");
        }
    }

    private static IEnumerable<Finding> OfKey(TlsOptions tls)
    {
        try
        {
            var text = File.ReadAllText(tls.Key);
            if (Problem(text) is { } problem)
            {
                return [new Finding("key", FindingLevel.Wrong, $"Tls:Key '{tls.Key}' {problem}")];
            }

            X509Certificate2.CreateFromPemFile(tls.Certificate, tls.Key).Dispose();
            return [new Finding("key", FindingLevel.Fine, $"'{tls.Key}' belongs to the certificate")];
        }
        catch (Exception other) when (other is CryptographicException or ArgumentException)
        {
            // Which of the two depends on the kind of key.
            return [new Finding("key", FindingLevel.Wrong, $"Tls:Key '{tls.Key}' is not the key of '{tls.Certificate}': the service cannot start. Put the key there that the certificate was asked for with")];
        }
        catch (Exception unread) when (unread is IOException or UnauthorizedAccessException)
        {
            return [new Finding("key", FindingLevel.Wrong, $"Tls:Key '{tls.Key}' cannot be read: {unread.Message}")];
        }
    }

    private static string? Problem(string key) => !PemEncoding.TryFind(key, out var fields) || !key[fields.Label].EndsWith("PRIVATE KEY", StringComparison.Ordinal) && !key.Contains("PRIVATE KEY-----", StringComparison.Ordinal)
        ? "holds no private key in PEM"
        : key.Contains("BEGIN ENCRYPTED", StringComparison.Ordinal) ? "is encrypted, and the service has no password for it: openssl pkey writes it without" : null;

    internal static IReadOnlyList<string> Names(X509Certificate2 certificate) => [.. certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>()
        .SelectMany(names => names.EnumerateDnsNames().Concat(names.EnumerateIPAddresses().Select(address => address.ToString())))];

    private static string Ends(X509Certificate2 certificate, DateTimeOffset now) =>
        $"{(certificate.NotAfter.ToUniversalTime() < now.UtcDateTime ? "ended" : "ends")} on {certificate.NotAfter.ToUniversalTime():yyyy-MM-dd HH:mm} UTC";

    private static bool IsOpenToAll(string file) =>
        !OperatingSystem.IsWindows() && (File.GetUnixFileMode(file) & (UnixFileMode.OtherRead | UnixFileMode.OtherWrite)) != UnixFileMode.None;

    [GeneratedRegex("(^|;)\\s*(password|pwd)\\s*=\\s*[^;\\s]", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture)]
    private static partial Regex Password();
}
