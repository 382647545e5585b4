using System.CommandLine;
using Dossier.Bench;
using Dossier.Bench.Seeding;

var address = new Option<string>("--address") { Description = "A running service; one is started on the sample data in a folder of its own if not given." };
var seconds = new Option<int>("--seconds") { Description = "How long each step measures.", DefaultValueFactory = _ => 8 };
var callers = new Option<int[]>("--callers") { Description = "Concurrent callers, one step each.", DefaultValueFactory = _ => [1, 16], AllowMultipleArgumentsPerToken = true };

var dossier = new Command("dossier", "GetDossier on the sample data: requests per second, p50 and p99. Example: -- dossier --callers 1 16") { address, seconds, callers };
dossier.SetAction(async (result, stop) =>
{
    await using var service = await BenchService.OpenAsync(result.GetValue(address), stop);
    await DossierLoad.RunAsync(service.Address, result.GetValue(callers)!, TimeSpan.FromSeconds(result.GetValue(seconds)), stop);
});

var troubled = new Option<int>("--callers") { Description = "Concurrent callers.", DefaultValueFactory = _ => 64 };
var lasting = new Option<int>("--seconds") { Description = "How long each trouble is measured.", DefaultValueFactory = _ => 20 };
var trouble = new Command("trouble", "GetDossier while one store is silent, refuses, hangs up or answers byte by byte, and how soon it is back. Needs DOSSIER_TEST_POSTGRES. Example: tests/with-postgres.sh dotnet run -c Release --project tests/Dossier.Bench -- trouble") { troubled, lasting };
trouble.SetAction(async (result, stop) => await TroubleLoad.RunAsync(result.GetValue(troubled), TimeSpan.FromSeconds(result.GetValue(lasting)), stop));

return await new RootCommand("Measurements of Dossier. Absolute figures are of this machine; compare ratios of one run only.") { dossier, trouble, SeedCommand.Create() }.Parse(args).InvokeAsync();
