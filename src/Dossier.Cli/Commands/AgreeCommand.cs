using System.CommandLine;
using Dossier.Cli.Printing;

namespace Dossier.Cli.Commands;

/// <summary><c>dossier agree</c>: records what was agreed with a customer.</summary>
internal sealed class AgreeCommand : Verb
{
    private readonly Argument<string> _customer = Arg.Customer();
    private readonly EffectOptions _effects;
    private readonly Option<string?> _wordingNl = Arg.Text("--wording-nl", "What the customer was told, in Dutch", "text");
    private readonly Option<string?> _wordingEn = Arg.Text("--wording-en", "What the customer was told, in English", "text");
    private readonly Option<string?> _effective = Arg.Text(
        "--effective", "From when it holds: 2026-08-11T20:21+02:00; now if not given", "moment");
    private readonly Option<string?> _channelMade = Arg.Text("--channel-made", "The channel in which it was agreed, for example facebook", "slug");
    private readonly Option<string?> _interaction = Arg.Text("--interaction", "The interaction in which it was agreed: 1042/SOURCE/ID or in full", "name");
    private readonly Option<string?> _requestId = Arg.RequestId();
    private readonly Option<bool> _validateOnly = Arg.ValidateOnly();

    public AgreeCommand(GlobalOptions globals) : base(globals, "agree", "Records what was agreed with a customer, for all systems at once.",
        "dossier agree 1042 --credit-invoice 202608-004217 --channel-made facebook --effective 2026-08-11T20:21+02:00"
            + " --wording-nl \"U hoeft factuur 202608-004217 niet te betalen. U ontvangt een creditfactuur.\"",
        "dossier agree 1042 --credit-amount 10.00 --ground goodwill --invoice 202608-003184",
        "dossier agree 1042 --dunning-block --reason disputed --until 2026-11-01 --whole-customer",
        "dossier agree 1050 --instalments 2026-11-01=137.50,2026-12-01=137.50,2027-01-01=137.50 --invoice 202607-003050 --validate-only",
        "dossier agree 1044 --credit-invoice 202608-004226 --refund 32.50 --invoice 202608-004226")
    {
        Arguments.Add(_customer);
        _effects = new EffectOptions(this, globals);
        foreach (Option option in new Option[]
            { _wordingNl, _wordingEn, _effective, _channelMade, _interaction, _validateOnly, _requestId })
        {
            Options.Add(option);
        }
    }

    public CreateAgreementRequest Request(ParseResult line)
    {
        var customer = Names.Customer(line.GetValue(_customer)!);
        var agreement = new Agreement
        {
            Origin = new Origin
            {
                Channel = line.GetValue(_channelMade) ?? "",
                Interaction = line.GetValue(_interaction) is { } name ? Names.Interaction(name) : "",
            },
            EffectiveTime = line.GetValue(_effective) is { } moment ? Moments.ParseMoment(moment, "--effective") : null,
        };
        agreement.Effects.AddRange(_effects.Read(line, customer));
        foreach (var (language, option) in new[] { ("nl", _wordingNl), ("en", _wordingEn) })
        {
            if (line.GetValue(option) is { } text)
            {
                agreement.CustomerWording.Add(new LocalizedText { Language = language, Text = text });
            }
        }
        return new CreateAgreementRequest
        {
            Parent = customer,
            Agreement = agreement,
            RequestId = line.GetValue(_requestId) ?? "",
            ValidateOnly = line.GetValue(_validateOnly),
        };
    }

    protected override async Task<int> RunAsync(Session session, ParseResult line, CancellationToken cancellation)
    {
        var request = Request(line);
        request.RequestId = session.RequestId(line.GetValue(_requestId));
        var answer = await session.Agreements.CreateAgreementAsync(request, session.With(cancellation));
        return session.Answer(answer, screen =>
        {
            screen.Line(request.ValidateOnly ? "Nothing was stored. It would be:" : "Agreed, for all systems:");
            new AgreementPage(screen).Print(answer.Agreement);
            new ActionPage(screen).Print(answer.ActionsUnderWay, answer.RecentActions);
            if (answer.Contradictions.Count > 0)
            {
                screen.Heading("It contradicts what was agreed before");
                new ConflictPage(screen).Print(answer.Contradictions);
            }
        });
    }
}
