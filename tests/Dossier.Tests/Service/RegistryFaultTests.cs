using Dossier.Tests.Fixtures;
using Dossier.V1;
using Grpc.Core;

namespace Dossier.Tests.ServiceTests;

/// <summary>The registry down: the dossier without agreements, and nobody writes or judges until it is back.</summary>
public sealed class RegistryFaultTests : IAsyncLifetime
{
    private static readonly Metadata Webcare = DossierHost.As("webcare", "daan");
    private DossierHost host = null!;
    private CreateAgreementResponse agreed = null!;

    public async Task InitializeAsync()
    {
        host = await Patient.StartAsync(("Registry:Deadline", "00:00:00.500"));
        agreed = await host.Agreements.CreateAgreementAsync(StoryTests.CreditOf("1043", "202609-004388"), Webcare);
        await host.GetAsync("1043");
    }

    public async Task DisposeAsync() => await host.DisposeAsync();

    [Theory]
    [InlineData("deleted")]
    [InlineData("nonsense")]
    [InlineData("another store")]
    [InlineData("nothing")]
    public async Task Without_the_registry_the_dossier_comes_without_agreements_and_nobody_writes_or_judges(string fault)
    {
        using (Strike(fault))
        {
            var dossier = await host.GetAsync("1043");
            Assert.Equal(["sources/registry"], dossier.Unreachable);
            var registry = dossier.Sources.Single(source => source.Source == "sources/registry");
            Assert.Equal((SourceState.Unreachable, SourceState.Unreachable), (registry.State, registry.Sections.Single().State));
            Assert.All(dossier.Sources.Where(source => !source.Equals(registry)), source => Assert.Equal(SourceState.Ok, source.State));
            Assert.Empty(dossier.Agreements);
            Assert.Equal(0, dossier.RegistrySequence);
            Assert.Equal("Youssef El Amrani", dossier.Customer.DisplayName);
            Assert.Contains(dossier.Interactions, interaction => interaction.Source == "sources/telephony");
            Assert.NotEmpty(dossier.Invoices);

            foreach (var call in NeedingTheRegistry())
            {
                var refused = await Refused.ByAsync(call);
                Assert.Equal((StatusCode.Unavailable, "REGISTRY_UNAVAILABLE"), (refused.Code, refused.Reason));
            }

            var source = await RegistryAsync();
            Assert.Equal(SourceState.Unreachable, source.State);
            Assert.Matches("^(BREAKER_OPEN: after )?FAILED: .+", source.LastFailure);
            Assert.DoesNotContain("1043", source.LastFailure, StringComparison.Ordinal);
            Assert.True(source.LastSuccessTime < source.LastFailureTime, "the last success is before the last failure");
            var looked = await host.Dossiers.LookUpDossierAsync(new LookUpDossierRequest { Key = new CustomerKey { Phone = "0600001043" } });
            Assert.Equal("customers/1043/dossier", looked.Dossier.Name);
            Assert.Contains("sources/registry", looked.Unreachable);
        }

        var back = await Soon.BecomesAsync(() => host.GetAsync("1043"), dossier => dossier.Unreachable.Count == 0);
        Assert.Equal(agreed.Agreement, Assert.Single(back.Agreements));
        var mended = await RegistryAsync();
        Assert.Equal((SourceState.Ok, false), (mended.State, mended.BreakerOpen));
        Assert.True(mended.LastSuccessTime > mended.LastFailureTime && mended.LastFailure.Length > 0, "what was wrong can still be read");
        Assert.Equal(Verdict.Block, (await host.Guard.CheckActionAsync(Letter())).Decision.Verdict);
        Assert.Equal(
            back.RegistrySequence + 1, (await host.Agreements.CreateAgreementAsync(Agreed.Remark("1043", "weer terug"), Webcare)).RegistrySequence);
    }

    [Fact]
    public async Task While_somebody_else_writes_for_long_reads_go_on_and_changes_are_unavailable()
    {
        using (StoreFault.Locked(host, "registry"))
        {
            var dossier = await host.GetAsync("1043");
            Assert.Empty(dossier.Unreachable);
            Assert.Equal(agreed.Agreement, Assert.Single(dossier.Agreements));
            var refused = await Refused.ByAsync(async () => await host.Agreements.CreateAgreementAsync(Agreed.Remark("1043", "x"), Webcare));
            Assert.Equal((StatusCode.Unavailable, "REGISTRY_UNAVAILABLE"), (refused.Code, refused.Reason));
            Assert.Equal(Verdict.Block, (await host.Guard.CheckActionAsync(Letter())).Decision.Verdict);
        }

        await Soon.BecomesAsync(async () =>
        {
            try
            {
                await host.Agreements.CreateAgreementAsync(Agreed.Remark("1043", "x"), Webcare);
                return true;
            }
            catch (RpcException)
            {
                return false;
            }
        });
    }

    [Fact]
    public async Task A_refused_change_may_be_repeated_with_its_id_when_the_registry_is_back()
    {
        var request = Agreed.Remark("1043", "Eenmaal, niet tweemaal.");
        using (StoreFault.MovedAway(host, "registry"))
        {
            await Assert.ThrowsAsync<RpcException>(async () => await host.Agreements.CreateAgreementAsync(request, Webcare));
        }

        var made = await host.Agreements.CreateAgreementAsync(request, Webcare);

        Assert.Equal(made, await host.Agreements.CreateAgreementAsync(request, Webcare));
        Assert.Equal(2, (await host.Agreements.ListAgreementsAsync(new ListAgreementsRequest { Parent = "customers/1043" })).Agreements.Count);
    }

    [Fact]
    public async Task A_deleted_registry_does_not_come_back_empty()
    {
        using var fault = StoreFault.MovedAway(host, "registry");

        await Assert.ThrowsAsync<RpcException>(async () => await host.Agreements.CreateAgreementAsync(Agreed.Remark("1043", "x"), Webcare));

        Assert.False(File.Exists(host.FileOf("registry")));
    }

    private async Task<Source> RegistryAsync() => (await host.Dossiers.GetSourceAsync(new GetSourceRequest { Name = "sources/registry" })).Source;

    private static CheckActionRequest Letter() => new() { Action = Agreed.Letter("1043", Agreed.Bill("202609-004388", "BA-001043")) };

    private Func<Task>[] NeedingTheRegistry() =>
    [
        async () => await host.Agreements.CreateAgreementAsync(Agreed.Remark("1043", "x"), Webcare),
        async () => await host.Agreements.WithdrawAgreementAsync(Agreed.Withdraw(agreed.Agreement), Webcare),
        async () => await host.Agreements.GetAgreementAsync(new GetAgreementRequest { Name = agreed.Agreement.Name }),
        async () => await host.Agreements.ListAgreementsAsync(new ListAgreementsRequest { Parent = "customers/1043" }),
        async () => await host.Dossiers.LinkCustomerKeyAsync(
            new LinkCustomerKeyRequest { Customer = "customers/1043", Key = new CustomerKey { Phone = "0600009043" }, RequestId = Agreed.NewId() }, Webcare),
        async () => await host.Dossiers.UnlinkCustomerKeyAsync(
            new UnlinkCustomerKeyRequest { Customer = "customers/1043", Key = new CustomerKey { Phone = "0600001043" }, Etag = "e", RequestId = Agreed.NewId() }, Webcare),
        async () => await host.Guard.CheckActionAsync(Letter()),
        async () => await host.Guard.CheckActionBatchAsync(new CheckActionBatchRequest { Actions = { Letter().Action } }),
    ];

    private StoreFault Strike(string fault) => fault switch
    {
        "deleted" => StoreFault.MovedAway(host, "registry"),
        "nonsense" => StoreFault.Replaced(host, "registry", (path, _) => File.WriteAllText(path, string.Concat(Enumerable.Repeat("geen database ", 1_000)))),
        "another store" => StoreFault.Replaced(host, "registry", (path, _) => File.Copy(host.FileOf("telephony"), path)),
        "nothing" => StoreFault.Replaced(host, "registry", (path, _) => File.WriteAllBytes(path, [])),
        _ => throw new ArgumentOutOfRangeException(nameof(fault)),
    };
}
