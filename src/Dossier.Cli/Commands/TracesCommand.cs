using System.CommandLine;
using Dossier.Cli.Printing;
using Google.Protobuf.WellKnownTypes;

namespace Dossier.Cli.Commands;

/// <summary><c>dossier traces</c>: the last slow, incomplete and failed calls, and one of them as a waterfall.</summary>
internal sealed class TracesCommand : Verb
{
    private readonly Argument<string?> _trace = new("trace") { Description = "Trace id of a call (x-dossier-trace), or its first digits; the list if not given", Arity = ArgumentArity.ZeroOrOne };
    private readonly Option<string?> _source = Arg.Text("--source", "Only calls in which this source was not OK, for example webcare", "source");
    private readonly Option<string?> _method = Arg.Text("--method", "Only calls of this method, for example GetDossier", "method");
    private readonly Option<string?> _slower = Arg.Text("--slower-than", "Only calls that took at least this long: 500ms, 5s", "time");
    private readonly Option<int> _limit = new("--limit") { Description = "At most this many, 1-200", DefaultValueFactory = _ => 50, HelpName = "number" };

    public TracesCommand(GlobalOptions globals) : base(globals, "traces",
        "The last slow calls, those that a source failed, and those that the service failed, of the answering instance, and one of them as a waterfall that shows which store held it up.",
        "dossier traces", "dossier traces --source webcare --slower-than 500ms", "dossier traces 4bf92f3577b34da6a3ce929d0e0e4736")
    {
        Arguments.Add(_trace);
        Options.Add(_source);
        Options.Add(_method);
        Options.Add(_slower);
        Options.Add(_limit);
    }

    protected override async Task<int> RunAsync(Session session, ParseResult line, CancellationToken cancellation)
    {
        var limit = line.GetValue(_limit);
        if (limit is < 1 or > 200)
        {
            throw CommandException.Usage("--limit must be 1-200");
        }
        var request = new ListTracesRequest
        {
            PageSize = limit,
            Method = line.GetValue(_method) ?? "",
            Source = line.GetValue(_source) is { } source ? Names.Source(source) : "",
            MinDuration = line.GetValue(_slower) is { } least ? Duration.FromTimeSpan(Moments.ParseSpan(least, "--slower-than")) : null,
        };
        if (line.GetValue(_trace) is { } id)
        {
            var trace = await GetAsync(session, id.ToLowerInvariant(), cancellation);
            return session.Answer(trace, screen => new TracePage(screen).Print(trace.Trace));
        }
        var answer = await session.Traces.ListTracesAsync(request, session.With(cancellation));
        return session.Answer(answer, screen => new TracePage(screen).Print(answer, isFiltered: request.Source.Length + request.Method.Length > 0 || request.MinDuration is not null));
    }

    private static async Task<GetTraceResponse> GetAsync(Session session, string id, CancellationToken cancellation)
    {
        if (id.Length is < 4 or > 32 || !id.All(char.IsAsciiHexDigitLower))
        {
            throw CommandException.Usage($"{id}: write a trace id, 32 hexadecimal digits, or its first 4 or more");
        }
        if (id.Length < 32)
        {
            var all = await session.Traces.ListTracesAsync(new ListTracesRequest { PageSize = 200 }, session.With(cancellation));
            var found = all.Traces.Where(trace => trace.Name.StartsWith("traces/" + id, StringComparison.Ordinal)).Take(2).ToList();
            id = found.Count == 1 ? found[0].Name["traces/".Length..]
                : throw (found.Count == 0 ? new CommandException(ExitCode.NotFound, $"no kept trace begins with {id}; {Example.Of("dossier traces")} lists them") : CommandException.Usage($"Several traces begin with {id}: write more of it"));
        }
        return await session.Traces.GetTraceAsync(new GetTraceRequest { Name = "traces/" + id }, session.With(cancellation));
    }
}
