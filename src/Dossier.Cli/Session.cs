using System.CommandLine;
using System.Net.Security;
using System.Text;
using Dossier.Cli.Printing;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;

namespace Dossier.Cli;

/// <summary>Who calls, as the metadata says it.</summary>
internal sealed record Caller(string? System, string Agent, string? Purpose)
{
    /// <summary>What proves the system: the key's or token's metadata, if there is one.</summary>
    public (string Name, string Value)? Credential { get; init; }

    /// <summary>The operating system's user name, without what the service does not take.</summary>
    public static string DefaultAgent(string userName)
    {
        var clean = new StringBuilder();
        foreach (var c in userName)
        {
            if (clean.Length < 64 && (char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '@' or '-'))
            {
                clean.Append(c);
            }
        }
        return clean.Length == 0 ? "cli" : clean.ToString();
    }

    public Metadata ToMetadata()
    {
        var metadata = new Metadata { { "x-dossier-agent", Agent } };
        if (System is not null)
        {
            metadata.Add("x-dossier-system", System);
        }
        if (Purpose is not null)
        {
            metadata.Add("x-dossier-purpose", Purpose);
        }
        if (Credential is var (name, value))
        {
            metadata.Add(name, value);
        }
        return metadata;
    }
}

/// <summary>One run of a command: the connection, who calls, and where the answer is printed.</summary>
internal sealed class Session : IDisposable
{
    private static readonly JsonFormatter Formatter = new(JsonFormatter.Settings.Default.WithIndentation());

    private readonly GrpcChannel _channel;
    private readonly Caller _caller;
    private readonly TextWriter _output;
    private readonly TextWriter _error;

    private Session(Uri address, SslClientAuthenticationOptions tls, TimeSpan timeout, Caller caller, bool json, TextWriter output, TextWriter error)
    {
        // HTTP/2 without TLS does not survive a proxy: one that was set for the web answered 404 for the service.
        var transport = new SocketsHttpHandler { UseProxy = address.Scheme == Uri.UriSchemeHttps && !address.IsLoopback, SslOptions = tls };
        _channel = GrpcChannel.ForAddress(address, new GrpcChannelOptions { HttpHandler = transport, DisposeHttpClient = true });
        _caller = caller;
        _output = output;
        _error = error;
        Address = address;
        Tls = tls;
        Timeout = timeout;
        Json = json;
        Screen = new Screen(output);
        Invoker = _channel.CreateCallInvoker();
        Dossiers = new DossierService.DossierServiceClient(Invoker);
        Agreements = new AgreementService.AgreementServiceClient(Invoker);
        Guard = new GuardService.GuardServiceClient(Invoker);
        Access = new AccessService.AccessServiceClient(Invoker);
        Traces = new TraceService.TraceServiceClient(Invoker);
    }

    public Uri Address { get; }

    /// <summary>What this command shows and trusts, where the address is https.</summary>
    public SslClientAuthenticationOptions Tls { get; }
    public TimeSpan Timeout { get; }
    public bool Json { get; }

    /// <summary>The calling system; without --system an open loopback listener takes the caller for local.</summary>
    public string CallingSystem => _caller.System ?? "local";
    public Screen Screen { get; }
    public CallInvoker Invoker { get; }
    public DossierService.DossierServiceClient Dossiers { get; }
    public AgreementService.AgreementServiceClient Agreements { get; }
    public GuardService.GuardServiceClient Guard { get; }
    public AccessService.AccessServiceClient Access { get; }
    public TraceService.TraceServiceClient Traces { get; }

    /// <summary>The request_id of a change that has been sent: a caller without an answer repeats with it.</summary>
    public string? SentRequestId { get; private set; }

    public static Session Open(GlobalOptions globals, ParseResult line)
    {
        var written = line.GetValue(globals.Address)!;
        if (!Uri.TryCreate(written, UriKind.Absolute, out var address) || address.Scheme is not ("http" or "https"))
        {
            throw CommandException.Usage($"--address {written}: write it as {GlobalOptions.DefaultAddress}");
        }
        var caller = new Caller(
            Metadatum(line.GetValue(globals.System), "--system"),
            Metadatum(line.GetValue(globals.Agent), "--agent") ?? Caller.DefaultAgent(Environment.UserName),
            Metadatum(line.GetValue(globals.Purpose), "--purpose"))
        {
            Credential = Credentials.Of(line.GetValue(globals.KeyFile), line.GetValue(globals.TokenFile)),
        };
        var timeout = Moments.ParseSpan(line.GetValue(globals.Timeout)!, "--timeout");
        var writers = line.InvocationConfiguration;
        var tls = Credentials.Tls(line.GetValue(globals.Certificate), line.GetValue(globals.CertificateKey), line.GetValue(globals.Authority));
        return new Session(address, tls, timeout, caller, line.GetValue(globals.Json), writers.Output, writers.Error);
    }

    /// <summary>What goes with a call: who calls and its deadline.</summary>
    public CallOptions With(CancellationToken cancellation) => With(_caller, cancellation);

    /// <summary>What goes with a watch: who calls, and no deadline.</summary>
    public CallOptions Watching(CancellationToken cancellation) => new(_caller.ToMetadata(), cancellationToken: cancellation);

    /// <summary>The same for somebody else: the demo acts for three systems.</summary>
    public CallOptions With(Caller caller, CancellationToken cancellation) =>
        new((caller with { Credential = _caller.Credential }).ToMetadata(), TimeProvider.System.GetUtcNow().UtcDateTime + Timeout, cancellation);

    /// <summary>The request_id of a change: the one that was given, else a new one.</summary>
    public string RequestId(string? given) => SentRequestId = given ?? Guid.NewGuid().ToString();

    /// <summary>Prints the answer, for a program or for a person.</summary>
    public int Answer(IMessage answer, Action<Screen> page) => Answer(() => Formatter.Format(answer), page);

    /// <summary>The same for an answer that is no message of the contract.</summary>
    public int Answer(Func<string> json, Action<Screen> page)
    {
        if (Json)
        {
            _output.WriteLine(json());
        }
        else
        {
            page(Screen);
        }
        return ExitCode.Fine;
    }

    /// <summary>The answer as CSV: its lines as they are.</summary>
    public int AnswerCsv(IEnumerable<string> lines)
    {
        foreach (var line in lines)
        {
            _output.Write(line);
        }

        return ExitCode.Fine;
    }

    /// <summary>One line for the caller that is not part of the answer.</summary>
    public void Warn(string text) => _error.WriteLine(Plain.Line($"warning: {text}"));

    /// <summary>Says which sources could not be read; nothing if all were.</summary>
    public void WarnOfUnreachable(IEnumerable<string> unreachable, IEnumerable<SourceStatus> statuses)
    {
        var states = statuses.GroupBy(status => status.Source, StringComparer.Ordinal)
            .ToDictionary(group => group.Key, group => Words.Code(group.Last().State), StringComparer.Ordinal);
        var names = unreachable.Distinct(StringComparer.Ordinal)
            .Select(name => $"{Names.Short(name)} ({states.GetValueOrDefault(name, "UNREACHABLE")})").ToList();
        if (names.Count > 0)
        {
            Warn($"incomplete: what these sources know is missing: {string.Join(", ", names)}");
        }
    }

    public void Dispose() => _channel.Dispose();

    private static string? Metadatum(string? value, string option) =>
        value is null || (value.Length > 0 && value.All(c => c is > ' ' and < '\x7f'))
            ? value
            : throw CommandException.Usage($"{option}: only letters, digits and . _ @ - can go there");
}
