using Google.Protobuf;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Dossier.Bench;

/// <summary>An observability backend that takes OTLP over HTTP, counts the spans, and keeps nothing.</summary>
internal sealed class CountingSink : IAsyncDisposable
{
    private readonly WebApplication app;
    private long spans;

    private CountingSink(WebApplication app) => this.app = app;

    public string Address { get; private set; } = "";

    public long Spans => Interlocked.Read(ref spans);

    public static async Task<CountingSink> StartAsync(CancellationToken stop)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(System.Net.IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http1));
        var sink = new CountingSink(builder.Build());
        sink.app.MapPost("/v1/{signal}", sink.TakeAsync);
        await sink.app.StartAsync(stop);
        sink.Address = sink.app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        return sink;
    }

    public async ValueTask DisposeAsync()
    {
        await app.StopAsync();
        await app.DisposeAsync();
    }

    private async Task TakeAsync(HttpRequest request, string signal)
    {
        using var body = new MemoryStream();
        await request.Body.CopyToAsync(body);
        if (signal == "traces")
        {
            Interlocked.Add(ref spans, CountSpans(body.ToArray()));
        }

        request.HttpContext.Response.ContentType = "application/x-protobuf";
    }

    /// <summary>ExportTraceServiceRequest: resource_spans is 1, its scope_spans 2, their spans 2.</summary>
    private static int CountSpans(byte[] message) =>
        Fields(message, 1).Sum(resource => Fields(resource, 2).Sum(scope => Fields(scope, 2).Count));

    private static List<byte[]> Fields(byte[] message, int number)
    {
        var found = new List<byte[]>();
        var input = new CodedInputStream(message);
        while (input.ReadTag() is var tag and not 0)
        {
            if (WireFormat.GetTagFieldNumber(tag) == number && WireFormat.GetTagWireType(tag) == WireFormat.WireType.LengthDelimited)
            {
                found.Add(input.ReadBytes().ToByteArray());
            }
            else
            {
                input.SkipLastField();
            }
        }

        return found;
    }
}
