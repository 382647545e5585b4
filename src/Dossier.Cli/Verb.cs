using System.CommandLine;
using System.Runtime.InteropServices;
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

        // The first Ctrl-C lets the command end by itself, so that it says how far it came; the second one ends it.
        using var interrupted = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        using var signals = PosixSignalRegistration.Create(PosixSignal.SIGINT, signal =>
        {
            signal.Cancel = !interrupted.IsCancellationRequested;
            interrupted.Cancel();
        });
        try
        {
            session = Session.Open(globals, line);
            return await RunAsync(session, line, interrupted.Token);
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
            return ExitCode.Of(failed);
        }
        finally
        {
            session?.Dispose();
        }
    }
}
