using System.CommandLine;
using Dossier.Cli.Printing;

namespace Dossier.Cli.Commands;

/// <summary><c>dossier agree</c>: records what was agreed with a customer.</summary>
internal sealed class AgreeCommand : Verb
{
    private readonly Argument<string> _customer = Arg.Customer();
    private readonly AgreementOptions _agreement;
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
        _agreement = new AgreementOptions(this, globals);
        Options.Add(_validateOnly);
        Options.Add(_requestId);
    }

    public CreateAgreementRequest Request(ParseResult line)
    {
        var customer = Names.Customer(line.GetValue(_customer)!);
        return new CreateAgreementRequest
        {
            Parent = customer,
            Agreement = _agreement.Read(line, customer),
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
