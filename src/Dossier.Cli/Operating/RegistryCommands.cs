using System.CommandLine;
using System.Text.Json;
using Dossier.Cli.Commands;

namespace Dossier.Cli.Operating;

/// <summary><c>dossier migrate</c>: brings the registry's schema up to date.</summary>
internal sealed class MigrateCommand : OperatorVerb
{
    private readonly Option<string?> _connection = OwnersConnection();

    public MigrateCommand(GlobalOptions globals) : base(globals, "migrate",
        "Creates the registry's tables or brings them up to date; may be repeated. The embedded SQLite registry does it by itself.",
        "dossier migrate", "dossier migrate --connection-string \"Host=db.example;Database=registry;Username=owner\" -- --Registry:Provider PostgreSql") =>
        Options.Add(_connection);

    protected override Task<int> RunAsync(Session session, ParseResult line, string[] settings, CancellationToken cancellation)
    {
        var applied = Operations.Migrate(settings, line.GetValue(_connection));
        return Task.FromResult(session.Answer(
            () => JsonSerializer.Serialize(new { applied }),
            screen =>
            {
                foreach (var step in applied)
                {
                    screen.Line($"applied {step}");
                }
                screen.Line(applied.Count == 0 ? "The registry is up to date." : "The registry is up to date now.");
            }));
    }
}

/// <summary><c>dossier registry new-epoch</c>: ends the restoring of a backup.</summary>
internal sealed class NewEpochCommand : OperatorVerb
{
    private readonly Option<string?> _connection = OwnersConnection();

    public NewEpochCommand(GlobalOptions globals) : base(globals, "new-epoch",
        "Ends the restoring of a backup: says that the registry's history is another one than callers may remember.",
        "dossier registry new-epoch", "dossier registry new-epoch --connection-string \"Host=db.example;Database=registry;Username=owner\"") =>
        Options.Add(_connection);

    protected override Task<int> RunAsync(Session session, ParseResult line, string[] settings, CancellationToken cancellation)
    {
        var epoch = Operations.NewEpoch(settings, line.GetValue(_connection));
        return Task.FromResult(session.Answer(
            () => JsonSerializer.Serialize(new { epoch }),
            screen =>
            {
                screen.Line($"The registry has the new epoch {epoch}.");
                screen.Paragraph("Page tokens of before are refused from now on, since what they point into may be gone; callers start their lists again. "
                    + "Agreements, links, sequences and the key that signs decisions stay as they were restored. Instances that run still have the old epoch: restart them.");
            }));
    }
}

/// <summary><c>dossier sample load</c>: a sample store on a server of one's own.</summary>
internal sealed class SampleLoadCommand : Verb
{
    private readonly Option<string> _source = Needed("--source", "webcare, telephony or administration", "name");
    private readonly Option<string> _provider = Needed("--provider", "PostgreSql or SqlServer", "name");
    private readonly Option<string> _connection = Needed("--connection-string", "An empty database, with a login that may create tables", "text");

    public SampleLoadCommand(GlobalOptions globals) : base(globals, "load",
        "Puts one of the three sample stores, with its 511 customers, into an empty database.",
        "dossier sample load --source webcare --provider PostgreSql --connection-string \"Host=127.0.0.1;Database=webcare;Username=postgres\"")
    {
        foreach (Option option in new Option[] { _source, _provider, _connection })
        {
            Options.Add(option);
        }
    }

    protected override Task<int> RunAsync(Session session, ParseResult line, CancellationToken cancellation)
    {
        try
        {
            var rows = Operations.LoadSample(line.GetValue(_source)!, line.GetValue(_provider)!, line.GetValue(_connection)!);
            return Task.FromResult(session.Answer(
                () => JsonSerializer.Serialize(new { rows }), screen => screen.Line($"{line.GetValue(_source)}: {rows} rows were loaded.")));
        }
        catch (OperationException failed)
        {
            throw new CommandException(failed.Settings ? ExitCode.Usage : ExitCode.Unexpected, failed.Message);
        }
    }

    private static Option<string> Needed(string name, string description, string helpName) =>
        new(name) { Description = description, HelpName = helpName, Required = true };
}
