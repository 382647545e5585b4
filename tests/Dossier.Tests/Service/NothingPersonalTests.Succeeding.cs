using Dossier.Tests.Fixtures;
using Dossier.V1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace Dossier.Tests.ServiceTests;

/// <summary>What must succeed; what is read of the channel stores stands in the other file.</summary>
public sealed partial class NothingPersonalTests
{
    /// <summary>An agreement's whole life, a key's and an action's, with the marker in every text that is taken; nothing of it may fail.</summary>
    /// <returns>How often an answer held the marker.</returns>
    private static async Task<int> GoThroughAsync(HeardCalls service)
    {
        var webcare = DossierHost.As("webcare", "daan");
        var administration = DossierHost.As("administration", "run");
        var answers = new List<IMessage>();
        T Kept<T>(T answer)
            where T : IMessage
        {
            answers.Add(answer);
            return answer;
        }

        async Task<Agreement> MadeAsync(string words, Metadata? by = null)
        {
            var create = Agreed.DunningBlock("1044");
            create.Agreement.CustomerWording.Add(new LocalizedText { Language = "nl", Text = $"{words} {Marker}" });
            create.Agreement.Evidence.Add($"brief {Marker}");
            return Kept(await service.Agreements.CreateAgreementAsync(create, by ?? webcare)).Agreement;
        }

        var handle = new CustomerKey { SocialId = new SocialId { Platform = "facebook", Page = "voorbeeldtelecom", Id = Marker, Handle = Marker } };
        var link = Kept(await service.Dossiers.LinkCustomerKeyAsync(new LinkCustomerKeyRequest { Customer = "customers/1044", Key = handle, RequestId = Agreed.NewId() }, webcare)).Link;
        Kept(await service.Dossiers.ResolveCustomerAsync(
            new ResolveCustomerRequest { Keys = { handle, new CustomerKey { Email = $"{Marker}@example.org" }, new CustomerKey { Phone = "+31600001044" } } }, webcare));
        Kept(await service.Dossiers.UnlinkCustomerKeyAsync(
            new UnlinkCustomerKeyRequest { Customer = "customers/1044", Key = handle, Etag = link.Etag, RequestId = Agreed.NewId() }, webcare));

        var made = await MadeAsync("Beloofd aan");
        var updated = Kept(await service.Agreements.UpdateAgreementAsync(
            new UpdateAgreementRequest
            {
                Agreement = new Agreement { Name = made.Name, Etag = made.Etag, CustomerWording = { new LocalizedText { Language = "nl", Text = $"Anders beloofd aan {Marker}" } } },
                UpdateMask = FieldMask.FromString("customer_wording"),
                RequestId = Agreed.NewId(),
            },
            webcare)).Agreement;
        var next = Agreed.DunningBlock("1044").Agreement;
        next.CustomerWording.Add(new LocalizedText { Language = "nl", Text = $"In plaats daarvan, {Marker}" });
        var superseding = Kept(await service.Agreements.SupersedeAgreementAsync(
            new SupersedeAgreementRequest
            {
                Name = made.Name,
                Etag = updated.Etag,
                Agreement = next,
                Reason = $"Op verzoek van {Marker}",
                CustomerInformed = new CustomerInformed { Informed = true, Channel = "phone" },
                RequestId = Agreed.NewId(),
            },
            webcare)).Agreement;
        Kept(await service.Agreements.AcknowledgeAgreementAsync(
            new AcknowledgeAgreementRequest
            {
                Name = superseding.Name,
                BindingRevision = superseding.BindingRevision,
                Rejected = new AcknowledgeAgreementRequest.Types.Rejected { Reason = $"Niet voor {Marker}" },
                RequestId = Agreed.NewId(),
            },
            administration));
        await ProposeAsync(service, await MadeAsync("Mag dit voor", DossierHost.As("shop", "eva")), await MadeAsync("En dit voor", DossierHost.As("shop", "eva")), answers);
        var applied = await MadeAsync("Nog iets voor");
        Kept(await service.Agreements.AcknowledgeAgreementAsync(
            new AcknowledgeAgreementRequest
            {
                Name = applied.Name,
                BindingRevision = applied.BindingRevision,
                Applied = new AcknowledgeAgreementRequest.Types.Applied { EvidenceId = Marker },
                RequestId = Agreed.NewId(),
            },
            administration));
        var current = Kept(await service.Agreements.GetAgreementAsync(new GetAgreementRequest { Name = applied.Name }, webcare)).Agreement;
        Kept(await service.Agreements.FulfillAgreementAsync(
            new FulfillAgreementRequest { Name = current.Name, Etag = current.Etag, Reason = $"Gedaan voor {Marker}", RequestId = Agreed.NewId() }, webcare));
        Kept(await service.Agreements.ListAgreementsAsync(new ListAgreementsRequest { Parent = "customers/1044" }, webcare));

        var letter = Agreed.Letter("1046", Agreed.Bill(Marker, "BA-001046", 10));
        var decided = Kept(await service.Guard.CheckActionBatchAsync(new CheckActionBatchRequest { Actions = { letter, letter } }, administration)).Results[0].Decision;
        Assert.True(Kept(await service.Guard.ConfirmActionAsync(new ConfirmActionRequest { DecisionId = decided.DecisionId, Action = letter }, administration)).Confirmed);
        var reported = Kept(await service.Guard.ReportActionBatchAsync(
            new ReportActionBatchRequest
            {
                Reports = { new ReportActionRequest { Action = letter, Outcome = ActionState.Sent, EvidenceId = $"brief-{Marker}", RequestId = Agreed.NewId() } },
            },
            administration));
        Assert.Equal($"brief-{Marker}", reported.Results[0].Response.Action.EvidenceId);
        await StreamAsync(service, answers);
        Assert.NotEmpty(Kept(await service.Guard.ListActionsAsync(new ListActionsRequest { Parent = "customers/1046" }, administration)).Actions);
        await service.Accesses.ListAccessRecordsAsync(new ListAccessRecordsRequest { Parent = "customers/1044" }, administration);
        return answers.Sum(answer => JsonFormatter.Default.Format(answer).Split(Marker, StringSplitOptions.None).Length - 1);
    }

    /// <summary>What a second pair of eyes says to what was proposed.</summary>
    private static async Task ProposeAsync(HeardCalls service, Agreement approved, Agreement rejected, List<IMessage> answers)
    {
        var webcare = DossierHost.As("webcare", "daan");
        Assert.Equal((AgreementState.Proposed, AgreementState.Proposed), (approved.State, rejected.State));
        answers.Add(await service.Agreements.ApproveAgreementAsync(new ApproveAgreementRequest { Name = approved.Name, Etag = approved.Etag, RequestId = Agreed.NewId() }, webcare));
        answers.Add(await service.Agreements.RejectAgreementAsync(
            new RejectAgreementRequest
            {
                Name = rejected.Name,
                Etag = rejected.Etag,
                Reason = $"Niet voor {Marker}",
                CustomerInformed = new CustomerInformed { Informed = true, Channel = "phone" },
                RequestId = Agreed.NewId(),
            },
            webcare));
        answers.Add(await service.Agreements.ListPendingAcknowledgementsAsync(new ListPendingAcknowledgementsRequest(), webcare));
        answers.Add(await service.Agreements.ListSystemsAsync(new ListSystemsRequest(), webcare));
    }

    /// <summary>The streams, a batch of confirmations, a conflict that is closed and a source that is paused.</summary>
    private static async Task StreamAsync(HeardCalls service, List<IMessage> answers)
    {
        var webcare = DossierHost.As("webcare", "daan");
        var administration = DossierHost.As("administration", "run");
        using (var watching = service.Agreements.WatchAgreements(new WatchAgreementsRequest { Parent = "customers/1044", AfterSequence = 0 }, webcare))
        {
            Assert.True(await watching.ResponseStream.MoveNext(CancellationToken.None));
            answers.Add(watching.ResponseStream.Current);
        }

        var letter = Agreed.Letter("1046", Agreed.Bill($"{Marker}-2", "BA-001046", 10));
        string decision;
        using (var checks = service.Guard.CheckActions(administration))
        {
            await checks.RequestStream.WriteAsync(new CheckActionsRequest { CorrelationId = Marker, Action = letter });
            await checks.RequestStream.CompleteAsync();
            Assert.True(await checks.ResponseStream.MoveNext(CancellationToken.None));
            decision = checks.ResponseStream.Current.Result.Decision.DecisionId;
            answers.Add(checks.ResponseStream.Current);
            Assert.False(await checks.ResponseStream.MoveNext(CancellationToken.None));
        }

        var confirmed = await service.Guard.ConfirmActionBatchAsync(
            new ConfirmActionBatchRequest { Confirmations = { new ConfirmActionRequest { DecisionId = decision, Action = letter } } }, administration);
        Assert.True(confirmed.Results[0].Response.Confirmed);
        answers.Add(confirmed);

        // A source that is late on a busy machine shows none.
        Conflict? conflict = null;
        await Eventually.TrueAsync(
            async () =>
            {
                var read = await service.Dossiers.GetDossierAsync(new GetDossierRequest { Name = "customers/1044/dossier" }, administration);
                conflict = read.Dossier.Conflicts.FirstOrDefault(shown => shown.State == Conflict.Types.State.Open);
                return conflict is not null;
            },
            "there is a conflict to resolve");
        answers.Add(await service.Agreements.ResolveConflictAsync(
            new ResolveConflictRequest { Name = conflict!.Name, Etag = conflict.Etag, Note = $"Gebeld met {Marker}", RequestId = Agreed.NewId() }, administration));
        answers.Add(await service.Dossiers.ListSourcesAsync(new ListSourcesRequest(), administration));
        answers.Add(await service.Dossiers.PauseSourceAsync(new PauseSourceRequest { Name = "sources/webcare", RequestId = Agreed.NewId() }, administration));
        answers.Add(await service.Dossiers.ResumeSourceAsync(new ResumeSourceRequest { Name = "sources/webcare", RequestId = Agreed.NewId() }, administration));
        answers.Add(await service.Dossiers.GetSourceAsync(new GetSourceRequest { Name = "sources/webcare" }, administration));
    }
}
