using Dapper;
using Dossier.Tests.Fixtures;
using Dossier.Tests.RobustnessTests;
using Dossier.Tests.ServiceTests;
using Dossier.V1;
using Grpc.Core;

namespace Dossier.Tests.ConformanceTests;

/// <summary>Many write at once: nothing is lost, nothing is twice, and changes become visible in the order of their sequences.</summary>
/// <typeparam name="TServers">The vendor's databases.</typeparam>
public abstract class WritersConformance<TServers>(VendorHost<TServers> vendor) : IClassFixture<VendorHost<TServers>>
    where TServers : Servers, new()
{
    private const int Writers = 32;
    private const int WritesEach = 8;
    private const int Customers = 8;
    private readonly DossierHost host = vendor.Host;

    [ServerFact]
    public async Task Thirty_two_writers_over_eight_customers_commit_in_the_order_of_their_sequences()
    {
        using var stop = new CancellationTokenSource();
        var reading = Task.Run(() => FollowAsync(stop.Token));

        var answers = (await Calls.AtOnceAsync(Writers, WriteAsync)).SelectMany(sequences => sequences).ToList();
        await stop.CancelAsync();
        var seen = await reading;

        Assert.Equal(Writers * WritesEach * 3 / 2, answers.Count);
        Assert.Equal(answers.Count, answers.Distinct().Count());
        var after = RegistryContents.Of(vendor.Servers).IsSound();
        Assert.Subset(after.Changes.Select(change => change.Sequence).ToHashSet(), answers.ToHashSet());

        // Whoever followed the changes saw each of them once and none late.
        Assert.Equal(Enumerable.Range(1, seen.Count).Select(number => (long)number), seen);
    }

    [ServerFact]
    public async Task Of_sixteen_withdrawals_with_one_etag_one_succeeds_and_no_update_is_lost()
    {
        for (var round = 0; round < 5; round++)
        {
            var standing = (await host.Agreements.CreateAgreementAsync(Agreed.Remark("2021", $"Ronde {round}"), Calls.Webcare)).Agreement;

            var answers = await Calls.AtOnceAsync(16, number => Outcome.OfAsync(() =>
            {
                var withdrawal = Agreed.Withdraw(standing);
                withdrawal.Reason = $"Reden {number}";
                return host.Agreements.WithdrawAgreementAsync(withdrawal, Calls.Webcare).ResponseAsync;
            }));

            var withdrawn = Assert.Single(answers, answer => answer.Refused is null).Answer!.Agreement;
            Assert.All(answers.Where(answer => answer.Refused is not null), answer => Assert.Equal((StatusCode.Aborted, "ETAG_MISMATCH"), (answer.Refused!.Code, answer.Refused.Reason)));
            var now = (await host.Agreements.GetAgreementAsync(new GetAgreementRequest { Name = standing.Name })).Agreement;
            Assert.Equal((2L, withdrawn.End.Reason, withdrawn.Etag), (now.Revision, now.End.Reason, now.Etag));
        }

        RegistryContents.Of(vendor.Servers).IsSound();
    }

    [ServerFact]
    public async Task Pages_of_agreements_are_complete_while_others_write()
    {
        var there = new List<string>();
        for (var number = 0; number < 40; number++)
        {
            there.Add((await host.Agreements.CreateAgreementAsync(Agreed.Remark("2022", $"Nummer {number}"), Calls.Webcare)).Agreement.Name);
        }

        using var stop = new CancellationTokenSource();
        var writing = Enumerable.Range(0, 4).Select(writer => Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                await host.Agreements.CreateAgreementAsync(Agreed.Remark("2022", $"Van {writer}"), Calls.Webcare);
            }
        })).ToArray();
        for (var round = 0; round < 5; round++)
        {
            var listed = new List<Agreement>();
            var request = new ListAgreementsRequest { Parent = "customers/2022", PageSize = 7 };
            do
            {
                var page = await host.Agreements.ListAgreementsAsync(request);
                Assert.InRange(page.Agreements.Count, 1, 7);
                listed.AddRange(page.Agreements);
                request.PageToken = page.NextPageToken;
            }
            while (request.PageToken.Length > 0);

            Assert.Equal(listed.Count, listed.Select(agreement => agreement.Name).Distinct().Count());
            Assert.Equal(listed.Select(agreement => agreement.Name).OrderDescending(StringComparer.Ordinal), listed.Select(agreement => agreement.Name));
            Assert.Subset(listed.Select(agreement => agreement.Name).ToHashSet(), there.ToHashSet());
        }

        await stop.CancelAsync();
        await Task.WhenAll(writing);
        RegistryContents.Of(vendor.Servers).IsSound();
    }

    [ServerFact]
    public async Task Keys_that_sixteen_dossiers_learn_at_once_are_learned_once()
    {
        foreach (var customer in (string[])["2031", "2032", "2033", "1045"])
        {
            var dossiers = await Calls.AtOnceAsync(16, _ => host.GetAsync(customer));
            var keys = (await host.GetAsync(customer)).Customer.Keys;

            // On a busy machine one may not wait for the others to have remembered; it says nothing else then.
            Assert.All(dossiers.Where(dossier => dossier.Customer.Keys.Count > 0), dossier => Assert.Equal(keys, dossier.Customer.Keys));
            Assert.All(dossiers, dossier => Assert.Empty(dossier.Unreachable));
            Assert.NotEmpty(keys);
            Assert.Equal(keys.Count, RegistryContents.Of(vendor.Servers).LinkRevisions.Count(link => link.Customer == customer));
        }

        RegistryContents.Of(vendor.Servers).IsSound();
    }

    /// <summary>Half of what a writer makes it takes back.</summary>
    private async Task<List<long>> WriteAsync(int writer)
    {
        var sequences = new List<long>();
        for (var number = 0; number < WritesEach; number++)
        {
            var made = await host.Agreements.CreateAgreementAsync(Agreed.Remark($"{2011 + ((writer + number) % Customers)}", $"Van {writer}"), Calls.Webcare);
            sequences.Add(made.RegistrySequence);
            if (number % 2 == 0)
            {
                sequences.Add((await host.Agreements.WithdrawAgreementAsync(Agreed.Withdraw(made.Agreement), Calls.Webcare)).RegistrySequence);
            }
        }

        return sequences;
    }

    /// <summary>Reads the changes as a watcher would: those after the last one seen.</summary>
    private async Task<List<long>> FollowAsync(CancellationToken stop)
    {
        await using var connection = vendor.Servers.Open(vendor.Servers.RegistryOwner);
        var seen = new List<long>();
        while (true)
        {
            // Asked before reading, so that the last reading is after the last change.
            var last = stop.IsCancellationRequested;
            seen.AddRange(await connection.QueryAsync<long>("SELECT sequence FROM change WHERE sequence > @last ORDER BY sequence", new { last = seen.Count == 0 ? 0L : seen[^1] }));
            if (last)
            {
                return seen;
            }

            await Task.Delay(1, CancellationToken.None);
        }
    }
}

public sealed class SqliteWritersTests(VendorHost<SqliteServers> vendor) : WritersConformance<SqliteServers>(vendor);

[NeedsServer(PostgresDatabase.Variable, alsoInCI: true)]
public sealed class PostgresWritersTests(VendorHost<PostgresServers> vendor) : WritersConformance<PostgresServers>(vendor)
{
    private readonly VendorHost<PostgresServers> vendor = vendor;

    [ServerFact]
    public async Task A_change_that_loses_a_deadlock_is_tried_again_as_a_whole()
    {
        // PostgreSQL looks for a deadlock after a second; there must be time left to try again, on a busy machine too.
        await using var host = await vendor.Servers.StartAsync(("Registry:Deadline", "00:00:10"));
        var standing = (await host.Agreements.CreateAgreementAsync(Agreed.Remark("2041", "x"), Calls.Webcare)).Agreement;
        var before = RegistryContents.Of(vendor.Servers);
        using var owner = vendor.Servers.Open(vendor.Servers.RegistryOwner);

        // The owner takes the locks in the wrong order, and never looks for a deadlock itself: the service is the one that loses.
        await owner.ExecuteAsync("SET deadlock_timeout = '60s'; BEGIN; UPDATE change_counter SET value = value");
        var changing = host.Agreements.WithdrawAgreementAsync(Agreed.Withdraw(standing), Calls.Webcare).ResponseAsync;
        await Eventually.TrueAsync(() => WaitsAsync(), "the change waits for the counter");
        await owner.ExecuteAsync("SELECT 1 FROM customer WHERE customer = '2041' FOR UPDATE");
        Assert.False(changing.IsCompleted);
        await owner.ExecuteAsync("ROLLBACK;", commandType: System.Data.CommandType.Text);

        Assert.Equal(before.Sequence + 1, (await changing).RegistrySequence);
        Assert.Equal(AgreementState.Withdrawn, (await changing).Agreement.State);
        RegistryContents.Of(vendor.Servers).IsSound();

        async Task<bool> WaitsAsync()
        {
            await Task.Yield();
            return vendor.Servers.Query<long>(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'dossier/registry' AND wait_event_type = 'Lock'").Single() == 1;
        }
    }
}

[NeedsServer(SqlServerServers.Variable, alsoInCI: false)]
public sealed class SqlServerWritersTests(VendorHost<SqlServerServers> vendor) : WritersConformance<SqlServerServers>(vendor);
