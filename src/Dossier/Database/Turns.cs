using System.Diagnostics.CodeAnalysis;

namespace Dossier.Database;

/// <summary>
/// Who waits for a database: first come, first served within one system, and of the systems that which has had least of late. Else one that asks
/// for much has all the places of a queue, and another's single call waits behind them (p99 of an agent's dossier beside a run with 64
/// calls: 150 ms, alone 6 ms); and if they took turns, each of the reads of a dossier would wait for one of the run's.
/// </summary>
internal sealed class Turns<T>(SystemUse use)
{
    // One that was away and comes back with much to do has had little: whoever waits is not to wait until it has had as much.
    private const int MostInARow = 4;
    private readonly Dictionary<string, Queue<T>> waiting = new(StringComparer.Ordinal);

    // Those that wait; the first has waited for its turn for longest.
    private readonly List<string> systems = [];
    private int inARow;

    public int Count { get; private set; }

    public void Add(string system, T one)
    {
        if (!waiting.TryGetValue(system, out var own))
        {
            waiting[system] = own = new Queue<T>();
        }

        if (own.Count == 0)
        {
            systems.Add(system);
        }

        own.Enqueue(one);
        Count++;
    }

    public bool TryTake([MaybeNullWhen(false)] out T one)
    {
        if (Count == 0)
        {
            one = default;
            return false;
        }

        var next = systems.Count == 1 || inARow >= MostInARow ? 0 : Least();
        inARow = next == 0 ? 0 : inARow + 1;
        var system = systems[next];
        systems.RemoveAt(next);
        var own = waiting[system];
        one = own.Dequeue();
        Count--;
        if (own.Count > 0)
        {
            systems.Add(system);
        }

        return true;
    }

    private int Least()
    {
        var (least, used) = (0, use.Of(systems[0]));
        for (var one = 1; one < systems.Count; one++)
        {
            if (use.Of(systems[one]) is var its && its < used)
            {
                (least, used) = (one, its);
            }
        }

        return least;
    }
}

/// <summary>How long each system's work has held a thread of late: what is a quarter of a second old counts half.</summary>
internal sealed class SystemUse(TimeProvider clock)
{
    private static readonly TimeSpan Half = TimeSpan.FromMilliseconds(250);
    private readonly Lock gate = new();
    private static readonly TimeSpan Beside = TimeSpan.FromSeconds(1);
    private readonly Dictionary<string, (double Seconds, long At)> uses = new(StringComparer.Ordinal);
    private string? last;
    private long otherSeen;

    /// <summary>More than one system has had work done within the last second; what the service does by itself is none's.</summary>
    public bool IsShared => Volatile.Read(ref otherSeen) is not 0 and var seen && clock.GetElapsedTime(seen) < Beside;

    public void Add(string system, TimeSpan worked)
    {
        lock (gate)
        {
            var now = clock.GetTimestamp();
            if (system.Length > 0 && last != system)
            {
                Volatile.Write(ref otherSeen, last is null ? 0 : now);
                last = system;
            }

            uses[system] = (Left(system) + worked.TotalSeconds, now);
        }
    }

    public double Of(string system)
    {
        lock (gate)
        {
            return Left(system);
        }
    }

    private double Left(string system) => uses.TryGetValue(system, out var use) ? use.Seconds * Math.Pow(2, -(clock.GetElapsedTime(use.At) / Half)) : 0;
}
