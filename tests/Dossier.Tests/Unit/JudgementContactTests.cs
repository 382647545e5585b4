using Dossier.Guard;
using Dossier.V1;

namespace Dossier.Tests.UnitTests;

/// <summary>A contact stop: over its channel (none set: all), for its purpose; never STATUTORY unless it says so.</summary>
public sealed class JudgementContactTests
{
    private const ContactPurpose Unset = ContactPurpose.Unspecified;
    private const ContactPurpose Service = ContactPurpose.Service;
    private const ContactPurpose Statutory = ContactPurpose.Statutory;
    private const ContactPurpose Marketing = ContactPurpose.Marketing;

    private static Agreement Stop(string channel, ContactPurpose purpose)
    {
        var effect = Given.Effect(EffectKind.ContactStop, Given.Whole());
        effect.ContactStop.Channel = channel;
        effect.ContactStop.Purpose = purpose;
        return Given.Agreement(effect);
    }

    private static Verdict Judge(ActionKind kind, string channel, ContactPurpose purpose, Agreement stop)
    {
        var action = Given.Action(kind, Given.Whole().Asked());
        action.Channel = channel;
        action.Purpose = purpose;
        return Judgement.Judge(action, [stop], Given.Now, Given.Amsterdam).Verdict;
    }

    [Theory]
    [InlineData(Unset, Service, Verdict.Block)]
    [InlineData(Unset, Marketing, Verdict.Block)]
    [InlineData(Unset, Statutory, Verdict.Allow)]
    [InlineData(Unset, Unset, Verdict.Review)]
    [InlineData(Service, Service, Verdict.Block)]
    [InlineData(Service, Marketing, Verdict.Allow)]
    [InlineData(Service, Statutory, Verdict.Allow)]
    [InlineData(Service, Unset, Verdict.Review)]
    [InlineData(Marketing, Marketing, Verdict.Block)]
    [InlineData(Marketing, Service, Verdict.Allow)]
    [InlineData(Marketing, Statutory, Verdict.Allow)]
    [InlineData(Marketing, Unset, Verdict.Review)]
    [InlineData(Statutory, Statutory, Verdict.Block)]
    [InlineData(Statutory, Service, Verdict.Allow)]
    [InlineData(Statutory, Unset, Verdict.Review)]
    [InlineData(Service, (ContactPurpose)9, Verdict.Review)]
    public void A_stop_forbids_contact_for_its_purpose(ContactPurpose stopped, ContactPurpose planned, Verdict expected)
    {
        foreach (var (stop, channel) in new[] { ("", ""), ("", "letter"), ("letter", "letter"), ("letter", "") })
        {
            Assert.Equal(expected, Judge(ActionKind.Contact, channel, planned, Stop(stop, stopped)));
        }

        Assert.Equal(Verdict.Allow, Judge(ActionKind.Contact, "phone", planned, Stop("letter", stopped)));
    }

    [Fact]
    public void A_stop_for_a_purpose_that_is_not_known_is_for_a_person()
    {
        var stop = Stop("", (ContactPurpose)9);
        Assert.Equal(Verdict.Review, Judge(ActionKind.Contact, "letter", Service, stop));
        Assert.Equal(Verdict.Review, Judge(ActionKind.Contact, "letter", Statutory, stop));
    }

    [Theory]
    [InlineData("", Unset, "letter", Verdict.Review)]
    [InlineData("letter", Unset, "letter", Verdict.Review)]
    [InlineData("letter", Service, "letter", Verdict.Review)]
    [InlineData("letter", Statutory, "letter", Verdict.Review)]
    [InlineData("letter", Service, "", Verdict.Review)]
    [InlineData("letter", Marketing, "letter", Verdict.Allow)]
    [InlineData("", Marketing, "letter", Verdict.Allow)]
    [InlineData("letter", Service, "email", Verdict.Allow)]
    public void A_dunning_notice_over_a_stopped_channel_is_for_a_person_unless_the_stop_is_for_marketing(
        string stopped, ContactPurpose purpose, string channel, Verdict expected) =>
        Assert.Equal(expected, Judge(ActionKind.SendDunningNotice, channel, Unset, Stop(stopped, purpose)));

    [Theory]
    [InlineData(ActionKind.AddFee)]
    [InlineData(ActionKind.CollectPayment)]
    [InlineData(ActionKind.SuspendService)]
    [InlineData(ActionKind.ReferToCollectionAgency)]
    public void A_stop_says_nothing_of_what_is_no_contact(ActionKind kind) =>
        Assert.Equal(Verdict.Allow, Judge(kind, "letter", Service, Stop("", Service)));

    [Fact]
    public void A_proposed_stop_is_for_a_person() =>
        Assert.Equal(Verdict.Review, Judge(ActionKind.Contact, "letter", Service, Stop("", Service).In(AgreementState.Proposed)));

    [Fact]
    public void A_stop_ends_with_its_last_day()
    {
        var stop = Stop("", Unset);
        stop.Effects[0].ContactStop.Until = Given.Day(2026, 9, 14);
        Assert.Equal(Verdict.Allow, Judge(ActionKind.Contact, "letter", Service, stop));
        stop.Effects[0].ContactStop.Until = Given.Day(2026, 9, 15);
        Assert.Equal(Verdict.Block, Judge(ActionKind.Contact, "letter", Service, stop));
    }

    [Fact]
    public void A_stop_on_one_product_is_for_a_person_where_the_whole_customer_is_contacted()
    {
        var effect = Given.Effect(EffectKind.ContactStop, Given.Product());
        Assert.Equal(Verdict.Review, Judge(ActionKind.Contact, "letter", Service, Given.Agreement(effect)));
    }
}
