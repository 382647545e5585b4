using System.CommandLine;
using Dossier.Cli.Printing;

namespace Dossier.Cli.Commands;

/// <summary><c>dossier interactions</c>: contacts with a customer, newest first, across all stores.</summary>
internal sealed class InteractionsCommand : Verb
{
    private readonly Argument<string> _customer = Arg.Customer();
    private readonly Option<int> _pageSize = new("--page-size") { Description = "Interactions in one page, at most 200; 50 if not given", HelpName = "n" };
    private readonly Option<string?> _pageToken = Arg.Text("--page-token", "Go on after the page that gave this token", "token");
    private readonly Option<bool> _all = Arg.Flag("--all", "All pages");
    private readonly Option<string[]> _channel = Arg.Texts("--channel", "Only this channel; may be repeated", "slug");
    private readonly Option<string?> _after = Arg.Text("--after", "Only at or after this moment: 2026-08-11T20:21", "moment");
    private readonly Option<string?> _before = Arg.Text("--before", "Only before this moment", "moment");
    private readonly Option<bool> _messages = Arg.Flag("--messages", "With what was said");

    public InteractionsCommand(GlobalOptions globals) : base(globals, "interactions", "Contacts with a customer in every channel, newest first.",
        "dossier interactions 1042", "dossier interactions 1042 --channel facebook --messages", "dossier interactions 1042 --all --json")
    {
        Arguments.Add(_customer);
        foreach (Option option in new Option[] { _pageSize, _pageToken, _all, _channel, _after, _before, _messages })
        {
            Options.Add(option);
        }
    }

    public ListInteractionsRequest Request(ParseResult line)
    {
        var request = new ListInteractionsRequest
        {
            Parent = Names.Customer(line.GetValue(_customer)!),
            PageSize = line.GetValue(_pageSize),
            PageToken = line.GetValue(_pageToken) ?? "",
            IncludeMessages = line.GetValue(_messages),
        };
        request.Channels.AddRange(line.GetValue(_channel) ?? []);
        if (line.GetValue(_after) is { } after)
        {
            request.StartTime = Moments.ParseMoment(after, "--after");
        }
        if (line.GetValue(_before) is { } before)
        {
            request.EndTime = Moments.ParseMoment(before, "--before");
        }
        return request;
    }

    protected override async Task<int> RunAsync(Session session, ParseResult line, CancellationToken cancellation)
    {
        var request = Request(line);
        var answer = await session.Dossiers.ListInteractionsAsync(request, session.With(cancellation));
        while (line.GetValue(_all) && answer.NextPageToken.Length > 0)
        {
            request.PageToken = answer.NextPageToken;
            answer.NextPageToken = "";
            // Each page tells of every source anew, and of those that failed on a page before.
            answer.Sources.Clear();
            answer.Unreachable.Clear();
            answer.MergeFrom(await session.Dossiers.ListInteractionsAsync(request, session.With(cancellation)));
        }
        session.WarnOfUnreachable(answer.Unreachable, answer.Sources);
        return session.Answer(answer, screen =>
        {
            new InteractionPage(screen).Print(answer.Interactions);
            if (answer.NextPageToken.Length > 0)
            {
                screen.Line("There are more: --all gives every page; --page-token with this token the next one:");
                screen.Line(answer.NextPageToken);
            }
        });
    }
}

/// <summary><c>dossier interaction</c>: one contact with what was said.</summary>
internal sealed class InteractionCommand : Verb
{
    private readonly Argument<string> _name = new("interaction")
    {
        Description = "Name of the interaction: 1042/SOURCE/ID, or in full customers/1042/sources/SOURCE/interactions/ID",
    };

    public InteractionCommand(GlobalOptions globals) : base(globals, "interaction", "One contact with the customer, with what was said.",
        
        "dossier interaction 1042/webcare/cnv-000214",
        "dossier interaction customers/1042/sources/webcare/interactions/cnv-000214 --json") =>
        Arguments.Add(_name);

    public GetInteractionRequest Request(ParseResult line) => new() { Name = Names.Interaction(line.GetValue(_name)!) };

    protected override async Task<int> RunAsync(Session session, ParseResult line, CancellationToken cancellation)
    {
        var answer = await session.Dossiers.GetInteractionAsync(Request(line), session.With(cancellation));
        return session.Answer(answer, screen => new InteractionPage(screen).PrintOne(answer.Interaction));
    }
}
