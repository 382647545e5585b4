using System.Diagnostics;
using Dapper;
using Dossier.Database;
using Microsoft.Data.Sqlite;

namespace Dossier.Tests.UnitTests;

/// <summary>Files that others delete, replace, cut and write; and a connection by which nothing can be written.</summary>
public sealed class SqliteFilesTests : IDisposable
{
    private static readonly TimeSpan Busy = TimeSpan.FromMilliseconds(200);
    private readonly string folder = Directory.CreateTempSubdirectory("dossier-files-").FullName;

    private string Store => Path.Combine(folder, "store.db");

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private string Write(string name, string text)
    {
        var path = Path.Combine(folder, name);
        File.WriteAllText(path, text);
        return path;
    }

    private string NewStore(string name, int value)
    {
        var path = Path.Combine(folder, name);
        using var connection = new SqliteConnection($"Data Source={path};Pooling=False");
        connection.Execute("CREATE TABLE t (v INTEGER); INSERT INTO t VALUES (@value)", new { value });
        return path;
    }

    private static long Read(SqliteConnections connections)
    {
        var rented = connections.Rent(Busy);
        var value = rented.Connection.QuerySingle<long>("SELECT v FROM t");
        connections.Return(rented);
        return value;
    }

    [Fact]
    public void A_file_is_itself_as_long_as_nobody_touches_it()
    {
        var file = Write("x", "abc");
        Assert.NotNull(FileIdentity.Of(file));
        Assert.Equal(FileIdentity.Of(file), FileIdentity.Of(file));
        Assert.Null(FileIdentity.Of(file + "-gone"));
        Assert.Null(FileIdentity.Of(Path.Combine(file, "below")));
    }

    [Fact]
    public async Task A_file_that_was_replaced_cut_written_or_touched_is_another()
    {
        var file = Write("x", "abc");
        async Task Changed(Action change, bool same)
        {
            var before = FileIdentity.Of(file)!.Value;
            await Task.Delay(30);
            change();
            var after = FileIdentity.Of(file)!.Value;
            Assert.NotEqual(before, after);
            Assert.Equal(same, before.IsSameFile(after));
        }

        await Changed(() => File.Move(Write("y", "abc"), file, overwrite: true), same: false);
        await Changed(
            () =>
            {
                using var stream = File.OpenWrite(file);
                stream.SetLength(1);
            },
            same: true);
        await Changed(() => File.AppendAllText(file, "z"), same: true);
        await Changed(() => File.WriteAllText(file, "qz"), same: true);
        await Changed(() => File.SetLastWriteTimeUtc(file, new DateTime(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc)), same: true);
    }

    [Fact]
    public async Task A_store_that_was_replaced_is_read_anew()
    {
        NewStore("store.db", 1);
        using var connections = new SqliteConnections($"Data Source={Store}", readOnly: true);
        await Task.Delay(100);
        Assert.Equal(1, Read(connections));
        File.Move(NewStore("other.db", 2), Store, overwrite: true);
        Assert.Equal(2, Read(connections));
    }

    [Fact]
    public async Task A_store_that_is_gone_gives_no_rows_of_the_file_that_it_was()
    {
        NewStore("store.db", 1);
        using var connections = new SqliteConnections($"Data Source={Store}", readOnly: true);
        await Task.Delay(100);
        Assert.Equal(1, Read(connections));
        File.Delete(Store);
        Assert.Throws<FileNotFoundException>(() => connections.Rent(Busy));
        NewStore("store.db", 3);
        Assert.Equal(3, Read(connections));
    }

    [Fact]
    public async Task A_connection_is_used_again_and_what_others_write_is_seen()
    {
        NewStore("store.db", 1);
        using var connections = new SqliteConnections($"Data Source={Store}", readOnly: true);
        await Task.Delay(100);
        var first = connections.Rent(Busy);
        connections.Return(first);
        var second = connections.Rent(Busy);
        Assert.Same(first.Connection, second.Connection);
        connections.Return(second);

        await using (var other = new SqliteConnection($"Data Source={Store};Pooling=False"))
        {
            await other.ExecuteAsync("UPDATE t SET v = 5");
        }

        Assert.Equal(5, Read(connections));
    }

    [Fact]
    public void A_registry_that_was_deleted_does_not_come_back_empty()
    {
        using var connections = new SqliteConnections($"Data Source={Store}", readOnly: false);
        Assert.Throws<FileNotFoundException>(() => connections.Rent(Busy));
        Assert.False(File.Exists(Store));
    }

    [Theory]
    [InlineData("INSERT INTO t VALUES (2)")]
    [InlineData("UPDATE t SET v = 2 RETURNING v")]
    [InlineData("DELETE FROM t")]
    [InlineData("WITH a AS (SELECT 1) DELETE FROM t")]
    [InlineData("CREATE TABLE u (v)")]
    [InlineData("CREATE TEMP TABLE u (v)")]
    [InlineData("DROP TABLE t")]
    [InlineData("PRAGMA user_version=7")]
    [InlineData("VACUUM")]
    [InlineData("ATTACH 'other.db' AS other; INSERT INTO other.t VALUES (9)")]
    [InlineData("ATTACH 'made.db' AS made; CREATE TABLE made.t (v)")]
    [InlineData("SELECT load_extension('x')")]
    public void A_source_cannot_be_written_through_a_query(string statement)
    {
        NewStore("store.db", 1);
        NewStore("other.db", 2);
        var before = Directory.GetFiles(folder).Order().Select(file => (file, Convert.ToHexString(File.ReadAllBytes(file)))).ToList();
        using (var connections = new SqliteConnections($"Data Source={Store}", readOnly: true))
        {
            var rented = connections.Rent(Busy);
            Assert.Throws<SqliteException>(() => rented.Connection.Query(statement
                .Replace("other.db", Path.Combine(folder, "other.db"), StringComparison.Ordinal)
                .Replace("made.db", Path.Combine(folder, "made.db"), StringComparison.Ordinal)).ToList());
            rented.Connection.Dispose();
        }

        Assert.Equal(before, Directory.GetFiles(folder).Order().Select(file => (file, Convert.ToHexString(File.ReadAllBytes(file)))));
    }

    [Fact]
    public void A_journal_mode_that_a_query_sets_does_not_reach_the_file()
    {
        NewStore("store.db", 1);
        using var connections = new SqliteConnections($"Data Source={Store}", readOnly: true);
        var rented = connections.Rent(Busy);
        try
        {
            Assert.NotEqual("wal", rented.Connection.QuerySingle<string>("PRAGMA journal_mode=WAL"));
        }
        catch (SqliteException)
        {
            // Refused is as good as without effect.
        }

        rented.Connection.Dispose();
        using var other = new SqliteConnection($"Data Source={Store};Pooling=False");
        Assert.Equal("delete", other.QuerySingle<string>("PRAGMA journal_mode"));
    }

    [Fact]
    public void Not_even_a_query_that_lifts_query_only_can_write()
    {
        NewStore("store.db", 1);
        using var connections = new SqliteConnections($"Data Source={Store};Mode=ReadWriteCreate", readOnly: true);
        var rented = connections.Rent(Busy);
        rented.Connection.Execute("PRAGMA query_only=0");
        Assert.Throws<SqliteException>(() => rented.Connection.Execute("INSERT INTO t VALUES (2)"));
        rented.Connection.Dispose();
    }

    [Theory]
    [InlineData(100)]
    [InlineData(400)]
    public void A_locked_store_is_waited_for_as_long_as_was_said_and_no_longer(int milliseconds)
    {
        NewStore("store.db", 1);
        using var writer = new SqliteConnection($"Data Source={Store};Pooling=False");
        writer.Open();
        writer.Execute("BEGIN EXCLUSIVE");
        using var connections = new SqliteConnections($"Data Source={Store}", readOnly: false);
        var started = Stopwatch.GetTimestamp();
        var busy = Assert.Throws<SqliteException>(() => SqliteConnections.Execute(connections.Rent(TimeSpan.FromMilliseconds(milliseconds)).Connection, "BEGIN IMMEDIATE"));
        Assert.Equal(SQLitePCL.raw.SQLITE_BUSY, busy.SqliteErrorCode);

        // SQLite sleeps in steps that add up to a little less.
        Assert.InRange(Stopwatch.GetElapsedTime(started).TotalMilliseconds, milliseconds * 0.5, (milliseconds * 2) + 500);
    }

    [Fact]
    public async Task A_command_that_begins_just_after_it_was_abandoned_is_ended_all_the_same()
    {
        NewStore("store.db", 1);
        using var pool = Vendor.Find("Sqlite")!.Connect(new ConnectionSettings($"Data Source={Store}", "test", ReadOnly: true, 1, Busy));
        using var rented = pool.Rent(Busy);
        using var abandoned = new CancellationTokenSource();
        using var interruption = new Interruption(pool, rented.Connection, abandoned.Token);
        var stopping = Task.Run(abandoned.Cancel);
        await Task.Delay(100);

        // A minute's work, where nobody ends it.
        var ended = Assert.Throws<SqliteException>(() => rented.Connection.QuerySingle<long>(
            "WITH RECURSIVE counted(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counted WHERE n < 300000000) SELECT max(n) FROM counted"));
        Assert.Equal(9, ended.SqliteErrorCode);
        interruption.Dispose();
        await stopping;
        Assert.Equal(1, await rented.Connection.QuerySingleAsync<long>("SELECT v FROM t"));
    }

    [Fact]
    public async Task What_was_abandoned_while_its_connection_was_opened_ends_and_gives_the_connection_back()
    {
        NewStore("store.db", 1);
        using var pool = Vendor.Find("Sqlite")!.Connect(new ConnectionSettings($"Data Source={Store}", "test", ReadOnly: true, 1, Busy));
        using var rented = pool.Rent(Busy);
        using var abandoned = new CancellationTokenSource();
        await abandoned.CancelAsync();

        // On a thread of its own: it waited for itself there, for ever.
        var begun = Task.Factory.StartNew(
            () => new Interruption(pool, rented.Connection, abandoned.Token).Dispose(), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        await Assert.ThrowsAsync<OperationCanceledException>(() => begun.WaitAsync(TimeSpan.FromSeconds(20)));
        Assert.Equal(1, await rented.Connection.QuerySingleAsync<long>("SELECT v FROM t"));
    }
}
