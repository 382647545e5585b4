using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Dossier.V1;

namespace Dossier.Tests.RobustnessTests;

/// <summary>Looks at a troubled source while its trouble lasts.</summary>
internal sealed class TroubleWatch : IDisposable
{
    private readonly TroubledService service;
    private readonly CancellationTokenSource over = new();
    private readonly MeterListener metrics = new();
    private readonly Task looking;

    public TroubleWatch(TroubledService service)
    {
        this.service = service;
        metrics.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Name is "dossier.source.breaker" or "dossier.source.abandoned")
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        metrics.SetMeasurementEventCallback<int>((instrument, value, tags, _) =>
        {
            if (tags.ToArray().Any(tag => tag is { Key: "dossier.source", Value: "webcare" }))
            {
                Seen.BreakerMetric |= instrument.Name == "dossier.source.breaker" && value == 1;
                Seen.Abandoned = Math.Max(Seen.Abandoned, instrument.Name == "dossier.source.abandoned" ? value : 0);
            }
        });
        metrics.Start();
        looking = Task.Run(LookAsync);
    }

    public Seen Seen { get; } = new();

    public async Task EndAsync()
    {
        await over.CancelAsync();
        await looking;
    }

    public void Dispose()
    {
        over.Cancel();
        metrics.Dispose();
        over.Dispose();
    }

    private async Task LookAsync()
    {
        while (!over.IsCancellationRequested)
        {
            var source = await service.SourceAsync();
            if (source.State != SourceState.Ok)
            {
                Seen.Failures.TryAdd((source.State, source.LastFailure), 0);
            }

            Seen.BreakerOpen |= source.BreakerOpen;
            metrics.RecordObservableInstruments();
            Seen.Connections = Math.Max(Seen.Connections, service.Store.Connections());
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System);
        }
    }
}

/// <summary>What was seen of the source.</summary>
internal sealed class Seen
{
    public ConcurrentDictionary<(SourceState State, string Reason), byte> Failures { get; } = new();

    public bool Said(string words) => Failures.Keys.Any(failure => failure.Reason.Contains(words, StringComparison.Ordinal));

    public override string ToString() => string.Join(" | ", Failures.Keys);

    public bool BreakerOpen { get; set; }

    public bool BreakerMetric { get; set; }

    public int Abandoned { get; set; }

    public int Connections { get; set; }
}
