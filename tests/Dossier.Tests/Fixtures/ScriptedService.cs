using System.Collections.Concurrent;
using System.Net;
using Dossier.V1;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Dossier.Tests.Fixtures;

/// <summary>What a test lets a service say that the real one never says, or says only when it is in trouble; on a real socket.</summary>
internal sealed class Script
{
    public ConcurrentQueue<string> Asked { get; } = [];

    public Func<CheckActionResponse> Check { get; set; } = () => new CheckActionResponse();

    public Func<CheckActionBatchRequest, CheckActionBatchResponse> CheckBatch { get; set; } = _ => new CheckActionBatchResponse();

    public Func<int, CreateAgreementRequest, CreateAgreementResponse> Create { get; set; } = (_, _) => new CreateAgreementResponse();

    public Func<int, WatchAgreementsRequest, IServerStreamWriter<WatchAgreementsResponse>, CancellationToken, Task> Watch { get; set; } = (_, _, _, _) => Task.CompletedTask;

    /// <summary>An end as the service gives it: with its reason.</summary>
    public static RpcException End(StatusCode code, string? reason) =>
        new(new Status(code, "as the test says"), reason is null ? [] : new Metadata { { "dossier-reason", reason } });
}

/// <summary>The contract, answered by a <see cref="Script"/>.</summary>
internal sealed class ScriptedService : IAsyncDisposable
{
    private readonly WebApplication app;

    private ScriptedService(WebApplication app, string address)
    {
        this.app = app;
        Address = address;
        Channel = GrpcChannel.ForAddress(address);
        Script = app.Services.GetRequiredService<Script>();
    }

    public string Address { get; }

    public GrpcChannel Channel { get; }

    public Script Script { get; }

    public GuardService.GuardServiceClient Guard => new(Channel);

    public AgreementService.AgreementServiceClient Agreements => new(Channel);

    public static async Task<ScriptedService> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2));
        builder.Services.AddSingleton<Script>();
        builder.Services.AddGrpc();
        var built = builder.Build();
        built.MapGrpcService<Guarding>();
        built.MapGrpcService<Agreeing>();
        await built.StartAsync();
        return new ScriptedService(built, built.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());
    }

    public async ValueTask DisposeAsync()
    {
        Channel.Dispose();
        await app.DisposeAsync();
    }

    private sealed class Guarding(Script script) : GuardService.GuardServiceBase
    {
        public override Task<CheckActionResponse> CheckAction(CheckActionRequest request, ServerCallContext context) => Task.FromResult(script.Check());

        public override Task<CheckActionBatchResponse> CheckActionBatch(CheckActionBatchRequest request, ServerCallContext context) =>
            Task.FromResult(script.CheckBatch(request));
    }

    private sealed class Agreeing(Script script) : AgreementService.AgreementServiceBase
    {
        public override Task<CreateAgreementResponse> CreateAgreement(CreateAgreementRequest request, ServerCallContext context)
        {
            script.Asked.Enqueue(request.RequestId);
            return Task.FromResult(script.Create(script.Asked.Count, request));
        }

        public override Task WatchAgreements(WatchAgreementsRequest request, IServerStreamWriter<WatchAgreementsResponse> responseStream, ServerCallContext context)
        {
            script.Asked.Enqueue(request.ResumeToken);
            return script.Watch(script.Asked.Count, request, responseStream, context.CancellationToken);
        }
    }
}
