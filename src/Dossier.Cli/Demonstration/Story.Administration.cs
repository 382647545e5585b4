using Dossier.Cli.Commands;
using Outcome = Dossier.V1.Acknowledgement.Types.Outcome;

namespace Dossier.Cli.Demonstration;

/// <content>What administration does: the reminder that goes ahead by e-mail, and taking the agreement over.</content>
internal sealed partial class Story
{
    /// <summary>Confirms the e-mail, so that it is under way; once: nobody is reminded twice.</summary>
    private async Task<Email> SendAheadAsync(StoryFacts facts, CancellationToken cancellation)
    {
        if (await FindEmailAsync(cancellation) is { } before)
        {
            page.EmailBefore(before);
            return new Email(before, "");
        }
        var decision = await CheckAsync(StoryFacts.ReminderByEmail(facts.Letter(facts.Wrong)), cancellation);
        if (decision.Verdict is not Verdict.Allow)
        {
            page.EmailHeldBack(decision);
            return new Email(null, "");
        }
        var request = new ConfirmActionRequest { DecisionId = decision.DecisionId };
        var answer = await session.Guard.ConfirmActionAsync(request, session.With(StoryFacts.Administration, cancellation));
        page.EmailConfirmed(facts, answer);
        return new Email(answer.Confirmed ? answer.Action : null, decision.DecisionId);
    }

    private async Task<ActionRecord?> FindEmailAsync(CancellationToken cancellation)
    {
        var request = new ListActionsRequest
        {
            Parent = StoryFacts.Customer,
            States = { ActionState.Sent, ActionState.UnderWay, ActionState.Lapsed },
            PageSize = 200,
        };
        while (true)
        {
            var actions = await session.Guard.ListActionsAsync(request, session.With(StoryFacts.Administration, cancellation));
            if (actions.Actions.FirstOrDefault(StoryFacts.IsEmail) is { } found)
            {
                return found;
            }
            if ((request.PageToken = actions.NextPageToken).Length == 0)
            {
                return null;
            }
        }
    }

    /// <summary>Says that the e-mail has left. Only the demo that confirmed it can: it holds the decision.</summary>
    private async Task ReportAsync(Email email, CancellationToken cancellation)
    {
        if (email.Record is not { } record)
        {
            return;
        }
        if (email.DecisionId.Length == 0)
        {
            page.EmailReportedBefore(record);
            return;
        }
        var request = new ReportActionRequest
        {
            DecisionId = email.DecisionId,
            Outcome = ActionState.Sent,
            EvidenceId = StoryFacts.EmailNumber,
            RequestId = StoryFacts.RequestId($"{record.Name}/sent"),
        };
        var answer = await session.Guard.ReportActionAsync(request, session.With(StoryFacts.Administration, cancellation));
        page.EmailReported(answer.Action);
    }

    private async Task TakeOverAsync(Agreement standing, CancellationToken cancellation)
    {
        if (standing.State == AgreementState.Fulfilled)
        {
            page.TakenOverBefore(standing);
            return;
        }
        var list = new ListPendingAcknowledgementsRequest { System = StoryFacts.AdministrationName, PageSize = 200 };
        var pending = await PendingCommand.ListAsync(
            session, list, token => session.With(StoryFacts.Administration, token), cancellation);
        page.AdministrationTakesOver(pending.Pending, standing);

        var said = standing.Acknowledgements.FirstOrDefault(word => word.System == StoryFacts.AdministrationName);
        if (said?.Outcome != Outcome.Received)
        {
            var received = StoryFacts.Word(standing, "received");
            received.Received = new AcknowledgeAgreementRequest.Types.Received();
            standing = await AcknowledgeAsync(received, cancellation);
        }
        page.Received(standing);

        var applied = StoryFacts.Word(standing, "applied");
        applied.Applied = new AcknowledgeAgreementRequest.Types.Applied { EvidenceId = StoryFacts.CreditNote };
        page.Applied(await AcknowledgeAsync(applied, cancellation));
    }

    private async Task<Agreement> AcknowledgeAsync(AcknowledgeAgreementRequest request, CancellationToken cancellation) =>
        (await session.Agreements.AcknowledgeAgreementAsync(request, session.With(StoryFacts.Administration, cancellation))).Agreement;

    /// <summary>The reminder that went ahead by e-mail.</summary>
    /// <param name="Record">What the service knows of it; null if it was held back.</param>
    /// <param name="DecisionId">By which it is reported; empty if another demo confirmed it and took that along.</param>
    private sealed record Email(ActionRecord? Record, string DecisionId);
}
