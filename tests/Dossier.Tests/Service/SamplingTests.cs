using Dossier.Tests.Fixtures;
using Dossier.V1;
using Grpc.Core;

namespace Dossier.Tests.ServiceTests;

/// <summary>Which calls leave a trace: OTEL_TRACES_SAMPLER, and what the caller has decided before.</summary>
[Collection(Alone.Name)]
public sealed class SamplingTests
{
    private static readonly GetDossierRequest Request = new() { Name = "customers/1042/dossier" };

    [Fact]
    public async Task At_a_ratio_of_0_only_a_call_that_its_caller_samples_is_exported_and_every_call_is_counted()
    {
        await using var sink = await OtlpSink.StartAsync();
        using var folder = TemporaryFolder.WithStores();
        await using var service = await StartAsync(folder, sink, ("OTEL_TRACES_SAMPLER", "parentbased_traceidratio"), ("OTEL_TRACES_SAMPLER_ARG", "0"));
        var (sampled, unsampled) = (Trace.New(), Trace.New());

        var own = service.Dossiers.GetDossierAsync(Request, DossierHost.As("telephony"));
        await own.ResponseAsync;
        await service.Dossiers.GetDossierAsync(Request, sampled.AsTelephony());
        var quiet = service.Dossiers.GetDossierAsync(Request, unsampled.AsTelephony(sampled: false));
        await quiet.ResponseAsync;
        File.Delete(folder["telephony.db"]);
        var missing = service.Dossiers.GetDossierAsync(Request, DossierHost.As("telephony"));
        await missing.ResponseAsync;

        // What the service keeps itself does not ask the sampler, nor the caller.
        var failed = missing.GetTrailers().GetValue("x-dossier-trace")!;
        var seen = await new TraceService.TraceServiceClient(service.Channel).GetTraceAsync(new GetTraceRequest { Name = $"traces/{failed}" });
        Assert.Contains(seen.Trace.Spans, span => span.Name.Contains("telephony", StringComparison.Ordinal));
        var unsampledToo = Trace.New();
        await service.Dossiers.GetDossierAsync(Request, unsampledToo.AsTelephony(sampled: false));
        Assert.NotEmpty((await new TraceService.TraceServiceClient(service.Channel).GetTraceAsync(new GetTraceRequest { Name = $"traces/{unsampledToo.Id}" })).Trace.Spans);
        await service.TerminateAsync();

        Assert.NotEmpty(sink.Got.Spans);
        Assert.All(sink.Got.Spans, span => Assert.Equal(sampled.Id, span.TraceId.Hex()));
        Assert.Equal(5, sink.Got.Latest("dossier.call.duration", ("rpc.method", "dossier.v1.DossierService/GetDossier")));

        // Each call has an id all the same: the answer, the log and the access record tell it.
        Assert.Equal(32, own.GetTrailers().GetValue("x-dossier-trace")!.Length);
        Assert.Equal(unsampled.Id, quiet.GetTrailers().GetValue("x-dossier-trace"));
        Assert.Contains(sink.Got.LogRecords, line => line.TraceId.Hex() == missing.GetTrailers().GetValue("x-dossier-trace"));
    }

    [Fact]
    public async Task Without_a_sampler_every_call_is_exported_but_those_that_their_callers_do_not_sample()
    {
        await using var sink = await OtlpSink.StartAsync();
        using var folder = TemporaryFolder.WithStores();
        await using var service = await StartAsync(folder, sink);
        var unsampled = Trace.New();

        var own = service.Dossiers.GetDossierAsync(Request, DossierHost.As("telephony"));
        await own.ResponseAsync;
        await service.Dossiers.GetDossierAsync(Request, unsampled.AsTelephony(sampled: false));
        await service.TerminateAsync();

        Assert.Contains(sink.Got.Spans, span => span.TraceId.Hex() == own.GetTrailers().GetValue("x-dossier-trace") && span.Name == "read registry");
        Assert.DoesNotContain(sink.Got.Spans, span => span.TraceId.Hex() == unsampled.Id);
    }

    private static Task<DossierProcess> StartAsync(TemporaryFolder folder, OtlpSink sink, params (string Key, string Value)[] more) => DossierProcess.StartAsync(
        folder.Path, [("OTEL_EXPORTER_OTLP_ENDPOINT", sink.GrpcAddress), ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"), .. more]);
}
