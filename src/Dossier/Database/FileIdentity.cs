using System.Runtime.InteropServices;

namespace Dossier.Database;

/// <summary>
/// What tells one file from another under the same path: device, inode, size and time of change. A SQLite connection
/// keeps reading a file that was deleted or replaced, and its page cache survives a file that was cut short or
/// overwritten in place; so a pool compares this before every use.
/// </summary>
/// <param name="Device">The file system.</param>
/// <param name="Inode">The file on it.</param>
/// <param name="Size">In bytes.</param>
/// <param name="ChangeTicks">When it was changed, renamed too, in .NET ticks.</param>
[StructLayout(LayoutKind.Auto)]
public readonly partial record struct FileIdentity(ulong Device, ulong Inode, long Size, long ChangeTicks)
{
    // Times of files move in steps: 4 to 10 ms before Linux 6.13, 16 ms on Windows.
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(50);

    private const int CurrentFolder = -100;
    private const uint BasicStats = 0x7ff;

    /// <summary>The identity of the file that stands at a path now; null if there is none.</summary>
    public static FileIdentity? Of(string path)
    {
        if (OperatingSystem.IsLinux())
        {
            return Statx(CurrentFolder, path, 0, BasicStats, out var found) == 0
                ? new FileIdentity(
                    ((ulong)found.DeviceMajor << 32) | found.DeviceMinor,
                    found.Inode,
                    (long)found.Size,
                    DateTimeOffset.UnixEpoch.Ticks + (found.ChangeSeconds * TimeSpan.TicksPerSecond) + (found.ChangeNanoseconds / TimeSpan.NanosecondsPerTick))
                : null;
        }

        // Elsewhere .NET gives no inode. Windows lets nobody delete an open database; macOS shows a replaced file by its times.
        var file = new FileInfo(path);
        return file.Exists
            ? new FileIdentity(0, (ulong)file.CreationTimeUtc.Ticks, file.Length, file.LastWriteTimeUtc.Ticks)
            : null;
    }

    /// <summary>The same file, whatever was written to it since.</summary>
    public bool IsSameFile(FileIdentity other) => Device == other.Device && Inode == other.Inode;

    /// <summary>A change after this moment will show. One within the step of the last change has the same time: it would not.</summary>
    public bool IsSettled(DateTimeOffset now) => ChangeTicks < (now - Step).UtcTicks;

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Statx(int folder, string path, int flags, uint mask, out StatxResult found);

    // The kernel's struct statx has this layout on every architecture, which struct stat has not.
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    private struct StatxResult
    {
        [FieldOffset(32)] public ulong Inode;
        [FieldOffset(40)] public ulong Size;
        [FieldOffset(96)] public long ChangeSeconds;
        [FieldOffset(104)] public uint ChangeNanoseconds;
        [FieldOffset(136)] public uint DeviceMajor;
        [FieldOffset(140)] public uint DeviceMinor;
    }
}
