using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using Dapper;
using Dossier.Tests.Fixtures;
using Dossier.Tests.ServiceTests;
using Dossier.V1;
using Grpc.Core;

namespace Dossier.Tests.RobustnessTests;

/// <summary>Two processes of the service on one PostgreSQL registry: callers do not see which one they talk to.</summary>
[Collection(ProcessesCollection.Name)]
[NeedsServer(PostgresDatabase.Variable, alsoInCI: true)]
public sealed class SeveralInstancesTests : IAsyncLifetime
{
    private const int Writers = 4;
    private static readonly TimeSpan PauseSeenWithin = TimeSpan.FromSeconds(2);
    private readonly TemporaryFolder folder = TemporaryFolder.WithStores();
    private PostgresDatabase? registry;
    private DossierProcess[] both = [];

    private DossierProcess One => both[0];

    private DossierProcess Other => both[1];

    public async Task InitializeAsync()
    {
        registry = PostgresDatabase.Registry();
        both = await Task.WhenAll(StartAsync(registry), StartAsync(registry));
    }

    public async Task DisposeAsync()
    {
        foreach (var service in both)
        {
            await service.DisposeAsync();
        }

        registry?.Dispose();
        folder.Dispose();
    }

    [ServerFact]
    public async Task A_request_that_goes_to_both_at_once_makes_one_agreement_and_gets_equal_answers()
    {
        for (var number = 0; number < 200; number++)
        {
            var request = Agreed.Remark($"{2001 + (number % 7)}", $"Both {number}");
            var answers = await Task.WhenAll(both.Select(service => service.Agreements.CreateAgreementAsync(request, DossierHost.As("webcare")).ResponseAsync));
            Assert.Equal(answers[0], answers[1]);
        }

        var after = Sound();
        Assert.Equal(200, after.Requests.Count(request => request.System == "webcare"));
        Assert.Equal(200, after.Agreements.Count(name => name.Contains("customers/200", StringComparison.Ordinal)));
    }

    [ServerFact]
    public async Task Of_two_changes_by_one_etag_one_wins_and_the_other_is_told_the_new_etag()
    {
        for (var number = 0; number < 60; number++)
        {
            var made = await One.Agreements.CreateAgreementAsync(Agreed.DunningBlock("2020"), DossierHost.As("webcare"));
            var results = await Task.WhenAll(both.Select(async service =>
            {
                try
                {
                    return (Won: (await service.Agreements.WithdrawAgreementAsync(Agreed.Withdraw(made.Agreement), DossierHost.As("webcare"))).Agreement, Lost: (Refused?)null);
                }
                catch (RpcException lost)
                {
                    return (Won: (Agreement?)null, Lost: Refused.Of(lost));
                }
            }));
            var won = Assert.Single(results, result => result.Won is not null).Won!;
            var refused = Assert.Single(results, result => result.Lost is not null).Lost!;
            Assert.Equal((StatusCode.Aborted, "ETAG_MISMATCH"), (refused.Code, refused.Reason));
            Assert.Equal(won.Etag, refused.Info.Metadata["etag"]);
        }

        Sound();
    }

    [ServerFact]
    public async Task The_sequence_has_no_gap_in_commit_order_while_both_write_and_one_is_killed()
    {
        var book = new ConcurrentDictionary<string, CreateAgreementResponse?>(StringComparer.Ordinal);
        using var stop = new CancellationTokenSource();
        var watching = WatchAsync(stop.Token);
        var writing = both.SelectMany(service => Enumerable.Range(0, Writers).Select(writer => WriteAsync(service, writer, book, stop.Token))).ToList();
        await Task.Delay(2000);
        await Eventually.TrueAsync(() => Task.FromResult(book.Count > 60), "60 are written");
        await Other.KillAsync();
        await Task.Delay(1500);
        await Eventually.TrueAsync(() => Task.FromResult(book.Count > 120), "120 are written");
        await stop.CancelAsync();
        await Task.WhenAll(writing).WaitAsync(DossierProcess.Patience);
        var looks = await watching;

        // What the killed one left open is rolled back by the server; what it had answered is there, and the rest can be asked again.
        foreach (var (id, answer) in book)
        {
            var again = await One.Agreements.CreateAgreementAsync(Request(id), DossierHost.As("webcare"));
            Assert.True(answer is null || again.Equals(answer), "an acknowledged agreement changed");
            book[id] = again;
        }

        var after = Sound();
        Assert.Equal(book.Keys.Order(StringComparer.Ordinal), after.Requests.Where(request => request.System == "webcare").Select(request => request.RequestId).Order(StringComparer.Ordinal));
        Assert.All(after.Requests.Where(request => request.System == "webcare"), request =>
            Assert.Equal((request.Name, request.Sequence), (book[request.RequestId]!.Agreement.Name, book[request.RequestId]!.RegistrySequence)));
        Assert.True(book.Count > 100 && looks > 20, $"{book.Count} writes, {looks} looks");
    }

    [ServerFact]
    public async Task A_page_token_of_one_is_good_at_the_other()
    {
        for (var number = 0; number < 7; number++)
        {
            await One.Agreements.CreateAgreementAsync(Agreed.Remark("2030", $"Remark {number}"), DossierHost.As("webcare"));
        }

        var whole = await One.Agreements.ListAgreementsAsync(new ListAgreementsRequest { Parent = "customers/2030" });
        var (agreements, request) = (new List<Agreement>(), new ListAgreementsRequest { Parent = "customers/2030", PageSize = 2 });
        for (var page = 0; page == 0 || request.PageToken.Length > 0; page++)
        {
            var answer = await both[page % 2].Agreements.ListAgreementsAsync(request);
            agreements.AddRange(answer.Agreements);
            request.PageToken = answer.NextPageToken;
        }

        Assert.Equal(whole.Agreements.Select(agreement => agreement.Name), agreements.Select(agreement => agreement.Name));

        var all = (await One.Dossiers.ListInteractionsAsync(new ListInteractionsRequest { Parent = "customers/2200", PageSize = 200 })).Interactions;
        var (seen, interactions) = (new List<Interaction>(), new ListInteractionsRequest { Parent = "customers/2200", PageSize = 25 });
        for (var page = 0; page < 8; page++)
        {
            var answer = await both[page % 2].Dossiers.ListInteractionsAsync(interactions);
            seen.AddRange(answer.Interactions);
            interactions.PageToken = answer.NextPageToken;
        }

        Assert.Equal(all.Select(interaction => interaction.Name), seen.Select(interaction => interaction.Name));
    }

    [ServerFact]
    public async Task A_decision_of_either_is_signed_with_the_registrys_key()
    {
        await using var connection = registry!.Open();
        var key = await connection.QuerySingleAsync<byte[]>("SELECT signing_key FROM registry");
        foreach (var service in both)
        {
            var answer = await new GuardService.GuardServiceClient(service.Channel).CheckActionAsync(
                new CheckActionRequest { Action = Agreed.Letter("2040", Agreed.Bill("202609-002040", "BA-002040")) }, DossierHost.As("administration"));
            var token = Base64Url.DecodeFromChars(answer.Decision.DecisionId);
            Assert.Equal(HMACSHA256.HashData(key, token.AsSpan(16))[..16], token[..16]);
        }
    }

    [ServerFact]
    public async Task A_source_that_is_paused_at_one_is_paused_at_the_other_within_two_seconds()
    {
        await One.Dossiers.PauseSourceAsync(new PauseSourceRequest { Name = "sources/webcare", RequestId = Agreed.NewId() }, DossierHost.As("administration"));
        await Eventually.TrueAsync(async () => await StateAsync(Other) == SourceState.Paused, "the other has taken the pause over", PauseSeenWithin);

        await Other.Dossiers.ResumeSourceAsync(new ResumeSourceRequest { Name = "sources/webcare", RequestId = Agreed.NewId() }, DossierHost.As("administration"));
        await Eventually.TrueAsync(async () => await StateAsync(One) == SourceState.Ok, "the one has taken the end of the pause over", PauseSeenWithin);
    }

    [ServerFact]
    public async Task What_one_has_answered_the_other_reads_at_once()
    {
        for (var number = 0; number < 50; number++)
        {
            var made = await both[number % 2].Agreements.CreateAgreementAsync(Agreed.Remark("2060", $"Remark {number}"), DossierHost.As("webcare"));
            var read = await both[(number + 1) % 2].Agreements.GetAgreementAsync(
                new GetAgreementRequest { Name = made.Agreement.Name, MinRegistrySequence = made.RegistrySequence });
            Assert.Equal(made.Agreement, read.Agreement);
        }
    }

    // The deadline is not what is tested: two cores carry two services, a server and their callers.
    private Task<DossierProcess> StartAsync(PostgresDatabase shared) => DossierProcess.StartAsync(
        folder.Path,
        ("DOSSIER_Registry__Provider", "PostgreSql"),
        ("DOSSIER_Registry__ConnectionString", shared.Service),
        ("DOSSIER_Registry__Deadline", "00:00:20"));

    private static async Task<SourceState> StateAsync(DossierProcess service) =>
        (await service.Dossiers.GetDossierAsync(new GetDossierRequest { Name = "customers/2001/dossier" })).Dossier.Sources.Single(source => source.Source == "sources/webcare").State;

    private static CreateAgreementRequest Request(string id)
    {
        var request = Agreed.Remark($"{2100 + (Convert.ToInt32(id[..2], 16) % 10)}", $"Written {id}");
        request.RequestId = id;
        return request;
    }

    private static async Task WriteAsync(DossierProcess service, int writer, ConcurrentDictionary<string, CreateAgreementResponse?> book, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            var id = Agreed.NewId();
            book[id] = null;
            try
            {
                book[id] = await service.Agreements.CreateAgreementAsync(Request(id), DossierHost.As("webcare", $"w{writer}"), cancellationToken: CancellationToken.None);
            }
            catch (RpcException killed) when (killed.Trailers.GetValue("dossier-reason") is null)
            {
                // Whether it was done is not known; whoever writes to a dead process stops.
                return;
            }
        }
    }

    /// <summary>Looks at the registry again and again: at no moment is there a sequence above one that is not there yet.</summary>
    private async Task<int> WatchAsync(CancellationToken stop)
    {
        await using var connection = registry!.Open();
        var looks = 0;
        for (; !stop.IsCancellationRequested; looks++)
        {
            var (counter, count, last) = await connection.QuerySingleAsync<(long Counter, long Count, long Last)>(
                "SELECT (SELECT value FROM change_counter), count(*), coalesce(max(sequence), 0) FROM change");
            Assert.Equal((counter, counter), (count, last));
            await Task.Delay(10, CancellationToken.None);
        }

        return looks;
    }

    private RegistryTables Sound()
    {
        using var connection = registry!.Open();
        var tables = new RegistryTables(connection);
        tables.IsSound();
        return tables;
    }
}
