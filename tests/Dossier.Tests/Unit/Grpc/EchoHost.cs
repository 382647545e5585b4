using System.Net;
using Dossier.Tests.Fixtures;
using Grpc.AspNetCore.Server;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Dossier.Tests.Unit.StandIns;

/// <summary>The echo service on a real socket: HTTP/2 without TLS on a free port of the loopback address.</summary>
internal sealed class EchoHost : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly List<GrpcChannel> _channels = [];

    private EchoHost(WebApplication app)
    {
        _app = app;
        Log = app.Services.GetRequiredService<EchoLog>();
        Address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
    }

    public EchoLog Log { get; }

    public string Address { get; }

    public static async Task<EchoHost> StartAsync(Action<GrpcServiceOptions>? configure = null, bool asDefinition = false)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2));
        builder.Services.AddSingleton<EchoLog>();
        builder.Services.AddGrpc(options => configure?.Invoke(options));
        var app = builder.Build();
        app.Use((context, next) =>
        {
            var log = context.RequestServices.GetRequiredService<EchoLog>();
            log.Encodings.Enqueue(context.Request.Headers["grpc-encoding"].ToString());
            return next(context);
        });
        if (asDefinition)
        {
            app.MapGrpcService(Echo.BindService(new EchoService(app.Services.GetRequiredService<EchoLog>())));
        }
        else
        {
            app.MapGrpcService<EchoService>();
        }

        await app.StartAsync();
        return new EchoHost(app);
    }

    public GrpcChannel Open(Action<GrpcChannelOptions>? configure = null)
    {
        var options = new GrpcChannelOptions();
        configure?.Invoke(options);
        var channel = GrpcChannel.ForAddress(Address, options);
        _channels.Add(channel);
        return channel;
    }

    public Echo.EchoClient Client(Action<GrpcChannelOptions>? configure = null) => new(Open(configure));

    public async ValueTask DisposeAsync()
    {
        _channels.ForEach(channel => channel.Dispose());
        await _app.DisposeAsync();
    }
}
