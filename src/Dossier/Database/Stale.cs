using System.Data.Common;

namespace Dossier.Database;

/// <summary>
/// What a pooled connection may not know yet: the server was restarted, or a table changed under a prepared statement. A
/// read is tried once more on a new connection; else every idle connection would give one failure after a restart.
/// </summary>
internal static class Stale
{
    public static T Retry<T>(ConnectionPool pool, Func<T> read) => Retry(pool, _ => read());

    /// <param name="pool">Whose connections may be stale.</param>
    /// <param name="read">Gets whether this is the second try, whose word is the last.</param>
    public static T Retry<T>(ConnectionPool pool, Func<bool, T> read)
    {
        try
        {
            return read(false);
        }
        catch (DbException stale) when (pool.IsStale(stale))
        {
            pool.Clear();
            return read(true);
        }
    }
}
