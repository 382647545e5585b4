using System.Data.Common;
using System.Net.Sockets;
using Dossier.Access;
using Dossier.Agreements;
using Dossier.Database;
using Dossier.Dossiers;
using Dossier.Guard;
using Dossier.Host;
using Dossier.Registry;
using Dossier.Sample;
using Dossier.Sources;
using Dossier.Sweeping;
using Dossier.Tracing;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Configuration.Memory;

namespace Dossier;

/// <summary>The whole composition on one page.</summary>
public static class Service
{
    // Marks what the host throws when it is told to stop before it has started: an end as any other, not a fault.
    private const string ToldToStop = "ToldToStop";

    // What is logged where the settings say nothing else (Logging:LogLevel, as ASP.NET Core has it).
    private static readonly Dictionary<string, string?> LogLevels = new(StringComparer.OrdinalIgnoreCase)
    {
        ["Logging:LogLevel:Default"] = nameof(LogLevel.Warning),
        ["Logging:LogLevel:Dossier"] = nameof(LogLevel.Warning),
        ["Logging:LogLevel:Microsoft.Hosting.Lifetime"] = nameof(LogLevel.Warning),
    };

    /// <summary>Runs the service until it is told to stop.</summary>
    /// <returns>0; or 1 with one line on standard error that says what is wrong and what to do.</returns>
    public static async Task<int> RunAsync(string[] args)
    {
        try
        {
            var (app, started) = await StartAsync(args);
            await using (app.ConfigureAwait(false))
            {
                Console.WriteLine(Banner.Of(app.Services.GetRequiredService<DossierOptions>(), [.. app.Urls], started, app.Services.GetRequiredService<TimeProvider>()));
                await app.WaitForShutdownAsync();

                // Nothing of ours ends by a fault; what does all the same must not look like a stop that somebody wanted.
                if (app.Services.GetServices<IHostedService>().OfType<BackgroundService>().FirstOrDefault(part => part.ExecuteTask?.IsFaulted == true) is { } faulted)
                {
                    await Console.Error.WriteLineAsync($"Dossier stopped by a fault of {faulted.GetType().Name}: {new Withheld(faulted.ExecuteTask!.Exception!.GetBaseException())}");
                    return 1;
                }
            }

            return 0;
        }
        catch (OperationCanceledException stopped) when (stopped.Data.Contains(ToldToStop))
        {
            return 0;
        }
        catch (Exception wrong) when (Explain(wrong, args) is { } line)
        {
            await Console.Error.WriteLineAsync(line);
            return 1;
        }
    }

    /// <summary>Starts the service: it listens, its sources are checked, and the sample has its agreements.</summary>
    /// <param name="args">Settings, as on the command line.</param>
    /// <param name="clock">Another clock than the machine's, for what has dates of its own; null for the machine's, or the sample's.</param>
    public static async Task<(WebApplication App, Started Started)> StartAsync(string[] args, TimeProvider? clock = null)
    {
        SqliteConnections.PrepareMemory();
        DriverSpans.KeepContentOut();
        var app = Build(args, clock, out var started);
        try
        {
            await app.Services.GetRequiredService<SourceCatalogue>().CheckAsync(CancellationToken.None);
            await SampleAgreements.CreateAsync(app.Services, started);
            await app.StartAsync();
            Telemetry.BeginVerdicts(app.Services.GetRequiredService<DossierOptions>().Systems.Keys);
            return (app, started);
        }
        catch (Exception failed)
        {
            if (app.Lifetime.ApplicationStopping.IsCancellationRequested)
            {
                failed.Data[ToldToStop] = true;
            }

            await app.DisposeAsync();
            throw;
        }
    }

    private static WebApplication Build(string[] typed, TimeProvider? given, out Started started)
    {
        var args = Settings.Words(typed);

        // The ports are opened by Listeners alone; each of these would cost a warning that sounds as if it opened one.
        foreach (var variable in new[] { "ASPNETCORE_URLS", "ASPNETCORE_HTTP_PORTS", "ASPNETCORE_HTTPS_PORTS", "DOTNET_URLS", "URLS" })
        {
            Environment.SetEnvironmentVariable(variable, null);
        }

        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { Args = args, ContentRootPath = Directory.GetCurrentDirectory() });
        builder.Configuration.AddEnvironmentVariables("DOSSIER_").AddCommandLine(args);
        builder.Configuration.Sources.Insert(0, new MemoryConfigurationSource { InitialData = LogLevels });
        builder.Logging.ClearProviders().AddSimpleConsole(console => console.SingleLine = true)
            // What stops the host is thrown as well, and told in one line by RunAsync.
            .AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.None);
        var options = Settings.Read(args);
        builder.AddDossierTelemetry(options);
        LibraryLog.Limit(builder.Services);
        var sample = SampleSetup.Apply(options);
        var created = sample ? SampleStores.Create(options.DataDirectory) : [];
        var vendor = Vendor.Find(options.Registry.Provider)!;
        if (vendor is SqliteVendor)
        {
            RegistrySchema.Migrate(vendor, options.Registry.ConnectionString, TimeProvider.System);
        }

        var identity = RegistrySchema.Check(vendor, options.Registry.ConnectionString, out var latest);
        var clock = given ?? (sample ? SampleSetup.Clock(options, latest) : TimeProvider.System);
        started = new Started(sample, created, options.DataDirectory);

        var services = builder.Services;
        services.AddSingleton(options).AddSingleton(identity).AddSingleton(clock);
        services.AddSingleton(TimeZoneInfo.FindSystemTimeZoneById(options.TimeZone));
        services.AddSingleton(options.Registry).AddSingleton(started).AddSingleton<RegistryDatabase>().AddSingleton<WriterLane>().AddSingleton<Mutations>();
        services.AddSingleton<SourceCatalogue>().AddSingleton<CustomerReader>().AddSingleton<Assembler>().AddSingleton<Resolver>();
        services.AddSingleton<InteractionListing>().AddSingleton<KeyLinking>().AddSingleton<SourceTrials>().AddSingleton<SourceListing>().AddSingleton<SourcePausing>();
        services.AddSingleton<SubjectLookup>().AddSingleton<AgreementRevisions>().AddSingleton<AgreementWriting>().AddSingleton<AgreementChanging>();
        services.AddSingleton<ChangeFeed>().AddHostedService(provider => provider.GetRequiredService<ChangeFeed>()).AddSingleton<Watching>();
        services.AddSingleton<Acknowledging>().AddSingleton<AgreementListing>().AddSingleton<WorkLists>().AddSingleton<ConflictListing>().AddSingleton<ConflictResolving>();
        services.AddSingleton<DossierService>().AddSingleton<AgreementService>().AddSingleton<GuardService>();
        services.AddSingleton<Confirming>().AddSingleton<Reporting>().AddSingleton<ActionListing>();
        services.AddSingleton<Drain>().AddHostedService(provider => provider.GetRequiredService<Drain>());
        services.Configure<HostOptions>(host => host.ShutdownTimeout = options.Drain.Delay + Drain.InFlight);
        services.AddSingleton<Admission>().AddSingleton(_ => new FairShare(options.Limits)).AddSingleton<Authentication>().AddSingleton(options.Tls).AddSingleton<Tls>().AddSingleton<HealthService>().AddSingleton<ReflectionService>();
        services.AddSingleton<AccessService>().AddSingleton<AccessLog>().AddHostedService(provider => provider.GetRequiredService<AccessLog>());
        services.AddSingleton<RecentTraces>().AddSingleton<TraceService>().AddSingleton<CustomerSweep>();
        services.AddHostedService<PauseWatch>().AddHostedService<ConflictSweep>();
        services.AddHostedService(provider => ActivatorUtilities.CreateInstance<SettingsWatch>(provider, (object)args));
        services.AddGrpc(grpc =>
        {
            grpc.Interceptors.Add<CallInterceptor>();
            grpc.EnableDetailedErrors = false;
            grpc.MaxReceiveMessageSize = LimitOptions.LargestMessage;
        })
            .AddServiceOptions<HealthService>(health => health.MaxReceiveMessageSize = LimitOptions.LargestQuestion)
            .AddServiceOptions<ReflectionService>(reflection => reflection.MaxReceiveMessageSize = LimitOptions.LargestQuestion);
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            // Kestrel's own settings would open ports that nobody has checked for loopback.
            kestrel.Configure();
            kestrel.Limits.MaxRequestHeadersTotalSize = LimitOptions.LargestHeaders;
            // Who has vanished without a word holds no stream, and no place of his system, for longer than this.
            kestrel.Limits.Http2.KeepAlivePingDelay = TimeSpan.FromSeconds(30);
            kestrel.Limits.Http2.KeepAlivePingTimeout = TimeSpan.FromSeconds(20);
            kestrel.ConfigureEndpointDefaults(listen => listen.Protocols = HttpProtocols.Http2);
            Listeners.Open(kestrel, options);
        });

        var app = builder.Build();
        app.Services.GetRequiredService<RecentTraces>();
        app.UseProbesOnly();
        if (options.Metrics.Listen.Length > 0)
        {
            app.UseMetrics();
        }

        app.UseDeadlines(options);
        app.UseAdmission();
        app.UseFallbacks();

        // Named here, or it would come first, and look up the method of a call that is refused.
        app.UseRouting();
        app.MapGrpcService<DossierService>();
        app.MapGrpcService<AgreementService>();
        app.MapGrpcService<GuardService>();
        app.MapGrpcService<AccessService>();
        app.MapGrpcService<TraceService>();
        app.MapGrpcService<HealthService>();
        app.MapGrpcService<ReflectionService>();
        return app;
    }

    /// <summary>Kestrel's sentence names the address; which setting it comes from tells what to change.</summary>
    private static string Taken(string message, string[] args)
    {
        var settings = Settings.Configuration(args);
        var listen = Settings.ListenOf(args);
        bool IsOf(string address) => Uri.TryCreate(address, UriKind.Absolute, out var place) && message.Contains($":{place.Port}:", StringComparison.Ordinal);
        return new[] { "Health:Listen", "Metrics:Listen" }.FirstOrDefault(setting => IsOf(settings[setting] ?? "") && !IsOf(listen)) is { } taken
            ? $"The port of {taken}, {settings[taken]}, is taken. Stop what listens there, or choose another: --{taken} http://127.0.0.1:5091"
            : $"The port of {listen}{(args.Contains(Settings.DevelopmentSwitch, StringComparer.Ordinal) ? $", or the one after it for {Settings.DevelopmentSwitch}," : "")} is taken. Stop what listens there, or choose another: dotnet run --project src/Dossier -- --Listen http://127.0.0.1:5081";
    }

    /// <summary>One line for what goes wrong at the start; null for a fault of ours, which keeps its stack.</summary>
    private static string? Explain(Exception wrong, string[] args) => wrong switch
    {
        IOException { InnerException: AddressInUseException } or SocketException { SocketErrorCode: SocketError.AddressAlreadyInUse } => Taken(wrong.Message, args),
        InvalidOperationException => $"Dossier cannot start: {wrong.Message}",
        InvalidDataException unread => $"Dossier cannot start: {Settings.Explain(unread)}",
        DbException => $"Dossier cannot start: the registry cannot be opened ({Vendor.Tell(wrong)}). Check Registry:ConnectionString and DataDirectory.",
        IOException or UnauthorizedAccessException => $"Dossier cannot start: {wrong.Message}",
        _ => null,
    };
}

/// <summary>What was found and made at the start.</summary>
/// <param name="Sample">The sample stores are used.</param>
/// <param name="CreatedStores">Sample stores that were created now.</param>
/// <param name="DataDirectory">Where they stand.</param>
public sealed record Started(bool Sample, IReadOnlyList<string> CreatedStores, string DataDirectory);
