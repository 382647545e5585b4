using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Dossier.Cli;

/// <summary>What proves to the service which system calls, and to this command that it is the service. Never an argument: others see those.</summary>
internal static class Credentials
{
    /// <summary>The metadata of a key or a token.</summary>
    /// <exception cref="CommandException">There are two, or a file that cannot be read.</exception>
    public static (string Name, string Value)? Of(string? keyFile, string? tokenFile)
    {
        var key = Read(keyFile, "--key-file") ?? Variable("DOSSIER_KEY");
        var token = Read(tokenFile, "--token-file") ?? Variable("DOSSIER_TOKEN");
        return (key, token) switch
        {
            (not null, not null) => throw CommandException.Usage("a key and a token: give one of them"),
            (not null, _) => ("x-dossier-key", Plain(key, "the key")),
            (_, not null) => ("authorization", $"Bearer {Plain(token, "the token")}"),
            _ => null,
        };
    }

    /// <exception cref="CommandException">A file cannot be used.</exception>
    public static SslClientAuthenticationOptions Tls(string? certificate, string? key, string? authority)
    {
        var options = new SslClientAuthenticationOptions();
        if (certificate is null != key is null)
        {
            throw CommandException.Usage("--certificate and --certificate-key go together");
        }
        try
        {
            if (certificate is not null)
            {
                options.ClientCertificates = [X509Certificate2.CreateFromPemFile(certificate, key)];
            }
            if (authority is not null)
            {
                var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
                policy.CustomTrustStore.ImportFromPemFile(authority);
                options.CertificateChainPolicy = policy;
            }
        }
        catch (Exception unread) when (unread is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw CommandException.Usage($"{unread.Message.TrimEnd('.')}: --certificate, --certificate-key and --authority take PEM files");
        }
        return options;
    }

    private static string? Variable(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;

    private static string? Read(string? file, string option)
    {
        try
        {
            return file is null ? null : File.ReadAllText(file).Trim();
        }
        catch (Exception unread) when (unread is IOException or UnauthorizedAccessException)
        {
            throw CommandException.Usage($"{option}: {unread.Message}");
        }
    }

    private static string Plain(string value, string what) => value.Length > 0 && value.All(c => c is > ' ' and < '\x7f')
        ? value
        : throw CommandException.Usage($"{what} must be one line of plain characters");
}
