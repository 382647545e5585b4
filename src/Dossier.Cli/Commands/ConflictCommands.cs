using System.CommandLine;
using System.Globalization;
using Dossier.Cli.Printing;

namespace Dossier.Cli.Commands;

/// <summary><c>dossier conflicts</c>: facts that contradict each other, of one customer or of all.</summary>
internal sealed class ConflictsCommand : Verb
{
    private readonly Argument<string?> _customer = new("customer") { Description = "Customer number, for example 1042; all customers if not given", Arity = ArgumentArity.ZeroOrOne };
    private readonly Option<bool> _open = Arg.Flag("--open", "Only those that are open; so it is if nothing is said");
    private readonly Option<bool> _all = Arg.Flag("--all", "Closed ones too, with who closed them and why");
    private readonly Option<string[]> _kinds = Arg.Texts("--kind", $"Only of this kind: {Words.List<Conflict.Types.Kind>()}", "kind");
    private readonly Option<string?> _owner = Arg.Text("--owner", "Only those that this system must solve, for example administration", "system");
    private readonly Option<bool> _csv = Arg.Flag("--csv", "A line each, comma-separated, with a head");

    public ConflictsCommand(GlobalOptions globals) : base(globals, "conflicts", "Facts that contradict each other, the newest first, and who must solve them.",
        "dossier conflicts 1042", "dossier conflicts --owner administration --kind bill-contradicts-agreement", "dossier conflicts --all --csv")
    {
        Arguments.Add(_customer);
        foreach (Option option in new Option[] { _open, _all, _kinds, _owner, _csv })
        {
            Options.Add(option);
        }
    }

    public ListConflictsRequest Request(ParseResult line)
    {
        if (line.GetValue(_open) && line.GetValue(_all))
        {
            throw CommandException.Usage("--open and --all exclude each other");
        }

        return new ListConflictsRequest
        {
            Parent = line.GetValue(_customer) is { } customer ? Names.Customer(customer) : "customers/-",
            Kinds = { (line.GetValue(_kinds) ?? []).Select(word => Words.Parse<Conflict.Types.Kind>(word, "--kind")) },
            State = line.GetValue(_all) ? Conflict.Types.State.Unspecified : Conflict.Types.State.Open,
            Owner = line.GetValue(_owner) is { } owner ? $"systems/{owner}" : "",
            PageSize = 200,
        };
    }

    protected override async Task<int> RunAsync(Session session, ParseResult line, CancellationToken cancellation)
    {
        var request = Request(line);
        var answer = await session.Agreements.ListConflictsAsync(request, session.With(cancellation));
        while (answer.NextPageToken.Length > 0)
        {
            request.PageToken = answer.NextPageToken;
            answer.NextPageToken = "";
            answer.MergeFrom(await session.Agreements.ListConflictsAsync(request, session.With(cancellation)));
        }

        return session.Answer(answer, screen =>
        {
            if (line.GetValue(_csv))
            {
                Csv(screen, answer.Conflicts);
                return;
            }

            screen.Line(answer.Conflicts.Count == 0 ? "No conflicts." : $"{answer.Conflicts.Count} conflicts. One is closed by: {Example.Of("dossier resolve NAME --note TEXT")}");
            new ConflictPage(screen).Print(answer.Conflicts);
        });
    }

    private static void Csv(Screen screen, IEnumerable<Conflict> conflicts)
    {
        screen.Verbatim("name,kind,state,owner,first_seen,last_seen,subjects,evidence,closed_by,note", 0);
        foreach (var conflict in conflicts)
        {
            string[] cells =
            [
                conflict.Name,
                Words.Code(conflict.Kind),
                Words.Code(conflict.State),
                Names.Short(conflict.Owner),
                Moment(conflict.FirstSeenTime),
                Moment(conflict.LastSeenTime),
                string.Join("; ", conflict.Subjects.Select(subject => $"{Words.Code(subject.Type)} {subject.Id}")),
                string.Join("; ", conflict.Evidence.Select(evidence => $"{Names.Short(evidence.Resource)}: {evidence.Text}")),
                conflict.Resolution is { Agent.Length: > 0 } by ? $"{by.Agent} ({Names.Short(by.System)})" : "",
                conflict.Resolution?.Note ?? "",
            ];
            screen.Verbatim(string.Join(',', cells.Select(Cell)), 0);
        }
    }

    private static string Moment(Google.Protobuf.WellKnownTypes.Timestamp time) => time.ToDateTimeOffset().ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    /// <summary>Quoted where it must be. A text that a spreadsheet would calculate gets an apostrophe before it.</summary>
    private static string Cell(string text)
    {
        var safe = text.Length > 0 && text[0] is '=' or '+' or '-' or '@' ? "'" + text : text;
        return safe.Any(c => c is ',' or '"' or '\n' or '\r') ? $"\"{safe.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : safe;
    }
}

/// <summary><c>dossier resolve</c>: a person closes a conflict, and says what was done.</summary>
internal sealed class ResolveCommand : Verb
{
    private readonly Argument<string> _name = new("conflict") { Description = "Name of the conflict: 1042/ID, or in full customers/1042/conflicts/ID" };
    private readonly Option<string> _note = new("--note") { Description = "What was done about it, 1-1,000 characters", HelpName = "text", Required = true };
    private readonly Option<string?> _etag = Arg.Text("--etag", "Etag of the conflict; read from the service first if not given", "etag");
    private readonly Option<string?> _requestId = Arg.RequestId();
    private readonly Option<bool> _validateOnly = Arg.ValidateOnly();

    public ResolveCommand(GlobalOptions globals) : base(globals, "resolve", "Closes a conflict by your word, until its evidence changes.",
        "dossier resolve 1042/ID --note \"The second amount was paid back on 12 October\"")
    {
        Arguments.Add(_name);
        foreach (Option option in new Option[] { _note, _etag, _requestId, _validateOnly })
        {
            Options.Add(option);
        }
    }

    protected override async Task<int> RunAsync(Session session, ParseResult line, CancellationToken cancellation)
    {
        var name = Names.Conflict(line.GetValue(_name)!);
        var request = new ResolveConflictRequest
        {
            Name = name,
            Etag = line.GetValue(_etag) ?? await EtagAsync(session, name, cancellation),
            Note = line.GetValue(_note)!,
            RequestId = session.RequestId(line.GetValue(_requestId)),
            ValidateOnly = line.GetValue(_validateOnly),
        };
        var answer = await session.Agreements.ResolveConflictAsync(request, session.With(cancellation));
        return session.Answer(answer, screen =>
        {
            screen.Line(request.ValidateOnly ? "Nothing was stored. It would be:" : "For all systems:");
            new ConflictPage(screen).Print([answer.Conflict]);
        });
    }

    /// <summary>There is no method for one conflict: a customer has few. Not there: the service says so, by whatever etag.</summary>
    private static async Task<string> EtagAsync(Session session, string name, CancellationToken cancellation)
    {
        var request = new ListConflictsRequest { Parent = string.Join('/', name.Split('/')[..2]), PageSize = 200 };
        while (true)
        {
            var page = await session.Agreements.ListConflictsAsync(request, session.With(cancellation));
            if (page.Conflicts.FirstOrDefault(conflict => conflict.Name == name) is { } found)
            {
                return found.Etag;
            }

            if ((request.PageToken = page.NextPageToken).Length == 0)
            {
                return "unknown";
            }
        }
    }
}
