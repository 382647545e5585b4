using Dossier.Agreements;
using Dossier.V1;
using Google.Protobuf.WellKnownTypes;
using Outcome = Dossier.V1.Acknowledgement.Types.Outcome;

namespace Dossier.Tests.UnitTests;

/// <summary>What follows from an agreement and the clock.</summary>
public sealed class AgreementRulesTests
{
    private static readonly DateTimeOffset Now = Given.Now;

    private static Effect Until(EffectKind kind, string? until)
    {
        var effect = Given.Effect(kind, Given.Invoice("I1"));
        var day = Given.Day(until);
        switch (kind)
        {
            case EffectKind.DeferPayment:
                effect.DeferPayment.Until = day;
                break;
            case EffectKind.DunningBlock:
                effect.DunningBlock.Until = day;
                break;
            case EffectKind.ContactStop:
                effect.ContactStop.Until = day;
                break;
            case EffectKind.SuspensionBlock:
                effect.SuspensionBlock.Until = day;
                break;
        }

        return effect;
    }

    private static Acknowledgement Said(Outcome outcome, int dueInHours) =>
        new() { Outcome = outcome, DueTime = Timestamp.FromDateTimeOffset(Now.AddHours(dueInHours)) };

    [Fact]
    public void Every_effect_of_the_contract_has_its_kind()
    {
        var fields = Effect.Descriptor.Oneofs.Single().Fields;
        var kinds = System.Enum.GetValues<EffectKind>().Skip(1).ToList();
        Assert.Equal(kinds.Count, fields.Count);
        foreach (var field in fields)
        {
            var effect = new Effect();
            field.Accessor.SetValue(effect, field.MessageType.Parser.ParseFrom([]));
            Assert.Equal(field.Name.ToUpperInvariant(), AgreementRules.KindOf(effect).Word());
        }

        Assert.Equal(EffectKind.Unspecified, AgreementRules.KindOf(new Effect()));
        Assert.Equal(EffectKind.Unspecified, AgreementRules.KindOf(Given.Unknown()));
    }

    [Fact]
    public void Credits_waivers_and_refunds_are_done_once() => Assert.Equal(
        [EffectKind.CreditInvoice, EffectKind.CreditAmount, EffectKind.WaiveFee, EffectKind.Refund],
        System.Enum.GetValues<EffectKind>().Where(AgreementRules.IsOneOff));

    [Fact]
    public void An_agreement_expires_with_the_latest_until_of_its_effects()
    {
        var agreement = Given.Agreement(Until(EffectKind.DeferPayment, "2026-09-30"), Until(EffectKind.DunningBlock, "2026-10-25"), Until(EffectKind.SuspensionBlock, "2026-10-01"));
        Assert.Equal(DateTimeOffset.Parse("2026-10-25T23:00:00Z"), AgreementRules.ExpireTime(agreement, Given.Amsterdam));
    }

    [Theory]
    [InlineData(EffectKind.CreditInvoice, null)]
    [InlineData(EffectKind.Remark, null)]
    [InlineData(EffectKind.DunningBlock, null)]
    [InlineData(EffectKind.DeferPayment, "9999-12-31")]
    public void An_agreement_of_which_one_effect_has_no_end_never_expires(EffectKind kind, string? until)
    {
        var agreement = Given.Agreement(Until(EffectKind.DeferPayment, "2026-09-30"), Until(kind, until));
        Assert.Null(AgreementRules.ExpireTime(agreement, Given.Amsterdam));
    }

    [Fact]
    public void An_agreement_is_expired_from_its_end_on_if_it_was_proposed_or_active()
    {
        foreach (var state in System.Enum.GetValues<AgreementState>())
        {
            var agreement = Given.Agreement().In(state);
            Assert.Equal(state, AgreementRules.StateAt(agreement, Now));
            agreement.ExpireTime = Timestamp.FromDateTimeOffset(Now);
            Assert.Equal(state, AgreementRules.StateAt(agreement, Now.AddTicks(-10)));
            Assert.Equal(
                state is AgreementState.Active or AgreementState.Proposed ? AgreementState.Expired : state,
                AgreementRules.StateAt(agreement, Now));
        }
    }

    [Fact]
    public void Systems_are_in_sync_when_each_has_applied_it_or_has_nothing_to_do()
    {
        Assert.Equal(SyncState.InSync, AgreementRules.SyncAt([], Now));
        Assert.Equal(SyncState.InSync, AgreementRules.SyncAt([Said(Outcome.Applied, -5), Said(Outcome.NotApplicable, -5)], Now));
    }

    [Theory]
    [InlineData(Outcome.Unspecified)]
    [InlineData(Outcome.Received)]
    public void A_system_that_has_not_applied_it_is_pending_in_time_and_overdue_from_its_due_time_on(Outcome outcome)
    {
        Assert.Equal(SyncState.Pending, AgreementRules.SyncAt([Said(outcome, 1), Said(Outcome.Applied, -5)], Now));
        Assert.Equal(SyncState.Overdue, AgreementRules.SyncAt([Said(outcome, 0)], Now));
        Assert.Equal(SyncState.Overdue, AgreementRules.SyncAt([Said(outcome, -1), Said(outcome, 1)], Now));
        Assert.Equal(SyncState.Overdue, AgreementRules.SyncAt([Said(outcome, 1), Said(outcome, -1)], Now));
        Assert.Equal(SyncState.Diverged, AgreementRules.SyncAt([Said(outcome, -1), Said(Outcome.Rejected, 5), Said(outcome, 1)], Now));
    }

    [Fact]
    public void An_agreement_is_shown_as_it_is_at_a_moment()
    {
        var stored = Given.Agreement();
        stored.ExpireTime = Timestamp.FromDateTimeOffset(Now);
        stored.Acknowledgements.Add(Said(Outcome.Unspecified, 0));
        Assert.Equal((AgreementState.Active, SyncState.Pending), Of(AgreementRules.At(stored.Clone(), Now.AddTicks(-10))));
        Assert.Equal((AgreementState.Expired, SyncState.Overdue), Of(AgreementRules.At(stored.Clone(), Now)));

        static (AgreementState, SyncState) Of(Agreement agreement) => (agreement.State, agreement.SyncState);
    }

    [Fact]
    public void An_agreement_binds_while_it_is_active_and_an_effect_is_in_force_that_is_more_than_a_remark()
    {
        var block = Until(EffectKind.DunningBlock, "2026-09-15");
        Assert.True(AgreementRules.Binds(Given.Agreement(block), Now, Given.Amsterdam));
        Assert.False(AgreementRules.Binds(Given.Agreement(block), Now.AddDays(1), Given.Amsterdam));
        Assert.False(AgreementRules.Binds(Given.Agreement(block).From(Now.AddTicks(10)), Now, Given.Amsterdam));
        Assert.False(AgreementRules.Binds(Given.Agreement(Until(EffectKind.Remark, null)), Now, Given.Amsterdam));
        Assert.True(AgreementRules.Binds(Given.Agreement(Given.Unknown()), Now, Given.Amsterdam));
        foreach (var state in System.Enum.GetValues<AgreementState>().Except([AgreementState.Active, AgreementState.Fulfilled]))
        {
            Assert.False(AgreementRules.Binds(Given.Agreement(Until(EffectKind.CreditInvoice, null)).In(state), Now, Given.Amsterdam));
        }
    }

    [Fact]
    public void Of_a_fulfilled_agreement_only_a_credited_invoice_still_binds()
    {
        foreach (var kind in System.Enum.GetValues<EffectKind>())
        {
            var agreement = Given.Agreement(Until(kind, null)).In(AgreementState.Fulfilled);
            Assert.Equal(kind == EffectKind.CreditInvoice, AgreementRules.Binds(agreement, Now, Given.Amsterdam));
        }
    }

    [Fact]
    public void An_agreement_is_shown_while_it_may_bind_and_for_90_days_after_its_end()
    {
        var old = Timestamp.FromDateTimeOffset(Now.AddDays(-400));
        Agreement Ended(AgreementState state, Timestamp update, Timestamp? expire = null)
        {
            var agreement = Given.Agreement(Until(EffectKind.DunningBlock, null)).In(state);
            (agreement.CreateTime, agreement.UpdateTime, agreement.ExpireTime) = (old, update, expire);
            return agreement;
        }

        Assert.True(AgreementRules.IsLive(Ended(AgreementState.Active, old), Now));
        Assert.True(AgreementRules.IsLive(Ended(AgreementState.Proposed, old), Now));
        Assert.True(AgreementRules.IsLive(Ended(AgreementState.Withdrawn, Timestamp.FromDateTimeOffset(Now.AddDays(-89))), Now));
        Assert.False(AgreementRules.IsLive(Ended(AgreementState.Withdrawn, Timestamp.FromDateTimeOffset(Now.AddDays(-91))), Now));

        // Nobody touches an agreement when the clock ends it: its last change is the day on which it was made.
        Assert.True(AgreementRules.IsLive(Ended(AgreementState.Expired, old, Timestamp.FromDateTimeOffset(Now.AddDays(-1))), Now));
        Assert.False(AgreementRules.IsLive(Ended(AgreementState.Expired, old, Timestamp.FromDateTimeOffset(Now.AddDays(-91))), Now));
    }

    [Fact]
    public void The_systems_that_must_acknowledge_are_those_whose_effects_are_in_it()
    {
        var systems = new Dictionary<string, SystemOptions>(StringComparer.Ordinal)
        {
            ["webcare"] = new() { MustAcknowledge = ["CONTACT_STOP"] },
            ["administration"] = new() { MustAcknowledge = ["CREDIT_INVOICE", "REFUND"], Within = TimeSpan.FromHours(4) },
            ["telephony"] = new(),
            ["archive"] = new() { MustAcknowledge = ["*"] },
        };
        IReadOnlyList<(string System, TimeSpan Within)> Obliged(params EffectKind[] kinds) =>
            AgreementRules.Obliged(Given.Agreement([.. kinds.Select(kind => Given.Effect(kind))]), systems);

        Assert.Equal([("administration", TimeSpan.FromHours(4)), ("archive", TimeSpan.FromDays(2))], Obliged(EffectKind.Refund, EffectKind.Remark).Select(system => (system.System, system.Within)).Order());
        Assert.Equal(["archive", "webcare"], Obliged(EffectKind.ContactStop).Select(system => system.System));
        Assert.Equal(["archive"], Obliged(EffectKind.DeferPayment).Select(system => system.System));
        Assert.Empty(Obliged(EffectKind.Remark));
    }
}
