using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Dapper;
using Npgsql;

namespace Dossier.Tests.Fixtures;

/// <summary>
/// A hot standby of the server of DOSSIER_TEST_POSTGRES: a base backup that goes on by streaming replication, on a port of its
/// own. It can stop replaying, freeze, die and come back.
/// </summary>
public sealed class PostgresStandby : IAsyncDisposable
{
    /// <summary>The folder of the server's programs: tests/with-postgres.sh sets it, a server elsewhere has none.</summary>
    public const string Variable = "DOSSIER_TEST_POSTGRES_BIN";

    private readonly string folder;
    private readonly string slot;
    private readonly int port;
    private readonly string user;

    private PostgresStandby(string folder, string slot, int port, string user) => (this.folder, this.slot, this.port, this.user) = (folder, slot, port, user);

    private static string Bin => Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } bin
        ? bin
        : throw new InvalidOperationException($"{Variable} is not set. Run tests/with-postgres.sh dotnet test.");

    private string Data => Path.Combine(folder, "data");

    private bool IsRunning => File.Exists(Path.Combine(Data, "postmaster.pid"));

    public static async Task<PostgresStandby> StartAsync()
    {
        var primary = new NpgsqlConnectionStringBuilder(PostgresDatabase.Server);
        var home = Directory.CreateTempSubdirectory("dossier-standby-").FullName;

        // A server refuses to run as root: whoever runs the primary runs its standby.
        var runner = "";
        if (Environment.IsPrivilegedProcess)
        {
            runner = (await File.ReadAllLinesAsync("/etc/passwd")).Any(line => line.StartsWith("postgres:", StringComparison.Ordinal)) ? "postgres" : "nobody";
            await Tool.RunAsync("chown", runner, home);
        }

        var own = "dossier_" + Guid.NewGuid().ToString("N")[..12];
        var standby = new PostgresStandby(home, own, FreePort(), runner);
        try
        {
            await standby.RunAsync(
                "pg_basebackup", "-h", primary.Host!, "-p", $"{primary.Port}", "-U", primary.Username!, "-D", standby.Data, "-R", "-X", "stream", "-c", "fast", "-C", "-S", own);
            await File.AppendAllTextAsync(
                Path.Combine(standby.Data, "postgresql.conf"),
                $"\nport = {standby.port}\nunix_socket_directories = '{home}'\nhot_standby = on\nwal_retrieve_retry_interval = '200ms'\n");
            await standby.RestartAsync();
            return standby;
        }
        catch
        {
            await standby.DisposeAsync();
            throw;
        }
    }

    /// <summary>The connection string of a database there.</summary>
    public string Of(PostgresDatabase database, string role = "dossier_service") => new NpgsqlConnectionStringBuilder(PostgresDatabase.Server)
    {
        Port = port, Database = database.Name, Username = role, Pooling = false,
    }.ConnectionString;

    /// <summary>Asks the standby itself.</summary>
    public async Task<IReadOnlyList<T>> QueryAsync<T>(string sql, object? parameters = null)
    {
        await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(PostgresDatabase.Server) { Port = port, Pooling = false }.ConnectionString);
        await connection.OpenAsync();
        return [.. await connection.QueryAsync<T>(sql, parameters)];
    }

    /// <summary>It goes on receiving, and shows what it shows now.</summary>
    public async Task PauseReplayAsync()
    {
        await CatchUpAsync();
        await QueryAsync<object>("SELECT pg_wal_replay_pause()::text");
        await Eventually.TrueAsync(
            async () => (await QueryAsync<string>("SELECT pg_get_wal_replay_pause_state()")).Single() == "paused", "the standby has stopped replaying");
    }

    public Task ResumeReplayAsync() => QueryAsync<object>("SELECT pg_wal_replay_resume()::text");

    /// <summary>Waits until it shows what the primary has committed.</summary>
    public async Task CatchUpAsync()
    {
        await using var primary = new NpgsqlConnection(PostgresDatabase.Server);
        await primary.OpenAsync();
        // Where it has got to, not what is on its way already: a throw-away server commits before it writes.
        var written = await primary.QuerySingleAsync<string>("SELECT pg_current_wal_insert_lsn()::text");
        await Eventually.TrueAsync(
            async () => (await QueryAsync<bool>("SELECT pg_last_wal_replay_lsn() >= @written::pg_lsn", new { written })).Single(), "the standby has caught up");
    }

    /// <summary>At once, as by a lost machine that refuses connections.</summary>
    public Task StopAsync() => RunAsync("pg_ctl", "-D", Data, "-m", "immediate", "-w", "stop");

    public Task RestartAsync() => RunAsync("pg_ctl", "-D", Data, "-l", Path.Combine(folder, "server.log"), "-w", "start");

    /// <summary>SIGSTOP to all its processes: connections stay and say nothing.</summary>
    public Task FreezeAsync() => SignalAsync("-STOP");

    public Task ThawAsync() => SignalAsync("-CONT");

    public async ValueTask DisposeAsync()
    {
        if (IsRunning)
        {
            await ThawAsync();
            await StopAsync();
        }

        Directory.Delete(folder, recursive: true);
        await using var primary = new NpgsqlConnection(PostgresDatabase.Server);
        await primary.OpenAsync();
        await Eventually.TrueAsync(
            async () => !(await primary.QueryAsync<bool>("SELECT active FROM pg_replication_slots WHERE slot_name = @slot", new { slot })).Any(active => active),
            "the primary has seen that its standby is gone");
        await primary.ExecuteAsync("SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = @slot", new { slot });
    }

    private Task<string> RunAsync(string program, params string[] arguments)
    {
        var path = Path.Combine(Bin, program);

        // A server that stays behind must not hold the pipes that its starter is read by.
        return user.Length == 0
            ? Tool.RunAsync("sh", ["-c", "cd \"$0\" && exec \"$@\" >/dev/null", folder, path, .. arguments])
            : Tool.RunAsync("sh", ["-c", "cd \"$0\" && exec \"$@\" >/dev/null", folder, "setpriv", "--reuid", user, "--regid", user == "nobody" ? "nogroup" : user, "--clear-groups", "env", $"HOME={folder}", path, .. arguments]);
    }

    private async Task SignalAsync(string signal)
    {
        var server = (await File.ReadAllLinesAsync(Path.Combine(Data, "postmaster.pid")))[0].Trim();

        // It first: stopped, it starts no other. A child of its may have ended since it was listed.
        await Tool.RunAsync("kill", signal, server);
        await Tool.RunAsync("sh", ["-c", "for child in \"$@\"; do kill \"$0\" \"$child\" || [ ! -e \"/proc/$child\" ] || exit 1; done", signal, .. ChildrenOf(server)]);
    }

    private static IEnumerable<string> ChildrenOf(string parent)
    {
        foreach (var process in Process.GetProcesses())
        {
            string status;
            using (process)
            {
                try
                {
                    status = File.ReadAllText($"/proc/{process.Id}/stat");
                }
                catch (IOException)
                {
                    // Ended meanwhile.
                    continue;
                }

                // The name is in brackets and may hold anything; after it come the state and the parent.
                if (status[(status.LastIndexOf(')') + 2)..].Split(' ')[1] == parent)
                {
                    yield return process.Id.ToString(CultureInfo.InvariantCulture);
                }
            }
        }
    }

    private static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }
}
