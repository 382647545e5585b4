using Dossier.Database;
using Dossier.Sources;

namespace Dossier.Host;

/// <summary>
/// Takes over changed sources without a restart: the settings file, the query files and the files of connection strings are
/// compared every half second. What cannot be used changes nothing.
/// </summary>
internal sealed class SettingsWatch(string[] args, DossierOptions options, SourceCatalogue sources, Started started, ILogger<SettingsWatch> log) : BackgroundService
{
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(500);
    private const int RechecksEvery = 20;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // The sample's sources are made, not configured.
        if (started.Sample)
        {
            return;
        }

        var seen = Look(options);
        using var timer = new PeriodicTimer(Poll);
        for (var turn = 1; await Next(timer, stoppingToken); turn++)
        {
            var now = Look(options);
            if (now != seen)
            {
                seen = now;
                await ReloadAsync(stoppingToken);
            }
            else if (turn % RechecksEvery == 0)
            {
                await sources.RecheckAsync(stoppingToken);
            }
        }
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
            var read = Settings.Read(Settings.Configuration(args));
            if (read.Sources.Count == 0)
            {
                throw new InvalidOperationException("Sources are gone");
            }

            Threads.Reserve(read);
            var changes = await sources.ReloadAsync(read, stop);
            options.Sources = read.Sources;
            if (changes.Count > 0)
            {
                Log.SettingsReloaded(log, string.Join(", ", changes));
            }
        }
        catch (Exception wrong) when (wrong is InvalidOperationException or InvalidDataException or FormatException or IOException or UnauthorizedAccessException)
        {
            Log.SettingsRefused(log, wrong.GetBaseException().Message);
        }
    }

    private static string Look(DossierOptions options) => string.Join('|', options.Sources.Values
        .SelectMany(source => new[] { source.Queries, source.ConnectionStringFile })
        .Prepend(Settings.FilePath)
        .Where(path => path.Length > 0)
        .Select(path => FileIdentity.Of(path)?.ToString() ?? "-"));
}
