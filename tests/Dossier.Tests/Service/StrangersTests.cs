using Dossier.Tests.Fixtures;
using Grpc.Core;
using Grpc.Health.V1;
using Grpc.Net.Client;
using Grpc.Reflection.V1;

namespace Dossier.Tests.ServiceTests;

/// <summary>Who proves nothing costs as little as can be.</summary>
public sealed class StrangersTests
{
    private static readonly Marshaller<byte[]> Raw = Marshallers.Create<byte[]>(bytes => bytes, bytes => bytes);

    [Fact]
    public async Task A_thousand_streams_that_need_no_credential_are_open_at_once_and_a_single_question_of_health_is_always_answered()
    {
        await using var host = await DossierHost.StartAsync();
        using var channel = GrpcChannel.ForAddress(host.Address, new GrpcChannelOptions { HttpHandler = new SocketsHttpHandler { EnableMultipleHttp2Connections = true } });
        var health = new Health.HealthClient(channel);
        var open = new List<AsyncServerStreamingCall<HealthCheckResponse>>();
        for (var number = 0; number < LimitOptions.OpenQuestions; number++)
        {
            open.Add(health.Watch(new HealthCheckRequest { Service = "live" }));
            Assert.True(await open[^1].ResponseStream.MoveNext(CancellationToken.None));
        }

        async Task OneMoreAsync()
        {
            using var reflection = new ServerReflection.ServerReflectionClient(channel).ServerReflectionInfo();
            await reflection.RequestStream.WriteAsync(new ServerReflectionRequest { ListServices = "" });
            Assert.True(await reflection.ResponseStream.MoveNext(CancellationToken.None));
        }

        var refused = await Refused.ByAsync(OneMoreAsync);
        Assert.Equal((StatusCode.ResourceExhausted, "TOO_MANY_CALLS"), (refused.Code, refused.Reason));
        Assert.Equal(HealthCheckResponse.Types.ServingStatus.Serving, (await health.CheckAsync(new HealthCheckRequest())).Status);

        open.ForEach(one => one.Dispose());
        await Eventually.TrueAsync(
            async () =>
            {
                try
                {
                    await OneMoreAsync();
                    return true;
                }
                catch (RpcException full) when (full.StatusCode == StatusCode.ResourceExhausted)
                {
                    return false;
                }
            },
            "there is room again");
    }

    [Fact]
    public async Task A_question_that_needs_no_credential_is_short()
    {
        await using var host = await DossierHost.StartAsync();
        var health = new Health.HealthClient(host.Channel);
        var longest = new HealthCheckRequest { Service = new string('x', LimitOptions.LargestQuestion - 3) };
        Assert.Equal(LimitOptions.LargestQuestion, longest.CalculateSize());
        var unknown = (await Assert.ThrowsAsync<RpcException>(async () => await health.CheckAsync(longest))).Status;
        Assert.Equal(StatusCode.NotFound, unknown.StatusCode);
        Assert.InRange(unknown.Detail.Length, 1, 200);

        longest.Service += "x";
        var refused = await Refused.ByAsync(async () => await health.CheckAsync(longest));
        Assert.Equal((StatusCode.ResourceExhausted, "MESSAGE_TOO_LARGE"), (refused.Code, refused.Reason));
    }

    [Fact]
    public async Task Of_who_proves_nothing_no_message_is_read()
    {
        var guarded = new GuardedHost();
        await guarded.InitializeAsync();
        try
        {
            using var channel = guarded.Connect(null);
            var method = new Method<byte[], byte[]>(MethodType.Unary, "dossier.v1.GuardService", "CheckActionBatch", Raw, Raw);
            var metadata = new (string Reason, Metadata Shown)[]
            {
                ("CREDENTIALS_MISSING", []), ("CREDENTIALS_INVALID", new Metadata { { "x-dossier-key", "dsk_none" } }), ("CREDENTIALS_INVALID", GuardedHost.ByToken("x")),
            };
            foreach (var (reason, shown) in metadata)
            {
                // It is longer than any message may be, which would be said first if it had been read.
                var refused = await Refused.ByAsync(async () => await channel.CreateCallInvoker().AsyncUnaryCall(method, null, new CallOptions(shown), new byte[LimitOptions.LargestMessage + 1]));

                Assert.Equal((StatusCode.Unauthenticated, reason), (refused.Code, refused.Reason));
            }
        }
        finally
        {
            await guarded.DisposeAsync();
        }
    }
}
