using Dapper;
using Dossier.Tests.Fixtures;
using Dossier.Tests.ServiceTests;
using Dossier.V1;
using Grpc.Core;

namespace Dossier.Tests.ConformanceTests;

/// <summary>Every state with every change: as the README's table of the life of an agreement says, and nothing else.</summary>
public abstract class StateChangesConformance<TServers>(LifeHost<TServers> life) : IClassFixture<LifeHost<TServers>>
    where TServers : Servers, new()
{
    private const string Customer = "2410";
    private static readonly CustomerInformed Told = new() { Informed = true, Channel = "phone" };
    private static readonly string[] Changes = ["Approve", "Reject", "Withdraw", "Supersede", "Fulfill"];

    private static readonly Dictionary<AgreementState, string[]> Allowed = new()
    {
        [AgreementState.Proposed] = ["Approve", "Reject", "Withdraw", "Supersede"],
        [AgreementState.Active] = ["Withdraw", "Supersede", "Fulfill"],
        [AgreementState.Fulfilled] = [],
        [AgreementState.Withdrawn] = [],
        [AgreementState.Superseded] = [],
        [AgreementState.Rejected] = [],
        [AgreementState.Expired] = [],
    };

    private AgreementService.AgreementServiceClient Agreements => life.Host.Agreements;

    private static Metadata Shop => DossierHost.As("shop", "els");

    private static Metadata Webcare => DossierHost.As("webcare", "daan");

    [ServerFact]
    public async Task A_change_that_its_state_forbids_is_refused_with_the_state_and_changes_nothing()
    {
        foreach (var (state, allowed) in Allowed)
        {
            foreach (var change in Changes)
            {
                var agreement = await InAsync(state);
                Assert.Equal(state, agreement.State);
                if (allowed.Contains(change, StringComparer.Ordinal))
                {
                    await ChangeAsync(change, agreement);
                    Assert.NotEqual(state, (await GetAsync(agreement.Name)).State);
                    continue;
                }

                var before = Counter();
                var refused = await Refused.ByAsync(async () => await ChangeAsync(change, agreement));
                Assert.Equal(
                    (StatusCode.FailedPrecondition, "STATE_NOT_ALLOWED", state.Word(), $"{change} of {state}"),
                    (refused.Code, refused.Reason, refused.Info.Metadata["state"], $"{change} of {state}"));
                Assert.Equal(agreement, await GetAsync(agreement.Name));
                Assert.Equal(before, Counter());
            }
        }
    }

    private long Counter()
    {
        using var connection = life.Servers.Open(life.Servers.RegistryOwner);
        return connection.ExecuteScalar<long>("SELECT value FROM change_counter");
    }

    private async Task<Agreement> GetAsync(string name) => (await Agreements.GetAgreementAsync(new GetAgreementRequest { Name = name })).Agreement;

    /// <summary>A new agreement in a state.</summary>
    private async Task<Agreement> InAsync(AgreementState state)
    {
        // The shop may not grant a dunning block by itself.
        var made = (await Agreements.CreateAgreementAsync(
            state == AgreementState.Expired ? Agreed.Ended(Customer) : Agreed.DunningBlock(Customer),
            state is AgreementState.Proposed or AgreementState.Rejected ? Shop : Webcare)).Agreement;
        if (state is AgreementState.Fulfilled or AgreementState.Withdrawn or AgreementState.Superseded or AgreementState.Rejected)
        {
            await ChangeAsync(state switch
            {
                AgreementState.Fulfilled => "Fulfill",
                AgreementState.Withdrawn => "Withdraw",
                AgreementState.Superseded => "Supersede",
                _ => "Reject",
            }, made);
        }

        return await GetAsync(made.Name);
    }

    private async Task ChangeAsync(string change, Agreement of)
    {
        switch (change)
        {
            case "Approve":
                await Agreements.ApproveAgreementAsync(new ApproveAgreementRequest { Name = of.Name, Etag = of.Etag, RequestId = Agreed.NewId() }, Webcare);
                break;
            case "Reject":
                await Agreements.RejectAgreementAsync(
                    new RejectAgreementRequest { Name = of.Name, Etag = of.Etag, Reason = "Nee", CustomerInformed = Told, RequestId = Agreed.NewId() }, Webcare);
                break;
            case "Withdraw":
                await Agreements.WithdrawAgreementAsync(Agreed.Withdraw(of), Webcare);
                break;
            case "Supersede":
                await Agreements.SupersedeAgreementAsync(
                    new SupersedeAgreementRequest
                    {
                        Name = of.Name, Etag = of.Etag, Agreement = Agreed.DunningBlock(Customer).Agreement, Reason = "Anders", CustomerInformed = Told, RequestId = Agreed.NewId(),
                    },
                    Webcare);
                break;
            default:
                await Agreements.FulfillAgreementAsync(new FulfillAgreementRequest { Name = of.Name, Etag = of.Etag, Reason = "Gedaan", RequestId = Agreed.NewId() }, Webcare);
                break;
        }
    }
}

public sealed class SqliteStateChangesTests(LifeHost<SqliteServers> life) : StateChangesConformance<SqliteServers>(life);

[NeedsServer(PostgresDatabase.Variable, alsoInCI: true)]
public sealed class PostgresStateChangesTests(LifeHost<PostgresServers> life) : StateChangesConformance<PostgresServers>(life);

[NeedsServer(SqlServerServers.Variable, alsoInCI: false)]
public sealed class SqlServerStateChangesTests(LifeHost<SqlServerServers> life) : StateChangesConformance<SqlServerServers>(life);
