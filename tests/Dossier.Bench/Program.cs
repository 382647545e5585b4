using System.CommandLine;
using Dossier.Bench;
using Dossier.Bench.Floors;
using Dossier.Bench.Load;
using Dossier.Bench.Micro;
using Dossier.Bench.Seeding;

var address = new Option<string>("--address") { Description = "A running service; one is started on the sample data in a folder of its own if not given." };
var seconds = new Option<int>("--seconds") { Description = "How long each step measures.", DefaultValueFactory = _ => 8 };
var troubled = new Option<int>("--callers") { Description = "Concurrent callers.", DefaultValueFactory = _ => 64 };
var lasting = new Option<int>("--seconds") { Description = "How long each trouble is measured.", DefaultValueFactory = _ => 20 };
var trouble = new Command("trouble", "GetDossier while one store is silent, refuses, hangs up or answers byte by byte, and how soon it is back. Needs DOSSIER_TEST_POSTGRES. Example: tests/with-postgres.sh dotnet run -c Release --project tests/Dossier.Bench -- trouble") { troubled, lasting };
trouble.SetAction(async (result, stop) => await TroubleLoad.RunAsync(result.GetValue(troubled), TimeSpan.FromSeconds(result.GetValue(lasting)), stop));

var writers = new Option<int[]>("--callers") { Description = "Concurrent callers, one step each.", DefaultValueFactory = _ => [1, 16, 64], AllowMultipleArgumentsPerToken = true };
var write = new Command("write", "CreateAgreement on the SQLite registry: durable changes per second, p50 and p99. Example: -- write --callers 1 64") { address, seconds, writers };
write.SetAction(async (result, stop) =>
{
    await using var service = await BenchService.OpenAsync(result.GetValue(address), stop);
    await WriteLoad.RunAsync(service.Address, result.GetValue(writers)!, TimeSpan.FromSeconds(result.GetValue(seconds)), stop);
});

var guard = new Command("guard", "CheckAction, and 100,000 verdicts by CheckActionBatch and by CheckActions. Example: -- guard") { address, seconds };
guard.SetAction(async (result, stop) =>
{
    await using var service = await BenchService.OpenAsync(result.GetValue(address), stop);
    await GuardLoad.RunAsync(service.Address, TimeSpan.FromSeconds(result.GetValue(seconds)), stop);
});

var watchers = new Option<int[]>("--watchers") { Description = "Watchers, one step each.", DefaultValueFactory = _ => [1, 100], AllowMultipleArgumentsPerToken = true };
var watch = new Command("watch", "Lag of WatchAgreements at 200 changes a second, with one watcher who does not read, and at a second process on the same registry. Example: -- watch --watchers 1 100 1000") { address, seconds, watchers };
watch.SetAction(async (result, stop) =>
{
    await using var service = await BenchService.OpenAsync(result.GetValue(address), stop);
    await using var beside = result.GetValue(address) is null ? await service.BesideAsync(stop) : null;
    await WatchLoad.RunAsync(service.Address, beside?.Address, result.GetValue(watchers)!, TimeSpan.FromSeconds(result.GetValue(seconds)), stop);
});

return await new RootCommand("Measurements of Dossier. Absolute figures are of this machine; compare ratios of one run only.") { DossierCommand.Create(), write, guard, watch, trouble, SeedCommand.Create(), MicroCommand.Create(), ServeCommand.Create() }.Parse(args).InvokeAsync();
