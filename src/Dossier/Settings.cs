using System.Collections;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.RegularExpressions;
using Dossier.Database;

namespace Dossier;

/// <summary>Reads and checks the settings; every problem is one sentence that names the setting.</summary>
public static partial class Settings
{
    /// <summary>Reads the file, the environment and the command line, as the service does.</summary>
    /// <exception cref="InvalidOperationException">A setting is wrong, or is none.</exception>
    /// <exception cref="InvalidDataException">The file is not JSON.</exception>
    public static DossierOptions Read(string[] args)
    {
        var words = Words(args);
        if (UnknownSettings.Stray(words) is { } stray)
        {
            throw new InvalidOperationException($"{stray}.");
        }

        var all = Configuration(args);
        var written = new ConfigurationBuilder().AddJsonFile(FilePath, optional: true).AddCommandLine(words).Build();
        return UnknownSettings.Of(all, written).FirstOrDefault() is { } unknown ? throw new InvalidOperationException($"{UnknownSettings.Say(unknown)}.") : Read(all);
    }

    /// <exception cref="InvalidOperationException">A setting is wrong.</exception>
    public static DossierOptions Read(IConfiguration configuration)
    {
        var options = new DossierOptions();
        Bind(configuration, options);
        Sources(configuration, options);
        Registry(options);
        if (!TimeZoneInfo.TryFindSystemTimeZoneById(options.TimeZone, out _))
        {
            throw new InvalidOperationException($"TimeZone '{options.TimeZone}' is not known on this machine; use a name such as Europe/Amsterdam.");
        }

        if (options.Registry.MaxConnections is < 1 or > 256)
        {
            throw new InvalidOperationException("Registry:MaxConnections must be 1-256.");
        }

        if (options.Registry.Group is < 1 or > 256)
        {
            throw new InvalidOperationException("Registry:Group must be 1-256.");
        }

        if (options.Registry.Deadline < TimeSpan.FromMilliseconds(50) || options.Registry.Deadline > TimeSpan.FromMinutes(1))
        {
            throw new InvalidOperationException("Registry:Deadline must be between 00:00:00.050 and 00:01:00.");
        }

        if (options.Phone.DefaultCountry.Length is < 1 or > 3 || !options.Phone.DefaultCountry.All(char.IsAsciiDigit))
        {
            throw new InvalidOperationException("Phone:DefaultCountry must be a calling code of 1-3 digits, for example 31.");
        }

        if (options.Sweep.Interval < TimeSpan.Zero || options.Sweep.Interval > TimeSpan.FromDays(1))
        {
            throw new InvalidOperationException("Sweep:Interval must be between 00:00:00 (never) and 1.00:00:00.");
        }

        if (options.Drain.Delay < TimeSpan.Zero || options.Drain.Delay > TimeSpan.FromMinutes(5))
        {
            throw new InvalidOperationException("Drain:Delay must be between 00:00:00 and 00:05:00.");
        }

        Limits(options.Limits);
        if (options.Traces.Keep is < 0 or > 10_000)
        {
            throw new InvalidOperationException("Traces:Keep must be 0-10000.");
        }

        if (options.Traces.SlowerThan < TimeSpan.Zero)
        {
            throw new InvalidOperationException("Traces:SlowerThan must not be negative.");
        }

        if (options.Access.Queue is < 1 or > 1_000_000)
        {
            throw new InvalidOperationException("Access:Queue must be 1-1000000.");
        }

        if (options.Sweep.CustomersPerSecond is < 1 or > 1_000)
        {
            throw new InvalidOperationException("Sweep:CustomersPerSecond must be 1-1000.");
        }

        foreach (var system in configuration.GetSection(nameof(options.Systems)).GetChildren().Where(system => !options.Systems.ContainsKey(system.Key)))
        {
            options.Systems[system.Key] = system.Get<SystemOptions>() ?? new SystemOptions();
        }

        Systems(options);
        CallerSettings.Check(configuration, options);
        return options;
    }

    // The binder's own sentence names the type of .NET, which tells nobody what to write.
    private static void Bind(IConfiguration configuration, DossierOptions options)
    {
        try
        {
            configuration.Bind(options);
            Unset(options, configuration);
        }
        catch (InvalidOperationException unread) when (Unread().Match(unread.Message) is { Success: true } which)
        {
            throw new InvalidOperationException($"{which.Groups["name"].Value} '{which.Groups["value"].Value}' {FormOf(which.Groups["type"].Value)}.", unread);
        }
    }

    /// <summary>A null in the file is a setting that is not set: what the binder has made null, or nought, has its default again.</summary>
    private static void Unset(object options, IConfiguration section)
    {
        var defaults = Activator.CreateInstance(options.GetType());
        foreach (var setting in options.GetType().GetProperties().Where(setting => setting.CanWrite))
        {
            if (section.GetChildren().FirstOrDefault(child => child.Key.Equals(setting.Name, StringComparison.OrdinalIgnoreCase)) is not { } written)
            {
                continue;
            }

            if (written.Value is null && !written.GetChildren().Any())
            {
                setting.SetValue(options, setting.GetValue(defaults));
            }
            else if (setting.GetValue(options) is IDictionary named)
            {
                foreach (var (name, entry) in named.Keys.Cast<string>().Select(name => (name, named[name])).Where(entry => IsOfSettings(entry.Item2)))
                {
                    Unset(entry!, written.GetSection(name));
                }
            }
            else if (setting.GetValue(options) is { } below && IsOfSettings(below))
            {
                Unset(below, written);
            }
        }
    }

    private static bool IsOfSettings(object? section) => section?.GetType() is { IsClass: true } kind && kind.Assembly == typeof(Settings).Assembly;

    private static string FormOf(string type) => type switch
    {
        "System.TimeSpan" => "is not a length of time: write hours:minutes:seconds, for example 00:00:05, or 00:00:00.400",
        "System.Boolean" => "must be true or false",
        "System.Int32" or "System.Int64" => "must be a whole number",
        "System.Decimal" or "System.Double" => "must be a number, for example 250.00",
        "System.DateTimeOffset" or "System.Nullable`1[System.DateTimeOffset]" => "is not a moment: write it as 2026-10-09T09:00:00+02:00",
        _ => $"is not a {type.Split('.')[^1]}",
    };

    [GeneratedRegex(@"^Failed to convert configuration value '(?<value>.*)' at '(?<name>[^']*)' to type '(?<type>[^']*)'", RegexOptions.Singleline | RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Unread();

    private static void Limits(LimitOptions limits)
    {
        foreach (var (name, value) in new[]
        {
            ("Reads", limits.Reads), ("Lists", limits.Lists), ("Changes", limits.Changes), ("Checks", limits.Checks), ("PerCaller", limits.PerCaller),
            ("Watchers", limits.Watchers), ("WatchersPerCaller", limits.WatchersPerCaller),
        })
        {
            if (value is < 1 or > 100_000)
            {
                throw new InvalidOperationException($"Limits:{name} must be 1-100000.");
            }
        }

        if (limits.AtWork is < 0 or > 100_000)
        {
            throw new InvalidOperationException("Limits:AtWork must be 0-100000; 0 is twice the cores.");
        }

        if (limits.Deadline < TimeSpan.FromMilliseconds(100) || limits.Deadline > TimeSpan.FromHours(1))
        {
            throw new InvalidOperationException("Limits:Deadline must be between 00:00:00.100 and 01:00:00.");
        }
    }

    // The binder drops an entry of a dictionary that it cannot read, without a word: the source would be gone, and with the last one
    // the sample would be served in its place.
    private static void Sources(IConfiguration configuration, DossierOptions options)
    {
        foreach (var section in configuration.GetSection(nameof(options.Sources)).GetChildren())
        {
            if (!options.Sources.TryGetValue(section.Key, out var source))
            {
                options.Sources[section.Key] = source = new SourceOptions();
            }

            source.Problem = Problem(section);
        }
    }

    private static string? Problem(IConfigurationSection section)
    {
        var known = typeof(SourceOptions).GetProperties().Select(setting => setting.Name).ToList();
        if (section.GetChildren().FirstOrDefault(setting => !known.Contains(setting.Key, StringComparer.OrdinalIgnoreCase)) is { } unknown)
        {
            return $"{unknown.Path} is not a setting; use {string.Join(", ", known)}";
        }

        var spellings = section.GetSection(nameof(SourceOptions.KeySpellings));
        var lists = spellings.GetChildren().Append(spellings).Append(section.GetSection(nameof(SourceOptions.Sections))).Append(section.GetSection(nameof(SourceOptions.KeyTypes)));
        if (lists.FirstOrDefault(list => list.Value is { Length: > 0 }) is { } single)
        {
            return $"{single.Path} must not be a single text; the settings in README show its form";
        }

        try
        {
            section.Get<SourceOptions>();
            return null;
        }
        catch (InvalidOperationException wrong)
        {
            return wrong.Message;
        }
    }

    /// <summary>An address to listen on, for example http://127.0.0.1:5080 or https://0.0.0.0:5443.</summary>
    /// <exception cref="InvalidOperationException">It is none.</exception>
    public static IPEndPoint Endpoint(string listen)
    {
        if (!Uri.TryCreate(listen, UriKind.Absolute, out var address) || address.Scheme is not ("http" or "https") || address.PathAndQuery != "/")
        {
            throw new InvalidOperationException($"Listen '{listen}' must look like http://127.0.0.1:5080 or https://0.0.0.0:5443.");
        }

        return address.Host == "localhost" ? new IPEndPoint(IPAddress.Loopback, address.Port)
            : IPAddress.TryParse(address.Host.Trim('[', ']'), out var ip) ? new IPEndPoint(ip, address.Port)
            : throw new InvalidOperationException($"Listen '{listen}' must name an IP address: http://127.0.0.1:5080, or https://0.0.0.0:5443 for all of them.");
    }

    /// <summary>Where TLS is opened for development: the port after the plain one, or a free one beside a free one.</summary>
    internal static IPEndPoint DevelopmentEndpoint(DossierOptions options)
    {
        var plain = Endpoint(options.Listen);
        return new IPEndPoint(plain.AddressFamily == AddressFamily.InterNetworkV6 ? IPAddress.IPv6Loopback : IPAddress.Loopback, plain.Port == 0 ? 0 : plain.Port + 1);
    }

    public static bool IsSecure(string listen) => listen.StartsWith("https:", StringComparison.OrdinalIgnoreCase);

    /// <summary>The binder leaves out, without a word, what it cannot read below a name: a source with Deadline 400ms would be gone.</summary>
    private static void Registry(DossierOptions options)
    {
        var registry = options.Registry;
        var vendor = Vendor.Find(registry.Provider)
            ?? throw new InvalidOperationException($"Registry:Provider '{registry.Provider}' is not known; use {Vendor.Names}.");
        (registry.ConnectionString, var problem) = ConnectionText.Read(
            "Registry", registry.ConnectionString, registry.ConnectionStringFile, registry.ConnectionStringVariable);
        if (problem is not null)
        {
            throw new InvalidOperationException($"{problem}.");
        }

        if (registry.ReadConnectionString.Length > 0 && registry.ReadConnectionStringFile.Length > 0)
        {
            throw new InvalidOperationException("Registry: set one of ReadConnectionString and ReadConnectionStringFile.");
        }

        (registry.ReadConnectionString, problem) = ConnectionText.Read("Registry:Read", registry.ReadConnectionString, registry.ReadConnectionStringFile, "");
        if (problem is not null)
        {
            throw new InvalidOperationException($"Registry:ReadConnectionStringFile '{registry.ReadConnectionStringFile}' cannot be read.");
        }

        if (registry.ConnectionString.Length == 0 && vendor is SqliteVendor)
        {
            registry.ConnectionString = $"Data Source={Path.Combine(options.DataDirectory, "registry.db")}";
        }

        foreach (var (name, text) in new[] { ("ConnectionString", registry.ConnectionString), ("ReadConnectionString", registry.ReadConnectionString) })
        {
            if ((text.Length > 0 || name == "ConnectionString") && vendor.Problem(text) is { } wrong)
            {
                throw new InvalidOperationException($"Registry:{name} {wrong}.");
            }
        }
    }

    /// <summary>The file that settings are read from, beside environment variables and the command line.</summary>
    public static string FilePath => Path.Combine(Directory.GetCurrentDirectory(), "appsettings.json");

    /// <summary>The one switch of the command line.</summary>
    public const string DevelopmentSwitch = "--dev-tls";

    /// <summary>The command line as .NET reads it: to it every word has a value, and a switch would take the next word for its own.</summary>
    internal static string[] Words(string[] args) => [.. args.Select(word => word == DevelopmentSwitch ? "--Tls:Development=true" : word)];

    /// <summary>Where settings come from, the later ones first in rank.</summary>
    /// <exception cref="InvalidDataException">The file is not JSON.</exception>
    public static IConfiguration Configuration(string[] args) => new ConfigurationBuilder()
        .AddJsonFile(FilePath, optional: true)
        .AddEnvironmentVariables("DOSSIER_")
        .AddCommandLine(Words(args))
        .Build();

    /// <summary>What is wrong with the file, and where: .NET counts its lines from 0.</summary>
    public static string Explain(InvalidDataException unread) => unread.GetBaseException() is JsonException { LineNumber: { } line } wrong
        ? $"{FilePath} is not JSON, in line {line + 1}: {wrong.Message.Split(" LineNumber:")[0].Split(" Path:")[0]}"
        : $"{unread.Message} {unread.GetBaseException().Message}";

    internal static string ListenOf(string[] args) => Configuration(args)["Listen"] ?? new DossierOptions().Listen;

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

            foreach (var (setting, word) in system.MustAcknowledge.Select(word => ("MustAcknowledge", word)).Concat(system.NeedsApproval.Select(word => ("NeedsApproval", word))))
            {
                if (word != "*" && !Enum.GetValues<V1.EffectKind>().Skip(1).Any(kind => kind.Word() == word))
                {
                    throw new InvalidOperationException(
                        $"Systems:{name}:{setting} '{word}' is not an effect; use * or {string.Join(", ", Enum.GetValues<V1.EffectKind>().Skip(1).Select(kind => kind.Word()))}.");
                }
            }

            if (system.ApprovalLimit < 0)
            {
                throw new InvalidOperationException($"Systems:{name}:ApprovalLimit must not be negative.");
            }
        }
    }
}
