using System.Net;

namespace Dossier;

/// <summary>Reads and checks the settings; every problem is one sentence that names the setting.</summary>
public static class Settings
{
    /// <exception cref="InvalidOperationException">A setting is wrong.</exception>
    public static DossierOptions Read(IConfiguration configuration)
    {
        var options = new DossierOptions();
        configuration.Bind(options);
        Endpoint(options.Listen);
        if (!string.Equals(options.Registry.Provider, "Sqlite", StringComparison.OrdinalIgnoreCase))
        {
            throw new InvalidOperationException($"Registry:Provider '{options.Registry.Provider}' is not supported by this version; use Sqlite.");
        }

        if (options.Registry.ConnectionString.Length == 0)
        {
            options.Registry.ConnectionString = $"Data Source={Path.Combine(options.DataDirectory, "registry.db")}";
        }

        if (!IsConnectionString(options.Registry.ConnectionString))
        {
            throw new InvalidOperationException("Registry:ConnectionString cannot be read; it must look like 'Data Source=path/to/registry.db'.");
        }

        if (!TimeZoneInfo.TryFindSystemTimeZoneById(options.TimeZone, out _))
        {
            throw new InvalidOperationException($"TimeZone '{options.TimeZone}' is not known on this machine; use a name such as Europe/Amsterdam.");
        }

        if (options.Registry.MaxConnections is < 1 or > 256)
        {
            throw new InvalidOperationException("Registry:MaxConnections must be 1-256.");
        }

        if (options.Registry.Deadline < TimeSpan.FromMilliseconds(50) || options.Registry.Deadline > TimeSpan.FromMinutes(1))
        {
            throw new InvalidOperationException("Registry:Deadline must be between 00:00:00.050 and 00:01:00.");
        }

        if (options.Phone.DefaultCountry.Length is < 1 or > 3 || !options.Phone.DefaultCountry.All(char.IsAsciiDigit))
        {
            throw new InvalidOperationException("Phone:DefaultCountry must be a calling code of 1-3 digits, for example 31.");
        }

        Systems(options);
        return options;
    }

    /// <summary>The address to listen on: loopback only, as long as callers cannot prove who they are.</summary>
    public static IPEndPoint Endpoint(string listen)
    {
        if (!Uri.TryCreate(listen, UriKind.Absolute, out var address) || address.Scheme != "http" || address.PathAndQuery != "/")
        {
            throw new InvalidOperationException($"Listen '{listen}' must look like http://127.0.0.1:5080.");
        }

        var host = address.Host == "localhost" ? IPAddress.Loopback : IPAddress.TryParse(address.Host.Trim('[', ']'), out var ip) ? ip : null;
        return host is not null && IPAddress.IsLoopback(host)
            ? new IPEndPoint(host, address.Port)
            : throw new InvalidOperationException(
                $"Listen '{listen}' is not a loopback address. This version has no TLS and no authentication yet, so it serves this machine only: use http://127.0.0.1:5080.");
    }

    // The driver's own message repeats the connection string, which may hold a password.
    private static bool IsConnectionString(string text)
    {
        try
        {
            return new Microsoft.Data.Sqlite.SqliteConnectionStringBuilder(text).DataSource.Length > 0;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    internal static string ListenOf(string[] args)
    {
        var configuration = new ConfigurationBuilder()
            .AddJsonFile(Path.Combine(Directory.GetCurrentDirectory(), "appsettings.json"), optional: true)
            .AddEnvironmentVariables("DOSSIER_")
            .AddCommandLine(args)
            .Build();
        return configuration["Listen"] ?? new DossierOptions().Listen;
    }

    private static void Systems(DossierOptions options)
    {
        if (options.Systems.Count == 0)
        {
            // What an agreement does to money is done in administration; what it does to contact, where contacts are made.
            options.Systems["administration"] = new SystemOptions
            {
                MustAcknowledge = ["CREDIT_INVOICE", "CREDIT_AMOUNT", "WAIVE_FEE", "DEFER_PAYMENT", "DUNNING_BLOCK", "INSTALMENT_PLAN", "REFUND"],
            };
            foreach (var name in new[] { "webcare", "telephony", "shop", "partner", "local" })
            {
                options.Systems[name] = new SystemOptions();
            }
        }

        foreach (var (name, system) in options.Systems)
        {
            if (!ResourceNames.IsSlug(name))
            {
                throw new InvalidOperationException($"Systems:{name} must be 1-32 of [a-z0-9-].");
            }

            foreach (var word in system.MustAcknowledge)
            {
                if (word != "*" && !Enum.GetValues<V1.EffectKind>().Skip(1).Any(kind => kind.Word() == word))
                {
                    throw new InvalidOperationException(
                        $"Systems:{name}:MustAcknowledge '{word}' is not an effect; use * or {string.Join(", ", Enum.GetValues<V1.EffectKind>().Skip(1).Select(kind => kind.Word()))}.");
                }
            }
        }

        foreach (var purpose in options.Purposes.Where(purpose => !ResourceNames.IsSlug(purpose)))
        {
            throw new InvalidOperationException($"Purposes '{purpose}' must be 1-32 of [a-z0-9-].");
        }
    }
}
