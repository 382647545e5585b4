using Dossier.Tests.Fixtures;
using Dossier.V1;
using Grpc.Core;

namespace Dossier.Tests.ServiceTests;

/// <summary>Figures by which alerts know which system is concerned, and what stands still.</summary>
[Collection(Alone.Name)]
public sealed class FiguresTests
{
    private const string Verdicts = "dossier.guard.verdicts";

    [Fact]
    public async Task Watchers_acknowledgements_records_and_refusals_are_counted_by_system()
    {
        await using var sink = await OtlpSink.StartAsync();
        using var folder = TemporaryFolder.WithStores();
        await using var service = await DossierProcess.StartAsync(
            folder.Path,
            ("OTEL_EXPORTER_OTLP_ENDPOINT", sink.GrpcAddress), ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"), ("OTEL_METRIC_EXPORT_INTERVAL", "100"), ("DOSSIER_Limits__WatchersPerCaller", "1"));
        using var watcher = await Watcher.OpenAsync(service.Agreements, new WatchAgreementsRequest { Parent = "customers/-" });
        var agreed = (await service.Agreements.CreateAgreementAsync(StoryTests.CreditOf("1042", "202608-004217"), DossierHost.As("webcare", "daan"))).Agreement;
        var acknowledged = await service.Agreements.AcknowledgeAgreementAsync(
            new AcknowledgeAgreementRequest
            {
                Name = agreed.Name, BindingRevision = agreed.Revision, Applied = new AcknowledgeAgreementRequest.Types.Applied { EvidenceId = "CN-1" }, RequestId = Agreed.NewId(),
            },
            DossierHost.As("administration", "petra"));
        await watcher.ChangesAsync(2);
        Assert.Equal("TOO_MANY_WATCHERS", (await Refused.ByAsync(() => Watcher.OpenAsync(service.Agreements, new WatchAgreementsRequest { Parent = "customers/-" }))).Reason);

        await Eventually.TrueAsync(
            () => Task.FromResult(sink.Got.Latest("dossier.watch.open") == 1
                && sink.Got.Latest("dossier.watch.lag") >= 2
                && sink.Got.Latest("dossier.registry.sequence") is { } sequence && (long)sequence == acknowledged.RegistrySequence
                && sink.Got.Latest("dossier.acknowledgement.lag", ("dossier.system", "administration")) == 1
                && sink.Got.Latest("dossier.access.records") >= 3
                && sink.Got.Latest("dossier.calls.rejected", ("dossier.call.kind", "watches"), ("dossier.system", "local"), ("dossier.limit", "caller")) == 1),
            () => string.Join(
                ", ",
                new[] { "dossier.watch.open", "dossier.watch.lag", "dossier.registry.sequence", "dossier.acknowledgement.lag", "dossier.access.records", "dossier.calls.rejected" }
                    .Select(name => $"{name} {sink.Got.Latest(name)}").Append($"the answer said {acknowledged.RegistrySequence}")));

        watcher.Dispose();
        await Eventually.TrueAsync(() => Task.FromResult(sink.Got.Latest("dossier.watch.open") == 0), () => $"nobody watches: {sink.Got.Latest("dossier.watch.open")}");
    }

    [Fact]
    public async Task A_run_that_is_refused_at_the_door_shows_as_UNKNOWN_of_its_system()
    {
        await using var sink = await OtlpSink.StartAsync();
        using var folder = TemporaryFolder.WithStores();
        await using var service = await DossierProcess.StartAsync(
            folder.Path, ("OTEL_EXPORTER_OTLP_ENDPOINT", sink.GrpcAddress), ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"), ("OTEL_METRIC_EXPORT_INTERVAL", "100"), ("DOSSIER_Limits__Checks", "1"));
        var guard = new GuardService.GuardServiceClient(service.Channel);
        var administration = DossierHost.As("administration");
        var run = new CheckActionBatchRequest { Actions = { Agreed.Letter("1042", Agreed.Bill("202608-004217", "BA-001042")) } };
        using var open = guard.CheckActions(administration);
        await open.RequestStream.WriteAsync(new CheckActionsRequest { Action = run.Actions[0] });
        Assert.True(await open.ResponseStream.MoveNext(CancellationToken.None));

        var refused = await Refused.ByAsync(async () => await guard.CheckActionBatchAsync(run, administration));

        Assert.Equal("TOO_MANY_CALLS", refused.Reason);
        await Eventually.TrueAsync(
            () => Task.FromResult(sink.Got.Latest(Verdicts, ("dossier.system", "administration"), ("dossier.verdict", "UNKNOWN"), ("dossier.action", "OTHER")) == 1), "it is counted");
    }

    [Fact]
    public async Task A_run_that_gets_no_verdicts_shows_as_UNKNOWN_of_its_system_and_what_waits_for_the_registry_is_counted()
    {
        await using var sink = await OtlpSink.StartAsync();
        using var folder = TemporaryFolder.WithStores();
        await using var service = await DossierProcess.StartAsync(
            folder.Path, ("OTEL_EXPORTER_OTLP_ENDPOINT", sink.GrpcAddress), ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"), ("OTEL_METRIC_EXPORT_INTERVAL", "100"));
        var guard = new GuardService.GuardServiceClient(service.Channel);
        var run = new CheckActionBatchRequest { Actions = { Enumerable.Repeat(Agreed.Letter("1042", Agreed.Bill("202608-004217", "BA-001042")), 3) } };
        var administration = DossierHost.As("administration");
        await service.Agreements.CreateAgreementAsync(StoryTests.CreditOf("1042", "202608-004217"), DossierHost.As("webcare", "daan"));

        // From the start: of a series that is born at 3 nobody can say that it rose.
        await Eventually.TrueAsync(() => Task.FromResult(Count("administration", "UNKNOWN") == 0), "it is said that there is none yet");
        await guard.CheckActionBatchAsync(run, administration);
        await guard.CheckActionBatchAsync(run, DossierHost.As("partner"));

        // Numbers that the contract does not know are one value of the label, however many they are.
        var odd = new CheckActionBatchRequest { Actions = { Enumerable.Range(4711, 2).Select(number => new PlannedAction(run.Actions[0]) { Action = (ActionKind)number }) } };
        var ofOdd = (await guard.CheckActionBatchAsync(odd, administration)).Results[0].Decision.Verdict.Word();
        foreach (var file in Directory.GetFiles(folder.Path, "registry.db*"))
        {
            File.Delete(file);
        }

        var down = await Assert.ThrowsAsync<RpcException>(() => guard.CheckActionBatchAsync(run, administration).ResponseAsync);
        await service.Dossiers.GetDossierAsync(new GetDossierRequest { Name = "customers/1042/dossier" }, DossierHost.As("telephony"));

        Assert.Equal(StatusCode.Unavailable, down.StatusCode);
        await Eventually.TrueAsync(
            async () =>
            {
                await service.Dossiers.GetDossierAsync(new GetDossierRequest { Name = "customers/1042/dossier" }, DossierHost.As("telephony"));
                return sink.Got.Latest("dossier.access.waiting") >= 1
                    && sink.Got.Latest("dossier.source.breaker", ("dossier.source", "registry")) == 1
                    && Count("administration", "UNKNOWN") > 0;
            },
            "what waits and what is down has been measured");
        Assert.Equal((3, 3, 0), (Count("administration", "BLOCK"), Count("administration", "UNKNOWN"), Count("administration", "ALLOW")));
        Assert.Equal(2, sink.Got.Latest(Verdicts, ("dossier.system", "administration"), ("dossier.action", "OTHER"), ("dossier.verdict", ofOdd)));
        Assert.Equal((3, 0), (Count("partner", "BLOCK"), Count("partner", "UNKNOWN")));
        Assert.True(sink.Got.Latest("dossier.registry.duration", ("dossier.operation", "read"), ("dossier.outcome", "UNREACHABLE")) >= 2);

        double? Count(string system, string verdict) =>
            sink.Got.Latest(Verdicts, ("dossier.system", system), ("dossier.verdict", verdict), ("dossier.action", "SEND_DUNNING_NOTICE"));
    }
}
