using System.CommandLine;
using Dossier.Cli.Printing;

namespace Dossier.Cli.Commands;

/// <summary><c>dossier agreements</c>: the agreements of one customer, newest first.</summary>
internal sealed class AgreementsCommand : Verb
{
    private readonly Argument<string> _customer = Arg.Customer();
    private readonly Option<string[]> _state = Arg.Texts("--state", $"Only in this state; may be repeated: {Words.List<AgreementState>()}", "state");

    public AgreementsCommand(GlobalOptions globals) : base(globals, "agreements", "The agreements of one customer, newest first.",
        "dossier agreements 1043", "dossier agreements 1043 --state active --json")
    {
        Arguments.Add(_customer);
        Options.Add(_state);
    }

    public ListAgreementsRequest Request(ParseResult line)
    {
        var request = new ListAgreementsRequest { Parent = Names.Customer(line.GetValue(_customer)!), PageSize = 200 };
        request.States.AddRange((line.GetValue(_state) ?? []).Select(word => Words.Parse<AgreementState>(word, "--state")));
        return request;
    }

    protected override async Task<int> RunAsync(Session session, ParseResult line, CancellationToken cancellation)
    {
        var request = Request(line);
        var answer = await ListAsync(session, request, session.With, cancellation);
        return session.Answer(answer, screen => new AgreementPage(screen).PrintAll(answer.Agreements));
    }

    /// <summary>All pages as one answer.</summary>
    public static async Task<ListAgreementsResponse> ListAsync(
        Session session, ListAgreementsRequest request, Func<CancellationToken, Grpc.Core.CallOptions> with, CancellationToken cancellation)
    {
        var answer = await session.Agreements.ListAgreementsAsync(request, with(cancellation));
        while (answer.NextPageToken.Length > 0)
        {
            request.PageToken = answer.NextPageToken;
            answer.NextPageToken = "";
            answer.MergeFrom(await session.Agreements.ListAgreementsAsync(request, with(cancellation)));
        }
        return answer;
    }
}

/// <summary><c>dossier agreement</c>: one agreement.</summary>
internal sealed class AgreementCommand : Verb
{
    private readonly Argument<string> _name = Arg.Agreement();

    public AgreementCommand(GlobalOptions globals) : base(globals, "agreement", "One agreement: what it does, who made it, who has taken it over.",
        "dossier agreement 1043/ID", "dossier agreement customers/1043/agreements/ID --json") =>
        Arguments.Add(_name);

    public GetAgreementRequest Request(ParseResult line) => new() { Name = Names.Agreement(line.GetValue(_name)!) };

    protected override async Task<int> RunAsync(Session session, ParseResult line, CancellationToken cancellation)
    {
        var answer = await session.Agreements.GetAgreementAsync(Request(line), session.With(cancellation));
        return session.Answer(answer, screen => new AgreementPage(screen).Print(answer.Agreement));
    }
}

/// <summary><c>dossier withdraw</c>: takes an agreement back.</summary>
internal sealed class WithdrawCommand : Verb
{
    private readonly Argument<string> _name = Arg.Agreement();
    private readonly Option<string> _reason = new("--reason") { Description = "Why", HelpName = "text", Required = true };
    private readonly Option<string?> _informedBy = Arg.Text("--informed-by", "The channel by which the customer was told, for example phone", "slug");
    private readonly Option<bool> _notInformed = Arg.Flag("--not-informed", "The customer was not told");
    private readonly Option<string?> _etag = Arg.Text("--etag", "Etag of the agreement; read from the service first if not given", "etag");
    private readonly Option<string?> _requestId = Arg.RequestId();
    private readonly Option<bool> _validateOnly = Arg.ValidateOnly();

    public WithdrawCommand(GlobalOptions globals) : base(globals, "withdraw", "Takes an agreement back; the customer should know.",
        "dossier withdraw 1043/ID --reason \"Entered for the wrong invoice\" --informed-by phone",
        "dossier withdraw 1043/ID --reason \"Entered twice\" --not-informed")
    {
        Arguments.Add(_name);
        foreach (Option option in new Option[] { _reason, _informedBy, _notInformed, _etag, _requestId, _validateOnly })
        {
            Options.Add(option);
        }
    }

    public WithdrawAgreementRequest Request(ParseResult line)
    {
        var channel = line.GetValue(_informedBy);
        if (channel is null == !line.GetValue(_notInformed))
        {
            throw CommandException.Usage("say whether the customer was told: --informed-by CHANNEL or --not-informed");
        }
        return new WithdrawAgreementRequest
        {
            Name = Names.Agreement(line.GetValue(_name)!),
            Etag = line.GetValue(_etag) ?? "",
            Reason = line.GetValue(_reason)!,
            CustomerInformed = new CustomerInformed { Informed = channel is not null, Channel = channel ?? "" },
            RequestId = line.GetValue(_requestId) ?? "",
            ValidateOnly = line.GetValue(_validateOnly),
        };
    }

    protected override async Task<int> RunAsync(Session session, ParseResult line, CancellationToken cancellation)
    {
        var request = Request(line);
        if (request.Etag.Length == 0)
        {
            var read = new GetAgreementRequest { Name = request.Name };
            request.Etag = (await session.Agreements.GetAgreementAsync(read, session.With(cancellation))).Agreement.Etag;
        }
        request.RequestId = session.RequestId(line.GetValue(_requestId));
        var answer = await session.Agreements.WithdrawAgreementAsync(request, session.With(cancellation));
        return session.Answer(answer, screen =>
        {
            screen.Line(request.ValidateOnly ? "Nothing was stored. It would be:" : "Withdrawn, for all systems:");
            new AgreementPage(screen).Print(answer.Agreement);
        });
    }
}
