using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Dossier;

/// <summary>The time that one call may take, by the machine's clock (never the demo's).</summary>
[StructLayout(LayoutKind.Auto)]
public readonly struct Budget
{
    /// <summary>What is kept of the caller's deadline for merging and sending.</summary>
    public static readonly TimeSpan Reserve = TimeSpan.FromMilliseconds(50);

    /// <summary>The budget where the caller gave no deadline.</summary>
    public static readonly TimeSpan Default = TimeSpan.FromSeconds(3);

    /// <summary>What the service asks its sources for itself at its start, when nothing is warm.</summary>
    public static readonly TimeSpan Start = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan LargestTenth = TimeSpan.FromMilliseconds(20);
    private readonly long started;
    private readonly TimeSpan total;

    /// <param name="total">All of it.</param>
    /// <param name="patient">A source may take all of it: its own deadline does not count.</param>
    public Budget(TimeSpan total, bool patient = false) => (started, this.total, IsPatient) = (Stopwatch.GetTimestamp(), total, patient);

    public bool IsPatient { get; }

    public TimeSpan Left => total - Stopwatch.GetElapsedTime(started);

    /// <summary>A part of what is left, at most <paramref name="limit"/>.</summary>
    public TimeSpan Share(double part, TimeSpan limit) => Left * part < limit ? Left * part : limit;

    /// <summary>What a caller is ready to wait, less a tenth (20 ms at most) for merging and sending: it is the answer that must be there by then.</summary>
    public static Budget Within(TimeSpan wait) => new(wait - (wait / 10 < LargestTenth ? wait / 10 : LargestTenth));

    /// <summary>The caller's deadline less the reserve; a quarter of it where it is too short for that.</summary>
    public static Budget Until(TimeSpan? deadline) => new(
        deadline is not { } left ? Default
        : left > Reserve * 2 ? (left - Reserve < Default * 10 ? left - Reserve : Default * 10)
        : left / 2);
}
