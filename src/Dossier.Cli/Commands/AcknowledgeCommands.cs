using System.CommandLine;
using Dossier.Cli.Printing;

namespace Dossier.Cli.Commands;

/// <summary><c>dossier ack</c>: a system's word on an agreement that it must take over.</summary>
internal sealed class AcknowledgeCommand : Verb
{
    private readonly Argument<string?> _name = new("agreement")
    {
        Description = "Name of the agreement: 1042/ID, or in full customers/1042/agreements/ID",
        Arity = ArgumentArity.ZeroOrOne,
    };
    private readonly Option<string?> _csv = Arg.Text("--csv", $"Many at once, from a file with {string.Join(',', AcknowledgeFile.Columns)}; each line has its own result", "file");
    private readonly Option<bool> _received = Arg.Flag("--received", "It is in a work list; still pending");
    private readonly Option<string?> _applied = Arg.Text("--applied", "It was done: number of the credit note or block", "number");
    private readonly Option<string?> _rejected = Arg.Text("--rejected", "It cannot or will not be done: why", "text");
    private readonly Option<string?> _notApplicable = Arg.Text("--not-applicable", "There is nothing to do in this system: why", "text");
    private readonly Option<long?> _revision = new("--binding-revision") { Description = "The revision that was seen; read from the service first if not given", HelpName = "number" };
    private readonly Option<string?> _requestId = Arg.RequestId();
    private readonly Option<bool> _validateOnly = Arg.ValidateOnly();

    public AcknowledgeCommand(GlobalOptions globals) : base(globals, "ack", "Says for the calling system (--system) what it has done with an agreement.",
        "dossier ack 1043/ID --received --system administration", "dossier ack 1043/ID --applied CN-2026-0042 --system administration",
        "dossier ack --csv applied.csv --system administration")
    {
        Arguments.Add(_name);
        foreach (Option option in new Option[] { _received, _applied, _rejected, _notApplicable, _revision, _csv, _requestId, _validateOnly })
        {
            Options.Add(option);
        }
    }

    public AcknowledgeAgreementRequest Request(ParseResult line)
    {
        var request = new AcknowledgeAgreementRequest
        {
            Name = Names.Agreement(line.GetValue(_name) ?? throw CommandException.Usage("say which agreement: 1042/ID, or --csv FILE for many")),
            BindingRevision = line.GetValue(_revision) ?? 0,
            ValidateOnly = line.GetValue(_validateOnly),
        };
        var words = 0;
        if (line.GetValue(_received))
        {
            (request.Received, words) = (new(), words + 1);
        }

        if (line.GetValue(_applied) is { } evidence)
        {
            (request.Applied, words) = (new() { EvidenceId = evidence }, words + 1);
        }

        if (line.GetValue(_rejected) is { } reason)
        {
            (request.Rejected, words) = (new() { Reason = reason }, words + 1);
        }

        if (line.GetValue(_notApplicable) is { } why)
        {
            (request.NotApplicable, words) = (new() { Reason = why }, words + 1);
        }

        return words == 1 ? request : throw CommandException.Usage("say one of --received, --applied NUMBER, --rejected TEXT and --not-applicable TEXT");
    }

    protected override async Task<int> RunAsync(Session session, ParseResult line, CancellationToken cancellation)
    {
        if (line.GetValue(_csv) is { } file)
        {
            return line.GetValue(_name) is null && new[] { _applied, _rejected, _notApplicable, _requestId }.All(option => line.GetValue(option) is null)
                && !line.GetValue(_received) && !line.GetValue(_validateOnly) && line.GetValue(_revision) is null
                ? await AcknowledgeFile.SendAsync(session, file, cancellation)
                : throw CommandException.Usage("with --csv everything stands in the file: no agreement and no other word beside it");
        }

        var request = Request(line);
        await SeenAsync(session, request, cancellation);
        request.RequestId = session.RequestId(line.GetValue(_requestId));
        var answer = await session.Agreements.AcknowledgeAgreementAsync(request, session.With(cancellation));
        return session.Answer(answer, screen => new AgreementPage(screen).Print(answer.Agreement));
    }

    /// <summary>Fills in the binding revision as it is now, where the caller has not said which one it saw.</summary>
    public static async Task SeenAsync(Session session, AcknowledgeAgreementRequest request, CancellationToken cancellation)
    {
        if (request.BindingRevision == 0)
        {
            var read = new GetAgreementRequest { Name = request.Name };
            request.BindingRevision = (await session.Agreements.GetAgreementAsync(read, session.With(cancellation))).Agreement.BindingRevision;
        }
    }
}

/// <summary><c>dossier pending</c>: what systems have not taken over yet.</summary>
internal sealed class PendingCommand : Verb
{
    private readonly Option<string?> _of = Arg.Text("--of", "Only what this system owes, for example administration", "system");
    private readonly Option<string?> _madeBy = Arg.Text("--made-by", "Only agreements that this system made: what I agreed and others have not applied", "system");
    private readonly Option<bool> _mine = Arg.Flag("--mine", "The same for the calling system (--system): what I agreed and others have not applied");
    private readonly Option<bool> _overdue = Arg.Flag("--overdue", "Only those whose time has passed");
    private readonly Option<bool> _csv = Arg.Flag("--csv", $"As CSV: {string.Join(',', PendingCsv.Columns)}; with the outcome filled in it goes back by ack --csv");

    public PendingCommand(GlobalOptions globals) : base(globals, "pending", "What systems have not taken over yet, the most urgent first.",
        "dossier pending --of administration", "dossier pending --made-by webcare --overdue --json",
        "dossier pending --mine --system webcare", "dossier pending --of administration --csv")
    {
        Options.Add(_of);
        Options.Add(_madeBy);
        Options.Add(_mine);
        Options.Add(_overdue);
        Options.Add(_csv);
    }

    protected override async Task<int> RunAsync(Session session, ParseResult line, CancellationToken cancellation)
    {
        var madeBy = line.GetValue(_madeBy);
        if (line.GetValue(_mine))
        {
            madeBy = madeBy is null ? session.CallingSystem : throw CommandException.Usage("--mine is --made-by with the calling system: one of them");
        }

        var csv = line.GetValue(_csv);
        if (csv && session.Json)
        {
            throw CommandException.Usage("--csv and --json exclude each other");
        }

        var request = new ListPendingAcknowledgementsRequest
        {
            System = line.GetValue(_of) is { } system ? $"systems/{system}" : "",
            OriginSystem = madeBy is null ? "" : $"systems/{madeBy}",
            OverdueOnly = line.GetValue(_overdue),
            PageSize = 200,
        };
        var answer = await ListAsync(session, request, session.With, cancellation);
        return csv ? session.AnswerCsv(PendingCsv.Of(answer)) : session.Answer(answer, screen => new PendingPage(screen).Print(answer.Pending));
    }

    /// <summary>All pages in one answer; every call gets a deadline of its own.</summary>
    public static async Task<ListPendingAcknowledgementsResponse> ListAsync(
        Session session, ListPendingAcknowledgementsRequest request, Func<CancellationToken, Grpc.Core.CallOptions> with, CancellationToken cancellation)
    {
        var answer = await session.Agreements.ListPendingAcknowledgementsAsync(request, with(cancellation));
        while (answer.NextPageToken.Length > 0)
        {
            request.PageToken = answer.NextPageToken;
            answer.NextPageToken = "";
            answer.MergeFrom(await session.Agreements.ListPendingAcknowledgementsAsync(request, with(cancellation)));
        }

        return answer;
    }
}
