using System.CommandLine;
using Dossier.Cli.Printing;
using Grpc.Core;

namespace Dossier.Cli;

/// <summary>One command of the tree: opens a session, runs, and turns every failure into one line and an exit code.</summary>
internal abstract class Verb : Command
{
    protected Verb(GlobalOptions globals, string name, string description, params string[] examples) : base(name, description)
    {
        Examples = examples;
        SetAction((line, cancellation) => RunAsync(globals, line, cancellation));
    }

    /// <summary>Command lines that show how it is used; each starts with "dossier".</summary>
    public IReadOnlyList<string> Examples { get; }

    protected abstract Task<int> RunAsync(Session session, ParseResult line, CancellationToken cancellation);

    private async Task<int> RunAsync(GlobalOptions globals, ParseResult line, CancellationToken cancellation)
    {
        var error = line.InvocationConfiguration.Error;
        Session? session = null;
        try
        {
            session = Session.Open(globals, line);
            return await RunAsync(session, line, cancellation);
        }
        catch (CommandException refused)
        {
            await error.WriteLineAsync(Plain.Line($"error: {refused.Message}"));
            return refused.ExitCode;
        }
        catch (OperationCanceledException)
        {
            await error.WriteLineAsync("error: cancelled");
            return ExitCode.Unexpected;
        }
        catch (RpcException failed)
        {
            await error.WriteLineAsync(ErrorLine.Of(failed, session!));
            return ExitCode.Of(failed.StatusCode);
        }
        finally
        {
            session?.Dispose();
        }
    }
}
