namespace Dossier.Sample;

/// <summary>The embedded default: the three sample stores, and the clock that their dates need.</summary>
public static class SampleSetup
{
    /// <summary>Friday 9 October 2026 09:00 Europe/Amsterdam: the sample's dates end the day before.</summary>
    public static readonly DateTimeOffset DefaultNow = new(2026, 10, 9, 9, 0, 0, TimeSpan.FromHours(2));

    /// <summary>Puts the sample stores into settings that name no source.</summary>
    /// <returns>Whether the sample stores are used.</returns>
    /// <exception cref="InvalidOperationException">A demo clock is set beside real stores.</exception>
    public static bool Apply(DossierOptions options)
    {
        if (options.Sources.Count > 0)
        {
            return options.Demo.Now is null
                ? false
                : throw new InvalidOperationException(
                    "Demo:Now is set beside other sources than the sample stores. Real stores need the real clock: remove Demo:Now, or remove Sources.");
        }

        foreach (var name in SampleStores.Names)
        {
            options.Sources[name] = new SourceOptions
            {
                ConnectionString = $"Data Source={Path.Combine(options.DataDirectory, name + ".db")}",
                Queries = $"db/sources/{name}/queries.sqlite.sql",
                CustomerSource = name == "administration",
                KeySpellings = name == "telephony" ? new(StringComparer.OrdinalIgnoreCase) { ["phone"] = ["national"] } : new(StringComparer.OrdinalIgnoreCase),
            };
        }

        return true;
    }

    /// <summary>
    /// The demo clock. It starts at Demo:Now, or right after the last change that the registry holds: a second start must not
    /// go back to before what was written, or an agreement of a minute ago would not be in force yet.
    /// </summary>
    public static TimeProvider Clock(DossierOptions options, DateTimeOffset? latest)
    {
        var start = options.Demo.Now ?? DefaultNow;
        return new DemoClock(latest is { } last && last >= start ? last.AddMilliseconds(1) : start);
    }
}

/// <summary>A clock that starts at a given moment and then runs on.</summary>
public sealed class DemoClock(DateTimeOffset start) : TimeProvider
{
    private readonly long started = System.GetTimestamp();

    public override DateTimeOffset GetUtcNow() => start.ToUniversalTime() + System.GetElapsedTime(started);
}
