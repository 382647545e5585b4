using Dossier.Tests.Fixtures;
using Grpc.Core;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;

namespace Dossier.Tests.ServiceTests;

/// <summary>One running service for the tests of a class that leave it whole.</summary>
public sealed class SharedHost : IAsyncLifetime
{
    public DossierHost Host { get; private set; } = null!;

    public async Task InitializeAsync() => Host = await Patient.StartAsync();

    public async Task DisposeAsync() => await Host.DisposeAsync();
}

/// <summary>A service whose sources may take their time: on a busy machine only DeadlineTests may see a TIMED_OUT.</summary>
internal static class Patient
{
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(2);

    public static async Task<DossierHost> StartAsync(params (string Key, string Value)[] settings) => Calm(await DossierHost.StartAsync(settings));

    /// <summary>A setting of a source would take the sample's clock away, so it is changed where the running service reads it.</summary>
    public static DossierHost Calm(DossierHost host)
    {
        foreach (var source in host.Services.GetRequiredService<DossierOptions>().Sources.Values)
        {
            source.Deadline = Deadline;
        }

        return host;
    }
}

/// <summary>Tests whose promise is a time run after all others, one at a time: two cores are soon busy.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class Alone
{
    public const string Name = "alone";
}

/// <summary>Asks again until the answer is as it must become, or a deadline passes.</summary>
internal static class Soon
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(25);

    /// <summary>The longest break of a breaker is half a second; the rest is for a busy machine.</summary>
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(10);

    public static async Task<T> BecomesAsync<T>(Func<Task<T>> ask, Func<T, bool> done)
    {
        using var late = new CancellationTokenSource(Deadline);
        while (true)
        {
            var answer = await ask();
            if (done(answer) || late.IsCancellationRequested)
            {
                Assert.True(done(answer), $"It did not become so in {Deadline}: {answer}");
                return answer;
            }

            await Task.Delay(Pause, TimeProvider.System);
        }
    }

    public static Task BecomesAsync(Func<Task<bool>> ask) => BecomesAsync(ask, done => done);
}

/// <summary>The registry's rows, read beside the service.</summary>
internal static class Rows
{
    private static readonly string[] Changing = ["agreement", "agreement_revision", "acknowledgement", "change", "request"];

    /// <summary>How many rows a change can have written, and the sequence: equal before and after a refusal.</summary>
    public static string Written(DossierHost host) =>
        string.Join(' ', Changing.Select(table => $"{table}={Count(host, table)}").Append($"sequence={One(host, "SELECT value FROM change_counter")}"));

    public static long Count(DossierHost host, string table) => One(host, $"SELECT COUNT(*) FROM {table}");

    public static long One(DossierHost host, string statement)
    {
        using var connection = Open(host.FileOf("registry"), SqliteOpenMode.ReadOnly);
        using var command = connection.CreateCommand();
        command.CommandText = statement;
        return (long)command.ExecuteScalar()!;
    }

    /// <summary>Changes a store or the registry beside the service.</summary>
    public static void Execute(string file, string statements)
    {
        using var connection = Open(file, SqliteOpenMode.ReadWrite);
        using var command = connection.CreateCommand();
        command.CommandText = "PRAGMA foreign_keys = OFF; " + statements;
        command.ExecuteNonQuery();
    }

    public static SqliteConnection Open(string file, SqliteOpenMode mode)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = file, Mode = mode, Pooling = false }.ToString());
        connection.Open();
        return connection;
    }
}

/// <summary>What an answer carries beside its message.</summary>
internal static class Answered
{
    /// <summary>The trailers of a call, whether it succeeded or not.</summary>
    public static async Task<Metadata> TrailersAsync<T>(AsyncUnaryCall<T> call)
    {
        try
        {
            await call;
            return call.GetTrailers();
        }
        catch (RpcException refused)
        {
            return refused.Trailers;
        }
    }
}
