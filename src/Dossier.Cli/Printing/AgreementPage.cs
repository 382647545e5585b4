using Spectre.Console;

namespace Dossier.Cli.Printing;

/// <summary>Agreements: what they do, what the customer was told, who made them and who has taken them over.</summary>
internal sealed class AgreementPage(Screen screen)
{
    public void PrintAll(IReadOnlyList<Agreement> agreements)
    {
        if (agreements.Count == 0)
        {
            screen.Line("No agreements.");
        }
        for (var i = 0; i < agreements.Count; i++)
        {
            if (i > 0)
            {
                screen.Line();
            }
            Print(agreements[i]);
        }
    }

    /// <summary>One agreement; brief leaves out what only somebody who changes it needs.</summary>
    public void Print(Agreement agreement, int indent = 0, int? width = null, bool brief = false)
    {
        var facts = Screen.Facts();
        var name = agreement.Name.Length > 0 ? Names.Short(agreement.Name) : "(not stored)";
        facts.AddRow(Screen.Cell(Words.Code(agreement.State), StateStyle(agreement.State)), Screen.Cell(name, Screen.Bold));
        foreach (var effect in agreement.Effects)
        {
            facts.Row("what", Effect(effect));
        }
        foreach (var wording in agreement.CustomerWording)
        {
            facts.Row($"told ({Plain.Line(wording.Language)})", $"“{wording.Text}”");
        }
        facts.Row("made by", MadeBy(agreement.Origin));
        facts.Row("holds", $"from {Moments.Moment(agreement.EffectiveTime)}, "
            + (agreement.ExpireTime is null ? "without end" : $"until {Moments.Moment(agreement.ExpireTime)}"));
        foreach (var acknowledgement in agreement.Acknowledgements)
        {
            facts.Row("taken over", Acknowledged(acknowledgement));
        }
        if (agreement.SyncState != SyncState.Unspecified && !brief)
        {
            facts.Row("in all systems", Words.Phrase(agreement.SyncState));
        }
        if (agreement.End is { } end)
        {
            facts.Row("ended", Ended(end));
        }
        foreach (var evidence in agreement.Evidence)
        {
            facts.Row("evidence", evidence);
        }
        if (agreement.Etag.Length > 0 && !brief)
        {
            facts.Row("revision", $"{agreement.Revision}, etag {agreement.Etag}");
        }
        screen.Write(facts, indent, width);
    }

    /// <summary>What an effect does, in one sentence.</summary>
    public static string Effect(Effect effect)
    {
        var subjects = string.Join(", ", effect.Subjects.Select(SubjectWithFacts));
        var does = effect.KindCase switch
        {
            V1.Effect.KindOneofCase.CreditInvoice => "credit: the customer owes nothing of it",
            V1.Effect.KindOneofCase.CreditAmount =>
                $"credit of {Amounts.Text(effect.CreditAmount.Amount)} ({Words.Phrase(effect.CreditAmount.Ground)})",
            V1.Effect.KindOneofCase.DeferPayment => $"payment deferred until {Moments.Day(effect.DeferPayment.Until)}",
            V1.Effect.KindOneofCase.DunningBlock => $"no dunning{Until(effect.DunningBlock.Until)} ({Words.Phrase(effect.DunningBlock.Reason)})",
            V1.Effect.KindOneofCase.InstalmentPlan => "paid in parts: " + string.Join(", ", effect.InstalmentPlan.Instalments
                .Select(part => $"{Amounts.Text(part.Amount)} by {Moments.Day(part.DueDate)}")),
            V1.Effect.KindOneofCase.WaiveFee => $"fee of {Amounts.Text(effect.WaiveFee.Amount)} waived",
            V1.Effect.KindOneofCase.Refund => $"refund of {Amounts.Text(effect.Refund.Amount)}",
            V1.Effect.KindOneofCase.ContactStop => Stop(effect.ContactStop),
            V1.Effect.KindOneofCase.SuspensionBlock => $"service not suspended{Until(effect.SuspensionBlock.Until)}",
            V1.Effect.KindOneofCase.Remark => $"remark: {effect.Remark.Text}",
            _ => "an effect of a kind that this program does not know",
        };
        return subjects.Length > 0 ? $"{subjects}: {does}" : does;
    }

    public static string Subject(SubjectRef subject) => Subject(subject.Type, subject.Id);

    public static string Subject(SubjectType type, string id) => $"{Words.Phrase(type)} {id}";

    private static string SubjectWithFacts(Subject subject)
    {
        var facts = subject.Parents.Select(parent => $"of {Subject(parent)}").ToList();
        if (subject.Amount is not null)
        {
            facts.Add(Amounts.Text(subject.Amount));
        }
        if (subject.Verification == Verification.Pending)
        {
            facts.Add("not verified yet");
        }
        return Subject(subject.Type, subject.Id) + (facts.Count > 0 ? $" ({string.Join(", ", facts)})" : "");
    }

    private static string Stop(ContactStop stop)
    {
        var channel = stop.Channel.Length > 0 ? $" by {stop.Channel}" : "";
        var purpose = stop.Purpose == ContactPurpose.Unspecified ? "" : $" for {Words.Phrase(stop.Purpose)}";
        return $"no contact{channel}{purpose}{Until(stop.Until)}";
    }

    private static string Until(Date? until) => until is null ? "" : $" until {Moments.Day(until)}";

    private static string MadeBy(Origin? origin)
    {
        if (origin is null)
        {
            return "–";
        }
        var how = origin.AgentSource == AgentSource.Token ? " (proved)" : "";
        var parts = new[]
        {
            Names.Short(origin.System),
            origin.Agent.Length > 0 ? origin.Agent + how : "",
            origin.Channel.Length > 0 ? $"over {origin.Channel}" : "",
            origin.Interaction.Length > 0 ? $"in {Names.Short(origin.Interaction)}" : "",
        };
        return string.Join(", ", parts.Where(part => part.Length > 0));
    }

    public static string Acknowledged(Acknowledgement word)
    {
        var outcome = word.Outcome == Acknowledgement.Types.Outcome.Unspecified
            ? "nothing yet"
            : Words.Phrase(word.Outcome) + (word.OutcomeTime is null ? "" : $" {Moments.Moment(word.OutcomeTime)}");
        var due = word.Outcome is Acknowledgement.Types.Outcome.Unspecified or Acknowledgement.Types.Outcome.Received && word.DueTime is not null
            ? $", due {Moments.Moment(word.DueTime)}"
            : "";
        var proof = word.EvidenceId.Length > 0 ? $", {word.EvidenceId}" : "";
        var reason = word.Reason.Length > 0 ? $": {word.Reason}" : "";
        return $"{Names.Short(word.System)}: {outcome}{due}{proof}{reason}";
    }

    private static string Ended(AgreementEnd end)
    {
        var told = end.CustomerInformed switch
        {
            { Informed: true, Channel.Length: > 0 } informed => $"the customer was told by {informed.Channel}",
            { Informed: true } => "the customer was told",
            _ => "the customer was NOT told",
        };
        return $"{Moments.Moment(end.EndTime)} by {Names.Short(end.System)}, {end.Agent}: {end.Reason} ({told})";
    }

    private static Style StateStyle(AgreementState state) => state switch
    {
        AgreementState.Active => Screen.Good,
        AgreementState.Proposed => Screen.Warn,
        _ => Screen.Bold,
    };
}
