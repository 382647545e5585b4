using System.Net;
using System.Net.Sockets;
using Dossier.Cli;
using Dossier.Tests.Fixtures;
using Dossier.V1;
using Grpc.Health.V1;
using Microsoft.Data.Sqlite;

namespace Dossier.Tests.ServiceTests;

/// <summary>How the service starts and stops, as a process, the way a newcomer or a service manager does it.</summary>
[Collection(ProcessesCollection.Name)]
public sealed class StartTests
{
    [Fact]
    public async Task The_first_start_creates_its_files_and_says_where_it_listens_what_time_it_shows_and_what_to_type_next()
    {
        using var folder = TemporaryFolder.Empty();
        await using var service = await DossierProcess.StartAsync(new Launch(folder.Path, ["--Listen", "http://127.0.0.1:0"], []));

        var lines = service.Output.TrimEnd().Split('\n');
        Assert.InRange(lines.Length, 3, 8);
        Assert.Equal($"Dossier listens on {service.Address} (gRPC: HTTP/2 without TLS, this machine only).", lines[0]);
        Assert.NotEqual(0, new Uri(service.Address).Port);
        Assert.Contains(lines, line => line.Contains(folder["data"], StringComparison.Ordinal) && line.Contains("created webcare, telephony, administration", StringComparison.Ordinal));
        Assert.Contains(lines, line => line.Contains("Friday 9 October 2026 09:00 Europe/Amsterdam", StringComparison.Ordinal));
        Assert.Empty(service.Error);
        Assert.Equal(
            ["administration.db", "registry.db", "telephony.db", "webcare.db"],
            Directory.GetFiles(folder["data"], "*.db").Select(Path.GetFileName).Order());
        Assert.Empty(Directory.GetFiles(folder["data"], "*.partial"));

        var commands = lines.Select(line => line.Trim()).Where(line => line.StartsWith("./dossier ", StringComparison.Ordinal)).ToList();
        Assert.NotEmpty(commands);
        foreach (var command in commands)
        {
            using var output = new StringWriter();
            using var error = new StringWriter();
            Assert.EndsWith($" --address {service.Address}", command, StringComparison.Ordinal);
            Assert.True(
                await DossierCommand.RunAsync(command.Split(' ')[1..], output, error) == 0, $"'{command}' was printed to be pasted, and says: {error}");
            Assert.NotEmpty(output.ToString());
        }
    }

    [Fact]
    public async Task A_second_start_finds_its_data_again_and_its_clock_does_not_go_back_before_what_was_written()
    {
        using var folder = TemporaryFolder.WithStores();
        await using var first = await DossierProcess.StartAsync(folder.Path);
        var created = await first.Agreements.CreateAgreementAsync(StoryTests.CreditOf("1043", "202609-004388"), DossierHost.As("webcare", "daan"));
        Assert.Equal(0, (await first.TerminateAsync()).Ended.ExitCode);

        await using var second = await first.RestartAsync();

        Assert.Contains("found again in", second.Output, StringComparison.Ordinal);
        Assert.Empty(second.Error);
        var again = (await second.Agreements.GetAgreementAsync(new GetAgreementRequest { Name = created.Agreement.Name })).Agreement;
        Assert.Equal(created.Agreement, again);
        var dossier = (await second.Dossiers.GetDossierAsync(new GetDossierRequest { Name = "customers/1043/dossier" })).Dossier;
        Assert.Equal(created.Agreement.Name, Assert.Single(dossier.Agreements).Name);
        Assert.True(dossier.AssembleTime.ToDateTimeOffset() > created.Agreement.CreateTime.ToDateTimeOffset());
        var decision = await new GuardService.GuardServiceClient(second.Channel).CheckActionAsync(new CheckActionRequest
        {
            Action = new PlannedAction
            {
                Customer = "customers/1043",
                Action = ActionKind.ReferToCollectionAgency,
                Subjects =
                {
                    new ActionSubject
                    {
                        Type = SubjectType.Invoice,
                        Id = "202609-004388",
                        Amount = StoryTests.Eur(27.50m),
                        Parents = { new SubjectRef { Type = SubjectType.BillingAccount, Id = "BA-001043" } },
                    },
                },
            },
        });
        Assert.Equal(Verdict.Block, decision.Decision.Verdict);
    }

    [Fact]
    public async Task A_port_that_is_taken_gives_one_line_that_says_so_and_how_to_choose_another()
    {
        using var folder = TemporaryFolder.WithStores();
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var address = $"http://{taken.LocalEndpoint}";

        var ended = await DossierProcess.RunAsync(new Launch(folder.Path, ["--DataDirectory", folder.Path, "--Listen", address], []));

        Assert.Equal(1, ended.ExitCode);
        Assert.Empty(ended.Output);
        var line = OneLine(ended.Error);
        Assert.Contains($"{address} is taken", line, StringComparison.Ordinal);
        Assert.Contains("--Listen http://127.0.0.1:", line, StringComparison.Ordinal);
        Assert.DoesNotContain($"--Listen {address}", line, StringComparison.Ordinal);

        var probes = await DossierProcess.RunAsync(new Launch(folder.Path, ["--DataDirectory", folder.Path, "--Listen", "http://127.0.0.1:0", "--Health:Listen", address], []));
        Assert.Contains($"The port of Health:Listen, {address}, is taken", OneLine(probes.Error), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Listen 'http://0.0.0.0:5080' is not a loopback address", "--Listen", "http://0.0.0.0:5080")]
    [InlineData("Listen 'http://[::]:5080' is not a loopback address", "--Listen", "http://[::]:5080")]
    [InlineData("Listen 'http://example.org:5080' must name an IP address", "--Listen", "http://example.org:5080")]
    [InlineData("Listen 'https://127.0.0.1:5080' needs Tls:Certificate and Tls:Key", "--Listen", "https://127.0.0.1:5080")]
    [InlineData("no system has credentials: anybody could read every customer", "--Listen", "https://0.0.0.0:5080", "--Tls:Certificate", "/etc/hosts", "--Tls:Key", "/etc/hosts")]
    [InlineData("Tls:Certificate and Tls:Key go together", "--Tls:Certificate", "/etc/hosts")]
    [InlineData("Tls:Key 'missing.key' is not there", "--Tls:Certificate", "/etc/hosts", "--Tls:Key", "missing.key")]
    [InlineData("Tls:Certificate and Tls:Key cannot be used", "--Listen", "https://127.0.0.1:0", "--Tls:Certificate", "/etc/hosts", "--Tls:Key", "/etc/hosts")]
    [InlineData("Jwt:Issuer 'http://login.example' must be an https address", "--Jwt:Issuer", "http://login.example", "--Jwt:Audience", "dossier")]
    [InlineData("Jwt:Audience must be set", "--Jwt:Issuer", "https://login.example")]
    [InlineData("Jwt:KeysFor must be between", "--Jwt:KeysFor", "00:00:01")]
    [InlineData("Systems:crm:Clients need Jwt:Issuer", "--Systems:crm:Clients:0", "crm", "--Systems:crm:Scopes:0", "guard")]
    [InlineData("Systems:crm:Certificates need Tls:ClientAuthority", "--Systems:crm:Certificates:0", "dns:crm.example", "--Systems:crm:Scopes:0", "guard")]
    [InlineData("Systems:crm:Certificates 'crm.example' must begin with dns: or uri:", "--Systems:crm:Certificates:0", "crm.example")]
    [InlineData("Systems:crm:Thumbprints '12' must be the 64", "--Systems:crm:Thumbprints:0", "12")]
    [InlineData("Systems:crm:Scopes 'dossier.red' is not a scope; use dossier.read", "--Systems:crm:Scopes:0", "dossier.red")]
    [InlineData("Systems:crm:Scopes 'dossier.read:bills' is not a scope", "--Systems:crm:Scopes:0", "dossier.read:bills")]
    [InlineData("Systems:crm:Scopes 'guard:invoices' is not a scope", "--Systems:crm:Scopes:0", "guard:invoices")]
    [InlineData("Systems a and b have the same entry in Thumbprints", "--Systems:a:Thumbprints:0", "a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1", "--Systems:a:Scopes:0", "guard", "--Systems:b:Thumbprints:0", "a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1", "--Systems:b:Scopes:0", "guard")]
    [InlineData("Systems a and b have the same entry in Certificates", "--Systems:a:Certificates:0", "dns:x", "--Systems:a:Scopes:0", "guard", "--Systems:b:Certificates:0", "dns:x", "--Systems:b:Thumbprints:0", "a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1", "--Systems:b:Scopes:0", "guard", "--Tls:ClientAuthority", "/etc/hosts")]
    [InlineData("Systems:crm:Keys is not the hash of a key", "--Systems:crm:Keys:0", "dsk_secret")]
    [InlineData("Systems:crm has credentials and no Scopes", "--Systems:crm:Thumbprints:0", "0123456789012345678901234567890123456789012345678901234567890123")]
    [InlineData("Systems crm and shop have the same entry in Clients", "--Systems:crm:Clients:0", "a", "--Systems:shop:Clients:0", "a", "--Jwt:Issuer", "https://login.example", "--Jwt:Audience", "d", "--Systems:crm:Scopes:0", "guard", "--Systems:shop:Scopes:0", "guard")]
    [InlineData("Systems:crm:Scope is not a setting", "--Systems:crm:Scope:0", "guard")]
    [InlineData("Systems:crm:Keys is a list", "--Systems:crm:Keys", "dsk_secret")]
    [InlineData("Purposes:fraud:Sections 'BILLS' is not a section; use CUSTOMER", "--Purposes:fraud:Sections:0", "BILLS")]
    [InlineData("Health:Listen 'https://127.0.0.1:1' must be http and a port of its own", "--Health:Listen", "https://127.0.0.1:1")]
    [InlineData("Listen '127.0.0.1:5080' must look like http://127.0.0.1:5080", "--Listen", "127.0.0.1:5080")]
    [InlineData("Listen 'http://127.0.0.1:99999' must look like http://127.0.0.1:5080", "--Listen", "http://127.0.0.1:99999")]
    [InlineData("Demo:Now is set beside other sources", "--Demo:Now", "2026-10-09T09:00:00+02:00", "--Sources:shop:ConnectionString", "Data Source=shop.db")]
    [InlineData("Demo:Now", "--Demo:Now", "tomorrow")]
    [InlineData("Registry:MaxConnections", "--Registry:MaxConnections", "many")]
    [InlineData("Registry:MaxConnections must be 1-256", "--Registry:MaxConnections", "0")]
    [InlineData("Registry:Deadline must be between", "--Registry:Deadline", "5")]
    [InlineData("Registry:Provider 'Oracle' is not known; use Sqlite, PostgreSql, SqlServer", "--Registry:Provider", "Oracle")]
    [InlineData("Registry:ConnectionString", "--Registry:ConnectionString", "Host=db;Password=secret")]
    [InlineData("TimeZone 'Mars/Olympus'", "--TimeZone", "Mars/Olympus")]
    [InlineData("Sweep:Interval must be between 00:00:00 (never) and 1.00:00:00", "--Sweep:Interval", "-00:00:01")]
    [InlineData("Sweep:CustomersPerSecond must be 1-1000", "--Sweep:CustomersPerSecond", "0")]
    [InlineData("Phone:DefaultCountry must be a calling code", "--Phone:DefaultCountry", "NL")]
    [InlineData("Systems:Web_Care must be 1-32 of [a-z0-9-]", "--Systems:Web_Care:Within", "1.00:00:00")]
    [InlineData("Acces is not a setting: use Access, DataDirectory", "--Acces:Required", "true")]
    [InlineData("Registry:Deadlin is not a setting", "--Registry:Deadlin", "00:00:01")]
    [InlineData("'extra' belongs to no setting", "extra")]
    [InlineData("--Listen has no value", "--Listen")]
    [InlineData("Drain:Delay '5s' is not a length of time: write hours:minutes:seconds", "--Drain:Delay", "5s")]
    [InlineData("Limits:Reads 'many' must be a whole number", "--Limits:Reads", "many")]
    [InlineData("MustAcknowledge 'CREDIT' is not an effect", "--Systems:webcare:MustAcknowledge:0", "CREDIT")]
    public async Task A_setting_that_is_wrong_is_refused_with_one_line_that_names_it(string said, params string[] args)
    {
        using var folder = TemporaryFolder.Empty();

        var ended = await DossierProcess.RunAsync(new Launch(folder.Path, args, []));

        Assert.Equal(1, ended.ExitCode);
        Assert.Empty(ended.Output);
        Assert.Contains(said, OneLine(ended.Error), StringComparison.Ordinal);
        Assert.DoesNotContain("secret", ended.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{ \"Listen\": \"http://127.0.0.1:5081\"")]
    [InlineData("nonsense")]
    public async Task Settings_that_are_no_json_are_refused_with_one_line_that_names_the_file(string text)
    {
        using var folder = TemporaryFolder.Empty();
        await File.WriteAllTextAsync(folder["appsettings.json"], text);

        var ended = await DossierProcess.RunAsync(new Launch(folder.Path, [], []));

        Assert.Equal(1, ended.ExitCode);
        Assert.Contains(folder["appsettings.json"] + " is not JSON, in line 1:", OneLine(ended.Error), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_data_folder_that_cannot_be_made_gives_one_line()
    {
        using var folder = TemporaryFolder.Empty();
        await File.WriteAllTextAsync(folder["data"], "a file, where a folder should be");

        foreach (var directory in new[] { folder["data"], Path.Combine(folder["data"], "below") })
        {
            var ended = await DossierProcess.RunAsync(Launch.On(directory) with { WorkingDirectory = folder.Path });

            Assert.Equal(1, ended.ExitCode);
            Assert.Contains(folder["data"], OneLine(ended.Error), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_registry_that_is_no_database_gives_one_line_and_is_left_as_it_is()
    {
        using var folder = TemporaryFolder.WithStores();
        var nonsense = new byte[8192];
        new Random(7).NextBytes(nonsense);
        await File.WriteAllBytesAsync(folder["registry.db"], nonsense);

        var ended = await DossierProcess.RunAsync(Launch.On(folder.Path));

        Assert.Equal(1, ended.ExitCode);
        Assert.Contains("the registry cannot be opened", OneLine(ended.Error), StringComparison.Ordinal);
        Assert.Equal(nonsense, await File.ReadAllBytesAsync(folder["registry.db"]));
    }

    [Fact]
    public async Task A_source_of_an_unknown_provider_is_DISABLED_and_the_rest_serves()
    {
        using var folder = TemporaryFolder.WithStores();
        await using var service = await DossierProcess.StartAsync(Launch.On(folder.Path) with
        {
            Args =
            [
                .. Launch.On(folder.Path).Args,
                "--Sources:administration:ConnectionString", $"Data Source={folder["administration.db"]}",
                "--Sources:administration:Queries", "db/sources/administration/queries.sqlite.sql",
                "--Sources:administration:CustomerSource", "true",
                "--Sources:administration:Deadline", "00:00:10",
                "--Sources:shop:Provider", "Oracle",
                "--Sources:shop:ConnectionString", "Data Source=shop;Password=secret",
                "--Sources:shop:Queries", "db/sources/webcare/queries.sqlite.sql",
            ],
        });

        var shop = (await service.Dossiers.GetSourceAsync(new GetSourceRequest { Name = "sources/shop" })).Source;
        Assert.Equal(SourceState.Disabled, shop.State);
        Assert.Contains("'Oracle' is not known; use Sqlite, PostgreSql, SqlServer", shop.LastFailure, StringComparison.Ordinal);
        var dossier = (await service.Dossiers.GetDossierAsync(new GetDossierRequest { Name = "customers/1042/dossier" })).Dossier;
        Assert.Equal("Marloes de Wit", dossier.Customer.DisplayName);
        Assert.Equal(SourceState.Ok, dossier.Sources.Single(source => source.Source == "sources/administration").State);
        Assert.Equal(SourceState.Disabled, dossier.Sources.Single(source => source.Source == "sources/shop").State);
        Assert.Equal(["sources/shop"], dossier.Unreachable);
        Assert.DoesNotContain("secret", service.Output + service.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_environment_variable_DOSSIER_Listen_chooses_the_address()
    {
        using var folder = TemporaryFolder.WithStores();
        await using var service = await DossierProcess.StartAsync(
            new Launch(folder.Path, ["--DataDirectory", folder.Path], [("DOSSIER_Listen", "http://[::1]:0")]));

        Assert.StartsWith("http://[::1]:", service.Address, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Settings_of_the_web_server_open_no_other_port_and_print_no_warning()
    {
        using var folder = TemporaryFolder.WithStores();
        var ports = FreePorts(4);
        await File.WriteAllTextAsync(
            folder["appsettings.json"], $$$"""{ "Kestrel": { "Endpoints": { "File": { "Url": "http://0.0.0.0:{{{ports[0]}}}" } } } }""");
        await using var service = await DossierProcess.StartAsync(Launch.On(
            folder.Path,
            ("Kestrel__Endpoints__Environment__Url", $"http://0.0.0.0:{ports[1]}"),
            ("ASPNETCORE_HTTP_PORTS", $"{ports[2]}"),
            ("ASPNETCORE_URLS", $"http://0.0.0.0:{ports[3]}")));

        foreach (var port in ports)
        {
            using var client = new TcpClient();
            var refused = await Assert.ThrowsAsync<SocketException>(() => client.ConnectAsync(IPAddress.Loopback, port));
            Assert.Equal(SocketError.ConnectionRefused, refused.SocketErrorCode);
        }

        Assert.Empty(service.Error);
        Assert.DoesNotContain("warn", service.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task SIGTERM_ends_it_within_seconds_while_somebody_watches_its_health()
    {
        using var folder = TemporaryFolder.WithStores();
        await using var service = await DossierProcess.StartAsync(folder.Path);
        using var watch = service.Health.Watch(new HealthCheckRequest());
        Assert.True(await watch.ResponseStream.MoveNext(CancellationToken.None));
        Assert.Equal(HealthCheckResponse.Types.ServingStatus.Serving, watch.ResponseStream.Current.Status);
        var told = ReadToEndAsync(watch.ResponseStream);

        var (ended, took) = await service.TerminateAsync(TimeSpan.FromSeconds(20));

        Assert.Equal(0, ended.ExitCode);
        Assert.InRange(took, TimeSpan.Zero, TimeSpan.FromSeconds(10));
        Assert.Equal([HealthCheckResponse.Types.ServingStatus.NotServing], await told);
        Assert.Empty(ended.Error);
        Assert.DoesNotContain("fail", ended.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("warn", ended.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Two_starters_at_once_on_an_empty_folder_both_come_up_with_one_set_of_stores()
    {
        using var folder = TemporaryFolder.Empty();
        var starts = new[] { DossierProcess.StartAsync(folder.Path), DossierProcess.StartAsync(folder.Path) };
        await Task.WhenAll(starts);
        await using var one = await starts[0];
        await using var other = await starts[1];

        var created = new[] { one, other }.SelectMany(Created).ToList();
        Assert.Equal(["administration", "telephony", "webcare"], created.Order());
        Assert.Empty(one.Error + other.Error);
        foreach (var service in new[] { one, other })
        {
            Assert.Equal(SampleCustomersWithAgreements, await CustomersWithAgreementsAsync(service));
            await Eventually.TrueAsync(
                async () => (await service.Dossiers.GetDossierAsync(new GetDossierRequest { Name = "customers/1042/dossier" })).Dossier.Unreachable.Count == 0,
                "every source is read");
        }

        var through = await one.Agreements.CreateAgreementAsync(StoryTests.CreditOf("1043", "202609-004388"), DossierHost.As("webcare"));
        Assert.Equal(
            through.Agreement.Name,
            (await other.Agreements.GetAgreementAsync(new GetAgreementRequest { Name = through.Agreement.Name, MinRegistrySequence = through.RegistrySequence })).Agreement.Name);
    }

    [Fact]
    public async Task A_first_start_that_was_killed_half_way_is_completed_by_the_next()
    {
        using var folder = TemporaryFolder.WithStores();
        await using (var first = await DossierProcess.StartAsync(folder.Path))
        {
            Assert.Equal(SampleCustomersWithAgreements, await CustomersWithAgreementsAsync(first));
            await first.TerminateAsync();
        }

        // As a kill between the first and the second of them leaves it.
        await using (var registry = new SqliteConnection($"Data Source={folder["registry.db"]};Pooling=False"))
        {
            await registry.OpenAsync();
            await using var command = registry.CreateCommand();
            command.CommandText = """
                DELETE FROM agreement WHERE customer <> '1047';
                DELETE FROM agreement_revision WHERE customer <> '1047';
                DELETE FROM acknowledgement WHERE customer <> '1047';
                DELETE FROM customer WHERE customer <> '1047';
                DELETE FROM request WHERE sequence > 1;
                DELETE FROM change WHERE sequence > 1;
                UPDATE change_counter SET value = 1;
                """;
            await command.ExecuteNonQueryAsync();
        }

        await using var second = await DossierProcess.StartAsync(folder.Path);

        Assert.Equal(SampleCustomersWithAgreements, await CustomersWithAgreementsAsync(second));
    }

    private static readonly string[] SampleCustomersWithAgreements = ["1047", "1050", "1051", "1052"];

    private static async Task<IReadOnlyList<string>> CustomersWithAgreementsAsync(DossierProcess service)
    {
        var found = new List<string>();
        for (var customer = 1042; customer <= 1052; customer++)
        {
            var listed = await service.Agreements.ListAgreementsAsync(new ListAgreementsRequest { Parent = $"customers/{customer}" });
            found.AddRange(listed.Agreements.Select(_ => $"{customer}"));
        }

        return found;
    }

    private static IEnumerable<string> Created(DossierProcess service) => service.Output.Split('\n')
        .Where(line => line.Contains(": created ", StringComparison.Ordinal))
        .SelectMany(line => line.Split(": created ")[1].Split(" in ")[0].Split(", "));

    private static async Task<List<HealthCheckResponse.Types.ServingStatus>> ReadToEndAsync(Grpc.Core.IAsyncStreamReader<HealthCheckResponse> stream)
    {
        var told = new List<HealthCheckResponse.Types.ServingStatus>();
        while (await stream.MoveNext(CancellationToken.None))
        {
            told.Add(stream.Current.Status);
        }

        return told;
    }

    private static List<int> FreePorts(int count)
    {
        var listeners = Enumerable.Range(0, count).Select(_ => new TcpListener(IPAddress.Loopback, 0)).ToList();
        listeners.ForEach(listener => listener.Start());
        var ports = listeners.Select(listener => ((IPEndPoint)listener.LocalEndpoint).Port).ToList();
        listeners.ForEach(listener => listener.Dispose());
        return ports;
    }

    private static string OneLine(string error)
    {
        var line = error.TrimEnd('\n');
        Assert.DoesNotContain('\n', line);
        Assert.NotEmpty(line);
        return line;
    }
}
