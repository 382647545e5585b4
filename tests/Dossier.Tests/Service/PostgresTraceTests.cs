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

    // A profile's handle is no number, and the server says so with the handle in its message.
    private const string Marker = "@jan_1042";
    private const string Unreadable = """
        -- name: interactions
        SELECT CAST(CAST(max(p.handle) || '@jan_1042' AS integer) AS text) AS id, now() AS occur_time, 'letter' AS channel FROM profile p WHERE CAST(@customer_number AS text) IS NOT NULL LIMIT CAST(@limit AS bigint)
        """;

    [ServerFact]
    public async Task What_a_server_says_of_a_value_it_cannot_read_is_in_no_span_and_no_kept_trace()
    {
        await using var sink = await OtlpSink.StartAsync();
        using var servers = new PostgresServers();
        using var folder = TemporaryFolder.Empty();
        var file = Path.Combine(folder.Path, "unreadable.sql");
        await File.WriteAllTextAsync(file, Unreadable);
        await using var service = await DossierProcess.StartAsync(Launch.On(
            folder.Path,
            [
                ("OTEL_EXPORTER_OTLP_ENDPOINT", sink.HttpAddress), ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"),
                .. servers.Settings().Select(setting => (setting.Key, Value: setting.Key == "Sources:webcare:Queries" ? file : setting.Value))
                    .Select(setting => ("DOSSIER_" + setting.Key.Replace(":", "__", StringComparison.Ordinal), setting.Value)),
            ]));
        var read = Trace.New();

        var dossier = (await service.Dossiers.GetDossierAsync(new GetDossierRequest { Name = "customers/1042/dossier" }, read.AsTelephony())).Dossier;
        Assert.Equal(["sources/webcare"], dossier.Unreachable);
        var kept = await new TraceService.TraceServiceClient(service.Channel).GetTraceAsync(new GetTraceRequest { Name = "traces/" + read.Id });
        await service.TerminateAsync();

        // The driver's event is there, with the state that tells an operator what kind of fault it was.
        Assert.Contains(sink.Got.Spans.SelectMany(span => span.Events).SelectMany(one => one.Attributes), attribute => attribute.Value.Text() == "22P02");
        Assert.Contains(kept.Trace.Spans, span => span.Failed);
        foreach (var told in new[] { sink.Got.Everything, kept.ToString() })
        {
            Assert.DoesNotContain(Marker, told, StringComparison.Ordinal);
            Assert.DoesNotContain("Username=", told, StringComparison.Ordinal);
            Assert.DoesNotContain("SELECT", told, StringComparison.Ordinal);
        }
    }

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
