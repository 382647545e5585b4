using Dossier.V1;
using Grpc.Core;

namespace Dossier.Tests.Fixtures;

/// <summary>One watch over a real socket, read message by message.</summary>
public sealed class Watcher : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private readonly AsyncServerStreamingCall<WatchAgreementsResponse> call;

    private Watcher(AsyncServerStreamingCall<WatchAgreementsResponse> call) => this.call = call;

    /// <summary>The last message that was read.</summary>
    public WatchAgreementsResponse Last { get; private set; } = new();

    /// <summary>Opens a watch and reads its first message, the mark from which it watches.</summary>
    public static async Task<Watcher> OpenAsync(AgreementService.AgreementServiceClient agreements, WatchAgreementsRequest request)
    {
        var watcher = new Watcher(agreements.WatchAgreements(request));
        Assert.Empty((await watcher.NextAsync()).Changes);
        return watcher;
    }

    /// <summary>How a watch ends that must not begin.</summary>
    public static async Task<Refused> RefusedAsync(AgreementService.AgreementServiceClient agreements, WatchAgreementsRequest request) =>
        await Refused.ByAsync(async () => await OpenAsync(agreements, request));

    public async Task<WatchAgreementsResponse> NextAsync()
    {
        Assert.True(await call.ResponseStream.MoveNext(CancellationToken.None).WaitAsync(Patience), "the watch ended");
        var before = Last;
        Last = call.ResponseStream.Current;
        Assert.True(Last.CompleteThroughSequence >= before.CompleteThroughSequence, "it went back");
        Assert.All(Last.Changes, change => Assert.InRange(change.Sequence, before.CompleteThroughSequence + 1, Last.CompleteThroughSequence));
        return Last;
    }

    /// <summary>The next message that is no mark.</summary>
    public async Task<IReadOnlyList<AgreementChange>> ChangesAsync()
    {
        while ((await NextAsync()).Changes.Count == 0)
        {
        }

        return Last.Changes;
    }

    /// <summary>So many changes.</summary>
    public async Task<List<AgreementChange>> ChangesAsync(int count)
    {
        var changes = new List<AgreementChange>();
        while (changes.Count < count)
        {
            changes.AddRange(await ChangesAsync());
        }

        return changes;
    }

    /// <summary>How it ends.</summary>
    public async Task<Refused> EndAsync() => await Refused.ByAsync(async () =>
    {
        while (true)
        {
            await NextAsync();
        }
    });

    public void Dispose() => call.Dispose();
}
