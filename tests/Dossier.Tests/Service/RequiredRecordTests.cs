using Dossier.Tests.Fixtures;
using Dossier.V1;
using Microsoft.Data.Sqlite;

namespace Dossier.Tests.ServiceTests;

/// <summary>Where records are required, the guard gives no wording without one; the verdict it gives all the same.</summary>
[Collection(Alone.Name)]
public sealed class RequiredRecordTests
{
    [Theory]
    [InlineData("true", false)]
    [InlineData("false", true)]
    public async Task A_verdict_whose_decision_cannot_be_stored_has_its_wording_only_where_records_are_not_required(string required, bool worded)
    {
        await using var host = await DossierHost.StartAsync(("Registry:Deadline", "00:00:00.500"), ("Access:Required", required));
        var promise = Agreed.DunningBlock("1042");
        promise.Agreement.CustomerWording.Add(new LocalizedText { Language = "nl", Text = "Wij zoeken het uit" });
        await host.Agreements.CreateAgreementAsync(promise, DossierHost.As("webcare"));
        var check = new CheckActionRequest { Action = Agreed.Letter("1042", Agreed.Bill("202609-003201", "BA-001042")) };
        Assert.True(IsWorded(await host.Guard.CheckActionAsync(check)));

        // It can be read and not written.
        await using var other = new SqliteConnection($"Data Source={Path.Combine(host.DataDirectory, "registry.db")};Pooling=False");
        await other.OpenAsync();
        await using var writing = other.BeginTransaction(deferred: false);
        var answer = await host.Guard.CheckActionAsync(check);

        Assert.Equal((Verdict.Block, worded), (answer.Decision.Verdict, IsWorded(answer)));
    }

    private static bool IsWorded(CheckActionResponse answer) =>
        answer.Decision.Reasons.Concat(answer.Decision.Subjects.SelectMany(subject => subject.Reasons)).Any(reason => reason.Wording.Count > 0);
}
