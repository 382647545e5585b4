using System.CommandLine;
using Dossier.Cli.Printing;
using Google.Protobuf;
using Grpc.Core;

namespace Dossier.Cli.Commands;

/// <summary><c>dossier sources</c>: the channel stores and how they are.</summary>
internal sealed class SourcesCommand : Verb
{
    public SourcesCommand(GlobalOptions globals) : base(globals, "sources", "The channel stores that the service reads, and how they are.",
        "dossier sources", "dossier sources --json")
    {
    }

    protected override async Task<int> RunAsync(Session session, ParseResult line, CancellationToken cancellation)
    {
        var request = new ListSourcesRequest { PageSize = 200 };
        var answer = await session.Dossiers.ListSourcesAsync(request, session.With(cancellation));
        while (answer.NextPageToken.Length > 0)
        {
            request.PageToken = answer.NextPageToken;
            answer.NextPageToken = "";
            answer.MergeFrom(await session.Dossiers.ListSourcesAsync(request, session.With(cancellation)));
        }
        return session.Answer(answer, screen => new SourcePage(screen).Print(answer.Sources));
    }
}

/// <summary><c>dossier source</c>: one channel store and why it failed last.</summary>
internal sealed class SourceCommand : Verb
{
    private readonly Argument<string> _name = new("source") { Description = "Name of the source, for example webcare" };

    public SourceCommand(GlobalOptions globals) : base(globals, "source", "One channel store: how it is, why it failed last, and its pause (pause, resume).",
        "dossier source webcare", "dossier source registry")
    {
        Arguments.Add(_name);
        Subcommands.Add(new PauseSourceCommand(globals));
        Subcommands.Add(new ResumeSourceCommand(globals));
    }

    public GetSourceRequest Request(ParseResult line) => new() { Name = Names.Source(line.GetValue(_name)!) };

    protected override async Task<int> RunAsync(Session session, ParseResult line, CancellationToken cancellation)
    {
        var answer = await session.Dossiers.GetSourceAsync(Request(line), session.With(cancellation));
        return session.Answer(answer, screen => new SourcePage(screen).PrintOne(answer.Source));
    }
}

/// <summary><c>dossier health</c>: asks the standard health service.</summary>
internal sealed class HealthCommand : Verb
{
    private static readonly Marshaller<byte[]> Bytes = Marshallers.Create<byte[]>(message => message, message => message);
    // Two messages of one field each: read by hand, so that this command holds no second copy of grpc.health.v1.
    private static readonly Method<byte[], byte[]> Check = new(MethodType.Unary, "grpc.health.v1.Health", "Check", Bytes, Bytes);
    private static readonly string[] States = ["UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN"];

    private readonly Option<string?> _service = Arg.Text("--service", "One service, for example dossier.v1.GuardService; the whole if not given", "name");

    public HealthCommand(GlobalOptions globals) : base(globals, "health", "Whether the service serves: exit code 0 if it does, 4 if not.",
        "dossier health", "dossier health --service dossier.v1.GuardService") =>
        Options.Add(_service);

    /// <summary>SERVING, or what else the service says of itself or of one part.</summary>
    public static async Task<string> AskAsync(Session session, string service, CancellationToken cancellation)
    {
        using var call = session.Invoker.AsyncUnaryCall(Check, null, session.With(cancellation), Request(service));
        return StateOf(await call.ResponseAsync);
    }

    protected override async Task<int> RunAsync(Session session, ParseResult line, CancellationToken cancellation)
    {
        var state = await AskAsync(session, line.GetValue(_service) ?? "", cancellation);
        session.Answer(() => $$"""{ "status": "{{state}}" }""", screen => screen.Line($"{state} at {session.Address}"));
        return state == "SERVING" ? ExitCode.Fine : ExitCode.NoAnswer;
    }

    internal static byte[] Request(string service)
    {
        if (service.Length == 0)
        {
            return [];
        }
        using var bytes = new MemoryStream();
        using (var message = new CodedOutputStream(bytes, leaveOpen: true))
        {
            message.WriteTag(1, WireFormat.WireType.LengthDelimited);
            message.WriteString(service);
        }
        return bytes.ToArray();
    }

    internal static string StateOf(byte[] answer)
    {
        var state = 0;
        using var message = new CodedInputStream(answer);
        for (var tag = message.ReadTag(); tag != 0; tag = message.ReadTag())
        {
            if (WireFormat.GetTagFieldNumber(tag) == 1 && WireFormat.GetTagWireType(tag) == WireFormat.WireType.Varint)
            {
                state = message.ReadEnum();
            }
            else
            {
                message.SkipLastField();
            }
        }
        return state >= 0 && state < States.Length ? States[state] : "UNKNOWN";
    }
}
