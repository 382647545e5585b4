using System.CommandLine;
using Dossier.Cli.Printing;

namespace Dossier.Cli.Commands;

/// <summary>A change of one agreement, whose etag is read first if it is not given.</summary>
internal abstract class AgreementChange : Verb
{
    private readonly Option<string?> _etag = Arg.Text("--etag", "Etag of the agreement; read from the service first if not given", "etag");
    private readonly Option<string?> _requestId = Arg.RequestId();
    private readonly Option<bool> _validateOnly = Arg.ValidateOnly();

    protected AgreementChange(GlobalOptions globals, string name, string description, params string[] examples) : base(globals, name, description, examples)
    {
        Arguments.Add(Agreement);
        Options.Add(_etag);
        Options.Add(_requestId);
        Options.Add(_validateOnly);
    }

    protected Argument<string> Agreement { get; } = Arg.Agreement();

    /// <summary>What the line asks, with the etag and the request id that it needs.</summary>
    protected abstract Task<(Google.Protobuf.IMessage Answer, Agreement Agreement)> ChangeAsync(
        Session session, ParseResult line, Change change, CancellationToken cancellation);

    /// <summary>Refuses what is typed wrongly before anything is sent.</summary>
    protected virtual void Check(ParseResult line, string name)
    {
    }

    /// <summary>What there is to say beside the agreement.</summary>
    protected virtual void Print(Screen screen, Google.Protobuf.IMessage answer)
    {
    }

    protected override async Task<int> RunAsync(Session session, ParseResult line, CancellationToken cancellation)
    {
        var name = Names.Agreement(line.GetValue(Agreement)!);
        Check(line, name);
        var etag = line.GetValue(_etag)
            ?? (await session.Agreements.GetAgreementAsync(new GetAgreementRequest { Name = name }, session.With(cancellation))).Agreement.Etag;
        var change = new Change(name, etag, session.RequestId(line.GetValue(_requestId)), line.GetValue(_validateOnly));
        var (answer, agreement) = await ChangeAsync(session, line, change, cancellation);
        return session.Answer(answer, screen =>
        {
            screen.Line(change.ValidateOnly ? "Nothing was stored. It would be:" : "For all systems:");
            new AgreementPage(screen).Print(agreement);
            Print(screen, answer);
        });
    }

    protected sealed record Change(string Name, string Etag, string RequestId, bool ValidateOnly);
}

/// <summary><c>dossier approve</c>: grants what another system or agent has proposed.</summary>
internal sealed class ApproveCommand(GlobalOptions globals) : AgreementChange(
    globals, "approve", "Grants what another system or agent has proposed.", "dossier approve 1043/ID --system administration --agent petra")
{
    protected override async Task<(Google.Protobuf.IMessage Answer, Agreement Agreement)> ChangeAsync(
        Session session, ParseResult line, Change change, CancellationToken cancellation)
    {
        var answer = await session.Agreements.ApproveAgreementAsync(
            new ApproveAgreementRequest { Name = change.Name, Etag = change.Etag, RequestId = change.RequestId, ValidateOnly = change.ValidateOnly }, session.With(cancellation));
        return (answer, answer.Agreement);
    }
}

/// <summary><c>dossier reject</c>: refuses what was proposed.</summary>
internal sealed class RejectCommand : AgreementChange
{
    private readonly Option<string> _reason = new("--reason") { Description = "Why", HelpName = "text", Required = true };
    private readonly Option<string?> _informedBy = Arg.Text("--informed-by", "The channel by which the customer was told, for example phone", "slug");
    private readonly Option<bool> _notInformed = Arg.Flag("--not-informed", "The customer was not told");

    public RejectCommand(GlobalOptions globals) : base(globals, "reject", "Refuses what was proposed; the customer should know.",
        "dossier reject 1043/ID --reason \"No ground for it\" --informed-by phone")
    {
        Options.Add(_reason);
        Options.Add(_informedBy);
        Options.Add(_notInformed);
    }

    protected override async Task<(Google.Protobuf.IMessage Answer, Agreement Agreement)> ChangeAsync(
        Session session, ParseResult line, Change change, CancellationToken cancellation)
    {
        var channel = line.GetValue(_informedBy);
        if (channel is null == !line.GetValue(_notInformed))
        {
            throw CommandException.Usage("say whether the customer was told: --informed-by CHANNEL or --not-informed");
        }

        var answer = await session.Agreements.RejectAgreementAsync(
            new RejectAgreementRequest
            {
                Name = change.Name,
                Etag = change.Etag,
                Reason = line.GetValue(_reason)!,
                CustomerInformed = new CustomerInformed { Informed = channel is not null, Channel = channel ?? "" },
                RequestId = change.RequestId,
                ValidateOnly = change.ValidateOnly,
            },
            session.With(cancellation));
        return (answer, answer.Agreement);
    }
}

/// <summary><c>dossier fulfill</c>: says that everything in an agreement has been done.</summary>
internal sealed class FulfillCommand : AgreementChange
{
    private readonly Option<string?> _reason = Arg.Text("--reason", "Why, or what was done", "text");

    public FulfillCommand(GlobalOptions globals) : base(globals, "fulfill", "Says that everything in an agreement has been done.",
        "dossier fulfill 1050/ID --reason \"The last instalment was paid\"") => Options.Add(_reason);

    protected override async Task<(Google.Protobuf.IMessage Answer, Agreement Agreement)> ChangeAsync(
        Session session, ParseResult line, Change change, CancellationToken cancellation)
    {
        var answer = await session.Agreements.FulfillAgreementAsync(
            new FulfillAgreementRequest
            {
                Name = change.Name, Etag = change.Etag, Reason = line.GetValue(_reason) ?? "", RequestId = change.RequestId, ValidateOnly = change.ValidateOnly,
            },
            session.With(cancellation));
        return (answer, answer.Agreement);
    }
}

/// <summary><c>dossier history</c>: every revision of an agreement.</summary>
internal sealed class HistoryCommand : Verb
{
    private readonly Argument<string> _name = Arg.Agreement();

    public HistoryCommand(GlobalOptions globals) : base(globals, "history", "Every revision of an agreement: who made it so, when and why.",
        "dossier history 1043/ID", "dossier history 1043/ID --json") => Arguments.Add(_name);

    protected override async Task<int> RunAsync(Session session, ParseResult line, CancellationToken cancellation)
    {
        var request = new ListAgreementRevisionsRequest { Name = Names.Agreement(line.GetValue(_name)!), PageSize = 200 };
        var answer = await session.Agreements.ListAgreementRevisionsAsync(request, session.With(cancellation));
        while (answer.NextPageToken.Length > 0)
        {
            request.PageToken = answer.NextPageToken;
            answer.NextPageToken = "";
            answer.MergeFrom(await session.Agreements.ListAgreementRevisionsAsync(request, session.With(cancellation)));
        }

        return session.Answer(answer, screen =>
        {
            var table = Screen.Table("revision", "state", "when", "who", "why");
            foreach (var revision in answer.Revisions)
            {
                table.Row(
                    $"{revision.Revision}", Words.Code(revision.Agreement.State), Moments.Moment(revision.ChangeTime),
                    $"{revision.Agent} ({revision.System.Split('/')[^1]})", revision.Agreement.End?.Reason ?? string.Join("; ", revision.Agreement.NeedsApproval));
            }

            screen.Write(table);
        });
    }
}
