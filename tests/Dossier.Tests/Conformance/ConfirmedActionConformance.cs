using Dossier.Tests.Fixtures;
using Dossier.Tests.ServiceTests;
using Dossier.V1;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace Dossier.Tests.ConformanceTests;

/// <summary>The last question before an action leaves, and what is recorded of it afterwards.</summary>
public abstract class ConfirmedActionConformance<TServers>(LifeHost<TServers> life) : IClassFixture<LifeHost<TServers>>
    where TServers : Servers, new()
{
    private static readonly Metadata Administration = DossierHost.As("administration", "nachtrun");
    private static readonly Metadata Webcare = DossierHost.As("webcare", "daan");
    private readonly DossierHost host = life.Host;

    private GuardService.GuardServiceClient Guard => host.Guard;

    [ServerFact]
    public async Task An_action_that_may_leave_is_under_way_from_its_confirmation()
    {
        var decision = await CheckAsync("2061");

        var confirmed = await Guard.ConfirmActionAsync(new ConfirmActionRequest { DecisionId = decision.DecisionId }, Administration);

        Assert.True(confirmed.Confirmed);
        Assert.Equal((ActionState.UnderWay, Verdict.Allow, "systems/administration", "nachtrun"), (confirmed.Action.State, confirmed.Action.Verdict, confirmed.Action.System, confirmed.Action.Agent));
        Assert.Equal(TimeSpan.FromMinutes(15), confirmed.Action.UnderWayTime.ToDateTimeOffset() - confirmed.Action.ConfirmTime.ToDateTimeOffset());
        Assert.Equal(confirmed.Action, Assert.Single((await Guard.ListActionsAsync(new ListActionsRequest { Parent = "customers/2061" })).Actions));
        Assert.Contains(confirmed.Action, (await Guard.ListActionsAsync(new ListActionsRequest { Parent = "customers/-", States = { ActionState.UnderWay } })).Actions);
    }

    [ServerFact]
    public async Task What_was_allowed_is_not_confirmed_once_an_agreement_forbids_it()
    {
        var decision = await CheckAsync("2062");
        Assert.Equal(Verdict.Allow, decision.Verdict);
        var agreed = await host.Agreements.CreateAgreementAsync(Agreed.DunningBlock("2062"), Webcare);

        var refused = await Guard.ConfirmActionAsync(new ConfirmActionRequest { DecisionId = decision.DecisionId }, Administration);

        Assert.Equal((false, Verdict.Block), (refused.Confirmed, refused.Decision.Verdict));
        Assert.Equal(agreed.Agreement.Name, refused.Decision.Reasons[0].Resource);
        Assert.Null(refused.Action);
        Assert.Equal(agreed.RegistrySequence, refused.RegistrySequence);
        await host.Agreements.WithdrawAgreementAsync(Agreed.Withdraw(agreed.Agreement), Webcare);
        Assert.True((await Guard.ConfirmActionAsync(new ConfirmActionRequest { DecisionId = decision.DecisionId }, Administration)).Confirmed);
    }

    [ServerFact]
    public async Task What_happened_is_recorded_and_cannot_be_confirmed_again()
    {
        var decision = await CheckAsync("2063");
        await Guard.ConfirmActionAsync(new ConfirmActionRequest { DecisionId = decision.DecisionId }, Administration);
        var report = new ReportActionRequest { DecisionId = decision.DecisionId, Outcome = ActionState.Sent, EvidenceId = "brief-2063", RequestId = Agreed.NewId() };

        var reported = await Guard.ReportActionAsync(report, Administration);

        Assert.Equal((ActionState.Sent, "brief-2063", Verdict.Allow, 0), (reported.Action.State, reported.Action.EvidenceId, reported.Action.Verdict, reported.Action.Against.Count));
        Assert.Equal(reported, await Guard.ReportActionAsync(report, Administration));
        var refused = await Refused.ByAsync(async () => await Guard.ConfirmActionAsync(new ConfirmActionRequest { DecisionId = decision.DecisionId }, Administration));
        Assert.Equal((StatusCode.FailedPrecondition, "ACTION_ENDED", "SENT"), (refused.Code, refused.Reason, refused.Info.Metadata["state"]));
        report.EvidenceId = "brief-2063b";
        Assert.Equal("REQUEST_ID_REUSED", (await Refused.ByAsync(async () => await Guard.ReportActionAsync(report, Administration))).Reason);
    }

    [ServerFact]
    public async Task A_report_that_is_repeated_gives_its_first_answer_whatever_was_reported_since()
    {
        var decision = await CheckAsync("2377");
        await Guard.ConfirmActionAsync(new ConfirmActionRequest { DecisionId = decision.DecisionId }, Administration);
        var sent = new ReportActionRequest { DecisionId = decision.DecisionId, Outcome = ActionState.Sent, EvidenceId = "brief-2377", RequestId = Agreed.NewId() };
        var first = await Guard.ReportActionAsync(sent, Administration);
        var failed = new ReportActionRequest { DecisionId = decision.DecisionId, Outcome = ActionState.Failed, EvidenceId = "retour-2377", RequestId = Agreed.NewId() };
        var second = await Guard.ReportActionAsync(failed, Administration);

        Assert.Equal(first, await Guard.ReportActionAsync(sent, Administration));
        Assert.Equal(second, await Guard.ReportActionAsync(failed, Administration));
        Assert.Equal(ActionState.Failed, (await Guard.ListActionsAsync(new ListActionsRequest { Parent = "customers/2377" })).Actions[0].State);
    }

    [ServerFact]
    public async Task A_letter_that_left_against_an_agreement_or_unasked_is_stored_and_says_so()
    {
        var agreed = await host.Agreements.CreateAgreementAsync(Agreed.DunningBlock("2064"), Webcare);

        var reported = await Guard.ReportActionAsync(
            new ReportActionRequest { Action = Letter("2064"), Outcome = ActionState.Sent, RequestId = Agreed.NewId() }, Administration);

        Assert.Equal([agreed.Agreement.Name], reported.Action.Against);
        Assert.Equal(Verdict.Unspecified, reported.Action.Verdict);
        Assert.Null(reported.Action.ConfirmTime);
        var held = await Guard.ReportActionAsync(
            new ReportActionRequest { Action = Letter("2064"), Outcome = ActionState.Suppressed, RequestId = Agreed.NewId() }, Administration);
        Assert.Empty(held.Action.Against);
    }

    [ServerFact]
    public async Task A_decision_id_that_is_none_is_named_and_changes_nothing()
    {
        var good = (await CheckAsync("2065")).DecisionId;
        var forged = string.Concat(good.AsSpan(0, good.Length - 4), good[^4] == 'A' ? "B" : "A", good.AsSpan(good.Length - 3));
        foreach (var id in new[] { "", "A", forged, new string('A', 1_000_000), good + "AAAA", good + "A", good[..^1], good[1..] })
        {
            var confirm = await Refused.ByAsync(async () => await Guard.ConfirmActionAsync(new ConfirmActionRequest { DecisionId = id }, Administration));
            Assert.Equal((StatusCode.InvalidArgument, "DECISION_INVALID"), (confirm.Code, confirm.Reason));
            var report = await Refused.ByAsync(async () => await Guard.ReportActionAsync(
                new ReportActionRequest { DecisionId = id, Outcome = ActionState.Sent, RequestId = Agreed.NewId() }, Administration));
            Assert.Equal("DECISION_INVALID", report.Reason);
        }

        Assert.Empty((await Guard.ListActionsAsync(new ListActionsRequest { Parent = "customers/2065" })).Actions);
    }

    [ServerFact]
    public async Task An_action_with_many_subjects_is_confirmed_with_the_very_action_that_was_judged()
    {
        var action = Agreed.Letter("2066", [.. Enumerable.Range(1, 150).Select(number => Agreed.Bill($"factuur-{number}", "BA-2066", 10))]);
        var decision = (await Guard.CheckActionAsync(new CheckActionRequest { Action = action })).Decision;
        Assert.InRange(decision.DecisionId.Length, 1, 2_048);
        var without = await Refused.ByAsync(async () => await Guard.ConfirmActionAsync(new ConfirmActionRequest { DecisionId = decision.DecisionId }, Administration));
        Assert.Equal(("DECISION_INVALID", "action"), (without.Reason, without.Fields.Single()));
        var other = action.Clone();
        other.Subjects.RemoveAt(0);
        Assert.Equal("DECISION_INVALID", (await Refused.ByAsync(async () => await Guard.ConfirmActionAsync(
            new ConfirmActionRequest { DecisionId = decision.DecisionId, Action = other }, Administration))).Reason);

        Assert.True((await Guard.ConfirmActionAsync(new ConfirmActionRequest { DecisionId = decision.DecisionId, Action = action }, Administration)).Confirmed);
    }

    [ServerFact]
    public async Task In_a_batch_each_has_its_own_answer_and_a_bad_one_does_not_stop_the_rest()
    {
        var (one, other) = (await CheckAsync("2067"), await CheckAsync("2068"));
        var confirmed = await Guard.ConfirmActionBatchAsync(
            new ConfirmActionBatchRequest { Confirmations = { new ConfirmActionRequest { DecisionId = one.DecisionId }, new ConfirmActionRequest { DecisionId = "x" }, new ConfirmActionRequest { DecisionId = other.DecisionId } } },
            Administration);
        Assert.Equal([true, false, true], confirmed.Results.Select(result => result.Response?.Confirmed == true));
        Assert.Equal((int)StatusCode.InvalidArgument, confirmed.Results[1].Error.Code);

        var reported = await Guard.ReportActionBatchAsync(
            new ReportActionBatchRequest
            {
                Reports =
                {
                    new ReportActionRequest { DecisionId = one.DecisionId, Outcome = ActionState.Sent, RequestId = Agreed.NewId() },
                    new ReportActionRequest { DecisionId = other.DecisionId, Outcome = ActionState.UnderWay, RequestId = Agreed.NewId() },
                },
            },
            Administration);
        Assert.Equal(ActionState.Sent, reported.Results[0].Response.Action.State);
        Assert.NotNull(reported.Results[1].Error);
        foreach (var count in new[] { 0, 1_001 })
        {
            var request = new ConfirmActionBatchRequest();
            request.Confirmations.AddRange(Enumerable.Repeat(new ConfirmActionRequest { DecisionId = one.DecisionId }, count));
            Assert.Equal(["confirmations"], (await Refused.ByAsync(async () => await Guard.ConfirmActionBatchAsync(request, Administration))).Fields);
        }
    }

    [ServerFact]
    public async Task The_stream_gives_the_verdicts_of_the_unary_method_in_order()
    {
        await host.Agreements.CreateAgreementAsync(Agreed.DunningBlock("2069"), Webcare);
        using var call = Guard.CheckActions(Administration);
        foreach (var customer in new[] { "2069", "2070", "not a number" })
        {
            await call.RequestStream.WriteAsync(new CheckActionsRequest { CorrelationId = customer, Action = Letter(customer) });
        }

        await call.RequestStream.CompleteAsync();
        var answers = new List<CheckActionsResponse>();
        await foreach (var answer in call.ResponseStream.ReadAllAsync())
        {
            answers.Add(answer);
        }

        Assert.Equal(["2069", "2070", "not a number"], answers.Select(answer => answer.CorrelationId));
        Assert.Equal([Verdict.Block, Verdict.Allow], answers.Take(2).Select(answer => answer.Result.Decision.Verdict));
        Assert.Equal((int)StatusCode.InvalidArgument, answers[2].Result.Error.Code);
    }

    [ServerFact]
    public async Task Confirmations_and_agreements_at_once_never_let_one_leave_against_the_other()
    {
        for (var round = 0; round < 100; round++)
        {
            var customer = $"{2071 + round}";
            var decision = await CheckAsync(customer);
            var confirm = Guard.ConfirmActionAsync(new ConfirmActionRequest { DecisionId = decision.DecisionId }, Administration).ResponseAsync;
            var agree = host.Agreements.CreateAgreementAsync(Agreed.DunningBlock(customer), Webcare).ResponseAsync;
            var (confirmed, agreed) = (await confirm, await agree);

            // Whichever had the customer's row first has the lower sequence, and the other saw it.
            Assert.Equal(confirmed.Confirmed, confirmed.RegistrySequence < agreed.RegistrySequence);
        }
    }

    private static PlannedAction Letter(string customer) => Agreed.Letter(customer, Agreed.Bill("factuur-1", "BA-1"));

    private async Task<Decision> CheckAsync(string customer) =>
        (await Guard.CheckActionAsync(new CheckActionRequest { Action = Letter(customer) }, Administration)).Decision;
}

public sealed class SqliteConfirmedActionTests(LifeHost<SqliteServers> life) : ConfirmedActionConformance<SqliteServers>(life);

[NeedsServer(PostgresDatabase.Variable, alsoInCI: true)]
public sealed class PostgresConfirmedActionTests(LifeHost<PostgresServers> life) : ConfirmedActionConformance<PostgresServers>(life);

[NeedsServer(SqlServerServers.Variable, alsoInCI: false)]
public sealed class SqlServerConfirmedActionTests(LifeHost<SqlServerServers> life) : ConfirmedActionConformance<SqlServerServers>(life);
