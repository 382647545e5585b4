using System.Net;
using System.Net.Sockets;
using Dossier.Tests.ConformanceTests;
using Dossier.Tests.Fixtures;
using Dossier.V1;
using Grpc.Core;
using Grpc.Net.Client;

namespace Dossier.Tests.ServiceTests;

/// <summary>A change is repeated with its own request_id while the service is away, and on nothing else.</summary>
public sealed class RepeatedChangesTests
{
    private static CallOptions Within(TimeSpan time, CancellationToken cancellation = default) =>
        new(Calls.Webcare, TimeProvider.System.GetUtcNow().UtcDateTime + time, cancellation);

    [Fact]
    public async Task It_is_asked_again_with_the_same_id_until_the_service_is_back()
    {
        await using var service = await ScriptedService.StartAsync();
        service.Script.Create = (call, _) => call switch
        {
            1 or 2 => throw Script.End(StatusCode.Unavailable, call == 1 ? "REGISTRY_UNAVAILABLE" : null),
            3 => throw Script.End(StatusCode.DeadlineExceeded, "DEADLINE_EXCEEDED"),
            4 => throw Script.End(StatusCode.ResourceExhausted, "TOO_MANY_CALLS"),
            _ => new CreateAgreementResponse { RegistrySequence = call },
        };
        var request = Agreed.Remark("1043", "een keer");
        request.RequestId = "";

        var answer = await RepeatedChanges.CallAsync(service.Agreements.CreateAgreementAsync, request, Within(DossierProcess.Patience));

        Assert.Equal(5, answer.RegistrySequence);
        Assert.Equal(5, service.Script.Asked.Count);
        Assert.True(Guid.TryParse(Assert.Single(service.Script.Asked.Distinct()), out _));
        Assert.Equal("", request.RequestId);
    }

    [Fact]
    public async Task It_is_asked_again_where_an_instance_that_stops_ends_the_connection_in_its_first_moment()
    {
        await using var service = await ScriptedService.StartAsync();
        service.Script.Create = (call, _) => new CreateAgreementResponse { RegistrySequence = call };
        using var door = new TcpListener(IPAddress.Loopback, 0);
        door.Start();
        var relaying = RelayAsync(door, new Uri(service.Address).Port, turnedAway: 2);
        using var channel = GrpcChannel.ForAddress($"http://{door.LocalEndpoint}");
        var agreements = new AgreementService.AgreementServiceClient(channel);

        var alone = await Assert.ThrowsAsync<RpcException>(async () => await agreements.CreateAgreementAsync(Agreed.Remark("1043", "een keer"), Within(DossierProcess.Patience)));
        var answer = await RepeatedChanges.CallAsync(agreements.CreateAgreementAsync, Agreed.Remark("1043", "een keer"), Within(DossierProcess.Patience));

        // By the moment in which the client hears of it.
        Assert.True(alone.StatusCode is StatusCode.Internal or StatusCode.Unavailable, $"{alone}");
        Assert.Equal(1, answer.RegistrySequence);
        door.Stop();
        await relaying;
    }

    [Theory]
    [InlineData(StatusCode.Internal)]
    [InlineData(StatusCode.Unknown)]
    public async Task What_the_client_tells_of_a_connection_that_ended_is_waited_out_whatever_code_it_gives_it(StatusCode code)
    {
        await using var service = await ScriptedService.StartAsync();
        service.Script.Create = (call, _) => new CreateAgreementResponse { RegistrySequence = call };
        var ended = new RpcException(new Status(code, "Error starting gRPC call.", new HttpRequestException("ended", new IOException("The HTTP/2 server closed the connection."))));
        var tries = 0;

        var answer = await RepeatedChanges.CallAsync(
            (request, options) => ++tries < 3 ? throw ended : service.Agreements.CreateAgreementAsync(request, options), Agreed.Remark("1043", "een keer"), Within(DossierProcess.Patience));

        Assert.Equal((1, 3), (answer.RegistrySequence, tries));
    }

    // What has come is read: a socket that is closed with something unread resets the connection, and the client may see that first.
    private static async Task TurnAwayAsync(TcpClient caller)
    {
        using (caller)
        {
            var stream = caller.GetStream();
            await stream.WriteAsync(new byte[] { 0, 0, 8, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 });
            var read = new byte[1024];
            while (await stream.ReadAsync(read) > 0)
            {
            }
        }
    }

    // GOAWAY with NO_ERROR before anything else, as often as is said; then what goes to the service.
    private static async Task RelayAsync(TcpListener door, int port, int turnedAway)
    {
        try
        {
            for (var connection = 0; ; connection++)
            {
                var caller = await door.AcceptTcpClientAsync();
                if (connection < turnedAway)
                {
                    _ = TurnAwayAsync(caller);
                    continue;
                }

                var service = new TcpClient();
                await service.ConnectAsync(IPAddress.Loopback, port);
                _ = caller.GetStream().CopyToAsync(service.GetStream());
                _ = service.GetStream().CopyToAsync(caller.GetStream());
            }
        }
        catch (Exception stopped) when (stopped is SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    [Theory]
    [InlineData(StatusCode.InvalidArgument)]
    [InlineData(StatusCode.Aborted)]
    [InlineData(StatusCode.AlreadyExists)]
    [InlineData(StatusCode.FailedPrecondition)]
    [InlineData(StatusCode.PermissionDenied)]
    [InlineData(StatusCode.NotFound)]
    [InlineData(StatusCode.Internal)]
    [InlineData(StatusCode.Unknown)]
    [InlineData(StatusCode.ResourceExhausted)]
    [InlineData(StatusCode.Cancelled)]
    public async Task Any_other_error_is_thrown_at_once(StatusCode code)
    {
        await using var service = await ScriptedService.StartAsync();
        service.Script.Create = (_, _) => throw Script.End(code, null);

        var failed = await Assert.ThrowsAsync<RpcException>(() =>
            RepeatedChanges.CallAsync(service.Agreements.CreateAgreementAsync, Agreed.Remark("1043", "nee"), Within(DossierProcess.Patience)));

        Assert.Equal(code, failed.StatusCode);
        Assert.Single(service.Script.Asked);
    }

    [Fact]
    public async Task The_callers_deadline_bounds_all_tries_together()
    {
        await using var service = await ScriptedService.StartAsync();
        service.Script.Create = (_, _) => throw Script.End(StatusCode.Unavailable, "REGISTRY_UNAVAILABLE");
        var request = Agreed.Remark("1043", "te laat");

        var failed = await Assert.ThrowsAsync<RpcException>(() =>
            RepeatedChanges.CallAsync(service.Agreements.CreateAgreementAsync, request, Within(TimeSpan.FromSeconds(3))));

        Assert.True(failed.StatusCode is StatusCode.Unavailable or StatusCode.DeadlineExceeded);

        // Pauses of at least 50, 100, 200, 400, 800 and 1,600 ms: a seventh try would come after the deadline.
        Assert.InRange(service.Script.Asked.Count, 1, 6);
        Assert.Equal(request.RequestId, Assert.Single(service.Script.Asked.Distinct()));
    }

    [Fact]
    public async Task A_try_that_hangs_leaves_time_for_the_next_one()
    {
        await using var service = await ScriptedService.StartAsync();
        using var released = new ManualResetEventSlim();
        service.Script.Create = (call, _) =>
        {
            if (call == 1)
            {
                released.Wait();
            }

            return new CreateAgreementResponse { RegistrySequence = call };
        };

        var answer = await RepeatedChanges.CallAsync(
            service.Agreements.CreateAgreementAsync, Agreed.Remark("1043", "hangt"), Within(DossierProcess.Patience), TimeSpan.FromSeconds(1));

        released.Set();
        Assert.True(answer.RegistrySequence > 1);
        Assert.Single(service.Script.Asked.Distinct());
    }

    [Fact]
    public async Task The_callers_cancellation_ends_the_pause_between_two_tries()
    {
        await using var service = await ScriptedService.StartAsync();
        using var cancelled = new CancellationTokenSource();
        service.Script.Create = (_, _) =>
        {
            cancelled.Cancel();
            throw Script.End(StatusCode.Unavailable, null);
        };

        var ended = await Record.ExceptionAsync(() => RepeatedChanges.CallAsync(
            service.Agreements.CreateAgreementAsync, Agreed.Remark("1043", "genoeg"), Within(DossierProcess.Patience, cancelled.Token)));

        Assert.True(ended is OperationCanceledException or RpcException, $"{ended}");
        Assert.Single(service.Script.Asked);
    }

    [Fact]
    public async Task What_has_no_request_id_is_never_repeated()
    {
        await using var service = await ScriptedService.StartAsync();

        await Assert.ThrowsAsync<ArgumentException>(() =>
            RepeatedChanges.CallAsync(service.Guard.ConfirmActionAsync, new ConfirmActionRequest(), Within(DossierProcess.Patience)));
    }
}
