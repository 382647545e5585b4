using System.Diagnostics;
using Dossier.Access;
using Dossier.Agreements;
using Dossier.Database;
using Dossier.Host;
using Dossier.Registry;
using Dossier.V1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace Dossier.Guard;

/// <summary>The guard over gRPC: reads what binds, judges, and keeps every verdict that is not ALLOW.</summary>
public sealed class GuardService(
    RegistryDatabase registry, RegistryIdentity identity, AccessLog accesses, Drain drain, Confirming confirming, Reporting reporting, ActionListing listing, TimeZoneInfo zone, TimeProvider clock, ILogger<GuardService> log)
    : V1.GuardService.GuardServiceBase
{
    private const int LargestBatch = 1_000;
    private static readonly TimeSpan Lifetime = TimeSpan.FromHours(24);

    public override async Task<CheckActionResponse> CheckAction(CheckActionRequest request, ServerCallContext context)
    {
        var violations = new Violations();
        var (customer, action) = ActionCheck.Check(request.Action, "action", violations);
        violations.Throw();
        var (decisions, sequence) = await JudgeAsync([(customer, action)], context);
        return new CheckActionResponse { Decision = decisions[0], RegistrySequence = sequence };
    }

    public override async Task<CheckActionBatchResponse> CheckActionBatch(CheckActionBatchRequest request, ServerCallContext context)
    {
        if (request.Actions.Count is < 1 or > LargestBatch)
        {
            throw Refusal.InvalidField("actions", $"must be 1-{LargestBatch} actions, not {request.Actions.Count}");
        }

        var (results, sequence) = await JudgeEachAsync([.. request.Actions], index => $"actions[{index}]", (_, _) => { }, context);
        return new CheckActionBatchResponse { Results = { results }, RegistrySequence = sequence };
    }

    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(500);

    public override async Task CheckActions(
        IAsyncStreamReader<CheckActionsRequest> requestStream, IServerStreamWriter<CheckActionsResponse> responseStream, ServerCallContext context)
    {
        // What has arrived is judged together: one by one 100,000 took 15 s, and 2 s in batches. The answers keep the order, and the
        // client's window and ours bound what is in between.
        var arrived = new List<CheckActionsRequest>();
        var ending = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var proved = CancellationTokenSource.CreateLinkedTokenSource(drain.Ending);
        Caller.Of(context).EndWithCredential(proved);
        await using var told = proved.Token.UnsafeRegister(static ending => ((TaskCompletionSource)ending!).TrySetResult(), ending);
        var next = requestStream.MoveNext(context.CancellationToken);
        while (true)
        {
            if (arrived.Count > 0 && (!next.IsCompleted || arrived.Count == LargestBatch))
            {
                await AnswerAsync(arrived, responseStream, context);
                arrived.Clear();
            }

            // Who keeps a stream open and sends nothing does not hold up the end of the service.
            if (!next.IsCompleted)
            {
                await Task.WhenAny(next, ending.Task);
            }

            if (proved.IsCancellationRequested)
            {
                await AnswerAsync(arrived, responseStream, context);
                throw drain.Ending.IsCancellationRequested ? ShuttingDown() : CredentialsEnded();
            }

            if (!await next)
            {
                break;
            }

            arrived.Add(requestStream.Current);
            next = requestStream.MoveNext(context.CancellationToken);
        }

        await AnswerAsync(arrived, responseStream, context);
    }

    private async Task AnswerAsync(List<CheckActionsRequest> requests, IServerStreamWriter<CheckActionsResponse> responses, ServerCallContext context)
    {
        IReadOnlyList<CheckActionResult> results;
        try
        {
            (results, _) = await JudgeEachAsync(
                [.. requests.Select(request => request.Action)],
                _ => "action",
                (index, violations) => Requests.Text(requests[index].CorrelationId, "correlation_id", 0, 64, violations),
                context);
        }
        catch (DossierException refused)
        {
            // The registry is away: each is told so, and the stream goes on.
            results = [.. requests.Select(_ => new CheckActionResult { Error = StatusMap.ToStatus(refused) })];
        }

        for (var index = 0; index < requests.Count; index++)
        {
            responses.WriteOptions = index + 1 < requests.Count ? new WriteOptions(WriteFlags.BufferHint) : WriteOptions.Default;
            var sending = responses.WriteAsync(new CheckActionsResponse { CorrelationId = requests[index].CorrelationId, Result = results[index] }, context.CancellationToken);
            if (!sending.IsCompletedSuccessfully)
            {
                await ReadAsync(sending, context);
            }
        }
    }

    /// <summary>Until the caller has read on. One who does not holds up the end of the service for two seconds, and is broken off.</summary>
    private async Task ReadAsync(Task sending, ServerCallContext context)
    {
        try
        {
            await sending.WaitAsync(drain.Unread);
        }
        catch (OperationCanceledException) when (drain.Unread.IsCancellationRequested && !context.CancellationToken.IsCancellationRequested)
        {
            // A verdict that came late, because the registry was slow, still has a moment to be read.
            if (await Task.WhenAny(sending, Task.Delay(Moment, TimeProvider.System)) == sending)
            {
                await sending;
                return;
            }

            await StreamReset.AfterAsync(sending, context);
            await drain.LeaveLastAsync(context);
            throw ShuttingDown();
        }
    }

    private static DossierException ShuttingDown() => new(
        StatusCode.Unavailable, ErrorReason.ShuttingDown, "This instance stops. Send what has no answer again, to another one, or here when it is back.");

    private static DossierException CredentialsEnded() => new(
        StatusCode.Unavailable, ErrorReason.CredentialsEnded, "The token or certificate that proved who asks has ended. Send what has no answer again, with a new one.");

    /// <summary>Judges each by itself: a bad one does not stop the rest.</summary>
    private async Task<(IReadOnlyList<CheckActionResult> Results, long Sequence)> JudgeEachAsync(
        List<PlannedAction> actions, Func<int, string> field, Action<int, Violations> also, ServerCallContext context)
    {
        var results = new CheckActionResult[actions.Count];
        var good = new List<(string Customer, PlannedAction Action)>();
        var places = new List<int>();
        for (var index = 0; index < actions.Count; index++)
        {
            var violations = new Violations();
            also(index, violations);
            var (customer, action) = ActionCheck.Check(actions[index], field(index), violations);
            if (violations.Any)
            {
                results[index] = new CheckActionResult { Error = StatusMap.ToStatus(violations.ToException()) };
            }
            else
            {
                places.Add(index);
                good.Add((customer, action));
            }
        }

        try
        {
            return (results, await FillAsync([.. Enumerable.Range(0, good.Count)]));
        }
        catch (DossierException unread) when (IsOfOne(unread, good))
        {
            // Each customer by himself: a run of a thousand must not stand still, each night, for the one that nobody can read.
            var sequence = 0L;
            foreach (var customer in Enumerable.Range(0, good.Count).GroupBy(index => good[index].Customer, StringComparer.Ordinal))
            {
                try
                {
                    sequence = Math.Max(sequence, await FillAsync([.. customer]));
                }
                catch (DossierException own)
                {
                    foreach (var index in customer)
                    {
                        results[places[index]] = new CheckActionResult { Error = StatusMap.ToStatus(own) };
                    }
                }
            }

            return (results, sequence);
        }

        async Task<long> FillAsync(List<int> some)
        {
            var (decisions, sequence) = await JudgeAsync([.. some.Select(index => good[index])], context);
            for (var index = 0; index < some.Count; index++)
            {
                results[places[some[index]]] = new CheckActionResult { Decision = decisions[index] };
            }

            return sequence;
        }
    }

    public override async Task<ConfirmActionResponse> ConfirmAction(ConfirmActionRequest request, ServerCallContext context)
    {
        var response = await confirming.ConfirmAsync(request, Caller.Of(context), context.CancellationToken);
        Judgement.KeepWordingFor(Caller.Of(context), response.Decision);
        return response;
    }

    public override async Task<ConfirmActionBatchResponse> ConfirmActionBatch(ConfirmActionBatchRequest request, ServerCallContext context) => new()
    {
        Results =
        {
            await EachAsync(
                request.Confirmations,
                "confirmations",
                async item => new ConfirmActionResult { Response = await ConfirmAction(item, context) },
                refused => new ConfirmActionResult { Error = StatusMap.ToStatus(refused) }),
        },
    };

    public override async Task<ReportActionResponse> ReportAction(ReportActionRequest request, ServerCallContext context) =>
        await reporting.ReportAsync(request, Caller.Of(context), context.CancellationToken);

    public override async Task<ReportActionBatchResponse> ReportActionBatch(ReportActionBatchRequest request, ServerCallContext context) => new()
    {
        Results =
        {
            await EachAsync(
                request.Reports,
                "reports",
                async item => new ReportActionResult { Response = await ReportAction(item, context) },
                refused => new ReportActionResult { Error = StatusMap.ToStatus(refused) }),
        },
    };

    public override async Task<ListActionsResponse> ListActions(ListActionsRequest request, ServerCallContext context) =>
        await listing.ListAsync(request, context.CancellationToken);

    /// <summary>One after the other: each is a transaction of its own, and a bad one does not stop the rest.</summary>
    private static async Task<List<TResult>> EachAsync<TItem, TResult>(
        IReadOnlyList<TItem> items, string field, Func<TItem, Task<TResult>> one, Func<DossierException, TResult> refused)
    {
        if (items.Count is < 1 or > LargestBatch)
        {
            throw Refusal.InvalidField(field, $"must be 1-{LargestBatch}, not {items.Count}");
        }

        var results = new List<TResult>(items.Count);
        foreach (var item in items)
        {
            try
            {
                results.Add(await one(item));
            }
            catch (DossierException wrong)
            {
                results.Add(refused(wrong));
            }
        }

        return results;
    }

    private async Task<(List<Decision> Decisions, long Sequence)> JudgeAsync(List<(string Customer, PlannedAction Action)> actions, ServerCallContext context)
    {
        var system = Caller.Of(context).System;
        try
        {
            var (decisions, sequence) = await RecordedAsync(actions, context);
            foreach (var ((_, action), decision) in actions.Zip(decisions))
            {
                Telemetry.Judged(action.Action, decision.Verdict, system);
            }

            return (decisions, sequence);
        }
        catch (Exception unanswered) when (unanswered is DossierException or OperationCanceledException && !IsOfOne(unanswered, actions))
        {
            // No answer is UNKNOWN to who asked: a run that stands still shows in the share of it, by the system that runs.
            foreach (var (_, action) in actions)
            {
                Telemetry.Judged(action.Action, Verdict.Unknown, system);
            }

            throw;
        }
    }

    /// <summary>What is stored of one of these customers cannot be read, and of the others it can.</summary>
    private static bool IsOfOne(Exception unanswered, List<(string Customer, PlannedAction Action)> actions) =>
        unanswered is DossierException { InnerException: LaneException { InnerException: InvalidProtocolBufferException } }
        && actions.Exists(action => action.Customer != actions[0].Customer);

    private async Task<(List<Decision> Decisions, long Sequence)> RecordedAsync(List<(string Customer, PlannedAction Action)> actions, ServerCallContext context)
    {
        // The moment is taken before the read: an agreement that begins in between is seen by the next check.
        var now = clock.GetUtcNow();
        var budget = context.ToBudget();
        var caller = Caller.Of(context);
        var customers = actions.Select(action => action.Customer).Distinct(StringComparer.Ordinal).ToList();
        var (agreements, sequence) = await registry.ReadAsync(
            session =>
            {
                var read = session.Sequence();
                return (Binding.Of(session, customers), read);
            },
            context.CancellationToken);
        Telemetry.SequenceSeen(sequence);
        var decisions = new List<Decision>(actions.Count);
        var kept = new List<object>();
        foreach (var (customer, action) in actions)
        {
            context.CancellationToken.ThrowIfCancellationRequested();
            var decision = Judgement.Judge(action, agreements[customer], now, zone);
            var id = Guid.CreateVersion7(now);
            var expire = now + Lifetime;
            decision.RegistrySequence = sequence;
            decision.ExpireTime = Timestamp.FromDateTimeOffset(expire);
            decision.DecisionId = DecisionToken.Encode(id, action, decision.Verdict, sequence, expire.ToMicros(), identity.SigningKey);
            decisions.Add(decision);
            if (decision.Verdict != Verdict.Allow)
            {
                kept.Add(Row(id, customer, action, decision, caller, now));
            }

            Judgement.KeepWordingFor(caller, decision);
        }

        // Each customer whose agreements were read leaves a record, whatever the verdict; where records are required there is no verdict without.
        var recording = accesses.RecordAsync(
            [.. customers.Select(customer => new Accessed.Access(customer, [Section.Agreements], [Accessed.Registry]))],
            caller,
            context.Method["/dossier.v1.".Length..],
            context.CancellationToken).AsTask();
        await Task.WhenAll(recording, KeepAsync(kept, budget.Share(0.5, registry.Deadline), context.CancellationToken));
        return (decisions, sequence);
    }

    /// <summary>
    /// A verdict that is not ALLOW holds whether or not it could be stored: withholding it would tell the caller less, and
    /// a caller without an answer does not act either.
    /// </summary>
    private async Task KeepAsync(List<object> rows, TimeSpan within, CancellationToken caller)
    {
        if (rows.Count == 0)
        {
            return;
        }

        try
        {
            await registry.WriteAsync(
                session =>
                {
                    rows.ForEach(session.InsertDecision);
                    return true;
                },
                commit: true,
                within,
                caller);
        }
        catch (DossierException down)
        {
            Log.DecisionNotStored(log, down.InnerException?.Message ?? down.Message);
        }
    }

    private static object Row(Guid id, string customer, PlannedAction action, Decision decision, Caller caller, DateTimeOffset now) => new
    {
        id = id.ToString("D"),
        customer,
        system = caller.System,
        agent = caller.Agent,
        purpose = caller.Purpose,
        action = (long)action.Action,
        verdict = (long)decision.Verdict,
        subjects = string.Join('\n', action.Subjects.Select(subject => $"{subject.Type.Word()} {subject.Id}")),
        agreements = string.Join('\n', decision.Reasons.Select(reason => reason.Resource).Where(name => name.Length > 0).Distinct(StringComparer.Ordinal)),
        sequence = decision.RegistrySequence,
        now = new Moment(now.ToMicros()),
        trace_id = Activity.Current?.TraceId.ToHexString() ?? "",
    };
}
