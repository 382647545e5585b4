using System.Net;
using Dossier.Host;
using Dossier.V1;

namespace Dossier;

/// <summary>Checks the settings that say who may call and how: a mistake here opens doors, so each stops the start with one sentence.</summary>
internal static class CallerSettings
{
    /// <exception cref="InvalidOperationException">A setting is wrong.</exception>
    public static void Check(IConfiguration configuration, DossierOptions options)
    {
        Known(configuration, nameof(options.Systems), typeof(SystemOptions));
        Known(configuration, nameof(options.Purposes), typeof(PurposeOptions));
        if (options.Jwt.ClientClaims.Count == 0)
        {
            options.Jwt.ClientClaims = ["client_id", "azp"];
        }

        Purposes(options);
        Jwt(options);
        Files(options);
        foreach (var (name, system) in options.Systems)
        {
            System(options, name, system);
        }

        Once(options, "Keys", system => system.Keys);
        Once(options, "Clients", system => system.Clients);
        Once(options, "Thumbprints", system => system.Thumbprints);

        // One name may stand for several systems where each has certificates of its own.
        var unpinned = options.Systems.Values.Where(system => system.Thumbprints.Count == 0).SelectMany(system => system.Certificates).ToHashSet(StringComparer.OrdinalIgnoreCase);
        Once(options, "Certificates", system => [.. system.Certificates.Where(unpinned.Contains)]);
        Listening(options);
    }

    // The binder drops what it does not know or cannot read, without a word.
    private static void Known(IConfiguration configuration, string group, Type type)
    {
        var settings = type.GetProperties().ToDictionary(setting => setting.Name, setting => setting.PropertyType, StringComparer.OrdinalIgnoreCase);
        foreach (var setting in configuration.GetSection(group).GetChildren().SelectMany(entry => entry.GetChildren()))
        {
            if (!settings.TryGetValue(setting.Key, out var kind))
            {
                throw new InvalidOperationException($"{setting.Path} is not a setting; use {string.Join(", ", settings.Keys)}.");
            }

            if (kind == typeof(List<string>) && setting.Value is { Length: > 0 })
            {
                throw new InvalidOperationException($"{setting.Path} is a list: write {setting.Path}:0, or [\"…\"] in the file.");
            }
        }
    }

    private static void Purposes(DossierOptions options)
    {
        foreach (var (name, purpose) in options.Purposes)
        {
            if (!ResourceNames.IsSlug(name))
            {
                throw new InvalidOperationException($"Purposes '{name}' must be 1-32 of [a-z0-9-].");
            }

            var sections = Enum.GetValues<Section>().Skip(1).Select(section => section.Word()).ToList();
            if (purpose.Sections.Find(section => !sections.Contains(section, StringComparer.Ordinal)) is { } wrong)
            {
                throw new InvalidOperationException($"Purposes:{name}:Sections '{wrong}' is not a section; use {string.Join(", ", sections)}.");
            }
        }
    }

    private static void Jwt(DossierOptions options)
    {
        var jwt = options.Jwt;
        if (jwt.Issuer.Length > 0
            && !(Uri.TryCreate(jwt.Issuer, UriKind.Absolute, out var issuer) && (issuer.Scheme == "https" || (issuer.Scheme == "http" && issuer.IsLoopback))))
        {
            throw new InvalidOperationException($"Jwt:Issuer '{jwt.Issuer}' must be an https address.");
        }

        if (jwt.Issuer.Length > 0 && jwt.Audience.Length == 0)
        {
            throw new InvalidOperationException("Jwt:Audience must be set beside Jwt:Issuer: a token for somebody else would be taken.");
        }

        if (jwt.KeysFor < TimeSpan.FromSeconds(5) || jwt.KeysFor > TimeSpan.FromDays(1))
        {
            throw new InvalidOperationException("Jwt:KeysFor must be between 00:00:05 and 1.00:00:00.");
        }
    }

    private static void Files(DossierOptions options)
    {
        var tls = options.Tls;
        if (tls.Certificate.Length == 0 != (tls.Key.Length == 0))
        {
            throw new InvalidOperationException("Tls:Certificate and Tls:Key go together: set both.");
        }

        foreach (var (name, file) in new[] { ("Certificate", tls.Certificate), ("Key", tls.Key), ("ClientAuthority", tls.ClientAuthority) })
        {
            if (file.Length > 0 && !File.Exists(file))
            {
                throw new InvalidOperationException($"Tls:{name} '{file}' is not there.");
            }
        }
    }

    private static void System(DossierOptions options, string name, SystemOptions system)
    {
        Refuse("Scopes", system.Scopes.Find(scope => !Scopes.IsScope(scope)), $"is not a scope; use {string.Join(", ", Scopes.Names)}, or dossier.read:section@source");
        Refuse("Keys", system.Keys.Find(key => !IsHash(key)), "is not the hash of a key; `dossier keys new` prints one");
        Refuse("Certificates", system.Certificates.Find(san => !san.StartsWith("dns:", StringComparison.Ordinal) && !san.StartsWith("uri:", StringComparison.Ordinal)), "must begin with dns: or uri:");
        Refuse("Thumbprints", system.Thumbprints.Find(print => print.Length != 64 || !print.All(char.IsAsciiHexDigit)), "must be the 64 hexadecimal digits of a SHA-256 thumbprint");
        if (system.Clients.Count > 0 && options.Jwt.Issuer.Length == 0)
        {
            throw new InvalidOperationException($"Systems:{name}:Clients need Jwt:Issuer.");
        }

        if (system.Certificates.Count > 0 && options.Tls.ClientAuthority.Length == 0)
        {
            throw new InvalidOperationException($"Systems:{name}:Certificates need Tls:ClientAuthority: without it anybody may write such a name into a certificate.");
        }

        if (Authentication.HasCredentials(system) && system.Scopes.Count == 0)
        {
            throw new InvalidOperationException($"Systems:{name} has credentials and no Scopes: it may do nothing. Use {string.Join(", ", Scopes.Names)}.");
        }

        // The key itself must not stand in the message, where it was set in place of its hash.
        void Refuse(string setting, string? wrong, string why)
        {
            if (wrong is not null)
            {
                throw new InvalidOperationException($"Systems:{name}:{setting} {(setting == "Keys" ? "" : $"'{wrong}' ")}{why}.");
            }
        }
    }

    private static bool IsHash(string key) =>
        key.StartsWith(Authentication.KeyHashPrefix, StringComparison.Ordinal) && key.Length == Authentication.KeyHashPrefix.Length + 64
        && key.Skip(Authentication.KeyHashPrefix.Length).All(char.IsAsciiHexDigit);

    private static void Once(DossierOptions options, string setting, Func<SystemOptions, List<string>> values)
    {
        var twice = options.Systems.SelectMany(system => values(system.Value).Distinct(StringComparer.OrdinalIgnoreCase).Select(value => (value, system.Key)))
            .GroupBy(pair => pair.value, StringComparer.OrdinalIgnoreCase).FirstOrDefault(group => group.Count() > 1);
        if (twice is not null)
        {
            throw new InvalidOperationException($"Systems {string.Join(" and ", twice.Select(pair => pair.Key).Order(StringComparer.Ordinal))} have the same entry in {setting}: a credential names one system.");
        }
    }

    private static void Listening(DossierOptions options)
    {
        var endpoint = Settings.Endpoint(options.Listen);
        if (options.Tls.Development)
        {
            Development(options, endpoint);
        }

        if (!IPAddress.IsLoopback(endpoint.Address) && !Settings.IsSecure(options.Listen))
        {
            throw new InvalidOperationException(
                $"Listen '{options.Listen}' is not a loopback address and has no TLS: use https with Tls:Certificate and Tls:Key, or http://127.0.0.1:5080.");
        }

        if (Settings.IsSecure(options.Listen) && options.Tls.Certificate.Length == 0)
        {
            throw new InvalidOperationException($"Listen '{options.Listen}' needs Tls:Certificate and Tls:Key.");
        }

        if (!IPAddress.IsLoopback(endpoint.Address) && !Authentication.IsConfigured(options))
        {
            throw new InvalidOperationException(
                $"Listen '{options.Listen}' is not a loopback address, and no system has credentials: anybody could read every customer. Give Systems:<name> Keys (`dossier keys new`), Clients, Certificates or Thumbprints, and Scopes.");
        }

        var taken = new List<int> { endpoint.Port };
        foreach (var (setting, address, example) in new[] { ("Health:Listen", options.Health.Listen, "http://0.0.0.0:5081"), ("Metrics:Listen", options.Metrics.Listen, "http://127.0.0.1:9464") })
        {
            if (address.Length == 0)
            {
                continue;
            }

            if (Settings.IsSecure(address) || (Settings.Endpoint(address).Port is not 0 and var port && taken.Contains(port)))
            {
                throw new InvalidOperationException($"{setting} '{address}' must be http and a port of its own, for example {example}.");
            }

            taken.Add(Settings.Endpoint(address).Port);
        }
    }

    private static void Development(DossierOptions options, IPEndPoint endpoint)
    {
        if (options.Tls.Certificate.Length > 0)
        {
            throw new InvalidOperationException($"{Settings.DevelopmentSwitch} (Tls:Development) makes a certificate itself: leave it out beside Tls:Certificate.");
        }

        if (!IPAddress.IsLoopback(endpoint.Address) || Settings.IsSecure(options.Listen) || endpoint.Port == IPEndPoint.MaxPort)
        {
            throw new InvalidOperationException(
                $"{Settings.DevelopmentSwitch} (Tls:Development) is for this machine alone, on the port after the plain one: Listen '{options.Listen}' must be like http://127.0.0.1:5080.");
        }

        foreach (var (setting, address) in new[] { ("Health:Listen", options.Health.Listen), ("Metrics:Listen", options.Metrics.Listen) }.Where(other => other.Item2.Length > 0 && Settings.Endpoint(other.Item2).Port == endpoint.Port + 1 && endpoint.Port != 0))
        {
            throw new InvalidOperationException($"{setting} '{address}' has the port that {Settings.DevelopmentSwitch} (Tls:Development) takes, the one after Listen's: choose another.");
        }
    }
}
