using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Dossier.Host;

/// <summary>
/// A certificate of this machine's own names, for clients that insist on TLS. Its authority's key is thrown away as soon as it has signed:
/// whoever trusts that authority trusts this one certificate, and nobody can make another.
/// </summary>
internal static class DevelopmentCertificate
{
    private const string Folder = "dev-tls";
    private const string Authority = "authority.pem";
    private const string Certificate = "certificate.pem";
    private const string Key = "key.pem";
    private static readonly TimeSpan Life = TimeSpan.FromDays(90);

    // It is looked at when the service starts, and not again.
    private static readonly TimeSpan Near = TimeSpan.FromDays(30);

    /// <summary>The file that clients must trust.</summary>
    public static string AuthorityIn(string dataDirectory) => Path.GetFullPath(Path.Combine(dataDirectory, Folder, Authority));

    /// <summary>The files of a certificate that holds for a while yet; made now if there is none.</summary>
    public static TlsOptions Ready(string dataDirectory, DateTimeOffset now)
    {
        var folder = Path.GetFullPath(Path.Combine(dataDirectory, Folder));
        if (!IsGood(folder, now))
        {
            Replace(folder, now);
        }

        return new TlsOptions { Certificate = Path.Combine(folder, Certificate), Key = Path.Combine(folder, Key) };
    }

    private static bool IsGood(string folder, DateTimeOffset now)
    {
        try
        {
            using var certificate = X509Certificate2.CreateFromPemFile(Path.Combine(folder, Certificate), Path.Combine(folder, Key));
            using var chain = new X509Chain();
            chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
            chain.ChainPolicy.CustomTrustStore.ImportFromPemFile(Path.Combine(folder, Authority));
            chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
            chain.ChainPolicy.VerificationTime = now.UtcDateTime;
            return chain.Build(certificate) && certificate.NotAfter.ToUniversalTime() - now.UtcDateTime > Near;
        }
        catch (Exception unread) when (unread is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException)
        {
            return false;
        }
    }

    // The three files belong together, so they come as one folder: two starts at once never mix theirs.
    private static void Replace(string folder, DateTimeOffset now)
    {
        var made = $"{folder}.{Path.GetRandomFileName()}";
        var old = made + ".old";
        try
        {
            Make(made, now);
            if (Directory.Exists(folder))
            {
                Directory.Move(folder, old);
            }

            Directory.Move(made, folder);
        }
        catch (IOException) when (IsGood(folder, now))
        {
            // Another start was quicker, and its files are as good.
        }
        finally
        {
            foreach (var left in new[] { made, old }.Where(Directory.Exists))
            {
                Directory.Delete(left, recursive: true);
            }
        }
    }

    private static void Make(string folder, DateTimeOffset now)
    {
        using var authorityKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var vouching = new CertificateRequest($"CN=Dossier development {Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4))}", authorityKey, HashAlgorithmName.SHA256);
        var authorityId = new X509SubjectKeyIdentifierExtension(vouching.PublicKey, critical: false);
        vouching.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: true, 0, critical: true));
        vouching.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, critical: true));
        vouching.CertificateExtensions.Add(authorityId);
        using var authority = vouching.CreateSelfSigned(now.AddHours(-1), now + Life);

        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        names.AddIpAddress(IPAddress.Loopback);
        names.AddIpAddress(IPAddress.IPv6Loopback);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: false, hasPathLengthConstraint: false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1")], critical: false));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromSubjectKeyIdentifier(authorityId));
        using var certificate = request.Create(authority, new DateTimeOffset(authority.NotBefore), new DateTimeOffset(authority.NotAfter), RandomNumberGenerator.GetBytes(16));

        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, Authority), authority.ExportCertificatePem());
        File.WriteAllText(Path.Combine(folder, Certificate), certificate.ExportCertificatePem());
        var secret = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            secret.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        using var file = new StreamWriter(Path.Combine(folder, Key), secret);
        file.Write(key.ExportPkcs8PrivateKeyPem());
    }
}
