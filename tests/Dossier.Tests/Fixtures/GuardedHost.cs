using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Dossier.Host;
using Dossier.V1;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Dossier.Tests.Fixtures;

/// <summary>The service with TLS and callers who prove who they are: a system for each scope, and one for all of them; each in every way.</summary>
public sealed class GuardedHost : IAsyncLifetime
{
    public const string Audience = "dossier";
    public const string Uri = "uri:spiffe://company.example/all";
    private readonly string folder = DossierHost.NewDataDirectory();
    private readonly Dictionary<string, X509Certificate2> pinned = Scopes.Names.Append("all").ToDictionary(scope => scope, scope => new Authority("pinned " + scope).Certificate, StringComparer.Ordinal);
    private WebApplication app = null!;

    /// <summary>API keys by the scope that their system has; `all` has them all.</summary>
    public Dictionary<string, string> Keys { get; } = Scopes.Names.Append("all").ToDictionary(scope => scope, _ => Authentication.NewKey(), StringComparer.Ordinal);

    public Authority Authority { get; } = new("Company CA");

    public Authority Foreign { get; } = new("Other CA");

    public Issuer Issuer { get; private set; } = null!;

    public string Address { get; private set; } = "";

    public string Folder => folder;

    public IServiceProvider Services => app.Services;

    /// <summary>Settings beside those of every such service, as on the command line.</summary>
    public List<string> More { get; } = [];

    public static string SystemOf(string scope) => scope.Replace('.', '-');

    public static string ClientOf(string scope) => "client-" + SystemOf(scope);

    public static string UriOf(string scope) => "uri:spiffe://company.example/" + SystemOf(scope);

    public static Metadata ByKey(string key) => new() { { "x-dossier-key", key }, { "x-dossier-agent", "test" } };

    public static Metadata ByToken(string token) => new() { { "authorization", "Bearer " + token }, { "x-dossier-agent", "test" } };

    public Metadata As(string scope) => ByKey(Keys[scope]);

    /// <summary>
    /// How the system of a scope can prove itself, one way at a time: what it sends, and its certificate if that is the way. Who is known by a
    /// thumbprint is a system of its own, of the same scope.
    /// </summary>
    public IReadOnlyList<(string Way, Metadata Metadata, X509Certificate2? Certificate)> WaysOf(string scope) =>
    [
        ("key", As(scope), null),
        ("token", ByToken(Issuer.Token(ClientOf(scope))), null),
        ("certificate", new Metadata { { "x-dossier-agent", "test" } }, Authority.Issue("any", names => names.AddUri(new Uri(UriOf(scope)[4..])))),
        ("thumbprint", new Metadata { { "x-dossier-agent", "test" } }, pinned[scope]),
    ];

    /// <summary>A channel that trusts the service's authority, with a certificate or without.</summary>
    public GrpcChannel Connect(X509Certificate2? certificate = null) => Connect(Address, Authority.Certificate, certificate);

    /// <summary>A channel that trusts an authority.</summary>
    public static GrpcChannel Connect(string address, X509Certificate2 authority, X509Certificate2? certificate = null)
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.Add(authority);
        var tls = new SslClientAuthenticationOptions { CertificateChainPolicy = policy };
        if (certificate is not null)
        {
            // As a list, the platform may leave it out where the server names no authority.
            tls.LocalCertificateSelectionCallback = (_, _, _, _, _) => certificate;
        }

        return GrpcChannel.ForAddress(address, new GrpcChannelOptions { HttpHandler = new SocketsHttpHandler { SslOptions = tls }, DisposeHttpClient = true });
    }

    /// <summary>Writes a new certificate of the service.</summary>
    public X509Certificate2 RenewCertificate()
    {
        var certificate = Authority.Issue("localhost", names => names.AddIpAddress(System.Net.IPAddress.Loopback), TimeSpan.FromDays(60));
        File.WriteAllText(Path.Combine(folder, "service.pem"), certificate.ExportCertificatePem());
        File.WriteAllText(Path.Combine(folder, "service.key"), certificate.GetRSAPrivateKey()!.ExportPkcs8PrivateKeyPem());
        return certificate;
    }

    /// <summary>How the issuer is when the service starts.</summary>
    public IssuerState AtFirst { get; init; }

    /// <summary>The settings of such a service.</summary>
    public List<string> Settings()
    {
        var settings = new List<string>
        {
            "--Listen=https://127.0.0.1:0", $"--DataDirectory={folder}",
            $"--Tls:Certificate={Path.Combine(folder, "service.pem")}", $"--Tls:Key={Path.Combine(folder, "service.key")}",
            $"--Tls:ClientAuthority={Path.Combine(folder, "authority.pem")}",
            $"--Jwt:Issuer={Issuer.Address}", $"--Jwt:Audience={Audience}", "--Jwt:AgentClaim=preferred_username",
            "--Purposes:only-bills:Sections:0=INVOICES",
            "--Systems:narrow:Scopes:0=dossier.read:invoices", "--Systems:narrow:Scopes:1=dossier.read:interactions@telephony",
            $"--Systems:narrow:Keys:0={Authentication.HashOf("dsk_narrow")}",
            "--Systems:local:Within=02:00:00", "--Systems:webcare:Within=02:00:00", "--Systems:administration:MustAcknowledge:0=CREDIT_INVOICE",
        };
        foreach (var (scope, key) in Keys)
        {
            settings.Add($"--Systems:{SystemOf(scope)}:Keys:0={Authentication.HashOf(key)}");
            settings.Add($"--Systems:{SystemOf(scope)}:Clients:0={ClientOf(scope)}");
            settings.Add($"--Systems:{SystemOf(scope)}:Certificates:0={UriOf(scope)}");

            // A system of its own: one that has names of certificates too must show both.
            settings.Add($"--Systems:pinned-{SystemOf(scope)}:Thumbprints:0={pinned[scope].GetCertHashString(HashAlgorithmName.SHA256)}");
            foreach (var system in new[] { SystemOf(scope), "pinned-" + SystemOf(scope) })
            {
                settings.AddRange((scope == "all" ? Scopes.Names : [scope]).Select((name, index) => $"--Systems:{system}:Scopes:{index}={name}"));
            }
        }

        return [.. settings, .. More];
    }

    /// <summary>A self-signed certificate that one system is known by.</summary>
    public X509Certificate2 Pinned => pinned[Scopes.AgreementsRead];

    public async Task InitializeAsync()
    {
        Issuer = await Issuer.StartAsync();
        Issuer.State = AtFirst;
        RenewCertificate();
        await File.WriteAllTextAsync(Path.Combine(folder, "authority.pem"), Authority.Certificate.ExportCertificatePem());
        (app, _) = await global::Dossier.Service.StartAsync([.. Settings()]);
        Address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single(address => address.StartsWith("https", StringComparison.Ordinal));
    }

    public async Task DisposeAsync()
    {
        await app.StopAsync();
        await app.DisposeAsync();
        await Issuer.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }
}

/// <summary>An authority that issues certificates.</summary>
public sealed class Authority
{
    public Authority(string name)
    {
        var key = RSA.Create(2048);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        Certificate = request.CreateSelfSigned(TimeProvider.System.GetUtcNow().AddDays(-1), TimeProvider.System.GetUtcNow().AddDays(90));
    }

    /// <summary>One that another authority has issued.</summary>
    public Authority(string name, Authority above)
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        using var issued = request.Create(above.Certificate, TimeProvider.System.GetUtcNow().AddHours(-22), TimeProvider.System.GetUtcNow().AddDays(80), RandomNumberGenerator.GetBytes(16));
        using var whole = issued.CopyWithPrivateKey(key);
        Certificate = X509CertificateLoader.LoadPkcs12(whole.Export(X509ContentType.Pkcs12), null, X509KeyStorageFlags.Exportable);
    }

    public X509Certificate2 Certificate { get; }

    /// <summary>The same authority, by the same key, in a certificate that ends sooner.</summary>
    public X509Certificate2 Ending(TimeSpan from)
    {
        using var key = Certificate.GetRSAPrivateKey()!;
        var request = new CertificateRequest(Certificate.SubjectName, key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        return request.CreateSelfSigned(TimeProvider.System.GetUtcNow().AddDays(-1), TimeProvider.System.GetUtcNow() + from);
    }

    /// <param name="name">Its subject, by which nobody is known.</param>
    /// <param name="names">What it vouches for.</param>
    /// <param name="until">How long it is valid.</param>
    /// <param name="usage">The one use it is for; servers and clients if none is said.</param>
    public X509Certificate2 Issue(string name, Action<SubjectAlternativeNameBuilder> names, TimeSpan? until = null, string? usage = null)
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var builder = new SubjectAlternativeNameBuilder();
        names(builder);
        request.CertificateExtensions.Add(builder.Build());
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension(usage is null ? [new Oid("1.3.6.1.5.5.7.3.1"), new Oid("1.3.6.1.5.5.7.3.2")] : [new Oid(usage)], critical: false));
        var now = TimeProvider.System.GetUtcNow();
        using var issued = request.Create(Certificate, now.AddHours(-20), now + (until ?? TimeSpan.FromDays(2)), RandomNumberGenerator.GetBytes(16));
        using var whole = issued.CopyWithPrivateKey(key);
        return X509CertificateLoader.LoadPkcs12(whole.Export(X509ContentType.Pkcs12), null);
    }
}

public enum IssuerState
{
    Well,

    /// <summary>Answers with an error.</summary>
    Down,

    /// <summary>Takes connections and answers nothing.</summary>
    Silent,
}

/// <summary>An issuer of tokens: a real server with a discovery document and keys that rotate.</summary>
public sealed class Issuer : IAsyncDisposable
{
    private readonly WebApplication app;
    private RsaSecurityKey signing = NewKey();

    private Issuer(WebApplication app) => this.app = app;

    public string Address { get; private set; } = "";

    /// <summary>What it does with those who ask.</summary>
    public IssuerState State { get; set; }

    public static async Task<Issuer> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var server = builder.Build();
        var issuer = new Issuer(server);
        server.Use(async (context, next) =>
        {
            if (issuer.State == IssuerState.Silent)
            {
                await Task.Delay(Timeout.InfiniteTimeSpan, context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
            else if (issuer.State == IssuerState.Down)
            {
                context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            }
            else
            {
                await next(context);
            }
        });
        server.MapGet("/.well-known/openid-configuration", () => Results.Json(new { issuer = issuer.Address, jwks_uri = issuer.Address + "/keys" }));
        server.MapGet("/keys", () =>
        {
            var key = JsonWebKeyConverter.ConvertFromRSASecurityKey(new RsaSecurityKey(issuer.signing.Rsa.ExportParameters(false)) { KeyId = issuer.signing.KeyId });
            return Results.Json(new { keys = new[] { new { kty = key.Kty, kid = key.Kid, n = key.N, e = key.E, use = "sig", alg = "RS256" } } });
        });
        await server.StartAsync();
        issuer.Address = server.Urls.Single();
        return issuer;
    }

    /// <summary>From now on tokens are signed with a new key, and the old one is gone.</summary>
    public void Rotate() => signing = NewKey();

    /// <summary>A token that is right, but for what is said.</summary>
    public string Token(string client = "client-all", string? issuer = null, string audience = GuardedHost.Audience, TimeSpan? until = null, string? agent = null, RsaSecurityKey? key = null, string claim = "client_id")
    {
        var now = TimeProvider.System.GetUtcNow().UtcDateTime;
        var expires = now + (until ?? TimeSpan.FromMinutes(5));
        var claims = new Dictionary<string, object>(StringComparer.Ordinal) { [claim] = client };
        if (agent is not null)
        {
            claims["preferred_username"] = agent;
        }

        return new JsonWebTokenHandler().CreateToken(new SecurityTokenDescriptor
        {
            Issuer = issuer ?? Address,
            Audience = audience,
            NotBefore = expires.AddMinutes(-10),
            IssuedAt = expires.AddMinutes(-10),
            Expires = expires,
            Claims = claims,
            SigningCredentials = new SigningCredentials(key ?? signing, SecurityAlgorithms.RsaSha256),
        });
    }

    /// <summary>As of somebody who has read the issuer's public key, and says that it is a secret which both know.</summary>
    public string SignedByPublicKey() => new JsonWebTokenHandler().CreateToken(new SecurityTokenDescriptor
    {
        Issuer = Address,
        Audience = GuardedHost.Audience,
        Claims = new Dictionary<string, object>(StringComparer.Ordinal) { ["client_id"] = "client-all" },
        SigningCredentials = new SigningCredentials(new SymmetricSecurityKey(signing.Rsa.ExportSubjectPublicKeyInfo()) { KeyId = signing.KeyId }, SecurityAlgorithms.HmacSha256),
    });

    /// <summary>One that says of no moment that it ends then.</summary>
    public string Endless() => new JsonWebTokenHandler { SetDefaultTimesOnTokenCreation = false }.CreateToken(new SecurityTokenDescriptor
    {
        Issuer = Address,
        Audience = GuardedHost.Audience,
        Claims = new Dictionary<string, object>(StringComparer.Ordinal) { ["client_id"] = "client-all" },
        SigningCredentials = new SigningCredentials(signing, SecurityAlgorithms.RsaSha256),
    });

    public static RsaSecurityKey NewKey() => new(RSA.Create(2048)) { KeyId = Guid.NewGuid().ToString() };

    public async ValueTask DisposeAsync()
    {
        await app.StopAsync();
        await app.DisposeAsync();
    }
}
