using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Dossier.Sources;
using Grpc.Core;

namespace Dossier.Cli.Operating;

/// <summary>The way to the service, step by step: its name, its port, TLS, the certificate, HTTP/2. A gRPC call says only that it failed.</summary>
internal sealed class Way(Session session, List<Finding> findings)
{
    private static readonly TimeSpan Near = TimeSpan.FromDays(30);
    private readonly Uri _address = session.Address;

    /// <returns>Whether it is worth calling.</returns>
    public async Task<bool> ReachAsync(CancellationToken cancellation)
    {
        if (_address.Scheme == Uri.UriSchemeHttps && !_address.IsLoopback && !HttpClient.DefaultProxy.IsBypassed(_address))
        {
            findings.Add(new Finding("tls", FindingLevel.Note, "not looked at: calls go through this machine's proxy"));
            return true;
        }
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        patience.CancelAfter(session.Timeout);
        try
        {
            using var socket = new TcpClient();
            await socket.ConnectAsync(_address.DnsSafeHost, _address.Port, patience.Token);
            return _address.Scheme == Uri.UriSchemeHttp || await SecureAsync(socket.GetStream(), patience.Token);
        }
        catch (SocketException failed)
        {
            return Wrong("service", failed.SocketErrorCode switch
            {
                SocketError.ConnectionRefused => $"nothing listens at {Of(_address)}: is the service started there, and is that its Listen address and port?",
                SocketError.HostNotFound or SocketError.TryAgain or SocketError.NoData => $"the name {_address.DnsSafeHost} is not known here: is it spelt right, and does the name server know it?",
                _ => $"{Of(_address)} cannot be reached ({failed.Message.TrimEnd('.')}): is a network or a firewall in between?",
            });
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return Wrong("service", $"{Of(_address)} gave no answer within {Moments.Span(session.Timeout)}: is a firewall in between?");
        }
    }

    /// <summary>The address as people write it.</summary>
    public static string Of(Uri address) => address.AbsoluteUri.TrimEnd('/');

    /// <summary>What a failed call means, for who looks after the service.</summary>
    public static string Explain(RpcException failed, Uri address) => failed.StatusCode switch
    {
        StatusCode.Unimplemented => $"what listens at {Of(address)} is not the dossier service, or an older one",
        StatusCode.DeadlineExceeded => $"{Of(address)} took the call and gave no answer in time: is it overloaded, or does its registry hang?",
        _ when failed.Status.DebugException is HttpRequestException or IOException => address.Scheme == Uri.UriSchemeHttp
            ? $"what listens at {Of(address)} does not speak HTTP/2 without TLS: is it https there, or another program?"
            : $"what listens at {Of(address)} broke the call off: {failed.Status.DebugException.GetBaseException().Message.TrimEnd('.')}",
        _ => $"{failed.Status.Detail.TrimEnd('.')} ({failed.StatusCode})",
    };

    private async Task<bool> SecureAsync(NetworkStream stream, CancellationToken cancellation)
    {
        var (errors, states, issuer) = (SslPolicyErrors.None, X509ChainStatusFlags.NoError, "");
        X509Certificate2? shown = null;
        await using var tls = new SslStream(stream);
        try
        {
            await tls.AuthenticateAsClientAsync(
                new SslClientAuthenticationOptions
                {
                    TargetHost = _address.DnsSafeHost,
                    ClientCertificates = session.Tls.ClientCertificates,
                    CertificateChainPolicy = session.Tls.CertificateChainPolicy,
                    ApplicationProtocols = [SslApplicationProtocol.Http2],
#pragma warning disable CA5359 // Nothing is sent over it: what is wrong is told below, all of it and not only the first.
                    RemoteCertificateValidationCallback = (_, certificate, chain, found) =>
                    {
                        (errors, issuer) = (found, certificate?.Issuer ?? "");
                        states = chain?.ChainStatus.Aggregate(X509ChainStatusFlags.NoError, (all, one) => all | one.Status) ?? X509ChainStatusFlags.NoError;
                        shown = certificate is null ? null : X509CertificateLoader.LoadCertificate(certificate.GetRawCertData());
                        return true;
                    },
#pragma warning restore CA5359
                },
                cancellation);
        }
        catch (Exception failed) when (failed is AuthenticationException or IOException)
        {
            return Wrong("tls", $"what listens at {Of(_address)} speaks no TLS, or none with HTTP/2 ({failed.GetBaseException().Message.TrimEnd('.')}): is it http there, or is a proxy in between?");
        }
        using (shown)
        {
            return shown is null ? Wrong("tls", $"{Of(_address)} shows no certificate") : Judge(shown, errors, states, issuer, tls.NegotiatedApplicationProtocol == SslApplicationProtocol.Http2);
        }
    }

    private bool Judge(X509Certificate2 shown, SslPolicyErrors errors, X509ChainStatusFlags states, string issuer, bool http2)
    {
        var names = shown.Extensions.OfType<X509SubjectAlternativeNameExtension>()
            .SelectMany(extension => extension.EnumerateDnsNames().Concat(extension.EnumerateIPAddresses().Select(address => address.ToString()))).ToList();
        var (begins, ends, now) = (shown.NotBefore.ToUniversalTime(), shown.NotAfter.ToUniversalTime(), TimeProvider.System.GetUtcNow().UtcDateTime);
        var sound = true;
        if (errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch))
        {
            sound = Wrong("tls", $"its certificate is for {(names.Count > 0 ? string.Join(", ", names) : "no host at all")} and not for {_address.DnsSafeHost}: call it by such a name, or give it a certificate with this one");
        }
        if (now < begins || now > ends)
        {
            sound = Wrong("tls", now > ends
                ? $"its certificate ended on {ends:yyyy-MM-dd HH:mm} UTC: put a renewed one in the service's Tls:Certificate and Tls:Key"
                : $"its certificate is valid from {begins:yyyy-MM-dd HH:mm} UTC on and not before: is this machine's clock right?");
        }
        if ((states & (X509ChainStatusFlags.UntrustedRoot | X509ChainStatusFlags.PartialChain)) != X509ChainStatusFlags.NoError)
        {
            sound = Wrong("tls", session.Tls.CertificateChainPolicy is null
                ? $"nobody whom this machine trusts vouches for its certificate (issued by {issuer}): give its authority's file with --authority"
                : $"the authority in --authority does not vouch for its certificate (issued by {issuer}): is it the right file, and does Tls:Certificate hold the whole chain?");
        }
        if (!http2)
        {
            sound = Wrong("tls", "it speaks TLS without HTTP/2 (ALPN h2), which gRPC needs: is a proxy in between?");
        }
        // What is left in words of the platform: a certificate for another use, a weak signature.
        var other = states & ~(X509ChainStatusFlags.UntrustedRoot | X509ChainStatusFlags.PartialChain | X509ChainStatusFlags.NotTimeValid);
        if (sound && errors != SslPolicyErrors.None)
        {
            sound = Wrong("tls", $"its certificate is refused ({(other == X509ChainStatusFlags.NoError ? states : other)}): does each certificate of its chain hold for servers, and now?");
        }
        if (sound)
        {
            findings.Add(ends - now < Near
                ? new Finding("tls", FindingLevel.Warning, $"its certificate ends on {ends:yyyy-MM-dd HH:mm} UTC: callers refuse it from then on. Put a renewed one in the service's Tls:Certificate and Tls:Key")
                : new Finding("tls", FindingLevel.Fine, $"its certificate is trusted, is for {string.Join(", ", names)} and ends on {ends:yyyy-MM-dd HH:mm} UTC"));
        }
        return sound;
    }

    private bool Wrong(string about, string text)
    {
        findings.Add(new Finding(about, FindingLevel.Wrong, text));
        return false;
    }
}
