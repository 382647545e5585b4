using Dossier.Tests.Fixtures;
using Dossier.Tests.ServiceTests;
using Dossier.V1;

namespace Dossier.Tests.RobustnessTests;

/// <summary>Two processes on one SQLite registry, as two instances on one machine.</summary>
[Collection(ProcessesCollection.Name)]
public sealed class SharedRegistryTests
{
    private const int WritersEach = 4;
    private const int WritesEach = 40;
    private const int Shared = 40;

    [Fact]
    public async Task Of_two_changes_by_one_etag_at_two_processes_one_wins_and_the_other_is_told_the_new_etag()
    {
        using var folder = TemporaryFolder.WithStores();
        await using var one = await StartAsync(folder);
        await using var other = await StartAsync(folder);
        for (var number = 0; number < 30; number++)
        {
            var made = await one.Agreements.CreateAgreementAsync(Agreed.DunningBlock("2020"), DossierHost.As("webcare"));
            var results = await Task.WhenAll(new[] { one, other }.Select(async service =>
            {
                try
                {
                    return (Won: (await service.Agreements.WithdrawAgreementAsync(Agreed.Withdraw(made.Agreement), DossierHost.As("webcare"))).Agreement, Lost: (Refused?)null);
                }
                catch (Grpc.Core.RpcException lost)
                {
                    return (Won: (Agreement?)null, Lost: Refused.Of(lost));
                }
            }));
            var refused = Assert.Single(results, result => result.Lost is not null).Lost!;
            Assert.Equal("ETAG_MISMATCH", refused.Reason);
            Assert.Equal(Assert.Single(results, result => result.Won is not null).Won!.Etag, refused.Info.Metadata["etag"]);
        }

        RegistryFile.In(folder.Path).IsSound();
    }

    [Fact]
    public async Task Two_processes_on_one_registry_write_at_once_without_a_gap_and_each_request_once()
    {
        using var folder = TemporaryFolder.WithStores();
        await using var one = await StartAsync(folder);
        await using var other = await StartAsync(folder);
        var before = RegistryFile.In(folder.Path);

        var own = new[] { one, other }.SelectMany(service => Enumerable.Range(0, WritersEach).Select(async writer =>
        {
            var made = new List<CreateAgreementResponse>();
            for (var number = 0; number < WritesEach; number++)
            {
                made.Add(await CreateAsync(service, $"{2001 + ((writer + number) % 20)}", Guid.NewGuid().ToString()));
            }

            return made;
        })).ToArray();
        var shared = Task.Run(async () =>
        {
            for (var number = 0; number < Shared; number++)
            {
                var id = Guid.NewGuid().ToString();
                var both = await Task.WhenAll(CreateAsync(one, "2050", id), CreateAsync(other, "2050", id));
                Assert.Equal(both[0], both[1]);
            }
        });
        var answers = (await Task.WhenAll(own)).SelectMany(made => made).ToList();
        await shared;

        const int Expected = (2 * WritersEach * WritesEach) + Shared;
        Assert.Equal(answers.Count, answers.Select(answer => answer.RegistrySequence).Distinct().Count());
        var after = RegistryFile.In(folder.Path);
        after.IsSound();
        Assert.Equal(before.Sequence + Expected, after.Sequence);
        Assert.Equal(before.Agreements.Count + Expected, after.Agreements.Count);

        // What one has written, the other reads at once.
        var last = answers.MaxBy(answer => answer.RegistrySequence)!;
        foreach (var service in new[] { one, other })
        {
            var read = await service.Agreements.GetAgreementAsync(new GetAgreementRequest { Name = last.Agreement.Name, MinRegistrySequence = last.RegistrySequence });
            Assert.Equal(last.Agreement, read.Agreement);
        }
    }

    // The deadline is not what is tested: two cores carry two services and their callers.
    private static Task<DossierProcess> StartAsync(TemporaryFolder folder) =>
        DossierProcess.StartAsync(folder.Path, ("DOSSIER_Registry__Deadline", "00:00:30"));

    private static async Task<CreateAgreementResponse> CreateAsync(DossierProcess service, string customer, string requestId) =>
        await service.Agreements.CreateAgreementAsync(
            new CreateAgreementRequest
            {
                Parent = $"customers/{customer}",
                RequestId = requestId,
                Agreement = new Agreement
                {
                    Effects =
                    {
                        new Effect { Remark = new Remark { Text = $"Noted {requestId}" }, Subjects = { new Subject { Type = SubjectType.Customer, Id = customer } } },
                    },
                },
            },
            DossierHost.As("webcare"));
}
