using System.CommandLine;
using Dossier.Cli.Printing;

namespace Dossier.Cli.Commands;

/// <summary><c>dossier source pause</c>: a store is not read any more, by any instance.</summary>
internal sealed class PauseSourceCommand : Verb
{
    private readonly Argument<string> _name = new("source") { Description = "Name of the source, for example webcare" };
    private readonly Option<string?> _until = Arg.Text("--until", "When it is read again: 2026-10-09T18:00; until it is resumed if not given", "moment");
    private readonly Option<string?> _requestId = Arg.RequestId();
    private readonly Option<bool> _validateOnly = Arg.ValidateOnly();

    public PauseSourceCommand(GlobalOptions globals) : base(globals, "pause",
        "Stops reading a store, in all instances, for maintenance or relief; dossiers say PAUSED of it.",
        "dossier source pause webcare --until 2026-10-09T18:00", "dossier source pause webcare")
    {
        Arguments.Add(_name);
        foreach (Option option in new Option[] { _until, _requestId, _validateOnly })
        {
            Options.Add(option);
        }
    }

    public PauseSourceRequest Request(ParseResult line) => new()
    {
        Name = Names.Source(line.GetValue(_name)!),
        UntilTime = line.GetValue(_until) is { } until ? Moments.ParseMoment(until, "--until") : null,
        RequestId = line.GetValue(_requestId) ?? "",
        ValidateOnly = line.GetValue(_validateOnly),
    };

    protected override async Task<int> RunAsync(Session session, ParseResult line, CancellationToken cancellation)
    {
        var request = Request(line);
        request.RequestId = session.RequestId(line.GetValue(_requestId));
        var answer = await session.Dossiers.PauseSourceAsync(request, session.With(cancellation));
        return session.Answer(answer, screen =>
            screen.Line($"{Names.Short(request.Name)} {(request.ValidateOnly ? "would be" : "is")} {SourcePage.Pause(answer.Pause)}"));
    }
}

/// <summary><c>dossier source resume</c>: a paused store is read again.</summary>
internal sealed class ResumeSourceCommand : Verb
{
    private readonly Argument<string> _name = new("source") { Description = "Name of the source, for example webcare" };
    private readonly Option<string?> _requestId = Arg.RequestId();
    private readonly Option<bool> _validateOnly = Arg.ValidateOnly();

    public ResumeSourceCommand(GlobalOptions globals) : base(globals, "resume", "Reads a paused store again.", "dossier source resume webcare")
    {
        Arguments.Add(_name);
        Options.Add(_requestId);
        Options.Add(_validateOnly);
    }

    public ResumeSourceRequest Request(ParseResult line) => new()
    {
        Name = Names.Source(line.GetValue(_name)!),
        RequestId = line.GetValue(_requestId) ?? "",
        ValidateOnly = line.GetValue(_validateOnly),
    };

    protected override async Task<int> RunAsync(Session session, ParseResult line, CancellationToken cancellation)
    {
        var request = Request(line);
        request.RequestId = session.RequestId(line.GetValue(_requestId));
        var answer = await session.Dossiers.ResumeSourceAsync(request, session.With(cancellation));
        return session.Answer(answer, screen => screen.Line($"{Names.Short(request.Name)} {(request.ValidateOnly ? "would be" : "is")} read again"));
    }
}
