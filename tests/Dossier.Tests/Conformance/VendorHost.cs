using Dossier.Tests.Fixtures;
using Dossier.V1;
using Grpc.Core;

namespace Dossier.Tests.ConformanceTests;

/// <summary>A service on the vendor's databases, for tests that each change customers of their own.</summary>
public sealed class VendorHost<TServers> : IAsyncLifetime
    where TServers : Servers, new()
{
    private TServers? servers;

    public Servers Servers => servers!;

    public DossierHost Host { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        servers = new TServers();

        // Many callers on two cores take longer than one would wait.
        Host = await servers.StartAsync(("Registry:Deadline", "00:00:30"));
    }

    public async Task DisposeAsync()
    {
        // A server that is not there has made nothing.
        if (Host is not null)
        {
            await Host.DisposeAsync();
        }

        servers?.Dispose();
    }
}

/// <summary>What many conformance tests say.</summary>
internal static class Calls
{
    /// <summary>All pages of a listing; the sizes take turns.</summary>
    public static async Task<List<Interaction>> ListAsync(this DossierHost host, ListInteractionsRequest request, params int[] sizes)
    {
        var listed = new List<Interaction>();
        var page = 0;
        do
        {
            request.PageSize = sizes[page++ % sizes.Length];
            var answer = await host.Dossiers.ListInteractionsAsync(request);
            Assert.InRange(answer.Interactions.Count, 0, request.PageSize);
            Assert.InRange(page, 1, 2_000);
            Assert.Empty(answer.Unreachable);
            listed.AddRange(answer.Interactions);
            request.PageToken = answer.NextPageToken;
        }
        while (request.PageToken.Length > 0);
        return listed;
    }

    public static readonly Metadata Webcare = DossierHost.As("webcare", "daan");

    /// <summary>The same call by many at one moment.</summary>
    public static async Task<T[]> AtOnceAsync<T>(int callers, Func<int, Task<T>> call)
    {
        var start = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var calls = Enumerable.Range(0, callers).Select(async number =>
        {
            await start.Task;
            return await call(number);
        }).ToArray();
        start.SetResult();
        return await Task.WhenAll(calls);
    }
}
