using Dossier.Cli.Commands;

namespace Dossier.Cli.Demonstration;

/// <summary>
/// The story, call by call: each step acts as one system and prints what that system sees. A step that an earlier demo has done is
/// not done again, so that a demo that was broken off anywhere goes on from there.
/// </summary>
internal sealed partial class Story(Session session, StoryPage page, TimeSpan pause)
{
    public async Task<int> PlayAsync(bool reset, bool untilAgreed, CancellationToken cancellation)
    {
        var facts = await ReadAsync(cancellation);
        var earlier = await ListAsync(cancellation);
        var standing = earlier.Find(agreement => agreement.State == AgreementState.Fulfilled)
            ?? earlier.Find(agreement => agreement.State is AgreementState.Active or AgreementState.Proposed);
        if (reset && standing is { State: AgreementState.Fulfilled })
        {
            throw new CommandException(
                ExitCode.Refused,
                $"the story was played to its end: agreement {Names.Short(standing.Name)} is FULFILLED, and what has been carried out cannot be taken "
                + "back. To begin again stop the service, delete its data folder (DataDirectory: `data` where it was started, if nothing else was "
                + $"set), start it and play `{Example.Of("dossier demo")}`. Nothing was changed.");
        }
        page.Open(facts.Dossier);
        if (standing is not null && reset)
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
        var email = await SendAheadAsync(facts, cancellation);
        await PauseAsync(cancellation);

        standing = await AgreeAsync(facts, standing, earlier, cancellation);
        await PauseAsync(cancellation);

        var letter = await CheckAsync(facts.Letter(facts.Wrong), cancellation);
        var paid = await CheckAsync(facts.Letter(facts.Paid), cancellation);
        // Of an amount that was counted after the credit note was booked nothing is taken off; in the sample's store it never is.
        var counted = standing.State == AgreementState.Fulfilled ? facts.AgreedTime : facts.Dossier.AssembleTime;
        var account = await CheckAsync(facts.LetterOverAccount(counted), cancellation);
        page.AdministrationSends(facts, letter, paid, account, counted);
        if (letter.Verdict != Verdict.Block)
        {
            throw new CommandException(ExitCode.Unexpected,
                $"the guard said {Words.Code(letter.Verdict)} to the letter on invoice {StoryFacts.WrongInvoice}; the story expects BLOCK");
        }
        await ReportAsync(email, cancellation);
        if (untilAgreed)
        {
            page.CloseAgreed(standing);
            return ExitCode.Fine;
        }
        await PauseAsync(cancellation);

        await TakeOverAsync(standing, cancellation);
        await PauseAsync(cancellation);

        var after = await ReadAsync(cancellation);
        var conflict = StoryFacts.ConflictOf(after.Dossier, email.Record);
        page.TelephonyAfter(after, conflict);
        page.Close(conflict);
        return ExitCode.Fine;
    }

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
        var answer = await session.Agreements.CreateAgreementAsync(request, session.With(StoryFacts.Webcare, cancellation));
        page.WebcareAgrees(facts, answer);
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

    private Task<Decision> CheckAsync(ActionSubject subject, CancellationToken cancellation) =>
        CheckAsync(StoryFacts.Reminder(subject), cancellation);

    private async Task<Decision> CheckAsync(CheckActionRequest request, CancellationToken cancellation)
    {
        var answer = await session.Guard.CheckActionAsync(request, session.With(StoryFacts.Administration, cancellation));
        return answer.Decision ?? new Decision { Verdict = Verdict.Unknown };
    }

    private Task PauseAsync(CancellationToken cancellation) => Task.Delay(pause, TimeProvider.System, cancellation);
}
