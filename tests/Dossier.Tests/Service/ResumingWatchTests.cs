using Dossier.Tests.Fixtures;
using Dossier.V1;
using Grpc.Core;

namespace Dossier.Tests.ServiceTests;

/// <summary>A watch that resumes: what it waits out, what it throws, and from where it goes on.</summary>
public sealed class ResumingWatchTests
{
    [Theory]
    [InlineData(StatusCode.Unavailable, "SHUTTING_DOWN")]
    [InlineData(StatusCode.Unavailable, "REGISTRY_UNAVAILABLE")]
    [InlineData(StatusCode.Unavailable, null)]
    [InlineData(StatusCode.ResourceExhausted, "WATCH_TOO_SLOW")]
    [InlineData(StatusCode.Internal, null)]
    [InlineData(StatusCode.Unknown, null)]
    [InlineData(StatusCode.Cancelled, null)]
    [InlineData(StatusCode.OK, null)]
    public async Task What_passes_by_itself_is_waited_out_from_the_last_message_that_was_handed_over(StatusCode code, string? reason)
    {
        await using var service = await ScriptedService.StartAsync();
        service.Script.Watch = async (call, request, stream, _) =>
        {
            if (call == 1)
            {
                await stream.WriteAsync(Message(3, "t3"), CancellationToken.None);
                await stream.WriteAsync(Message(4, "t4", 4), CancellationToken.None);
                throw Script.End(code == StatusCode.OK ? StatusCode.Unavailable : code, reason);
            }

            // The mark from which it resumes, a change that was handed over already, a new one.
            await stream.WriteAsync(Message(4, "t4"), CancellationToken.None);
            await stream.WriteAsync(Message(4, "t4", 4), CancellationToken.None);
            await stream.WriteAsync(Message(6, "t6", 5, 6), CancellationToken.None);
            throw Script.End(StatusCode.InvalidArgument, "RESUME_TOKEN_FOREIGN");
        };
        var interruptions = new List<RpcException>();
        var watch = new ResumingWatch(service.Agreements, new WatchAgreementsRequest { Parent = "customers/-" })
        {
            Interrupted = (end, _) => interruptions.Add(end),
        };

        var (heard, end) = await HearAsync(watch);

        Assert.Equal("RESUME_TOKEN_FOREIGN", end.Trailers.GetValue("dossier-reason"));
        Assert.Equal(["3:t3", "4:t4 4", "6:t6 5 6"], heard);
        Assert.Equal(["", "t4"], service.Script.Asked);
        Assert.Single(interruptions);
    }

    [Theory]
    [InlineData(StatusCode.OutOfRange, "RESUME_TOKEN_EXPIRED")]
    [InlineData(StatusCode.InvalidArgument, "RESUME_TOKEN_FUTURE")]
    [InlineData(StatusCode.InvalidArgument, "RESUME_TOKEN_INVALID")]
    [InlineData(StatusCode.InvalidArgument, "INVALID_FIELD")]
    [InlineData(StatusCode.InvalidArgument, "INVALID_METADATA")]
    [InlineData(StatusCode.FailedPrecondition, "REGISTRY_RESTORED")]
    [InlineData(StatusCode.FailedPrecondition, "SEQUENCE_NOT_REACHED")]
    [InlineData(StatusCode.PermissionDenied, "NOT_OBLIGED")]
    [InlineData(StatusCode.Internal, "INTERNAL")]
    [InlineData(StatusCode.Unauthenticated, null)]
    public async Task What_needs_people_is_thrown_after_what_came_before_it(StatusCode code, string? reason)
    {
        await using var service = await ScriptedService.StartAsync();
        service.Script.Watch = async (_, _, stream, _) =>
        {
            await stream.WriteAsync(Message(4, "t4", 4), CancellationToken.None);
            throw Script.End(code, reason);
        };

        var (heard, end) = await HearAsync(new ResumingWatch(service.Agreements, new WatchAgreementsRequest { Parent = "customers/-" }));

        Assert.Equal((code, reason), (end.StatusCode, end.Trailers.GetValue("dossier-reason")));
        Assert.Equal(["4:t4 4"], heard);
        Assert.Single(service.Script.Asked);
    }

    [Fact]
    public async Task A_connection_on_which_nothing_comes_any_more_counts_as_lost()
    {
        await using var service = await ScriptedService.StartAsync();
        service.Script.Watch = async (call, _, stream, ended) =>
        {
            await stream.WriteAsync(Message(call, $"t{call}", call), CancellationToken.None);
            if (call == 3)
            {
                throw Script.End(StatusCode.OutOfRange, "RESUME_TOKEN_EXPIRED");
            }

            await Task.Delay(Timeout.Infinite, ended);
        };
        var watch = new ResumingWatch(service.Agreements, new WatchAgreementsRequest { Parent = "customers/-" }) { Silence = TimeSpan.FromMilliseconds(400) };

        var (heard, _) = await HearAsync(watch);

        Assert.Equal("1:t1 1", heard[0]);
        Assert.Equal("3:t3 3", heard[^1]);
    }

    [Fact]
    public async Task Whoever_takes_long_over_a_message_is_not_taken_for_a_silent_service()
    {
        await using var service = await ScriptedService.StartAsync();
        service.Script.Watch = async (_, _, stream, _) =>
        {
            await stream.WriteAsync(Message(1, "t1", 1), CancellationToken.None);
            await stream.WriteAsync(Message(2, "t2", 2), CancellationToken.None);
            throw Script.End(StatusCode.OutOfRange, "RESUME_TOKEN_EXPIRED");
        };
        var silence = TimeSpan.FromSeconds(2);
        var watch = new ResumingWatch(service.Agreements, new WatchAgreementsRequest { Parent = "customers/-" }) { Silence = silence };

        var (heard, _) = await HearAsync(watch, () => Task.Delay(silence * 1.5, TimeProvider.System));

        Assert.Equal(["1:t1 1", "2:t2 2"], heard);
        Assert.Single(service.Script.Asked);
    }

    [Fact]
    public async Task A_message_whose_hand_over_failed_comes_again_from_the_stored_token()
    {
        await using var service = await ScriptedService.StartAsync();
        service.Script.Watch = async (_, request, stream, ended) =>
        {
            await stream.WriteAsync(request.ResumeToken == "t1" ? Message(2, "t2", 2) : Message(1, "t1", 1), CancellationToken.None);
            await stream.WriteAsync(Message(2, "t2", 2), CancellationToken.None);
            await Task.Delay(Timeout.Infinite, ended);
        };
        var request = new WatchAgreementsRequest { Parent = "customers/-" };
        var watch = new ResumingWatch(service.Agreements, request);
        var heard = new List<string>();

        Task HandOver(WatchAgreementsResponse message, CancellationToken cancellation)
        {
            heard.Add(message.ResumeToken);
            return message.ResumeToken == "t2" && heard.Count == 2 ? throw new InvalidOperationException("the database is full") : Task.CompletedTask;
        }

        await Assert.ThrowsAsync<InvalidOperationException>(() => watch.RunAsync(HandOver));
        using var enough = new CancellationTokenSource();
        var again = watch.RunAsync(
            async (message, cancellation) =>
            {
                await HandOver(message, cancellation);
                await enough.CancelAsync();
            },
            new CallOptions(cancellationToken: enough.Token));

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => again);
        Assert.Equal(["t1", "t2", "t2"], heard);
        Assert.Equal(["", "t1"], service.Script.Asked);
        Assert.Equal("", request.ResumeToken);
    }

    private static WatchAgreementsResponse Message(long through, string token, params long[] sequences) => new()
    {
        CompleteThroughSequence = through,
        ResumeToken = token,
        Changes = { sequences.Select(sequence => new AgreementChange { Sequence = sequence }) },
    };

    private static async Task<(List<string> Heard, RpcException End)> HearAsync(ResumingWatch watch, Func<Task>? each = null)
    {
        var heard = new List<string>();
        using var patience = new CancellationTokenSource(DossierProcess.Patience);
        var end = await Assert.ThrowsAsync<RpcException>(() => watch.RunAsync(
            async (message, _) =>
            {
                heard.Add($"{message.CompleteThroughSequence}:{message.ResumeToken} {string.Join(' ', message.Changes.Select(change => change.Sequence))}".TrimEnd());
                await (each?.Invoke() ?? Task.CompletedTask);
            },
            new CallOptions(cancellationToken: patience.Token)));
        return (heard, end);
    }
}
