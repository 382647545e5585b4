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

return await new RootCommand("Measurements of Dossier. Absolute figures are of this machine; compare ratios of one run only.") { dossier, SeedCommand.Create() }.Parse(args).InvokeAsync();
