namespace Dossier;

/// <summary>
/// A turn of a part that runs beside the calls. A fault of ours costs it that turn and is told; it ends neither the part, which would then be
/// missed by nobody, nor the service, which the host would stop.
/// </summary>
internal static class Beside
{
    /// <param name="part">As operators call it.</param>
    /// <param name="turn">What it does each time.</param>
    /// <param name="log">Where a fault is told.</param>
    /// <param name="stop">The service stops: that is no fault.</param>
    public static async Task TryAsync(string part, Func<CancellationToken, Task> turn, ILogger log, CancellationToken stop)
    {
        try
        {
            await turn(stop);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Told to stop.
        }
        catch (Exception fault)
        {
            Log.PartFaulted(log, part, new Withheld(fault));
        }
    }
}
