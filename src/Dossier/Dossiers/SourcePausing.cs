using Dossier.Host;
using Dossier.Registry;
using Dossier.Sources;
using Dossier.V1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;

namespace Dossier.Dossiers;

/// <summary>Pausing and resuming a channel store, for all instances.</summary>
public sealed class SourcePausing(Mutations mutations, SourceCatalogue sources, TimeProvider clock, ILogger<SourcePausing> log)
{
    // Sources have no customer; their pauses are ordered by this row.
    private const string Lock = "";

    public async Task<PauseSourceResponse> PauseAsync(PauseSourceRequest request, Caller caller, CancellationToken gone)
    {
        var violations = new Violations();
        var until = Requests.Moment(request.UntilTime, "until_time", violations);
        if (until <= clock.GetUtcNow())
        {
            violations.Add("until_time", "must be in the future; leave it out to pause until ResumeSource");
        }

        var outcome = await RunAsync(
            nameof(V1.DossierService.DossierServiceBase.PauseSource), request.Name, request.RequestId, request.Without(copy => copy.RequestId = ""), request.ValidateOnly,
            until is { } moment ? moment.ToMicros() : null, paused: true, caller, violations, gone);
        return new PauseSourceResponse { Pause = outcome.Answer, RegistrySequence = outcome.Sequence };
    }

    public async Task<ResumeSourceResponse> ResumeAsync(ResumeSourceRequest request, Caller caller, CancellationToken gone)
    {
        var outcome = await RunAsync(
            nameof(V1.DossierService.DossierServiceBase.ResumeSource), request.Name, request.RequestId, request.Without(copy => copy.RequestId = ""), request.ValidateOnly,
            null, paused: false, caller, new Violations(), gone);
        return new ResumeSourceResponse { Pause = outcome.Answer, RegistrySequence = outcome.Sequence };
    }

    private async Task<Outcome<SourcePause>> RunAsync(
        string method, string name, string requestId, IMessage content, bool validateOnly, long? until, bool paused, Caller caller, Violations violations, CancellationToken gone)
    {
        if (!ResourceNames.TrySource(name, out var source) || name == ResourceNames.Registry)
        {
            violations.Add("name", "must be sources/{source} with {source} 1-32 of [a-z0-9-], and not sources/registry");
        }

        var id = Requests.RequestId(requestId, violations);
        caller.RequireAgent(violations);
        violations.Throw();
        var store = sources.Find(source) ?? throw Refusal.ResourceNotFound(name);
        var mutation = new Mutation(caller.System, caller.Agent, method, id, Mutation.FingerprintOf(method, content), Lock, validateOnly);
        var outcome = await mutations.RunAsync(mutation, session => Change(session, mutation, source, until, paused), Replay(mutation, source, until, paused), gone);
        if (!validateOnly)
        {
            // At once here; the other instances ask the registry every second. A first answer that is given again changes nothing.
            store.TakeOver(outcome.Answer.Paused ? outcome.Answer : null, outcome.Sequence);
            Log.SourcePaused(log, source, paused ? outcome.Answer.UntilTime?.ToString() ?? "resumed" : "now", caller.System);
        }

        return outcome;
    }

    private static PendingChange<SourcePause> Change(RegistryWriting session, Mutation mutation, string source, long? until, bool paused)
    {
        var revision = (session.Pauses().FirstOrDefault(row => row.Source == source)?.Revision ?? 0) + 1;
        Moment? end = until is { } micros ? micros : null;
        session.PutPause(source, paused, end, mutation.System, mutation.Agent, revision);
        var row = new SourcePauseRow
        {
            Source = source, Paused = paused, UntilTime = end, System = mutation.System, Agent = mutation.Agent, PauseTime = session.Now, Revision = revision,
        };
        return new PendingChange<SourcePause>(
            row.ToMessage(),
            new RegistryChange(paused ? ChangeKind.SourcePaused : ChangeKind.SourceResumed, ResourceNames.Source(source), revision, 0, [], []));
    }

    /// <summary>The answer as it was given first, whatever has become of the source since.</summary>
    private static Func<RegistrySession, RequestRow, SourcePause> Replay(Mutation mutation, string source, long? until, bool paused) => (_, row) => new SourcePauseRow
    {
        Source = source,
        Paused = paused,
        UntilTime = until is { } micros ? new Moment(micros) : null,
        System = mutation.System,
        Agent = mutation.Agent,
        PauseTime = row.CreateTime,
        Revision = row.Revision,
    }.ToMessage();
}
