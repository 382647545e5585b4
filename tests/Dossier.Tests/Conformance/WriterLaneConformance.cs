using Dossier.Registry;
using Dossier.Tests.Fixtures;
using Dossier.Tests.RobustnessTests;
using Dossier.Tests.ServiceTests;
using Dossier.V1;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;

namespace Dossier.Tests.ConformanceTests;

/// <summary>Changes of many callers in one transaction: each as if it were alone.</summary>
public abstract class WriterLaneConformance<TServers>(VendorHost<TServers> vendor) : IClassFixture<VendorHost<TServers>>
    where TServers : Servers, new()
{
    private readonly Mutations mutations = vendor.Host.Services.GetRequiredService<Mutations>();

    [ServerFact]
    public async Task One_that_refuses_is_undone_and_the_others_of_its_group_stand()
    {
        var answers = await GroupAsync("refusing", 12, number => number == 5
            ? _ => throw new DossierException(StatusCode.FailedPrecondition, ErrorReason.StateNotAllowed, "no")
            : _ => { });

        Assert.Equal(ErrorReason.StateNotAllowed, Assert.IsType<DossierException>(answers[5].Failed).Reason);
        AssertAllBut(5, "refusing", answers);
    }

    [ServerFact]
    public async Task One_that_the_database_refuses_does_not_take_the_others_with_it()
    {
        var answers = await GroupAsync("poisonous", 12, number => number == 7 ? session => session.PutPause(null!, true, null, "webcare", "daan", 1) : _ => { });

        Assert.Equal(ErrorReason.RegistryUnavailable, Assert.IsType<DossierException>(answers[7].Failed).Reason);
        AssertAllBut(7, "poisonous", answers);
    }

    [ServerFact]
    public async Task One_that_meets_a_fault_of_ours_does_not_take_the_others_with_it()
    {
        var answers = await GroupAsync("faulty", 12, number => number == 3 ? _ => throw new InvalidCastException("a fault") : _ => { });

        Assert.Equal(ErrorReason.RegistryUnavailable, Assert.IsType<DossierException>(answers[3].Failed).Reason);
        AssertAllBut(3, "faulty", answers);
    }

    [ServerFact]
    public async Task The_same_request_at_once_many_times_is_done_once_and_answered_to_all()
    {
        var request = Agreed.Remark("2070", "een keer");
        var answers = await Calls.AtOnceAsync(32, async _ => await vendor.Host.Agreements.CreateAgreementAsync(request, Calls.Webcare));
        Assert.Single(answers.Distinct());
        RegistryContents.Of(vendor.Servers).IsSound();
    }

    [ServerFact]
    public async Task Changes_of_one_customer_at_once_see_each_other_in_their_order()
    {
        var agreement = (await vendor.Host.Agreements.CreateAgreementAsync(Agreed.Remark("2071", "v1"), Calls.Webcare)).Agreement;
        var done = 0;
        var last = agreement.Etag;
        while (done < 20)
        {
            var answers = await Calls.AtOnceAsync(8, number => Outcome.OfAsync(() => vendor.Host.Agreements.UpdateAgreementAsync(
                new UpdateAgreementRequest
                {
                    Agreement = new Agreement { Name = agreement.Name, Etag = last, Evidence = { $"bewijs {done} {number}" } },
                    UpdateMask = new Google.Protobuf.WellKnownTypes.FieldMask { Paths = { "evidence" } },
                    RequestId = Agreed.NewId(),
                },
                Calls.Webcare).ResponseAsync));
            last = Assert.Single(answers, answer => answer.Refused is null).Answer!.Agreement.Etag;
            Assert.All(answers.Where(answer => answer.Refused is not null), answer => Assert.Equal(("ETAG_MISMATCH", last), (answer.Refused!.Reason, answer.Refused.Info.Metadata["etag"])));
            done++;
        }

        Assert.Equal(21, (await vendor.Host.Agreements.GetAgreementAsync(new GetAgreementRequest { Name = agreement.Name })).Agreement.Revision);
    }

    private void AssertAllBut(int left, string prefix, IReadOnlyList<(long Sequence, Exception? Failed)> answers)
    {
        var sequences = answers.Where((_, number) => number != left).Select(answer => answer.Sequence).ToList();
        Assert.All(answers.Where((_, number) => number != left), answer => Assert.Null(answer.Failed));
        Assert.Equal(sequences.Count, sequences.Distinct().Count());
        Assert.Equal(
            Enumerable.Range(0, answers.Count).Where(number => number != left).Select(number => $"{prefix}-{number}").Order(StringComparer.Ordinal),
            vendor.Servers.Query<string>("SELECT source FROM source_pause").Where(source => source.StartsWith(prefix, StringComparison.Ordinal)).Order(StringComparer.Ordinal));
        Assert.Equal(
            sequences.Order(),
            vendor.Servers.Query<long>("SELECT sequence FROM request WHERE system = 'webcare'").Intersect(sequences).Order());
        RegistryContents.Of(vendor.Servers).IsSound();
    }

    /// <summary>Members that gather behind one that holds the lane: they are one group then.</summary>
    private async Task<IReadOnlyList<(long Sequence, Exception? Failed)>> GroupAsync(string prefix, int count, Func<int, Action<RegistryWriting>> also)
    {
        using var holding = new ManualResetEventSlim();
        using var held = new ManualResetEventSlim();
        var first = MutateAsync($"{prefix}-first", _ =>
        {
            held.Set();
            holding.Wait(TimeSpan.FromSeconds(20));
            throw new DossierException(StatusCode.FailedPrecondition, ErrorReason.StateNotAllowed, "It only held the lane.");
        });
        held.Wait(TimeSpan.FromSeconds(20));
        var members = Enumerable.Range(0, count).Select(number => MutateAsync($"{prefix}-{number}", also(number))).ToList();
        holding.Set();
        await first;
        return await Task.WhenAll(members);
    }

    private async Task<(long Sequence, Exception? Failed)> MutateAsync(string name, Action<RegistryWriting> also)
    {
        var mutation = new Mutation("webcare", "daan", "Test", Agreed.NewId(), [1], name, ValidateOnly: false);
        try
        {
            var outcome = await mutations.RunAsync(
                mutation,
                session =>
                {
                    session.PutPause(name, true, null, "webcare", "daan", 1);
                    also(session);
                    return new PendingChange<string>(name, new RegistryChange(ChangeKind.SourcePaused, ResourceNames.Source(name), 1, 0, [], []));
                },
                (_, _) => name,
                CancellationToken.None);
            return (outcome.Sequence, null);
        }
        catch (DossierException failed)
        {
            return (0, failed);
        }
    }
}

public sealed class SqliteWriterLaneTests(VendorHost<SqliteServers> vendor) : WriterLaneConformance<SqliteServers>(vendor);

[NeedsServer(PostgresDatabase.Variable, alsoInCI: true)]
public sealed class PostgresWriterLaneTests(VendorHost<PostgresServers> vendor) : WriterLaneConformance<PostgresServers>(vendor);

[NeedsServer(SqlServerServers.Variable, alsoInCI: false)]
public sealed class SqlServerWriterLaneTests(VendorHost<SqlServerServers> vendor) : WriterLaneConformance<SqlServerServers>(vendor);
