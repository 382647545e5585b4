using System.Security.Cryptography.X509Certificates;
using Dossier.Host;
using Dossier.Tests.Fixtures;
using Dossier.Tests.UnitTests;
using Dossier.V1;
using Google.Protobuf.Reflection;
using Grpc.Core;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;

namespace Dossier.Tests.ServiceTests;

/// <summary>Who may call what: every method with every kind of caller, compared with the README's table.</summary>
public sealed class AuthorisationTests(GuardedHost host) : IClassFixture<GuardedHost>
{
    private static readonly List<MethodDescriptor> Methods = [.. TablesOfPromisesTests.Services.SelectMany(service => service.Methods)];

    private static readonly Marshaller<byte[]> Raw = Marshallers.Create(bytes => bytes, bytes => bytes);

    [Fact]
    public async Task Each_method_is_open_to_the_scope_of_the_table_and_to_no_other_however_the_caller_is_proved()
    {
        var table = ReadmeTable();
        Assert.Equal(Methods.Select(FullName).Order(StringComparer.Ordinal), table.Keys.Order(StringComparer.Ordinal));
        foreach (var scope in Scopes.Names)
        {
            foreach (var (way, metadata, certificate) in host.WaysOf(scope))
            {
                using var channel = host.Connect(certificate);
                foreach (var method in Methods)
                {
                    var (code, reason) = await TryAsync(channel.CreateCallInvoker(), method, metadata);
                    if (scope == table[FullName(method)])
                    {
                        Assert.False(code is StatusCode.Unauthenticated || reason == "SCOPE_MISSING", $"{method.FullName} by {scope} with a {way}: {code} {reason}");
                    }
                    else
                    {
                        Assert.True((code, reason) == (StatusCode.PermissionDenied, "SCOPE_MISSING"), $"{method.FullName} by {scope} with a {way}: {code} {reason}");
                    }
                }
            }
        }
    }

    [Fact]
    public async Task Nobody_gets_anywhere_with_no_credential_or_a_wrong_one()
    {
        var issuer = host.Issuer;
        var wrong = new Dictionary<string, (Metadata Metadata, X509Certificate2? Certificate, string Reason, string Says)>(StringComparer.Ordinal)
        {
            ["none"] = ([], null, "CREDENTIALS_MISSING", "an API key in x-dossier-key, or a token in authorization, or a client certificate"),
            ["a system that is only said"] = (new Metadata { { "x-dossier-system", "all" } }, null, "CREDENTIALS_MISSING", "API key"),
            ["an unknown key"] = (GuardedHost.ByKey("dsk_unknown"), null, "CREDENTIALS_INVALID", "not known"),
            ["a key's hash"] = (GuardedHost.ByKey(Authentication.HashOf(host.Keys["all"])), null, "CREDENTIALS_INVALID", "not known"),
            ["an empty key"] = (GuardedHost.ByKey(""), null, "CREDENTIALS_INVALID", "not known"),
            ["two credentials"] = (new Metadata { { "x-dossier-key", host.Keys["all"] }, { "authorization", "Bearer " + issuer.Token() } }, null, "CREDENTIALS_INVALID", "not both"),
            ["another way of authorization"] = (new Metadata { { "authorization", "Basic YWxsOmFsbA==" } }, null, "CREDENTIALS_INVALID", "Bearer"),
            ["an expired token"] = (GuardedHost.ByToken(issuer.Token(until: TimeSpan.FromMinutes(-2))), null, "CREDENTIALS_INVALID", "expired"),
            ["a token of tomorrow"] = (GuardedHost.ByToken(issuer.Token(until: TimeSpan.FromHours(24))), null, "CREDENTIALS_INVALID", "not valid yet"),
            ["a token of another issuer"] = (GuardedHost.ByToken(issuer.Token(issuer: "https://other.example")), null, "CREDENTIALS_INVALID", "another issuer"),
            ["a token for another audience"] = (GuardedHost.ByToken(issuer.Token(audience: "billing")), null, "CREDENTIALS_INVALID", "another audience"),
            ["a token of an unknown client"] = (GuardedHost.ByToken(issuer.Token(client: "client-none")), null, "CREDENTIALS_INVALID", "no configured system"),
            ["a token signed by somebody else"] = (GuardedHost.ByToken(issuer.Token(key: Issuer.NewKey())), null, "CREDENTIALS_INVALID", "a key that its issuer does not have"),
            ["a token signed with the issuer's public key as a secret"] = (GuardedHost.ByToken(issuer.SignedByPublicKey()), null, "CREDENTIALS_INVALID", ""),
            ["a token without an end"] = (GuardedHost.ByToken(issuer.Endless()), null, "CREDENTIALS_INVALID", ""),
            ["a token without a client"] = (GuardedHost.ByToken(issuer.Token(claim: "sub")), null, "CREDENTIALS_INVALID", ""),
            ["a token without a signature"] = (GuardedHost.ByToken(Unsigned(issuer.Token())), null, "CREDENTIALS_INVALID", "malformed, unsigned"),
            ["a token of one byte"] = (GuardedHost.ByToken("x"), null, "CREDENTIALS_INVALID", "malformed"),
            ["a certificate that is in no list"] = ([], host.Authority.Issue("stranger", names => names.AddUri(new Uri("spiffe://company.example/stranger"))), "CREDENTIALS_INVALID", "not in the list"),
            ["a name in the list from another authority"] = ([], host.Foreign.Issue("all", names => names.AddUri(new Uri(GuardedHost.Uri[4..]))), "CREDENTIALS_INVALID", "not from the configured authority"),
            ["an expired certificate"] = ([], host.Authority.Issue("all", names => names.AddUri(new Uri(GuardedHost.Uri[4..])), TimeSpan.FromHours(-1)), "CREDENTIALS_INVALID", "not valid at this time"),
            ["the name as a DNS name"] = ([], host.Authority.Issue("all", names => names.AddDnsName("all")), "CREDENTIALS_INVALID", "not in the list"),
        };
        foreach (var (name, (metadata, certificate, reason, says)) in wrong)
        {
            using var channel = host.Connect(certificate);
            foreach (var method in Methods)
            {
                var (code, given) = await TryAsync(channel.CreateCallInvoker(), method, metadata);
                Assert.True((code, given) == (StatusCode.Unauthenticated, reason), $"{method.FullName} with {name}: {code} {given}");
            }

            var refused = await Refused.ByAsync(async () => await new DossierService.DossierServiceClient(channel).ListSourcesAsync(new ListSourcesRequest(), metadata));
            Assert.Contains(says, refused.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_key_a_token_and_a_certificate_name_the_same_system()
    {
        var certificate = host.Authority.Issue("all", names => names.AddUri(new Uri(GuardedHost.Uri[4..])));
        foreach (var (metadata, mine) in new (Metadata, X509Certificate2?)[] { (host.As("all"), null), (GuardedHost.ByToken(host.Issuer.Token()), null), (GuardedHost.ByToken(host.Issuer.Token(claim: "azp")), null), (new Metadata { { "x-dossier-agent", "test" } }, certificate) })
        {
            using var channel = host.Connect(mine);
            var made = await new AgreementService.AgreementServiceClient(channel).CreateAgreementAsync(Agreed.Remark("2001", "x"), metadata);
            Assert.Equal(("systems/all", "test", AgentSource.Asserted), (made.Agreement.Origin.System, made.Agreement.Origin.Agent, made.Agreement.Origin.AgentSource));
        }
    }

    [Fact]
    public async Task A_certificate_that_is_pinned_needs_no_authority()
    {
        using var channel = host.Connect(host.Pinned);
        Assert.NotEmpty((await new AgreementService.AgreementServiceClient(channel).ListSystemsAsync(new ListSystemsRequest())).Systems);
    }

    [Fact]
    public async Task The_agent_that_a_token_proves_counts_and_no_other_may_be_said()
    {
        using var channel = host.Connect();
        var agreements = new AgreementService.AgreementServiceClient(channel);
        var token = host.Issuer.Token(agent: "daan");
        var made = await agreements.CreateAgreementAsync(Agreed.Remark("2001", "x"), new Metadata { { "authorization", "Bearer " + token } });
        Assert.Equal(("daan", AgentSource.Token), (made.Agreement.Origin.Agent, made.Agreement.Origin.AgentSource));

        var refused = await Refused.ByAsync(async () => await agreements.CreateAgreementAsync(Agreed.Remark("2001", "x"), GuardedHost.ByToken(token)));
        BadFieldsTests.AssertFields(refused, ErrorReason.InvalidMetadata, "metadata.x-dossier-agent");
    }

    [Fact]
    public async Task The_system_is_not_to_be_said_beside_a_credential()
    {
        using var channel = host.Connect();
        var metadata = host.As("all");
        metadata.Add("x-dossier-system", "webcare");
        var refused = await Refused.ByAsync(async () => await new DossierService.DossierServiceClient(channel).ListSourcesAsync(new ListSourcesRequest(), metadata));
        BadFieldsTests.AssertFields(refused, ErrorReason.InvalidMetadata, "metadata.x-dossier-system");
    }

    [Fact]
    public async Task A_token_signed_with_a_new_key_of_the_issuer_is_taken()
    {
        using var channel = host.Connect();
        var sources = new DossierService.DossierServiceClient(channel);
        await sources.ListSourcesAsync(new ListSourcesRequest(), GuardedHost.ByToken(host.Issuer.Token()));

        host.Issuer.Rotate();

        // Keys are read again for an unknown one once in five seconds: anybody can send such tokens.
        await Eventually.TrueAsync(async () =>
            (await TryAsync(channel.CreateCallInvoker(), Methods.Single(method => method.Name == "ListSources"), GuardedHost.ByToken(host.Issuer.Token()))).Code == StatusCode.OK, "the new key is taken");
    }

    [Fact]
    public async Task The_renewed_certificate_of_the_service_is_shown_to_new_connections()
    {
        var renewed = host.RenewCertificate();
        await Eventually.TrueAsync(async () =>
        {
            using var tcp = new System.Net.Sockets.TcpClient();
            await tcp.ConnectAsync("127.0.0.1", new Uri(host.Address).Port);
#pragma warning disable CA5359 // Which certificate is shown is the question.
            await using var tls = new System.Net.Security.SslStream(tcp.GetStream(), false, (_, _, _, _) => true);
#pragma warning restore CA5359
            await tls.AuthenticateAsClientAsync("localhost");
            return tls.RemoteCertificate!.GetSerialNumberString() == renewed.SerialNumber;
        }, "the renewed certificate is shown");

        // Half a file leaves the last one in place.
        await File.WriteAllTextAsync(Path.Combine(host.Folder, "service.pem"), "-----BEGIN CERT");
        await Task.Delay(TimeSpan.FromSeconds(1.2));
        using var channel = host.Connect();
        await new DossierService.DossierServiceClient(channel).ListSourcesAsync(new ListSourcesRequest(), host.As("all"));
        host.RenewCertificate();
    }

    [Fact]
    public async Task What_may_not_be_read_is_not_permitted_and_not_there()
    {
        using var channel = host.Connect();
        var dossiers = new DossierService.DossierServiceClient(channel);
        var all = (await dossiers.GetDossierAsync(new GetDossierRequest { Name = "customers/1042/dossier" }, host.As("all"))).Dossier;
        var narrow = (await dossiers.GetDossierAsync(new GetDossierRequest { Name = "customers/1042/dossier" }, GuardedHost.ByKey("dsk_narrow"))).Dossier;

        Assert.Equal(all.Invoices, narrow.Invoices);
        Assert.NotEmpty(narrow.Interactions);
        Assert.All(narrow.Interactions, interaction => Assert.Equal("sources/telephony", interaction.Source));
        Assert.Empty(narrow.Interactions.SelectMany(interaction => interaction.Messages));
        Assert.Null(narrow.Customer);
        Assert.Empty(narrow.Agreements);
        Assert.Empty(narrow.Conflicts);
        Assert.Empty(narrow.DunningNotices);
        Assert.Empty(narrow.Payments);
        Assert.Empty(narrow.Unreachable);
        foreach (var status in narrow.Sources.SelectMany(source => source.Sections.Select(section => (source.Source, section))))
        {
            var may = status.section.Section == Section.Invoices || (status.section.Section == Section.Interactions && status.Source == "sources/telephony");
            Assert.Equal(may ? SourceState.Ok : SourceState.NotPermitted, status.section.State);
        }

        Assert.Equal(SourceState.NotPermitted, narrow.Sources.Single(source => source.Source == "sources/webcare").State);
        var found = (await dossiers.LookUpDossierAsync(new LookUpDossierRequest { Key = new CustomerKey { Phone = "+31600001042" } }, GuardedHost.ByKey("dsk_narrow")));
        Assert.Equal("customers/1042", Assert.Single(found.Candidates).Customer);
        Assert.Equal("", found.Candidates[0].DisplayName + found.Candidates[0].Place);
        var listed = await dossiers.ListInteractionsAsync(new ListInteractionsRequest { Parent = "customers/1042", IncludeMessages = true }, GuardedHost.ByKey("dsk_narrow"));
        Assert.All(listed.Interactions, interaction => Assert.Equal(("sources/telephony", 0), (interaction.Source, interaction.Messages.Count)));
        var webcare = all.Interactions.First(interaction => interaction.Source == "sources/webcare");
        var refused = await Refused.ByAsync(async () => await dossiers.GetInteractionAsync(new GetInteractionRequest { Name = webcare.Name }, GuardedHost.ByKey("dsk_narrow")));
        Assert.Equal(("SCOPE_MISSING", "dossier.read:interactions@webcare"), (refused.Reason, refused.Info.Metadata["scope"]));
    }

    [Fact]
    public async Task A_purpose_sees_its_sections_alone()
    {
        using var channel = host.Connect();
        var metadata = host.As("all");
        metadata.Add("x-dossier-purpose", "only-bills");
        var dossier = (await new DossierService.DossierServiceClient(channel).GetDossierAsync(new GetDossierRequest { Name = "customers/1042/dossier" }, metadata)).Dossier;

        Assert.NotEmpty(dossier.Invoices);
        Assert.Null(dossier.Customer);
        Assert.Empty(dossier.Interactions);
        Assert.Equal(SourceState.NotPermitted, dossier.Sources.Single(source => source.Source == "sources/telephony").State);
    }

    [Fact]
    public async Task What_was_promised_is_worded_only_to_those_who_may_read_agreements()
    {
        using var channel = host.Connect();
        var request = Agreed.Create("1043", new Effect { CreditInvoice = new CreditInvoice(), Subjects = { Agreed.Invoice("202609-004388") } });
        request.Agreement.CustomerWording.Add(new LocalizedText { Language = "nl", Text = "U hoeft niet te betalen." });
        await new AgreementService.AgreementServiceClient(channel).CreateAgreementAsync(request, host.As("all"));
        var check = new CheckActionRequest
        {
            Action = new PlannedAction
            {
                Customer = "customers/1043",
                Action = ActionKind.SendDunningNotice,
                Subjects = { new ActionSubject { Type = SubjectType.Invoice, Id = "202609-004388", Parents = { new SubjectRef { Type = SubjectType.BillingAccount, Id = "BA-001043" } } } },
            },
        };
        var guard = new GuardService.GuardServiceClient(channel);
        var worded = (await guard.CheckActionAsync(check, host.As("all"))).Decision;
        var bare = (await guard.CheckActionAsync(check, host.As("guard"))).Decision;
        var confirmed = (await guard.ConfirmActionAsync(new ConfirmActionRequest { DecisionId = bare.DecisionId}, host.As("guard"))).Decision;

        Assert.Equal((Verdict.Block, Verdict.Block), (worded.Verdict, bare.Verdict));
        Assert.Contains(worded.Reasons, reason => reason.Wording.Count > 0);
        Assert.All(bare.Reasons.Concat(confirmed.Reasons), reason => Assert.Empty(reason.Wording));
        Assert.All(bare.Subjects.SelectMany(subject => subject.Reasons), reason => Assert.Empty(reason.Wording));

        // And however it is asked.
        async Task<List<Decision>> AskedAsync(string scope)
        {
            var batch = await guard.CheckActionBatchAsync(new CheckActionBatchRequest { Actions = { check.Action } }, host.As(scope));
            using var stream = guard.CheckActions(host.As(scope));
            await stream.RequestStream.WriteAsync(new CheckActionsRequest { CorrelationId = "1", Action = check.Action });
            await stream.RequestStream.CompleteAsync();
            Assert.True(await stream.ResponseStream.MoveNext(CancellationToken.None));
            var confirmations = await guard.ConfirmActionBatchAsync(
                new ConfirmActionBatchRequest { Confirmations = { new ConfirmActionRequest { DecisionId = batch.Results[0].Decision.DecisionId } } }, host.As(scope));
            return [batch.Results[0].Decision, stream.ResponseStream.Current.Result.Decision, confirmations.Results[0].Response.Decision];
        }

        Assert.All(await AskedAsync("all"), decision => Assert.Contains(Reasons(decision), reason => reason.Wording.Count > 0));
        Assert.All(await AskedAsync("guard"), decision => Assert.All(Reasons(decision), reason => Assert.Empty(reason.Wording)));

        static IEnumerable<DecisionReason> Reasons(Decision decision) => decision.Reasons.Concat(decision.Subjects.SelectMany(subject => subject.Reasons));
    }

    [Fact]
    public async Task The_command_takes_a_key_a_token_and_a_certificate_and_trusts_the_authority_it_is_given()
    {
        var key = Path.Combine(host.Folder, "key");
        var token = Path.Combine(host.Folder, "token");
        await File.WriteAllTextAsync(key, host.Keys["all"] + "\n");
        await File.WriteAllTextAsync(token, host.Issuer.Token() + "\n");
        await File.WriteAllTextAsync(Path.Combine(host.Folder, "caller.pem"), host.Pinned.ExportCertificatePem());
        await File.WriteAllTextAsync(Path.Combine(host.Folder, "caller.key"), host.Pinned.GetRSAPrivateKey()!.ExportPkcs8PrivateKeyPem());
        string[] authority = ["--address", host.Address, "--authority", Path.Combine(host.Folder, "authority.pem"), "--timeout", "30s"];

        var byKey = await Typed.RunAsync(["sources", "--key-file", key, .. authority]);
        var byToken = await Typed.RunAsync(["sources", "--token-file", token, .. authority]);
        var byCertificate = await Typed.RunAsync(
            ["agreements", "1042", "--certificate", Path.Combine(host.Folder, "caller.pem"), "--certificate-key", Path.Combine(host.Folder, "caller.key"), .. authority]);
        var nothing = await Typed.RunAsync(["sources", .. authority]);
        var untrusted = await Typed.RunAsync(["sources", "--key-file", key, "--address", host.Address, "--timeout", "30s"]);

        Assert.All([byKey, byToken, byCertificate], ran => Assert.True(ran.ExitCode == 0, ran.Error));
        Assert.Contains("CREDENTIALS_MISSING", nothing.Error, StringComparison.Ordinal);
        Assert.NotEqual(0, untrusted.ExitCode);
        Assert.DoesNotContain(host.Keys["all"], nothing.Error + untrusted.Error + byKey.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_new_key_opens_with_the_hash_that_is_printed_beside_it()
    {
        var made = System.Text.Json.JsonDocument.Parse((await Typed.RunAsync(["keys", "new", "webcare", "--json"])).Output).RootElement;
        var again = System.Text.Json.JsonDocument.Parse((await Typed.RunAsync(["keys", "new", "webcare", "--json"])).Output).RootElement;
        var (key, hash) = (made.GetProperty("key").GetString()!, made.GetProperty("hash").GetString()!);
        Assert.NotEqual(key, again.GetProperty("key").GetString());

        await using var service = await DossierHost.StartAsync(("Systems:webcare:Keys:0", hash), ("Systems:webcare:Scopes:0", "operate"));

        Assert.NotEmpty((await service.Dossiers.ListSourcesAsync(new ListSourcesRequest(), new Metadata { { "x-dossier-key", key } })).Sources);
        Assert.Equal("CREDENTIALS_MISSING", (await Refused.ByAsync(async () => await service.Dossiers.ListSourcesAsync(new ListSourcesRequest(), DossierHost.As("webcare")))).Reason);
    }

    [Fact]
    public async Task The_port_for_probes_serves_health_and_nothing_else()
    {
        await using var service = await DossierHost.StartAsync(("Health:Listen", "http://127.0.0.1:0"));
        await ProbeAsync(service.Services);
    }

    [Fact]
    public async Task Beside_TLS_and_credentials_too_it_serves_whoever_asks()
    {
        var guarded = new GuardedHost { More = { "--Health:Listen=http://127.0.0.1:0" } };
        await guarded.InitializeAsync();
        await ProbeAsync(guarded.Services);
        await guarded.DisposeAsync();
    }

    private static async Task ProbeAsync(IServiceProvider services)
    {
        var probes = services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Last();
        Assert.StartsWith("http://", probes, StringComparison.Ordinal);
        using var channel = Grpc.Net.Client.GrpcChannel.ForAddress(probes);

        Assert.Equal(
            Grpc.Health.V1.HealthCheckResponse.Types.ServingStatus.Serving,
            (await new Grpc.Health.V1.Health.HealthClient(channel).CheckAsync(new Grpc.Health.V1.HealthCheckRequest())).Status);
        foreach (var method in Methods)
        {
            Assert.Equal(StatusCode.Unimplemented, (await TryAsync(channel.CreateCallInvoker(), method, [])).Code);
        }

        using var reflection = new Grpc.Reflection.V1.ServerReflection.ServerReflectionClient(channel).ServerReflectionInfo();
        var refused = await Assert.ThrowsAsync<RpcException>(async () => await reflection.ResponseStream.MoveNext(CancellationToken.None));
        Assert.Equal(StatusCode.Unimplemented, refused.StatusCode);
    }

    private static string FullName(MethodDescriptor method) => $"{method.Service.Name}/{method.Name}";

    private static string Unsigned(string token)
    {
        var header = Convert.ToBase64String("{\"alg\":\"none\",\"typ\":\"JWT\"}"u8).TrimEnd('=');
        return $"{header}.{token.Split('.')[1]}.";
    }

    private static async Task<(StatusCode Code, string Reason)> TryAsync(CallInvoker invoker, MethodDescriptor method, Metadata metadata)
    {
        var type = (method.IsClientStreaming, method.IsServerStreaming) switch
        {
            (true, true) => MethodType.DuplexStreaming,
            (false, true) => MethodType.ServerStreaming,
            _ => MethodType.Unary,
        };
        var raw = new Method<byte[], byte[]>(type, method.Service.FullName, method.Name, Raw, Raw);
        using var enough = new CancellationTokenSource();
        var options = new CallOptions(metadata, cancellationToken: enough.Token);
        try
        {
            if (type == MethodType.Unary)
            {
                await invoker.AsyncUnaryCall(raw, null, options, []);
            }
            else if (type == MethodType.ServerStreaming)
            {
                using var call = invoker.AsyncServerStreamingCall(raw, null, options, []);
                await call.ResponseStream.MoveNext(CancellationToken.None);
            }
            else
            {
                using var call = invoker.AsyncDuplexStreamingCall(raw, null, options);
                await call.RequestStream.CompleteAsync();
                await call.ResponseStream.MoveNext(CancellationToken.None);
            }

            return (StatusCode.OK, "");
        }
        catch (RpcException refused)
        {
            return (refused.StatusCode, refused.Trailers.GetValue("dossier-reason") ?? "");
        }
        finally
        {
            await enough.CancelAsync();
        }
    }

    private static Dictionary<string, string> ReadmeTable() =>
        SourceTree.Table(File.ReadAllText(Path.Combine(Repository.Root, "README.md")), "| method | scope |").Skip(1)
            .Select(cells => cells.Select(cell => cell.Trim('`')).ToArray())
            .SelectMany(cells => cells[0].Split(", ").Select(method => (Method: $"{cells[0].Split('/')[0]}/{method.Split('/')[^1]}", Scope: cells[1])))
            .ToDictionary(row => row.Method, row => row.Scope, StringComparer.Ordinal);
}
