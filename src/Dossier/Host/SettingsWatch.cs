using System.Text.Json;
using System.Text.Json.Nodes;
using Dossier.Database;
using Dossier.Sources;

namespace Dossier.Host;

/// <summary>
/// Takes over changed sources without a restart: the settings file, the query files and the files of connection strings are
/// compared every half second. Settings that cannot be read change nothing.
/// </summary>
internal sealed class SettingsWatch(string[] args, DossierOptions options, SourceCatalogue sources, Started started, ILogger<SettingsWatch> log) : BackgroundService
{
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(500);
    private const int RechecksEvery = 20;
    private readonly SortedDictionary<string, string> atStart = Others(options);
    private string restartSaid = "";

    // Nothing is taken over yet: a file may have changed while the service was starting.
    private string taken = "";
    private string before = "";
    private int turn;

    // What was wrong with the settings; a file that they name may be there the next time, and theirs has not changed then.
    private string refused = "";

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Poll);
        while (await Next(timer, stoppingToken))
        {
            await Beside.TryAsync("watch over the settings", TurnAsync, log, stoppingToken);
        }
    }

    private async Task TurnAsync(CancellationToken stop)
    {
        var now = Look(options);
        var recheck = ++turn % RechecksEvery == 0;

        // Twice the same: nobody is writing. Half a file would disable a source for half a second.
        if (now == before && (now != taken || (recheck && refused.Length > 0)))
        {
            taken = now;
            await ReloadAsync(stop);
        }
        else if (recheck && !started.Sample)
        {
            await sources.RecheckAsync(stop);
        }

        before = now;
    }

    private static async Task<bool> Next(PeriodicTimer timer, CancellationToken stop)
    {
        try
        {
            return await timer.WaitForNextTickAsync(stop);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private async Task ReloadAsync(CancellationToken stop)
    {
        try
        {
            var read = Settings.Read(args);
            if (started.Sample)
            {
                // The sample's sources are made, not configured; others in their place are for the next start.
                var others = Others(read);
                if (read.Sources.Count > 0)
                {
                    others[nameof(read.Sources)] = "";
                }

                TellOfRestart(others);
                refused = "";
                return;
            }

            if (read.Sources.Count == 0)
            {
                throw new InvalidOperationException("Sources are gone");
            }

            TellOfRestart(Others(read));

            // What needs a restart must not come in with the sources that changed.
            read.Phone = options.Phone;
            var changes = await sources.ReloadAsync(read, stop);
            options.Sources = read.Sources;
            if (changes.Count > 0)
            {
                Log.SettingsReloaded(log, string.Join(", ", changes));
            }

            refused = "";
        }
        catch (InvalidDataException wrong)
        {
            Refuse(Settings.Explain(wrong));
        }
        catch (Exception wrong) when (wrong is InvalidOperationException or FormatException or IOException or UnauthorizedAccessException)
        {
            // The outer message names the setting, the inner one the value's type only.
            Refuse(wrong.Message);
        }
    }

    private void Refuse(string why)
    {
        if (why != refused)
        {
            refused = why;
            Log.SettingsRefused(log, why);
        }
    }

    private void TellOfRestart(SortedDictionary<string, string> now)
    {
        var changed = string.Join(", ", atStart.Keys.Union(now.Keys, StringComparer.Ordinal)
            .Where(name => atStart.GetValueOrDefault(name) != now.GetValueOrDefault(name))
            .Order(StringComparer.Ordinal));
        if (changed.Length > 0 && changed != restartSaid)
        {
            Log.RestartNeeded(log, changed);
        }

        restartSaid = changed;
    }

    /// <summary>All settings but the sources, by name. The values are compared and never told.</summary>
    private static SortedDictionary<string, string> Others(DossierOptions options)
    {
        var flat = new SortedDictionary<string, string>(StringComparer.Ordinal);
        Flatten(JsonSerializer.SerializeToNode(options), "");
        return flat;

        void Flatten(JsonNode? node, string name)
        {
            if (node is JsonObject section)
            {
                foreach (var (key, value) in section.Where(entry => name.Length > 0 || entry.Key != nameof(DossierOptions.Sources)))
                {
                    Flatten(value, name.Length == 0 ? key : $"{name}:{key}");
                }
            }
            else
            {
                flat[name] = node?.ToJsonString() ?? "";
            }
        }
    }

    private static string Look(DossierOptions options) => string.Join('|', options.Sources.Values
        .SelectMany(source => new[] { source.Queries, source.ConnectionStringFile })
        .Prepend(Settings.FilePath)
        .Where(path => path.Length > 0)
        .Select(path => FileIdentity.Of(path)?.ToString() ?? "-"));
}
