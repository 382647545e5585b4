using System.Diagnostics;
using Dossier.Tests.ServiceTests;
using Dossier.Tracing;

namespace Dossier.Tests.UnitTests;

/// <summary>What is kept of a call is bounded, however much there was of it.</summary>
[Collection(Alone.Name)]
public sealed class RecentTracesTests
{
    private const int Spans = 64;
    private const int Characters = 16_000;

    [Fact]
    public void Of_a_call_of_200_spans_with_long_texts_64_are_kept_and_16000_characters_and_it_says_how_many_are_left_out()
    {
        using var traces = new RecentTraces(new DossierOptions { Traces = { Keep = 3 } });
        Assert.Empty(traces.Newest());

        Call(200, new string('x', 5_000));

        var kept = Assert.Single(traces.Newest());
        Assert.Equal((Spans, 200 - (Spans - 1)), (kept.Spans.Count, kept.OmittedSpanCount));
        Assert.InRange(kept.Spans.Sum(span => span.Attributes.Sum(pair => pair.Key.Length + pair.Value.Length)), Characters / 2, Characters);
        Assert.All(kept.Spans, span => Assert.All(span.Attributes.Values, value => Assert.InRange(value.Length, 1, 301)));
        Assert.Equal("GetDossier", kept.Spans[0].Name);
    }

    [Fact]
    public void A_call_of_64_spans_is_kept_whole()
    {
        using var traces = new RecentTraces(new DossierOptions { Traces = { Keep = 3 } });

        Call(Spans - 1, "short");

        var kept = Assert.Single(traces.Newest());
        Assert.Equal((Spans, 0), (kept.Spans.Count, kept.OmittedSpanCount));
        Assert.Equal(Spans - 1, kept.Spans.Count(span => span.Attributes.GetValueOrDefault("dossier.block") == "short"));
    }

    [Fact]
    public void No_more_traces_are_kept_than_the_setting_says()
    {
        using var traces = new RecentTraces(new DossierOptions { Traces = { Keep = 3 } });

        for (var call = 0; call < 10; call++)
        {
            Call(1, $"{call}");
        }

        Assert.Equal(["9", "8", "7"], traces.Newest().Select(trace => trace.Spans[1].Attributes["dossier.block"]));
        Assert.Equal(10, traces.Count);
    }

    /// <summary>A call that failed, as ASP.NET Core and the service trace it.</summary>
    private static void Call(int spans, string text)
    {
        using var server = new ActivitySource("Microsoft.AspNetCore");
        using var service = new ActivitySource(Telemetry.Name);
        using var call = server.StartActivity("POST", ActivityKind.Server)!;
        call.SetTag("rpc.method", "dossier.v1.DossierService/GetDossier").SetTag("rpc.response.status_code", "UNAVAILABLE");
        for (var span = 0; span < spans; span++)
        {
            using var read = service.StartActivity("read");
            read!.SetTag("dossier.block", text);
        }
    }
}
