using Dossier.Tests.ConformanceTests;
using Dossier.Tests.Fixtures;
using Dossier.V1;

namespace Dossier.Tests.ServiceTests;

/// <summary>A trace where the databases are on a server: the driver's own spans hang below ours, and nothing else makes traces.</summary>
[Collection(Alone.Name)]
[NeedsServer(PostgresDatabase.Variable, alsoInCI: true)]
public sealed class PostgresTraceTests
{
    private const int Server = 2;

    [ServerFact]
    public async Task Each_source_names_its_server_and_holds_the_drivers_spans_and_what_no_call_asked_for_makes_no_trace()
    {
        await using var sink = await OtlpSink.StartAsync();
        using var servers = new PostgresServers();
        using var folder = TemporaryFolder.Empty();
        await using var service = await DossierProcess.StartAsync(Launch.On(
            folder.Path,
            [
                ("OTEL_EXPORTER_OTLP_ENDPOINT", sink.HttpAddress), ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"),
                .. servers.Settings().Select(setting => ("DOSSIER_" + setting.Key.Replace(":", "__", StringComparison.Ordinal), setting.Value)),
            ]));
        var (read, changed) = (Trace.New(), Trace.New());
        var agreed = changed.AsTelephony();
        agreed.Add("x-dossier-agent", "daan");

        await service.Dossiers.GetDossierAsync(new GetDossierRequest { Name = "customers/1042/dossier" }, read.AsTelephony());
        await service.Agreements.CreateAgreementAsync(StoryTests.CreditOf("1042", "202608-004217"), agreed);
        await service.TerminateAsync();

        Assert.Empty(service.Error);
        var spans = sink.Got.Spans;
        Assert.All(spans.GroupBy(span => span.TraceId), trace => Assert.True(trace.Any(span => span.Kind == Server), $"{trace.First().Name} is in no call"));
        var ours = spans.Where(span => span.Attributes.Of("dossier.source").Length > 0).ToList();
        Assert.All(ours, span => Assert.Equal(
            ("postgresql", servers.Host, "OK"), (span.Attributes.Of("db.system.name"), span.Attributes.Of("server.address"), span.Attributes.Of("dossier.outcome"))));
        Assert.Contains(ours, span => span.Name == "change registry" && span.TraceId.Hex() == changed.Id);
        Assert.All(spans, span => Assert.DoesNotContain(span.Attributes, attribute => attribute.Value.Text().Contains("SELECT", StringComparison.Ordinal)
            || attribute.Value.Text().Contains("Username=", StringComparison.Ordinal)));
        foreach (var source in new[] { "administration", "registry", "telephony", "webcare" })
        {
            Assert.Contains(spans, span => span.Attributes.Of("dossier.source").Length == 0
                && ours.Any(above => above.SpanId == span.ParentSpanId && above.Attributes.Of("dossier.source") == source));
        }
    }
}
