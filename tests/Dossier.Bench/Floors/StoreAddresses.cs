namespace Dossier.Bench.Floors;

/// <summary>Where the three stores and the registry stand, for every program that is measured.</summary>
internal sealed record StoreAddresses(string Provider, string Webcare, string Telephony, string Administration, string Registry)
{
    /// <summary>Connections to each store: the service's default. Four stores of eight stay far below a server's hundred.</summary>
    public const int Connections = 8;

    public bool IsSqlite => Provider == "sqlite";

    /// <summary>As the arguments of `serve`.</summary>
    public IEnumerable<string> Arguments => ["--provider", Provider, "--webcare", Webcare, "--telephony", Telephony, "--administration", Administration, "--registry", Registry];

    /// <summary>As the service's settings. No sweep: it is not part of a call.</summary>
    public IEnumerable<string> Settings()
    {
        var (vendor, suffix) = IsSqlite ? ("Sqlite", "sqlite") : ("PostgreSql", "postgres");
        foreach (var (name, address) in new[] { ("webcare", Webcare), ("telephony", Telephony), ("administration", Administration) })
        {
            yield return $"--Sources:{name}:Provider={vendor}";
            yield return $"--Sources:{name}:ConnectionString={address}";
            yield return $"--Sources:{name}:Queries=db/sources/{name}/queries.{suffix}.sql";
        }

        yield return "--Sources:administration:CustomerSource=true";
        yield return "--Sources:telephony:KeySpellings:phone:0=national";
        yield return $"--Registry:Provider={vendor}";
        yield return $"--Registry:ConnectionString={Registry}";
        yield return $"--Registry:MaxConnections={Connections}";
        yield return "--Sweep:Interval=00:00:00";
    }
}
