using System.Data.Common;
using System.Text;
using Dapper;
using Dossier.Tests.Fixtures;
using Dossier.Tests.UnitTests;
using Dossier.V1;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.Data.Sqlite;

namespace Dossier.Tests.ServiceTests;

/// <summary>A marker in every personal field of every store and every request is found in answers, and nowhere else.</summary>
[Collection(Alone.Name)]
public sealed partial class NothingPersonalTests
{
    internal const string Marker = "zqxPersoonlijk";

    [Fact]
    public async Task It_is_in_no_log_span_metric_error_or_line_of_the_console()
    {
        using var folder = TemporaryFolder.WithStores();
        SqliteConnection Open(string store) => new($"Data Source={folder[store + ".db"]};Pooling=False;Foreign Keys=False");
        await PersonalFields.MarkAsync(Open, PersonalFields.TextColumnsOfSqlite, Marker);
        await ProveAsync(
            folder.Path,
            "http/protobuf",
            [],
            Open,
            async () =>
            {
                await using (var webcare = Open("webcare"))
                {
                    await webcare.ExecuteAsync("ALTER TABLE post RENAME TO elsewhere");
                }

                File.Delete(folder["telephony.db"]);
            },
            async () =>
            {
                await using var registry = Open("registry");
                await registry.ExecuteAsync("UPDATE agreement_revision SET content = CAST(@Marker AS BLOB)", new { Marker });
            });
    }

    /// <summary>Uses a service on marked stores in every way, breaks the stores, uses it again, and looks for the marker.</summary>
    /// <param name="folder">The service's own.</param>
    /// <param name="protocol">How its telemetry leaves.</param>
    /// <param name="databases">Where its databases are, if not in the folder.</param>
    /// <param name="open">Opens the registry or a store past the service.</param>
    /// <param name="breakages">What is done to the databases, one after the other; the first makes webcare and telephony unreadable, the second the agreements.</param>
    internal static async Task ProveAsync(string folder, string protocol, (string Key, string Value)[] databases, Func<string, DbConnection> open, params Func<Task>[] breakages)
    {
        await using var sink = await OtlpSink.StartAsync();
        var told = new StringBuilder();
        var shown = 0;
        var traces = 0;
        string console;
        await using (var service = await DossierProcess.StartAsync(
            folder,
            [.. databases, ("OTEL_EXPORTER_OTLP_ENDPOINT", protocol == "grpc" ? sink.GrpcAddress : sink.HttpAddress), ("OTEL_EXPORTER_OTLP_PROTOCOL", protocol), ("DOSSIER_Traces__SlowerThan", "00:00:00"), ("DOSSIER_Metrics__Listen", "http://127.0.0.1:0"),
            ("Logging__LogLevel__Default", "Trace"), ("Logging__LogLevel__Dossier", "Trace"), ("Logging__LogLevel__Grpc.AspNetCore.Server", "Trace"),
            // As without settings, but that somebody must approve.
            ("DOSSIER_Systems__shop__NeedsApproval__0", "DUNNING_BLOCK"), ("DOSSIER_Systems__administration__MustAcknowledge__0", "*"), ("DOSSIER_Systems__webcare__Within", "1.00:00:00"),
            ("DOSSIER_Systems__telephony__Within", "1.00:00:00"), ("DOSSIER_Systems__partner__Within", "1.00:00:00"), ("DOSSIER_Systems__local__Within", "1.00:00:00")]))
        {
            var heard = new HeardCalls(service.Channel);
            shown += await UseAsync(heard, told);
            shown += await GoThroughAsync(heard);
            await SendAllAsync(heard, told);
            await SendStreamsAsync(heard, told);
            traces += await TracesAsync(heard, told);

            // There is none that cannot succeed, and none that cannot fail.
            var methods = TablesOfPromisesTests.Services.SelectMany(each => each.Methods).Select(method => method.FullName).Order(StringComparer.Ordinal).ToList();
            Assert.Equal(methods, heard.Succeeded);
            Assert.Equal(methods, heard.Failed);

            // And while stores and the registry cannot be read, whose errors are logged, and what they hold is a fault of the service.
            foreach (var damage in breakages)
            {
                await damage();
                shown += await UseAsync(heard, told);
                traces += await TracesAsync(heard, told);
            }

            Assert.NotEmpty(heard.RefusedItems);
            foreach (var refused in heard.RefusedItems)
            {
                told.AppendLine(refused.Message).AppendLine(Encoding.UTF8.GetString(refused.ToByteArray()));
            }

            using var http = new HttpClient();
            var metrics = await http.GetStringAsync(service.Output.Split(["fetches them: "], StringSplitOptions.None)[1].Split((char[]?)null, 2)[0]);
            Assert.Contains("dossier_source_duration_seconds_bucket", metrics, StringComparison.Ordinal);
            told.AppendLine(metrics);
            await service.TerminateAsync();

            // But for the sample's invented number in the examples of its first page.
            console = string.Join('\n', (service.Output + service.Error).Split('\n').Where(line => !line.StartsWith("  ./dossier", StringComparison.Ordinal)));
        }

        // The answers hold it, or nothing would be proved.
        Assert.True(shown > 20, $"The marker was shown {shown} times.");
        Assert.NotEmpty(sink.Got.Spans);
        Assert.NotEmpty(sink.Got.LogRecords);
        Assert.NotEmpty(sink.Got.MetricNames);
        Assert.True(traces > 50, $"{traces} traces were read.");
        Assert.Contains("was refused: InvalidArgument", console, StringComparison.Ordinal);
        Assert.Contains("was refused: ", sink.Got.Everything, StringComparison.Ordinal);
        Assert.Contains("failed by a fault of the service", console, StringComparison.Ordinal);
        Assert.Contains("InvalidProtocolBufferException", sink.Got.Everything, StringComparison.Ordinal);
        var records = await RecordsAsync(open("registry"));
        Assert.Contains("1042", records, StringComparison.Ordinal);
        foreach (var personal in new[] { Marker, "Marloes", "600001042", "600001043", "marloes.dewit" })
        {
            Assert.DoesNotContain(personal, sink.Got.Everything, StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotContain(personal, console, StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotContain(personal, told.ToString(), StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotContain(personal, records, StringComparison.OrdinalIgnoreCase);
        }

        foreach (var customer in new[] { "1042", "1043", "1044", "1046", "9999" })
        {
            Assert.DoesNotContain($"customers/{customer}", sink.Got.Everything, StringComparison.Ordinal);
            Assert.DoesNotContain($"customers/{customer}", console, StringComparison.Ordinal);
        }
    }

    /// <summary>Uses the service as systems do, with the marker in all that they write; errors are gathered.</summary>
    /// <returns>How often an answer held the marker.</returns>
    private static async Task<int> UseAsync(HeardCalls service, StringBuilder told)
    {
        var webcare = DossierHost.As("webcare", "daan");
        var administration = DossierHost.As("administration", "run");
        var shown = 0;
        async Task Try<T>(Func<Task<T>> call, Func<T, Task>? then = null)
            where T : IMessage
        {
            try
            {
                var answer = await call();
                shown += JsonFormatter.Default.Format(answer).Split(Marker).Length - 1;
                if (then is not null)
                {
                    await then(answer);
                }
            }
            catch (RpcException failed)
            {
                Gather(failed, told);
            }
        }

        foreach (var customer in new[] { "1042", "1043", "1046", "9999" })
        {
            await Try(async () => await service.Dossiers.GetDossierAsync(new GetDossierRequest { Name = $"customers/{customer}/dossier", IncludePossibleInteractions = true }, webcare));
            await Try(async () => await service.Dossiers.ListInteractionsAsync(new ListInteractionsRequest { Parent = $"customers/{customer}", IncludeMessages = true }, webcare),
                async listed => await Try(async () => await service.Dossiers.GetInteractionAsync(new GetInteractionRequest { Name = listed.Interactions[0].Name }, webcare)));
            await Try(async () => await service.Dossiers.LookUpDossierAsync(new LookUpDossierRequest { Key = new CustomerKey { Phone = $"+3160000{customer}" } }, webcare));
            await Try(async () => await service.Dossiers.LookUpDossierAsync(new LookUpDossierRequest { Key = new CustomerKey { Email = $"{Marker}@example.org" } }, webcare));
            var create = Agreed.DunningBlock(customer);
            create.Agreement.CustomerWording.Add(new LocalizedText { Language = "nl", Text = $"Beloofd aan {Marker}" });
            await Try(async () => await service.Agreements.CreateAgreementAsync(create, webcare), async made =>
            {
                var withdraw = Agreed.Withdraw(made.Agreement);
                withdraw.Reason = $"Op verzoek van {Marker}";
                var check = new CheckActionRequest { Action = Agreed.Letter(customer, Agreed.Bill("factuur-1", $"BA-00{customer}", 10)) };
                await Try(async () => await service.Guard.CheckActionAsync(check, administration));
                await Try(async () => await service.Guard.ReportActionAsync(
                    new ReportActionRequest { Action = check.Action, Outcome = ActionState.Sent, EvidenceId = Marker, RequestId = Agreed.NewId() }, administration));
                await Try(async () => await service.Agreements.WithdrawAgreementAsync(withdraw, webcare));
                await Try(async () => await service.Agreements.WithdrawAgreementAsync(withdraw.Clone(), DossierHost.As("shop", "daan")));
                await Try(async () => await service.Agreements.ListAgreementRevisionsAsync(new ListAgreementRevisionsRequest { Name = made.Agreement.Name }, webcare));
            });
            await Try(async () => await service.Agreements.ListConflictsAsync(new ListConflictsRequest { Parent = $"customers/{customer}" }, webcare), async listed =>
            {
                foreach (var conflict in listed.Conflicts)
                {
                    await Try(async () => await service.Agreements.ResolveConflictAsync(
                        new ResolveConflictRequest { Name = conflict.Name, Etag = conflict.Etag, Note = $"Gebeld met {Marker}", RequestId = Agreed.NewId() }, webcare));
                }
            });
        }

        return shown;
    }

    /// <summary>Calls the two streams with the marker in every text field; each refuses it, one as its end and one as its answer.</summary>
    private static async Task SendStreamsAsync(HeardCalls service, StringBuilder told)
    {
        var watch = new WatchAgreementsRequest();
        Fill(watch, 4, 0);
        foreach (var metadata in new[] { DossierHost.As("webcare", "daan"), new Metadata { { "x-dossier-system", Marker } } })
        {
            using var watching = service.Agreements.WatchAgreements(watch, metadata);
            Gather(await Assert.ThrowsAsync<RpcException>(() => watching.ResponseStream.MoveNext(CancellationToken.None)), told);
        }

        var check = new CheckActionsRequest();
        Fill(check, 4, 0);
        using var checks = service.Guard.CheckActions(DossierHost.As("administration", "run"));
        await checks.RequestStream.WriteAsync(check);
        await checks.RequestStream.CompleteAsync();
        Assert.True(await checks.ResponseStream.MoveNext(CancellationToken.None));
        Assert.NotEmpty(checks.ResponseStream.Current.Result.Error.Details);
    }

    /// <summary>Gathers the traces that the service keeps, as it shows them.</summary>
    /// <returns>How many.</returns>
    private static async Task<int> TracesAsync(HeardCalls service, StringBuilder told)
    {
        var listed = await service.Traces.ListTracesAsync(new ListTracesRequest { PageSize = 200 });
        told.AppendLine(JsonFormatter.Default.Format(listed));
        var read = 0;
        foreach (var kept in listed.Traces)
        {
            try
            {
                told.AppendLine(JsonFormatter.Default.Format(await service.Traces.GetTraceAsync(new GetTraceRequest { Name = kept.Name })));
                read++;
            }
            catch (RpcException gone) when (gone.StatusCode == StatusCode.NotFound)
            {
                // It made room for one of this loop's own.
            }
        }

        return read;
    }

    /// <summary>What the registry has recorded of accesses.</summary>
    private static async Task<string> RecordsAsync(DbConnection registry)
    {
        await using var connection = registry;
        var rows = await connection.QueryAsync("SELECT * FROM access_record");
        return string.Join('\n', rows.Select(row => string.Join(' ', ((IDictionary<string, object>)row).Values)));
    }

    /// <summary>Calls every method with the marker in every text field, as content and as metadata.</summary>
    private static async Task SendAllAsync(HeardCalls service, StringBuilder told)
    {
        var raw = Marshallers.Create(bytes => bytes, bytes => bytes);
        var asked = new[]
        {
            DossierHost.As("webcare", "daan"),
            new Metadata { { "x-dossier-agent", $"a {Marker}" }, { "x-dossier-purpose", Marker } },
            new Metadata { { "x-dossier-system", Marker } },
        };
        foreach (var method in TablesOfPromisesTests.Services.SelectMany(each => each.Methods).Where(method => !method.IsServerStreaming))
        {
            var answer = Marshallers.Create(message => message.ToByteArray(), method.OutputType.Parser.ParseFrom);

            // One request for each branch of what can be one of several.
            foreach (var (branch, metadata) in Enumerable.Range(0, Branches(method.InputType, 4)).SelectMany(branch => asked.Select(metadata => (branch, metadata))))
            {
                var request = method.InputType.Parser.ParseFrom(ByteString.Empty);
                Fill(request, 4, branch);
                try
                {
                    await service.Invoker.AsyncUnaryCall(
                        new Method<byte[], IMessage>(MethodType.Unary, method.Service.FullName, method.Name, raw, answer), null, new CallOptions(metadata), request.ToByteArray());
                }
                catch (RpcException failed)
                {
                    Gather(failed, told);
                }
            }
        }
    }

    private static int Branches(MessageDescriptor message, int depth) => depth < 0 ? 1 : message.Oneofs.Where(one => !one.IsSynthetic).Select(one => one.Fields.Count)
        .Concat(message.Fields.InDeclarationOrder().Where(field => field.FieldType == FieldType.Message && !field.IsMap).Select(field => Branches(field.MessageType, depth - 1)))
        .DefaultIfEmpty(1).Max();

    private static void Fill(IMessage message, int depth, int branch)
    {
        var fields = message.Descriptor.Fields.InDeclarationOrder().Where(field => !field.IsMap
            && (field.RealContainingOneof is not { } one || one.Fields.IndexOf(field) == branch % one.Fields.Count));
        foreach (var field in fields)
        {
            if (field.FieldType == FieldType.String)
            {
                Put(message, field, Marker);
            }
            else if (field.FieldType == FieldType.Message && depth > 0)
            {
                var below = field.MessageType.Parser.ParseFrom(ByteString.Empty);
                Fill(below, depth - 1, branch);
                Put(message, field, below);
            }
        }

        static void Put(IMessage message, FieldDescriptor field, object value)
        {
            if (field.IsRepeated)
            {
                ((System.Collections.IList)field.Accessor.GetValue(message)).Add(value);
            }
            else
            {
                field.Accessor.SetValue(message, value);
            }
        }
    }

    private static void Gather(RpcException failed, StringBuilder told)
    {
        told.AppendLine(failed.Status.Detail);
        foreach (var entry in failed.Trailers)
        {
            told.AppendLine(entry.IsBinary ? Encoding.UTF8.GetString(entry.ValueBytes) : entry.Value);
        }
    }
}
