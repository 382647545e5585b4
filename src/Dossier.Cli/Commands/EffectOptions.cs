using System.CommandLine;

namespace Dossier.Cli.Commands;

/// <summary>The options that say what an agreement does, and on what.</summary>
internal sealed class EffectOptions
{
    private readonly Option<string[]> _creditInvoice = Arg.Texts("--credit-invoice", "The customer owes nothing of this invoice", "number");
    private readonly Option<string?> _creditAmount = Arg.Text("--credit-amount", "The customer owes this much less; needs --ground", "amount");
    private readonly Option<string?> _ground = Arg.Text("--ground", $"Why it is credited: {Words.List<CreditAmount.Types.Ground>()}", "ground");
    private readonly Option<string?> _deferPayment = Arg.Text("--defer-payment", "The customer pays by this day", "day");
    private readonly Option<bool> _dunningBlock = Arg.Flag("--dunning-block", "No dunning; needs --reason");
    private readonly Option<string?> _reason = Arg.Text("--reason", $"Why dunning stops: {Words.List<DunningBlock.Types.Reason>()}", "reason");
    private readonly Option<string?> _waiveFee = Arg.Text("--waive-fee", "This fee need not be paid", "amount");
    private readonly Option<string?> _refund = Arg.Text("--refund", "The customer gets this back", "amount");
    private readonly Option<bool> _contactStop = Arg.Flag("--contact-stop", "The customer is not contacted");
    private readonly Option<string?> _channel = Arg.Text("--channel", "Only by this channel (of --contact-stop)", "slug");
    private readonly Option<string?> _contactPurpose = Arg.Text(
        "--contact-purpose", $"Only for this purpose (of --contact-stop): {Words.List<ContactPurpose>()}", "purpose");
    private readonly Option<bool> _suspensionBlock = Arg.Flag("--suspension-block", "The service is not suspended");
    private readonly Option<string?> _instalments = Arg.Text(
        "--instalments", "The customer pays in parts: 2026-11-01=30.00,2026-12-01=30.00", "day=amount,…");
    private readonly Option<string[]> _remark = Arg.Texts("--remark", "Informs people, binds nobody", "text");
    private readonly Option<string?> _until = Arg.Text("--until", "Last day of a block or stop; no end if not given", "day");
    private readonly Option<string[]> _invoice = Arg.Texts("--invoice", "It is about this invoice; may be repeated", "number");
    private readonly Option<string[]> _account = Arg.Texts("--account", "It is about this billing account; may be repeated", "number");
    private readonly Option<string[]> _product = Arg.Texts("--product", "It is about this product or connection; may be repeated", "id");
    private readonly Option<bool> _wholeCustomer = Arg.Flag("--whole-customer", "It is about the whole customer");

    private readonly Option<string?> _purposeOfCall;

    public EffectOptions(Command command, GlobalOptions globals)
    {
        _purposeOfCall = globals.Purpose;
        foreach (Option option in new Option[]
        {
            _creditInvoice, _creditAmount, _ground, _deferPayment, _dunningBlock, _reason, _waiveFee, _refund, _contactStop, _channel,
            _contactPurpose, _suspensionBlock, _instalments, _remark, _until, _invoice, _account, _product, _wholeCustomer,
        })
        {
            command.Options.Add(option);
        }
    }

    /// <summary>One effect for each that was asked; at least one.</summary>
    public IReadOnlyList<Effect> Read(ParseResult line, string customer)
    {
        RefuseStray(line);
        var subjects = Subjects(line, customer);
        var effects = new List<Effect>();
        if (line.GetValue(_creditInvoice) is { Length: > 0 } numbers)
        {
            var credited = numbers.Select(number => new Subject { Type = SubjectType.Invoice, Id = number });
            effects.Add(new Effect { CreditInvoice = new CreditInvoice(), Subjects = { credited } });
        }
        foreach (var (option, effect) in OnSubjects(line))
        {
            effect.Subjects.Add(subjects.Count > 0
                ? subjects
                : throw CommandException.Usage($"say what {option} is about: --invoice, --account, --product or --whole-customer"));
            effects.Add(effect);
        }
        var whole = new Subject { Type = SubjectType.Customer, Id = Names.Short(customer) };
        foreach (var effect in OnCustomer(line))
        {
            effect.Subjects.Add(subjects.Count > 0 ? subjects : [whole]);
            effects.Add(effect);
        }
        return effects.Count > 0 ? effects : throw CommandException.Usage(
            "say what is agreed: --credit-invoice, --credit-amount, --defer-payment, --dunning-block, --waive-fee, --refund, "
            + "--contact-stop, --suspension-block, --instalments or --remark");
    }

    private IEnumerable<(string Option, Effect Effect)> OnSubjects(ParseResult line)
    {
        if (line.GetValue(_creditAmount) is { } credit)
        {
            var ground = line.GetValue(_ground)
                ?? throw CommandException.Usage($"--credit-amount needs --ground: {Words.List<CreditAmount.Types.Ground>()}");
            yield return ("--credit-amount", new Effect
            {
                CreditAmount = new CreditAmount
                {
                    Amount = Amounts.Parse(credit, "--credit-amount"),
                    Ground = Words.Parse<CreditAmount.Types.Ground>(ground, "--ground"),
                },
            });
        }
        if (line.GetValue(_deferPayment) is { } day)
        {
            yield return ("--defer-payment", new Effect { DeferPayment = new DeferPayment { Until = Moments.ParseDay(day, "--defer-payment") } });
        }
        if (line.GetValue(_dunningBlock))
        {
            var reason = line.GetValue(_reason)
                ?? throw CommandException.Usage($"--dunning-block needs --reason: {Words.List<DunningBlock.Types.Reason>()}");
            yield return ("--dunning-block", new Effect
            {
                DunningBlock = new DunningBlock { Until = Until(line), Reason = Words.Parse<DunningBlock.Types.Reason>(reason, "--reason") },
            });
        }
        if (line.GetValue(_waiveFee) is { } fee)
        {
            yield return ("--waive-fee", new Effect { WaiveFee = new WaiveFee { Amount = Amounts.Parse(fee, "--waive-fee") } });
        }
        if (line.GetValue(_refund) is { } refund)
        {
            yield return ("--refund", new Effect { Refund = new Refund { Amount = Amounts.Parse(refund, "--refund") } });
        }
        if (line.GetValue(_suspensionBlock))
        {
            yield return ("--suspension-block", new Effect { SuspensionBlock = new SuspensionBlock { Until = Until(line) } });
        }
        if (line.GetValue(_instalments) is { } parts)
        {
            yield return ("--instalments", new Effect { InstalmentPlan = ParseInstalments(parts) });
        }
    }

    private IEnumerable<Effect> OnCustomer(ParseResult line)
    {
        if (line.GetValue(_contactStop))
        {
            Arg.RefuseContactPurpose(line.GetValue(_purposeOfCall), _contactPurpose.Name);
            yield return new Effect
            {
                ContactStop = new ContactStop
                {
                    Channel = line.GetValue(_channel) ?? "",
                    Purpose = line.GetValue(_contactPurpose) is { } purpose
                        ? Words.Parse<ContactPurpose>(purpose, "--contact-purpose")
                        : ContactPurpose.Unspecified,
                    Until = Until(line),
                },
            };
        }
        foreach (var text in line.GetValue(_remark) ?? [])
        {
            yield return new Effect { Remark = new Remark { Text = text } };
        }
    }

    /// <summary>An option that nothing uses is a mistake: an agreement must not silently say less than was typed.</summary>
    private void RefuseStray(ParseResult line)
    {
        Need(line, _ground, "--credit-amount", line.GetValue(_creditAmount) is not null);
        Need(line, _reason, "--dunning-block", line.GetValue(_dunningBlock));
        Need(line, _channel, "--contact-stop", line.GetValue(_contactStop));
        Need(line, _contactPurpose, "--contact-stop", line.GetValue(_contactStop));
        Need(line, _until, "--dunning-block, --contact-stop or --suspension-block",
            line.GetValue(_dunningBlock) || line.GetValue(_contactStop) || line.GetValue(_suspensionBlock));
    }

    private static void Need(ParseResult line, Option<string?> option, string owner, bool present)
    {
        if (line.GetValue(option) is not null && !present)
        {
            throw CommandException.Usage($"{option.Name} belongs to {owner}, which is not given");
        }
    }

    private List<Subject> Subjects(ParseResult line, string customer)
    {
        var subjects = new List<Subject>();
        Add(SubjectType.Invoice, line.GetValue(_invoice));
        Add(SubjectType.BillingAccount, line.GetValue(_account));
        Add(SubjectType.Product, line.GetValue(_product));
        Add(SubjectType.Customer, line.GetValue(_wholeCustomer) ? [Names.Short(customer)] : []);
        return subjects;

        void Add(SubjectType type, string[]? ids) => subjects.AddRange((ids ?? []).Select(id => new Subject { Type = type, Id = id }));
    }

    private Date? Until(ParseResult line) => line.GetValue(_until) is { } day ? Moments.ParseDay(day, "--until") : null;

    private static InstalmentPlan ParseInstalments(string text)
    {
        var plan = new InstalmentPlan();
        foreach (var part in text.Split(','))
        {
            plan.Instalments.Add(part.Split('=') is [var day, var amount]
                ? new InstalmentPlan.Types.Instalment
                {
                    DueDate = Moments.ParseDay(day.Trim(), "--instalments"),
                    Amount = Amounts.Parse(amount.Trim(), "--instalments"),
                }
                : throw CommandException.Usage(
                    $"--instalments {text}: write it as 2026-11-01=30.00,2026-12-01=30.00; amounts have a decimal point, not a comma"));
        }
        return plan;
    }
}
