using Dossier.Tests.Fixtures;
using Microsoft.Data.Sqlite;

namespace Dossier.Tests.ServiceTests;

/// <summary>Something that befalls a file while the service runs; disposing makes it good again.</summary>
internal sealed class StoreFault : IDisposable
{
    private readonly Action mend;
    private bool mended;

    private StoreFault(Action mend) => this.mend = mend;

    /// <summary>A store's file, with its journal files, out of the folder and back: the same files.</summary>
    public static StoreFault MovedAway(DossierHost host, string store) => Move(host, store).Fault;

    /// <summary>Another file in its place, as a deployment or a restore puts it there.</summary>
    /// <param name="host">The service.</param>
    /// <param name="store">The store.</param>
    /// <param name="create">Makes the new file; gets its path and where the old one lies meanwhile.</param>
    public static StoreFault Replaced(DossierHost host, string store, Action<string, string> create)
    {
        var path = host.FileOf(store);
        var (fault, away) = Move(host, store);
        create(path, Path.Combine(away, Path.GetFileName(path)));
        return new StoreFault(() =>
        {
            if (Directory.Exists(path))
            {
                Directory.Delete(path);
            }

            fault.Dispose();
        });
    }

    /// <summary>The same file, cut short in place.</summary>
    public static StoreFault Cut(DossierHost host, string store, Func<long, long> length) =>
        InPlace(host, store, file => file.SetLength(length(file.Length)));

    /// <summary>The same file, written over in place from an offset on.</summary>
    public static StoreFault Overwritten(DossierHost host, string store, long from) => InPlace(host, store, file =>
    {
        var nonsense = new byte[file.Length - from];
        new Random(7).NextBytes(nonsense);
        file.Seek(from, SeekOrigin.Begin);
        file.Write(nonsense);
    });

    /// <summary>Somebody else writes: it can be read, and nobody else can write.</summary>
    public static StoreFault Held(DossierHost host, string store)
    {
        var connection = Rows.Open(host.FileOf(store), SqliteOpenMode.ReadWrite);
        using var command = connection.CreateCommand();
        command.CommandText = "BEGIN IMMEDIATE";
        command.ExecuteNonQuery();
        return new StoreFault(connection.Dispose);
    }

    /// <summary>Somebody holds it exclusively.</summary>
    public static StoreFault Locked(DossierHost host, string store) => Locked(host.DataDirectory, store);

    /// <summary>The same, of a service that is not a host's.</summary>
    public static StoreFault Locked(string dataDirectory, string store)
    {
        var connection = Rows.Open(Path.Combine(dataDirectory, store + ".db"), SqliteOpenMode.ReadWrite);
        using var command = connection.CreateCommand();
        command.CommandText = "BEGIN EXCLUSIVE";
        command.ExecuteNonQuery();
        return new StoreFault(connection.Dispose);
    }

    public void Dispose()
    {
        if (!mended)
        {
            mended = true;
            mend();
        }
    }

    private static StoreFault InPlace(DossierHost host, string store, Action<FileStream> harm)
    {
        var path = host.FileOf(store);
        var whole = File.ReadAllBytes(path);
        using (var file = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite))
        {
            harm(file);
        }

        return new StoreFault(() =>
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
            file.Write(whole);
            file.SetLength(whole.Length);
        });
    }

    private static (StoreFault Fault, string Away) Move(DossierHost host, string store)
    {
        var away = Directory.CreateTempSubdirectory("dossier-away-").FullName;
        // The database first and back last: nobody may find it without its journal.
        var files = Directory.GetFiles(host.DataDirectory, store + ".db*").OrderBy(file => file.Length).ToArray();
        foreach (var file in files)
        {
            File.Move(file, Path.Combine(away, Path.GetFileName(file)));
        }

        var fault = new StoreFault(() =>
        {
            foreach (var file in files.AsEnumerable().Reverse())
            {
                File.Move(Path.Combine(away, Path.GetFileName(file)), file, overwrite: true);
            }

            Directory.Delete(away, recursive: true);
        });
        return (fault, away);
    }
}
