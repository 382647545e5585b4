using Dossier.Host;
using Dossier.Tests.Fixtures;
using Dossier.V1;
using Grpc.Core;
using Grpc.Net.Client;

namespace Dossier.Tests.ServiceTests;

/// <summary>Calls of each kind have as many places as their settings say, for one system and for all of them; whoever calls, and however that is proved.</summary>
[Collection(Alone.Name)]
public sealed class PlacesTests
{
    private const int Asked = 6;

    // Nothing may end by itself while it is held.
    private static readonly (string, string)[] Patience = [("Registry:Deadline", "00:01:00"), ("Limits:Deadline", "00:05:00")];

    [Theory]
    [InlineData(Admission.Lists, "Limits:Lists", "Limits:PerCaller")]
    [InlineData(Admission.Changes, "Limits:Changes", "Limits:PerCaller")]
    [InlineData(Admission.Checks, "Limits:Checks", "Limits:PerCaller")]
    [InlineData(Admission.Watches, "Limits:Watchers", "Limits:WatchersPerCaller")]
    public async Task As_many_run_at_once_as_may_and_each_one_more_is_refused(string kind, string ofAll, string ofOne)
    {
        await using var host = await DossierHost.StartAsync([(ofAll, "3"), (ofOne, "2"), .. Patience]);
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        List<Task> own;
        List<Task> others;
        using (StoreFault.Locked(host, "registry"))
        {
            own = [.. Enumerable.Range(0, Asked).Select(_ => CallAsync(host.Channel, kind, DossierHost.As("webcare"), release.Task))];
            await AssertRefusedAsync(own, Asked - 2, kind, "caller", "2 ");

            others = [.. Enumerable.Range(0, Asked).Select(_ => CallAsync(host.Channel, kind, DossierHost.As("telephony"), release.Task))];
            await AssertRefusedAsync(others, Asked - 1, kind, "service", "3 ");
            Assert.Equal(3, own.Concat(others).Count(call => !call.IsCompleted));
        }

        // Those who had a place are answered.
        release.SetResult();
        await Task.WhenAll(own.Concat(others).Where(call => !call.IsFaulted));
        Assert.Equal(3, own.Concat(others).Count(call => call.IsCompletedSuccessfully));
        await ServedAsync(host.Channel, kind, DossierHost.As("webcare"));
    }

    [Fact]
    public async Task A_kind_that_is_full_leaves_the_others_their_places()
    {
        await using var host = await DossierHost.StartAsync([("Limits:Changes", "1"), .. Patience]);
        Task[] changes;
        using (StoreFault.Locked(host, "registry"))
        {
            changes = [.. Enumerable.Range(0, 2).Select(_ => CallAsync(host.Channel, Admission.Changes, DossierHost.As("webcare"), Task.CompletedTask))];
            await AssertRefusedAsync(changes, 1, Admission.Changes, "caller", "1 ");

            Assert.NotEmpty((await host.Dossiers.ListSourcesAsync(new ListSourcesRequest(), DossierHost.As("webcare"))).Sources);
            Assert.Empty((await host.Dossiers.GetDossierAsync(new GetDossierRequest { Name = "customers/1042/dossier" }, DossierHost.As("webcare"))).Dossier.Agreements);
            await CallAsync(host.Channel, Admission.Checks, DossierHost.As("webcare"), Task.CompletedTask);
            await CallAsync(host.Channel, Admission.Watches, DossierHost.As("webcare"), Task.CompletedTask);
        }

        await Task.WhenAll(changes.Where(call => !call.IsFaulted));
    }

    [Fact]
    public async Task A_systems_places_are_the_same_however_it_is_proved_and_each_way_is_refused_when_they_are_taken()
    {
        var guarded = new GuardedHost { More = { "--Limits:PerCaller=2", "--Registry:Deadline=00:01:00", "--Limits:Deadline=00:05:00" } };
        await guarded.InitializeAsync();
        try
        {
            // Who is pinned is a system of its own.
            var ways = guarded.WaysOf("all").Where(way => way.Way != "thumbprint").Select(way => (way.Way, way.Metadata, Channel: guarded.Connect(way.Certificate))).ToList();
            foreach (var (_, metadata, channel) in ways)
            {
                Task[] held;
                using (StoreFault.Locked(guarded.Folder, "registry"))
                {
                    held = [.. Enumerable.Range(0, Asked).Select(_ => CallAsync(channel, Admission.Changes, metadata, Task.CompletedTask))];
                    await AssertRefusedAsync(held, Asked - 2, Admission.Changes, "caller", "2 ");
                    foreach (var (_, itsMetadata, itsChannel) in ways)
                    {
                        await AssertRefusedAsync([CallAsync(itsChannel, Admission.Changes, itsMetadata, Task.CompletedTask)], 1, Admission.Changes, "caller", "2 ");
                    }

                    // A key is known at once: what its caller sends is not even read. Read, it would be no message.
                    var bytes = Marshallers.Create<byte[]>(message => message, message => message);
                    var create = new Method<byte[], byte[]>(MethodType.Unary, "dossier.v1.AgreementService", "CreateAgreement", bytes, bytes);
                    await AssertRefusedAsync(
                        [ways[0].Channel.CreateCallInvoker().AsyncUnaryCall(create, null, new CallOptions(ways[0].Metadata), [0xff, 0xff]).ResponseAsync],
                        1, Admission.Changes, "caller", "2 ");
                }

                await Task.WhenAll(held.Where(call => !call.IsFaulted));
                Assert.Equal(2, held.Count(call => call.IsCompletedSuccessfully));
                foreach (var (_, itsMetadata, itsChannel) in ways)
                {
                    await ServedAsync(itsChannel, Admission.Changes, itsMetadata);
                }
            }

            ways.ForEach(way => way.Channel.Dispose());
        }
        finally
        {
            await guarded.DisposeAsync();
        }
    }

    /// <summary>So many of the calls are refused, each with the limit that it met; the others go on.</summary>
    private static async Task AssertRefusedAsync(IReadOnlyCollection<Task> calls, int count, string kind, string limit, string says)
    {
        await Eventually.TrueAsync(() => Task.FromResult(calls.Count(call => call.IsCompleted) >= count), () => $"{count} of {calls.Count} {kind} are refused");
        var ended = calls.Where(call => call.IsCompleted).ToList();
        Assert.Equal(count, ended.Count);
        foreach (var call in ended)
        {
            var refused = await Refused.ByAsync(() => call);
            Assert.Equal((StatusCode.ResourceExhausted, kind == Admission.Watches ? "TOO_MANY_WATCHERS" : "TOO_MANY_CALLS"), (refused.Code, refused.Reason));
            Assert.Equal((kind, limit), (refused.Info.Metadata["kind"], refused.Info.Metadata["limit"]));
            Assert.StartsWith(says + kind, refused.Message, StringComparison.Ordinal);
            Assert.Matches("^[0-9a-f]{32}$", refused.Trace);
            Assert.InRange(refused.RetryAfter, TimeSpan.FromMilliseconds(1), TimeSpan.FromSeconds(10));
        }
    }

    /// <summary>There is a place again: the last call's is free a moment after its answer.</summary>
    private static Task ServedAsync(GrpcChannel channel, string kind, Metadata metadata) => Eventually.TrueAsync(
        async () =>
        {
            try
            {
                await CallAsync(channel, kind, metadata, Task.CompletedTask);
                return true;
            }
            catch (RpcException full) when (full.StatusCode == StatusCode.ResourceExhausted)
            {
                return false;
            }
        },
        $"there is a place for {kind} again");

    /// <summary>A call of a kind. A change, of which pausing a source is one among the lists, ends when the registry can be written; a stream when it may.</summary>
    private static async Task CallAsync(GrpcChannel channel, string kind, Metadata metadata, Task release)
    {
        switch (kind)
        {
            case Admission.Lists:
                await new DossierService.DossierServiceClient(channel).PauseSourceAsync(new PauseSourceRequest { Name = "sources/webcare", RequestId = Agreed.NewId() }, metadata);
                break;
            case Admission.Changes:
                await new AgreementService.AgreementServiceClient(channel).CreateAgreementAsync(Agreed.Remark("2001", "x"), metadata);
                break;
            case Admission.Checks:
                using (var checks = new GuardService.GuardServiceClient(channel).CheckActions(metadata))
                {
                    var asked = checks.RequestStream.WriteAsync(new CheckActionsRequest { Action = Agreed.Letter("1042", Agreed.Bill("202609-003201", "BA-001042")) });
                    Assert.True(await checks.ResponseStream.MoveNext(CancellationToken.None));
                    await asked;
                    await release;
                    await checks.RequestStream.CompleteAsync();
                    Assert.False(await checks.ResponseStream.MoveNext(CancellationToken.None));
                }

                break;
            default:
                using (var watch = new AgreementService.AgreementServiceClient(channel).WatchAgreements(new WatchAgreementsRequest { Parent = "customers/-" }, metadata))
                {
                    Assert.True(await watch.ResponseStream.MoveNext(CancellationToken.None));
                    await release;
                }

                break;
        }
    }
}
