using System.Net;
using System.Net.Sockets;
using System.Text;
using Dossier.Tests.Fixtures;
using Dossier.V1;
using Grpc.Core;
using Grpc.Net.Client;

namespace Dossier.Tests.ServiceTests;

/// <summary>A caller of the guard gets a verdict whatever happens, and never a better one than the service gave.</summary>
public sealed class FailSafeGuardTests(SharedHost shared) : IClassFixture<SharedHost>
{
    private static readonly PlannedAction Letter = Agreed.Letter("1043", Agreed.Bill("202609-003201", "BA-001043"));

    [Fact]
    public async Task A_verdict_of_the_service_comes_as_it_is_one_by_one_and_in_any_number()
    {
        var guard = shared.Host.Guard;
        var wrong = Agreed.Letter("1043", new ActionSubject { Type = SubjectType.Invoice, Id = "202609-003201" });

        var one = await guard.CheckActionSafelyAsync(Letter);
        var many = await guard.CheckActionBatchSafelyAsync([.. Enumerable.Range(0, 1_001).Select(index => index == 1_000 ? wrong : Letter), null!]);

        Assert.Equal((Verdict.Allow, true, (string?)null), (one.Verdict, one.MayAct, one.Unknown));
        Assert.Equal(1_002, many.Count);
        Assert.All(many.Take(1_000), answer => Assert.Equal(Verdict.Allow, answer.Verdict));
        Assert.Equal(Verdict.Unknown, many[1_000].Verdict);
        Assert.StartsWith("INVALID_ARGUMENT: ", many[1_000].Unknown, StringComparison.Ordinal);
        Assert.StartsWith("INVALID_FIELD: ", many[1_001].Unknown, StringComparison.Ordinal);
        Assert.Empty(await guard.CheckActionBatchSafelyAsync([]));
    }

    [Fact]
    public async Task What_the_service_refuses_is_unknown_with_its_reason()
    {
        var answer = await shared.Host.Guard.CheckActionSafelyAsync(Agreed.Letter("1043"));
        var stranger = await shared.Host.Guard.CheckActionSafelyAsync(Letter, new CallOptions(DossierHost.As("nobody")));

        Assert.Equal((Verdict.Unknown, Verdict.Unknown), (answer.Verdict, stranger.Verdict));
        Assert.StartsWith("INVALID_FIELD: ", answer.Unknown, StringComparison.Ordinal);
        Assert.StartsWith("INVALID_METADATA: ", stranger.Unknown, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nobody_who_listens_is_unknown()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var address = $"http://{listener.LocalEndpoint}";
        listener.Stop();
        using var channel = GrpcChannel.ForAddress(address);

        await UnknownAsync(new GuardService.GuardServiceClient(channel), default, "UNAVAILABLE: ");
    }

    [Fact]
    public async Task A_service_that_hangs_is_unknown_when_the_callers_time_is_over()
    {
        var port = new Uri(shared.Host.Address).Port;
        await using var proxy = TroubledProxy.Before($"Host=127.0.0.1;Port={port}");
        using var channel = GrpcChannel.ForAddress($"http://127.0.0.1:{new Npgsql.NpgsqlConnectionStringBuilder(proxy.ConnectionString).Port}");
        var guard = new GuardService.GuardServiceClient(channel);
        Assert.Equal(Verdict.Allow, (await guard.CheckActionSafelyAsync(Letter)).Verdict);

        proxy.Freeze();
        var deadline = TimeProvider.System.GetUtcNow().UtcDateTime.AddMilliseconds(300);
        await UnknownAsync(guard, new CallOptions(deadline: deadline), "DEADLINE_EXCEEDED: ");

        proxy.Restore();
        Assert.Equal(Verdict.Allow, (await guard.CheckActionSafelyAsync(Letter)).Verdict);
    }

    [Fact]
    public async Task Something_else_that_listens_there_is_unknown()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        _ = TalkAsync(listener);
        using var channel = GrpcChannel.ForAddress($"http://{listener.LocalEndpoint}");

        await UnknownAsync(new GuardService.GuardServiceClient(channel), default, "");
    }

    [Fact]
    public async Task A_malformed_answer_is_unknown()
    {
        await using var service = await ScriptedService.StartAsync();
        foreach (var answer in new[] { new CheckActionResponse(), new CheckActionResponse { Decision = new Decision() }, new CheckActionResponse { Decision = new Decision { Verdict = (Verdict)9 } } })
        {
            service.Script.Check = () => answer;
            var batch = new CheckActionBatchResponse { Results = { new CheckActionResult { Decision = answer.Decision }, new CheckActionResult() } };
            service.Script.CheckBatch = _ => batch;

            await UnknownAsync(service.Guard, default, "");
        }

        // One answer too few: nobody knows whose is missing.
        service.Script.Check = () => throw Script.End(StatusCode.Internal, "INTERNAL");
        service.Script.CheckBatch = _ => new CheckActionBatchResponse { Results = { new CheckActionResult { Decision = new Decision { Verdict = Verdict.Allow } } } };
        await UnknownAsync(service.Guard, default, "");
    }

    [Fact]
    public async Task A_channel_that_was_closed_is_unknown()
    {
        var channel = GrpcChannel.ForAddress(shared.Host.Address);
        var guard = new GuardService.GuardServiceClient(channel);
        channel.Dispose();

        await UnknownAsync(guard, default, "");
    }

    [Fact]
    public async Task The_callers_own_cancellation_alone_is_thrown()
    {
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();
        var options = new CallOptions(cancellationToken: cancelled.Token);

        await Assert.ThrowsAsync<OperationCanceledException>(() => shared.Host.Guard.CheckActionSafelyAsync(Letter, options));
        await Assert.ThrowsAsync<OperationCanceledException>(() => shared.Host.Guard.CheckActionBatchSafelyAsync([Letter], options));
    }

    private static async Task UnknownAsync(GuardService.GuardServiceClient guard, CallOptions options, string why)
    {
        var one = await guard.CheckActionSafelyAsync(Letter, options);
        var two = await guard.CheckActionBatchSafelyAsync([Letter, Letter], options);

        Assert.Equal(2, two.Count);
        Assert.All(two.Prepend(one), answer =>
        {
            Assert.Equal((Verdict.Unknown, false), (answer.Verdict, answer.MayAct));
            Assert.False(string.IsNullOrWhiteSpace(answer.Unknown));
            Assert.StartsWith(why, answer.Unknown, StringComparison.Ordinal);
        });
    }

    private static async Task TalkAsync(TcpListener listener)
    {
        try
        {
            while (true)
            {
                using var client = await listener.AcceptTcpClientAsync();
                await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"));
            }
        }
        catch (Exception over) when (over is SocketException or ObjectDisposedException or IOException)
        {
            // The test is over.
        }
    }
}
