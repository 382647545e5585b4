using System.Net;
using System.Net.Sockets;
using Dossier.Tests.Fixtures;
using Dossier.Tests.Fixtures.Otlp;
using Dossier.V1;
using Grpc.Core;

namespace Dossier.Tests.ServiceTests;

/// <summary>When telemetry leaves the service, when it does not, and what never does.</summary>
[Collection(Alone.Name)]
public sealed class TelemetryTests
{
    private static readonly TimeSpan Shutdown = TimeSpan.FromSeconds(10);

    // Customer 1042, 1043 and what callers send below: numbers, names, addresses, texts, agents.
    private static readonly string[] Personal =
    [
        "Marloes", "de Wit", "600001042", "marloes.dewit", "customers/1042", "202608-004217", "BA-001042",
        "customers/1043", "600001043", "202609-004388", "BA-001043", "El Amrani", "hoef je dus niet", "hoeft factuur", "61550000001042",
        "Verkeerde factuur", "fluisterstil", "daan.de.boer",
    ];

    [Fact]
    public async Task Without_an_endpoint_nothing_is_sent_and_the_console_shows_the_start_only()
    {
        // Where an exporter sends to that is on and has no address.
        using var grpc = Listen(4317);
        using var http = Listen(4318);
        using var folder = TemporaryFolder.WithStores();
        await using var service = await DossierProcess.StartAsync(
            folder.Path, ("OTEL_SERVICE_NAME", "dossier"), ("OTEL_BSP_SCHEDULE_DELAY", "50"), ("OTEL_METRIC_EXPORT_INTERVAL", "50"));
        var start = service.Output;

        await CallAllAsync(service);
        var (ended, _) = await service.TerminateAsync();

        Assert.Equal(0, ended.ExitCode);
        Assert.Equal(start, ended.Output);
        Assert.Empty(ended.Error);
        Assert.False(grpc?.Pending() ?? false);
        Assert.False(http?.Pending() ?? false);
    }

    [Fact]
    public async Task OTEL_SDK_DISABLED_wins_over_an_endpoint()
    {
        await using var sink = await OtlpSink.StartAsync();
        using var folder = TemporaryFolder.WithStores();
        await using var service = await DossierProcess.StartAsync(
            folder.Path, ("OTEL_EXPORTER_OTLP_ENDPOINT", sink.HttpAddress), ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"), ("OTEL_SDK_DISABLED", "TRUE"));

        var trace = Guid.NewGuid().ToString("N");
        var call = service.Dossiers.GetDossierAsync(
            new GetDossierRequest { Name = "customers/1042/dossier" }, new Metadata { { "traceparent", $"00-{trace}-00f067aa0ba902b7-01" } });
        await call.ResponseAsync;
        await service.TerminateAsync();

        Assert.Equal(trace, call.GetTrailers().GetValue("x-dossier-trace"));
        Assert.Empty(sink.Got.Everything);
    }

    [Fact]
    public async Task Traces_alone_can_be_sent()
    {
        await using var sink = await OtlpSink.StartAsync();
        using var folder = TemporaryFolder.WithStores();
        await using var service = await DossierProcess.StartAsync(
            folder.Path, ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", $"{sink.HttpAddress}/v1/traces"), ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"));

        await service.Dossiers.GetDossierAsync(new GetDossierRequest { Name = "customers/1042/dossier" });
        var (ended, _) = await service.TerminateAsync();

        Assert.Equal((0, ""), (ended.ExitCode, ended.Error));
        Assert.Contains(sink.Got.Spans, span => span.Name == "read registry");
        Assert.Empty(sink.Got.Metrics);
        Assert.Empty(sink.Got.Logs);
    }

    [Fact]
    public async Task No_call_whatever_it_carries_and_however_it_ends_puts_anything_of_a_customer_into_telemetry()
    {
        await using var sink = await OtlpSink.StartAsync();
        using var folder = TemporaryFolder.WithStores();
        await using var service = await DossierProcess.StartAsync(
            folder.Path, ("OTEL_EXPORTER_OTLP_ENDPOINT", sink.GrpcAddress), ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"));

        var start = service.Output;
        await CallAllAsync(service);
        foreach (var store in new[] { "webcare", "telephony", "administration" })
        {
            // Pages of the file still hold texts of customers when it is cut short, and the driver's message may tell of it.
            using var file = new FileStream(folder[store + ".db"], FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
            file.SetLength(file.Length / 4096 / 3 * 4096);
        }

        await CallAllAsync(service);
        File.Delete(folder["registry.db"]);
        await CallAllAsync(service);
        await service.TerminateAsync();

        Assert.Contains(sink.Got.Spans, span => span.Status?.Code == 2);
        Assert.NotEmpty(sink.Got.LogRecords);
        Assert.Contains("dossier.call.duration", sink.Got.MetricNames);
        foreach (var personal in Personal)
        {
            Assert.DoesNotContain(personal, sink.Got.Everything, StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotContain(personal, service.Output[start.Length..] + service.Error, StringComparison.OrdinalIgnoreCase);
        }
    }

    [Fact]
    public async Task A_refusal_is_told_by_its_reason_and_is_no_error_of_the_service()
    {
        await using var sink = await OtlpSink.StartAsync();
        using var folder = TemporaryFolder.WithStores();
        await using var service = await DossierProcess.StartAsync(
            folder.Path, ("OTEL_EXPORTER_OTLP_ENDPOINT", sink.GrpcAddress), ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"));

        var refused = await Refused.ByAsync(() => service.Dossiers.GetDossierAsync(new GetDossierRequest { Name = "customers/9999/dossier" }).ResponseAsync);
        await service.TerminateAsync();

        var server = Assert.Single(sink.Got.Spans, span => Attribute(span, "dossier.reason").Length > 0);
        Assert.Equal(refused.Trace, Convert.ToHexStringLower(server.TraceId.Span));
        Assert.Equal(("CUSTOMER_NOT_FOUND", "NOT_FOUND"), (Attribute(server, "dossier.reason"), Attribute(server, "rpc.response.status_code")));
        Assert.DoesNotContain(sink.Got.Spans, span => span.Status?.Code == 2);
    }

    [Fact]
    public async Task A_backend_that_never_answers_neither_slows_calls_nor_holds_up_the_end()
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        using var folder = TemporaryFolder.WithStores();
        await using var service = await DossierProcess.StartAsync(
            folder.Path, ("OTEL_EXPORTER_OTLP_ENDPOINT", $"http://{silent.LocalEndpoint}"), ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"));

        await CallAllAsync(service);
        var (ended, took) = await service.TerminateAsync(TimeSpan.FromSeconds(60));

        Assert.Equal((0, ""), (ended.ExitCode, ended.Error));
        Assert.InRange(took, TimeSpan.Zero, Shutdown);
    }

    /// <summary>Calls of every kind with all that is personal in them; most are refused once files are broken.</summary>
    private static async Task CallAllAsync(DossierProcess service)
    {
        var headers = DossierHost.As("webcare", "daan.de.boer");
        var guard = new GuardService.GuardServiceClient(service.Channel);
        var agree = StoryTests.CreditOf("1043", "202609-004388");
        var foreign = StoryTests.CreditOf("1042", "202609-004388");
        var created = await TriedAsync(() => service.Agreements.CreateAgreementAsync(agree, headers).ResponseAsync);
        foreach (var call in new Func<Task>[]
        {
            () => service.Dossiers.GetDossierAsync(new GetDossierRequest { Name = "customers/1042/dossier", IncludePossibleInteractions = true }, headers).ResponseAsync,
            () => service.Dossiers.GetDossierAsync(new GetDossierRequest { Name = "customers/Marloes de Wit/dossier" }).ResponseAsync,
            () => service.Dossiers.LookUpDossierAsync(new LookUpDossierRequest { Key = new CustomerKey { Phone = "+31600001042" } }).ResponseAsync,
            () => service.Dossiers.LookUpDossierAsync(new LookUpDossierRequest { Key = new CustomerKey { Phone = "Marloes +31600001042" } }).ResponseAsync,
            () => service.Dossiers.ResolveCustomerAsync(new ResolveCustomerRequest { Keys = { new CustomerKey { Email = "marloes.dewit@example.org" } } }).ResponseAsync,
            () => service.Dossiers.LinkCustomerKeyAsync(
                new LinkCustomerKeyRequest { Customer = "customers/1042", Key = new CustomerKey { Email = "fluisterstil@example.org" }, RequestId = Guid.NewGuid().ToString() }, headers).ResponseAsync,
            () => service.Dossiers.ListInteractionsAsync(new ListInteractionsRequest { Parent = "customers/1042", PageToken = "fluisterstil" }).ResponseAsync,
            () => service.Dossiers.ListInteractionsAsync(new ListInteractionsRequest { Parent = "customers/1042", IncludeMessages = true }).ResponseAsync,
            () => service.Agreements.CreateAgreementAsync(foreign, headers).ResponseAsync,
            () => service.Agreements.CreateAgreementAsync(StoryTests.CreditOf("1042", "202608-004217", "fluisterstil"), headers).ResponseAsync,
            () => service.Agreements.CreateAgreementAsync(agree, DossierHost.As("fluisterstil", "daan.de.boer")).ResponseAsync,
            () => service.Agreements.ListAgreementsAsync(new ListAgreementsRequest { Parent = "customers/1043" }).ResponseAsync,
            () => guard.CheckActionAsync(new CheckActionRequest
            {
                Action = new PlannedAction
                {
                    Customer = "customers/1043",
                    Action = ActionKind.CollectPayment,
                    Subjects = { new ActionSubject { Type = SubjectType.BillingAccount, Id = "BA-001043", Amount = StoryTests.Eur(55) } },
                },
            }, headers).ResponseAsync,
            () => service.Agreements.WithdrawAgreementAsync(
                new WithdrawAgreementRequest
                {
                    Name = created?.Agreement.Name ?? "customers/1043/agreements/01a11f76-33ab-72a4-a391-a7debae3acba",
                    Etag = created?.Agreement.Etag ?? "fluisterstil",
                    Reason = "Verkeerde factuur",
                    CustomerInformed = new CustomerInformed { Informed = true, Channel = "phone" },
                    RequestId = Guid.NewGuid().ToString(),
                },
                headers).ResponseAsync,
        })
        {
            await TriedAsync(async () =>
            {
                await call();
                return "answered";
            });
        }
    }

    private static async Task<T?> TriedAsync<T>(Func<Task<T>> call)
        where T : class
    {
        try
        {
            return await call();
        }
        catch (RpcException refused)
        {
            Assert.NotEqual(StatusCode.Internal, refused.StatusCode);
            return null;
        }
    }

    private static string Attribute(Span span, string key) => span.Attributes.FirstOrDefault(attribute => attribute.Key == key)?.Value.StringValue ?? "";

    /// <summary>Null if something of this machine listens there already: what it got cannot be told then.</summary>
    private static TcpListener? Listen(int port)
    {
        var listener = new TcpListener(IPAddress.Loopback, port);
        try
        {
            listener.Start();
            return listener;
        }
        catch (SocketException)
        {
            listener.Dispose();
            return null;
        }
    }
}
