using System.Text;
using Dapper;
using Dossier.Tests.Fixtures;
using Dossier.Tests.UnitTests;
using Dossier.V1;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Grpc.Core;

namespace Dossier.Tests.ServiceTests;

/// <summary>A marker in every personal field of every store and every request is found in answers, and nowhere else.</summary>
[Collection(Alone.Name)]
public sealed class NothingPersonalTests
{
    private const string Marker = "zqxPersoonlijk";

    private static readonly (string Store, string Table, string[] Columns)[] Personal =
    [
        ("webcare", "contact", ["display_name", "town"]),
        ("webcare", "thread", ["topic", "summary"]),
        ("webcare", "post", ["author_name", "body"]),
        ("telephony", "known_caller", ["name"]),
        ("telephony", "call", ["caller_name", "reason", "note"]),
        ("administration", "debtor", ["first_name", "surname", "company_name", "street", "city"]),
        ("administration", "contact_person", ["name", "role"]),
        ("administration", "representative", ["name", "street", "city"]),
        ("administration", "connection", ["description"]),
        ("administration", "invoice_line", ["description"]),
        ("administration", "correspondence", ["subject", "remark", "person"]),
        ("administration", "correspondence_text", ["body"]),
    ];

    [Fact]
    public async Task It_is_in_no_log_span_metric_error_or_line_of_the_console()
    {
        await using var sink = await OtlpSink.StartAsync();
        using var folder = TemporaryFolder.WithStores();
        foreach (var (store, table, columns) in Personal)
        {
            await using var connection = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={folder[store + ".db"]};Pooling=False");
            foreach (var column in columns)
            {
                await connection.ExecuteAsync($"UPDATE {table} SET {column} = {column} || ' {Marker}' WHERE {column} IS NOT NULL");
            }
        }

        var told = new StringBuilder();
        var shown = 0;
        string console;
        await using (var service = await DossierProcess.StartAsync(
            folder.Path, ("OTEL_EXPORTER_OTLP_ENDPOINT", sink.HttpAddress), ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"), ("Logging__LogLevel__Default", "Trace")))
        {
            shown += await UseAsync(service, told);
            await SendAllAsync(service, told);

            // And while stores cannot be read, whose errors are logged.
            await using (var webcare = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={folder["webcare.db"]};Pooling=False"))
            {
                await webcare.ExecuteAsync("ALTER TABLE post RENAME TO elsewhere");
            }

            File.Delete(folder["telephony.db"]);
            shown += await UseAsync(service, told);
            await service.TerminateAsync();

            // But for the sample's invented number in the examples of its first page.
            console = string.Join('\n', (service.Output + service.Error).Split('\n').Where(line => !line.StartsWith("  ./dossier", StringComparison.Ordinal)));
        }

        // The answers hold it, or nothing would be proved.
        Assert.True(shown > 20, $"The marker was shown {shown} times.");
        Assert.NotEmpty(sink.Got.Spans);
        Assert.NotEmpty(sink.Got.LogRecords);
        Assert.NotEmpty(sink.Got.MetricNames);
        foreach (var personal in new[] { Marker, "Marloes", "600001042", "600001043", "marloes.dewit" })
        {
            Assert.DoesNotContain(personal, sink.Got.Everything, StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotContain(personal, console, StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotContain(personal, told.ToString(), StringComparison.OrdinalIgnoreCase);
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
