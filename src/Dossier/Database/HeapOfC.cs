using System.Runtime.InteropServices;

namespace Dossier.Database;

/// <summary>The heap of the C library, where SQLite has its memory.</summary>
internal static partial class HeapOfC
{
    // malloc.h of the GNU library.
    private const int TrimThreshold = -1;
    private const int TopPadding = -2;

    /// <summary>
    /// Lets it keep 4 MiB that are free at the end of each of its heaps, and grow by 1 MiB. As it comes it gives the end back to the system as soon
    /// as 128 KiB are free, which SQLite's reads come to again and again, in processes whose heaps happen to lie so: 56 pages a dossier were
    /// given back, asked for and cleared anew, and a fifth of the processor's time was that.
    /// </summary>
    public static void KeepWhatIsFree()
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        try
        {
            _ = Set(TrimThreshold, 4 << 20);
            _ = Set(TopPadding, 1 << 20);
        }
        catch (EntryPointNotFoundException)
        {
            // Another C library than GNU's (Alpine), which has nothing to set.
        }
    }

    [LibraryImport("libc", EntryPoint = "mallopt")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Set(int parameter, int value);
}
