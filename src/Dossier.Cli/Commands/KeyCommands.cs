using System.CommandLine;
using Dossier.Cli.Printing;

namespace Dossier.Cli.Commands;

/// <summary><c>dossier find</c>: who may be behind a key.</summary>
internal sealed class FindCommand : Verb
{
    private readonly KeyOptions _keys;

    public FindCommand(GlobalOptions globals) : base(globals, "find", "Who may be behind a key; several keys of one person may be given.",
        
        "dossier find --phone +31600001043", "dossier find --email familie.ijzerman@example.org --json") =>
        _keys = new KeyOptions(this);

    public ResolveCustomerRequest Request(ParseResult line)
    {
        var request = new ResolveCustomerRequest();
        request.Keys.AddRange(_keys.ReadAll(line));
        return request;
    }

    protected override async Task<int> RunAsync(Session session, ParseResult line, CancellationToken cancellation)
    {
        var answer = await session.Dossiers.ResolveCustomerAsync(Request(line), session.With(cancellation));
        session.WarnOfUnreachable(answer.Unreachable, answer.Sources);
        return session.Answer(answer, screen => CandidatePage.Print(screen, answer.Candidates));
    }
}

/// <summary><c>dossier link</c>: a key belongs to a customer.</summary>
internal sealed class LinkCommand : Verb
{
    private readonly Argument<string> _customer = Arg.Customer();
    private readonly KeyOptions _key;
    private readonly Option<string?> _requestId = Arg.RequestId();
    private readonly Option<bool> _validateOnly = Arg.ValidateOnly();

    public LinkCommand(GlobalOptions globals) : base(globals, "link", "Says that a key belongs to a customer, from now on and in all channels.",
        
        "dossier link 1042 --phone +31600009999", "dossier link 1042 --social instagram/voorbeeldtelecom/ID --agent daan",
        "dossier link 1042 --interaction sources/telephony/interactions/ID")
    {
        Arguments.Add(_customer);
        _key = new KeyOptions(this, customerNumber: false);
        Options.Add(_requestId);
        Options.Add(_validateOnly);
    }

    public LinkCustomerKeyRequest Request(ParseResult line) => new()
    {
        Customer = Names.Customer(line.GetValue(_customer)!),
        Key = _key.ReadOne(line),
        RequestId = line.GetValue(_requestId) ?? "",
        ValidateOnly = line.GetValue(_validateOnly),
    };

    protected override async Task<int> RunAsync(Session session, ParseResult line, CancellationToken cancellation)
    {
        var request = Request(line);
        request.RequestId = session.RequestId(line.GetValue(_requestId));
        var answer = await session.Dossiers.LinkCustomerKeyAsync(request, session.With(cancellation));
        return session.Answer(answer, screen =>
            CandidatePage.Print(screen, answer.Link, request.Customer, request.ValidateOnly ? "would be linked to" : "is linked to"));
    }
}

/// <summary><c>dossier unlink</c>: a key does not belong to a customer, whatever a source says.</summary>
internal sealed class UnlinkCommand : Verb
{
    private readonly Argument<string> _customer = Arg.Customer();
    private readonly KeyOptions _key;
    private readonly Option<string?> _etag = Arg.Text("--etag", "Etag of the link; read from the service first if not given", "etag");
    private readonly Option<string?> _requestId = Arg.RequestId();
    private readonly Option<bool> _validateOnly = Arg.ValidateOnly();

    public UnlinkCommand(GlobalOptions globals) : base(globals, "unlink", "Says that a key does not belong to a customer, whatever a source says.",
        
        "dossier unlink 1042 --phone +31600009999", "dossier unlink 1042 --email someone.else@example.org --validate-only")
    {
        Arguments.Add(_customer);
        _key = new KeyOptions(this, customerNumber: false);
        Options.Add(_etag);
        Options.Add(_requestId);
        Options.Add(_validateOnly);
    }

    public UnlinkCustomerKeyRequest Request(ParseResult line) => new()
    {
        Customer = Names.Customer(line.GetValue(_customer)!),
        Key = _key.ReadOne(line),
        Etag = line.GetValue(_etag) ?? "",
        RequestId = line.GetValue(_requestId) ?? "",
        ValidateOnly = line.GetValue(_validateOnly),
    };

    protected override async Task<int> RunAsync(Session session, ParseResult line, CancellationToken cancellation)
    {
        var request = Request(line);
        if (request.Etag.Length == 0)
        {
            request.Etag = await ReadEtagAsync(session, request, cancellation);
        }
        request.RequestId = session.RequestId(line.GetValue(_requestId));
        var answer = await session.Dossiers.UnlinkCustomerKeyAsync(request, session.With(cancellation));
        return session.Answer(answer, screen =>
            CandidatePage.Print(screen, answer.Link, request.Customer, request.ValidateOnly ? "would be taken from" : "is taken from"));
    }

    private static async Task<string> ReadEtagAsync(Session session, UnlinkCustomerKeyRequest request, CancellationToken cancellation)
    {
        var read = new GetDossierRequest { Name = $"{request.Customer}/dossier", Sections = { Section.Customer } };
        var dossier = (await session.Dossiers.GetDossierAsync(read, session.With(cancellation))).Dossier;
        if (KeyOptions.Find(dossier.Customer?.Keys ?? [], request.Key) is { } link)
        {
            return link.Etag;
        }
        session.WarnOfUnreachable(dossier.Unreachable, dossier.Sources);
        throw dossier.Unreachable.Contains("sources/registry")
            ? new CommandException(ExitCode.NoAnswer, "the registry could not be read, so the link's etag is not known; nothing was changed")
            : new CommandException(ExitCode.NotFound, $"customer {Names.Short(request.Customer)} has no such key: dossier get shows its keys");
    }
}
