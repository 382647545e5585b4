using System.Diagnostics;
using System.Globalization;
using Dossier.V1;
using Grpc.Core;
using Grpc.Net.Client;

namespace Dossier.Bench;

/// <summary>The guard: one action at a time, and a dunning run of 100,000 letters, of which one in a hundred has an agreement.</summary>
internal static class GuardLoad
{
    private const int Letters = 100_000;
    private const int Batch = 1_000;
    private static readonly Metadata Webcare = new() { { "x-dossier-system", "webcare" }, { "x-dossier-agent", "daan" } };
    private static readonly Metadata Administration = new() { { "x-dossier-system", "administration" }, { "x-dossier-agent", "run" } };

    public static async Task RunAsync(string address, TimeSpan length, CancellationToken stop)
    {
        using var channel = GrpcChannel.ForAddress(address);
        var agreements = new AgreementService.AgreementServiceClient(channel);
        var guard = new GuardService.GuardServiceClient(channel);

        // One customer of a hundred: the sample has the numbers 2001 to 2400.
        foreach (var customer in (int[])[2001, 2101, 2201, 2301])
        {
            await agreements.CreateAgreementAsync(
                new CreateAgreementRequest
                {
                    Parent = $"customers/{customer}",
                    RequestId = Guid.NewGuid().ToString(),
                    Agreement = new Agreement
                    {
                        Effects =
                        {
                            new Effect
                            {
                                DunningBlock = new DunningBlock { Reason = DunningBlock.Types.Reason.Disputed },
                                Subjects = { new Subject { Type = SubjectType.Customer, Id = $"{customer}" } },
                            },
                        },
                    },
                },
                Webcare,
                cancellationToken: stop);
        }

        Console.WriteLine("| CheckAction, callers | verdicts/s | p50 ms | p99 ms |");
        Console.WriteLine("|---|---|---|---|");
        await WriteLoad.MeasureAsync(16, TimeSpan.FromSeconds(3), CheckAsync);
        foreach (var callers in (int[])[1, 16, 64])
        {
            WriteLoad.Print($"{callers}", await WriteLoad.MeasureAsync(callers, length, CheckAsync));
        }

        Console.WriteLine();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {Letters:N0} verdicts | seconds | blocked |"));
        Console.WriteLine("|---|---|---|");
        foreach (var callers in (int[])[1, 4])
        {
            var (elapsed, blocked) = await BatchesAsync(guard, callers, stop);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| CheckActionBatch of {Batch}, {callers} at once | {elapsed.TotalSeconds:0.00} | {blocked} |"));
        }

        var (streamed, stopped) = await StreamAsync(guard, stop);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| CheckActions, one stream | {streamed.TotalSeconds:0.00} | {stopped} |"));

        async Task CheckAsync(int index) => await guard.CheckActionAsync(new CheckActionRequest { Action = Letter(index) }, Administration, cancellationToken: stop);
    }

    private static async Task<(TimeSpan Elapsed, int Blocked)> BatchesAsync(GuardService.GuardServiceClient guard, int callers, CancellationToken stop)
    {
        var (next, blocked) = (-1, 0);
        var started = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, callers).Select(_ => Task.Run(
            async () =>
            {
                for (var batch = Interlocked.Increment(ref next); batch < Letters / Batch; batch = Interlocked.Increment(ref next))
                {
                    var request = new CheckActionBatchRequest { Actions = { Enumerable.Range(batch * Batch, Batch).Select(Letter) } };
                    var answer = await guard.CheckActionBatchAsync(request, Administration, cancellationToken: stop);
                    Interlocked.Add(ref blocked, answer.Results.Count(result => result.Decision.Verdict == Verdict.Block));
                }
            },
            stop)));
        return (Stopwatch.GetElapsedTime(started), blocked);
    }

    private static async Task<(TimeSpan Elapsed, int Blocked)> StreamAsync(GuardService.GuardServiceClient guard, CancellationToken stop)
    {
        var started = Stopwatch.GetTimestamp();
        using var call = guard.CheckActions(Administration, cancellationToken: stop);
        var blocked = 0;
        var reading = Task.Run(
            async () =>
            {
                while (await call.ResponseStream.MoveNext(stop))
                {
                    blocked += call.ResponseStream.Current.Result.Decision.Verdict == Verdict.Block ? 1 : 0;
                }
            },
            stop);
        for (var index = 0; index < Letters; index++)
        {
            await call.RequestStream.WriteAsync(new CheckActionsRequest { CorrelationId = $"{index}", Action = Letter(index) }, stop);
        }

        await call.RequestStream.CompleteAsync();
        await reading;
        return (Stopwatch.GetElapsedTime(started), blocked);
    }

    private static PlannedAction Letter(int index)
    {
        var customer = 2001 + (index % 400);
        return new PlannedAction
        {
            Customer = $"customers/{customer}",
            Action = ActionKind.SendDunningNotice,
            Stage = DunningStage.Reminder,
            Channel = "letter",
            Subjects =
            {
                new ActionSubject
                {
                    Type = SubjectType.Invoice,
                    Id = $"{index:000000000}",
                    Parents = { new SubjectRef { Type = SubjectType.BillingAccount, Id = $"BA-{customer:000000}" } },
                    Amount = new Google.Type.Money { CurrencyCode = "EUR", Units = 27, Nanos = 500_000_000 },
                },
            },
        };
    }
}
