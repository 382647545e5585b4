using System.Diagnostics;
using Dossier.Tracing;

namespace Dossier.Tests.UnitTests;

public sealed class RecentTracesTests
{
    private static readonly ActivitySource Server = new("Microsoft.AspNetCore");

    [Fact]
    public async Task A_trace_is_waited_for_while_its_call_ends_and_for_a_second_at_most()
    {
        using var traces = new RecentTraces(new DossierOptions());
        using var call = Server.StartActivity("call", ActivityKind.Server)!;
        call.SetTag("rpc.method", "dossier.v1.DossierService/GetDossier").SetTag("rpc.response.status_code", "UNAVAILABLE");
        var id = call.TraceId.ToHexString();

        // As one who asks does: not within that call.
        Activity.Current = null;
        Assert.Null(await traces.FindAsync(id, CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(30)));
        var asked = traces.FindAsync(id, CancellationToken.None);
        Assert.False(asked.IsCompleted);
        call.Stop();

        Assert.Equal("traces/" + id, (await asked)?.Name);
    }

    [Fact]
    public async Task A_trace_whose_only_call_is_the_one_that_asks_for_it_is_not_waited_for()
    {
        using var traces = new RecentTraces(new DossierOptions());
        using var asking = Server.StartActivity("asking", ActivityKind.Server)!;

        var asked = traces.FindAsync(asking.TraceId.ToHexString(), CancellationToken.None);

        Assert.True(asked.IsCompleted);
        Assert.Null(await asked);
    }
}
