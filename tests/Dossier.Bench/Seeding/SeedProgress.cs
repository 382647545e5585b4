using System.Diagnostics;

namespace Dossier.Bench.Seeding;

/// <summary>A bar with rate and time left on a terminal; nothing where the output goes elsewhere.</summary>
internal sealed class SeedProgress(string title, long customers, bool show)
{
    private const int Width = 30;
    private static readonly TimeSpan Often = TimeSpan.FromMilliseconds(200);
    private readonly long started = Stopwatch.GetTimestamp();
    private readonly Lock turn = new();
    private readonly long total = customers * SeedTables.Stores.Count;
    private long done;
    private long last;

    public TimeSpan Elapsed => Stopwatch.GetElapsedTime(started);

    /// <summary>So many customers more are in one of the stores.</summary>
    public void Done(int count)
    {
        var now = Interlocked.Add(ref done, count);
        if (!show)
        {
            return;
        }

        lock (turn)
        {
            if (now < total && Stopwatch.GetElapsedTime(last) < Often)
            {
                return;
            }

            last = Stopwatch.GetTimestamp();
            var part = (double)now / total;
            var rate = now / (double)SeedTables.Stores.Count / Math.Max(0.001, Elapsed.TotalSeconds);
            var left = now == total ? "making indexes" : $"{Elapsed * ((1 - part) / part):mm\\:ss} left";
            Console.Write($"\r{title} [{new string('#', (int)(part * Width)),-Width}] {part,4:P0}  {rate:N0} customers/s  {left}    ");
        }
    }

    public void End()
    {
        if (show)
        {
            Console.Write("\r" + new string(' ', 100) + "\r");
        }
    }
}
