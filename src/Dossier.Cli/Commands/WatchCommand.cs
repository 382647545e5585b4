using System.CommandLine;
using System.Globalization;
using Dossier.Cli.Printing;
using Google.Protobuf;
using Grpc.Core;

namespace Dossier.Cli.Commands;

/// <summary><c>dossier watch</c>: every change of agreements, as it is made.</summary>
internal sealed class WatchCommand : Verb
{
    private readonly Argument<string?> _customer = new("customer") { Description = "Customer number; all customers if not given", Arity = ArgumentArity.ZeroOrOne };
    private readonly Option<string[]> _effect = Arg.Texts("--effect", $"Only agreements with such an effect; may be repeated: {Words.List<EffectKind>()}", "effect");
    private readonly Option<string[]> _obliged = Arg.Texts("--obliged", "Only agreements that this system must take over; may be repeated", "system");
    private readonly Option<string[]> _origin = Arg.Texts("--origin", "Only agreements that this system made; may be repeated", "system");
    private readonly Option<string?> _from = Arg.Text("--from", "Where to begin: now, beginning, after a registry_sequence, or after a token; now if not given", "now|beginning|sequence|token");
    private readonly Option<string?> _tokenFile = Arg.Text("--resume-file", "Goes on from the token in this file if it is there, and stores the token of each message in it", "file");
    private readonly Option<bool> _tokens = Arg.Flag("--tokens", "The token to go on from, behind each line");

    public WatchCommand(GlobalOptions globals) : base(globals, "watch",
        "Every change of agreements, one line each, until Ctrl-C; goes on by itself when the service restarts. With --json one document a line.",
        "dossier watch", "dossier watch 1043 --from beginning",
        "dossier watch --obliged administration --resume-file administration.token --json")
    {
        Arguments.Add(_customer);
        foreach (Option option in new Option[] { _effect, _obliged, _origin, _from, _tokenFile, _tokens })
        {
            Options.Add(option);
        }
    }

    public WatchAgreementsRequest Request(ParseResult line)
    {
        var request = new WatchAgreementsRequest { Parent = line.GetValue(_customer) is { } customer ? Names.Customer(customer) : "customers/-" };
        request.EffectKinds.AddRange((line.GetValue(_effect) ?? []).Select(word => Words.Parse<EffectKind>(word, "--effect")));
        request.ObligedSystems.AddRange((line.GetValue(_obliged) ?? []).Select(SystemName));
        request.OriginSystems.AddRange((line.GetValue(_origin) ?? []).Select(SystemName));
        var from = line.GetValue(_from);
        if (line.GetValue(_tokenFile) is { } file && StoredToken(file) is { } stored)
        {
            request.ResumeToken = from is null ? stored
                : throw CommandException.Usage($"{file} holds a token already: leave --from out to go on from it, or delete the file to begin anew");
        }
        else if (from == "beginning")
        {
            request.AfterSequence = 0;
        }
        else if (long.TryParse(from, NumberStyles.None, CultureInfo.InvariantCulture, out var sequence))
        {
            request.AfterSequence = sequence;
        }
        else if (from is not (null or "now"))
        {
            request.ResumeToken = from;
        }

        return request;
    }

    protected override async Task<int> RunAsync(Session session, ParseResult line, CancellationToken cancellation)
    {
        var (file, tokens) = (line.GetValue(_tokenFile), line.GetValue(_tokens));
        var watch = new ResumingWatch(session.Agreements, Request(line))
        {
            Interrupted = (end, pause) => session.Warn($"{end.Status.Detail} Goes on in {Moments.Span(pause)}."),
        };
        try
        {
            await watch.RunAsync(
                (message, _) =>
                {
                    Print(session, message, tokens);

                    // Behind the lines: after a crash a line may come again, and none is left out.
                    return file is null ? Task.CompletedTask : StoreAsync(file, message.ResumeToken);
                },
                session.Watching(cancellation));
        }
        catch (Exception ended) when (cancellation.IsCancellationRequested && ended is OperationCanceledException or RpcException { StatusCode: StatusCode.Cancelled })
        {
            // Ctrl-C is how a watch ends.
        }

        return ExitCode.Fine;
    }

    private static void Print(Session session, WatchAgreementsResponse message, bool tokens)
    {
        if (session.Json)
        {
            session.Answer(() => JsonFormatter.Default.Format(message), _ => { });
            return;
        }

        foreach (var change in message.Changes)
        {
            var line = $"{change.Sequence}  {Moments.Second(change.ChangeTime)}  {Words.Code(change.Kind),-12}  {Names.Short(change.Agreement)}  "
                + $"revision {change.Revision} ({change.BindingRevision} binds)  by {Names.Short(change.System)}";
            session.Screen.Verbatim(tokens ? $"{line}  {message.ResumeToken}" : line, 0);
        }
    }

    private static string? StoredToken(string file)
    {
        try
        {
            return File.Exists(file) && File.ReadAllText(file).Trim() is { Length: > 0 } token ? token : null;
        }
        catch (Exception failed) when (failed is IOException or UnauthorizedAccessException)
        {
            throw CommandException.Usage($"{file} cannot be read: {failed.Message}");
        }
    }

    /// <summary>Written beside it and moved into its place: a token is whole or the one before.</summary>
    private static async Task StoreAsync(string file, string token)
    {
        try
        {
            await File.WriteAllTextAsync(file + ".new", token + "\n");
            File.Move(file + ".new", file, overwrite: true);
        }
        catch (Exception failed) when (failed is IOException or UnauthorizedAccessException)
        {
            throw CommandException.Usage($"{file} cannot be written: {failed.Message}");
        }
    }

    private static string SystemName(string name) => name.StartsWith("systems/", StringComparison.Ordinal) ? name : $"systems/{name}";
}
