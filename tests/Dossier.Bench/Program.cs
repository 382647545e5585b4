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
var write = new Command("write", "CreateAgreement and AcknowledgeAgreement: durable changes per second, p50 and p99, beside a service that commits each by itself; on PostgreSQL too where DOSSIER_TEST_POSTGRES is set. Example: DOSSIER_POSTGRES_FSYNC=on tests/with-postgres.sh dotnet run -c Release --project tests/Dossier.Bench -- write --callers 1 64") { address, seconds, writers };
write.SetAction(async (result, stop) =>
{
    await WriteLoad.RunAsync(result.GetValue(address), result.GetValue(writers)!, TimeSpan.FromSeconds(result.GetValue(seconds)), stop);
});

var guard = new Command("guard", "CheckAction, and 100,000 verdicts by CheckActionBatch and by CheckActions. Example: -- guard") { address, seconds };
guard.SetAction(async (result, stop) =>
{
    await using var service = await BenchService.OpenAsync(result.GetValue(address), stop);
    await GuardLoad.RunAsync(service.Address, TimeSpan.FromSeconds(result.GetValue(seconds)), stop);
});

var watchers = new Option<int[]>("--watchers") { Description = "Watchers, one step each.", DefaultValueFactory = _ => [1, 100, 1_000], AllowMultipleArgumentsPerToken = true };
var watch = new Command("watch", "Lag of WatchAgreements at 200 changes a second, with one watcher who does not read, and at a second process on the same registry. Example: -- watch --watchers 1 100") { address, seconds, watchers };
watch.SetAction(async (result, stop) =>
{
    await using var service = await BenchService.OpenAsync(result.GetValue(address), stop, "--Limits:WatchersPerCaller", "2000");
    await using var beside = result.GetValue(address) is null ? await service.BesideAsync(stop, "--Limits:WatchersPerCaller", "2000") : null;
    await WatchLoad.RunAsync(service.Address, beside?.Address, result.GetValue(watchers)!, TimeSpan.FromSeconds(result.GetValue(seconds)), stop);
});

var rounds = new Option<int>("--rounds") { Description = "Turns of each, 2 s long.", DefaultValueFactory = _ => 10 };
var instances = new Option<int>("--processes") { Description = "Processes of each kind.", DefaultValueFactory = _ => 3 };
var warmUp = new Option<int>("--warm-up") { Description = "Seconds of load before each process is measured; in less than 45 the compiler is not done with it.", DefaultValueFactory = _ => 45 };
var tracing = new Command("tracing", "GetDossier without telemetry, with one call in ten traced, and with all: throughput and CPU of the service. Needs h2load. Example: -- tracing --processes 5") { rounds, instances, warmUp };
tracing.SetAction(async (result, stop) => await TracingLoad.RunAsync(result.GetValue(rounds), result.GetValue(instances), TimeSpan.FromSeconds(result.GetValue(warmUp)), stop));

var storm = new Option<int>("--seconds") { Description = "How long three times the peak lasts.", DefaultValueFactory = _ => 60 };
var turns = new Option<int>("--rounds") { Description = "Rounds of it, and of the noisy system beside another.", DefaultValueFactory = _ => 3 };
var overload = new Command("overload", "Three times as many calls as the service can answer: what it still does, how soon it refuses the others, and what one noisy system does to another. Needs h2load. Example: -- overload") { storm, turns };
overload.SetAction(async (result, stop) => await OverloadLoad.RunAsync(result.GetValue(storm), result.GetValue(turns), stop));

var minutes = new Option<double>("--minutes") { Description = "How long.", DefaultValueFactory = _ => 10 };
var soak = new Command("soak", "Everything at once, with a fault of a store every ten seconds: slope of memory, handles and threads, and drift of p99. Example: -- soak --minutes 10") { minutes };
soak.SetAction(async (result, stop) => await SoakLoad.RunAsync(result.GetValue(minutes), stop));

var starts = new Option<int>("--rounds") { Description = "Starts of each program.", DefaultValueFactory = _ => 11 };
var start = new Command("start", "Process start to first dossier, with and without ReadyToRun; on PostgreSQL too where DOSSIER_TEST_POSTGRES is set. Example: -- start") { starts };
start.SetAction(async (result, stop) => await StartLoad.RunAsync(result.GetValue(starts), stop));

var sizes = new Option<int[]>("--customers") { Description = "Sizes of the stores; they are seeded in data/ if they are not there.", DefaultValueFactory = _ => [10_000, 100_000, 1_000_000], AllowMultipleArgumentsPerToken = true };
var askers = new Option<int>("--callers") { Description = "Concurrent callers.", DefaultValueFactory = _ => 16 };
var passes = new Option<int>("--rounds") { Description = "Rounds; in each every size is measured once.", DefaultValueFactory = _ => 5 };
var growth = new Command("growth", "What a dossier costs with more customers, and with a longer history of one. Needs h2load. Example: -- growth --customers 10000 100000") { sizes, askers, passes, seconds };
growth.SetAction(async (result, stop) =>
    await GrowthLoad.RunAsync(result.GetValue(sizes)!, result.GetValue(askers), result.GetValue(passes), TimeSpan.FromSeconds(result.GetValue(seconds)), stop));

return await new RootCommand("Measurements of Dossier. Absolute figures are of this machine; compare ratios of one run only.") { DossierCommand.Create(), write, guard, watch, trouble, tracing, overload, soak, start, growth, SeedCommand.Create(), MicroCommand.Create(), ServeCommand.Create() }.Parse(args).InvokeAsync();
