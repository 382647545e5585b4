using System.Diagnostics;
using Dossier.Host;
using Dossier.Registry;
using Dossier.V1;
using Grpc.Core;

namespace Dossier.Agreements;

/// <summary>Hands changes of agreements over to one watcher after the other request, in order, until an end that the contract names.</summary>
public sealed class Watching(
    RegistryDatabase registry, RegistryIdentity identity, ChangeFeed feed, DossierOptions options, TimeProvider clock, Drain drain)
{
    private const int MarkEvery = 1_000;
    private static readonly TimeSpan MarkWithin = TimeSpan.FromSeconds(5);

    // A mark must have come after 5 s, so it leaves a little before.
    private static readonly TimeSpan Quiet = MarkWithin * 0.9;
    private static readonly TimeSpan Again = TimeSpan.FromMilliseconds(250);

    public async Task WatchAsync(WatchAgreementsRequest request, IServerStreamWriter<WatchAgreementsResponse> responses, ServerCallContext call)
    {
        var caller = call.CancellationToken;
        var violations = new Violations();
        var filter = WatchFilter.Of(request, violations);
        if (request.StartCase == WatchAgreementsRequest.StartOneofCase.AfterSequence && request.AfterSequence < 0)
        {
            violations.Add("after_sequence", "must not be negative; 0 is the beginning");
        }

        violations.Throw();
        var watch = new Watch(filter, feed.Epoch, feed.Restored, await StartAsync(request, filter, caller), responses);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(caller, drain.Ending);
        Caller.Of(call).EndWithCredential(ended);
        using var counted = Telemetry.WatchOpened();
        try
        {
            await SendAsync(watch, [], ended.Token, caller);
            while (true)
            {
                await NextAsync(watch, ended.Token, caller);
            }
        }
        catch (DossierException slow) when (slow.Reason == ErrorReason.WatchTooSlow)
        {
            await EndAfterWriteAsync(watch, call, ended.Token);
            throw;
        }
        catch (OperationCanceledException) when (drain.Ending.IsCancellationRequested && !caller.IsCancellationRequested)
        {
            await EndAfterWriteAsync(watch, call, drain.Unread);
            throw Resuming.ShuttingDown(watch.Token);
        }
        catch (OperationCanceledException) when (ended.IsCancellationRequested && !caller.IsCancellationRequested)
        {
            await EndAfterWriteAsync(watch, call, drain.Unread);
            throw Resuming.CredentialsEnded(watch.Token);
        }
    }

    private async Task<long> StartAsync(WatchAgreementsRequest request, WatchFilter filter, CancellationToken caller)
    {
        var (present, oldest) = await registry.ReadAsync(session => (session.Sequence(), session.OldestChange()), caller);
        var start = request.StartCase switch
        {
            WatchAgreementsRequest.StartOneofCase.ResumeToken => ResumeToken.Decode(request.ResumeToken, feed.Epoch, filter.Watched, identity.SigningKey),
            WatchAgreementsRequest.StartOneofCase.AfterSequence => request.AfterSequence,
            _ => present,
        };
        return start > present ? throw (request.StartCase == WatchAgreementsRequest.StartOneofCase.ResumeToken
                ? Resuming.Future(start, present)
                : Refusal.SequenceNotReached(start, present))
            : start > 0 && oldest > start + 1 ? throw Resuming.Expired(oldest)
            : start;
    }

    private async Task NextAsync(Watch watch, CancellationToken ended, CancellationToken caller)
    {
        ended.ThrowIfCancellationRequested();
        IReadOnlyList<ChangeRow> changes;
        try
        {
            changes = await feed.ReadAsync(watch.Position, ended);
        }
        catch (DossierException down) when (down.Reason == ErrorReason.RegistryUnavailable)
        {
            // What was sent stays true; there will be more when it is back.
            await MarkAfterAsync(watch, Task.Delay(Again, TimeProvider.System, ended), ended, caller);
            return;
        }

        if (feed.Restored != watch.Restored)
        {
            throw Resuming.RegistryRestored(watch.Token);
        }

        if (changes.Count == 0)
        {
            await MarkAfterAsync(watch, feed.After(watch.Position), ended, caller);
            return;
        }

        for (var first = 0; first < changes.Count;)
        {
            var next = first + 1;
            while (next < changes.Count && changes[next].Group == changes[first].Group)
            {
                next++;
            }

            var matching = changes.Skip(first).Take(next - first).Where(watch.Filter.Matches).ToList();
            watch.Position = changes[next - 1].Sequence;
            if (matching.Count > 0 || watch.Position - watch.Told >= MarkEvery)
            {
                await SendAsync(watch, matching, ended, caller);
            }

            first = next;
            ended.ThrowIfCancellationRequested();
        }
    }

    private async Task MarkAfterAsync(Watch watch, Task news, CancellationToken ended, CancellationToken caller)
    {
        var left = Quiet - Stopwatch.GetElapsedTime(watch.LastSent);
        try
        {
            await news.WaitAsync(left > TimeSpan.Zero ? left : TimeSpan.Zero, ended);
        }
        catch (TimeoutException)
        {
            await SendAsync(watch, [], ended, caller);
        }
    }

    /// <summary>
    /// Sends what belongs to the watcher's position. One who does not read is let go: its place costs nothing, but whatever it waits
    /// for would never be heard of. The message that it left unread comes all the same, before the end.
    /// </summary>
    private async Task SendAsync(Watch watch, List<ChangeRow> changes, CancellationToken ended, CancellationToken caller)
    {
        watch.Token = new ResumeToken(watch.Position, watch.Epoch, watch.Filter.Watched).Encode(identity.SigningKey);
        watch.Told = watch.Position;
        // Its own token would break the call off, and the end would not be heard of.
        watch.Sending = watch.Responses.WriteAsync(new WatchAgreementsResponse
        {
            Changes = { changes.Select(WatchFilter.ToMessage) },
            CompleteThroughSequence = watch.Position,
            ResumeToken = watch.Token,
        },
        CancellationToken.None);
        try
        {
            await watch.Sending.WaitAsync(options.Watch.Patience, ended);
        }
        catch (TimeoutException)
        {
            throw Resuming.TooSlow(options.Watch.Patience, watch.Token);
        }
        catch (InvalidOperationException) when (caller.IsCancellationRequested)
        {
            throw new OperationCanceledException(caller);
        }

        watch.LastSent = Stopwatch.GetTimestamp();
        if (changes.Count > 0)
        {
            Telemetry.WatchSent(clock.GetUtcNow() - Moments.ToMoment(changes[^1].ChangeTime.Micros));
        }
    }

    /// <summary>
    /// Gives one who was too slow the time to read on and hear why the watch ended, and then resets its stream.
    /// </summary>
    private async Task EndAfterWriteAsync(Watch watch, ServerCallContext call, CancellationToken ended)
    {
        try
        {
            if (!watch.Sending.IsCompleted)
            {
                await watch.Sending.WaitAsync(options.Watch.Linger, ended);
            }
        }
        catch (Exception unread) when (unread is TimeoutException or OperationCanceledException)
        {
            await StreamReset.AfterAsync(watch.Sending, call);
        }
        catch (Exception gone) when (gone is InvalidOperationException or IOException)
        {
            // The caller went away: nobody hears the end.
        }
    }

    private sealed class Watch(WatchFilter filter, string epoch, int restored, long position, IServerStreamWriter<WatchAgreementsResponse> responses)
    {
        public WatchFilter Filter => filter;

        public string Epoch => epoch;

        public int Restored => restored;

        public IServerStreamWriter<WatchAgreementsResponse> Responses => responses;

        /// <summary>Everything up to here was looked at.</summary>
        public long Position { get; set; } = position;

        /// <summary>And up to here the watcher knows.</summary>
        public long Told { get; set; } = position;

        public string Token { get; set; } = "";

        /// <summary>The last message's way into the connection.</summary>
        public Task Sending { get; set; } = Task.CompletedTask;

        public long LastSent { get; set; } = Stopwatch.GetTimestamp();
    }
}
