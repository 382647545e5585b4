using Dossier.Tests.Fixtures;
using Dossier.V1;
using Google.Protobuf;
using Grpc.Core;

namespace Dossier.Tests.ServiceTests;

/// <summary>Each limit on a size: what is as large as may be is taken, one more is refused, and the service goes on.</summary>
public sealed class SizeLimitTests(SharedHost shared) : IClassFixture<SharedHost>
{
    private readonly DossierHost host = shared.Host;

    [Theory]
    [InlineData(0, "INVALID_FIELD")]
    [InlineData(1, "MESSAGE_TOO_LARGE")]
    public async Task A_message_of_4_MiB_is_read_and_one_byte_more_is_not(int more, string reason)
    {
        // Its wording is too long for an agreement: that it says so shows that it was read.
        var request = Agreed.Remark("1042", "");
        var text = request.Agreement.Effects[0].Remark;
        text.Text = new string('x', LimitOptions.LargestMessage - 1_000);
        text.Text += new string('x', LimitOptions.LargestMessage + more - request.CalculateSize());
        Assert.Equal(LimitOptions.LargestMessage + more, request.CalculateSize());

        var refused = await Assert.ThrowsAsync<RpcException>(async () => await host.Agreements.CreateAgreementAsync(request, DossierHost.As("webcare")));

        Assert.Equal(reason, Refused.Of(refused).Reason);
        Assert.Equal(more == 0 ? StatusCode.InvalidArgument : StatusCode.ResourceExhausted, refused.StatusCode);
    }

    [Fact]
    public async Task Headers_of_32_KiB_are_read_and_one_byte_more_is_refused()
    {
        Assert.True(await RawCall.IsAnsweredAsync(new Uri(host.Address), LimitOptions.LargestHeaders));
        Assert.False(await RawCall.IsAnsweredAsync(new Uri(host.Address), LimitOptions.LargestHeaders + 1));
        Assert.True(await RawCall.IsAnsweredAsync(new Uri(host.Address), 1_000));
    }

    [Theory]
    [InlineData(200, "2051")]
    [InlineData(201, "2052")]
    public async Task A_page_holds_200_where_there_is_one_more_and_the_next_holds_that(int asked, string customer)
    {
        // No more at once than one system may have.
        foreach (var some in Enumerable.Range(0, 201).Chunk(50))
        {
            await Task.WhenAll(some.Select(number => host.Agreements.CreateAgreementAsync(Agreed.Remark(customer, $"{number}"), DossierHost.As("webcare")).ResponseAsync));
        }

        var interactions = await host.Dossiers.ListInteractionsAsync(new ListInteractionsRequest { Parent = "customers/2100", PageSize = asked });
        Assert.Equal((200, true), (interactions.Interactions.Count, interactions.NextPageToken.Length > 0));

        var request = new ListAgreementsRequest { Parent = $"customers/{customer}", PageSize = asked };
        var agreements = await host.Agreements.ListAgreementsAsync(request);
        Assert.Equal((200, true), (agreements.Agreements.Count, agreements.NextPageToken.Length > 0));
        request.PageToken = agreements.NextPageToken;
        var rest = await host.Agreements.ListAgreementsAsync(request);
        Assert.Equal((1, ""), (rest.Agreements.Count, rest.NextPageToken));
        Assert.Equal(201, agreements.Agreements.Concat(rest.Agreements).Select(agreement => agreement.Name).Distinct(StringComparer.Ordinal).Count());

        // Each of the changes left a record, a moment after its answer.
        var access = new AccessService.AccessServiceClient(host.Channel);
        var accesses = new ListAccessRecordsResponse();
        await Eventually.TrueAsync(
            async () => (accesses = await access.ListAccessRecordsAsync(new ListAccessRecordsRequest { Parent = $"customers/{customer}", PageSize = asked })).NextPageToken.Length > 0,
            "there are more records than a page holds");
        Assert.Equal(200, accesses.AccessRecords.Count);
    }

    [Theory]
    [InlineData(200, true)]
    [InlineData(201, false)]
    public async Task A_dossier_shows_200_interactions_at_most(int count, bool taken)
    {
        async Task CallAsync() => await host.Dossiers.GetDossierAsync(new GetDossierRequest { Name = "customers/1042/dossier", InteractionCount = count });

        if (taken)
        {
            await CallAsync();
        }
        else
        {
            Assert.Equal(["interaction_count"], (await Refused.ByAsync(CallAsync)).Fields);
        }
    }

    [Theory]
    [InlineData(64, true)]
    [InlineData(65, false)]
    public async Task An_agent_has_64_characters_at_most(int length, bool taken)
    {
        async Task CallAsync() => await host.Dossiers.GetDossierAsync(
            new GetDossierRequest { Name = "customers/1042/dossier" }, DossierHost.As("webcare", new string('a', length)));

        if (taken)
        {
            await CallAsync();
        }
        else
        {
            Assert.Equal(["metadata.x-dossier-agent"], (await Refused.ByAsync(CallAsync)).Fields);
        }
    }

    [Theory]
    [InlineData(1_000, true)]
    [InlineData(1_001, false)]
    public async Task A_batch_of_checks_holds_1000_at_most(int count, bool taken)
    {
        var request = new CheckActionBatchRequest();
        request.Actions.AddRange(Enumerable.Repeat(Agreed.Letter("1042", Agreed.Bill("202609-003201", "BA-001042")), count));
        if (taken)
        {
            Assert.Equal(count, (await host.Guard.CheckActionBatchAsync(request)).Results.Count);
        }
        else
        {
            Assert.Equal(["actions"], (await Refused.ByAsync(async () => await host.Guard.CheckActionBatchAsync(request))).Fields);
        }
    }

    [Fact]
    public async Task An_agreement_with_a_field_that_the_service_does_not_know_is_refused_wherever_it_stands()
    {
        var whole = Agreed.DunningBlock("2063");
        whole.Agreement = Later(whole.Agreement);
        var inside = Agreed.DunningBlock("2063");
        inside.Agreement.Effects[0].DunningBlock = Later(inside.Agreement.Effects[0].DunningBlock);
        foreach (var request in new[] { whole, inside })
        {
            Assert.Equal(["agreement"], (await Refused.ByAsync(async () => await host.Agreements.CreateAgreementAsync(request, DossierHost.As("webcare")))).Fields);
        }

        var made = (await host.Agreements.CreateAgreementAsync(Agreed.DunningBlock("2063"), DossierHost.As("webcare"))).Agreement;
        var update = new UpdateAgreementRequest
        {
            Agreement = new Agreement { Name = made.Name, Etag = made.Etag, CustomerWording = { Later(new LocalizedText { Language = "nl", Text = "x" }) } },
            UpdateMask = new Google.Protobuf.WellKnownTypes.FieldMask { Paths = { "customer_wording" } },
            RequestId = Agreed.NewId(),
        };
        Assert.Equal(["agreement"], (await Refused.ByAsync(async () => await host.Agreements.UpdateAgreementAsync(update, DossierHost.As("webcare", "daan")))).Fields);
    }

    [Fact]
    public async Task Of_an_action_only_what_the_service_knows_is_kept()
    {
        // A fact is never refused.
        var letter = Agreed.Letter("2064", Agreed.Bill("factuur-1", "BA-002064"));
        letter.Subjects[0] = Later(letter.Subjects[0]);
        var decision = (await host.Guard.CheckActionAsync(new CheckActionRequest { Action = letter }, DossierHost.As("administration", "run"))).Decision;
        var confirmed = await host.Guard.ConfirmActionAsync(new ConfirmActionRequest { DecisionId = decision.DecisionId, Action = letter }, DossierHost.As("administration", "run"));
        var reported = await host.Guard.ReportActionAsync(
            new ReportActionRequest { Action = letter, Outcome = ActionState.Sent, RequestId = Agreed.NewId() }, DossierHost.As("administration", "run"));

        foreach (var kept in new[] { confirmed.Action, reported.Action })
        {
            Assert.Equal("factuur-1", kept.Action.Subjects[0].Id);
            Assert.InRange(kept.CalculateSize(), 1, 1_000);
        }
    }

    /// <summary>The message with a field that this contract does not have: number 1000, 100,000 bytes.</summary>
    private static T Later<T>(T message)
        where T : IMessage<T>, new()
    {
        using var bytes = new MemoryStream();
        using (var output = new CodedOutputStream(bytes, leaveOpen: true))
        {
            message.WriteTo(output);
            output.WriteTag(1_000, WireFormat.WireType.LengthDelimited);
            output.WriteBytes(ByteString.CopyFrom(new byte[100_000]));
        }

        return new MessageParser<T>(() => new T()).ParseFrom(bytes.ToArray());
    }

    [Fact]
    public async Task What_the_library_itself_refuses_has_a_reason_and_details_too()
    {
        var bytes = Marshallers.Create<byte[]>(message => message, message => message);
        var method = new Method<byte[], byte[]>(MethodType.Unary, "dossier.v1.DossierService", "DeleteEverything", bytes, bytes);

        var refused = await Assert.ThrowsAsync<RpcException>(async () => await host.Channel.CreateCallInvoker().AsyncUnaryCall(method, null, default, []));

        Assert.Equal((StatusCode.Unimplemented, "METHOD_UNKNOWN"), (refused.StatusCode, Refused.Of(refused).Reason));
    }
}
