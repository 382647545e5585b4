using System.CommandLine;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;

namespace Dossier.Bench.Micro;

/// <summary>`micro`: the pure parts that every call runs, with what they allocate.</summary>
internal static class MicroCommand
{
    public static Command Create()
    {
        var filter = new Option<string[]>("--filter") { Description = "Which, by a pattern: *Merge*.", DefaultValueFactory = _ => ["*"], AllowMultipleArgumentsPerToken = true };
        var quick = new Option<bool>("--quick") { Description = "Few rounds: to see that it runs." };
        var micro = new Command("micro", "Merge, decision table, verdict, row reading, resume token: time and allocations (BenchmarkDotNet). Example: -- micro --filter *Row*") { filter, quick };
        micro.SetAction(result =>
        {
            // In this process: building another one for each would need the whole repository's settings again.
            var job = (result.GetValue(quick) ? Job.Dry : Job.MediumRun).WithToolchain(InProcessEmitToolchain.Instance);
            var config = ManualConfig.Create(DefaultConfig.Instance).AddJob(job).AddDiagnoser(MemoryDiagnoser.Default)
                .WithArtifactsPath(Path.Combine("artifacts", "bench", "micro")).WithOptions(ConfigOptions.JoinSummary);
            BenchmarkSwitcher.FromTypes([typeof(Merging), typeof(Judging), typeof(Rows), typeof(Tokens)]).Run(["--filter", .. result.GetValue(filter)!], config);
        });
        return micro;
    }
}
