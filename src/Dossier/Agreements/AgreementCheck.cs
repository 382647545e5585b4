using Dossier.V1;
using Google.Type;

namespace Dossier.Agreements;

/// <summary>The syntax of an agreement: every wrong field is named. Pure.</summary>
public static class AgreementCheck
{
    private const int MostEffects = 20;
    private const int MostSubjects = 50;
    private const int MostInstalments = 60;
    private const int MostWording = 4_000;

    public static void Check(Agreement? agreement, string customer, DateTimeOffset now, TimeZoneInfo zone, Violations violations)
    {
        if (agreement is null)
        {
            violations.Add("agreement", "is required");
            return;
        }

        var effective = Requests.Moment(agreement.EffectiveTime, "agreement.effective_time", violations) ?? now;
        if (effective > now.AddDays(1))
        {
            violations.Add("agreement.effective_time", "must lie at most a day in the future");
        }

        if (agreement.Effects.Count is < 1 or > MostEffects)
        {
            violations.Add("agreement.effects", $"must be 1-{MostEffects} effects, not {agreement.Effects.Count}");
        }

        for (var index = 0; index < Math.Min(agreement.Effects.Count, MostEffects); index++)
        {
            var field = $"agreement.effects[{index}]";
            Subjects(agreement.Effects[index], field, customer, violations);
            Kind(agreement.Effects[index], field, Days.DayOf(effective, zone), violations);
        }

        Wording(agreement, violations);
        Origin(agreement.Origin, customer, violations);

        // Of what is wrong already, and may be as large as a message, no copy is made.
        if (!violations.Any)
        {
            Known(agreement, violations);
        }
    }

    /// <summary>What is stored binds: a field that nobody here reads could say less, or more, than what would be judged by.</summary>
    public static void Known(Agreement agreement, Violations violations)
    {
        if (agreement.Understood().CalculateSize() != agreement.CalculateSize())
        {
            violations.Add("agreement", "has a field that this service does not know: it is older than the contract of its caller");
        }
    }

    private static void Subjects(Effect effect, string field, string customer, Violations violations)
    {
        if (effect.Subjects.Count is < 1 or > MostSubjects)
        {
            violations.Add($"{field}.subjects", $"must be 1-{MostSubjects} subjects, not {effect.Subjects.Count}");
        }

        var seen = new HashSet<(SubjectType, string)>();
        for (var index = 0; index < Math.Min(effect.Subjects.Count, MostSubjects); index++)
        {
            var subject = effect.Subjects[index];
            var at = $"{field}.subjects[{index}]";
            SubjectIdentity(subject.Type, subject.Id, at, customer, violations);
            if (!seen.Add((subject.Type, subject.Id)))
            {
                violations.Add(at, "is there twice");
            }

            if (subject.Parents.Count > 4)
            {
                violations.Add($"{at}.parents", $"must be at most 4, not {subject.Parents.Count}");
            }

            for (var parent = 0; parent < Math.Min(subject.Parents.Count, 4); parent++)
            {
                SubjectIdentity(subject.Parents[parent].Type, subject.Parents[parent].Id, $"{at}.parents[{parent}]", customer, violations);
            }

            if (effect.KindCase == Effect.KindOneofCase.CreditInvoice && subject.Type is not (SubjectType.Invoice or SubjectType.InvoiceLine))
            {
                violations.Add($"{at}.type", "must be INVOICE or INVOICE_LINE for credit_invoice");
            }
        }
    }

    /// <param name="type">What the subject is.</param>
    /// <param name="id">Its id.</param>
    /// <param name="field">Where it stands.</param>
    /// <param name="customer">Whose it is; empty if that is wrong itself and has been said.</param>
    /// <param name="violations">Where it is said.</param>
    public static void SubjectIdentity(SubjectType type, string id, string field, string customer, Violations violations)
    {
        if (type == SubjectType.Unspecified || !Enum.IsDefined(type))
        {
            violations.Add($"{field}.type", "must be INVOICE_LINE, INVOICE, BILLING_ACCOUNT, PRODUCT or CUSTOMER");
        }

        if (!ResourceNames.IsForeignId(id))
        {
            violations.Add($"{field}.id", "must be 1-64 characters without control characters or blanks at its ends");
        }
        else if (type == SubjectType.Customer && customer.Length > 0 && id != customer)
        {
            violations.Add($"{field}.id", "must be the customer number of the customer itself", ErrorReason.SubjectOfOtherCustomer);
        }
    }

    private static void Kind(Effect effect, string field, DateOnly start, Violations violations)
    {
        switch (effect.KindCase)
        {
            case Effect.KindOneofCase.CreditInvoice:
                break;
            case Effect.KindOneofCase.CreditAmount:
                Amount(effect.CreditAmount.Amount, $"{field}.credit_amount.amount", violations);
                Set(effect.CreditAmount.Ground, $"{field}.credit_amount.ground", violations);
                break;
            case Effect.KindOneofCase.WaiveFee:
                Amount(effect.WaiveFee.Amount, $"{field}.waive_fee.amount", violations);
                break;
            case Effect.KindOneofCase.Refund:
                Amount(effect.Refund.Amount, $"{field}.refund.amount", violations);
                break;
            case Effect.KindOneofCase.DeferPayment:
                Until(effect.DeferPayment.Until, $"{field}.defer_payment.until", start, required: true, violations);
                break;
            case Effect.KindOneofCase.DunningBlock:
                Until(effect.DunningBlock.Until, $"{field}.dunning_block.until", start, required: false, violations);
                Set(effect.DunningBlock.Reason, $"{field}.dunning_block.reason", violations);
                break;
            case Effect.KindOneofCase.SuspensionBlock:
                Until(effect.SuspensionBlock.Until, $"{field}.suspension_block.until", start, required: false, violations);
                break;
            case Effect.KindOneofCase.ContactStop:
                Until(effect.ContactStop.Until, $"{field}.contact_stop.until", start, required: false, violations);
                Requests.Slug(effect.ContactStop.Channel, $"{field}.contact_stop.channel", required: false, violations);
                if (!Enum.IsDefined(effect.ContactStop.Purpose))
                {
                    violations.Add($"{field}.contact_stop.purpose", "must be SERVICE, STATUTORY or MARKETING");
                }

                break;
            case Effect.KindOneofCase.InstalmentPlan:
                Instalments(effect.InstalmentPlan, $"{field}.instalment_plan.instalments", start, violations);
                break;
            case Effect.KindOneofCase.Remark:
                Requests.Text(effect.Remark.Text, $"{field}.remark.text", 1, 2_000, violations);
                break;
            default:
                violations.Add(field, "must set what it does: credit_invoice, credit_amount, defer_payment, dunning_block, instalment_plan, waive_fee, refund, contact_stop, suspension_block or remark");
                break;
        }
    }

    private static void Instalments(InstalmentPlan plan, string field, DateOnly start, Violations violations)
    {
        if (plan.Instalments.Count is < 1 or > MostInstalments)
        {
            violations.Add(field, $"must be 1-{MostInstalments} instalments, not {plan.Instalments.Count}");
        }

        for (var index = 0; index < Math.Min(plan.Instalments.Count, MostInstalments); index++)
        {
            var instalment = plan.Instalments[index];
            Amount(instalment.Amount, $"{field}[{index}].amount", violations);
            Until(instalment.DueDate, $"{field}[{index}].due_date", start, required: true, violations);
            if (index > 0 && Days.Number(instalment.DueDate) <= Days.Number(plan.Instalments[index - 1].DueDate))
            {
                violations.Add($"{field}[{index}].due_date", "must be after the one before it");
            }

            if (index > 0 && instalment.Amount?.CurrencyCode != plan.Instalments[0].Amount?.CurrencyCode)
            {
                violations.Add($"{field}[{index}].amount.currency_code", "must be the same for all instalments");
            }
        }
    }

    /// <summary>The wording for the customer and the evidence: what may be changed without binding anybody anew.</summary>
    public static void Wording(Agreement agreement, Violations violations)
    {
        if (agreement.CustomerWording.Count > 8)
        {
            violations.Add("agreement.customer_wording", $"must be at most 8 texts, not {agreement.CustomerWording.Count}");
        }

        var languages = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        for (var index = 0; index < Math.Min(agreement.CustomerWording.Count, 8); index++)
        {
            var wording = agreement.CustomerWording[index];
            var field = $"agreement.customer_wording[{index}]";
            if (wording.Language.Length is < 2 or > 16 || !wording.Language.All(c => char.IsAsciiLetterOrDigit(c) || c == '-'))
            {
                violations.Add($"{field}.language", "must be BCP 47, 2-16 of [A-Za-z0-9-], for example nl");
            }
            else if (!languages.Add(wording.Language))
            {
                violations.Add($"{field}.language", "is there twice");
            }

            Requests.Text(wording.Text, $"{field}.text", 1, MostWording, violations);
        }

        if (agreement.Evidence.Count > 10)
        {
            violations.Add("agreement.evidence", $"must be at most 10, not {agreement.Evidence.Count}");
        }

        for (var index = 0; index < Math.Min(agreement.Evidence.Count, 10); index++)
        {
            Requests.Text(agreement.Evidence[index], $"agreement.evidence[{index}]", 1, 256, violations);
        }
    }

    private static void Origin(Origin? origin, string customer, Violations violations)
    {
        if (origin is null)
        {
            return;
        }

        Requests.Slug(origin.Channel, "agreement.origin.channel", required: false, violations);
        if (origin.Interaction.Length > 0
            && (!ResourceNames.TryInteraction(origin.Interaction, out var owner, out _, out _) || (customer.Length > 0 && owner != customer)))
        {
            violations.Add("agreement.origin.interaction", $"must be {ResourceNames.Customer(customer)}/sources/{{source}}/interactions/{{id}}");
        }
    }

    private static void Amount(Money? amount, string field, Violations violations)
    {
        if (Amounts.Problem(amount, aboveZero: true) is { } problem)
        {
            violations.Add(field, problem);
        }
    }

    private static void Until(Date? until, string field, DateOnly start, bool required, Violations violations)
    {
        if (until is null)
        {
            if (required)
            {
                violations.Add(field, "is required");
            }
        }
        else if (until.ToDateOnly() is not { } day)
        {
            violations.Add(field, "must be a whole day: year, month and day");
        }
        else if (day < start)
        {
            violations.Add(field, $"must not be before the day from which the agreement holds ({start:yyyy-MM-dd})");
        }
    }

    private static void Set<T>(T value, string field, Violations violations)
        where T : struct, Enum
    {
        if (!Enum.IsDefined(value) || EqualityComparer<T>.Default.Equals(value, default))
        {
            violations.Add(field, $"must be one of {string.Join(", ", Enum.GetValues<T>().Skip(1).Select(word => word.Word()))}");
        }
    }
}
