using System.CommandLine;
using Dossier.Cli.Printing;
using Grpc.Core;

namespace Dossier.Cli.Commands;

/// <summary><c>dossier check-action</c>: may this be done, now?</summary>
internal sealed class CheckActionCommand : Verb
{
    private readonly Argument<string> _customer = Arg.Customer();
    private readonly Option<string> _action = new("--action")
    {
        Description = $"What is planned: {Words.List<ActionKind>()}",
        HelpName = "action",
        Required = true,
    };
    private readonly Option<string?> _stage = Arg.Text("--stage", $"Of send-dunning-notice: {Words.List<DunningStage>()}", "stage");
    private readonly Option<string?> _contactPurpose = Arg.Text("--contact-purpose", $"Of contact: {Words.List<ContactPurpose>()}", "purpose");
    private readonly Option<string?> _channel = Arg.Text("--channel", "How it goes out, for example letter", "slug");
    private readonly Option<string[]> _invoice = Arg.Texts(
        "--invoice", "An invoice and what is asked for it; may be repeated. The account is looked up if it is not given", "N=27.50[@ACCOUNT]");
    private readonly Option<string[]> _account = Arg.Texts("--account", "A billing account and what is asked over it; may be repeated", "A=55.00");
    private readonly Option<string[]> _product = Arg.Texts("--product", "A product or connection; may be repeated", "P[=27.50]");
    private readonly Option<bool> _wholeCustomer = Arg.Flag("--whole-customer", "The whole customer");
    private readonly Option<string?> _purposeOfCall;
    private readonly Option<string?> _asOf = Arg.Text("--amount-as-of", "When the amounts were read", "moment");
    private readonly Option<string?> _planned = Arg.Text("--planned", "When it is planned: 2026-10-09T12:00+02:00; now if not given", "moment");

    public CheckActionCommand(GlobalOptions globals) : base(globals, "check-action",
        "May this be done now? Exit code 0 ALLOW, 10 BLOCK, 11 REVIEW, 12 REDUCE, 13 UNKNOWN.",
        "dossier check-action 1043 --action send-dunning-notice --stage reminder --channel letter --invoice 202609-004388=27.50",
        "dossier check-action 1043 --action send-dunning-notice --stage reminder --channel letter --account BA-001043=55.00"
            + " --planned 2026-10-09T12:00+02:00",
        "dossier check-action 1042 --action contact --contact-purpose marketing --channel email")
    {
        Arguments.Add(_customer);
        _purposeOfCall = globals.Purpose;
        foreach (Option option in new Option[]
            { _action, _stage, _contactPurpose, _channel, _invoice, _account, _product, _wholeCustomer, _asOf, _planned })
        {
            Options.Add(option);
        }
    }

    /// <summary>The request; an invoice whose account was not typed has no parent yet.</summary>
    public CheckActionRequest Request(ParseResult line)
    {
        var customer = Names.Customer(line.GetValue(_customer)!);
        var action = new PlannedAction
        {
            Customer = customer,
            Action = Words.Parse<ActionKind>(line.GetValue(_action)!, "--action"),
            Channel = line.GetValue(_channel) ?? "",
            PlannedTime = line.GetValue(_planned) is { } planned ? Moments.ParseMoment(planned, "--planned") : null,
        };
        if (action.Action == ActionKind.Contact)
        {
            Arg.RefuseContactPurpose(line.GetValue(_purposeOfCall), _contactPurpose.Name);
        }
        if (line.GetValue(_stage) is { } stage)
        {
            action.Stage = Words.Parse<DunningStage>(stage, "--stage");
        }
        if (line.GetValue(_contactPurpose) is { } purpose)
        {
            action.Purpose = Words.Parse<ContactPurpose>(purpose, "--contact-purpose");
        }
        var asOf = line.GetValue(_asOf) is { } moment ? Moments.ParseMoment(moment, "--amount-as-of") : null;
        foreach (var (type, option) in new[]
            { (SubjectType.Invoice, _invoice), (SubjectType.BillingAccount, _account), (SubjectType.Product, _product) })
        {
            action.Subjects.AddRange((line.GetValue(option) ?? []).Select(text => ParseSubject(text, type, option.Name, asOf)));
        }
        if (line.GetValue(_wholeCustomer))
        {
            action.Subjects.Add(new ActionSubject { Type = SubjectType.Customer, Id = Names.Short(customer) });
        }
        return action.Subjects.Count > 0 || action.Action == ActionKind.Contact
            ? new CheckActionRequest { Action = action }
            : throw CommandException.Usage("say what it is about: --invoice, --account, --product or --whole-customer");
    }

    protected override async Task<int> RunAsync(Session session, ParseResult line, CancellationToken cancellation)
    {
        var request = Request(line);
        await AddAccountsAsync(session, request.Action, cancellation);
        var answer = await AskAsync(session, request, cancellation);
        session.Answer(answer, screen => new DecisionPage(screen).Print(answer.Decision));
        return ExitCode.Of(answer.Decision?.Verdict ?? Verdict.Unknown);
    }

    private static async Task<CheckActionResponse> AskAsync(Session session, CheckActionRequest request, CancellationToken cancellation)
    {
        try
        {
            return await session.Guard.CheckActionAsync(request, session.With(cancellation));
        }
        catch (RpcException failed) when (ExitCode.Of(failed.StatusCode) == ExitCode.NoAnswer)
        {
            session.Warn("there is no verdict: treat it as UNKNOWN and do not act now");
            throw;
        }
    }

    /// <summary>The guard wants to know what holds an invoice: administration knows, so nobody needs to type it.</summary>
    private static async Task AddAccountsAsync(Session session, PlannedAction action, CancellationToken cancellation)
    {
        var loose = action.Subjects.Where(subject => subject.Type == SubjectType.Invoice && subject.Parents.Count == 0).ToList();
        if (loose.Count == 0)
        {
            return;
        }
        var read = new GetDossierRequest { Name = $"{action.Customer}/dossier", Sections = { Section.Invoices } };
        var dossier = (await session.Dossiers.GetDossierAsync(read, session.With(cancellation))).Dossier;
        foreach (var subject in loose)
        {
            var invoice = dossier.Invoices.FirstOrDefault(invoice => invoice.Number == subject.Id);
            if (invoice is null || invoice.BillingAccount.Length == 0)
            {
                session.WarnOfUnreachable(dossier.Unreachable, dossier.Sources);
                var given = $"if you know the account, give it: --invoice {subject.Id}=AMOUNT@ACCOUNT";
                throw dossier.Unreachable.Count > 0
                    ? new CommandException(
                        ExitCode.NoAnswer,
                        $"to which account invoice {subject.Id} belongs cannot be seen now: not every source could be read. "
                        + $"There is no verdict: treat it as UNKNOWN and do not act now; or, {given}")
                    : new CommandException(ExitCode.NotFound, $"invoice {subject.Id} with its billing account is not in the dossier of {Names.Short(action.Customer)}; {given}");
            }
            subject.Parents.Add(new SubjectRef { Type = SubjectType.BillingAccount, Id = invoice.BillingAccount });
        }
    }

    private static ActionSubject ParseSubject(string text, SubjectType type, string option, Google.Protobuf.WellKnownTypes.Timestamp? asOf)
    {
        var (written, account) = type == SubjectType.Invoice && text.Split('@', 2) is [var before, var after] ? (before, after) : (text, null);
        var (id, amount) = written.Split('=', 2) is [var name, var asked] ? (name, asked) : (written, null);
        if (id.Length == 0 || account is { Length: 0 })
        {
            throw CommandException.Usage($"{option} {text}: write it as NUMBER=27.50{(type == SubjectType.Invoice ? " or NUMBER=27.50@ACCOUNT" : "")}");
        }
        var subject = new ActionSubject { Type = type, Id = id };
        if (amount is not null)
        {
            subject.Amount = Amounts.Parse(amount, option);
            subject.AmountAsOf = asOf;
        }
        if (account is not null)
        {
            subject.Parents.Add(new SubjectRef { Type = SubjectType.BillingAccount, Id = account });
        }
        return subject;
    }
}
