using System.CommandLine;
using Dossier.Cli.Printing;
using Google.Protobuf.WellKnownTypes;

namespace Dossier.Cli.Commands;

/// <summary><c>dossier get</c>: the dossier of one customer.</summary>
internal sealed class GetCommand : Verb
{
    private readonly Argument<string> _customer = Arg.Customer();
    private readonly Option<bool> _brief = Arg.Flag("--brief", "Only customer, attention, the last 5 interactions and sources");
    private readonly Option<string?> _sections = Arg.Text(
        "--sections", $"Only these sections, with commas: {Words.List<Section>()}", "names");
    private readonly Option<bool> _possible = Arg.Flag("--possible", "Also what was found by keys that several customers share");

    public GetCommand(GlobalOptions globals) : base(globals, "get", "The dossier of one customer, read from all channels now.",
        "dossier get 1042", "dossier get 1042 --brief", "dossier get 1042 --sections invoices,payments --json")
    {
        Arguments.Add(_customer);
        Options.Add(_brief);
        Options.Add(_sections);
        Options.Add(_possible);
    }

    public GetDossierRequest Request(ParseResult line)
    {
        var request = new GetDossierRequest
        {
            Name = Names.Dossier(line.GetValue(_customer)!),
            View = line.GetValue(_brief) ? DossierView.Brief : DossierView.Unspecified,
            IncludePossibleInteractions = line.GetValue(_possible),
        };
        foreach (var word in (line.GetValue(_sections) ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            request.Sections.Add(Words.Parse<Section>(word, "--sections"));
        }
        return request.Sections.Count > 0 && request.View == DossierView.Brief
            ? throw CommandException.Usage("--brief and --sections exclude each other")
            : request;
    }

    protected override async Task<int> RunAsync(Session session, ParseResult line, CancellationToken cancellation)
    {
        var answer = await session.Dossiers.GetDossierAsync(Request(line), session.With(cancellation));
        session.WarnOfUnreachable(answer.Dossier.Unreachable, answer.Dossier.Sources);
        return session.Answer(answer, screen => new DossierPage(screen).Print(answer.Dossier));
    }
}

/// <summary><c>dossier look-up</c>: from a key to the dossier in one call, as a screen-pop does it.</summary>
internal sealed class LookUpCommand : Verb
{
    private readonly KeyOptions _key;
    private readonly Option<bool> _full = Arg.Flag("--full", "Every section, not only the brief view");
    private readonly Option<string?> _budget = Arg.Text(
        "--budget", "How long looking up and reading may take together, for example 500ms", "time");

    public LookUpCommand(GlobalOptions globals) : base(globals, "look-up", "From a key to the dossier in one call, as when the telephone rings.",
        "dossier look-up --phone +31600001043", "dossier look-up --phone 0600001043 --full --budget 500ms",
        "dossier look-up --social facebook/voorbeeldtelecom/61550000001042")
    {
        Aliases.Add("lookup");
        _key = new KeyOptions(this);
        Options.Add(_full);
        Options.Add(_budget);
    }

    public LookUpDossierRequest Request(ParseResult line)
    {
        var request = new LookUpDossierRequest { Key = _key.ReadOne(line) };
        if (line.GetValue(_full))
        {
            request.View = DossierView.Full;
        }
        if (line.GetValue(_budget) is { } budget)
        {
            request.TimeBudget = Duration.FromTimeSpan(Moments.ParseSpan(budget, "--budget"));
        }
        return request;
    }

    protected override async Task<int> RunAsync(Session session, ParseResult line, CancellationToken cancellation)
    {
        var answer = await session.Dossiers.LookUpDossierAsync(Request(line), session.With(cancellation));
        session.WarnOfUnreachable(
            answer.Unreachable.Concat(answer.Dossier?.Unreachable ?? []),
            answer.Sources.Concat(answer.Dossier?.Sources ?? []));
        return session.Answer(answer, screen => CandidatePage.Print(screen, answer));
    }
}
