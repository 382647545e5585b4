using System.CommandLine;
using System.Globalization;
using Dossier.Bench.Peers;
using Dossier.V1;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Dossier.Bench.Floors;

/// <summary>
/// `serve`, which `dossier` calls: one program to measure, in a process of its own. It prints its address, answers each line `figures` on
/// its input with the bytes that it has allocated since it started, and ends with its input.
/// </summary>
internal static class ServeCommand
{
    public const string Listens = "listens on ";
    public const string Figures = "figures ";

    public static readonly string[] Kinds = ["floor1", "floor2", "dossier", "ef", "rest"];

    public static Command Create()
    {
        var kind = new Option<string>("--kind") { Required = true };
        kind.AcceptOnlyFromAmong(Kinds);
        var provider = new Option<string>("--provider") { DefaultValueFactory = _ => "sqlite" };
        Option<string> webcare = new("--webcare"), telephony = new("--telephony"), administration = new("--administration"), registry = new("--registry");
        var answer = new Option<FileInfo>("--answer") { Description = "The message that floor1 gives." };
        var settings = new Argument<string[]>("settings") { Description = "Settings of the service.", Arity = ArgumentArity.ZeroOrMore };
        var serve = new Command("serve", "One program to measure; `dossier` starts it.") { kind, provider, webcare, telephony, administration, registry, answer, settings };
        serve.Hidden = true;
        serve.SetAction(async (result, stop) =>
        {
            var stores = new StoreAddresses(
                result.GetValue(provider)!, result.GetValue(webcare) ?? "", result.GetValue(telephony) ?? "", result.GetValue(administration) ?? "", result.GetValue(registry) ?? "");
            await using var app = await StartAsync(result.GetValue(kind)!, stores, result.GetValue(answer), result.GetValue(settings)!);
            Console.WriteLine(Listens + app.Urls.First());
            while (await Console.In.ReadLineAsync(stop) is { } line)
            {
                if (line == Figures.TrimEnd())
                {
                    Console.WriteLine(Figures + GC.GetTotalAllocatedBytes(precise: true).ToString(CultureInfo.InvariantCulture));
                }
            }
        });
        return serve;
    }

    private static async Task<WebApplication> StartAsync(string kind, StoreAddresses stores, FileInfo? answer, string[] settings)
    {
        if (kind == "dossier")
        {
            return (await Service.StartAsync([.. stores.Settings(), .. settings])).App;
        }

        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(
            System.Net.IPAddress.Loopback, 0, listen => listen.Protocols = kind == "rest" ? HttpProtocols.Http1 : HttpProtocols.Http2));
        builder.Services.AddGrpc();
        switch (kind)
        {
            case "floor1":
                builder.Services.AddSingleton(new FixedAnswer(GetDossierResponse.Parser.ParseFrom(await File.ReadAllBytesAsync(answer!.FullName))));
                break;
            case "floor2":
                builder.Services.AddSingleton(new SqliteHandWritten(stores)).AddSingleton(new PostgresHandWritten(stores));
                break;
            case "ef":
                EfDossier.AddTo(builder.Services, stores);
                break;
            default:
                RestDossier.AddTo(builder.Services, stores);
                break;
        }

        var app = builder.Build();
        switch (kind)
        {
            case "floor1":
                app.MapGrpcService<FixedAnswer>();
                break;
            case "floor2" when stores.IsSqlite:
                app.MapGrpcService<SqliteHandWritten>();
                break;
            case "floor2":
                app.MapGrpcService<PostgresHandWritten>();
                break;
            case "ef":
                app.MapGrpcService<EfDossier>();
                break;
            default:
                RestDossier.MapTo(app);
                break;
        }

        await app.StartAsync();
        return app;
    }
}
