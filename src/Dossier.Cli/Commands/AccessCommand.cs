using System.CommandLine;
using Dossier.Cli.Printing;

namespace Dossier.Cli.Commands;

/// <summary><c>dossier accesses</c>: who read or changed what of a customer.</summary>
internal sealed class AccessesCommand : Verb
{
    private readonly Argument<string> _customer = Arg.Customer();
    private readonly Option<int> _limit = new("--limit") { Description = "At most this many, the newest first", DefaultValueFactory = _ => 50, HelpName = "number" };

    public AccessesCommand(GlobalOptions globals) : base(globals, "accesses",
        "Who read or changed what of a customer, the newest first: for the privacy officer, and for the customer who asks.",
        "dossier accesses 1042", "dossier accesses -", "dossier accesses 1042 --limit 500 --json")
    {
        Arguments.Add(_customer);
        Options.Add(_limit);
    }

    protected override async Task<int> RunAsync(Session session, ParseResult line, CancellationToken cancellation)
    {
        var limit = line.GetValue(_limit);
        if (limit < 1)
        {
            throw CommandException.Usage("--limit must be 1 or more");
        }
        var request = new ListAccessRecordsRequest { Parent = Names.Customer(line.GetValue(_customer)!) };
        var answer = new ListAccessRecordsResponse();
        do
        {
            request.PageSize = Math.Min(200, limit - answer.AccessRecords.Count);
            request.PageToken = answer.NextPageToken;
            var page = await session.Access.ListAccessRecordsAsync(request, session.With(cancellation));
            answer.AccessRecords.AddRange(page.AccessRecords);
            answer.NextPageToken = page.NextPageToken;
        }
        while (answer.NextPageToken.Length > 0 && answer.AccessRecords.Count < limit);
        return session.Answer(answer, screen => Print(screen, answer));
    }

    private static void Print(Screen screen, ListAccessRecordsResponse answer)
    {
        if (answer.AccessRecords.Count == 0)
        {
            screen.Line("Nobody has read or changed anything of this customer.");
            return;
        }
        var table = Screen.Table("time", "system", "agent", "purpose", "method", "sections", "trace");
        foreach (var record in answer.AccessRecords)
        {
            table.Row(
                Moments.Moment(record.AccessTime), Names.Short(record.System), record.Agent, record.Purpose, record.Method.Split('/')[^1],
                string.Join(", ", record.Sections.Select(section => Words.Code(section).ToLowerInvariant())), record.TraceId);
        }
        screen.Write(table);
        if (answer.NextPageToken.Length > 0)
        {
            screen.Line("There are more: --limit.");
        }
    }
}
