using Dossier.Tests.Fixtures;
using Dossier.Tests.ServiceTests;
using Dossier.V1;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.Data.Sqlite;

namespace Dossier.Tests.RobustnessTests;

/// <summary>Many clients change the same thing at the same moment.</summary>
[Collection(ProcessesCollection.Name)]
public sealed class ConcurrentWritesTests
{
    // Many clients on two cores take longer than a caller would wait on a machine of its own.
    private static readonly (string Key, string Value) Patient = ("Registry:Deadline", "00:00:30");

    [Fact]
    public async Task Two_identical_creates_at_once_from_50_clients_make_one_agreement_and_50_equal_answers()
    {
        await using var host = await DossierHost.StartAsync(Patient);
        var before = RegistryFile.In(host.DataDirectory);
        var request = StoryTests.CreditOf("1043", "202609-004388");

        var answers = await AtOnceAsync(host, 50, (client, _) => client.CreateAgreementAsync(request, DossierHost.As("webcare")).ResponseAsync);

        Assert.All(answers, answer => Assert.Equal(answers[0], answer));
        var after = RegistryFile.In(host.DataDirectory);
        after.IsSound();
        Assert.Equal(before.Sequence + 1, after.Sequence);
        Assert.Equal(answers[0].Agreement.Name, Assert.Single(after.Agreements.Except(before.Agreements)));
        Assert.Equal(after.Sequence, answers[0].RegistrySequence);
    }

    [Fact]
    public async Task Of_50_different_creates_with_one_request_id_one_succeeds_and_49_are_told_that_it_is_used()
    {
        await using var host = await DossierHost.StartAsync(Patient);
        var before = RegistryFile.In(host.DataDirectory);
        var id = Guid.NewGuid().ToString();

        var answers = await AtOnceAsync(host, 50, (client, number) => Outcome.OfAsync(() =>
        {
            var request = StoryTests.CreditOf("1043", "202609-004388", id);
            request.Agreement.CustomerWording[0].Text += $" ({number})";
            return client.CreateAgreementAsync(request, DossierHost.As("webcare")).ResponseAsync;
        }));

        var made = Assert.Single(answers, answer => answer.Refused is null);
        Assert.All(answers.Where(answer => answer != made), answer => Assert.Equal((StatusCode.AlreadyExists, "REQUEST_ID_REUSED"), (answer.Refused!.Code, answer.Refused.Reason)));
        var after = RegistryFile.In(host.DataDirectory);
        after.IsSound();
        Assert.Equal(made.Answer!.Agreement.Name, Assert.Single(after.Agreements.Except(before.Agreements)));
    }

    [Fact]
    public async Task Of_64_withdrawals_at_once_with_the_same_etag_one_succeeds_and_63_change_nothing()
    {
        await using var host = await DossierHost.StartAsync(Patient);
        var standing = (await host.Agreements.CreateAgreementAsync(StoryTests.CreditOf("1043", "202609-004388"), DossierHost.As("webcare"))).Agreement;
        var before = RegistryFile.In(host.DataDirectory);

        var answers = await AtOnceAsync(host, 64, (client, number) => Outcome.OfAsync(() => client.WithdrawAgreementAsync(
            new WithdrawAgreementRequest
            {
                Name = standing.Name,
                Etag = standing.Etag,
                Reason = $"Reason {number}",
                CustomerInformed = new CustomerInformed { Informed = true, Channel = "phone" },
                RequestId = Guid.NewGuid().ToString(),
            },
            DossierHost.As("webcare")).ResponseAsync));

        var withdrawn = Assert.Single(answers, answer => answer.Refused is null).Answer!;
        Assert.All(answers.Where(answer => answer.Refused is not null), answer => Assert.True(
            (answer.Refused!.Code, answer.Refused.Reason) is (StatusCode.Aborted, "ETAG_MISMATCH") or (StatusCode.FailedPrecondition, "STATE_NOT_ALLOWED"),
            answer.Refused.Message));
        Assert.All(
            answers.Where(answer => answer.Refused?.Reason == "ETAG_MISMATCH"),
            answer => Assert.Equal(withdrawn.Agreement.Etag, answer.Refused!.Info.Metadata["etag"]));
        var after = RegistryFile.In(host.DataDirectory);
        after.IsSound();
        Assert.Equal(before.Sequence + 1, after.Sequence);
        var now = (await host.Agreements.GetAgreementAsync(new GetAgreementRequest { Name = standing.Name })).Agreement;
        Assert.Equal((AgreementState.Withdrawn, 2, withdrawn.Agreement.End.Reason), (now.State, now.Revision, now.End.Reason));
    }

    [Fact]
    public async Task A_caller_who_goes_away_in_the_middle_of_a_change_does_not_make_the_changes_of_others_fail()
    {
        await using var host = await DossierHost.StartAsync(Patient);
        await using var other = new SqliteConnection($"Data Source={host.FileOf("registry")};Pooling=False");
        await other.OpenAsync();

        // BEGIN IMMEDIATE: another process on the same registry is writing for a moment.
        await using var held = await other.BeginTransactionAsync();
        using var gone = new CancellationTokenSource();
        var leaving = host.Agreements.CreateAgreementAsync(
            StoryTests.CreditOf("1042", "202608-004217"), DossierHost.As("webcare"), cancellationToken: gone.Token).ResponseAsync;
        await ReachesTheLockAsync();
        await gone.CancelAsync();
        Assert.Equal(StatusCode.Cancelled, (await Assert.ThrowsAsync<RpcException>(() => leaving)).StatusCode);

        var staying = host.Agreements.CreateAgreementAsync(StoryTests.CreditOf("1043", "202609-004388"), DossierHost.As("webcare")).ResponseAsync;
        await ReachesTheLockAsync();
        await held.RollbackAsync();

        Assert.Equal(AgreementState.Active, (await staying).Agreement.State);
        RegistryFile.In(host.DataDirectory).IsSound();

        // Nothing shows from outside that a change waits for SQLite's lock. A call that is slower than this proves less, and fails nothing.
        static Task ReachesTheLockAsync() => Task.Delay(TimeSpan.FromMilliseconds(400), TimeProvider.System);
    }

    /// <summary>The same call by many clients, each on a connection of its own that is open already, at one moment.</summary>
    private static async Task<T[]> AtOnceAsync<T>(DossierHost host, int clients, Func<AgreementService.AgreementServiceClient, int, Task<T>> call)
    {
        var channels = Enumerable.Range(0, clients).Select(_ => GrpcChannel.ForAddress(host.Address)).ToArray();
        try
        {
            await Task.WhenAll(channels.Select(channel => channel.ConnectAsync()));
            var start = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            var calls = channels.Select(async (channel, number) =>
            {
                await start.Task;
                return await call(new AgreementService.AgreementServiceClient(channel), number);
            }).ToArray();
            start.SetResult();
            return await Task.WhenAll(calls);
        }
        finally
        {
            foreach (var channel in channels)
            {
                channel.Dispose();
            }
        }
    }
}

/// <summary>What a call gave: an answer or a refusal.</summary>
internal sealed record Outcome<T>(T? Answer, Refused? Refused)
    where T : class;

internal static class Outcome
{
    public static async Task<Outcome<T>> OfAsync<T>(Func<Task<T>> call)
        where T : class
    {
        try
        {
            return new Outcome<T>(await call(), null);
        }
        catch (RpcException error)
        {
            return new Outcome<T>(null, Refused.Of(error));
        }
    }
}
