using Dossier.Tests.Fixtures;
using Dossier.V1;
using Grpc.Core;
using Microsoft.Data.Sqlite;

namespace Dossier.Tests.ServiceTests;

/// <summary>Where records are required the guard gives no verdict without one; where they are not, the verdict does not wait for it.</summary>
[Collection(Alone.Name)]
public sealed class RequiredRecordTests
{
    private static readonly CheckActionRequest Check = new() { Action = Agreed.Letter("1042", Agreed.Bill("202609-003201", "BA-001042")) };

    [Fact]
    public async Task A_verdict_whose_record_cannot_be_written_is_given_where_records_are_not_required()
    {
        await using var host = await StartAsync("false");
        await using var writing = await Writing.BeginAsync(host);

        var answer = await host.Guard.CheckActionAsync(Check);

        Assert.Equal(Verdict.Block, answer.Decision.Verdict);
        Assert.Contains(answer.Decision.Reasons, reason => reason.Wording.Count > 0);
    }

    [Fact]
    public async Task Where_records_are_required_there_is_no_verdict_without_one()
    {
        await using var host = await StartAsync("true");
        await using (await Writing.BeginAsync(host))
        {
            var batch = new CheckActionBatchRequest { Actions = { Check.Action } };
            foreach (var refused in new[] { await Refused.ByAsync(async () => await host.Guard.CheckActionAsync(Check)), await Refused.ByAsync(async () => await host.Guard.CheckActionBatchAsync(batch)) })
            {
                Assert.Equal((StatusCode.Unavailable, "REGISTRY_UNAVAILABLE"), (refused.Code, refused.Reason));
            }
        }

        Assert.Equal(Verdict.Block, (await host.Guard.CheckActionAsync(Check)).Decision.Verdict);
    }

    [Fact]
    public async Task Where_records_are_required_a_stream_tells_of_each_check_without_one_and_goes_on()
    {
        await using var host = await StartAsync("true");
        using var stream = host.Guard.CheckActions();
        await using (await Writing.BeginAsync(host))
        {
            var unrecorded = await AnswerAsync(stream, "unrecorded");
            Assert.Equal(((int)StatusCode.Unavailable, null), (unrecorded.Error?.Code, unrecorded.Decision));
        }

        Assert.Equal(Verdict.Block, (await AnswerAsync(stream, "recorded")).Decision?.Verdict);
        await stream.RequestStream.CompleteAsync();
    }

    private static async Task<DossierHost> StartAsync(string required)
    {
        var host = await DossierHost.StartAsync(("Registry:Deadline", "00:00:00.500"), ("Access:Required", required));
        var promise = Agreed.DunningBlock("1042");
        promise.Agreement.CustomerWording.Add(new LocalizedText { Language = "nl", Text = "Wij zoeken het uit" });
        await host.Agreements.CreateAgreementAsync(promise, DossierHost.As("webcare"));
        return host;
    }

    private static async Task<CheckActionResult> AnswerAsync(AsyncDuplexStreamingCall<CheckActionsRequest, CheckActionsResponse> stream, string correlation)
    {
        await stream.RequestStream.WriteAsync(new CheckActionsRequest { CorrelationId = correlation, Action = Check.Action });
        Assert.True(await stream.ResponseStream.MoveNext(CancellationToken.None));
        Assert.Equal(correlation, stream.ResponseStream.Current.CorrelationId);
        return stream.ResponseStream.Current.Result;
    }

    /// <summary>Somebody else's transaction: the registry can be read meanwhile, and not written.</summary>
    private sealed class Writing(SqliteConnection connection, SqliteTransaction transaction) : IAsyncDisposable
    {
        public static async Task<Writing> BeginAsync(DossierHost host)
        {
            var connection = new SqliteConnection($"Data Source={Path.Combine(host.DataDirectory, "registry.db")};Pooling=False");
            await connection.OpenAsync();
            return new Writing(connection, connection.BeginTransaction(deferred: false));
        }

        public async ValueTask DisposeAsync()
        {
            await transaction.DisposeAsync();
            await connection.DisposeAsync();
        }
    }
}
