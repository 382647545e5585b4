using Dossier.Tests.Fixtures;
using Dossier.V1;
using Grpc.Core;

namespace Dossier.Tests.ServiceTests;

/// <summary>A change answers its sequence, and a read that asks for it sees the change.</summary>
public sealed class RegistrySequenceTests(SharedHost shared) : IClassFixture<SharedHost>
{
    private static readonly Metadata Webcare = DossierHost.As("webcare", "daan");
    private readonly DossierHost host = shared.Host;

    [Fact]
    public async Task Every_change_takes_the_next_sequence_and_every_read_tells_it()
    {
        // The first reading of a customer remembers keys, which are changes too.
        await host.GetAsync("2031");
        var first = await host.Agreements.CreateAgreementAsync(Agreed.DunningBlock("2031"), Webcare);
        var second = await host.Agreements.WithdrawAgreementAsync(Agreed.Withdraw(first.Agreement), Webcare);
        var third = await host.Dossiers.LinkCustomerKeyAsync(
            new LinkCustomerKeyRequest { Customer = "customers/2031", Key = new CustomerKey { Email = "nieuw@example.org" }, RequestId = Agreed.NewId() }, Webcare);

        Assert.Equal(first.RegistrySequence + 1, second.RegistrySequence);
        Assert.Equal(second.RegistrySequence + 1, third.RegistrySequence);
        var sequence = third.RegistrySequence;
        var read = await host.Agreements.GetAgreementAsync(new GetAgreementRequest { Name = first.Agreement.Name, MinRegistrySequence = sequence });
        var list = await host.Agreements.ListAgreementsAsync(new ListAgreementsRequest { Parent = "customers/2031", MinRegistrySequence = sequence });
        var dossier = await host.Dossiers.GetDossierAsync(new GetDossierRequest { Name = "customers/2031/dossier", MinRegistrySequence = sequence });
        var guard = await host.Guard.CheckActionAsync(new CheckActionRequest { Action = Agreed.Letter("2031", Agreed.Bill("x", "y")) });
        Assert.Equal(
            [sequence, sequence, sequence, sequence],
            [read.RegistrySequence, list.RegistrySequence, dossier.Dossier.RegistrySequence, guard.RegistrySequence]);
    }

    [Fact]
    public async Task A_sequence_that_was_never_given_out_is_refused_at_once()
    {
        var created = await host.Agreements.CreateAgreementAsync(Agreed.DunningBlock("2032"), Webcare);
        const long Never = long.MaxValue;
        foreach (var read in (Func<Task>[])
        [
            async () => await host.Agreements.GetAgreementAsync(new GetAgreementRequest { Name = created.Agreement.Name, MinRegistrySequence = Never }),
            async () => await host.Agreements.ListAgreementsAsync(new ListAgreementsRequest { Parent = "customers/2032", MinRegistrySequence = Never }),
            async () => await host.Dossiers.GetDossierAsync(new GetDossierRequest { Name = "customers/2032/dossier", MinRegistrySequence = Never }),
        ])
        {
            var started = TimeProvider.System.GetTimestamp();
            var refused = await Refused.ByAsync(read);

            // A wait would last a quarter of a deadline: half a second and more.
            Assert.InRange(TimeProvider.System.GetElapsedTime(started), TimeSpan.Zero, TimeSpan.FromMilliseconds(400));
            Assert.Equal((StatusCode.FailedPrecondition, "SEQUENCE_NOT_REACHED"), (refused.Code, refused.Reason));
            Assert.True(long.Parse(refused.Info.Metadata["registry_sequence"]) >= created.RegistrySequence);
        }
    }
}
