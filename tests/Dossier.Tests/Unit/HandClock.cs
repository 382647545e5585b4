namespace Dossier.Tests.UnitTests;

/// <summary>Time passes when the test says so; what is due is done before it goes on.</summary>
internal sealed class HandClock : TimeProvider
{
    private readonly List<HandTimer> timers = [];
    private long now = 1;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => now;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new HandTimer(this, () => callback(state));
        timer.Change(dueTime, period);
        timers.Add(timer);
        return timer;
    }

    public void Pass(TimeSpan time)
    {
        var end = now + time.Ticks;
        while (timers.Where(timer => timer.Due <= end).MinBy(timer => timer.Due) is { } next)
        {
            now = next.Due;
            next.Ring();
        }

        now = end;
    }

    private sealed class HandTimer(HandClock clock, Action ring) : ITimer
    {
        private TimeSpan every;

        public long Due { get; private set; } = long.MaxValue;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            (Due, every) = (dueTime < TimeSpan.Zero ? long.MaxValue : clock.now + dueTime.Ticks, period);
            return true;
        }

        public void Ring()
        {
            Due = every < TimeSpan.Zero ? long.MaxValue : Due + every.Ticks;
            ring();
        }

        public void Dispose() => Due = long.MaxValue;

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
