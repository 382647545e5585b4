using System.Diagnostics;
using Dossier.Tests.Fixtures;

namespace Dossier.Tests.RobustnessTests;

/// <summary>
/// What this process holds that a service could leave behind. Each kind is counted by itself and against what may be there: pools of
/// connections and of threads fill up to their size whenever callers happen to meet, which is no growth.
/// </summary>
/// <param name="FilesAtOnce">How often the one of the service's files that is open most often is open.</param>
/// <param name="Sockets">Without those that the proxy counts.</param>
/// <param name="Others">Other handles.</param>
/// <param name="PoolThreads">Threads of the pool.</param>
/// <param name="OtherThreads">Threads of its own.</param>
/// <param name="Memory">Bytes that are reachable.</param>
internal sealed record Held(int FilesAtOnce, int Sockets, int Others, int PoolThreads, int OtherThreads, long Memory)
{
    // The runtime's own: an epoll, a timer, a socket of the client that idles.
    private const int Few = 8;
    private const string Handles = "/proc/self/fd";
    private const int SocketsOfAPair = 3;

    public static Held Now(TroubledProxy? proxy, params string[] folders)
    {
        var memory = GC.GetTotalMemory(forceFullCollection: true);
        var pool = ThreadPool.ThreadCount;
        using var process = Process.GetCurrentProcess();
        var pairs = proxy?.Open ?? 0;
        var targets = Directory.Exists(Handles) ? Directory.GetFiles(Handles).Select(Target).ToList() : [.. Enumerable.Repeat("", process.HandleCount)];
        var files = targets.Where(target => Array.Exists(folders, folder => target.StartsWith(folder, StringComparison.Ordinal))).ToList();
        var sockets = targets.Count(target => target.StartsWith("socket:", StringComparison.Ordinal));
        return new Held(
            files.GroupBy(file => file, StringComparer.Ordinal).Select(file => file.Count()).DefaultIfEmpty(0).Max(),
            sockets - (pairs * SocketsOfAPair),
            targets.Count - sockets - files.Count,
            pool,
            process.Threads.Count - pool,
            memory);
    }

    /// <summary>Nothing has piled up since.</summary>
    /// <param name="earlier">Before the trouble.</param>
    /// <param name="places">The most connections that one database may have.</param>
    public bool IsNoMoreThan(Held earlier, int places)
    {
        // What the pool keeps by itself; databases have threads of their own, which go after 20 s without work.
        ThreadPool.GetMinThreads(out var kept, out _);
        return FilesAtOnce <= places && Sockets <= earlier.Sockets + Few && Others <= earlier.Others + Few
            && PoolThreads <= Math.Max(kept, earlier.PoolThreads) + (2 * Few) && OtherThreads <= earlier.OtherThreads + Few && Memory <= earlier.Memory + (24L << 20);
    }

    private static string Target(string handle)
    {
        try
        {
            return new FileInfo(handle).LinkTarget ?? "";
        }
        catch (IOException)
        {
            // It was closed since.
            return "";
        }
    }
}
