using System.CommandLine;
using System.Text.Json;
using Dossier.Cli.Printing;
using Dossier.Sources;

namespace Dossier.Cli.Operating;

/// <summary><c>dossier doctor</c>: looks at a whole deployment and says in words what is wrong and what to do.</summary>
internal sealed class DoctorCommand : OperatorVerb
{
    private static readonly JsonSerializerOptions Json = new() { WriteIndented = true, PropertyNamingPolicy = JsonNamingPolicy.CamelCase };
    private readonly Option<string> _address;

    public DoctorCommand(GlobalOptions globals) : base(globals, "doctor",
        "What is wrong with a deployment, and what to do: a line for each thing that was looked at. It changes nothing and prints nothing of "
        + "a customer. Without --address it looks at the service's settings and at all that they point at: certificate, secrets, registry, "
        + "sources, issuer, clock, disk. With --address at the service that runs there, as this caller sees it; and at the settings too, if "
        + "there are any here. Exit code 0 all fine, 1 there are warnings, 2 something is wrong.",
        "dossier doctor", "dossier doctor --address https://dossier.example:5443 --authority ca.pem --key-file telephony.key",
        "dossier doctor --json", "dossier doctor -- --Registry:Provider PostgreSql --Registry:ConnectionStringFile /run/secrets/registry") =>
        _address = globals.Address;

    protected override async Task<int> RunAsync(Session session, ParseResult line, string[] settings, CancellationToken cancellation)
    {
        var findings = new List<Finding>();
        IReadOnlyList<string> sources = [];
        var running = line.GetResult(_address) is { Implicit: false } || Environment.GetEnvironmentVariable("DOSSIER_ADDRESS") is { Length: > 0 };
        if (!running || Operations.AnySettings(settings))
        {
            var report = await Operations.ExamineAsync(settings, TimeProvider.System, cancellation);
            findings.AddRange(report.Findings);
            sources = report.Sources;
        }
        if (running)
        {
            findings.AddRange(await new ServiceCheck(session, sources).LookAsync(cancellation));
        }
        var (wrong, warnings) = (findings.Count(found => found.Level == FindingLevel.Wrong), findings.Count(found => found.Level == FindingLevel.Warning));
        session.Answer(
            () => JsonSerializer.Serialize(
                new { AllFine = wrong + warnings == 0, Findings = findings.Select(found => new { About = found.Source, Level = Words.Code(found.Level), found.Text }) }, Json),
            screen =>
            {
                foreach (var found in findings)
                {
                    screen.Line($"{found.Source}: {CheckCommand.Level(found.Level)}{found.Text}");
                }
                screen.Line(wrong + warnings == 0 ? "All is fine." : $"Wrong: {wrong}. Warnings: {warnings}.");
            });
        return wrong > 0 ? ExitCode.Usage : warnings > 0 ? ExitCode.Unexpected : ExitCode.Fine;
    }
}
