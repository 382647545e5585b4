using System.Diagnostics;
using Dossier.V1;
using Grpc.Core;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Protocols;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Microsoft.IdentityModel.Tokens;

namespace Dossier.Host;

/// <summary>
/// Tokens (JWT) of the configured issuer. Its keys are read from its discovery document, from time to time and when a token is signed with a
/// key that is not known yet. Nobody with a known key waits for an issuer that is slow or down.
/// </summary>
internal sealed class TokenProof : IDisposable
{
    private static readonly string[] Algorithms =
    [
        SecurityAlgorithms.RsaSha256, SecurityAlgorithms.RsaSha384, SecurityAlgorithms.RsaSha512,
        SecurityAlgorithms.RsaSsaPssSha256, SecurityAlgorithms.RsaSsaPssSha384, SecurityAlgorithms.RsaSsaPssSha512,
        SecurityAlgorithms.EcdsaSha256, SecurityAlgorithms.EcdsaSha384, SecurityAlgorithms.EcdsaSha512,
    ];

    private static readonly TimeSpan Skew = TimeSpan.FromSeconds(30);

    // How often keys are read anew for a token with an unknown one, which anybody can send, and after a read that failed.
    private static readonly TimeSpan KeysAgain = TimeSpan.FromSeconds(5);

    private readonly JsonWebTokenHandler handler = new() { MapInboundClaims = false };
    private readonly HttpClient http = new() { Timeout = TimeSpan.FromSeconds(5) };
    private readonly Lock gate = new();
    private readonly JwtOptions options;
    private readonly Dictionary<string, string> clients;
    private readonly ILogger log;
    private OpenIdConnectConfiguration? keys;
    private Task reading = Task.CompletedTask;

    // By a clock that nobody sets: after a wall clock that was an hour ahead for a moment, no key would be read for an hour.
    private long triedAt = long.MinValue;
    private long readAt = long.MinValue;

    public TokenProof(DossierOptions settings, ILogger log)
    {
        (options, this.log) = (settings.Jwt, log);
        clients = settings.Systems.SelectMany(system => system.Value.Clients.Select(client => (client, system.Key)))
            .ToDictionary(client => client.client, client => client.Key, StringComparer.Ordinal);
    }

    /// <exception cref="DossierException">It proves nothing; or the issuer's keys cannot be read, so that nobody can tell.</exception>
    public async Task<(string System, string? Agent, DateTimeOffset Until)> ProveAsync(string token, CancellationToken caller)
    {
        var present = await KeysAsync(newer: false, caller);
        var result = await CheckAsync(token, present);
        if (result.Exception is SecurityTokenSignatureKeyNotFoundException)
        {
            result = await CheckAsync(token, await KeysAsync(newer: true, caller));
            if (result.Exception is SecurityTokenSignatureKeyNotFoundException && HasFailed())
            {
                throw Unavailable();
            }
        }

        if (!result.IsValid)
        {
            throw Authentication.Invalid(result.Exception switch
            {
                SecurityTokenExpiredException => "The token has expired.",
                SecurityTokenNotYetValidException => "The token is not valid yet.",
                SecurityTokenInvalidAudienceException => $"The token is for another audience than {options.Audience}.",
                SecurityTokenInvalidIssuerException => $"The token is of another issuer than {options.Issuer}.",
                SecurityTokenSignatureKeyNotFoundException => "The token is signed with a key that its issuer does not have.",
                _ => "The token is malformed, unsigned or has a wrong signature.",
            });
        }

        var claims = result.ClaimsIdentity;
        var client = options.ClientClaims.Select(claim => claims.FindFirst(claim)?.Value).FirstOrDefault(value => value is not null)
            ?? throw Authentication.Invalid($"The token has none of the claims {string.Join(", ", options.ClientClaims)}.");
        var system = clients.GetValueOrDefault(client) ?? throw Authentication.Invalid("The token's client is no configured system.");
        return (system, options.AgentClaim.Length > 0 ? claims.FindFirst(options.AgentClaim)?.Value : null, new DateTimeOffset(result.SecurityToken.ValidTo, TimeSpan.Zero) + Skew);
    }

    /// <summary>The issuer's discovery document and its keys.</summary>
    internal static Task<OpenIdConnectConfiguration> ReadAsync(JwtOptions jwt, HttpClient http, CancellationToken stop) => OpenIdConnectConfigurationRetriever.GetAsync(
        jwt.Issuer.TrimEnd('/') + "/.well-known/openid-configuration", new HttpDocumentRetriever(http) { RequireHttps = !new Uri(jwt.Issuer).IsLoopback }, stop);

    public void Dispose()
    {
        http.Dispose();
    }

    private Task<TokenValidationResult> CheckAsync(string token, OpenIdConnectConfiguration present) => handler.ValidateTokenAsync(token, new TokenValidationParameters
    {
        ValidIssuer = options.Issuer,
        ValidAudience = options.Audience,
        IssuerSigningKeys = present.SigningKeys,
        ValidAlgorithms = Algorithms,
        RequireSignedTokens = true,
        RequireExpirationTime = true,
        ClockSkew = Skew,
    });

    /// <summary>The issuer's keys. Those that are known are used while they are read again, and for as long as the issuer cannot be reached.</summary>
    /// <param name="newer">They lack the key that is wanted.</param>
    /// <param name="caller">He waits no longer; the read goes on for others.</param>
    private async Task<OpenIdConnectConfiguration> KeysAsync(bool newer, CancellationToken caller)
    {
        Task toWaitFor;
        lock (gate)
        {
            var now = Stopwatch.GetTimestamp();
            var isDue = keys is null || (Stopwatch.GetElapsedTime(triedAt, now) > KeysAgain && (newer || Stopwatch.GetElapsedTime(readAt, now) > options.KeysFor));
            if (isDue && reading.IsCompleted)
            {
                triedAt = now;
                reading = Task.Run(ReadAsync, CancellationToken.None);
            }

            if (keys is { } known && (!newer || reading.IsCompleted))
            {
                return known;
            }

            toWaitFor = reading;
        }

        await toWaitFor.WaitAsync(caller);
        lock (gate)
        {
            return keys ?? throw Unavailable();
        }
    }

    private async Task ReadAsync()
    {
        try
        {
            var read = await ReadAsync(options, http, CancellationToken.None);
            lock (gate)
            {
                (keys, readAt) = (read, Stopwatch.GetTimestamp());
            }
        }
        catch (Exception unread)
        {
            Log.IssuerUnread(log, unread.GetBaseException().Message);
        }
    }

    /// <summary>The last read of the keys brought none.</summary>
    private bool HasFailed()
    {
        lock (gate)
        {
            return readAt < triedAt;
        }
    }

    private static DossierException Unavailable() =>
        new(StatusCode.Unavailable, ErrorReason.IssuerUnavailable, "Tokens cannot be checked: their issuer's keys cannot be read. Try again.");
}
