using System.Diagnostics;

namespace Dossier.Database;

/// <summary>
/// Opens when nine of ten calls of the last two seconds failed, five at least. While it is open one call is let through every 500 ms, to try,
/// and one that succeeds closes it.
/// </summary>
internal sealed class Breaker
{
    private const int Fewest = 5;
    private const double Share = 0.9;
    private static readonly TimeSpan Break = TimeSpan.FromMilliseconds(500);

    // Two of these are what is looked at: between one second and two.
    private static readonly TimeSpan Half = TimeSpan.FromSeconds(1);
    private readonly Lock gate = new();
    private (int Calls, int Failures) now;
    private (int Calls, int Failures) before;
    private long since = Stopwatch.GetTimestamp();
    private long openUntil;
    private bool trying;
    private volatile bool open;

    /// <summary>It opened, and no call has succeeded since.</summary>
    public bool IsOpen => open;

    /// <summary>It is open, and nobody may try just now.</summary>
    public bool Refuses
    {
        get
        {
            if (!open)
            {
                return false;
            }

            lock (gate)
            {
                return open && (trying || Stopwatch.GetTimestamp() < openUntil);
            }
        }
    }

    /// <summary>Lets a call through, or not. One that is let through ends with <see cref="Leave"/>.</summary>
    public Passage Enter()
    {
        if (!open)
        {
            return Passage.Free;
        }

        lock (gate)
        {
            if (!open)
            {
                return Passage.Free;
            }

            if (trying || Stopwatch.GetTimestamp() < openUntil)
            {
                return Passage.None;
            }

            trying = true;
            return Passage.Trial;
        }
    }

    /// <param name="passage">How it came in.</param>
    /// <param name="succeeded">Null if it says nothing of the database: nobody waited for it.</param>
    public void Leave(Passage passage, bool? succeeded)
    {
        lock (gate)
        {
            if (passage == Passage.Trial)
            {
                trying = false;
                if (succeeded == true)
                {
                    (open, now, before) = (false, default, default);
                }
                else if (succeeded == false)
                {
                    openUntil = Stopwatch.GetTimestamp() + (long)(Break.TotalSeconds * Stopwatch.Frequency);
                }
            }
            else if (!open && succeeded is { } well)
            {
                Count(well);
            }
        }
    }

    private void Count(bool well)
    {
        var passed = Stopwatch.GetElapsedTime(since);
        if (passed >= Half)
        {
            (before, now, since) = (passed < Half * 2 ? now : default, default, Stopwatch.GetTimestamp());
        }

        now = (now.Calls + 1, now.Failures + (well ? 0 : 1));
        var (calls, failures) = (now.Calls + before.Calls, now.Failures + before.Failures);
        if (!well && calls >= Fewest && failures >= calls * Share)
        {
            open = true;
            openUntil = Stopwatch.GetTimestamp() + (long)(Break.TotalSeconds * Stopwatch.Frequency);
        }
    }
}

/// <summary>How a call came through the breaker.</summary>
internal enum Passage
{
    /// <summary>It did not.</summary>
    None,

    /// <summary>It was closed.</summary>
    Free,

    /// <summary>It is open, and this call tries.</summary>
    Trial,
}
