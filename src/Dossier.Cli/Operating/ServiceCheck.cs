using System.Diagnostics;
using System.Net.Sockets;
using Dossier.Cli.Commands;
using Dossier.Sources;
using Grpc.Core;

namespace Dossier.Cli.Operating;

/// <summary>Looks at a running service as one caller sees it: the way there, health, what the caller may, the sources, who owes what.</summary>
internal sealed class ServiceCheck(Session session, IReadOnlyList<string> named)
{
    private static readonly TimeSpan Slow = TimeSpan.FromMilliseconds(500);
    private const int Tries = 3;
    private readonly List<Finding> _findings = [];
    private ListSourcesResponse? _sources;
    private ListSystemsResponse? _systems;

    /// <summary>A call for each scope. Those that would read a customer or change something name nobody: they are refused, with or without the scope.</summary>
    private (string Scope, Func<CallOptions, Task> Ask)[] Calls =>
    [
        ("dossier.read", with => session.Dossiers.ResolveCustomerAsync(new ResolveCustomerRequest(), with).ResponseAsync),
        ("keys.write", with => session.Dossiers.LinkCustomerKeyAsync(new LinkCustomerKeyRequest { ValidateOnly = true }, with).ResponseAsync),
        ("agreements.read", async with => _systems = await session.Agreements.ListSystemsAsync(new ListSystemsRequest(), with)),
        ("agreements.write", with => session.Agreements.CreateAgreementAsync(new CreateAgreementRequest { ValidateOnly = true }, with).ResponseAsync),
        ("agreements.approve", with => session.Agreements.ApproveAgreementAsync(new ApproveAgreementRequest { ValidateOnly = true }, with).ResponseAsync),
        ("acknowledge", with => session.Agreements.AcknowledgeAgreementAsync(new AcknowledgeAgreementRequest { ValidateOnly = true }, with).ResponseAsync),
        ("conflicts.resolve", with => session.Agreements.ResolveConflictAsync(new ResolveConflictRequest { ValidateOnly = true }, with).ResponseAsync),
        ("guard", with => session.Guard.CheckActionAsync(new CheckActionRequest(), with).ResponseAsync),
        ("watch", WatchNobodyAsync),
        ("privacy", with => session.Access.ListAccessRecordsAsync(new ListAccessRecordsRequest(), with).ResponseAsync),
        ("operate", async with => _sources = await session.Dossiers.ListSourcesAsync(new ListSourcesRequest { PageSize = 200 }, with)),
    ];

    public async Task<IReadOnlyList<Finding>> LookAsync(CancellationToken cancellation)
    {
        try
        {
            if (await new Way(session, _findings).ReachAsync(cancellation))
            {
                await HealthAsync(cancellation);
                if (await PermittedAsync(cancellation))
                {
                    await SourcesAsync(cancellation);
                    Systems();
                }
            }
        }
        catch (RpcException failed)
        {
            Add(FindingLevel.Wrong, "service", Way.Explain(failed, session.Address));
        }
        return _findings;
    }

    private async Task HealthAsync(CancellationToken cancellation)
    {
        var (state, took) = ("", TimeSpan.MaxValue);
        for (var i = 0; i < Tries; i++)
        {
            // The first one opens the connection; the quickest says how far it is.
            var asked = Stopwatch.GetTimestamp();
            state = await HealthCommand.AskAsync(session, "", cancellation);
            took = Stopwatch.GetElapsedTime(asked) is var once && once < took ? once : took;
        }
        Add(
            took > Slow ? FindingLevel.Warning : FindingLevel.Fine,
            "service",
            $"{Way.Of(session.Address)} answers in {took.TotalMilliseconds:0.0} ms{(took > Slow ? ": every call takes so much longer. Is it far away, or has it more work than it can do?" : "")}");
        Add(
            state == "SERVING" ? FindingLevel.Fine : FindingLevel.Wrong,
            "health",
            state == "SERVING" ? state : $"{state}: it is being stopped, or its registry cannot be reached. Its log says which; on its machine: ./dossier doctor");
    }

    /// <returns>Whether the service knows the caller.</returns>
    private async Task<bool> PermittedAsync(CancellationToken cancellation)
    {
        var (may, mayNot) = (new List<string>(), new List<string>());
        foreach (var (scope, ask) in Calls)
        {
            try
            {
                await ask(session.With(cancellation));
                may.Add(scope);
            }
            catch (RpcException refused) when (refused.StatusCode == StatusCode.PermissionDenied)
            {
                mayNot.Add(scope);
            }
            catch (RpcException refused) when (refused.StatusCode == StatusCode.Unauthenticated || ErrorLine.Reason(refused) is "INVALID_METADATA" or "ISSUER_UNAVAILABLE")
            {
                Add(FindingLevel.Wrong, "credentials", $"{refused.Status.Detail} See --key-file, --token-file, --certificate and --system");
                return false;
            }
            catch (RpcException refused) when (refused.StatusCode == StatusCode.InvalidArgument)
            {
                may.Add(scope);
            }
            catch (RpcException failed)
            {
                Add(FindingLevel.Wrong, "service", $"what {scope} allows fails: {Way.Explain(failed, session.Address)}");
            }
        }
        if (may.Count > 0)
        {
            Add(FindingLevel.Fine, "credentials", $"this caller may {string.Join(", ", may)}{(mayNot.Count == 0 ? "" : $"; not {string.Join(", ", mayNot)}")}");
        }
        else if (mayNot.Count > 0)
        {
            Add(FindingLevel.Wrong, "credentials", "this caller may do nothing: give its system Scopes in the service's settings");
        }
        return true;
    }

    private async Task SourcesAsync(CancellationToken cancellation)
    {
        foreach (var source in _sources?.Sources ?? [])
        {
            var (level, words) = Of(source);
            Add(level, source.Name, words);
        }
        if (_sources is null && named.Count == 0)
        {
            Add(FindingLevel.Note, "sources", "not looked at: that takes the scope operate, or the service's settings in this folder");
        }
        foreach (var name in _sources is null ? named : [])
        {
            try
            {
                var state = await HealthCommand.AskAsync(session, $"sources/{name}", cancellation);
                Add(state == "SERVING" ? FindingLevel.Fine : FindingLevel.Warning, $"sources/{name}", state == "SERVING" ? state : $"{state}: a caller with the scope operate sees why: ./dossier source {name}");
            }
            catch (RpcException unknown) when (unknown.StatusCode == StatusCode.NotFound)
            {
                Add(FindingLevel.Warning, $"sources/{name}", "this folder's settings have it and the running service has not: are they the same settings, and have they been taken over?");
            }
        }
    }

    private static (FindingLevel Level, string Text) Of(Source source)
    {
        var name = Names.Short(source.Name);
        return source.State switch
        {
            SourceState.Ok when source.CutOffReads > 0 => (FindingLevel.Warning, $"{source.CutOffReads} reads were cut off: a block of its query file lacks LIMIT @limit"),
            SourceState.Ok when source.AbandonedReads > 0 => (FindingLevel.Warning, $"{source.AbandonedReads} reads are past their deadline and hold a place each: the store hangs, or its Deadline is too short"),
            SourceState.Ok => (FindingLevel.Fine, "OK"),
            SourceState.Paused => (FindingLevel.Warning, $"{Printing.SourcePage.Pause(source.Pause)}: dossiers come without it. ./dossier source resume {name}"),
            var state => (FindingLevel.Wrong, $"{Words.Code(state)}{(source.LastFailure.Length > 0 ? $" ({source.LastFailure})" : "")}: "
                + (name == "registry" ? "nothing is agreed or judged without it" : $"dossiers come without it, or with a part. On the service's machine: ./dossier check --source {name}")),
        };
    }

    private void Systems()
    {
        var late = _systems?.Systems.Where(system => system.OverdueCount > 0).ToList() ?? [];
        foreach (var system in late)
        {
            Add(FindingLevel.Warning, system.Name, $"{system.OverdueCount} {(system.OverdueCount == 1 ? "acknowledgement is" : "acknowledgements are")} overdue: what customers were told may not have been done there. ./dossier pending --overdue --of {Names.Short(system.Name)}");
        }
        if (_systems is not null && late.Count == 0)
        {
            Add(FindingLevel.Fine, "acknowledgements", "none is overdue");
        }
    }

    private async Task WatchNobodyAsync(CallOptions with)
    {
        using var call = session.Agreements.WatchAgreements(new WatchAgreementsRequest(), with);
        await call.ResponseStream.MoveNext(with.CancellationToken);
    }

    private void Add(FindingLevel level, string about, string text) => _findings.Add(new Finding(about, level, text));
}
