using System.Globalization;
using Dossier.Tests.ConformanceTests;
using Dossier.Tests.Fixtures;
using Dossier.Tests.ServiceTests;
using Dossier.V1;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Grpc.Net.Client;
using Xunit.Abstractions;

namespace Dossier.Tests.RobustnessTests;

/// <summary>A thousand callers and sixty-four writers at two processes of one registry.</summary>
public abstract class OneRegistryTests<TRegistry>(TwoProcesses<TRegistry> processes, ITestOutputHelper report) : IClassFixture<TwoProcesses<TRegistry>>
    where TRegistry : SharedRegistry, new()
{
    private const int Callers = 1_000;
    private const int CallersOfAChannel = 50;
    private const int Writers = 64;

    // Ten thousand took 23 s on SQLite and 50 s on PostgreSQL, on two cores that others used too.
    private static readonly int Attempts = int.Parse(
        Environment.GetEnvironmentVariable("DOSSIER_TEST_ATTEMPTS") ?? (ServerFactAttribute.IsCI ? "10000" : "2000"), CultureInfo.InvariantCulture);
    private static readonly Metadata Webcare = DossierHost.As("webcare");

    [ServerFact]
    public async Task A_thousand_creates_of_one_request_at_once_make_one_agreement_and_get_equal_answers()
    {
        var request = Agreed.Remark("2091", "Once");
        var channels = Enumerable.Range(0, Callers / CallersOfAChannel).Select(number => GrpcChannel.ForAddress(processes.Both[number % 2].Address)).ToList();
        await Task.WhenAll(channels.Select(channel => channel.ConnectAsync()));

        var answers = await Calls.AtOnceAsync(
            Callers, number => new AgreementService.AgreementServiceClient(channels[number % channels.Count]).CreateAgreementAsync(request, Webcare).ResponseAsync);

        Assert.Single(answers.Distinct());
        var after = processes.Registry.Sound();
        Assert.Equal(answers[0].Agreement.Name, Assert.Single(after.Agreements, name => name.StartsWith("customers/2091/", StringComparison.Ordinal)));
        Assert.Equal(answers[0].RegistrySequence, Assert.Single(after.Requests, row => row.RequestId == request.RequestId).Sequence);
        channels.ForEach(channel => channel.Dispose());
    }

    [ServerFact]
    public async Task Of_thousands_of_amendments_by_sixty_four_writers_none_is_lost()
    {
        // A counter that everybody reads and writes one higher: a change that was made from what is no longer there shows in it.
        var create = Agreed.Remark("2092", "Is counted");
        create.Agreement.CustomerWording.Add(Count(0));
        var name = (await processes.Both[0].Agreements.CreateAgreementAsync(create, Webcare)).Agreement.Name;
        var (attempts, succeeded) = (0, 0);

        await Task.WhenAll(Enumerable.Range(0, Writers).Select(writer => Task.Run(async () =>
        {
            var agreements = processes.Both[writer % 2].Agreements;
            while (Interlocked.Increment(ref attempts) <= Attempts)
            {
                var read = (await agreements.GetAgreementAsync(new GetAgreementRequest { Name = name })).Agreement;
                var answer = await Outcome.OfAsync(() => agreements.UpdateAgreementAsync(
                    new UpdateAgreementRequest
                    {
                        Agreement = new Agreement { Name = name, Etag = read.Etag, CustomerWording = { Count(CountOf(read) + 1) } },
                        UpdateMask = new FieldMask { Paths = { "customer_wording" } },
                        RequestId = Agreed.NewId(),
                    },
                    Webcare).ResponseAsync);
                if (answer.Refused is { } lost)
                {
                    Assert.Equal((StatusCode.Aborted, "ETAG_MISMATCH"), (lost.Code, lost.Reason));
                }
                else
                {
                    Assert.Equal((read.Revision + 1, CountOf(read) + 1), (answer.Answer!.Agreement.Revision, CountOf(answer.Answer.Agreement)));
                    Interlocked.Increment(ref succeeded);
                }
            }
        })));

        var now = (await processes.Both[0].Agreements.GetAgreementAsync(new GetAgreementRequest { Name = name })).Agreement;
        report.WriteLine($"{succeeded} of {Attempts} attempts succeeded");
        Assert.Equal((succeeded + 1, succeeded), (now.Revision, CountOf(now)));
        Assert.InRange(succeeded, 1, Attempts - 1);
        Assert.Equal(succeeded + 1, processes.Registry.Sound().Revisions.Count(revision => revision.Name == name));
    }

    private static LocalizedText Count(int count) => new() { Language = "nl", Text = $"{count}" };

    private static int CountOf(Agreement agreement) => int.Parse(agreement.CustomerWording.Single().Text, CultureInfo.InvariantCulture);
}

[Collection(ProcessesCollection.Name)]
public sealed class SqliteOneRegistryTests(TwoProcesses<SqliteSharedRegistry> processes, ITestOutputHelper report)
    : OneRegistryTests<SqliteSharedRegistry>(processes, report);

[Collection(ProcessesCollection.Name)]
[NeedsServer(PostgresDatabase.Variable, alsoInCI: true)]
public sealed class PostgresOneRegistryTests(TwoProcesses<PostgresSharedRegistry> processes, ITestOutputHelper report)
    : OneRegistryTests<PostgresSharedRegistry>(processes, report);
