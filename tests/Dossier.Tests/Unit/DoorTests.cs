using Dossier.Database;
using Dossier.Host;
using Microsoft.AspNetCore.Http;

namespace Dossier.Tests.UnitTests;

/// <summary>A call that waits for its turn before the gRPC library knows of it; one call of each system at work, and the clock is the test's own.</summary>
public sealed class DoorTests : IDisposable
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(20);
    private readonly HandClock clock = new();
    private readonly FairShare shares;
    private readonly DefaultHttpContext call = new();

    public DoorTests() => shares = new FairShare(1, clock);

    public void Dispose() => shares.Dispose();

    private async Task<FairShare.Turn> BusyAsync() => await shares.EnterAsync("run", Timeout.InfiniteTimeSpan, CancellationToken.None);

    private Task<FairShare.Turn?> Wait(string? deadline)
    {
        call.Request.Headers["grpc-timeout"] = deadline;
        return AdmissionAtTheDoor.WaitAsync(call, shares, "run").AsTask();
    }

    private string Deadline => call.Request.Headers["grpc-timeout"].ToString();

    [Fact]
    public async Task A_call_whose_turn_it_is_keeps_its_deadline_as_it_was()
    {
        Assert.NotNull(await Wait("50m"));
        Assert.Equal("50m", Deadline);
    }

    [Theory]
    [InlineData("50m", "46000u")]
    [InlineData("50000u", "46000u")]
    [InlineData("50000000n", "46000u")]
    [InlineData("2S", "1996000u")]
    [InlineData("1M", "59996000u")]
    [InlineData("2M", "119996m")]
    [InlineData("1H", "3599996m")]
    [InlineData("99999999S", "99999999m")]
    [InlineData("99999999H", "99999999m")]
    public async Task What_a_call_has_waited_is_taken_from_its_deadline(string given, string left)
    {
        var before = await BusyAsync();
        var waiting = Wait(given);
        clock.Pass(TimeSpan.FromMilliseconds(4));
        Assert.False(waiting.IsCompleted);
        before.Dispose();

        Assert.Equal(TimeSpan.FromMilliseconds(4), (await waiting.WaitAsync(Long))!.Waited);
        Assert.Equal(left, Deadline);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("m")]
    [InlineData("-5m")]
    [InlineData("5x")]
    [InlineData("123456789m")]
    public async Task What_is_no_deadline_is_left_to_the_library(string? given)
    {
        var before = await BusyAsync();
        var waiting = Wait(given);
        clock.Pass(TimeSpan.FromMilliseconds(4));
        before.Dispose();

        Assert.NotNull(await waiting.WaitAsync(Long));
        Assert.Equal(given ?? "", Deadline);
    }

    [Fact]
    public async Task A_call_whose_deadline_passes_while_it_waits_has_no_turn_and_no_time_left()
    {
        await BusyAsync();
        var waiting = Wait("4m");
        clock.Pass(TimeSpan.FromMilliseconds(4));

        Assert.Null(await waiting.WaitAsync(Long));
        Assert.Equal("1u", Deadline);
    }

    [Fact]
    public async Task A_call_whose_caller_goes_away_while_it_waits_has_no_turn_and_the_next_one_has_it()
    {
        var before = await BusyAsync();
        using var gone = new CancellationTokenSource();
        call.RequestAborted = gone.Token;
        var waiting = Wait("50m");
        await gone.CancelAsync();
        Assert.Null(await waiting.WaitAsync(Long));
        Assert.Equal("50m", Deadline);
        call.RequestAborted = CancellationToken.None;
        var next = Wait("50m");
        Assert.False(next.IsCompleted);
        before.Dispose();

        Assert.NotNull(await next.WaitAsync(Long));
    }
}
