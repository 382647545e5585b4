using System.Text;
using Dapper;
using Dossier.Tests.Fixtures;
using Dossier.Tests.UnitTests;
using Dossier.V1;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace Dossier.Tests.ServiceTests;

/// <summary>A marker in every personal field of every store and every request is found in answers, and nowhere else.</summary>
[Collection(Alone.Name)]
public sealed class NothingPersonalTests
{
    private const string Marker = "zqxPersoonlijk";

    [Fact]
    public async Task It_is_in_no_log_span_metric_error_or_line_of_the_console()
    {
        await using var sink = await OtlpSink.StartAsync();
        using var folder = TemporaryFolder.WithStores();
        await PersonalFields.MarkAsync(file => folder[file], Marker);
        var told = new StringBuilder();
        var shown = 0;
        var traces = 0;
        string console;
        await using (var service = await DossierProcess.StartAsync(
            folder.Path,
            ("OTEL_EXPORTER_OTLP_ENDPOINT", sink.HttpAddress), ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"), ("DOSSIER_Traces__SlowerThan", "00:00:00"),
            // The service has a level of its own for what it says itself, before which a default or its bare name does not count.
            ("Logging__LogLevel__Default", "Trace"), ("Logging__LogLevel__Dossier.*", "Trace")))
        {
            shown += await UseAsync(service, told);
            shown += await GoThroughAsync(service);
            await SendAllAsync(service, told);
            await SendStreamsAsync(service, told);
            traces += await TracesAsync(service, told);

            // And while stores cannot be read, whose errors are logged.
            await using (var webcare = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={folder["webcare.db"]};Pooling=False"))
            {
                await webcare.ExecuteAsync("ALTER TABLE post RENAME TO elsewhere");
            }

            File.Delete(folder["telephony.db"]);
            shown += await UseAsync(service, told);
            traces += await TracesAsync(service, told);
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
        var records = await RecordsAsync(folder["registry.db"]);
        Assert.Contains("1042", records, StringComparison.Ordinal);
        foreach (var personal in new[] { Marker, "Marloes", "600001042", "600001043", "marloes.dewit" })
        {
            Assert.DoesNotContain(personal, sink.Got.Everything, StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotContain(personal, console, StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotContain(personal, told.ToString(), StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotContain(personal, records, StringComparison.OrdinalIgnoreCase);
        }

        Assert.DoesNotContain("customers/1042", sink.Got.Everything, StringComparison.Ordinal);
        Assert.DoesNotContain("customers/1042", console, StringComparison.Ordinal);
    }

    /// <summary>Uses the service as systems do, with the marker in all that they write; errors are gathered.</summary>
    /// <returns>How often an answer held the marker.</returns>
    private static async Task<int> UseAsync(DossierProcess service, StringBuilder told)
    {
        var webcare = DossierHost.As("webcare", "daan");
        var administration = DossierHost.As("administration", "run");
        var guard = new GuardService.GuardServiceClient(service.Channel);
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
                await Try(async () => await guard.CheckActionAsync(check, administration));
                await Try(async () => await guard.ReportActionAsync(
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

    /// <summary>An agreement's whole life, a key's and an action's, with the marker in every text that is taken; nothing of it may fail.</summary>
    /// <returns>How often an answer held the marker.</returns>
    private static async Task<int> GoThroughAsync(DossierProcess service)
    {
        var webcare = DossierHost.As("webcare", "daan");
        var administration = DossierHost.As("administration", "run");
        var guard = new GuardService.GuardServiceClient(service.Channel);
        var answers = new List<IMessage>();
        T Kept<T>(T answer)
            where T : IMessage
        {
            answers.Add(answer);
            return answer;
        }

        async Task<Agreement> MadeAsync(string words)
        {
            var create = Agreed.DunningBlock("1044");
            create.Agreement.CustomerWording.Add(new LocalizedText { Language = "nl", Text = $"{words} {Marker}" });
            create.Agreement.Evidence.Add($"brief {Marker}");
            return Kept(await service.Agreements.CreateAgreementAsync(create, webcare)).Agreement;
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
        var decided = Kept(await guard.CheckActionBatchAsync(new CheckActionBatchRequest { Actions = { letter, letter } }, administration)).Results[0].Decision;
        Assert.True(Kept(await guard.ConfirmActionAsync(new ConfirmActionRequest { DecisionId = decided.DecisionId, Action = letter }, administration)).Confirmed);
        var reported = Kept(await guard.ReportActionBatchAsync(
            new ReportActionBatchRequest
            {
                Reports = { new ReportActionRequest { Action = letter, Outcome = ActionState.Sent, EvidenceId = $"brief-{Marker}", RequestId = Agreed.NewId() } },
            },
            administration));
        Assert.Equal($"brief-{Marker}", reported.Results[0].Response.Action.EvidenceId);
        Assert.NotEmpty(Kept(await guard.ListActionsAsync(new ListActionsRequest { Parent = "customers/1046" }, administration)).Actions);
        await new AccessService.AccessServiceClient(service.Channel).ListAccessRecordsAsync(new ListAccessRecordsRequest { Parent = "customers/1044" }, administration);
        return answers.Sum(answer => JsonFormatter.Default.Format(answer).Split(Marker, StringSplitOptions.None).Length - 1);
    }

    /// <summary>Calls the two streams with the marker in every text field; each refuses it, one as its end and one as its answer.</summary>
    private static async Task SendStreamsAsync(DossierProcess service, StringBuilder told)
    {
        var watch = new WatchAgreementsRequest();
        Fill(watch, 4);
        foreach (var metadata in new[] { DossierHost.As("webcare", "daan"), new Metadata { { "x-dossier-system", Marker } } })
        {
            using var watching = service.Agreements.WatchAgreements(watch, metadata);
            Gather(await Assert.ThrowsAsync<RpcException>(() => watching.ResponseStream.MoveNext(CancellationToken.None)), told);
        }

        var check = new CheckActionsRequest();
        Fill(check, 4);
        using var checks = new GuardService.GuardServiceClient(service.Channel).CheckActions(DossierHost.As("administration", "run"));
        await checks.RequestStream.WriteAsync(check);
        await checks.RequestStream.CompleteAsync();
        Assert.True(await checks.ResponseStream.MoveNext(CancellationToken.None));
        var refused = checks.ResponseStream.Current.Result.Error;
        Assert.NotEmpty(refused.Details);
        told.AppendLine(refused.Message).AppendLine(Encoding.UTF8.GetString(refused.ToByteArray()));
    }

    /// <summary>Gathers the traces that the service keeps, as it shows them.</summary>
    /// <returns>How many.</returns>
    private static async Task<int> TracesAsync(DossierProcess service, StringBuilder told)
    {
        var traces = new TraceService.TraceServiceClient(service.Channel);
        var listed = await traces.ListTracesAsync(new ListTracesRequest { PageSize = 200 });
        told.AppendLine(JsonFormatter.Default.Format(listed));
        var read = 0;
        foreach (var kept in listed.Traces)
        {
            try
            {
                told.AppendLine(JsonFormatter.Default.Format(await traces.GetTraceAsync(new GetTraceRequest { Name = kept.Name })));
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
    private static async Task<string> RecordsAsync(string registry)
    {
        await using var connection = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={registry};Pooling=False");
        var rows = await connection.QueryAsync("SELECT * FROM access_record");
        return string.Join('\n', rows.Select(row => string.Join(' ', ((IDictionary<string, object>)row).Values)));
    }

    /// <summary>Calls every method with the marker in every text field, as content and as metadata.</summary>
    private static async Task SendAllAsync(DossierProcess service, StringBuilder told)
    {
        var raw = Marshallers.Create(bytes => bytes, bytes => bytes);
        var invoker = service.Channel.CreateCallInvoker();
        var asked = new[]
        {
            DossierHost.As("webcare", "daan"),
            new Metadata { { "x-dossier-agent", $"a {Marker}" }, { "x-dossier-purpose", Marker } },
            new Metadata { { "x-dossier-system", Marker } },
        };
        foreach (var method in TablesOfPromisesTests.Services.SelectMany(each => each.Methods).Where(method => !method.IsServerStreaming))
        {
            var request = method.InputType.Parser.ParseFrom(ByteString.Empty);
            Fill(request, 4);
            foreach (var metadata in asked)
            {
                try
                {
                    await invoker.AsyncUnaryCall(new Method<byte[], byte[]>(MethodType.Unary, method.Service.FullName, method.Name, raw, raw), null, new CallOptions(metadata), request.ToByteArray());
                }
                catch (RpcException failed)
                {
                    Gather(failed, told);
                }
            }
        }
    }

    private static void Fill(IMessage message, int depth)
    {
        foreach (var field in message.Descriptor.Fields.InDeclarationOrder().Where(field => !field.IsMap))
        {
            if (field.FieldType == FieldType.String)
            {
                Put(message, field, Marker);
            }
            else if (field.FieldType == FieldType.Message && depth > 0)
            {
                var below = field.MessageType.Parser.ParseFrom(ByteString.Empty);
                Fill(below, depth - 1);
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
