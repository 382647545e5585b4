using System.Collections.Concurrent;
using System.Diagnostics;
using Dossier.Tests.Fixtures;
using Dossier.Tests.ServiceTests;
using Dossier.V1;
using Grpc.Core;
using Xunit.Abstractions;

namespace Dossier.Tests.RobustnessTests;

/// <summary>
/// Sixteen callers at two processes check, agree, withdraw, confirm and report as it comes, over few customers. Each keeps what it was
/// answered; afterwards the history of each customer is told again in the order of its sequences.
/// </summary>
public abstract class ConfirmedHistoryTests<TRegistry>(TwoProcesses<TRegistry> processes, ITestOutputHelper report) : IClassFixture<TwoProcesses<TRegistry>>
    where TRegistry : SharedRegistry, new()
{
    private const int Callers = 16;
    private const int CallsEach = 80;
    private const decimal Credit = 5;
    private static readonly Metadata Webcare = DossierHost.As("webcare", "daan");
    private static readonly Metadata Administration = DossierHost.As("administration", "nachtrun");

    [ServerFact]
    public async Task No_action_is_confirmed_against_what_binds_at_its_place_in_the_history_and_no_fact_is_lost()
    {
        var seed = Environment.TickCount;
        var histories = await Task.WhenAll(Enumerable.Range(2101, 6).Select(HistoryAsync));
        using var done = new CancellationTokenSource();
        var holding = processes.Registry.HoldAsync([.. histories.Select(history => history.Customer)], new Random(seed), done.Token);

        await Task.WhenAll(Enumerable.Range(0, Callers).Select(caller => Task.Run(async () =>
        {
            var random = new Random(seed + 1 + caller);
            for (var call = 0; call < CallsEach; call++)
            {
                await CallAsync(caller % 2, histories[random.Next(histories.Length)], random);
            }
        }))).WaitAsync(DossierProcess.Patience);
        await done.CancelAsync();
        await holding;

        var after = processes.Registry.Sound();
        foreach (var history in histories)
        {
            history.HoldConfirmations();
            history.HoldReports(after, await ActionsAsync(history.Customer));
        }

        var confirmations = histories.SelectMany(history => history.Confirmations).ToList();
        report.WriteLine(
            $"seed {seed}: {histories.Sum(history => history.Made.Count)} agreements, {histories.Sum(history => history.Ended.Count)} withdrawn, "
            + $"{confirmations.Count(confirmation => confirmation.Confirmed)} of {confirmations.Count} confirmed, {histories.Sum(history => history.Reports.Count)} reports");
        foreach (var verdict in (Verdict[])[Verdict.Allow, Verdict.Reduce, Verdict.Block])
        {
            Assert.Contains(confirmations, confirmation => confirmation.Decision.Verdict == verdict);
        }
    }

    private GuardService.GuardServiceClient Guard(int process) => new(processes.Both[process].Channel);

    private async Task<History> HistoryAsync(int customer)
    {
        var dossier = await processes.Both[0].Dossiers.GetDossierAsync(new GetDossierRequest { Name = $"customers/{customer}/dossier", Sections = { Section.Invoices } });
        var bill = dossier.Dossier.Invoices.First(invoice => invoice.Type == Invoice.Types.Type.Invoice);
        return new History($"{customer}", bill.Number, bill.Total.ToDecimal());
    }

    private async Task CallAsync(int process, History history, Random random)
    {
        var agreements = processes.Both[process].Agreements;
        switch (random.Next(20))
        {
            case < 4:
                history.Decisions.Add((await Guard(process).CheckActionAsync(new CheckActionRequest { Action = history.Letter() }, Administration)).Decision.DecisionId);
                break;
            case < 7:
                var blocks = random.Next(3) == 0;
                var made = await agreements.CreateAgreementAsync(blocks ? Agreed.DunningBlock(history.Customer) : history.CreditOf(Credit), Webcare);
                history.Made.Add(new Made(made.Agreement, made.RegistrySequence, blocks, Stopwatch.GetTimestamp()));
                break;
            case < 12 when history.AnyMade(random) is { } standing:
                var withdrawal = await Outcome.OfAsync(() => agreements.WithdrawAgreementAsync(Agreed.Withdraw(standing), Webcare).ResponseAsync);
                Assert.True(withdrawal.Refused is null or { Reason: "ETAG_MISMATCH" }, withdrawal.Refused?.Message);
                if (withdrawal.Answer is { } ended)
                {
                    Assert.True(history.Ended.TryAdd(standing.Name, ended.RegistrySequence), "an agreement was withdrawn twice");
                }

                break;
            case < 18 when history.AnyDecision(random) is { } decision:
                var confirmation = await Outcome.OfAsync(() => Guard(process).ConfirmActionAsync(new ConfirmActionRequest { DecisionId = decision }, Administration).ResponseAsync);
                Assert.True(confirmation.Refused is null or { Reason: "ACTION_ENDED" }, confirmation.Refused?.Message);
                if (confirmation.Answer is { } answer)
                {
                    history.Confirmations.Add(answer);
                }

                break;
            default:
                await ReportAsync(process, history, random);
                break;
        }
    }

    /// <summary>Of a decision, or of a letter that nobody asked about; some are told to both processes at once.</summary>
    private async Task ReportAsync(int process, History history, Random random)
    {
        var outcomes = new[] { ActionState.Sent, ActionState.Sent, ActionState.Suppressed, ActionState.Failed };
        var request = new ReportActionRequest { Outcome = outcomes[random.Next(outcomes.Length)], EvidenceId = $"letter-{random.Next()}", RequestId = Agreed.NewId() };
        if (random.Next(3) > 0 && history.AnyDecision(random) is { } decision)
        {
            request.DecisionId = decision;
        }
        else
        {
            request.Action = history.Letter();
        }

        var begun = Stopwatch.GetTimestamp();

        // Of a decision another caller may tell something else in between; an action that nobody asked about is this report's alone.
        var told = request.DecisionId.Length == 0 && random.Next(2) == 0 ? new[] { 0, 1 } : [process];
        var answers = await Task.WhenAll(told.Select(one => Guard(one).ReportActionAsync(request, Administration).ResponseAsync));
        Assert.All(answers, answer => Assert.Equal((answers[0].RegistrySequence, answers[0].Action.Name), (answer.RegistrySequence, answer.Action.Name)));
        history.Reports.Add(new Reported(request, answers[0], begun));
    }

    private async Task<List<ActionRecord>> ActionsAsync(string customer)
    {
        var listed = new List<ActionRecord>();
        var request = new ListActionsRequest { Parent = $"customers/{customer}", PageSize = 200 };
        do
        {
            var page = await Guard(0).ListActionsAsync(request);
            listed.AddRange(page.Actions);
            request.PageToken = page.NextPageToken;
        }
        while (request.PageToken.Length > 0);
        return listed;
    }

    private sealed record Made(Agreement Agreement, long Sequence, bool Blocks, long Answered);

    private sealed record Reported(ReportActionRequest Request, ReportActionResponse Answer, long Begun);

    /// <summary>What was answered about one customer.</summary>
    private sealed class History(string customer, string invoice, decimal asked)
    {
        public string Customer => customer;

        public ConcurrentBag<string> Decisions { get; } = [];

        public ConcurrentBag<Made> Made { get; } = [];

        public ConcurrentDictionary<string, long> Ended { get; } = new(StringComparer.Ordinal);

        public ConcurrentBag<ConfirmActionResponse> Confirmations { get; } = [];

        public ConcurrentBag<Reported> Reports { get; } = [];

        public PlannedAction Letter() => Agreed.Letter(customer, Agreed.Bill(invoice, $"BA-00{customer}", asked));

        public CreateAgreementRequest CreditOf(decimal amount) => Agreed.Create(customer, new Effect
        {
            CreditAmount = new CreditAmount { Amount = StoryTests.Eur(amount), Ground = CreditAmount.Types.Ground.Goodwill },
            Subjects = { Agreed.Invoice(invoice) },
        });

        public string? AnyDecision(Random random) => Any([.. Decisions], random);

        /// <summary>Of those that stand, as far as is known: another caller may withdraw it at this moment.</summary>
        public Agreement? AnyMade(Random random) => Any([.. Made.Select(made => made.Agreement).Where(agreement => !Ended.ContainsKey(agreement.Name))], random);

        /// <summary>Each verdict is the one of what binds at the confirmation's place in the customer's order.</summary>
        public void HoldConfirmations()
        {
            foreach (var confirmation in Confirmations)
            {
                var at = confirmation.RegistrySequence;
                var binding = Binding(at);
                var left = asked - (Credit * binding.Count(made => !made.Blocks));
                var expected = binding.Exists(made => made.Blocks) || left <= 0 ? Verdict.Block : left < asked ? Verdict.Reduce : Verdict.Allow;
                Assert.True(expected == confirmation.Decision.Verdict, $"{customer} at {at}: {confirmation.Decision.Verdict} was given, {expected} binds");
                Assert.Equal(expected is Verdict.Allow or Verdict.Reduce, confirmation.Confirmed);
                if (expected == Verdict.Reduce)
                {
                    Assert.Equal(StoryTests.Eur(left), confirmation.Decision.AllowedAmount);
                }
            }

            var sequences = Confirmations.Where(confirmation => confirmation.Confirmed).Select(confirmation => confirmation.RegistrySequence).ToList();
            Assert.Equal(sequences.Count, sequences.Distinct().Count());
        }

        /// <summary>Each fact is a change of its own, the last one is what the action's record says, and what forbade it is named.</summary>
        public void HoldReports(RegistryTables after, IReadOnlyList<ActionRecord> actions)
        {
            Assert.Subset(
                after.Changes.Where(change => change.Name.StartsWith($"customers/{customer}/actions/", StringComparison.Ordinal)).Select(change => (change.Sequence, change.Name)).ToHashSet(),
                Reports.Select(told => (told.Answer.RegistrySequence, told.Answer.Action.Name)).ToHashSet());
            Assert.Equal(
                Reports.Select(told => told.Request.RequestId).Order(StringComparer.Ordinal),
                after.Requests.Where(row => row.Name.StartsWith($"customers/{customer}/actions/", StringComparison.Ordinal)).Select(row => row.RequestId).Order(StringComparer.Ordinal));
            foreach (var facts in Reports.GroupBy(told => told.Answer.Action.Name, StringComparer.Ordinal))
            {
                var last = facts.MaxBy(told => told.Answer.RegistrySequence)!;
                var record = Assert.Single(actions, action => action.Name == facts.Key);
                Assert.Equal((last.Request.Outcome, last.Request.EvidenceId), (record.State, record.EvidenceId));
            }

            foreach (var told in Reports)
            {
                var forbidding = told.Request.Outcome == ActionState.Sent ? Binding(told.Answer.RegistrySequence).Where(made => made.Blocks).ToList() : [];
                Assert.Subset(forbidding.Select(made => made.Agreement.Name).ToHashSet(), told.Answer.Action.Against.ToHashSet());

                // One that was made after the letter had left did not forbid it then.
                Assert.Subset(told.Answer.Action.Against.ToHashSet(), forbidding.Where(made => made.Answered < told.Begun).Select(made => made.Agreement.Name).ToHashSet());
            }
        }

        private List<Made> Binding(long sequence) =>
            [.. Made.Where(made => made.Sequence <= sequence && !(Ended.TryGetValue(made.Agreement.Name, out var ended) && ended <= sequence))];

        private static T? Any<T>(IReadOnlyList<T> all, Random random)
            where T : class => all.Count == 0 ? null : all[random.Next(all.Count)];
    }
}

[Collection(ProcessesCollection.Name)]
public sealed class SqliteConfirmedHistoryTests(TwoProcesses<SqliteSharedRegistry> processes, ITestOutputHelper report)
    : ConfirmedHistoryTests<SqliteSharedRegistry>(processes, report);

[Collection(ProcessesCollection.Name)]
[NeedsServer(PostgresDatabase.Variable, alsoInCI: true)]
public sealed class PostgresConfirmedHistoryTests(TwoProcesses<PostgresSharedRegistry> processes, ITestOutputHelper report)
    : ConfirmedHistoryTests<PostgresSharedRegistry>(processes, report);
