using System.CommandLine;

namespace Dossier.Cli;

/// <summary>The options that every command takes.</summary>
internal sealed class GlobalOptions
{
    public const string DefaultAddress = "http://127.0.0.1:5080";

    public Option<string> Address { get; } = new("--address")
    {
        Description = "Where the service listens; DOSSIER_ADDRESS sets it too",
        DefaultValueFactory = _ => Environment.GetEnvironmentVariable("DOSSIER_ADDRESS") is { Length: > 0 } set ? set : DefaultAddress,
        HelpName = "url",
        Recursive = true,
    };

    public Option<string?> System { get; } = new("--system")
    {
        Description = "The system that calls (x-dossier-system), for example webcare; only an open loopback listener takes it",
        HelpName = "slug",
        Recursive = true,
    };

    public Option<string?> Agent { get; } = new("--agent")
    {
        Description = "The person who acts (x-dossier-agent); your user name if not given",
        HelpName = "name",
        Recursive = true,
    };

    public Option<string?> Purpose { get; } = new("--purpose")
    {
        Description = "Why the dossier is opened (x-dossier-purpose); the service takes 'service' if not given",
        HelpName = "slug",
        Recursive = true,
    };

    public Option<string?> KeyFile { get; } = new("--key-file")
    {
        Description = "File that holds the API key of the calling system; DOSSIER_KEY holds the key itself",
        HelpName = "file",
        Recursive = true,
    };

    public Option<string?> TokenFile { get; } = new("--token-file")
    {
        Description = "File that holds a token (JWT) of the calling system; DOSSIER_TOKEN holds the token itself",
        HelpName = "file",
        Recursive = true,
    };

    public Option<string?> Certificate { get; } = new("--certificate")
    {
        Description = "PEM file of the calling system's certificate",
        HelpName = "file",
        Recursive = true,
    };

    public Option<string?> CertificateKey { get; } = new("--certificate-key")
    {
        Description = "PEM file of that certificate's private key",
        HelpName = "file",
        Recursive = true,
    };

    public Option<string?> Authority { get; } = new("--authority")
    {
        Description = "PEM file of the authority that vouches for the service's certificate; this machine's authorities if not given",
        HelpName = "file",
        Recursive = true,
    };

    public Option<bool> Json { get; } = new("--json")
    {
        Description = "The answer as protobuf JSON: one document on standard output, nothing else",
        Recursive = true,
    };

    public Option<string> Timeout { get; } = new("--timeout")
    {
        Description = "Deadline of each call: 500ms, 5s, 1m",
        DefaultValueFactory = _ => "5s",
        HelpName = "time",
        Recursive = true,
    };

    public void AddTo(Command root)
    {
        foreach (Option option in new Option[] { Address, System, Agent, Purpose, KeyFile, TokenFile, Certificate, CertificateKey, Authority, Json, Timeout })
        {
            root.Options.Add(option);
        }
    }
}
