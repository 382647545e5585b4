using Dossier.Sample;
using Dossier.V1;
using Google.Rpc;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using RpcStatus = Google.Rpc.Status;

namespace Dossier.Tests.Fixtures;

/// <summary>
/// The whole service in this process, on a real socket, with the real client. Its files are copies of the sample stores in a
/// folder of its own, so a test may break them.
/// </summary>
public sealed class DossierHost : IAsyncDisposable
{
    private static readonly Lazy<string> Template = new(() =>
    {
        var folder = Directory.CreateTempSubdirectory("dossier-template-").FullName;
        SampleStores.Create(folder);
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(folder, recursive: true);
        return folder;
    });

    private readonly WebApplication app;
    private readonly bool ownsFolder;

    private DossierHost(WebApplication app, string dataDirectory, bool ownsFolder)
    {
        (this.app, DataDirectory, this.ownsFolder) = (app, dataDirectory, ownsFolder);
        Address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        Channel = GrpcChannel.ForAddress(Address);
        Dossiers = new DossierService.DossierServiceClient(Channel);
        Agreements = new AgreementService.AgreementServiceClient(Channel);
        Guard = new GuardService.GuardServiceClient(Channel);
    }

    public string DataDirectory { get; }

    public string Address { get; }

    public GrpcChannel Channel { get; }

    public DossierService.DossierServiceClient Dossiers { get; }

    public AgreementService.AgreementServiceClient Agreements { get; }

    public GuardService.GuardServiceClient Guard { get; }

    public IServiceProvider Services => app.Services;

    /// <summary>Starts the service on a free port.</summary>
    /// <param name="settings">Settings as on the command line, for example ("Registry:Deadline", "00:00:00.200").</param>
    public static Task<DossierHost> StartAsync(params (string Key, string Value)[] settings) => StartAsync(null, settings);

    /// <summary>Starts the service on files that are there already, which the caller deletes.</summary>
    public static async Task<DossierHost> StartAsync(string? dataDirectory, params (string Key, string Value)[] settings)
    {
        var folder = dataDirectory ?? NewDataDirectory();
        var args = new List<string> { "--Listen", "http://127.0.0.1:0", "--DataDirectory", folder };
        foreach (var (key, value) in settings)
        {
            args.AddRange(["--" + key, value]);
        }

        var (app, _) = await global::Dossier.Service.StartAsync([.. args]);
        return new DossierHost(app, folder, dataDirectory is null);
    }

    /// <summary>Starts the service on stores of other vendors; its clock is the sample's, whose dates they hold.</summary>
    public static async Task<DossierHost> StartAsync(TimeProvider clock, IEnumerable<(string Key, string Value)> settings)
    {
        var folder = Directory.CreateTempSubdirectory("dossier-test-").FullName;
        var args = new List<string> { "--Listen", "http://127.0.0.1:0", "--DataDirectory", folder };
        args.AddRange(settings.SelectMany(setting => new[] { "--" + setting.Key, setting.Value }));
        var (app, _) = await global::Dossier.Service.StartAsync([.. args], clock);
        return new DossierHost(app, folder, ownsFolder: true);
    }

    /// <summary>A new folder with copies of the sample stores.</summary>
    public static string NewDataDirectory()
    {
        var folder = Directory.CreateTempSubdirectory("dossier-test-").FullName;
        foreach (var file in Directory.GetFiles(Template.Value))
        {
            File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
        }

        return folder;
    }

    /// <summary>The path of a store's file: webcare, telephony, administration or registry.</summary>
    public string FileOf(string store) => Path.Combine(DataDirectory, store + ".db");

    /// <summary>Metadata of a calling system and its agent.</summary>
    public static Metadata As(string system, string? agent = "test") =>
        agent is null ? new Metadata { { "x-dossier-system", system } } : new Metadata { { "x-dossier-system", system }, { "x-dossier-agent", agent } };

    /// <summary>The dossier of a sample customer.</summary>
    public async Task<V1.Dossier> GetAsync(string customer, params Section[] sections)
    {
        var request = new GetDossierRequest { Name = $"customers/{customer}/dossier" };
        request.Sections.AddRange(sections);
        return (await Dossiers.GetDossierAsync(request)).Dossier;
    }

    public async ValueTask DisposeAsync()
    {
        Channel.Dispose();
        await app.StopAsync();
        await app.DisposeAsync();
        if (ownsFolder)
        {
            Directory.Delete(DataDirectory, recursive: true);
        }
    }
}

/// <summary>What a caller reads out of an error.</summary>
public sealed record Refused(StatusCode Code, string Reason, string Message, ErrorInfo Info, IReadOnlyList<string> Fields, string Trace)
{
    /// <summary>When the call may be tried again; zero if it is not said.</summary>
    public TimeSpan RetryAfter { get; private init; }

    /// <summary>The error that a call must give.</summary>
    public static async Task<Refused> ByAsync(Func<Task> call)
    {
        var error = await Assert.ThrowsAsync<RpcException>(call);
        return Of(error);
    }

    public static Refused Of(RpcException error)
    {
        var details = error.Trailers.GetValueBytes("grpc-status-details-bin");
        Assert.NotNull(details);
        var status = RpcStatus.Parser.ParseFrom(details);
        var info = status.Details.Single(detail => detail.Is(ErrorInfo.Descriptor)).Unpack<ErrorInfo>();
        var reason = error.Trailers.GetValue("dossier-reason");
        Assert.Equal((int)error.StatusCode, status.Code);
        Assert.Equal("dossier", info.Domain);

        // The package's class has the first name of field 1; on the wire it is `reason`.
        Assert.Equal(info.Type, reason);
        var fields = status.Details.Where(detail => detail.Is(BadRequest.Descriptor))
            .SelectMany(detail => detail.Unpack<BadRequest>().FieldViolations)
            .Select(violation => violation.Field)
            .ToList();
        return new Refused(error.StatusCode, reason!, error.Status.Detail, info, fields, error.Trailers.GetValue("x-dossier-trace") ?? "")
        {
            RetryAfter = status.Details.SingleOrDefault(detail => detail.Is(RetryInfo.Descriptor))?.Unpack<RetryInfo>().RetryDelay.ToTimeSpan() ?? TimeSpan.Zero,
        };
    }
}
