using Dossier.Agreements;
using Dossier.V1;

namespace Dossier.Tests.UnitTests;

/// <summary>What a caller asks to agree, and what AgreementCheck says of it.</summary>
internal static class Asking
{
    public static IReadOnlyList<string> Wrong(Agreement? agreement) => [.. Check(agreement).Select(field => field.Field)];

    public static IReadOnlyList<FieldViolation> Check(Agreement? agreement)
    {
        var violations = new Violations();
        AgreementCheck.Check(agreement, Given.Customer, Given.Now, Given.Amsterdam, violations);
        return violations.ToException().Fields;
    }

    /// <summary>What a caller sends: no output fields, one good effect.</summary>
    public static Agreement Asked(Action<Agreement>? change = null)
    {
        var agreement = new Agreement { Effects = { Credit() } };
        change?.Invoke(agreement);
        return agreement;
    }

    public static Agreement With(Effect effect, Action<Effect>? change = null)
    {
        effect.Subjects.Add(new Subject { Type = SubjectType.Invoice, Id = "I1" });
        change?.Invoke(effect);
        return new Agreement { Effects = { effect } };
    }

    public static Effect Credit(string id = "I1") =>
        new() { CreditInvoice = new CreditInvoice(), Subjects = { new Subject { Type = SubjectType.Invoice, Id = id } } };

    public static Agreement Plan(int count, Action<InstalmentPlan>? change = null)
    {
        var plan = new InstalmentPlan();
        plan.Instalments.AddRange(Enumerable.Range(0, count).Select(index => new InstalmentPlan.Types.Instalment
        {
            Amount = Given.Euro(5),
            DueDate = new DateOnly(2026, 9, 15).AddDays(index).ToDate(),
        }));
        change?.Invoke(plan);
        return With(new Effect { InstalmentPlan = plan });
    }
}
