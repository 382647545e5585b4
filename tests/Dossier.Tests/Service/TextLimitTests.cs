using Dossier.Tests.Fixtures;
using Dossier.V1;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace Dossier.Tests.ServiceTests;

/// <summary>Each text that a caller writes: as long as may be it is taken and kept as it is; one character more and the field is named.</summary>
public sealed class TextLimitTests(SharedHost shared) : IClassFixture<SharedHost>
{
    private static readonly Metadata Webcare = DossierHost.As("webcare", "daan");
    private static readonly Metadata Administration = DossierHost.As("administration", "run");
    private readonly DossierHost host = shared.Host;

    [Fact]
    public async Task The_reason_of_an_end_has_2000_characters_at_most()
    {
        var one = await MadeAsync(Agreed.Remark("2011", "x"));
        await LongestAsync(2_000, "reason", async text =>
        {
            var request = Agreed.Withdraw(one);
            request.Reason = text;
            return (await host.Agreements.WithdrawAgreementAsync(request, Webcare)).Agreement.End.Reason;
        });

        var other = await MadeAsync(Agreed.Remark("2011", "y"));
        await LongestAsync(2_000, "reason", async text => (await host.Agreements.SupersedeAgreementAsync(
            new SupersedeAgreementRequest
            {
                Name = other.Name,
                Etag = other.Etag,
                Agreement = Agreed.Remark("2011", "z").Agreement,
                Reason = text,
                CustomerInformed = new CustomerInformed { Informed = true, Channel = "phone" },
                RequestId = Agreed.NewId(),
            },
            Webcare)).Superseded.End.Reason);

        var last = await MadeAsync(Agreed.Remark("2011", "z"));
        await LongestAsync(2_000, "reason", async text => (await host.Agreements.FulfillAgreementAsync(
            new FulfillAgreementRequest { Name = last.Name, Etag = last.Etag, Reason = text, RequestId = Agreed.NewId() }, Webcare)).Agreement.End.Reason);
    }

    [Fact]
    public async Task The_reason_of_a_rejection_has_2000_characters_at_most()
    {
        await using var careful = await DossierHost.StartAsync(("Systems:webcare:NeedsApproval:0", "DUNNING_BLOCK"), ("Systems:administration:Within", "02:00:00"));
        var proposed = (await careful.Agreements.CreateAgreementAsync(Agreed.DunningBlock("2011"), Webcare)).Agreement;
        Assert.Equal(AgreementState.Proposed, proposed.State);
        await LongestAsync(2_000, "reason", async text => (await careful.Agreements.RejectAgreementAsync(
            new RejectAgreementRequest
            {
                Name = proposed.Name,
                Etag = proposed.Etag,
                Reason = text,
                CustomerInformed = new CustomerInformed { Informed = true, Channel = "phone" },
                RequestId = Agreed.NewId(),
            },
            Administration)).Agreement.End.Reason);
    }

    [Fact]
    public async Task A_wording_has_4000_characters_at_most_and_a_piece_of_evidence_256()
    {
        var made = await MadeAsync(Agreed.Remark("2012", "x"));
        async Task<Agreement> UpdateAsync(Agreement changed, string path)
        {
            (changed.Name, changed.Etag) = (made.Name, made.Etag);
            return made = (await host.Agreements.UpdateAgreementAsync(
                new UpdateAgreementRequest { Agreement = changed, UpdateMask = FieldMask.FromString(path), RequestId = Agreed.NewId() }, Webcare)).Agreement;
        }

        await LongestAsync(4_000, "agreement.customer_wording[0].text", async text => (await UpdateAsync(
            new Agreement { CustomerWording = { new LocalizedText { Language = "nl", Text = text } } }, "customer_wording")).CustomerWording[0].Text);
        await LongestAsync(256, "agreement.evidence[0]", async text => (await UpdateAsync(new Agreement { Evidence = { text } }, "evidence")).Evidence[0]);
    }

    [Fact]
    public async Task What_a_system_says_to_an_agreement_has_its_limits()
    {
        await LongestAsync(2_000, "rejected.reason", text => AcknowledgeAsync(request => request.Rejected = new AcknowledgeAgreementRequest.Types.Rejected { Reason = text }));
        await LongestAsync(2_000, "not_applicable.reason", text => AcknowledgeAsync(request => request.NotApplicable = new AcknowledgeAgreementRequest.Types.NotApplicable { Reason = text }));
        await LongestAsync(64, "applied.evidence_id", text => AcknowledgeAsync(request => request.Applied = new AcknowledgeAgreementRequest.Types.Applied { EvidenceId = text }));
    }

    [Fact]
    public async Task The_note_on_a_conflict_has_1000_characters_at_most()
    {
        var conflict = (await host.GetAsync("1042")).Conflicts.Single(one => one.State == Conflict.Types.State.Open);
        await LongestAsync(1_000, "note", async text => (await host.Agreements.ResolveConflictAsync(
            new ResolveConflictRequest { Name = conflict.Name, Etag = conflict.Etag, Note = text, RequestId = Agreed.NewId() }, Administration)).Conflict.Resolution.Note);
    }

    [Fact]
    public async Task The_evidence_of_an_action_and_the_id_of_a_check_have_64_characters_at_most()
    {
        var letter = Agreed.Letter("2013", Agreed.Bill("factuur-1", "BA-002013"));
        await LongestAsync(64, "evidence_id", async text => (await host.Guard.ReportActionAsync(
            new ReportActionRequest { Action = letter, Outcome = ActionState.Sent, EvidenceId = text, RequestId = Agreed.NewId() }, Administration)).Action.EvidenceId);

        // In a stream a bad one is answered in its place, and the next is judged.
        using var checks = host.Guard.CheckActions(Administration);
        foreach (var length in new[] { 65, 64 })
        {
            await checks.RequestStream.WriteAsync(new CheckActionsRequest { CorrelationId = new string('x', length), Action = letter });
        }

        await checks.RequestStream.CompleteAsync();
        Assert.True(await checks.ResponseStream.MoveNext(CancellationToken.None));
        var wrong = checks.ResponseStream.Current.Result.Error;
        Assert.Equal(
            ["correlation_id"],
            wrong.Details.Where(detail => detail.Is(Google.Rpc.BadRequest.Descriptor)).SelectMany(detail => detail.Unpack<Google.Rpc.BadRequest>().FieldViolations).Select(violation => violation.Field));
        Assert.True(await checks.ResponseStream.MoveNext(CancellationToken.None));
        Assert.Equal((new string('x', 64), Verdict.Allow), (checks.ResponseStream.Current.CorrelationId, checks.ResponseStream.Current.Result.Decision.Verdict));
    }

    /// <summary>One too long is refused, and changes nothing that the longest would need; the longest is kept whole.</summary>
    /// <param name="most">How many characters.</param>
    /// <param name="field">The field that is named.</param>
    /// <param name="send">Sends a text and gives what has become of it.</param>
    private static async Task LongestAsync(int most, string field, Func<string, Task<string>> send)
    {
        BadFieldsTests.AssertFields(await Refused.ByAsync(() => send(new string('x', most + 1))), field);
        var longest = new string('x', most);
        Assert.Equal(longest, await send(longest));
    }

    private async Task<Agreement> MadeAsync(CreateAgreementRequest request) => (await host.Agreements.CreateAgreementAsync(request, Webcare)).Agreement;

    /// <summary>What the administration says to a new agreement, as the agreement shows it.</summary>
    private async Task<string> AcknowledgeAsync(Action<AcknowledgeAgreementRequest> say)
    {
        var made = await MadeAsync(Agreed.DunningBlock("2014"));
        var request = new AcknowledgeAgreementRequest { Name = made.Name, BindingRevision = made.BindingRevision, RequestId = Agreed.NewId() };
        say(request);
        var said = Assert.Single((await host.Agreements.AcknowledgeAgreementAsync(request, Administration)).Agreement.Acknowledgements);
        return said.Reason + said.EvidenceId;
    }
}
