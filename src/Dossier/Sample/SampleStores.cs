using System.Security.Cryptography;
using System.Text;
using Dossier.Database;
using Microsoft.Data.Sqlite;

namespace Dossier.Sample;

/// <summary>
/// The three sample channel stores on SQLite: the story (customers 1042 to 1052, db/sample) and 500 generated customers, 2001 to
/// 2500, equal every time. 2100 has more than 1,000 calls, 2200 more than 1,000 WhatsApp conversations.
/// </summary>
public static class SampleStores
{
    /// <summary>The sources that have a sample store: <c>webcare</c> in <c>webcare.db</c>, and so on.</summary>
    public static IReadOnlyList<string> Names { get; } = ["webcare", "telephony", "administration"];

    /// <summary>Creates the stores that a folder lacks. A file that exists is never touched.</summary>
    /// <returns>The names of the stores that were created.</returns>
    public static IReadOnlyList<string> Create(string directory)
    {
        try
        {
            Directory.CreateDirectory(directory);
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            throw new IOException($"DataDirectory, {Path.GetFullPath(directory)}, cannot be made: {refused.Message} Choose a folder in which this user may write.", refused);
        }

        using var turn = new Mutex(initiallyOwned: false, TurnOf(directory));
        Take(turn);
        try
        {
            return CreateMissing(directory);
        }
        finally
        {
            turn.ReleaseMutex();
        }
    }

    // Two starters at once take turns: renaming over a file that another has just put there is not refused on Unix.
    private static string TurnOf(string directory) =>
        "dossier-sample-" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Path.GetFullPath(directory))).AsSpan(0, 12));

    private static void Take(Mutex turn)
    {
        try
        {
            if (!turn.WaitOne(TimeSpan.FromMinutes(1)))
            {
                throw new IOException("Another process has been creating the sample stores for a minute. Stop it, or choose another DataDirectory.");
            }
        }
        catch (AbandonedMutexException)
        {
            // The other one was killed; whatever it left half-done has another name.
        }
    }

    private static List<string> CreateMissing(string directory)
    {
        var created = new List<string>();
        foreach (var name in Names)
        {
            var path = Path.Combine(directory, name + ".db");
            if (!File.Exists(path))
            {
                RemoveAbandoned(directory, name);
                if (CreateStore(name, path))
                {
                    created.Add(name);
                }
            }
        }

        return created;
    }

    /// <summary>Fills a file beside the path and renames it when it is complete and on disk: a kill never leaves half a store.</summary>
    private static bool CreateStore(string name, string path)
    {
        var partial = $"{path}.{Guid.NewGuid():N}.partial";
        try
        {
            Fill(name, partial);
            using (var file = new FileStream(partial, FileMode.Open, FileAccess.ReadWrite))
            {
                file.Flush(flushToDisk: true);
            }

            File.Move(partial, path, overwrite: false);
            return true;
        }
        catch (IOException) when (File.Exists(path))
        {
            // Another process was first.
            return false;
        }
        finally
        {
            File.Delete(partial);
        }
    }

    /// <summary>Removes what killed processes left; another process may be at work on what is not an hour old.</summary>
    private static void RemoveAbandoned(string directory, string name)
    {
        var now = TimeProvider.System.GetUtcNow().UtcDateTime;
        foreach (var partial in Directory.EnumerateFiles(directory, $"{name}.db.*.partial"))
        {
            if (File.GetLastWriteTimeUtc(partial) < now.AddHours(-1))
            {
                File.Delete(partial);
            }
        }
    }

    private static void Fill(string name, string path)
    {
        var options = new SqliteConnectionStringBuilder { DataSource = path, Pooling = false };
        using var connection = new SqliteConnection(options.ToString());
        connection.Open();
        Execute(connection, null, SqlText.Read("sample/filling.sqlite.sql"));
        using var transaction = connection.BeginTransaction();
        Execute(connection, transaction, SqlText.Read($"sources/{name}/schema.sqlite.sql"));
        foreach (var story in SqlText.List($"sample/{name}.").Where(file => file.EndsWith(".sqlite.sql", StringComparison.Ordinal)))
        {
            Execute(connection, transaction, SqlText.Read(story));
        }

        using (var inserts = new InsertBlocks(connection, transaction))
        {
            switch (name)
            {
                case "webcare":
                    WebcareRows.Insert(inserts);
                    break;
                case "telephony":
                    TelephonyRows.Insert(inserts);
                    break;
                default:
                    AdministrationRows.Insert(inserts);
                    break;
            }
        }

        transaction.Commit();
    }

    private static void Execute(SqliteConnection connection, SqliteTransaction? transaction, string text)
    {
        using var command = connection.CreateCommand();
        command.Transaction = transaction;
        command.CommandText = text;
        command.ExecuteNonQuery();
    }
}
