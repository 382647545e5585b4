using Dossier.Cli.Commands;

namespace Dossier.Cli.Demonstration;

/// <summary>The story, call by call: each step acts as one system and prints what that system sees.</summary>
internal sealed class Story(Session session, StoryPage page, TimeSpan pause)
{
    public async Task<int> PlayAsync(bool reset, CancellationToken cancellation)
    {
        var facts = await ReadAsync(cancellation);
        var earlier = await ListAsync(cancellation);
        var standing = earlier.FirstOrDefault(Stands);
        page.Open(facts.Dossier);
        if (standing is { State: AgreementState.Active or AgreementState.Proposed } && reset)
        {
            earlier.Insert(0, await WithdrawAsync(standing, cancellation));
            standing = null;
            facts = await ReadAsync(cancellation);
        }
        else if (standing is not null)
        {
            page.PlayedBefore(standing);
        }

        page.TelephonyBefore(facts, standing);
        await PauseAsync(cancellation);

        page.AdministrationPlans(facts, await CheckAsync(facts.Letter(facts.Wrong), cancellation));
        await PauseAsync(cancellation);

        standing = await AgreeAsync(facts, standing, earlier, cancellation);
        await PauseAsync(cancellation);

        var letter = await CheckAsync(facts.Letter(facts.Wrong), cancellation);
        var paid = await CheckAsync(facts.Letter(facts.Paid), cancellation);
        var account = await CheckAsync(facts.LetterOverAccount(), cancellation);
        page.AdministrationSends(facts, letter, paid, account);
        await PauseAsync(cancellation);

        page.TelephonyAfter(await ReadAsync(cancellation));
        page.Close(standing, letter.Verdict);
        return letter.Verdict == Verdict.Block
            ? ExitCode.Fine
            : throw new CommandException(ExitCode.Unexpected,
                $"the guard said {Words.Code(letter.Verdict)} to the letter on invoice {StoryFacts.WrongInvoice}; the story expects BLOCK");
    }

    private static bool Stands(Agreement agreement) =>
        agreement.State is AgreementState.Active or AgreementState.Fulfilled or AgreementState.Proposed;

    private async Task<StoryFacts> ReadAsync(CancellationToken cancellation)
    {
        var request = new LookUpDossierRequest { Key = new CustomerKey { Phone = StoryFacts.Phone }, View = DossierView.Full };
        var seen = await session.Dossiers.LookUpDossierAsync(request, session.With(StoryFacts.Telephony, cancellation));
        return StoryFacts.Of(seen);
    }

    private async Task<List<Agreement>> ListAsync(CancellationToken cancellation)
    {
        var request = new ListAgreementsRequest { Parent = StoryFacts.Customer, PageSize = 200 };
        var all = await AgreementsCommand.ListAsync(session, request, token => session.With(StoryFacts.Webcare, token), cancellation);
        return all.Agreements.Where(StoryFacts.IsOnWrongInvoice).ToList();
    }

    private async Task<Agreement> AgreeAsync(
        StoryFacts facts, Agreement? standing, List<Agreement> earlier, CancellationToken cancellation)
    {
        if (standing is not null)
        {
            page.WebcareAgreedBefore(standing);
            return standing;
        }
        var request = facts.Agreement(earlier.Count > 0 ? earlier[0].Name : "");
        session.RequestId(request.RequestId);
        var answer = await session.Agreements.CreateAgreementAsync(request, session.With(StoryFacts.Webcare, cancellation));
        page.WebcareAgrees(facts, answer.Agreement);
        return answer.Agreement;
    }

    private async Task<Agreement> WithdrawAsync(Agreement standing, CancellationToken cancellation)
    {
        var request = new WithdrawAgreementRequest
        {
            Name = standing.Name,
            Etag = standing.Etag,
            Reason = "The demo is played again from the start.",
            CustomerInformed = new CustomerInformed { Informed = true, Channel = "facebook" },
            RequestId = Guid.NewGuid().ToString(),
        };
        var answer = await session.Agreements.WithdrawAgreementAsync(request, session.With(StoryFacts.Webcare, cancellation));
        page.Reset(answer.Agreement);
        return answer.Agreement;
    }

    private async Task<Decision> CheckAsync(ActionSubject subject, CancellationToken cancellation)
    {
        var call = session.With(StoryFacts.Administration, cancellation);
        var answer = await session.Guard.CheckActionAsync(StoryFacts.Reminder(subject), call);
        return answer.Decision ?? new Decision { Verdict = Verdict.Unknown };
    }

    private Task PauseAsync(CancellationToken cancellation) => Task.Delay(pause, TimeProvider.System, cancellation);
}
