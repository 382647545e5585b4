namespace Dossier.Host;

/// <summary>
/// A deadline is one only on a thread pool that is not starved (measured: 1,013 ms for 100 ms on two cores with four
/// blocked calls). SQLite blocks its thread, so the pool must have a thread for every place of every lane.
/// </summary>
internal static class Threads
{
    private const int Spare = 32;

    public static void Reserve(DossierOptions options)
    {
        var wanted = options.Sources.Values.Sum(source => Math.Clamp(source.MaxConnections, 1, 256)) + (3 * options.Registry.MaxConnections) + Spare;
        ThreadPool.GetMinThreads(out var workers, out var ports);
        ThreadPool.SetMinThreads(Math.Max(workers, wanted), ports);
    }
}
