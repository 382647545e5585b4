using System.CommandLine;
using Dossier.Cli;
using Dossier.Cli.Commands;
using Dossier.V1;

namespace Dossier.Cli.Tests;

/// <summary>What is typed becomes exactly one request, or one clear mistake.</summary>
public sealed class CliArgumentTests
{
    private const string Wording = "U hoeft factuur 202608-004217 niet te betalen.";

    [Fact]
    public void No_command_has_two_options_of_one_name()
    {
        static IEnumerable<string> Twice(Command command, IEnumerable<Option> above)
        {
            var own = command.Options.Concat(above).ToList();
            var names = own.SelectMany(option => option.Aliases.Append(option.Name)).GroupBy(name => name, StringComparer.Ordinal).Where(name => name.Count() > 1);
            return names.Select(name => $"{command.Name} {name.Key}").Concat(command.Subcommands.SelectMany(below => Twice(below, own.Where(option => option.Recursive))));
        }

        Assert.Empty(Twice(DossierCommand.Root(), []));
    }

    [Fact]
    public void Get_asks_for_the_whole_dossier_of_the_customer()
    {
        var request = Get("1042");
        Assert.Equal("customers/1042/dossier", request.Name);
        Assert.Equal(DossierView.Unspecified, request.View);
        Assert.Empty(request.Sections);
        Assert.False(request.IncludePossibleInteractions);
    }

    [Fact]
    public void Get_reads_view_sections_and_possible_contacts()
    {
        Assert.Equal(DossierView.Brief, Get("1042", "--brief").View);
        Assert.Equal([Section.Invoices, Section.DunningNotices], Get("1042", "--sections", "invoices,dunning-notices").Sections);
        Assert.True(Get("1042", "--possible").IncludePossibleInteractions);
        Assert.Contains("exclude each other", Mistake(() => Get("1042", "--brief", "--sections", "payments")), StringComparison.Ordinal);
        Assert.Contains("dunning-notices", Mistake(() => Get("1042", "--sections", "letters")), StringComparison.Ordinal);
    }

    [Fact]
    public void Look_up_reads_one_key_of_every_kind()
    {
        Assert.Equal("+31600001043", LookUp("--phone", "+31600001043").Key.Phone);
        Assert.Equal("a@example.org", LookUp("--email", "a@example.org").Key.Email);
        Assert.Equal("1043", LookUp("--customer-number", "1043").Key.CustomerNumber);
        Assert.Equal("BA-001043", LookUp("--billing-account", "BA-001043").Key.BillingAccount);
        Assert.Equal(
            new SocialId { Platform = "facebook", Page = "voorbeeldtelecom", Id = "6155/1043" },
            LookUp("--social", "facebook/voorbeeldtelecom/6155/1043").Key.SocialId);
        Assert.Contains("give a key", Mistake(() => LookUp()), StringComparison.Ordinal);
        Assert.Contains("one key only", Mistake(() => LookUp("--phone", "1", "--email", "a@example.org")), StringComparison.Ordinal);
        Assert.Contains("platform/page/id", Mistake(() => LookUp("--social", "facebook/1")), StringComparison.Ordinal);
    }

    [Fact]
    public void Look_up_reads_view_and_budget()
    {
        var request = LookUp("--phone", "0600001043", "--full", "--budget", "500ms");
        Assert.Equal(DossierView.Full, request.View);
        Assert.Equal(TimeSpan.FromMilliseconds(500), request.TimeBudget.ToTimeSpan());
        Assert.Null(LookUp("--phone", "0600001043").TimeBudget);
    }

    [Fact]
    public void Find_takes_several_keys_of_one_person()
    {
        var line = Parse("find", "--phone", "0600001043", "--phone", "0350001045", "--email", "a@example.org");
        var request = ((FindCommand)line.CommandResult.Command).Request(line);
        Assert.Equal(["0600001043", "0350001045", ""], request.Keys.Select(key => key.Phone));
        Assert.Equal("a@example.org", request.Keys[2].Email);
    }

    [Fact]
    public void Interactions_reads_filters_and_pages()
    {
        var line = Parse(
            "interactions", "1042", "--page-size", "20", "--channel", "facebook", "--channel", "phone", "--messages",
            "--after", "2026-08-01T00:00+02:00", "--before", "2026-09-01T00:00Z");
        var request = ((InteractionsCommand)line.CommandResult.Command).Request(line);
        Assert.Equal("customers/1042", request.Parent);
        Assert.Equal(20, request.PageSize);
        Assert.Equal(["facebook", "phone"], request.Channels);
        Assert.True(request.IncludeMessages);
        Assert.Equal(new DateTime(2026, 7, 31, 22, 0, 0, DateTimeKind.Utc), request.StartTime.ToDateTime());
        Assert.Equal(new DateTime(2026, 9, 1, 0, 0, 0, DateTimeKind.Utc), request.EndTime.ToDateTime());
    }

    [Fact]
    public void A_name_may_be_typed_short_or_in_full()
    {
        Assert.Equal("customers/1042/sources/webcare/interactions/cnv-000214", Interaction("1042/webcare/cnv-000214"));
        Assert.Equal("customers/1042/sources/webcare/interactions/cnv-000214", Interaction("customers/1042/sources/webcare/interactions/cnv-000214"));
        Assert.Contains("1042/SOURCE/ID", Mistake(() => Interaction("cnv-000214")), StringComparison.Ordinal);
        Assert.Equal("customers/1042/agreements/0199", Names.Agreement("1042/0199"));
        Assert.Equal("1042/0199", Names.Short("customers/1042/agreements/0199"));
        Assert.Equal("202608-004217", Names.Short("202608-004217"));

        static string Interaction(string name)
        {
            var line = Parse("interaction", name);
            return ((InteractionCommand)line.CommandResult.Command).Request(line).Name;
        }
    }

    [Fact]
    public void Agree_reads_the_agreement_of_the_story()
    {
        var request = Agree(
            "1042", "--credit-invoice", "202608-004217", "--channel-made", "facebook", "--interaction", "1042/webcare/cnv-000214",
            "--effective", "2026-08-11T20:21+02:00", "--wording-nl", Wording, "--wording-en", "You do not have to pay.");
        var agreement = request.Agreement;
        var effect = Assert.Single(agreement.Effects);
        Assert.Equal("customers/1042", request.Parent);
        Assert.Equal(Effect.KindOneofCase.CreditInvoice, effect.KindCase);
        Assert.Equal([new Subject { Type = SubjectType.Invoice, Id = "202608-004217" }], effect.Subjects);
        Assert.Equal("facebook", agreement.Origin.Channel);
        Assert.Equal("customers/1042/sources/webcare/interactions/cnv-000214", agreement.Origin.Interaction);
        Assert.Equal(new DateTime(2026, 8, 11, 18, 21, 0, DateTimeKind.Utc), agreement.EffectiveTime.ToDateTime());
        Assert.Equal([("nl", Wording), ("en", "You do not have to pay.")], agreement.CustomerWording.Select(text => (text.Language, text.Text)));
        Assert.False(request.ValidateOnly);
    }

    [Fact]
    public void Agree_reads_every_kind_of_effect()
    {
        Assert.Equal("10.00 goodwill", Effects("--credit-amount 10.00 --ground goodwill --invoice N", effect =>
            $"{Amounts.Typed(effect.CreditAmount.Amount)} {Words.Of(effect.CreditAmount.Ground)}"));
        Assert.Equal("Sun 1 Nov 2026", Effects("--defer-payment 2026-11-01 --invoice N", effect => Moments.Day(effect.DeferPayment.Until)));
        Assert.Equal("debt-assistance –", Effects("--dunning-block --reason debt-assistance --whole-customer", effect =>
            $"{Words.Of(effect.DunningBlock.Reason)} {Moments.Day(effect.DunningBlock.Until)}"));
        Assert.Equal("disputed Sun 1 Nov 2026", Effects("--dunning-block --until 2026-11-01 --reason disputed --account A", effect =>
            $"{Words.Of(effect.DunningBlock.Reason)} {Moments.Day(effect.DunningBlock.Until)}"));
        Assert.Equal("40.00", Effects("--waive-fee 40.00 --invoice N", effect => Amounts.Typed(effect.WaiveFee.Amount)));
        Assert.Equal("27.50", Effects("--refund 27.50 --invoice N", effect => Amounts.Typed(effect.Refund.Amount)));
        Assert.Equal("email marketing", Effects("--contact-stop --channel email --contact-purpose marketing", effect =>
            $"{effect.ContactStop.Channel} {Words.Of(effect.ContactStop.Purpose)}"));
        Assert.Equal("Product P", Effects("--suspension-block --product P", effect => $"{effect.Subjects[0].Type} {effect.Subjects[0].Id}"));
        Assert.Equal("Customer 1042", Effects("--remark hello", effect => $"{effect.Subjects[0].Type} {effect.Subjects[0].Id}"));
        Assert.Equal("Sun 1 Nov 2026 30.00, Tue 1 Dec 2026 30.00", Effects(
            "--instalments 2026-11-01=30.00,2026-12-01=30.00 --invoice N", effect => string.Join(", ", effect.InstalmentPlan.Instalments
                .Select(part => $"{Moments.Day(part.DueDate)} {Amounts.Typed(part.Amount)}"))));

        static string Effects(string options, Func<Effect, string> print) => print(Assert.Single(Agree(["1042", .. options.Split(' ')]).Agreement.Effects));
    }

    [Fact]
    public void Agree_takes_several_effects_in_one_agreement()
    {
        var effects = Agree("1044", "--credit-invoice", "N", "--refund", "32.50", "--invoice", "N", "--remark", "@daan called").Agreement.Effects;
        Assert.Equal(
            [Effect.KindOneofCase.CreditInvoice, Effect.KindOneofCase.Refund, Effect.KindOneofCase.Remark], effects.Select(effect => effect.KindCase));
        Assert.Equal("@daan called", effects[2].Remark.Text);
    }

    [Theory]
    [InlineData("", "say what is agreed")]
    [InlineData("--waive-fee 10,00 --invoice N", "decimal point")]
    [InlineData("--waive-fee 10.00", "what --waive-fee is about")]
    [InlineData("--waive-fee 10.00 --until 2026-11-01 --invoice N", "--until belongs to")]
    [InlineData("--credit-amount 10.00 --invoice N", "needs --ground")]
    [InlineData("--credit-amount 10.00 --ground kindness --invoice N", "correction, goodwill")]
    [InlineData("--dunning-block --invoice N", "needs --reason")]
    [InlineData("--remark x --channel email", "--channel belongs to --contact-stop")]
    [InlineData("--contact-stop --purpose marketing", "--contact-purpose marketing")]
    [InlineData("--defer-payment 01-11-2026 --invoice N", "2026-11-01")]
    [InlineData("--instalments 2026-11-01=30,00 --invoice N", "decimal point")]
    public void Agree_says_what_is_wrong(string options, string expected) =>
        Assert.Contains(
            expected, Mistake(() => Agree(["1042", .. options.Split(' ', StringSplitOptions.RemoveEmptyEntries)])), StringComparison.Ordinal);

    [Fact]
    public void Check_action_reads_subjects_amounts_and_accounts()
    {
        var action = Check(
            "1043", "--action", "send-dunning-notice", "--stage", "reminder", "--channel", "letter", "--invoice", "202609-004388=27.50@BA-001043",
            "--invoice", "202609-003201", "--account", "BA-001043=55.00", "--planned", "2026-10-09T12:00+02:00");
        Assert.Equal(ActionKind.SendDunningNotice, action.Action);
        Assert.Equal(DunningStage.Reminder, action.Stage);
        Assert.Equal("letter", action.Channel);
        Assert.Equal(new DateTime(2026, 10, 9, 10, 0, 0, DateTimeKind.Utc), action.PlannedTime.ToDateTime());
        Assert.Equal(["202609-004388", "202609-003201", "BA-001043"], action.Subjects.Select(subject => subject.Id));
        Assert.Equal(["EUR 27.50", "–", "EUR 55.00"], action.Subjects.Select(subject => Amounts.Text(subject.Amount)));
        Assert.Equal([new SubjectRef { Type = SubjectType.BillingAccount, Id = "BA-001043" }], action.Subjects[0].Parents);
        Assert.Empty(action.Subjects[1].Parents);
        Assert.Equal(SubjectType.BillingAccount, action.Subjects[2].Type);
    }

    [Fact]
    public void Check_action_needs_a_subject_unless_it_is_a_contact()
    {
        Assert.Empty(Check("1042", "--action", "contact", "--contact-purpose", "marketing", "--channel", "email").Subjects);
        Assert.Contains("what it is about", Mistake(() => Check("1042", "--action", "add-fee")), StringComparison.Ordinal);
        Assert.Contains("collect-payment", Mistake(() => Check("1042", "--action", "shout", "--whole-customer")), StringComparison.Ordinal);
        Assert.Contains("NUMBER=27.50@ACCOUNT", Mistake(() => Check("1042", "--action", "add-fee", "--invoice", "N=1.00@")), StringComparison.Ordinal);
    }

    [Fact]
    public void Withdraw_wants_to_know_whether_the_customer_was_told()
    {
        Assert.Equal(
            new CustomerInformed { Informed = true, Channel = "phone" },
            Withdraw("1043/0199", "--reason", "Wrong invoice", "--informed-by", "phone").CustomerInformed);
        Assert.Equal(new CustomerInformed(), Withdraw("1043/0199", "--reason", "Twice", "--not-informed").CustomerInformed);
        Assert.Contains("--informed-by", Mistake(() => Withdraw("1043/0199", "--reason", "Twice")), StringComparison.Ordinal);

        static WithdrawAgreementRequest Withdraw(params string[] args)
        {
            var line = Parse(["withdraw", .. args]);
            return ((WithdrawCommand)line.CommandResult.Command).Request(line);
        }
    }

    [Theory]
    [InlineData("+31600001043", true)]
    [InlineData("0031600001043", true)]
    [InlineData("06 0000 1043", true)]
    [InlineData("00001043", false)]
    [InlineData("+32600001043", false)]
    public void Unlink_finds_the_stored_number_however_it_is_typed(string typed, bool found)
    {
        KeyLink[] links =
        [
            new() { Key = new CustomerKey { Phone = "+31600001043" }, Etag = "phone" },
            new() { Key = new CustomerKey { Email = "a@example.org" }, Etag = "mail" },
        ];
        Assert.Equal(found ? "phone" : null, KeyOptions.Find(links, new CustomerKey { Phone = typed })?.Etag);
        Assert.Equal("mail", KeyOptions.Find(links, new CustomerKey { Email = "A@Example.org" })?.Etag);
    }

    [Theory]
    [InlineData("jan", "jan")]
    [InlineData("DOMAIN\\jan de vries", "DOMAINjandevries")]
    [InlineData("Zoë", "Zo")]
    [InlineData("", "cli")]
    public void The_agent_is_the_user_name_as_far_as_the_service_takes_it(string userName, string agent) =>
        Assert.Equal(agent, Caller.DefaultAgent(userName));

    private static ParseResult Parse(params string[] args)
    {
        var line = DossierCommand.Parse(args);
        Assert.Empty(line.Errors);
        return line;
    }

    private static string Mistake(Func<object> read) => Assert.Throws<CommandException>(read).Message;

    private static GetDossierRequest Get(params string[] args)
    {
        var line = Parse(["get", .. args]);
        return ((GetCommand)line.CommandResult.Command).Request(line);
    }

    private static LookUpDossierRequest LookUp(params string[] args)
    {
        var line = Parse(["look-up", .. args]);
        return ((LookUpCommand)line.CommandResult.Command).Request(line);
    }

    private static CreateAgreementRequest Agree(params string[] args)
    {
        var line = Parse(["agree", .. args]);
        return ((AgreeCommand)line.CommandResult.Command).Request(line);
    }

    private static PlannedAction Check(params string[] args)
    {
        var line = Parse(["check-action", .. args]);
        return ((CheckActionCommand)line.CommandResult.Command).Request(line).Action;
    }
}
