using System.Data.Common;
using System.Net.Sockets;
using Dossier.Database;
using Dossier.Deployment;
using Dossier.Registry;
using Dossier.Sample;
using Dossier.Sources;
using Microsoft.Data.Sqlite;

namespace Dossier;

/// <summary>What an operator does beside the running service, on its settings: <c>dossier check</c>, <c>migrate</c> and their like.</summary>
public static class Operations
{
    /// <summary>Checks the configured sources without the service.</summary>
    /// <param name="settings">Settings, as on the service's command line.</param>
    /// <param name="source">One source only; null for all.</param>
    /// <param name="extent">What to look at.</param>
    /// <param name="stop">Ends it.</param>
    /// <exception cref="OperationException">The settings cannot be used as a whole.</exception>
    public static async Task<CheckReport> CheckAsync(string[] settings, string? source, CheckExtent extent, CancellationToken stop)
    {
        var options = Read(settings);
        var sample = Set(() => SampleSetup.Apply(options));
        var named = options.Sources.Where(given => source is null || given.Key == source).OrderBy(given => given.Key, StringComparer.Ordinal).ToList();
        if (named.Count == 0)
        {
            throw new OperationException($"Sources:{source} is not configured; there are {string.Join(", ", options.Sources.Keys.Order(StringComparer.Ordinal))}", settings: true);
        }

        var report = await CheckSourcesAsync(named, options.Phone.DefaultCountry, extent, stop);
        return !sample ? report : report with
        {
            Findings = [.. report.Findings.Prepend(new Finding("-", FindingLevel.Note, $"no source is configured: these are the sample stores in {options.DataDirectory}/, which the service makes at its first start"))],
        };
    }

    /// <summary>Whether anything is set for the service, in this folder's file, the environment or what was typed.</summary>
    public static bool AnySettings(string[] settings)
    {
        try
        {
            return Settings.Configuration(settings).GetChildren().Any(set => typeof(DossierOptions).GetProperties().Any(known => known.Name.Equals(set.Key, StringComparison.OrdinalIgnoreCase)));
        }
        catch (InvalidDataException)
        {
            // It was meant to be read.
            return true;
        }
    }

    /// <summary>Looks at a whole deployment by its settings, without the service, and changes nothing.</summary>
    /// <param name="settings">Settings, as on the service's command line.</param>
    /// <param name="clock">This machine's.</param>
    /// <param name="stop">Ends it.</param>
    public static async Task<DeploymentReport> ExamineAsync(string[] settings, TimeProvider clock, CancellationToken stop)
    {
        try
        {
            var options = Read(settings);
            var file = new ConfigurationBuilder().AddJsonFile(Settings.FilePath, optional: true).Build();
            return await new DeploymentCheck(options, Settings.Configuration(settings), file, Set(() => SampleSetup.Apply(options)), clock).LookAsync(stop);
        }
        catch (OperationException refused)
        {
            // The service says the same and does not start; what the settings point at can be looked at when they can be read.
            return new DeploymentReport([new Finding("settings", FindingLevel.Wrong, $"{refused.Message} The service does not start; mend this first, then ask again")], []);
        }
    }

    internal static async Task<CheckReport> CheckSourcesAsync(List<KeyValuePair<string, SourceOptions>> named, string country, CheckExtent extent, CancellationToken stop)
    {
        var checks = named.ConvertAll(given => new SourceCheck(given.Key, given.Value, country));
        try
        {
            await Task.WhenAll(checks.Select(check => check.LookAsync(extent, stop)));
            if (extent.Customer is { } customer)
            {
                var keys = RegistryKeys.Exclusive(customer, [], Normal(checks.SelectMany(check => check.Told), country));
                await Task.WhenAll(checks.Select(check => check.ReadAsync(extent, keys, stop)));
            }

            checks.ForEach(check => check.Conclude(extent));
            return new CheckReport(
                [.. checks.SelectMany(check => check.Findings)],
                [.. checks.Select(check => check.Grants).OfType<SourceGrants>()],
                [.. checks.SelectMany(check => check.Plans)]);
        }
        finally
        {
            checks.ForEach(check => check.Dispose());
        }
    }

    /// <summary>Brings the registry's schema up to date.</summary>
    /// <param name="settings">Settings, as on the service's command line.</param>
    /// <param name="connectionString">Of the registry's owner; null for the service's own.</param>
    /// <returns>The steps that were applied now.</returns>
    public static IReadOnlyList<string> Migrate(string[] settings, string? connectionString) =>
        OnRegistry(settings, connectionString, (vendor, registry) => RegistrySchema.Migrate(vendor, registry, TimeProvider.System));

    /// <summary>Ends the restoring of a backup.</summary>
    /// <returns>The new epoch.</returns>
    public static string NewEpoch(string[] settings, string? connectionString) => OnRegistry(settings, connectionString, (vendor, registry) =>
        vendor is SqliteVendor && new SqliteConnectionStringBuilder(registry).DataSource is var file && !File.Exists(file)
            ? throw new InvalidOperationException($"there is no registry at {file}: is this the service's folder? ./dossier migrate creates one")
            : RegistrySchema.RenewEpoch(vendor, registry));

    /// <summary>Puts one sample store into an empty database.</summary>
    /// <returns>The number of rows.</returns>
    public static long LoadSample(string source, string provider, string connectionString)
    {
        var vendor = Vendor.Find(provider);
        if (vendor is null or SqliteVendor)
        {
            throw new OperationException($"--provider {provider}: choose PostgreSql or SqlServer; the service makes the sample on SQLite itself", settings: true);
        }

        if (!SampleStores.Names.Contains(source, StringComparer.Ordinal))
        {
            throw new OperationException($"--source {source}: choose from {string.Join(", ", SampleStores.Names)}", settings: true);
        }

        Refuse(vendor.Problem(connectionString), "--connection-string");
        var folder = Directory.CreateTempSubdirectory("dossier-sample-").FullName;
        try
        {
            SampleStores.Create(folder);
            return OnDatabase(vendor, () => SampleCopy.Copy(source, Path.Combine(folder, source + ".db"), vendor, connectionString));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static IEnumerable<FoundKey> Normal(IEnumerable<FoundKey> told, string country) => told
        .Select(found => (found, key: Keys.Normalise(found.Key, "key", country, new Violations())))
        .Where(found => found.key is not null)
        .Select(found => found.found with { Key = found.key! });

    private static DossierOptions Read(string[] settings) => Set(() => Settings.Read(Settings.Configuration(settings)));

    private static T Set<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception wrong) when (wrong is InvalidOperationException or InvalidDataException or FormatException or IOException or UnauthorizedAccessException)
        {
            throw new OperationException(wrong is InvalidDataException unread ? Settings.Explain(unread) : wrong.Message, settings: true, wrong);
        }
    }

    private static T OnRegistry<T>(string[] settings, string? connectionString, Func<Vendor, string, T> work)
    {
        // Whoever migrates as the owner may have no login for the service yet, so its own connection string need not be there.
        var typed = connectionString is null ? settings : [.. settings, .. Place("ConnectionString", connectionString), .. Place("ConnectionStringFile", ""), .. Place("ConnectionStringVariable", "")];
        if (connectionString is not null && Vendor.Find(Set(() => Settings.Configuration(settings)["Registry:Provider"]) ?? new RegistryOptions().Provider) is { } named)
        {
            Refuse(named.Problem(connectionString) is { } problem ? $"{problem} (Registry:Provider is {named.Name})" : null, "--connection-string");
        }

        var registry = Read(typed).Registry;
        var vendor = Vendor.Find(registry.Provider)!;
        return OnDatabase(vendor, () => work(vendor, registry.ConnectionString));
    }

    private static string[] Place(string setting, string value) => [$"--Registry:{setting}", value];

    private static void Refuse(string? problem, string option)
    {
        if (problem is not null)
        {
            throw new OperationException($"{option} {problem}", settings: true);
        }
    }

    private static T OnDatabase<T>(Vendor vendor, Func<T> work)
    {
        try
        {
            return work();
        }
        catch (DbException failed)
        {
            throw new OperationException($"{vendor.Name}: {vendor.Explain(failed)}", settings: false, failed);
        }
        catch (Exception failed) when (failed is InvalidOperationException or IOException or SocketException or TimeoutException or UnauthorizedAccessException)
        {
            throw new OperationException(failed.Message, settings: false, failed);
        }
    }
}

/// <summary>An operator's command cannot go on, and why, in one line that holds no secret.</summary>
/// <param name="message">The line.</param>
/// <param name="settings">What was typed or configured is wrong, and not the world.</param>
/// <param name="cause">What was caught.</param>
public sealed class OperationException(string message, bool settings, Exception? cause = null) : Exception(message, cause)
{
    public bool Settings { get; } = settings;
}
