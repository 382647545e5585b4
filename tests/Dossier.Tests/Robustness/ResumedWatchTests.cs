using System.Collections.Concurrent;
using System.Net.Sockets;
using Dossier.Tests.ConformanceTests;
using Dossier.Tests.Fixtures;
using Dossier.Tests.ServiceTests;
using Dossier.V1;
using Grpc.Core;
using Grpc.Net.Client;

namespace Dossier.Tests.RobustnessTests;

/// <summary>
/// The service is killed and stopped under its callers and started again. A watch hears each change once and in order all the same,
/// and a change that was being made is made once.
/// </summary>
[Collection(ProcessesCollection.Name)]
public sealed class ResumedWatchTests
{
    private const int Rounds = 4;
    private const int EachRound = 5;
    private DossierProcess service = null!;

    [Fact]
    public async Task Each_change_is_heard_once_and_in_order_although_the_service_is_killed_and_restarted_under_watch_and_writer()
    {
        using var folder = TemporaryFolder.WithStores();
        service = await DossierProcess.StartAsync(folder.Path);
        try
        {
            using var channel = Follow();
            var agreements = new AgreementService.AgreementServiceClient(channel);
            using var enough = new CancellationTokenSource();
            var heard = new ConcurrentQueue<(string Agreement, long Sequence, string Token)>();
            var interruptions = new ConcurrentQueue<RpcException>();
            var first = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            var watch = new ResumingWatch(agreements, new WatchAgreementsRequest { Parent = "customers/-" }) { Interrupted = (end, _) => interruptions.Enqueue(end) };
            var watching = watch.RunAsync(
                (message, _) =>
                {
                    first.TrySetResult();
                    foreach (var change in message.Changes)
                    {
                        heard.Enqueue((change.Agreement, change.Sequence, message.ResumeToken));
                    }

                    return Task.CompletedTask;
                },
                new CallOptions(cancellationToken: enough.Token));
            await first.Task.WaitAsync(DossierProcess.Patience);

            var made = new List<CreateAgreementResponse>();
            for (var round = 0; round < Rounds; round++)
            {
                var writing = WriteAsync(agreements, round);
                await EndAsync(killed: round % 2 == 0);
                var restarted = await service.RestartAsync();
                await service.DisposeAsync();
                service = restarted;
                made.AddRange(await writing);
            }

            await Eventually.TrueAsync(() => Task.FromResult(heard.Count >= made.Count || watching.IsCompleted), "the watch has heard of every change");
            await enough.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => watching);

            Assert.Equal(Rounds * EachRound, made.Count);
            Assert.Equal(
                made.Select(answer => (answer.Agreement.Name, answer.RegistrySequence)),
                heard.Select(change => (change.Agreement, change.Sequence)));
            Assert.NotEmpty(interruptions);
            await GoesOnFromAsync(agreements, [.. heard]);
        }
        finally
        {
            await service.DisposeAsync();
        }
    }

    /// <summary>Another life of the caller, with what it had stored in the middle.</summary>
    private static async Task GoesOnFromAsync(AgreementService.AgreementServiceClient agreements, (string Agreement, long Sequence, string Token)[] heard)
    {
        const int Stored = 7;
        using var enough = new CancellationTokenSource(DossierProcess.Patience);
        var rest = new List<long>();
        var watch = new ResumingWatch(agreements, new WatchAgreementsRequest { Parent = "customers/-", ResumeToken = heard[Stored].Token });
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => watch.RunAsync(
            async (message, _) =>
            {
                rest.AddRange(message.Changes.Select(change => change.Sequence));
                if (rest.Count >= heard.Length - Stored - 1)
                {
                    await enough.CancelAsync();
                }
            },
            new CallOptions(cancellationToken: enough.Token)));
        Assert.Equal(heard.Skip(Stored + 1).Select(change => change.Sequence), rest);
    }

    private static async Task<List<CreateAgreementResponse>> WriteAsync(AgreementService.AgreementServiceClient agreements, int round)
    {
        var made = new List<CreateAgreementResponse>();
        for (var number = 0; number < EachRound; number++)
        {
            var options = new CallOptions(Calls.Webcare, TimeProvider.System.GetUtcNow().UtcDateTime + DossierProcess.Patience);
            made.Add(await RepeatedChanges.CallAsync(
                agreements.CreateAgreementAsync, Agreed.Remark("2001", $"{round}.{number}"), options, attempt: TimeSpan.FromSeconds(10)));
        }

        return made;
    }

    private async Task EndAsync(bool killed)
    {
        if (killed)
        {
            await service.KillAsync();
        }
        else
        {
            await service.TerminateAsync();
        }
    }

    /// <summary>A channel that finds the service wherever it listens after a restart.</summary>
    private GrpcChannel Follow() => GrpcChannel.ForAddress("http://127.0.0.1", new GrpcChannelOptions
    {
        DisposeHttpClient = true,
        HttpHandler = new SocketsHttpHandler
        {
            ConnectCallback = async (_, cancellation) =>
            {
                var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                try
                {
                    var address = new Uri(service.Address);
                    await socket.ConnectAsync(address.Host, address.Port, cancellation);
                    return new NetworkStream(socket, ownsSocket: true);
                }
                catch
                {
                    socket.Dispose();
                    throw;
                }
            },
        },
    });
}
