using System.Net.Sockets;
using Dossier.Agreements;
using Dossier.Dossiers;
using Dossier.Guard;
using Dossier.Host;
using Dossier.Registry;
using Dossier.Sample;
using Dossier.Sources;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Dossier;

/// <summary>The whole composition on one page.</summary>
public static class Service
{
    /// <summary>Runs the service until it is told to stop.</summary>
    /// <returns>0; or 1 with one line on standard error that says what is wrong and what to do.</returns>
    public static async Task<int> RunAsync(string[] args)
    {
        try
        {
            var (app, started) = await StartAsync(args);
            await using (app.ConfigureAwait(false))
            {
                Console.WriteLine(Banner.Of(app.Services.GetRequiredService<DossierOptions>(), app.Urls.First(), started, app.Services.GetRequiredService<TimeProvider>()));
                await app.WaitForShutdownAsync();
            }

            return 0;
        }
        catch (Exception wrong) when (Explain(wrong, args) is { } line)
        {
            await Console.Error.WriteLineAsync(line);
            return 1;
        }
    }

    /// <summary>Starts the service: it listens, its sources are checked, and the sample has its agreements.</summary>
    public static async Task<(WebApplication App, Started Started)> StartAsync(string[] args)
    {
        var app = Build(args, out var started);
        try
        {
            await app.Services.GetRequiredService<SourceCatalogue>().CheckAsync(CancellationToken.None);
            await SampleAgreements.CreateAsync(app.Services, started);
            await app.StartAsync();
            return (app, started);
        }
        catch
        {
            await app.DisposeAsync();
            throw;
        }
    }

    private static WebApplication Build(string[] args, out Started started)
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { Args = args, ContentRootPath = Directory.GetCurrentDirectory() });
        builder.Configuration.AddEnvironmentVariables("DOSSIER_").AddCommandLine(args);
        builder.Logging.ClearProviders().AddSimpleConsole(console => console.SingleLine = true).SetMinimumLevel(LogLevel.Warning)
            .AddFilter("Dossier", LogLevel.Warning).AddFilter("Microsoft.Hosting.Lifetime", LogLevel.Warning);
        builder.AddDossierTelemetry();

        var options = Settings.Read(builder.Configuration);
        var sample = SampleSetup.Apply(options);
        var created = sample ? SampleStores.Create(options.DataDirectory) : [];
        var identity = RegistrySchema.Apply(options.Registry.ConnectionString, TimeProvider.System, out var latest);
        var clock = sample ? SampleSetup.Clock(options, latest) : TimeProvider.System;
        started = new Started(sample, created, latest is null, options.DataDirectory);
        Threads.Reserve(options);

        var services = builder.Services;
        services.AddSingleton(options).AddSingleton(identity).AddSingleton(clock);
        services.AddSingleton(TimeZoneInfo.FindSystemTimeZoneById(options.TimeZone));
        services.AddSingleton(new RegistryDatabase(options.Registry, clock)).AddSingleton<Mutations>();
        services.AddSingleton<SourceCatalogue>().AddSingleton<CustomerReader>().AddSingleton<Assembler>().AddSingleton<Resolver>();
        services.AddSingleton<InteractionListing>().AddSingleton<KeyLinking>().AddSingleton<SourceListing>();
        services.AddSingleton<SubjectLookup>().AddSingleton<AgreementWriting>().AddSingleton<AgreementListing>();
        services.AddSingleton<DossierService>().AddSingleton<AgreementService>().AddSingleton<GuardService>();
        services.AddSingleton<HealthService>().AddSingleton<ReflectionService>();
        services.AddGrpc(grpc =>
        {
            grpc.Interceptors.Add<CallInterceptor>();
            grpc.EnableDetailedErrors = false;
            grpc.MaxReceiveMessageSize = 4 * 1024 * 1024;
        });
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(Settings.Endpoint(options.Listen), listen => listen.Protocols = HttpProtocols.Http2));

        var app = builder.Build();
        app.MapGrpcService<DossierService>();
        app.MapGrpcService<AgreementService>();
        app.MapGrpcService<GuardService>();
        app.MapGrpcService<HealthService>();
        app.MapGrpcService<ReflectionService>();
        return app;
    }

    /// <summary>One line for what goes wrong at the start; null for a fault of ours, which keeps its stack.</summary>
    private static string? Explain(Exception wrong, string[] args) => wrong switch
    {
        IOException { InnerException: AddressInUseException } or SocketException { SocketErrorCode: SocketError.AddressAlreadyInUse } =>
            $"The port of {Settings.ListenOf(args)} is taken. Stop what listens there, or choose another: dotnet run --project src/Dossier -- --Listen http://127.0.0.1:5081",
        InvalidOperationException or TimeZoneNotFoundException => $"Dossier cannot start: {wrong.Message}",
        Microsoft.Data.Sqlite.SqliteException => $"Dossier cannot start: the registry cannot be opened ({wrong.Message}). Check Registry:ConnectionString and DataDirectory.",
        IOException or UnauthorizedAccessException => $"Dossier cannot start: {wrong.Message}",
        _ => null,
    };
}

/// <summary>What was found and made at the start.</summary>
/// <param name="Sample">The sample stores are used.</param>
/// <param name="CreatedStores">Sample stores that were created now.</param>
/// <param name="NewRegistry">The registry holds no change yet.</param>
/// <param name="DataDirectory">Where they stand.</param>
public sealed record Started(bool Sample, IReadOnlyList<string> CreatedStores, bool NewRegistry, string DataDirectory);
