using System.Text.Json;
using Dossier.Database;
using Dossier.V1;

namespace Dossier.Sources;

/// <summary>All channel stores, by name. Settings may change while the service runs: calls go on with the stores they began with.</summary>
public sealed class SourceCatalogue : IDisposable
{
    // A call may read a store as long as its caller waits; then nobody holds a retired one any more.
    private static readonly TimeSpan Retirement = TimeSpan.FromMinutes(1);

    // Changed settings are in force within 3 s, of which the files' being looked at may take one.
    private static readonly TimeSpan MostWait = TimeSpan.FromSeconds(1.5);
    private readonly TimeProvider clock;
    private readonly ILogger log;
    private readonly IDisposable watched;
    private readonly CancellationTokenSource stop = new();
    private volatile Opened[] opened;

    public SourceCatalogue(DossierOptions options, TimeProvider clock, ILogger<SourceCatalogue> log)
    {
        (this.clock, this.log) = (clock, log);
        opened = [.. options.Sources.OrderBy(source => source.Key, StringComparer.Ordinal).Select(source => Open(Definition.Of(source.Key, source.Value), options))];
        Stores = [.. opened.Select(source => source.Store)];
        watched = Telemetry.WatchLanes(() => Stores.Select(store => (store.Name, store.Abandoned, store.BreakerOpen)));
    }

    /// <summary>The stores as they are now. Take it once for a call: it may be another list the next time.</summary>
    public IReadOnlyList<ChannelStore> Stores { get; private set; }

    public ChannelStore? Find(string name) => Stores.FirstOrDefault(store => store.Name == name);

    /// <summary>Runs every block of every store once with no key: finds files that break their contract and warms up.</summary>
    public async Task CheckAsync(CancellationToken stop) => await Task.WhenAll(Stores.Select(store => CheckAsync(store, stop)));

    /// <summary>Takes over changed settings: what has not changed stays open, what is new is checked before it is read.</summary>
    /// <returns>A word for each source that changed and can be used, or is gone; empty if there is none.</returns>
    public async Task<IReadOnlyList<string>> ReloadAsync(DossierOptions options, CancellationToken stop)
    {
        var before = opened.ToDictionary(source => source.Definition.Name, StringComparer.Ordinal);
        var after = new List<Opened>();
        var opening = new List<(Opened Source, string Change)>();
        foreach (var (name, source) in options.Sources.OrderBy(source => source.Key, StringComparer.Ordinal))
        {
            var definition = Definition.Of(name, source);
            if (before.TryGetValue(name, out var same) && same.Definition == definition)
            {
                after.Add(same);
                continue;
            }

            var replacement = Open(definition, options);
            replacement.Store.Pause = same?.Store.Pause;
            after.Add(replacement);
            opening.Add((replacement, $"{name} {(same is null ? "added" : "changed")}"));
        }

        // One that does not answer must not hold the others back; it is checked to the end all the same.
        await Task.WhenAny(Task.WhenAll(opening.Select(source => CheckAsync(source.Source.Store, stop))), Task.Delay(MostWait, TimeProvider.System, stop));

        // Why one is DISABLED has been said.
        var changes = opening.Where(source => !source.Source.Store.Disabled).Select(source => source.Change).ToList();
        var removed = opened.Except(after).ToList();
        changes.AddRange(removed.Where(source => after.TrueForAll(other => other.Definition.Name != source.Definition.Name)).Select(source => $"{source.Definition.Name} removed"));
        opened = [.. after];
        Stores = [.. opened.Select(source => source.Store)];
        foreach (var source in removed)
        {
            _ = RetireAsync(source.Store);
        }

        return changes;
    }

    /// <summary>Asks what was DISABLED by its database again: a table may be there now.</summary>
    public async Task RecheckAsync(CancellationToken stop)
    {
        foreach (var source in opened.Where(source => source.Store is { Disabled: true, Queries: not null }).ToList())
        {
            using var probe = Store(source.Definition, source.Definition.Options!, source.Store.Queries, null, source.Country, new Quiet());
            await CheckAsync(probe, stop);
            if (!probe.Disabled && probe.Health.State == SourceState.Ok)
            {
                var replacement = source with { Store = Store(source.Definition, source.Definition.Options!, source.Store.Queries, null, source.Country, log) };
                replacement.Store.Pause = source.Store.Pause;
                opened = [.. opened.Select(other => other == source ? replacement : other)];
                Stores = [.. opened.Select(other => other.Store)];
                Log.SourceBack(log, source.Definition.Name);
                _ = RetireAsync(source.Store);
            }
        }
    }

    public void Dispose()
    {
        stop.Cancel();
        watched.Dispose();
        foreach (var store in Stores)
        {
            store.Dispose();
        }

        stop.Dispose();
    }

    private static async Task CheckAsync(ChannelStore store, CancellationToken stop)
    {
        if (store.Queries is null || store.Disabled)
        {
            return;
        }

        var read = await store.ReadAsync(new SourceQuery { Blocks = [.. store.Queries.Blocks.Keys], Patient = true }, Budget.Start, stop);
        if (read.Facts.Broken.Count > 0 && !store.Disabled)
        {
            store.Disable($"{store.QueryFile}: {string.Join("; ", read.Facts.Broken)}");
        }
    }

    private async Task RetireAsync(ChannelStore store)
    {
        await Task.Delay(Retirement, TimeProvider.System, stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        store.Dispose();
    }

    private Opened Open(Definition definition, DossierOptions options)
    {
        var (queries, problem) = definition.Read();
        return new Opened(definition, options.Phone.DefaultCountry, Store(definition, definition.Options!, queries, problem, options.Phone.DefaultCountry, log));
    }

    /// <summary>A source's query file, or what is wrong with its settings or the file; its connection string is filled in.</summary>
    internal static (QueryFile? Queries, string? Problem) Read(string name, SourceOptions options) => Definition.Of(name, options).Read();

    private ChannelStore Store(Definition definition, SourceOptions options, QueryFile? queries, string? problem, string country, ILogger log) =>
        new(definition.Name, options, queries, problem, country, clock, log);

    private static HashSet<Section> SectionsOf(SourceOptions options) =>
        [.. options.Sections.Select(word => Enum.GetValues<Section>().First(section => section.Word().Equals(word, StringComparison.OrdinalIgnoreCase)))];

    private sealed record Opened(Definition Definition, string Country, ChannelStore Store);

    /// <summary>All that makes a source what it is; two that are equal need not be opened twice.</summary>
    private sealed record Definition(string Name, string Settings, string? QueryText, string? Problem)
    {
        public SourceOptions? Options { get; private init; }

        public static Definition Of(string name, SourceOptions options)
        {
            var (text, problem) = ConnectionText.Read(
                $"Sources:{name}", options.ConnectionString, options.ConnectionStringFile, options.ConnectionStringVariable);
            options.ConnectionString = text;
            problem ??= SourceSettings.Problem(name, options);
            string? queries = null;
            if (problem is null)
            {
                try
                {
                    queries = ReadFile(options.Queries);
                }
                catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
                {
                    problem = unreadable.Message;
                }
            }

            return new Definition(name, JsonSerializer.Serialize(options), queries, problem) { Options = options };
        }

        public (QueryFile? Queries, string? Problem) Read()
        {
            if (Problem is not null)
            {
                return (null, Problem);
            }

            try
            {
                return (QueryFile.Parse(QueryText!, Options!.Queries).Only(SectionsOf(Options)), null);
            }
            catch (FormatException wrong)
            {
                return (null, wrong.Message);
            }
        }

        public bool Equals(Definition? other) =>
            other is not null && Name == other.Name && Settings == other.Settings && QueryText == other.QueryText && Problem == other.Problem;

        public override int GetHashCode() => HashCode.Combine(Name, Settings);

        private static string ReadFile(string path) =>
            File.Exists(path) ? File.ReadAllText(path)
            : path.StartsWith("db/", StringComparison.Ordinal) && SqlText.List("").Contains(path[3..], StringComparer.Ordinal) ? SqlText.Read(path[3..])
            : throw new FileNotFoundException($"Query file '{path}' is not there.");
    }

    /// <summary>A probe's failures are not news: the source was said to be DISABLED when it became so.</summary>
    private sealed class Quiet : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => false;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
        }
    }
}
