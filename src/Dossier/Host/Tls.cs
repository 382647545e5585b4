using System.Diagnostics;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;

namespace Dossier.Host;

/// <summary>
/// The service's certificate. Its files are looked at again by a handshake that comes a second or more after the last look, so that a
/// renewed certificate is taken over without a restart; one that cannot be read leaves the old one in place, with a line in the log.
/// Callers' certificates are asked for and judged per call (Authentication): a handshake that fails tells a caller nothing.
/// </summary>
internal sealed class Tls(TlsOptions options, ILogger<Tls> log)
{
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(1);
    private readonly Lock gate = new();
    private SslStreamCertificateContext? context;
    private byte[] seen = [];
    private long looked;

    /// <exception cref="InvalidOperationException">The files cannot be used.</exception>
    public void Use(ListenOptions listen)
    {
        // At the start, not at the first handshake.
        Current();
        listen.UseHttps(new TlsHandshakeCallbackOptions
        {
            OnConnection = _ => ValueTask.FromResult(new SslServerAuthenticationOptions
            {
                ServerCertificateContext = Current(),
                ApplicationProtocols = [SslApplicationProtocol.Http2],
                ClientCertificateRequired = true,
#pragma warning disable CA5359 // Judged per call.
                RemoteCertificateValidationCallback = (_, _, _, _) => true,
#pragma warning restore CA5359
            }),
        });
    }

    /// <summary>The certificate with its chain.</summary>
    /// <exception cref="InvalidOperationException">There is none yet and the files cannot be read.</exception>
    public SslStreamCertificateContext Current()
    {
        lock (gate)
        {
            if (context is null || Stopwatch.GetElapsedTime(looked) >= Look)
            {
                looked = Stopwatch.GetTimestamp();
                Renew();
            }

            return context!;
        }
    }

    private void Renew()
    {
        try
        {
            var (certificate, key) = (File.ReadAllBytes(options.Certificate), File.ReadAllBytes(options.Key));
            var hash = SHA256.HashData([.. certificate, .. key]);
            if (!hash.AsSpan().SequenceEqual(seen))
            {
                var renewed = context is not null;
                context = Load();
                seen = hash;
                if (renewed)
                {
                    Log.CertificateRenewed(log, context.TargetCertificate.NotAfter.ToUniversalTime());
                }
            }
        }
        // A key of another certificate is an ArgumentException: so it is between the two writes of somebody who renews them.
        catch (Exception unread) when (unread is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException)
        {
            if (context is null)
            {
                throw new InvalidOperationException($"Tls:Certificate and Tls:Key cannot be used: {unread.Message}", unread);
            }

            Log.CertificateNotRenewed(log, unread.Message);
        }
    }

    private SslStreamCertificateContext Load()
    {
        var chain = new X509Certificate2Collection();
        chain.ImportFromPemFile(options.Certificate);
        var certificate = X509Certificate2.CreateFromPemFile(options.Certificate, options.Key);
        return SslStreamCertificateContext.Create(certificate, chain, offline: true);
    }
}
